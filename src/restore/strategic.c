#include "restore/strategic.h"

typedef struct MergeKey {
        const char *list, *key;
} MergeKey;

static const MergeKey merge_keys[] = {
        { "containers", "name" },
        { "initContainers", "name" },
        { "ephemeralContainers", "name" },
        { "env", "name" },
        { "volumes", "name" },
        { "volumeMounts", "mountPath" },
        { "volumeDevices", "devicePath" },
        { "imagePullSecrets", "name" },
        { "secrets", "name" },
        { "hostAliases", "ip" },
        { "topologySpreadConstraints", "topologyKey" },
        { "resourceClaims", "name" },
        { "conditions", "type" },
};

/* `ports` is the one list whose key depends on what it belongs to. */
static const char *merge_key(Str list, JsonVal *patch) {
        if (str_equal(list, STR("ports")))
                return json_get(yyjson_arr_get_first(patch), "containerPort") ? "containerPort" : "port";
        for (size_t i = 0; i < sizeof(merge_keys) / sizeof(*merge_keys); i++)
                if (str_equal(list, str_of(merge_keys[i].list)))
                        return merge_keys[i].key;
        return NULL;
}

bool strategic_supports(Str api_version) {
        return str_equal(api_version, STR("v1")) || str_starts_with(api_version, STR("apps/")) ||
               str_starts_with(api_version, STR("batch/"));
}

static bool check_directives(JsonVal *patch, Error *err) {
        size_t i, max;
        JsonVal *key, *value;

        yyjson_obj_foreach(patch, i, max, key, value) {
                if (str_starts_with(json_str(key), STR("$")) && !str_equal(json_str(key), STR("$patch")))
                        return error_set(err, ERROR_INVALID,
                                         "\"" STR_FMT "\" is not supported in a strategic merge patch",
                                         STR_ARG(json_str(key)));
        }
        return true;
}

typedef enum Directive { DIRECTIVE_MERGE, DIRECTIVE_REPLACE, DIRECTIVE_DELETE } Directive;

static bool read_directive(JsonVal *patch, Directive *ret_directive, Error *err) {
        Str word = json_get_str(patch, "$patch");

        if (!check_directives(patch, err))
                return false;
        if (word.len == 0 || str_equal(word, STR("merge")))
                *ret_directive = DIRECTIVE_MERGE;
        else if (str_equal(word, STR("replace")))
                *ret_directive = DIRECTIVE_REPLACE;
        else if (str_equal(word, STR("delete")))
                *ret_directive = DIRECTIVE_DELETE;
        else
                return error_set(err, ERROR_INVALID,
                                 "$patch \"" STR_FMT
                                 "\" is not known: write \"merge\", \"replace\" or \"delete\"",
                                 STR_ARG(word));
        return true;
}

static JsonMutVal *copy_without_directive(JsonMutDoc *doc, JsonVal *patch) {
        JsonMutVal *copy = yyjson_val_mut_copy(doc, patch);

        json_mut_remove(copy, "$patch");
        return copy;
}

static bool same_key(JsonMutVal *element, JsonVal *patch, const char *key) {
        JsonMutVal *have = yyjson_mut_obj_get(element, key);
        JsonVal *want = json_get(patch, key);

        if (yyjson_mut_is_str(have))
                return yyjson_is_str(want) && str_equal(json_mut_str(have), json_str(want));
        return yyjson_mut_is_num(have) && yyjson_is_num(want) &&
               yyjson_mut_get_num(have) == yyjson_get_num(want);
}

static bool find_element(JsonMutVal *list, JsonVal *patch, const char *key, size_t *ret_index) {
        for (size_t i = 0; i < yyjson_mut_arr_size(list); i++)
                if (same_key(yyjson_mut_arr_get(list, i), patch, key)) {
                        *ret_index = i;
                        return true;
                }
        return false;
}

static bool merge_object(JsonMutDoc *doc, JsonMutVal *target, JsonVal *patch, Error *err);

