#include "cli/velero_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/json.h"

enum { CONFIG_LIMIT = 1024 * 1024 };

static void close_file(FILE **file) {
        if (*file)
                fclose(*file);
}

/* Leaves *ret_doc NULL where there is no file. */
static bool read_config(const char *path, Arena *arena, JsonDoc **ret_doc, Error *err) {
        __attribute__((cleanup(close_file))) FILE *file = fopen(path, "re");

        if (!file) {
                if (errno == ENOENT || errno == ENOTDIR)
                        return true;
                return error_set(err, ERROR_INVALID, "%s: %s", path, strerror(errno));
        }

        char *text = arena_alloc(arena, CONFIG_LIMIT);
        size_t len = fread(text, 1, CONFIG_LIMIT, file);

        if (ferror(file))
                return error_set(err, ERROR_INVALID, "%s: can't be read", path);
        if (len == CONFIG_LIMIT)
                return error_set(err, ERROR_INVALID, "%s: larger than 1 MiB", path);
        return json_parse((Str) { text, len }, path, ret_doc, err);
}

static bool namespace_of_file(Arena *arena, Str *ret_namespace, Error *err) {
        const char *home = getenv("HOME");
        AUTO_JSON *doc = NULL;

        *ret_namespace = STR("");
        if (!home || !*home)
                return true;
        if (!read_config(arena_printf(arena, "%s/.config/velero/config.json", home), arena, &doc, err))
                return false;
        *ret_namespace = arena_copy(arena, json_get_str(yyjson_doc_get_root(doc), "namespace"));
        return true;
}

bool velero_config_namespace(Str given, Arena *arena, Str *ret_namespace, Error *err) {
        const char *environment = getenv("VELERO_NAMESPACE");

        *ret_namespace = given;
        if (given.len)
                return true;
        if (!namespace_of_file(arena, ret_namespace, err))
                return false;
        if (ret_namespace->len == 0 && environment)
                *ret_namespace = arena_copy(arena, str_of(environment));
        if (ret_namespace->len == 0)
                *ret_namespace = STR("velero");
        return true;
}
