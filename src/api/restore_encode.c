#include "api/restore.h"

#include "api/restore_spec.h"
#include "base/clock.h"
#include "data/duration.h"

const char *const restore_spec_fields[] = {
        "backupName",
        "scheduleName",
        "includedNamespaces",
        "excludedNamespaces",
        "includedResources",
        "excludedResources",
        "namespaceMapping",
        "labelSelector",
        "orLabelSelectors",
        "restorePVs",
        "restoreStatus",
        "preserveNodePorts",
        "includeClusterResources",
        "hooks",
        "existingResourcePolicy",
        "itemOperationTimeout",
        "resourceModifier",
        "uploaderConfig",
        "resourcePolicy",
        "skipDefaultResourceModifier",
        NULL,
};

const char *const restore_never_restored[] = {
        "nodes",
        "events",
        "events.events.k8s.io",
        "backups.velero.io",
        "restores.velero.io",
        "resticrepositories.velero.io",
        "csinodes.storage.k8s.io",
        "volumeattachments.storage.k8s.io",
        "backuprepositories.velero.io",
        NULL,
};

bool restore_is_never_restored(Str resource) {
        static const char *const aliases[] = {
                "node", "no", "event", "ev", "csinode", "csinodes", "volumeattachment", "volumeattachments",
                NULL
        };

        for (const char *const *name = restore_never_restored; *name; name++)
                if (str_equal(resource, str_of(*name)))
                        return true;
        for (const char *const *name = aliases; *name; name++)
                if (str_equal(resource, str_of(*name)))
                        return true;
        return false;
}

static void put_value(JsonMutDoc *doc, JsonMutVal *object, const char *key, JsonVal *value) {
        if (value && !yyjson_is_null(value))
                yyjson_mut_obj_add_val(doc, object, key, yyjson_val_mut_copy(doc, value));
}

static void put_text(JsonMutDoc *doc, JsonMutVal *object, const char *key, Str value) {
        if (value.len > 0)
                json_put_str(doc, object, key, value);
}

static void put_list(JsonMutDoc *doc, JsonMutVal *object, const char *key, const Strs *list) {
        if (list->len == 0)
                return;
        JsonMutVal *array = yyjson_mut_obj_add_arr(doc, object, key);
        for (size_t i = 0; i < list->len; i++)
                yyjson_mut_arr_append(array, json_new_str(doc, list->items[i]));
}

static void put_count(JsonMutDoc *doc, JsonMutVal *object, const char *key, uint64_t count) {
        if (count > 0)
                yyjson_mut_obj_add_uint(doc, object, key, count);
}

static void put_time(JsonMutDoc *doc, JsonMutVal *object, const char *key, int64_t wall_ms, Arena *arena) {
        if (wall_ms > 0)
                json_put_str(doc, object, key, clock_rfc3339(wall_ms, arena));
}

/* Velero writes its default of four hours into every Restore. */
static Str operation_timeout(const Restore *restore, Arena *arena) {
        AUTO(error_clear) Error err = { 0 };
        Str text = json_get_str(restore->spec_json, "itemOperationTimeout");
        int64_t ms = 0;

        if (text.len == 0 || !duration_parse(text, &ms, &err) || ms == 0)
                return STR("4h0m0s");
        return duration_format(ms, arena);
}

static JsonMutVal *encode_metadata(JsonMutDoc *doc, const Restore *restore, const RestoreStatus *status,
                                   Arena *arena) {
        JsonMutVal *metadata = yyjson_mut_obj(doc);

        json_put_str(doc, metadata, "name", restore->name);
        json_put_str(doc, metadata, "namespace", restore->namespace);
        put_time(doc, metadata, "creationTimestamp", status->start_ms, arena);
        put_value(doc, metadata, "labels", restore->labels);
        put_value(doc, metadata, "annotations", restore->annotations);
        return metadata;
}

static JsonMutVal *encode_spec(JsonMutDoc *doc, const Restore *restore, Arena *arena) {
        JsonMutVal *spec = yyjson_mut_obj(doc);

        for (const char *const *field = restore_spec_fields; *field; field++) {
                Str key = str_of(*field);

                if (str_equal(key, STR("backupName")))
                        put_text(doc, spec, *field, restore->spec.backup_name);
                else if (str_equal(key, STR("scheduleName")))
                        put_text(doc, spec, *field, restore->spec.schedule_name);
                else if (str_equal(key, STR("excludedResources")))
                        put_list(doc, spec, *field, &restore->spec.excluded_resources);
                else if (str_equal(key, STR("itemOperationTimeout")))
                        json_put_str(doc, spec, *field, operation_timeout(restore, arena));
                else
                        put_value(doc, spec, *field, json_get(restore->spec_json, *field));
        }
        return spec;
}

static JsonMutVal *encode_status(JsonMutDoc *doc, const RestoreStatus *status, Arena *arena) {
        JsonMutVal *object = yyjson_mut_obj(doc);

        put_text(doc, object, "phase", str_of(status->phase ? status->phase : ""));
        put_list(doc, object, "validationErrors", &status->validation_errors);
        put_count(doc, object, "warnings", status->warnings);
        put_count(doc, object, "errors", status->errors);
        put_text(doc, object, "failureReason", status->failure_reason);
        put_time(doc, object, "startTimestamp", status->start_ms, arena);
        put_time(doc, object, "completionTimestamp", status->completion_ms, arena);
        JsonMutVal *progress = yyjson_mut_obj_add_obj(doc, object, "progress");
        put_count(doc, progress, "totalItems", status->total_items);
        put_count(doc, progress, "itemsRestored", status->items_restored);
        JsonMutVal *hooks = yyjson_mut_obj_add_obj(doc, object, "hookStatus");
        put_count(doc, hooks, "hooksAttempted", status->hooks_attempted);
        put_count(doc, hooks, "hooksFailed", status->hooks_failed);
        return object;
}

JsonMutVal *restore_status_json(const RestoreStatus *status, JsonMutDoc *doc) {
        AUTO(arena_clear) Arena arena = { 0 };
        JsonMutVal *object = encode_status(doc, status, &arena);

        if (status->completion_ms == 0) { /* it has not begun, or is on */
                json_mut_remove(object, "progress");
                json_mut_remove(object, "hookStatus");
        }
        return object;
}

JsonMutVal *restore_spec_json(const Restore *restore, JsonMutDoc *doc) {
        AUTO(arena_clear) Arena arena = { 0 };

        return encode_spec(doc, restore, &arena);
}

void restore_encode(const Restore *restore, const RestoreStatus *status, Buf *into) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *object = yyjson_mut_obj(doc);

        json_put_str(doc, object, "kind", STR("Restore"));
        json_put_str(doc, object, "apiVersion", STR("velero.io/v1"));
        yyjson_mut_obj_add_val(doc, object, "metadata", encode_metadata(doc, restore, status, &arena));
        yyjson_mut_obj_add_val(doc, object, "spec", encode_spec(doc, restore, &arena));
        yyjson_mut_obj_add_val(doc, object, "status", encode_status(doc, status, &arena));
        json_write_go_mut(object, 2, into);
}
