#include "backup/backup_execute.h"

#include "backup/finish.h"
#include "backup/hooked.h"
#include "backup/prepare.h"
#include "base/clock.h"
#include "kube/object.h"

/* The log outlives the run; what its lines went to does not. */
typedef struct RunSinks {
        LogFile *file;
        Results *results;
} RunSinks;

static void run_sinks_line(void *user, Str line, const LogRecord *record) {
        const RunSinks *sinks = user;

        if (sinks->file)
                log_file_sink(sinks->file, line, record);
        if (sinks->results)
                results_log_sink(sinks->results, line, record);
}

static void engine_clear(Engine *engine) {
        hash_set_free(engine->seen);
        hash_set_free(engine->touched);
        names_free(engine->names);
        volumes_free(engine->volumes);
        role_index_free(engine->roles);
        hook_results_free(engine->hook_results);
        gzip_file_free(engine->tarball);
        str_map_clear(&engine->kinds_by_name);
        yyjson_doc_free(engine->policy_doc);
        mutex_lock(&engine->lock);
        error_clear(&engine->fatal);
        mutex_unlock(&engine->lock);
        mutex_destroy(&engine->lock);
}

static bool open_tarball(Engine *engine, Arena *arena, Error *err) {
        AUTO(gzip_part_clear) GzipPart part = { 0 };

        if (engine->run->dry_run)
                return true;
        if (!gzip_file_open(engine->run->store, backup_key(engine->backup.name, BACKUP_CONTENTS, arena),
                            &engine->tarball, err))
                return false;
        gzip_part_init(&part, engine->tarball);
        return gzip_part_add_file(&part, STR("metadata/version"), STR("1.1.0\n"), err) &&
               gzip_part_flush(&part, err);
}

/* Namespace objects come last: whether one is kept depends on what was found in it. */
static bool visit_namespace(void *user, Worker *worker, const EngineKind *kind, JsonVal *namespace,
                            Error *err) {
        Str name = object_name(namespace);

        (void) user;
        if (!filter_keeps_namespace(&worker->engine->filter, namespace,
                                    hash_set_has(worker->engine->touched, &name, 1)))
                return true;
        return worker_store(worker, kind, namespace, err);
}

static void store_namespaces(Engine *engine) {
        AUTO(arena_clear) Arena arena = { 0 };
        const EngineKind *kind = engine_kind(engine, STR("namespaces"));
        CollectJobs jobs = { 0 };

        if (!kind || !kind->is_listed || !engine->has_namespaces)
                return;
        collect_add_all(engine, kind, &arena, &jobs);
        collect_run(engine, &jobs, visit_namespace, NULL);
}

static bool has_own_stage(const EngineKind *kind) {
        return str_equal(kind->item.group_resource, STR("pods")) ||
               str_equal(kind->item.group_resource, STR("namespaces"));
}

static void store_lists(Engine *engine) {
        AUTO(arena_clear) Arena arena = { 0 };
        CollectJobs jobs = { 0 };

        engine->run->progress->step = "reading and storing objects";
        for (size_t i = 0; i < engine->kind_count; i++) {
                const EngineKind *kind = &engine->kinds[i];

                if (!kind->is_listed || has_own_stage(kind))
                        continue;
                collect_add_ordered(kind, &arena, &jobs);
                collect_add_kind(engine, kind, &arena, &jobs);
        }
        collect_run(engine, &jobs, collect_store, NULL);
}

static bool fetch_definition(Worker *worker, const EngineKind *kind, Error *err) {
        ItemRef ref = { .group_resource = STR("customresourcedefinitions.apiextensions.k8s.io"),
                        .namespace = STR(""),
                        .name = kind->item.group_resource };
        Str reason;

        /* Built-in kinds have no definition: asking costs a request and says so. */
        if (kind->resource->group.len == 0 || names_count(worker->engine->names, kind->number) == 0)
                return true;
        if (!worker_fetch(worker, ref, true, &reason, err))
                return false;
        if (reason.len > 0)
                log_error(worker->engine->log,
                          FIELDS(FIELD("resource", ref.group_resource), FIELD("namespace", STR("")),
                                 FIELD("name", ref.name), FIELD("error", reason)),
                          "Error backing up item");
        return true;
}

