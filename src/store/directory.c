#include "store/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/mem.h"

/* Backups hold the secrets of a cluster. */
enum { FOLDER_MODE = 0700, FILE_MODE = 0600 };

static int open_below(int root, const char *path, int flags) {
        struct open_how how = {
                .flags = (uint64_t) (flags | O_CLOEXEC),
                .mode = flags & O_CREAT ? FILE_MODE : 0,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
        };
        long fd;

        do /* EAGAIN: something was renamed while the kernel walked */
                fd = syscall(SYS_openat2, root, path, &how, sizeof how);
        while (fd < 0 && (errno == EINTR || errno == EAGAIN));
        return (int) fd;
}

int directory_open(const Directory *directory, Str relative, int flags) {
        AUTO_FREE char *path = xasprintf(STR_FMT, STR_ARG(relative));

        return open_below(directory->root, relative.len ? path : ".", flags);
}

static Str parent_of(Str key) {
        while (key.len && key.ptr[key.len - 1] != '/')
                key.len--;
        return (Str) { key.ptr, key.len ? key.len - 1 : 0 };
}

const char *directory_base_name(Str key) {
        Str parent = parent_of(key);

        return key.ptr + (parent.len ? parent.len + 1 : 0);
}

bool directory_sync(int folder) {
        /* EINVAL: the file system cannot sync a folder, so there is nothing more that could be done. */
        return fsync(folder) == 0 || errno == EINVAL;
}

static bool make_folder(int parent, const char *name) {
        return (mkdirat(parent, name, FOLDER_MODE) == 0 || errno == EEXIST) && directory_sync(parent);
}

int directory_open_parent(const Directory *directory, Str key, bool create) {
        Str folder = parent_of(key);
        int flags = O_RDONLY | O_DIRECTORY;
        int fd = directory_open(directory, folder, flags);

        if (fd >= 0 || errno != ENOENT || !create)
                return fd;

        AUTO_FREE char *name = xasprintf(STR_FMT, STR_ARG(folder));
        AUTO_FD parent = directory_open_parent(directory, folder, true);
        if (parent < 0 || !make_folder(parent, directory_base_name((Str) { name, folder.len })))
                return -1;
        return directory_open(directory, folder, flags);
}

void directory_prune(const Directory *directory, Str key) {
        for (Str folder = parent_of(key); parent_of(folder).len; folder = parent_of(folder)) {
                AUTO_FREE char *name = xasprintf(STR_FMT, STR_ARG(folder));
                AUTO_FD parent = directory_open_parent(directory, folder, false);

                if (parent < 0 ||
                    unlinkat(parent, directory_base_name((Str) { name, folder.len }), AT_REMOVEDIR) != 0)
                        return;
                directory_sync(parent);
        }
}

static bool is_still_there(int root, const char *name, int fd) {
        struct stat by_name, by_fd;

        return fstat(fd, &by_fd) == 0 && fstatat(root, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 &&
               by_fd.st_ino == by_name.st_ino && by_fd.st_dev == by_name.st_dev;
}

int directory_open_locked(const Directory *directory, const char *name, int flags) {
        int fd = open_below(directory->root, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | flags);

        if (fd < 0)
                return -1;
        /* Between making the file and locking it, a sweep may have taken it for a dead one's. */
        int cause = flock(fd, LOCK_EX | LOCK_NB) != 0            ? errno
                    : !is_still_there(directory->root, name, fd) ? EWOULDBLOCK
                                                                 : 0;
        if (cause == 0)
                return fd;
        close(fd);
        errno = cause;
        return -1;
}

static void sweep_file(const Directory *directory, const char *name) {
        AUTO_FD fd = open_below(directory->root, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK);

        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && is_still_there(directory->root, name, fd))
                unlinkat(directory->root, name, 0);
}

/* As well as can be done: what cannot be removed does no harm. */
void directory_sweep(const Directory *directory) {
        int fd = open_below(directory->root, ".", O_RDONLY | O_DIRECTORY);
        DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
        struct dirent *entry;

        if (!folder) {
                closep(&fd);
                return;
        }
        while ((entry = readdir(folder)))
                if (str_starts_with(str_of(entry->d_name), STR(HIDDEN_PREFIX)))
                        sweep_file(directory, entry->d_name);
        closedir(folder);
}

static bool failed_for_want_of_rights(const Directory *directory, const char *verb, Str key, int cause,
                                      Error *err) {
        bool is_reading = strcmp(verb, "read") == 0 || strcmp(verb, "list") == 0;

        if (cause == EROFS)
                return error_set(err, ERROR_FORBIDDEN,
                                 "%s \"" STR_FMT
                                 "\": the file system of \"%s\" is read-only: choose another --to",
                                 verb, STR_ARG(key), directory->store.name);
        return error_set(err, ERROR_FORBIDDEN, "%s \"" STR_FMT "\": no permission in \"%s\": let user %u %s",
                         verb, STR_ARG(key), directory->store.name, geteuid(),
                         is_reading ? "read there" : "write there, or choose another --to");
}

bool directory_failed(const Directory *directory, const char *verb, Str key, int cause, Error *err) {
        switch (cause) {
        case ENOENT:
                return error_set(err, ERROR_NOT_FOUND,
                                 "%s \"" STR_FMT "\": there is no such object in \"%s\"", verb, STR_ARG(key),
                                 directory->store.name);
        case ENOSPC:
                return error_set(err, ERROR_INVALID,
                                 "%s \"" STR_FMT
                                 "\": no space left on the file system of \"%s\": free some or choose "
                                 "another --to",
                                 verb, STR_ARG(key), directory->store.name);
        case EDQUOT:
                return error_set(err, ERROR_INVALID,
                                 "%s \"" STR_FMT
                                 "\": the disk quota of user %u is used up in \"%s\": free some or "
                                 "choose another --to",
                                 verb, STR_ARG(key), geteuid(), directory->store.name);
        case EFBIG:
                return error_set(err, ERROR_INVALID,
                                 "%s \"" STR_FMT
                                 "\": the file gets too large for the file system of \"%s\" or for the "
                                 "limit of this process (ulimit -f)",
                                 verb, STR_ARG(key), directory->store.name);
        case EACCES:
        case EPERM:
        case EROFS:
                return failed_for_want_of_rights(directory, verb, key, cause, err);
        case ENOTDIR:
        case EEXIST:
                return error_set(err, ERROR_INVALID,
                                 "%s \"" STR_FMT
                                 "\": a file is where a folder has to be in \"%s\": move it away",
                                 verb, STR_ARG(key), directory->store.name);
        case EISDIR:
                return error_set(err, ERROR_INVALID,
                                 "%s \"" STR_FMT
                                 "\": a folder is where the file has to be in \"%s\": move it away",
                                 verb, STR_ARG(key), directory->store.name);
        case EXDEV:
        case ELOOP:
                return error_set(err, ERROR_INVALID,
                                 "%s \"" STR_FMT
                                 "\": a link or a mount leads out of \"%s\", which is not followed",
                                 verb, STR_ARG(key), directory->store.name);
        case ENAMETOOLONG:
                return error_set(err, ERROR_INVALID, "%s \"" STR_FMT "\": the name is too long for \"%s\"",
                                 verb, STR_ARG(key), directory->store.name);
        default:
                return error_set(err, ERROR_UNAVAILABLE, "%s \"" STR_FMT "\" in \"%s\": %s", verb,
                                 STR_ARG(key), directory->store.name, strerrordesc_np(cause));
        }
}
