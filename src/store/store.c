#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "store/directory.h"

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

bool store_open_directory(Str path, bool create, const Stop *stop, Store **ret_store, Error *err) {
        if (path.len == 0 || memchr(path.ptr, '\0', path.len))
                return error_set(err, ERROR_INVALID, "the name of the directory is empty");

        AUTO(store_freep) Store *store = xnew0(Store);
        store->path = xasprintf(STR_FMT, STR_ARG(path));
        store->root = -1;
        store->stop = stop;
        if (!stop_check(stop, err) || (create && !make_directory(store->path, err)))
                return false;
        store->root = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (store->root < 0)
                return open_failed(store->path, "open", errno, err);
        directory_sweep(store);
        *ret_store = TAKE(store);
        return true;
}

void store_free(Store *store) {
        if (!store)
                return;
        closep(&store->root);
        free(store->path);
        free(store);
}

Str store_name(const Store *store) {
        return str_of(store->path);
}

/* A stop does not end it: an interrupted run removes what it wrote. */
bool store_delete(Store *store, Str key, Error *err) {
        if (!directory_check_key(key, err))
                return false;

        AUTO_FREE char *name = xasprintf(STR_FMT, STR_ARG(key));
        AUTO_FD folder = directory_open_parent(store, key, false);
        if (folder < 0)
                return errno == ENOENT || errno == ENOTDIR ||
                       directory_failed(store, "delete", key, errno, err);

        /* EISDIR: a folder is no object, so there is nothing to delete. */
        if (unlinkat(folder, directory_base_name((Str) { name, key.len }), 0) != 0)
                return errno == ENOENT || errno == EISDIR ||
                       directory_failed(store, "delete", key, errno, err);
        if (!directory_sync(folder))
                return directory_failed(store, "delete", key, errno, err);
        directory_prune(store, key);
        return true;
}

bool store_exists(Store *store, Str key, bool *ret_exists, Error *err) {
        struct stat status;

        if (!stop_check(store->stop, err) || !directory_check_key(key, err))
                return false;

        AUTO_FD fd = directory_open(store, key, O_PATH);
        if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
                return directory_failed(store, "read", key, errno, err);
        *ret_exists = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
        return true;
}
