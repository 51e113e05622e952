/* sync.h - which backups of a bucket become objects of the cluster, and which objects go: pure, for tests.
 *
 * Source: spec/backup-behaviour.md 7.4. */
#pragma once
#include "api/location.h"
#include "data/json.h"

/* In how many ms the location is to be read: 0: now; -1: never. */
int64_t sync_due_ms(const Location *location, int64_t server_ms, int64_t now_ms);

/* Those of `left` (sorted) that are not in `right` (sorted). */
void sync_only_in(const Strs *left, const Strs *right, Arena *arena, Strs *ret_only);

/* What velero-backup.json of folder `folder` becomes: NULL when it is not (yet) to be one.  ERROR_CORRUPT: it is no
 * backup of that name.  has_schedule tells whether the cluster has that very schedule. */
typedef struct SyncInto {
        Str folder, namespace, location;
        int64_t now_ms;
        bool (*has_schedule)(void *user, Str name, Str uid);
        void *user;
} SyncInto;
bool sync_make_backup(JsonVal *stored, const SyncInto *into, JsonMutDoc **ret_doc, Error *err) MUST_CHECK;
/* A PodVolumeBackup of the backup that is now `backup` in the cluster. */
JsonMutDoc *sync_make_pod_volume(JsonVal *stored, JsonVal *backup, Str location);

/* It came from that location, and is gone when its folder is. */
bool sync_may_be_orphan(JsonVal *backup, Str location);
