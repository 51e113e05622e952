/* backup_spec.h - what decoding, encoding and the engine have to agree on about a Backup's spec. */
#pragma once
#include "api/backup.h"

/* The fields of Backup.spec in the order in which Velero writes them; ends with NULL. */
extern const char *const backup_spec_fields[];

/* The older filters (includedResources, excludedResources, includeClusterResources) are in use. */
bool backup_uses_old_filters(const BackupSpec *spec);
