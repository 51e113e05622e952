#include "backup/archive.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "data/tar.h"

enum { MEMBER_BYTES = 1024 * 1024 };

struct Archive {
        Mutex lock;
        StoreWriter *writer GUARDED_BY(&lock);
        _Atomic uint64_t bytes;
};

bool archive_open(Store *store, Str key, Archive **ret_archive, Error *err) {
        StoreWriter *writer;
        Archive *archive;

        if (!store_begin(store, key, &writer, err))
                return false;
        archive = xnew0(Archive);
        mutex_init(&archive->lock);
        mutex_lock(&archive->lock);
        archive->writer = writer;
        mutex_unlock(&archive->lock);
        *ret_archive = archive;
        return true;
}

static bool append(Archive *archive, Str bytes, Error *err) {
        bool is_written;

        mutex_lock(&archive->lock);
        is_written = store_write(archive->writer, bytes, err);
        mutex_unlock(&archive->lock);
        if (is_written)
                archive->bytes += bytes.len;
        return is_written;
}

bool archive_finish(Archive *archive, Error *err) {
        bool is_finished;

        mutex_lock(&archive->lock);
        is_finished = store_finish(archive->writer, err);
        mutex_unlock(&archive->lock);
        return is_finished;
}

void archive_free(Archive *archive) {
        if (!archive)
                return;
        mutex_lock(&archive->lock);
        store_writer_free(archive->writer);
        mutex_unlock(&archive->lock);
        mutex_destroy(&archive->lock);
        free(archive);
}

uint64_t archive_bytes(const Archive *archive) {
        return archive->bytes;
}

void archive_member_init(ArchiveMember *member, Archive *archive) {
        *member = (ArchiveMember) { .archive = archive };
        if (archive)
                member->workspace = gzip_workspace_new();
}

void archive_member_clear(ArchiveMember *member) {
        gzip_workspace_free(member->workspace);
        buf_clear(&member->plain);
        buf_clear(&member->packed);
        *member = (ArchiveMember) { 0 };
}

bool archive_member_flush(ArchiveMember *member, Error *err) {
        if (member->plain.len == 0)
                return true;
        buf_reset(&member->packed);
        gzip_member(member->workspace, buf_str(&member->plain), &member->packed);
        buf_reset(&member->plain);
        return buf_check(&member->packed, "a gzip member", err) &&
               append(member->archive, buf_str(&member->packed), err);
}

static bool flush_when_full(ArchiveMember *member, Error *err) {
        if (!buf_check(&member->plain, "a part of the backup", err))
                return false;
        return member->plain.len < MEMBER_BYTES || archive_member_flush(member, err);
}

bool archive_member_add(void *user, Str bytes, Error *err) {
        ArchiveMember *member = user;

        if (!member->archive)
                return true;
        buf_add(&member->plain, bytes);
        return flush_when_full(member, err);
}

bool archive_member_add_file(ArchiveMember *member, Str name, Str content, Error *err) {
        if (!member->archive)
                return true;
        tar_add(&member->plain, name, content, clock_wall_ms() / 1000);
        return flush_when_full(member, err);
}

bool archive_put(Store *store, Str key, ArchiveWrite write, void *user, Error *err) {
        AUTO(archive_freep) Archive *archive = NULL;
        AUTO(archive_member_clear) ArchiveMember member = { 0 };

        if (!archive_open(store, key, &archive, err))
                return false;
        archive_member_init(&member, archive);
        return write(user, &member, err) && archive_member_flush(&member, err) &&
               archive_finish(archive, err);
}
