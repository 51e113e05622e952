/* crd_kinds.h - the fields of every custom resource, as short text.
 *
 * Private to api.  A line is a field; each blank before it is one level.  "name" may be followed by "!" (required)
 * and "?" (may be null), then comes its type, then perhaps "# description":
 *
 *   string integer int64 boolean byte   date (RFC 3339, may be null)   map (of strings)   enum A|B
 *   object   atomic (an object that is written as a whole)   any (unknown fields are kept)   selector (of labels)
 *   string-or-empty (a default of "")   list T   list+ T (at least one)   atomic-list T   any-list T
 *
 * "@backup-spec", "@backup-hooks" stand for the lines of that table.  A column is "title|type|path" and perhaps
 * "|priority".  Source: spec/restore-behaviour.md 8; equal to Velero 1.18 but for the additions that
 * docs/compatibility.md lists. */
#pragma once
#include "api/crd.h"

typedef struct CrdKind {
        const char *kind, *plural, *short_name, *version, *description;
        const char *columns, *spec, *status;
} CrdKind;

extern const char crd_backup_hooks[], crd_backup_spec[];
extern const CrdKind crd_backup_repository, crd_backup, crd_backup_storage_location,
        crd_delete_backup_request, crd_download_request, crd_pod_volume_backup, crd_pod_volume_restore,
        crd_restore, crd_schedule, crd_server_status_request, crd_volume_snapshot_location, crd_data_download,
        crd_data_upload;
