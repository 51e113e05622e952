/* change.h - a merge patch of one object in the making: what changes, and nothing else.
 *
 * `{ 0 }` is an empty one; give it back with change_clear.  Text is copied. */
#pragma once
#include "data/json.h"

typedef struct Change {
        JsonMutDoc *doc;
        JsonMutVal *root; /* NULL: nothing changes yet */
} Change;

void change_clear(Change *change);
static inline bool change_is_empty(const Change *change) {
        return change->root == NULL;
}

/* `part` is "spec", "status" or "metadata". */
void change_str(Change *change, const char *part, const char *key, Str value);
void change_time(Change *change, const char *part, const char *key, int64_t wall_ms); /* RFC 3339 */
void change_bool(Change *change, const char *part, const char *key, bool value);
void change_strs(Change *change, const char *part, const char *key, const Strs *values);
void change_remove(Change *change, const char *part, const char *key); /* the field will be absent */

/* The object `key` of that part, for a change deeper inside; of change->doc. */
JsonMutVal *change_object(Change *change, const char *part, const char *key);

/* An empty value takes it away. */
void change_label(Change *change, const char *key, Str value);
void change_annotation(Change *change, const char *key, Str value);
