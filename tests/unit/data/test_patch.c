#include "check.h"
#include "data/patch.h"

static JsonDoc *json(const char *text) {
        JsonDoc *doc = yyjson_read(text, strlen(text), YYJSON_READ_BIGNUM_AS_RAW);

        if (!doc)
                fail_msg("not JSON: %s", text);
        return doc;
}

/* The value in `doc`; the text it came from is not needed any more. */
static JsonMutVal *value_of(JsonMutDoc *doc, const char *text) {
        AUTO_JSON *read = json(text);

        return yyjson_val_mut_copy(doc, yyjson_doc_get_root(read));
}

static void check_json(JsonMutVal *value, const char *expected) {
        AUTO_FREE char *text = yyjson_mut_val_write(value, 0, NULL);

        CHECK_STR(text, expected);
}

static void json_patches_do_what_rfc_6902_says(void **state) {
        const struct {
                const char *target, *patch, *result;
        } cases[] = {
                { "{\"a\":1}", "[]", "{\"a\":1}" },
                /* Appendix A of the RFC */
                { "{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\"}]",
                  "{\"foo\":\"bar\",\"baz\":\"qux\"}" },
                { "{\"foo\":[\"bar\",\"baz\"]}", "[{\"op\":\"add\",\"path\":\"/foo/1\",\"value\":\"qux\"}]",
                  "{\"foo\":[\"bar\",\"qux\",\"baz\"]}" },
                { "{\"baz\":\"qux\",\"foo\":\"bar\"}", "[{\"op\":\"remove\",\"path\":\"/baz\"}]",
                  "{\"foo\":\"bar\"}" },
                { "{\"foo\":[\"bar\",\"qux\",\"baz\"]}", "[{\"op\":\"remove\",\"path\":\"/foo/1\"}]",
                  "{\"foo\":[\"bar\",\"baz\"]}" },
                { "{\"baz\":\"qux\",\"foo\":\"bar\"}",
                  "[{\"op\":\"replace\",\"path\":\"/baz\",\"value\":\"boo\"}]",
                  "{\"baz\":\"boo\",\"foo\":\"bar\"}" },
                { "{\"foo\":{\"bar\":\"baz\",\"waldo\":\"fred\"},\"qux\":{\"corge\":\"grault\"}}",
                  "[{\"op\":\"move\",\"from\":\"/foo/waldo\",\"path\":\"/qux/thud\"}]",
                  "{\"foo\":{\"bar\":\"baz\"},\"qux\":{\"corge\":\"grault\",\"thud\":\"fred\"}}" },
                { "{\"foo\":[\"all\",\"grass\",\"cows\",\"eat\"]}",
                  "[{\"op\":\"move\",\"from\":\"/foo/1\",\"path\":\"/foo/3\"}]",
                  "{\"foo\":[\"all\",\"cows\",\"eat\",\"grass\"]}" },
                { "{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}",
                  "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"qux\"},{\"op\":\"test\",\"path\":\"/foo/"
                  "1\",\"value\":2}]",
                  "{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}" },
                { "{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/child\",\"value\":{\"grandchild\":{}}}]",
                  "{\"foo\":\"bar\",\"child\":{\"grandchild\":{}}}" },
                { "{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\",\"xyz\":123}]",
                  "{\"foo\":\"bar\",\"baz\":\"qux\"}" },
                { "{\"/\":9,\"~1\":10}", "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":10}]",
                  "{\"/\":9,\"~1\":10}" },
                { "{\"foo\":[\"bar\"]}", "[{\"op\":\"add\",\"path\":\"/foo/-\",\"value\":[\"abc\",\"def\"]}]",
                  "{\"foo\":[\"bar\",[\"abc\",\"def\"]]}" },
                /* and beyond */
                { "{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":2}]", "{\"a\":2}" },
                { "{\"a\":1}", "[{\"op\":\"add\",\"path\":\"\",\"value\":[]}]", "[]" },
                { "{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"\",\"value\":3}]", "3" },
                { "{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/b\",\"value\":null}]", "{\"a\":1,\"b\":null}" },
                { "{\"a\":{\"b\":1}}", "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/c\"}]",
                  "{\"a\":{\"b\":1,\"c\":{\"b\":1}}}" },
                { "{\"a\":1}", "[{\"op\":\"copy\",\"from\":\"\",\"path\":\"/b\"}]",
                  "{\"a\":1,\"b\":{\"a\":1}}" },
                { "{\"a\":1}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a\"}]", "{\"a\":1}" },
                { "{\"a\":1,\"b\":2}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/b\"}]", "{\"b\":1}" },
                { "{\"\":1}", "[{\"op\":\"test\",\"path\":\"/\",\"value\":1}]", "{\"\":1}" },
                { "{\"a~b/c\":1}", "[{\"op\":\"replace\",\"path\":\"/a~0b~1c\",\"value\":2}]",
                  "{\"a~b/c\":2}" },
                { "{\"a\":1}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":1.0}]", "{\"a\":1}" },
                { "{\"a\":{\"x\":1,\"y\":[1,2]}}",
                  "[{\"op\":\"test\",\"path\":\"/a\",\"value\":{\"y\":[1.0,2],\"x\":1}}]",
                  "{\"a\":{\"x\":1,\"y\":[1,2]}}" },
                { "{\"a\":-1}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":-1}]", "{\"a\":-1}" },
                { "{\"a\":99999999999999999999}",
                  "[{\"op\":\"test\",\"path\":\"/a\",\"value\":99999999999999999999}]",
                  "{\"a\":99999999999999999999}" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
                AUTO_JSON *patch = json(c->patch);
                JsonMutVal *target = value_of(doc, c->target), *result;

                if (!patch_json(doc, target, yyjson_doc_get_root(patch), &result, &err))
                        fail_msg("%s", err.message);
                check_json(result, c->result);
                check_json(target, c->target);
        }
}

