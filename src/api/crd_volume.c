#include "api/crd_kinds.h"

static const char pod_volume_backup_spec[] = "backupStorageLocation! string\n"
                                             "cancel boolean\n"
                                             "node! string\n"
                                             "pod! atomic\n"
                                             " apiVersion string\n"
                                             " fieldPath string\n"
                                             " kind string\n"
                                             " name string\n"
                                             " namespace string\n"
                                             " resourceVersion string\n"
                                             " uid string\n"
                                             "repoIdentifier! string\n"
                                             "tags map\n"
                                             "uploaderSettings? map\n"
                                             "uploaderType enum kopia|restic|\n"
                                             "volume! string\n";

static const char pod_volume_backup_status[] =
        "acceptedTimestamp date\n"
        "completionTimestamp date\n"
        "incrementalBytes int64\n"
        "message string\n"
        "path string\n"
        "phase enum New|Accepted|Prepared|InProgress|Canceling|Canceled|Completed|Failed\n"
        "progress object\n"
        " bytesDone int64\n"
        " totalBytes int64\n"
        "snapshotID string\n"
        "startTimestamp date\n";

static const char pod_volume_backup_columns[] = "Status|string|.status.phase\n"
                                                "Started|date|.status.startTimestamp\n"
                                                "Bytes Done|int64|.status.progress.bytesDone\n"
                                                "Total Bytes|int64|.status.progress.totalBytes\n"
                                                "Incremental Bytes|int64|.status.incrementalBytes|10\n"
                                                "Storage Location|string|.spec.backupStorageLocation\n"
                                                "Age|date|.metadata.creationTimestamp\n"
                                                "Node|string|.status.node\n"
                                                "Uploader|string|.spec.uploaderType\n";

const CrdKind crd_pod_volume_backup = {
        .kind = "PodVolumeBackup",
        .plural = "podvolumebackups",
        .version = "v1",
        .description = "The capture of a volume of a pod, file by file.",
        .columns = pod_volume_backup_columns,
        .spec = pod_volume_backup_spec,
        .status = pod_volume_backup_status,
};

static const char pod_volume_restore_spec[] = "backupStorageLocation! string\n"
                                              "cancel boolean\n"
                                              "pod! atomic\n"
                                              " apiVersion string\n"
                                              " fieldPath string\n"
                                              " kind string\n"
                                              " name string\n"
                                              " namespace string\n"
                                              " resourceVersion string\n"
                                              " uid string\n"
                                              "repoIdentifier! string\n"
                                              "snapshotID! string\n"
                                              "snapshotSize int64\n"
                                              "sourceNamespace! string\n"
                                              "uploaderSettings? map\n"
                                              "uploaderType enum kopia|restic|\n"
                                              "volume! string\n";

static const char pod_volume_restore_status[] =
        "acceptedTimestamp date\n"
        "completionTimestamp date\n"
        "message string\n"
        "node string\n"
        "phase enum New|Accepted|Prepared|InProgress|Canceling|Canceled|Completed|Failed\n"
        "progress object\n"
        " bytesDone int64\n"
        " totalBytes int64\n"
        "startTimestamp date\n";

static const char pod_volume_restore_columns[] = "Status|string|.status.phase\n"
                                                 "Started|date|.status.startTimestamp\n"
                                                 "Bytes Done|int64|.status.progress.bytesDone\n"
                                                 "Total Bytes|int64|.status.progress.totalBytes\n"
                                                 "Storage Location|string|.spec.backupStorageLocation\n"
                                                 "Age|date|.metadata.creationTimestamp\n"
                                                 "Node|string|.status.node\n"
                                                 "Uploader Type|string|.spec.uploaderType\n";

const CrdKind crd_pod_volume_restore = {
        .kind = "PodVolumeRestore",
        .plural = "podvolumerestores",
        .version = "v1",
        .description = "The restore of a volume of a pod, file by file.",
        .columns = pod_volume_restore_columns,
        .spec = pod_volume_restore_spec,
        .status = pod_volume_restore_status,
};

static const char data_upload_spec[] = "backupStorageLocation! string\n"
                                       "cancel boolean\n"
                                       "csiSnapshot? object\n"
                                       " driver string\n"
                                       " snapshotClass string\n"
                                       " storageClass! string\n"
                                       " volumeSnapshot! string\n"
                                       "dataMoverConfig? map\n"
                                       "datamover string\n"
                                       "operationTimeout! string\n"
                                       "snapshotType! string\n"
                                       "sourceNamespace! string\n"
                                       "sourcePVC! string\n";

static const char data_upload_status[] =
        "acceptedByNode string\n"
        "acceptedTimestamp date\n"
        "completionTimestamp date\n"
        "dataMoverResult? map\n"
        "incrementalBytes int64\n"
        "message string\n"
        "node string\n"
        "nodeOS enum auto|linux|windows\n"
        "path string\n"
        "phase enum New|Accepted|Prepared|InProgress|Canceling|Canceled|Completed|Failed\n"
        "progress object\n"
        " bytesDone int64\n"
        " totalBytes int64\n"
        "snapshotID string\n"
        "startTimestamp date\n";

static const char data_upload_columns[] = "Status|string|.status.phase\n"
                                          "Started|date|.status.startTimestamp\n"
                                          "Bytes Done|int64|.status.progress.bytesDone\n"
                                          "Total Bytes|int64|.status.progress.totalBytes\n"
                                          "Incremental Bytes|int64|.status.incrementalBytes|10\n"
                                          "Storage Location|string|.spec.backupStorageLocation\n"
                                          "Age|date|.metadata.creationTimestamp\n"
                                          "Node|string|.status.node\n";

const CrdKind crd_data_upload = {
        .kind = "DataUpload",
        .plural = "datauploads",
        .version = "v2alpha1",
        .description = "The upload of a snapshot of a volume.",
        .columns = data_upload_columns,
        .spec = data_upload_spec,
        .status = data_upload_status,
};

static const char data_download_spec[] = "backupStorageLocation! string\n"
                                         "cancel boolean\n"
                                         "dataMoverConfig map\n"
                                         "datamover string\n"
                                         "nodeOS enum auto|linux|windows\n"
                                         "operationTimeout! string\n"
                                         "snapshotID! string\n"
                                         "snapshotSize int64\n"
                                         "sourceNamespace! string\n"
                                         "targetVolume! object\n"
                                         " namespace! string\n"
                                         " pv! string\n"
                                         " pvc! string\n";

static const char data_download_status[] =
        "acceptedByNode string\n"
        "acceptedTimestamp date\n"
        "completionTimestamp date\n"
        "message string\n"
        "node string\n"
        "phase enum New|Accepted|Prepared|InProgress|Canceling|Canceled|Completed|Failed\n"
        "progress object\n"
        " bytesDone int64\n"
        " totalBytes int64\n"
        "startTimestamp date\n";

static const char data_download_columns[] = "Status|string|.status.phase\n"
                                            "Started|date|.status.startTimestamp\n"
                                            "Bytes Done|int64|.status.progress.bytesDone\n"
                                            "Total Bytes|int64|.status.progress.totalBytes\n"
                                            "Storage Location|string|.spec.backupStorageLocation\n"
                                            "Age|date|.metadata.creationTimestamp\n"
                                            "Node|string|.status.node\n";

const CrdKind crd_data_download = {
        .kind = "DataDownload",
        .plural = "datadownloads",
        .version = "v2alpha1",
        .description = "The download of a snapshot of a volume.",
        .columns = data_download_columns,
        .spec = data_download_spec,
        .status = data_download_status,
};
