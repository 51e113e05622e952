#include "server/backup_queue.h"

#include <stdlib.h>

#include "base/clock.h"
#include "data/glob.h"
#include "kube/list.h"
#include "server/backup_request.h"
#include "server/controllers.h"
#include "server/locations.h"
#include "server/objects.h"
#include "store/layout.h"

/* Those that wait before those that are new; then by position, age and name. */
static int compare_entries(const void *a, const void *b) {
        const QueueEntry *x = a, *y = b;

        if (x->state != y->state)
                return x->state == QUEUE_QUEUED   ? -1
                       : y->state == QUEUE_QUEUED ? 1
                                                  : (int) x->state - (int) y->state;
        if (x->position != y->position)
                return x->position < y->position ? -1 : 1;
        if (x->created_ms != y->created_ms)
                return x->created_ms < y->created_ms ? -1 : 1;
        return str_compare(x->name, y->name);
}

static bool overlaps(const QueueEntry *a, const QueueEntry *b) {
        for (size_t i = 0; i < a->namespaces.len; i++)
                if (strs_has(&b->namespaces, a->namespaces.items[i]))
                        return true;
        return false;
}

static bool is_blocked(const QueueEntry *entries, size_t len, size_t index) {
        for (size_t i = 0; i < len; i++) {
                bool waits_before = i < index && !entries[i].starts &&
                                    (entries[i].state == QUEUE_QUEUED || entries[i].state == QUEUE_NEW);

                if ((entries[i].state == QUEUE_RUNNING || (i < index && entries[i].starts) || waits_before) &&
                    i != index && overlaps(&entries[i], &entries[index]))
                        return true;
        }
        return false;
}

void backup_queue_plan(QueueEntry *entries, size_t len, unsigned concurrent) {
        size_t running = 0;
        int64_t position = 0;

        qsort(entries, len, sizeof(*entries), compare_entries);
        for (size_t i = 0; i < len; i++)
                running += entries[i].state == QUEUE_RUNNING;
        for (size_t i = 0; i < len; i++) {
                QueueEntry *entry = &entries[i];

                if (entry->state != QUEUE_QUEUED && entry->state != QUEUE_NEW)
                        continue;
                entry->starts = running < (concurrent ? concurrent : 1) && !is_blocked(entries, len, i);
                running += entry->starts;
                entry->new_position = entry->starts ? 0 : ++position;
        }
}

typedef struct Queue {
        Server *server;
        Arena arena;
        QueueEntry *items;
        size_t len, capacity;
        Strs namespaces; /* that exist */
        bool is_blind;   /* the server may not list them */
        bool is_waiting; /* one of them is New or Queued */
        Error failure;   /* of one that the API server refused; told when the others have been served */
} Queue;

static void queue_clear(Queue *queue) {
        error_clear(&queue->failure);
        arena_clear(&queue->arena);
}

/* One that cannot be written, whatever we try, holds up no other; trouble with the server itself is everybody's. */
static bool goes_on(Queue *queue, Error *err) {
        if (error_is_retryable(err) || err->code == ERROR_CANCELED)
                return false;
        if (queue->failure.code == ERROR_NONE)
                queue->failure = *err;
        else
                error_clear(err);
        *err = (Error) { 0 };
        return true;
}

static QueueState state_of(JsonVal *backup) {
        Str phase = object_phase(backup);

        if (object_is_deleting(backup))
                return QUEUE_OTHER;
        if (str_equal(phase, STR("New")))
                return QUEUE_NEW;
        if (str_equal(phase, STR("Queued")))
                return QUEUE_QUEUED;
        return str_equal(phase, STR("ReadyToStart")) || str_equal(phase, STR("InProgress")) ? QUEUE_RUNNING
                                                                                            : QUEUE_OTHER;
}

