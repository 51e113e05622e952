/* restore_run_controllers.h - controllers that a restore created, and which pods are theirs.
 *
 * No I/O and no threads; whoever calls holds the lock of the RestoreHooks. */
#pragma once
#include "base/hashset.h"
#include "data/labels.h"
#include "hooks/restore_run_pods.h"

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

/* Whether pods that the controller makes would have hooks, of the spec or of its template's annotations. */
bool hook_controller_has_hooks(const HookSpec *spec, JsonVal *controller);
HookController *hook_controller_new(JsonVal *controller);
void hook_controller_free(HookController *controller);
bool hook_controller_owns(const HookController *controller, const HookPod *pod);
/* A pod was seen; when it is one of the controller's and stays, there is one more.  It is done when it has as many as it
 * wants.  One that `was_before` the restore counts only when nobody owns it: it may be adopted. */
void hook_controller_count(HookController *controller, JsonVal *pod, bool was_before);
