/* annotation.h - hooks that a pod asks for itself, in its annotations.
 *
 * Private to the planner.  What is wrong is a warning with the key in its path, and Velero's default is taken:
 * a run must not fail because a pod of someone else has a bad annotation.
 * Source: spec/backup-behaviour.md 1.2, spec/restore-behaviour.md 1.2 and 1.3. */
#pragma once
#include "hooks/plan.h"

typedef struct Annotations {
        JsonVal *map;       /* metadata.annotations; may be absent */
        Str namespace, pod; /* for paths */
        OnError on_error_default;
        Arena *arena;
        Faults *faults;
} Annotations;

typedef struct AnnotationHook {
        Str key; /* of its command (init: of its image); empty: the pod asks for none */
        ExecHook exec;
        Str image, name; /* init only */
} AnnotationHook;

AnnotationHook annotation_hook_pre(const Annotations *annotations);
AnnotationHook annotation_hook_post(const Annotations *annotations);
AnnotationHook annotation_hook_restore(const Annotations *annotations);
AnnotationHook annotation_hook_init(const Annotations *annotations);

/* Warns of keys that look like hook annotations and are none, and of those that have no effect. */
void annotation_check_backup(const Annotations *annotations);
void annotation_check_restore(const Annotations *annotations);
