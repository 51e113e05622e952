#include "api/backup.h"

#include <inttypes.h>
#include <sys/random.h>

#include "api/backup_spec.h"
#include "api/fields.h"
#include "base/clock.h"
#include "data/duration.h"

static const int64_t CSI_TIMEOUT_DEFAULT_MS = INT64_C(10) * 60 * 1000;
static const int64_t OPERATION_TIMEOUT_DEFAULT_MS = INT64_C(4) * 60 * 60 * 1000;

typedef struct Encoder {
        JsonMutDoc *doc;
        Arena arena;
} Encoder;

static void encoder_clear(Encoder *encoder) {
        arena_clear(&encoder->arena);
        yyjson_mut_doc_free(encoder->doc);
}

static void put(const Encoder *encoder, JsonMutVal *object, const char *key, JsonMutVal *value) {
        json_mut_set(encoder->doc, object, str_of(key), value);
}

static void put_copy(const Encoder *encoder, JsonMutVal *object, const char *key, JsonVal *value) {
        if (value)
                put(encoder, object, key, yyjson_val_mut_copy(encoder->doc, value));
}

static int compare_strs(const void *a, const void *b) {
        return str_compare(*(const Str *) a, *(const Str *) b);
}

/* Go writes the keys of a map sorted. */
static JsonMutVal *sorted_copy(Encoder *encoder, JsonVal *map) {
        JsonMutVal *copy = yyjson_mut_obj(encoder->doc);
        size_t i, count = yyjson_obj_size(map);
        Str *keys = arena_alloc(&encoder->arena, (count + 1) * sizeof(*keys));
        JsonVal *key, *value;

        yyjson_obj_foreach(map, i, count, key, value) {
                keys[i] = json_str(key);
        }
        qsort(keys, count, sizeof(*keys), compare_strs);
        for (i = 0; i < count; i++)
                json_mut_set(encoder->doc, copy, keys[i],
                             yyjson_val_mut_copy(encoder->doc, json_get_key(map, keys[i])));
        return copy;
}

static void put_map(Encoder *encoder, JsonMutVal *object, const char *key, JsonVal *map) {
        if (yyjson_obj_size(map) > 0)
                put(encoder, object, key, sorted_copy(encoder, map));
}

static void put_strs(const Encoder *encoder, JsonMutVal *object, const char *key, const Strs *strs) {
        JsonMutVal *list;

        if (strs->len == 0)
                return;
        list = yyjson_mut_arr(encoder->doc);
        for (size_t i = 0; i < strs->len; i++)
                yyjson_mut_arr_append(list, json_new_str(encoder->doc, strs->items[i]));
        put(encoder, object, key, list);
}

static void put_duration(Encoder *encoder, JsonMutVal *object, const char *key, int64_t ms) {
        json_put_str(encoder->doc, object, key, duration_format(ms, &encoder->arena));
}

/* A duration as Go normalises it: "90s" becomes "1m30s". */
static int64_t duration_of(JsonVal *object, const char *key, int64_t otherwise) {
        AUTO(error_clear) Error err = { 0 };
        int64_t ms;

        if (!duration_parse(json_get_str(object, key), &ms, &err) || ms == 0)
                return otherwise;
        return ms;
}

static JsonMutVal *selector_copy(Encoder *encoder, JsonVal *selector) {
        static const char *const rule_keys[] = { "key", "operator", "values" };
        JsonMutVal *copy = yyjson_mut_obj(encoder->doc), *rules;
        JsonVal *expressions = field_get(selector, "matchExpressions"), *rule;
        size_t i, count;

        put_map(encoder, copy, "matchLabels", json_get(selector, "matchLabels"));
        if (yyjson_arr_size(expressions) == 0)
                return copy;
        rules = yyjson_mut_arr(encoder->doc);
        yyjson_arr_foreach(expressions, i, count, rule) {
                JsonMutVal *rule_copy = yyjson_mut_arr_add_obj(encoder->doc, rules);

                for (size_t k = 0; k < sizeof(rule_keys) / sizeof(*rule_keys); k++)
                        put_copy(encoder, rule_copy, rule_keys[k], field_get(rule, rule_keys[k]));
        }
        put(encoder, copy, "matchExpressions", rules);
        return copy;
}

static void put_list_copy(const Encoder *encoder, JsonMutVal *object, const char *key, JsonVal *list) {
        if (yyjson_arr_size(list) > 0)
                put_copy(encoder, object, key, list);
}

