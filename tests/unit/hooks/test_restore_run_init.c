/* Init containers of a restore's hooks: how they end is a result, and is waited for where a timeout is given. */
#include "restore_stage.h"

#define INIT_HOOK(name, more)                                                                                \
        "{'init':{'initContainers':[{'name':'" name "','image':'i','command':['load','it']}]" more "}}"
#define POD_SPEC                                                                                             \
        "'spec':{'nodeName':'n1','initContainers':[{'name':'first'},{'name':'second'},{'name':'own'},"       \
        "{'name':'side','restartPolicy':'Always'}],'containers':[{'name':'a'}]}"
#define INIT_POD(status) POD("p", "u1", "}," POD_SPEC ",'status':{'initContainerStatuses':[" status "]}}")
#define ENDED(name, code)                                                                                    \
        "{'name':'" name "','restartCount':0,'state':{'terminated':{'exitCode':" code                        \
        ",'startedAt':'2026-11-26T10:00:00Z','finishedAt':'2026-11-26T10:00:03Z'}}}"
#define CRASHING(name)                                                                                       \
        "{'name':'" name "','restartCount':1,'state':{'waiting':{'reason':'CrashLoopBackOff'}},"             \
        "'lastState':{'terminated':{'exitCode':3,'reason':'Error','startedAt':'2026-11-26T10:00:00Z',"       \
        "'finishedAt':'2026-11-26T10:00:03Z'}}}"
#define BUSY(name) "{'name':'" name "','restartCount':0,'state':{'running':{}}}"

static bool keep(void *user, Str bytes, Error *err) {
        (void) err;
        buf_add(user, bytes);
        return true;
}

/* "init h in first: Succeeded, exit code 0, attempt 1, 3000 ms, why" for each result. */
static void check_results(Stage *stage, const char *expected) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf json = { 0 }, lines = { 0 };
        AUTO_JSON *doc = NULL;
        JsonVal *row;
        size_t i, max;

        CHECK(hook_results_write(stage->results, keep, &json, &err));
        CHECK(json_parse(buf_str(&json), "results", &doc, &err));
        yyjson_arr_foreach(json_get(yyjson_doc_get_root(doc), "hooks"), i, max, row) {
                CHECK(json_get(row, "onError") == NULL);
                buf_printf(&lines,
                           STR_FMT " " STR_FMT " in " STR_FMT ": " STR_FMT " %lld %lld %lld " STR_FMT "\n",
                           STR_ARG(json_get_str(row, "phase")), STR_ARG(json_get_str(row, "name")),
                           STR_ARG(json_get_str(row, "container")), STR_ARG(json_get_str(row, "outcome")),
                           (long long) json_get_int(row, "exitCode", -1),
                           (long long) json_get_int(row, "attempts", -1),
                           (long long) json_get_int(row, "durationMs", -1),
                           STR_ARG(json_get_str(row, "message")));
        }
        CHECK_STR(text(&lines), expected);
}

