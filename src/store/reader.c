#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "store/directory.h"

enum { SLICE = 1024 * 1024, STEP = 16 * 1024 };

struct StoreReader {
        Store *store;
        char *key;
        int fd;
};

void store_reader_free(StoreReader *reader) {
        if (!reader)
                return;
        closep(&reader->fd);
        free(reader->key);
        free(reader);
}

bool store_read_begin(Store *store, Str key, StoreReader **ret_reader, Error *err) {
        struct stat status;

        if (!stop_check(store->stop, err) || !directory_check_key(key, err))
                return false;

        AUTO(store_reader_freep) StoreReader *reader = xnew0(StoreReader);
        reader->store = store;
        reader->key = xasprintf(STR_FMT, STR_ARG(key));
        /* O_NONBLOCK: a pipe of somebody else's must not make us wait. */
        reader->fd = directory_open(store, key, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        if (reader->fd < 0)
                return directory_failed(store, "read", key, errno == ENOTDIR ? ENOENT : errno, err);
        if (fstat(reader->fd, &status) != 0 || !S_ISREG(status.st_mode))
                return directory_failed(store, "read", key, ENOENT, err);
        *ret_reader = TAKE(reader);
        return true;
}

bool store_read(void *user, void *into, size_t size, size_t *ret_size, Error *err) {
        const StoreReader *reader = user;
        size_t done = 0;

        while (done < size) {
                if (!stop_check(reader->store->stop, err))
                        return false;
                ssize_t got =
                        read(reader->fd, (char *) into + done, size - done < SLICE ? size - done : SLICE);
                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return directory_failed(reader->store, "read", str_of(reader->key), errno, err);
                if (got == 0)
                        break;
                done += (size_t) got;
        }
        *ret_size = done;
        return true;
}

bool store_get(Store *store, Str key, size_t limit, Buf *into, Error *err) {
        AUTO(store_reader_freep) StoreReader *reader = NULL;
        char bytes[STEP];
        size_t size, total = 0;

        if (!store_read_begin(store, key, &reader, err))
                return false;
        do {
                if (!store_read(reader, bytes, sizeof bytes, &size, err))
                        return false;
                total += size;
                if (total > limit)
                        return error_set(err, ERROR_INVALID,
                                         "read \"" STR_FMT "\": it is larger than %zu bytes", STR_ARG(key),
                                         limit);
                buf_add(into, (Str) { bytes, size });
        } while (size == sizeof bytes);
        return buf_check(into, reader->key, err);
}
