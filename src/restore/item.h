/* item.h - one object on its way from the backup into the cluster.
 *
 * It is edited as JSON, so that fields that nobody here knows come through untouched.  It belongs to one thread. */
#pragma once
#include "data/json.h"

typedef struct RestoreItem {
        Str resource;  /* the archive's folder: "pods", "deployments.apps" */
        Str namespace; /* in the backup; empty: cluster-scoped */
        Str target;    /* the namespace it goes to */
        Str name;
        JsonVal *backup;    /* as it was backed up */
        JsonMutDoc *doc;    /* owns `object` */
        JsonMutVal *object; /* as it will be created */
        Arena *arena;
} RestoreItem;

static inline bool item_is(const RestoreItem *item, const char *resource) {
        return str_equal(item->resource, str_of(resource));
}
