#include "hooks/restore_run.h"

#include "restore_stage.h"

static void wait_for_end(Stage *stage) {
        for (bool is_running = true; is_running; (void) stop_sleep_ms(NULL, 10)) {
                mutex_lock(&stage->hooks->lock);
                is_running = stage->hooks->running > 0;
                mutex_unlock(&stage->hooks->lock);
        }
}

static unsigned count_runners(Stage *stage) {
        mutex_lock(&stage->hooks->lock);
        unsigned count = stage->hooks->runners_len;
        mutex_unlock(&stage->hooks->lock);
        return count;
}

static void hooks_of_a_container_run_in_order_once_it_is_up(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("one", "") "," HOOK("two", "")));
        restored(&stage, POD("p", "u1", "}," TWO_CONTAINERS "}"));
        CHECK_INT(stage.commands.len, 0);
        tell(&stage, KUBE_SYNCED, NULL);
        tell(&stage, KUBE_MODIFIED,
             POD("p", "u1", "}," TWO_CONTAINERS ",'status':{'containerStatuses':[" RUNNING("a") "]}}"));
        tell(&stage, KUBE_MODIFIED,
             POD("p", "u1", "}," TWO_CONTAINERS ",'status':{'containerStatuses':[" RUNNING("a") "]}}"));
        restore_hooks_wait(stage.hooks);
        CHECK_INT(count_runners(&stage), 1);
        CHECK_STR(text(&stage.commands), "p/a:one p/a:two");
        CHECK_INT(stage.problems.len, 0);
        stage_close(&stage);
}

#define UP(name, uid, node, containers)                                                                      \
        POD(name, uid, "}," ON(node) ",'status':{'containerStatuses':[" containers "]}}")

static void each_node_has_its_own_places(void **state) {
        Stage stage;

        (void) state;
        stage_open_with(&stage, SPEC(HOOK("hold", "")), NULL, 1);
        stage.is_held = true;
        restored(&stage, UP("p1", "u1", "n1", RUNNING("a")));
        restored(&stage, UP("p2", "u2", "n1", RUNNING("a")));
        restored(&stage, UP("q", "u3", "n2", RUNNING("a")));
        wait_for(&stage, "p1/a:hold");
        wait_for(&stage, "q/a:hold");
        (void) stop_sleep_ms(NULL, 100);
        CHECK(!has_begun(&stage, "p2"));
        stage.is_held = false;
        restore_hooks_wait(stage.hooks);
        CHECK(has_begun(&stage, "p2/a:hold"));
        CHECK_INT(stage.problems.len, 0);
        stage_close(&stage);
}

/* Both come up with one event, when one thread is there and idle. */
static void containers_that_come_up_at_once_do_not_wait_for_each_other(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("hold", "") "," HOOK("other", ",'container':'b'")));
        restored(&stage, UP("p", "u1", "n1", RUNNING("a")));
        wait_for(&stage, "p/a:hold");
        wait_for_end(&stage);
        stage.is_held = true;
        restored(&stage, UP("q", "u2", "n1", RUNNING("a") "," RUNNING("b")));
        wait_for(&stage, "q/a:hold");
        wait_for(&stage, "q/b:other");
        stage.is_held = false;
        tell(&stage, KUBE_DELETED, POD("p", "u1", "}}"));
        restore_hooks_wait(stage.hooks);
        stage_close(&stage);
}

#define STOPPED(container)                                                                                   \
        "warning: hook h in container " container " in pod shop/p not executed: hook h in container a "      \
        "failed before it, with onError: Fail\n"

/* Of all its containers, and of no other pod. */
static void a_failed_hook_keeps_the_later_ones_of_its_pod_from_running(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage,
                   SPEC(HOOK("false", "") "," HOOK("later", "") "," HOOK("other", ",'container':'b'")));
        restored(&stage, UP("p", "u1", "n1", RUNNING("a")));
        restored(&stage, UP("q", "u2", "n1", RUNNING("b")));
        wait_for(&stage, "q/b:other");
        wait_for(&stage, "p/a:false");
        wait_for_end(&stage);
        tell(&stage, KUBE_MODIFIED, UP("p", "u1", "n1", RUNNING("a") "," RUNNING("b")));
        tell(&stage, KUBE_DELETED, POD("q", "u2", "}}"));
        restore_hooks_wait(stage.hooks);
        CHECK_INT(strlen(text(&stage.commands)), strlen("p/a:false q/b:other"));
        CHECK(strstr(text(&stage.problems),
                     "error: hook h in container a in pod shop/p failed: command terminated "
                     "with exit code 1\n") != NULL);
        CHECK(strstr(text(&stage.problems), STOPPED("a")) != NULL);
        CHECK(strstr(text(&stage.problems), STOPPED("b")) != NULL);
        stage_close(&stage);
}

