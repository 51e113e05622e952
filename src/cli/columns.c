#include "cli/columns.h"

#include <inttypes.h>

#include "base/clock.h"
#include "cli/describe_parts.h"
#include "cli/words.h"
#include "data/duration.h"

/* Before a server has written it down, it can be told from the wish. */
static Str expiration(JsonVal *object, Arena *arena) {
        AUTO(error_clear) Error err = { 0 };
        Str written = json_str(json_at(object, "status", "expiration"));
        Str created = json_str(json_at(object, "metadata", "creationTimestamp"));
        Str ttl = json_str(json_at(object, "spec", "ttl"));
        int64_t created_ms, ttl_ms;

        if (written.len || !duration_parse(ttl, &ttl_ms, &err) || ttl_ms <= 0 ||
            !clock_parse_rfc3339(created, &created_ms, &err))
                return written;
        return clock_rfc3339(created_ms + ttl_ms, arena);
}

static void fill_backup(JsonVal *object, Arena *arena, Str *row) {
        const Describer d = { .arena = arena };
        JsonVal *metadata = json_get(object, "metadata"), *spec = json_get(object, "spec");
        JsonVal *status = json_get(object, "status");
        int64_t position = json_get_int(status, "queuePosition", 0);
        bool is_deleting = json_get_str(metadata, "deletionTimestamp").len > 0;
        const Str cells[] = {
                json_get_str(metadata, "name"),
                is_deleting ? STR("Deleting") : part_text(json_get(status, "phase"), "New"),
                str_of(arena_printf(arena, "%" PRId64, json_get_int(status, "errors", 0))),
                str_of(arena_printf(arena, "%" PRId64, json_get_int(status, "warnings", 0))),
                words_time_of(json_get_str(status, "startTimestamp"), "<nil>", arena),
                words_from_now(expiration(object, arena), clock_wall_ms(), arena),
                json_get_str(spec, "storageLocation"),
                position ? str_of(arena_printf(arena, "%" PRId64, position)) : STR(""),
                part_selector(&d, json_get(spec, "labelSelector")),
        };

        memcpy(row, cells, sizeof cells);
}

static void fill_restore(JsonVal *object, Arena *arena, Str *row) {
        const Describer d = { .arena = arena };
        JsonVal *metadata = json_get(object, "metadata"), *spec = json_get(object, "spec");
        JsonVal *status = json_get(object, "status");
        Str created = part_text(json_get(metadata, "creationTimestamp"),
                                arena_copy(arena, json_get_str(status, "startTimestamp")).ptr);
        const Str cells[] = {
                json_get_str(metadata, "name"),
                part_text(json_get(spec, "backupName"), EMPTY_WORD),
                part_text(json_get(status, "phase"), status || spec ? "New" : "Unknown"),
                words_time_of(json_get_str(status, "startTimestamp"), "<nil>", arena),
                words_time_of(json_get_str(status, "completionTimestamp"), "<nil>", arena),
                str_of(arena_printf(arena, "%" PRId64, json_get_int(status, "errors", 0))),
                str_of(arena_printf(arena, "%" PRId64, json_get_int(status, "warnings", 0))),
                words_time_of(created, "n/a", arena),
                part_selector(&d, json_get(spec, "labelSelector")),
        };

        memcpy(row, cells, sizeof cells);
}

static void fill_schedule(JsonVal *object, Arena *arena, Str *row) {
        const Describer d = { .arena = arena };
        JsonVal *metadata = json_get(object, "metadata"), *spec = json_get(object, "spec");
        JsonVal *status = json_get(object, "status"), *template = json_get(spec, "template");
        const Str cells[] = {
                json_get_str(metadata, "name"),
                part_text(json_get(status, "phase"), "New"),
                words_time_of(json_get_str(metadata, "creationTimestamp"), "n/a", arena),
                json_get_str(spec, "schedule"),
                part_duration(json_get(template, "ttl"), arena),
                words_from_now(json_get_str(status, "lastBackup"), clock_wall_ms(), arena),
                part_selector(&d, json_get(template, "labelSelector")),
                json_get_bool(spec, "paused", false) ? STR("true") : STR("false"),
        };

        memcpy(row, cells, sizeof cells);
}

static void fill_location(JsonVal *object, Arena *arena, Str *row) {
        JsonVal *metadata = json_get(object, "metadata"), *spec = json_get(object, "spec");
        JsonVal *status = json_get(object, "status"), *storage = json_get(spec, "objectStorage");
        Str bucket = json_get_str(storage, "bucket"), prefix = json_get_str(storage, "prefix");
        const Str cells[] = {
                json_get_str(metadata, "name"),
                json_get_str(spec, "provider"),
                prefix.len
                        ? str_of(arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(bucket), STR_ARG(prefix)))
                        : bucket,
                part_text(json_get(status, "phase"), "Unknown"),
                words_time_of(json_get_str(status, "lastValidationTime"), "Unknown", arena),
                part_text(json_get(spec, "accessMode"), "ReadWrite"),
                json_get_bool(spec, "default", false) ? STR("true") : STR(""),
        };

        memcpy(row, cells, sizeof cells);
}

static void fill_snapshot_location(JsonVal *object, Arena *arena, Str *row) {
        (void) arena;
        row[0] = json_str(json_at(object, "metadata", "name"));
        row[1] = json_str(json_at(object, "spec", "provider"));
}

static const char *const backup_headings[] = { "NAME",     "STATUS",  "ERRORS",           "WARNINGS",
                                               "CREATED",  "EXPIRES", "STORAGE LOCATION", "QUEUE POSITION",
                                               "SELECTOR", NULL };
static const char *const restore_headings[] = { "NAME",   "BACKUP",   "STATUS",  "STARTED",  "COMPLETED",
                                                "ERRORS", "WARNINGS", "CREATED", "SELECTOR", NULL };
static const char *const schedule_headings[] = { "NAME",     "STATUS",     "CREATED",
                                                 "SCHEDULE", "BACKUP TTL", "LAST BACKUP",
                                                 "SELECTOR", "PAUSED",     NULL };
static const char *const location_headings[] = { "NAME",           "PROVIDER",    "BUCKET/PREFIX", "PHASE",
                                                 "LAST VALIDATED", "ACCESS MODE", "DEFAULT",       NULL };
static const char *const snapshot_location_headings[] = { "NAME", "PROVIDER", NULL };

const ListingTable columns_backup = { backup_headings, fill_backup };
const ListingTable columns_restore = { restore_headings, fill_restore };
const ListingTable columns_schedule = { schedule_headings, fill_schedule };
const ListingTable columns_location = { location_headings, fill_location };
const ListingTable columns_snapshot_location = { snapshot_location_headings, fill_snapshot_location };
