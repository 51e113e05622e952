#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "store/directory.h"

enum { KEYS_MAX = 1000 * 1000 };

typedef struct Walk {
        const Directory *directory;
        Str prefix;
        Arena *arena;
        Strs pending; /* folders still to be read */
        Strs keys;
} Walk;

static void closedirp(DIR **folder) {
        if (*folder)
                closedir(*folder);
}

static bool open_folder(const Directory *directory, Str name, DIR **ret_folder, Error *err) {
        int fd = directory_open(directory, name, O_RDONLY | O_DIRECTORY);

        *ret_folder = fd >= 0 ? fdopendir(fd) : NULL;
        if (fd >= 0 && !*ret_folder)
                close(fd);
        /* What is not there has no keys. */
        return *ret_folder || errno == ENOENT || errno == ENOTDIR ||
               directory_failed(directory, "list", name, errno, err);
}

/* False at the end, and for an error, which `errno` says. */
static bool next_entry(DIR *folder, struct dirent **ret_entry) {
        do {
                errno = 0;
                *ret_entry = readdir(folder);
        } while (*ret_entry &&
                 (strcmp((*ret_entry)->d_name, ".") == 0 || strcmp((*ret_entry)->d_name, "..") == 0 ||
                  str_starts_with(str_of((*ret_entry)->d_name), STR(HIDDEN_PREFIX))));
        return *ret_entry;
}

static bool is_kind(DIR *folder, const struct dirent *entry, unsigned char type, mode_t mode) {
        int fd = dirfd(folder);
        struct stat status;

        if (entry->d_type != DT_UNKNOWN)
                return entry->d_type == type;
        return fd >= 0 && fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
               (status.st_mode & S_IFMT) == mode;
}

static bool walk_folder(Walk *walk, Str name, Error *err) {
        AUTO(closedirp) DIR *folder = NULL;
        struct dirent *entry;

        if (!stop_check(walk->directory->store.stop, err) ||
            !open_folder(walk->directory, name, &folder, err))
                return false;
        while (folder && next_entry(folder, &entry)) {
                Str key = str_of(
                        name.len ? arena_printf(walk->arena, STR_FMT "/%s", STR_ARG(name), entry->d_name)
                                 : arena_printf(walk->arena, "%s", entry->d_name));

                if (key.len > KEY_MAX_LEN)
                        continue; /* somebody else's: no key is as long */
                if (is_kind(folder, entry, DT_DIR, S_IFDIR) &&
                    (str_starts_with(key, walk->prefix) || str_starts_with(walk->prefix, key)))
                        strs_add(&walk->pending, walk->arena, key);
                if (is_kind(folder, entry, DT_REG, S_IFREG) && str_starts_with(key, walk->prefix))
                        strs_add(&walk->keys, walk->arena, key);
                if (walk->keys.len + walk->pending.len > KEYS_MAX)
                        return error_set(err, ERROR_INVALID,
                                         "list \"" STR_FMT "\": more than %d objects in \"%s\"",
                                         STR_ARG(walk->prefix), KEYS_MAX, walk->directory->store.name);
        }
        return !folder || errno == 0 || directory_failed(walk->directory, "list", name, errno, err);
}

bool directory_list(Store *store, Str prefix, Arena *arena, Strs *ret_keys, Error *err) {
        Walk walk = { .directory = (Directory *) store, .prefix = prefix, .arena = arena };
        size_t slash = prefix.len;

        while (slash > 0 && prefix.ptr[slash - 1] != '/')
                slash--;
        Str top = { prefix.ptr, slash ? slash - 1 : 0 };
        if (top.len && !store_check_key(top, err))
                return false;

        strs_add(&walk.pending, arena, top);
        while (walk.pending.len)
                if (!walk_folder(&walk, walk.pending.items[--walk.pending.len], err))
                        return false;
        strs_sort(&walk.keys);
        *ret_keys = walk.keys;
        return true;
}

bool directory_list_folders(Store *store, Str prefix, Arena *arena, Strs *ret_names, Error *err) {
        Directory *directory = (Directory *) store;
        AUTO(closedirp) DIR *folder = NULL;
        Str name = str_ends_with(prefix, STR("/")) ? (Str) { prefix.ptr, prefix.len - 1 } : prefix;
        Strs names = { 0 };
        struct dirent *entry;

        if ((name.len && !store_check_key(name, err)) || !open_folder(directory, name, &folder, err))
                return false;
        while (folder && next_entry(folder, &entry))
                if (is_kind(folder, entry, DT_DIR, S_IFDIR)) {
                        if (names.len == KEYS_MAX)
                                return error_set(err, ERROR_INVALID,
                                                 "list \"" STR_FMT "\": more than %d folders",
                                                 STR_ARG(prefix), KEYS_MAX);
                        strs_add(&names, arena, arena_copy(arena, str_of(entry->d_name)));
                }
        if (folder && errno != 0)
                return directory_failed(directory, "list", name, errno, err);
        strs_sort(&names);
        *ret_names = names;
        return true;
}
