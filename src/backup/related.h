/* related.h - what an object needs beside itself, so that it is in the backup too.
 *
 * Pure.  pod → claims, priority class; claim → volume; service account → cluster role bindings and their
 * roles.  Source: spec/backup-behaviour.md 3.9, 3.12. */
#pragma once
#include "data/json.h"

typedef struct ItemRef {
        Str group_resource; /* "persistentvolumeclaims" */
        Str namespace, name;
} ItemRef;

typedef struct ItemRefs {
        ItemRef *items; /* in the arena */
        size_t len, capacity;
} ItemRefs;

/* Names are borrowed from the object. */
void related_find(Str group_resource, JsonVal *object, Arena *arena, ItemRefs *refs);

/* The claim is bound and names its volume. */
bool claim_is_bound(JsonVal *claim);

/* Which cluster roles are bound to which service account.  Grows with the bindings that name service accounts
 * (about 200 bytes each), not with the objects of the backup. */
typedef struct RoleIndex RoleIndex;
RoleIndex *role_index_new(void);
void role_index_free(RoleIndex *index);
DEFINE_AUTO(RoleIndex, role_index_free)
void role_index_add(RoleIndex *index, JsonVal *cluster_role_binding);
void role_index_find(const RoleIndex *index, Str namespace, Str account, Arena *arena, ItemRefs *refs);
