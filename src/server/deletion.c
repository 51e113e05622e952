#include "server/deletion.h"

#include "api/backup.h"
#include "server/change.h"
#include "server/controllers.h"
#include "server/locations.h"
#include "server/objects.h"
#include "server/restore_files.h"
#include "server/runs.h"
#include "store/layout.h"

enum { FILE_LIMIT = 64 * 1024 * 1024 };

typedef struct Deletion { /* one request */
        const Server *server;
        Arena *arena;
        JsonVal *request;
        JsonVal *backup;
        Str name, schedule;
        Strs errors; /* what kept it from being deleted whole */
} Deletion;

static void add_error(Deletion *deletion, const char *message) {
        strs_add(&deletion->errors, deletion->arena, arena_copy(deletion->arena, str_of(message)));
}

/* Answers the request with its errors; it stays for a day, to be read. */
static bool answer(Deletion *deletion, Error *err) {
        AUTO(change_clear) Change change = { 0 };
        const Server *server = deletion->server;
        const EventAbout about = event_about(deletion->request);
        Str all = strs_join(&deletion->errors, STR("; "), deletion->arena);

        change_str(&change, "status", "phase", STR("Processed"));
        change_strs(&change, "status", "errors", &deletion->errors);
        if (!objects_patch(server, KIND_DELETE_REQUEST, object_name(deletion->request), change.root, NULL,
                           err))
                return false;
        metrics_add(server->metrics, METRIC_BACKUP_DELETION_FAILURE_TOTAL, &deletion->schedule, 1);
        log_warn(server->log, FIELDS(FIELD("backup", deletion->name), FIELD("error", all)),
                 "The backup was not deleted");
        kube_record(server->recorder, &about, EVENT_WARNING, "BackupNotDeleted", STR_FMT, STR_ARG(all));
        return true;
}

static bool refuse(Deletion *deletion, const char *message, Error *err) {
        add_error(deletion, message);
        return answer(deletion, err);
}

static bool find_restore(void *user, JsonVal *restore) {
        Deletion *deletion = user;
        Str name = object_name(restore);

        if (!str_equal(json_get_str(json_get(restore, "spec"), "backupName"), deletion->name) ||
            !runs_has(deletion->server->runs, RUN_RESTORE, name))
                return true;
        add_error(deletion, arena_printf(deletion->arena,
                                         "restore \"" STR_FMT
                                         "\" of it is in progress; delete the backup when it has ended",
                                         STR_ARG(name)));
        return false;
}

/* Why it may not be deleted now is added to the errors. */
static void check(Deletion *deletion) {
        const Server *server = deletion->server;
        Str location = json_get_str(json_get(deletion->backup, "spec"), "storageLocation"), refusal;

        if (runs_has(server->runs, RUN_BACKUP, deletion->name) ||
            str_equal(object_phase(deletion->backup), STR("InProgress")))
                add_error(deletion,
                          arena_printf(deletion->arena,
                                       "backup \"" STR_FMT "\" is in progress; delete it when it has ended",
                                       STR_ARG(deletion->name)));
        kinds_each(server->kinds, KIND_RESTORE, find_restore, deletion);
        if (!deletion_has_files(deletion->backup))
                return;
        refusal = location_refusal(server, location, true, deletion->arena);
        if (refusal.len > 0)
                add_error(deletion, arena_printf(deletion->arena, STR_FMT, STR_ARG(refusal)));
}

static bool begin(const Deletion *deletion, Error *err) {
        AUTO(change_clear) Change request = { 0 }, backup = { 0 };
        const Server *server = deletion->server;

        change_str(&request, "status", "phase", STR("InProgress"));
        change_label(&request, "velero.io/backup-name", label_value(deletion->name, deletion->arena));
        change_label(&request, "velero.io/backup-uid", object_uid(deletion->backup));
        if (!objects_patch(server, KIND_DELETE_REQUEST, object_name(deletion->request), request.root, NULL,
                           err))
                return false;
        if (str_equal(object_phase(deletion->backup), STR("Deleting")))
                return true;
        change_str(&backup, "status", "phase", STR("Deleting"));
        /* Only as it was seen: it may be about to run. */
        return objects_patch_if(server, KIND_BACKUP, deletion->backup, backup.doc, backup.root, NULL, err);
}

