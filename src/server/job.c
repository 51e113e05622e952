#include "server/job.h"

enum { REPORT_MS = 1000, HOOK_EVENTS_MAX = 50 };

void job_begin(Job *job, Server *server, const JobKind *kind, JsonDoc *object) {
        AUTO(arena_clear) Arena arena = { 0 };
        const ServerOptions *options = server->options;
        JsonVal *root = yyjson_doc_get_root(object);

        job->server = server;
        job->kind = kind;
        job->object = object;
        job->name = object_name(root);
        job->about = event_about(root);
        job->log = log_new(LOG_TEXT, options->log_level < LOG_INFO ? options->log_level : LOG_INFO);
        job->ended = stop_new();
        if (server->on_line)
                log_add_sink_in(job->log, options->log_format, server->on_line, server->on_line_user);
        log_set_field(job->log, kind->log_field,
                      str_of(arena_printf(&arena, STR_FMT "/" STR_FMT, STR_ARG(options->namespace),
                                          STR_ARG(job->name))));
        job->run = runs_begin(server->runs, kind->run, job->name, job->log);
}

const Stop *job_stop(const Job *job) {
        return run_stop(job->run);
}

static bool patch_progress(const Job *job, uint64_t total, uint64_t done, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *patch = yyjson_mut_obj(doc), *status = yyjson_mut_obj_add_obj(doc, patch, "status");
        JsonMutVal *progress = yyjson_mut_obj_add_obj(doc, status, "progress");

        json_put_str(doc, yyjson_mut_obj_add_obj(doc, patch, "metadata"), "uid", job->about.uid);
        yyjson_mut_obj_add_uint(doc, progress, "totalItems", total);
        yyjson_mut_obj_add_uint(doc, progress, job->kind->done_key, done);
        return objects_patch(job->server, job->kind->kind, job->name, patch, NULL, err);
}

/* Deleted, being deleted (a finalizer keeps it), or another of that name by now. */
static bool is_gone(const Job *job) {
        AUTO_JSON *doc = kinds_get(job->server->kinds, job->kind->kind, job->name);
        JsonVal *object = yyjson_doc_get_root(doc);

        return !doc || object_is_deleting(object) || !str_equal(object_uid(object), job->about.uid);
}

/* An object that is gone ends its run. */
static void report(void *user) {
        Job *job = user;
        uint64_t total_before = 0, done_before = 0;

        while (stop_sleep_ms(job->ended, REPORT_MS)) {
                AUTO(error_clear) Error err = { 0 };
                uint64_t total = *job->total, done = *job->done;
                bool has_news = total != total_before || done != done_before;

                job->is_gone = is_gone(job);
                if (!job->is_gone && has_news && patch_progress(job, total, done, &err)) {
                        total_before = total;
                        done_before = done;
                }
                if (job->is_gone || err.code == ERROR_NOT_FOUND) {
                        job->is_gone = true;
                        (void) runs_stop(job->server->runs, job->kind->run, job->name);
                        return;
                }
        }
}

void job_report(Job *job, const _Atomic uint64_t *total, const _Atomic uint64_t *done) {
        job->total = total;
        job->done = done;
        job->reporter = thread_start(report, job);
        job->has_reporter = true;
}

void job_stop_reporting(Job *job) {
        stop_set(job->ended);
        if (job->has_reporter)
                thread_join(job->reporter);
        job->has_reporter = false;
}

void job_end(Job *job) {
        if (!job->run)
                return;
        job_stop_reporting(job);
        runs_end(job->server->runs, job->run);
        log_free(job->log);
        stop_free(job->ended);
        yyjson_doc_free(job->object);
}

void job_tell_warnings(Job *job, const Faults *faults, const char *reason) {
        for (size_t i = 0; i < faults->len; i++) {
                const Fault *fault = &faults->items[i];

                log_warn(job->log, NO_FIELDS, STR_FMT ": " STR_FMT, STR_ARG(fault->path),
                         STR_ARG(fault->message));
                kube_record(job->server->recorder, &job->about, EVENT_WARNING, reason, STR_FMT ": " STR_FMT,
                            STR_ARG(fault->path), STR_ARG(fault->message));
        }
}

