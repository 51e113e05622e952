/* restore.h - the Restore resource: decode, default, validate; and its JSON with status.
 *
 * Source: spec/restore-behaviour.md 2.1-2.4.  Text is borrowed from the document or lives in the arena. */
#pragma once
#include "api/hookspec.h"

typedef struct RestoreSpec {
        Str backup_name, schedule_name;
        Strs included_namespaces, excluded_namespaces;
        Strs included_resources, excluded_resources; /* with the nine that are never restored */
        JsonVal *namespace_mapping;                  /* object or NULL */
        LabelSelector selector;
        LabelSelector *or_selectors;
        size_t or_selectors_len;
        int restore_pvs;               /* -1 not set, 0, 1 */
        int include_cluster_resources; /* -1 not set, 0, 1 */
        bool preserve_node_ports;
        bool has_restore_status;
        Strs status_included, status_excluded;
        bool update_existing;  /* existingResourcePolicy: update */
        Str resource_modifier; /* name of the ConfigMap; empty: none */
        HookSpec hooks;
} RestoreSpec;

typedef struct Restore {
        Str name, namespace;
        JsonVal *labels, *annotations;
        JsonVal *spec_json;
        RestoreSpec spec;
} Restore;

Restore restore_decode(JsonVal *object, Arena *arena, Faults *faults);
/* The namespace an object of `namespace` goes to. */
Str restore_target_namespace(const RestoreSpec *spec, Str namespace);

typedef struct RestoreStatus {
        const char *phase;
        int64_t start_ms, completion_ms;
        uint64_t total_items, items_restored;
        uint64_t errors, warnings;
        uint64_t hooks_attempted, hooks_failed;
        Str failure_reason;
        Strs validation_errors;
} RestoreStatus;

/* status as the Restore in the cluster has it; absent parts are left out. */
JsonMutVal *restore_status_json(const RestoreStatus *status, JsonMutDoc *doc);
/* spec with what the server fills in: the backup's name, what is never restored, time-outs. */
JsonMutVal *restore_spec_json(const Restore *restore, JsonMutDoc *doc);

void restore_encode(const Restore *restore, const RestoreStatus *status, Buf *into);
