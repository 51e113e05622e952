/* pod_window.h - one pod between its first pre hook and its last post hook.
 *
 * Private to the runner.  A window goes open → ready → journal → pre → capture → post → close; each step asks what the ones before have
 * found, so the caller takes all of them on every way.  One thread at a time has a window.
 * Between pre and post there is nothing but the execs, one read of the pod, and the capture: texts, results and log
 * lines wait for the close. */
#pragma once
#include "base/thread.h"
#include "hooks/call.h"

typedef struct HookPool { /* what all windows of a run share */
        HookRun *run;
        HookCapture capture;
        void *capture_user;
        Limiter *limiter;
        Mutex lock;
        Error failure GUARDED_BY(&lock); /* what ends the whole run; the first one */
        _Atomic bool is_failed;
} HookPool;

/* No further pod begins; those that have begun are thawed.  Takes the error's message. */
void hook_pool_fail(HookPool *pool, Error *err);
/* Stopped from outside or failed. */
bool hook_pool_is_over(const HookPool *pool);

typedef struct PodWindow {
        HookPool *pool;
        Arena arena;
        PodPlan plan; /* a copy, with what the pod says of its containers just before */
        HookResult *pre, *post;
        _Atomic int64_t *freeze_deadline_ms; /* of its group: set by the first exec, 0 before */
        int64_t freeze_start_ms;             /* 0: no pre hook was started */
        bool is_gone;                        /* deleted, or replaced by another pod of the same name */
        bool is_ended;                       /* Succeeded or Failed by now */
        bool is_failed; /* not to be captured: a pre hook with onError Fail, or the pod cannot be read */
        bool is_late;   /* over max_freeze: thawed before it is captured */
        bool is_ready;  /* read, and its pre hooks are to run */
        bool is_journalled;
        bool is_owed; /* a post hook could not be brought to the pod: the journal keeps it */
        Str capture_error;
} PodWindow;

void pod_window_open(HookPool *pool, const PodPlan *plan, _Atomic int64_t *freeze_deadline_ms,
                     PodWindow *ret_window);
void pod_window_ready(PodWindow *window);
/* One record for all of a group, before the first of them is frozen. */
void pod_windows_journal(PodWindow *windows, size_t len);
void pod_window_pre(PodWindow *window);
void pod_window_capture(PodWindow *window);
void pod_window_post(PodWindow *window);
/* Results, log, memory. */
void pod_window_close(PodWindow *window);

/* For undo: the post hooks of a pod that an earlier run froze.  False when one failed or could not be brought there. */
bool pod_window_undo(PodWindow *window);

/* "container "db" is not running (waiting: CrashLoopBackOff)"; empty when it runs, or when the pod does not say. */
Str pod_window_why_not_running(JsonVal *pod, Str container, Arena *arena);

/* Is this still the pod of that plan, and is it alive?  Fills in is_gone and is_ended; ret_pod may be NULL. */
bool pod_window_read(PodWindow *window, JsonDoc **ret_pod, Error *err) MUST_CHECK;
