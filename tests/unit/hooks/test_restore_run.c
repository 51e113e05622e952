#include "hooks/restore_run.h"

#include "../restore/storing_cluster.h"
#include "base/clock.h"
#include "base/mem.h"
#include "hooks/restore_run_private.h"
#include "quoted_json.h"

static const char *cstr(Str text, Arena *arena) {
        return arena_copy(arena, text).ptr;
}

static void a_container_says_why_it_is_not_up(void **state) {
        static const struct {
                const char *pod, *container;
                bool is_running, is_ready, is_over;
                const char *why;
        } cases[] = {
                { "{'spec':{},'status':{'phase':'Pending'}}", "c", false, false, false,
                  "the pod is not scheduled yet" },
                { "{'spec':{'nodeName':'n'},'status':{'phase':'Pending'}}", "c", false, false, false,
                  "the node has not started the pod yet" },
                { "{'spec':{},'status':{'conditions':[{'type':'PodScheduled','status':'False','reason':"
                  "'Unschedulable','message':'0/1 nodes are available'}]}}",
                  "c", false, false, false, "Unschedulable: 0/1 nodes are available" },
                { "{'status':{'containerStatuses':[{'name':'c','state':{'waiting':{'reason':'"
                  "ImagePullBackOff',"
                  "'message':'Back-off pulling image'}}}]}}",
                  "c", false, false, false, "ImagePullBackOff: Back-off pulling image" },
                { "{'status':{'containerStatuses':[{'name':'c','state':{'waiting':{'reason':'"
                  "CrashLoopBackOff'}}}"
                  "]}}",
                  "c", false, false, false, "CrashLoopBackOff" },
                { "{'spec':{'initContainers':[{'name':'i'}]},'status':{'initContainerStatuses':[{'name':'i',"
                  "'state':{'terminated':{'exitCode':2,'reason':'Error'}}}],'containerStatuses':[{'name':'c',"
                  "'state':{'waiting':{'reason':'PodInitializing'}}}]}}",
                  "c", false, false, false, "init container \"i\": it has ended with exit code 2 (Error)" },
                { "{'spec':{'initContainers':[{'name':'s','restartPolicy':'Always'},{'name':'i'}]},'status':{"
                  "'initContainerStatuses':[{'name':'s','started':true,'state':{'running':{}}},{'name':'i',"
                  "'state':{'running':{}}}],'containerStatuses':[{'name':'c','state':{'waiting':{'reason':"
                  "'PodInitializing'}}}]}}",
                  "c", false, false, false, "init container \"i\": is running" },
                { "{'status':{'containerStatuses':[{'name':'c','ready':false,'state':{'running':{}}}]}}", "c",
                  true, false, false, "it is running but not ready" },
                { "{'status':{'containerStatuses':[{'name':'c','ready':true,'state':{'running':{}}}]}}", "c",
                  true, true, false, "" },
                { "{'spec':{'initContainers':[{'name':'s','restartPolicy':'Always'}]},'status':{"
                  "'initContainerStatuses':[{'name':'s','ready':true,'state':{'running':{}}}]}}",
                  "s", true, true, false, "" },
                { "{'spec':{'restartPolicy':'Never'},'status':{'containerStatuses':[{'name':'c','state':{"
                  "'terminated':{'exitCode':1}}}]}}",
                  "c", false, false, true, "it has ended with exit code 1" },
                { "{'spec':{'restartPolicy':'OnFailure'},'status':{'containerStatuses':[{'name':'c','state':{"
                  "'terminated':{'exitCode':1}}}]}}",
                  "c", false, false, false, "it has ended with exit code 1" },
                { "{'spec':{'restartPolicy':'OnFailure'},'status':{'containerStatuses':[{'name':'c','state':{"
                  "'terminated':{'exitCode':0}}}]}}",
                  "c", false, false, true, "it has ended with exit code 0" },
                { "{'status':{'phase':'Succeeded'}}", "c", false, false, true,
                  "the pod has ended (Succeeded)" },
                { "{'status':{'phase':'Failed'}}", "c", false, false, true, "the pod has ended (Failed)" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO_JSON *doc = quoted_json(c->pod);
                ContainerLook look = restore_run_look(yyjson_doc_get_root(doc), str_of(c->container), &arena);

                CHECK_STR(cstr(look.why, &arena), c->why);
                CHECK_INT(look.is_running, c->is_running);
                CHECK_INT(look.is_ready, c->is_ready);
                CHECK_INT(look.is_over, c->is_over);
        }
}

static void a_controller_says_how_many_pods_it_wants(void **state) {
        static const struct {
                const char *controller;
                int wanted;
        } cases[] = {
                { "{'kind':'Deployment','spec':{'replicas':3}}", 3 },
                { "{'kind':'Deployment','spec':{}}", 1 },
                { "{'kind':'StatefulSet','spec':{'replicas':0}}", 0 },
                { "{'kind':'DaemonSet','spec':{}}", -1 },
                { "{'kind':'Job','spec':{'parallelism':4,'completions':2}}", 2 },
                { "{'kind':'Job','spec':{}}", 1 },
                { "{'kind':'Job','spec':{'suspend':true}}", 0 },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO_JSON *doc = quoted_json(c->controller);

                CHECK_INT(restore_run_wanted_pods(yyjson_doc_get_root(doc)), c->wanted);
        }
}

static void a_pod_names_its_owner_and_the_deployment_behind_it(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO_JSON *doc =
                quoted_json("{'metadata':{'labels':{'pod-template-hash':'5f'},'ownerReferences':[{'kind':"
                            "'Other','name':'x'},{'kind':'ReplicaSet','name':'web-5f','controller':true}"
                            "]}}");
        AUTO_JSON *orphan = quoted_json("{'metadata':{'name':'a'}}");
        PodOwner owner = restore_run_owner(yyjson_doc_get_root(doc));

        (void) state;
        CHECK_STR(cstr(owner.kind, &arena), "ReplicaSet");
        CHECK_STR(cstr(owner.name, &arena), "web-5f");
        CHECK_STR(cstr(owner.deployment, &arena), "web");
        CHECK_INT(restore_run_owner(yyjson_doc_get_root(orphan)).kind.len, 0);
}

/* A RestoreHooks without a cluster: events are told by the test, commands end as the test says. */
typedef struct Stage {
        Arena arena;
        Faults faults;
        JsonDoc *spec_json;
        HookSpec spec;
        HookResults *results;
        HookGauges gauges;
        RestoreHooks *hooks;
        HookNamespace namespace;
        Stop *stop;
        Mutex lock;
        Buf commands, problems;
        const char *pod;   /* what a look at a pod finds; NULL: nothing */
        unsigned refusals; /* that come before a command runs */
} Stage;

static bool look_at_pod(void *user, Str namespace, Str name, JsonDoc **ret_pod, Error *err) {
        const Stage *stage = user;

        if (!stage->pod)
                return error_set(err, ERROR_NOT_FOUND, "no pod " STR_FMT "/" STR_FMT, STR_ARG(namespace),
                                 STR_ARG(name));
        *ret_pod = quoted_json(stage->pod);
        return true;
}

static void act(void *user, const ExecRequest *request, ExecOutput output, void *output_user,
                const Stop *stop, ExecResult *ret_result) {
        Stage *stage = user;
        Str word = request->command.items[0];

        *ret_result = (ExecResult) { .end = EXEC_EXITED };
        mutex_lock(&stage->lock);
        bool is_refused = stage->refusals > 0;
        stage->refusals -= is_refused;
        buf_printf(&stage->commands, "%s" STR_FMT "/" STR_FMT ":" STR_FMT, stage->commands.len > 0 ? " " : "",
                   STR_ARG(request->pod), STR_ARG(request->container), STR_ARG(word));
        mutex_unlock(&stage->lock);
        if (is_refused) {
                ret_result->end = EXEC_REFUSED;
                ret_result->http_status = 503;
                ret_result->message = xasprintf("busy");
                return;
        }
        output(output_user, EXEC_STDOUT, word);
        if (str_equal(word, STR("long")) && !stop_sleep_ms(stop, 60 * 1000)) {
                ret_result->end = EXEC_CANCELED;
                ret_result->message = xasprintf("interrupted");
        } else if (str_equal(word, STR("false"))) {
                ret_result->exit_code = 1;
                ret_result->message = xasprintf("exit code 1");
        }
}

static void keep_problem(void *user, LogLevel level, Str namespace, Str message) {
        Stage *stage = user;

        (void) namespace;
        mutex_lock(&stage->lock);
        buf_printf(&stage->problems, "%s: " STR_FMT "\n", level == LOG_ERROR ? "error" : "warning",
                   STR_ARG(message));
        mutex_unlock(&stage->lock);
}

static const KubeResource pods = {
        .version = { "v1", 2 }, .name = { "pods", 4 }, .kind = { "Pod", 3 }, .is_namespaced = true
};

static void stage_open_in(Stage *stage, const char *spec, KubeClient *client) {
        Error err = { 0 };

        *stage = (Stage) { .stop = stop_new() };
        stage->faults.arena = &stage->arena;
        mutex_init(&stage->lock);
        stage->spec_json = quoted_json(spec);
        stage->spec = hook_spec_decode_restore(yyjson_doc_get_root(stage->spec_json), STR("spec.hooks"),
                                               &stage->arena, &stage->faults);
        CHECK_INT(stage->faults.errors, 0);
        CHECK(hook_results_new(&stage->results, &err));
        stage->hooks = restore_hooks_new(&(RestoreHooksOptions) {
                .client = client,
                .pods = &pods,
                .port = { .get_pod = look_at_pod, .exec = act, .user = stage },
                .spec = &stage->spec,
                .results = stage->results,
                .gauges = &stage->gauges,
                .workers = 4,
                .stop = stage->stop,
                .on_problem = keep_problem,
                .user = stage,
        });
        stage->namespace =
                (HookNamespace) { .hooks = stage->hooks, .name = xasprintf("shop"), .known = hash_set_new() };
}

static void stage_open(Stage *stage, const char *spec) {
        stage_open_in(stage, spec, NULL);
}

static void stage_close(Stage *stage) {
        restore_hooks_free(stage->hooks);
        hash_set_free(stage->namespace.known);
        free(stage->namespace.name);
        hook_results_free(stage->results);
        yyjson_doc_free(stage->spec_json);
        buf_clear(&stage->commands);
        buf_clear(&stage->problems);
        mutex_destroy(&stage->lock);
        stop_free(stage->stop);
        arena_clear(&stage->arena);
}

static void tell(Stage *stage, KubeEvent event, const char *json) {
        AUTO_JSON *doc = json ? quoted_json(json) : NULL;

        (void) restore_hooks_take_event(&stage->namespace, event, yyjson_doc_get_root(doc));
}

static void restored(Stage *stage, const char *json) {
        AUTO_JSON *doc = quoted_json(json);

        restore_hooks_add_pod(stage->hooks, yyjson_doc_get_root(doc));
}

static bool has_begun(Stage *stage) {
        mutex_lock(&stage->lock);
        bool has = stage->commands.len > 0;
        mutex_unlock(&stage->lock);
        return has;
}

static const char *text(Buf *buf) {
        buf_add_char(buf, '\0');
        buf->len--;
        return buf->ptr;
}

#define POD(name, uid, rest)                                                                                 \
        "{'metadata':{'name':'" name "','namespace':'shop','uid':'" uid "','labels':{'app':'web'}" rest
#define TWO_CONTAINERS "'spec':{'containers':[{'name':'a'},{'name':'b'}]}"
#define RUNNING(name) "{'name':'" name "','ready':true,'state':{'running':{}}}"
#define HOOK(command, more) "{'exec':{'command':['" command "']" more "}}"
#define SPEC(hooks) "{'resources':[{'name':'h','postHooks':[" hooks "]}]}"

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
        CHECK_STR(text(&stage.commands), "p/a:one p/a:two");
        CHECK_INT(stage.problems.len, 0);
        stage_close(&stage);
}

