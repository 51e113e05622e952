#include "backup/finish.h"

#include <inttypes.h>

#include "base/clock.h"

static Str key_of(const Engine *engine, BackupFile file, Arena *arena) {
        return backup_key(engine->backup.name, file, arena);
}

void finish_remove(const Engine *engine) {
        AUTO(arena_clear) Arena arena = { 0 };

        for (int file = BACKUP_METADATA; file <= BACKUP_HOOKS; file++) {
                AUTO(error_clear) Error err = { 0 };

                if (stop_is_set(engine->run->lost))
                        return;
                (void) !store_delete(engine->run->store, key_of(engine, (BackupFile) file, &arena), &err);
        }
}

static bool finish_tarball(Engine *engine, Error *err) {
        AUTO(gzip_part_clear) GzipPart part = { 0 };

        gzip_part_init(&part, engine->tarball);
        return gzip_part_end_tar(&part, err) && gzip_file_finish(engine->tarball, err);
}

static bool write_names(void *user, GzipPart *part, Error *err) {
        Engine *engine = user;
        AUTO(arena_clear) Arena arena = { 0 };
        Str *keys = arena_alloc(&arena, (engine->kind_count + 1) * sizeof(*keys));

        for (size_t i = 0; i < engine->kind_count; i++)
                keys[i] = engine->kinds[i].key;
        return names_write(engine->names, keys, part, err);
}

static bool write_volumes(void *user, GzipPart *part, Error *err) {
        Engine *engine = user;

        return volumes_write(engine->volumes, part, err);
}

static bool write_hooks(void *user, GzipPart *part, Error *err) {
        Engine *engine = user;

        return hook_results_write(engine->hook_results, gzip_part_add, part, err);
}

static bool put_lists(Engine *engine, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        Store *store = engine->run->store;

        return gzip_file_put(store, key_of(engine, BACKUP_RESOURCE_LIST, &arena), write_names, engine, err) &&
               gzip_file_put(store, key_of(engine, BACKUP_VOLUME_INFO, &arena), write_volumes, engine, err) &&
               layout_put_gzip(store, key_of(engine, BACKUP_POD_VOLUMES, &arena), STR("null\n"), err) &&
               layout_put_gzip(store, key_of(engine, BACKUP_VOLUME_SNAPSHOTS, &arena), STR("null\n"), err) &&
               layout_put_gzip(store, key_of(engine, BACKUP_ITEM_OPERATIONS, &arena), STR("[]\n"), err);
}

static bool put_results(const Finish *finish, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        Engine *engine = finish->engine;

        results_write(finish->results, &text);
        if (text.len == 0 || text.ptr[text.len - 1] != '\n')
                buf_add_char(&text, '\n');
        return buf_check(&text, "the list of warnings and errors", err) &&
               layout_put_gzip(engine->run->store, key_of(engine, BACKUP_RESULTS, &arena), buf_str(&text),
                               err) &&
               gzip_file_put(engine->run->store, key_of(engine, BACKUP_HOOKS, &arena), write_hooks, engine,
                             err);
}

static bool put_metadata(const Finish *finish, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        Engine *engine = finish->engine;
        ServerVersion version = discovery_server_version(engine->run->discovery);
        SourceCluster cluster = { .git_version = version.git_version,
                                  .major = version.major,
                                  .minor = version.minor };

        backup_encode(&engine->backup, finish->status, &cluster, &text);
        return buf_check(&text, "velero-backup.json", err) &&
               store_put(engine->run->store, key_of(engine, BACKUP_METADATA, &arena), buf_str(&text), err);
}

/* After the last line of the log: what is counted is what a reader of the log finds. */
static void count(const Finish *finish) {
        BackupStatus *status = finish->status;
        Engine *engine = finish->engine;

        status->items_backed_up = status->total_items = names_total(engine->names);
        results_count(finish->results, &status->errors, &status->warnings);
        hook_results_count(engine->hook_results, &status->hooks_attempted, &status->hooks_failed);
        status->completion_ms = clock_wall_ms();
        engine->run->progress->items_total = status->total_items;
}

static void say_goodbye(const Engine *engine) {
        uint64_t volumes = volumes_count(engine->volumes);

        if (volumes > 0 && engine->backup.spec.snapshot_volumes != 0)
                log_warn(engine->log, NO_FIELDS,
                         "volume data is not stored by this version: of %" PRIu64
                         " volumes only the objects are in the backup (snapshotVolumes: false says that "
                         "this is what you want)",
                         volumes);
        log_info(engine->log, NO_FIELDS, "Backed up a total of %" PRIu64 " items",
                 names_total(engine->names));
}

static bool put_all(const Finish *finish, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        Engine *engine = finish->engine;

        return finish_tarball(engine, err) &&
               log_file_put(finish->log_file, engine->run->store, key_of(engine, BACKUP_LOG, &arena), err) &&
               put_lists(engine, err) && put_results(finish, err) && put_metadata(finish, err);
}

bool finish_backup(const Finish *finish, Error *err) {
        Engine *engine = finish->engine;

        engine->run->progress->step = "finishing";
        say_goodbye(engine);
        count(finish);
        finish->status->phase = finish->status->errors > 0 ? "PartiallyFailed" : "Completed";
        if (engine->run->dry_run || put_all(finish, err))
                return true;
        finish_remove(engine);
        return false;
}

void finish_failed(const Finish *finish, Str reason) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Engine *engine = finish->engine;

        log_error(engine->log, FIELDS(FIELD("error", reason)), "backup failed");
        count(finish);
        finish->status->phase = "Failed";
        finish->status->failure_reason = reason;
        if (engine->run->dry_run)
                return;
        if (!log_file_put(finish->log_file, engine->run->store, key_of(engine, BACKUP_LOG, &arena), &err) ||
            !put_results(finish, &err) || !put_metadata(finish, &err))
                finish_remove(engine);
}
