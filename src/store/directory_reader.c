#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "store/directory.h"

enum { SLICE = 1024 * 1024 };

typedef struct DirectoryReader {
        StoreReader base;
        int fd;
} DirectoryReader;

void directory_reader_free(StoreReader *base) {
        DirectoryReader *reader = (DirectoryReader *) base;

        closep(&reader->fd);
        free(base->key);
        free(reader);
}

static bool open_file(DirectoryReader *reader, Error *err) {
        const Directory *directory = (Directory *) reader->base.store;
        Str key = str_of(reader->base.key);
        struct stat status;

        /* O_NONBLOCK: a pipe of somebody else's must not make us wait. */
        reader->fd = directory_open(directory, key, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        if (reader->fd < 0)
                return directory_failed(directory, "read", key, errno == ENOTDIR ? ENOENT : errno, err);
        return (fstat(reader->fd, &status) == 0 && S_ISREG(status.st_mode)) ||
               directory_failed(directory, "read", key, ENOENT, err);
}

bool directory_read_begin(Store *store, Str key, StoreReader **ret_reader, Error *err) {
        DirectoryReader *reader = xnew0(DirectoryReader);

        reader->base = (StoreReader) { store, xasprintf(STR_FMT, STR_ARG(key)) };
        if (!open_file(reader, err)) {
                directory_reader_free(&reader->base);
                return false;
        }
        *ret_reader = &reader->base;
        return true;
}

bool directory_read(StoreReader *base, void *into, size_t size, size_t *ret_size, Error *err) {
        const DirectoryReader *reader = (DirectoryReader *) base;
        size_t done = 0;

        while (done < size) {
                if (!stop_check(base->store->stop, err))
                        return false;
                ssize_t got =
                        read(reader->fd, (char *) into + done, size - done < SLICE ? size - done : SLICE);
                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return directory_failed((Directory *) base->store, "read", str_of(base->key), errno,
                                                err);
                if (got == 0)
                        break;
                done += (size_t) got;
        }
        *ret_size = done;
        return true;
}
