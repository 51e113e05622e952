#include "hooks/restore_run.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/mem.h"
#include "hooks/call.h"
#include "hooks/restore_run_private.h"
#include "kube/object.h"

enum {
        TICK_MS = 200,
        STALE_MS = 60 * 1000, /* without news a pod is asked for: an event may have been missed */
        STALE_MAX = 16,       /* a tick */
};

static void end_container(RestoreHooks *hooks, HookContainer *container) NEEDS_LOCK(hooks) {
        const HookPod *pod = container->pod;
        size_t ended = 0;

        container->state = CONTAINER_ENDED;
        hooks->open_containers--;
        for (size_t i = 0; i < pod->len; i++)
                ended += pod->containers[i].state == CONTAINER_ENDED;
        if (ended == pod->len && hooks->options.gauges)
                atomic_fetch_add(&hooks->options.gauges->pods_done, 1);
        cond_broadcast(&hooks->changed);
}

/* The next call has an outcome and no command of ours was run for it. */
static void end_call(RestoreHooks *hooks, HookContainer *container, HookOutcome outcome, Str why)
        NEEDS_LOCK(hooks) {
        HookResult result = hook_result_of(&container->pod->plan, container->calls[container->next]);
        const InitEnd *end = &container->end;

        result.outcome = outcome;
        result.message = why;
        result.start_wall_ms = clock_wall_ms();
        if (container->is_init && end->exit_code >= 0) {
                result.exit_code = end->exit_code;
                result.start_wall_ms = end->start_wall_ms;
                result.duration_ms = end->duration_ms;
        }
        result.attempts = container->is_init ? end->attempts : 0;
        restore_hooks_record(hooks, container->pod, &result);
        hook_container_finish(container, outcome == HOOK_FAILED || outcome == HOOK_TIMED_OUT);
}

void restore_hooks_settle(RestoreHooks *hooks, HookContainer *container) {
        static const HookOutcome outcomes[] = {
                [HOOK_DUE_ENDED_WELL] = HOOK_SUCCEEDED,
                [HOOK_DUE_NEVER_TIMED_OUT] = HOOK_TIMED_OUT,
                [HOOK_DUE_NEVER_FAILED] = HOOK_FAILED,
                [HOOK_DUE_NEVER_STOPPED] = HOOK_NOT_RUN,
        };
        AUTO(arena_clear) Arena arena = { 0 };

        while (container->state == CONTAINER_WAITING) {
                Str why = STR("");
                HookDue due = hook_container_due(container, clock_ms(), &arena, &why);

                if (due == HOOK_DUE_NONE) {
                        end_container(hooks, container);
                } else if (hooks->is_interrupted) {
                        end_call(hooks, container, container->is_init ? HOOK_NOT_AWAITED : HOOK_NOT_RUN,
                                 STR("the restore was interrupted"));
                } else if (due == HOOK_DUE_LATER) {
                        return;
                } else if (due == HOOK_DUE_NOW) {
                        restore_hooks_queue(hooks, container);
                } else {
                        end_call(hooks, container, outcomes[due], why);
                }
        }
}

void restore_hooks_settle_pod(RestoreHooks *hooks, HookPod *pod) {
        for (size_t i = 0; pod->is_ours && i < pod->len; i++)
                restore_hooks_settle(hooks, &pod->containers[i]);
}

/* Mistakes in annotations, and hooks that were left out: each with its reason. */
static void report_plan(RestoreHooks *hooks, const HookPod *pod) {
        AUTO(arena_clear) Arena arena = { 0 };

        for (size_t i = 0; i < pod->faults.len; i++) {
                const Fault *fault = &pod->faults.items[i];
                LogLevel level = fault->level == FAULT_ERROR ? LOG_ERROR : LOG_WARN;
                Str text = str_of(arena_printf(&arena, STR_FMT ": " STR_FMT, STR_ARG(fault->path),
                                               STR_ARG(fault->message)));

                log_line(hooks->options.log, level, FIELDS(FIELD("namespace", pod->plan.namespace)), STR_FMT,
                         STR_ARG(text));
                restore_hooks_problem(hooks, level, pod, text);
        }
        for (size_t i = 0; i < pod->plan.skips_len; i++) {
                const HookSkip *skip = &pod->plan.skips[i];
                AUTO(error_clear) Error err = { 0 };
                Str text = str_of(arena_printf(
                        &arena, "hook " STR_FMT " in pod " STR_FMT "/" STR_FMT " not executed: " STR_FMT,
                        STR_ARG(skip->name), STR_ARG(pod->plan.namespace), STR_ARG(pod->plan.name),
                        STR_ARG(skip->reason)));

                hook_skip_log(hooks->options.log, &pod->plan, skip);
                if (skip->is_fault)
                        restore_hooks_problem(hooks, LOG_ERROR, pod, text);
                if (!hook_results_add_skip(hooks->options.results, &pod->plan, skip, &err))
                        log_error(hooks->options.log, NO_FIELDS, "keep the result of a hook: %s",
                                  err.message);
        }
}

