#include "base/clock.h"
#include "hooks/pod_window.h"

enum {
        UNDO_ATTEMPTS = 3,
        LOST_RETRY_MS =
                120 * 1000, /* as long as an API server or a node's kubelet may be away for a restart */
        PAUSE_FIRST_MS = 250,
        PAUSE_MAX_MS = 5000,
};

typedef struct Thaw { /* one post hook and its attempts */
        PodWindow *window;
        HookResult *result;
        int64_t give_up_ms;
        int64_t pause_ms;
} Thaw;

static void set_posts(PodWindow *window, size_t from, HookOutcome outcome, Str message) {
        for (size_t i = from; i < window->plan.post_len; i++) {
                window->post[i].outcome = outcome;
                window->post[i].message = message;
        }
}

/* Says whether there is still something to thaw; an API server that does not answer says nothing. */
static bool can_be_thawed(Thaw *thaw) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;
        PodWindow *window = thaw->window;

        if (!pod_window_read(window, &doc, &err))
                return true;
        if (window->is_gone || window->is_ended)
                return false;
        Str why = pod_window_why_not_running(yyjson_doc_get_root(doc), thaw->result->call->container,
                                             &window->arena);
        if (why.len)
                thaw->result->message = why;
        return why.len == 0;
}

static Str gone_text(const PodWindow *window) {
        return window->is_gone ? STR("the pod is gone") : STR("the pod has ended");
}

/* A hook that failed as an undo is tried again, since its application may be frozen; one that ran in the course of things
 * is not, as in Velero.  One that could not be brought to the pod is always tried again. */
static bool is_worth_another(const Thaw *thaw, HookEnd end) {
        if (end == HOOK_END_LOST)
                return clock_ms() + thaw->pause_ms < thaw->give_up_ms;
        return thaw->result->is_undo && thaw->result->attempts < UNDO_ATTEMPTS;
}

/* Not to be hindered by `stop`: only its own deadline ends an attempt. */
static HookEnd thaw_with(Thaw *thaw) {
        PodWindow *window = thaw->window;
        HookAttempt attempt = {
                .port = &window->pool->run->port,
                .pod = &window->plan,
                .call = thaw->result->call,
                .timeout_ms = thaw->result->call->timeout_ms,
                .gauges = window->pool->run->gauges,
                .arena = &window->arena,
        };

        for (;;) {
                HookEnd end = hook_call_attempt(&attempt, thaw->result);

                if (end == HOOK_END_DONE || !can_be_thawed(thaw))
                        return end == HOOK_END_DONE ? end : HOOK_END_FAILED;
                if (!is_worth_another(thaw, end))
                        return end;
                (void) !stop_sleep_ms(NULL, thaw->pause_ms);
                thaw->pause_ms = thaw->pause_ms * 2 < PAUSE_MAX_MS ? thaw->pause_ms * 2 : PAUSE_MAX_MS;
        }
}

static void finish(PodWindow *window, HookResult *result, HookEnd end) {
        const Strs *command = &result->call->command;

        if (window->freeze_start_ms)
                result->freeze_ms = clock_ms() - window->freeze_start_ms;
        if (end == HOOK_END_DONE) {
                limiter_sample(window->pool->limiter, window->plan.node,
                               limiter_command_hash(command->items, command->len),
                               (double) result->duration_ms);
                return;
        }
        if (window->is_gone || window->is_ended) {
                result->outcome = HOOK_SKIPPED;
                result->message = gone_text(window);
                return;
        }
        if (end != HOOK_END_LOST || !window->is_journalled)
                return;
        window->is_owed = true;
        result->message = str_of(arena_printf(&window->arena, STR_FMT "; `grapnel hooks undo` will finish it",
                                              STR_ARG(result->message)));
}

/* All of them, also after one that failed: the next may be the one that thaws. */
static bool run_posts(PodWindow *window, bool is_undo) {
        bool is_clean = true;

        for (size_t i = 0; i < window->plan.post_len; i++) {
                int64_t retry_ms = window->pool->run->post_retry_ms;
                Thaw thaw = {
                        .window = window,
                        .result = &window->post[i],
                        .give_up_ms = clock_ms() + (retry_ms ? retry_ms : LOST_RETRY_MS),
                        .pause_ms = PAUSE_FIRST_MS,
                };

                if (window->is_gone || window->is_ended) {
                        set_posts(window, i, HOOK_SKIPPED, gone_text(window));
                        break;
                }
                thaw.result->is_undo = is_undo;
                HookEnd end = thaw_with(&thaw);
                finish(window, thaw.result, end);
                is_clean = is_clean && (end == HOOK_END_DONE || window->is_gone || window->is_ended);
        }
        return is_clean;
}

