/* restore_run_pods.h - pods of a restore and where their hooks stand.
 *
 * No I/O and no threads: what is seen of a pod goes in, what is due comes out.  Whoever calls holds the lock of the
 * RestoreHooks.  The wait of a hook ends when its container is up (running, or ready where it asks for that); what
 * comes before it in the same container, or a lack of workers, does not use it up. */
#pragma once
#include "hooks/plan.h"
#include "hooks/restore_run_look.h"

typedef enum ContainerState {
        CONTAINER_WAITING,
        CONTAINER_QUEUED,
        CONTAINER_BUSY,
        CONTAINER_ENDED
} ContainerState;

typedef struct HookPod HookPod;

typedef struct HookContainer {
        HookPod *pod;
        Str name;
        const HookCall **calls; /* in order */
        size_t len, next;
        ContainerState state;
        bool is_init; /* of a hook: it has one call, its own command */
        bool is_running, is_ready, is_over;
        InitEnd end; /* of an init container */
        char *why;   /* owned; why it is not up, and what to do; NULL: nothing is known yet */
        struct HookContainer *next_queued;
} HookContainer;

struct HookPod {
        Arena arena;
        PodPlan plan;
        Faults faults; /* mistakes in its annotations */
        bool is_ours;  /* created by the restore or by a controller of it; else just seen */
        bool is_gone;
        const HookCall *stopped_by; /* the hook with onError Fail that has failed; NULL: none */
        PodOwner owner;
        int64_t start_ms; /* clock_ms */
        int64_t seen_ms;
        HookContainer *containers;
        size_t len;
};

HookPod *hook_pod_new(const HookSpec *spec, JsonVal *pod, int64_t now_ms);
void hook_pod_free(HookPod *pod);
DEFINE_AUTO(HookPod, hook_pod_free)

void hook_pod_see(HookPod *pod, JsonVal *json, int64_t now_ms);

typedef enum HookDue {
        HOOK_DUE_LATER, /* its container is not up yet */
        HOOK_DUE_NOW,
        HOOK_DUE_ENDED_WELL, /* an init container: nothing is to be run */
        HOOK_DUE_NEVER_TIMED_OUT,
        HOOK_DUE_NEVER_FAILED,  /* the pod or the container has ended */
        HOOK_DUE_NEVER_STOPPED, /* a hook of the pod failed, and no more are to run in it */
        HOOK_DUE_NONE,          /* no call is left */
} HookDue;

/* What is to be done with the container's next call; `ret_why` (in the arena) is set for the NEVERs. */
HookDue hook_container_due(const HookContainer *container, int64_t now_ms, Arena *arena, Str *ret_why);
/* The next call has ended. */
void hook_container_finish(HookContainer *container, bool has_failed);
