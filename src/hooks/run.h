/* run.h - carries plans out: pre hooks, the capture, post hooks; and undo.
 *
 * The promise is kept here and nowhere else: once a pod's first pre hook was journalled, its post
 * hooks run on every way out (a failing hook, a failing capture, cancel, a deadline), unhindered by `stop`.
 * Groups run in parallel, pods of a group too, hooks of one pod in order.  Inside the window
 * there is nothing but the exec, one re-read of the pod, and `capture`. */
#pragma once
#include "base/log.h"
#include "hooks/journal.h"
#include "hooks/limiter.h"
#include "hooks/result.h"

/* What the runner needs of the cluster; hook_port_kube is the real one. */
typedef struct HookPort {
        /* A fresh read; ERROR_NOT_FOUND when the pod is gone. */
        bool (*get_pod)(void *user, Str namespace, Str name, const Stop *stop, JsonDoc **ret_pod, Error *err);
        void (*exec)(void *user, const ExecRequest *request, ExecOutput output, void *output_user,
                     const Stop *stop, ExecResult *ret_result);
        void *user;
} HookPort;
HookPort hook_port_kube(KubeClient *client);

/* Numbers for a progress display; written by the run, read by anyone. */
typedef struct HookGauges {
        _Atomic unsigned hooks_running, pods_frozen;
        _Atomic unsigned pods_done, pods_total;
        _Atomic uint64_t freeze_total_ms;
} HookGauges;

typedef struct HookRun {
        HookPort port;
        Journal *journal;
        HookResults *results;
        HookGauges *gauges;
        Log *log;
        unsigned workers;      /* ceiling of execs in flight per node */
        int64_t max_freeze_ms; /* past it a pod is thawed before its capture; 0: none */
        int64_t post_retry_ms; /* how long a post hook is tried that cannot be brought to its pod; 0: 2 minutes */
        const Stop *stop;
} HookRun;

/* What to store of a pod.  Called inside its window, from many threads; `pod` was read after the pre hooks.
 * `pod` is NULL when it is gone.  Keep it short: write to a buffer, nothing else. */
typedef bool (*HookCapture)(void *user, const PodPlan *plan, JsonVal *pod, Error *err);

/* Returns when every group has ended.  Failures are in `results` and in the log; false only for what ends the
 * whole run (the journal can't be written; stopped), after thawing.  A pod whose pre hook failed
 * with onError Fail is not captured. */
bool hook_run_groups(HookRun *run, const PodGroups *groups, HookCapture capture, void *user, Error *err)
        MUST_CHECK;

/* Undoes the debts of dead runs: finds each pod by UID, runs its post hooks, closes the record.  A pod that is gone,
 * or whose container restarted since, is closed with that reason.  Counts what was thawed, closed and still failing. */
typedef struct HookUndo {
        unsigned thawed, closed, failed;
} HookUndo;
bool hook_undo(HookRun *run, const JournalDebts *debts, Str cluster_uid, HookUndo *ret_undo, Error *err)
        MUST_CHECK;
