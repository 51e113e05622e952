#include "check.h"

#include "base/mem.h"
#include "data/json.h"

static JsonDoc *parse(const char *text) {
        AUTO(error_clear) Error err = { 0 };
        JsonDoc *doc = NULL;

        if (!json_parse(str_of(text), "test", &doc, &err))
                fail_msg("%s", err.message);
        return doc;
}

static char *text_of(Buf *buf) {
        buf_add_char(buf, '\0');
        return buf->ptr;
}

static void every_number_keeps_its_digits(void **state) {
        const char *const cases[] = {
                "0",
                "-1",
                "9007199254740993",
                "-9223372036854775808",
                "18446744073709551615",
                "18446744073709551616",
                "-9223372036854775809",
                "123456789012345678901234567890",
                "1.0",
                "-0.5",
                "1e400",
                "0.1",
                "1.7976931348623157e308",
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO_JSON *doc = parse(*c);
                AUTO(buf_clear) Buf compact = { 0 }, go = { 0 };

                json_write(yyjson_doc_get_root(doc), &compact);
                CHECK_STR(text_of(&compact), *c);
                json_write_go(yyjson_doc_get_root(doc), 0, &go);
                CHECK_STR(text_of(&go), *c);
        }
}

/* The reason in the middle is the library's, in words that change between its versions. */
static void what_is_not_json_is_refused_with_its_place(void **state) {
        const struct {
                const char *text, *end;
        } cases[] = {
                { "", "it is empty" },     { "{", " at byte 1" },        { "{\"a\":1,}", " at byte 6" },
                { "[1] x", " at byte 4" }, { "\"\xff\"", " at byte 1" }, { "nope", " at byte 0" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                JsonDoc *doc = NULL;

                CHECK(!json_parse(str_of(c->text), "the reply", &doc, &err));
                CHECK_INT(err.code, ERROR_CORRUPT);
                CHECK(str_starts_with(str_of(err.message), STR("the reply is not JSON: ")));
                CHECK(str_ends_with(str_of(err.message), str_of(c->end)));
                CHECK(doc == NULL);
        }
}

/* `depth` arrays, or objects, around a number; beside them more values than the quick way accepts. */
static bool parses_at_depth(int depth, bool objects, Error *err) {
        AUTO(buf_clear) Buf text = { 0 };
        JsonDoc *doc = NULL;

        for (int i = 0; i < depth; i++)
                buf_add(&text, objects ? STR("{\"b\":[1],\"a\":") : STR("[[2],3,"));
        buf_add_char(&text, '1');
        for (int i = 0; i < depth; i++)
                buf_add_char(&text, objects ? '}' : ']');
        bool ok = json_parse(buf_str(&text), "the page", &doc, err);
        if (ok)
                yyjson_doc_free(doc);
        return ok;
}

static void depth_has_a_limit(void **state) {
        (void) state;
        for (int objects = 0; objects < 2; objects++) {
                AUTO(error_clear) Error err = { 0 };

                CHECK(parses_at_depth(JSON_DEPTH_MAX - 1, objects, &err));
                CHECK(!parses_at_depth(JSON_DEPTH_MAX + 1, objects, &err));
                CHECK_INT(err.code, ERROR_CORRUPT);
                CHECK_STR(err.message, "the page is nested deeper than 128 levels");
        }
}

static void depth_counts_levels_not_brackets(void **state) {
        AUTO(buf_clear) Buf text = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;

        (void) state;
        buf_add_char(&text, '[');
        for (int i = 0; i < 1000; i++)
                buf_add(&text, STR("[[{}]],"));
        buf_add(&text, STR("[]]"));
        CHECK(json_parse(buf_str(&text), "x", &doc, &err));
}

static void values_are_found_or_absent(void **state) {
        AUTO_JSON *doc =
                parse("{\"metadata\":{\"name\":\"web\",\"labels\":{\"a.b/c\":\"d\"},\"n\":null},"
                      "\"yes\":true,\"i\":-5,\"u\":18446744073709551615,\"r\":3.0,\"f\":3.5,\"big\":1e19,"
                      "\"list\":[\"a\",1,null,\"b\"]}");
        AUTO(arena_clear) Arena arena = { 0 };
        JsonVal *root = yyjson_doc_get_root(doc);
        Strs strs = { 0 };

        (void) state;
        CHECK(str_equal(json_str(json_at(root, "metadata", "name")), STR("web")));
        CHECK(str_equal(json_get_str(json_get(root, "metadata"), "name"), STR("web")));
        CHECK(json_at(root, "metadata", "nothing", "name") == NULL);
        CHECK(json_at(root, "yes", "name") == NULL);
        CHECK(json_at(NULL, "a") == NULL);
        CHECK_INT(json_str(json_get(root, "i")).len, 0);
        CHECK(str_equal(json_str(json_get_key(json_at(root, "metadata", "labels"), STR("a.b/c"))), STR("d")));
        CHECK(json_get_key(NULL, STR("a")) == NULL);

        CHECK(json_get_bool(root, "yes", false));
        CHECK(json_get_bool(root, "i", true));
        CHECK(!json_get_bool(NULL, "x", false));

        CHECK_INT(json_get_int(root, "i", 1), -5);
        CHECK_INT(json_get_int(root, "r", 1), 3);
        CHECK_INT(json_get_int(root, "f", 1), 1);
        CHECK_INT(json_get_int(root, "u", 1), 1);
        CHECK_INT(json_get_int(root, "big", 1), 1);
        CHECK_INT(json_get_int(root, "absent", 7), 7);
        CHECK_INT(json_get_int(root, "list", 7), 7);

        json_add_strs(json_get(root, "list"), &arena, &strs);
        json_add_strs(json_get(root, "yes"), &arena, &strs);
        CHECK_STR(strs_join(&strs, STR(","), &arena).ptr, "a,b");
}

static void equal_values_are_equal_in_any_order_of_keys(void **state) {
        const struct {
                const char *a, *b;
                bool equal;
        } cases[] = {
                { "{\"a\":1,\"b\":[2]}", "{\"b\":[2],\"a\":1}", true },
                { "{\"a\":1}", "{\"a\":1,\"b\":2}", false },
                { "{\"a\":1}", "{\"b\":1}", false },
                { "{\"a\":1}", "{\"a\":2}", false },
                { "[1,2]", "[2,1]", false },
                { "[1,2]", "[1]", false },
                { "1", "1.0", true },
                { "1", "1.5", false },
                { "-1", "18446744073709551615", false },
                { "18446744073709551616", "18446744073709551616", true },
                { "18446744073709551616", "18446744073709551617", false },
                { "1", "\"1\"", false },
                { "\"a\"", "\"\\u0061\"", true },
                { "true", "false", false },
                { "true", "true", true },
                { "null", "null", true },
                { "null", "false", false },
                { "{}", "[]", false },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO_JSON *a = parse(c->a), *b = parse(c->b);

                CHECK_INT(json_equal(yyjson_doc_get_root(a), yyjson_doc_get_root(b)), c->equal);
                CHECK_INT(json_equal(yyjson_doc_get_root(b), yyjson_doc_get_root(a)), c->equal);
                CHECK(json_equal(yyjson_doc_get_root(a), yyjson_doc_get_root(a)));
                CHECK(!json_equal(yyjson_doc_get_root(a), NULL));
        }
        CHECK(json_equal(NULL, NULL));
}

static void the_compact_go_form_has_sorted_keys_and_escaped_markup(void **state) {
        AUTO_JSON *doc = parse(
                "{\"b\":{\"z\":[],\"y\":{},\"Z\":[1,-2,true,false,null]},\"a\":\"<&>\\u2028/\\n\\u0001\","
                "\"ab\":1.5,\"a\\\"\":1}");
        AUTO(buf_clear) Buf go = { 0 }, own = { 0 };

        (void) state;
        json_write_go(yyjson_doc_get_root(doc), 0, &go);
        CHECK_STR(text_of(&go), "{\"a\":\"\\u003c\\u0026\\u003e\\u2028/\\n\\u0001\",\"a\\\"\":1,\"ab\":1.5,"
                                "\"b\":{\"Z\":[1,-2,true,false,null],\"y\":{},\"z\":[]}}");
        json_write(yyjson_doc_get_root(doc), &own);
        CHECK_STR(text_of(&own), "{\"b\":{\"z\":[],\"y\":{},\"Z\":[1,-2,true,false,null]},"
                                 "\"a\":\"<&>\xe2\x80\xa8/\\n\\u0001\",\"ab\":1.5,\"a\\\"\":1}");
}

static void the_indented_go_form_keeps_the_order_of_keys(void **state) {
        AUTO_JSON *doc =
                parse("{\"kind\":\"Backup\",\"apiVersion\":\"<\",\"e\":{},\"f\":[],\"l\":[1,{\"a\":[2]}]}");
        AUTO(buf_clear) Buf go = { 0 };

        (void) state;
        json_write_go(yyjson_doc_get_root(doc), 2, &go);
        CHECK_STR(text_of(&go), "{\n"
                                "  \"kind\": \"Backup\",\n"
                                "  \"apiVersion\": \"\\u003c\",\n"
                                "  \"e\": {},\n"
                                "  \"f\": [],\n"
                                "  \"l\": [\n"
                                "    1,\n"
                                "    {\n"
                                "      \"a\": [\n"
                                "        2\n"
                                "      ]\n"
                                "    }\n"
                                "  ]\n"
                                "}");
}

static void read_file(const char *path, Buf *into) {
        AUTO_FREE char *bytes = xmalloc(1 << 20);
        FILE *file = fopen(path, "rb");

        CHECK(file != NULL);
        buf_add(into, (Str) { bytes, fread(bytes, 1, 1 << 20, file) });
        fclose(file);
}

static void a_file_that_velero_wrote_is_written_back_the_same(void **state) {
        const char *const names[] = { "hooked", "plain", "labelled", "nothing", "hook-fails" };

        (void) state;
        FOR_EACH_CASE(names, name) {
                AUTO(buf_clear) Buf file = { 0 }, again = { 0 };
                AUTO(error_clear) Error err = { 0 };
                AUTO_JSON *doc = NULL;
                char path[512];

                snprintf(path, sizeof path, GOLDEN_DIR "/velero-1.18.0/bucket/backups/%s/velero-backup.json",
                         *name);
                read_file(path, &file);
                CHECK(json_parse(buf_str(&file), path, &doc, &err));
                json_write_go(yyjson_doc_get_root(doc), 2, &again);
                CHECK(str_equal(str_trim(buf_str(&file)), buf_str(&again)));
        }
}

static void strings_that_are_not_utf8_are_mended(void **state) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        AUTO(buf_clear) Buf own = { 0 }, go = { 0 }, imut = { 0 };
        JsonMutVal *object = yyjson_mut_obj(doc);

        (void) state;
        json_put_str(doc, object, "z", STR("a\xff<"));
        json_put_str(doc, object, "a", (Str) { 0 });
        json_write_mut(object, &own);
        CHECK_STR(text_of(&own), "{\"z\":\"a\\ufffd\\u003c\",\"a\":\"\"}");
        json_write_go_mut(object, 0, &go);
        CHECK_STR(text_of(&go), "{\"a\":\"\",\"z\":\"a\\ufffd\\u003c\"}");

        AUTO_JSON *copy = yyjson_mut_val_imut_copy(object, NULL);
        json_write(yyjson_doc_get_root(copy), &imut);
        CHECK_STR(text_of(&imut), own.ptr);
}

