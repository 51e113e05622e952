#include "api/crd_kinds.h"

static const char backup_storage_location_spec[] = "accessMode enum ReadOnly|ReadWrite\n"
                                                   "backupSyncPeriod? string\n"
                                                   "config map\n"
                                                   "credential atomic\n"
                                                   " key! string\n"
                                                   " name string-or-empty\n"
                                                   " optional boolean\n"
                                                   "default boolean\n"
                                                   "objectStorage! object\n"
                                                   " bucket! string\n"
                                                   " caCert byte\n"
                                                   " caCertRef atomic\n"
                                                   "  key! string\n"
                                                   "  name string-or-empty\n"
                                                   "  optional boolean\n"
                                                   " prefix string\n"
                                                   "provider! string\n"
                                                   "validationFrequency? string\n";

static const char backup_storage_location_status[] = "accessMode enum ReadOnly|ReadWrite\n"
                                                     "lastSyncedRevision string\n"
                                                     "lastSyncedTime date\n"
                                                     "lastValidationTime date\n"
                                                     "message string\n"
                                                     "phase enum Available|Unavailable\n";

static const char backup_storage_location_columns[] = "Phase|string|.status.phase\n"
                                                      "Last Validated|date|.status.lastValidationTime\n"
                                                      "Age|date|.metadata.creationTimestamp\n"
                                                      "Default|boolean|.spec.default\n";

const CrdKind crd_backup_storage_location = {
        .kind = "BackupStorageLocation",
        .plural = "backupstoragelocations",
        .short_name = "bsl",
        .version = "v1",
        .description = "A place where backups are kept.",
        .columns = backup_storage_location_columns,
        .spec = backup_storage_location_spec,
        .status = backup_storage_location_status,
};

static const char volume_snapshot_location_spec[] = "config map\n"
                                                    "credential atomic\n"
                                                    " key! string\n"
                                                    " name string-or-empty\n"
                                                    " optional boolean\n"
                                                    "provider! string\n";

static const char volume_snapshot_location_status[] = "phase enum Available|Unavailable\n";

const CrdKind crd_volume_snapshot_location = {
        .kind = "VolumeSnapshotLocation",
        .plural = "volumesnapshotlocations",
        .short_name = "vsl",
        .version = "v1",
        .description = "A place where snapshots of volumes are kept.",
        .spec = volume_snapshot_location_spec,
        .status = volume_snapshot_location_status,
};

static const char backup_repository_spec[] = "backupStorageLocation! string\n"
                                             "maintenanceFrequency! string\n"
                                             "repositoryConfig? map\n"
                                             "repositoryType enum kopia|restic|\n"
                                             "resticIdentifier string\n"
                                             "volumeNamespace! string\n";

static const char backup_repository_status[] = "lastMaintenanceTime date\n"
                                               "message string\n"
                                               "phase enum New|Ready|NotReady\n"
                                               "recentMaintenance list object\n"
                                               " completeTimestamp date\n"
                                               " message string\n"
                                               " result enum Succeeded|Failed\n"
                                               " startTimestamp date\n";

static const char backup_repository_columns[] = "Age|date|.metadata.creationTimestamp\n"
                                                "Repository Type|string|.spec.repositoryType\n";

const CrdKind crd_backup_repository = {
        .kind = "BackupRepository",
        .plural = "backuprepositories",
        .version = "v1",
        .description = "A repository of volume data of one namespace.",
        .columns = backup_repository_columns,
        .spec = backup_repository_spec,
        .status = backup_repository_status,
};
