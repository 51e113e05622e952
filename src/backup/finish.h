/* finish.h - the files beside the tarball, and the end of a run.
 *
 * Order: tarball, log, lists, results, hook results, and velero-backup.json last: only that makes the rest a
 * backup.  Source: spec/backup-behaviour.md 5.3-5.8. */
#pragma once
#include "backup/engine.h"
#include "store/log_file.h"
#include "store/results.h"

typedef struct Finish {
        Engine *engine;
        LogFile *log_file;
        Results *results;
        BackupStatus *status; /* phase and counts are filled in */
} Finish;

/* Phase Completed or PartiallyFailed.  On failure what was written is removed again. */
bool finish_backup(const Finish *finish, Error *err) MUST_CHECK;
/* Phase Failed: the record, the log and the results, but no contents.  Where even that can't be written
 * nothing is left. */
void finish_failed(const Finish *finish, Str reason);
/* Removes every file of the backup, metadata first, as well as that can be done; not once the right to it is lost: who
 * leads then may have a backup of that name in the works, and removes what an earlier one left. */
void finish_remove(const Engine *engine);
