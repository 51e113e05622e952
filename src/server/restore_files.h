/* restore_files.h - the files of a restore in its backup's location, and their end. */
#pragma once
#include "server/server.h"
#include "store/store.h"

/* Everything below restores/NAME/: of an earlier Restore of that name, whose object is gone. */
bool restore_files_remove(Store *store, Str name, Error *err) MUST_CHECK;

/* The Restore is being deleted: its files go, then its finalizer.  Where the backup or its location is gone, there is
 * nothing to remove; a location that is not Available is waited for.  Source: spec/restore-behaviour.md 2.6. */
bool restore_files_finalize(Server *server, JsonVal *restore, Error *err) MUST_CHECK;
