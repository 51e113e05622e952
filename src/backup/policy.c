#include "backup/policy.h"

#include "api/fields.h"
#include "data/glob.h"
#include "data/quantity.h"
#include "kube/object.h"

static LabelSelector *read_selectors(JsonVal *filter, Str path, Faults *faults, size_t *ret_len) {
        JsonVal *one = field_get(filter, "labelSelector");
        JsonVal *many = field_list(filter, "orLabelSelectors", path, faults), *item;
        size_t i, count = yyjson_arr_size(many);
        LabelSelector *selectors = arena_alloc(faults->arena, (count + 1) * sizeof(*selectors));
        Str many_path = field_path(path, "orLabelSelectors", faults->arena);

        if (one && count > 0)
                faults_add(faults, FAULT_ERROR, many_path, "can't be used together with labelSelector");
        *ret_len = 0;
        if (one)
                selectors[(*ret_len)++] = label_selector_decode(
                        one, field_path(path, "labelSelector", faults->arena), faults->arena, faults);
        yyjson_arr_foreach(many, i, count, item) {
                if (*ret_len == i)
                        selectors[(*ret_len)++] = label_selector_decode(
                                item, field_path_item(many_path, i, faults->arena), faults->arena, faults);
        }
        return selectors;
}

static void check_names(const Strs *names, Str path, Faults *faults) {
        for (size_t i = 0; i < names->len; i++) {
                AUTO(error_clear) Error err = { 0 };

                if (!glob_check(names->items[i], &err))
                        faults_add(faults, FAULT_ERROR, field_path_item(path, i, faults->arena), "%s",
                                   err.message);
        }
}

static KindFilter read_filter(JsonVal *value, Str path, Faults *faults) {
        static const char *const known[] = {
                "kinds", "names", "excludedNames", "labelSelector", "orLabelSelectors", NULL
        };
        KindFilter filter = { 0 };

        if (!fields_check(value, path, known, faults))
                return filter;
        filter.kinds = field_strs(value, "kinds", path, faults->arena, faults);
        filter.names = field_strs(value, "names", path, faults->arena, faults);
        filter.excluded_names = field_strs(value, "excludedNames", path, faults->arena, faults);
        filter.selectors = read_selectors(value, path, faults, &filter.selectors_len);
        check_names(&filter.names, field_path(path, "names", faults->arena), faults);
        check_names(&filter.excluded_names, field_path(path, "excludedNames", faults->arena), faults);
        if (strs_has(&filter.kinds, STR("*"))) {
                if (filter.kinds.len > 1)
                        faults_add(faults, FAULT_ERROR, field_path(path, "kinds", faults->arena),
                                   "\"*\" must stand alone");
                filter.kinds.len = 0;
        }
        if (filter.kinds.len == 0 && (filter.names.len > 0 || filter.excluded_names.len > 0))
                faults_add(faults, FAULT_ERROR, path,
                           "an entry for all kinds can't select by name: name the kinds");
        return filter;
}

/* `may_catch_all`: an entry without kinds stands for all kinds that no other entry names; at most one may. */
static KindFilters read_filters(JsonVal *owner, Str path, bool may_catch_all, Faults *faults) {
        JsonVal *list = field_list(owner, "resourceFilters", path, faults), *item;
        Str list_path = field_path(path, "resourceFilters", faults->arena);
        KindFilters filters = { 0 };
        size_t i, count = yyjson_arr_size(list), catch_alls = 0;

        if (count == 0) {
                faults_add(faults, FAULT_ERROR, list_path, "is missing or empty");
                return filters;
        }
        filters.items = arena_alloc(faults->arena, count * sizeof(*filters.items));
        yyjson_arr_foreach(list, i, count, item) {
                Str item_path = field_path_item(list_path, i, faults->arena);
                KindFilter filter = read_filter(item, item_path, faults);

                if (filter.kinds.len == 0 && !may_catch_all)
                        faults_add(faults, FAULT_ERROR, item_path, "the kinds must be named here");
                else if (filter.kinds.len == 0 && ++catch_alls > 1)
                        faults_add(faults, FAULT_ERROR, item_path, "a second entry for all kinds");
                filters.items[filters.len++] = filter;
        }
        return filters;
}

static void read_resource_lists(JsonVal *lists, Faults *faults, Policy *policy) {
        static const char *const known[] = { "includedClusterScopedResources",
                                             "excludedClusterScopedResources",
                                             "includedNamespaceScopedResources",
                                             "excludedNamespaceScopedResources", NULL };
        Str path = STR("includeExcludePolicy");
        Strs *const targets[] = { &policy->included_cluster_scoped, &policy->excluded_cluster_scoped,
                                  &policy->included_namespace_scoped, &policy->excluded_namespace_scoped };

        if (!lists || !fields_check(lists, path, known, faults))
                return;
        policy->has_resource_lists = true;
        for (size_t i = 0; known[i]; i++) {
                *targets[i] = field_strs(lists, known[i], path, faults->arena, faults);
                if (strs_has(targets[i], STR("*")))
                        faults_add(faults, FAULT_ERROR, field_path(path, known[i], faults->arena),
                                   "\"*\" can't be used here");
        }
}

