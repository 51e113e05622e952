#include "data/patch.h"

#include <math.h>

/* "copy" can double a value with each operation: what is copied has limits. */
enum { OPERATIONS_MAX = 10000, COPIED_VALUES_MAX = 1000 * 1000 };

typedef struct Patcher {
        JsonMutDoc *doc;
        JsonMutVal *root;
        size_t copied_values;
} Patcher;

typedef struct Operation {
        Str name, path, from;
        bool has_from;
        JsonVal *value; /* NULL when there is none */
} Operation;

JsonMutVal *pointer_get(JsonMutVal *value, Str pointer) {
        return pointer.len ? yyjson_mut_ptr_getn(value, pointer.ptr, pointer.len) : value;
}

/* Adds the number of values below to *count; false when they are nested deeper than `depth`. */
static bool measure(JsonMutVal *value, size_t depth, size_t *count) {
        size_t i, max;
        JsonMutVal *key, *item;

        ++*count;
        if (yyjson_mut_is_ctn(value) && depth == 0)
                return false;
        if (yyjson_mut_is_obj(value)) {
                yyjson_mut_obj_foreach(value, i, max, key, item) {
                        if (!measure(item, depth - 1, count))
                                return false;
                }
        } else {
                yyjson_mut_arr_foreach(value, i, max, item) {
                        if (!measure(item, depth - 1, count))
                                return false;
                }
        }
        return true;
}

static bool check_size(Patcher *patcher, Str path, JsonMutVal *value, Error *err) {
        size_t depth = 0;

        for (size_t i = 0; i < path.len; i++)
                depth += path.ptr[i] == '/';
        if (depth > JSON_DEPTH_MAX || !measure(value, JSON_DEPTH_MAX - depth, &patcher->copied_values))
                return error_set(err, ERROR_INVALID, "the result is nested deeper than %d levels",
                                 JSON_DEPTH_MAX);
        if (patcher->copied_values > COPIED_VALUES_MAX)
                return error_set(err, ERROR_INVALID, "the patch adds more than %d values", COPIED_VALUES_MAX);
        return true;
}

static bool nothing_at(Str path, Error *err) {
        return error_set(err, ERROR_INVALID, "there is nothing at \"" STR_FMT "\"", STR_ARG(path));
}

/* yyjson's "add" would give an object a second member of that name, its "set" replaces in an array. */
static bool put_at(Patcher *patcher, Str path, JsonMutVal *value) {
        Str parent = path;

        while (parent.ptr[--parent.len] != '/')
                ;
        if (yyjson_mut_is_obj(pointer_get(patcher->root, parent)))
                return yyjson_mut_ptr_setx(patcher->root, path.ptr, path.len, value, patcher->doc, false,
                                           NULL, NULL);
        return yyjson_mut_ptr_addx(patcher->root, path.ptr, path.len, value, patcher->doc, false, NULL, NULL);
}

static bool add(Patcher *patcher, Str path, JsonMutVal *value, Error *err) {
        if (!check_size(patcher, path, value, err))
                return false;
        if (path.len == 0) {
                patcher->root = value;
                return true;
        }
        return put_at(patcher, path, value) ||
               error_set(err, ERROR_INVALID, "there is no place for \"" STR_FMT "\"", STR_ARG(path));
}

static bool remove_at(Patcher *patcher, Str path, Error *err) {
        if (path.len == 0)
                return error_set(err, ERROR_INVALID, "the whole value cannot be removed");
        return yyjson_mut_ptr_removen(patcher->root, path.ptr, path.len) || nothing_at(path, err);
}

static bool replace(Patcher *patcher, Str path, JsonMutVal *value, Error *err) {
        if (!check_size(patcher, path, value, err))
                return false;
        if (path.len == 0) {
                patcher->root = value;
                return true;
        }
        return yyjson_mut_ptr_replacen(patcher->root, path.ptr, path.len, value) || nothing_at(path, err);
}

static bool move(Patcher *patcher, const Operation *operation, Error *err) {
        Str path = operation->path, from = operation->from;
        JsonMutVal *value = pointer_get(patcher->root, from);

        if (!value)
                return nothing_at(from, err);
        if (str_equal(path, from))
                return true;
        if (str_starts_with(path, from) && path.ptr[from.len] == '/')
                return error_set(err, ERROR_INVALID, "\"" STR_FMT "\" cannot be moved into itself",
                                 STR_ARG(from));
        value = yyjson_mut_val_mut_copy(patcher->doc, value);
        return remove_at(patcher, from, err) && add(patcher, path, value, err);
}

