#include "backup/worker.h"

#include <inttypes.h>

#include "base/clock.h"
#include "data/tar.h"
#include "kube/object.h"

void record_scratch_clear(RecordScratch *scratch) {
        buf_clear(&scratch->bytes);
        buf_clear(&scratch->path);
}

void worker_init(Worker *worker, Engine *engine) {
        *worker = (Worker) { .engine = engine };
        gzip_part_init(&worker->part, engine->tarball);
}

void worker_clear(Worker *worker) {
        gzip_part_clear(&worker->part);
        arena_clear(&worker->arena);
        record_scratch_clear(&worker->scratch);
}

bool worker_flush(Worker *worker, Error *err) {
        return gzip_part_flush(&worker->part, err);
}

#define ITEM_FIELDS(kind, object)                                                                            \
        FIELDS(FIELD("resource", (kind)->filter.group_resource),                                             \
               FIELD("namespace", object_namespace(object)), FIELD("name", object_name(object)))

bool worker_accepts(Worker *worker, const EngineKind *kind, JsonVal *object) {
        const Engine *engine = worker->engine;
        const Str parts[] = { kind->key, object_namespace(object), object_name(object) };

        if (kind->filter.is_namespaced && !filter_has_namespace(&engine->filter, parts[1]))
                return false;
        if (item_is_deleted(object)) {
                log_info(engine->log, ITEM_FIELDS(kind, object), "Skipping item because it's being deleted.");
                return false;
        }
        if (item_is_opted_out(object)) {
                log_info(engine->log, ITEM_FIELDS(kind, object),
                         "Excluding item because it has label velero.io/exclude-from-backup=true");
                return false;
        }
        if (item_is_skipped(kind->filter.group_resource, object)) {
                log_info(engine->log, ITEM_FIELDS(kind, object),
                         "Skipping item because it has annotation velero.io/skip-from-backup");
                return false;
        }
        return hash_set_add(engine->seen, parts, sizeof(parts) / sizeof(*parts));
}

static void find_related(Worker *worker, const EngineKind *kind, JsonVal *object, ItemRefs *refs) {
        related_find(kind->filter.group_resource, object, &worker->arena, refs);
        if (worker->engine->roles && str_equal(kind->filter.group_resource, STR("serviceaccounts")))
                role_index_find(worker->engine->roles, object_namespace(object), object_name(object),
                                &worker->arena, refs);
}

bool worker_store_related(Worker *worker, const EngineKind *kind, JsonVal *object, bool *ret_is_complete,
                          Error *err) {
        ItemRefs refs = { 0 };

        *ret_is_complete = true;
        find_related(worker, kind, object, &refs);
        for (size_t i = 0; i < refs.len; i++) {
                Str reason;

                if (!worker_fetch(worker, refs.items[i], false, &reason, err))
                        return false;
                if (reason.len == 0)
                        continue;
                *ret_is_complete = false;
                log_error(worker->engine->log,
                          FIELDS(FIELD("resource", kind->filter.group_resource),
                                 FIELD("namespace", object_namespace(object)),
                                 FIELD("name", object_name(object)), FIELD("error", reason)),
                          "Error backing up item");
        }
        return true;
}

void record_add(const Engine *engine, const EngineKind *kind, JsonVal *object, RecordScratch *scratch,
                Buf *into) {
        const Str versions[] = { STR(""), kind->resource->version };
        Str namespace = kind->filter.is_namespaced ? object_namespace(object) : STR("");

        buf_reset(&scratch->bytes);
        item_write(&kind->item, object, engine->backup.name, &scratch->bytes);
        into->overflowed |= scratch->bytes.overflowed;
        for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
                buf_reset(&scratch->path);
                item_path(kind->filter.group_resource, versions[i], namespace, object_name(object),
                          &scratch->path);
                tar_add(into, buf_str(&scratch->path), buf_str(&scratch->bytes), clock_wall_ms() / 1000);
        }
}

