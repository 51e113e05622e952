#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/directory.h"

/* A sweep by another process holds the flock for a moment: that is no holder. */
enum { TRIES = 5, WAIT_MS = 20, HOLDER_MAX = 300 };

typedef struct DirectoryLock {
        StoreLock base;
        const Directory *directory;
        char *file;
        int fd;
} DirectoryLock;

void directory_unlock(StoreLock *base) {
        DirectoryLock *lock = (DirectoryLock *) base;

        /* While it is locked, nobody else takes the file for theirs. */
        if (lock->fd >= 0)
                unlinkat(lock->directory->root, lock->file, 0);
        closep(&lock->fd);
        free(lock->file);
        free(lock);
}

/* Names may hold slashes and be long; the file's content says which name it is. */
static char *file_of(Str name) {
        uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

        for (size_t i = 0; i < name.len; i++)
                hash = (hash ^ (unsigned char) name.ptr[i]) * 0x100000001b3u;
        return xasprintf(HIDDEN_PREFIX "lock-%016" PRIx64, hash);
}

static void write_holder(int fd) {
        AUTO(arena_clear) Arena arena = { 0 };
        char host[64] = "unknown";

        gethostname(host, sizeof host - 1);
        Str now = clock_rfc3339(clock_wall_ms(), &arena);
        /* Only for the message of others: when it cannot be written, the lock holds all the same. */
        if (ftruncate(fd, 0) == 0)
                dprintf(fd, "process %d on %s since " STR_FMT, (int) getpid(), host, STR_ARG(now));
}

static bool is_held(const DirectoryLock *lock, Str name, Error *err) {
        AUTO_FD fd = directory_open(lock->directory, str_of(lock->file), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        char holder[HOLDER_MAX];
        ssize_t len = fd >= 0 ? read(fd, holder, sizeof holder) : 0;
        Str who = len > 0 ? (Str) { holder, (size_t) len } : STR("another process");

        return error_set(err, ERROR_EXISTS, "\"" STR_FMT "\" in \"%s\" is in use by " STR_FMT, STR_ARG(name),
                         lock->directory->store.name, STR_ARG(who));
}

static bool take(DirectoryLock *lock, Str name, Error *err) {
        for (int i = 0; i < TRIES; i++) {
                lock->fd = directory_open_locked(lock->directory, lock->file, 0);
                if (lock->fd >= 0) {
                        write_holder(lock->fd);
                        return true;
                }
                if (errno != EWOULDBLOCK)
                        return directory_failed(lock->directory, "lock", name, errno, err);
                if (!stop_sleep_ms(lock->base.store->stop, WAIT_MS))
                        return stop_check(lock->base.store->stop, err);
        }
        return is_held(lock, name, err);
}

bool directory_lock(Store *store, Str name, StoreLock **ret_lock, Error *err) {
        DirectoryLock *lock = xnew0(DirectoryLock);

        lock->base.store = store;
        lock->directory = (Directory *) store;
        lock->file = file_of(name);
        if (!take(lock, name, err)) {
                directory_unlock(&lock->base);
                return false;
        }
        *ret_lock = &lock->base;
        return true;
}
