#include "api/restore.h"

#include <strings.h>

#include "api/fields.h"
#include "api/identity.h"
#include "api/restore_spec.h"

/* The rules of Velero for a pair of lists. */
static void check_lists(const Strs *included, const Strs *excluded, const char *noun, Faults *faults) {
        Str includes = str_of(arena_printf(faults->arena, "spec.included%s", noun));
        Str excludes = str_of(arena_printf(faults->arena, "spec.excluded%s", noun));

        if (strs_has(included, STR("*")) && included->len > 1)
                faults_add(faults, FAULT_ERROR, includes, "must hold either \"*\" alone or other items");
        if (strs_has(excluded, STR("*")))
                faults_add(faults, FAULT_ERROR, excludes, "cannot hold \"*\"");
        for (size_t i = 0; i < included->len; i++)
                if (!str_equal(included->items[i], STR("*")) && strs_has(excluded, included->items[i]))
                        faults_add(faults, FAULT_ERROR, excludes,
                                   "\"" STR_FMT "\" is in the list of what is included too",
                                   STR_ARG(included->items[i]));
}

static void check_never_restored(RestoreSpec *spec, Arena *arena, Faults *faults) {
        for (size_t i = 0; i < spec->included_resources.len; i++) {
                Str name = spec->included_resources.items[i];

                if (restore_is_never_restored(name))
                        faults_add(faults, FAULT_ERROR,
                                   field_path_item(STR("spec.includedResources"), i, faults->arena),
                                   "\"" STR_FMT "\" is never restored", STR_ARG(name));
        }
        for (const char *const *name = restore_never_restored; *name; name++)
                if (!strs_has(&spec->excluded_resources, str_of(*name)))
                        strs_add(&spec->excluded_resources, arena, str_of(*name));
}

static void decode_selectors(JsonVal *json, RestoreSpec *spec, Arena *arena, Faults *faults) {
        const Str path = STR("spec.orLabelSelectors");
        JsonVal *list = field_list(json, "orLabelSelectors", STR("spec"), faults);

        spec->selector = label_selector_decode(field_get(json, "labelSelector"), STR("spec.labelSelector"),
                                               arena, faults);
        if (!list)
                return;
        if (field_get(json, "labelSelector"))
                faults_add(faults, FAULT_ERROR, path, "can't be used together with spec.labelSelector");
        spec->or_selectors_len = yyjson_arr_size(list);
        spec->or_selectors = arena_alloc(arena, (spec->or_selectors_len + 1) * sizeof(*spec->or_selectors));
        for (size_t i = 0; i < spec->or_selectors_len; i++)
                spec->or_selectors[i] = label_selector_decode(
                        yyjson_arr_get(list, i), field_path_item(path, i, faults->arena), arena, faults);
}

static bool is_namespace_name(Str name) {
        if (name.len == 0 || name.len > 63 || name.ptr[0] == '-' || name.ptr[name.len - 1] == '-')
                return false;
        for (size_t i = 0; i < name.len; i++) {
                char c = name.ptr[i];

                if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
                        return false;
        }
        return true;
}

static void decode_mapping(JsonVal *json, RestoreSpec *spec, Faults *faults) {
        const Str path = STR("spec.namespaceMapping");
        JsonVal *mapping = field_get(json, "namespaceMapping");
        size_t i, max;
        JsonVal *from, *to;

        if (!mapping)
                return;
        if (!yyjson_is_obj(mapping)) {
                faults_add(faults, FAULT_ERROR, path, "must be an object: each namespace with its new name");
                return;
        }
        spec->namespace_mapping = mapping;
        yyjson_obj_foreach(mapping, i, max, from, to) {
                if (!is_namespace_name(json_str(to)))
                        faults_add(faults, FAULT_ERROR, field_path(path, yyjson_get_str(from), faults->arena),
                                   "\"" STR_FMT "\" cannot be the name of a namespace",
                                   STR_ARG(json_str(to)));
        }
}

static void decode_restore_status(JsonVal *json, RestoreSpec *spec, Arena *arena, Faults *faults) {
        const char *const known[] = { "includedResources", "excludedResources", NULL };
        const Str path = STR("spec.restoreStatus");
        JsonVal *choice = field_get(json, "restoreStatus");

        if (!choice || !fields_check(choice, path, known, faults))
                return;
        spec->has_restore_status = true;
        spec->status_included = field_strs(choice, "includedResources", path, arena, faults);
        spec->status_excluded = field_strs(choice, "excludedResources", path, arena, faults);
}

static void decode_modifier(JsonVal *json, RestoreSpec *spec, Faults *faults) {
        const char *const known[] = { "apiGroup", "kind", "name", NULL };
        const Str path = STR("spec.resourceModifier");
        JsonVal *reference = field_get(json, "resourceModifier");

        if (!reference || !fields_check(reference, path, known, faults))
                return;
        Str kind = field_str(reference, "kind", path, faults);
        if (kind.len != strlen("configmap") || strncasecmp(kind.ptr, "configmap", kind.len) != 0)
                faults_add(faults, FAULT_ERROR, STR("spec.resourceModifier.kind"),
                           "\"" STR_FMT "\" is not supported: write \"configmap\"", STR_ARG(kind));
        spec->resource_modifier = field_str(reference, "name", path, faults);
        if (spec->resource_modifier.len == 0)
                faults_add(faults, FAULT_ERROR, STR("spec.resourceModifier.name"),
                           "the name of the ConfigMap is missing");
}

