/* json_keys.h - the keys of JSON objects, in their own order or that of their bytes.
 *
 * Private to data.  A stack: whoever walks nested objects pushes the keys of one,
 * walks into the next, and pops; one array serves the whole walk.  Use indexes,
 * not pointers, into `items` across a push. */
#pragma once
#include "data/json.h"

typedef struct JsonKeys {
        JsonVal **items;
        size_t len, capacity;
} JsonKeys;

/* Where the keys of this object start; what is no object has none. */
size_t json_keys_push(JsonKeys *keys, JsonVal *object, bool sorted);
static inline void json_keys_pop(JsonKeys *keys, size_t start) {
        keys->len = start;
}
void json_keys_clear(JsonKeys *keys);
