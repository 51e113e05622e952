#include <inttypes.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/describe_parts.h"
#include "cli/stored.h"
#include "cli/words.h"

static const Option options[] = {
        OPT_ROWS(stored_source_flags, "Source"),
        { OPT_ROW(OPTION_TEXT, StoredFlags, selector, "selector", "SELECTOR",
                  "only backups with these labels"),
          .letter = 'l' },
        OPT_GROUP(StoredFlags, output, output_flags, "Output"),
        OPT_GROUP(StoredFlags, cluster, cluster_flags, "Cluster"),
        OPT_END,
};

static void add_row(Table *table, JsonVal *object, Arena *arena) {
        const Describer d = { .arena = arena };
        JsonVal *metadata = json_get(object, "metadata"), *spec = json_get(object, "spec");
        JsonVal *status = json_get(object, "status");
        bool is_deleting = json_get_str(metadata, "deletionTimestamp").len > 0;
        const Str row[] = {
                json_get_str(metadata, "name"),
                is_deleting ? STR("Deleting") : part_text(json_get(status, "phase"), "New"),
                str_of(arena_printf(arena, "%" PRId64, json_get_int(status, "errors", 0))),
                str_of(arena_printf(arena, "%" PRId64, json_get_int(status, "warnings", 0))),
                words_time_of(json_get_str(status, "startTimestamp"), "n/a", arena),
                words_from_now(json_get_str(status, "expiration"), clock_wall_ms(), arena),
                json_get_str(spec, "storageLocation"),
                part_selector(&d, json_get(spec, "labelSelector")),
        };

        table_add(table, row);
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        static const char *const headings[] = { "NAME",    "STATUS",  "ERRORS",           "WARNINGS",
                                                "CREATED", "EXPIRES", "STORAGE LOCATION", "SELECTOR",
                                                NULL };
        const StoredTable how = { CATALOG_BACKUPS, headings, add_row };

        return stored_get(cli, &how, line, request, err);
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
        .request_size = sizeof(StoredFlags),
        .max_arguments = 1000,
        .run = run,
};
