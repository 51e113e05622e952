/* backup_execute.h - runs one backup from a decoded Backup to files in a store.
 *
 * Order: lock the name; refuse one that exists; resolve filters; hooked pods group by group; everything else with
 * workers, each list page → filter → actions → tar records → one gzip member; then log, lists, results, hook
 * results, and velero-backup.json last.  A run that fails leaves no object that looks whole.
 * Memory is workers × page, whatever the size of the cluster.  Source: design.md 3, spec/backup-behaviour.md 3-5. */
#pragma once
#include "api/backup.h"
#include "hooks/run.h"
#include "kube/resource.h"
#include "store/layout.h"

typedef struct BackupProgress {       /* read by anyone at any time */
        _Atomic uint64_t items_total; /* grows while lists are read; what servers say remains is included */
        _Atomic uint64_t items_done;
        _Atomic uint64_t bytes_written;
        _Atomic(const char *) step; /* "reading what the cluster serves", … */
        HookGauges hooks;
} BackupProgress;

typedef struct BackupRun {
        KubeClient *client;
        const Discovery *discovery;
        Store *store; /* NULL with dry_run */
        Journal *journal;
        Log *log; /* the backup's own log; backup_execute adds sinks that write it to the store and collect results */
        const Stop *stop;
        const Stop *lost; /* the store may be another's by now: nothing in it is removed; NULL: it never is */
        const Backup *backup;
        Str policy_file; /* of a resource policy that is in no ConfigMap; empty: the Backup names it */
        Str policy_text; /* what it holds */
        BackupProgress *progress;
        unsigned workers, hook_workers;
        unsigned page_size;
        int64_t max_freeze_ms;
        bool dry_run;         /* nothing is run or stored; counts only */
        HookObserver on_hook; /* NULL: nobody */
        void *on_hook_user;
} BackupRun;

typedef struct ResourceCount {
        Str group_resource;
        uint64_t items;
} ResourceCount;

typedef struct BackupOutcome {
        BackupStatus status;
        ResourceCount *counts; /* per resource, sorted */
        size_t counts_len;
        uint64_t bytes;                       /* of the tarball */
        int64_t freeze_p50_ms, freeze_max_ms; /* -1: nothing was frozen */
} BackupOutcome;

/* True when the backup has ended in a phase (Completed, PartiallyFailed, Failed, FailedValidation; see the outcome).  False when it could not begin (name taken,
 * store not writable) or was interrupted (ERROR_CANCELED; thawed first).  The outcome lives in the arena. */
bool backup_execute(const BackupRun *run, Arena *arena, BackupOutcome *ret_outcome, Error *err) MUST_CHECK;
