#include "hooks/pod_window.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/mem.h"
#include "data/duration.h"
#include "kube/object.h"

void hook_pool_fail(HookPool *pool, Error *err) {
        mutex_lock(&pool->lock);
        if (pool->failure.code == ERROR_NONE) {
                pool->failure = *err;
                *err = (Error) { 0 };
        }
        mutex_unlock(&pool->lock);
        pool->is_failed = true;
        error_clear(err);
}

bool hook_pool_is_over(const HookPool *pool) {
        return pool->is_failed || stop_is_set(pool->run->stop);
}

static HookCall *copy_calls(const HookCall *calls, size_t len, Arena *arena) {
        HookCall *copy = len ? arena_alloc(arena, len * sizeof *copy) : NULL;

        return len ? memcpy(copy, calls, len * sizeof *copy) : NULL;
}

static HookResult *blank_results(const PodPlan *plan, const HookCall *calls, size_t len, Arena *arena) {
        HookResult *results = len ? arena_alloc(arena, len * sizeof *results) : NULL;

        for (size_t i = 0; i < len; i++)
                results[i] = hook_result_of(plan, &calls[i]);
        return results;
}

void pod_window_open(HookPool *pool, const PodPlan *plan, _Atomic int64_t *freeze_deadline_ms,
                     PodWindow *ret_window) {
        *ret_window = (PodWindow) {
                .pool = pool,
                .plan = *plan,
                .freeze_deadline_ms = freeze_deadline_ms,
                .capture_error = STR(""),
        };
        PodPlan *own = &ret_window->plan;
        Arena *arena = &ret_window->arena;

        own->pre = copy_calls(plan->pre, plan->pre_len, arena);
        own->post = copy_calls(plan->post, plan->post_len, arena);
        ret_window->pre = blank_results(own, own->pre, own->pre_len, arena);
        ret_window->post = blank_results(own, own->post, own->post_len, arena);
}

static void set_rest(HookResult *results, size_t from, size_t len, HookOutcome outcome, Str message) {
        for (size_t i = from; i < len; i++) {
                results[i].outcome = outcome;
                results[i].message = message;
        }
}

static void set_all(PodWindow *window, HookOutcome outcome, Str message) {
        set_rest(window->pre, 0, window->plan.pre_len, outcome, message);
        set_rest(window->post, 0, window->plan.post_len, outcome, message);
}

bool pod_window_read(PodWindow *window, JsonDoc **ret_pod, Error *err) {
        const HookPort *port = &window->pool->run->port;
        AUTO_JSON *doc = NULL;
        JsonVal *pod;

        if (!port->get_pod(port->user, window->plan.namespace, window->plan.name, NULL, &doc, err)) {
                window->is_gone = err->code == ERROR_NOT_FOUND;
                if (window->is_gone)
                        error_clear(err);
                return window->is_gone;
        }
        pod = yyjson_doc_get_root(doc);
        window->is_gone = !str_equal(object_uid(pod), window->plan.uid);
        window->is_ended = hook_pod_has_ended(pod);
        if (ret_pod && !window->is_gone)
                *ret_pod = TAKE(doc);
        return true;
}

Str pod_window_why_not_running(JsonVal *pod, Str container, Arena *arena) {
        JsonVal *state = json_get(hook_container_status(pod, container), "state");
        const char *word = json_get(state, "terminated") ? "terminated" : "waiting";
        Str reason = json_get_str(json_get(state, word), "reason");

        if (!state || json_get(state, "running") || yyjson_obj_size(state) == 0)
                return STR("");
        return str_of(arena_printf(arena, "container \"" STR_FMT "\" is not running (%s%s" STR_FMT ")",
                                   STR_ARG(container), word, reason.len ? ": " : "", STR_ARG(reason)));
}

/* What the plan assumed and what the pod says now. */
static void look_at_containers(PodWindow *window, JsonVal *pod) {
        PodPlan *plan = &window->plan;

        for (size_t i = 0; i < plan->pre_len; i++) {
                plan->pre[i].restarts = hook_container_restarts(pod, plan->pre[i].container);
                window->pre[i].message =
                        pod_window_why_not_running(pod, plan->pre[i].container, &window->arena);
        }
        for (size_t i = 0; i < plan->post_len; i++)
                plan->post[i].restarts = hook_container_restarts(pod, plan->post[i].container);
}

