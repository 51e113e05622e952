#include "store/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/mem.h"

enum { FOLDER_MODE = 0700 }; /* backups hold the secrets of a cluster */

static bool open_failed(const char *path, const char *verb, int cause, Error *err) {
        ErrorCode code = cause == EACCES || cause == EPERM || cause == EROFS ? ERROR_FORBIDDEN
                         : cause == ENOENT                                   ? ERROR_NOT_FOUND
                                                                             : ERROR_INVALID;

        if (cause == ENOENT)
                return error_set(err, code, "there is no directory \"%s\"", path);
        if (cause == ENOTDIR || cause == EEXIST)
                return error_set(err, code, "\"%s\" is not a directory", path);
        return error_set(err, code, "%s directory \"%s\": %s", verb, path, strerrordesc_np(cause));
}

/* "." when the path has no other. */
static char *parent_path(const char *path) {
        size_t len = strlen(path);

        while (len > 1 && path[len - 1] == '/')
                len--;
        while (len > 0 && path[len - 1] != '/')
                len--;
        while (len > 1 && path[len - 1] == '/')
                len--;
        return xasprintf("%.*s", len ? (int) len : 1, len ? path : ".");
}

static bool sync_folder(const char *path) {
        AUTO_FD fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        /* Who may write to a folder need not be allowed to read it. */
        return fd < 0 ? errno == EACCES : directory_sync(fd);
}

/* mkdir -p, and each new folder is in its parent for good. */
static bool make_directory(const char *path, Error *err) {
        AUTO_FREE char *parent = parent_path(path);
        bool is_made = mkdir(path, FOLDER_MODE) == 0;

        if (!is_made && errno == ENOENT && strcmp(parent, ".") != 0) {
                if (!make_directory(parent, err))
                        return false;
                is_made = mkdir(path, FOLDER_MODE) == 0;
        }
        if (!is_made && errno == EEXIST)
                return true;
        if (!is_made || !sync_folder(parent))
                return open_failed(path, "make", errno, err);
        return true;
}

static void free_directory(Store *store) {
        Directory *directory = (Directory *) store;

        closep(&directory->root);
        free(store->name);
        free(directory);
}

/* A stop does not end it: an interrupted run removes what it wrote. */
static bool delete_object(Store *store, Str key, Error *err) {
        const Directory *directory = (Directory *) store;
        AUTO_FREE char *name = xasprintf(STR_FMT, STR_ARG(key));
        AUTO_FD folder = directory_open_parent(directory, key, false);

        if (folder < 0)
                return errno == ENOENT || errno == ENOTDIR ||
                       directory_failed(directory, "delete", key, errno, err);

        /* EISDIR: a folder is no object, so there is nothing to delete. */
        if (unlinkat(folder, directory_base_name((Str) { name, key.len }), 0) != 0)
                return errno == ENOENT || errno == EISDIR ||
                       directory_failed(directory, "delete", key, errno, err);
        if (!directory_sync(folder))
                return directory_failed(directory, "delete", key, errno, err);
        directory_prune(directory, key);
        return true;
}

static bool has_object(Store *store, Str key, bool *ret_exists, Error *err) {
        const Directory *directory = (Directory *) store;
        AUTO_FD fd = directory_open(directory, key, O_PATH);
        struct stat status;

        if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
                return directory_failed(directory, "read", key, errno, err);
        *ret_exists = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
        return true;
}

static const StoreKind directory_kind = {
        .free = free_directory,
        .list = directory_list,
        .list_folders = directory_list_folders,
        .delete = delete_object,
        .exists = has_object,
        .begin = directory_begin,
        .write = directory_write,
        .finish = directory_finish,
        .writer_free = directory_writer_free,
        .read_begin = directory_read_begin,
        .read = directory_read,
        .reader_free = directory_reader_free,
        .lock = directory_lock,
        .unlock = directory_unlock,
};

bool store_open_directory(Str path, bool create, const Stop *stop, Store **ret_store, Error *err) {
        if (path.len == 0 || memchr(path.ptr, '\0', path.len))
                return error_set(err, ERROR_INVALID, "the name of the directory is empty");

        AUTO(store_freep) Store *store = &xnew0(Directory)->store;
        Directory *directory = (Directory *) store;
        *store = (Store) { &directory_kind, xasprintf(STR_FMT, STR_ARG(path)), stop };
        directory->root = -1;
        if (!stop_check(stop, err) || (create && !make_directory(store->name, err)))
                return false;
        directory->root = open(store->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directory->root < 0)
                return open_failed(store->name, "open", errno, err);
        directory_sweep(directory);
        *ret_store = TAKE(store);
        return true;
}