static void a_failed_hook_stops_its_container_only(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage,
                   SPEC(HOOK("false", "") "," HOOK("later", "") "," HOOK("other", ",'container':'b'")));
        restored(&stage,
                 POD("p", "u1", "}," TWO_CONTAINERS ",'status':{'containerStatuses':[" RUNNING("a") "]}}"));
        tell(&stage, KUBE_MODIFIED,
             POD("p", "u1",
                 "}," TWO_CONTAINERS ",'status':{'containerStatuses':[" RUNNING("a") "," RUNNING("b") "]}}"));
        restore_hooks_wait(stage.hooks);
        CHECK(strstr(text(&stage.commands), "p/b:other") != NULL);
        CHECK(strstr(text(&stage.commands), "later") == NULL);
        CHECK_STR(text(&stage.problems),
                  "error: hook h in container a in pod shop/p failed: command terminated with exit code 1\n"
                  "warning: hook h in container a in pod shop/p not executed: hook h before it failed\n");
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
                                         "300ms: ImagePullBackOff\n");
        hook_results_count(stage.results, &attempted, &failed);
        CHECK_INT(attempted, 1);
        CHECK_INT(failed, 1);
        stage_close(&stage);
}

static void a_hook_that_waits_for_ready_lets_one_that_does_not_go_first(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("early", "") "," HOOK("ready", ",'waitForReady':true")));
        restored(&stage, POD("p", "u1",
                             "}," TWO_CONTAINERS
                             ",'status':{'containerStatuses':[{'name':'a','state':{'running':{}}}]}}"));
        for (int i = 0; i < 500 && !has_begun(&stage); i++)
                CHECK(stop_sleep_ms(stage.stop, 10));
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

