/* restore_execute.h - runs one restore from a decoded Restore and a backup in a store.
 *
 * Order: CRDs and the wait until they are served; namespaces; resources by priority, items of one resource in
 * parallel; exec hooks as their containers come up; log, results, resource list, status.  The archive is hostile
 * input.  Memory is the archive's index plus workers × item.  Source: design.md 5, spec/restore-behaviour.md 3, 4. */
#pragma once
#include "api/restore.h"
#include "hooks/restore_run.h"
#include "store/layout.h"

typedef struct RestoreProgress {
        _Atomic uint64_t items_total, items_done;
        _Atomic(const char *) step;
        HookGauges hooks;
} RestoreProgress;

typedef struct RestoreRun {
        KubeClient *client;
        const Discovery *discovery;
        Store *store;
        Log *log;
        const Stop *stop;
        const Restore *restore;
        RestoreProgress *progress;
        unsigned workers, hook_workers;
        Str resource_priorities;     /* as restore_priorities_parse reads it; empty: Velero's */
        int64_t terminating_wait_ms; /* for a namespace that is being deleted */
        bool dry_run; /* what would be created, per resource; nothing is written to cluster or store */
        HookObserver on_hook; /* NULL: nobody */
        void *on_hook_user;
} RestoreRun;

typedef struct RestoreCount {
        Str group_resource;
        uint64_t created, updated, skipped, failed; /* with dry_run: created is what would be */
} RestoreCount;

typedef struct RestoreOutcome {
        RestoreStatus status;
        RestoreCount *counts;
        size_t counts_len;
} RestoreOutcome;

/* As backup_execute: false when it could not begin (no such backup, unfinished backup, name taken) or was interrupted. */
bool restore_execute(const RestoreRun *run, Arena *arena, RestoreOutcome *ret_outcome, Error *err) MUST_CHECK;
