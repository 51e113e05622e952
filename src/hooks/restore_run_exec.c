#include "base/clock.h"
#include "hooks/call.h"
#include "hooks/restore_run_private.h"

enum { TRIES = 3, TRY_PAUSE_MS = 1000 };

void restore_hooks_problem(RestoreHooks *hooks, LogLevel level, const HookPod *pod, Str message) {
        if (hooks->options.on_problem)
                hooks->options.on_problem(hooks->options.user, level, pod->plan.namespace, message);
}

static bool is_failure(HookOutcome outcome) {
        return outcome == HOOK_FAILED || outcome == HOOK_TIMED_OUT;
}

/* Velero's words for what was not executed. */
static Str problem_text(const HookResult *result, Arena *arena) {
        return str_of(arena_printf(
                arena,
                "hook " STR_FMT " in container " STR_FMT " in pod " STR_FMT "/" STR_FMT " %s: " STR_FMT,
                STR_ARG(result->call->name), STR_ARG(result->call->container),
                STR_ARG(result->pod->namespace), STR_ARG(result->pod->name),
                result->attempts > 0 ? "failed" : "not executed", STR_ARG(result->message)));
}

void restore_hooks_record(RestoreHooks *hooks, const HookContainer *container, HookResult *result) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };

        hook_call_log(hooks->options.log, result);
        if (result->outcome != HOOK_SUCCEEDED)
                restore_hooks_problem(hooks, is_failure(result->outcome) ? LOG_ERROR : LOG_WARN,
                                      container->pod, problem_text(result, &arena));
        if (!hook_results_add(hooks->options.results, result, &err))
                log_error(hooks->options.log, NO_FIELDS, "keep the result of a hook: %s", err.message);
}

/* A kubelet or a runtime that is not quite there yet: the command did not start, so it can be tried again. */
static bool is_worth_trying_again(HookEnd end, const HookResult *result) {
        return end == HOOK_END_LOST && result->outcome != HOOK_TIMED_OUT && result->process.len == 0;
}

/* True when the hook failed. */
static bool run_call(RestoreHooks *hooks, const HookContainer *container, const HookCall *call) {
        AUTO(arena_clear) Arena arena = { 0 };
        HookResult result = hook_result_of(&container->pod->plan, call);
        const HookAttempt attempt = {
                .port = &hooks->options.port,
                .pod = &container->pod->plan,
                .call = call,
                .stop = hooks->ending,
                .timeout_ms = call->timeout_ms,
                .gauges = hooks->options.gauges,
                .arena = &arena,
        };

        for (int i = 1;; i++) {
                HookEnd end = hook_call_attempt(&attempt, &result);

                if (i == TRIES || !is_worth_trying_again(end, &result) ||
                    !stop_sleep_ms(hooks->ending, TRY_PAUSE_MS))
                        break;
        }
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
                if (!hooks->is_interrupted) {
                        const HookCall *call = container->calls[container->next];

                        mutex_unlock(&hooks->lock);
                        bool has_failed = run_call(hooks, container, call);
                        mutex_lock(&hooks->lock);
                        hook_container_finish(container, has_failed);
                }
                container->state = CONTAINER_WAITING;
                restore_hooks_settle(hooks, container);
        }
        mutex_unlock(&hooks->lock);
}
