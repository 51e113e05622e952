#include "hooks/call.h"

#include "base/clock.h"
#include "data/duration.h"
#include "hooks/process_end.h"
#include "kube/exec_status.h"

bool hook_call_outlives_restart(const HookCall *call) {
        for (size_t i = 0; i < call->command.len; i++) {
                Str word = call->command.items[i];

                if (memmem(word.ptr, word.len, "fsfreeze", strlen("fsfreeze")))
                        return true;
        }
        return false;
}

HookResult hook_result_of(const PodPlan *pod, const HookCall *call) {
        return (HookResult) {
                .pod = pod,
                .call = call,
                .outcome = HOOK_NOT_RUN,
                .exit_code = -1,
                .freeze_ms = -1,
                .message = STR(""),
                .process = STR(""),
        };
}

typedef struct Outputs { /* made when there is something to keep: most hooks say nothing */
        Arena *arena;
        HookOutput *out, *err;
} Outputs;

static void keep_output(void *user, ExecStream stream, Str bytes) {
        Outputs *outputs = user;
        HookOutput **output = stream == EXEC_STDOUT ? &outputs->out : &outputs->err;

        if (!*output) {
                *output = arena_alloc(outputs->arena, sizeof **output);
                (*output)->head_len = 0;
                (*output)->total = 0;
        }
        hook_output_add(*output, bytes);
}

/* Was the command kept from the container by something between us and it, which may be there again in a moment? */
static bool is_transport(const ExecResult *result, const HookAttempt *attempt) {
        const char *message = result->message ? result->message : "";
        bool is_kubelet_away =
                strstr(message, "error dialing backend") || strstr(message, "unable to upgrade connection");
        bool is_server_ill = result->http_status == 0 || result->http_status >= 500;

        switch (result->end) {
        case EXEC_BROKEN:
                return true;
        case EXEC_TIMED_OUT: /* before the stream was open */
                return result->connect_ms >= attempt->timeout_ms;
        case EXEC_REFUSED:
                return is_kubelet_away || result->http_status == 429 ||
                       (is_server_ill && !exec_says_not_started(str_of(message)));
        default:
                return false;
        }
}

static HookEnd judge(const ExecResult *exec, const HookAttempt *attempt, HookResult *result) {
        Arena *arena = attempt->arena;
        Str message = arena_copy(arena, str_of(exec->message ? exec->message : "no reason given"));

        result->exit_code = -1;
        result->outcome = HOOK_FAILED;
        result->message = message;
        switch (exec->end) {
        case EXEC_EXITED:
                result->exit_code = exec->exit_code;
                if (exec->exit_code == 0) {
                        result->outcome = HOOK_SUCCEEDED;
                        result->message = STR("");
                        return HOOK_END_DONE;
                }
                result->message =
                        str_of(arena_printf(arena, "command terminated with exit code %d", exec->exit_code));
                return HOOK_END_FAILED;
        case EXEC_TIMED_OUT:
                result->outcome = HOOK_TIMED_OUT;
                result->message = str_of(arena_printf(arena, "timed out after " STR_FMT,
                                                      STR_ARG(duration_format(attempt->timeout_ms, arena))));
                break;
        case EXEC_CANCELED:
                result->message = STR("interrupted");
                return HOOK_END_CANCELED;
        case EXEC_BROKEN:
                result->message = str_of(arena_printf(arena, STR_FMT " (it may have run, wholly or in part)",
                                                      STR_ARG(message)));
                break;
        case EXEC_REFUSED:
                break;
        }
        return is_transport(exec, attempt) ? HOOK_END_LOST : HOOK_END_FAILED;
}

/* Opened, and without a word on how it ended. */
static bool may_still_run(const ExecResult *exec, const HookAttempt *attempt) {
        return exec->end == EXEC_BROKEN || ((exec->end == EXEC_TIMED_OUT || exec->end == EXEC_CANCELED) &&
                                            exec->connect_ms < attempt->timeout_ms);
}

HookEnd hook_call_attempt(const HookAttempt *attempt, HookResult *result) {
        AUTO(exec_result_clear) ExecResult exec = { 0 };
        const HookCall *call = attempt->call;
        Outputs outputs = { .arena = attempt->arena };
        ExecRequest request = {
                .namespace = attempt->pod->namespace,
                .pod = attempt->pod->name,
                .container = call->container,
                .command = call->command,
                .timeout_ms = attempt->timeout_ms,
        };
        int64_t start_ms = clock_ms();

        if (result->attempts++ == 0)
                result->start_wall_ms = clock_wall_ms();
        if (attempt->gauges)
                attempt->gauges->hooks_running++;
        attempt->port->exec(attempt->port->user, &request, keep_output, &outputs, attempt->stop, &exec);
        result->duration_ms = clock_ms() - start_ms;
        if (attempt->gauges)
                attempt->gauges->hooks_running--;

        result->out = outputs.out;
        result->err = outputs.err;
        HookEnd end = judge(&exec, attempt, result);
        result->process = STR("");
        if (may_still_run(&exec, attempt))
                result->process = process_end(
                        &(LateProcess) {
                                .port = attempt->port,
                                .namespace = request.namespace,
                                .pod = request.pod,
                                .container = call->container,
                                .command = call->command,
                                .age_ms = clock_ms() - start_ms,
                        },
                        attempt->arena);
        return end;
}

