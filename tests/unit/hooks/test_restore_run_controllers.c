#include "hooks/restore_run_private.h"

#include "restore_stage.h"

static void pods_of_a_restored_controller_run_hooks_once_each(void **state) {
        AUTO_JSON *deployment = quoted_json(DEPLOYMENT);
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("one", "")));
        tell(&stage, KUBE_ADDED, HASHED("before", "u0"));
        tell(&stage, KUBE_SYNCED, NULL);
        tell(&stage, KUBE_ADDED, HASHED("quick", "u1")); /* seen before its controller is told */
        CHECK_INT(stage.commands.len, 0);
        restore_hooks_add_controller(stage.hooks, yyjson_doc_get_root(deployment));
        tell(&stage, KUBE_ADDED, HASHED("late", "u2"));
        tell(&stage, KUBE_MODIFIED, HASHED("quick", "u1"));
        tell(&stage, KUBE_MODIFIED, HASHED("late", "u2"));
        tell(&stage, KUBE_MODIFIED, HASHED("before", "u0"));
        restore_hooks_wait(stage.hooks);
        const char *commands = text(&stage.commands);
        CHECK(strstr(commands, "quick/a:one") != NULL);
        CHECK(strstr(commands, "late/a:one") != NULL);
        CHECK_INT(strlen(commands), strlen("quick/a:one late/a:one"));
        stage_close(&stage);
}

#define ANNOTATED "'annotations':{'post.hook.restore.velero.io/command':'own'}"
#define OF_TEMPLATE(name, uid)                                                                               \
        "{'metadata':{'name':'" name "','namespace':'shop','uid':'" uid                                      \
        "','labels':{'app':'web','pod-template-hash':'5f'}," ANNOTATED OWNED "}," TWO_CONTAINERS             \
        ",'status':{'containerStatuses':[" RUNNING("a") "]}}"

/* With hooks of the spec, which the annotation replaces, and without. */
static void an_annotation_of_a_template_runs_in_the_pods_that_its_controller_makes_once_each(void **state) {
        static const struct {
                const char *spec;
                int attempted;
        } cases[] = { { "{}", 2 }, { SPEC(HOOK("spec", "")), 2 } };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO_JSON *deployment = quoted_json("{'kind':'Deployment','metadata':{'name':'web','"
                                                    "namespace':'shop'},'spec':{'replicas':2,"
                                                    "'selector':{'matchLabels':{'app':'web'}},'template':{'"
                                                    "metadata':{'labels':{'app':'web'"
                                                    "}," ANNOTATED "}," TWO_CONTAINERS "}}}");
                uint64_t attempted, failed;
                Stage stage;

                stage_open(&stage, c->spec);
                tell(&stage, KUBE_ADDED, OF_TEMPLATE("before", "u0"));
                tell(&stage, KUBE_SYNCED, NULL);
                tell(&stage, KUBE_ADDED, OF_TEMPLATE("p1", "u1"));
                restore_hooks_add_controller(stage.hooks, yyjson_doc_get_root(deployment));
                tell(&stage, KUBE_ADDED, OF_TEMPLATE("p2", "u2"));
                tell(&stage, KUBE_MODIFIED, OF_TEMPLATE("p1", "u1"));
                tell(&stage, KUBE_MODIFIED, OF_TEMPLATE("p2", "u2"));
                tell(&stage, KUBE_MODIFIED, OF_TEMPLATE("before", "u0"));
                restore_hooks_wait(stage.hooks);
                const char *commands = text(&stage.commands);
                CHECK(strstr(commands, "p1/a:own") != NULL);
                CHECK(strstr(commands, "p2/a:own") != NULL);
                CHECK_INT(strlen(commands), strlen("p1/a:own p2/a:own"));
                hook_results_count(stage.results, &attempted, &failed);
                CHECK_INT(attempted, c->attempted);
                CHECK_INT(failed, 0);
                stage_close(&stage);
        }
}

