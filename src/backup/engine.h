/* engine.h - what the parts of one backup run share.
 *
 * Made by execute.c, constant while workers run but for what guards itself.  Private to this folder. */
#pragma once
#include <stdatomic.h>

#include "backup/backup_execute.h"
#include "backup/filter.h"
#include "backup/item.h"
#include "backup/names.h"
#include "backup/order.h"
#include "backup/related.h"
#include "backup/volumes.h"
#include "base/hashset.h"
#include "base/map.h"
#include "base/thread.h"

typedef struct EngineKind { /* a resource that is served, with the words about it made once */
        const KubeResource *resource;
        ItemKind item;
        FilterKind filter;
        Str key;             /* "apps/v1/Deployment", as in the resource list */
        size_t number;       /* in Engine.kinds and Names */
        bool is_listed;      /* its objects are looked for */
        const Strs *ordered; /* names that come first, or NULL */
} EngineKind;

typedef struct Engine {
        const BackupRun *run;
        Log *log;
        Backup backup; /* with the namespaces that opted out among the excluded ones */
        Policy policy;
        JsonDoc *policy_doc; /* what the policy borrows from */
        Filter filter;
        Order order;
        Strs namespaces, opted_out; /* that exist; those of them with the exclude label */
        bool has_namespaces;        /* they could be listed */
        EngineKind *kinds;          /* in the order in which they are listed */
        size_t kind_count;
        StrMap kinds_by_name; /* group-resource → EngineKind */

        HashSet *seen;    /* (apiVersion/Kind, namespace, name) of what was taken up */
        HashSet *touched; /* namespaces in which something was collected */
        Names *names;
        Volumes *volumes;
        RoleIndex *roles;
        HookResults *hook_results;
        GzipFile *tarball; /* NULL in a dry run */

        Mutex lock;
        Error fatal GUARDED_BY(&lock); /* the first error that ends the run */
        _Atomic bool has_failed;
} Engine;

/* NULL when it is not served. */
const EngineKind *engine_kind(const Engine *engine, Str group_resource);
/* Notes the error that ends the run; later ones are dropped.  Takes `err` over. */
void engine_fail(Engine *engine, Error *err);
/* The run has failed or was stopped: no new work. */
bool engine_is_over(const Engine *engine);
/* Every object of the kind that is kept comes from its own list, so that nobody needs to fetch it singly. */
bool engine_lists_all(const Engine *engine, const EngineKind *kind);
bool engine_adds_related(const Engine *engine, const EngineKind *kind);
