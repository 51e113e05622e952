/* identity.h - what a Backup and a Restore begin with: kind, apiVersion, metadata; and lists of namespaces.
 *
 * Everything that is wrong is a fault with its path.  Text is borrowed from the document. */
#pragma once
#include "base/faults.h"
#include "data/json.h"

typedef struct Identity {
        Str name, namespace; /* namespace "velero" when not given */
        JsonVal *labels, *annotations;
} Identity;

Identity identity_decode(JsonVal *object, const char *kind, Faults *faults);

/* Names and patterns that a namespace can have (spec/backup-behaviour.md 2.4 rule 7). */
void identity_check_namespaces(const Strs *list, Str path, Faults *faults);
