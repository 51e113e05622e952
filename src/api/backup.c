#include "api/backup.h"

#include <openssl/sha.h>
#include <strings.h>

#include "api/backup_spec.h"
#include "api/fields.h"
#include "api/identity.h"

enum { LABEL_VALUE_MAX = 63, LABEL_VALUE_KEPT = 57 };
static const int64_t TTL_DEFAULT_MS = INT64_C(720) * 60 * 60 * 1000;

/* CSI snapshot objects are made anew by each backup, so Velero never takes those that are already in the
 * cluster unless asked for (spec/backup-behaviour.md 3.2). */
#define VOLUME_SNAPSHOTS "volumesnapshots.snapshot.storage.k8s.io"
#define VOLUME_SNAPSHOT_CONTENTS "volumesnapshotcontents.snapshot.storage.k8s.io"

#define SPEC STR("spec")

const char *const backup_spec_fields[] = {
        "metadata",
        "includedNamespaces",
        "excludedNamespaces",
        "includedResources",
        "excludedResources",
        "includedClusterScopedResources",
        "excludedClusterScopedResources",
        "includedNamespaceScopedResources",
        "excludedNamespaceScopedResources",
        "labelSelector",
        "orLabelSelectors",
        "snapshotVolumes",
        "ttl",
        "volumeGroupSnapshotLabelKey",
        "includeClusterResources",
        "hooks",
        "storageLocation",
        "volumeSnapshotLocations",
        "defaultVolumesToRestic",
        "defaultVolumesToFsBackup",
        "orderedResources",
        "csiSnapshotTimeout",
        "itemOperationTimeout",
        "resourcePolicy",
        "snapshotMoveData",
        "datamover",
        "uploaderConfig",
        "backupType",
        NULL,
};

static void read_lists(JsonVal *spec, Arena *arena, Faults *faults, BackupSpec *into) {
        into->included_namespaces = field_strs(spec, "includedNamespaces", SPEC, arena, faults);
        into->excluded_namespaces = field_strs(spec, "excludedNamespaces", SPEC, arena, faults);
        into->included_resources = field_strs(spec, "includedResources", SPEC, arena, faults);
        into->excluded_resources = field_strs(spec, "excludedResources", SPEC, arena, faults);
        into->included_cluster_scoped =
                field_strs(spec, "includedClusterScopedResources", SPEC, arena, faults);
        into->excluded_cluster_scoped =
                field_strs(spec, "excludedClusterScopedResources", SPEC, arena, faults);
        into->included_namespace_scoped =
                field_strs(spec, "includedNamespaceScopedResources", SPEC, arena, faults);
        into->excluded_namespace_scoped =
                field_strs(spec, "excludedNamespaceScopedResources", SPEC, arena, faults);
}

static void read_selectors(JsonVal *spec, Arena *arena, Faults *faults, BackupSpec *into) {
        JsonVal *many = field_list(spec, "orLabelSelectors", SPEC, faults), *item;
        Str path = STR("spec.orLabelSelectors");
        size_t i, count;

        into->selector = label_selector_decode(field_get(spec, "labelSelector"), STR("spec.labelSelector"),
                                               arena, faults);
        if (yyjson_arr_size(many) == 0)
                return;
        if (into->selector.is_set)
                faults_add(faults, FAULT_ERROR, path, "can't be used together with spec.labelSelector");
        into->or_selectors = arena_alloc(arena, yyjson_arr_size(many) * sizeof(LabelSelector));
        yyjson_arr_foreach(many, i, count, item) {
                into->or_selectors[into->or_selectors_len++] =
                        label_selector_decode(item, field_path_item(path, i, arena), arena, faults);
        }
}

static void read_uploader(JsonVal *spec, Faults *faults) {
        static const char *const known[] = { "parallelFilesUpload", NULL };
        JsonVal *config = field_get(spec, "uploaderConfig");
        JsonVal *number = field_get(config, "parallelFilesUpload");
        Str type = field_str(spec, "backupType", SPEC, faults);

        if (config && fields_check(config, STR("spec.uploaderConfig"), known, faults) && number &&
            !yyjson_is_int(number))
                faults_add(faults, FAULT_ERROR, STR("spec.uploaderConfig.parallelFilesUpload"),
                           "must be a whole number");
        if (type.len > 0 && !str_equal(type, STR("Full")) && !str_equal(type, STR("Incremental")))
                faults_add(faults, FAULT_ERROR, STR("spec.backupType"),
                           "\"" STR_FMT "\" is neither \"Full\" nor \"Incremental\"", STR_ARG(type));
}

/* What matters only where volume data is stored is checked all the same, so that a file that is
 * accepted today works then. */
