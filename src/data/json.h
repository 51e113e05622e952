/* json.h - JSON documents, read with limits and looked at without ceremony.
 *
 * The one header of ours that shows a library's: yyjson values are used directly,
 * for speed.  Always read with json_parse: numbers that do not fit are kept as
 * their own text (raw values), depth and size have limits.  Reading functions
 * accept NULL and values of another type and answer "absent".  A Str got from a
 * value lives as long as its document. */
#pragma once
#include <yyjson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/strs.h"

typedef yyjson_val JsonVal;
typedef yyjson_doc JsonDoc;
typedef yyjson_mut_val JsonMutVal;
typedef yyjson_mut_doc JsonMutDoc;

DEFINE_AUTO(yyjson_doc, yyjson_doc_free)
DEFINE_AUTO(yyjson_mut_doc, yyjson_mut_doc_free)
#define AUTO_JSON AUTO(yyjson_doc_freep) JsonDoc
#define AUTO_JSON_MUT AUTO(yyjson_mut_doc_freep) JsonMutDoc

enum { JSON_DEPTH_MAX = 128, JSON_BYTES_MAX = 256 * 1024 * 1024 };

/* ERROR_CORRUPT "<what> is not JSON: <reason> at byte N"; also past the limits. */
bool json_parse(Str text, const char *what, JsonDoc **ret_doc, Error *err) MUST_CHECK;

static inline JsonVal *json_get(JsonVal *object, const char *key) {
        return yyjson_obj_get(object, key);
}
/* json_at(pod, "metadata", "labels") descends; NULL where the way ends. */
#define json_at(value, ...) json_at_keys(value, (const char *const[]) { __VA_ARGS__, NULL })
JsonVal *json_at_keys(JsonVal *value, const char *const *keys);

static inline Str json_str(JsonVal *value) { /* empty when not a string */
        return yyjson_is_str(value) ? (Str) { yyjson_get_str(value), yyjson_get_len(value) }
                                    : (Str) { "", 0 };
}
static inline Str json_get_str(JsonVal *object, const char *key) {
        return json_str(json_get(object, key));
}
JsonVal *json_get_key(JsonVal *object, Str key);
JsonVal *json_named(JsonVal *array, Str name); /* the first element whose "name" that is, or NULL */
bool json_get_bool(JsonVal *object, const char *key, bool otherwise);
int64_t json_get_int(JsonVal *object, const char *key, int64_t otherwise);
/* Adds the strings of an array; other elements are passed over. */
void json_add_strs(JsonVal *array, Arena *arena, Strs *strs);
bool json_equal(JsonVal *a, JsonVal *b); /* order of keys does not matter, numbers by text or value */

/* Compact text as the value is, at the end of `into`.  A string that is not UTF-8 is mended (U+FFFD). */
void json_write(JsonVal *value, Buf *into);
void json_write_mut(JsonMutVal *value, Buf *into);
/* Go's encoding: `<>&` and U+2028/9 escaped.  `indent` 0 is compact with sorted keys, as Velero stores items
 * (a Go map); else as many spaces a level and the value's own order, as velero-backup.json (a Go struct).
 * Numbers as the document has them: 1.0 stays 1.0. */
void json_write_go(JsonVal *value, int indent, Buf *into);
void json_write_go_mut(JsonMutVal *value, int indent, Buf *into);
/* A JSON string literal, with quotes, escaped as Go does. */
void json_write_string(Str text, Buf *into);

/* Object building; keys are literals, text is copied into the document. */
static inline void json_put_str(JsonMutDoc *doc, JsonMutVal *object, const char *key, Str value) {
        yyjson_mut_obj_add_strncpy(doc, object, key, value.ptr ? value.ptr : "", value.len);
}
static inline JsonMutVal *json_new_str(JsonMutDoc *doc, Str value) {
        return yyjson_mut_strncpy(doc, value.ptr ? value.ptr : "", value.len);
}
static inline Str json_mut_str(JsonMutVal *value) {
        return yyjson_mut_is_str(value) ? (Str) { yyjson_mut_get_str(value), yyjson_mut_get_len(value) }
                                        : (Str) { "", 0 };
}
#define json_mut_at(value, ...) json_mut_at_keys(value, (const char *const[]) { __VA_ARGS__, NULL })
JsonMutVal *json_mut_at_keys(JsonMutVal *value, const char *const *keys);
/* Sets or replaces; `value` must be of `doc`. */
void json_mut_set(JsonMutDoc *doc, JsonMutVal *object, Str key, JsonMutVal *value);
void json_mut_remove(JsonMutVal *object, const char *key);
/* The member object of that name, made when absent or null. */
JsonMutVal *json_mut_object(JsonMutDoc *doc, JsonMutVal *object, const char *key);
