#include "backup/backup_execute.h"

#include "base/clock.h"
#include "hooks/journal_cluster.h"
#include "server/backup_queue.h"
#include "server/backup_request.h"
#include "server/controllers.h"
#include "server/job.h"
#include "server/locations.h"
#include "server/recover.h"

static const JobKind backup_job = { KIND_BACKUP, RUN_BACKUP, "backup", "itemsBackedUp" };

typedef struct BackupJob {
        Job job;
        BackupRequest request;
        BackupStatus status;
        Discovery *discovery;
        OpenLocation location;
        Journal *journal;
        BackupProgress progress;
        Str schedule;
} BackupJob;

static void backup_job_clear(BackupJob *backup) {
        journal_close(backup->journal);
        open_location_clear(&backup->location);
        discovery_free(backup->discovery);
        job_end(&backup->job);
        backup_request_clear(&backup->request);
}

static void read_request(BackupJob *backup, Server *server, JsonVal *object) {
        AUTO(arena_clear) Arena arena = { 0 };
        const BackupDefaults defaults = { location_default(server, &arena), server->options->default_ttl_ms,
                                          server->options->velero_hook_defaults };

        backup_request_clear(&backup->request);
        backup_request_read(&defaults, object, &backup->request);
}

/* From here on it is ours: whoever else decided on the same object has lost. */
static bool claim(BackupJob *backup, Server *server, JsonVal *object, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        AUTO_JSON *claimed = NULL;
        ServerVersion version = discovery_server_version(backup->discovery);
        const SourceCluster cluster = { version.git_version, version.major, version.minor };
        bool is_good;

        read_request(backup, server, object);
        is_good = backup->request.faults.errors == 0;
        backup->status = (BackupStatus) { .phase = is_good ? "InProgress" : "FailedValidation",
                                          .failure_reason = STR(""),
                                          .start_ms = is_good ? server_now_ms(server) : 0 };
        backup->status.expiration_ms = server_now_ms(server) + backup->request.backup.spec.ttl_ms;
        faults_add_texts(&backup->request.faults, FAULT_ERROR, &backup->request.arena,
                         &backup->status.validation_errors);
        if (!objects_patch_if(server, KIND_BACKUP, object, doc,
                              backup_request_patch(&backup->request, &backup->status, &cluster, doc),
                              &claimed, err))
                return false;
        job_begin(&backup->job, server, &backup_job, TAKE(claimed));
        read_request(backup, server,
                     yyjson_doc_get_root(backup->job.object)); /* borrowed from the old one: */
        backup->status.validation_errors = (Strs) { 0 };
        faults_add_texts(&backup->request.faults, FAULT_ERROR, &backup->request.arena,
                         &backup->status.validation_errors);
        backup->schedule = object_schedule(yyjson_doc_get_root(backup->job.object));
        return true;
}

static bool open_journal(BackupJob *backup, Error *err) {
        const Server *server = backup->job.server;
        const JournalRun who = { .backup = backup->job.name,
                                 .server = kube_client_server(server->client),
                                 .cluster_uid = server->cluster_uid };

        if (server->options->state.len > 0)
                return journal_open(server->options->state, &who, &backup->journal, err);
        backup->journal = journal_open_in_cluster(server->journals, &who, job_stop(&backup->job));
        return true;
}

static bool open_all(BackupJob *backup, Error *err) {
        Server *server = backup->job.server;

        return location_open(server, backup->request.backup.spec.storage_location, job_stop(&backup->job),
                             &backup->location, err) &&
               open_journal(backup, err);
}

static bool execute(BackupJob *backup, Arena *arena, BackupOutcome *outcome, Error *err) {
        const ServerOptions *options = backup->job.server->options;
        const BackupRun run = {
                .client = backup->job.server->client,
                .discovery = backup->discovery,
                .store = backup->location.store,
                .journal = backup->journal,
                .log = backup->job.log,
                .stop = job_stop(&backup->job),
                .lost = backup->job.server->lost,
                .backup = &backup->request.backup,
                .progress = &backup->progress,
                .workers = options->workers,
                .hook_workers = options->hook_workers,
                .page_size = options->page_size,
                .max_freeze_ms = options->max_freeze_ms,
                .on_hook = job_see_hook,
                .on_hook_user = &backup->job,
        };
        bool has_ended;

        job_report(&backup->job, &backup->progress.items_total, &backup->progress.items_done);
        has_ended = backup_execute(&run, arena, outcome, err);
        job_stop_reporting(&backup->job);
        return has_ended;
}

/* False: there is nothing to be said any more (the object is gone, or another server leads). */
static bool fail(BackupJob *backup, const Error *err, Arena *arena, BackupStatus *status) {
        Str reason = str_of(err->message);

        if (err->code == ERROR_CANCELED) {
                reason = job_interruption(&backup->job);
                if (reason.len == 0)
                        return false;
        }
        *status = backup->status;
        status->phase = "Failed";
        status->failure_reason = arena_copy(arena, reason);
        status->completion_ms = server_now_ms(backup->job.server);
        return true;
}

