#include "cli/describe.h"
#include "cli/describe_parts.h"
#include "cli/words.h"
#include "data/duration.h"
#include "kube/object.h"

/* Where a value comes from and what it is called here; what people read as "<none>" is "<none>" here too,
 * because Velero's own JSON form has it so. */
typedef struct Made {
        JsonMutDoc *doc;
        const Describer *d;
} Made;

static void put(const Made *m, JsonMutVal *object, const char *key, Str value) {
        json_put_str(m->doc, object, key, value);
}

static void put_copy(const Made *m, JsonMutVal *object, const char *key, JsonVal *value) {
        if (value && !yyjson_is_null(value))
                yyjson_mut_obj_add_val(m->doc, object, key, yyjson_val_mut_copy(m->doc, value));
}

static void put_int(const Made *m, JsonMutVal *object, const char *key, int64_t value) {
        yyjson_mut_obj_add_sint(m->doc, object, key, value);
}

static void put_duration(const Made *m, JsonMutVal *object, const char *key, JsonVal *value) {
        AUTO(error_clear) Error err = { 0 };
        int64_t ms;
        Str text = json_str(value);

        if (text.len == 0)
                text = STR("0s");
        else if (duration_parse(text, &ms, &err))
                text = duration_format(ms, m->d->arena);
        put(m, object, key, text);
}

static JsonMutVal *add_object(const Made *m, JsonMutVal *object, const char *key) {
        return yyjson_mut_obj_add_obj(m->doc, object, key);
}

static void add_metadata(const Made *m, JsonMutVal *root, JsonVal *object) {
        JsonMutVal *metadata = add_object(m, root, "metadata");

        put(m, metadata, "name", object_name(object));
        put(m, metadata, "namespace", object_namespace(object));
        put_copy(m, metadata, "labels", object_labels(object));
        put_copy(m, metadata, "annotations", object_annotations(object));
        put(m, root, "phase", part_text(json_at(object, "status", "phase"), "New"));
}

static void add_filters(const Made *m, JsonMutVal *spec, JsonVal *from, const char *all_namespaces) {
        JsonMutVal *namespaces = add_object(m, spec, "namespaces");
        JsonMutVal *resources = add_object(m, spec, "resources");
        const char *const scoped[] = { "includedClusterScopedResources", "excludedClusterScopedResources",
                                       "includedNamespaceScopedResources",
                                       "excludedNamespaceScopedResources" };
        const Describer *d = m->d;

        put(m, namespaces, "included", part_list(d, json_get(from, "includedNamespaces"), all_namespaces));
        put(m, namespaces, "excluded", part_list(d, json_get(from, "excludedNamespaces"), EMPTY_WORD));
        put(m, resources, "included", part_list(d, json_get(from, "includedResources"), "*"));
        put(m, resources, "excluded", part_list(d, json_get(from, "excludedResources"), EMPTY_WORD));
        put(m, resources, "clusterScoped",
            str_of(part_tristate(json_get(from, "includeClusterResources"), "included", "excluded", "auto")));
        for (size_t i = 0; i < sizeof scoped / sizeof *scoped; i++)
                if (yyjson_arr_size(json_get(from, scoped[i])))
                        put(m, resources, scoped[i], part_list(d, json_get(from, scoped[i]), ""));
        put(m, spec, "labelSelector", part_selector(d, json_get(from, "labelSelector")));
        if (yyjson_arr_size(json_get(from, "orLabelSelectors")))
                put(m, spec, "orLabelSelectors", part_or_selectors(d, json_get(from, "orLabelSelectors")));
        if (yyjson_arr_size(json_at(from, "hooks", "resources")))
                put_copy(m, spec, "hooks", json_get(from, "hooks"));
}

static void add_backup_spec(const Made *m, JsonMutVal *root, JsonVal *from) {
        JsonMutVal *spec = add_object(m, root, "spec");

        add_filters(m, spec, from, "*");
        put(m, spec, "storageLocation", json_get_str(from, "storageLocation"));
        put(m, spec, "veleroNativeSnapshotPVs",
            str_of(part_tristate(json_get(from, "snapshotVolumes"), "true", "false", "auto")));
        put(m, spec, "veleroSnapshotMoveData",
            str_of(part_tristate(json_get(from, "snapshotMoveData"), "true", "false", "auto")));
        put(m, spec, "dataMover", part_text(json_get(from, "datamover"), EMPTY_WORD));
        put_duration(m, spec, "TTL", json_get(from, "ttl"));
        put_duration(m, spec, "CSISnapshotTimeout", json_get(from, "csiSnapshotTimeout"));
        put_copy(m, spec, "orderedResources", json_get(from, "orderedResources"));
}

static void add_times(const Made *m, JsonMutVal *status, JsonVal *from) {
        Arena *arena = m->d->arena;

        put(m, status, "started", words_time_of(json_get_str(from, "startTimestamp"), "<n/a>", arena));
        put(m, status, "completed", words_time_of(json_get_str(from, "completionTimestamp"), "<n/a>", arena));
}

static void add_hook_counts(const Made *m, JsonMutVal *status, JsonVal *from) {
        JsonVal *hooks = json_get(from, "hookStatus");

        if (!hooks)
                return;
        put_int(m, status, "hooksAttempted", json_get_int(hooks, "hooksAttempted", 0));
        put_int(m, status, "hooksFailed", json_get_int(hooks, "hooksFailed", 0));
}

/* The volumes of one method, or the words for none. */
static void add_volumes(const Made *m, JsonMutVal *object, const char *key, const char *method,
                        JsonVal *volumes) {
        JsonMutVal *found = yyjson_mut_arr(m->doc);
        size_t i, count;
        JsonVal *volume;

        yyjson_arr_foreach(volumes, i, count, volume) {
                if (str_equal(json_get_str(volume, "backupMethod"), str_of(method)))
                        yyjson_mut_arr_append(found, yyjson_val_mut_copy(m->doc, volume));
        }
        if (yyjson_mut_arr_size(found))
                yyjson_mut_obj_add_val(m->doc, object, key, found);
        else
                put(m, object, key, STR("<none included>"));
}

