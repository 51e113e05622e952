#include "api/schedule.h"

#include "base/clock.h"
#include "server/change.h"
#include "server/controllers.h"
#include "server/objects.h"

enum { BUSY_AGAIN_MS = 60 * 1000 };
enum { MISSED_MAX = 1000 }; /* runs that are counted one by one: two months of minutes */

/* As backup_decode says it, but at the places where the Schedule has them. */
static void check_backup(JsonVal *backup, Arena *arena, Faults *faults) {
        Faults found = { .arena = arena };

        (void) backup_decode(backup, arena, &found);
        for (size_t i = 0; i < found.len; i++) {
                Str path = found.items[i].path;

                if (str_starts_with(path, STR("spec.")))
                        path = str_of(arena_printf(arena, "spec.template." STR_FMT,
                                                   STR_ARG(str_skip(path, sizeof("spec.") - 1))));
                faults_add(faults, found.items[i].level, path, STR_FMT, STR_ARG(found.items[i].message));
        }
}

/* Everything that is wrong with the Schedule and with the Backup that it would make, at once. */
static void check(JsonVal *object, const Server *server, Arena *arena, Faults *faults, Schedule *schedule) {
        AUTO_JSON *backup = NULL;

        *schedule = schedule_decode(object, arena, faults);
        backup = schedule_make_backup(object, server_now_ms(server), arena, faults);
        check_backup(yyjson_doc_get_root(backup), arena, faults);
}

static bool same_texts(JsonVal *before, const Strs *after) {
        size_t i, count;
        JsonVal *text;

        if (yyjson_arr_size(before) != after->len)
                return false;
        yyjson_arr_foreach(before, i, count, text) {
                if (!str_equal(json_str(text), after->items[i]))
                        return false;
        }
        return true;
}

/* Phase, errors, and the wish to leave out the run that is due now; nothing when all of it stands there already. */
static void plan_status(JsonVal *object, const Faults *faults, Schedule *schedule, const Server *server,
                        Arena *arena, Change *change) {
        JsonVal *status = json_get(object, "status");
        Str phase = faults->errors > 0 ? STR("FailedValidation") : STR("Enabled");
        Strs texts = { 0 };

        faults_add_texts(faults, FAULT_ERROR, arena, &texts);
        if (!str_equal(json_get_str(status, "phase"), phase))
                change_str(change, "status", "phase", phase);
        if (!same_texts(json_get(status, "validationErrors"), &texts)) {
                if (texts.len > 0)
                        change_strs(change, "status", "validationErrors", &texts);
                else
                        change_remove(change, "status", "validationErrors");
        }
        if (schedule->skip_immediately < 0)
                schedule->skip_immediately = server->options->schedule_skip_immediately;
        if (schedule->skip_immediately == 1) {
                schedule->last_skipped_ms = server_now_ms(server);
                change_bool(change, "spec", "skipImmediately", false);
                change_time(change, "status", "lastSkipped", schedule->last_skipped_ms);
        }
}

typedef struct BusySearch {
        Str schedule; /* as the label has it */
        Str found;
        Arena *arena;
} BusySearch;

/* One that waits in the queue counts as well: a queue that is blocked is not filled up. */
static bool see_backup(void *user, JsonVal *backup) {
        static const char *const busy[] = { "New", "Queued", "ReadyToStart", "InProgress" };
        BusySearch *search = user;

        if (!str_equal(object_schedule(backup), search->schedule))
                return true;
        for (size_t i = 0; i < sizeof(busy) / sizeof(*busy); i++)
                if (str_equal(object_phase(backup), str_of(busy[i])))
                        search->found = arena_copy(search->arena, object_name(backup));
        return search->found.len == 0;
}

/* The name tells the time: one that is there already was made by a server that did not live to write that down. */
static bool create_backup(const Server *server, JsonVal *object, int64_t due_ms, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        Faults faults = { .arena = &arena };
        const EventAbout about = event_about(object);
        AUTO_JSON *backup = schedule_make_backup(object, due_ms, &arena, &faults);
        JsonMutVal *copy = yyjson_val_mut_copy(doc, yyjson_doc_get_root(backup));

        if (objects_create(server, KIND_BACKUP, copy, NULL, err)) {
                log_info(server->log,
                         FIELDS(FIELD("schedule", object_name(object)),
                                FIELD("backup", object_name(yyjson_doc_get_root(backup)))),
                         "A backup is due");
                return true;
        }
        if (err->code == ERROR_EXISTS) {
                error_clear(err);
                return true;
        }
        if (err->code != ERROR_CANCELED)
                kube_record(server->recorder, &about, EVENT_WARNING, "BackupNotCreated", "%s", err->message);
        return false;
}

