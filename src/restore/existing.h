/* existing.h - what is done with an object that the cluster has already.
 *
 * Pure: the cluster's object and the one we would have created in, a patch out.  What only the API server knows of
 * an object (uid, managedFields, status …) does not count as a difference.
 * Source: spec/restore-behaviour.md 3.14; decisions/0004-restore-one-request.md. */
#pragma once
#include "restore/item.h"

typedef struct ExistingLabels {
        Str backup, restore; /* values of Velero's two labels */
} ExistingLabels;

/* Merge patches belong to the item's document; NULL: nothing to change. */
bool existing_is_same(const RestoreItem *item, JsonVal *cluster, ExistingLabels labels);
JsonMutVal *existing_update_patch(const RestoreItem *item, JsonVal *cluster);
JsonMutVal *existing_labels_patch(const RestoreItem *item, ExistingLabels labels);
/* A service account gains what it lacks and loses nothing, whatever the policy. */
JsonMutVal *existing_account_patch(const RestoreItem *item, JsonVal *cluster);
