#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "store/directory.h"

/* One write call, so that a stop is noticed in time on a slow disk. */
enum { SLICE = 1024 * 1024, TRIES = 100 };

struct StoreWriter {
        Store *store;
        char *key;
        char *temp; /* the name of the unfinished file at the top; NULL once it has its own */
        int fd;
};

void store_writer_free(StoreWriter *writer) {
        if (!writer)
                return;
        if (writer->temp)
                unlinkat(writer->store->root, writer->temp, 0);
        closep(&writer->fd);
        free(writer->temp);
        free(writer->key);
        free(writer);
}

static bool open_temp(StoreWriter *writer) {
        for (int i = 0; i < TRIES; i++) {
                unsigned number = atomic_fetch_add(&writer->store->temps, 1);
                AUTO_FREE char *name = xasprintf(HIDDEN_PREFIX "tmp-%d-%u", (int) getpid(), number);

                writer->fd = directory_open_locked(writer->store, name, O_EXCL);
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
static bool check_place(StoreWriter *writer, Error *err) {
        Str key = str_of(writer->key), folder = key;
        struct stat status;

        for (;;) {
                while (folder.len && folder.ptr[folder.len - 1] != '/')
                        folder.len--;
                folder.len -= folder.len > 0;
                AUTO_FD fd = directory_open(writer->store, folder, O_RDONLY | O_DIRECTORY);
                if (fd < 0 && errno == ENOENT && folder.len)
                        continue;
                if (fd < 0 || faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
                        return directory_failed(writer->store, "write", key, errno, err);
                break;
        }
        AUTO_FD fd = directory_open(writer->store, key, O_PATH | O_NOFOLLOW);
        if (fd >= 0 && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
                return directory_failed(writer->store, "write", key, EISDIR, err);
        return true;
}

bool store_begin(Store *store, Str key, StoreWriter **ret_writer, Error *err) {
        if (!stop_check(store->stop, err) || !directory_check_key(key, err))
                return false;

        AUTO(store_writer_freep) StoreWriter *writer = xnew0(StoreWriter);
        writer->store = store;
        writer->key = xasprintf(STR_FMT, STR_ARG(key));
        writer->fd = -1;
        if (!check_place(writer, err))
                return false;
        if (!open_temp(writer))
                return directory_failed(store, "write", key, errno, err);
        *ret_writer = TAKE(writer);
        return true;
}

bool store_write(StoreWriter *writer, Str bytes, Error *err) {
        while (bytes.len) {
                if (!stop_check(writer->store->stop, err))
                        return false;
                ssize_t size = write(writer->fd, bytes.ptr, bytes.len < SLICE ? bytes.len : SLICE);
                if (size < 0 && errno == EINTR)
                        continue;
                if (size < 0)
                        return directory_failed(writer->store, "write", str_of(writer->key), errno, err);
                bytes = str_skip(bytes, (size_t) size);
        }
        return true;
}

/* ENOENT: somebody removed the folder, which was empty, after we had made it: once more. */
static bool put_in_place(StoreWriter *writer) {
        Str key = str_of(writer->key);

        for (int i = 0; i < TRIES; i++) {
                AUTO_FD folder = directory_open_parent(writer->store, key, true);

                if (folder >= 0 &&
                    renameat(writer->store->root, writer->temp, folder, directory_base_name(key)) == 0) {
                        free(TAKE(writer->temp));
                        return directory_sync(folder);
                }
                if (errno != ENOENT)
                        return false;
        }
        return false;
}

bool store_finish(StoreWriter *writer, Error *err) {
        assert(writer->temp);
        if (!stop_check(writer->store->stop, err))
                return false;
        /* Closing may say that the disk of a network share is full; fsync before it says so first. */
        if (fsync(writer->fd) != 0 || !put_in_place(writer))
                return directory_failed(writer->store, "write", str_of(writer->key), errno, err);
        return true;
}

bool store_put(Store *store, Str key, Str bytes, Error *err) {
        AUTO(store_writer_freep) StoreWriter *writer = NULL;

        return store_begin(store, key, &writer, err) && store_write(writer, bytes, err) &&
               store_finish(writer, err);
}
