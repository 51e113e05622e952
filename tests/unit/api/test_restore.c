#include "api/restore.h"

#include "check.h"
#include "quoted_json.h"

typedef struct Decoded {
        Arena arena;
        Faults faults;
        JsonDoc *doc;
        Restore restore;
} Decoded;

static void decoded_clear(Decoded *decoded) {
        yyjson_doc_free(decoded->doc);
        arena_clear(&decoded->arena);
}

static void decode(Decoded *decoded, const char *json) {
        decoded->doc = quoted_json(json);
        decoded->faults.arena = &decoded->arena;
        decoded->restore =
                restore_decode(yyjson_doc_get_root(decoded->doc), &decoded->arena, &decoded->faults);
}

static void decode_spec(Decoded *decoded, const char *spec) {
        AUTO(buf_clear) Buf json = { 0 };

        buf_printf(&json,
                   "{'apiVersion':'velero.io/v1','kind':'Restore','metadata':{'name':'r'},'spec':{%s}}%c",
                   spec, '\0');
        decode(decoded, json.ptr);
}

static const char *text_of(Decoded *decoded, FaultLevel level) {
        return faults_text(&decoded->faults, level, &decoded->arena).ptr;
}

static void what_is_not_given_has_a_default(void **state) {
        AUTO(decoded_clear) Decoded d = { 0 };
        const RestoreSpec *spec = &d.restore.spec;

        (void) state;
        decode_spec(&d, "'backupName':'b'");
        CHECK_STR(text_of(&d, FAULT_ERROR), "");
        CHECK_STR(text_of(&d, FAULT_WARNING), "");
        CHECK(str_equal(d.restore.namespace, STR("velero")));
        CHECK_INT(spec->restore_pvs, -1);
        CHECK_INT(spec->include_cluster_resources, -1);
        CHECK(!spec->preserve_node_ports && !spec->update_existing && !spec->has_restore_status);
        CHECK_INT(spec->excluded_resources.len, 9);
        CHECK(strs_has(&spec->excluded_resources, STR("volumeattachments.storage.k8s.io")));
}

static void every_field_is_read(void **state) {
        AUTO(decoded_clear) Decoded d = { 0 };
        const RestoreSpec *spec = &d.restore.spec;

        (void) state;
        decode_spec(&d, "'scheduleName':'s','includedNamespaces':['a','b*'],'excludedNamespaces':['c'],"
                        "'includedResources':['pods'],'excludedResources':['nodes','secrets'],"
                        "'namespaceMapping':{'a':'a2'},'orLabelSelectors':[{'matchLabels':{'x':'y'}},"
                        "{'matchLabels':{'z':'y'}}],'restorePVs':false,'includeClusterResources':true,"
                        "'preserveNodePorts':true,'existingResourcePolicy':'update','restoreStatus':"
                        "{'includedResources':['pods']},'resourceModifier':{'kind':'ConfigMap','name':'m'},"
                        "'hooks':{'resources':[{'name':'h','postHooks':[{'exec':{'command':['x']}}]}]}");
        CHECK_STR(text_of(&d, FAULT_ERROR), "");
        CHECK(str_equal(spec->schedule_name, STR("s")));
        CHECK_INT(spec->included_namespaces.len, 2);
        CHECK_INT(spec->excluded_resources.len, 10);
        CHECK_INT(spec->or_selectors_len, 2);
        CHECK_INT(spec->restore_pvs, 0);
        CHECK_INT(spec->include_cluster_resources, 1);
        CHECK(spec->preserve_node_ports && spec->update_existing && spec->has_restore_status);
        CHECK(str_equal(spec->resource_modifier, STR("m")));
        CHECK_INT(spec->hooks.len, 1);
        CHECK(str_equal(restore_target_namespace(spec, STR("a")), STR("a2")));
        CHECK(str_equal(restore_target_namespace(spec, STR("b")), STR("b")));
}

