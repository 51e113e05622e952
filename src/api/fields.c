#include "api/fields.h"

#include <inttypes.h>

#include "base/distance.h"
#include "data/duration.h"

enum { CLOSEST_DISTANCE_MAX = 2 };

Str field_path(Str path, const char *key, Arena *arena) {
        if (path.len == 0)
                return arena_copy(arena, str_of(key));
        return str_of(arena_printf(arena, STR_FMT ".%s", STR_ARG(path), key));
}

Str field_path_item(Str path, size_t i, Arena *arena) {
        return str_of(arena_printf(arena, STR_FMT "[%zu]", STR_ARG(path), i));
}

JsonVal *field_get(JsonVal *object, const char *key) {
        JsonVal *value = json_get(object, key);

        return yyjson_is_null(value) ? NULL : value;
}

Str field_closest(Str text, const char *const *known) {
        size_t best = CLOSEST_DISTANCE_MAX + 1;
        Str closest = STR("");

        for (; *known; known++) {
                Str word = str_of(*known);
                size_t distance = str_distance(text, word);

                /* a word of three letters is not near to every other word of three letters */
                if (distance < best && distance < word.len) {
                        best = distance;
                        closest = word;
                }
        }
        return closest;
}

static bool is_known(Str key, const char *const *known) {
        for (; *known; known++)
                if (str_equal(key, str_of(*known)))
                        return true;
        return false;
}

static void add_unknown(Str key, Str path, const char *const *known, Faults *faults) {
        Str at = str_of(arena_printf(faults->arena, STR_FMT "%s" STR_FMT, STR_ARG(path), path.len ? "." : "",
                                     STR_ARG(key)));
        Str closest = field_closest(key, known);
        Strs all = { 0 };

        if (closest.len) {
                faults_add(faults, FAULT_ERROR, at,
                           "unknown field \"" STR_FMT "\": did you mean \"" STR_FMT "\"?", STR_ARG(key),
                           STR_ARG(closest));
                return;
        }
        for (; *known; known++)
                strs_add(&all, faults->arena, str_of(*known));
        Str list = strs_join(&all, STR(", "), faults->arena);
        faults_add(faults, FAULT_ERROR, at, "unknown field \"" STR_FMT "\": known here are " STR_FMT,
                   STR_ARG(key), STR_ARG(list));
}

static const char *type_name(JsonVal *value) {
        switch (yyjson_get_type(value)) {
        case YYJSON_TYPE_BOOL:
                return "true or false";
        case YYJSON_TYPE_NUM:
        case YYJSON_TYPE_RAW:
                return "a number";
        case YYJSON_TYPE_STR:
                return "text";
        case YYJSON_TYPE_ARR:
                return "a list";
        case YYJSON_TYPE_OBJ:
                return "an object";
        default:
                return "null";
        }
}

static void add_wrong_type(JsonVal *value, Str path, const char *expected, Faults *faults) {
        faults_add(faults, FAULT_ERROR, path, "must be %s, but is %s", expected, type_name(value));
}

bool fields_check(JsonVal *object, Str path, const char *const *known, Faults *faults) {
        size_t i, max;
        JsonVal *key, *value;

        if (!yyjson_is_obj(object)) {
                add_wrong_type(object, path, "an object", faults);
                return false;
        }
        yyjson_obj_foreach(object, i, max, key, value) {
                if (!is_known(json_str(key), known))
                        add_unknown(json_str(key), path, known, faults);
        }
        return true;
}

Str field_str(JsonVal *object, const char *key, Str path, Faults *faults) {
        JsonVal *value = field_get(object, key);

        if (value && !yyjson_is_str(value))
                add_wrong_type(value, field_path(path, key, faults->arena), "text", faults);
        return json_str(value);
}

JsonVal *field_list(JsonVal *object, const char *key, Str path, Faults *faults) {
        JsonVal *value = field_get(object, key);

        if (!value || yyjson_is_arr(value))
                return value;
        add_wrong_type(value, field_path(path, key, faults->arena), "a list", faults);
        return NULL;
}

Strs field_strs(JsonVal *object, const char *key, Str path, Arena *arena, Faults *faults) {
        JsonVal *list = field_list(object, key, path, faults), *value;
        Strs strs = { 0 };
        size_t i, max;

        yyjson_arr_foreach(list, i, max, value) {
                if (yyjson_is_str(value)) {
                        strs_add(&strs, arena, json_str(value));
                        continue;
                }
                Str at = field_path_item(field_path(path, key, faults->arena), i, faults->arena);
                add_wrong_type(value, at, "text", faults);
        }
        return strs;
}

int field_bool(JsonVal *object, const char *key, Str path, Faults *faults) {
        JsonVal *value = field_get(object, key);

        if (!value)
                return -1;
        if (yyjson_is_bool(value))
                return yyjson_get_bool(value);
        add_wrong_type(value, field_path(path, key, faults->arena), "true or false", faults);
        return -1;
}

int64_t field_duration(JsonVal *object, const char *key, Str path, int64_t otherwise, Faults *faults) {
        AUTO(error_clear) Error err = { 0 };
        JsonVal *value = field_get(object, key);
        Str text = json_str(value);
        int64_t ms;

        if (!value)
                return otherwise;
        if (yyjson_is_int(value)) /* timeout: 30 - let duration_parse say what is missing */
                text = str_of(arena_printf(faults->arena, "%" PRId64, yyjson_get_sint(value)));
        else if (!yyjson_is_str(value)) {
                add_wrong_type(value, field_path(path, key, faults->arena), "a duration such as \"30s\"",
                               faults);
                return otherwise;
        }
        if (duration_parse(text, &ms, &err))
                return ms;
        faults_add(faults, FAULT_ERROR, field_path(path, key, faults->arena), "%s", err.message);
        return otherwise;
}

int64_t field_duration_from_0(JsonVal *object, const char *key, Str path, const char *example,
                              Faults *faults) {
        int64_t ms = field_duration(object, key, path, 0, faults);

        if (ms >= 0)
                return ms;
        faults_add(faults, FAULT_ERROR, field_path(path, key, faults->arena),
                   "\"" STR_FMT "\" is negative; expected a duration such as \"%s\"",
                   STR_ARG(json_get_str(object, key)), example);
        return 0;
}

JsonVal *field_str_map(JsonVal *object, const char *key, Str path, Faults *faults) {
        JsonVal *map = field_get(object, key), *name, *value;
        size_t i, count;

        if (!map)
                return NULL;
        if (!yyjson_is_obj(map)) {
                faults_add(faults, FAULT_ERROR, field_path(path, key, faults->arena), "must be an object");
                return NULL;
        }
        yyjson_obj_foreach(map, i, count, name, value) {
                if (!yyjson_is_str(value))
                        faults_add(faults, FAULT_ERROR,
                                   field_path(field_path(path, key, faults->arena), yyjson_get_str(name),
                                              faults->arena),
                                   "must be text (put it in quotes)");
        }
        return map;
}
