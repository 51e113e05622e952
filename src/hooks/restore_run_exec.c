#include <stdatomic.h>

#include "base/clock.h"
#include "base/mem.h"
#include "data/duration.h"
#include "hooks/restore_run_private.h"

enum { TRIES = 3, TRY_PAUSE_MS = 1000 };

typedef struct Outputs {
        HookOutput out, err;
} Outputs;

static void take_output(void *user, ExecStream stream, Str bytes) {
        Outputs *outputs = user;

        hook_output_add(stream == EXEC_STDOUT ? &outputs->out : &outputs->err, bytes);
}

static Str command_text(const HookCall *call, Arena *arena) {
        return str_of(
                arena_printf(arena, "[" STR_FMT "]", STR_ARG(strs_join(&call->command, STR(" "), arena))));
}

typedef struct CallFields { /* as Velero names them, with the pod and its namespace */
        LogField items[11];
        size_t len;
} CallFields;

static CallFields call_fields(const HookContainer *container, const HookCall *call, Arena *arena) {
        const PodPlan *plan = &container->pod->plan;
        Str pod = str_of(
                arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(plan->namespace), STR_ARG(plan->name)));

        return (CallFields) {
                .items = {
                        FIELD("hookCommand", command_text(call, arena)),
                        FIELD("hookContainer", container->name),
                        FIELD("hookName", call->name),
                        FIELD("hookOnError", call->on_error == ON_ERROR_FAIL ? STR("Fail") : STR("Continue")),
                        FIELD("hookPhase", STR("post")),
                        FIELD("hookSource", call->source == HOOK_FROM_SPEC ? STR("spec") : STR("annotation")),
                        FIELD("hookTimeout", duration_format(call->timeout_ms, arena)),
                        FIELD("hookType", STR("exec")),
                        FIELD("namespace", plan->namespace),
                        FIELD("pod", pod),
                },
                .len = 10,
        };
}

void restore_hooks_problem(RestoreHooks *hooks, LogLevel level, const HookPod *pod, Str message) {
        if (hooks->options.on_problem)
                hooks->options.on_problem(hooks->options.user, level, pod->plan.namespace, message);
}

static bool is_failure(HookOutcome outcome) {
        return outcome == HOOK_FAILED || outcome == HOOK_TIMED_OUT;
}

/* What was executed failed; what was not says so in Velero's words. */
static Str problem_text(const HookContainer *container, const HookResult *result, Arena *arena) {
        const PodPlan *plan = &container->pod->plan;

        return str_of(arena_printf(
                arena,
                "hook " STR_FMT " in container " STR_FMT " in pod " STR_FMT "/" STR_FMT " %s: " STR_FMT,
                STR_ARG(result->call->name), STR_ARG(container->name), STR_ARG(plan->namespace),
                STR_ARG(plan->name), result->attempts > 0 ? "failed" : "not executed",
                STR_ARG(result->message)));
}

void restore_hooks_record(RestoreHooks *hooks, const HookContainer *container, HookResult *result) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        CallFields fields = call_fields(container, result->call, &arena);
        Log *log = hooks->options.log;

        result->pod = &container->pod->plan;
        result->freeze_ms = -1;
        if (result->outcome == HOOK_SUCCEEDED) {
                log_info(log, fields.items, fields.len, "hook succeeded");
        } else {
                Str text = problem_text(container, result, &arena);
                bool is_error = is_failure(result->outcome);

                log_line(log, is_error ? LOG_ERROR : LOG_WARN, fields.items, fields.len, STR_FMT,
                         STR_ARG(text));
                restore_hooks_problem(hooks, is_error ? LOG_ERROR : LOG_WARN, container->pod, text);
        }
        if (!hook_results_add(hooks->options.results, result, &err))
                log_error(log, fields.items, fields.len, "keep the result of a hook: %s", err.message);
}

/* Only what did not start may be tried again: the runtime or the kubelet may just not be ready. */
static bool is_worth_trying_again(const ExecResult *result) {
        return result->end == EXEC_REFUSED && (result->http_status == 0 || result->http_status >= 500);
}

