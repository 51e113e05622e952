/* policy.h - the resource policy: finer rules for what is kept, from a ConfigMap.
 *
 * Pure.  The text is YAML, `version: v1`, read strictly.  Volume policies are checked and have no effect, as
 * volume data is not stored.  Source: spec/backup-behaviour.md 3.10.  Text is borrowed from the document. */
#pragma once
#include "data/labels.h"
#include "kube/resource.h"

typedef struct KindFilter { /* one element of resourceFilters */
        Strs kinds; /* as written until policy_resolve makes them "deployments.apps"; empty: all others */
        Strs names, excluded_names;
        LabelSelector *selectors; /* any of them; none: all objects */
        size_t selectors_len;
} KindFilter;

typedef struct KindFilters {
        KindFilter *items;
        size_t len;
} KindFilters;

typedef struct NamespacePolicy { /* for these namespaces only what it lists is kept */
        Strs namespaces;
        KindFilters filters;
} NamespacePolicy;

typedef struct Policy {
        bool has_resource_lists;
        Strs included_cluster_scoped, excluded_cluster_scoped;
        Strs included_namespace_scoped, excluded_namespace_scoped;
        KindFilters cluster;
        NamespacePolicy *namespaced;
        size_t namespaced_len;
        size_t volume_policies;
} Policy;

/* The result is usable only when no fault is an error; it lives in the arena of `faults`. */
Policy policy_decode(JsonVal *value, Faults *faults);
/* Turns kinds as people write them into group-resources; adds those that are not served to `ret_unknown`. */
void policy_resolve(Policy *policy, const Discovery *discovery, Arena *arena, Strs *ret_unknown);

typedef enum PolicyVerdict { POLICY_SILENT, POLICY_KEEP, POLICY_DROP } PolicyVerdict;
/* POLICY_SILENT: the backup's own selectors decide.  `namespace` is empty for cluster-scoped objects. */
PolicyVerdict policy_judge(const Policy *policy, Str group_resource, Str namespace, JsonVal *object);
/* Some rule may judge objects one by one, so that a list call can't select for it. */
bool policy_judges_items(const Policy *policy);
