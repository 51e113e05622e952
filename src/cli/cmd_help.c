#include "cli/alias.h"
#include "cli/commands.h"
#include "cli/help.h"

static const Option options[] = { OPT_END };

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const Strs resolved = alias_resolve(line->arguments, cli->arena), *words = &resolved;
        size_t used = 0;

        (void) request;
        if (words->len == 0) {
                help_print_overview(cli->out);
                return true;
        }

        Str name = strs_join(words, STR(" "), cli->arena);
        const Command *command = command_find(name);
        Str group = help_find_group(words, &used);
        if (command)
                help_print_command(command, cli->out);
        else if (used == words->len)
                help_print_group(group, cli->out);
        else
                return cli_usage(cli, err, "no command is called \"" STR_FMT "\"", STR_ARG(name));
        return true;
}

const Command cmd_help = {
        .name = "help",
        .arguments = "[COMMAND]",
        .summary = "Explain grapnel or one of its commands",
        .example = "# What does backup run take?\n"
                   "grapnel help backup run",
        .options = options,
        .max_arguments = 3,
        .run = run,
};