static void documents_are_built_and_changed(void **state) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *root = yyjson_mut_obj(doc);
        AUTO(buf_clear) Buf text = { 0 };
        char key[] = "passing";

        (void) state;
        JsonMutVal *labels = json_mut_object(doc, json_mut_object(doc, root, "metadata"), "labels");
        json_mut_set(doc, labels, STR("a"), json_new_str(doc, STR("1")));
        json_mut_set(doc, labels, str_of(key), yyjson_mut_bool(doc, true));
        key[0] = 'X';
        json_mut_set(doc, labels, STR("a"), json_new_str(doc, STR("2")));
        CHECK(json_mut_object(doc, json_mut_object(doc, root, "metadata"), "labels") == labels);
        yyjson_mut_obj_add_null(doc, root, "status");
        json_put_str(doc, json_mut_object(doc, root, "status"), "phase", STR("New"));

        CHECK(str_equal(json_mut_str(json_mut_at(root, "metadata", "labels", "a")), STR("2")));
        CHECK(json_mut_at(root, "metadata", "none", "a") == NULL);
        CHECK_INT(json_mut_str(json_mut_at(root, "metadata")).len, 0);
        json_write_mut(root, &text);
        CHECK_STR(
                text_of(&text),
                "{\"metadata\":{\"labels\":{\"a\":\"2\",\"passing\":true}},\"status\":{\"phase\":\"New\"}}");

        json_mut_remove(root, "metadata");
        json_mut_remove(root, "absent");
        buf_reset(&text);
        json_write_mut(root, &text);
        CHECK_STR(text_of(&text), "{\"status\":{\"phase\":\"New\"}}");
}

