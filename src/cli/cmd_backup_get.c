#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/stored.h"

static const Option options[] = {
        OPT_SELECTOR(GetFlags, selector, "only backups"),
        OPT_GROUP(GetFlags, listing, listing_flags, "Output"),
        OPT_GROUP(GetFlags, origin, origin_flags, "Source"),
        OPT_END,
};

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        return stored_get(cli, CATALOG_BACKUPS, &columns_backup, line, request, err);
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
