#include "cli/commands.h"
#include "cli/stored.h"

static const Option options[] = {
        OPT_GROUP(StoredFlags, from, from_flags, "Store"),
        { OPT_ROW(OPTION_BOOL, StoredFlags, details, "details", NULL,
                  "the list of objects, all hooks, and all of their output too") },
        { OPT_ROW(OPTION_TEXT, StoredFlags, selector, "selector", "SELECTOR",
                  "only backups with these labels"),
          .letter = 'l' },
        OPT_GROUP(StoredFlags, output, output_flags, "Output"),
        OPT_END,
};

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        return stored_describe(cli, &stored_backups, line, request, err);
}

const Command cmd_backup_describe = {
        .name = "backup describe",
        .arguments = "[NAME...]",
        .summary = "Say what a backup did: items, warnings, errors, and the result of every hook",
        .details =
                "The layout is Velero's; the results of hooks come after it: outcome, exit code, duration, "
                "how long the pod was frozen, and what the command printed.",
        .example = "# What became of backup monday and its hooks.\n"
                   "grapnel backup describe monday --from ./backups\n\n"
                   "# The hooks that did not succeed.\n"
                   "grapnel backup describe monday --from ./backups -o json |\n"
                   "    jq '.hooks[] | select(.outcome != \"Succeeded\")'",
        .options = options,
        .request_size = sizeof(StoredFlags),
        .max_arguments = 1000,
        .run = run,
};