static void read_volume_fields(JsonVal *spec, Arena *arena, Faults *faults, BackupSpec *into) {
        const char *const wishes[] = { "snapshotVolumes", "snapshotMoveData", "defaultVolumesToFsBackup",
                                       "defaultVolumesToRestic" };

        for (size_t i = 0; i < sizeof(wishes) / sizeof(*wishes); i++) {
                int wish = field_bool(spec, wishes[i], SPEC, faults);

                if (wish == 1)
                        faults_add(faults, FAULT_WARNING, field_path(SPEC, wishes[i], arena),
                                   "volume data is not stored by this version, only the volumes' objects");
                if (i == 0)
                        into->snapshot_volumes = wish;
        }
        if (field_strs(spec, "volumeSnapshotLocations", SPEC, arena, faults).len > 0)
                faults_add(faults, FAULT_WARNING, STR("spec.volumeSnapshotLocations"),
                           "volume data is not stored by this version, only the volumes' objects");
        (void) field_duration_from_0(spec, "csiSnapshotTimeout", SPEC, "10m", faults);
        (void) field_duration_from_0(spec, "itemOperationTimeout", SPEC, "4h", faults);
        (void) field_str(spec, "datamover", SPEC, faults);
        (void) field_str(spec, "volumeGroupSnapshotLabelKey", SPEC, faults);
        read_uploader(spec, faults);
}

static void read_policy(JsonVal *spec, Faults *faults, BackupSpec *into) {
        static const char *const known[] = { "apiGroup", "kind", "name", NULL };
        Str path = STR("spec.resourcePolicy");
        JsonVal *policy = field_get(spec, "resourcePolicy");

        if (!policy || !fields_check(policy, path, known, faults))
                return;
        (void) field_str(policy, "apiGroup", path, faults);
        into->resource_policy = field_str(policy, "name", path, faults);
        Str kind = field_str(policy, "kind", path, faults);
        if (kind.len != strlen("configmap") || strncasecmp(kind.ptr, "configmap", kind.len) != 0)
                faults_add(faults, FAULT_ERROR, STR("spec.resourcePolicy.kind"),
                           "must be \"configmap\", not \"" STR_FMT "\"", STR_ARG(kind));
        if (into->resource_policy.len == 0)
                faults_add(faults, FAULT_ERROR, STR("spec.resourcePolicy.name"),
                           "the name of a ConfigMap is missing");
}

static void read_schedule_metadata(JsonVal *spec, Faults *faults) {
        static const char *const known[] = { "labels", "annotations", NULL };
        JsonVal *metadata = field_get(spec, "metadata");

        if (!metadata || !fields_check(metadata, STR("spec.metadata"), known, faults))
                return;
        (void) field_str_map(metadata, "labels", STR("spec.metadata"), faults);
        (void) field_str_map(metadata, "annotations", STR("spec.metadata"), faults);
}

typedef struct ListPair {
        const char *included_name, *excluded_name;
        const Strs *included, *excluded;
        bool may_exclude_all; /* the newer filters can say "none of them" */
} ListPair;

static void check_pair(const ListPair *pair, Faults *faults) {
        Str included_path = field_path(SPEC, pair->included_name, faults->arena);
        Str excluded_path = field_path(SPEC, pair->excluded_name, faults->arena);

        if (strs_has(pair->included, STR("*")) && pair->included->len > 1)
                faults_add(faults, FAULT_ERROR, included_path, "\"*\" must stand alone");
        if (strs_has(pair->excluded, STR("*"))) {
                if (!pair->may_exclude_all || pair->included->len > 0)
                        faults_add(faults, FAULT_ERROR, excluded_path,
                                   "\"*\" leaves nothing of what is included");
                else if (pair->excluded->len > 1)
                        faults_add(faults, FAULT_ERROR, excluded_path, "\"*\" must stand alone");
                return;
        }
        for (size_t i = 0; i < pair->excluded->len; i++)
                if (strs_has(pair->included, pair->excluded->items[i]))
                        faults_add(faults, FAULT_ERROR, excluded_path,
                                   "\"" STR_FMT "\" is in spec.%s as well", STR_ARG(pair->excluded->items[i]),
                                   pair->included_name);
}

bool backup_uses_old_filters(const BackupSpec *spec) {
        return spec->included_resources.len > 0 || spec->excluded_resources.len > 0 ||
               spec->include_cluster_resources >= 0;
}

/* Each filter of the one style is named with all of the other. */
static void check_styles(const BackupSpec *spec, Faults *faults) {
        const struct {
                const char *path;
                bool is_set;
        } old[] = {
                { "spec.includedResources", spec->included_resources.len > 0 },
                { "spec.excludedResources", spec->excluded_resources.len > 0 },
                { "spec.includeClusterResources", spec->include_cluster_resources >= 0 },
        }, scoped[] = {
                { "spec.includedClusterScopedResources", spec->included_cluster_scoped.len > 0 },
                { "spec.excludedClusterScopedResources", spec->excluded_cluster_scoped.len > 0 },
                { "spec.includedNamespaceScopedResources", spec->included_namespace_scoped.len > 0 },
                { "spec.excludedNamespaceScopedResources", spec->excluded_namespace_scoped.len > 0 },
        };
        Strs names = { 0 };

        for (size_t i = 0; i < sizeof(scoped) / sizeof(*scoped); i++)
                if (scoped[i].is_set)
                        strs_add(&names, faults->arena, str_of(scoped[i].path));

        Str others = strs_join(&names, STR(" and "), faults->arena);
        for (size_t i = 0; others.len > 0 && i < sizeof(old) / sizeof(*old); i++)
                if (old[i].is_set)
                        faults_add(faults, FAULT_ERROR, str_of(old[i].path),
                                   "can't be used together with " STR_FMT, STR_ARG(others));
}

