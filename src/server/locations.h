/* locations.h - from the name of a BackupStorageLocation to an open store.
 *
 * A store is opened for each use and closed after it, so that changed settings count at once. */
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
/* Opens its store, which ends at once when `stop` is set. */
bool location_open(const Server *server, Str name, const Stop *stop, OpenLocation *ret_open, Error *err)
        MUST_CHECK;
/* For a look that others wait behind: a store that does not answer is given up after 15 s, not after minutes. */
bool location_look(const Server *server, Str name, OpenLocation *ret_open, Error *err) MUST_CHECK;
/* Whether it can be used: as location_look, and nothing foreign is in it.  The error is for the location's own status,
 * so it does not name the location once more. */
bool location_try(const Server *server, Str name, OpenLocation *ret_open, Error *err) MUST_CHECK;
void open_location_clear(OpenLocation *open);

/* The location that counts when none is named: the default one, else options->default_location. */
Str location_default(const Server *server, Arena *arena);

/* Why it may not be used (or written to), as a sentence in the arena; empty: it may.
 * Not found, faulty, not Available, ReadOnly. */
Str location_refusal(const Server *server, Str name, bool to_write, Arena *arena);