static void report_not_awaited(RestoreHooks *hooks, const HookPod *pod) {
        for (size_t i = 0; i < pod->plan.inits_len; i++) {
                HookResult result = hook_result_of(&pod->plan, &pod->plan.inits[i]);

                if (!result.call->not_awaited)
                        continue;
                result.outcome = HOOK_NOT_AWAITED;
                result.message = str_of(result.call->not_awaited);
                result.is_uncounted = true;
                restore_hooks_record(hooks, pod, &result);
        }
}

void restore_hooks_take_on(RestoreHooks *hooks, HookPod *pod) {
        pod->is_ours = true;
        report_plan(hooks, pod);
        report_not_awaited(hooks, pod);
        hooks->open_containers += pod->len;
        if (pod->len > 0 && hooks->options.gauges)
                atomic_fetch_add(&hooks->options.gauges->pods_total, 1);
        restore_hooks_settle_pod(hooks, pod);
}

void restore_hooks_add_pod(RestoreHooks *hooks, JsonVal *json) {
        mutex_lock(&hooks->lock);
        HookPod *pod = restore_hooks_meet_pod(hooks, json);
        if (pod && !pod->is_ours) {
                HookNamespace *namespace =
                        hooks->options.client ? restore_hooks_namespace(hooks, pod->plan.namespace) : NULL;

                restore_hooks_take_on(hooks, pod);
                if (namespace && namespace->is_over)
                        restore_hooks_strand_pod(hooks, pod, namespace->problem);
        }
        mutex_unlock(&hooks->lock);
}

void restore_hooks_add_controller(RestoreHooks *hooks, JsonVal *json) {
        if (!hook_controller_has_hooks(hooks->options.spec, json))
                return;
        HookController *controller = hook_controller_new(json);

        mutex_lock(&hooks->lock);
        HookNamespace *namespace =
                hooks->options.client ? restore_hooks_namespace(hooks, controller->namespace) : NULL;
        if (namespace && namespace->is_over)
                restore_hooks_strand_controller(hooks, controller, namespace->problem);
        hooks->controllers =
                xrealloc_array(hooks->controllers, hooks->controllers_len + 1, sizeof(HookController *));
        hooks->controllers[hooks->controllers_len++] = controller;
        for (size_t i = 0; i < hooks->pods_len; i++) {
                HookPod *pod = hooks->pods[i];

                if (!pod->is_ours && !pod->is_gone && hook_controller_owns(controller, pod))
                        restore_hooks_take_on(hooks, pod);
        }
        mutex_unlock(&hooks->lock);
}

/* The next pod from number *i on that nothing was heard of for long; its plan lives until hooks_free. */
static HookPod *next_stale(RestoreHooks *hooks, size_t *i) NEEDS_LOCK(hooks) {
        for (; *i < hooks->pods_len; ++*i) {
                HookPod *pod = hooks->pods[*i];
                bool is_open = false;

                for (size_t c = 0; c < pod->len; c++)
                        is_open |= pod->containers[c].state == CONTAINER_WAITING;
                if (pod->is_ours && is_open && clock_ms() - pod->seen_ms >= STALE_MS)
                        return pod;
        }
        return NULL;
}

static void refresh_stale(RestoreHooks *hooks) {
        size_t i = 0;

        for (int count = 0; count < STALE_MAX; count++, i++) {
                AUTO(error_clear) Error err = { 0 };
                AUTO_JSON *doc = NULL;

                mutex_lock(&hooks->lock);
                HookPod *pod = next_stale(hooks, &i);
                mutex_unlock(&hooks->lock);
                if (!pod || !hooks->options.port.get_pod)
                        return;
                bool has = hooks->options.port.get_pod(hooks->options.port.user, pod->plan.namespace,
                                                       pod->plan.name, hooks->ending, &doc, &err);
                mutex_lock(&hooks->lock);
                pod->seen_ms = clock_ms();
                if (has && str_equal(object_uid(yyjson_doc_get_root(doc)), pod->plan.uid))
                        hook_pod_see(pod, yyjson_doc_get_root(doc), clock_ms());
                else if (has || err.code == ERROR_NOT_FOUND)
                        pod->is_gone = true;
                restore_hooks_settle_pod(hooks, pod);
                mutex_unlock(&hooks->lock);
        }
}

