/* recover.h - what an earlier leader left behind: frozen pods, and runs that nobody carries out any more.
 *
 * Thawing comes first.  Then Backups and Restores in progress are marked Failed with what happened,
 * or as they ended when only that was not recorded.
 * METRIC_HOOK_UNDO_PENDING says how many pods could not be thawed; controller "hook-undo" tries them again. */
#pragma once
#include "server/server.h"

/* After the lease was won, before any controller works.  False only when it could not be tried, or when stopped. */
bool server_recover(Server *server, Error *err) MUST_CHECK;

/* The end of a Backup or Restore in progress that nobody carries out: Failed for that reason.  Of a Backup, what it left in
 * the bucket goes too; but when its record is there, it has ended as that says. */
bool recover_conclude(Server *server, ServerKind kind, JsonVal *object, const char *reason, Error *err)
        MUST_CHECK;
