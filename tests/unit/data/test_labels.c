#include "check.h"
#include "data/labels.h"

static JsonDoc *json(const char *text) {
        JsonDoc *doc = yyjson_read(text, strlen(text), 0);

        CHECK(doc);
        return doc;
}

static LabelSelector decode(JsonDoc *doc, Arena *arena) {
        Faults faults = { .arena = arena };
        LabelSelector selector = label_selector_decode(yyjson_doc_get_root(doc), STR("spec"), arena, &faults);

        CHECK_INT(faults.len, 0);
        return selector;
}

static void a_selector_matches_as_in_kubernetes(void **state) {
        const struct {
                const char *selector, *labels;
                bool matches;
        } cases[] = {
                { "null", "{}", true },
                { "{}", "null", true },
                { "{\"matchLabels\":{\"app\":\"web\"}}", "{\"app\":\"web\",\"x\":\"y\"}", true },
                { "{\"matchLabels\":{\"app\":\"web\"}}", "{\"app\":\"db\"}", false },
                { "{\"matchLabels\":{\"app\":\"web\"}}", "null", false },
                { "{\"matchLabels\":{\"app\":\"\"}}", "{}", false },
                { "{\"matchLabels\":{\"app\":\"\"}}", "{\"app\":\"\"}", true },
                { "{\"matchLabels\":{\"app\":\"web\",\"tier\":\"a\"}}", "{\"app\":\"web\"}", false },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"1\",\"2\"]}]}",
                  "{\"a\":\"2\"}", true },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"1\",\"2\"]}]}",
                  "{\"a\":\"3\"}", false },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"NotIn\",\"values\":[\"1\"]}]}",
                  "{\"a\":\"1\"}", false },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"NotIn\",\"values\":[\"1\"]}]}",
                  "{\"a\":\"2\"}", true },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"NotIn\",\"values\":[\"1\"]}]}", "{}",
                  true },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"}]}", "{\"a\":\"\"}", true },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\",\"values\":[]}]}", "{}",
                  false },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"DoesNotExist\"}]}", "{}", true },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"DoesNotExist\"}]}", "{\"a\":\"\"}",
                  false },
                { "{\"matchLabels\":{\"a\":\"1\"},\"matchExpressions\":[{\"key\":\"b\",\"operator\":"
                  "\"Exists\"}]}",
                  "{\"a\":\"1\"}", false },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO_JSON *doc = json(c->selector), *labels = json(c->labels);
                LabelSelector selector = decode(doc, &arena);

                if (label_selector_matches(&selector, yyjson_doc_get_root(labels)) != c->matches)
                        fail_msg("%s and %s", c->selector, c->labels);
        }
}

static void absent_and_null_are_not_set_but_an_empty_one_is(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO_JSON *null = json("null"), *empty = json("{}");
        Faults faults = { .arena = &arena };

        (void) state;
        CHECK(!label_selector_decode(NULL, STR(""), &arena, &faults).is_set);
        CHECK(!decode(null, &arena).is_set);
        CHECK(decode(empty, &arena).is_set);
}

static void every_fault_is_told_with_its_path(void **state) {
        static const char name[] =
                "expected at most 63 letters, digits, '-', '_' or '.', with a letter or digit at both "
                "ends";
        const struct {
                const char *selector, *path, *message;
        } cases[] = {
                { "7", "spec", "expected an object with matchLabels or matchExpressions" },
                { "{\"matchLabel\":{}}", "spec.matchLabel", "unknown field" },
                { "{\"matchLabels\":[]}", "spec.matchLabels",
                  "expected an object of label names and values" },
                { "{\"matchLabels\":{\"a b\":\"c\"}}", "spec.matchLabels", "\"a b\" is not a label name: " },
                { "{\"matchLabels\":{\"\":\"c\"}}", "spec.matchLabels",
                  "\"\" is not a label name: it is empty" },
                { "{\"matchLabels\":{\"a\":1}}", "spec.matchLabels",
                  "the value of \"a\" is not a string (put it in quotes)" },
                { "{\"matchLabels\":{\"a\":\"-x\"}}", "spec.matchLabels", "\"-x\" is not a label value: " },
                { "{\"matchExpressions\":{}}", "spec.matchExpressions", "expected a list" },
                { "{\"matchExpressions\":[1]}", "spec.matchExpressions[0]",
                  "expected an object with key, operator and values" },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"},{\"key\":\"b\","
                  "\"operator\":\"in\"}]}",
                  "spec.matchExpressions[1].operator",
                  "\"in\" is not an operator (In, NotIn, Exists, DoesNotExist)" },
                { "{\"matchExpressions\":[{\"operator\":\"Exists\"}]}", "spec.matchExpressions[0].key",
                  "\"\" is not a label name: it is empty" },
                { "{\"matchExpressions\":[{\"key\":\"a\"}]}", "spec.matchExpressions[0].operator",
                  "\"\" is not an operator (In, NotIn, Exists, DoesNotExist)" },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\"}]}",
                  "spec.matchExpressions[0].values", "the operators In and NotIn need at least one value" },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"NotIn\",\"values\":[]}]}",
                  "spec.matchExpressions[0].values", "the operators In and NotIn need at least one value" },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\",\"values\":[\"x\"]}]}",
                  "spec.matchExpressions[0].values", "the operators Exists and DoesNotExist take no values" },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":\"x\"}]}",
                  "spec.matchExpressions[0].values", "expected a list of label values" },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"x\",true]}]}",
                  "spec.matchExpressions[0].values[1]", "expected a string (put it in quotes)" },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"x y\"]}]}",
                  "spec.matchExpressions[0].values[0]", "\"x y\" is not a label value: " },
                { "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\",\"value\":\"x\"}]}",
                  "spec.matchExpressions[0].value", "unknown field" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO_JSON *doc = json(c->selector);
                Faults faults = { .arena = &arena };
                size_t len = strlen(c->message);

                label_selector_decode(yyjson_doc_get_root(doc), STR("spec"), &arena, &faults);
                CHECK_INT(faults.errors, 1);
                CHECK(str_equal(faults.items[0].path, str_of(c->path)));
                CHECK(str_starts_with(faults.items[0].message, str_of(c->message)));
                CHECK(faults.items[0].message.len == len ||
                      str_equal(str_skip(faults.items[0].message, len), str_of(name)));
        }
}

