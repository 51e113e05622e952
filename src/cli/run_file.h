/* run_file.h - the files of a backup or restore, by what they are for. */
#pragma once
#include "cli/catalog.h"

typedef enum RunFile {
        RUN_FILE_LOG,
        RUN_FILE_RESULTS,
        RUN_FILE_RESOURCE_LIST,
        RUN_FILE_VOLUMES,
        RUN_FILE_HOOKS,   /* ours */
        RUN_FILE_CONTENTS /* of a backup */
} RunFile;

/* Its key in a store. */
Str run_file_key(CatalogKind kind, RunFile file, Str run, Arena *arena);
/* spec.target.kind of the DownloadRequest for it. */
const char *run_file_target(CatalogKind kind, RunFile file);