#define OWNED ",'ownerReferences':[{'kind':'ReplicaSet','name':'web-5f','controller':true}]"
#define HASHED(name, uid)                                                                                    \
        "{'metadata':{'name':'" name "','namespace':'shop','uid':'" uid                                      \
        "','labels':{'app':'web','pod-template-hash':'5f'}" OWNED "}," TWO_CONTAINERS                        \
        ",'status':{'containerStatuses':[" RUNNING("a") "]}}"
#define DEPLOYMENT                                                                                           \
        "{'kind':'Deployment','metadata':{'name':'web','namespace':'shop'},'spec':{'replicas':2,'selector':" \
        "{'matchLabels':{'app':'web'}},'template':{'metadata':{'labels':{'app':'web'}}," TWO_CONTAINERS      \
        "}}}"

static void pods_of_a_restored_controller_run_hooks_of_the_spec_once_each(void **state) {
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

static void an_interrupted_restore_says_which_hooks_did_not_run(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(HOOK("long", "") "," HOOK("next", "")));
        restored(&stage,
                 POD("p", "u1", "}," TWO_CONTAINERS ",'status':{'containerStatuses':[" RUNNING("a") "]}}"));
        restored(&stage, POD("q", "u2", "}," TWO_CONTAINERS "}"));
        for (int i = 0; i < 500 && !has_begun(&stage); i++)
                (void) stop_sleep_ms(NULL, 10);
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

static void put(StoringCluster *cluster, const char *path, const char *json) {
        AUTO_JSON *doc = quoted_json(json);

        storing_put(cluster, path, doc);
}

#define SHOP "/api/v1/namespaces/shop/pods/"

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

static void make_stale(Stage *stage) {
        mutex_lock(&stage->hooks->lock);
        stage->hooks->pods[0]->seen_ms -= 120 * 1000;
        mutex_unlock(&stage->hooks->lock);
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
                cmocka_unit_test(a_container_says_why_it_is_not_up),
                cmocka_unit_test(a_controller_says_how_many_pods_it_wants),
                cmocka_unit_test(a_pod_names_its_owner_and_the_deployment_behind_it),
                cmocka_unit_test(hooks_of_a_container_run_in_order_once_it_is_up),
                cmocka_unit_test(a_failed_hook_stops_its_container_only),
                cmocka_unit_test(a_failed_hook_that_may_fail_lets_the_next_one_run),
                cmocka_unit_test(an_expired_wait_is_not_executed_and_says_why),
                cmocka_unit_test(a_hook_that_waits_for_ready_lets_one_that_does_not_go_first),
                cmocka_unit_test(a_deleted_pod_and_one_that_ended_fail_what_waits_in_them),
                cmocka_unit_test(a_command_that_was_refused_for_the_moment_is_tried_again),
                cmocka_unit_test(pods_of_a_restored_controller_run_hooks_of_the_spec_once_each),
                cmocka_unit_test(a_pod_of_a_stranger_has_no_hooks),
                cmocka_unit_test(a_controller_whose_pods_no_hook_is_for_is_not_waited_for),
                cmocka_unit_test(an_interrupted_restore_says_which_hooks_did_not_run),
                cmocka_unit_test(an_annotation_replaces_the_hooks_of_the_spec),
                cmocka_unit_test(a_watch_tells_when_a_pod_is_up),
                cmocka_unit_test(hooks_where_pods_cannot_be_watched_fail_at_once),
                cmocka_unit_test(a_daemon_set_is_asked_how_many_pods_it_wants),
                cmocka_unit_test(a_controller_whose_pods_do_not_come_is_given_up),
                cmocka_unit_test(a_pod_that_nothing_was_heard_of_is_looked_at),
                cmocka_unit_test(mistakes_in_annotations_are_told),
                cmocka_unit_test(a_pod_that_was_seen_before_it_was_told_counts_as_restored),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
