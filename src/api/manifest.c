#include "api/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "api/schedule.h"
#include "base/clock.h"
#include "base/mem.h"

enum { MANIFEST_LIMIT = 16 * 1024 * 1024, READ_SIZE = 64 * 1024 };

static bool check_one(const YamlDocs *docs, const char *what, Error *err) {
        if (docs->len == 0)
                return error_set(err, ERROR_INVALID, "%s is empty: expected a Backup, Restore or Schedule",
                                 what);
        for (size_t i = 0; docs->len > 1 && i < docs->len; i++) {
                JsonVal *object = yyjson_doc_get_root(docs->items[i].json);
                Str kind = json_get_str(object, "kind");

                if (i > 0 || kind.len == 0)
                        return error_set(err, ERROR_INVALID,
                                         "%s holds %zu documents (document %zu is %s" STR_FMT
                                         "): expected one Backup, Restore or Schedule",
                                         what, docs->len, i + 1, kind.len ? "a " : "of no kind",
                                         STR_ARG(kind));
        }
        return true;
}

static bool find_kind(JsonVal *object, const char *what, ManifestKind *ret_kind, Error *err) {
        static const char *const kinds[] = {
                [MANIFEST_BACKUP] = "Backup", [MANIFEST_RESTORE] = "Restore", [MANIFEST_SCHEDULE] = "Schedule"
        };
        Str api_version = json_get_str(object, "apiVersion"), kind = json_get_str(object, "kind");

        for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
                if (!str_equal(kind, str_of(kinds[i])))
                        continue;
                if (!str_equal(api_version, STR("velero.io/v1")))
                        return error_set(err, ERROR_INVALID,
                                         "%s: apiVersion of a %s must be \"velero.io/v1\", not \"" STR_FMT
                                         "\"",
                                         what, kinds[i], STR_ARG(api_version));
                *ret_kind = (ManifestKind) i;
                return true;
        }
        if (!yyjson_is_obj(object) || kind.len == 0)
                return error_set(err, ERROR_INVALID,
                                 "%s is no Kubernetes object: expected a Backup, Restore or Schedule", what);
        return error_set(err, ERROR_INVALID,
                         "%s holds a \"" STR_FMT "\": expected a Backup, Restore or Schedule", what,
                         STR_ARG(kind));
}

/* Where the made Backup's fields stand in the Schedule's file. */
static YamlDoc *map_lines(const YamlDoc *from, JsonDoc *backup) {
        static const Str prefixes[] = { { "spec.template.spec.", sizeof("spec.template.spec.") - 1 },
                                        { "spec.template.", sizeof("spec.template.") - 1 } };
        YamlDoc *lines = xnew0(YamlDoc);

        lines->json = backup;
        for (size_t i = 0; i < from->lines.len; i++) {
                Str path = from->lines.entries[i].key;
                bool is_from_template = false;

                for (size_t k = 0; k < sizeof(prefixes) / sizeof(*prefixes) && !is_from_template; k++) {
                        is_from_template = str_starts_with(path, prefixes[k]);
                        if (is_from_template)
                                path = str_of(arena_printf(&lines->arena, "spec." STR_FMT,
                                                           STR_ARG(str_skip(path, prefixes[k].len))));
                }
                if (is_from_template || str_starts_with(path, STR("metadata")))
                        str_map_put(&lines->lines, arena_copy(&lines->arena, path),
                                    from->lines.entries[i].value);
        }
        return lines;
}

static bool use_schedule(Manifest *manifest, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        Faults faults = { .arena = &arena };
        const YamlDoc *from = &manifest->docs.items[0];
        JsonVal *schedule = yyjson_doc_get_root(from->json);

        (void) schedule_decode(schedule, &arena, &faults);
        manifest->object = schedule_make_backup(schedule, clock_wall_ms(), &arena, &faults);
        manifest->lines = map_lines(from, manifest->object);
        yaml_add_lines(from, &faults);
        return faults_check(&faults, err);
}

static bool parse_into(Str text, const char *what, Manifest *manifest, Error *err) {
        JsonVal *object;

        if (!yaml_parse(text, what, &manifest->docs, err) || !check_one(&manifest->docs, what, err))
                return false;
        object = yyjson_doc_get_root(manifest->docs.items[0].json);
        if (!find_kind(object, what, &manifest->kind, err))
                return false;
        if (manifest->kind == MANIFEST_SCHEDULE)
                return use_schedule(manifest, err) || error_prefix(err, "%s", what);
        manifest->object = manifest->docs.items[0].json;
        manifest->lines = &manifest->docs.items[0];
        return true;
}

bool manifest_parse(Str text, const char *what, Manifest *ret_manifest, Error *err) {
        AUTO(manifest_clear) Manifest manifest = { 0 };

        if (!parse_into(text, what, &manifest, err))
                return false;
        *ret_manifest = manifest;
        manifest = (Manifest) { 0 };
        return true;
}

static void closep(const int *fd) {
        if (*fd > STDERR_FILENO)
                (void) close(*fd);
}

static bool read_all(int fd, const char *what, Buf *into, Error *err) {
        for (;;) {
                char *room = buf_reserve(into, READ_SIZE);
                ssize_t got;

                if (!room)
                        return error_set(err, ERROR_INVALID, "%s is larger than %d bytes", what,
                                         MANIFEST_LIMIT);
                got = read(fd, room, READ_SIZE);
                if (got == 0)
                        return true;
                if (got < 0 && errno != EINTR)
                        return error_set(err, ERROR_INVALID, "%s can't be read: %s", what, strerror(errno));
                if (got > 0)
                        into->len += (size_t) got;
        }
}

bool manifest_read(Str path, Manifest *ret_manifest, Error *err) {
        AUTO(buf_clear) Buf text = { .limit = MANIFEST_LIMIT + READ_SIZE };
        AUTO_FREE char *name = xasprintf(STR_FMT, STR_ARG(path));
        bool is_stdin = str_equal(path, STR("-"));
        const char *what = is_stdin ? "standard input" : name;
        AUTO(closep) int fd = is_stdin ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_INVALID,
                                 "%s can't be opened: %s", what, strerror(errno));
        if (!read_all(fd, what, &text, err))
                return false;
        return manifest_parse(buf_str(&text), what, ret_manifest, err);
}

void manifest_clear(Manifest *manifest) {
        if (manifest->lines && manifest->kind == MANIFEST_SCHEDULE) {
                str_map_clear(&manifest->lines->lines);
                arena_clear(&manifest->lines->arena);
                free(manifest->lines);
                yyjson_doc_free(manifest->object);
        }
        yaml_docs_clear(&manifest->docs);
        *manifest = (Manifest) { 0 };
}
