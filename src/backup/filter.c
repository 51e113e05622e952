#include "backup/filter.h"

#include "api/backup_spec.h"
#include "data/glob.h"
#include "kube/object.h"

typedef enum Scope { SCOPE_ANY, SCOPE_CLUSTER, SCOPE_NAMESPACED } Scope;

typedef struct Resolver {
        const Discovery *discovery;
        Arena *arena;
        Strs *notes;
} Resolver;

/* Kinds that decoding adds to the excludes of every backup: that they are not served is no news. */
static bool is_always_excluded(Str name) {
        return str_equal(name, STR("volumesnapshots.snapshot.storage.k8s.io")) ||
               str_equal(name, STR("volumesnapshotcontents.snapshot.storage.k8s.io"));
}

static void resolve_name(const Resolver *resolver, Str name, Scope scope, Strs *into) {
        const KubeResource *resource = discovery_find(resolver->discovery, name);
        Scope actual;

        if (!resource) {
                /* Kept as text: it may be a pattern such as "*.example.com". */
                strs_add(into, resolver->arena, name);
                if (!glob_has_wildcard(name) && !is_always_excluded(name))
                        strs_add(resolver->notes, resolver->arena,
                                 str_of(arena_printf(resolver->arena,
                                                     "the cluster serves no resource called \"" STR_FMT "\"",
                                                     STR_ARG(name))));
                return;
        }
        actual = resource->is_namespaced ? SCOPE_NAMESPACED : SCOPE_CLUSTER;
        if (scope == SCOPE_ANY || scope == actual)
                strs_add(into, resolver->arena, kube_resource_group_resource(resource, resolver->arena));
        else
                strs_add(resolver->notes, resolver->arena,
                         str_of(arena_printf(resolver->arena,
                                             "\"" STR_FMT "\" has no effect among the %s resources: it is %s",
                                             STR_ARG(name),
                                             scope == SCOPE_CLUSTER ? "cluster-scoped" : "namespace-scoped",
                                             resource->is_namespaced ? "namespaced" : "cluster-scoped")));
}

static Strs resolve(const Resolver *resolver, const Strs *names, Scope scope) {
        Strs resolved = { 0 };

        for (size_t i = 0; i < names->len; i++) {
                if (str_equal(names->items[i], STR("*")))
                        strs_add(&resolved, resolver->arena, names->items[i]);
                else
                        resolve_name(resolver, names->items[i], scope, &resolved);
        }
        return resolved;
}

/* The policy adds to a list what the backup's own lists do not decide the other way already. */
static Strs merge(const Strs *own, const Strs *others, const Strs *against, Arena *arena) {
        Strs merged = { 0 };

        for (size_t i = 0; i < own->len; i++)
                strs_add(&merged, arena, own->items[i]);
        for (size_t i = 0; i < others->len; i++)
                if (!strs_has(against, others->items[i]) && !strs_has(&merged, others->items[i]))
                        strs_add(&merged, arena, others->items[i]);
        return merged;
}

static void resolve_new(const Resolver *resolver, const BackupSpec *spec, const Policy *policy,
                        Filter *filter) {
        filter->cluster_included = resolve(resolver, &spec->included_cluster_scoped, SCOPE_CLUSTER);
        filter->cluster_excluded = resolve(resolver, &spec->excluded_cluster_scoped, SCOPE_CLUSTER);
        filter->namespaced_included = resolve(resolver, &spec->included_namespace_scoped, SCOPE_NAMESPACED);
        filter->namespaced_excluded = resolve(resolver, &spec->excluded_namespace_scoped, SCOPE_NAMESPACED);
        if (!policy || !policy->has_resource_lists)
                return;
        Strs cluster_in = resolve(resolver, &policy->included_cluster_scoped, SCOPE_CLUSTER);
        Strs cluster_out = resolve(resolver, &policy->excluded_cluster_scoped, SCOPE_CLUSTER);
        Strs namespaced_in = resolve(resolver, &policy->included_namespace_scoped, SCOPE_NAMESPACED);
        Strs namespaced_out = resolve(resolver, &policy->excluded_namespace_scoped, SCOPE_NAMESPACED);
        Filter own = *filter;

        filter->cluster_included =
                merge(&own.cluster_included, &cluster_in, &own.cluster_excluded, resolver->arena);
        filter->cluster_excluded =
                merge(&own.cluster_excluded, &cluster_out, &own.cluster_included, resolver->arena);
        filter->namespaced_included =
                merge(&own.namespaced_included, &namespaced_in, &own.namespaced_excluded, resolver->arena);
        filter->namespaced_excluded =
                merge(&own.namespaced_excluded, &namespaced_out, &own.namespaced_included, resolver->arena);
}

static bool has_patterns(const Strs *names) {
        for (size_t i = 0; i < names->len; i++)
                if (glob_has_wildcard(names->items[i]))
                        return true;
        return false;
}

