#include "cli/commands.h"
#include "cli/help.h"

static const Option options[] = { OPT_END };

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const Strs *words = &line->arguments;

        (void) request;
        if (words->len == 0) {
                help_print_overview(cli->out);
                return true;
        }

        Str name = strs_join(words, STR(" "), cli->arena);
        const Command *command = command_find(name);
        if (command)
                help_print_command(command, cli->out);
        else if (words->len == 1 && help_is_group(name))
                help_print_group(name, cli->out);
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
        .max_arguments = 2,
        .run = run,
};
