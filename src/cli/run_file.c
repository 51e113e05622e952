#include "cli/run_file.h"

static const struct {
        BackupFile backup;
        RestoreFile restore;
        const char *backup_target, *restore_target;
} files[] = {
        [RUN_FILE_LOG] = { BACKUP_LOG, RESTORE_LOG, "BackupLog", "RestoreLog" },
        [RUN_FILE_RESULTS] = { BACKUP_RESULTS, RESTORE_RESULTS, "BackupResults", "RestoreResults" },
        [RUN_FILE_RESOURCE_LIST] = { BACKUP_RESOURCE_LIST, RESTORE_RESOURCE_LIST, "BackupResourceList",
                                     "RestoreResourceList" },
        [RUN_FILE_VOLUMES] = { BACKUP_VOLUME_INFO, RESTORE_VOLUME_INFO, "BackupVolumeInfos",
                               "RestoreVolumeInfo" },
        /* Velero's API has no kind of its own for it: an annotation says the rest (fetch.h). */
        [RUN_FILE_HOOKS] = { BACKUP_HOOKS, RESTORE_HOOKS, "BackupResults", "RestoreResults" },
        [RUN_FILE_CONTENTS] = { BACKUP_CONTENTS, RESTORE_LOG, "BackupContents", "" },
};

Str run_file_key(CatalogKind kind, RunFile file, Str run, Arena *arena) {
        return kind == CATALOG_BACKUPS ? backup_key(run, files[file].backup, arena)
                                       : restore_key(run, files[file].restore, arena);
}

const char *run_file_target(CatalogKind kind, RunFile file) {
        return kind == CATALOG_BACKUPS ? files[file].backup_target : files[file].restore_target;
}