static void check_capacity(JsonVal *conditions, Str path, Faults *faults) {
        Str text = field_str(conditions, "capacity", path, faults), side, rest = text;
        unsigned sides = 0;

        if (text.len == 0)
                return;
        while (str_cut(&rest, ',', &side)) {
                AUTO(error_clear) Error err = { 0 };
                double size;

                sides++;
                if (str_trim(side).len > 0 && !quantity_parse(str_trim(side), &size, &err))
                        faults_add(faults, FAULT_ERROR, field_path(path, "capacity", faults->arena), "%s",
                                   err.message);
        }
        if (sides > 2)
                faults_add(faults, FAULT_ERROR, field_path(path, "capacity", faults->arena),
                           "\"" STR_FMT "\" is not a range such as \"1Gi,100Gi\"", STR_ARG(text));
}

static void check_conditions(JsonVal *conditions, Str path, Faults *faults) {
        static const char *const known[] = { "capacity", "storageClass",  "nfs",
                                             "csi",      "volumeTypes",   "pvcLabels",
                                             "pvcPhase", "pvcVolumeMode", "pvcAccessModes",
                                             NULL };
        static const char *const nfs_known[] = { "server", "path", NULL };
        static const char *const csi_known[] = { "driver", "volumeAttributes", NULL };
        static const char *const lists[] = { "storageClass", "volumeTypes", "pvcPhase", "pvcAccessModes" };
        JsonVal *nfs = field_get(conditions, "nfs"), *csi = field_get(conditions, "csi");

        if (!fields_check(conditions, path, known, faults))
                return;
        check_capacity(conditions, path, faults);
        for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
                (void) field_strs(conditions, lists[i], path, faults->arena, faults);
        (void) field_str(conditions, "pvcVolumeMode", path, faults);
        if (nfs)
                (void) fields_check(nfs, field_path(path, "nfs", faults->arena), nfs_known, faults);
        if (csi && fields_check(csi, field_path(path, "csi", faults->arena), csi_known, faults) &&
            field_get(csi, "volumeAttributes") && json_get_str(csi, "driver").len == 0)
                faults_add(faults, FAULT_ERROR, field_path(path, "csi", faults->arena),
                           "volumeAttributes need a driver");
}

static void check_action(JsonVal *action, Str path, Faults *faults) {
        static const char *const known[] = { "type", "parameters", NULL };
        static const char *const types[] = { "skip", "fs-backup", "snapshot", "custom" };
        Str type;

        if (!fields_check(action, path, known, faults))
                return;
        type = field_str(action, "type", path, faults);
        for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
                if (str_equal(type, str_of(types[i])))
                        return;
        faults_add(faults, FAULT_ERROR, field_path(path, "type", faults->arena),
                   "\"" STR_FMT "\" is none of skip, fs-backup, snapshot and custom", STR_ARG(type));
}

static size_t check_volume_policies(JsonVal *value, Faults *faults) {
        static const char *const known[] = { "conditions", "action", NULL };
        JsonVal *list = field_list(value, "volumePolicies", STR(""), faults), *item;
        size_t i, count;

        yyjson_arr_foreach(list, i, count, item) {
                Str path = field_path_item(STR("volumePolicies"), i, faults->arena);
                JsonVal *conditions = field_get(item, "conditions");

                if (!fields_check(item, path, known, faults))
                        continue;
                if (conditions)
                        check_conditions(conditions, field_path(path, "conditions", faults->arena), faults);
                check_action(json_get(item, "action"), field_path(path, "action", faults->arena), faults);
        }
        return yyjson_arr_size(list);
}

static void read_namespaced(JsonVal *value, Faults *faults, Policy *policy) {
        static const char *const known[] = { "namespaces", "resourceFilters", NULL };
        JsonVal *list = field_list(value, "namespacedFilterPolicies", STR(""), faults), *item;
        size_t i, count = yyjson_arr_size(list);

        if (count == 0)
                return;
        policy->namespaced = arena_alloc(faults->arena, count * sizeof(*policy->namespaced));
        yyjson_arr_foreach(list, i, count, item) {
                Str path = field_path_item(STR("namespacedFilterPolicies"), i, faults->arena);
                NamespacePolicy one = { 0 };

                if (!fields_check(item, path, known, faults))
                        continue;
                one.namespaces = field_strs(item, "namespaces", path, faults->arena, faults);
                check_names(&one.namespaces, field_path(path, "namespaces", faults->arena), faults);
                if (one.namespaces.len == 0)
                        faults_add(faults, FAULT_ERROR, path, "no namespaces are named");
                one.filters = read_filters(item, path, true, faults);
                policy->namespaced[policy->namespaced_len++] = one;
        }
}

