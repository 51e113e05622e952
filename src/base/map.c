#include "base/map.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/siphash.h"

enum { FIRST_CAPACITY = 12, FIRST_SLOTS = 16 };

static SipKey key_of(const StrMap *map) {
        return (SipKey) { map->seed[0], map->seed[1] };
}

/* The slot of `key`, or the free one where it belongs. */
static unsigned *find_slot(const StrMap *map, Str key) {
        size_t mask = map->slot_count - 1;

        for (size_t i = sip_hash(key_of(map), &key, 1).low & mask;; i = (i + 1) & mask) {
                unsigned *slot = &map->slots[i];

                if (*slot == 0 || str_equal(map->entries[*slot - 1].key, key))
                        return slot;
        }
}

/* Three quarters of the slots have an entry, at most. */
static void grow(StrMap *map) {
        bool first = map->slot_count == 0;

        assert(map->len < UINT_MAX / 2);
        if (first) {
                SipKey key = sip_key_random();
                map->seed[0] = key.k0;
                map->seed[1] = key.k1;
        }
        map->capacity = first ? FIRST_CAPACITY : 2 * map->capacity;
        map->entries = xrealloc_array(map->entries, map->capacity, sizeof *map->entries);

        free(map->slots);
        map->slot_count = first ? FIRST_SLOTS : 2 * map->slot_count;
        map->slots = xcalloc(map->slot_count, sizeof *map->slots);
        for (size_t i = 0; i < map->len; i++)
                *find_slot(map, map->entries[i].key) = (unsigned) i + 1;
}

void *str_map_get(const StrMap *map, Str key) {
        if (map->len == 0)
                return NULL;

        unsigned slot = *find_slot(map, key);
        return slot ? map->entries[slot - 1].value : NULL;
}

void str_map_put(StrMap *map, Str key, void *value) {
        if (map->len == map->capacity)
                grow(map);

        unsigned *slot = find_slot(map, key);
        if (*slot) {
                map->entries[*slot - 1].value = value;
                return;
        }
        map->entries[map->len] = (StrMapEntry) { key, value };
        *slot = (unsigned) ++map->len;
}

void str_map_clear(StrMap *map) {
        free(map->entries);
        free(map->slots);
        *map = (StrMap) { 0 };
}