/* NULL when the file is missing or can't be read. */
static JsonDoc *read_file(const Deletion *deletion, Store *store, BackupFile file) {
        AUTO(buf_clear) Buf text = { .limit = FILE_LIMIT };
        AUTO(error_clear) Error err = { 0 };
        JsonDoc *doc = NULL;
        Str key = backup_key(deletion->name, file, deletion->arena);

        if (layout_get_gzip(store, key, FILE_LIMIT, &text, &err) &&
            json_parse(buf_str(&text), "the file", &doc, &err))
                return doc;
        if (err.code != ERROR_NOT_FOUND)
                log_warn(deletion->server->log,
                         FIELDS(FIELD("backup", deletion->name), FIELD("error", str_of(err.message))),
                         "What volume data the backup has can't be told");
        return NULL;
}

static void tell_leftovers(const Deletion *deletion, Store *store) {
        AUTO_JSON *volumes = read_file(deletion, store, BACKUP_VOLUME_INFO);
        AUTO_JSON *snapshots = read_file(deletion, store, BACKUP_VOLUME_SNAPSHOTS);
        const EventAbout about = event_about(deletion->backup);
        Str leftovers = deletion_leftovers(yyjson_doc_get_root(volumes), yyjson_doc_get_root(snapshots),
                                           deletion->arena);

        if (leftovers.len == 0)
                return;
        log_warn(deletion->server->log, FIELDS(FIELD("backup", deletion->name)), STR_FMT, STR_ARG(leftovers));
        kube_record(deletion->server->recorder, &about, EVENT_WARNING, "VolumeDataLeft", STR_FMT,
                    STR_ARG(leftovers));
}

typedef struct Restores { /* of the backup that is deleted */
        Deletion *deletion;
        Store *store; /* NULL: it had no files */
        Error *err;
} Restores;

static bool delete_restore(void *user, JsonVal *restore) {
        const Restores *restores = user;
        const Deletion *deletion = restores->deletion;
        Str name = object_name(restore);

        if (!str_equal(json_get_str(json_get(restore, "spec"), "backupName"), deletion->name))
                return true;
        if (restores->store && !restore_files_remove(restores->store, name, restores->err))
                return false;
        /* Its finalizer, if it has one, finds nothing left to do. */
        return objects_delete(deletion->server, KIND_RESTORE, name, restores->err);
}

static bool delete_files(Deletion *deletion, Store *store, Error *err) {
        tell_leftovers(deletion, store);
        if (layout_delete_backup(store, deletion->name, err))
                return true;
        if (err->code != ERROR_NOT_FOUND)
                return false;
        error_clear(err); /* it had none, or an interrupted deletion got as far */
        return true;
}

static bool delete_contents(Deletion *deletion, Error *err) {
        AUTO(open_location_clear) OpenLocation open = { 0 };
        Restores restores = { .deletion = deletion, .err = err };
        Str location = json_get_str(json_get(deletion->backup, "spec"), "storageLocation");

        if (deletion_has_files(deletion->backup)) {
                if (!location_open(deletion->server, location, deletion->server->stop, &open, err) ||
                    !delete_files(deletion, open.store, err))
                        return false;
                restores.store = open.store;
        }
        kinds_each(deletion->server->kinds, KIND_RESTORE, delete_restore, &restores);
        return err->code == ERROR_NONE && objects_delete(deletion->server, KIND_BACKUP, deletion->name, err);
}

static bool forget_request(void *user, JsonVal *request) {
        const Deletion *deletion = user;
        AUTO(error_clear) Error err = { 0 };

        if (str_equal(json_get_str(json_get(request, "spec"), "backupName"), deletion->name) &&
            !objects_delete(deletion->server, KIND_DELETE_REQUEST, object_name(request), &err))
                log_warn(deletion->server->log,
                         FIELDS(FIELD("name", object_name(request)), FIELD("error", str_of(err.message))),
                         "A request that is done can't be deleted");
        return true;
}

