#include <inttypes.h>

#include "cli/commands.h"
#include "cli/describe_parts.h"
#include "cli/stored.h"
#include "cli/words.h"

static const Option options[] = {
        { OPT_ROW(OPTION_TEXT, GetFlags, selector, "selector", "SELECTOR", "only restores with these labels"),
          .letter = 'l' },
        OPT_GROUP(GetFlags, listing, listing_flags, "Output"),
        OPT_GROUP(GetFlags, origin, origin_flags, "Source"),
        OPT_END,
};

static void fill(JsonVal *object, Arena *arena, Str *row) {
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

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        static const char *const headings[] = { "NAME",   "BACKUP",   "STATUS",  "STARTED",  "COMPLETED",
                                                "ERRORS", "WARNINGS", "CREATED", "SELECTOR", NULL };
        const ListingTable how = { headings, fill };

        return stored_get(cli, CATALOG_RESTORES, &how, line, request, err);
}

const Command cmd_restore_get = {
        .name = "restore get",
        .arguments = "[NAME...]",
        .summary = "List restores",
        .details =
                "Restores that Velero made keep their object in the cluster; in a folder they are known by "
                "their files only, and their status is Unknown here.",
        .example = "# All restores of the cluster.\n"
                   "grapnel restore get\n\n"
                   "# All restores of backups in ./backups.\n"
                   "grapnel restore get --from ./backups",
        .options = options,
        .request_size = sizeof(GetFlags),
        .max_arguments = 1000,
        .run = run,
};