static void a_string_literal_is_quoted(void **state) {
        AUTO(buf_clear) Buf text = { 0 };

        (void) state;
        json_write_string(STR("a\"<"), &text);
        CHECK_STR(text_of(&text), "\"a\\\"\\u003c\"");
}

static JsonMutVal *random_value(Random *rng, JsonMutDoc *doc, int depth) {
        switch (random_u64(rng) % (depth > 4 ? 5 : 8)) {
        case 0:
                return yyjson_mut_sint(doc, (int64_t) random_u64(rng));
        case 1:
                return yyjson_mut_real(doc, (double) (int64_t) random_u64(rng) / 4096.0);
        case 2:
                return yyjson_mut_bool(doc, random_u64(rng) % 2);
        case 3:
                return yyjson_mut_null(doc);
        case 4: {
                char bytes[12];

                for (size_t i = 0; i < sizeof bytes; i++)
                        bytes[i] = (char) (random_u64(rng) % 128);
                return json_new_str(doc, (Str) { bytes, random_u64(rng) % sizeof bytes });
        }
        case 5: {
                JsonMutVal *array = yyjson_mut_arr(doc);

                for (size_t i = random_u64(rng) % 5; i > 0; i--)
                        yyjson_mut_arr_append(array, random_value(rng, doc, depth + 1));
                return array;
        }
        default: {
                JsonMutVal *object = yyjson_mut_obj(doc);

                for (size_t i = random_u64(rng) % 30; i > 0; i--) {
                        char key[8];

                        snprintf(key, sizeof key, "%x", (unsigned) (random_u64(rng) % 400));
                        json_mut_set(doc, object, str_of(key), random_value(rng, doc, depth + 1));
                }
                return object;
        }
        }
}

