#include "cli/commands.h"
#include "cli/completion.h"

static const Option options[] = { OPT_END };

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        static const char *const shells[] = {
                [SHELL_BASH] = "bash",
                [SHELL_ZSH] = "zsh",
                [SHELL_FISH] = "fish",
        };
        Str wanted = line->arguments.items[0];

        (void) request;
        for (Shell shell = SHELL_BASH; shell <= SHELL_FISH; shell++)
                if (str_equal(str_of(shells[shell]), wanted)) {
                        completion_write(shell, cli->out);
                        return true;
                }
        return cli_usage(cli, err, "\"" STR_FMT "\" is none of bash, zsh, fish", STR_ARG(wanted));
}

const Command cmd_completion = {
        .name = "completion",
        .arguments = "bash|zsh|fish",
        .summary = "Print a script that completes commands, flags and names of backups",
        .example = "# For this shell.\n"
                   "source <(grapnel completion bash)\n\n"
                   "# For every fish.\n"
                   "grapnel completion fish > ~/.config/fish/completions/grapnel.fish",
        .options = options,
        .min_arguments = 1,
        .max_arguments = 1,
        .run = run,
};
