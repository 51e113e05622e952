/* crd.h - the CustomResourceDefinitions of group velero.io, from the tables in crd_*.c.
 *
 * Pure.  What is made belongs to `doc`; strings are copied or constant. */
#pragma once
#include "data/json.h"

enum { CRD_COUNT = 13 };

/* Kinds in alphabetical order, velero.io/v1 before v2alpha1. */
JsonMutVal *crd_build(size_t number, JsonMutDoc *doc);
