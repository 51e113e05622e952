#include "cli/commands.h"
#include "cli/stored.h"

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        return stored_logs(cli, CATALOG_RESTORES, line->arguments.items[0], request, err);
}

const Command cmd_restore_logs = {
        .name = "restore logs",
        .arguments = "NAME",
        .summary = "Print the log of a restore",
        .example = "# See what restore monday is doing.\n"
                   "grapnel restore logs monday -f\n\n"
                   "# The warnings and errors of a restore in a folder.\n"
                   "grapnel restore logs monday --from ./backups | grep -E 'level=(warning|error)'",
        .options = logs_flags,
        .request_size = sizeof(LogsFlags),
        .min_arguments = 1,
        .max_arguments = 1,
        .run = run,
};
