#include "server/sync.h"

#include "api/backup.h"
#include "base/clock.h"
#include "kube/object.h"

int64_t sync_due_ms(const Location *location, int64_t server_ms, int64_t now_ms) {
        int64_t every_ms = location->sync_period_ms >= 0 ? location->sync_period_ms : server_ms;
        int64_t passed_ms = now_ms - location->last_synced_ms;

        if (every_ms <= 0)
                return -1;
        if (location->last_synced_ms == 0 || passed_ms < 0 || passed_ms >= every_ms)
                return 0;
        return every_ms - passed_ms;
}

void sync_only_in(const Strs *left, const Strs *right, Arena *arena, Strs *ret_only) {
        size_t k = 0;

        for (size_t i = 0; i < left->len; i++) {
                while (k < right->len && str_compare(right->items[k], left->items[i]) < 0)
                        k++;
                if (k == right->len || !str_equal(right->items[k], left->items[i]))
                        strs_add(ret_only, arena, left->items[i]);
        }
}

typedef enum SyncVerdict { SYNC_LATER, SYNC_AS_IT_IS, SYNC_AS_PARTIAL } SyncVerdict;

/* Only what has ended: who can write to the bucket must not be able to have a backup run. */
static SyncVerdict judge(JsonVal *stored, int64_t now_ms) {
        static const char *const ended[] = { "Completed", "PartiallyFailed", "Failed" };
        static const char *const ending[] = { "WaitingForPluginOperations",
                                              "WaitingForPluginOperationsPartiallyFailed", "Finalizing",
                                              "FinalizingPartiallyFailed" };
        AUTO(error_clear) Error err = { 0 };
        JsonVal *status = json_get(stored, "status");
        Str phase = json_get_str(status, "phase");
        int64_t expiration_ms;

        for (size_t i = 0; i < sizeof(ended) / sizeof(*ended); i++)
                if (str_equal(phase, str_of(ended[i])))
                        return SYNC_AS_IT_IS;
        for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++)
                if (str_equal(phase, str_of(ending[i])))
                        return clock_parse_rfc3339(json_get_str(status, "expiration"), &expiration_ms,
                                                   &err) &&
                                               expiration_ms < now_ms
                                       ? SYNC_AS_PARTIAL
                                       : SYNC_LATER;
        return SYNC_LATER;
}

static bool check(JsonVal *stored, Str folder, Error *err) {
        Str kind = json_get_str(stored, "kind"), version = json_get_str(stored, "apiVersion");
        Str name = object_name(stored);

        if (!str_equal(kind, STR("Backup")) || !str_equal(version, STR("velero.io/v1")))
                return error_set(err, ERROR_CORRUPT,
                                 "velero-backup.json holds a \"" STR_FMT "\" of \"" STR_FMT
                                 "\", not a Backup of velero.io/v1",
                                 STR_ARG(kind), STR_ARG(version));
        return str_equal(name, folder) || error_set(err, ERROR_CORRUPT,
                                                    "velero-backup.json holds the backup \"" STR_FMT
                                                    "\", whose folder must have the same name",
                                                    STR_ARG(name));
}

/* What the API server gives an object itself, and what would hold or delete it here. */
static void make_ours(JsonMutDoc *doc, JsonMutVal *object, Str namespace) {
        static const char *const theirs[] = { "uid",
                                              "resourceVersion",
                                              "generation",
                                              "creationTimestamp",
                                              "deletionTimestamp",
                                              "deletionGracePeriodSeconds",
                                              "selfLink",
                                              "managedFields",
                                              "finalizers",
                                              "generateName" };
        JsonMutVal *metadata = json_mut_object(doc, object, "metadata");

        for (size_t i = 0; i < sizeof(theirs) / sizeof(*theirs); i++)
                json_mut_remove(metadata, theirs[i]);
        json_mut_set(doc, metadata, STR("namespace"), json_new_str(doc, namespace));
}