static bool merge_element(JsonMutDoc *doc, JsonMutVal *list, JsonVal *patch, const char *key, Error *err) {
        Directive directive;
        size_t at = 0;

        if (!yyjson_is_obj(patch) || !json_get(patch, key))
                return error_set(err, ERROR_INVALID,
                                 "an element of a list that is merged by \"%s\" has no \"%s\"", key, key);
        if (!read_directive(patch, &directive, err))
                return false;
        if (!find_element(list, patch, key, &at)) {
                if (directive != DIRECTIVE_DELETE)
                        yyjson_mut_arr_append(list, copy_without_directive(doc, patch));
                return true;
        }
        if (directive == DIRECTIVE_DELETE)
                yyjson_mut_arr_remove(list, at);
        else if (directive == DIRECTIVE_REPLACE)
                yyjson_mut_arr_replace(list, at, copy_without_directive(doc, patch));
        else
                return merge_object(doc, yyjson_mut_arr_get(list, at), patch, err);
        return true;
}

/* An element that is only `{$patch: replace}` makes the others the whole list. */
static bool merge_list(JsonMutDoc *doc, JsonMutVal *list, JsonVal *patch, const char *key, Error *err) {
        JsonVal *element;
        size_t i, max;

        yyjson_arr_foreach(patch, i, max, element) {
                if (!json_get(element, key) && str_equal(json_get_str(element, "$patch"), STR("replace")))
                        yyjson_mut_arr_clear(list);
        }
        yyjson_arr_foreach(patch, i, max, element) {
                if (!json_get(element, key) && str_equal(json_get_str(element, "$patch"), STR("replace")))
                        continue;
                if (!merge_element(doc, list, element, key, err))
                        return false;
        }
        return true;
}

static bool merge_field(JsonMutDoc *doc, JsonMutVal *target, Str name, JsonVal *patch, Error *err) {
        JsonMutVal *have = yyjson_mut_obj_getn(target, name.ptr, name.len);
        const char *key = yyjson_is_arr(patch) ? merge_key(name, patch) : NULL;

        if (yyjson_is_null(patch)) {
                yyjson_mut_obj_remove_keyn(target, name.ptr, name.len);
                return true;
        }
        if (key && yyjson_is_obj(yyjson_arr_get_first(patch))) {
                if (!yyjson_mut_is_arr(have))
                        json_mut_set(doc, target, name, have = yyjson_mut_arr(doc));
                return merge_list(doc, have, patch, key, err);
        }
        if (yyjson_is_obj(patch)) {
                if (!yyjson_mut_is_obj(have))
                        json_mut_set(doc, target, name, have = yyjson_mut_obj(doc));
                return merge_object(doc, have, patch, err);
        }
        json_mut_set(doc, target, name, yyjson_val_mut_copy(doc, patch));
        return true;
}

static bool merge_object(JsonMutDoc *doc, JsonMutVal *target, JsonVal *patch, Error *err) {
        Directive directive;
        size_t i, max;
        JsonVal *key, *value;

        if (!read_directive(patch, &directive, err))
                return false;
        if (directive != DIRECTIVE_MERGE)
                yyjson_mut_obj_clear(target);
        if (directive == DIRECTIVE_DELETE)
                return true;
        yyjson_obj_foreach(patch, i, max, key, value) {
                if (!str_equal(json_str(key), STR("$patch")) &&
                    !merge_field(doc, target, json_str(key), value, err))
                        return error_prefix(err, STR_FMT, STR_ARG(json_str(key)));
        }
        return true;
}

bool strategic_merge(JsonMutDoc *doc, JsonMutVal *target, JsonVal *patch, JsonMutVal **ret_value,
                     Error *err) {
        if (!yyjson_is_obj(patch) || !yyjson_mut_is_obj(target))
                return error_set(err, ERROR_INVALID, "a strategic merge patch must be an object");
        if (!merge_object(doc, target, patch, err))
                return false;
        *ret_value = target;
        return true;
}