/* What runs in another container goes on; what waits for its turn behind it does not begin. */
static void a_hook_that_waits_for_a_place_does_not_run_after_one_of_its_pod_failed(void **state) {
        Stage stage;

        (void) state;
        stage_open_with(&stage, SPEC(HOOK("false", "") "," HOOK("other", ",'container':'b'")), NULL, 1);
        restored(&stage, UP("p", "u1", "n1", RUNNING("a") "," RUNNING("b")));
        restore_hooks_wait(stage.hooks);
        CHECK_STR(text(&stage.commands), "p/a:false");
        CHECK(strstr(text(&stage.problems), STOPPED("b")) != NULL);
        stage_close(&stage);
}

/* A mistake that concerns some of the pods that an entry matches: the others hooks of the pod run. */
static void a_hook_without_its_container_stops_no_other(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("one", ",'container':'nobody'") "," HOOK("two", "")));
        restored(&stage, UP("p", "u1", "n1", RUNNING("a")));
        restore_hooks_wait(stage.hooks);
        CHECK_STR(text(&stage.commands), "p/a:two");
        CHECK_STR(text(&stage.problems), "error: hook h in pod shop/p not executed: no such container: "
                                         "\"nobody\" (the pod has a, b)\n");
        stage_close(&stage);
}

static void a_failed_hook_that_may_fail_lets_the_next_one_run(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("false", ",'onError':'Continue'") "," HOOK("later", "")));
        restored(&stage,
                 POD("p", "u1", "}," TWO_CONTAINERS ",'status':{'containerStatuses':[" RUNNING("a") "]}}"));
        restore_hooks_wait(stage.hooks);
        CHECK_STR(text(&stage.commands), "p/a:false p/a:later");
        stage_close(&stage);
}

static void an_expired_wait_is_not_executed_and_says_why(void **state) {
        uint64_t attempted, failed;
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("one", ",'waitTimeout':'300ms'")));
        restored(&stage, POD("p", "u1",
                             "}," TWO_CONTAINERS
                             ",'status':{'containerStatuses':[{'name':'a','state':{'waiting':{'reason':"
                             "'ImagePullBackOff'}}}]}}"));
        restore_hooks_wait(stage.hooks);
        CHECK_INT(stage.commands.len, 0);
        CHECK_STR(text(&stage.problems), "error: hook h in container a in pod shop/p not executed: the "
                                         "container was not running within "
                                         "300ms: ImagePullBackOff; correct the name of the image or its pull "
                                         "secret\n");
        hook_results_count(stage.results, &attempted, &failed);
        CHECK_INT(attempted, 1);
        CHECK_INT(failed, 1);
        stage_close(&stage);
}

