#include "data/json.h"

#include <math.h>

#include "base/mem.h"
#include "data/json_keys.h"

/* yyjson itself does not recurse, but what walks its values does (ours included).  Values lie in the
 * order of the text, each container followed by all that is in it: one pass sees every level. */
static bool check_depth(JsonDoc *doc, const char *what, Error *err) {
        const JsonVal *ends[JSON_DEPTH_MAX];
        size_t depth = 0;
        JsonVal *value = yyjson_doc_get_root(doc), *end = value + yyjson_doc_get_val_count(doc);

        if (yyjson_doc_get_val_count(doc) <= JSON_DEPTH_MAX)
                return true;
        for (; value < end; value++) {
                while (depth && value >= ends[depth - 1])
                        depth--;
                if (!yyjson_is_ctn(value))
                        continue;
                if (depth == JSON_DEPTH_MAX)
                        return error_set(err, ERROR_CORRUPT, "%s is nested deeper than %d levels", what,
                                         JSON_DEPTH_MAX);
                ends[depth++] = unsafe_yyjson_get_next(value);
        }
        return true;
}

bool json_parse(Str text, const char *what, JsonDoc **ret_doc, Error *err) {
        AUTO_JSON *doc = NULL;
        yyjson_read_err reason;

        if (text.len == 0)
                return error_set(err, ERROR_CORRUPT, "%s is not JSON: it is empty", what);
        if (text.len > JSON_BYTES_MAX)
                return error_set(err, ERROR_CORRUPT, "%s is larger than %d bytes", what, JSON_BYTES_MAX);

        /* Without YYJSON_READ_INSITU the text is only read. */
        doc = yyjson_read_opts((char *) (uintptr_t) text.ptr, text.len, YYJSON_READ_BIGNUM_AS_RAW, NULL,
                               &reason);
        if (doc == NULL && reason.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
                out_of_memory();
        if (doc == NULL)
                return error_set(err, ERROR_CORRUPT, "%s is not JSON: %s at byte %zu", what, reason.msg,
                                 reason.pos);
        if (!check_depth(doc, what, err))
                return false;
        *ret_doc = TAKE(doc);
        return true;
}

JsonVal *json_at_keys(JsonVal *value, const char *const *keys) {
        for (; *keys && value; keys++)
                value = json_get(value, *keys);
        return value;
}

JsonVal *json_get_key(JsonVal *object, Str key) {
        return yyjson_obj_getn(object, key.ptr, key.len);
}

JsonVal *json_named(JsonVal *array, Str name) {
        JsonVal *element;
        size_t i, max;

        yyjson_arr_foreach(array, i, max, element) {
                if (str_equal(json_get_str(element, "name"), name))
                        return element;
        }
        return NULL;
}

bool json_get_bool(JsonVal *object, const char *key, bool otherwise) {
        JsonVal *value = json_get(object, key);

        return yyjson_is_bool(value) ? yyjson_get_bool(value) : otherwise;
}

int64_t json_get_int(JsonVal *object, const char *key, int64_t otherwise) {
        JsonVal *value = json_get(object, key);

        if (yyjson_is_sint(value))
                return yyjson_get_sint(value);
        if (yyjson_is_uint(value) && yyjson_get_uint(value) <= INT64_MAX)
                return (int64_t) yyjson_get_uint(value);
        if (yyjson_is_real(value)) {
                double real = yyjson_get_real(value);

                /* 2^63 is a double, INT64_MAX is not. */
                if (real == trunc(real) && real >= -0x1p63 && real < 0x1p63)
                        return (int64_t) real;
        }
        return otherwise;
}

void json_add_strs(JsonVal *array, Arena *arena, Strs *strs) {
        yyjson_arr_iter iter = yyjson_arr_iter_with(array);

        for (JsonVal *item; (item = yyjson_arr_iter_next(&iter));)
                if (yyjson_is_str(item))
                        strs_add(strs, arena, json_str(item));
}

static Str raw_of(JsonVal *value) {
        return (Str) { yyjson_get_raw(value), yyjson_get_len(value) };
}

static bool numbers_equal(JsonVal *a, JsonVal *b) {
        if (yyjson_is_real(a) || yyjson_is_real(b))
                return yyjson_get_num(a) == yyjson_get_num(b);
        /* The same bits may be a large uint and a negative sint. */
        return yyjson_get_uint(a) == yyjson_get_uint(b) &&
               (yyjson_is_sint(a) && yyjson_get_sint(a) < 0) == (yyjson_is_sint(b) && yyjson_get_sint(b) < 0);
}

static bool arrays_equal(JsonVal *a, JsonVal *b) {
        yyjson_arr_iter iter_a = yyjson_arr_iter_with(a), iter_b = yyjson_arr_iter_with(b);

        if (yyjson_arr_size(a) != yyjson_arr_size(b))
                return false;
        for (JsonVal *item; (item = yyjson_arr_iter_next(&iter_a));)
                if (!json_equal(item, yyjson_arr_iter_next(&iter_b)))
                        return false;
        return true;
}

/* Both are sorted, so that a hostile order of keys does not make this quadratic. */
static bool objects_equal(JsonVal *a, JsonVal *b) {
        AUTO(json_keys_clear) JsonKeys keys = { 0 };
        size_t count = yyjson_obj_size(a);

        if (count != yyjson_obj_size(b))
                return false;
        json_keys_push(&keys, a, true);
        json_keys_push(&keys, b, true);
        for (size_t i = 0; i < count; i++) {
                JsonVal *key_a = keys.items[i], *key_b = keys.items[count + i];

                if (!str_equal(json_str(key_a), json_str(key_b)) ||
                    !json_equal(yyjson_obj_iter_get_val(key_a), yyjson_obj_iter_get_val(key_b)))
                        return false;
        }
        return true;
}

bool json_equal(JsonVal *a, JsonVal *b) {
        if (a == b)
                return true;
        if (yyjson_get_type(a) != yyjson_get_type(b))
                return false;

        switch (yyjson_get_type(a)) {
        case YYJSON_TYPE_RAW:
                return str_equal(raw_of(a), raw_of(b));
        case YYJSON_TYPE_STR:
                return str_equal(json_str(a), json_str(b));
        case YYJSON_TYPE_NUM:
                return numbers_equal(a, b);
        case YYJSON_TYPE_BOOL:
                return yyjson_get_bool(a) == yyjson_get_bool(b);
        case YYJSON_TYPE_ARR:
                return arrays_equal(a, b);
        case YYJSON_TYPE_OBJ:
                return objects_equal(a, b);
        default:
                return true; /* null, or both absent */
        }
}

JsonMutVal *json_mut_at_keys(JsonMutVal *value, const char *const *keys) {
        for (; *keys && value; keys++)
                value = yyjson_mut_obj_get(value, *keys);
        return value;
}

void json_mut_set(JsonMutDoc *doc, JsonMutVal *object, Str key, JsonMutVal *value) {
        yyjson_mut_obj_put(object, json_new_str(doc, key), value);
}

void json_mut_remove(JsonMutVal *object, const char *key) {
        yyjson_mut_obj_remove_key(object, key);
}

JsonMutVal *json_mut_object(JsonMutDoc *doc, JsonMutVal *object, const char *key) {
        JsonMutVal *member = yyjson_mut_obj_get(object, key);

        if (member == NULL || yyjson_mut_is_null(member)) {
                member = yyjson_mut_obj(doc);
                json_mut_set(doc, object, str_of(key), member);
        }
        return member;
}
