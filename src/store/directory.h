/* directory.h - the file system under a Store: nothing here reaches outside its folder.
 *
 * Names that start with ".grapnel-" are ours (unfinished files, locks), lie at the top, and are no objects.
 * Their owner holds an flock on them: what nobody holds belongs to a dead process. */
#pragma once
#include <stdatomic.h>
#include <sys/types.h>
#include <unistd.h>

#include "store/store.h"

#define HIDDEN_PREFIX ".grapnel-"

enum { KEY_MAX_LEN = 1024 }; /* as in S3 */

struct Store {
        char *path;
        int root;
        const Stop *stop;
        atomic_uint temps; /* how many names for unfinished files were given out */
};

static inline void closep(const int *fd) {
        if (*fd >= 0)
                close(*fd);
}
#define AUTO_FD AUTO(closep) int

bool directory_check_key(Str key, Error *err) MUST_CHECK;

/* openat2 below the root, never through a link that leads out; "" is the root.  -1 and errno. */
int directory_open(const Store *store, Str relative, int flags);
/* The folder that holds `key`, made when `create`.  -1 and errno. */
int directory_open_parent(const Store *store, Str key, bool create);
/* What comes after the last '/', NUL-terminated since `key` is. */
const char *directory_base_name(Str key);
bool directory_sync(int folder); /* false and errno */
/* Removes the folders of `key` that are empty, but for the first level. */
void directory_prune(const Store *store, Str key);

/* A new file at the top with the flock held; it is gone from the sight of others when unlinked. */
int directory_open_locked(const Store *store, const char *name, int flags);
/* Removes the hidden files of dead processes. */
void directory_sweep(const Store *store);

/* Says in a sentence why `verb` ("write", "read", …) of `key` failed and what to do; returns false. */
bool directory_failed(const Store *store, const char *verb, Str key, int cause, Error *err);
