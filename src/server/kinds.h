/* kinds.h - the kinds of objects that the server works with, and its view of them.
 *
 * One cache a kind.  A cache may lag: what must not happen twice is decided on objects_get. */
#pragma once
#include "kube/cache.h"

typedef enum ServerKind {
        KIND_BACKUP,
        KIND_RESTORE,
        KIND_SCHEDULE,
        KIND_LOCATION,
        KIND_DELETE_REQUEST,
        KIND_DOWNLOAD_REQUEST,
        KIND_STATUS_REQUEST,
        KIND_COUNT
} ServerKind;

typedef struct Kinds Kinds;

typedef struct KindsOptions {
        KubeClient *client;
        const Discovery *discovery;
        Str namespace;
        const Stop *stop;
        void (*on_change)(void *user, ServerKind kind, Str name);
        void (*on_problem)(void *user, ServerKind kind, Str problem);
        void *user;
} KindsOptions;

/* Fails when a CRD is missing: all of them are named, and how to install them. */
bool kinds_open(const KindsOptions *options, Kinds **ret_kinds, Error *err) MUST_CHECK;
void kinds_free(Kinds *kinds);
DEFINE_AUTO(Kinds, kinds_free)
/* Waits until everything that exists was read. */
bool kinds_wait(Kinds *kinds, int64_t timeout_ms, Error *err) MUST_CHECK;

const KubeResource *kinds_resource(const Kinds *kinds, ServerKind kind);
const char *kind_name(ServerKind kind); /* "Backup" */

/* A copy from the cache; NULL when there is none. */
JsonDoc *kinds_get(Kinds *kinds, ServerKind kind, Str name);
void kinds_names(Kinds *kinds, ServerKind kind, Arena *arena, Strs *names); /* sorted */

/* Calls `visit` with each object of the cache in order of names, until it returns false. */
void kinds_each(Kinds *kinds, ServerKind kind, bool (*visit)(void *user, JsonVal *object), void *user);
