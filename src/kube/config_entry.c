#include "kube/config_entry.h"

#include <stdio.h>

#include "base/read_file.h"
#include "data/base64.h"

enum { CONTENT_MAX = 1024 * 1024 };

bool entry_wrong(const ConfigEntry *entry, const char *key, const char *reason, Error *err) {
        return error_set(err, ERROR_INVALID, STR_FMT ": %s \"" STR_FMT "\": %s%s%s",
                         STR_ARG(entry->file->path), entry->kind, STR_ARG(entry->name), key, *key ? ": " : "",
                         reason);
}

static JsonVal *field(const ConfigEntry *entry, const char *key) {
        JsonVal *value = json_get(entry->value, key);

        return yyjson_is_null(value) ? NULL : value;
}

bool config_scalar(JsonVal *value, Arena *arena, Str *ret_text) {
        AUTO(buf_clear) Buf text = { 0 };

        *ret_text = STR("");
        if (!value || yyjson_is_null(value))
                return true;
        if (yyjson_is_ctn(value))
                return false;
        if (yyjson_is_str(value)) {
                *ret_text = json_str(value);
                return true;
        }
        json_write(value, &text);
        *ret_text = arena_copy(arena, buf_str(&text));
        return true;
}

/* Points into the document, or lives in the arena. */
static bool borrow_str(const ConfigEntry *entry, const char *key, Str *into, Error *err) {
        Str text;

        if (!config_scalar(field(entry, key), entry->arena, &text))
                return entry_wrong(entry, key, "expected a string", err);
        if (text.len)
                *into = text;
        return true;
}

bool entry_str(const ConfigEntry *entry, const char *key, Str *into, Error *err) {
        Str value = STR("");

        if (!borrow_str(entry, key, &value, err))
                return false;
        if (value.len)
                *into = arena_copy(entry->arena, value);
        return true;
}

bool entry_bool(const ConfigEntry *entry, const char *key, bool *into, Error *err) {
        JsonVal *value = field(entry, key);

        if (value && !yyjson_is_bool(value))
                return entry_wrong(entry, key, "expected true or false", err);
        if (value)
                *into = yyjson_get_bool(value);
        return true;
}

bool entry_strs(const ConfigEntry *entry, const char *key, Strs *into, Error *err) {
        JsonVal *value = field(entry, key), *element;
        yyjson_arr_iter elements;

        if (value && !yyjson_is_arr(value))
                return entry_wrong(entry, key, "expected a list of strings", err);
        yyjson_arr_iter_init(value, &elements);
        while ((element = yyjson_arr_iter_next(&elements))) {
                Str text;

                if (!config_scalar(element, entry->arena, &text))
                        return entry_wrong(entry, key, "expected a list of strings", err);
                strs_add(into, entry->arena, arena_copy(entry->arena, text));
        }
        return true;
}

bool entry_secret(const ConfigEntry *entry, const char *key, Secret *into, Error *err) {
        Str value = STR("");

        if (!borrow_str(entry, key, &value, err))
                return false;
        if (value.len) {
                secret_clear(into);
                *into = secret_copy(value);
        }
        return true;
}

Str entry_absolute(const ConfigEntry *entry, Str path) {
        if (str_starts_with(path, STR("/")))
                return path;
        return str_of(
                arena_printf(entry->arena, STR_FMT "/" STR_FMT, STR_ARG(entry->file->folder), STR_ARG(path)));
}

bool entry_path(const ConfigEntry *entry, const char *key, Str *into, Error *err) {
        Str path = STR("");

        if (!entry_str(entry, key, &path, err))
                return false;
        if (path.len)
                *into = entry_absolute(entry, path);
        return true;
}

bool entry_content(const ConfigEntry *entry, const char *key, Secret *into, const char **ret_key,
                   Error *err) {
        const char *data_key = arena_printf(entry->arena, "%s-data", key);
        AUTO(buf_wipe) Buf content = { .limit = CONTENT_MAX };
        AUTO(error_clear) Error cause = { 0 };
        Str data = STR(""), path = STR("");

        if (!borrow_str(entry, data_key, &data, err) || !entry_path(entry, key, &path, err))
                return false;
        *ret_key = data.len ? data_key : key;
        if (data.len && !base64_decode(data, &content, &cause)) /* the cause would quote the data */
                return entry_wrong(entry, data_key, "is not base64", err);
        if (data.len == 0 && path.len && !read_file(path, &content, &cause))
                return entry_wrong(entry, key, cause.message, err);
        if (content.overflowed)
                return entry_wrong(entry, *ret_key, "is larger than the limit of 1 MiB", err);
        if (data.len || path.len) {
                secret_clear(into);
                *into = secret_copy(buf_str(&content));
                if (content.len == 0)
                        return entry_wrong(entry, *ret_key, "is empty", err);
        }
        return true;
}

static bool is_known(const char *const *known, Str key) {
        for (; *known; known++)
                if (str_equal(str_of(*known), key))
                        return true;
        return false;
}

void entry_warn_unknown(const ConfigEntry *entry, const char *const *known, Strs *warnings) {
        yyjson_obj_iter fields;
        JsonVal *key;

        yyjson_obj_iter_init(entry->value, &fields);
        while ((key = yyjson_obj_iter_next(&fields)))
                if (!is_known(known, json_str(key)))
                        strs_add(warnings, entry->arena,
                                 str_of(arena_printf(entry->arena,
                                                     STR_FMT ": %s \"" STR_FMT "\": the field \"" STR_FMT
                                                             "\" is not known and has no effect",
                                                     STR_ARG(entry->file->path), entry->kind,
                                                     STR_ARG(entry->name), STR_ARG(json_str(key)))));
}
