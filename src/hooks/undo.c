#include "hooks/pod_window.h"
#include "hooks/run.h"

enum { THREADS_MAX = 16 };

typedef struct UndoRun { /* the pods of one dead run */
        HookPool pool;
        const JournalDebt *debt;
        _Atomic size_t next;
        _Atomic unsigned thawed, closed, failed;
} UndoRun;

static bool outlives_restart(const PodPlan *plan) {
        for (size_t i = 0; i < plan->pre_len; i++)
                if (hook_call_outlives_restart(&plan->pre[i]))
                        return true;
        return false;
}

static bool has_restarted(const PodPlan *plan, JsonVal *pod) {
        for (size_t i = 0; i < plan->pre_len; i++) {
                int64_t now = hook_container_restarts(pod, plan->pre[i].container);

                if (plan->pre[i].restarts < 0 || now <= plan->pre[i].restarts)
                        return false;
        }
        return plan->pre_len > 0;
}

static void say(const UndoRun *undo, LogLevel level, const PodPlan *plan, const char *what, Str why) {
        log_line(undo->pool.run->log, level,
                 FIELDS(FIELD("backup", undo->debt->run.backup), FIELD("name", plan->name),
                        FIELD("namespace", plan->namespace), FIELD("reason", why)),
                 "%s", what);
}

static void close_record(UndoRun *undo, const PodPlan *plan, _Atomic unsigned *counter) {
        AUTO(error_clear) Error err = { 0 };

        if (journal_end(undo->pool.run->journal, plan, &err))
                (*counter)++;
        else
                hook_pool_fail(&undo->pool, &err);
}

static Str why_nothing_to_do(const PodWindow *window, const PodPlan *plan, JsonVal *pod) {
        if (window->is_gone)
                return STR("the pod is gone");
        if (window->is_ended)
                return STR("the pod has ended");
        if (has_restarted(plan, pod) && !outlives_restart(plan))
                return STR("its containers were started anew since");
        return STR("");
}

static void undo_pod(UndoRun *undo, const PodPlan *plan) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;
        _Atomic int64_t no_deadline = 0;
        PodWindow window;

        pod_window_open(&undo->pool, plan, &no_deadline, &window);
        window.plan.pre_len = 0; /* they ran in another life: no results of them */
        if (!pod_window_read(&window, &doc, &err)) {
                undo->failed++;
                say(undo, LOG_ERROR, plan, "Pod may still be frozen: it cannot be read", str_of(err.message));
                arena_clear(&window.arena);
                return;
        }
        Str why = why_nothing_to_do(&window, plan, yyjson_doc_get_root(doc));
        if (why.len) {
                say(undo, LOG_INFO, plan, "Nothing to thaw", why);
                close_record(undo, plan, &undo->closed);
                arena_clear(&window.arena);
                return;
        }

        bool is_thawed = pod_window_undo(&window);
        bool is_over = window.is_gone || window.is_ended;
        pod_window_close(&window);
        if (is_thawed) {
                say(undo, LOG_INFO, plan, "Thawed what an earlier run had left frozen",
                    undo->debt->run.backup);
                close_record(undo, plan, &undo->thawed);
        } else if (is_over) {
                close_record(undo, plan, &undo->closed);
        } else {
                undo->failed++;
                say(undo, LOG_ERROR, plan, "Pod may still be frozen", STR("a post hook failed"));
        }
}

static void undo_pods(void *user) {
        UndoRun *undo = user;

        for (size_t i; !hook_pool_is_over(&undo->pool) && (i = undo->next++) < undo->debt->len;) {
                const PodPlan *plan = &undo->debt->pods[i];

                if (!limiter_enter(undo->pool.limiter, plan->node, true, undo->pool.run->stop))
                        return;
                undo_pod(undo, plan);
                limiter_leave(undo->pool.limiter, plan->node, 0, -1);
        }
}

static bool undo_debt(HookRun *run, const JournalDebt *debt, Limiter *limiter, HookUndo *totals, Error *err) {
        AUTO(journal_closep) Journal *journal = NULL;
        HookRun own = *run;
        UndoRun undo = { .pool = { .run = &own, .limiter = limiter }, .debt = debt };

        if (!journal_adopt(debt, &journal, err)) {
                bool is_taken = err->code == ERROR_EXISTS;

                if (is_taken) {
                        log_info(run->log, FIELDS(FIELD("backup", debt->run.backup)), "%s", err->message);
                        error_clear(err);
                }
                return is_taken;
        }
        own.journal = journal;
        mutex_init(&undo.pool.lock);
        if (debt->len > 0)
                thread_run_many(debt->len < THREADS_MAX ? (unsigned) debt->len : THREADS_MAX, undo_pods,
                                &undo);
        totals->thawed += undo.thawed;
        totals->closed += undo.closed;
        totals->failed += undo.failed;

        mutex_lock(&undo.pool.lock);
        Error failure = undo.pool.failure;
        mutex_unlock(&undo.pool.lock);
        mutex_destroy(&undo.pool.lock);
        if (failure.code == ERROR_NONE)
                return stop_check(run->stop, err);
        *err = failure;
        return false;
}

bool hook_undo(HookRun *run, const JournalDebts *debts, Str cluster_uid, HookUndo *ret_undo, Error *err) {
        AUTO(limiter_freep) Limiter *limiter = limiter_new(run->workers);
        HookUndo totals = { 0 };

        for (size_t i = 0; i < debts->len; i++) {
                const JournalDebt *debt = &debts->items[i];

                if (!str_equal(debt->run.cluster_uid, cluster_uid)) {
                        log_info(run->log,
                                 FIELDS(FIELD("backup", debt->run.backup), FIELD("server", debt->run.server)),
                                 "An interrupted backup of another cluster has left %zu pods to thaw there",
                                 debt->len);
                        continue;
                }
                if (!undo_debt(run, debt, limiter, &totals, err))
                        return false;
        }
        *ret_undo = totals;
        return true;
}
