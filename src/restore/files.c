#include "restore/engine.h"

enum { CHUNK_BYTES = 256 * 1024 };

static bool put(Engine *engine, RestoreFile file, Str plain, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };

        return layout_put_gzip(engine->run->store, restore_key(engine->restore.name, file, &arena), plain,
                               err);
}

typedef struct GzipSink {
        StoreWriter *writer;
        GzipWorkspace *workspace;
        Buf plain, packed;
} GzipSink;

static bool flush(GzipSink *sink, Error *err) {
        buf_reset(&sink->packed);
        gzip_member(sink->workspace, buf_str(&sink->plain), &sink->packed);
        buf_reset(&sink->plain);
        return store_write(sink->writer, buf_str(&sink->packed), err);
}

static bool take_bytes(void *user, Str bytes, Error *err) {
        GzipSink *sink = user;

        buf_add(&sink->plain, bytes);
        return sink->plain.len < CHUNK_BYTES || flush(sink, err);
}

static void sink_clear(GzipSink *sink) {
        store_writer_free(sink->writer);
        gzip_workspace_free(sink->workspace);
        buf_clear(&sink->plain);
        buf_clear(&sink->packed);
}

/* Results of hooks can be many: they go out piece by piece, a gzip member each. */
static bool put_hooks(Engine *engine, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(sink_clear) GzipSink sink = { .workspace = gzip_workspace_new() };

        return store_begin(engine->run->store, restore_key(engine->restore.name, RESTORE_HOOKS, &arena),
                           &sink.writer, err) &&
               hook_results_write(engine->hook_results, take_bytes, &sink, err) && flush(&sink, err) &&
               store_finish(sink.writer, err);
}

static bool put_lists(Engine *engine, Error *err) {
        AUTO(buf_clear) Buf results = { 0 }, list = { .limit = (size_t) 1 << 32 };

        results_write(report_results(engine->report), &results);
        if (engine->contents)
                report_write_list(engine->report, engine->contents, &engine->restore.spec, &list);
        else
                buf_add(&list, STR("{}\n"));
        return buf_check(&results, "the results", err) && buf_check(&list, "the resource list", err) &&
               put(engine, RESTORE_RESULTS, buf_str(&results), err) &&
               put(engine, RESTORE_RESOURCE_LIST, buf_str(&list), err) &&
               put(engine, RESTORE_ITEM_OPERATIONS, STR("[]\n"), err) &&
               put(engine, RESTORE_VOLUME_INFO, STR("[]\n"), err);
}

bool restore_files_write(Engine *engine, const RestoreStatus *status, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf metadata = { 0 };

        restore_encode(&engine->restore, status, &metadata);
        return put_lists(engine, err) && put_hooks(engine, err) &&
               store_put(engine->run->store, restore_key(engine->restore.name, RESTORE_METADATA, &arena),
                         buf_str(&metadata), err);
}
