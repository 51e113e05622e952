/* restore_run_look.h - what a pod's status says of one container: can a command run in it, and if not, why.
 *
 * Pure.  Looks at containers and native sidecars, and at how init containers end. */
#pragma once
#include "data/json.h"

typedef struct ContainerLook {
        bool is_running, is_ready;
        bool is_over; /* it will never run (again) in this pod */
        Str why; /* unless it is ready: "ImagePullBackOff: Back-off pulling image …", "0/1 nodes are available …" */
        const char *advice; /* what to do about it; a literal or NULL */
} ContainerLook;

/* `why` lives in the arena. */
ContainerLook restore_run_look(JsonVal *pod, Str container, Arena *arena);

typedef struct InitEnd {
        bool is_done;  /* it has ended with exit code 0 */
        bool is_over;  /* the pod has ended: it does not start (again) */
        int exit_code; /* of its last end; -1: none yet */
        unsigned attempts;
        int64_t start_wall_ms, duration_ms; /* of what ended last, in whole seconds; 0 when nothing did */
} InitEnd;
typedef struct InitLook {
        InitEnd end;
        Str why; /* unless it is done */
        const char *advice;
} InitLook;

InitLook restore_run_look_init(JsonVal *pod, Str container, Arena *arena);

/* How many pods a controller asks for; -1 when only the cluster knows (a DaemonSet). */
int64_t restore_run_wanted_pods(JsonVal *controller);
/* A pod as the controller would make it, as far as hooks look at one; the document is the caller's. */
JsonDoc *restore_run_template_pod(JsonVal *controller);
/* Who made the pod: "Deployment" and "web" for one of a Deployment's ReplicaSets too.  Empty when nobody. */
typedef struct PodOwner {
        Str kind, name; /* as in ownerReferences */
        Str deployment; /* the owner's owner, where names tell */
} PodOwner;
PodOwner restore_run_owner(JsonVal *pod);
