#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "store/directory.h"

/* One write call, so that a stop is noticed in time on a slow disk. */
enum { SLICE = 1024 * 1024, TRIES = 100 };

typedef struct DirectoryWriter {
        StoreWriter base;
        Directory *directory;
        char *temp; /* the name of the unfinished file at the top; NULL once it has its own */
        int fd;
} DirectoryWriter;

void directory_writer_free(StoreWriter *base) {
        DirectoryWriter *writer = (DirectoryWriter *) base;

        if (writer->temp)
                unlinkat(writer->directory->root, writer->temp, 0);
        closep(&writer->fd);
        free(writer->temp);
        free(base->key);
        free(writer);
}

static bool open_temp(DirectoryWriter *writer) {
        for (int i = 0; i < TRIES; i++) {
                unsigned number = atomic_fetch_add(&writer->directory->temps, 1);
                AUTO_FREE char *name = xasprintf(HIDDEN_PREFIX "tmp-%d-%u", (int) getpid(), number);

                writer->fd = directory_open_locked(writer->directory, name, O_EXCL);
                if (writer->fd >= 0) {
                        writer->temp = TAKE(name);
                        return true;
                }
                /* A process of that number on another machine, or a sweep, has it: take the next. */
                if (errno != EEXIST && errno != EWOULDBLOCK)
                        return false;
        }
        return false;
}

/* Better now than after an hour of work: can the object be put in its place? */
static bool check_place(const DirectoryWriter *writer, Error *err) {
        Str key = str_of(writer->base.key), folder = key;
        struct stat status;

        for (;;) {
                while (folder.len && folder.ptr[folder.len - 1] != '/')
                        folder.len--;
                folder.len -= folder.len > 0;
                AUTO_FD fd = directory_open(writer->directory, folder, O_RDONLY | O_DIRECTORY);
                if (fd < 0 && errno == ENOENT && folder.len)
                        continue;
                if (fd < 0 || faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
                        return directory_failed(writer->directory, "write", key, errno, err);
                break;
        }
        AUTO_FD fd = directory_open(writer->directory, key, O_PATH | O_NOFOLLOW);
        if (fd >= 0 && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
                return directory_failed(writer->directory, "write", key, EISDIR, err);
        return true;
}

bool directory_begin(Store *store, Str key, StoreWriter **ret_writer, Error *err) {
        DirectoryWriter *writer = xnew0(DirectoryWriter);

        writer->base = (StoreWriter) { store, xasprintf(STR_FMT, STR_ARG(key)) };
        writer->directory = (Directory *) store;
        writer->fd = -1;
        if (check_place(writer, err) &&
            (open_temp(writer) || directory_failed(writer->directory, "write", key, errno, err))) {
                *ret_writer = &writer->base;
                return true;
        }
        directory_writer_free(&writer->base);
        return false;
}

bool directory_write(StoreWriter *base, Str bytes, Error *err) {
        const DirectoryWriter *writer = (DirectoryWriter *) base;

        while (bytes.len) {
                if (!stop_check(base->store->stop, err))
                        return false;
                ssize_t size = write(writer->fd, bytes.ptr, bytes.len < SLICE ? bytes.len : SLICE);
                if (size < 0 && errno == EINTR)
                        continue;
                if (size < 0)
                        return directory_failed(writer->directory, "write", str_of(writer->base.key), errno,
                                                err);
                bytes = str_skip(bytes, (size_t) size);
        }
        return true;
}

/* ENOENT: somebody removed the folder, which was empty, after we had made it: once more. */
static bool put_in_place(DirectoryWriter *writer) {
        Str key = str_of(writer->base.key);

        for (int i = 0; i < TRIES; i++) {
                AUTO_FD folder = directory_open_parent(writer->directory, key, true);

                if (folder >= 0 &&
                    renameat(writer->directory->root, writer->temp, folder, directory_base_name(key)) == 0) {
                        free(TAKE(writer->temp));
                        return directory_sync(folder);
                }
                if (errno != ENOENT)
                        return false;
        }
        return false;
}

bool directory_finish(StoreWriter *base, Error *err) {
        DirectoryWriter *writer = (DirectoryWriter *) base;

        assert(writer->temp);
        /* Closing may say that the disk of a network share is full; fsync before it says so first. */
        if (fsync(writer->fd) != 0)
                return directory_failed(writer->directory, "write", str_of(writer->base.key), errno, err);
        /* Syncing may have taken long; from here on it can be seen. */
        return stop_check(base->store->stop, err) &&
               (put_in_place(writer) ||
                directory_failed(writer->directory, "write", str_of(writer->base.key), errno, err));
}
