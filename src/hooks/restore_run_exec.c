#include "base/clock.h"
#include "base/mem.h"
#include "hooks/call.h"
#include "hooks/restore_run_private.h"

enum { RUNNERS_MAX = 64, TRIES = 3, TRY_PAUSE_MS = 1000 };

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

void restore_hooks_record(RestoreHooks *hooks, const HookPod *pod, HookResult *result) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };

        hook_call_log(hooks->options.log, result);
        if (result->outcome != HOOK_SUCCEEDED && result->outcome != HOOK_NOT_AWAITED)
                restore_hooks_problem(hooks, is_failure(result->outcome) ? LOG_ERROR : LOG_WARN, pod,
                                      problem_text(result, &arena));
        if (!hook_results_add(hooks->options.results, result, &err))
                log_error(hooks->options.log, NO_FIELDS, "keep the result of a hook: %s", err.message);
}

/* A kubelet or a runtime that is not quite there yet: the command did not start, so it can be tried again. */
static bool is_worth_trying_again(HookEnd end, const HookResult *result) {
        return end == HOOK_END_LOST && result->outcome != HOOK_TIMED_OUT && result->process.len == 0;
}

/* Maybe to make room for another of its name, which is none of this hook's business. */
static bool is_gone(RestoreHooks *hooks, const HookPod *pod) {
        mutex_lock(&hooks->lock);
        bool gone = pod->is_gone;
        mutex_unlock(&hooks->lock);
        return gone;
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
                    !stop_sleep_ms(hooks->ending, TRY_PAUSE_MS) || is_gone(hooks, container->pod))
                        break;
        }
        restore_hooks_record(hooks, container->pod, &result);
        return result.outcome != HOOK_SUCCEEDED;
}

static size_t places(const RestoreHooks *hooks, const HookNode *node) {
        return node->running < hooks->options.workers ? hooks->options.workers - node->running : 0;
}

/* How many of those that wait could run now. */
static size_t count_startable(const RestoreHooks *hooks) NEEDS_LOCK(hooks) {
        size_t count = 0;

        for (size_t i = 0; i < hooks->nodes.len; i++) {
                const HookNode *node = hooks->nodes.entries[i].value;
                size_t free_places = places(hooks, node);

                count += node->queued < free_places ? node->queued : free_places;
        }
        return count;
}

void restore_hooks_queue(RestoreHooks *hooks, HookContainer *container) {
        Str name = container->pod->plan.node; /* lives as long as the map */
        HookNode *node = str_map_get(&hooks->nodes, name);

        if (!node) {
                node = xnew0(HookNode);
                str_map_put(&hooks->nodes, name, node);
        }
        container->state = CONTAINER_QUEUED;
        container->next_queued = NULL;
        if (node->last_queued)
                node->last_queued->next_queued = container;
        else
                node->first_queued = container;
        node->last_queued = container;
        node->queued++;
        if (count_startable(hooks) > hooks->runners_len - hooks->running &&
            hooks->runners_len < RUNNERS_MAX && !hooks->is_closing) {
                hooks->runners =
                        xrealloc_array(hooks->runners, hooks->runners_len + 1, sizeof(*hooks->runners));
                hooks->runners[hooks->runners_len++] = thread_start(restore_hooks_run, hooks);
        }
        cond_broadcast(&hooks->changed);
}

static HookContainer *take_queued(RestoreHooks *hooks, HookNode **ret_node) NEEDS_LOCK(hooks) {
        for (size_t i = 0; i < hooks->nodes.len; i++) {
                HookNode *node = hooks->nodes.entries[hooks->next_node++ % hooks->nodes.len].value;
                HookContainer *container = node->first_queued;

                if (!container || places(hooks, node) == 0)
                        continue;
                node->first_queued = container->next_queued;
                if (!node->first_queued)
                        node->last_queued = NULL;
                node->queued--;
                container->state = CONTAINER_BUSY;
                *ret_node = node;
                return container;
        }
        return NULL;
}

/* Much may have become of the pod since the container was queued. */
static bool is_still_due(const HookContainer *container) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str why = STR("");

        return hook_container_due(container, clock_ms(), &arena, &why) == HOOK_DUE_NOW;
}

static void run_next_call(RestoreHooks *hooks, HookContainer *container, HookNode *node) NEEDS_LOCK(hooks) {
        const HookCall *call = container->calls[container->next];

        node->running++;
        hooks->running++;
        mutex_unlock(&hooks->lock);
        bool has_failed = run_call(hooks, container, call);
        mutex_lock(&hooks->lock);
        node->running--;
        hooks->running--;
        hook_container_finish(container, has_failed);
        cond_broadcast(&hooks->changed);
}

void restore_hooks_run(void *user) {
        RestoreHooks *hooks = user;

        mutex_lock(&hooks->lock);
        while (!hooks->is_closing) {
                HookNode *node = NULL;
                HookContainer *container = take_queued(hooks, &node);

                if (!container) {
                        cond_wait(&hooks->changed, &hooks->lock);
                        continue;
                }
                if (!hooks->is_interrupted && is_still_due(container))
                        run_next_call(hooks, container, node);
                container->state = CONTAINER_WAITING;
                restore_hooks_settle_pod(hooks, container->pod);
        }
        mutex_unlock(&hooks->lock);
}