static void count(const BackupJob *backup, const BackupOutcome *outcome) {
        static const double ms_a_second = 1000;
        static const struct {
                const char *phase;
                MetricId id;
        } counters[] = {
                { "Completed", METRIC_BACKUP_SUCCESS_TOTAL },
                { "PartiallyFailed", METRIC_BACKUP_PARTIAL_FAILURE_TOTAL },
                { "Failed", METRIC_BACKUP_FAILURE_TOTAL },
                { "FailedValidation", METRIC_BACKUP_VALIDATION_FAILURE_TOTAL },
        };
        Metrics *metrics = backup->job.server->metrics;
        const BackupStatus *status = &outcome->status;
        bool is_good = strcmp(status->phase, "Completed") == 0;
        int64_t completion_seconds = status->completion_ms / 1000;

        for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++)
                if (strcmp(status->phase, counters[i].phase) == 0)
                        metrics_add(metrics, counters[i].id, &backup->schedule, 1);
        metrics_set(metrics, METRIC_BACKUP_LAST_STATUS, &backup->schedule, is_good ? 1 : 0);
        metrics_set(metrics, METRIC_BACKUP_ITEMS_TOTAL, &backup->schedule, (double) status->total_items);
        metrics_set(metrics, METRIC_BACKUP_ITEMS_ERRORS, &backup->schedule, (double) status->errors);
        if (status->warnings > 0)
                metrics_add(metrics, METRIC_BACKUP_WARNING_TOTAL, &backup->schedule, 1);
        if (outcome->bytes > 0)
                metrics_set(metrics, METRIC_BACKUP_TARBALL_SIZE_BYTES, &backup->schedule,
                            (double) outcome->bytes);
        if (is_good)
                metrics_raise(metrics, METRIC_BACKUP_LAST_SUCCESSFUL_TIMESTAMP, &backup->schedule,
                              (double) completion_seconds);
        metrics_observe(metrics, METRIC_BACKUP_DURATION_SECONDS, &backup->schedule,
                        (double) (status->completion_ms - status->start_ms) / ms_a_second);
}

static void tell_end(const BackupJob *backup, const BackupStatus *status) {
        bool is_good = strcmp(status->phase, "Completed") == 0;
        Str why = status->failure_reason;

        if (status->validation_errors.len > 0)
                why = status->validation_errors.items[0];
        kube_record(backup->job.server->recorder, &backup->job.about, is_good ? EVENT_NORMAL : EVENT_WARNING,
                    is_good ? "BackupCompleted" : "BackupNotCompleted",
                    "%s: %llu items, %llu errors, %llu warnings, %llu hooks of which %llu failed%s" STR_FMT,
                    status->phase, (unsigned long long) status->items_backed_up,
                    (unsigned long long) status->errors, (unsigned long long) status->warnings,
                    (unsigned long long) status->hooks_attempted, (unsigned long long) status->hooks_failed,
                    why.len > 0 ? ": " : "", STR_ARG(why));
}

static bool run_backup(BackupJob *backup, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error reason = { 0 };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        BackupOutcome outcome = { 0 };

        kube_record(backup->job.server->recorder, &backup->job.about, EVENT_NORMAL, "BackupStarted",
                    "backing up to location \"" STR_FMT "\"",
                    STR_ARG(backup->request.backup.spec.storage_location));
        metrics_add(backup->job.server->metrics, METRIC_BACKUP_ATTEMPT_TOTAL, &backup->schedule, 1);
        job_tell_warnings(&backup->job, &backup->request.faults, "BackupWarning");
        if ((!open_all(backup, &reason) || !execute(backup, &arena, &outcome, &reason)) &&
            !fail(backup, &reason, &arena, &outcome.status))
                return true;
        count(backup, &outcome);
        tell_end(backup, &outcome.status);
        return job_record(&backup->job, doc, backup_status_json(&outcome.status, doc), err);
}

static bool start(Server *server, JsonVal *object, Error *err) {
        AUTO(backup_job_clear) BackupJob backup = { 0 };

        if (!discovery_read(server->client, server->stop, &backup.discovery, err) ||
            !claim(&backup, server, object, err))
                return false;
        if (backup.request.faults.errors == 0)
                return run_backup(&backup, err);
        backup_tell_invalid(server, object, &backup.status.validation_errors);
        return true;
}

static bool is_for_us(JsonVal *object) {
        Str phase = object_phase(object);

        return str_equal(phase, STR("ReadyToStart")) || str_equal(phase, STR("InProgress"));
}

static bool reconcile(Server *server, Str name, int64_t *ret_again_ms, Error *err) {
        AUTO_JSON *doc = NULL;
        JsonVal *object;

        (void) ret_again_ms;
        doc = kinds_get(server->kinds, KIND_BACKUP, name);
        if (!doc || !is_for_us(yyjson_doc_get_root(doc)))
                return true;
        yyjson_doc_free(TAKE(doc));
        if (!objects_get(server, KIND_BACKUP, name, &doc, err)) {
                if (err->code != ERROR_NOT_FOUND)
                        return false;
                error_clear(err);
                return true;
        }
        object = yyjson_doc_get_root(doc);
        if (!is_for_us(object) || object_is_deleting(object))
                return true;
        if (str_equal(object_phase(object), STR("InProgress")))
                return recover_conclude(server, KIND_BACKUP, object, JOB_LOST_REASON, err);
        return start(server, object, err);
}

static unsigned workers(const ServerOptions *options) {
        return options->concurrent_backups ? options->concurrent_backups : 1;
}

const Controller controller_backup = {
        .name = "backup",
        .kind = KIND_BACKUP,
        .resync_ms = 60 * 1000,
        .workers = workers,
        .reconcile = reconcile,
};
