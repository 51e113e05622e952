#include "check.h"

#include "data/yaml.h"

static char *text_of(Buf *buf) {
        buf_add_char(buf, '\0');
        return buf->ptr;
}

/* The first document as compact JSON, or the error. */
static char *json_of(const char *yaml, Buf *into) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(yaml_docs_clear) YamlDocs docs = { 0 };

        buf_reset(into);
        if (!yaml_parse(str_of(yaml), "f.yaml", &docs, &err)) {
                CHECK_INT(err.code, ERROR_INVALID);
                buf_printf(into, "%s", err.message);
        } else if (docs.len) {
                json_write(yyjson_doc_get_root(docs.items[0].json), into);
        }
        return text_of(into);
}

/* Every expectation here was compared with sigs.k8s.io/yaml; see yaml_scalar.h. */
static void plain_scalars_mean_what_kubernetes_takes_them_for(void **state) {
        const struct {
                const char *scalar, *json;
        } cases[] = {
                { "true", "true" },
                { "Yes", "true" },
                { "y", "true" },
                { "ON", "true" },
                { "off", "false" },
                { "N", "false" },
                { "tRUE", "\"tRUE\"" },
                { "~", "null" },
                { "Null", "null" },
                { "", "null" },
                { "0", "0" },
                { "-0", "0" },
                { "+5", "5" },
                { "1_000", "1000" },
                { "0x1F", "31" },
                { "-0x1f", "-31" },
                { "0o17", "15" },
                { "017", "15" },
                { "0b101", "5" },
                { "-0b1", "-1" },
                { "08", "8" },
                { "0x", "\"0x\"" },
                { "0b2", "\"0b2\"" },
                { "-9223372036854775808", "-9223372036854775808" },
                { "18446744073709551615", "18446744073709551615" },
                { "-9223372036854775809", "-9223372036854775809" },
                { "+0018446744073709551616", "18446744073709551616" },
                { "1.5", "1.5" },
                { "1.0", "1" },
                { "-0.0", "-0.0" },
                { "12e03", "12000" },
                { ".5", "0.5" },
                { "-.5", "-0.5" },
                { ".5_0", "0.5" },
                { "._5", "\"._5\"" },
                { "5.", "5" },
                { "1e", "\"1e\"" },
                { "1e+", "\"1e+\"" },
                { "1e400", "\"1e400\"" },
                { "1.2.3", "\"1.2.3\"" },
                { "+", "\"+\"" },
                { ".", "\".\"" },
                { "2026-11-22", "\"2026-11-22\"" },
                { "1:30", "\"1:30\"" },
                { "NaN", "\"NaN\"" },
                { "10Gi", "\"10Gi\"" },
                { "'yes'", "\"yes\"" },
                { "\"3\"", "\"3\"" },
                { "!!str 3", "\"3\"" },
                { "!!int '3'", "3" },
                { "!!float 3", "3" },
                { "!!float 1.5", "1.5" },
                { "!!bool on", "true" },
                { "!!null ''", "null" },
                { "!!binary aGk=", "\"hi\"" },
                { "!mine 3", "\"3\"" },
                { "! 3", "\"3\"" },
                { "!!timestamp 2026-11-22", "\"2026-11-22\"" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(buf_clear) Buf json = { 0 };
                char yaml[64], expected[64];

                snprintf(yaml, sizeof yaml, "k: %s\n", c->scalar);
                snprintf(expected, sizeof expected, "{\"k\":%s}", c->json);
                CHECK_STR(json_of(yaml, &json), expected);
        }
}

static void documents_become_json(void **state) {
        const struct {
                const char *yaml, *json;
        } cases[] = {
                { "a:\n- b\n-\n- - c\n  - d: 1\n    e: 2\n",
                  "{\"a\":[\"b\",null,[\"c\",{\"d\":1,\"e\":2}]]}" },
                { "a: |\n  x\n   y\nb: >-\n  p\n  q\n", "{\"a\":\"x\\n y\\n\",\"b\":\"p q\"}" },
                { "a: {b: [1, x, \"y\"], c: }", "{\"a\":{\"b\":[1,\"x\",\"y\"],\"c\":null}}" },
                { "# only a comment\n", "" },
                { "", "" },
                { "---\n...\n", "" },
                { "just text", "\"just text\"" },
                { "%YAML 1.1\n---\na: 1", "{\"a\":1}" },
                { "\xef\xbb\xbf"
                  "a: 1",
                  "{\"a\":1}" },
                { "z: 1\na: 2", "{\"z\":1,\"a\":2}" },
                { "a: \"\\x41\\u00e9\\0\"", "{\"a\":\"A\xc3\xa9\\u0000\"}" },
                { "a: !!map {b: 1}", "{\"a\":{\"b\":1}}" },
                /* keys become strings */
                { "1: a\n1.5: b\n1e6: c\n1e-5: d\ntrue: e\n.inf: f\n? g\n: h\n0x10: i\n99999999999999999999: "
                  "j",
                  "{\"1\":\"a\",\"1.5\":\"b\",\"1e+06\":\"c\",\"1e-05\":\"d\",\"true\":\"e\",\".inf\":\"f\","
                  "\"g\":\"h\",\"16\":\"i\",\"99999999999999999999\":\"j\"}" },
                /* JSON is YAML */
                { "{\"a\": \"x\\/y\",\n\t\"b\": 1.5, \"c\": [true, null]}",
                  "{\"a\":\"x/y\",\"b\":1.5,\"c\":[true,null]}" },
                { "{\"a\": \"\\ud83d\\ude00\\\\ud83d\\n\"}", "{\"a\":\"\xf0\x9f\x98\x80\\\\ud83d\\n\"}" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(buf_clear) Buf json = { 0 };

                CHECK_STR(json_of(c->yaml, &json), c->json);
        }
}

static void anchors_are_copied_and_mappings_merged(void **state) {
        const struct {
                const char *yaml, *json;
        } cases[] = {
                { "a: &x {b: [1]}\nc: *x", "{\"a\":{\"b\":[1]},\"c\":{\"b\":[1]}}" },
                { "a: &x 5\n*x : 1", "{\"a\":5,\"5\":1}" },
                { "&k a: 1\nb: *k", "{\"a\":1,\"b\":\"a\"}" },
                { "a: &x 1\nb: &x 2\nc: *x", "{\"a\":1,\"b\":2,\"c\":2}" },
                { "- &x {b: 1, c: 2}\n- <<: *x\n  b: 3", "[{\"b\":1,\"c\":2},{\"b\":3,\"c\":2}]" },
                { "- &x {b: 1, c: 2}\n- b: 3\n  <<: *x", "[{\"b\":1,\"c\":2},{\"b\":3,\"c\":2}]" },
                { "- &x {b: 1}\n- &y {b: 2, d: 3}\n- <<: [*x, *y]\n",
                  "[{\"b\":1},{\"b\":2,\"d\":3},{\"b\":1,\"d\":3}]" },
                { "<<: {a: 1}\n<<: {a: 2, b: {c: 3}}", "{\"a\":1,\"b\":{\"c\":3}}" },
                { "\"<<\": {a: 1}", "{\"<<\":{\"a\":1}}" },
                { "a: <<", "{\"a\":\"<<\"}" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(buf_clear) Buf json = { 0 };

                CHECK_STR(json_of(c->yaml, &json), c->json);
        }
}

static void mistakes_are_told_with_file_and_line(void **state) {
        const struct {
                const char *yaml, *message;
        } cases[] = {
                { "a: 1\nb: 2\na: 3", "f.yaml: line 3: key \"a\" is given twice" },
                { "a:\n  1: x\n  '1': y", "f.yaml: line 3: key \"1\" is given twice" },
                { "a:\n\tb: 1", "f.yaml: line 2: a tab is used for indentation, where YAML wants spaces" },
                { "a:\n  b: 1\n  \tc: 1",
                  "f.yaml: line 3: a tab is used for indentation, where YAML wants spaces" },
                { "a: @b", "f.yaml: line 1: \"@\" cannot start a value: put the value in quotes" },
                { "a: b: c", "f.yaml: line 1: mapping values are not allowed in this context" },
                { "a: 1\nb: [1,\n2",
                  "f.yaml: line 3: did not find expected ',' or ']' while parsing a flow sequence "
                  "that starts on line 2" },
                { "\n\na: 'b",
                  "f.yaml: line 3: found unexpected end of stream while scanning a quoted scalar" },
                { "a: 1\nb: \x07", "f.yaml: line 2: control characters are not allowed" },
                { "a: \xff", "f.yaml: line 1: invalid leading UTF-8 octet" },
                { "a: .nan",
                  "f.yaml: line 1: \".nan\" is no number that JSON has: put it in quotes if it is text" },
                { "a: !!int x", "f.yaml: line 1: \"x\" is tagged !!int, which it is not" },
                { "a: !!bool 3", "f.yaml: line 1: \"3\" is tagged !!bool, which it is not" },
                { "a: !!int 1.5", "f.yaml: line 1: \"1.5\" is tagged !!int, which it is not" },
                { "a: !!int ~", "f.yaml: line 1: \"~\" is tagged !!int, which it is not" },
                { "~: v", "f.yaml: line 1: a key is null: put it in quotes if it is text" },
                { "a: 1\n? [b]\n: c", "f.yaml: line 2: a key is a list or a mapping: expected text" },
                { "a: &x [b]\n*x : c", "f.yaml: line 2: a key is a list or a mapping: expected text" },
                { "a: 1\nb: *q", "f.yaml: line 2: alias \"*q\" has no anchor \"&q\" before it" },
                { "a: &a [*a]", "f.yaml: line 1: the value of anchor \"&a\" contains itself" },
                { "<<: 3", "f.yaml: line 1: the value of \"<<\" is no mapping and no list of mappings" },
                { "<<: [3]", "f.yaml: line 1: the value of \"<<\" is no mapping and no list of mappings" },
                { "--- &a 1\n--- *a", "f.yaml: line 2: alias \"*a\" has no anchor \"&a\" before it" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(buf_clear) Buf message = { 0 };

                CHECK_STR(json_of(c->yaml, &message), c->message);
        }
}

static void binary_that_is_none_is_refused(void **state) {
        AUTO(buf_clear) Buf message = { 0 };

        (void) state;
        CHECK(strncmp(json_of("a: !!binary '?'", &message),
                      "f.yaml: line 1: a value tagged !!binary: ", 41) == 0);
}

static void documents_are_read_one_by_one_and_empty_ones_left_out(void **state) {
        AUTO(yaml_docs_clear) YamlDocs docs = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(yaml_parse(STR("---\na: 1\n---\n# nothing\n---\nb:\n  a: 1\n---\nnull\n--- 5\n"), "f", &docs,
                         &err));
        CHECK_INT(docs.len, 3);
        CHECK_INT(json_get_int(yyjson_doc_get_root(docs.items[0].json), "a", 0), 1);
        CHECK_INT(yaml_line_of(&docs.items[0], STR("a")), 2);
        CHECK_INT(yaml_line_of(&docs.items[1], STR("b.a")), 7);
        CHECK_INT(yaml_line_of(&docs.items[2], STR("")), 10);
}

static void faults_get_the_line_of_their_path(void **state) {
        AUTO(yaml_docs_clear) YamlDocs docs = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Faults faults = { .arena = &arena };
        const struct {
                const char *path;
                int line;
        } cases[] = {
                { "", 1 },
                { "kind", 1 },
                { "spec", 2 },
                { "spec.hooks.resources", 4 },
                { "spec.hooks.resources[0]", 5 },
                { "spec.hooks.resources[0].name", 5 },
                { "spec.hooks.resources[1]", 8 },
                { "spec.hooks.resources[1].pre[0].exec.command[1]", 11 },
                { "spec.hooks.resources[1].pre[0].exec.timeout", 10 },
                { "spec.hooks.resources[7].name", 4 },
                { "spec.ttl", 2 },
                { "status.phase", 1 },
        };

        (void) state;
        CHECK(yaml_parse(STR("kind: Backup\n"
                             "spec:\n"
                             "  hooks:\n"
                             "    resources:\n"
                             "    - name: a\n"
                             "      # comment\n"
                             "      pre: []\n"
                             "    - name: b\n"
                             "      pre:\n"
                             "      - exec:\n"
                             "          command: [a, b]\n"),
                         "f", &docs, &err));
        FOR_EACH_CASE(cases, c)
        CHECK_INT(yaml_line_of(&docs.items[0], str_of(c->path)), c->line);

        faults_add(&faults, FAULT_ERROR, STR("spec.hooks.resources[1].name"), "is wrong");
        faults_add(&faults, FAULT_ERROR, STR("kind"), "is wrong too");
        faults.items[1].line = 99;
        yaml_add_lines(&docs.items[0], &faults);
        CHECK_INT(faults.items[0].line, 8);
        CHECK_INT(faults.items[1].line, 99);
        CHECK_INT(yaml_line_of(&(YamlDoc) { 0 }, STR("a.b")), 0);
}

static void repeat(Buf *into, const char *text, size_t times) {
        for (size_t i = 0; i < times; i++)
                buf_add(into, str_of(text));
}

static void check_refused(Buf *yaml, const char *message) {
        AUTO(yaml_docs_clear) YamlDocs docs = { 0 };
        AUTO(error_clear) Error err = { 0 };

        CHECK(!yaml_parse(buf_str(yaml), "f.yaml", &docs, &err));
        CHECK_STR(err.message, message);
        buf_reset(yaml);
}

static void what_is_too_large_is_refused_with_the_limit(void **state) {
        AUTO(buf_clear) Buf yaml = { 0 }, json = { 0 };

        (void) state;
        repeat(&yaml, "[", 101);
        check_refused(&yaml, "f.yaml: line 1: nested deeper than 100 levels");

        repeat(&yaml, "- ", 101);
        buf_add(&yaml, STR("a"));
        check_refused(&yaml, "f.yaml: line 1: nested deeper than 100 levels");

        buf_add(&yaml, STR("a: &a "));
        repeat(&yaml, "[", 60);
        repeat(&yaml, "]", 60);
        buf_add(&yaml, STR("\nb: "));
        repeat(&yaml, "[", 60);
        buf_add(&yaml, STR("*a"));
        check_refused(&yaml, "f.yaml: line 2: nested deeper than 100 levels");

        buf_add(&yaml, STR("- &a 1\n"));
        repeat(&yaml, "- *a\n", 101);
        check_refused(&yaml, "f.yaml: line 102: more than 100 aliases");

        buf_add(&yaml, STR("- &a0 [x]\n"));
        for (int i = 1; i < 10; i++)
                buf_printf(&yaml, "- &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i - 1,
                           i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
        check_refused(&yaml, "f.yaml: line 8: more than 1000000 values, aliases resolved");

        buf_add(&yaml, STR("[1"));
        repeat(&yaml, ",1", 1000000);
        check_refused(&yaml, "f.yaml: line 1: more than 1000000 values, aliases resolved");

        repeat(&yaml, "---\n", 10001);
        check_refused(&yaml, "f.yaml: line 10002: more than 10000 documents");

        repeat(&yaml, "# 89012345678901\n", 1024 * 1024);
        check_refused(&yaml, "f.yaml: larger than 16777216 bytes");

        repeat(&yaml, "[", 100);
        repeat(&yaml, "]", 100);
        buf_add_char(&yaml, '\0');
        CHECK_INT(strlen(json_of(yaml.ptr, &json)), 200);
}

static void check_written(const char *text, const char *expected) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;
        AUTO(buf_clear) Buf yaml = { 0 };

        CHECK(json_parse(str_of(text), "test", &doc, &err));
        yaml_write(yyjson_doc_get_root(doc), &yaml);
        CHECK_STR(text_of(&yaml), expected);
}

/* Compared with kubectl's printer, which is sigs.k8s.io/yaml. */
static void yaml_is_written_as_kubectl_prints_it(void **state) {
        const struct {
                const char *json, *yaml;
        } cases[] = {
                { "{}", "{}\n" },
                { "[]", "[]\n" },
                { "null", "null\n" },
                { "{\"b\":1,\"a\":{\"c\":[],\"d\":{}}}", "b: 1\na:\n  c: []\n  d: {}\n" },
                { "{\"a\":[1,{\"b\":2,\"c\":[3]},[4,[5]]]}",
                  "a:\n- 1\n- b: 2\n  c:\n  - 3\n- - 4\n  - - 5\n" },
                { "{\"a\":true,\"b\":null,\"c\":1.5,\"d\":-3,\"e\":18446744073709551616}",
                  "a: true\nb: null\nc: 1.5\nd: -3\ne: 18446744073709551616\n" },
                { "[\"plain\",\"two words\",\"http://x/y?a=b\"]",
                  "- plain\n- two words\n- http://x/y?a=b\n" },
                { "[\"\",\"true\",\"No\",\"y\",\"null\",\"~\",\"1\",\"1.5\",\"0x1\",\"1_000\"]",
                  "- \"\"\n- \"true\"\n- \"No\"\n- \"y\"\n- \"null\"\n- \"~\"\n- \"1\"\n- \"1.5\"\n- "
                  "\"0x1\"\n"
                  "- \"1_000\"\n" },
                { "[\"2026-11-22T17:16:34Z\",\"2026-1-2\",\"2026-11-22 1:2:3.5\",\"10:20:30\",\"1:30.5\"]",
                  "- \"2026-11-22T17:16:34Z\"\n- \"2026-1-2\"\n- \"2026-11-22 1:2:3.5\"\n- \"10:20:30\"\n"
                  "- \"1:30.5\"\n" },
                { "[\"2026-13-01\",\"2026-11-22T17:16Z\",\"2026-11-22x\",\"1:60\",\"a:1\",\"2026-11-22 "
                  "1:2:3.\"]",
                  "- 2026-13-01\n- 2026-11-22T17:16Z\n- 2026-11-22x\n- 1:60\n- a:1\n- 2026-11-22 "
                  "1:2:3.\n" },
                { "[\"2026-11-22T17:16:34+02:00\",\"2026-11-22t17:16:34.25-05:30\"]",
                  "- \"2026-11-22T17:16:34+02:00\"\n- \"2026-11-22t17:16:34.25-05:30\"\n" },
                { "[\"2026-11-22T17:16:34\",\"2026-11-22 1:2:3Z\",\"2026-11-22T17:16:34+25:00\","
                  "\"2026-11-22T24:00:00Z\",\"2026-11-22T1:2:3+02\",\"226-1-2\",\"2026-1-32\"]",
                  "- 2026-11-22T17:16:34\n- 2026-11-22 1:2:3Z\n- 2026-11-22T17:16:34+25:00\n"
                  "- 2026-11-22T24:00:00Z\n- 2026-11-22T1:2:3+02\n- 226-1-2\n- 2026-1-32\n" },
                { "[\" a\",\"a: b\",\"a #b\",\"- a\",\"*a\",\"it's\",\"'a'\"]",
                  "- ' a'\n- 'a: b'\n- 'a #b'\n- '- a'\n- '*a'\n- it's\n- '''a'''\n" },
                { "{\"a\":\"x\\ny\\n\",\"b\":\"x\\n y\",\"c\":\"x\\n\\n\",\"d\":\" x\\ny\"}",
                  "a: |\n  x\n  y\nb: |-\n  x\n   y\nc: |+\n  x\n\nd: |2-\n   x\n  y\n" },
                { "{\"a\":\"x\\n\\n\"}", "a: |+\n  x\n\n" },
                { "[\"a\\tb\",\"\\u0007\",\"a \\nb\",\"\\u2028\",\"\\u00e9\"]",
                  "- \"a\\tb\"\n- \"\\a\"\n- \"a \\nb\"\n- \"\\L\"\n- \xc3\xa9\n" },
                { "{\"yes\":1,\"a b\":2,\"1\":3,\"<<\":4,\"x\\ny\":5}",
                  "\"yes\": 1\na b: 2\n\"1\": 3\n\"<<\": 4\n? |-\n  x\n  y\n: 5\n" },
                { "{\"k\":\"one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
                  "fifteen\"}",
                  "k: one two three four five six seven eight nine ten eleven twelve thirteen fourteen\n  "
                  "fifteen\n" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c)
        check_written(c->json, c->yaml);
}

static void bytes_that_are_not_utf8_are_mended(void **state) {
        AUTO_JSON_MUT *mut = yyjson_mut_doc_new(NULL);
        AUTO_JSON *doc = yyjson_mut_val_imut_copy(json_new_str(mut, STR("a\xff")), NULL);
        AUTO(buf_clear) Buf yaml = { 0 };

        (void) state;
        yaml_write(yyjson_doc_get_root(doc), &yaml);
        CHECK_STR(text_of(&yaml), "a\xef\xbf\xbd\n");
}

static void what_is_written_reads_back_the_same(void **state) {
        const char *const pieces[] = { "a", " ",  "\n", "\t", ":", "#", "-", "'", "\"", "1",
                                       ".", "e",  "0",  "x",  "~", "y", "{", "[", ",",  "\xc3\xa9",
                                       "&", "\\", "?",  "|",  "T", "Z", "_", "<", "!",  "\xe2\x80\xa8" };

        (void) state;
        FOR_ALL_RANDOM(3000, rng) {
                AUTO_JSON_MUT *mut = yyjson_mut_doc_new(NULL);
                AUTO(buf_clear) Buf text = { 0 }, yaml = { 0 };
                AUTO(yaml_docs_clear) YamlDocs docs = { 0 };
                AUTO(error_clear) Error err = { 0 };

                for (size_t i = random_u64(&rng) % 8; i > 0; i--)
                        buf_add(&text, str_of(pieces[random_u64(&rng) % (sizeof pieces / sizeof *pieces)]));
                JsonMutVal *object = yyjson_mut_obj(mut), *list = yyjson_mut_arr(mut);
                json_mut_set(mut, object, buf_str(&text), json_new_str(mut, buf_str(&text)));
                yyjson_mut_arr_append(list, json_new_str(mut, buf_str(&text)));
                yyjson_mut_arr_append(list, object);

                AUTO_JSON *doc = yyjson_mut_val_imut_copy(list, NULL);
                yaml_write(yyjson_doc_get_root(doc), &yaml);
                CHECK(yaml_parse(buf_str(&yaml), "f", &docs, &err));
                CHECK_INT(docs.len, 1);
                CHECK(json_equal(yyjson_doc_get_root(doc), yyjson_doc_get_root(docs.items[0].json)));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(plain_scalars_mean_what_kubernetes_takes_them_for),
                cmocka_unit_test(documents_become_json),
                cmocka_unit_test(anchors_are_copied_and_mappings_merged),
                cmocka_unit_test(mistakes_are_told_with_file_and_line),
                cmocka_unit_test(binary_that_is_none_is_refused),
                cmocka_unit_test(documents_are_read_one_by_one_and_empty_ones_left_out),
                cmocka_unit_test(faults_get_the_line_of_their_path),
                cmocka_unit_test(what_is_too_large_is_refused_with_the_limit),
                cmocka_unit_test(yaml_is_written_as_kubectl_prints_it),
                cmocka_unit_test(bytes_that_are_not_utf8_are_mended),
                cmocka_unit_test(what_is_written_reads_back_the_same),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
