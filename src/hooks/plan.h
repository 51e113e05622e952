/* plan.h - which commands run where, in which order, and what is skipped and why.
 *
 * Pure: a pod's JSON and the hooks in, a plan out.  `grapnel hooks plan` and the real run use the same functions.
 * An annotation hook replaces all spec hooks of its pod and phase (spec/backup-behaviour.md 1.2-1.4;
 * spec/restore-behaviour.md 1.2, 1.3).  Native sidecars (init containers with restartPolicy Always) count as
 * containers.  Nothing is dropped without a skip that a user can read.  Plans live in the arena and
 * borrow no pod JSON. */
#pragma once
#include "api/hookspec.h"

typedef enum HookPhase { HOOK_PRE, HOOK_POST, HOOK_RESTORE_INIT, HOOK_RESTORE_EXEC } HookPhase;
const char *hook_phase_name(HookPhase phase); /* "pre", "post", "init", "exec" */

typedef enum HookSource { HOOK_FROM_SPEC, HOOK_FROM_ANNOTATION } HookSource;

typedef struct HookCall {
        Str name; /* "<from-annotation>" for annotations, as Velero */
        HookSource source;
        HookPhase phase;
        size_t index;  /* in the entry's pre, post or postHooks list */
        Str container; /* resolved: never empty */
        Strs command;
        OnError on_error;
        int64_t timeout_ms;
        int64_t wait_timeout_ms;
        bool wait_for_ready;
        int64_t restarts;        /* of its container when the plan was made; -1 when not known */
        const char *not_awaited; /* init: why its end is not waited for; NULL: it is, for timeout_ms */
} HookCall;

typedef struct HookSkip {
        Str name;
        HookSource source;
        HookPhase phase;
        size_t index;
        Str container; /* as written; may be empty */
        Strs command;
        Str reason; /* "the pod has ended (Succeeded)", "annotation pre.hook.backup.velero.io/command overrides it", … */
        bool is_fault;      /* a mistake of the user's (no such container): counts as a failed hook */
        bool is_overridden; /* not a hook of this pod, so not counted as attempted */
        OnError on_error;
} HookSkip;

typedef struct PodPlan {
        Str namespace, name, uid, node;
        Strs volume_claims;   /* names of its PVCs: pods that share one are frozen together */
        HookCall *pre, *post; /* backup */
        size_t pre_len, post_len;
        HookCall *execs, *inits; /* restore; inits: init containers of hooks that the pod has */
        size_t execs_len, inits_len;
        HookSkip *skips;
        size_t skips_len;
} PodPlan;

/* Faults of annotations (unknown keys under the prefixes, bad values) carry the path
 * "pods/NS/NAME: metadata.annotations[KEY]". */
PodPlan hook_plan_backup(const HookSpec *spec, JsonVal *pod, Arena *arena, Faults *faults);
PodPlan hook_plan_restore(const HookSpec *spec, JsonVal *pod, Arena *arena, Faults *faults);

/* It is Succeeded or Failed: nothing runs in it any more. */
bool hook_pod_has_ended(JsonVal *pod);
/* A native sidecar: an init container that does not end. */
bool hook_is_sidecar(JsonVal *container);
/* The status of that container (a native sidecar too); NULL when the pod does not say. */
JsonVal *hook_container_status(JsonVal *pod, Str container);
/* How often that container of the pod (a native sidecar too) was started anew; -1 when the pod does not say. */
int64_t hook_container_restarts(JsonVal *pod, Str container);

/* Puts the init containers of the plan into a pod that is about to be created, first and in order; one that
 * is there already under that name is replaced.  `namespace` is the target's.  Returns how many were put in. */
size_t hook_plan_init(const HookSpec *spec, Str namespace, JsonMutDoc *doc, JsonMutVal *pod, Arena *arena,
                      Faults *faults);

/* Pods that share a volume claim form one group; others are alone.  Order of pods is kept. */
typedef struct PodGroup {
        const PodPlan **pods;
        size_t len;
} PodGroup;
typedef struct PodGroups {
        PodGroup *items;
        size_t len;
} PodGroups;
PodGroups hook_groups(const PodPlan *plans, size_t len, Arena *arena);
