#include "restore/restore_execute.h"

#include "server/controllers.h"
#include "server/job.h"
#include "server/locations.h"
#include "server/recover.h"
#include "server/restore_files.h"
#include "server/restore_request.h"

static const JobKind restore_job = { KIND_RESTORE, RUN_RESTORE, "restore", "itemsRestored" };

typedef struct RestoreJob {
        Job job;
        RestoreRequest request;
        RestoreStatus status;
        Discovery *discovery;
        OpenLocation location;
        RestoreProgress progress;
} RestoreJob;

static void restore_job_clear(RestoreJob *restore) {
        open_location_clear(&restore->location);
        discovery_free(restore->discovery);
        job_end(&restore->job);
        restore_request_clear(&restore->request);
}

static Str schedule_of(const RestoreJob *restore) {
        return restore->request.restore.spec.schedule_name;
}

static bool claim(RestoreJob *restore, Server *server, JsonVal *object, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        AUTO_JSON *claimed = NULL;
        bool is_good;

        restore_request_read(server, object, &restore->request);
        is_good = restore->request.faults.errors == 0;
        restore->status = (RestoreStatus) { .phase = is_good ? "InProgress" : "FailedValidation",
                                            .failure_reason = STR(""),
                                            .start_ms = is_good ? server_now_ms(server) : 0 };
        faults_add_texts(&restore->request.faults, FAULT_ERROR, &restore->request.arena,
                         &restore->status.validation_errors);
        if (!objects_patch_if(server, KIND_RESTORE, object, doc,
                              restore_request_patch(&restore->request, &restore->status, object, doc),
                              &claimed, err))
                return false;
        job_begin(&restore->job, server, &restore_job, TAKE(claimed));
        if (is_good)
                return true;
        metrics_add(server->metrics, METRIC_RESTORE_VALIDATION_FAILED_TOTAL, &(Str) { "", 0 }, 1);
        kube_record(
                server->recorder, &restore->job.about, EVENT_WARNING, "FailedValidation", STR_FMT,
                STR_ARG(strs_join(&restore->status.validation_errors, STR("; "), &restore->request.arena)));
        return true;
}

static bool execute(RestoreJob *restore, Arena *arena, RestoreOutcome *outcome, Error *err) {
        Server *server = restore->job.server;
        bool has_ended;

        if (!location_open(server, restore->request.location, job_stop(&restore->job), &restore->location,
                           err) ||
            !restore_files_remove(restore->location.store, restore->job.name, err) ||
            !discovery_read(server->client, job_stop(&restore->job), &restore->discovery, err))
                return false;

        const RestoreRun run = {
                .client = server->client,
                .discovery = restore->discovery,
                .store = restore->location.store,
                .log = restore->job.log,
                .stop = job_stop(&restore->job),
                .restore = &restore->request.restore,
                .progress = &restore->progress,
                .workers = server->options->workers,
                .hook_workers = server->options->hook_workers,
                .resource_priorities = server->options->restore_resource_priorities,
                .terminating_wait_ms = server->options->terminating_resource_timeout_ms,
                .on_hook = job_see_hook,
                .on_hook_user = &restore->job,
        };
        job_report(&restore->job, &restore->progress.items_total, &restore->progress.items_done);
        has_ended = restore_execute(&run, arena, outcome, err);
        job_stop_reporting(&restore->job);
        return has_ended;
}

static bool fail(RestoreJob *restore, const Error *err, Arena *arena, RestoreStatus *status) {
        Str reason = str_of(err->message);

        if (err->code == ERROR_CANCELED) {
                reason = job_interruption(&restore->job);
                if (reason.len == 0)
                        return false;
        }
        *status = restore->status;
        status->phase = "Failed";
        status->failure_reason = arena_copy(arena, reason);
        status->completion_ms = server_now_ms(restore->job.server);
        return true;
}

