/* fields.h - reading an object field by field, with a fault for everything that is not as it should be.
 *
 * A field that nobody knows is an error, not silence: a misspelt `onError` would otherwise decide over a backup.
 * null counts as absent, as Kubernetes reads it.  Paths and messages live in the arena of `faults`. */
#pragma once
#include "base/faults.h"
#include "data/json.h"

/* "spec.hooks" and "resources" make "spec.hooks.resources". */
Str field_path(Str path, const char *key, Arena *arena);
Str field_path_item(Str path, size_t i, Arena *arena); /* path[3] */

/* NULL for absent and for null. */
JsonVal *field_get(JsonVal *object, const char *key);

/* False, with a fault, when `object` is not an object; a fault for each field not in `known` (NULL-terminated). */
bool fields_check(JsonVal *object, Str path, const char *const *known, Faults *faults);

/* Each returns "absent" (empty, NULL, -1), with a fault, when the field is of another type. */
Str field_str(JsonVal *object, const char *key, Str path, Faults *faults);
JsonVal *field_list(JsonVal *object, const char *key, Str path, Faults *faults);
Strs field_strs(JsonVal *object, const char *key, Str path, Arena *arena, Faults *faults);
/* An object whose values are strings: labels, annotations, orderedResources.  NULL when it is not an object. */
JsonVal *field_str_map(JsonVal *object, const char *key, Str path, Faults *faults);
int field_bool(JsonVal *object, const char *key, Str path, Faults *faults); /* -1 absent, 0, 1 */
/* Milliseconds; `otherwise` when absent or wrong.  A number without a unit is a fault that shows how to write it. */
int64_t field_duration(JsonVal *object, const char *key, Str path, int64_t otherwise, Faults *faults);
/* The same, where a negative one makes no sense: a fault that shows `example`.  0 when absent or wrong. */
int64_t field_duration_from_0(JsonVal *object, const char *key, Str path, const char *example,
                              Faults *faults);

/* The known word that differs from `text` in at most two letters (or only in case); empty when none does. */
Str field_closest(Str text, const char *const *known);
