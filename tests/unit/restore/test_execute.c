#include "restore/restore_execute.h"

#include "restore/namespaces.h"
#include "scene.h"

static void every_object_of_a_real_backup_is_created_once(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        must_run(&scene, "r", MAPPED);
        CHECK_STR(scene.outcome.status.phase, "Completed");
        CHECK_INT(scene.outcome.status.errors, 0);
        CHECK_INT(scene.outcome.status.items_restored, 25);
        CHECK_INT(scene.cluster.posts, 25);
        CHECK_INT(scene.cluster.len, 25);
        CHECK_INT(scene.cluster.patches + scene.cluster.puts, 0);
        CHECK_INT(scene.progress.items_done, scene.progress.items_total);

        JsonVal *boat = object(&scene, "/apis/harbour.example/v1/namespaces/marina/boats/dinghy");
        AUTO(buf_clear) Buf spec = { 0 };
        json_write(json_get(boat, "spec"), &spec);
        CHECK(str_equal(buf_str(&spec),
                        STR("{\"big\":9007199254740993,\"list\":[1,\"two\",null,{\"three\":3}],"
                            "\"ratio\":1,\"tiny\":1e-7,\"weird key/✓\":true}")));
        JsonVal *labels = json_at(boat, "metadata", "labels");
        CHECK(str_equal(json_get_str(labels, "velero.io/restore-name"), STR("r")));
        CHECK(str_equal(json_get_str(labels, "velero.io/backup-name"), STR("plain")));
        JsonVal *binding =
                object(&scene, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/harbour-pilot");
        CHECK(str_equal(json_get_str(yyjson_arr_get_first(json_get(binding, "subjects")), "namespace"),
                        STR("marina")));
        JsonVal *namespace = object(&scene, "/api/v1/namespaces/marina");
        CHECK(str_equal(json_str(json_at(namespace, "metadata", "labels", "team")), STR("ops")));
        scene_close(&scene);
}

static void the_files_of_a_restore_are_those_of_velero(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        must_run(&scene, "r", MAPPED ",'includedNamespaces':['harbour']");
        CHECK_STR(file(&scene, "r", RESTORE_RESULTS), "{\"errors\":{},\"warnings\":{}}\n");
        CHECK_STR(file(&scene, "r", RESTORE_ITEM_OPERATIONS), "[]\n");
        CHECK_STR(file(&scene, "r", RESTORE_VOLUME_INFO), "[]\n");
        CHECK(strstr(file(&scene, "r", RESTORE_HOOKS), "\"hooks\"") != NULL);
        CHECK(strstr(file(&scene, "r", RESTORE_METADATA), "\"phase\": \"Completed\"") != NULL);
        CHECK(strstr(file(&scene, "r", RESTORE_LOG), "msg=\"restore completed\"") != NULL);
        CHECK_STR(
                file(&scene, "r", RESTORE_RESOURCE_LIST),
                "{\"apps/v1/ControllerRevision\":[\"marina/ledger-6d86db4db7(created)\"],\"apps/v1/"
                "Deployment\":["
                "\"marina/quay(created)\"],\"apps/v1/ReplicaSet\":[\"marina/quay-577fcb757f(created)\"],"
                "\"autoscaling/v2/"
                "HorizontalPodAutoscaler\":["
                "\"marina/quay(created)\"],\"batch/v1/CronJob\":[\"marina/nightly(created)\"],"
                "\"discovery.k8s.io/v1/EndpointSlice\":[\"marina/quay-c6thx(created)\"],\"harbour.example/v1/"
                "Boat\":["
                "\"marina/dinghy(created)\"],\"networking.k8s.io/v1/Ingress\":[\"marina/quay(created)\"],"
                "\"networking.k8s.io/v1/NetworkPolicy\":[\"marina/closed(created)\"],"
                "\"policy/v1/PodDisruptionBudget\":[\"marina/quay(created)\"],"
                "\"rbac.authorization.k8s.io/v1/Role\":[\"marina/pilot(created)\"],"
                "\"rbac.authorization.k8s.io/v1/RoleBinding\":[\"marina/pilot(created)\"],\"v1/ConfigMap\":["
                "\"marina/kube-root-ca.crt(created)\",\"marina/settings(created)\"],\"v1/Endpoints\":["
                "\"marina/quay(created)\"],\"v1/Namespace\":[\"marina(created)\"],\"v1/PersistentVolume\":["
                "\"harbour-pv-0(created)\"],\"v1/PersistentVolumeClaim\":[\"marina/data(created)\"],\"v1/"
                "Secret\":["
                "\"marina/harbour-key(created)\"],\"v1/Service\":[\"marina/quay(created)\"],\"v1/"
                "ServiceAccount\":["
                "\"marina/default(created)\",\"marina/pilot(created)\"]}\n");
        scene_close(&scene);
}

static void a_dry_run_counts_and_writes_nothing(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        scene.dry_run = true;
        must_run(&scene, "r", MAPPED);
        CHECK_INT(scene.cluster.posts, 0);
        CHECK_INT(scene.outcome.status.items_restored, 25);
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Strs keys = { 0 };
        CHECK(store_list(scene.store, STR("restores/"), &arena, &keys, &err));
        CHECK_INT(keys.len, 0);
        scene_close(&scene);
}

static void an_item_that_is_refused_is_an_error_and_the_rest_goes_on(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        scene.cluster.denied = "/secrets/";
        must_run(&scene, "r", MAPPED);
        CHECK_STR(scene.outcome.status.phase, "PartiallyFailed");
        CHECK_INT(scene.outcome.status.errors, 1);
        CHECK_INT(scene.cluster.len, 24);
        CHECK_STR(file(&scene, "r", RESTORE_RESULTS), "{\"errors\":{\"namespaces\":{\"marina\":[\"error "
                                                      "restoring secrets/marina/harbour-key: exceeded "
                                                      "quota\"]}},\"warnings\":{}}\n");
        scene_close(&scene);
}

static void a_name_that_is_taken_is_refused(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        must_run(&scene, "r", MAPPED);
        CHECK(!run(&scene, "r", MAPPED));
        CHECK_INT(scene.err.code, ERROR_EXISTS);
        CHECK(strstr(scene.err.message, "restore \"r\" is already in \"") != NULL);
        scene_close(&scene);
}

/* The lock's name is that which a deletion takes. */
static void a_name_that_is_in_use_is_refused(void **state) {
        AUTO(store_unlockp) StoreLock *lock = NULL;
        Scene scene;

        (void) state;
        scene_open(&scene);
        CHECK(store_lock(scene.store, STR("restores/r"), &lock, &scene.err));
        CHECK(!run(&scene, "r", MAPPED));
        CHECK_INT(scene.err.code, ERROR_EXISTS);
        CHECK(strstr(scene.err.message, "\"restores/r\" in \"") != NULL);
        CHECK_INT(scene.cluster.posts, 0);
        store_unlock(TAKE(lock));
        scene_close(&scene);
}

static void a_missing_modifier_fails_validation(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        must_run(&scene, "r", MAPPED ",'resourceModifier':{'kind':'configmap','name':'rules'}");
        CHECK_STR(scene.outcome.status.phase, "FailedValidation");
        CHECK_INT(scene.outcome.status.validation_errors.len, 1);
        CHECK(strstr(scene.outcome.status.validation_errors.items[0].ptr,
                     "resource modifier \"rules\" in namespace \"velero\"") != NULL);
        CHECK_INT(scene.cluster.posts, 0);
        scene_close(&scene);
}

static void a_broken_archive_fails_before_anything_is_created(void **state) {
        AUTO(error_clear) Error err = { 0 };
        Scene scene;

        (void) state;
        scene_open(&scene);
        CHECK(store_put(scene.store, STR("backups/plain/plain.tar.gz"), STR("no gzip"), &err));
        must_run(&scene, "r", MAPPED);
        CHECK_STR(scene.outcome.status.phase, "Failed");
        CHECK(strstr(scene.outcome.status.failure_reason.ptr, "read the backup's archive") != NULL);
        CHECK_INT(scene.cluster.posts, 0);
        CHECK(strstr(file(&scene, "r", RESTORE_METADATA), "\"phase\": \"Failed\"") != NULL);
        scene_close(&scene);
}

/* A connection that breaks at any request costs a retry, never an object; an answer that got lost does not make an
 * object of ours look like somebody else's. */
static void no_broken_connection_loses_an_object(void **state) {
        (void) state;
        for (int loses = 0; loses < 2; loses++)
                for (unsigned n = 1; n <= 40; n += 3) {
                        Scene scene;

                        scene_open(&scene);
                        scene.workers = 1;
                        scene.cluster.fault_at = n;
                        scene.cluster.loses_answers = loses;
                        must_run(&scene, "r", MAPPED);
                        if (scene.outcome.status.errors + scene.outcome.status.warnings > 0)
                                fail_msg("request %u: %s", n, file(&scene, "r", RESTORE_RESULTS));
                        CHECK_INT(scene.cluster.len, 25);
                        CHECK(strstr(file(&scene, "r", RESTORE_RESOURCE_LIST), "(skipped)") == NULL);
                        scene_close(&scene);
                }
}

static void an_interrupted_restore_ends_and_says_so(void **state) {
        (void) state;
        for (unsigned n = 1; n < 28; n += 7) {
                Scene scene;

                scene_open(&scene);
                scene.cluster.stop_at = n;
                CHECK(!run(&scene, "r", MAPPED));
                CHECK_INT(scene.err.code, ERROR_CANCELED);
                CHECK(strstr(file(&scene, "r", RESTORE_METADATA), "\"phase\": \"Failed\"") != NULL);
                scene_close(&scene);
        }
}

/* Pods that never start, in a cluster without a kubelet. */
static void a_hook_whose_pod_never_starts_is_reported(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        must_run(&scene, "r",
                 "'backupName':'plain','namespaceMapping':{'harbour':'marina'},'includedResources':['pods'],"
                 "'labelSelector':{'matchLabels':{'app':'quay'}},'hooks':{'resources':[{'name':'h','"
                 "postHooks':[{'exec':{"
                 "'command':['x'],'waitTimeout':'400ms'}}]}]}");
        CHECK_STR(scene.outcome.status.phase, "PartiallyFailed");
        CHECK_INT(scene.outcome.status.hooks_attempted, 2);
        CHECK_INT(scene.outcome.status.hooks_failed, 2);
        CHECK(strstr(file(&scene, "r", RESTORE_RESULTS),
                     "hook h in container main in pod marina/quay-577fcb757f-shhtw not executed: the "
                     "container was not "
                     "running within 400ms: ") != NULL);
        scene_close(&scene);
}

static void config_maps_of_the_users_change_objects(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        put(&scene, "/api/v1/namespaces/velero/configmaps/images",
            "{'metadata':{'name':'images','labels':{'velero.io/plugin-config':'','velero.io/"
            "change-image-name':"
            "'RestoreItemAction'}},'data':{'a':'busybox,toybox'}}");
        put(&scene, "/api/v1/namespaces/velero/configmaps/rules",
            "{'data':{'r':'{version: v1, resourceModifierRules: [{conditions: {groupResource: "
            "deployments.apps}, "
            "mergePatches: [{patchData: \\u0027{spec: {replicas: 7}}\\u0027}]}, {conditions: {groupResource: "
            "boats.harbour.example}, "
            "strategicPatches: [{patchData: \\u0027{a: 1}\\u0027}]}]}'}}");
        must_run(&scene, "r", MAPPED ",'resourceModifier':{'kind':'configmap','name':'rules'}");
        JsonVal *spec = json_get(object(&scene, "/apis/apps/v1/namespaces/marina/deployments/quay"), "spec");
        CHECK_INT(json_get_int(spec, "replicas", 0), 7);
        JsonVal *container = yyjson_arr_get_first(json_at(spec, "template", "spec", "containers"));
        CHECK(str_equal(json_get_str(container, "image"), STR("toybox:1")));
        CHECK_INT(scene.outcome.status.errors, 1);
        CHECK(strstr(file(&scene, "r", RESTORE_RESULTS),
                     "error modifying boats.harbour.example/harbour/dinghy: resourceModifierRules[1]: "
                     "strategicPatches "
                     "are not supported for harbour.example/v1: use mergePatches") != NULL);
        scene_close(&scene);
}

#define IN(namespace) ",'namespace':'" namespace "'"

static void of_two_objects_that_go_to_one_place_the_second_is_told(void **state) {
        const char *const files[] = { "resources/configmaps/namespaces/a/same.json",
                                      CONFIG_MAP("same", IN("a") "},'data':{'from':'a'}"),
                                      "resources/configmaps/namespaces/b/other.json",
                                      CONFIG_MAP("other", IN("b") "}"),
                                      "resources/configmaps/namespaces/b/same.json",
                                      CONFIG_MAP("same", IN("b") "},'data':{'from':'b'}"),
                                      NULL };
        Scene scene;

        (void) state;
        scene_open(&scene);
        pack(&scene, files);
        scene.workers = 1;
        must_run(&scene, "r", "'backupName':'plain','namespaceMapping':{'a':'c','b':'c'}");
        JsonVal *same = object(&scene, "/api/v1/namespaces/c/configmaps/same");
        CHECK(str_equal(json_str(json_at(same, "data", "from")), STR("a")));
        (void) object(&scene, "/api/v1/namespaces/c/configmaps/other");
        CHECK_STR(file(&scene, "r", RESTORE_RESULTS),
                  "{\"errors\":{},\"warnings\":{\"namespaces\":{\"c\":[\"configmaps/b/same is not restored: "
                  "another "
                  "namespace of the backup that goes to \\\"c\\\" has one of that name, which is\"]}}}\n");
        scene_close(&scene);
}

static void two_config_maps_for_one_thing_are_refused(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        for (int i = 0; i < 2; i++)
                put(&scene,
                    i ? "/api/v1/namespaces/velero/configmaps/a" : "/api/v1/namespaces/velero/configmaps/b",
                    "{'metadata':{'name':'x','labels':{'velero.io/"
                    "change-storage-class':'RestoreItemAction'}}}");
        must_run(&scene, "r", MAPPED);
        CHECK_STR(scene.outcome.status.phase, "FailedValidation");
        CHECK(strstr(scene.outcome.status.validation_errors.items[0].ptr,
                     "more than one ConfigMap is labelled velero.io/change-storage-class: "
                     "RestoreItemAction") != NULL);
        scene_close(&scene);
}

static void an_object_in_the_wrong_place_is_refused(void **state) {
        static const char *const files[] = {
                "resources/configmaps/namespaces/shop/a.json",
                CONFIG_MAP("b", ",'namespace':'shop'}"),
                "resources/configmaps/namespaces/shop/c.json",
                CONFIG_MAP("c", ",'namespace':'kube-system'}"),
                "resources/configmaps/namespaces/shop/d.json",
                "{'apiVersion':'v1','kind':'Secret','metadata':{'name':'d','namespace':'shop'}}",
                "resources/configmaps/namespaces/shop/e.json",
                "{'metadata':{'name':'e','namespace':'shop'}}",
                "resources/configmaps/namespaces/shop/f.json",
                CONFIG_MAP("f", ",'namespace':'shop'}"),
                "resources/unknown.example/cluster/x.json",
                "{'apiVersion':'unknown.example/v1','kind':'X','metadata':{'name':'x'}}",
                NULL,
        };
        Scene scene;

        (void) state;
        scene_open(&scene);
        pack(&scene, files);
        must_run(&scene, "r", "'backupName':'plain'");
        CHECK_INT(scene.cluster.len, 2); /* the namespace and f */
        const char *results = file(&scene, "r", RESTORE_RESULTS);
        CHECK(strstr(results,
                     "error restoring configmaps/shop/a: the object's name is \\\"b\\\", its file's is "
                     "\\\"a\\\"") != NULL);
        CHECK(strstr(results,
                     "the object's namespace is \\\"kube-system\\\", its folder's is \\\"shop\\\"") != NULL);
        CHECK(strstr(results, "the object is a v1 Secret, but lies among configmaps in the archive") != NULL);
        CHECK(strstr(results, "the object has no kind or no apiVersion") != NULL);
        CHECK(strstr(results,
                     "error restoring unknown.example/x: the cluster does not serve unknown.example/v1 X") !=
              NULL);
        scene_close(&scene);
}

static void lost_volume_data_is_an_error_and_the_claim_gets_a_new_volume(void **state) {
        static const char *const files[] = {
                "resources/persistentvolumes/cluster/v.json",
                "{'apiVersion':'v1','kind':'PersistentVolume','metadata':{'name':'v'},'spec':{'claimRef':{'"
                "name':'data',"
                "'namespace':'shop'}}}",
                "resources/persistentvolumeclaims/namespaces/shop/data.json",
                "{'apiVersion':'v1','kind':'PersistentVolumeClaim','metadata':{'name':'data','namespace':'"
                "shop'},'spec':{"
                "'volumeName':'v'},'status':{'phase':'Bound'}}",
                NULL,
        };
        AUTO(error_clear) Error err = { 0 };
        Scene scene;

        (void) state;
        scene_open(&scene);
        pack(&scene, files);
        CHECK(layout_put_gzip(scene.store, STR("backups/plain/plain-volumeinfo.json.gz"),
                              STR("[{\"pvName\":\"v\",\"backupMethod\":\"CSISnapshot\"}]"), &err));
        must_run(&scene, "r", "'backupName':'plain'");
        CHECK(strstr(file(&scene, "r", RESTORE_RESULTS), "the data of persistent volume v (claim shop/data) "
                                                         "is in a CSI snapshot, which is not restored: the "
                                                         "claim gets a new, empty volume") != NULL);
        CHECK(strstr(file(&scene, "r", RESTORE_RESOURCE_LIST), "v(skipped)") != NULL);
        JsonVal *claim = object(&scene, "/api/v1/namespaces/shop/persistentvolumeclaims/data");
        CHECK(!json_at(claim, "spec", "volumeName"));
        scene_close(&scene);
}

static void what_an_object_needs_comes_with_it_or_is_told(void **state) {
        static const char *const files[] = {
                "resources/persistentvolumes/cluster/v.json",
                "{'apiVersion':'v1','kind':'PersistentVolume','metadata':{'name':'v'}}",
                "resources/persistentvolumeclaims/namespaces/shop/data.json",
                "{'apiVersion':'v1','kind':'PersistentVolumeClaim','metadata':{'name':'data','namespace':'"
                "shop'},'spec':{"
                "'volumeName':'v'},'status':{'phase':'Bound'}}",
                "resources/pods/namespaces/shop/p.json",
                "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'p','namespace':'shop'},'spec':{'volumes'"
                ":[{"
                "'persistentVolumeClaim':{'claimName':'data'}},{'persistentVolumeClaim':{'claimName':'gone'}}"
                "]}}",
                "resources/pods/namespaces/shop/mirror.json",
                "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'mirror','namespace':'shop','annotations'"
                ":{"
                "'kubernetes.io/config.mirror':'x'}}}",
                NULL,
        };
        Scene scene;

        (void) state;
        scene_open(&scene);
        pack(&scene, files);
        must_run(&scene, "r",
                 "'backupName':'plain','includedNamespaces':['shop'],'labelSelector':{'matchExpressions':[{"
                 "'key':'a','operator':'DoesNotExist'}]}");
        CHECK(storing_find(&scene.cluster, "/api/v1/persistentvolumes/v") != NULL);
        CHECK(strstr(file(&scene, "r", RESTORE_RESULTS),
                     "unable to restore additional item persistentvolumeclaims/shop/gone of pods/shop/p: it "
                     "is not in the "
                     "backup") != NULL);
        CHECK(strstr(file(&scene, "r", RESTORE_RESOURCE_LIST), "shop/mirror(skipped)") != NULL);
        must_run(&scene, "r2", "'backupName':'plain','includedResources':['pods']");
        scene_close(&scene);
}

static void a_crd_is_waited_for_until_it_is_served(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        scene.cluster.is_slow_to_serve = true;
        must_run(&scene, "r", MAPPED);
        CHECK_INT(scene.outcome.status.errors, 0);
        CHECK(!scene.cluster.is_slow_to_serve);
        scene_close(&scene);
}

static void a_kind_that_the_discovery_does_not_show_yet_is_waited_for(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        scene.cluster.hidden_reads = 2;
        must_run(&scene, "r", MAPPED);
        CHECK_INT(scene.outcome.status.errors, 0);
        CHECK_INT(scene.cluster.hidden_reads, 0);
        scene_close(&scene);
}

static void a_namespace_that_is_being_deleted_is_not_restored_into(void **state) {
        AUTO(error_clear) Error err = { 0 };
        NamespaceWish wish = { .name = STR("marina") };
        bool created = true;
        Scene scene;

        (void) state;
        scene_open(&scene);
        put(&scene, "/api/v1/namespaces/marina",
            "{'metadata':{'name':'marina'},'status':{'phase':'Terminating'}}");
        CHECK(!namespace_ensure(scene.cluster.client, &wish, scene.cluster.stop, &created, &err));
        CHECK_STR(err.message, "namespace \"marina\" is being deleted, and still was after 0s");
        error_clear(&err);
        wish.is_dry = true;
        CHECK(namespace_ensure(scene.cluster.client, &wish, scene.cluster.stop, &created, &err));
        CHECK(!created);
        wish.is_dry = false;
        wish.wait_ms = 60 * 1000;
        stop_set(scene.cluster.stop);
        CHECK(!namespace_ensure(scene.cluster.client, &wish, scene.cluster.stop, &created, &err));
        CHECK_INT(err.code, ERROR_CANCELED);
        scene_close(&scene);
}

static void a_namespace_that_cannot_be_made_is_one_error(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        scene.cluster.denied = "/namespaces/marina";
        must_run(&scene, "r", MAPPED ",'includedNamespaces':['harbour']");
        CHECK_INT(scene.outcome.status.errors, 1);
        CHECK(strstr(file(&scene, "r", RESTORE_RESULTS), "{\"errors\":{\"velero\":[\"namespace marina: ") !=
              NULL);
        CHECK(strstr(file(&scene, "r", RESTORE_RESULTS), "exceeded quota; nothing is restored into it") !=
              NULL);
        scene_close(&scene);
}

static void objects_come_back_where_hooks_cannot_be_watched(void **state) {
        Scene scene;

        (void) state;
        scene_open(&scene);
        scene.cluster.refuses_watch = "/pods";
        must_run(
                &scene, "r",
                "'backupName':'plain','namespaceMapping':{'harbour':'marina'},'hooks':{'resources':[{'name':'"
                "h',"
                "'labelSelector':{'matchLabels':{'app':'quay'}},'postHooks':[{'exec':{'command':['x']}}]}]}");
        CHECK(storing_find(&scene.cluster, "/api/v1/namespaces/marina/pods/ledger-0") != NULL);
        CHECK(storing_find(&scene.cluster, "/apis/apps/v1/namespaces/marina/statefulsets/ledger") != NULL);
        CHECK_INT(scene.outcome.status.hooks_failed, 3);
        CHECK(strstr(file(&scene, "r", RESTORE_RESULTS),
                     "watch the pods of namespace \\\"marina\\\" for hooks: ") != NULL);
        scene_close(&scene);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_object_of_a_real_backup_is_created_once),
                cmocka_unit_test(the_files_of_a_restore_are_those_of_velero),
                cmocka_unit_test(a_dry_run_counts_and_writes_nothing),
                cmocka_unit_test(an_item_that_is_refused_is_an_error_and_the_rest_goes_on),
                cmocka_unit_test(a_name_that_is_taken_is_refused),
                cmocka_unit_test(a_name_that_is_in_use_is_refused),
                cmocka_unit_test(a_missing_modifier_fails_validation),
                cmocka_unit_test(a_broken_archive_fails_before_anything_is_created),
                cmocka_unit_test(no_broken_connection_loses_an_object),
                cmocka_unit_test(an_interrupted_restore_ends_and_says_so),
                cmocka_unit_test(a_hook_whose_pod_never_starts_is_reported),
                cmocka_unit_test(config_maps_of_the_users_change_objects),
                cmocka_unit_test(of_two_objects_that_go_to_one_place_the_second_is_told),
                cmocka_unit_test(two_config_maps_for_one_thing_are_refused),
                cmocka_unit_test(an_object_in_the_wrong_place_is_refused),
                cmocka_unit_test(lost_volume_data_is_an_error_and_the_claim_gets_a_new_volume),
                cmocka_unit_test(what_an_object_needs_comes_with_it_or_is_told),
                cmocka_unit_test(a_crd_is_waited_for_until_it_is_served),
                cmocka_unit_test(a_kind_that_the_discovery_does_not_show_yet_is_waited_for),
                cmocka_unit_test(a_namespace_that_is_being_deleted_is_not_restored_into),
                cmocka_unit_test(a_namespace_that_cannot_be_made_is_one_error),
                cmocka_unit_test(objects_come_back_where_hooks_cannot_be_watched),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