static bool tick(RestoreHooks *hooks) {
        bool goes_on = stop_sleep_ms(hooks->options.stop, TICK_MS);

        mutex_lock(&hooks->lock);
        hooks->is_interrupted |= !goes_on; /* first, so that who sees the end of a watch knows why */
        if (!goes_on)
                stop_set(hooks->ending);
        for (size_t i = 0; i < hooks->pods_len; i++)
                restore_hooks_settle_pod(hooks, hooks->pods[i]);
        restore_hooks_expire_controllers(hooks);
        cond_broadcast(&hooks->changed);
        goes_on = goes_on && !hooks->is_closing;
        mutex_unlock(&hooks->lock);
        return goes_on;
}

static void run_clock(void *user) {
        while (tick(user))
                ;
}

/* Apart from the clock, which alone sees an interrupt: the cluster may keep one waiting. */
static void run_looks(void *user) {
        RestoreHooks *hooks = user;

        while (stop_sleep_ms(hooks->ending, TICK_MS)) {
                restore_hooks_look_at_controllers(hooks);
                refresh_stale(hooks);
        }
}

RestoreHooks *restore_hooks_new(const RestoreHooksOptions *options) {
        RestoreHooks *hooks = xnew0(RestoreHooks);

        hooks->options = *options;
        if (!hooks->options.port.exec)
                hooks->options.port = hook_port_kube(options->client);
        if (hooks->options.workers == 0)
                hooks->options.workers = 1;
        hooks->ending = stop_new();
        mutex_init(&hooks->lock);
        cond_init(&hooks->changed);
        hooks->clock = thread_start(run_clock, hooks);
        hooks->looks = thread_start(run_looks, hooks);
        return hooks;
}

static bool is_anything_open(RestoreHooks *hooks) NEEDS_LOCK(hooks) {
        if (hooks->open_containers > 0)
                return true;
        for (size_t i = 0; i < hooks->controllers_len && !hooks->is_interrupted; i++)
                if (!hooks->controllers[i]->is_done)
                        return true;
        return false;
}

void restore_hooks_wait(RestoreHooks *hooks) {
        mutex_lock(&hooks->lock);
        while (is_anything_open(hooks))
                cond_wait(&hooks->changed, &hooks->lock);
        hooks->is_closing = true; /* what a watch tells from now on comes too late for the results */
        cond_broadcast(&hooks->changed);
        mutex_unlock(&hooks->lock);
}

static void join_all(RestoreHooks *hooks) {
        mutex_lock(&hooks->lock);
        hooks->is_closing = true;
        size_t namespaces_len = hooks->namespaces_len;
        unsigned runners_len = hooks->runners_len;
        HookNamespace **namespaces = hooks->namespaces;
        Thread *runners = hooks->runners;
        cond_broadcast(&hooks->changed);
        mutex_unlock(&hooks->lock);

        stop_set(hooks->ending);
        for (size_t i = 0; i < namespaces_len; i++)
                thread_join(namespaces[i]->thread);
        for (unsigned i = 0; i < runners_len; i++)
                thread_join(runners[i]);
        thread_join(hooks->clock);
        thread_join(hooks->looks);
}

void restore_hooks_free(RestoreHooks *hooks) {
        if (!hooks)
                return;
        join_all(hooks);
        mutex_lock(&hooks->lock);
        for (size_t i = 0; i < hooks->namespaces_len; i++) {
                hash_set_free(hooks->namespaces[i]->known);
                free(hooks->namespaces[i]->name);
                free(hooks->namespaces[i]->problem);
                free(hooks->namespaces[i]);
        }
        for (size_t i = 0; i < hooks->pods_len; i++)
                hook_pod_free(hooks->pods[i]);
        for (size_t i = 0; i < hooks->controllers_len; i++)
                hook_controller_free(hooks->controllers[i]);
        for (size_t i = 0; i < hooks->nodes.len; i++)
                free(hooks->nodes.entries[i].value);
        free(hooks->namespaces);
        free(hooks->pods);
        free(hooks->controllers);
        free(hooks->runners);
        str_map_clear(&hooks->by_uid);
        str_map_clear(&hooks->nodes);
        mutex_unlock(&hooks->lock);
        mutex_destroy(&hooks->lock);
        cond_destroy(&hooks->changed);
        stop_free(hooks->ending);
        free(hooks);
}
