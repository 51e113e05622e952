#include "api/crd_kinds.h"

static const char delete_backup_request_spec[] = "backupName! string\n";

static const char delete_backup_request_status[] = "errors? list string\n"
                                                   "phase enum New|InProgress|Processed\n";

static const char delete_backup_request_columns[] = "BackupName|string|.spec.backupName\n"
                                                    "Status|string|.status.phase\n";

const CrdKind crd_delete_backup_request = {
        .kind = "DeleteBackupRequest",
        .plural = "deletebackuprequests",
        .version = "v1",
        .description = "Asks for the deletion of a backup and its files.",
        .columns = delete_backup_request_columns,
        .spec = delete_backup_request_spec,
        .status = delete_backup_request_status,
};

static const char download_request_spec[] =
        "target! object\n"
        " kind! enum "
        "BackupLog|BackupContents|BackupVolumeSnapshots|BackupItemOperations|BackupResourceList|"
        "BackupResults|RestoreLog|RestoreResults|RestoreResourceList|RestoreItemOperations|"
        "CSIBackupVolumeSnapshots|CSIBackupVolumeSnapshotContents|BackupVolumeInfos|RestoreVolumeInfo\n"
        " name! string\n";

static const char download_request_status[] = "downloadURL string\n"
                                              "expiration date\n"
                                              "phase enum New|Processed|Failed\n";

const CrdKind crd_download_request = {
        .kind = "DownloadRequest",
        .plural = "downloadrequests",
        .version = "v1",
        .description = "Asks for a link to a file of a backup or restore.",
        .spec = download_request_spec,
        .status = download_request_status,
};

static const char server_status_request_status[] = "phase enum New|Processed\n"
                                                   "plugins? list object\n"
                                                   " kind! string\n"
                                                   " name! string\n"
                                                   "processedTimestamp date\n"
                                                   "serverVersion string\n";

const CrdKind crd_server_status_request = {
        .kind = "ServerStatusRequest",
        .plural = "serverstatusrequests",
        .short_name = "ssr",
        .version = "v1",
        .description = "Asks the server who it is.",
        .spec = "",
        .status = server_status_request_status,
};
