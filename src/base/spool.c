#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

struct Spool {
        int fd;
        uint64_t limit;
        char *folder; /* for messages */
        _Atomic uint64_t size;
};

static int open_unnamed(const char *folder) {
        int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

        /* Not every file system has O_TMPFILE; some kernels say EISDIR for that. */
        if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
                return fd;

        AUTO_FREE char *path = xasprintf("%s/grapnel-XXXXXX", folder);
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0)
                unlink(path);
        return fd;
}

bool spool_open(uint64_t limit, Spool **ret_spool, Error *err) {
        const char *folder = getenv("TMPDIR");

        if (folder == NULL || *folder == '\0')
                folder = "/tmp";
        int fd = open_unnamed(folder);
        if (fd < 0)
                return error_set(err, ERROR_UNAVAILABLE,
                                 "create a temporary file in \"%s\" (set TMPDIR to another folder): %s",
                                 folder, strerrordesc_np(errno));

        Spool *spool = xnew0(Spool);
        spool->fd = fd;
        spool->limit = limit;
        spool->folder = xasprintf("%s", folder);
        *ret_spool = spool;
        return true;
}

void spool_free(Spool *spool) {
        if (spool == NULL)
                return;
        close(spool->fd);
        free(spool->folder);
        free(spool);
}

static bool reserve(Spool *spool, size_t size, uint64_t *ret_offset, Error *err) {
        uint64_t offset = atomic_load(&spool->size);

        do {
                if (size > spool->limit - offset)
                        return error_set(err, ERROR_INVALID,
                                         "the temporary file would grow past its limit of %llu bytes",
                                         (unsigned long long) spool->limit);
        } while (!atomic_compare_exchange_weak(&spool->size, &offset, offset + size));
        *ret_offset = offset;
        return true;
}

static bool fail_write(const Spool *spool, int error_number, Error *err) {
        if (error_number == ENOSPC || error_number == EDQUOT)
                return error_set(
                        err, ERROR_UNAVAILABLE,
                        "no space left for temporary files in \"%s\" (set TMPDIR to a folder with room)",
                        spool->folder);
        return error_set(err, ERROR_UNAVAILABLE, "write a temporary file in \"%s\": %s", spool->folder,
                         strerrordesc_np(error_number));
}

bool spool_append(Spool *spool, Str bytes, uint64_t *ret_offset, Error *err) {
        uint64_t offset = 0;

        if (!reserve(spool, bytes.len, &offset, err))
                return false;

        for (uint64_t at = offset; bytes.len;) {
                ssize_t written = pwrite(spool->fd, bytes.ptr, bytes.len, (off_t) at);

                if (written < 0 && errno == EINTR)
                        continue;
                if (written < 0)
                        return fail_write(spool, errno, err);
                at += (uint64_t) written;
                bytes = str_skip(bytes, (size_t) written);
        }
        *ret_offset = offset;
        return true;
}

bool spool_read(const Spool *spool, uint64_t offset, void *into, size_t size, Error *err) {
        char *end = into;

        while (size) {
                ssize_t got = pread(spool->fd, end, size, (off_t) offset);

                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return error_set(err, ERROR_UNAVAILABLE, "read a temporary file in \"%s\": %s",
                                         spool->folder, strerrordesc_np(errno));
                if (got == 0)
                        return error_set(err, ERROR_CORRUPT,
                                         "the temporary file ends at byte %llu: %zu bytes are missing",
                                         (unsigned long long) offset, size);
                end += got;
                offset += (uint64_t) got;
                size -= (size_t) got;
        }
        return true;
}

uint64_t spool_size(const Spool *spool) {
        return atomic_load(&spool->size);
}