static void tell_end(const RestoreJob *restore, const RestoreStatus *status) {
        static const struct {
                const char *phase;
                MetricId id;
        } counters[] = {
                { "Completed", METRIC_RESTORE_SUCCESS_TOTAL },
                { "PartiallyFailed", METRIC_RESTORE_PARTIAL_FAILURE_TOTAL },
                { "Failed", METRIC_RESTORE_FAILED_TOTAL },
                { "FailedValidation", METRIC_RESTORE_VALIDATION_FAILED_TOTAL },
        };
        const Server *server = restore->job.server;
        Str schedule = schedule_of(restore), why = status->failure_reason;
        bool is_good = strcmp(status->phase, "Completed") == 0;

        for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++)
                if (strcmp(status->phase, counters[i].phase) == 0)
                        metrics_add(server->metrics, counters[i].id, &schedule, 1);
        if (status->validation_errors.len > 0)
                why = status->validation_errors.items[0];
        kube_record(server->recorder, &restore->job.about, is_good ? EVENT_NORMAL : EVENT_WARNING,
                    is_good ? "RestoreCompleted" : "RestoreNotCompleted",
                    "%s: %llu items, %llu errors, %llu warnings, %llu hooks of which %llu failed%s" STR_FMT,
                    status->phase, (unsigned long long) status->items_restored,
                    (unsigned long long) status->errors, (unsigned long long) status->warnings,
                    (unsigned long long) status->hooks_attempted, (unsigned long long) status->hooks_failed,
                    why.len > 0 ? ": " : "", STR_ARG(why));
}

static bool run_restore(RestoreJob *restore, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error reason = { 0 };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        RestoreOutcome outcome = { 0 };
        Str schedule = schedule_of(restore);

        kube_record(restore->job.server->recorder, &restore->job.about, EVENT_NORMAL, "RestoreStarted",
                    "restoring backup \"" STR_FMT "\"", STR_ARG(restore->request.restore.spec.backup_name));
        metrics_add(restore->job.server->metrics, METRIC_RESTORE_ATTEMPT_TOTAL, &schedule, 1);
        job_tell_warnings(&restore->job, &restore->request.faults, "RestoreWarning");
        if (!execute(restore, &arena, &outcome, &reason) && !fail(restore, &reason, &arena, &outcome.status))
                return true;
        tell_end(restore, &outcome.status);
        return job_record(&restore->job, doc, restore_status_json(&outcome.status, doc), err);
}

static bool start(Server *server, JsonVal *object, Error *err) {
        AUTO(restore_job_clear) RestoreJob restore = { 0 };

        if (!claim(&restore, server, object, err))
                return false;
        return restore.request.faults.errors > 0 || run_restore(&restore, err);
}

static bool is_for_us(JsonVal *object) {
        Str phase = object_phase(object);

        return str_equal(phase, STR("New")) || str_equal(phase, STR("InProgress"));
}

static bool reconcile(Server *server, Str name, int64_t *ret_again_ms, Error *err) {
        AUTO_JSON *cached = kinds_get(server->kinds, KIND_RESTORE, name), *doc = NULL;
        JsonVal *object = yyjson_doc_get_root(cached);

        (void) ret_again_ms;
        if (!cached || (!object_is_deleting(object) && !is_for_us(object)))
                return true;
        if (!objects_get(server, KIND_RESTORE, name, &doc, err)) {
                if (err->code != ERROR_NOT_FOUND)
                        return false;
                error_clear(err);
                return true;
        }
        object = yyjson_doc_get_root(doc);
        if (object_is_deleting(object))
                return restore_files_finalize(server, object, err);
        if (str_equal(object_phase(object), STR("InProgress")))
                return recover_conclude(server, KIND_RESTORE, object, JOB_LOST_REASON, err);
        return !str_equal(object_phase(object), STR("New")) || start(server, object, err);
}

const Controller controller_restore = {
        .name = "restore",
        .kind = KIND_RESTORE,
        .resync_ms = 60 * 1000,
        .reconcile = reconcile,
};