static void a_mistake_in_a_json_patch_is_told_with_its_operation(void **state) {
        const struct {
                const char *patch, *message;
                ErrorCode code;
        } cases[] = {
                { "{}", "a JSON patch is a list of operations", ERROR_INVALID },
                { "[7]", "operation 1 is not an object", ERROR_INVALID },
                { "[{\"path\":\"/a\"}]", "operation 1: \"op\" is missing", ERROR_INVALID },
                { "[{\"op\":\"remove\"}]", "operation 1: \"path\" is missing", ERROR_INVALID },
                { "[{\"op\":\"add\",\"path\":\"/x\"}]", "operation 1 (add \"/x\"): \"value\" is missing",
                  ERROR_INVALID },
                { "[{\"op\":\"replace\",\"path\":\"/a\"}]",
                  "operation 1 (replace \"/a\"): \"value\" is missing", ERROR_INVALID },
                { "[{\"op\":\"test\",\"path\":\"/a\"}]", "operation 1 (test \"/a\"): \"value\" is missing",
                  ERROR_INVALID },
                { "[{\"op\":\"move\",\"path\":\"/x\"}]", "operation 1 (move \"/x\"): \"from\" is missing",
                  ERROR_INVALID },
                { "[{\"op\":\"copy\",\"path\":\"/x\"}]", "operation 1 (copy \"/x\"): \"from\" is missing",
                  ERROR_INVALID },
                { "[{\"op\":\"set\",\"path\":\"/a\"}]",
                  "operation 1 (set \"/a\"): unknown (add, remove, replace, move, copy and test are known)",
                  ERROR_INVALID },
                { "[{\"op\":\"test\",\"path\":\"/a\",\"value\":1},{\"op\":\"remove\",\"path\":\"/x\"}]",
                  "operation 2 (remove \"/x\"): there is nothing at \"/x\"", ERROR_INVALID },
                { "[{\"op\":\"replace\",\"path\":\"/x\",\"value\":1}]",
                  "operation 1 (replace \"/x\"): there is nothing at \"/x\"", ERROR_INVALID },
                { "[{\"op\":\"add\",\"path\":\"/x/y\",\"value\":1}]",
                  "operation 1 (add \"/x/y\"): there is no place for \"/x/y\"", ERROR_INVALID },
                { "[{\"op\":\"add\",\"path\":\"/l/3\",\"value\":1}]",
                  "operation 1 (add \"/l/3\"): there is no place for \"/l/3\"", ERROR_INVALID },
                { "[{\"op\":\"add\",\"path\":\"/l/01\",\"value\":1}]",
                  "operation 1 (add \"/l/01\"): there is no place for \"/l/01\"", ERROR_INVALID },
                { "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":1}]",
                  "operation 1 (add \"/a/b\"): there is no place for \"/a/b\"", ERROR_INVALID },
                { "[{\"op\":\"remove\",\"path\":\"\"}]",
                  "operation 1 (remove \"\"): the whole value cannot be removed", ERROR_INVALID },
                { "[{\"op\":\"copy\",\"from\":\"/x\",\"path\":\"/y\"}]",
                  "operation 1 (copy \"/y\"): there is nothing at \"/x\"", ERROR_INVALID },
                { "[{\"op\":\"move\",\"from\":\"/x\",\"path\":\"/y\"}]",
                  "operation 1 (move \"/y\"): there is nothing at \"/x\"", ERROR_INVALID },
                { "[{\"op\":\"move\",\"from\":\"/o\",\"path\":\"/o/p\"}]",
                  "operation 1 (move \"/o/p\"): \"/o\" cannot be moved into itself", ERROR_INVALID },
                { "[{\"op\":\"remove\",\"path\":\"a\"}]",
                  "operation 1 (remove \"a\"): \"a\" is not a JSON pointer (\"/a/b\"; ~ is written ~0, and / "
                  "in a name ~1)",
                  ERROR_INVALID },
                { "[{\"op\":\"remove\",\"path\":\"/a~2\"}]",
                  "operation 1 (remove \"/a~2\"): \"/a~2\" is not a JSON pointer (\"/a/b\"; ~ is written ~0, "
                  "and / in a "
                  "name ~1)",
                  ERROR_INVALID },
                { "[{\"op\":\"test\",\"path\":\"/a\",\"value\":2}]",
                  "operation 1 (test \"/a\"): the value is another one", ERROR_CONFLICT },
                { "[{\"op\":\"test\",\"path\":\"/a\",\"value\":\"1\"}]",
                  "operation 1 (test \"/a\"): the value is another one", ERROR_CONFLICT },
                { "[{\"op\":\"test\",\"path\":\"/o\",\"value\":{\"q\":1}}]",
                  "operation 1 (test \"/o\"): the value is another one", ERROR_CONFLICT },
                { "[{\"op\":\"test\",\"path\":\"/o\",\"value\":{}}]",
                  "operation 1 (test \"/o\"): the value is another one", ERROR_CONFLICT },
                { "[{\"op\":\"test\",\"path\":\"/l\",\"value\":[1]}]",
                  "operation 1 (test \"/l\"): the value is another one", ERROR_CONFLICT },
                { "[{\"op\":\"test\",\"path\":\"/l\",\"value\":[1,3]}]",
                  "operation 1 (test \"/l\"): the value is another one", ERROR_CONFLICT },
                { "[{\"op\":\"test\",\"path\":\"/x\",\"value\":null}]",
                  "operation 1 (test \"/x\"): there is nothing to test", ERROR_CONFLICT },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
                AUTO_JSON *patch = json(c->patch);
                JsonMutVal *target = value_of(doc, "{\"a\":1,\"l\":[1,2],\"o\":{\"p\":1}}"), *result;

                CHECK(!patch_json(doc, target, yyjson_doc_get_root(patch), &result, &err));
                CHECK_STR(err.message, c->message);
                CHECK_INT(err.code, c->code);
        }
}

