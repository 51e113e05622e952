#include <inttypes.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/describe_parts.h"
#include "cli/stored.h"
#include "cli/words.h"
#include "data/duration.h"

static const Option options[] = {
        { OPT_ROW(OPTION_TEXT, GetFlags, selector, "selector", "SELECTOR", "only backups with these labels"),
          .letter = 'l' },
        OPT_GROUP(GetFlags, listing, listing_flags, "Output"),
        OPT_GROUP(GetFlags, origin, origin_flags, "Source"),
        OPT_END,
};

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

static void fill(JsonVal *object, Arena *arena, Str *row) {
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

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        static const char *const headings[] = { "NAME",     "STATUS",  "ERRORS",           "WARNINGS",
                                                "CREATED",  "EXPIRES", "STORAGE LOCATION", "QUEUE POSITION",
                                                "SELECTOR", NULL };
        const ListingTable how = { headings, fill };

        return stored_get(cli, CATALOG_BACKUPS, &how, line, request, err);
}

const Command cmd_backup_get = {
        .name = "backup get",
        .arguments = "[NAME...]",
        .summary = "List backups",
        .example = "# All backups of the cluster.\n"
                   "grapnel backup get\n\n"
                   "# All backups in ./backups.\n"
                   "grapnel backup get --from ./backups\n\n"
                   "# The phase of one of them.\n"
                   "grapnel backup get monday --from ./backups -o json | jq -r .status.phase",
        .options = options,
        .request_size = sizeof(GetFlags),
        .max_arguments = 1000,
        .run = run,
};