static bool copy(Patcher *patcher, const Operation *operation, Error *err) {
        JsonMutVal *value = pointer_get(patcher->root, operation->from);

        if (!value)
                return nothing_at(operation->from, err);
        return add(patcher, operation->path, yyjson_mut_val_mut_copy(patcher->doc, value), err);
}

static bool numbers_equal(JsonMutVal *a, JsonMutVal *b) {
        if (yyjson_mut_is_raw(a) || yyjson_mut_is_raw(b))
                return yyjson_mut_equals(a, b);
        if (yyjson_mut_is_int(a) && yyjson_mut_is_int(b))
                return yyjson_mut_get_uint(a) == yyjson_mut_get_uint(b) &&
                       yyjson_mut_is_sint(a) == yyjson_mut_is_sint(b);
        double difference = yyjson_mut_get_num(a) - yyjson_mut_get_num(b);
        return fpclassify(difference) == FP_ZERO;
}

/* yyjson's own comparison tells 1 from 1.0, which RFC 6902 4.6 does not. */
static bool values_equal(JsonMutVal *a, JsonMutVal *b) {
        size_t i, max;
        JsonMutVal *key, *item;

        if ((yyjson_mut_is_num(a) || yyjson_mut_is_raw(a)) && (yyjson_mut_is_num(b) || yyjson_mut_is_raw(b)))
                return numbers_equal(a, b);
        if (yyjson_mut_is_obj(a) && yyjson_mut_is_obj(b)) {
                yyjson_mut_obj_iter other = yyjson_mut_obj_iter_with(b);

                if (yyjson_mut_obj_size(a) != yyjson_mut_obj_size(b))
                        return false;
                yyjson_mut_obj_foreach(a, i, max, key, item) {
                        Str name = json_mut_str(key);
                        JsonMutVal *twin = yyjson_mut_obj_iter_getn(&other, name.ptr, name.len);
                        if (!twin || !values_equal(item, twin))
                                return false;
                }
                return true;
        }
        if (yyjson_mut_is_arr(a) && yyjson_mut_is_arr(b)) {
                yyjson_mut_arr_iter other = yyjson_mut_arr_iter_with(b);

                if (yyjson_mut_arr_size(a) != yyjson_mut_arr_size(b))
                        return false;
                yyjson_mut_arr_foreach(a, i, max, item) {
                        if (!values_equal(item, yyjson_mut_arr_iter_next(&other)))
                                return false;
                }
                return true;
        }
        return yyjson_mut_equals(a, b);
}

static bool test(Patcher *patcher, const Operation *operation, JsonMutVal *value, Error *err) {
        JsonMutVal *found = pointer_get(patcher->root, operation->path);

        /* What is not there has no value: the test does not hold, it is no mistake in the patch. */
        return (found && values_equal(found, value)) ||
               error_set(err, ERROR_CONFLICT,
                         found ? "the value is another one" : "there is nothing to test");
}

static bool needs(bool has, const char *member, Error *err) {
        return has || error_set(err, ERROR_INVALID, "\"%s\" is missing", member);
}

static bool check_pointer(Str pointer, Error *err) {
        bool is_valid = pointer.len == 0 || pointer.ptr[0] == '/';

        for (size_t i = 0; i < pointer.len; i++)
                if (pointer.ptr[i] == '~' &&
                    (i + 1 == pointer.len || (pointer.ptr[i + 1] != '0' && pointer.ptr[i + 1] != '1')))
                        is_valid = false;
        return is_valid ||
               error_set(err, ERROR_INVALID,
                         "\"" STR_FMT "\" is not a JSON pointer (\"/a/b\"; ~ is written ~0, and / in a name "
                         "~1)",
                         STR_ARG(pointer));
}

static bool apply(Patcher *patcher, const Operation *operation, Error *err) {
        Str name = operation->name;
        JsonMutVal *value = yyjson_val_mut_copy(patcher->doc, operation->value);

        if (!check_pointer(operation->path, err) || !check_pointer(operation->from, err))
                return false;
        if (str_equal(name, STR("remove")))
                return remove_at(patcher, operation->path, err);
        if (str_equal(name, STR("move")))
                return needs(operation->has_from, "from", err) && move(patcher, operation, err);
        if (str_equal(name, STR("copy")))
                return needs(operation->has_from, "from", err) && copy(patcher, operation, err);
        if (str_equal(name, STR("add")))
                return needs(value, "value", err) && add(patcher, operation->path, value, err);
        if (str_equal(name, STR("replace")))
                return needs(value, "value", err) && replace(patcher, operation->path, value, err);
        if (str_equal(name, STR("test")))
                return needs(value, "value", err) && test(patcher, operation, value, err);
        return error_set(err, ERROR_INVALID, "unknown (add, remove, replace, move, copy and test are known)");
}

