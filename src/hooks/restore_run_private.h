/* restore_run_private.h - what the files of restore_run share. */
#pragma once
#include "base/map.h"
#include "base/thread.h"
#include "hooks/restore_run.h"
#include "hooks/restore_run_controllers.h"
#include "hooks/restore_run_pods.h"
#include "kube/list.h"

typedef struct HookNamespace {
        RestoreHooks *hooks;
        char *name;
        Thread thread;
        HashSet *known; /* pods that were there before the restore, by UID */
        bool is_synced;
        bool is_over; /* the watch has ended; why is in `problem` */
        char *problem;
} HookNamespace;

typedef struct HookNode { /* whose hooks wait for their turn there, and how many run */
        HookContainer *first_queued, *last_queued;
        size_t queued;
        unsigned running;
} HookNode;

struct RestoreHooks {
        RestoreHooksOptions options;
        Stop *ending; /* ends watches and execs */
        Thread clock, looks;

        Mutex lock;
        Cond changed;
        HookNamespace **namespaces GUARDED_BY(&lock);
        size_t namespaces_len GUARDED_BY(&lock);
        HookPod **pods GUARDED_BY(&lock);
        size_t pods_len GUARDED_BY(&lock), pods_capacity GUARDED_BY(&lock);
        StrMap by_uid GUARDED_BY(&lock);
        HookController **controllers GUARDED_BY(&lock);
        size_t controllers_len GUARDED_BY(&lock);
        StrMap nodes GUARDED_BY(&lock); /* name to HookNode */
        size_t next_node GUARDED_BY(&lock);
        Thread *runners GUARDED_BY(&lock);
        unsigned runners_len GUARDED_BY(&lock), running GUARDED_BY(&lock); /* threads; those in a command */
        size_t open_containers GUARDED_BY(&lock); /* of our pods, with calls still to come */
        bool is_interrupted GUARDED_BY(&lock);
        bool is_closing GUARDED_BY(&lock); /* nothing is begun any more */
};

#define NEEDS_LOCK(hooks) THREAD_ANNOTATION(requires_capability((hooks)->lock))

/* The pod by its UID, planned when it is met first; NULL: there is nothing to do or to say.  Whose it is may turn out later. */
HookPod *restore_hooks_meet_pod(RestoreHooks *hooks, JsonVal *pod) NEEDS_LOCK(hooks);
/* From now on it is one of the restore's: its hooks are run, and what its plan leaves out is told. */
void restore_hooks_take_on(RestoreHooks *hooks, HookPod *pod) NEEDS_LOCK(hooks);
/* Moves the container on as far as it goes without waiting: to the queue of what can run, or past what never will. */
void restore_hooks_settle(RestoreHooks *hooks, HookContainer *container) NEEDS_LOCK(hooks);
void restore_hooks_settle_pod(RestoreHooks *hooks, HookPod *pod) NEEDS_LOCK(hooks);
/* Its next call runs when the container's node has a place; nodes take turns. */
void restore_hooks_queue(RestoreHooks *hooks, HookContainer *container) NEEDS_LOCK(hooks);
/* One thread of those that run commands. */
void restore_hooks_run(void *hooks);

/* Its watch is started with the first call. */
HookNamespace *restore_hooks_namespace(RestoreHooks *hooks, Str name) NEEDS_LOCK(hooks);
/* A KubeWatchSink: what is heard of a pod in a HookNamespace. */
KubeWatchNext restore_hooks_take_event(void *namespace, KubeEvent event, JsonVal *object);
/* A pod as it is (`is_news`), or as a list has it, which may be older than what is known. */
void restore_hooks_see_pod(RestoreHooks *hooks, const HookNamespace *namespace, JsonVal *pod, bool is_news)
        NEEDS_LOCK(hooks);
/* Nothing will be heard of the pod, or of those that the controller makes: what waits in it waits in vain. */
void restore_hooks_strand_pod(RestoreHooks *hooks, HookPod *pod, const char *problem) NEEDS_LOCK(hooks);
void restore_hooks_strand_controller(RestoreHooks *hooks, HookController *controller, const char *problem)
        NEEDS_LOCK(hooks);

/* Logs the outcome of one of the pod's calls, and files it. */
void restore_hooks_record(RestoreHooks *hooks, const HookPod *pod, HookResult *result);
void restore_hooks_problem(RestoreHooks *hooks, LogLevel level, const HookPod *pod, Str message);

/* Asks the cluster for the pods of those that are waited for, and how many DaemonSets want. */
void restore_hooks_look_at_controllers(RestoreHooks *hooks);
/* Controllers whose pods did not appear in time. */
void restore_hooks_expire_controllers(RestoreHooks *hooks) NEEDS_LOCK(hooks);