/* Kubernetes deletes an object whose owners don't exist, so only those that do are kept. */
static void keep_owners(JsonVal *stored, const SyncInto *into, JsonMutDoc *doc, JsonMutVal *metadata) {
        JsonVal *owners = json_at(stored, "metadata", "ownerReferences"), *owner;
        JsonMutVal *kept = yyjson_mut_arr(doc);
        size_t i, count;

        json_mut_remove(metadata, "ownerReferences");
        yyjson_arr_foreach(owners, i, count, owner) {
                if (str_equal(json_get_str(owner, "kind"), STR("Schedule")) &&
                    into->has_schedule(into->user, json_get_str(owner, "name"), json_get_str(owner, "uid")))
                        yyjson_mut_arr_append(kept, yyjson_val_mut_copy(doc, owner));
        }
        if (yyjson_mut_arr_size(kept) > 0)
                json_mut_set(doc, metadata, STR("ownerReferences"), kept);
}

bool sync_make_backup(JsonVal *stored, const SyncInto *into, JsonMutDoc **ret_doc, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO_JSON_MUT *doc = NULL;
        SyncVerdict verdict = judge(stored, into->now_ms);
        JsonMutVal *object, *metadata, *spec;

        if (!check(stored, into->folder, err))
                return false;
        *ret_doc = NULL;
        if (verdict == SYNC_LATER)
                return true;
        doc = yyjson_mut_doc_new(NULL);
        object = yyjson_val_mut_copy(doc, stored);
        yyjson_mut_doc_set_root(doc, object);
        make_ours(doc, object, into->namespace);
        metadata = json_mut_object(doc, object, "metadata");
        keep_owners(stored, into, doc, metadata);
        json_mut_set(doc, json_mut_object(doc, metadata, "labels"), STR("velero.io/storage-location"),
                     json_new_str(doc, label_value(into->location, &arena)));
        spec = json_mut_object(doc, object, "spec");
        json_mut_set(doc, spec, STR("hooks"), yyjson_mut_obj(doc));
        json_mut_set(doc, spec, STR("storageLocation"), json_new_str(doc, into->location));
        if (verdict == SYNC_AS_PARTIAL)
                json_mut_set(doc, json_mut_object(doc, object, "status"), STR("phase"),
                             json_new_str(doc, STR("PartiallyFailed")));
        *ret_doc = TAKE(doc);
        return true;
}

JsonMutDoc *sync_make_pod_volume(JsonVal *stored, JsonVal *backup, Str location) {
        JsonMutDoc *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *object = yyjson_val_mut_copy(doc, stored), *metadata, *owner;
        Str uid = object_uid(backup);

        yyjson_mut_doc_set_root(doc, object);
        make_ours(doc, object, object_namespace(backup));
        metadata = json_mut_object(doc, object, "metadata");
        json_mut_set(doc, json_mut_object(doc, metadata, "labels"), STR("velero.io/backup-uid"),
                     json_new_str(doc, uid));
        json_mut_set(doc, metadata, STR("ownerReferences"), yyjson_mut_arr(doc));
        owner = yyjson_mut_arr_add_obj(doc, yyjson_mut_obj_get(metadata, "ownerReferences"));
        json_put_str(doc, owner, "apiVersion", STR("velero.io/v1"));
        json_put_str(doc, owner, "kind", STR("Backup"));
        json_put_str(doc, owner, "name", object_name(backup));
        json_put_str(doc, owner, "uid", uid);
        yyjson_mut_obj_add_bool(doc, owner, "controller", true);
        json_mut_set(doc, json_mut_object(doc, object, "spec"), STR("backupStorageLocation"),
                     json_new_str(doc, location));
        return doc;
}

bool sync_may_be_orphan(JsonVal *backup, Str location) {
        Str phase = json_get_str(json_get(backup, "status"), "phase");

        return str_equal(json_get_str(json_get(backup, "spec"), "storageLocation"), location) &&
               (str_equal(phase, STR("Completed")) || str_equal(phase, STR("PartiallyFailed"))) &&
               json_get_str(json_get(backup, "metadata"), "deletionTimestamp").len == 0;
}
