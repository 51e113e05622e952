/* store_kind.h - what each kind of store (a directory, a bucket) does behind store.h.
 *
 * store.c has looked at the Stop and at the keys before it calls these.  A kind puts the struct Store, StoreWriter,
 * StoreReader or StoreLock first in its own. */
#pragma once
#include "store/store.h"

/* Names of ours at the top, which are no objects: unfinished files, locks. */
#define HIDDEN_PREFIX ".grapnel-"

enum { KEY_MAX_LEN = 1024 }; /* as in S3 */

typedef struct StoreKind {
        void (*free)(Store *store);
        bool (*list)(Store *store, Str prefix, Arena *arena, Strs *ret_keys, Error *err);
        bool (*list_folders)(Store *store, Str prefix, Arena *arena, Strs *ret_names, Error *err);
        bool (*delete)(Store *store, Str key, Error *err);
        bool (*exists)(Store *store, Str key, bool *ret_exists, Error *err);
        bool (*begin)(Store *store, Str key, StoreWriter **ret_writer, Error *err);
        bool (*write)(StoreWriter *writer, Str bytes, Error *err);
        bool (*finish)(StoreWriter *writer, Error *err);
        void (*writer_free)(StoreWriter *writer);
        bool (*read_begin)(Store *store, Str key, StoreReader **ret_reader, Error *err);
        bool (*read)(StoreReader *reader, void *into, size_t size, size_t *ret_size, Error *err);
        void (*reader_free)(StoreReader *reader);
        bool (*sweep)(Store *store, Str prefix, int64_t older_ms, Error *err); /* NULL: opening does it */
        bool (*lock)(Store *store, Str name, StoreLock **ret_lock, Error *err);
        void (*unlock)(StoreLock *lock);
        /* NULL: an object has no URL. */
        bool (*presign)(Store *store, Str key, int64_t seconds, Arena *arena, Str *ret_url, Error *err);
} StoreKind;

struct Store {
        const StoreKind *kind;
        char *name; /* for messages */
        const Stop *stop;
};

struct StoreWriter {
        Store *store;
        char *key;
};

struct StoreReader {
        Store *store;
        char *key;
};

struct StoreLock {
        Store *store;
};

/* 1 to KEY_MAX_LEN bytes without NUL; no part is empty, ".", ".." or starts with HIDDEN_PREFIX. */
bool store_check_key(Str key, Error *err) MUST_CHECK;
