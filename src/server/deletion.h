/* deletion.h - what the controller of DeleteBackupRequests decides: pure, for tests.
 *
 * Source: spec/backup-behaviour.md 7.6. */
#pragma once
#include "data/json.h"

enum { DELETION_KEPT_MS = 24 * 60 * 60 * 1000 }; /* how long a request that failed can be read */

typedef enum DeletionStep {
        DELETION_BEGIN,   /* new */
        DELETION_RESUME,  /* begun by a server that died */
        DELETION_KEEP,    /* done with errors, to be read */
        DELETION_FORGET,  /* done long ago */
        DELETION_NAMELESS /* new, and names no backup */
} DeletionStep;
DeletionStep deletion_step(JsonVal *request, int64_t now_ms);

/* A backup of that phase has never had a file in a store. */
bool deletion_has_files(JsonVal *backup);

/* What of the volumes' data stays behind, since it is not ours to delete: one sentence; empty: nothing.
 * volume_info is the array of the -volumeinfo file, `snapshots` that of -volumesnapshots; either may be NULL. */
Str deletion_leftovers(JsonVal *volume_info, JsonVal *snapshots, Arena *arena);
