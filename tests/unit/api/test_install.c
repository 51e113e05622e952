#include "api/crd.h"
#include "api/install.h"
#include "base/map.h"
#include "check.h"
#include "data/yaml.h"

/* Everything that a definition says, a line each: "backups.velero.io/spec/scope=\"Namespaced\"". */
static bool is_passed_over(Str key) {
        static const char *const keys[] = { "annotations", "creationTimestamp", "subresources" };

        FOR_EACH_CASE(keys, k)
        if (str_equal(key, str_of(*k)))
                return true;
        return false;
}

static void flatten(JsonVal *value, Str path, bool is_schema_names, Arena *arena, Strs *lines) {
        size_t i, count;
        JsonVal *key, *child;

        if (yyjson_is_obj(value)) {
                yyjson_obj_foreach(value, i, count, key, child) {
                        Str name = json_str(key);

                        if (!is_schema_names &&
                            (is_passed_over(name) ||
                             (str_equal(name, STR("description")) && yyjson_is_str(child))))
                                continue;
                        flatten(child,
                                str_of(arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(path),
                                                    STR_ARG(name))),
                                str_equal(name, STR("properties")) && !is_schema_names, arena, lines);
                }
                return;
        }
        bool is_set = str_ends_with(path, STR("/required")) || str_ends_with(path, STR("/enum"));
        if (yyjson_is_arr(value) && yyjson_arr_size(value)) {
                yyjson_arr_foreach(value, i, count, child) {
                        const char *at = is_set ? arena_printf(arena, STR_FMT, STR_ARG(path))
                                                : arena_printf(arena, STR_FMT "[%zu]", STR_ARG(path), i);
                        flatten(child, str_of(at), false, arena, lines);
                }
                return;
        }
        AUTO(buf_clear) Buf text = { 0 };
        json_write(value, &text);
        strs_add(lines, arena,
                 str_of(arena_printf(arena, STR_FMT "=" STR_FMT, STR_ARG(path), STR_ARG(buf_str(&text)))));
}

static void flatten_named(JsonVal *definition, Arena *arena, Strs *lines) {
        Str name = json_str(json_at(definition, "metadata", "name"));

        flatten(json_get(definition, "spec"), name, false, arena, lines);
        flatten(json_get(definition, "metadata"), name, false, arena, lines);
        CHECK_TEXT(json_get_str(definition, "apiVersion"), "apiextensions.k8s.io/v1");
}

/* The lines of `a` that `b` has not. */
static Str only_in(const Strs *a, const Strs *b, Arena *arena) {
        AUTO(buf_clear) Buf text = { 0 };

        for (size_t i = 0; i < a->len; i++) {
                bool found = false;

                for (size_t k = 0; k < b->len && !found; k++)
                        found = str_equal(a->items[i], b->items[k]);
                if (!found)
                        buf_printf(&text, STR_FMT "\n", STR_ARG(a->items[i]));
        }
        return arena_copy(arena, buf_str(&text));
}

static void read_golden(Arena *arena, Strs *lines) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(yaml_docs_clear) YamlDocs docs = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        FILE *file = fopen(GOLDEN_DIR "/velero-1.18.0/cluster/crds.yaml", "r");
        char chunk[4096];
        size_t i, count;
        JsonVal *item;

        CHECK(file);
        for (size_t len; (len = fread(chunk, 1, sizeof chunk, file)) > 0;)
                buf_add(&text, (Str) { chunk, len });
        fclose(file);
        CHECK(yaml_parse(buf_str(&text), "crds.yaml", &docs, &err));
        yyjson_arr_foreach(json_get(yyjson_doc_get_root(docs.items[0].json), "items"), i, count, item)
                flatten_named(item, arena, lines);
        for (size_t k = 0; k < lines->len; k++) /* they live in the document */
                lines->items[k] = arena_copy(arena, lines->items[k]);
}

