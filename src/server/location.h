/* location.h - what the controller of BackupStorageLocations decides: pure, for tests.
 *
 * Source: spec/backup-behaviour.md 7.1. */
#pragma once
#include "api/location.h"
#include "server/change.h"

/* In how many ms it is to be validated: 0: now; -1: never by itself.  `server_ms` counts where it has no frequency
 * of its own.  What is unavailable is looked at every 10 s, so that it is back soon. */
int64_t location_due_ms(const Location *location, int64_t server_ms, int64_t now_ms);

typedef struct LocationOthers { /* what the other locations say about being the default */
        bool has_default, has_newer_default;
} LocationOthers;
/* Counts `other` (an object) against `own`. */
void location_count_other(LocationOthers *others, JsonVal *own, JsonVal *other);

/* `problem` is empty when it may be used.  True: its phase changes.  `location` then says what the object will say. */
bool location_record(Location *location, Str problem, int64_t now_ms, Change *change);
/* Of several defaults the newest stays; `is_wanted`: the server was told to take it by default. */
void location_settle_default(JsonVal *object, const LocationOthers *others, bool is_wanted, Change *change);
