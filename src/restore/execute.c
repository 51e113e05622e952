#include <stdatomic.h>

#include "base/clock.h"
#include "base/mem.h"
#include "kube/object.h"
#include "restore/engine.h"
#include "store/log_file.h"

/* The log outlives the run, and the sinks that it was given have to live as long: this one is in the caller's arena
 * and lets go of the file when the run is over. */
typedef struct LogTap {
        _Atomic(LogFile *) file;
} LogTap;

static void tap_line(void *user, Str line, const LogRecord *record) {
        LogTap *tap = user;
        LogFile *file = atomic_load(&tap->file);

        if (file)
                log_file_sink(file, line, record);
}

static LogTap *open_tap(const RestoreRun *run, LogFile *file, Arena *arena) {
        LogTap *tap = arena_alloc(arena, sizeof(*tap));

        atomic_init(&tap->file, file);
        log_add_sink(run->log, tap_line, tap);
        return tap;
}

static bool put_log(const Engine *engine, LogTap *tap, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        LogFile *file = atomic_exchange(&tap->file, NULL);

        return log_file_put(file, engine->run->store, restore_key(engine->restore.name, RESTORE_LOG, &arena),
                            err);
}

void engine_step(Engine *engine, const char *step) {
        atomic_store(&engine->run->progress->step, step);
}

static bool has_object(void *user, Str resource, Str namespace, Str name, bool *ret_has, Error *err) {
        Engine *engine = user;
        const KubeResource *found = discovery_find(engine->discovery, resource);
        AUTO(error_clear) Error missing = { 0 };

        *ret_has = found &&
                   kube_get(engine->run->client, found, namespace, name, engine->run->stop, NULL, &missing);
        if (*ret_has || !found || missing.code == ERROR_NOT_FOUND)
                return true;
        return error_set(err, missing.code, "%s", missing.message);
}

static void tell_problem(void *user, LogLevel level, Str namespace, Str message) {
        Engine *engine = user;

        results_add(report_results(engine->report), level, RESULTS_NAMESPACE, namespace, message);
}

static void engine_clear(Engine *engine) {
        restore_hooks_free(engine->hooks);
        hook_results_free(engine->hook_results);
        report_free(engine->report);
        hash_set_free(engine->seen);
        discovery_free(engine->refreshed);
        settings_clear(&engine->settings);
        volume_records_clear(&engine->volumes);
        contents_free(engine->contents);
        source_clear(&engine->source);
        arena_clear(&engine->arena);
}

static void find_hooks(Engine *engine) {
        const HookSpec *spec = &engine->restore.spec.hooks;

        for (size_t e = 0; e < spec->len; e++)
                for (size_t i = 0; i < spec->entries[e].post_hooks_len; i++) {
                        engine->has_exec_hooks |= spec->entries[e].post_hooks[i].has_exec;
                        engine->has_init_hooks |= spec->entries[e].post_hooks[i].has_init;
                }
}

static bool engine_open(Engine *engine, const RestoreRun *run, Error *err) {
        const KubeResource *pods = discovery_find(run->discovery, STR("pods"));

        engine->run = run;
        engine->discovery = run->discovery;
        engine->restore = *run->restore;
        engine->restore.spec.backup_name = engine->source.name;
        if (engine->restore.spec.schedule_name.len == 0)
                engine->restore.spec.schedule_name = engine->source.schedule;
        engine->report = report_new(run->log);
        engine->seen = hash_set_new();
        find_hooks(engine);
        engine->labels = (ExistingLabels) { label_value(engine->source.name, &engine->arena),
                                            label_value(engine->restore.name, &engine->arena) };
        if (!hook_results_new(&engine->hook_results, err))
                return false;
        hook_results_observe(engine->hook_results, run->on_hook, run->on_hook_user);
        if (run->dry_run || !pods)
                return true;
        engine->hooks = restore_hooks_new(&(RestoreHooksOptions) {
                .client = run->client,
                .pods = pods,
                .spec = &engine->restore.spec.hooks,
                .results = engine->hook_results,
                .gauges = &run->progress->hooks,
                .log = run->log,
                .workers = run->hook_workers,
                .stop = run->stop,
                .on_problem = tell_problem,
                .user = engine,
        });
        return true;
}

static bool read_archive(Engine *engine, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(store_reader_freep) StoreReader *reader = NULL;
        const ContentsLimits limits = { 0 };

        engine_step(engine, "reading the backup");
        return store_read_begin(engine->run->store, backup_key(engine->source.name, BACKUP_CONTENTS, &arena),
                                &reader, err) &&
               contents_read(store_read, reader, &limits, &engine->contents, err) &&
               volumes_read(engine->run->store, engine->source.name, &engine->volumes, err);
}

static bool read_settings(Engine *engine, Error *err) {
        if (!settings_read(engine->run->client, &engine->restore, engine->run->stop, &engine->settings, err))
                return false;
        engine->actions = (ActionSetup) {
                .spec = &engine->restore.spec,
                .storage_classes = yyjson_doc_get_root(engine->settings.storage_classes),
                .image_names = yyjson_doc_get_root(engine->settings.image_names),
                .has_object = has_object,
                .user = engine,
        };
        return true;
}

static void check_contents(Engine *engine) {
        size_t len;

        (void) contents_groups(engine->contents, &len);
        if (len == 0)
                report_general(engine->report, LOG_WARN, "backup \"" STR_FMT "\" holds no objects",
                               STR_ARG(engine->source.name));
}