/* The whole sentence: pod, container, reason, and what to do. */
static void an_expired_wait_says_what_to_do(void **state) {
        static const struct {
                const char *spec, *status, *sentence;
        } cases[] = {
                { "",
                  "'conditions':[{'type':'PodScheduled','status':'False','reason':'Unschedulable','message':'"
                  "0/1 "
                  "nodes are available'}]",
                  "running within 1ms: Unschedulable: 0/1 nodes are available; see what it asks of a node "
                  "(kubectl "
                  "describe pod)" },
                { "'nodeName':'n1',", "'phase':'Pending'",
                  "running within 1ms: the node has not started the pod yet; see its events (kubectl "
                  "describe "
                  "pod), or give the hook a longer waitTimeout" },
                { "'nodeName':'n1',",
                  "'initContainerStatuses':[{'name':'load','state':{'waiting':{'reason':'ImagePullBackOff',"
                  "'message':'Back-off pulling image nope:1'}}}],'containerStatuses':[{'name':'a','state':{"
                  "'waiting':{'reason':'PodInitializing'}}}]",
                  "running within 1ms: init container \"load\": ImagePullBackOff: Back-off pulling image "
                  "nope:1; "
                  "correct the name of the image or its pull secret" },
                { "'nodeName':'n1',",
                  "'initContainerStatuses':[{'name':'load','state':{'waiting':{'reason':'CrashLoopBackOff',"
                  "'message':'back-off 5m0s'}},'lastState':{'terminated':{'exitCode':1,'reason':'Error'}}}],"
                  "'containerStatuses':[{'name':'a','state':{'waiting':{'reason':'PodInitializing'}}}]",
                  "running within 1ms: init container \"load\": CrashLoopBackOff: it has ended with exit "
                  "code 1 "
                  "(Error); look at its log (kubectl logs)" },
                { "'nodeName':'n1',",
                  "'initContainerStatuses':[{'name':'load','state':{'running':{}}}],'containerStatuses':[{'"
                  "name':"
                  "'a','state':{'waiting':{'reason':'PodInitializing'}}}]",
                  "running within 1ms: init container \"load\": is running; see its events (kubectl describe "
                  "pod), or give the hook a longer waitTimeout" },
                { "'nodeName':'n1',",
                  "'containerStatuses':[{'name':'a','state':{'waiting':{'reason':'CreateContainerConfigError'"
                  ","
                  "'message':'secret x not found'}}}]",
                  "running within 1ms: CreateContainerConfigError: secret x not found; restore the ConfigMap "
                  "or "
                  "Secret that it needs" },
                { "'nodeName':'n1',",
                  "'containerStatuses':[{'name':'a','ready':false,'state':{'running':{}}}]",
                  "ready within 1ms: it is running but not ready; look at its readiness probe (kubectl "
                  "describe "
                  "pod)" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                bool waits_for_ready = strncmp(c->sentence, "ready", 5) == 0;
                Stage stage;

                stage_open(&stage, waits_for_ready
                                           ? SPEC(HOOK("one", ",'waitTimeout':'1ms','waitForReady':true"))
                                           : SPEC(HOOK("one", ",'waitTimeout':'1ms'")));
                restored(&stage, arena_printf(&arena,
                                              POD("p", "u1",
                                                  "},'spec':{%s'containers':[{'name':'a'}]},'status':{%s}}"),
                                              c->spec, c->status));
                restore_hooks_wait(stage.hooks);
                CHECK_STR(
                        text(&stage.problems),
                        arena_printf(
                                &arena,
                                "error: hook h in container a in pod shop/p not executed: the container was "
                                "not %s\n",
                                c->sentence));
                stage_close(&stage);
        }
}

static void a_hook_that_waits_for_ready_lets_one_that_does_not_go_first(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("early", "") "," HOOK("ready", ",'waitForReady':true")));
        restored(&stage, POD("p", "u1",
                             "}," TWO_CONTAINERS
                             ",'status':{'containerStatuses':[{'name':'a','state':{'running':{}}}]}}"));
        wait_for(&stage, "early");
        CHECK(stop_sleep_ms(stage.stop, 50));
        mutex_lock(&stage.lock);
        CHECK_STR(text(&stage.commands), "p/a:early");
        mutex_unlock(&stage.lock);
        tell(&stage, KUBE_MODIFIED,
             POD("p", "u1", "}," TWO_CONTAINERS ",'status':{'containerStatuses':[" RUNNING("a") "]}}"));
        restore_hooks_wait(stage.hooks);
        CHECK_STR(text(&stage.commands), "p/a:early p/a:ready");
        stage_close(&stage);
}

static void a_deleted_pod_and_one_that_ended_fail_what_waits_in_them(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("one", "")));
        restored(&stage, POD("p", "u1", "}," TWO_CONTAINERS "}"));
        tell(&stage, KUBE_DELETED, POD("p", "u1", "}}"));
        restored(&stage, POD("q", "u2", "}," TWO_CONTAINERS "}"));
        tell(&stage, KUBE_MODIFIED, POD("q", "u2", "}," TWO_CONTAINERS ",'status':{'phase':'Succeeded'}}"));
        restore_hooks_wait(stage.hooks);
        CHECK_STR(text(&stage.problems),
                  "error: hook h in container a in pod shop/p not executed: the pod was deleted\n"
                  "error: hook h in container a in pod shop/q not executed: the pod has ended (Succeeded)\n");
        stage_close(&stage);
}

