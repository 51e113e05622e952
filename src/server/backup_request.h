/* backup_request.h - a Backup of the cluster as it will run: the server's defaults filled in, all faults found.
 *
 * Pure.  Source: spec/backup-behaviour.md 2.2-2.4. */
#pragma once
#include "api/backup.h"

typedef struct BackupDefaults {
        Str location; /* the location that counts when none is named; may be empty */
        int64_t ttl_ms;
        bool has_velero_hooks; /* hook_spec_take_velero_defaults */
} BackupDefaults;

typedef struct BackupRequest {
        Arena arena;
        JsonDoc *doc; /* the object with defaults */
        Backup backup;
        Faults faults; /* errors make it FailedValidation; warnings go to its log */
} BackupRequest;

void backup_request_read(const BackupDefaults *defaults, JsonVal *object, BackupRequest *ret_request);
void backup_request_clear(BackupRequest *request);

/* What is written when it begins or is refused: labels, annotations, spec with its defaults, status.
 * `cluster` may be NULL. */
JsonMutVal *backup_request_patch(const BackupRequest *request, const BackupStatus *status,
                                 const SourceCluster *cluster, JsonMutDoc *doc);
