#include "server/download.h"

#include <sys/random.h>

#include "server/change.h"
#include "server/controllers.h"
#include "server/locations.h"
#include "server/objects.h"
#include "server/runs.h"
#include "store/layout.h"

enum { TOKEN_BYTES = 32 };

static const struct {
        const char *kind;
        bool is_restore, is_log;
        int file;           /* BackupFile or RestoreFile */
        const char *legacy; /* what an old Velero wrote under a name that nobody writes any more */
} files[] = {
        { "BackupLog", false, true, BACKUP_LOG, NULL },
        { "BackupContents", false, false, BACKUP_CONTENTS, NULL },
        { "BackupVolumeSnapshots", false, false, BACKUP_VOLUME_SNAPSHOTS, NULL },
        { "BackupItemOperations", false, false, BACKUP_ITEM_OPERATIONS, NULL },
        { "BackupResourceList", false, false, BACKUP_RESOURCE_LIST, NULL },
        { "BackupResults", false, false, BACKUP_RESULTS, NULL },
        { "BackupVolumeInfos", false, false, BACKUP_VOLUME_INFO, NULL },
        { "CSIBackupVolumeSnapshots", false, false, 0, "csi-volumesnapshots" },
        { "CSIBackupVolumeSnapshotContents", false, false, 0, "csi-volumesnapshotcontents" },
        { "RestoreLog", true, true, RESTORE_LOG, NULL },
        { "RestoreResults", true, false, RESTORE_RESULTS, NULL },
        { "RestoreResourceList", true, false, RESTORE_RESOURCE_LIST, NULL },
        { "RestoreItemOperations", true, false, RESTORE_ITEM_OPERATIONS, NULL },
        { "RestoreVolumeInfo", true, false, RESTORE_VOLUME_INFO, NULL },
};

enum { FILE_KINDS = sizeof(files) / sizeof(*files) };

static size_t find_kind(Str kind) {
        size_t i = 0;

        while (i < FILE_KINDS && !str_equal(kind, str_of(files[i].kind)))
                i++;
        return i;
}

static Str key_of(size_t kind, Str name, Arena *arena) {
        if (files[kind].legacy)
                return str_of(arena_printf(arena, "backups/" STR_FMT "/" STR_FMT "-%s.json.gz", STR_ARG(name),
                                           STR_ARG(name), files[kind].legacy));
        return files[kind].is_restore ? restore_key(name, (RestoreFile) files[kind].file, arena)
                                      : backup_key(name, (BackupFile) files[kind].file, arena);
}

static bool is_for_hooks(JsonVal *request) {
        return json_get_str(object_annotations(request), DOWNLOAD_FILE_ANNOTATION).len > 0;
}

static bool hooks_key(JsonVal *request, size_t kind, Str name, Arena *arena, Str *ret_key, Error *err) {
        Str file = json_get_str(object_annotations(request), DOWNLOAD_FILE_ANNOTATION);
        bool is_restore = files[kind].is_restore;
        bool is_results =
                is_restore ? files[kind].file == RESTORE_RESULTS : files[kind].file == BACKUP_RESULTS;

        if (!is_results || !str_equal(file, STR("hooks")))
                return error_set(err, ERROR_INVALID,
                                 "annotation " DOWNLOAD_FILE_ANNOTATION ": \"" STR_FMT
                                 "\" of %s is no file that can be downloaded",
                                 STR_ARG(file), files[kind].kind);
        *ret_key =
                is_restore ? restore_key(name, RESTORE_HOOKS, arena) : backup_key(name, BACKUP_HOOKS, arena);
        return true;
}

static bool check_has_run(JsonVal *object, const char *what, Error *err) {
        static const char *const before[] = { "New", "Queued", "ReadyToStart", "FailedValidation" };
        Str phase = object_phase(object), name = object_name(object);

        for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++)
                if (str_equal(phase, str_of(before[i])))
                        return error_set(err, ERROR_INVALID,
                                         "%s \"" STR_FMT "\" has no files: its phase is " STR_FMT, what,
                                         STR_ARG(name), STR_ARG(phase));
        return true;
}

bool download_target(JsonVal *request, JsonVal *backup, JsonVal *restore, Arena *arena,
                     DownloadTarget *ret_target, Error *err) {
        JsonVal *target = json_at(request, "spec", "target");
        Str kind = json_get_str(target, "kind"), name = json_get_str(target, "name");
        size_t i = find_kind(kind);
        JsonVal *object = NULL;
        Str key;

        if (i == FILE_KINDS)
                return error_set(err, ERROR_INVALID,
                                 "spec.target.kind \"" STR_FMT "\" is no kind of file that can be downloaded",
                                 STR_ARG(kind));
        object = files[i].is_restore ? restore : backup;
        if (!object)
                return error_set(err, ERROR_INVALID, "there is no %s \"" STR_FMT "\"",
                                 files[i].is_restore ? "restore" : "backup", STR_ARG(name));
        if (!check_has_run(object, files[i].is_restore ? "restore" : "backup", err))
                return false;
        if (!backup) {
                Str of = json_get_str(json_get(restore, "spec"), "backupName");

                return error_set(err, ERROR_INVALID,
                                 "the backup \"" STR_FMT "\" of restore \"" STR_FMT
                                 "\" is gone, and its location with it",
                                 STR_ARG(of), STR_ARG(name));
        }
        key = key_of(i, name, arena);
        if (is_for_hooks(request) && !hooks_key(request, i, name, arena, &key, err))
                return false;
        *ret_target = (DownloadTarget) {
                .is_restore = files[i].is_restore,
                .is_log = files[i].is_log,
                .name = name,
                .location = json_get_str(json_get(backup, "spec"), "storageLocation"),
                .key = key,
        };
        return true;
}