static void a_command_that_was_refused_for_the_moment_is_tried_again(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("one", "")));
        stage.refusals = 1;
        restored(&stage,
                 POD("p", "u1", "}," TWO_CONTAINERS ",'status':{'containerStatuses':[" RUNNING("a") "]}}"));
        restore_hooks_wait(stage.hooks);
        CHECK_STR(text(&stage.commands), "p/a:one p/a:one");
        CHECK_INT(stage.problems.len, 0);
        stage_close(&stage);
}

static void make_stale(Stage *stage) {
        mutex_lock(&stage->hooks->lock);
        stage->hooks->pods[0]->seen_ms -= 120 * 1000;
        mutex_unlock(&stage->hooks->lock);
}

/* It may be gone because another of its name is there now. */
static void a_command_that_got_lost_with_its_pod_is_not_tried_again(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("one", "")));
        stage.refusals = 3;
        restored(&stage, UP("p", "u1", "n1", RUNNING("a")));
        wait_for(&stage, "p/a:one");
        tell(&stage, KUBE_DELETED, POD("p", "u1", "}}"));
        restore_hooks_wait(stage.hooks);
        CHECK_STR(text(&stage.commands), "p/a:one");
        stage_close(&stage);
}

static void an_interrupt_does_not_wait_for_a_look_at_the_cluster(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("one", "")));
        stage.is_look_stuck = true;
        restored(&stage, POD("p", "u1", "}," TWO_CONTAINERS "}"));
        make_stale(&stage);
        while (!stage.is_looking)
                (void) stop_sleep_ms(NULL, 10);
        stop_set(stage.stop);
        int64_t start_ms = clock_ms();
        restore_hooks_wait(stage.hooks);
        stage_close(&stage);
        CHECK(clock_ms() - start_ms < 20 * 1000);
}

static void an_interrupted_restore_says_which_hooks_did_not_run(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("long", "") "," HOOK("next", "")));
        restored(&stage,
                 POD("p", "u1", "}," TWO_CONTAINERS ",'status':{'containerStatuses':[" RUNNING("a") "]}}"));
        restored(&stage, POD("q", "u2", "}," TWO_CONTAINERS "}"));
        wait_for(&stage, "long");
        stop_set(stage.stop);
        int64_t start_ms = clock_ms();
        restore_hooks_wait(stage.hooks);
        CHECK(clock_ms() - start_ms < 20 * 1000);
        const char *problems = text(&stage.problems);
        CHECK(strstr(problems, "error: hook h in container a in pod shop/p failed: interrupted\n") != NULL);
        CHECK(strstr(problems, "warning: hook h in container a in pod shop/q not executed: the restore was "
                               "interrupted\n") != NULL);
        CHECK(strstr(text(&stage.commands), "next") == NULL);
        stage_close(&stage);
}

static void an_annotation_replaces_the_hooks_of_the_spec(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("spec", "")));
        restored(&stage, POD("p", "u1",
                             ",'annotations':{'post.hook.restore.velero.io/command':'own',"
                             "'post.hook.restore.velero.io/container':'b'}}," TWO_CONTAINERS
                             ",'status':{'containerStatuses':[" RUNNING("a") "," RUNNING("b") "]}}"));
        restore_hooks_wait(stage.hooks);
        CHECK_STR(text(&stage.commands), "p/b:own");
        stage_close(&stage);
}

static void a_watch_tells_when_a_pod_is_up(void **state) {
        AUTO(storing_clear) StoringCluster cluster = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Stage stage;

        (void) state;
        storing_start(&cluster);
        put(&cluster, SHOP "before", HASHED("before", "u0"));
        stage_open_in(&stage, SPEC(HOOK("one", "")), cluster.client);
        CHECK(restore_hooks_open_namespace(stage.hooks, STR("shop"), &err));
        CHECK(restore_hooks_open_namespace(stage.hooks, STR("shop"), &err));
        restored(&stage, POD("p", "u1", "}," TWO_CONTAINERS "}"));
        put(&cluster, SHOP "p",
            POD("p", "u1", "}," TWO_CONTAINERS ",'status':{'containerStatuses':[" RUNNING("a") "]}}"));
        restore_hooks_wait(stage.hooks);
        CHECK_STR(text(&stage.commands), "p/a:one");
        CHECK_INT(stage.gauges.pods_total, 1);
        CHECK_INT(stage.gauges.pods_done, 1);
        stage_close(&stage);
}

