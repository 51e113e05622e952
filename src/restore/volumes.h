/* volumes.h - which persistent volumes come back as they were, and which are made anew.
 *
 * Volume data is not restored: a volume whose data lies in a snapshot or in a repository is made anew, empty, and
 * that is an error that says so.  Pure but for volumes_read.  Source: spec/restore-behaviour.md 3.10. */
#pragma once
#include "base/map.h"
#include "restore/item.h"
#include "store/layout.h"

typedef struct VolumeRecords { /* what the backup says of its volumes; owns the documents */
        JsonDoc *volume_info, *snapshots, *pod_volumes;
        StrMap by_volume; /* PV name to its volume info */
} VolumeRecords;

/* Files that are not there count as empty. */
bool volumes_read(Store *store, Str backup, VolumeRecords *ret_records, Error *err) MUST_CHECK;
void volume_records_index(VolumeRecords *records);
void volume_records_clear(VolumeRecords *records);

typedef enum VolumeFate {
        VOLUME_AS_IS,     /* the object is restored and bound to its claim in advance */
        VOLUME_PROVISION, /* not restored; its claim gets a new one */
} VolumeFate;

typedef struct VolumeDecision {
        VolumeFate fate;
        const char *why;       /* for the log */
        const char *lost_data; /* where the data is that does not come back, or NULL */
} VolumeDecision;

VolumeDecision volume_decide(const VolumeRecords *records, JsonVal *volume, int restore_pvs);

/* Forgets the binding; the claim it is reserved for moves with the namespace. */
void volume_reset_binding(RestoreItem *item, Str claim_namespace);
/* A claim forgets a volume that is not restored. */
void claim_reset_binding(RestoreItem *item, bool is_volume_provisioned);