/* Patterns are looked up once, at the start; plain names stay although they may not exist (3.3). */
static void expand_namespaces(const FilterSource *source, Arena *arena, Filter *filter) {
        const Strs *included = &source->spec->included_namespaces;

        filter->namespaces_excluded = source->spec->excluded_namespaces;
        if (strs_has(included, STR("*")) || !has_patterns(included)) {
                filter->namespaces_included = *included;
                return;
        }
        for (size_t i = 0; i < included->len; i++) {
                Str name = included->items[i];

                if (!glob_has_wildcard(name) && !strs_has(&filter->namespaces_included, name))
                        strs_add(&filter->namespaces_included, arena, name);
                for (size_t k = 0; glob_has_wildcard(name) && k < source->namespaces->len; k++) {
                        Str existing = source->namespaces->items[k];

                        if (glob_matches(name, existing) && !strs_has(&filter->namespaces_included, existing))
                                strs_add(&filter->namespaces_included, arena, existing);
                }
        }
        filter->no_namespace = filter->namespaces_included.len == 0;
        if (filter->no_namespace)
                strs_add(&filter->notes, arena, STR("no namespace matches spec.includedNamespaces"));
}

Filter filter_resolve(const FilterSource *source, Arena *arena) {
        const BackupSpec *spec = source->spec;
        Filter filter = { .include_cluster = spec->include_cluster_resources, .policy = source->policy };
        Resolver resolver = { .discovery = source->discovery, .arena = arena, .notes = &filter.notes };

        filter.is_old = backup_uses_old_filters(spec);
        expand_namespaces(source, arena, &filter);
        if (filter.is_old) {
                filter.included = resolve(&resolver, &spec->included_resources, SCOPE_ANY);
                filter.excluded = resolve(&resolver, &spec->excluded_resources, SCOPE_ANY);
        } else {
                resolve_new(&resolver, spec, source->policy, &filter);
        }
        if (spec->or_selectors_len > 0) {
                filter.selectors = spec->or_selectors;
                filter.selectors_len = spec->or_selectors_len;
        } else if (spec->selector.is_set) {
                filter.selectors = &spec->selector;
                filter.selectors_len = 1;
        }
        return filter;
}

bool filter_has_namespace(const Filter *filter, Str namespace) {
        return !filter->no_namespace &&
               glob_includes(&filter->namespaces_included, &filter->namespaces_excluded, namespace);
}

bool filter_has_all_namespaces(const Filter *filter) {
        return !filter->no_namespace &&
               (filter->namespaces_included.len == 0 || strs_has(&filter->namespaces_included, STR("*")));
}

static bool is_everything(const Filter *filter) {
        return filter_has_all_namespaces(filter) && filter->namespaces_excluded.len == 0;
}

static bool matches_any(const Strs *patterns, Str group_resource) {
        for (size_t i = 0; i < patterns->len; i++)
                if (glob_matches(patterns->items[i], group_resource))
                        return true;
        return false;
}

static bool is_namespace_kind(FilterKind kind) {
        return str_equal(kind.group_resource, STR("namespaces"));
}

static bool lists_old(const Filter *filter, FilterKind kind) {
        if (!kind.is_namespaced && filter->include_cluster == 0)
                return false;
        if (!kind.is_namespaced && filter->include_cluster < 0 && !is_everything(filter) &&
            !is_namespace_kind(kind))
                return false;
        return glob_includes(&filter->included, &filter->excluded, kind.group_resource);
}

bool filter_lists(const Filter *filter, FilterKind kind) {
        if (filter->is_old)
                return lists_old(filter, kind);
        if (kind.is_namespaced)
                return glob_includes(&filter->namespaced_included, &filter->namespaced_excluded,
                                     kind.group_resource);
        if (matches_any(&filter->cluster_excluded, kind.group_resource))
                return false;
        return matches_any(&filter->cluster_included, kind.group_resource) || is_namespace_kind(kind);
}

bool filter_allows_related(const Filter *filter, FilterKind kind) {
        if (kind.is_namespaced)
                return filter_lists(filter, kind);
        if (is_namespace_kind(kind))
                return true;
        if (!filter->is_old)
                return !matches_any(&filter->cluster_excluded, kind.group_resource);
        if (filter->include_cluster == 0 || matches_any(&filter->excluded, kind.group_resource))
                return false;
        return filter->include_cluster > 0 || filter->included.len == 0 ||
               matches_any(&filter->included, kind.group_resource);
}

static bool labels_match(const Filter *filter, JsonVal *object) {
        for (size_t i = 0; i < filter->selectors_len; i++)
                if (label_selector_matches(&filter->selectors[i], object_labels(object)))
                        return true;
        return false;
}

bool filter_selects(const Filter *filter, FilterKind kind, JsonVal *object) {
        if (filter->policy) {
                Str namespace = kind.is_namespaced ? object_namespace(object) : STR("");
                PolicyVerdict verdict = policy_judge(filter->policy, kind.group_resource, namespace, object);

                if (verdict != POLICY_SILENT)
                        return verdict == POLICY_KEEP;
        }
        return filter->selectors_len == 0 || labels_match(filter, object);
}

bool filter_selects_all(const Filter *filter) {
        return filter->selectors_len == 0 && !(filter->policy && policy_judges_items(filter->policy));
}

bool filter_keeps_namespace(const Filter *filter, JsonVal *namespace, bool is_touched) {
        Str phase = json_get_str(json_get(namespace, "status"), "phase");

        if (!filter_has_namespace(filter, object_name(namespace)))
                return false;
        if (is_touched)
                return true;
        if (phase.len > 0 && !str_equal(phase, STR("Active")))
                return false;
        /* With a selector and every namespace included, an empty namespace is stored only for its own labels. */
        return filter->selectors_len == 0 || !is_everything(filter) || labels_match(filter, namespace);
}