static void a_patch_that_grows_without_end_is_stopped(void **state) {
        const struct {
                const char *operation, *message;
        } cases[] = {
                { "{\"op\":\"copy\",\"from\":\"\",\"path\":\"/a\"}",
                  "the result is nested deeper than 128 levels" },
                { "{\"op\":\"copy\",\"from\":\"\",\"path\":\"/-\"}",
                  "the result is nested deeper than 128 levels" },
                { "{\"op\":\"copy\",\"from\":\"/l\",\"path\":\"/l/-\"}",
                  "the result is nested deeper than 128 levels" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf text = { 0 };
                AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
                JsonMutVal *target = value_of(doc, "{\"l\":[]}"), *result;

                for (int i = 0; i < 300; i++)
                        buf_printf(&text, "%s%s", i ? "," : "[", c->operation);
                buf_add(&text, STR("]"));
                buf_add_char(&text, '\0');
                AUTO_JSON *patch = json(text.ptr);
                CHECK(!patch_json(doc, target, yyjson_doc_get_root(patch), &result, &err));
                CHECK(strstr(err.message, c->message) ||
                      strstr(err.message, "adds more than 1000000 values"));
        }
}

static void too_many_copied_values_are_refused(void **state) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *target = yyjson_mut_obj(doc), *result;
        JsonMutVal *list = yyjson_mut_obj_add_arr(doc, target, "l");

        (void) state;
        for (int i = 0; i < 1000; i++)
                yyjson_mut_arr_add_int(doc, list, i);
        for (int i = 0; i < 1200; i++)
                buf_printf(&text, "%s{\"op\":\"copy\",\"from\":\"/l\",\"path\":\"/m%d\"}", i ? "," : "[", i);
        buf_add_char(&text, ']');
        buf_add_char(&text, '\0');
        AUTO_JSON *patch = json(text.ptr);
        CHECK(!patch_json(doc, target, yyjson_doc_get_root(patch), &result, &err));
        CHECK_STR(err.message, "operation 1000 (copy \"/m999\"): the patch adds more than 1000000 values");
}