static void all_faults_come_at_once(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO_JSON *doc =
                json("{\"x\":1,\"matchLabels\":{\"/\":\"!\"},\"matchExpressions\":[{\"key\":\"\"}]}");
        Faults faults = { .arena = &arena };

        (void) state;
        label_selector_decode(yyjson_doc_get_root(doc), STR(""), &arena, &faults);
        CHECK_INT(faults.errors, 4);
        CHECK(str_equal(faults.items[0].path, STR("x")));
        CHECK(str_equal(faults.items[3].path, STR("matchExpressions[0].operator")));
}

static void too_many_rules_are_refused(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Faults faults = { .arena = &arena };
        LabelSelector selector;

        (void) state;
        buf_add(&text, STR("{\"matchLabels\":{"));
        for (int i = 0; i < 1001; i++)
                buf_printf(&text, "%s\"a%d\":\"\"", i ? "," : "", i);
        buf_add(&text, STR("}}"));
        AUTO_JSON *doc = yyjson_read(text.ptr, text.len, 0);
        label_selector_decode(yyjson_doc_get_root(doc), STR("spec"), &arena, &faults);
        CHECK(str_equal(faults.items[0].message, STR("more than 1000 rules")));

        buf_reset(&text);
        for (int i = 0; i < 1001; i++)
                buf_printf(&text, "%sa%d", i ? "," : "", i);
        CHECK(!label_selector_parse(buf_str(&text), &arena, &selector, &err));
        CHECK(strstr(err.message, "more than 1000 rules"));
}

static void names_and_values_are_those_of_kubernetes(void **state) {
        static const char name_63[] = "a23456789012345678901234567890123456789012345678901234567890123";
        const char *const good[] = { "a",          "A.b_c-d", "example.com/app", "a-1.b/C", name_63,
                                     "x.y.z.io/a", "1/1" };
        const char *const bad[] = { "",       "-a",     "a-",     "a b",  "_a",       "a/b/c", "/a",
                                    "a/",     "A/b",    "a..b/c", ".a/b", "a./b",     "-a/b",  "a-/b",
                                    "a-.b/c", "a.-b/c", "a_b/c",  "a/-b", "a\xc3\xa9" };
        char long_name[300];

        (void) state;
        FOR_EACH_CASE(good, key)
        CHECK(label_key_fault(str_of(*key)) == NULL);
        FOR_EACH_CASE(bad, key)
        if (!label_key_fault(str_of(*key)))
                fail_msg("%s", *key);
        memset(long_name, 'a', sizeof long_name);
        CHECK(label_key_fault((Str) { long_name, 64 }));
        long_name[253] = '/';
        CHECK(!label_key_fault((Str) { long_name, 255 }));
        long_name[253] = 'a';
        long_name[254] = '/';
        CHECK(label_key_fault((Str) { long_name, 256 }));
        CHECK(!label_value_fault(STR("")));
        CHECK(!label_value_fault(str_of(name_63)));
        CHECK(label_value_fault((Str) { long_name, 64 }));
        CHECK(label_value_fault(STR("a/b")));
}