static void the_end_of_an_init_container_is_its_result(void **state) {
        static const struct {
                const char *hooks, *pod, *results, *problems;
        } cases[] = {
                { INIT_HOOK("first", ",'timeout':'1m'"), INIT_POD(ENDED("first", "0")),
                  "init h in first: Succeeded 0 1 3000 \n", "" },
                /* Nobody else has to end for it, and those that the pod had before are none of ours. */
                { INIT_HOOK("first", ",'timeout':'1m'"), INIT_POD(ENDED("first", "0") "," BUSY("own")),
                  "init h in first: Succeeded 0 1 3000 \n", "" },
                { INIT_HOOK("first", ",'timeout':'1ms'"), INIT_POD(BUSY("first")),
                  "init h in first: TimedOut -1 1 0 the container had not ended well within 1ms: it is still "
                  "running; see its events (kubectl describe pod), or give the hook a longer timeout\n",
                  "error: hook h in container first in pod shop/p failed: the container had not ended well "
                  "within "
                  "1ms: it is still running; see its events (kubectl describe pod), or give the hook a "
                  "longer "
                  "timeout\n" },
                { INIT_HOOK("second", ",'timeout':'1ms'"),
                  INIT_POD(BUSY(
                          "first") ",{'name':'second','state':{'waiting':{'reason':'PodInitializing'}}}"),
                  "init h in second: TimedOut -1 -1 -1 the container had not ended well within 1ms: init "
                  "container "
                  "\"first\": is running; see its events (kubectl describe pod), or give the hook a longer "
                  "timeout\n",
                  "error: hook h in container second in pod shop/p not executed: the container had not ended "
                  "well "
                  "within 1ms: init container \"first\": is running; see its events (kubectl describe pod), "
                  "or give "
                  "the hook a longer timeout\n" },
                { INIT_HOOK("first", ",'timeout':'1ms'"), INIT_POD(CRASHING("first")),
                  "init h in first: TimedOut 3 2 3000 the container had not ended well within 1ms: "
                  "CrashLoopBackOff: "
                  "it has ended with exit code 3 (Error); look at its log (kubectl logs)\n",
                  "error: hook h in container first in pod shop/p failed: the container had not ended well "
                  "within "
                  "1ms: CrashLoopBackOff: it has ended with exit code 3 (Error); look at its log (kubectl "
                  "logs)\n" },
                { INIT_HOOK("first", ",'timeout':'1m'"),
                  POD("p", "u1",
                      "}," POD_SPEC
                      ",'status':{'phase':'Failed','initContainerStatuses':[" ENDED("first", "1") "]}}"),
                  "init h in first: Failed 1 1 3000 it has ended with exit code 1; look at its log (kubectl "
                  "logs)\n",
                  "error: hook h in container first in pod shop/p failed: it has ended with exit code 1; "
                  "look at its "
                  "log (kubectl logs)\n" },
                { INIT_HOOK("first", ""), INIT_POD(BUSY("first")),
                  "init h in first: NotAwaited -1 -1 -1 its end was not waited for, as its hook has no "
                  "timeout\n",
                  "" },
                { INIT_HOOK("side", ",'timeout':'1m'"), INIT_POD(BUSY("side")),
                  "init h in side: NotAwaited -1 -1 -1 it is a sidecar, which does not end\n", "" },
                /* Not put in, as this is no pod of the restore's making. */
                { INIT_HOOK("other", ",'timeout':'1m'"), INIT_POD(""), "", "" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                Stage stage;

                stage_open(&stage, arena_printf(&arena, SPEC("%s"), c->hooks));
                restored(&stage, c->pod);
                restore_hooks_wait(stage.hooks);
                check_results(&stage, c->results);
                CHECK_STR(text(&stage.problems), c->problems);
                stage_close(&stage);
        }
}

static void an_annotation_s_timeout_is_waited_for_too(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(INIT_HOOK("first", ",'timeout':'1m'")));
        restored(&stage, POD("p", "u1",
                             ",'annotations':{'init.hook.restore.velero.io/container-image':'i',"
                             "'init.hook.restore.velero.io/"
                             "container-name':'second','init.hook.restore.velero.io/timeout':"
                             "'1m'}}," POD_SPEC ",'status':{'initContainerStatuses':[" BUSY("first") "]}}"));
        tell(&stage, KUBE_SYNCED, NULL);
        tell(&stage, KUBE_MODIFIED, INIT_POD(ENDED("first", "0") "," ENDED("second", "0")));
        restore_hooks_wait(stage.hooks);
        check_results(&stage, "init <from-annotation> in second: Succeeded 0 1 3000 \n");
        stage_close(&stage);
}

static void an_exec_hook_of_the_same_pod_runs_when_its_container_does(void **state) {
        AUTO(error_clear) Error err = { 0 };
        uint64_t attempted, failed;
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(INIT_HOOK("first", ",'timeout':'1m'") "," INIT_HOOK("second", "") "," HOOK(
                                   "check", "")));
        restored(&stage, INIT_POD(BUSY("first")));
        tell(&stage, KUBE_SYNCED, NULL);
        tell(&stage, KUBE_MODIFIED,
             POD("p", "u1",
                 "}," POD_SPEC ",'status':{'initContainerStatuses':[" ENDED(
                         "first", "0") "],'containerStatuses':[" RUNNING("a") "]}}"));
        restore_hooks_wait(stage.hooks);
        CHECK_STR(text(&stage.commands), "p/a:check");
        hook_results_count(stage.results, &attempted, &failed);
        CHECK_INT(attempted, 2); /* not the one that nobody waits for */
        CHECK_INT(failed, 0);
        stage_close(&stage);
}

static void an_interrupt_leaves_an_init_container_to_itself(void **state) {
        Stage stage;

        (void) state;
        stage_open(&stage, SPEC(INIT_HOOK("first", ",'timeout':'1m'")));
        restored(&stage, INIT_POD(BUSY("first")));
        stop_set(stage.stop);
        restore_hooks_wait(stage.hooks);
        check_results(&stage, "init h in first: NotAwaited -1 1 0 the restore was interrupted\n");
        stage_close(&stage);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_end_of_an_init_container_is_its_result),
                cmocka_unit_test(an_annotation_s_timeout_is_waited_for_too),
                cmocka_unit_test(an_exec_hook_of_the_same_pod_runs_when_its_container_does),
                cmocka_unit_test(an_interrupt_leaves_an_init_container_to_itself),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
