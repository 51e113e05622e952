/* session.h - what a run needs around the engine, wired up in one place.
 *
 *   signals ─► stop ─► every blocking call          log ─► notes (for the summary), terminal
 *   cluster (config, client, discovery)             state folder ─► journal ─► undo of dead runs
 *
 * Open it zeroed, clear it in any case. */
#pragma once
#include "cli/cluster.h"
#include "cli/notes.h"
#include "cli/signals.h"

typedef struct Session {
        Cli *cli;
        const RunFlags *flags;
        Stop *stop;
        Progress *progress;
        Signals *signals;
        Log *log;
        Notes notes;
        Cluster cluster;
        Str state; /* folder */
} Session;

typedef struct SessionInput {
        const RunFlags *run;
        const ClusterFlags *cluster;
        const HookGauges *gauges; /* of the engine's progress; what Ctrl-C reports */
} SessionInput;

bool session_open(Cli *cli, const SessionInput *input, Session *session, Error *err) MUST_CHECK;
void session_clear(Session *session);

/* A bar on a terminal, lines elsewhere, nothing when quiet; on standard error. */
Progress *session_progress(const Cli *cli, bool quiet);

/* Thaws what dead runs against this cluster left frozen, and says so.  False only when it could not be tried. */
bool session_undo(Session *session, HookUndo *ret_undo, Error *err) MUST_CHECK;
/* The same for debts that were read elsewhere. */
bool session_pay(Session *session, const JournalDebts *debts, HookUndo *ret_undo, Error *err) MUST_CHECK;