static bool see_backup(void *user, JsonVal *backup) {
        Queue *queue = user;
        QueueState state = state_of(backup);

        if (state == QUEUE_OTHER)
                return true;
        if (queue->len == queue->capacity) {
                size_t capacity = queue->capacity ? queue->capacity * 2 : 16;
                QueueEntry *items = arena_alloc(&queue->arena, capacity * sizeof(*items));

                if (queue->len > 0)
                        memcpy(items, queue->items, queue->len * sizeof(*items));
                queue->items = items;
                queue->capacity = capacity;
        }
        queue->items[queue->len++] = (QueueEntry) {
                .name = arena_copy(&queue->arena, object_name(backup)),
                .state = state,
                .position = json_get_int(json_get(backup, "status"), "queuePosition", 0),
                .created_ms = object_time_ms(backup, "metadata", "creationTimestamp"),
        };
        queue->is_waiting = queue->is_waiting || state != QUEUE_RUNNING;
        return true;
}

static bool add_namespaces(void *user, const KubePage *page, Error *err) {
        Queue *queue = user;
        size_t i, count;
        JsonVal *namespace;

        (void) err;
        if (page->is_restart)
                queue->namespaces.len = 0;
        yyjson_arr_foreach(page->items, i, count, namespace) {
                strs_add(&queue->namespaces, &queue->arena,
                         arena_copy(&queue->arena, object_name(namespace)));
        }
        return true;
}

static bool list_namespaces(Queue *queue, Error *err) {
        const KubeList what = { .resource = discovery_find(queue->server->discovery, STR("namespaces")),
                                .namespace = STR(""),
                                .label_selector = STR(""),
                                .field_selector = STR("") };

        if (kube_list(queue->server->client, &what, add_namespaces, queue, queue->server->stop, err))
                return true;
        if (err->code != ERROR_FORBIDDEN)
                return false;
        /* Which backups share a namespace is not known then: they run one by one, and each says what it may not. */
        error_clear(err);
        queue->is_blind = true;
        return true;
}

static void resolve_namespaces(Queue *queue, QueueEntry *entry, const BackupSpec *spec) {
        if (queue->is_blind)
                strs_add(&entry->namespaces, &queue->arena, STR("any"));
        for (size_t i = 0; i < queue->namespaces.len; i++)
                if (glob_includes(&spec->included_namespaces, &spec->excluded_namespaces,
                                  queue->namespaces.items[i]))
                        strs_add(&entry->namespaces, &queue->arena, queue->namespaces.items[i]);
}

void backup_tell_invalid(const Server *server, JsonVal *object, const Strs *errors) {
        AUTO(arena_clear) Arena arena = { 0 };
        const EventAbout about = event_about(object);
        const Str schedule = object_schedule(object);

        metrics_add(server->metrics, METRIC_BACKUP_VALIDATION_FAILURE_TOTAL, &schedule, 1);
        kube_record(server->recorder, &about, EVENT_WARNING, "FailedValidation", STR_FMT,
                    STR_ARG(strs_join(errors, STR("; "), &arena)));
}

/* What is wrong with a request can be said at once: nobody waits in a queue to hear it. */
static bool refuse(const Server *server, JsonVal *object, BackupRequest *request, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        BackupStatus status = { .phase = "FailedValidation", .failure_reason = STR("") };

        status.expiration_ms = server_now_ms(server) + request->backup.spec.ttl_ms;
        faults_add_texts(&request->faults, FAULT_ERROR, &arena, &status.validation_errors);

        JsonMutVal *patch = yyjson_mut_obj(doc);
        yyjson_mut_obj_add_val(doc, patch, "status", backup_status_json(&status, doc));
        if (!objects_patch_if(server, KIND_BACKUP, object, doc, patch, NULL, err))
                return false;
        backup_tell_invalid(server, object, &status.validation_errors);
        return true;
}

static bool set_state(const Server *server, JsonVal *object, const QueueEntry *entry, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *patch = yyjson_mut_obj(doc), *status = yyjson_mut_obj_add_obj(doc, patch, "status");

        json_put_str(doc, status, "phase", entry->starts ? STR("ReadyToStart") : STR("Queued"));
        if (entry->starts)
                yyjson_mut_obj_add_null(doc, status, "queuePosition");
        else
                yyjson_mut_obj_add_int(doc, status, "queuePosition", entry->new_position);
        return objects_patch_if(server, KIND_BACKUP, object, doc, patch, NULL, err);
}

