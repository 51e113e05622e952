/* backup.h - the Backup resource: decode, default, validate; and its JSON with status.
 *
 * Source: spec/backup-behaviour.md 2.2-2.4, 5.4.  Text is borrowed from the document or lives in the arena. */
#pragma once
#include "api/hookspec.h"

typedef struct BackupSpec {
        Strs included_namespaces, excluded_namespaces;
        Strs included_resources, excluded_resources;
        int include_cluster_resources; /* -1 not set, 0, 1 */
        Strs included_cluster_scoped, excluded_cluster_scoped;
        Strs included_namespace_scoped, excluded_namespace_scoped;
        LabelSelector selector;
        LabelSelector *or_selectors;
        size_t or_selectors_len;
        JsonVal *ordered_resources; /* object: plural name to "ns/a,ns/b" */
        int snapshot_volumes;       /* -1 not set, 0, 1 */
        int64_t ttl_ms;             /* 720 h when not given */
        Str resource_policy;        /* name of the ConfigMap; empty: none */
        Str storage_location;
        HookSpec hooks;
} BackupSpec;

typedef struct Backup {
        Str name, namespace; /* namespace "velero" when not given */
        JsonVal *labels, *annotations;
        JsonVal *metadata;  /* as the API server has it; without a uid in it one is made up */
        JsonVal *spec_json; /* as written */
        BackupSpec spec;
} Backup;

/* `object` is a whole Backup.  All faults are added; the result is usable only when none is an error. */
Backup backup_decode(JsonVal *object, Arena *arena, Faults *faults);

typedef struct BackupStatus {
        const char *phase;                              /* "Completed", … */
        int64_t start_ms, completion_ms, expiration_ms; /* wall; 0: absent */
        uint64_t total_items, items_backed_up;
        uint64_t errors, warnings;
        uint64_t hooks_attempted, hooks_failed;
        Str failure_reason;
        Strs validation_errors;
} BackupStatus;

typedef struct SourceCluster {
        Str git_version, major, minor;
} SourceCluster;

/* status as the Backup in the cluster has it; absent parts are left out. */
JsonMutVal *backup_status_json(const BackupStatus *status, JsonMutDoc *doc);

/* velero-backup.json: pretty-printed, with Velero's defaults written in, as Velero stores it. */
void backup_encode(const Backup *backup, const BackupStatus *status, const SourceCluster *cluster, Buf *into);

/* Velero's short form of a label value that is too long: first 57 characters and 6 of its SHA-256. */
Str label_value(Str text, Arena *arena);