static void definitions_are_those_of_velero_and_a_few_additions(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        Strs ours = { 0 }, theirs = { 0 };

        (void) state;
        read_golden(&arena, &theirs);
        for (size_t i = 0; i < CRD_COUNT; i++) {
                AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);

                yyjson_mut_doc_set_root(doc, crd_build(i, doc));
                AUTO_JSON *fixed = yyjson_mut_doc_imut_copy(doc, NULL);
                flatten_named(yyjson_doc_get_root(fixed), &arena, &ours);
        }
        CHECK_TEXT(only_in(&theirs, &ours, &arena), "");

        AUTO(buf_clear) Buf kept = { 0 };
        Str added = only_in(&ours, &theirs, &arena), line;
        while (str_cut(&added, '\n',
                       &line)) /* the nested template has the hooks of the template: tested below */
                if (line.len &&
                    !memmem(line.ptr, line.len, "/template/properties/spec/properties/hooks/", 43))
                        buf_printf(&kept, STR_FMT "\n", STR_ARG(line));
#define SCHEMA "/versions[0]/schema/openAPIV3Schema/properties/"
        CHECK_TEXT(buf_str(&kept),
                   "downloadrequests.velero.io" SCHEMA "status/properties/phase/enum=\"Failed\"\n"
                   "restores.velero.io" SCHEMA "spec/properties/hooks/properties/resources/items/properties/"
                   "postHooks/items/properties/exec/properties/timeout/type=\"string\"\n"
                   "schedules.velero.io" SCHEMA "spec/properties/template/properties/spec/type=\"object\"\n");
}

static void make(const InstallOptions *options, JsonMutDoc *doc, JsonMutVal *list) {
        AUTO(error_clear) Error err = { 0 };

        if (!install_objects(options, doc, list, &err))
                fail_msg("%s", err.message);
}

static void objects_come_in_the_order_in_which_they_can_be_made(void **state) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *list = yyjson_mut_arr(doc), *object;
        AUTO(buf_clear) Buf kinds = { 0 };
        size_t i, count;

        (void) state;
        make(&(InstallOptions) { .namespace = STR("backups"),
                                 .image = STR("grapnel:1"),
                                 .provider = STR("aws"),
                                 .bucket = STR("b"),
                                 .secret = STR("x") },
             doc, list);
        yyjson_mut_arr_foreach(list, i, count, object) {
                Str kind = json_mut_str(yyjson_mut_obj_get(object, "kind"));

                if (!str_equal(kind, STR("CustomResourceDefinition")))
                        buf_printf(&kinds, STR_FMT " " STR_FMT "\n", STR_ARG(kind),
                                   STR_ARG(json_mut_str(json_mut_at(object, "metadata", "name"))));
        }
        CHECK_TEXT(buf_str(&kinds), "Namespace backups\n"
                                    "ServiceAccount grapnel\n"
                                    "ClusterRole grapnel-backups\n"
                                    "ClusterRoleBinding grapnel-backups\n"
                                    "Role grapnel\n"
                                    "RoleBinding grapnel\n"
                                    "Secret cloud-credentials\n"
                                    "BackupStorageLocation default\n"
                                    "ValidatingAdmissionPolicy grapnel-backups\n"
                                    "ValidatingAdmissionPolicyBinding grapnel-backups\n"
                                    "Service grapnel\n"
                                    "Deployment grapnel\n");
}

static void a_value_stays_a_value(void **state) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *list = yyjson_mut_arr(doc);
        const Str nasty = STR("\"}\n---\nkind: Pod # $IMAGE {{ x }}");

        (void) state;
        make(&(InstallOptions) { .namespace = nasty, .image = nasty, .claim = nasty }, doc, list);
        JsonMutVal *server = yyjson_mut_arr_get_last(list);
        CHECK(str_equal(json_mut_str(json_mut_at(server, "metadata", "namespace")), nasty));
        CHECK(str_equal(
                json_mut_str(yyjson_mut_obj_get(yyjson_mut_arr_get_first(json_mut_at(
                                                        server, "spec", "template", "spec", "containers")),
                                                "image")),
                nasty));
}

static void a_setting_needs_a_key_and_a_value(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        InstallOptions options = { .namespace = STR("velero"),
                                   .provider = STR("filesystem"),
                                   .bucket = STR("b") };

        (void) state;
        strs_add(&options.config, &arena, STR("region"));
        CHECK(!install_objects(&options, doc, yyjson_mut_arr(doc), &err));
        CHECK_STR(err.message, "\"region\" is not a setting: expected key=value");
}