/* Absent is no failure: *ret_doc is NULL. */
static bool get_object(const Server *server, ServerKind kind, Str name, JsonDoc **ret_doc, Error *err) {
        *ret_doc = NULL;
        if (name.len == 0 || objects_get(server, kind, name, ret_doc, err))
                return true;
        if (err->code != ERROR_NOT_FOUND)
                return false;
        error_clear(err);
        return true;
}

bool download_find(const Server *server, JsonVal *request, Arena *arena, DownloadTarget *ret_target,
                   Error *err) {
        AUTO_JSON *backup = NULL, *restore = NULL;
        JsonVal *target = json_at(request, "spec", "target");
        Str name = json_get_str(target, "name");
        size_t kind = find_kind(json_get_str(target, "kind"));

        if (kind < FILE_KINDS && files[kind].is_restore) {
                if (!get_object(server, KIND_RESTORE, name, &restore, err))
                        return false;
                name = json_get_str(json_get(yyjson_doc_get_root(restore), "spec"), "backupName");
        }
        if (!get_object(server, KIND_BACKUP, name, &backup, err) ||
            !download_target(request, yyjson_doc_get_root(backup), yyjson_doc_get_root(restore), arena,
                             ret_target, err))
                return false;
        ret_target->location = arena_copy(arena, ret_target->location);
        ret_target->is_live =
                ret_target->is_log &&
                runs_has(server->runs, ret_target->is_restore ? RUN_RESTORE : RUN_BACKUP, ret_target->name);
        return true;
}

Str download_host(const ServerOptions *options, Arena *arena) {
        if (options->download_host.len > 0)
                return options->download_host;
        return str_of(arena_printf(arena, "grapnel." STR_FMT ".svc", STR_ARG(options->namespace)));
}

Str download_base(const ServerOptions *options, Arena *arena) {
        Str address = options->download_address, host = download_host(options, arena);
        size_t colon = address.len;

        while (colon > 0 && address.ptr[colon - 1] != ':')
                colon--;
        if (address.len == 0)
                return STR("");
        return str_of(arena_printf(arena, "https://" STR_FMT ":" STR_FMT, STR_ARG(host),
                                   STR_ARG(str_skip(address, colon))));
}

bool download_is_allowed(JsonVal *request, Str token, int64_t now_ms) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str name = object_name(request);
        Str allowed = json_get_str(object_annotations(request), DOWNLOAD_PATH_ANNOTATION);
        Str given = str_of(arena_printf(&arena, DOWNLOAD_PREFIX STR_FMT "?token=" STR_FMT, STR_ARG(name),
                                        STR_ARG(token)));
        unsigned char differs = 0;

        if (allowed.len == 0 || allowed.len != given.len ||
            object_time_ms(request, "status", "expiration") < now_ms)
                return false;
        for (size_t i = 0; i < given.len; i++)
                differs |= (unsigned char) (given.ptr[i] ^ allowed.ptr[i]);
        return differs == 0;
}

static bool make_path(Str request, Arena *arena, Str *ret_path, Error *err) {
        unsigned char random[TOKEN_BYTES];
        char hex[2 * TOKEN_BYTES + 1];

        if (getrandom(random, sizeof(random), 0) != (ssize_t) sizeof(random))
                return error_set(err, ERROR_UNAVAILABLE, "the system gives no random bytes");
        for (size_t i = 0; i < sizeof(random); i++)
                snprintf(hex + 2 * i, 3, "%02x", random[i]);
        *ret_path = str_of(arena_printf(arena, DOWNLOAD_PREFIX STR_FMT "?token=%s", STR_ARG(request), hex));
        return true;
}

typedef struct Offer { /* the answer to a request */
        Str url, path; /* the path is this server's; empty: it serves no downloads */
} Offer;

static bool check_exists(Store *store, const DownloadTarget *target, Error *err) {
        Str where = store_name(store);
        bool exists;

        if (!store_exists(store, target->key, &exists, err))
                return false;
        return exists || error_set(err, ERROR_INVALID, "there is no \"" STR_FMT "\" in " STR_FMT,
                                   STR_ARG(target->key), STR_ARG(where));
}

/* An object of a bucket has a URL that asks nothing of this server; *ret_url is empty where there is none: a folder, or
 * a bucket that a customer's key encrypts. */
