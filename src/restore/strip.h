/* strip.h - takes away what belongs to the object's former life, and adds what belongs to its new one.
 *
 * Pure.  Source: spec/restore-behaviour.md 3.7 (4, 6, 12), 3.8; decisions/0004-restore-one-request.md. */
#pragma once
#include "api/restore.h"
#include "restore/item.h"

/* Also managedFields: the API server keeps none of them on create. */
void strip_metadata(JsonMutVal *object);
void strip_status(JsonMutVal *object);

/* The namespace it goes to and the two labels of Velero. */
void item_adopt(RestoreItem *item, Str backup_name, Str restore_name);
void item_put_labels(JsonMutDoc *doc, JsonMutVal *object, Str backup_label, Str restore_label);

/* A pod or job that has ended: nothing to restore. */
bool item_is_complete(const RestoreItem *item);
/* A static pod's image in the API: the kubelet owns it. */
bool item_is_mirror_pod(const RestoreItem *item);
/* Somebody manages fields by server-side apply, and would meet conflicts if that were forgotten. */
bool item_has_applied_fields(const RestoreItem *item);
