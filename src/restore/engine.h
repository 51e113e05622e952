/* engine.h - one restore while it runs: what its parts share.  Between the .c files of this folder only. */
#pragma once
#include "api/backup.h"
#include "base/hashset.h"
#include "restore/actions.h"
#include "restore/existing.h"
#include "restore/report.h"
#include "restore/select.h"
#include "restore/settings.h"
#include "restore/source.h"
#include "restore/volumes.h"

typedef struct TargetNamespace {
        Str name;      /* in the cluster */
        Str from;      /* in the backup: whose labels it gets */
        bool has_pods; /* pods or controllers are among what goes there */
        bool has_exec_annotation;
        bool is_missing; /* dry run: would be made, so nothing is in it */
        bool is_broken;  /* cannot be used; said once */
} TargetNamespace;

typedef struct Engine {
        const RestoreRun *run;
        Restore restore; /* with the backup's name resolved */
        Arena arena;
        BackupSource source;
        Contents *contents;
        VolumeRecords volumes;
        Settings settings;
        Discovery *refreshed; /* after CRDs were created, else NULL */
        const Discovery *discovery;
        Selection selection;
        ActionSetup actions;
        ExistingLabels labels;
        HashSet *seen; /* resource, target namespace, name */
        Report *report;
        HookResults *hook_results;
        RestoreHooks *hooks;                 /* NULL: dry run */
        bool has_exec_hooks, has_init_hooks; /* in the spec */
        TargetNamespace *targets;            /* in order of names */
        size_t targets_len;
        int64_t start_wall_ms;
        _Atomic uint64_t crds_changed;
} Engine;

/* Buffers that a worker uses for item after item. */
typedef struct RestoreWorker {
        Engine *engine;
        Arena arena;
        Buf text, body;
} RestoreWorker;

TargetNamespace *engine_target(Engine *engine, Str name); /* NULL for one that nothing goes to */
void engine_step(Engine *engine, const char *step);

/* restore_item.c: everything that happens to one object; `depth` counts objects found through objects. */
void restore_item(RestoreWorker *worker, ContentsGroup *group, ContentsItem *item, unsigned depth);

/* apply.c: the object into the cluster. */
ItemAction apply_item(RestoreWorker *worker, RestoreItem *item);

/* crds.c: until the API server serves the new kind. */
bool crd_wait(Engine *engine, Str name, Error *err) MUST_CHECK;
bool crd_is_served(JsonVal *crd); /* pure */
/* Reads the discovery anew, until it shows the kinds that were made. */
bool crds_discover(Engine *engine, Error *err) MUST_CHECK;

/* passes.c: CRDs, then namespaces, then the rest. */
bool restore_crds(Engine *engine, Error *err) MUST_CHECK;
bool restore_rest(Engine *engine, Error *err) MUST_CHECK;
/* Pods, and the controllers whose template makes pods; by the folder's name.  Pure. */
bool restore_makes_pods(Str resource);

/* files.c: log, results, lists and the Restore itself, the latter last. */
bool restore_files_write(Engine *engine, const RestoreStatus *status, Error *err) MUST_CHECK;