static void check_reads_back(JsonVal *value, const Buf *text) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *back = NULL;

        CHECK(json_parse(buf_str(text), "x", &back, &err));
        CHECK(json_equal(value, yyjson_doc_get_root(back)));
}

static void every_way_of_writing_reads_back_equal(void **state) {
        (void) state;
        FOR_ALL_RANDOM(200, rng) {
                AUTO_JSON_MUT *mut = yyjson_mut_doc_new(NULL);
                JsonMutVal *value = random_value(&rng, mut, 0);
                AUTO_JSON *doc = yyjson_mut_val_imut_copy(value, NULL);
                AUTO(buf_clear) Buf text = { 0 };

                json_write(yyjson_doc_get_root(doc), &text);
                check_reads_back(yyjson_doc_get_root(doc), &text);
                buf_reset(&text);
                json_write_mut(value, &text);
                check_reads_back(yyjson_doc_get_root(doc), &text);
                buf_reset(&text);
                json_write_go(yyjson_doc_get_root(doc), 0, &text);
                check_reads_back(yyjson_doc_get_root(doc), &text);
                buf_reset(&text);
                json_write_go_mut(value, 3, &text);
                check_reads_back(yyjson_doc_get_root(doc), &text);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_number_keeps_its_digits),
                cmocka_unit_test(what_is_not_json_is_refused_with_its_place),
                cmocka_unit_test(depth_has_a_limit),
                cmocka_unit_test(depth_counts_levels_not_brackets),
                cmocka_unit_test(values_are_found_or_absent),
                cmocka_unit_test(equal_values_are_equal_in_any_order_of_keys),
                cmocka_unit_test(the_compact_go_form_has_sorted_keys_and_escaped_markup),
                cmocka_unit_test(the_indented_go_form_keeps_the_order_of_keys),
                cmocka_unit_test(a_file_that_velero_wrote_is_written_back_the_same),
                cmocka_unit_test(strings_that_are_not_utf8_are_mended),
                cmocka_unit_test(documents_are_built_and_changed),
                cmocka_unit_test(a_string_literal_is_quoted),
                cmocka_unit_test(every_way_of_writing_reads_back_equal),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
