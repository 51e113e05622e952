#include "api/crd_kinds.h"

const char crd_backup_hooks[] = "hooks object\n"
                                " resources? list object\n"
                                "  excludedNamespaces? list string\n"
                                "  excludedResources? list string\n"
                                "  includedNamespaces? list string\n"
                                "  includedResources? list string\n"
                                "  labelSelector? selector\n"
                                "  name! string\n"
                                "  post list object # after the pod was captured\n"
                                "   exec! object\n"
                                "    command! list+ string # program and arguments; there is no shell\n"
                                "    container string # first of the pod when absent\n"
                                "    onError enum Continue|Fail # what a failure means: Continue or Fail\n"
                                "    timeout string\n"
                                "  pre list object # before the pod is captured\n"
                                "   exec! object\n"
                                "    command! list+ string # program and arguments; there is no shell\n"
                                "    container string # first of the pod when absent\n"
                                "    onError enum Continue|Fail # what a failure means: Continue or Fail\n"
                                "    timeout string\n";

const char crd_backup_spec[] = "csiSnapshotTimeout string\n"
                               "datamover string\n"
                               "defaultVolumesToFsBackup? boolean\n"
                               "defaultVolumesToRestic? boolean\n"
                               "excludedClusterScopedResources? list string\n"
                               "excludedNamespaceScopedResources? list string\n"
                               "excludedNamespaces? list string\n"
                               "excludedResources? list string\n"
                               "@backup-hooks\n"
                               "includeClusterResources? boolean\n"
                               "includedClusterScopedResources? list string\n"
                               "includedNamespaceScopedResources? list string\n"
                               "includedNamespaces? list string\n"
                               "includedResources? list string\n"
                               "itemOperationTimeout string\n"
                               "labelSelector? selector\n"
                               "metadata object\n"
                               " labels map\n"
                               "orLabelSelectors? list selector\n"
                               "orderedResources? map\n"
                               "resourcePolicy atomic\n"
                               " apiGroup string\n"
                               " kind! string\n"
                               " name! string\n"
                               "snapshotMoveData? boolean\n"
                               "snapshotVolumes? boolean\n"
                               "storageLocation string # name of a BackupStorageLocation\n"
                               "ttl string # how long the backup is kept\n"
                               "uploaderConfig? object\n"
                               " parallelFilesUpload integer\n"
                               "volumeGroupSnapshotLabelKey string\n"
                               "volumeSnapshotLocations list string\n";

static const char backup_status[] =
        "backupItemOperationsAttempted integer\n"
        "backupItemOperationsCompleted integer\n"
        "backupItemOperationsFailed integer\n"
        "completionTimestamp date\n"
        "csiVolumeSnapshotsAttempted integer\n"
        "csiVolumeSnapshotsCompleted integer\n"
        "errors integer\n"
        "expiration date\n"
        "failureReason string\n"
        "formatVersion string\n"
        "hookStatus? object\n"
        " hooksAttempted integer\n"
        " hooksFailed integer\n"
        "phase enum "
        "New|Queued|ReadyToStart|FailedValidation|InProgress|WaitingForPluginOperations|"
        "WaitingForPluginOperationsPartiallyFailed|Finalizing|FinalizingPartiallyFailed|Completed|"
        "PartiallyFailed|Failed|Deleting\n"
        "progress? object\n"
        " itemsBackedUp integer\n"
        " totalItems integer\n"
        "queuePosition integer\n"
        "startTimestamp date\n"
        "validationErrors? list string\n"
        "version integer\n"
        "volumeSnapshotsAttempted integer\n"
        "volumeSnapshotsCompleted integer\n"
        "warnings integer\n";

const CrdKind crd_backup = {
        .kind = "Backup",
        .plural = "backups",
        .version = "v1",
        .description = "What to capture, and how it went.",
        .spec = crd_backup_spec,
        .status = backup_status,
};

static const char schedule_spec[] = "paused boolean\n"
                                    "schedule! string # cron line or @every\n"
                                    "skipImmediately boolean\n"
                                    "template! object\n"
                                    " @backup-spec\n"
                                    " spec object # the hooks may stand one level deeper\n"
                                    "  @backup-hooks\n"
                                    "useOwnerReferencesInBackup? boolean\n";

static const char schedule_status[] = "lastBackup date\n"
                                      "lastSkipped date\n"
                                      "phase enum New|Enabled|FailedValidation\n"
                                      "validationErrors list string\n";

static const char schedule_columns[] = "Status|string|.status.phase\n"
                                       "Schedule|string|.spec.schedule\n"
                                       "LastBackup|date|.status.lastBackup\n"
                                       "Age|date|.metadata.creationTimestamp\n"
                                       "Paused|boolean|.spec.paused\n";

const CrdKind crd_schedule = {
        .kind = "Schedule",
        .plural = "schedules",
        .version = "v1",
        .description = "Backups made by the clock.",
        .columns = schedule_columns,
        .spec = schedule_spec,
        .status = schedule_status,
};
