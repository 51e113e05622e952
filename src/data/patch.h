/* patch.h - RFC 6902 JSON patch, RFC 7386 merge patch, and the merge patch between two values.
 *
 * Pure: values in, values out.  The result belongs to `doc`; the input `target` is not changed. */
#pragma once
#include "data/json.h"

/* ERROR_CONFLICT when a "test" operation does not hold; ERROR_INVALID for anything wrong
 * with the patch, naming the operation by number. */
bool patch_json(JsonMutDoc *doc, JsonMutVal *target, JsonVal *operations, JsonMutVal **ret_value, Error *err)
        MUST_CHECK;
JsonMutVal *patch_merge(JsonMutDoc *doc, JsonMutVal *target, JsonVal *patch);
/* What turns `from` into `to`; NULL when they are equal. */
JsonMutVal *patch_diff(JsonMutDoc *doc, JsonMutVal *from, JsonMutVal *to);

/* RFC 6901; NULL when nothing is there. */
JsonMutVal *pointer_get(JsonMutVal *value, Str pointer);