/* A custom resource is of no use without its definition (3.11, end). */
static bool store_definitions(Engine *engine, Error *err) {
        AUTO(worker_clear) Worker worker = { 0 };
        const EngineKind *definitions =
                engine_kind(engine, STR("customresourcedefinitions.apiextensions.k8s.io"));
        bool is_stored = true;

        if (!definitions || definitions->is_listed || engine_is_over(engine))
                return true;
        worker_init(&worker, engine);
        for (size_t i = 0; i < engine->kind_count && is_stored; i++)
                is_stored = fetch_definition(&worker, &engine->kinds[i], err);
        return is_stored && worker_flush(&worker, err);
}

/* What ended the run early, if anything did. */
static bool check_fatal(Engine *engine, Error *err) {
        bool has_failed = engine->has_failed;

        if (has_failed) {
                mutex_lock(&engine->lock);
                *err = engine->fatal;
                engine->fatal = (Error) { 0 };
                mutex_unlock(&engine->lock);
        }
        return !has_failed && stop_check(engine->run->stop, err);
}

static bool store_objects(Engine *engine, Arena *arena, Error *err) {
        if (!open_tarball(engine, arena, err) || !hooked_store_pods(engine, err))
                return false;
        store_lists(engine);
        store_namespaces(engine);
        return check_fatal(engine, err) && store_definitions(engine, err);
}

static int compare_counts(const void *a, const void *b) {
        return str_compare(((const ResourceCount *) a)->group_resource,
                           ((const ResourceCount *) b)->group_resource);
}

static void fill_outcome(Engine *engine, Arena *arena, BackupOutcome *outcome) {
        HookFreeze freeze;

        hook_results_freeze(engine->hook_results, &freeze);
        outcome->freeze_p50_ms = freeze.p50_ms;
        outcome->freeze_max_ms = freeze.max_ms;
        outcome->bytes = engine->tarball ? gzip_file_bytes(engine->tarball) : 0;
        outcome->counts = arena_alloc(arena, (engine->kind_count + 1) * sizeof(*outcome->counts));
        for (size_t i = 0; i < engine->kind_count; i++) {
                ResourceCount count = { .group_resource =
                                                arena_copy(arena, engine->kinds[i].item.group_resource),
                                        .items = names_count(engine->names, i) };

                if (count.items > 0)
                        outcome->counts[outcome->counts_len++] = count;
        }
        qsort(outcome->counts, outcome->counts_len, sizeof(*outcome->counts), compare_counts);
}

/* Everything between a name that is ours and the last file.  False only when the run was interrupted. */
static bool run_to_end(const Finish *finish, Arena *arena, BackupOutcome *outcome, Error *err) {
        AUTO(error_clear) Error reason = { 0 };
        Engine *engine = finish->engine;
        bool is_stored = store_objects(engine, arena, &reason);

        /* The workers' own error says more than what followed from it. */
        if (!is_stored && engine->has_failed && reason.code == ERROR_CANCELED) {
                error_clear(&reason);
                (void) !check_fatal(engine, &reason);
        }
        if (is_stored && finish_backup(finish, &reason)) {
                fill_outcome(engine, arena, outcome);
                return true;
        }
        if (engine->run->stop && stop_is_set(engine->run->stop)) {
                if (!engine->run->dry_run)
                        finish_remove(engine);
                return error_set(err, ERROR_CANCELED, "interrupted");
        }
        fill_outcome(engine, arena, outcome);
        outcome->bytes = 0;
        gzip_file_free(TAKE(engine->tarball));
        finish_failed(finish, arena_copy(arena, str_of(reason.message)));
        return true;
}

