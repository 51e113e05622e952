#include "server/sync.h"

#include "server/change.h"
#include "server/controllers.h"
#include "server/locations.h"
#include "server/objects.h"
#include "store/layout.h"

enum { METADATA_LIMIT = 16 * 1024 * 1024, POD_VOLUMES_LIMIT = 64 * 1024 * 1024 };

typedef struct Sync { /* of one location, once */
        const Server *server;
        JsonVal *object; /* the location's */
        Str location;
        Store *store;
        Arena *arena;
        Strs known;   /* names of all Backups of the cluster */
        Strs orphans; /* those that are gone when their folder is */
} Sync;

/* Something in the bucket is not as it should be: said once, and the others go on. */
static void tell(const Sync *sync, Str folder, const char *reason) {
        const EventAbout about = event_about(sync->object);

        if (!server_is_news(sync->server, "sync", sync->location, folder))
                return;
        log_warn(sync->server->log,
                 FIELDS(FIELD("location", sync->location), FIELD("backup", folder),
                        FIELD("error", str_of(reason))),
                 "A folder of the bucket is passed over");
        kube_record(sync->server->recorder, &about, EVENT_WARNING, "BackupNotSynced",
                    "folder \"backups/" STR_FMT "\" is passed over: %s", STR_ARG(folder), reason);
}

static bool note_backup(void *user, JsonVal *backup) {
        Sync *sync = user;
        Str name = arena_copy(sync->arena, object_name(backup));

        strs_add(&sync->known, sync->arena, name);
        if (sync_may_be_orphan(backup, sync->location))
                strs_add(&sync->orphans, sync->arena, name);
        return true;
}

static bool has_schedule(void *user, Str name, Str uid) {
        const Sync *sync = user;
        AUTO_JSON *doc = kinds_get(sync->server->kinds, KIND_SCHEDULE, name);

        return doc && str_equal(object_uid(yyjson_doc_get_root(doc)), uid);
}

static bool create_pod_volume(const Sync *sync, const KubeResource *resource, JsonVal *stored,
                              JsonVal *backup, Error *err) {
        AUTO_JSON_MUT *doc = sync_make_pod_volume(stored, backup, sync->location);
        AUTO(buf_clear) Buf body = { 0 };

        json_write_mut(yyjson_mut_doc_get_root(doc), &body);
        if (!buf_check(&body, "the PodVolumeBackup", err))
                return false;
        if (kube_create(sync->server->client, resource, sync->server->options->namespace, buf_str(&body),
                        sync->server->stop, NULL, err))
                return true;
        if (err->code != ERROR_EXISTS)
                return false;
        error_clear(err);
        return true;
}

static bool create_pod_volumes(const Sync *sync, JsonVal *backup, Error *err) {
        const KubeResource *resource =
                discovery_find_kind(sync->server->discovery, STR("velero.io/v1"), STR("PodVolumeBackup"));
        AUTO(buf_clear) Buf text = { .limit = POD_VOLUMES_LIMIT };
        AUTO_JSON *doc = NULL;
        Str key = backup_key(object_name(backup), BACKUP_POD_VOLUMES, sync->arena);
        JsonVal *stored;
        size_t i, count;

        if (!resource)
                return true;
        if (!layout_get_gzip(sync->store, key, POD_VOLUMES_LIMIT, &text, err)) {
                if (err->code != ERROR_NOT_FOUND)
                        return false;
                error_clear(err);
                return true;
        }
        if (!json_parse(buf_str(&text), "the list of pod volumes", &doc, err))
                return false;
        yyjson_arr_foreach(yyjson_doc_get_root(doc), i, count, stored) {
                if (!create_pod_volume(sync, resource, stored, backup, err))
                        return false;
        }
        return true;
}

static bool read_stored(const Sync *sync, Str folder, JsonDoc **ret_doc, Error *err) {
        AUTO(buf_clear) Buf text = { .limit = METADATA_LIMIT };
        Str key = backup_key(folder, BACKUP_METADATA, sync->arena);

        *ret_doc = NULL;
        if (store_get(sync->store, key, METADATA_LIMIT, &text, err))
                return json_parse(buf_str(&text), "velero-backup.json", ret_doc, err);
        if (err->code != ERROR_NOT_FOUND)
                return false;
        error_clear(err); /* unfinished, or being deleted */
        return true;
}

static bool create_backup(Sync *sync, Str folder, JsonMutDoc *made, Error *err) {
        AUTO_JSON *created = NULL;
        AUTO(error_clear) Error reason = { 0 };

        if (!objects_create(sync->server, KIND_BACKUP, yyjson_mut_doc_get_root(made), &created, err)) {
                if (err->code != ERROR_EXISTS)
                        return false;
                error_clear(err);
                return true;
        }
        log_info(sync->server->log, FIELDS(FIELD("location", sync->location), FIELD("backup", folder)),
                 "A backup of the bucket is now known to the cluster");
        if (!create_pod_volumes(sync, yyjson_doc_get_root(created), &reason))
                tell(sync, folder, reason.message);
        return true;
}

