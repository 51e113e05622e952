/* directory.h - the file system under a Store: nothing here reaches outside its folder.
 *
 * Names that start with ".grapnel-" are ours (unfinished files, locks), lie at the top, and are no objects.
 * Their owner holds an flock on them: what nobody holds belongs to a dead process. */
#pragma once
#include <stdatomic.h>
#include <sys/types.h>
#include <unistd.h>

#include "store/store_kind.h"

typedef struct Directory {
        Store store; /* its name is the path */
        int root;
        atomic_uint temps; /* how many names for unfinished files were given out */
} Directory;

/* Parts of its StoreKind. */
bool directory_list(Store *store, Str prefix, Arena *arena, Strs *ret_keys, Error *err) MUST_CHECK;
bool directory_list_folders(Store *store, Str prefix, Arena *arena, Strs *ret_names, Error *err) MUST_CHECK;
bool directory_begin(Store *store, Str key, StoreWriter **ret_writer, Error *err) MUST_CHECK;
bool directory_write(StoreWriter *base, Str bytes, Error *err) MUST_CHECK;
bool directory_finish(StoreWriter *base, Error *err) MUST_CHECK;
void directory_writer_free(StoreWriter *base);
bool directory_read_begin(Store *store, Str key, StoreReader **ret_reader, Error *err) MUST_CHECK;
bool directory_read(StoreReader *base, void *into, size_t size, size_t *ret_size, Error *err) MUST_CHECK;
void directory_reader_free(StoreReader *base);
bool directory_lock(Store *store, Str name, StoreLock **ret_lock, Error *err) MUST_CHECK;
void directory_unlock(StoreLock *base);

static inline void closep(const int *fd) {
        if (*fd >= 0)
                close(*fd);
}
#define AUTO_FD AUTO(closep) int

/* openat2 below the root, never through a link that leads out; "" is the root.  -1 and errno. */
int directory_open(const Directory *directory, Str relative, int flags);
/* The folder that holds `key`, made when `create`.  -1 and errno. */
int directory_open_parent(const Directory *directory, Str key, bool create);
/* What comes after the last '/', NUL-terminated since `key` is. */
const char *directory_base_name(Str key);
bool directory_sync(int folder); /* false and errno */
/* Removes the folders of `key` that are empty, but for the first level. */
void directory_prune(const Directory *directory, Str key);

/* A new file at the top with the flock held; it is gone from the sight of others when unlinked. */
int directory_open_locked(const Directory *directory, const char *name, int flags);
/* Removes the hidden files of dead processes. */
void directory_sweep(const Directory *directory);

/* Says in a sentence why `verb` ("write", "read", …) of `key` failed and what to do; returns false. */
bool directory_failed(const Directory *directory, const char *verb, Str key, int cause, Error *err);
