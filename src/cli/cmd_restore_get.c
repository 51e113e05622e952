#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/stored.h"

static const Option options[] = {
        OPT_SELECTOR(GetFlags, selector, "only restores"),
        OPT_GROUP(GetFlags, listing, listing_flags, "Output"),
        OPT_GROUP(GetFlags, origin, origin_flags, "Source"),
        OPT_END,
};

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        return stored_get(cli, CATALOG_RESTORES, &columns_restore, line, request, err);
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