static bool take_over(Sync *sync, Str folder, Error *err) {
        AUTO_JSON *stored = NULL;
        AUTO_JSON_MUT *made = NULL;
        const SyncInto into = { .folder = folder,
                                .namespace = sync->server->options->namespace,
                                .location = sync->location,
                                .now_ms = server_now_ms(sync->server),
                                .has_schedule = has_schedule,
                                .user = sync };

        if (!layout_check_name(folder, err) || !read_stored(sync, folder, &stored, err))
                return false;
        if (!stored)
                return true;
        return sync_make_backup(yyjson_doc_get_root(stored), &into, &made, err) &&
               (!made || create_backup(sync, folder, made, err));
}

static bool create_missing(Sync *sync, const Strs *folders, Error *err) {
        Strs missing = { 0 };

        sync_only_in(folders, &sync->known, sync->arena, &missing);
        for (size_t i = 0; i < missing.len; i++) {
                AUTO(error_clear) Error reason = { 0 };

                if (take_over(sync, missing.items[i], &reason))
                        continue;
                if (error_is_retryable(&reason) || reason.code == ERROR_CANCELED)
                        return error_set(err, reason.code, "%s", reason.message);
                tell(sync, missing.items[i], reason.message);
        }
        return true;
}

/* A volume that is not mounted looks like a bucket from which everything was removed. */
static void tell_empty(const Sync *sync) {
        const EventAbout about = event_about(sync->object);
        const char *text = "it holds no backup at all, and the cluster knows some of it: their objects are "
                           "kept. Is its volume mounted? Backups that are gone for good can be deleted";

        if (!server_is_news(sync->server, "sync-empty", sync->location, STR("")))
                return;
        log_warn(sync->server->log, FIELDS(FIELD("location", sync->location)), "%s", text);
        kube_record(sync->server->recorder, &about, EVENT_WARNING, "LocationEmpty", "%s", text);
}

static bool remove_orphans(Sync *sync, const Strs *folders, Error *err) {
        Strs gone = { 0 };
        bool exists;

        sync_only_in(&sync->orphans, folders, sync->arena, &gone);
        if (folders->len == 0 && gone.len > 0) {
                tell_empty(sync);
                return true;
        }
        for (size_t i = 0; i < gone.len; i++) {
                Str key = backup_key(gone.items[i], BACKUP_METADATA, sync->arena);

                /* A list may be wrong; an object is deleted only when the bucket says so twice. */
                if (!store_exists(sync->store, key, &exists, err))
                        return false;
                if (exists)
                        continue;
                if (!objects_delete(sync->server, KIND_BACKUP, gone.items[i], err))
                        return false;
                log_info(sync->server->log,
                         FIELDS(FIELD("location", sync->location), FIELD("backup", gone.items[i])),
                         "A backup is no longer in its bucket, so its object was deleted");
        }
        return true;
}

/* The objects are read before the bucket: what was complete then has its folder in a list made after. */
static bool sync_all(Sync *sync, Error *err) {
        Strs folders = { 0 };

        kinds_each(sync->server->kinds, KIND_BACKUP, note_backup, sync);
        return store_list_folders(sync->store, STR("backups/"), sync->arena, &folders, err) &&
               create_missing(sync, &folders, err) && remove_orphans(sync, &folders, err);
}

static bool record(const Server *server, Location *location, Error *err) {
        AUTO(change_clear) Change change = { 0 };

        location->last_synced_ms = server_now_ms(server);
        change_time(&change, "status", "lastSyncedTime", location->last_synced_ms);
        return objects_patch(server, KIND_LOCATION, location->name, change.root, NULL, err);
}

static bool bring_on(const Server *server, JsonVal *object, int64_t *ret_again_ms, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(open_location_clear) OpenLocation open = { 0 };
        Faults faults = { .arena = &arena };
        Location location = location_decode(object, &arena, &faults);
        Sync sync = { .server = server, .object = object, .location = location.name, .arena = &arena };

        /* One that can't be used, or is wrong, is told about by its own controller. */
        if (faults.errors > 0 || location_refusal(server, location.name, false, &arena).len > 0)
                return true;
        int64_t period_ms = server->options->sync_period_ms;

        *ret_again_ms = sync_due_ms(&location, period_ms, server_now_ms(server));
        if (*ret_again_ms != 0)
                return true;
        if (!location_open(server, location.name, server->stop, &open, err))
                return false;
        sync.store = open.store;
        if (!sync_all(&sync, err) || !record(server, &location, err))
                return false;
        *ret_again_ms = sync_due_ms(&location, period_ms, server_now_ms(server));
        return true;
}

static bool reconcile(Server *server, Str name, int64_t *ret_again_ms, Error *err) {
        AUTO_JSON *doc = kinds_get(server->kinds, KIND_LOCATION, name);

        if (!doc || object_is_deleting(yyjson_doc_get_root(doc)))
                return true;
        return bring_on(server, yyjson_doc_get_root(doc), ret_again_ms, err);
}

const Controller controller_sync = {
        .name = "backup-sync",
        .kind = KIND_LOCATION,
        .reconcile = reconcile,
};