/* False when there is nothing to run here; the results say why. */
static bool is_still_there(PodWindow *window) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;

        if (!pod_window_read(window, &doc, &err)) {
                Str message = str_of(arena_printf(
                        &window->arena, "the pod cannot be read before its hooks: %s", err.message));
                set_all(window, HOOK_NOT_RUN, message);
                if (window->plan.pre_len)
                        window->pre[0].outcome = HOOK_FAILED;
                else
                        window->capture_error = message;
                window->is_failed = true;
                return false;
        }
        if (window->is_gone) {
                set_all(window, HOOK_SKIPPED,
                        STR("the pod is gone, or was replaced by another of the same name"));
                return false;
        }
        if (window->is_ended) {
                Str phase = json_get_str(json_get(yyjson_doc_get_root(doc), "status"), "phase");
                set_all(window, HOOK_SKIPPED,
                        str_of(arena_printf(&window->arena, "the pod has ended (" STR_FMT ")",
                                            STR_ARG(phase))));
                return false;
        }
        look_at_containers(window, yyjson_doc_get_root(doc));
        return true;
}

/* A mistake in the plan that the user wants to fail the pod fails it before it is frozen, not in the middle. */
static bool has_fatal_skip(PodWindow *window) {
        for (size_t i = 0; i < window->plan.skips_len; i++) {
                const HookSkip *skip = &window->plan.skips[i];

                if (!skip->is_fault || skip->phase != HOOK_PRE || skip->on_error != ON_ERROR_FAIL)
                        continue;
                Str message = str_of(arena_printf(&window->arena, "hook \"" STR_FMT "\" cannot run: " STR_FMT,
                                                  STR_ARG(skip->name), STR_ARG(skip->reason)));
                set_all(window, HOOK_NOT_RUN, message);
                return true;
        }
        return false;
}

static void freeze(PodWindow *window) {
        HookRun *run = window->pool->run;
        int64_t now = clock_ms(), unset = 0;

        if (window->freeze_start_ms)
                return;
        window->freeze_start_ms = now;
        if (run->max_freeze_ms > 0)
                atomic_compare_exchange_strong(window->freeze_deadline_ms, &unset, now + run->max_freeze_ms);
        if (run->gauges)
                run->gauges->pods_frozen++;
}

/* How long a call of the pod may take by now; 0 or less: the time is up. */
static int64_t freeze_left_ms(const PodWindow *window) {
        int64_t deadline_ms = *window->freeze_deadline_ms;

        return deadline_ms ? deadline_ms - clock_ms() : INT64_MAX;
}

static Str late_text(PodWindow *window) {
        Str limit = duration_format(window->pool->run->max_freeze_ms, &window->arena);

        return str_of(arena_printf(&window->arena, "the longest freeze allowed (" STR_FMT ") is over",
                                   STR_ARG(limit)));
}

static void sample(const PodWindow *window, const HookResult *result) {
        const Strs *command = &result->call->command;

        limiter_sample(window->pool->limiter, window->plan.node,
                       limiter_command_hash(command->items, command->len), (double) result->duration_ms);
}

static void note_lost_pod(PodWindow *window, HookResult *result) {
        AUTO(error_clear) Error err = { 0 };

        if (pod_window_read(window, NULL, &err) && window->is_gone)
                result->message = STR("the pod was deleted while the hook ran");
}

/* True when the pod's next pre hook may run. */
static bool run_pre(PodWindow *window, size_t i) {
        HookRun *run = window->pool->run;
        HookResult *result = &window->pre[i];
        const HookCall *call = result->call;
        HookEnd end = HOOK_END_FAILED;

        if (result->message.len) { /* its container does not run */
                result->outcome = HOOK_FAILED;
        } else {
                freeze(window);
                int64_t left_ms = freeze_left_ms(window);
                HookAttempt attempt = {
                        .port = &run->port,
                        .pod = &window->plan,
                        .call = call,
                        .stop = run->stop,
                        .timeout_ms = left_ms < call->timeout_ms ? left_ms : call->timeout_ms,
                        .gauges = run->gauges,
                        .arena = &window->arena,
                };
                if (attempt.timeout_ms < 1)
                        attempt.timeout_ms = 1;
                end = hook_call_attempt(&attempt, result);
                if (result->outcome == HOOK_TIMED_OUT && left_ms <= call->timeout_ms) {
                        window->is_late = true;
                        result->message = late_text(window);
                }
        }
        if (end == HOOK_END_DONE) {
                sample(window, result);
                return true;
        }
        if (end == HOOK_END_CANCELED) {
                window->is_failed = true;
                return false;
        }
        note_lost_pod(window, result);
        window->is_failed = call->on_error == ON_ERROR_FAIL;
        return !window->is_failed && !window->is_gone && !window->is_late;
}