static void end_journal(PodWindow *window) {
        AUTO(error_clear) Error err = { 0 };

        if (!window->is_journalled || window->is_owed)
                return;
        if (!journal_end(window->pool->run->journal, &window->plan, &err))
                hook_pool_fail(window->pool, &err);
}

static void thaw_gauges(const PodWindow *window) {
        HookGauges *gauges = window->pool->run->gauges;

        if (!gauges || !window->freeze_start_ms)
                return;
        gauges->pods_frozen--;
        gauges->freeze_total_ms += (uint64_t) (clock_ms() - window->freeze_start_ms);
}

void pod_window_post(PodWindow *window) {
        bool was_touched = window->freeze_start_ms != 0;
        bool is_undo = window->is_failed || window->is_late || window->capture_error.len ||
                       hook_pool_is_over(window->pool);

        if (window->is_gone) {
                set_posts(window, 0, HOOK_SKIPPED, STR("the pod is gone"));
        } else if (was_touched || !window->is_failed) {
                (void) run_posts(window, is_undo);
        } else {
                for (size_t i = 0; i < window->plan.post_len; i++) {
                        window->post[i].is_uncounted = true; /* Velero does not count them either */
                        if (window->post[i].message.len == 0)
                                window->post[i].message = STR("its pre hooks did not begin");
                }
        }
        end_journal(window);
        thaw_gauges(window);
}

bool pod_window_undo(PodWindow *window) {
        return run_posts(window, true) && !window->is_gone && !window->is_ended;
}

static void log_end(const PodWindow *window, const char *phase, Str error) {
        log_error(window->pool->run->log,
                  FIELDS(FIELD("error", error), FIELD("name", window->plan.name),
                         FIELD("namespace", window->plan.namespace)),
                  "Error running %s hooks for pod", phase);
}

static void report(PodWindow *window, const HookResult *results, size_t len) {
        HookRun *run = window->pool->run;

        for (size_t i = 0; i < len; i++) {
                AUTO(error_clear) Error err = { 0 };

                hook_call_log(run->log, &results[i]);
                if (run->results && !hook_results_add(run->results, &results[i], &err))
                        hook_pool_fail(window->pool, &err);
                /* Velero's second line, which says that the pod is not stored */
                if (results[i].call->on_error == ON_ERROR_FAIL &&
                    (results[i].outcome == HOOK_FAILED || results[i].outcome == HOOK_TIMED_OUT))
                        log_end(window, hook_phase_name(results[i].call->phase), results[i].message);
        }
}

static void report_skips(PodWindow *window, HookPhase phase) {
        HookRun *run = window->pool->run;

        for (size_t i = 0; i < window->plan.skips_len; i++) {
                const HookSkip *skip = &window->plan.skips[i];
                AUTO(error_clear) Error err = { 0 };

                if (skip->phase != phase)
                        continue;
                hook_skip_log(run->log, &window->plan, skip);
                if (run->results && !hook_results_add_skip(run->results, &window->plan, skip, &err))
                        hook_pool_fail(window->pool, &err);
                if (skip->is_fault && skip->on_error == ON_ERROR_FAIL)
                        log_end(window, hook_phase_name(phase), skip->reason);
        }
}

static void report_pod(const PodWindow *window) {
        Log *log = window->pool->run->log;

        if (window->is_late)
                log_error(
                        log,
                        FIELDS(FIELD("name", window->plan.name), FIELD("namespace", window->plan.namespace)),
                        "Pod was thawed before it was backed up, because its freeze was over the limit: its "
                        "data may "
                        "not be consistent");
        if (window->capture_error.len)
                log_error(log,
                          FIELDS(FIELD("error", window->capture_error), FIELD("name", window->plan.name),
                                 FIELD("namespace", window->plan.namespace), FIELD("resource", STR("pods"))),
                          "Error backing up item");
        if (window->is_owed)
                log_error(
                        log,
                        FIELDS(FIELD("name", window->plan.name), FIELD("namespace", window->plan.namespace)),
                        "Pod may still be frozen: run `grapnel hooks undo`");
}

void pod_window_close(PodWindow *window) {
        HookGauges *gauges = window->pool->run->gauges;

        report_skips(window, HOOK_PRE);
        report(window, window->pre, window->plan.pre_len);
        report_skips(window, HOOK_POST);
        report(window, window->post, window->plan.post_len);
        report_pod(window);
        arena_clear(&window->arena);
        if (gauges)
                gauges->pods_done++;
}
