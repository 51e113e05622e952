#include "api/backup.h"

#include "base/clock.h"
#include "check.h"
#include "data/json.h"

typedef struct Decoded {
        JsonDoc *doc;
        Arena arena;
        Faults faults;
        Backup backup;
} Decoded;

static void decoded_clear(Decoded *decoded) {
        yyjson_doc_free(decoded->doc);
        arena_clear(&decoded->arena);
}

static void decode_object(const char *text, Decoded *decoded) {
        AUTO(error_clear) Error err = { 0 };

        *decoded = (Decoded) { 0 };
        decoded->faults.arena = &decoded->arena;
        CHECK(json_parse(str_of(text), "a test", &decoded->doc, &err));
        decoded->backup = backup_decode(yyjson_doc_get_root(decoded->doc), &decoded->arena, &decoded->faults);
}

static void decode_spec(const char *spec, Decoded *decoded) {
        AUTO(arena_clear) Arena arena = { 0 };

        decode_object(arena_printf(&arena,
                                   "{\"apiVersion\":\"velero.io/v1\",\"kind\":\"Backup\","
                                   "\"metadata\":{\"name\":\"b\"},\"spec\":%s}",
                                   spec),
                      decoded);
}

static void check_strs(const Strs *strs, const char *expected) {
        AUTO(arena_clear) Arena arena = { 0 };

        CHECK_STR(arena_copy(&arena, strs_join(strs, STR(" "), &arena)).ptr, expected);
}

static const char *faults_as_text(Decoded *decoded, FaultLevel level) {
        return arena_printf(&decoded->arena, STR_FMT,
                            STR_ARG(faults_text(&decoded->faults, level, &decoded->arena)));
}

static void an_empty_spec_gets_the_defaults(void **state) {
        AUTO(decoded_clear) Decoded decoded;
        const BackupSpec *spec = &decoded.backup.spec;

        (void) state;
        decode_spec("{}", &decoded);
        CHECK_STR(faults_as_text(&decoded, FAULT_ERROR), "");
        CHECK(str_equal(decoded.backup.name, STR("b")));
        CHECK(str_equal(decoded.backup.namespace, STR("velero")));
        check_strs(&spec->included_namespaces, "*");
        check_strs(&spec->excluded_namespace_scoped, "volumesnapshots.snapshot.storage.k8s.io");
        check_strs(&spec->excluded_cluster_scoped, "volumesnapshotcontents.snapshot.storage.k8s.io");
        CHECK_INT(spec->excluded_resources.len, 0);
        CHECK_INT(spec->ttl_ms, INT64_C(720) * 3600 * 1000);
        CHECK_INT(spec->include_cluster_resources, -1);
        CHECK_INT(spec->snapshot_volumes, -1);
        CHECK(str_equal(spec->storage_location, STR("default")));
}

static void old_filters_exclude_both_snapshot_kinds_in_one_list(void **state) {
        AUTO(decoded_clear) Decoded decoded;

        (void) state;
        decode_spec("{\"includedResources\":[\"pods\",\"volumesnapshots.snapshot.storage.k8s.io\"]}",
                    &decoded);
        check_strs(&decoded.backup.spec.included_resources, "pods");
        check_strs(&decoded.backup.spec.excluded_resources, "volumesnapshots.snapshot.storage.k8s.io "
                                                            "volumesnapshotcontents.snapshot.storage.k8s.io");
        CHECK_INT(decoded.backup.spec.excluded_namespace_scoped.len, 0);
}

