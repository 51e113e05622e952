/* store.h - where backups are kept: named byte streams under a prefix.
 *
 * A Store may be used from many threads at once.  Keys use '/' and have no empty, "." or ".."
 * part.  Every call blocks and ends at once when the Stop given to it at opening is set; only store_delete goes on,
 * since an interrupted run removes with it what it wrote. */
#pragma once
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/stop.h"
#include "base/strs.h"

typedef struct Store Store;
typedef struct StoreWriter StoreWriter;
typedef struct StoreReader StoreReader;

/* A directory.  `create` makes it when it is missing; without it a missing one is ERROR_NOT_FOUND.  Everything
 * is fsynced before it is visible; left-over temporary files of dead processes are removed. */
bool store_open_directory(Str path, bool create, const Stop *stop, Store **ret_store, Error *err) MUST_CHECK;
void store_free(Store *store);
DEFINE_AUTO(Store, store_free)
Str store_name(const Store *store); /* for messages: the path; "s3://bucket/prefix" */

/* All keys that start with `prefix`, sorted. */
bool store_list(Store *store, Str prefix, Arena *arena, Strs *ret_keys, Error *err) MUST_CHECK;
/* The names of the folders right below `prefix` ("backups/"), sorted. */
bool store_list_folders(Store *store, Str prefix, Arena *arena, Strs *ret_names, Error *err) MUST_CHECK;
bool store_delete(Store *store, Str key, Error *err) MUST_CHECK; /* deleting what is not there succeeds */
bool store_exists(Store *store, Str key, bool *ret_exists, Error *err) MUST_CHECK;

/* Nothing is visible under `key` until store_finish returns true. */
bool store_begin(Store *store, Str key, StoreWriter **ret_writer, Error *err) MUST_CHECK;
bool store_write(StoreWriter *writer, Str bytes, Error *err) MUST_CHECK;
bool store_finish(StoreWriter *writer, Error *err) MUST_CHECK;
void store_writer_free(StoreWriter *writer); /* abandons what was not finished */
DEFINE_AUTO(StoreWriter, store_writer_free)
/* Ends for good what was begun under `prefix` more than `older_ms` ago and not finished (0: whenever).  For what dead
 * processes left: whoever still writes there fails. */
bool store_sweep(Store *store, Str prefix, int64_t older_ms, Error *err) MUST_CHECK;
bool store_put(Store *store, Str key, Str bytes, Error *err) MUST_CHECK;

bool store_read_begin(Store *store, Str key, StoreReader **ret_reader, Error *err) MUST_CHECK;
/* Less than `size` only at the end; 0 there.  The signature is that of GzipSource. */
bool store_read(void *reader, void *into, size_t size, size_t *ret_size, Error *err) MUST_CHECK;
void store_reader_free(StoreReader *reader);
DEFINE_AUTO(StoreReader, store_reader_free)
bool store_get(Store *store, Str key, size_t limit, Buf *into, Error *err) MUST_CHECK;

/* A URL from which anybody can GET the object for `seconds`, without a request to the store; whether it exists is not
 * looked at.  ERROR_INVALID for a directory, which has no such thing. */
bool store_presign(Store *store, Str key, int64_t seconds, Arena *arena, Str *ret_url, Error *err) MUST_CHECK;

/* Only one holder of a name at a time, also between processes; released on free or when the process dies.
 * ERROR_EXISTS says who holds it.  A bucket has no locks: there it always succeeds, and the server's Lease is what
 * keeps writers apart. */
typedef struct StoreLock StoreLock;
bool store_lock(Store *store, Str name, StoreLock **ret_lock, Error *err) MUST_CHECK;
void store_unlock(StoreLock *lock);
DEFINE_AUTO(StoreLock, store_unlock)