static void put_exec_hooks(Encoder *encoder, JsonMutVal *entry, const char *key, JsonVal *hooks) {
        JsonMutVal *list;
        JsonVal *hook;
        size_t i, count;

        if (yyjson_arr_size(hooks) == 0)
                return;
        list = yyjson_mut_arr(encoder->doc);
        yyjson_arr_foreach(hooks, i, count, hook) {
                JsonVal *exec = json_get(hook, "exec");
                JsonMutVal *copy =
                        json_mut_object(encoder->doc, yyjson_mut_arr_add_obj(encoder->doc, list), "exec");

                put_copy(encoder, copy, "container", field_get(exec, "container"));
                put_copy(encoder, copy, "command", field_get(exec, "command"));
                put_copy(encoder, copy, "onError", field_get(exec, "onError"));
                /* Go keeps empty structs: a timeout that is not set is "0s" (1.1). */
                put_duration(encoder, copy, "timeout", duration_of(exec, "timeout", 0));
        }
        put(encoder, entry, key, list);
}

static JsonMutVal *hooks_copy(Encoder *encoder, JsonVal *hooks) {
        static const char *const lists[] = { "includedNamespaces", "excludedNamespaces", "includedResources",
                                             "excludedResources" };
        JsonVal *entries = json_get(hooks, "resources"), *entry;
        JsonMutVal *copy = yyjson_mut_obj(encoder->doc), *list;
        size_t i, count;

        if (yyjson_arr_size(entries) == 0)
                return copy;
        list = yyjson_mut_arr(encoder->doc);
        yyjson_arr_foreach(entries, i, count, entry) {
                JsonMutVal *entry_copy = yyjson_mut_arr_add_obj(encoder->doc, list);
                JsonVal *selector = field_get(entry, "labelSelector");

                json_put_str(encoder->doc, entry_copy, "name", json_get_str(entry, "name"));
                for (size_t k = 0; k < sizeof(lists) / sizeof(*lists); k++)
                        put_list_copy(encoder, entry_copy, lists[k], json_get(entry, lists[k]));
                if (selector)
                        put(encoder, entry_copy, "labelSelector", selector_copy(encoder, selector));
                put_exec_hooks(encoder, entry_copy, "pre", json_get(entry, "pre"));
                put_exec_hooks(encoder, entry_copy, "post", json_get(entry, "post"));
        }
        put(encoder, copy, "resources", list);
        return copy;
}

static void put_filters(Encoder *encoder, JsonMutVal *object, const Backup *backup) {
        const BackupSpec *spec = &backup->spec;
        JsonVal *selector = field_get(backup->spec_json, "labelSelector");
        JsonVal *selectors = field_get(backup->spec_json, "orLabelSelectors"), *item;
        JsonMutVal *list;
        size_t i, count;

        put_strs(encoder, object, "includedNamespaces", &spec->included_namespaces);
        put_strs(encoder, object, "excludedNamespaces", &spec->excluded_namespaces);
        put_strs(encoder, object, "includedResources", &spec->included_resources);
        put_strs(encoder, object, "excludedResources", &spec->excluded_resources);
        put_strs(encoder, object, "includedClusterScopedResources", &spec->included_cluster_scoped);
        put_strs(encoder, object, "excludedClusterScopedResources", &spec->excluded_cluster_scoped);
        put_strs(encoder, object, "includedNamespaceScopedResources", &spec->included_namespace_scoped);
        put_strs(encoder, object, "excludedNamespaceScopedResources", &spec->excluded_namespace_scoped);
        if (selector)
                put(encoder, object, "labelSelector", selector_copy(encoder, selector));
        if (yyjson_arr_size(selectors) == 0)
                return;
        list = yyjson_mut_arr(encoder->doc);
        yyjson_arr_foreach(selectors, i, count, item) {
                yyjson_mut_arr_append(list, selector_copy(encoder, item));
        }
        put(encoder, object, "orLabelSelectors", list);
}

static void put_flag(const Encoder *encoder, JsonMutVal *object, const char *key, bool value) {
        put(encoder, object, key, yyjson_mut_bool(encoder->doc, value));
}

