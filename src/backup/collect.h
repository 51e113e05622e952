/* collect.h - reading the cluster: list jobs, worked off by a few threads.
 *
 * One job is one list call with its pages: a kind, in one namespace or in all, with one label selector.  What
 * can't be listed is an error in the log and the others go on.  Source: spec/backup-behaviour.md 3.3, 3.7, 3.8. */
#pragma once
#include "backup/worker.h"

typedef struct CollectJob {
        const EngineKind *kind;
        Str namespace, selector; /* empty: all */
        bool is_ordered;         /* fetch kind->ordered one by one instead of a list */
        bool takes_all;          /* the visit is given what the selectors did not choose as well */
} CollectJob;

typedef struct CollectJobs {
        CollectJob *items; /* in the arena */
        size_t len, capacity;
} CollectJobs;

/* The kind's ordered objects, if it has any; comes before its lists. */
void collect_add_ordered(const EngineKind *kind, Arena *arena, CollectJobs *jobs);
/* Lists of the kind, with the selectors, in the included namespaces. */
void collect_add_kind(const Engine *engine, const EngineKind *kind, Arena *arena, CollectJobs *jobs);
/* Lists of the whole kind in the included namespaces, whatever the selectors say. */
void collect_add_all(const Engine *engine, const EngineKind *kind, Arena *arena, CollectJobs *jobs);

/* What to do with an object that the selectors chose.  Called from many threads, each with its own worker. */
typedef bool (*CollectVisit)(void *user, Worker *worker, const EngineKind *kind, JsonVal *object, Error *err);
/* worker_store, as a visit. */
bool collect_store(void *user, Worker *worker, const EngineKind *kind, JsonVal *object, Error *err);

/* Returns when all jobs are done, or the run is over (see engine_fail). */
void collect_run(Engine *engine, const CollectJobs *jobs, CollectVisit visit, void *user);
