/* scratch.h - a directory that goes away with the test. */
#pragma once
#include <dirent.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "store/store.h"

typedef struct Scratch {
        char path[64];
} Scratch;

static inline int scratch_remove(const char *path, const struct stat *status, int type, struct FTW *place) {
        (void) status;
        (void) type;
        (void) place;
        return remove(path);
}

static inline void scratch_clear(Scratch *scratch) {
        nftw(scratch->path, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline Scratch scratch_new(void) {
        Scratch scratch = { "/tmp/grapnel-test-XXXXXX" };

        CHECK(mkdtemp(scratch.path) != NULL);
        return scratch;
}

static inline Store *scratch_store(const Scratch *scratch) {
        Error err = { 0 };
        Store *store;

        if (!store_open_directory(str_of(scratch->path), true, NULL, &store, &err))
                fail_msg("%s", err.message);
        return store;
}

#define SCRATCH(scratch, store)                                                                              \
        AUTO(scratch_clear) Scratch scratch = scratch_new();                                                 \
        AUTO(store_freep) Store *store = scratch_store(&scratch)

static inline const char *scratch_path(const Scratch *scratch, Arena *arena, const char *name) {
        return arena_printf(arena, "%s/%s", scratch->path, name);
}

/* What a user sees with `ls -A`. */
static inline size_t scratch_count(const char *path) {
        DIR *folder = opendir(path);
        size_t count = 0;

        CHECK(folder != NULL);
        for (struct dirent *entry; (entry = readdir(folder));)
                count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
        closedir(folder);
        return count;
}

static inline void scratch_write(const char *path, const char *text) {
        FILE *file = fopen(path, "w");

        CHECK(file != NULL);
        fputs(text, file);
        fclose(file);
}

static inline void scratch_put(Store *store, const char *key, const char *text) {
        AUTO(error_clear) Error err = { 0 };

        if (!store_put(store, str_of(key), str_of(text), &err))
                fail_msg("%s", err.message);
}

/* The object as a C string, in the arena; NULL when it is not there. */
static inline const char *scratch_get(Store *store, const char *key, Arena *arena) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf bytes = { 0 };

        if (!store_get(store, str_of(key), 1 << 20, &bytes, &err)) {
                CHECK_INT(err.code, ERROR_NOT_FOUND);
                return NULL;
        }
        return arena_copy(arena, buf_str(&bytes)).ptr;
}

/* All keys, joined by blanks. */
static inline const char *scratch_keys(Store *store, const char *prefix, Arena *arena) {
        AUTO(error_clear) Error err = { 0 };
        Strs keys;

        if (!store_list(store, str_of(prefix), arena, &keys, &err))
                fail_msg("%s", err.message);
        return arena_copy(arena, strs_join(&keys, STR(" "), arena)).ptr;
}