static JsonMutVal *spec_json(Encoder *encoder, const Backup *backup) {
        const BackupSpec *spec = &backup->spec;
        JsonVal *given = backup->spec_json;
        JsonVal *group_label = field_get(given, "volumeGroupSnapshotLabelKey");
        JsonVal *metadata = field_get(given, "metadata");
        JsonMutVal *object = yyjson_mut_obj(encoder->doc), *policy;
        JsonMutVal *metadata_copy = json_mut_object(encoder->doc, object, "metadata");

        put_map(encoder, metadata_copy, "labels", json_get(metadata, "labels"));
        put_map(encoder, metadata_copy, "annotations", json_get(metadata, "annotations"));
        put_filters(encoder, object, backup);
        if (spec->snapshot_volumes >= 0)
                put_flag(encoder, object, "snapshotVolumes", spec->snapshot_volumes);
        put_duration(encoder, object, "ttl", spec->ttl_ms);
        json_put_str(encoder->doc, object, "volumeGroupSnapshotLabelKey",
                     group_label ? json_str(group_label) : STR("velero.io/volume-group"));
        if (spec->include_cluster_resources >= 0)
                put_flag(encoder, object, "includeClusterResources", spec->include_cluster_resources);
        put(encoder, object, "hooks", hooks_copy(encoder, field_get(given, "hooks")));
        json_put_str(encoder->doc, object, "storageLocation", spec->storage_location);
        put_list_copy(encoder, object, "volumeSnapshotLocations", json_get(given, "volumeSnapshotLocations"));
        put_copy(encoder, object, "defaultVolumesToRestic", field_get(given, "defaultVolumesToRestic"));
        put_flag(encoder, object, "defaultVolumesToFsBackup",
                 json_get_bool(given, "defaultVolumesToFsBackup", false) ||
                         json_get_bool(given, "defaultVolumesToRestic", false));
        put_map(encoder, object, "orderedResources", spec->ordered_resources);
        put_duration(encoder, object, "csiSnapshotTimeout",
                     duration_of(given, "csiSnapshotTimeout", CSI_TIMEOUT_DEFAULT_MS));
        put_duration(encoder, object, "itemOperationTimeout",
                     duration_of(given, "itemOperationTimeout", OPERATION_TIMEOUT_DEFAULT_MS));
        if (spec->resource_policy.len > 0) {
                JsonVal *group = field_get(field_get(given, "resourcePolicy"), "apiGroup");

                policy = json_mut_object(encoder->doc, object, "resourcePolicy");
                put(encoder, policy, "apiGroup",
                    group ? yyjson_val_mut_copy(encoder->doc, group) : yyjson_mut_null(encoder->doc));
                json_put_str(encoder->doc, policy, "kind",
                             json_get_str(field_get(given, "resourcePolicy"), "kind"));
                json_put_str(encoder->doc, policy, "name", spec->resource_policy);
        }
        put_flag(encoder, object, "snapshotMoveData", json_get_bool(given, "snapshotMoveData", false));
        put_copy(encoder, object, "datamover", field_get(given, "datamover"));
        put_copy(encoder, object, "uploaderConfig", field_get(given, "uploaderConfig"));
        put_copy(encoder, object, "backupType", field_get(given, "backupType"));
        return object;
}

static void put_number(const Encoder *encoder, JsonMutVal *object, const char *key, uint64_t number) {
        if (number > 0)
                put(encoder, object, key, yyjson_mut_uint(encoder->doc, number));
}

static void put_time(Encoder *encoder, JsonMutVal *object, const char *key, int64_t wall_ms) {
        if (wall_ms > 0)
                json_put_str(encoder->doc, object, key, clock_rfc3339(wall_ms, &encoder->arena));
}

static JsonMutVal *status_json(Encoder *encoder, const BackupStatus *status) {
        JsonMutVal *object = yyjson_mut_obj(encoder->doc), *part;

        put_number(encoder, object, "version", 1);
        json_put_str(encoder->doc, object, "formatVersion", STR("1.1.0"));
        put_time(encoder, object, "expiration", status->expiration_ms);
        json_put_str(encoder->doc, object, "phase", str_of(status->phase));
        put_strs(encoder, object, "validationErrors", &status->validation_errors);
        put_time(encoder, object, "startTimestamp", status->start_ms);
        put_time(encoder, object, "completionTimestamp", status->completion_ms);
        if (status->failure_reason.len > 0)
                json_put_str(encoder->doc, object, "failureReason", status->failure_reason);
        put_number(encoder, object, "warnings", status->warnings);
        put_number(encoder, object, "errors", status->errors);
        part = json_mut_object(encoder->doc, object, "progress");
        put_number(encoder, part, "totalItems", status->total_items);
        put_number(encoder, part, "itemsBackedUp", status->items_backed_up);
        part = json_mut_object(encoder->doc, object, "hookStatus");
        put_number(encoder, part, "hooksAttempted", status->hooks_attempted);
        put_number(encoder, part, "hooksFailed", status->hooks_failed);
        return object;
}

