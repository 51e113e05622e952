#include "cli/commands.h"
#include "cli/stored.h"

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        return stored_describe(cli, CATALOG_RESTORES, line, request, err);
}

const Command cmd_restore_describe = {
        .name = "restore describe",
        .arguments = "[NAME...]",
        .summary = "Say what a restore did: items, warnings, errors, and the result of every hook",
        .details =
                "The layout is Velero's; the results of hooks come after it: outcome, exit code, duration, "
                "and what the command printed.",
        .example = "# What became of restore monday and its hooks.\n"
                   "grapnel restore describe monday\n\n"
                   "# The hooks of one in a folder that did not succeed.\n"
                   "grapnel restore describe monday --from ./backups -o json |\n"
                   "    jq '.hooks[] | select(.outcome != \"Succeeded\")'",
        .options = describe_flags,
        .request_size = sizeof(DescribeFlags),
        .max_arguments = 1000,
        .run = run,
};
