/* await.h - following a run of a server to its end.
 *
 * Progress goes to standard error while it waits.  One thread beside that of the progress. */
#pragma once
#include "cli/velero.h"

typedef struct AwaitedRun { /* all borrowed */
        const char *kind;   /* "Backup", "Restore" */
        Str name, uid;
} AwaitedRun;

/* Whether that is a phase in which a run stays. */
bool await_is_end(Str phase);
/* *ret_object is the object with the phase in which it ended.  ERROR_NOT_FOUND: it was deleted. */
bool await_end(Cli *cli, const Velero *velero, const AwaitedRun *run, JsonDoc **ret_object, Error *err)
        MUST_CHECK;