static Str random_uid(Arena *arena) {
        unsigned char b[16];

        while (getrandom(b, sizeof(b), 0) != (ssize_t) sizeof(b))
                continue;
        b[6] = (unsigned char) (0x40 | (b[6] & 0x0f)); /* version 4, variant 1 of RFC 9562 */
        b[8] = (unsigned char) (0x80 | (b[8] & 0x3f));
        return str_of(arena_printf(
                arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
                b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]));
}

/* `given` with `count` pairs added or replaced, sorted. */
static JsonMutVal *map_with(Encoder *encoder, JsonVal *given, const Str (*pairs)[2], size_t count) {
        AUTO_JSON_MUT *scratch = yyjson_mut_doc_new(NULL);
        JsonMutVal *map = given ? yyjson_val_mut_copy(scratch, given) : yyjson_mut_obj(scratch), *sorted;
        JsonDoc *read_only;

        for (size_t i = 0; i < count; i++)
                json_mut_set(scratch, map, pairs[i][0], json_new_str(scratch, pairs[i][1]));
        read_only = yyjson_mut_val_imut_copy(map, NULL);
        sorted = sorted_copy(encoder, yyjson_doc_get_root(read_only));
        yyjson_doc_free(read_only);
        return sorted;
}

/* What the API server gave it; a backup that was never an object there gets the like. */
static void put_identity(Encoder *encoder, JsonMutVal *object, const Backup *backup,
                         const BackupStatus *status) {
        static const char *const given[] = { "uid", "resourceVersion", "generation", "creationTimestamp" };

        if (json_get_str(backup->metadata, "uid").len == 0) {
                json_put_str(encoder->doc, object, "uid", random_uid(&encoder->arena));
                put_time(encoder, object, "creationTimestamp", status->start_ms);
                return;
        }
        for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++)
                put_copy(encoder, object, given[i], json_get(backup->metadata, given[i]));
}

static JsonMutVal *metadata_json(Encoder *encoder, const Backup *backup, const BackupStatus *status,
                                 const SourceCluster *cluster) {
        const Str labels[][2] = {
                { STR("velero.io/storage-location"),
                  label_value(backup->spec.storage_location, &encoder->arena) },
        };
        const Str annotations[][2] = {
                { STR("velero.io/resource-timeout"), STR("10m0s") },
                { STR("velero.io/source-cluster-k8s-gitversion"), cluster->git_version },
                { STR("velero.io/source-cluster-k8s-major-version"), cluster->major },
                { STR("velero.io/source-cluster-k8s-minor-version"), cluster->minor },
        };
        JsonMutVal *object = yyjson_mut_obj(encoder->doc);

        json_put_str(encoder->doc, object, "name", backup->name);
        json_put_str(encoder->doc, object, "namespace", backup->namespace);
        put_identity(encoder, object, backup, status);
        put(encoder, object, "labels",
            map_with(encoder, backup->labels, labels, sizeof(labels) / sizeof(*labels)));
        put(encoder, object, "annotations",
            map_with(encoder, backup->annotations, annotations, sizeof(annotations) / sizeof(*annotations)));
        return object;
}

JsonMutVal *backup_status_json(const BackupStatus *status, JsonMutDoc *doc) {
        Encoder encoder = { .doc = doc };
        JsonMutVal *object = status_json(&encoder, status);

        arena_clear(&encoder.arena);
        if (status->completion_ms == 0) { /* it has not begun, or is on */
                json_mut_remove(object, "progress");
                json_mut_remove(object, "hookStatus");
        }
        return object;
}

void backup_encode(const Backup *backup, const BackupStatus *status, const SourceCluster *cluster,
                   Buf *into) {
        AUTO(encoder_clear) Encoder encoder = { .doc = yyjson_mut_doc_new(NULL) };
        JsonMutVal *root = yyjson_mut_obj(encoder.doc);

        json_put_str(encoder.doc, root, "kind", STR("Backup"));
        json_put_str(encoder.doc, root, "apiVersion", STR("velero.io/v1"));
        put(&encoder, root, "metadata", metadata_json(&encoder, backup, status, cluster));
        put(&encoder, root, "spec", spec_json(&encoder, backup));
        put(&encoder, root, "status", status_json(&encoder, status));
        json_write_go_mut(root, 2, into);
}
