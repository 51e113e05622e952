/* locations.h - from the name of a BackupStorageLocation to an open store.
 *
 * A store is opened for each use and closed after it, so that changed settings and rotated Secrets count at once. */
#pragma once
#include "api/location.h"
#include "server/server.h"
#include "store/location.h"

typedef struct OpenLocation {
        Arena arena;
        JsonDoc *doc; /* what `location` borrows from */
        Location location;
        Store *store; /* NULL after location_find */
} OpenLocation;

/* From the cache; ERROR_NOT_FOUND "there is no backup storage location \"x\"", ERROR_INVALID with all its faults. */
bool location_find(const Server *server, Str name, OpenLocation *ret_open, Error *err) MUST_CHECK;
/* Reads its Secrets and opens its store.  The store ends at once when `stop` is set. */
bool location_open(const Server *server, Str name, const Stop *stop, OpenLocation *ret_open, Error *err)
        MUST_CHECK;
void open_location_clear(OpenLocation *open);

/* Why nothing may be written to it, as a sentence; empty: it may.  Not found, ReadOnly, not Available. */
Str location_refusal(const Server *server, Str name, bool to_write, Arena *arena);
