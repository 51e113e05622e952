/* runs.h - the backups and restores that this process is carrying out at this moment.
 *
 * For what the cluster's objects cannot tell: whether one may be deleted, its live log, its progress.  Many threads
 * may call. */
#pragma once
#include "base/log.h"
#include "base/stop.h"
#include "base/strs.h"

typedef enum RunKind { RUN_BACKUP, RUN_RESTORE } RunKind;

typedef struct Run Run;
typedef struct Runs Runs;

Runs *runs_new(const Stop *lost); /* counts as a stop of each run; may be NULL */
void runs_free(Runs *runs);       /* after all runs have ended */
DEFINE_AUTO(Runs, runs_free)

/* The log of the run goes to `live` readers from here on, through a sink that is added to `log`. */
Run *runs_begin(Runs *runs, RunKind kind, Str name, Log *log);
void runs_end(Runs *runs, Run *run); /* readers of its log come to the end */
bool runs_has(Runs *runs, RunKind kind, Str name);
size_t runs_count(Runs *runs, RunKind kind);
/* Ends one early, as if interrupted (its object was deleted); false when it is not running. */
bool runs_stop(Runs *runs, RunKind kind, Str name);
const Stop *run_stop(const Run *run); /* set by runs_stop and runs_stop_all */
void runs_stop_all(Runs *runs);

/* Reads the plain log from its beginning, waiting for more until the run has ended; NULL when it is not running. */
typedef struct RunLogReader RunLogReader;
RunLogReader *runs_read_log(Runs *runs, RunKind kind, Str name);
/* 0 at the end. */
bool run_log_read(void *reader, void *into, size_t size, size_t *ret_size, Error *err) MUST_CHECK;
void run_log_close(void *reader);
