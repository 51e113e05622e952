/* source.h - which backup a restore reads, and whether it may be read.
 *
 * A schedule's name stands for its newest completed backup.  Source: spec/restore-behaviour.md 2.4. */
#pragma once
#include "api/restore.h"
#include "store/layout.h"

typedef struct BackupSource {
        Str name, schedule;
        JsonDoc *metadata; /* velero-backup.json */
} BackupSource;

/* Errors say what there is instead: the names of backups, the phase of an unfinished one. */
bool source_find(Store *store, const RestoreSpec *spec, Arena *arena, BackupSource *ret_source, Error *err)
        MUST_CHECK;
void source_clear(BackupSource *source);