/* A name that its bucket has already is told at once.  A bucket that can't be asked now is asked when the run begins. */
static void check_name(const Server *server, BackupRequest *request) {
        AUTO(open_location_clear) OpenLocation open = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        Str location = request->backup.spec.storage_location;
        bool exists = false;

        if (location_look(server, location, &open, &err) &&
            store_exists(open.store, backup_key(request->backup.name, BACKUP_METADATA, &arena), &exists,
                         &err) &&
            exists)
                faults_add(&request->faults, FAULT_ERROR, STR("metadata.name"),
                           "backup storage location \"" STR_FMT "\" has a backup \"" STR_FMT
                           "\" already: take another name, or delete that one",
                           STR_ARG(location), STR_ARG(request->backup.name));
}

static void check_place(Queue *queue, const QueueEntry *entry, BackupRequest *request) {
        Str location = request->backup.spec.storage_location, refusal;

        if (entry->state == QUEUE_RUNNING || location.len == 0)
                return;
        refusal = location_refusal(queue->server, location, true, &queue->arena);
        if (refusal.len > 0)
                faults_add(&request->faults, FAULT_ERROR, STR("spec.storageLocation"), STR_FMT,
                           STR_ARG(refusal));
        else if (entry->state == QUEUE_NEW)
                check_name(queue->server, request);
}

/* Reads each of them as it will run; those that never will are refused and leave the queue. */
static bool read_requests(Queue *queue, Error *err) {
        size_t kept = 0;
        Server *server = queue->server;
        const BackupDefaults defaults = { location_default(server, &queue->arena),
                                          server->options->default_ttl_ms,
                                          server->options->velero_hook_defaults };

        for (size_t i = 0; i < queue->len; i++) {
                AUTO(backup_request_clear) BackupRequest request = { 0 };
                AUTO_JSON *doc = kinds_get(server->kinds, KIND_BACKUP, queue->items[i].name);
                JsonVal *object = yyjson_doc_get_root(doc);

                if (!doc)
                        continue;
                backup_request_read(&defaults, object, &request);
                check_place(queue, &queue->items[i], &request);
                if (queue->items[i].state != QUEUE_RUNNING && request.faults.errors > 0) {
                        if (!refuse(server, object, &request, err) && !goes_on(queue, err))
                                return false;
                        continue;
                }
                queue->items[kept] = queue->items[i];
                resolve_namespaces(queue, &queue->items[kept++], &request.backup.spec);
        }
        queue->len = kept;
        return true;
}

static bool carry_out(Queue *queue, Error *err) {
        for (size_t i = 0; i < queue->len; i++) {
                const QueueEntry *entry = &queue->items[i];
                bool waits = entry->state == QUEUE_QUEUED && entry->new_position == entry->position;

                if (entry->state == QUEUE_RUNNING || (waits && !entry->starts))
                        continue;

                AUTO_JSON *doc = kinds_get(queue->server->kinds, KIND_BACKUP, entry->name);
                if (doc && !set_state(queue->server, yyjson_doc_get_root(doc), entry, err) &&
                    !goes_on(queue, err))
                        return false;
        }
        return true;
}

static bool reconcile(Server *server, Str name, int64_t *ret_again_ms, Error *err) {
        AUTO(queue_clear) Queue queue = { .server = server };

        (void) name;
        (void) ret_again_ms;
        kinds_each(server->kinds, KIND_BACKUP, see_backup, &queue);
        if (!queue.is_waiting)
                return true;
        if (!list_namespaces(&queue, err) || !read_requests(&queue, err))
                return false;
        backup_queue_plan(queue.items, queue.len, server->options->concurrent_backups);
        if (!carry_out(&queue, err))
                return false;
        if (queue.failure.code == ERROR_NONE)
                return true;
        *err = queue.failure;
        queue.failure = (Error) { 0 };
        return false;
}

const Controller controller_backup_queue = {
        .name = "backup-queue",
        .kind = KIND_BACKUP,
        .is_whole = true,
        .also = 1u << KIND_LOCATION,
        .resync_ms = 60 * 1000,
        .reconcile = reconcile,
};
