#include "server/gc.h"

#include "api/backup.h"
#include "server/controllers.h"
#include "server/locations.h"
#include "server/objects.h"
#include "server/runs.h"

int64_t gc_due_ms(JsonVal *backup, int64_t now_ms) {
        int64_t expiration_ms = object_time_ms(backup, "status", "expiration");

        if (expiration_ms == 0 || object_is_deleting(backup))
                return -1;
        return expiration_ms < now_ms ? 0 : expiration_ms - now_ms + 1;
}

bool gc_is_requested_by(JsonVal *backup, JsonVal *request) {
        Str phase = object_phase(request);

        return !str_equal(phase, STR("Processed")) &&
               str_equal(json_get_str(object_labels(request), "velero.io/backup-uid"), object_uid(backup)) &&
               str_equal(json_get_str(json_get(request, "spec"), "backupName"), object_name(backup));
}

JsonMutDoc *gc_make_request(JsonVal *backup) {
        AUTO(arena_clear) Arena arena = { 0 };
        JsonMutDoc *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *root = yyjson_mut_obj(doc), *metadata, *labels;
        Str name = object_name(backup);

        yyjson_mut_doc_set_root(doc, root);
        json_put_str(doc, root, "apiVersion", STR("velero.io/v1"));
        json_put_str(doc, root, "kind", STR("DeleteBackupRequest"));
        metadata = json_mut_object(doc, root, "metadata");
        json_put_str(doc, metadata, "generateName", str_of(arena_printf(&arena, STR_FMT "-", STR_ARG(name))));
        json_put_str(doc, metadata, "namespace", object_namespace(backup));
        labels = json_mut_object(doc, metadata, "labels");
        json_put_str(doc, labels, "velero.io/backup-name", label_value(name, &arena));
        json_put_str(doc, labels, "velero.io/backup-uid", object_uid(backup));
        json_put_str(doc, json_mut_object(doc, root, "spec"), "backupName", name);
        return doc;
}

/* Velero's word for why it can't be deleted; empty: it can. */
static Str failure_of(const Server *server, JsonVal *backup) {
        AUTO(open_location_clear) OpenLocation open = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Str name = json_get_str(json_get(backup, "spec"), "storageLocation");

        if (!location_find(server, name, &open, &err))
                return err.code == ERROR_NOT_FOUND ? STR("BSLNotFound") : STR("BSLCannotGet");
        if (!str_equal(open.location.phase, STR("Available")))
                return STR("BSLUnavailable");
        return open.location.is_read_only ? STR("BSLReadOnly") : STR("");
}

typedef struct Asked {
        JsonVal *backup;
        bool is_requested;
} Asked;

static bool look_at_request(void *user, JsonVal *request) {
        Asked *asked = user;

        asked->is_requested = gc_is_requested_by(asked->backup, request);
        return !asked->is_requested;
}

static bool request_deletion(const Server *server, JsonVal *backup, Error *err) {
        AUTO_JSON_MUT *request = gc_make_request(backup);
        const EventAbout about = event_about(backup);
        Asked asked = { .backup = backup };

        kinds_each(server->kinds, KIND_DELETE_REQUEST, look_at_request, &asked);
        if (asked.is_requested)
                return true;
        if (!objects_create(server, KIND_DELETE_REQUEST, yyjson_mut_doc_get_root(request), NULL, err))
                return false;
        log_info(server->log, FIELDS(FIELD("backup", object_name(backup))),
                 "The backup has expired; its deletion was requested");
        kube_record(server->recorder, &about, EVENT_NORMAL, "Expired", "its deletion was requested");
        return true;
}

static bool collect(const Server *server, JsonVal *backup, Error *err) {
        AUTO(change_clear) Change change = { 0 };
        Str failure = failure_of(server, backup);
        Str marked = json_get_str(object_labels(backup), GC_FAILURE_LABEL);

        if (runs_has(server->runs, RUN_BACKUP, object_name(backup)))
                return true;
        if (!str_equal(failure, marked)) {
                change_label(&change, GC_FAILURE_LABEL, failure);
                /* The change comes back as an event; the next look goes on from there. */
                return objects_patch(server, KIND_BACKUP, object_name(backup), change.root, NULL, err);
        }
        return failure.len > 0 || request_deletion(server, backup, err);
}

static bool reconcile(Server *server, Str name, int64_t *ret_again_ms, Error *err) {
        AUTO_JSON *doc = kinds_get(server->kinds, KIND_BACKUP, name);

        if (!doc)
                return true;
        *ret_again_ms = gc_due_ms(yyjson_doc_get_root(doc), server_now_ms(server));
        if (*ret_again_ms != 0)
                return true;
        *ret_again_ms = server->options->gc_frequency_ms;
        return collect(server, yyjson_doc_get_root(doc), err);
}

const Controller controller_gc = {
        .name = "gc",
        .kind = KIND_BACKUP,
        .reconcile = reconcile,
};