static void tell_failed_hook(Job *job, const HookResult *result) {
        const char *phase = hook_phase_name(result->call->phase);
        const EventAbout pod = { STR("v1"), STR("Pod"), result->pod->namespace, result->pod->name,
                                 result->pod->uid };

        kube_record(job->server->recorder, &pod, EVENT_WARNING, "HookFailed",
                    "%s hook \"" STR_FMT "\" in container " STR_FMT " of %s \"" STR_FMT "\": %s: " STR_FMT,
                    phase, STR_ARG(result->call->name), STR_ARG(result->call->container),
                    job->kind->log_field, STR_ARG(job->name), hook_outcome_name(result->outcome),
                    STR_ARG(result->message));
        kube_record(job->server->recorder, &job->about, EVENT_WARNING, "HookFailed",
                    "%s hook \"" STR_FMT "\" in pod " STR_FMT "/" STR_FMT ": %s: " STR_FMT, phase,
                    STR_ARG(result->call->name), STR_ARG(result->pod->namespace), STR_ARG(result->pod->name),
                    hook_outcome_name(result->outcome), STR_ARG(result->message));
}

void job_begin_metrics(Metrics *metrics) {
        for (int phase = HOOK_PRE; phase <= HOOK_RESTORE_EXEC; phase++) {
                Str labels[] = { str_of(hook_phase_name((HookPhase) phase)), STR("") };

                metrics_begin(metrics, METRIC_HOOK_DURATION_SECONDS, labels);
                for (int outcome = HOOK_SUCCEEDED; outcome <= HOOK_NOT_AWAITED; outcome++) {
                        labels[1] = str_of(hook_outcome_name((HookOutcome) outcome));
                        metrics_begin(metrics, METRIC_HOOK_TOTAL, labels);
                }
        }
        metrics_begin(metrics, METRIC_HOOK_FREEZE_SECONDS, NULL);
}

void job_see_hook(void *user, const HookResult *result) {
        static const double ms_a_second = 1000;
        Job *job = user;
        Metrics *metrics = job->server->metrics;
        const Str labels[] = { str_of(hook_phase_name(result->call->phase)),
                               str_of(hook_outcome_name(result->outcome)) };
        bool has_failed = result->outcome == HOOK_FAILED || result->outcome == HOOK_TIMED_OUT;

        metrics_add(metrics, METRIC_HOOK_TOTAL, labels, 1);
        if (result->attempts > 0)
                metrics_observe(metrics, METRIC_HOOK_DURATION_SECONDS, labels,
                                (double) result->duration_ms / ms_a_second);
        if (result->freeze_ms >= 0)
                metrics_observe(metrics, METRIC_HOOK_FREEZE_SECONDS, NULL,
                                (double) result->freeze_ms / ms_a_second);
        if (has_failed && job->failed_hooks++ < HOOK_EVENTS_MAX)
                tell_failed_hook(job, result);
}

Str job_interruption(const Job *job) {
        if (job->is_gone || stop_is_set(job->server->lost))
                return STR("");
        return STR("the server was asked to end while it ran; everything that was frozen was thawed first");
}

/* Somebody may have edited it meanwhile and wonders why that had no effect. */
static void tell_changed_spec(const Job *job, JsonVal *now) {
        if (json_equal(json_get(now, "spec"), json_get(yyjson_doc_get_root(job->object), "spec")))
                return;
        log_warn(job->server->log, FIELDS(FIELD(job->kind->log_field, job->name)),
                 "Its spec was changed while it ran, which had no effect");
        kube_record(
                job->server->recorder, &job->about, EVENT_WARNING, "SpecChanged",
                "its spec was changed while it ran, which had no effect: it ended as it had begun; create "
                "another %s for what is wanted now",
                job->kind->log_field);
}

bool job_record(Job *job, JsonMutDoc *doc, JsonMutVal *status, Error *err) {
        AUTO_JSON *recorded = NULL;
        JsonMutVal *patch = yyjson_mut_obj(doc);

        /* With its UID: one that was made again under the name is not given the end of another. */
        json_put_str(doc, yyjson_mut_obj_add_obj(doc, patch, "metadata"), "uid", job->about.uid);
        yyjson_mut_obj_add_val(doc, patch, "status", status);
        if (objects_patch_lasting(job->server, job->kind->kind, job->name, patch, &recorded, err)) {
                tell_changed_spec(job, yyjson_doc_get_root(recorded));
                return true;
        }
        if (err->code != ERROR_NOT_FOUND && !is_gone(job))
                return error_prefix(err, "write how %s \"" STR_FMT "\" ended", job->kind->log_field,
                                    STR_ARG(job->name));
        error_clear(err); /* nobody is left to be told */
        return true;
}