bool worker_count(Engine *engine, const EngineKind *kind, Str namespace, Str name, Error *err) {
        BackupProgress *progress = engine->run->progress;
        uint64_t done;

        if (!names_add(engine->names, kind->number, namespace, name, err))
                return false;
        done = names_total(engine->names);
        progress->items_done = done;
        if (progress->items_total < done)
                progress->items_total = done;
        if (engine->tarball)
                progress->bytes_written = gzip_file_bytes(engine->tarball);
        log_info(engine->log,
                 FIELDS(FIELD("kind", kind->item.kind), FIELD("namespace", namespace), FIELD("name", name),
                        FIELD("progress", STR(""))),
                 "Backed up %" PRIu64 " items out of an estimated total of %" PRIu64
                 " (estimate will change throughout the backup)",
                 done, (uint64_t) progress->items_total);
        return true;
}

/* Volume data is not stored; the restore has to know for each volume. */
static bool note_volume(Worker *worker, const EngineKind *kind, JsonVal *object, Error *err) {
        bool is_unwanted = worker->engine->backup.spec.snapshot_volumes == 0;

        if (!str_equal(kind->filter.group_resource, STR("persistentvolumes")))
                return true;
        return volumes_add_skipped(
                worker->engine->volumes, object,
                is_unwanted ? STR("volumeSnapshot: not satisfy the criteria for VolumePolicy or the legacy "
                                  "snapshot way;")
                            : STR("any: volume data is not stored by this version;"),
                err);
}

static bool count_object(Worker *worker, const EngineKind *kind, JsonVal *object, Error *err) {
        return worker_count(worker->engine, kind,
                            kind->filter.is_namespaced ? object_namespace(object) : STR(""),
                            object_name(object), err);
}

bool worker_write(Worker *worker, const EngineKind *kind, JsonVal *object, Error *err) {
        if (worker->engine->tarball)
                record_add(worker->engine, kind, object, &worker->scratch, &worker->part.plain);
        return gzip_part_flush_when_full(&worker->part, err) && note_volume(worker, kind, object, err) &&
               count_object(worker, kind, object, err);
}

bool worker_store(Worker *worker, const EngineKind *kind, JsonVal *object, Error *err) {
        bool is_complete;

        if (!worker_accepts(worker, kind, object))
                return true;
        if (!worker_store_related(worker, kind, object, &is_complete, err))
                return false;
        /* Velero lists the name of an item that failed, too (3.11 step 2). */
        return is_complete ? worker_write(worker, kind, object, err)
                           : count_object(worker, kind, object, err);
}

static bool is_wanted(const Engine *engine, const EngineKind *kind, ItemRef ref) {
        const Str parts[] = { kind->key, ref.namespace, ref.name };

        if (!engine_adds_related(engine, kind))
                return false;
        if (kind->filter.is_namespaced && !filter_has_namespace(&engine->filter, ref.namespace))
                return false;
        return !hash_set_has(engine->seen, parts, sizeof(parts) / sizeof(*parts));
}

bool worker_fetch(Worker *worker, ItemRef ref, bool may_be_missing, Str *ret_reason, Error *err) {
        AUTO(error_clear) Error cause = { 0 };
        AUTO_JSON *object = NULL;
        Engine *engine = worker->engine;
        const EngineKind *kind = engine_kind(engine, ref.group_resource);

        *ret_reason = STR("");
        if (!kind || !is_wanted(engine, kind, ref))
                return true;
        if (kube_get(engine->run->client, kind->resource, ref.namespace, ref.name, engine->run->stop, &object,
                     &cause))
                return worker_store(worker, kind, yyjson_doc_get_root(object), err);
        if (cause.code == ERROR_CANCELED) {
                *err = cause;
                cause = (Error) { 0 };
                return false;
        }
        if (cause.code != ERROR_NOT_FOUND)
                *ret_reason = arena_copy(&worker->arena, str_of(cause.message));
        else if (!may_be_missing)
                log_warn(engine->log,
                         FIELDS(FIELD("resource", ref.group_resource), FIELD("namespace", ref.namespace),
                                FIELD("name", ref.name)),
                         "Related item was not found in Kubernetes API, can't back up item");
        return true;
}