static void execute(RestoreHooks *hooks, const HookContainer *container, const HookCall *call,
                    Outputs *outputs, ExecResult *ret_result, unsigned *ret_attempts) {
        const PodPlan *plan = &container->pod->plan;
        const HookPort *port = &hooks->options.port;
        ExecRequest request = {
                .namespace = plan->namespace,
                .pod = plan->name,
                .container = container->name,
                .command = call->command,
                .timeout_ms = call->timeout_ms,
        };

        for (*ret_attempts = 1;; ++*ret_attempts) {
                port->exec(port->user, &request, take_output, outputs, hooks->ending, ret_result);
                if (!is_worth_trying_again(ret_result) || *ret_attempts == TRIES ||
                    !stop_sleep_ms(hooks->ending, TRY_PAUSE_MS))
                        return;
                exec_result_clear(ret_result);
        }
}

static HookOutcome outcome_of(const ExecResult *result) {
        switch (result->end) {
        case EXEC_EXITED:
                return result->exit_code == 0 ? HOOK_SUCCEEDED : HOOK_FAILED;
        case EXEC_TIMED_OUT:
                return HOOK_TIMED_OUT;
        default:
                return HOOK_FAILED;
        }
}

static void log_output(RestoreHooks *hooks, const CallFields *fields, const Outputs *outputs, Arena *arena) {
        log_info(hooks->options.log, fields->items, fields->len, "stdout: " STR_FMT,
                 STR_ARG(hook_output_text(&outputs->out, arena)));
        log_info(hooks->options.log, fields->items, fields->len, "stderr: " STR_FMT,
                 STR_ARG(hook_output_text(&outputs->err, arena)));
}

/* True when the hook failed. */
static bool run_call(RestoreHooks *hooks, const HookContainer *container, const HookCall *call) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(exec_result_clear) ExecResult end = { 0 };
        AUTO_FREE Outputs *outputs = xnew0(Outputs);
        CallFields fields = call_fields(container, call, &arena);
        HookResult result = { .call = call, .start_wall_ms = clock_wall_ms() };
        int64_t start_ms = clock_ms();

        log_info(hooks->options.log, fields.items, fields.len, "running exec hook");
        if (hooks->options.gauges)
                atomic_fetch_add(&hooks->options.gauges->hooks_running, 1);
        execute(hooks, container, call, outputs, &end, &result.attempts);
        if (hooks->options.gauges)
                atomic_fetch_sub(&hooks->options.gauges->hooks_running, 1);
        result.duration_ms = clock_ms() - start_ms;
        result.outcome = outcome_of(&end);
        result.exit_code = end.end == EXEC_EXITED ? end.exit_code : -1;
        result.message = end.message ? str_of(end.message) : STR("");
        if (end.end == EXEC_TIMED_OUT || end.end == EXEC_CANCELED)
                result.process = STR("may still run");
        result.out = &outputs->out;
        result.err = &outputs->err;
        log_output(hooks, &fields, outputs, &arena);
        restore_hooks_record(hooks, container, &result);
        return result.outcome != HOOK_SUCCEEDED;
}

static HookContainer *take_queued(RestoreHooks *hooks) NEEDS_LOCK(hooks) {
        HookContainer *container = hooks->first_queued;

        if (!container)
                return NULL;
        hooks->first_queued = container->next_queued;
        if (!hooks->first_queued)
                hooks->last_queued = NULL;
        container->state = CONTAINER_BUSY;
        return container;
}

void restore_hooks_run(void *user) {
        RestoreHooks *hooks = user;

        mutex_lock(&hooks->lock);
        while (!hooks->is_closing) {
                HookContainer *container = take_queued(hooks);

                if (!container) {
                        hooks->idle++;
                        cond_wait(&hooks->changed, &hooks->lock);
                        hooks->idle--;
                        continue;
                }
                if (hooks->is_interrupted) {
                        container->state = CONTAINER_WAITING;
                        restore_hooks_settle(hooks, container);
                        continue;
                }
                const HookCall *call = container->calls[container->next];
                mutex_unlock(&hooks->lock);
                bool has_failed = run_call(hooks, container, call);
                mutex_lock(&hooks->lock);
                hook_container_finish(container, has_failed);
                container->state = CONTAINER_WAITING;
                restore_hooks_settle(hooks, container);
        }
        mutex_unlock(&hooks->lock);
}
