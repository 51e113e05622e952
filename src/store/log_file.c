#include "store/log_file.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/spool.h"
#include "data/gzip.h"

enum { PENDING_MAX = 256 * 1024, LINE_MAX = 64 * 1024, COPY_STEP = 64 * 1024 };
static const uint64_t log_bytes_max = 4ull << 30; /* packed: some 40 GiB of lines */

struct LogFile {
        GzipWorkspace *workspace;
        Spool *spool;  /* members */
        uint64_t kept; /* whole members in it: a write that failed may have left a part of one */
        Buf pending;   /* lines not packed yet */
        Buf packed;    /* one member, on its way */
        Error failure; /* the first one; the log ends there */
};

bool log_file_new(LogFile **ret_file, Error *err) {
        Spool *spool;

        if (!spool_open(log_bytes_max, &spool, err))
                return error_prefix(err, "keep the log");
        LogFile *file = xnew0(LogFile);
        file->spool = spool;
        file->workspace = gzip_workspace_new();
        file->pending.limit = PENDING_MAX + LINE_MAX;
        *ret_file = file;
        return true;
}

void log_file_free(LogFile *file) {
        if (!file)
                return;
        gzip_workspace_free(file->workspace);
        spool_free(file->spool);
        buf_clear(&file->pending);
        buf_clear(&file->packed);
        error_clear(&file->failure);
        free(file);
}

static void pack(LogFile *file) {
        uint64_t offset;

        buf_reset(&file->packed);
        gzip_member(file->workspace, buf_str(&file->pending), &file->packed);
        buf_reset(&file->pending);
        if (file->failure.code == ERROR_NONE &&
            spool_append(file->spool, buf_str(&file->packed), &offset, &file->failure))
                file->kept += file->packed.len;
}

void log_file_sink(void *user, Str line, const LogRecord *record) {
        LogFile *file = user;

        (void) record;
        if (line.len > LINE_MAX) {
                buf_add(&file->pending, (Str) { line.ptr, LINE_MAX - 1 });
                buf_add_char(&file->pending, '\n');
        } else {
                buf_add(&file->pending, line);
        }
        if (file->pending.len >= PENDING_MAX)
                pack(file);
}

static bool copy_spool(const LogFile *file, StoreWriter *writer, Error *err) {
        AUTO_FREE char *bytes = xmalloc(COPY_STEP);
        for (uint64_t offset = 0; offset < file->kept;) {
                size_t step = file->kept - offset < COPY_STEP ? (size_t) (file->kept - offset) : COPY_STEP;

                if (!spool_read(file->spool, offset, bytes, step, err) ||
                    !store_write(writer, (Str) { bytes, step }, err))
                        return false;
                offset += step;
        }
        return true;
}

bool log_file_put(LogFile *file, Store *store, Str key, Error *err) {
        AUTO(store_writer_freep) StoreWriter *writer = NULL;

        /* A log without a line is a gzip stream too. */
        if (file->pending.len || file->kept == 0)
                pack(file);
        if (!store_begin(store, key, &writer, err) || !copy_spool(file, writer, err) ||
            !store_finish(writer, err))
                return false;
        /* What there was is kept; but it is not all. */
        if (file->failure.code != ERROR_NONE)
                return error_set(err, file->failure.code, "the log \"" STR_FMT "\" is incomplete: %s",
                                 STR_ARG(key), file->failure.message);
        return true;
}
