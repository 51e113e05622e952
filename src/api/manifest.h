/* manifest.h - a file that holds a Backup, Restore or Schedule, YAML or JSON.
 *
 * A Schedule counts as the Backup it would make: its template, with hooks at spec.template.hooks (Velero) or at
 * spec.template.spec.hooks (the reference page); both at once is a fault.  One manifest a file; other
 * documents in it are a fault that names their kind. */
#pragma once
#include "api/backup.h"
#include "api/restore.h"
#include "data/yaml.h"

typedef enum ManifestKind { MANIFEST_BACKUP, MANIFEST_RESTORE, MANIFEST_SCHEDULE } ManifestKind;

typedef struct Manifest {
        ManifestKind kind;
        YamlDocs docs;
        JsonDoc *object; /* the Backup or Restore as it will run (a Schedule's Backup is made here) */
        YamlDoc *lines;  /* where paths of it stand in the file */
} Manifest;

/* "-" reads standard input.  ERROR_INVALID with all faults when the file is not such a manifest. */
bool manifest_read(Str path, Manifest *ret_manifest, Error *err) MUST_CHECK;
bool manifest_parse(Str text, const char *what, Manifest *ret_manifest, Error *err) MUST_CHECK;
void manifest_clear(Manifest *manifest);
