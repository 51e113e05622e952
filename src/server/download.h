/* download.h - files of backups and restores for clients: what a DownloadRequest asks for, and where it is answered.
 *
 * For a bucket a client is given a signed URL of it.  For a folder, and for the log of a run that is on, it is one of this
 * server: /download/REQUEST?token=…, which counts until the request expires and for one whole transfer.  That path is
 * in an annotation in any case, for clients that reach only the API server (its proxy).  The log of a run that is on is given as it grows.
 * Source: spec/backup-behaviour.md 7.7. */
#pragma once
#include "server/server.h"

#define DOWNLOAD_PATH_ANNOTATION "hooks.grapnel.dev/download-path"
#define DOWNLOAD_MESSAGE_ANNOTATION "hooks.grapnel.dev/message"
/* On a request for BackupResults or RestoreResults, with value "hooks": the results of hooks instead, for which Velero's
 * API has no kind. */
#define DOWNLOAD_FILE_ANNOTATION "hooks.grapnel.dev/file"
#define DOWNLOAD_PREFIX "/download/"

enum { DOWNLOAD_VALID_MS = 10 * 60 * 1000 };

typedef struct DownloadTarget {
        bool is_restore, is_log;
        Str name;     /* of the Backup or Restore */
        Str location; /* of its BackupStorageLocation */
        Str key;      /* in the store */
        bool is_live; /* a log that is being written by a run of this process */
} DownloadTarget;

/* Pure.  ERROR_INVALID says why that object can have no such file (it does not know the kind, it never ran). */
bool download_target(JsonVal *request, JsonVal *backup, JsonVal *restore, Arena *arena,
                     DownloadTarget *ret_target, Error *err) MUST_CHECK;
/* Looks the objects up, and whether the run is on. */
bool download_find(const Server *server, JsonVal *request, Arena *arena, DownloadTarget *ret_target,
                   Error *err) MUST_CHECK;

/* "https://HOST:PORT", of the options; empty: downloads are not served. */
Str download_base(const ServerOptions *options, Arena *arena);
Str download_host(const ServerOptions *options, Arena *arena);
/* Whether that path and query of a client are what the request's annotation allows; in constant time. */
bool download_is_allowed(JsonVal *request, Str token, int64_t now_ms);
