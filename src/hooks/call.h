/* call.h - one hook's command: carried out, ended when it is late, and said in the log as Velero says it.
 *
 * Private to the runners of backups and restores. */
#pragma once
#include "hooks/run.h"

typedef struct HookAttempt {
        const HookPort *port;
        const PodPlan *pod;
        const HookCall *call;
        const Stop *stop;   /* NULL: nothing but its deadline ends it */
        int64_t timeout_ms; /* at most call->timeout_ms */
        HookGauges *gauges; /* may be NULL */
        Arena *arena;       /* for the result's texts and output */
} HookAttempt;

typedef enum HookEnd {
        HOOK_END_DONE,     /* exit 0 */
        HOOK_END_FAILED,   /* the command or the container runtime said so, or it was late */
        HOOK_END_LOST,     /* the way to the container is broken: it may have run or not */
        HOOK_END_CANCELED, /* stopped */
} HookEnd;

/* Its freeze stays when the container starts anew: a file system's does, what a process held is let go with it. */
bool hook_call_outlives_restart(const HookCall *call);

/* A result that says nothing yet. */
HookResult hook_result_of(const PodPlan *pod, const HookCall *call);

/* Runs the command once and adds that to the result (attempts, duration, output, …).  What may still be running
 * in the container afterwards is ended. */
HookEnd hook_call_attempt(const HookAttempt *attempt, HookResult *result);

/* "running exec hook", its output, "Error executing hook"; for hooks that were not run: why.  Source:
 * spec/backup-behaviour.md 1.5, with pod and namespace added. */
void hook_call_log(Log *log, const HookResult *result);
/* The same for what the plan left out. */
void hook_skip_log(Log *log, const PodPlan *pod, const HookSkip *skip);