static void a_hook_that_a_controllers_pod_has_no_container_for_is_told(void **state) {
        AUTO_JSON *deployment = quoted_json(DEPLOYMENT);
        uint64_t attempted, failed;
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("one", ",'container':'nobody'")));
        tell(&stage, KUBE_SYNCED, NULL);
        restore_hooks_add_controller(stage.hooks, yyjson_doc_get_root(deployment));
        tell(&stage, KUBE_ADDED, HASHED("p", "u1"));
        tell(&stage, KUBE_MODIFIED, HASHED("p", "u1"));
        tell(&stage, KUBE_ADDED, HASHED("q", "u2"));
        restore_hooks_wait(stage.hooks);
        CHECK_STR(
                text(&stage.problems),
                "error: hook h in pod shop/p not executed: no such container: \"nobody\" (the pod has a, b)\n"
                "error: hook h in pod shop/q not executed: no such container: \"nobody\" (the pod has a, "
                "b)\n");
        hook_results_count(stage.results, &attempted, &failed);
        CHECK_INT(attempted, 2);
        CHECK_INT(failed, 2);
        stage_close(&stage);
}

#define OF(kind, name) "'ownerReferences':[{'kind':'" kind "','name':'" name "','controller':true}]"

static void a_controller_counts_the_pods_that_stay_its_own(void **state) {
        static const struct {
                const char *kind, *metadata;
                bool was_before, is_counted;
        } cases[] = {
                { "Deployment", "'labels':{'app':'web'}", false, true },
                { "Deployment", "'labels':{'app':'web'}", true, true }, /* it is adopted */
                { "Deployment", "'labels':{'app':'db'}", false, false },
                { "Deployment", "'labels':{'app':'web'}," OF("ReplicaSet", "any"), false, true },
                { "Deployment", "'labels':{'app':'web'}," OF("ReplicaSet", "any"), true, false },
                { "Deployment", "'labels':{'app':'web'}," OF("StatefulSet", "web"), false, false },
                { "Deployment", "'labels':{'app':'web'},'deletionTimestamp':'2026-01-01T00:00:00Z'", false,
                  false },
                { "StatefulSet", "'labels':{'app':'web'}," OF("StatefulSet", "web"), false, true },
                { "StatefulSet", "'labels':{'app':'web'}," OF("StatefulSet", "other"), false, false },
                { "ReplicationController", "'labels':{'app':'web'}", false, true },
                { "ReplicationController", "'labels':{'app':'db'}", false, false },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                bool is_old = strcmp(c->kind, "ReplicationController") == 0;
                AUTO_JSON *json = quoted_json(arena_printf(
                        &arena,
                        "{'kind':'%s','metadata':{'name':'web','namespace':'shop'},'spec':{'selector':%s}}",
                        c->kind, is_old ? "{'app':'web'}" : "{'matchLabels':{'app':'web'}}"));
                AUTO_JSON *pod = quoted_json(arena_printf(
                        &arena, "{'metadata':{'name':'p','namespace':'shop','uid':'u',%s}}", c->metadata));
                HookController *controller = hook_controller_new(yyjson_doc_get_root(json));

                hook_controller_count(controller, yyjson_doc_get_root(pod), c->was_before);
                CHECK_INT(controller->is_done, c->is_counted);
                hook_controller_free(controller);
        }
}

/* The list is quicker than the watch: what it shows is not only counted. */
static void a_pod_that_only_a_list_has_shown_yet_runs_its_hooks(void **state) {
        AUTO(storing_clear) StoringCluster cluster = { .is_silent = true };
        AUTO_JSON *deployment = quoted_json(DEPLOYMENT);
        AUTO(error_clear) Error err = { 0 };
        Stage stage;

        (void) state;
        storing_start(&cluster);
        stage_open_in(&stage, SPEC(HOOK("one", "")), cluster.client);
        CHECK(restore_hooks_open_namespace(stage.hooks, STR("shop"), &err));
        restore_hooks_add_controller(stage.hooks, yyjson_doc_get_root(deployment));
        put(&cluster, SHOP "p", HASHED("p", "u1"));
        put(&cluster, SHOP "q", HASHED("q", "u2"));
        restore_hooks_wait(stage.hooks);
        CHECK_INT(strlen(text(&stage.commands)), strlen("p/a:one q/a:one"));
        stage_close(&stage);
}

static void a_pod_of_a_stranger_has_no_hooks(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("one", "")));
        tell(&stage, KUBE_SYNCED, NULL);
        tell(&stage, KUBE_ADDED, HASHED("foreign", "u1"));
        restore_hooks_wait(stage.hooks);
        CHECK_INT(stage.commands.len, 0);
        stage_close(&stage);
}

static void a_controller_whose_pods_no_hook_is_for_is_not_waited_for(void **state) {
        AUTO_JSON *deployment = quoted_json(DEPLOYMENT);
        Stage stage;

        (void) state;
        stage_open(
                &stage,
                "{'resources':[{'name':'h','labelSelector':{'matchLabels':{'app':'db'}},'postHooks':[" HOOK(
                        "one", "") "]}]}");
        restore_hooks_add_controller(stage.hooks, yyjson_doc_get_root(deployment));
        restore_hooks_wait(stage.hooks);
        stage_close(&stage);
}