static Str source_name(HookSource source) {
        return source == HOOK_FROM_ANNOTATION ? STR("annotation") : STR("spec");
}

/* Velero calls the exec hooks of a restore "post". */
static Str phase_name(HookPhase phase) {
        return str_of(hook_phase_name(phase == HOOK_RESTORE_EXEC ? HOOK_POST : phase));
}

static Str type_name(HookPhase phase) {
        return phase == HOOK_RESTORE_INIT ? STR("init") : STR("exec");
}

static void log_error_of(Log *log, const HookResult *result) {
        log_error(log,
                  FIELDS(FIELD("error", result->message), FIELD("hookName", result->call->name),
                         FIELD("hookPhase", phase_name(result->call->phase)),
                         FIELD("hookSource", source_name(result->call->source)),
                         FIELD("hookType", type_name(result->call->phase)),
                         FIELD("namespace", result->pod->namespace), FIELD("pod", result->pod->name)),
                  "Error executing hook");
}

void hook_call_log(Log *log, const HookResult *result) {
        AUTO(arena_clear) Arena arena = { 0 };
        const HookCall *call = result->call;
        Str command = strs_join(&call->command, STR(" "), &arena);
        Str timeout = duration_format(call->timeout_ms, &arena);
        const LogField fields[] = {
                FIELD("hookCommand", str_of(arena_printf(&arena, "[" STR_FMT "]", STR_ARG(command)))),
                FIELD("hookContainer", call->container),
                FIELD("hookName", call->name),
                FIELD("hookOnError", call->on_error == ON_ERROR_CONTINUE ? STR("Continue") : STR("Fail")),
                FIELD("hookPhase", phase_name(call->phase)),
                FIELD("hookSource", source_name(call->source)),
                FIELD("hookTimeout", str_of(arena_printf(&arena, "{" STR_FMT "}", STR_ARG(timeout)))),
                FIELD("hookType", type_name(call->phase)),
                FIELD("namespace", result->pod->namespace),
                FIELD("pod", result->pod->name),
        };
        enum { COUNT = sizeof fields / sizeof *fields };
        Str out = result->out ? hook_output_text(result->out, &arena) : STR("");
        Str err = result->err ? hook_output_text(result->err, &arena) : STR("");

        if (call->phase == HOOK_RESTORE_INIT) {
                if (result->exit_code >= 0)
                        log_info(log, fields, COUNT, "init container has ended: exit code %d",
                                 result->exit_code);
        } else if (result->attempts) {
                log_info(log, fields, COUNT, "running exec hook");
                log_info(log, fields, COUNT, "stdout: " STR_FMT, STR_ARG(out));
                log_info(log, fields, COUNT, "stderr: " STR_FMT, STR_ARG(err));
        }
        if (result->process.len)
                log_info(log, fields, COUNT, "process of the hook: " STR_FMT, STR_ARG(result->process));
        if (result->outcome == HOOK_FAILED || result->outcome == HOOK_TIMED_OUT)
                log_error_of(log, result);
        else if (result->outcome == HOOK_SKIPPED)
                log_info(log, fields, COUNT, "hook is skipped: " STR_FMT, STR_ARG(result->message));
        else if (result->outcome == HOOK_NOT_RUN)
                log_info(log, fields, COUNT, "hook is not run: " STR_FMT, STR_ARG(result->message));
        else if (result->outcome == HOOK_NOT_AWAITED)
                log_info(log, fields, COUNT, "hook is not waited for: " STR_FMT, STR_ARG(result->message));
}

void hook_skip_log(Log *log, const PodPlan *pod, const HookSkip *skip) {
        HookCall call = {
                .name = skip->name,
                .source = skip->source,
                .phase = skip->phase,
                .container = skip->container,
                .command = skip->command,
                .on_error = skip->on_error,
                .timeout_ms = HOOK_TIMEOUT_DEFAULT_MS,
        };
        HookResult result = hook_result_of(pod, &call);

        result.outcome = skip->is_fault ? HOOK_FAILED : HOOK_SKIPPED;
        result.message = skip->reason;
        hook_call_log(log, &result);
}