static void every_mistake_is_told_with_its_place(void **state) {
        static const struct {
                const char *spec, *error;
        } cases[] = {
                { "{\"includedNamespace\":[\"a\"]}",
                  "spec.includedNamespace: unknown field \"includedNamespace\": did you mean "
                  "\"includedNamespaces\"?" },
                { "{\"ttl\":\"720\"}",
                  "spec.ttl: \"720\" is not a duration: a unit is missing (write \"720s\")" },
                { "{\"ttl\":\"-1h\"}",
                  "spec.ttl: \"-1h\" is negative; expected a duration such as \"720h\"" },
                { "{\"labelSelector\":{\"matchLabels\":{\"a\":\"b\"}},"
                  "\"orLabelSelectors\":[{\"matchLabels\":{\"c\":\"d\"}}]}",
                  "spec.orLabelSelectors: can't be used together with spec.labelSelector" },
                { "{\"includedResources\":[\"pods\"],\"includedClusterScopedResources\":[\"nodes\"]}",
                  "spec.includedResources: can't be used together with spec.includedClusterScopedResources" },
                { "{\"includeClusterResources\":true,\"excludedClusterScopedResources\":[\"nodes\"],"
                  "\"excludedNamespaceScopedResources\":[\"events\"]}",
                  "spec.includeClusterResources: can't be used together with "
                  "spec.excludedClusterScopedResources and spec.excludedNamespaceScopedResources" },
                { "{\"includedNamespaces\":[\"*\",\"a\"]}",
                  "spec.includedNamespaces: \"*\" must stand alone" },
                { "{\"excludedNamespaces\":[\"*\"]}",
                  "spec.excludedNamespaces: \"*\" leaves nothing of what is included" },
                { "{\"includedNamespaces\":[\"a\",\"b\"],\"excludedNamespaces\":[\"b\"]}",
                  "spec.excludedNamespaces: \"b\" is in spec.includedNamespaces as well" },
                { "{\"includedNamespaces\":[\"a\",\"Upper\"]}",
                  "spec.includedNamespaces[1]: \"Upper\" can't be the name of a namespace: expected at most "
                  "63 "
                  "lower-case letters, digits and '-'" },
                { "{\"excludedNamespaces\":[\"-a\"]}",
                  "spec.excludedNamespaces[0]: \"-a\" can't be the name of a namespace: expected at most 63 "
                  "lower-case letters, digits and '-'" },
                { "{\"excludedClusterScopedResources\":[\"*\",\"nodes\"]}",
                  "spec.excludedClusterScopedResources: \"*\" must stand alone" },
                { "{\"includedClusterScopedResources\":[\"nodes\"],\"excludedClusterScopedResources\":[\"*\"]"
                  "}",
                  "spec.excludedClusterScopedResources: \"*\" leaves nothing of what is included" },
                { "{\"resourcePolicy\":{\"kind\":\"secret\",\"name\":\"p\"}}",
                  "spec.resourcePolicy.kind: must be \"configmap\", not \"secret\"" },
                { "{\"resourcePolicy\":{\"kind\":\"ConfigMap\"}}",
                  "spec.resourcePolicy.name: the name of a ConfigMap is missing" },
                { "{\"orderedResources\":{\"pods\":[\"a/b\"]}}",
                  "spec.orderedResources.pods: must be text (put it in quotes)" },
                { "{\"orderedResources\":\"pods\"}", "spec.orderedResources: must be an object" },
                { "{\"uploaderConfig\":{\"parallelFilesUpload\":\"8\"}}",
                  "spec.uploaderConfig.parallelFilesUpload: must be a whole number" },
                { "{\"backupType\":\"Some\"}",
                  "spec.backupType: \"Some\" is neither \"Full\" nor \"Incremental\"" },
                { "{\"snapshotVolumes\":\"no\"}",
                  "spec.snapshotVolumes: must be true or false, but is text" },
                { "{\"includedNamespaces\":\"a\"}", "spec.includedNamespaces: must be a list, but is text" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(decoded_clear) Decoded decoded;

                decode_spec(c->spec, &decoded);
                CHECK_STR(faults_as_text(&decoded, FAULT_ERROR), c->error);
        }
}

static void all_mistakes_are_told_at_once(void **state) {
        AUTO(decoded_clear) Decoded decoded;

        (void) state;
        decode_object("{\"apiVersion\":\"velero.io/v2\",\"kind\":\"Backup\",\"metadata\":{\"name\":\"B!\","
                      "\"labels\":{\"a\":1}},\"spec\":{\"ttl\":5,\"hooks\":{\"resource\":[]}}}",
                      &decoded);
        CHECK_INT(decoded.faults.errors, 5);
}

static void an_object_that_is_no_backup_is_refused(void **state) {
        static const struct {
                const char *object, *error;
        } cases[] = {
                { "[]", "must be an object, but is a list" },
                { "{\"apiVersion\":\"velero.io/v1\",\"kind\":\"Restore\",\"metadata\":{\"name\":\"a\"}}",
                  "kind: must be \"Backup\", not \"Restore\"" },
                { "{\"apiVersion\":\"velero.io/v1\",\"kind\":\"Backup\"}",
                  "metadata.name: the backup has no name" },
                { "{\"apiVersion\":\"velero.io/"
                  "v1\",\"kind\":\"Backup\",\"metadata\":{\"name\":\"a\"},\"spec\":3}",
                  "spec: must be an object, but is a number" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(decoded_clear) Decoded decoded;

                decode_object(c->object, &decoded);
                CHECK_STR(faults_as_text(&decoded, FAULT_ERROR), c->error);
        }
}

static void asking_for_volume_data_is_a_warning(void **state) {
        static const char *const specs[] = {
                "{\"snapshotVolumes\":true}",
                "{\"snapshotMoveData\":true}",
                "{\"defaultVolumesToFsBackup\":true}",
                "{\"volumeSnapshotLocations\":[\"a\"]}",
        };

        (void) state;
        FOR_EACH_CASE(specs, spec) {
                AUTO(decoded_clear) Decoded decoded;

                decode_spec(*spec, &decoded);
                CHECK_STR(faults_as_text(&decoded, FAULT_ERROR), "");
                CHECK(strstr(faults_as_text(&decoded, FAULT_WARNING),
                             "volume data is not stored by this version, only the volumes' objects"));
        }
}

static void what_matters_for_volume_data_only_is_accepted(void **state) {
        AUTO(decoded_clear) Decoded decoded;

        (void) state;
        decode_spec(
                "{\"csiSnapshotTimeout\":\"1m\",\"itemOperationTimeout\":\"2h\",\"datamover\":\"velero\","
                "\"uploaderConfig\":{\"parallelFilesUpload\":4},\"backupType\":\"Full\","
                "\"volumeGroupSnapshotLabelKey\":\"k\",\"snapshotVolumes\":false,"
                "\"snapshotMoveData\":null,\"labelSelector\":null,\"metadata\":{\"labels\":{\"a\":\"b\"}}}",
                &decoded);
        CHECK_INT(decoded.faults.len, 0);
        CHECK_INT(decoded.backup.spec.snapshot_volumes, 0);
}

static void namespace_patterns_are_accepted(void **state) {
        AUTO(decoded_clear) Decoded decoded;

        (void) state;
        decode_spec("{\"includedNamespaces\":[\"team-*\",\"db-[0-9]\",\"a?c\"],\"excludedNamespaces\":["
                    "\"team-x*\"]}",
                    &decoded);
        CHECK_STR(faults_as_text(&decoded, FAULT_ERROR), "");
}

static void read_golden(const char *path, Buf *into) {
        AUTO(arena_clear) Arena arena = { 0 };
        FILE *file = fopen(arena_printf(&arena, GOLDEN_DIR "/velero-1.18.0/%s", path), "r");

        assert_non_null(file);
        while (!feof(file)) {
                char *room = buf_reserve(into, 4096);

                into->len += fread(room, 1, 4096, file);
        }
        fclose(file);
}

static void encode(const Decoded *decoded, const BackupStatus *status, Buf *into) {
        const SourceCluster cluster = { .git_version = STR("v1.34.4"),
                                        .major = STR("1"),
                                        .minor = STR("34") };

        backup_encode(&decoded->backup, status, &cluster, into);
}

/* Without what differs from run to run, or what only an API server adds. */
static JsonDoc *comparable(JsonVal *object) {
        static const char *const dropped[] = { "uid", "resourceVersion", "generation", "managedFields",
                                               "creationTimestamp" };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *copy = yyjson_val_mut_copy(doc, object);

        for (size_t i = 0; i < sizeof(dropped) / sizeof(*dropped); i++)
                json_mut_remove(json_mut_at(copy, "metadata"), dropped[i]);
        return yyjson_mut_val_imut_copy(copy, NULL);
}

static int64_t time_of(JsonVal *status, const char *key) {
        AUTO(error_clear) Error err = { 0 };
        int64_t wall_ms = 0;

        CHECK(clock_parse_rfc3339(json_get_str(status, key), &wall_ms, &err));
        return wall_ms;
}

static void check_same_keys_in_order(JsonVal *expected, JsonVal *actual) {
        yyjson_obj_iter left = yyjson_obj_iter_with(expected), right = yyjson_obj_iter_with(actual);
        JsonVal *key;

        while ((key = yyjson_obj_iter_next(&left)))
                CHECK_STR(yyjson_get_str(yyjson_obj_iter_next(&right)), yyjson_get_str(key));
}

static void decoding_and_encoding_gives_what_velero_stored(void **state) {
        static const char *const names[] = { "plain", "labelled", "hooked", "hook-fails", "nothing" };

        (void) state;
        FOR_EACH_CASE(names, name) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(decoded_clear) Decoded decoded;
                AUTO(buf_clear) Buf golden = { 0 }, ours = { 0 };
                AUTO(error_clear) Error err = { 0 };
                AUTO_JSON *encoded = NULL;
                BackupStatus status = { 0 };
                JsonVal *object, *given;

                read_golden(arena_printf(&arena, "bucket/backups/%s/velero-backup.json", *name), &golden);
                buf_add_char(&golden, '\0');
                decode_object(golden.ptr, &decoded);
                CHECK_STR(faults_as_text(&decoded, FAULT_ERROR), "");
                object = yyjson_doc_get_root(decoded.doc);
                given = json_get(object, "status");
                status.phase = json_get_str(given, "phase").ptr;
                status.start_ms = time_of(given, "startTimestamp");
                status.completion_ms = time_of(given, "completionTimestamp");
                status.expiration_ms = time_of(given, "expiration");
                status.errors = (uint64_t) json_get_int(given, "errors", 0);
                status.total_items = status.items_backed_up =
                        (uint64_t) json_get_int(json_get(given, "progress"), "totalItems", 0);
                status.hooks_attempted =
                        (uint64_t) json_get_int(json_get(given, "hookStatus"), "hooksAttempted", 0);
                status.hooks_failed =
                        (uint64_t) json_get_int(json_get(given, "hookStatus"), "hooksFailed", 0);
                encode(&decoded, &status, &ours);
                CHECK(json_parse(buf_str(&ours), "ours", &encoded, &err));

                AUTO_JSON *left = comparable(object), *right = comparable(yyjson_doc_get_root(encoded));
                CHECK(json_equal(yyjson_doc_get_root(left), yyjson_doc_get_root(right)));
                check_same_keys_in_order(json_get(object, "spec"),
                                         json_get(yyjson_doc_get_root(encoded), "spec"));
                check_same_keys_in_order(given, json_get(yyjson_doc_get_root(encoded), "status"));
                check_same_keys_in_order(object, yyjson_doc_get_root(encoded));
        }
}

static void encoding_writes_text_as_go_does(void **state) {
        AUTO(decoded_clear) Decoded decoded;
        AUTO(buf_clear) Buf ours = { 0 };
        const BackupStatus status = { .phase = "Failed",
                                      .failure_reason = STR("a < b & \"c\""),
                                      .warnings = 2 };

        (void) state;
        decode_spec(
                "{\"ttl\":\"90m\",\"includeClusterResources\":false,"
                "\"resourcePolicy\":{\"kind\":\"configmap\",\"name\":\"p\"},"
                "\"orderedResources\":{\"pods\":\"a/b\"},"
                "\"orLabelSelectors\":[{\"matchExpressions\":[{\"operator\":\"Exists\",\"key\":\"k\"}]}]}",
                &decoded);
        encode(&decoded, &status, &ours);
        buf_add_char(&ours, '\0');
        CHECK(strstr(ours.ptr, "\"failureReason\": \"a \\u003c b \\u0026 \\\"c\\\"\""));
        CHECK(strstr(ours.ptr, "\"ttl\": \"1h30m0s\""));
        CHECK(strstr(ours.ptr, "\"includeClusterResources\": false"));
        CHECK(strstr(ours.ptr, "\"apiGroup\": null,\n      \"kind\": \"configmap\",\n      \"name\": \"p\""));
        CHECK(strstr(ours.ptr, "\"orderedResources\": {\n      \"pods\": \"a/b\"\n    }"));
        CHECK(strstr(ours.ptr, "\"key\": \"k\",\n            \"operator\": \"Exists\""));
        CHECK(strstr(ours.ptr, "\"warnings\": 2"));
        CHECK(strstr(ours.ptr, "\"hookStatus\": {}"));
        CHECK(strncmp(ours.ptr, "{\n  \"kind\": \"Backup\",\n  \"apiVersion\": \"velero.io/v1\",\n", 30) ==
              0);
}

static void a_long_label_value_is_shortened_as_velero_does(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str fits = STR("123456789012345678901234567890123456789012345678901234567890123");
        Str long_one = STR("1234567890123456789012345678901234567890123456789012345678901234");
        Str shortened = label_value(long_one, &arena);

        (void) state;
        CHECK(str_equal(label_value(fits, &arena), fits));
        CHECK_INT(shortened.len, 63);
        CHECK(str_starts_with(shortened, STR("123456789012345678901234567890123456789012345678901234567")));
        /* printf %s 1234…1234 | sha256sum | head -c 6 */
        CHECK_STR(shortened.ptr + 57, "676491");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_empty_spec_gets_the_defaults),
                cmocka_unit_test(old_filters_exclude_both_snapshot_kinds_in_one_list),
                cmocka_unit_test(every_mistake_is_told_with_its_place),
                cmocka_unit_test(all_mistakes_are_told_at_once),
                cmocka_unit_test(an_object_that_is_no_backup_is_refused),
                cmocka_unit_test(asking_for_volume_data_is_a_warning),
                cmocka_unit_test(what_matters_for_volume_data_only_is_accepted),
                cmocka_unit_test(namespace_patterns_are_accepted),
                cmocka_unit_test(decoding_and_encoding_gives_what_velero_stored),
                cmocka_unit_test(encoding_writes_text_as_go_does),
                cmocka_unit_test(a_long_label_value_is_shortened_as_velero_does),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
