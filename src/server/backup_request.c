#include "server/backup_request.h"

#include "api/fields.h"
#include "data/duration.h"

static bool is_zero_duration(JsonVal *value) {
        AUTO(error_clear) Error err = { 0 };
        int64_t ms;

        return !value || (yyjson_is_str(value) && duration_parse(json_str(value), &ms, &err) && ms == 0);
}

/* The object with the fields that only this server has a default for; the others are decode's matter. */
static JsonDoc *with_defaults(const BackupDefaults *defaults, JsonVal *object, Arena *arena) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *copy = yyjson_val_mut_copy(doc, object), *spec;
        JsonVal *given = field_get(object, "spec");

        yyjson_mut_doc_set_root(doc, copy);
        if (given && !yyjson_is_obj(given))
                return yyjson_mut_doc_imut_copy(doc, NULL);
        spec = json_mut_object(doc, copy, "spec");
        if (json_get_str(given, "storageLocation").len == 0 && defaults->location.len > 0)
                json_mut_set(doc, spec, STR("storageLocation"), json_new_str(doc, defaults->location));
        if (is_zero_duration(field_get(given, "ttl")))
                json_mut_set(doc, spec, STR("ttl"),
                             json_new_str(doc, duration_format(defaults->ttl_ms, arena)));
        return yyjson_mut_doc_imut_copy(doc, NULL);
}

void backup_request_read(const BackupDefaults *defaults, JsonVal *object, BackupRequest *ret_request) {
        BackupRequest *request = ret_request;

        *request = (BackupRequest) { 0 };
        request->doc = with_defaults(defaults, object, &request->arena);
        request->faults.arena = &request->arena;
        request->backup = backup_decode(yyjson_doc_get_root(request->doc), &request->arena, &request->faults);
        if (defaults->has_velero_hooks)
                hook_spec_take_velero_defaults(&request->backup.spec.hooks);
        if (request->backup.spec.storage_location.len == 0)
                faults_add(&request->faults, FAULT_ERROR, STR("spec.storageLocation"),
                           "no backup storage location is named, and none is the default");
}

void backup_request_clear(BackupRequest *request) {
        yyjson_doc_free(request->doc);
        arena_clear(&request->arena);
        *request = (BackupRequest) { 0 };
}

JsonMutVal *backup_request_patch(const BackupRequest *request, const BackupStatus *status,
                                 const SourceCluster *cluster, JsonMutDoc *doc) {
        const SourceCluster unknown = { STR(""), STR(""), STR("") };
        AUTO(buf_clear) Buf text = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *whole = NULL;
        JsonMutVal *patch = yyjson_mut_obj(doc), *metadata = yyjson_mut_obj_add_obj(doc, patch, "metadata");

        backup_encode(&request->backup, status, cluster ? cluster : &unknown, &text);
        if (json_parse(buf_str(&text), "the encoded backup", &whole, &err)) {
                JsonVal *root = yyjson_doc_get_root(whole);

                yyjson_mut_obj_add_val(doc, metadata, "labels",
                                       yyjson_val_mut_copy(doc, json_at(root, "metadata", "labels")));
                if (cluster)
                        yyjson_mut_obj_add_val(
                                doc, metadata, "annotations",
                                yyjson_val_mut_copy(doc, json_at(root, "metadata", "annotations")));
                yyjson_mut_obj_add_val(doc, patch, "spec", yyjson_val_mut_copy(doc, json_get(root, "spec")));
        }
        yyjson_mut_obj_add_val(doc, patch, "status", backup_status_json(status, doc));
        return patch;
}