Policy policy_decode(JsonVal *value, Faults *faults) {
        static const char *const known[] = { "version",
                                             "volumePolicies",
                                             "includeExcludePolicy",
                                             "clusterScopedFilterPolicy",
                                             "namespacedFilterPolicies",
                                             NULL };
        static const char *const cluster_known[] = { "resourceFilters", NULL };
        Str cluster_path = STR("clusterScopedFilterPolicy");
        JsonVal *cluster = field_get(value, "clusterScopedFilterPolicy");
        Policy policy = { 0 };
        Str version;

        if (!fields_check(value, STR(""), known, faults))
                return policy;
        version = field_str(value, "version", STR(""), faults);
        if (!str_equal(version, STR("v1")))
                faults_add(faults, FAULT_ERROR, STR("version"), "must be \"v1\", not \"" STR_FMT "\"",
                           STR_ARG(version));
        policy.volume_policies = check_volume_policies(value, faults);
        read_resource_lists(field_get(value, "includeExcludePolicy"), faults, &policy);
        if (cluster && fields_check(cluster, cluster_path, cluster_known, faults))
                policy.cluster = read_filters(cluster, cluster_path, false, faults);
        read_namespaced(value, faults, &policy);
        return policy;
}

static void resolve_filters(KindFilters *filters, const Discovery *discovery, Arena *arena,
                            Strs *ret_unknown) {
        for (size_t i = 0; i < filters->len; i++) {
                Strs *kinds = &filters->items[i].kinds;

                for (size_t k = 0; k < kinds->len; k++) {
                        const KubeResource *resource = discovery_find(discovery, kinds->items[k]);

                        if (resource)
                                kinds->items[k] = kube_resource_group_resource(resource, arena);
                        else
                                strs_add(ret_unknown, arena, kinds->items[k]);
                }
        }
}

void policy_resolve(Policy *policy, const Discovery *discovery, Arena *arena, Strs *ret_unknown) {
        resolve_filters(&policy->cluster, discovery, arena, ret_unknown);
        for (size_t i = 0; i < policy->namespaced_len; i++)
                resolve_filters(&policy->namespaced[i].filters, discovery, arena, ret_unknown);
}

static const KindFilter *find_filter(const KindFilters *filters, Str group_resource) {
        const KindFilter *catch_all = NULL;

        for (size_t i = 0; i < filters->len; i++) {
                if (strs_has(&filters->items[i].kinds, group_resource))
                        return &filters->items[i];
                if (filters->items[i].kinds.len == 0)
                        catch_all = &filters->items[i];
        }
        return catch_all;
}

/* An exact name wins; else the first pattern, in the order in which they stand. */
static const NamespacePolicy *find_namespace(const Policy *policy, Str namespace) {
        for (size_t i = 0; i < policy->namespaced_len; i++)
                if (strs_has(&policy->namespaced[i].namespaces, namespace))
                        return &policy->namespaced[i];
        for (size_t i = 0; i < policy->namespaced_len; i++)
                for (size_t k = 0; k < policy->namespaced[i].namespaces.len; k++)
                        if (glob_matches(policy->namespaced[i].namespaces.items[k], namespace))
                                return &policy->namespaced[i];
        return NULL;
}

static PolicyVerdict judge(const KindFilter *filter, JsonVal *object) {
        if (!glob_includes(&filter->names, &filter->excluded_names, object_name(object)))
                return POLICY_DROP;
        for (size_t i = 0; i < filter->selectors_len; i++)
                if (label_selector_matches(&filter->selectors[i], object_labels(object)))
                        return POLICY_KEEP;
        return filter->selectors_len == 0 ? POLICY_KEEP : POLICY_DROP;
}

PolicyVerdict policy_judge(const Policy *policy, Str group_resource, Str namespace, JsonVal *object) {
        const NamespacePolicy *in_namespace;
        const KindFilter *filter;

        if (namespace.len == 0) {
                filter = find_filter(&policy->cluster, group_resource);
                return filter ? judge(filter, object) : POLICY_SILENT;
        }
        in_namespace = find_namespace(policy, namespace);
        if (!in_namespace)
                return POLICY_SILENT;
        filter = find_filter(&in_namespace->filters, group_resource);
        return filter ? judge(filter, object) : POLICY_DROP;
}

bool policy_judges_items(const Policy *policy) {
        return policy->cluster.len > 0 || policy->namespaced_len > 0;
}