static void a_mistake_names_its_place(void **state) {
        static const struct {
                const char *spec, *errors;
        } cases[] = {
                { "", "spec.backupName: is missing: name a backup here or a schedule in scheduleName" },
                { "'backupName':'b','scheduleName':'s'",
                  "spec.scheduleName: cannot be given beside backupName: choose one of the two" },
                { "'backupName':'b','includedNamespaces':['*','a']",
                  "spec.includedNamespaces: must hold either \"*\" alone or other items" },
                { "'backupName':'b','excludedResources':['*']", "spec.excludedResources: cannot hold \"*\"" },
                { "'backupName':'b','includedNamespaces':['a'],'excludedNamespaces':['a']",
                  "spec.excludedNamespaces: \"a\" is in the list of what is included too" },
                { "'backupName':'b','includedResources':['pods','node']",
                  "spec.includedResources[1]: \"node\" is never restored" },
                { "'backupName':'b','namespaceMapping':{'a':'Not_A_Name'}",
                  "spec.namespaceMapping.a: \"Not_A_Name\" cannot be the name of a namespace" },
                { "'backupName':'b','includedNamespaces':['Foo']",
                  "spec.includedNamespaces[0]: \"Foo\" can't be the name of a namespace: expected at most 63 "
                  "lower-case letters, digits and '-'" },
                { "'backupName':'b','uploaderConfig':{'parallelFilesDownload':'many'}",
                  "spec.uploaderConfig.parallelFilesDownload: must be a whole number" },
                { "'backupName':'b','namespaceMapping':['a']",
                  "spec.namespaceMapping: must be an object: each namespace with its new name" },
                { "'backupName':'b','labelSelector':{},'orLabelSelectors':[{}]",
                  "spec.orLabelSelectors: can't be used together with spec.labelSelector" },
                { "'backupName':'b','existingResourcePolicy':'recreate'",
                  "spec.existingResourcePolicy: \"recreate\" is not known: write \"none\" or \"update\"" },
                { "'backupName':'b','resourceModifier':{'kind':'secret','name':'m'}",
                  "spec.resourceModifier.kind: \"secret\" is not supported: write \"configmap\"" },
                { "'backupName':'b','resourceModifier':{'kind':'configmap'}",
                  "spec.resourceModifier.name: the name of the ConfigMap is missing" },
                { "'backupName':'b','resourcePolicy':{'kind':'configmap','name':'p'}",
                  "spec.resourcePolicy: restore filter policies are not supported" },
                { "'backupName':'b','restorePVs':'no'",
                  "spec.restorePVs: must be true or false, but is text" },
                { "'backupName':'b','preserveNodePort':true",
                  "spec.preserveNodePort: unknown field \"preserveNodePort\": did you mean "
                  "\"preserveNodePorts\"?" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(decoded_clear) Decoded d = { 0 };

                decode_spec(&d, c->spec);
                CHECK_STR(text_of(&d, FAULT_ERROR), c->errors);
        }
}

static void all_mistakes_are_told_at_once(void **state) {
        AUTO(decoded_clear) Decoded d = { 0 };

        (void) state;
        decode(&d,
               "{'apiVersion':'v1','kind':'Backup','metadata':{'name':'Bad Name'},'spec':{'restorePVs':1}}");
        CHECK_INT(d.faults.errors, 5);
}

static void fields_without_effect_are_told(void **state) {
        AUTO(decoded_clear) Decoded d = { 0 };

        (void) state;
        decode_spec(&d,
                    "'backupName':'b','itemOperationTimeout':'4h','uploaderConfig':{'writeSparseFiles':true},"
                    "'skipDefaultResourceModifier':true");
        CHECK_STR(text_of(&d, FAULT_ERROR), "");
        CHECK_STR(text_of(&d, FAULT_WARNING),
                  "spec.uploaderConfig: has no effect: the files of volumes are not restored\n"
                  "spec.skipDefaultResourceModifier: has no effect: there is no default resource modifier");
}

/* As `velero restore create` writes it. */
static void an_empty_uploader_config_asks_for_nothing(void **state) {
        AUTO(decoded_clear) Decoded d = { 0 };

        (void) state;
        decode_spec(&d, "'backupName':'b','itemOperationTimeout':'0s','hooks':{},'uploaderConfig':{}");
        CHECK_STR(text_of(&d, FAULT_ERROR), "");
        CHECK_STR(text_of(&d, FAULT_WARNING), "");
}

/* Field by field what Velero kept of the same restore (tests/golden/velero-1.18.0/cluster/restores.yaml). */
static void a_restore_is_written_as_velero_writes_it(void **state) {
        AUTO(decoded_clear) Decoded d = { 0 };
        AUTO(buf_clear) Buf json = { 0 };
        RestoreStatus status = {
                .phase = "PartiallyFailed",
                .start_ms = 1795367849000,
                .completion_ms = 1795367972000,
                .total_items = 26,
                .items_restored = 26,
                .errors = 2,
                .warnings = 2,
                .hooks_attempted = 1,
                .hooks_failed = 1,
        };

        (void) state;
        decode_spec(&d, "'backupName':'plain','namespaceMapping':{'harbour':'marina'},'includedNamespaces':"
                        "['harbour'],'restorePVs':false");
        restore_encode(&d.restore, &status, &json);
        buf_add_char(&json, '\0');
        CHECK_STR(json.ptr, "{\n"
                            "  \"kind\": \"Restore\",\n"
                            "  \"apiVersion\": \"velero.io/v1\",\n"
                            "  \"metadata\": {\n"
                            "    \"name\": \"r\",\n"
                            "    \"namespace\": \"velero\",\n"
                            "    \"creationTimestamp\": \"2026-11-22T17:17:29Z\"\n"
                            "  },\n"
                            "  \"spec\": {\n"
                            "    \"backupName\": \"plain\",\n"
                            "    \"includedNamespaces\": [\n"
                            "      \"harbour\"\n"
                            "    ],\n"
                            "    \"excludedResources\": [\n"
                            "      \"nodes\",\n"
                            "      \"events\",\n"
                            "      \"events.events.k8s.io\",\n"
                            "      \"backups.velero.io\",\n"
                            "      \"restores.velero.io\",\n"
                            "      \"resticrepositories.velero.io\",\n"
                            "      \"csinodes.storage.k8s.io\",\n"
                            "      \"volumeattachments.storage.k8s.io\",\n"
                            "      \"backuprepositories.velero.io\"\n"
                            "    ],\n"
                            "    \"namespaceMapping\": {\n"
                            "      \"harbour\": \"marina\"\n"
                            "    },\n"
                            "    \"restorePVs\": false,\n"
                            "    \"itemOperationTimeout\": \"4h0m0s\"\n"
                            "  },\n"
                            "  \"status\": {\n"
                            "    \"phase\": \"PartiallyFailed\",\n"
                            "    \"warnings\": 2,\n"
                            "    \"errors\": 2,\n"
                            "    \"startTimestamp\": \"2026-11-22T17:17:29Z\",\n"
                            "    \"completionTimestamp\": \"2026-11-22T17:19:32Z\",\n"
                            "    \"progress\": {\n"
                            "      \"totalItems\": 26,\n"
                            "      \"itemsRestored\": 26\n"
                            "    },\n"
                            "    \"hookStatus\": {\n"
                            "      \"hooksAttempted\": 1,\n"
                            "      \"hooksFailed\": 1\n"
                            "    }\n"
                            "  }\n"
                            "}");
}

static void what_was_encoded_decodes_again(void **state) {
        AUTO(decoded_clear) Decoded d = { 0 }, again = { 0 };
        AUTO(buf_clear) Buf json = { 0 };
        AUTO(error_clear) Error err = { 0 };
        RestoreStatus status = { .phase = "Failed", .failure_reason = STR("no reason") };

        (void) state;
        decode_spec(&d, "'backupName':'b','itemOperationTimeout':'90m','hooks':{'resources':[{'name':'h',"
                        "'postHooks':[{'exec':{'command':['x']}}]}]}");
        strs_add(&status.validation_errors, &d.arena, STR("wrong"));
        restore_encode(&d.restore, &status, &json);
        CHECK(json_parse(buf_str(&json), "the restore", &again.doc, &err));
        again.faults.arena = &again.arena;
        again.restore = restore_decode(yyjson_doc_get_root(again.doc), &again.arena, &again.faults);
        CHECK_STR(text_of(&again, FAULT_ERROR), "");
        CHECK_INT(again.restore.spec.excluded_resources.len, 9);
        CHECK_INT(again.restore.spec.hooks.len, 1);
        CHECK(memmem(json.ptr, json.len, "1h30m0s", 7) != NULL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_not_given_has_a_default),
                cmocka_unit_test(every_field_is_read),
                cmocka_unit_test(a_mistake_names_its_place),
                cmocka_unit_test(all_mistakes_are_told_at_once),
                cmocka_unit_test(fields_without_effect_are_told),
                cmocka_unit_test(an_empty_uploader_config_asks_for_nothing),
                cmocka_unit_test(a_restore_is_written_as_velero_writes_it),
                cmocka_unit_test(what_was_encoded_decodes_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