static void hooks_where_pods_cannot_be_watched_fail_at_once(void **state) {
        AUTO(storing_clear) StoringCluster cluster = { .refuses_watch = "/pods" };
        AUTO_JSON *deployment = quoted_json(DEPLOYMENT);
        AUTO(error_clear) Error err = { 0 };
        Stage stage;

        (void) state;
        storing_start(&cluster);
        stage_open_in(&stage, SPEC(HOOK("one", "")), cluster.client);
        CHECK(!restore_hooks_open_namespace(stage.hooks, STR("shop"), &err));
        CHECK(strstr(err.message, "watch the pods of namespace \"shop\" for hooks: ") != NULL);
        restored(&stage, POD("p", "u1", "}," TWO_CONTAINERS "}"));
        restore_hooks_add_controller(stage.hooks, yyjson_doc_get_root(deployment));
        restore_hooks_wait(stage.hooks);
        CHECK(strstr(text(&stage.problems), "error: hook h in container a in pod shop/p not executed: ") !=
              NULL);
        CHECK(strstr(text(&stage.problems),
                     "error: Deployment shop/web: hooks do not run in the pods it makes: ") != NULL);
        stage_close(&stage);
}

static void a_pod_that_nothing_was_heard_of_is_looked_at(void **state) {
        static const struct {
                const char *pod, *commands, *problem;
        } cases[] = {
                { POD("p", "u1", "}," TWO_CONTAINERS ",'status':{'containerStatuses':[" RUNNING("a") "]}}"),
                  "p/a:one", "" },
                { POD("p", "other", "}," TWO_CONTAINERS "}"), "",
                  "error: hook h in container a in pod shop/p not executed: the pod was deleted\n" },
                { NULL, "",
                  "error: hook h in container a in pod shop/p not executed: the pod was deleted\n" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                Stage stage;

                stage_open(&stage, SPEC(HOOK("one", "")));
                stage.pod = c->pod;
                restored(&stage, POD("p", "u1", "}," TWO_CONTAINERS "}"));
                make_stale(&stage);
                restore_hooks_wait(stage.hooks);
                CHECK_STR(text(&stage.commands), c->commands);
                CHECK_STR(text(&stage.problems), c->problem);
                stage_close(&stage);
        }
}

static void mistakes_in_annotations_are_told(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("one", ",'container':'nobody'")));
        restored(&stage,
                 POD("p", "u1",
                     ",'annotations':{'post.hook.restore.velero.io/comand':'x'}}," TWO_CONTAINERS "}"));
        restore_hooks_wait(stage.hooks);
        CHECK(strstr(text(&stage.problems), "post.hook.restore.velero.io/comand") != NULL);
        CHECK(strstr(text(&stage.problems), "error: hook h in pod shop/p not executed: ") != NULL);
        stage_close(&stage);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hooks_of_a_container_run_in_order_once_it_is_up),
                cmocka_unit_test(each_node_has_its_own_places),
                cmocka_unit_test(containers_that_come_up_at_once_do_not_wait_for_each_other),
                cmocka_unit_test(a_failed_hook_keeps_the_later_ones_of_its_pod_from_running),
                cmocka_unit_test(a_hook_that_waits_for_a_place_does_not_run_after_one_of_its_pod_failed),
                cmocka_unit_test(a_hook_without_its_container_stops_no_other),
                cmocka_unit_test(a_failed_hook_that_may_fail_lets_the_next_one_run),
                cmocka_unit_test(an_expired_wait_is_not_executed_and_says_why),
                cmocka_unit_test(an_expired_wait_says_what_to_do),
                cmocka_unit_test(a_hook_that_waits_for_ready_lets_one_that_does_not_go_first),
                cmocka_unit_test(a_deleted_pod_and_one_that_ended_fail_what_waits_in_them),
                cmocka_unit_test(a_command_that_was_refused_for_the_moment_is_tried_again),
                cmocka_unit_test(a_command_that_got_lost_with_its_pod_is_not_tried_again),
                cmocka_unit_test(an_interrupt_does_not_wait_for_a_look_at_the_cluster),
                cmocka_unit_test(an_interrupted_restore_says_which_hooks_did_not_run),
                cmocka_unit_test(an_annotation_replaces_the_hooks_of_the_spec),
                cmocka_unit_test(a_watch_tells_when_a_pod_is_up),
                cmocka_unit_test(hooks_where_pods_cannot_be_watched_fail_at_once),
                cmocka_unit_test(a_pod_that_nothing_was_heard_of_is_looked_at),
                cmocka_unit_test(mistakes_in_annotations_are_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