static void add_backup_status(const Made *m, JsonMutVal *root, JsonVal *from, JsonVal *volumes) {
        JsonMutVal *status = add_object(m, root, "status");
        JsonVal *progress = json_get(from, "progress");
        JsonMutVal *by_method = add_object(m, status, "backupVolumes");

        put(m, status, "backupFormatVersion", json_get_str(from, "formatVersion"));
        add_volumes(m, by_method, "nativeSnapshots", "NativeSnapshot", volumes);
        add_volumes(m, by_method, "csiSnapshots", "CSISnapshot", volumes);
        add_volumes(m, by_method, "podVolumeBackups", "PodVolumeBackup", volumes);
        add_times(m, status, from);
        put(m, status, "expiration", words_time_of(json_get_str(from, "expiration"), "<n/a>", m->d->arena));
        if (progress) {
                put_int(m, status, "totalItemsToBeBackedUp", json_get_int(progress, "totalItems", 0));
                put_int(m, status, "itemsBackedUp", json_get_int(progress, "itemsBackedUp", 0));
        }
        add_hook_counts(m, status, from);
}

/* What both kinds have besides spec and status. */
static void add_files(const Made *m, JsonMutVal *root, const DescribeInput *input) {
        JsonVal *status = json_get(input->object, "status");
        JsonVal *errors = json_get(input->results, "errors"),
                *warnings = json_get(input->results, "warnings");

        put_copy(m, root, "validationErrors", json_get(status, "validationErrors"));
        put_copy(m, root, "failureReason", json_get(status, "failureReason"));
        if (yyjson_obj_size(errors))
                put_copy(m, root, "errors", errors);
        if (yyjson_obj_size(warnings))
                put_copy(m, root, "warnings", warnings);
        if (input->hooks) {
                put_copy(m, root, "hooks", json_get(input->hooks, "hooks"));
                put_copy(m, root, "freeze", json_get(input->hooks, "freeze"));
        }
        if (input->details)
                put_copy(m, root, "resourceList", input->resource_list);
}

static void add_deletions(const Made *m, JsonMutVal *root, JsonVal *deletions) {
        JsonMutVal *attempts, *list;
        int64_t failed = part_failed_deletions(deletions);
        size_t i, count;
        JsonVal *request;

        if (yyjson_arr_size(deletions) == 0)
                return;
        attempts = add_object(m, root, "deletionAttempts");
        if (failed)
                put_int(m, attempts, "failed", failed);
        list = yyjson_mut_obj_add_arr(m->doc, attempts, "deleteBackupRequests");
        yyjson_arr_foreach(deletions, i, count, request) {
                JsonMutVal *item = yyjson_mut_arr_add_obj(m->doc, list);
                JsonVal *status = json_get(request, "status");

                put(m, item, "creationTimestamp",
                    words_time_of(json_str(json_at(request, "metadata", "creationTimestamp")), "",
                                  m->d->arena));
                put(m, item, "phase", json_get_str(status, "phase"));
                put_copy(m, item, "errors", json_get(status, "errors"));
        }
}

JsonMutVal *describe_backup_json(const DescribeInput *input, Arena *arena, JsonMutDoc *doc) {
        const Describer d = { .arena = arena };
        const Made m = { doc, &d };
        JsonMutVal *root = yyjson_mut_obj(doc);

        add_metadata(&m, root, input->object);
        add_backup_spec(&m, root, json_get(input->object, "spec"));
        put_copy(&m, root, "resourcePolicies", json_at(input->object, "spec", "resourcePolicy"));
        add_backup_status(&m, root, json_get(input->object, "status"), input->volumes);
        add_deletions(&m, root, input->deletions);
        add_files(&m, root, input);
        return root;
}

static void add_restore_spec(const Made *m, JsonMutVal *root, JsonVal *from) {
        JsonMutVal *spec = add_object(m, root, "spec");

        put(m, spec, "backup", json_get_str(from, "backupName"));
        add_filters(m, spec, from, "*");
        put_copy(m, spec, "namespaceMappings", json_get(from, "namespaceMapping"));
        put(m, spec, "restorePVs",
            str_of(part_tristate(json_get(from, "restorePVs"), "true", "false", "auto")));
        put(m, spec, "existingResourcePolicy",
            part_text(json_get(from, "existingResourcePolicy"), EMPTY_WORD));
        put(m, spec, "preserveNodePorts",
            str_of(part_tristate(json_get(from, "preserveNodePorts"), "true", "false", "auto")));
        put_copy(m, spec, "resourceModifier", json_get(from, "resourceModifier"));
}

JsonMutVal *describe_restore_json(const DescribeInput *input, Arena *arena, JsonMutDoc *doc) {
        const Describer d = { .arena = arena };
        const Made m = { doc, &d };
        JsonMutVal *root = yyjson_mut_obj(doc), *status;
        JsonVal *from = json_get(input->object, "status"), *progress = json_get(from, "progress");

        add_metadata(&m, root, input->object);
        add_restore_spec(&m, root, json_get(input->object, "spec"));
        status = add_object(&m, root, "status");
        add_times(&m, status, from);
        if (progress) {
                put_int(&m, status, "totalItemsToBeRestored", json_get_int(progress, "totalItems", 0));
                put_int(&m, status, "itemsRestored", json_get_int(progress, "itemsRestored", 0));
        }
        add_hook_counts(&m, status, from);
        add_files(&m, root, input);
        return root;
}
