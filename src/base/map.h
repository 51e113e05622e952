/* map.h - strings to pointers, in order of insertion.  `{ 0 }` is empty.
 *
 * Keys are borrowed and must outlive the map.  Not for sharing between threads. */
#pragma once
#include <stdint.h>

#include "base/str.h"

typedef struct StrMapEntry {
        Str key;
        void *value;
} StrMapEntry;

typedef struct StrMap {
        StrMapEntry *entries; /* in order of insertion */
        size_t len, capacity;
        unsigned *slots; /* open addressing; entry number + 1, 0 is free */
        size_t slot_count;
        uint64_t seed[2]; /* of the hash, so that nobody can choose keys that collide */
} StrMap;

void *str_map_get(const StrMap *map, Str key);       /* NULL when absent */
void str_map_put(StrMap *map, Str key, void *value); /* replaces */
void str_map_clear(StrMap *map);                     /* frees the map, not the values */
