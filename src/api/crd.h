/* crd.h - the CustomResourceDefinitions of group velero.io, from the tables in crd_*.c.
 *
 * Pure.  What is made belongs to `doc`; strings are copied or constant. */
#pragma once
#include "base/strs.h"
#include "data/json.h"

enum { CRD_COUNT = 13 };

/* Kinds in alphabetical order, velero.io/v1 before v2alpha1. */
JsonMutVal *crd_build(size_t number, JsonMutDoc *doc);

/* What is at spec.versions[name == "v1"].schema.openAPIV3Schema of a definition; NULL when there is none. */
JsonVal *crd_schema(JsonVal *definition);
/* Adds every field of schema `ours` that `theirs` does not know, so that an API server drops it:
 * "spec.hooks.resources[].postHooks[].exec.timeout".  Of a missing object only the object.  Texts live in the arena. */
void crd_missing_fields(JsonVal *ours, JsonVal *theirs, Arena *arena, Strs *fields);