static bool start(Engine *engine, LogFile **ret_file, Error *err) {
        engine->seen = hash_set_new();
        engine->touched = hash_set_new();
        if (!log_file_new(ret_file, err) || !hook_results_new(&engine->hook_results, err) ||
            !volumes_new(&engine->volumes, err))
                return false;
        hook_results_observe(engine->hook_results, engine->run->on_hook, engine->run->on_hook_user);
        return true;
}

static bool run_engine(Engine *engine, RunSinks *sinks, Arena *arena, BackupOutcome *outcome, Error *err) {
        AUTO(log_file_freep) LogFile *file = NULL;
        AUTO(results_freep) Results *results = results_new();
        Finish finish = { .engine = engine, .status = &outcome->status };
        bool has_ended = start(engine, &file, err);

        finish.log_file = sinks->file = file;
        finish.results = sinks->results = results;
        if (has_ended) {
                engine->run->progress->step = "looking at the cluster";
                has_ended = prepare_run(engine, arena, &outcome->status.validation_errors, err);
        }
        if (has_ended && outcome->status.validation_errors.len > 0)
                outcome->status.phase = "FailedValidation";
        else if (has_ended)
                has_ended = names_new(engine->kind_count, &engine->names, err) &&
                            run_to_end(&finish, arena, outcome, err);
        *sinks = (RunSinks) { 0 };
        return has_ended;
}

/* Files without a velero-backup.json are no backup: a run that was killed left them, and they are replaced. */
static bool claim_name(const BackupRun *run, Arena *arena, Error *err) {
        Str name = run->backup->name;
        Strs left_over = { 0 };
        bool exists;

        if (!layout_check_name(name, err) ||
            !store_exists(run->store, backup_key(name, BACKUP_METADATA, arena), &exists, err))
                return false;
        if (exists)
                return error_set(err, ERROR_EXISTS,
                                 "backup \"" STR_FMT "\" already exists in \"" STR_FMT "\"", STR_ARG(name),
                                 STR_ARG(store_name(run->store)));
        if (!store_list(run->store, layout_backup_folder(name, arena), arena, &left_over, err))
                return false;
        if (left_over.len > 0)
                log_info(run->log, NO_FIELDS,
                         "Replacing %zu files that an unfinished backup of this name left behind",
                         left_over.len);
        for (size_t i = 0; i < left_over.len; i++)
                if (!stop_check(run->stop, err) || !store_delete(run->store, left_over.items[i], err))
                        return false;
        return true;
}

bool backup_execute(const BackupRun *run, Arena *arena, BackupOutcome *ret_outcome, Error *err) {
        AUTO(store_unlockp) StoreLock *lock = NULL;
        AUTO(engine_clear) Engine engine = { .run = run, .log = run->log, .backup = *run->backup };
        BackupOutcome outcome = { .freeze_p50_ms = -1, .freeze_max_ms = -1 };
        RunSinks *sinks = arena_alloc(arena, sizeof(*sinks));
        Str full_name = str_of(arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(engine.backup.namespace),
                                            STR_ARG(engine.backup.name)));

        mutex_init(&engine.lock);
        if (!run->dry_run &&
            (!store_lock(run->store,
                         str_of(arena_printf(arena, "backups/" STR_FMT, STR_ARG(engine.backup.name))), &lock,
                         err) ||
             !claim_name(run, arena, err)))
                return false;
        outcome.status.failure_reason = STR("");
        outcome.status.start_ms = clock_wall_ms();
        outcome.status.expiration_ms = outcome.status.start_ms + engine.backup.spec.ttl_ms;
        *sinks = (RunSinks) { 0 };
        log_set_field(run->log, "backup", full_name);
        log_add_sink(run->log, run_sinks_line, sinks);
        if (!run_engine(&engine, sinks, arena, &outcome, err))
                return false;
        *ret_outcome = outcome;
        return true;
}
