#include "cli/velero_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/read_file.h"

enum { CONFIG_LIMIT = 1024 * 1024 };

/* Leaves *ret_doc NULL where there is no file. */
static bool read_config(const char *path, JsonDoc **ret_doc, Error *err) {
        AUTO(buf_clear) Buf text = { .limit = CONFIG_LIMIT };
        AUTO_JSON *doc = NULL;

        if (!read_file(str_of(path), &text, err)) {
                if (err->code != ERROR_NOT_FOUND)
                        return false;
                error_clear(err);
                return true;
        }
        if (!json_parse(buf_str(&text), path, &doc, err))
                return false;
        if (!yyjson_is_obj(yyjson_doc_get_root(doc)))
                return error_set(err, ERROR_INVALID, "%s: holds no JSON object", path);
        *ret_doc = TAKE(doc);
        return true;
}

/* NULL without a home folder. */
static const char *config_folder(Arena *arena) {
        const char *home = getenv("HOME");

        return home && *home ? arena_printf(arena, "%s/.config/velero", home) : NULL;
}

bool velero_config_read(Arena *arena, JsonDoc **ret_doc, Error *err) {
        const char *folder = config_folder(arena);

        *ret_doc = NULL;
        return !folder || read_config(arena_printf(arena, "%s/config.json", folder), ret_doc, err);
}

static bool write_text(const char *path, Str text) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        bool is_written = fd >= 0 && write(fd, text.ptr, text.len) == (ssize_t) text.len && fsync(fd) == 0;
        int reason = errno;

        if (fd >= 0 && close(fd) != 0 && is_written)
                return false;
        errno = reason;
        return is_written;
}

static bool make_folders(const char *folder, Arena *arena) {
        const char *above = arena_printf(arena, "%.*s", (int) (strrchr(folder, '/') - folder), folder);

        return (mkdir(above, 0755) == 0 || errno == EEXIST) && (mkdir(folder, 0700) == 0 || errno == EEXIST);
}

bool velero_config_write(JsonMutVal *config, Arena *arena, Error *err) {
        const char *folder = config_folder(arena);
        AUTO(buf_clear) Buf text = { 0 };

        if (!folder)
                return error_set(err, ERROR_INVALID, "$HOME is not set: there is no place for the settings");

        const char *path = arena_printf(arena, "%s/config.json", folder);
        const char *part = arena_printf(arena, "%s.part", path);
        json_write_go_mut(config, 0, &text);
        buf_add_char(&text, '\n');
        if (!make_folders(folder, arena) || !write_text(part, buf_str(&text)) || rename(part, path) != 0)
                return error_set(err, ERROR_INVALID, "%s: %s", path, strerror(errno));
        return true;
}

static bool namespace_of_file(Arena *arena, Str *ret_namespace, Error *err) {
        AUTO_JSON *doc = NULL;

        *ret_namespace = STR("");
        if (!velero_config_read(arena, &doc, err))
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
