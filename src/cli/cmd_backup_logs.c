#include "cli/commands.h"
#include "cli/stored.h"

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        return stored_logs(cli, CATALOG_BACKUPS, line->arguments.items[0], request, err);
}

const Command cmd_backup_logs = {
        .name = "backup logs",
        .arguments = "NAME",
        .summary = "Print the log of a backup",
        .example = "# See what backup monday is doing.\n"
                   "grapnel backup logs monday -f\n\n"
                   "# The warnings and errors of a backup in a folder.\n"
                   "grapnel backup logs monday --from ./backups | grep -E 'level=(warning|error)'",
        .options = logs_flags,
        .request_size = sizeof(LogsFlags),
        .min_arguments = 1,
        .max_arguments = 1,
        .run = run,
};
