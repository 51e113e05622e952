#include "hooks/call.h"

#include "base/mem.h"
#include "check.h"

typedef struct Answer {
        ExecEnd end;
        int exit_code, http_status;
        int64_t connect_ms;
        const char *message;
        unsigned looks; /* for a process that may still run */
} Answer;

static void answer(void *user, const ExecRequest *request, ExecOutput output, void *output_user,
                   const Stop *stop, ExecResult *ret_result) {
        Answer *a = user;

        (void) stop;
        if (str_equal(request->command.items[0], STR("/bin/sh"))) {
                a->looks++;
                output(output_user, EXEC_STDOUT, STR("ended (TERM)\n"));
                *ret_result = (ExecResult) { .end = EXEC_EXITED };
                return;
        }
        *ret_result = (ExecResult) { .end = a->end,
                                     .exit_code = a->exit_code,
                                     .http_status = a->http_status,
                                     .connect_ms = a->connect_ms };
        if (a->message)
                ret_result->message = xasprintf("%s", a->message);
}

static void how_an_exec_ended_decides_what_is_done_about_it(void **state) {
        static const struct {
                Answer answer;
                HookEnd end;
                HookOutcome outcome;
                int exit_code;
                bool is_looked_for;
                const char *message;
        } cases[] = {
                { { EXEC_EXITED, 0, 0, 5, NULL, 0 }, HOOK_END_DONE, HOOK_SUCCEEDED, 0, false, "" },
                { { EXEC_EXITED, 7, 0, 5, "words of the server", 0 },
                  HOOK_END_FAILED,
                  HOOK_FAILED,
                  7,
                  false,
                  "command terminated with exit code 7" },
                { { EXEC_REFUSED, 0, 403, 5, "forbidden", 0 },
                  HOOK_END_FAILED,
                  HOOK_FAILED,
                  -1,
                  false,
                  "forbidden" },
                { { EXEC_REFUSED, 0, 404, 5, "no such pod", 0 },
                  HOOK_END_FAILED,
                  HOOK_FAILED,
                  -1,
                  false,
                  "no such pod" },
                { { EXEC_REFUSED, 0, 429, 5, "slow down", 0 },
                  HOOK_END_LOST,
                  HOOK_FAILED,
                  -1,
                  false,
                  "slow down" },
                { { EXEC_REFUSED, 0, 503, 5, "apiserver is starting", 0 },
                  HOOK_END_LOST,
                  HOOK_FAILED,
                  -1,
                  false,
                  "apiserver is starting" },
                { { EXEC_REFUSED, 0, 500, 5, "error dialing backend: connection refused", 0 },
                  HOOK_END_LOST,
                  HOOK_FAILED,
                  -1,
                  false,
                  "error dialing backend: connection refused" },
                { { EXEC_REFUSED, 0, 0, 5, "connection refused", 0 },
                  HOOK_END_LOST,
                  HOOK_FAILED,
                  -1,
                  false,
                  "connection refused" },
                { { EXEC_REFUSED, 0, 0, 5, "OCI runtime exec failed: executable file not found in $PATH", 0 },
                  HOOK_END_FAILED,
                  HOOK_FAILED,
                  -1,
                  false,
                  "OCI runtime exec failed: executable file not found in $PATH" },
                { { EXEC_TIMED_OUT, 0, 0, 5, NULL, 0 },
                  HOOK_END_FAILED,
                  HOOK_TIMED_OUT,
                  -1,
                  true,
                  "timed out after 1m30s" },
                { { EXEC_TIMED_OUT, 0, 0, 90000, NULL, 0 },
                  HOOK_END_LOST,
                  HOOK_TIMED_OUT,
                  -1,
                  false,
                  "timed out after 1m30s" },
                { { EXEC_CANCELED, 0, 0, 5, NULL, 0 },
                  HOOK_END_CANCELED,
                  HOOK_FAILED,
                  -1,
                  true,
                  "interrupted" },
                { { EXEC_CANCELED, 0, 0, 90000, NULL, 0 },
                  HOOK_END_CANCELED,
                  HOOK_FAILED,
                  -1,
                  false,
                  "interrupted" },
                { { EXEC_BROKEN, 0, 0, 5, "reset", 0 },
                  HOOK_END_LOST,
                  HOOK_FAILED,
                  -1,
                  true,
                  "reset (it may have run, wholly or in part)" },
                { { EXEC_BROKEN, 0, 0, 5, NULL, 0 },
                  HOOK_END_LOST,
                  HOOK_FAILED,
                  -1,
                  true,
                  "no reason given (it may have run, wholly or in part)" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                Answer own = c->answer;
                HookPort port = { .exec = answer, .user = &own };
                Str words[] = { STR("freeze") };
                PodPlan pod = { .namespace = STR("n"), .name = STR("p") };
                HookCall call = { .container = STR("c"),
                                  .command = { .items = words, .len = 1 },
                                  .timeout_ms = 90000 };
                HookResult result = hook_result_of(&pod, &call);
                HookAttempt attempt = {
                        .port = &port, .pod = &pod, .call = &call, .timeout_ms = 90000, .arena = &arena
                };

                CHECK_INT(hook_call_attempt(&attempt, &result), c->end);
                CHECK_INT(result.outcome, c->outcome);
                CHECK_INT(result.exit_code, c->exit_code);
                CHECK_INT(result.attempts, 1);
                CHECK_INT(own.looks, c->is_looked_for);
                CHECK_STR(arena_copy(&arena, result.message).ptr, c->message);
                CHECK_STR(arena_copy(&arena, result.process).ptr, c->is_looked_for ? "ended (TERM)" : "");
        }
}

static void keep_line(void *user, Str line, const LogRecord *record) {
        (void) record;
        buf_add(user, str_skip(line, strlen("time=\"2026-11-22T17:16:34Z\" ")));
}

static void a_hook_is_logged_as_velero_logs_it_with_its_pod(void **state) {
        AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_INFO);
        AUTO(buf_clear) Buf lines = { 0 };
        Str words[] = { STR("/bin/sh"), STR("-c"), STR("exit 3") };
        PodPlan pod = { .namespace = STR("shop"), .name = STR("db-0") };
        HookCall call = {
                .name = STR("<from-annotation>"),
                .source = HOOK_FROM_ANNOTATION,
                .container = STR("db"),
                .command = { .items = words, .len = 3 },
                .timeout_ms = 10000,
        };
        HookResult result = hook_result_of(&pod, &call);

        (void) state;
        log_add_sink(log, keep_line, &lines);
        result.attempts = 1;
        result.outcome = HOOK_FAILED;
        result.message = STR("command terminated with exit code 3");
        hook_call_log(log, &result);
        buf_add_char(&lines, '\0');
#define FIELDS_TEXT                                                                                          \
        "hookCommand=\"[/bin/sh -c exit 3]\" hookContainer=db hookName=\"<from-annotation>\" "               \
        "hookOnError=Fail "                                                                                  \
        "hookPhase=pre hookSource=annotation hookTimeout=\"{10s}\" hookType=exec namespace=shop pod=db-0\n"
        CHECK_STR(lines.ptr,
                  "level=info msg=\"running exec hook\" " FIELDS_TEXT
                  "level=info msg=\"stdout: \" " FIELDS_TEXT "level=info msg=\"stderr: \" " FIELDS_TEXT
                  "level=error msg=\"Error executing hook\" error=\"command terminated with exit code 3\" "
                  "hookName=\"<from-annotation>\" hookPhase=pre hookSource=annotation hookType=exec "
                  "namespace=shop "
                  "pod=db-0\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(how_an_exec_ended_decides_what_is_done_about_it),
                cmocka_unit_test(a_hook_is_logged_as_velero_logs_it_with_its_pod),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
