/* filter.h - which namespaces, kinds and objects a backup keeps.
 *
 * Pure: the spec, what discovery says and the names of the namespaces in; answers out.  Names of kinds are
 * resolved once, as kubectl resolves them.  Source: spec/backup-behaviour.md 3.2-3.6, 3.10. */
#pragma once
#include "api/backup.h"
#include "backup/policy.h"

typedef struct Filter {
        Strs namespaces_included,
                namespaces_excluded; /* patterns in the includes are replaced by what they match */
        bool no_namespace;           /* the patterns match nothing */
        bool is_old;
        int include_cluster;                     /* old filters: -1 not set, 0, 1 */
        Strs included, excluded;                 /* old filters */
        Strs cluster_included, cluster_excluded; /* new filters */
        Strs namespaced_included, namespaced_excluded;
        const LabelSelector *selectors; /* any of them; none: all objects */
        size_t selectors_len;
        const Policy *policy; /* or NULL */
        Strs notes;           /* what the user should know: names that mean nothing here */
} Filter;

typedef struct FilterSource {
        const BackupSpec *spec;
        const Policy *policy; /* resolved; or NULL */
        const Discovery *discovery;
        const Strs *namespaces; /* those that exist */
} FilterSource;

Filter filter_resolve(const FilterSource *source, Arena *arena);

bool filter_has_namespace(const Filter *filter, Str namespace);
bool filter_has_all_namespaces(const Filter *filter); /* "*" is included; some may be excluded */

typedef struct FilterKind { /* what the filter needs to know of a kind */
        Str group_resource;
        bool is_namespaced;
} FilterKind;

/* Objects of this kind are looked for. */
bool filter_lists(const Filter *filter, FilterKind kind);
/* Objects of this kind are kept when another object needs them. */
bool filter_allows_related(const Filter *filter, FilterKind kind);
/* By the labels of the object and the rules of the policy, not by kind or namespace. */
bool filter_selects(const Filter *filter, FilterKind kind, JsonVal *object);
/* Nothing but kind and namespace decides, so that a list holds all that is kept. */
bool filter_selects_all(const Filter *filter);
/* Section 3.6: whether the Namespace object is kept; `is_touched`: something in it was collected. */
bool filter_keeps_namespace(const Filter *filter, JsonVal *namespace, bool is_touched);
