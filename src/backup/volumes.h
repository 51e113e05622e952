/* volumes.h - NAME-volumeinfo.json.gz: how the data of each volume was stored; here: that it was not.
 *
 * A restore reads it to decide how a PersistentVolume comes back, so every volume whose object is in the backup has
 * its entry.  Entries go to a temporary file.  Many threads may add.  Source: spec/backup-behaviour.md 5.8. */
#pragma once
#include <stdint.h>

#include "backup/gzip_file.h"
#include "data/json.h"

typedef struct Volumes Volumes;

bool volumes_new(Volumes **ret_volumes, Error *err) MUST_CHECK;
void volumes_free(Volumes *volumes);
DEFINE_AUTO(Volumes, volumes_free)

/* A PersistentVolume whose data is not stored, and why. */
bool volumes_add_skipped(Volumes *volumes, JsonVal *volume, Str reason, Error *err) MUST_CHECK;
uint64_t volumes_count(const Volumes *volumes);
bool volumes_write(Volumes *volumes, GzipPart *part, Error *err) MUST_CHECK;

/* One entry; pure. */
void volume_entry(JsonVal *volume, Str reason, Buf *into);
