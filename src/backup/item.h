/* item.h - what an object of the cluster becomes in the backup.
 *
 * Pure: JSON in, bytes out.  An object is written as the server gave it; only claims and objects with
 * Velero's own marks change.  Source: spec/backup-behaviour.md 3.4, 3.11, 3.12, 4.1. */
#pragma once
#include "data/json.h"
#include "kube/resource.h"

bool item_is_deleted(JsonVal *object);   /* has a deletionTimestamp */
bool item_is_opted_out(JsonVal *object); /* label velero.io/exclude-from-backup=true */
/* Annotation velero.io/skip-from-backup, which Velero heeds on kinds that have an item action. */
bool item_is_skipped(Str group_resource, JsonVal *object);

typedef struct ItemKind {
        Str group_resource, api_version, kind;
} ItemKind;

/* Adds the object's JSON; apiVersion and kind go first when the object lacks them, as items of a list do. */
void item_write(const ItemKind *kind, JsonVal *object, Str backup_name, Buf *into);

/* resources/pods/namespaces/NS/NAME.json; with `version` that version's folder ("v1-preferredversion"). */
void item_path(Str group_resource, Str version, Str namespace, Str name, Buf *into);