static void too_many_operations_are_refused(void **state) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *result;

        (void) state;
        for (int i = 0; i < 10001; i++)
                buf_printf(&text, "%s{}", i ? "," : "[");
        buf_add_char(&text, ']');
        buf_add_char(&text, '\0');
        AUTO_JSON *patch = json(text.ptr);
        CHECK(!patch_json(doc, yyjson_mut_obj(doc), yyjson_doc_get_root(patch), &result, &err));
        CHECK_STR(err.message, "the patch has more than 10000 operations");
}

static void merge_patches_do_what_rfc_7386_says(void **state) {
        const struct {
                const char *target, *patch, *result;
        } cases[] = {
                /* Appendix A of the RFC */
                { "{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
                { "{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}" },
                { "{\"a\":\"b\"}", "{\"a\":null}", "{}" },
                { "{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}" },
                { "{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
                { "{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}" },
                { "{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}" },
                { "{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}" },
                { "[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]" },
                { "{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]" },
                { "{\"a\":\"foo\"}", "null", "null" },
                { "{\"a\":\"foo\"}", "\"bar\"", "\"bar\"" },
                { "{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}" },
                { "[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}" },
                { "{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
                AUTO_JSON *patch = json(c->patch);
                JsonMutVal *target = value_of(doc, c->target);

                check_json(patch_merge(doc, target, yyjson_doc_get_root(patch)), c->result);
                check_json(target, c->target);
        }
}

static void the_difference_is_the_smallest_merge_patch(void **state) {
        const struct {
                const char *from, *to, *patch;
        } cases[] = {
                { "{\"a\":1}", "{\"a\":1}", NULL },
                { "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1.0}", NULL },
                { "{\"a\":1}", "{\"a\":2}", "{\"a\":2}" },
                { "{\"a\":1}", "{}", "{\"a\":null}" },
                { "{}", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}" },
                { "{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"b\":1,\"c\":3}}", "{\"a\":{\"c\":3}}" },
                { "{\"a\":[1,2]}", "{\"a\":[1]}", "{\"a\":[1]}" },
                { "{\"a\":null}", "{}", NULL },
                { "{}", "{\"a\":null}", NULL },
                { "{\"a\":1}", "{\"a\":null}", "{\"a\":null}" },
                { "{\"a\":null}", "{\"a\":1}", "{\"a\":1}" },
                { "{\"a\":\"x\"}", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}" },
                { "[1]", "[1]", NULL },
                { "[1]", "[2]", "[2]" },
                { "1", "{}", "{}" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
                JsonMutVal *patch = patch_diff(doc, value_of(doc, c->from), value_of(doc, c->to));

                if (c->patch)
                        check_json(patch, c->patch);
                else
                        CHECK(patch == NULL);
        }
}

/* Objects of few names and small depth, so that two of them have much in common. */
static JsonMutVal *any_value(JsonMutDoc *doc, Random *rng, int depth) {
        static const char *const names[] = { "a", "b", "c", "d" };
        uint64_t kind = random_u64(rng) % 5;

        if (depth == 0 || kind == 0)
                return yyjson_mut_int(doc, (int64_t) (random_u64(rng) % 3));
        JsonMutVal *value = kind == 1 ? yyjson_mut_arr(doc) : yyjson_mut_obj(doc);
        for (size_t i = 0; i < 4; i++)
                if (random_u64(rng) % 2) {
                        JsonMutVal *item = any_value(doc, rng, depth - 1);
                        if (kind == 1)
                                yyjson_mut_arr_append(value, item);
                        else
                                yyjson_mut_obj_add(value, yyjson_mut_str(doc, names[i]), item);
                }
        return value;
}

static void the_difference_turns_the_one_into_the_other(void **state) {
        (void) state;
        FOR_ALL_RANDOM(1000, rng) {
                AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
                JsonMutVal *from = any_value(doc, &rng, 4), *to = any_value(doc, &rng, 4);
                JsonMutVal *patch = patch_diff(doc, from, to), *result = from;

                if (patch) {
                        AUTO_JSON *read = yyjson_mut_val_imut_copy(patch, NULL);
                        result = patch_merge(doc, from, yyjson_doc_get_root(read));
                }
                CHECK(patch_diff(doc, result, to) == NULL);
        }
}

static void pointers_find_what_rfc_6901_says(void **state) {
        static const char target[] = "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"m~n\":8}";
        const struct {
                const char *pointer, *found;
        } cases[] = {
                { "", target },          { "/foo", "[\"bar\",\"baz\"]" },
                { "/foo/0", "\"bar\"" }, { "/", "0" },
                { "/a~1b", "1" },        { "/c%d", "2" },
                { "/m~0n", "8" },        { "/x", NULL },
                { "/foo/2", NULL },      { "/foo/-", NULL },
                { "/foo/0/x", NULL },    { "foo", NULL },
        };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *value = value_of(doc, target);

        (void) state;
        FOR_EACH_CASE(cases, c) {
                JsonMutVal *found = pointer_get(value, str_of(c->pointer));

                if (c->found)
                        check_json(found, c->found);
                else
                        CHECK(found == NULL);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(json_patches_do_what_rfc_6902_says),
                cmocka_unit_test(a_mistake_in_a_json_patch_is_told_with_its_operation),
                cmocka_unit_test(a_patch_that_grows_without_end_is_stopped),
                cmocka_unit_test(too_many_copied_values_are_refused),
                cmocka_unit_test(too_many_operations_are_refused),
                cmocka_unit_test(merge_patches_do_what_rfc_7386_says),
                cmocka_unit_test(the_difference_is_the_smallest_merge_patch),
                cmocka_unit_test(the_difference_turns_the_one_into_the_other),
                cmocka_unit_test(pointers_find_what_rfc_6901_says),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