static bool restore_all(Engine *engine, Error *err) {
        log_info(engine->run->log, NO_FIELDS, "Starting restore of backup " STR_FMT "/" STR_FMT,
                 STR_ARG(engine->restore.namespace), STR_ARG(engine->source.name));
        check_contents(engine);
        engine_step(engine, "restoring CustomResourceDefinitions");
        bool is_whole = restore_crds(engine, err) && restore_rest(engine, err);

        if (engine->hooks) {
                engine_step(engine, "waiting for hooks");
                restore_hooks_wait(engine->hooks);
        }
        return is_whole && stop_check(engine->run->stop, err);
}

static void fill_status(Engine *engine, RestoreStatus *status) {
        results_count(report_results(engine->report), &status->errors, &status->warnings);
        hook_results_count(engine->hook_results, &status->hooks_attempted, &status->hooks_failed);
        status->total_items = status->items_restored = report_len(engine->report);
        status->completion_ms = clock_wall_ms();
        if (!status->phase)
                status->phase = status->errors > 0 ? "PartiallyFailed" : "Completed";
}

static bool check_name_free(const RestoreRun *run, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        Strs keys = { 0 };

        if (!store_list(run->store, layout_restore_folder(run->restore->name, &arena), &arena, &keys, err))
                return false;
        if (keys.len == 0)
                return true;
        return error_set(err, ERROR_EXISTS, "restore \"" STR_FMT "\" is already in \"" STR_FMT "\"",
                         STR_ARG(run->restore->name), STR_ARG(store_name(run->store)));
}

/* True when it went through to the end, with or without errors of objects. */
static bool run_engine(Engine *engine, RestoreStatus *status, Arena *arena, Error *err) {
        AUTO(error_clear) Error failure = { 0 };

        if (read_archive(engine, &failure) && read_settings(engine, &failure) &&
            restore_all(engine, &failure))
                return true;
        status->phase = "Failed";
        status->failure_reason = arena_copy(arena, str_of(failure.message));
        log_error(engine->run->log, NO_FIELDS, "restore failed: %s", failure.message);
        return error_set(err, failure.code, "%s", failure.message);
}

static bool is_invalid_modifier(const Engine *engine, const Error *err) {
        return engine->contents && !engine->actions.has_object &&
               (err->code == ERROR_INVALID || err->code == ERROR_NOT_FOUND);
}

static bool finish(Engine *engine, LogTap *tap, RestoreOutcome *outcome, Arena *arena, Error *err) {
        engine_step(engine, "writing the results");
        fill_status(engine, &outcome->status);
        outcome->counts = report_counts(engine->report, arena, &outcome->counts_len);
        if (!tap)
                return true;
        log_info(engine->run->log, NO_FIELDS, "restore completed");
        return put_log(engine, tap, err) && restore_files_write(engine, &outcome->status, err);
}

static bool execute(Engine *engine, LogTap *tap, RestoreOutcome *outcome, Arena *arena, Error *err) {
        AUTO(error_clear) Error failure = { 0 }, unwritten = { 0 };
        bool is_whole = run_engine(engine, &outcome->status, arena, &failure);

        if (!is_whole && is_invalid_modifier(engine, &failure)) {
                outcome->status.phase = "FailedValidation";
                strs_add(&outcome->status.validation_errors, arena, outcome->status.failure_reason);
                outcome->status.failure_reason = STR("");
                outcome->status.start_ms = 0;
                return true;
        }
        bool is_written = finish(engine, tap, outcome, arena, &unwritten);
        if (!is_whole && (failure.code == ERROR_CANCELED || !tap))
                return error_set(err, failure.code, "%s", failure.message);
        if (!is_written)
                return error_set(err, unwritten.code, "write the results of the restore: %s",
                                 unwritten.message);
        return true;
}

bool restore_execute(const RestoreRun *run, Arena *arena, RestoreOutcome *ret_outcome, Error *err) {
        AUTO(engine_clear) Engine engine = { .start_wall_ms = clock_wall_ms() };
        AUTO(log_file_freep) LogFile *file = NULL;
        AUTO(store_unlockp) StoreLock *lock = NULL;
        RestoreOutcome outcome = { .status.start_ms = engine.start_wall_ms };
        LogTap *tap = NULL;

        if (!source_find(run->store, &run->restore->spec, &engine.arena, &engine.source, err))
                return false;
        if (!run->dry_run) {
                const char *name =
                        arena_printf(&engine.arena, "restores/" STR_FMT, STR_ARG(run->restore->name));

                if (!store_lock(run->store, str_of(name), &lock, err) || !check_name_free(run, err) ||
                    !log_file_new(&file, err))
                        return false;
                tap = open_tap(run, file, arena);
        }
        log_set_field(run->log, "restore",
                      str_of(arena_printf(&engine.arena, STR_FMT "/" STR_FMT,
                                          STR_ARG(run->restore->namespace), STR_ARG(run->restore->name))));
        log_info(run->log, NO_FIELDS, "starting restore");
        bool ok = engine_open(&engine, run, err) && execute(&engine, tap, &outcome, arena, err);
        if (tap)
                atomic_store(&tap->file, NULL);
        if (ok)
                *ret_outcome = outcome;
        return ok;
}
