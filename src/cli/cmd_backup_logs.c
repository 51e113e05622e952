#include "cli/commands.h"
#include "cli/stored.h"

static const Option options[] = {
        OPT_ROWS(from_flags, "Store"),
        OPT_END,
};

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const FromFlags *flags = request;

        return stored_logs(cli, &stored_backups, flags->from, line->arguments.items[0], err);
}

const Command cmd_backup_logs = {
        .name = "backup logs",
        .arguments = "NAME",
        .summary = "Print the log of a backup",
        .example = "# The warnings and errors of backup monday.\n"
                   "grapnel backup logs monday --from ./backups | grep -E 'level=(warning|error)'",
        .options = options,
        .request_size = sizeof(FromFlags),
        .min_arguments = 1,
        .max_arguments = 1,
        .run = run,
};