/* The results are being written by then. */
static void a_pod_that_comes_after_the_wait_is_left_alone(void **state) {
        AUTO_JSON *deployment = quoted_json(DEPLOYMENT);
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("one", "")));
        tell(&stage, KUBE_SYNCED, NULL);
        restore_hooks_add_controller(stage.hooks, yyjson_doc_get_root(deployment));
        tell(&stage, KUBE_ADDED, HASHED("p", "u1"));
        tell(&stage, KUBE_ADDED, HASHED("q", "u2"));
        restore_hooks_wait(stage.hooks);
        tell(&stage, KUBE_ADDED, HASHED("late", "u3"));
        (void) stop_sleep_ms(NULL, 300);
        CHECK(!has_begun(&stage, "late"));
        stage_close(&stage);
}

static void a_daemon_set_is_asked_how_many_pods_it_wants(void **state) {
        AUTO_JSON *set = quoted_json(
                "{'kind':'DaemonSet','metadata':{'name':'d','namespace':'shop'},'spec':{'selector':{"
                "'matchLabels':{'app':'web'}},'template':{'metadata':{'labels':{'app':'web'}}," TWO_CONTAINERS
                "}}}");
        AUTO(storing_clear) StoringCluster cluster = { 0 };
        Stage stage;

        (void) state;
        storing_start(&cluster);
        put(&cluster, SHOP "x", POD("x", "u1", "}}"));
        put(&cluster, "/apis/apps/v1/namespaces/shop/daemonsets/d",
            "{'status':{'observedGeneration':1,'desiredNumberScheduled':1}}");
        stage_open_in(&stage, SPEC(HOOK("one", "")), cluster.client);
        restore_hooks_add_controller(stage.hooks, yyjson_doc_get_root(set));
        restore_hooks_wait(stage.hooks);
        CHECK_INT(stage.problems.len, 0);
        stage_close(&stage);
}

static void a_controller_whose_pods_do_not_come_is_given_up(void **state) {
        AUTO_JSON *deployment = quoted_json(DEPLOYMENT);
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("one", "")));
        restore_hooks_add_controller(stage.hooks, yyjson_doc_get_root(deployment));
        mutex_lock(&stage.hooks->lock);
        stage.hooks->controllers[0]->deadline_ms = clock_ms();
        mutex_unlock(&stage.hooks->lock);
        restore_hooks_wait(stage.hooks);
        CHECK_STR(text(&stage.problems),
                  "error: Deployment shop/web: 0 of 2 pods appeared within 10 minutes: hooks did not "
                  "run in the others\n");
        stage_close(&stage);
}

/* The controller's event came first; the pod is one of the restore all the same, with its annotation. */
static void a_pod_that_was_seen_before_it_was_told_counts_as_restored(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("one", "")));
        tell(&stage, KUBE_SYNCED, NULL);
        tell(&stage, KUBE_ADDED, HASHED("p", "u1"));
        restored(&stage, HASHED("p", "u1"));
        restored(&stage, HASHED("p", "u1"));
        restore_hooks_wait(stage.hooks);
        CHECK_STR(text(&stage.commands), "p/a:one");
        stage_close(&stage);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pods_of_a_restored_controller_run_hooks_once_each),
                cmocka_unit_test(
                        an_annotation_of_a_template_runs_in_the_pods_that_its_controller_makes_once_each),
                cmocka_unit_test(a_hook_that_a_controllers_pod_has_no_container_for_is_told),
                cmocka_unit_test(a_controller_counts_the_pods_that_stay_its_own),
                cmocka_unit_test(a_pod_that_only_a_list_has_shown_yet_runs_its_hooks),
                cmocka_unit_test(a_pod_of_a_stranger_has_no_hooks),
                cmocka_unit_test(a_controller_whose_pods_no_hook_is_for_is_not_waited_for),
                cmocka_unit_test(a_pod_that_comes_after_the_wait_is_left_alone),
                cmocka_unit_test(a_daemon_set_is_asked_how_many_pods_it_wants),
                cmocka_unit_test(a_controller_whose_pods_do_not_come_is_given_up),
                cmocka_unit_test(a_pod_that_was_seen_before_it_was_told_counts_as_restored),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