static bool sign(const Server *server, const DownloadTarget *target, Arena *arena, Str *ret_url, Error *err) {
        AUTO(open_location_clear) OpenLocation open = { 0 };

        *ret_url = STR("");
        if (!location_look(server, target->location, &open, err) || !check_exists(open.store, target, err))
                return false;
        if (store_presign(open.store, target->key, DOWNLOAD_VALID_MS / 1000, arena, ret_url, err))
                return true;
        if (err->code != ERROR_INVALID)
                return false;
        error_clear(err);
        return true;
}

static bool make_offer(const Server *server, JsonVal *request, Arena *arena, Offer *offer, Error *err) {
        Str base = download_base(server->options, arena);
        DownloadTarget target = { 0 };

        if (!download_find(server, request, arena, &target, err) ||
            (!target.is_live && !sign(server, &target, arena, &offer->url, err)))
                return false;
        if (base.len == 0)
                return offer->url.len > 0 ||
                       error_set(err, ERROR_INVALID,
                                 "the server serves no downloads: it was started without "
                                 "--download-address");
        if (!make_path(object_name(request), arena, &offer->path, err))
                return false;
        if (offer->url.len == 0)
                offer->url =
                        str_of(arena_printf(arena, STR_FMT STR_FMT, STR_ARG(base), STR_ARG(offer->path)));
        return true;
}

static bool accept(const Server *server, Str name, const Offer *offer, Error *err) {
        AUTO(change_clear) Change change = { 0 };

        if (offer->path.len > 0)
                change_annotation(&change, DOWNLOAD_PATH_ANNOTATION, offer->path);
        change_str(&change, "status", "phase", STR("Processed"));
        change_str(&change, "status", "downloadURL", offer->url);
        change_time(&change, "status", "expiration", server_now_ms(server) + DOWNLOAD_VALID_MS);
        return objects_patch(server, KIND_DOWNLOAD_REQUEST, name, change.root, NULL, err);
}

/* CRDs of Velero 1.18 know neither this phase nor a message: there an annotation has to do. */
static bool refuse(const Server *server, JsonVal *request, Str message, Error *err) {
        AUTO(change_clear) Change failed = { 0 }, marked = { 0 };
        const EventAbout about = event_about(request);
        Str name = object_name(request);
        int64_t expiration_ms = server_now_ms(server) + DOWNLOAD_VALID_MS;

        if (!is_for_hooks(request)) /* most backups have none, and `describe` asks each */
                kube_record(server->recorder, &about, EVENT_WARNING, "DownloadRefused", STR_FMT,
                            STR_ARG(message));
        change_annotation(&failed, DOWNLOAD_MESSAGE_ANNOTATION, message);
        change_time(&failed, "status", "expiration", expiration_ms);
        change_str(&failed, "status", "phase", STR("Failed"));
        change_str(&failed, "status", "message", message);
        if (objects_patch(server, KIND_DOWNLOAD_REQUEST, name, failed.root, NULL, err))
                return true;
        if (err->code != ERROR_INVALID)
                return false;
        error_clear(err);
        change_annotation(&marked, DOWNLOAD_MESSAGE_ANNOTATION, message);
        change_time(&marked, "status", "expiration", expiration_ms);
        return objects_patch(server, KIND_DOWNLOAD_REQUEST, name, marked.root, NULL, err);
}

static bool is_answered(JsonVal *request) {
        return !str_equal(object_phase(request), STR("New")) ||
               json_get_str(object_annotations(request), DOWNLOAD_MESSAGE_ANNOTATION).len > 0;
}

static bool answer(const Server *server, JsonVal *request, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error reason = { 0 };
        Offer offer = { 0 };

        if (make_offer(server, request, &arena, &offer, &reason))
                return accept(server, object_name(request), &offer, err);
        /* What may be over in a moment is tried again; the client waits. */
        if (error_is_retryable(&reason) || reason.code == ERROR_CANCELED)
                return error_set(err, reason.code, "%s", reason.message);
        return refuse(server, request, str_of(reason.message), err);
}

static bool reconcile(Server *server, Str name, int64_t *ret_again_ms, Error *err) {
        AUTO_JSON *doc = kinds_get(server->kinds, KIND_DOWNLOAD_REQUEST, name);
        JsonVal *request = yyjson_doc_get_root(doc);
        int64_t expiration_ms = object_time_ms(request, "status", "expiration");
        int64_t now_ms = server_now_ms(server);

        if (!doc || object_is_deleting(request))
                return true;
        if (expiration_ms > 0 && expiration_ms < now_ms)
                return objects_delete(server, KIND_DOWNLOAD_REQUEST, name, err);
        if (!is_answered(request))
                return answer(server, request, err);
        if (expiration_ms > 0)
                *ret_again_ms = expiration_ms - now_ms + 1;
        return true;
}

static unsigned count_workers(const ServerOptions *options) {
        (void) options;
        return 4; /* clients wait for each; a slow bucket must not hold up the others */
}

const Controller controller_download = {
        .name = "download-request",
        .kind = KIND_DOWNLOAD_REQUEST,
        .workers = count_workers,
        .reconcile = reconcile,
};
