/* summary.h - the last words of a run.  Pure: outcome in, text or JSON out. */
#pragma once
#include "backup/backup_execute.h"
#include "cli/cli.h"
#include "cli/notes.h"
#include "restore/restore_execute.h"

typedef struct SummaryInput {
        Str name, folder; /* of the run; where to look closer */
        const Notes *notes;
        int64_t elapsed_ms;
        bool dry_run, colour;
} SummaryInput;

/* 0 Completed, 2 PartiallyFailed, 1 anything else. */
ExitCode summary_exit(const char *phase);
Str summary_backup(const SummaryInput *input, const BackupOutcome *outcome, Arena *arena);
Str summary_restore(const SummaryInput *input, const RestoreOutcome *outcome, Arena *arena);
/* What --quiet leaves: lines "error: …" for standard error; empty when it is Completed. */
Str summary_backup_errors(const SummaryInput *input, const BackupOutcome *outcome, Arena *arena);
Str summary_restore_errors(const SummaryInput *input, const RestoreOutcome *outcome, Arena *arena);
JsonMutVal *summary_backup_json(const SummaryInput *input, const BackupOutcome *outcome, JsonMutDoc *doc);
JsonMutVal *summary_restore_json(const SummaryInput *input, const RestoreOutcome *outcome, JsonMutDoc *doc);
