/* restore_run.h - exec hooks of a restore: wait for containers, run, report.
 *
 * One watch per namespace.  Each hook has its own deadline and its own end: a failing hook of one pod changes
 * nothing for another.  An expired wait is TimedOut and is not executed.  Hooks, of the spec and of annotations, run in
 * pods that the restore created and in those that a restored controller created meanwhile; each pod (by UID) once.
 * Containers are independent of each other; within a container order is kept.
 * Source: spec/restore-behaviour.md 1.3-1.10, with its bugs left out. */
#pragma once
#include "base/log.h"
#include "hooks/result.h"
#include "hooks/run.h"
#include "kube/resource.h"

typedef struct RestoreHooks RestoreHooks;

typedef struct RestoreHooksOptions {
        KubeClient *client;
        HookPort port; /* how commands are run; all NULL: through the client */
        const KubeResource *pods;
        const HookSpec *spec;
        HookResults *results;
        HookGauges *gauges;
        Log *log;
        unsigned workers; /* execs in flight on one node; 64 in all */
        const Stop *stop;
        /* A failure, to be filed under its namespace, or NULL.  From any thread; it must not call back. */
        void (*on_problem)(void *user, LogLevel level, Str namespace, Str message);
        void *user;
} RestoreHooksOptions;

RestoreHooks *restore_hooks_new(const RestoreHooksOptions *options);
void restore_hooks_free(RestoreHooks *hooks); /* ends its threads */
DEFINE_AUTO(RestoreHooks, restore_hooks_free)

/* Before the first object of the namespace is created: starts its watch, notes which pods exist already. */
bool restore_hooks_open_namespace(RestoreHooks *hooks, Str namespace, Error *err) MUST_CHECK;
/* A pod that the restore created, as the API server answered it. */
void restore_hooks_add_pod(RestoreHooks *hooks, JsonVal *pod);
/* A controller that the restore created (Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, …): its pods, as many as it asks
 * for, are waited for up to `HOOK_WAIT_DEFAULT_MS` if pods of its template have hooks. */
void restore_hooks_add_controller(RestoreHooks *hooks, JsonVal *controller);
/* All was created: returns when every planned hook has its outcome, and begins none after that.  Failures are in the
 * results and errors in the log. */
void restore_hooks_wait(RestoreHooks *hooks);
