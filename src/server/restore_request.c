#include "server/restore_request.h"

#include "server/locations.h"
#include "server/objects.h"

typedef struct Newest {
        const RestoreRequest *request;
        Arena *arena;
        Str name;
        int64_t start_ms;
        size_t seen;
} Newest;

static bool see_backup(void *user, JsonVal *backup) {
        Newest *newest = user;
        int64_t start_ms = object_time_ms(backup, "status", "startTimestamp");

        if (!str_equal(object_schedule(backup), newest->request->restore.spec.schedule_name))
                return true;
        newest->seen++;
        if (str_equal(object_phase(backup), STR("Completed")) && !object_is_deleting(backup) &&
            start_ms > newest->start_ms) {
                newest->start_ms = start_ms;
                newest->name = arena_copy(newest->arena, object_name(backup));
        }
        return true;
}

static void find_newest(const Server *server, RestoreRequest *request) {
        Newest newest = { .request = request, .arena = &request->arena, .name = STR(""), .start_ms = -1 };
        Str schedule = request->restore.spec.schedule_name;

        kinds_each(server->kinds, KIND_BACKUP, see_backup, &newest);
        request->restore.spec.backup_name = newest.name;
        if (newest.name.len == 0)
                faults_add(&request->faults, FAULT_ERROR, STR("spec.scheduleName"),
                           "schedule \"" STR_FMT "\" has no Completed backup (it has %zu backups)",
                           STR_ARG(schedule), newest.seen);
}

static void check_phase(RestoreRequest *request, JsonVal *backup) {
        Str phase = object_phase(backup);

        if (object_is_deleting(backup) || str_equal(phase, STR("Deleting")))
                phase = STR("Deleting");
        else if (str_equal(phase, STR("Completed")) || str_equal(phase, STR("PartiallyFailed")))
                return;
        faults_add(&request->faults, FAULT_ERROR, STR("spec.backupName"),
                   "backup \"" STR_FMT "\" is " STR_FMT
                   ": only one that is Completed or PartiallyFailed can be restored",
                   STR_ARG(request->restore.spec.backup_name), STR_ARG(phase));
}

static void find_backup(const Server *server, RestoreRequest *request) {
        Str name = request->restore.spec.backup_name, refusal;
        AUTO_JSON *doc = kinds_get(server->kinds, KIND_BACKUP, name);
        JsonVal *backup = yyjson_doc_get_root(doc);

        if (!doc) {
                faults_add(&request->faults, FAULT_ERROR, STR("spec.backupName"),
                           "there is no backup \"" STR_FMT "\" in namespace \"" STR_FMT "\"", STR_ARG(name),
                           STR_ARG(server->options->namespace));
                return;
        }
        check_phase(request, backup);
        request->location =
                arena_copy(&request->arena, json_get_str(json_get(backup, "spec"), "storageLocation"));
        if (request->restore.spec.schedule_name.len == 0)
                request->restore.spec.schedule_name = arena_copy(&request->arena, object_schedule(backup));
        refusal = location_refusal(server, request->location, false, &request->arena);
        if (refusal.len > 0)
                faults_add(&request->faults, FAULT_ERROR, STR("spec.backupName"), STR_FMT, STR_ARG(refusal));
}

void restore_request_read(const Server *server, JsonVal *object, RestoreRequest *ret_request) {
        RestoreRequest *request = ret_request;

        *request = (RestoreRequest) { .location = STR("") };
        request->faults.arena = &request->arena;
        request->restore = restore_decode(object, &request->arena, &request->faults);
        if (server->options->velero_hook_defaults)
                hook_spec_take_velero_defaults(&request->restore.spec.hooks);
        if (request->restore.spec.backup_name.len == 0 && request->restore.spec.schedule_name.len > 0)
                find_newest(server, request);
        if (request->restore.spec.backup_name.len > 0)
                find_backup(server, request);
}

void restore_request_clear(RestoreRequest *request) {
        arena_clear(&request->arena);
        *request = (RestoreRequest) { 0 };
}

static bool has_finalizer(JsonVal *finalizers) {
        size_t i, count;
        JsonVal *finalizer;

        yyjson_arr_foreach(finalizers, i, count, finalizer) {
                if (str_equal(json_str(finalizer), STR(RESTORE_FINALIZER)))
                        return true;
        }
        return false;
}

/* A merge patch replaces lists: the others' finalizers stay in it. */
static void put_finalizer(JsonVal *object, JsonMutDoc *doc, JsonMutVal *patch) {
        JsonVal *given = json_at(object, "metadata", "finalizers");
        JsonMutVal *metadata = yyjson_mut_obj_add_obj(doc, patch, "metadata");
        JsonMutVal *list = given ? yyjson_val_mut_copy(doc, given) : yyjson_mut_arr(doc);

        if (!has_finalizer(given))
                yyjson_mut_arr_append(list, json_new_str(doc, STR(RESTORE_FINALIZER)));
        yyjson_mut_obj_add_val(doc, metadata, "finalizers", list);
}

JsonMutVal *restore_without_finalizer(JsonVal *object, JsonMutDoc *doc) {
        JsonVal *given = json_at(object, "metadata", "finalizers"), *finalizer;
        JsonMutVal *patch = yyjson_mut_obj(doc), *metadata = yyjson_mut_obj_add_obj(doc, patch, "metadata");
        JsonMutVal *list = yyjson_mut_obj_add_arr(doc, metadata, "finalizers");
        size_t i, count;

        yyjson_arr_foreach(given, i, count, finalizer) {
                if (!str_equal(json_str(finalizer), STR(RESTORE_FINALIZER)))
                        yyjson_mut_arr_append(list, json_new_str(doc, json_str(finalizer)));
        }
        json_put_str(doc, metadata, "resourceVersion",
                     json_get_str(json_get(object, "metadata"), "resourceVersion"));
        return has_finalizer(given) ? patch : NULL;
}

JsonMutVal *restore_request_patch(const RestoreRequest *request, const RestoreStatus *status, JsonVal *object,
                                  JsonMutDoc *doc) {
        JsonMutVal *patch = yyjson_mut_obj(doc);

        put_finalizer(object, doc, patch);
        yyjson_mut_obj_add_val(doc, patch, "spec", restore_spec_json(&request->restore, doc));
        yyjson_mut_obj_add_val(doc, patch, "status", restore_status_json(status, doc));
        return patch;
}