static void set_rest_of_pre(PodWindow *window, size_t from) {
        size_t len = window->plan.pre_len;

        if (window->is_gone)
                set_rest(window->pre, from, len, HOOK_SKIPPED, STR("the pod is gone"));
        else if (hook_pool_is_over(window->pool))
                set_rest(window->pre, from, len, HOOK_NOT_RUN, STR("interrupted"));
        else if (window->is_late)
                set_rest(window->pre, from, len, HOOK_NOT_RUN, late_text(window));
        else if (from && from < len)
                set_rest(window->pre, from, len, HOOK_NOT_RUN,
                         str_of(arena_printf(&window->arena, "hook \"" STR_FMT "\" failed before it",
                                             STR_ARG(window->pre[from - 1].call->name))));
}

static bool is_interrupted(PodWindow *window) {
        if (!hook_pool_is_over(window->pool))
                return false;
        window->is_failed = true;
        set_all(window, HOOK_NOT_RUN, STR("interrupted"));
        for (size_t i = 0; i < window->plan.pre_len; i++)
                window->pre[i].is_uncounted = true;
        return true;
}

void pod_window_ready(PodWindow *window) {
        size_t len = window->plan.pre_len;

        if (is_interrupted(window))
                return;
        if (has_fatal_skip(window)) {
                window->is_failed = true;
                return;
        }
        window->is_ready = len + window->plan.post_len > 0 && is_still_there(window) && len > 0;
}

/* A pod of several may wait for its place after it was read: what its containers have been since is not known. */
static void forget_restarts(PodPlan *plan) {
        for (size_t i = 0; i < plan->pre_len; i++)
                plan->pre[i].restarts = -1;
}

static void give_up(PodWindow *window) {
        window->is_ready = false;
        window->is_failed = true;
        set_all(window, HOOK_NOT_RUN, STR("the journal cannot be written"));
}

void pod_windows_journal(PodWindow *windows, size_t len) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_FREE const PodPlan **plans = xcalloc(len + 1, sizeof *plans);
        size_t count = 0;

        for (size_t i = 0; i < len; i++) {
                windows[i].is_journalled = windows[i].is_ready && windows[i].plan.post_len > 0;
                if (!windows[i].is_journalled) /* without a post hook nothing could undo it */
                        continue;
                if (len > 1)
                        forget_restarts(&windows[i].plan);
                plans[count++] = &windows[i].plan;
        }
        if (count == 0 || journal_begin(windows[0].pool->run->journal, plans, count, &err))
                return;
        hook_pool_fail(windows[0].pool, &err);
        for (size_t i = 0; i < len; i++) {
                if (windows[i].is_journalled)
                        give_up(&windows[i]);
                windows[i].is_journalled = false;
        }
}

void pod_window_pre(PodWindow *window) {
        size_t len = window->plan.pre_len, i;

        if (!window->is_ready || is_interrupted(window))
                return;
        for (i = 0; i < len; i++) {
                if (hook_pool_is_over(window->pool)) {
                        window->is_failed = true;
                        break;
                }
                if (i && freeze_left_ms(window) <= 0) {
                        window->is_late = true;
                        break;
                }
                if (!run_pre(window, i)) {
                        i++;
                        break;
                }
        }
        set_rest_of_pre(window, i);
}

void pod_window_capture(PodWindow *window) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;
        HookPool *pool = window->pool;

        if (window->is_failed)
                return;
        if (hook_pool_is_over(pool)) { /* thaw first; what is not captured by now will not be stored */
                window->is_failed = true;
                return;
        }
        if (window->is_gone || pod_window_read(window, &doc, &err)) {
                JsonVal *pod = window->is_gone ? NULL : yyjson_doc_get_root(doc);

                if (pool->capture(pool->capture_user, &window->plan, pod, &err))
                        return;
        }
        window->capture_error = str_of(arena_printf(&window->arena, "%s", err.message));
}