/* All requests for that backup are done with it. */
static bool conclude(Deletion *deletion, Error *err) {
        const Server *server = deletion->server;
        const EventAbout about = event_about(deletion->request);

        metrics_add(server->metrics, METRIC_BACKUP_DELETION_SUCCESS_TOTAL, &deletion->schedule, 1);
        log_info(server->log, FIELDS(FIELD("backup", deletion->name)), "The backup was deleted");
        kube_record(server->recorder, &about, EVENT_NORMAL, "BackupDeleted",
                    "backup \"" STR_FMT "\" was deleted", STR_ARG(deletion->name));
        kinds_each(server->kinds, KIND_DELETE_REQUEST, forget_request, deletion);
        return objects_delete(server, KIND_DELETE_REQUEST, object_name(deletion->request), err);
}

/* A store or an API server that is away for a while does not end the request. */
static bool may_try_again(const Deletion *deletion, const Error *reason) {
        const Server *server = deletion->server;
        int64_t created_ms = object_time_ms(deletion->request, "metadata", "creationTimestamp");

        return error_is_retryable(reason) &&
               server_now_ms(server) - created_ms < server->options->resource_timeout_ms;
}

static bool delete_backup(Deletion *deletion, Error *err) {
        AUTO(error_clear) Error reason = { 0 };

        check(deletion);
        if (deletion->errors.len > 0)
                return answer(deletion, err);
        if (!begin(deletion, err))
                return false;
        if (delete_contents(deletion, &reason))
                return conclude(deletion, err);
        if (stop_is_set(deletion->server->stop))
                return error_set(err, ERROR_CANCELED, "interrupted"); /* the next server resumes it */
        if (may_try_again(deletion, &reason))
                return error_set(err, reason.code, "%s", reason.message);
        return refuse(deletion, reason.message, err);
}

static bool carry_out(Deletion *deletion, bool is_resumed, Error *err) {
        AUTO_JSON *backup = NULL;
        AUTO(error_clear) Error reason = { 0 };
        const Server *server = deletion->server;

        deletion->name = json_get_str(json_get(deletion->request, "spec"), "backupName");
        if (!objects_get(server, KIND_BACKUP, deletion->name, &backup, &reason)) {
                if (reason.code != ERROR_NOT_FOUND)
                        return error_set(err, reason.code, "%s", reason.message);
                if (is_resumed)
                        return conclude(deletion, err);
                return refuse(deletion,
                              arena_printf(deletion->arena, "there is no backup \"" STR_FMT "\"",
                                           STR_ARG(deletion->name)),
                              err);
        }
        deletion->backup = yyjson_doc_get_root(backup);
        deletion->schedule = json_get_str(object_labels(deletion->backup), "velero.io/schedule-name");
        if (!is_resumed)
                metrics_add(server->metrics, METRIC_BACKUP_DELETION_ATTEMPT_TOTAL, &deletion->schedule, 1);
        return delete_backup(deletion, err);
}

static bool bring_on(Deletion *deletion, int64_t *ret_again_ms, Error *err) {
        int64_t now_ms = server_now_ms(deletion->server);
        int64_t since_ms = now_ms - object_time_ms(deletion->request, "metadata", "creationTimestamp");

        switch (deletion_step(deletion->request, now_ms)) {
        case DELETION_KEEP:
                *ret_again_ms = DELETION_KEPT_MS - since_ms + 1;
                return true;
        case DELETION_FORGET:
                return objects_delete(deletion->server, KIND_DELETE_REQUEST, object_name(deletion->request),
                                      err);
        case DELETION_NAMELESS:
                return refuse(deletion, "spec.backupName is empty: it names the backup to delete", err);
        case DELETION_BEGIN:
                return carry_out(deletion, false, err);
        case DELETION_RESUME:
                return carry_out(deletion, true, err);
        }
        return true;
}

static bool reconcile(Server *server, Str name, int64_t *ret_again_ms, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO_JSON *doc = NULL;
        Deletion deletion = { .server = server, .arena = &arena };

        if (!objects_get(server, KIND_DELETE_REQUEST, name, &doc, err)) {
                if (err->code != ERROR_NOT_FOUND)
                        return false;
                error_clear(err);
                return true;
        }
        deletion.request = yyjson_doc_get_root(doc);
        return object_is_deleting(deletion.request) || bring_on(&deletion, ret_again_ms, err);
}

const Controller controller_deletion = {
        .name = "backup-deletion",
        .kind = KIND_DELETE_REQUEST,
        .reconcile = reconcile,
};