/* Of several runs that were missed the last is made up for: the name tells when it was due. */
static int64_t last_due_ms(const Schedule *schedule, int64_t due_ms, int64_t now_ms) {
        for (int i = 0; i < MISSED_MAX; i++) {
                int64_t next_ms = cron_next(schedule->cron, due_ms);

                if (next_ms == 0 || next_ms > now_ms)
                        return due_ms;
                due_ms = next_ms;
        }
        return now_ms;
}

static bool run_due(Server *server, JsonVal *object, const Schedule *schedule, int64_t *ret_again_ms,
                    Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(change_clear) Change change = { 0 };
        int64_t due_ms = schedule_due_ms(schedule), now_ms = server_now_ms(server);
        BusySearch search = { .schedule = label_value(object_name(object), &arena), .arena = &arena };

        if (due_ms > now_ms) {
                *ret_again_ms = due_ms - now_ms;
                return true;
        }
        kinds_each(server->kinds, KIND_BACKUP, see_backup, &search);
        if (search.found.len > 0) {
                *ret_again_ms = BUSY_AGAIN_MS;
                return true;
        }
        if (!create_backup(server, object, last_due_ms(schedule, due_ms, now_ms), err))
                return false;
        change_time(&change, "status", "lastBackup", now_ms);
        return objects_patch(server, KIND_SCHEDULE, object_name(object), change.root, NULL, err);
}

static void measure(const Server *server, JsonVal *object, const Schedule *schedule) {
        static const double ms_a_second = 1000;
        Str name = object_name(object);
        int64_t next_ms = cron_next(schedule->cron, server_now_ms(server));

        metrics_set(server->metrics, METRIC_SCHEDULE_EXPECTED_INTERVAL_SECONDS, &name,
                    (double) (cron_next(schedule->cron, next_ms) - next_ms) / ms_a_second);
        metrics_begin_schedule(server->metrics, name);
}

static void forget(const Server *server, Str name) {
        for (int id = METRIC_BACKUP_TARBALL_SIZE_BYTES; id <= METRIC_RESTORE_FAILED_TOTAL; id++)
                if (id != METRIC_BACKUP_LOCATION_STATUS_GAUGE)
                        metrics_drop(server->metrics, (MetricId) id, name);
}

static bool look_at(Server *server, JsonVal *object, int64_t *ret_again_ms, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(change_clear) Change change = { 0 };
        Faults faults = { .arena = &arena };
        const EventAbout about = event_about(object);
        Schedule schedule;

        check(object, server, &arena, &faults, &schedule);
        if (schedule.is_paused)
                return true;
        plan_status(object, &faults, &schedule, server, &arena, &change);
        if (!change_is_empty(&change) &&
            !objects_patch(server, KIND_SCHEDULE, object_name(object), change.root, NULL, err))
                return false;
        if (faults.errors > 0) {
                Str texts = faults_text(&faults, FAULT_ERROR, &arena);

                if (!change_is_empty(&change))
                        kube_record(server->recorder, &about, EVENT_WARNING, "FailedValidation", STR_FMT,
                                    STR_ARG(texts));
                return true;
        }
        measure(server, object, &schedule);
        return run_due(server, object, &schedule, ret_again_ms, err);
}

static bool reconcile(Server *server, Str name, int64_t *ret_again_ms, Error *err) {
        AUTO_JSON *doc = NULL;

        /* On a fresh read: what the cache has may be older than the last backup. */
        if (objects_get(server, KIND_SCHEDULE, name, &doc, err))
                return object_is_deleting(yyjson_doc_get_root(doc)) ||
                       look_at(server, yyjson_doc_get_root(doc), ret_again_ms, err);
        if (err->code != ERROR_NOT_FOUND)
                return false;
        error_clear(err);
        forget(server, name);
        return true;
}

const Controller controller_schedule = {
        .name = "schedule",
        .kind = KIND_SCHEDULE,
        .resync_ms = 60 * 1000,
        .reconcile = reconcile,
};
