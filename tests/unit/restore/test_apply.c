#include "scene.h"

static void what_exists_is_left_alone_or_updated(void **state) {
        AUTO_JSON *change = quoted_json("{'data':{'plain':'changed'}}");
        Buf ignored = { 0 };
        Scene scene;
        char settings[] = "/api/v1/namespaces/marina/configmaps/settings";

        (void) state;
        scene_open(&scene);
        must_run(&scene, "r1", MAPPED);
        CHECK_INT(storing_change(&scene.cluster, "PATCH", settings, change, &ignored), 200);
        buf_clear(&ignored);
        /* labels of another restore are no difference */
        must_run(&scene, "r2", MAPPED);
        CHECK_STR(scene.outcome.status.phase, "Completed");
        CHECK_INT(scene.outcome.status.warnings, 1);
        CHECK_STR(file(&scene, "r2", RESTORE_RESULTS), "{\"errors\":{},\"warnings\":{\"namespaces\":{"
                                                       "\"marina\":[\"could not restore, ConfigMap:settings "
                                                       "already exists. Warning: the in-cluster version is "
                                                       "different than the backed-up version\"]}}}\n");
        CHECK(strstr(file(&scene, "r2", RESTORE_RESOURCE_LIST), "marina/settings(failed)") != NULL);
        CHECK(str_equal(json_str(json_at(object(&scene, settings), "data", "plain")), STR("changed")));

        must_run(&scene, "r3", MAPPED ",'existingResourcePolicy':'update'");
        CHECK_INT(scene.outcome.status.warnings, 0);
        CHECK(strstr(file(&scene, "r3", RESTORE_RESOURCE_LIST), "marina/settings(updated)") != NULL);
        CHECK(str_equal(json_str(json_at(object(&scene, settings), "data", "plain")),
                        STR("line one\nline two\n")));
        CHECK(str_equal(
                json_str(json_at(object(&scene, settings), "metadata", "labels", "velero.io/restore-name")),
                STR("r3")));
        scene_close(&scene);
}

static void the_status_is_written_by_a_second_request(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        must_run(&scene, "r",
                 MAPPED ",'includedResources':['boats'],'restoreStatus':{'includedResources':['boats']}");
        CHECK_INT(scene.outcome.status.items_restored, 2); /* and the namespace */
        CHECK_INT(scene.cluster.puts, 1);
        JsonVal *boat = object(&scene, "/apis/harbour.example/v1/namespaces/marina/boats/dinghy");
        CHECK(str_equal(json_str(json_at(boat, "status", "phase")), STR("moored")));
        scene_close(&scene);
}

static void the_status_of_a_pod_with_hooks_is_left_to_the_kubelet(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        must_run(&scene, "r",
                 "'backupName':'plain','namespaceMapping':{'harbour':'marina'},'includedResources':['pods'],"
                 "'labelSelector':{'matchLabels':{'app':'quay'}},'restoreStatus':{'includedResources':['*']},"
                 "'hooks':{'resources':[{'name':'h','postHooks':[{'exec':{'command':['x'],'waitTimeout':'"
                 "400ms'}"
                 "}]}]}");
        CHECK_INT(scene.cluster.puts, 0);
        CHECK(strstr(file(&scene, "r", RESTORE_RESULTS), "the container was not running within 400ms: ") !=
              NULL);
        scene_close(&scene);
}

static void delete_slowly(Scene *scene, const char *path) {
        AUTO_JSON *change = quoted_json("{'metadata':{'deletionTimestamp':'2026-01-01T00:00:00Z'}}");
        AUTO_FREE char *copy = xasprintf("%s", path);
        Buf ignored = { 0 };

        CHECK_INT(storing_change(&scene->cluster, "PATCH", copy, change, &ignored), 200);
        buf_clear(&ignored);
}

/* It is the same still, and will not be there in a moment. */
static void what_is_being_deleted_is_not_taken_for_there(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        must_run(&scene, "r1", MAPPED);
        delete_slowly(&scene, "/api/v1/namespaces/marina/configmaps/settings");
        delete_slowly(&scene, "/apis/apps/v1/namespaces/marina/replicasets/quay-577fcb757f");
        must_run(&scene, "r2", MAPPED ",'existingResourcePolicy':'update'");
        CHECK_STR(file(&scene, "r2", RESTORE_RESULTS),
                  "{\"errors\":{\"namespaces\":{\"marina\":[\"could not restore, ConfigMap:settings is being "
                  "deleted: restore it once more when it is "
                  "gone\"]}},\"warnings\":{\"namespaces\":{\"marina\":["
                  "\"could not restore, ReplicaSet:quay-577fcb757f is being deleted: restore it once more "
                  "when it "
                  "is gone\"]}}}\n");
        CHECK(strstr(file(&scene, "r2", RESTORE_RESOURCE_LIST), "marina/settings(failed)") != NULL);
        scene_close(&scene);
}

static void applied_fields_keep_their_managers(void **state) {
        static const char *const files[] = {
                "resources/configmaps/namespaces/shop/a.json",
                CONFIG_MAP("a",
                           ",'namespace':'shop','managedFields':[{'manager':'flux','operation':'Apply'}]}"),
                NULL,
        };
        Scene scene;

        (void) state;
        scene_open(&scene);
        pack(&scene, files);
        must_run(&scene, "r", "'backupName':'plain'");
        CHECK_INT(scene.cluster.patches, 1);
        JsonVal *fields =
                json_at(object(&scene, "/api/v1/namespaces/shop/configmaps/a"), "metadata", "managedFields");
        CHECK(str_equal(json_get_str(yyjson_arr_get_first(fields), "manager"), STR("flux")));
        scene_close(&scene);
}

static void a_change_that_is_refused_is_a_warning_and_then_an_error(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        put(&scene, "/api/v1/namespaces/marina/configmaps/settings", CONFIG_MAP("settings", "}"));
        put(&scene, "/api/v1/namespaces/marina/serviceaccounts/pilot",
            "{'apiVersion':'v1','kind':'ServiceAccount','metadata':{'name':'pilot'}}");
        scene.cluster.refuses_change = "/api/v1/namespaces/marina/";
        must_run(&scene, "r", MAPPED ",'existingResourcePolicy':'update'");
        CHECK_STR(scene.outcome.status.phase, "PartiallyFailed");
        const char *results = file(&scene, "r", RESTORE_RESULTS);
        CHECK(strstr(results, "\"warnings\":{\"namespaces\":{\"marina\":[") != NULL);
        CHECK(strstr(results, "update configmaps/marina/settings: field is immutable") != NULL);
        CHECK(strstr(results, "update serviceaccounts/marina/pilot: field is immutable") != NULL);
        scene_close(&scene);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_exists_is_left_alone_or_updated),
                cmocka_unit_test(the_status_is_written_by_a_second_request),
                cmocka_unit_test(the_status_of_a_pod_with_hooks_is_left_to_the_kubelet),
                cmocka_unit_test(what_is_being_deleted_is_not_taken_for_there),
                cmocka_unit_test(applied_fields_keep_their_managers),
                cmocka_unit_test(a_change_that_is_refused_is_a_warning_and_then_an_error),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
