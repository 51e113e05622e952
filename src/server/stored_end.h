/* stored_end.h - how a Backup ended, by its own record in the bucket, when its object was not told.
 *
 * A backup's velero-backup.json is the last of its files: where it is, the backup is whole and has ended, whatever happened to
 * the server or the API server before that was written into the object. */
#pragma once
#include "server/objects.h"

/* The record; NULL when there is none of that very object (by its UID), or the location can't be read. */
JsonDoc *stored_end_read(const Server *server, JsonVal *backup);
