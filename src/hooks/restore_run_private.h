/* restore_run_private.h - what the files of restore_run share. */
#pragma once
#include "base/hashset.h"
#include "base/map.h"
#include "base/thread.h"
#include "hooks/restore_run.h"
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

typedef struct HookController {
        Arena arena;
        Str kind, namespace, name;
        LabelSelector selector;
        int64_t wanted; /* pods; -1: not known yet */
        HashSet *pods;  /* seen, by UID */
        int64_t deadline_ms;
        int64_t look_ms; /* when to ask the cluster next */
        bool is_done;
        JsonDoc *doc; /* what the selector borrows from */
} HookController;

struct RestoreHooks {
        RestoreHooksOptions options;
        Stop *ending; /* ends watches and execs */
        Thread clock;
        bool has_clock;

        Mutex lock;
        Cond changed;
        HookNamespace **namespaces GUARDED_BY(&lock);
        size_t namespaces_len GUARDED_BY(&lock);
        HookPod **pods GUARDED_BY(&lock);
        size_t pods_len GUARDED_BY(&lock), pods_capacity GUARDED_BY(&lock);
        StrMap by_uid GUARDED_BY(&lock);
        HookController **controllers GUARDED_BY(&lock);
        size_t controllers_len GUARDED_BY(&lock);
        HookContainer *first_queued GUARDED_BY(&lock), *last_queued GUARDED_BY(&lock);
        Thread *runners GUARDED_BY(&lock);
        unsigned runners_len GUARDED_BY(&lock), idle GUARDED_BY(&lock);
        size_t open_containers GUARDED_BY(&lock); /* of our pods, with calls still to come */
        bool is_interrupted GUARDED_BY(&lock);
        bool is_closing GUARDED_BY(&lock);
};

#define NEEDS_LOCK(hooks) THREAD_ANNOTATION(requires_capability((hooks)->lock))

/* Moves the container on as far as it goes without waiting: to the queue of what can run, or past what never will. */
void restore_hooks_settle(RestoreHooks *hooks, HookContainer *container) NEEDS_LOCK(hooks);
/* One thread of those that run commands. */
void restore_hooks_run(void *hooks);

/* A KubeWatchSink: what is heard of a pod in a HookNamespace. */
KubeWatchNext restore_hooks_take_event(void *namespace, KubeEvent event, JsonVal *object);

/* Logs the outcome of the container's next call, and files it. */
void restore_hooks_record(RestoreHooks *hooks, const HookContainer *container, HookResult *result);
void restore_hooks_problem(RestoreHooks *hooks, LogLevel level, const HookPod *pod, Str message);

/* Whether pods that the controller makes would have hooks of the spec. */
bool hook_controller_has_hooks(const HookSpec *spec, JsonVal *controller);
HookController *hook_controller_new(JsonVal *controller);
void hook_controller_free(HookController *controller);
bool hook_controller_owns(const HookController *controller, const HookPod *pod);
/* One more of its pods was seen; it is done when it has as many as it wants. */
void hook_controller_count(HookController *controller, JsonVal *pod);
/* Asks the cluster for the pods of those that are waited for, and how many DaemonSets want. */
void restore_hooks_look_at_controllers(RestoreHooks *hooks);
/* Controllers whose pods did not appear in time. */
void restore_hooks_expire_controllers(RestoreHooks *hooks) NEEDS_LOCK(hooks);
