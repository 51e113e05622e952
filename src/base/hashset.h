/* hashset.h - which things were seen already, in 16 bytes a thing.
 *
 * Things are told apart by a keyed 128-bit hash (SipHash-2-4-128 with a random
 * key per set), so that whoever names objects cannot make two of them collide.
 * Safe for use from many threads at once. */
#pragma once
#include "base/cleanup.h"
#include "base/str.h"

typedef struct HashSet HashSet;

HashSet *hash_set_new(void);
void hash_set_free(HashSet *set);
DEFINE_AUTO(HashSet, hash_set_free)

/* Adds the thing named by `parts` (["v1/Pod", "ns", "name"] differs from
 * ["v1/Pod", "nsn", "ame"]).  True when it was not there before. */
bool hash_set_add(HashSet *set, const Str *parts, size_t count);
bool hash_set_has(HashSet *set, const Str *parts, size_t count);
size_t hash_set_len(HashSet *set);
