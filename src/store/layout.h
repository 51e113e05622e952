/* layout.h - the names of things in a bucket, exactly as Velero has them.
 *
 * Source: spec/backup-behaviour.md 5.1, spec/restore-behaviour.md 4. */
#pragma once
#include "store/store.h"

typedef enum BackupFile {
        BACKUP_METADATA,         /* velero-backup.json, plain; written last */
        BACKUP_CONTENTS,         /* NAME.tar.gz */
        BACKUP_LOG,              /* NAME-logs.gz */
        BACKUP_RESOURCE_LIST,    /* NAME-resource-list.json.gz */
        BACKUP_RESULTS,          /* NAME-results.gz */
        BACKUP_VOLUME_INFO,      /* NAME-volumeinfo.json.gz */
        BACKUP_POD_VOLUMES,      /* NAME-podvolumebackups.json.gz */
        BACKUP_VOLUME_SNAPSHOTS, /* NAME-volumesnapshots.json.gz */
        BACKUP_ITEM_OPERATIONS,  /* NAME-itemoperations.json.gz */
        BACKUP_HOOKS,            /* NAME-hooks.json.gz: ours, ignored by Velero */
} BackupFile;

typedef enum RestoreFile {
        RESTORE_METADATA, /* NAME-restore.json, plain: ours; the Restore with its status */
        RESTORE_LOG,      /* restore-NAME-logs.gz */
        RESTORE_RESULTS,
        RESTORE_RESOURCE_LIST,
        RESTORE_ITEM_OPERATIONS,
        RESTORE_VOLUME_INFO, /* NAME-volumeinfo.json.gz */
        RESTORE_HOOKS,       /* NAME-hooks.json.gz: ours */
} RestoreFile;

Str layout_backup_folder(Str name, Arena *arena);  /* "backups/NAME/" */
Str layout_restore_folder(Str name, Arena *arena); /* "restores/NAME/" */
Str backup_key(Str name, BackupFile file, Arena *arena);
Str restore_key(Str name, RestoreFile file, Arena *arena);

/* A name that can be a folder and a Kubernetes object: lower-case RFC 1123 subdomain, at most 253 bytes. */
bool layout_check_name(Str name, Error *err) MUST_CHECK;

/* A gzipped small file written or read at once; reading a missing one is ERROR_NOT_FOUND. */
bool layout_put_gzip(Store *store, Str key, Str plain, Error *err) MUST_CHECK;
bool layout_get_gzip(Store *store, Str key, size_t limit, Buf *into, Error *err) MUST_CHECK;

/* Every object of the backup, metadata first, so that a half-deleted backup never looks whole.
 * ERROR_NOT_FOUND when there is none. */
bool layout_delete_backup(Store *store, Str name, Error *err) MUST_CHECK;
/* The same of a restore. */
bool layout_delete_restore(Store *store, Str name, Error *err) MUST_CHECK;
