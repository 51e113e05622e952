#include "backup/gzip_file.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "data/tar.h"

enum { MEMBER_BYTES = 512 * 1024 };

struct GzipFile {
        Mutex lock;
        StoreWriter *writer GUARDED_BY(&lock);
        _Atomic uint64_t bytes;
};

bool gzip_file_open(Store *store, Str key, GzipFile **ret_file, Error *err) {
        StoreWriter *writer;
        GzipFile *file;

        if (!store_begin(store, key, &writer, err))
                return false;
        file = xnew0(GzipFile);
        mutex_init(&file->lock);
        mutex_lock(&file->lock);
        file->writer = writer;
        mutex_unlock(&file->lock);
        *ret_file = file;
        return true;
}

static bool append(GzipFile *file, Str bytes, Error *err) {
        bool is_written;

        mutex_lock(&file->lock);
        is_written = store_write(file->writer, bytes, err);
        mutex_unlock(&file->lock);
        if (is_written)
                file->bytes += bytes.len;
        return is_written;
}

bool gzip_file_finish(GzipFile *file, Error *err) {
        bool is_finished;

        mutex_lock(&file->lock);
        is_finished = store_finish(file->writer, err);
        mutex_unlock(&file->lock);
        return is_finished;
}

void gzip_file_free(GzipFile *file) {
        if (!file)
                return;
        mutex_lock(&file->lock);
        store_writer_free(file->writer);
        mutex_unlock(&file->lock);
        mutex_destroy(&file->lock);
        free(file);
}

uint64_t gzip_file_bytes(const GzipFile *file) {
        return file->bytes;
}

void gzip_part_init(GzipPart *part, GzipFile *file) {
        *part = (GzipPart) { .file = file };
        if (file)
                part->workspace = gzip_workspace_new();
}

void gzip_part_clear(GzipPart *part) {
        gzip_workspace_free(part->workspace);
        buf_clear(&part->plain);
        buf_clear(&part->packed);
        *part = (GzipPart) { 0 };
}

bool gzip_part_flush(GzipPart *part, Error *err) {
        if (part->plain.len == 0)
                return true;
        buf_reset(&part->packed);
        gzip_member(part->workspace, buf_str(&part->plain), &part->packed);
        buf_reset(&part->plain);
        return buf_check(&part->packed, "a gzip member", err) &&
               append(part->file, buf_str(&part->packed), err);
}

bool gzip_part_flush_when_full(GzipPart *part, Error *err) {
        if (!buf_check(&part->plain, "a part of the backup", err))
                return false;
        return part->plain.len < MEMBER_BYTES || gzip_part_flush(part, err);
}

bool gzip_part_add(void *user, Str bytes, Error *err) {
        GzipPart *part = user;

        if (!part->file)
                return true;
        buf_add(&part->plain, bytes);
        return gzip_part_flush_when_full(part, err);
}

bool gzip_part_add_file(GzipPart *part, Str name, Str content, Error *err) {
        if (!part->file)
                return true;
        tar_add(&part->plain, name, content, clock_wall_ms() / 1000);
        return gzip_part_flush_when_full(part, err);
}

bool gzip_part_end_tar(GzipPart *part, Error *err) {
        tar_finish(&part->plain);
        return gzip_part_flush(part, err);
}

bool gzip_file_put(Store *store, Str key, GzipFileWrite write, void *user, Error *err) {
        AUTO(gzip_file_freep) GzipFile *file = NULL;
        AUTO(gzip_part_clear) GzipPart part = { 0 };

        if (!gzip_file_open(store, key, &file, err))
                return false;
        gzip_part_init(&part, file);
        return write(user, &part, err) && gzip_part_flush(&part, err) && gzip_file_finish(file, err);
}
