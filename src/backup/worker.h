/* worker.h - one thread's way from an object of the cluster to a record of the tarball.
 *
 * What a function logs and goes on with, it answers true for; false is for what ends the run.
 * Source: spec/backup-behaviour.md 3.11. */
#pragma once
#include "backup/engine.h"

typedef struct RecordScratch { /* memory that is used again for each record */
        Buf bytes, path;
} RecordScratch;
void record_scratch_clear(RecordScratch *scratch);

typedef struct Worker {
        Engine *engine;
        GzipPart part;
        Arena arena; /* of one list page */
        RecordScratch scratch;
        Str last_namespace; /* the last one that was marked as touched; lives in the arena */
} Worker;

void worker_init(Worker *worker, Engine *engine);
void worker_clear(Worker *worker);
bool worker_flush(Worker *worker, Error *err) MUST_CHECK;

/* Whether the object is to be taken up: not deleted, not opted out, its namespace wanted, not seen before.  It
 * counts as seen from then on. */
bool worker_accepts(Worker *worker, const EngineKind *kind, JsonVal *object);

/* The objects that this one needs, each before its parent.  One that is gone is a warning; `ret_is_complete` is
 * false, with an error in the log, when one can't be read. */
bool worker_store_related(Worker *worker, const EngineKind *kind, JsonVal *object, bool *ret_is_complete,
                          Error *err) MUST_CHECK;

/* The records, the name, and what a volume's restore needs to know. */
bool worker_write(Worker *worker, const EngineKind *kind, JsonVal *object, Error *err) MUST_CHECK;

/* All of it: accept, related objects, write. */
bool worker_store(Worker *worker, const EngineKind *kind, JsonVal *object, Error *err) MUST_CHECK;

/* Reads one object and stores it; `ret_reason` (in the arena) says why it could not be read, empty when it
 * was, was gone (a warning unless `may_be_missing`) or is not wanted. */
bool worker_fetch(Worker *worker, ItemRef ref, bool may_be_missing, Str *ret_reason, Error *err) MUST_CHECK;

/* The object's two records at the end of `into`: readers that know one version of each kind take the first,
 * others the second. */
void record_add(const Engine *engine, const EngineKind *kind, JsonVal *object, RecordScratch *scratch,
                Buf *into);

/* The name goes to the resource list and the counters, with Velero's log line. */
bool worker_count(Engine *engine, const EngineKind *kind, Str namespace, Str name, Error *err) MUST_CHECK;