static void check_lists(const BackupSpec *spec, Faults *faults) {
        const ListPair pairs[] = {
                { "includedNamespaces", "excludedNamespaces", &spec->included_namespaces,
                  &spec->excluded_namespaces, false },
                { "includedResources", "excludedResources", &spec->included_resources,
                  &spec->excluded_resources, false },
                { "includedClusterScopedResources", "excludedClusterScopedResources",
                  &spec->included_cluster_scoped, &spec->excluded_cluster_scoped, true },
                { "includedNamespaceScopedResources", "excludedNamespaceScopedResources",
                  &spec->included_namespace_scoped, &spec->excluded_namespace_scoped, true },
        };

        identity_check_namespaces(&spec->included_namespaces, STR("spec.includedNamespaces"), faults);
        identity_check_namespaces(&spec->excluded_namespaces, STR("spec.excludedNamespaces"), faults);
        for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
                check_pair(&pairs[i], faults);
        check_styles(spec, faults);
}

static void remove_str(Strs *strs, Str text) {
        size_t kept = 0;

        for (size_t i = 0; i < strs->len; i++)
                if (!str_equal(strs->items[i], text))
                        strs->items[kept++] = strs->items[i];
        strs->len = kept;
}

static void exclude(Arena *arena, Strs *included, Strs *excluded, Str resource) {
        remove_str(included, resource);
        if (!strs_has(excluded, resource) && !strs_has(excluded, STR("*")))
                strs_add(excluded, arena, resource);
}

static void set_defaults(Arena *arena, BackupSpec *spec) {
        if (spec->included_namespaces.len == 0)
                strs_add(&spec->included_namespaces, arena, STR("*"));
        if (spec->ttl_ms == 0)
                spec->ttl_ms = TTL_DEFAULT_MS;
        if (spec->storage_location.len == 0)
                spec->storage_location = STR("default");
        if (backup_uses_old_filters(spec)) {
                exclude(arena, &spec->included_resources, &spec->excluded_resources, STR(VOLUME_SNAPSHOTS));
                exclude(arena, &spec->included_resources, &spec->excluded_resources,
                        STR(VOLUME_SNAPSHOT_CONTENTS));
        } else {
                exclude(arena, &spec->included_namespace_scoped, &spec->excluded_namespace_scoped,
                        STR(VOLUME_SNAPSHOTS));
                exclude(arena, &spec->included_cluster_scoped, &spec->excluded_cluster_scoped,
                        STR(VOLUME_SNAPSHOT_CONTENTS));
        }
}

static void read_spec(JsonVal *spec, Arena *arena, Faults *faults, BackupSpec *into) {
        read_lists(spec, arena, faults, into);
        read_selectors(spec, arena, faults, into);
        into->include_cluster_resources = field_bool(spec, "includeClusterResources", SPEC, faults);
        into->ttl_ms = field_duration_from_0(spec, "ttl", SPEC, "720h", faults);
        into->storage_location = field_str(spec, "storageLocation", SPEC, faults);
        into->ordered_resources = field_str_map(spec, "orderedResources", SPEC, faults);
        read_policy(spec, faults, into);
        read_schedule_metadata(spec, faults);
        read_volume_fields(spec, arena, faults, into);
        into->hooks = hook_spec_decode_backup(field_get(spec, "hooks"), STR("spec.hooks"), arena, faults);
}

Backup backup_decode(JsonVal *object, Arena *arena, Faults *faults) {
        Identity identity = identity_decode(object, "Backup", faults);
        Backup backup = { .name = identity.name,
                          .namespace = identity.namespace,
                          .labels = identity.labels,
                          .annotations = identity.annotations,
                          .metadata = field_get(object, "metadata") };
        JsonVal *spec = field_get(object, "spec");

        backup.spec = (BackupSpec) { .include_cluster_resources = -1,
                                     .snapshot_volumes = -1,
                                     .resource_policy = STR(""),
                                     .storage_location = STR("") };
        if (!yyjson_is_obj(object))
                return backup;
        if (spec && !fields_check(spec, SPEC, backup_spec_fields, faults))
                spec = NULL;
        backup.spec_json = spec;
        read_spec(spec, arena, faults, &backup.spec);
        check_lists(&backup.spec, faults);
        set_defaults(arena, &backup.spec);
        return backup;
}

Str label_value(Str text, Arena *arena) {
        unsigned char digest[SHA256_DIGEST_LENGTH];

        if (text.len <= LABEL_VALUE_MAX)
                return text;
        SHA256((const unsigned char *) text.ptr, text.len, digest);
        return str_of(arena_printf(arena, "%.*s%02x%02x%02x", LABEL_VALUE_KEPT, text.ptr, digest[0],
                                   digest[1], digest[2]));
}