static void the_text_of_kubectl_is_read_and_written(void **state) {
        const struct {
                const char *text, *again;
        } cases[] = {
                { "", "" },
                { "  ", "" },
                { "app=web", "app=web" },
                { "app==web", "app=web" },
                { " app = web , tier != db ", "app=web,tier!=db" },
                { "env in (b, a)", "env in (a,b)" },
                { "env in (a)", "env=a" },
                { "env in ()", "env=" },
                { "env in (,a)", "env in (,a)" },
                { "env in (a,a)", "env=a" },
                { "env notin (a,b),!gone,here", "env notin (a,b),!gone,here" },
                { "z,a", "a,z" },
                { "app=", "app=" },
                { "app=,b", "app=,b" },
                { "app!=", "app!=" },
                { "! gone", "!gone" },
                { "in in (in)", "in=in" },
                { "notin", "notin" },
                { "example.com/app=web", "example.com/app=web" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(error_clear) Error err = { 0 };
                LabelSelector selector;

                CHECK(label_selector_parse(str_of(c->text), &arena, &selector, &err));
                Str again = label_selector_text(&selector, &arena);
                CHECK_STR(arena_copy(&arena, again).ptr, c->again);
        }
}

static void text_that_is_no_selector_says_where(void **state) {
        const struct {
                const char *text, *message;
        } cases[] = {
                { "app=web,", "expected the name of a label, found \"the end\"" },
                { ",app", "expected the name of a label, found \",\"" },
                { "=web", "expected the name of a label, found \"=\"" },
                { "!", "expected the name of a label, found \"the end\"" },
                { "!!a", "expected the name of a label, found \"!\"" },
                { "!a=b", "expected \",\" or the end, found \"=\"" },
                { "a b", "\"b\" is not an operator (=, ==, !=, in, notin)" },
                { "a > 1", "\">\" is not an operator (=, ==, !=, in, notin)" },
                { "a=b c", "expected \",\" or the end, found \"c\"" },
                { "a in b", "expected \"(\", found \"b\"" },
                { "a in (b", "expected \",\" or \")\", found \"the end\"" },
                { "a in (b c)", "expected \",\" or \")\", found \"c\"" },
                { "a notin b", "expected \"(\", found \"b\"" },
                { "a/b/c=d", "\"a/b/c\" is not a label name: " },
                { "a=b/c", "\"b/c\" is not a label value: " },
                { "a=(b)", "expected \",\" or the end, found \"(\"" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(error_clear) Error err = { 0 };
                LabelSelector selector;
                const char *whole = arena_printf(&arena, "label selector \"%s\": %s", c->text, c->message);

                CHECK(!label_selector_parse(str_of(c->text), &arena, &selector, &err));
                CHECK_INT(err.code, ERROR_INVALID);
                if (strncmp(err.message, whole, strlen(whole)) != 0)
                        fail_msg("%s", err.message);
        }
}

static void text_becomes_the_json_that_is_decoded_again(void **state) {
        const struct {
                const char *text, *json;
        } cases[] = {
                { "a=1,b=2", "{\"matchLabels\":{\"a\":\"1\",\"b\":\"2\"}}" },
                { "a=1,a=2",
                  "{\"matchLabels\":{\"a\":\"1\"},\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\","
                  "\"values\":[\"2\"]}]}" },
                { "a,!b", "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"},{\"key\":\"b\","
                          "\"operator\":"
                          "\"DoesNotExist\"}]}" },
                { "a notin (x,y)", "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"NotIn\",\"values\":["
                                   "\"x\",\"y\"]}]}" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(error_clear) Error err = { 0 };
                AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
                LabelSelector selector;

                CHECK(label_selector_parse(str_of(c->text), &arena, &selector, &err));
                AUTO_FREE char *text = yyjson_mut_val_write(label_selector_json(&selector, doc), 0, NULL);
                CHECK_STR(text, c->json);

                AUTO_JSON *read = json(text);
                LabelSelector again = decode(read, &arena);
                CHECK(str_equal(label_selector_text(&again, &arena), label_selector_text(&selector, &arena)));
        }
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        CHECK(label_selector_json(&(LabelSelector) { 0 }, doc) == NULL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_selector_matches_as_in_kubernetes),
                cmocka_unit_test(absent_and_null_are_not_set_but_an_empty_one_is),
                cmocka_unit_test(every_fault_is_told_with_its_path),
                cmocka_unit_test(all_faults_come_at_once),
                cmocka_unit_test(too_many_rules_are_refused),
                cmocka_unit_test(names_and_values_are_those_of_kubernetes),
                cmocka_unit_test(the_text_of_kubectl_is_read_and_written),
                cmocka_unit_test(text_that_is_no_selector_says_where),
                cmocka_unit_test(text_becomes_the_json_that_is_decoded_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