static void the_chart_has_a_file_for_each_part(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        size_t count = 0;
        Str name;

        (void) state;
        for (;; count++) {
                AUTO(buf_clear) Buf text = { 0 };

                if (!install_chart_file(count, &arena, &text, &name))
                        break;
                CHECK(text.len > 0);
                CHECK(!memmem(text.ptr, text.len, "$NAMESPACE", 10));
        }
        CHECK_INT(count, 2 + 6 + CRD_COUNT);
}

/* What Helm makes of the few expressions that the chart has, for the values of the test. */
static void render(Str text, Buf *into) {
        static const struct {
                const char *expression, *value;
        } rows[] = {
                { "{{ .Release.Namespace | quote }}", "\"velero\"" },
                { "{{ .Values.clusterName | quote }}", "\"grapnel\"" },
                { "{{ .Values.image | quote }}", "\"i:1\"" },
                { "{{ .Values.cpuRequest | quote }}", "\"1m\"" },
                { "{{ .Values.memoryRequest | quote }}", "\"2Mi\"" },
                { "{{ .Values.memoryLimit | quote }}", "\"3Mi\"" },
                { "{{ .Values.provider | quote }}", "\"filesystem\"" },
                { "{{ .Values.bucket | quote }}", "\"main\"" },
                { "{{ .Values.prefix | quote }}", "\"\"" },
                { "{{ .Values.config | toJson }}", "{}" },
                { "{{ .Values.credentials | b64enc | quote }}", "\"eA==\"" },
                { "{{ merge (dict \"name\" \"backups\") (.Values.volume | default (dict \"emptyDir\" "
                  "(dict))) | toJson }}",
                  "{\"name\":\"backups\",\"emptyDir\":{}}" },
                { "{{- if .Values.provider }}\n", "" },
                { "{{- if .Values.credentials }}\n", "" },
                { "{{- end }}\n", "" },
        };

        while (text.len) {
                size_t before = text.len;

                FOR_EACH_CASE(rows, row)
                if (str_starts_with(text, str_of(row->expression))) {
                        buf_add(into, str_of(row->value));
                        text = str_skip(text, strlen(row->expression));
                }
                if (text.len == before) {
                        buf_add_char(into, text.ptr[0]);
                        text = str_skip(text, 1);
                }
        }
}

static bool is_among(JsonVal *object, JsonVal *list) {
        size_t i, count;
        JsonVal *item;

        yyjson_arr_foreach(list, i, count, item) if (json_equal(object, item)) return true;
        return false;
}

static void the_chart_renders_the_objects_of_install(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *list = yyjson_mut_arr(doc);
        size_t rendered = 0;
        Str name;

        (void) state;
        make(&(InstallOptions) { .namespace = STR("velero"),
                                 .image = STR("i:1"),
                                 .cpu_request = STR("1m"),
                                 .mem_request = STR("2Mi"),
                                 .mem_limit = STR("3Mi"),
                                 .provider = STR("filesystem"),
                                 .bucket = STR("main"),
                                 .secret = STR("x") },
             doc, list);
        yyjson_mut_doc_set_root(doc, list);
        AUTO_JSON *made = yyjson_mut_doc_imut_copy(doc, NULL);
        for (size_t i = 2;; i++) {
                AUTO(buf_clear) Buf text = { 0 }, whole = { 0 };
                AUTO(yaml_docs_clear) YamlDocs docs = { 0 };

                if (!install_chart_file(i, &arena, &text, &name))
                        break;
                render(buf_str(&text), &whole);
                if (!yaml_parse(buf_str(&whole), "chart", &docs, &err))
                        fail_msg(STR_FMT ": %s", STR_ARG(name), err.message);
                for (size_t k = 0; k < docs.len; k++, rendered++)
                        if (!is_among(yyjson_doc_get_root(docs.items[k].json), yyjson_doc_get_root(made)))
                                fail_msg(STR_FMT ": document %zu is not what install makes", STR_ARG(name),
                                         k + 1);
        }
        CHECK_INT(rendered + 1, yyjson_arr_size(yyjson_doc_get_root(made))); /* Helm makes the namespace */
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(definitions_are_those_of_velero_and_a_few_additions),
                cmocka_unit_test(objects_come_in_the_order_in_which_they_can_be_made),
                cmocka_unit_test(a_value_stays_a_value),
                cmocka_unit_test(a_setting_needs_a_key_and_a_value),
                cmocka_unit_test(the_chart_has_a_file_for_each_part),
                cmocka_unit_test(the_chart_renders_the_objects_of_install),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