static bool apply_numbered(Patcher *patcher, JsonVal *object, size_t number, Error *err) {
        Operation operation = {
                .name = json_get_str(object, "op"),
                .path = json_get_str(object, "path"),
                .from = json_get_str(object, "from"),
                .has_from = yyjson_is_str(json_get(object, "from")),
                .value = json_get(object, "value"),
        };

        if (!yyjson_is_obj(object))
                return error_set(err, ERROR_INVALID, "operation %zu is not an object", number);
        if (!yyjson_is_str(json_get(object, "op")))
                return error_set(err, ERROR_INVALID, "operation %zu: \"op\" is missing", number);
        if (!yyjson_is_str(json_get(object, "path")))
                return error_set(err, ERROR_INVALID, "operation %zu: \"path\" is missing", number);
        return apply(patcher, &operation, err) ||
               error_prefix(err, "operation %zu (" STR_FMT " \"" STR_FMT "\")", number,
                            STR_ARG(operation.name), STR_ARG(operation.path));
}

bool patch_json(JsonMutDoc *doc, JsonMutVal *target, JsonVal *operations, JsonMutVal **ret_value,
                Error *err) {
        Patcher patcher = { .doc = doc };
        size_t i, count;
        JsonVal *operation;

        if (!yyjson_is_arr(operations))
                return error_set(err, ERROR_INVALID, "a JSON patch is a list of operations");
        if (yyjson_arr_size(operations) > OPERATIONS_MAX)
                return error_set(err, ERROR_INVALID, "the patch has more than %d operations", OPERATIONS_MAX);

        patcher.root = yyjson_mut_val_mut_copy(doc, target);
        yyjson_arr_foreach(operations, i, count, operation) {
                if (!apply_numbered(&patcher, operation, i + 1, err))
                        return false;
        }
        *ret_value = patcher.root;
        return true;
}

JsonMutVal *patch_merge(JsonMutDoc *doc, JsonMutVal *target, JsonVal *patch) {
        return yyjson_mut_merge_patch(doc, target, yyjson_val_mut_copy(doc, patch));
}

static void put(JsonMutDoc *doc, JsonMutVal **object, JsonMutVal *key, JsonMutVal *value) {
        if (!*object)
                *object = yyjson_mut_obj(doc);
        yyjson_mut_obj_add(*object, yyjson_mut_val_mut_copy(doc, key), value);
}

static JsonMutVal *diff_objects(JsonMutDoc *doc, JsonMutVal *from, JsonMutVal *to) {
        yyjson_mut_obj_iter in_from = yyjson_mut_obj_iter_with(from), in_to = yyjson_mut_obj_iter_with(to);
        JsonMutVal *patch = NULL, *key, *value;
        size_t i, max;

        /* A merge patch cannot set a null: null and absent are one and the same here, as for the API server. */
        yyjson_mut_obj_foreach(from, i, max, key, value) {
                Str name = json_mut_str(key);
                JsonMutVal *kept = yyjson_mut_obj_iter_getn(&in_to, name.ptr, name.len);

                if (!yyjson_mut_is_null(value) && (!kept || yyjson_mut_is_null(kept)))
                        put(doc, &patch, key, yyjson_mut_null(doc));
        }
        yyjson_mut_obj_foreach(to, i, max, key, value) {
                Str name = json_mut_str(key);
                JsonMutVal *before = yyjson_mut_obj_iter_getn(&in_from, name.ptr, name.len);
                JsonMutVal *change = yyjson_mut_is_null(value) ? NULL
                                     : before                  ? patch_diff(doc, before, value)
                                                               : yyjson_mut_val_mut_copy(doc, value);
                if (change)
                        put(doc, &patch, key, change);
        }
        return patch;
}

JsonMutVal *patch_diff(JsonMutDoc *doc, JsonMutVal *from, JsonMutVal *to) {
        if (yyjson_mut_is_obj(from) && yyjson_mut_is_obj(to))
                return diff_objects(doc, from, to);
        return values_equal(from, to) ? NULL : yyjson_mut_val_mut_copy(doc, to);
}
