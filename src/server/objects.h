/* objects.h - reading and writing the server's own resources.
 *
 * Writes are JSON merge patches of what changes and nothing else, without a lock, so that several writers get along
 * (spec/backup-behaviour.md 2.1); what only one may do carries the resourceVersion that the decision was made on. */
#pragma once
#include "kube/object.h"
#include "server/server.h"

/* Fresh from the API server. */
bool objects_get(const Server *server, ServerKind kind, Str name, JsonDoc **ret_doc, Error *err) MUST_CHECK;

/* `patch` is an object of `doc`.  ret_doc may be NULL. */
bool objects_patch(const Server *server, ServerKind kind, Str name, JsonMutVal *patch, JsonDoc **ret_doc,
                   Error *err) MUST_CHECK;
/* Only if the object is still as `basis` (what it was decided on) has it: else ERROR_CONFLICT.  Puts the
 * resourceVersion into `patch`. */
bool objects_patch_if(const Server *server, ServerKind kind, JsonVal *basis, JsonMutDoc *doc,
                      JsonMutVal *patch, JsonDoc **ret_doc, Error *err) MUST_CHECK;
/* The last word about a run: tried for options->resource_timeout_ms, also after server->stop, but not after
 * server->lost; while the server is ending for 20 s at most. */
bool objects_patch_lasting(const Server *server, ServerKind kind, Str name, JsonMutVal *patch,
                           JsonDoc **ret_doc, Error *err) MUST_CHECK;

bool objects_create(const Server *server, ServerKind kind, JsonMutVal *object, JsonDoc **ret_doc, Error *err)
        MUST_CHECK;
/* Deleting what is not there succeeds. */
bool objects_delete(const Server *server, ServerKind kind, Str name, Error *err) MUST_CHECK;

/* Parts of our resources; "" and 0 when absent. */
Str object_phase(JsonVal *object); /* status.phase; "New" when empty */
int64_t object_time_ms(JsonVal *object, const char *part,
                       const char *key);  /* object_time_ms(backup, "status", "expiration") */
Str object_schedule(JsonVal *object);     /* the label velero.io/schedule-name */
bool object_is_deleting(JsonVal *object); /* has a deletionTimestamp */
