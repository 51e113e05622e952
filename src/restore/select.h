/* select.h - which objects of a backup are restored.  Pure.
 *
 * Source: spec/restore-behaviour.md 3.4.  A namespace pattern that matches nothing selects nothing. */
#pragma once
#include "api/restore.h"

typedef struct Selection {
        Strs included_namespaces, excluded_namespaces;
        Strs included_resources, excluded_resources; /* as folder names or patterns */
        Strs status_included, status_excluded;
        bool has_restore_status;
        int include_cluster_resources; /* -1 auto, 0, 1 */
        const LabelSelector *selector, *or_selectors;
        size_t or_selectors_len;
} Selection;

/* How a user's word for a resource is resolved ("deploy" to "deployments.apps"); empty when it is not known. */
typedef Str (*ResourceNamer)(void *user, Str word);

/* Words that nobody knows, and that are no pattern, are kept as they are and also given in `unknown`. */
Selection selection_make(const RestoreSpec *spec, ResourceNamer namer, void *user, Arena *arena,
                         Strs *unknown);

bool selection_has_resource(const Selection *selection, Str resource);
/* By the namespace in the backup; empty for cluster-scoped ones. */
bool selection_has_namespace(const Selection *selection, Str namespace);
/* Nothing but the selectors. */
bool selection_has_labels(const Selection *selection, JsonVal *labels);
bool selection_needs_labels(const Selection *selection);
/* Found through another object (the volume of a claim): the user's exclusions hold, the rest does not. */
bool selection_has_additional(const Selection *selection, Str resource, Str namespace);
/* Whether the status of such objects is restored too; the object's own annotation can say otherwise. */
bool selection_has_status(const Selection *selection, Str resource, JsonVal *annotations);