static void check_uploader(JsonVal *json, Faults *faults) {
        const char *const known[] = { "writeSparseFiles", "parallelFilesDownload", NULL };
        const Str path = STR("spec.uploaderConfig");
        JsonVal *uploader = field_get(json, "uploaderConfig");

        if (!uploader || !fields_check(uploader, path, known, faults))
                return;
        (void) field_bool(uploader, "writeSparseFiles", path, faults);
        if (field_get(uploader, "parallelFilesDownload") &&
            !yyjson_is_uint(field_get(uploader, "parallelFilesDownload")))
                faults_add(faults, FAULT_ERROR, STR("spec.uploaderConfig.parallelFilesDownload"),
                           "must be a whole number");
        if (yyjson_obj_size(uploader) > 0)
                faults_add(faults, FAULT_WARNING, path,
                           "has no effect: the files of volumes are not restored");
}

/* Accepted for the sake of manifests that exist; a user is told what will not happen. */
static void check_without_effect(JsonVal *json, Faults *faults) {
        (void) field_duration_from_0(json, "itemOperationTimeout", STR("spec"), "4h", faults);
        check_uploader(json, faults);
        if (field_get(json, "resourcePolicy")) /* leaving it out would restore more than was asked for */
                faults_add(faults, FAULT_ERROR, STR("spec.resourcePolicy"),
                           "restore filter policies are not supported");
        if (field_bool(json, "skipDefaultResourceModifier", STR("spec"), faults) == 1)
                faults_add(faults, FAULT_WARNING, STR("spec.skipDefaultResourceModifier"),
                           "has no effect: there is no default resource modifier");
}

static void decode_source(JsonVal *json, RestoreSpec *spec, Faults *faults) {
        spec->backup_name = field_str(json, "backupName", STR("spec"), faults);
        spec->schedule_name = field_str(json, "scheduleName", STR("spec"), faults);
        if (spec->backup_name.len == 0 && spec->schedule_name.len == 0)
                faults_add(faults, FAULT_ERROR, STR("spec.backupName"),
                           "is missing: name a backup here or a schedule in scheduleName");
        if (spec->backup_name.len > 0 && spec->schedule_name.len > 0)
                faults_add(faults, FAULT_ERROR, STR("spec.scheduleName"),
                           "cannot be given beside backupName: choose one of the two");
}

static void decode_policy(JsonVal *json, RestoreSpec *spec, Faults *faults) {
        Str policy = field_str(json, "existingResourcePolicy", STR("spec"), faults);

        spec->update_existing = str_equal(policy, STR("update"));
        if (policy.len > 0 && !spec->update_existing && !str_equal(policy, STR("none")))
                faults_add(faults, FAULT_ERROR, STR("spec.existingResourcePolicy"),
                           "\"" STR_FMT "\" is not known: write \"none\" or \"update\"", STR_ARG(policy));
}

static RestoreSpec decode_spec(JsonVal *json, Arena *arena, Faults *faults) {
        const Str path = STR("spec");
        RestoreSpec spec = { .restore_pvs = -1, .include_cluster_resources = -1 };

        if (!fields_check(json, path, restore_spec_fields, faults))
                return spec;
        decode_source(json, &spec, faults);
        spec.included_namespaces = field_strs(json, "includedNamespaces", path, arena, faults);
        spec.excluded_namespaces = field_strs(json, "excludedNamespaces", path, arena, faults);
        spec.included_resources = field_strs(json, "includedResources", path, arena, faults);
        spec.excluded_resources = field_strs(json, "excludedResources", path, arena, faults);
        check_lists(&spec.included_namespaces, &spec.excluded_namespaces, "Namespaces", faults);
        identity_check_namespaces(&spec.included_namespaces, STR("spec.includedNamespaces"), faults);
        identity_check_namespaces(&spec.excluded_namespaces, STR("spec.excludedNamespaces"), faults);
        check_lists(&spec.included_resources, &spec.excluded_resources, "Resources", faults);
        check_never_restored(&spec, arena, faults);
        decode_mapping(json, &spec, faults);
        decode_selectors(json, &spec, arena, faults);
        decode_policy(json, &spec, faults);
        decode_restore_status(json, &spec, arena, faults);
        decode_modifier(json, &spec, faults);
        check_without_effect(json, faults);
        spec.restore_pvs = field_bool(json, "restorePVs", path, faults);
        spec.include_cluster_resources = field_bool(json, "includeClusterResources", path, faults);
        spec.preserve_node_ports = field_bool(json, "preserveNodePorts", path, faults) == 1;
        spec.hooks = hook_spec_decode_restore(field_get(json, "hooks"), STR("spec.hooks"), arena, faults);
        return spec;
}

Restore restore_decode(JsonVal *object, Arena *arena, Faults *faults) {
        Identity identity = identity_decode(object, "Restore", faults);
        Restore restore = { .name = identity.name,
                            .namespace = identity.namespace,
                            .labels = identity.labels,
                            .annotations = identity.annotations,
                            .spec_json = json_get(object, "spec") };

        restore.spec = decode_spec(restore.spec_json, arena, faults);
        return restore;
}

Str restore_target_namespace(const RestoreSpec *spec, Str namespace) {
        Str target = json_str(json_get_key(spec->namespace_mapping, namespace));

        return target.len > 0 ? target : namespace;
}
