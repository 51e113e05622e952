#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>

#include "base/mem.h"
#include "cli/alias.h"
#include "cli/help.h"
#include "cli/velero_only.h"
#include "cli/words.h"

enum { COMMAND_WORDS_MAX = 3 };

typedef struct CommonFlags {
        bool no_color;
} CommonFlags;

const Option common_options[] = {
        { OPT_ROW(OPTION_BOOL, CommonFlags, no_color, "no-color", NULL,
                  "no colours (they are only used on a terminal; $NO_COLOR does the same)") },
        OPT_END,
};

static Str format_text(Arena *arena, const char *format, va_list args) PRINTF_LIKE(2, 0);
static Str format_text(Arena *arena, const char *format, va_list args) {
        AUTO_FREE char *text = xvasprintf(format, args);

        return arena_copy(arena, str_of(text));
}

bool cli_usage(Cli *cli, Error *err, const char *format, ...) {
        va_list args;

        va_start(args, format);
        Str text = format_text(cli->arena, format, args);
        va_end(args);
        cli->exit = EXIT_USAGE;
        return error_set(err, ERROR_INVALID, STR_FMT, STR_ARG(text));
}

void cli_set_hint(Cli *cli, const char *format, ...) {
        va_list args;

        va_start(args, format);
        cli->hint = format_text(cli->arena, format, args);
        va_end(args);
}

bool cli_ask(Cli *cli, Str question, const char *hint, bool *ret_yes, Error *err) {
        char answer[16] = "";

        if (!cli->in_is_terminal) {
                cli_set_hint(cli, "%s", hint);
                return cli_usage(cli, err, "nobody to ask: standard input is not a terminal");
        }
        fprintf(cli->err, STR_FMT " (Y/N)? ", STR_ARG(question));
        (void) fflush(cli->err);
        *ret_yes = fgets(answer, sizeof answer, cli->in) && (answer[0] == 'y' || answer[0] == 'Y');
        return true;
}

static void print_lines(Cli *cli, const char *label, Str text) {
        Str line;

        while (words_cut_line(&text, &line))
                if (line.len)
                        fprintf(cli->err, "%s: " STR_FMT "\n", label, STR_ARG(line));
}

void cli_warn(Cli *cli, Str text) {
        print_lines(cli, "warning", text);
}

void cli_end(Cli *cli, ExitCode exit, Str reason) {
        cli->exit = exit;
        if (exit == EXIT_FAILED && reason.len)
                print_lines(cli, "error", reason);
}

/* The command that the first words name; *used says how many words that were. */
static const Command *find_command(const Strs *words, Arena *arena, size_t *used) {
        Str name = STR("");
        const Command *found = NULL;

        for (size_t i = 0; i < words->len && i < COMMAND_WORDS_MAX; i++) {
                name = i ? str_of(arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(name),
                                               STR_ARG(words->items[i])))
                         : words->items[i];
                const Command *command = command_find(name);
                if (command) {
                        found = command;
                        *used = i + 1;
                }
        }
        return found;
}

/* Whether a word of a command may follow the first `used` ones, and none does. */
static bool lacks_word(const Strs *words, size_t used) {
        return words->len <= used || words->items[used].ptr[0] == '-';
}

static bool unknown_command(Cli *cli, const Strs *words, Error *err) {
        Strs names = { 0 };
        size_t used = 0;
        Str group = help_find_group(words, &used);

        if (group.len && lacks_word(words, used))
                return cli_usage(cli, err, "grapnel " STR_FMT ": which command? %s", STR_ARG(group),
                                 help_group_words(group, cli->arena));
        alias_add_nouns(words->items[0], cli->arena, &names);
        if (names.len && lacks_word(words, 1)) {
                Str nouns = strs_join(&names, STR(", "), cli->arena);

                return cli_usage(cli, err, "grapnel " STR_FMT ": what? " STR_FMT, STR_ARG(words->items[0]),
                                 STR_ARG(nouns));
        }
        if (names.len)
                used = 1;
        else
                help_add_words(group, cli->arena, &names);

        Str wrong = words->items[used];
        const char *why = velero_only_word(wrong);
        if (why)
                return cli_usage(cli, err, "grapnel has no \"" STR_FMT "\": %s", STR_ARG(wrong), why);
        Str near = nearest_word(&names, wrong);
        if (near.len)
                cli_set_hint(cli, "did you mean " STR_FMT "?", STR_ARG(near));
        else if (wrong.ptr[0] == '-')
                cli_set_hint(cli, "flags come after the command");
        else
                cli_set_hint(cli, "grapnel help lists the commands");
        return cli_usage(cli, err, "unknown command \"" STR_FMT "\"", STR_ARG(wrong));
}

static bool check_arguments(Cli *cli, const Command *command, const CommandLine *line, Error *err) {
        size_t count = line->arguments.len;

        if (count >= command->min_arguments && count <= command->max_arguments)
                return true;
        cli_set_hint(cli, "usage: grapnel %s%s%s [flags]", command->name, *command->arguments ? " " : "",
                     command->arguments);
        if (count < command->min_arguments)
                return cli_usage(cli, err, "%s needs %s", command->name, command->arguments);
        return cli_usage(cli, err, "%s does not take the argument \"" STR_FMT "\"", command->name,
                         STR_ARG(line->arguments.items[command->max_arguments]));
}

static bool run_command(Cli *cli, const Command *command, Strs words, Error *err) {
        size_t common_at = (command->request_size + 15) & ~(size_t) 15;
        char *request = arena_alloc(cli->arena, common_at + sizeof(CommonFlags));
        const Option all[] = {
                { .kind = OPTION_GROUP, .rows = command->options },
                { .kind = OPTION_GROUP, .rows = common_options, .offset = common_at },
                OPT_END,
        };
        CommandLine line = { .arena = cli->arena };

        memset(request, 0, common_at + sizeof(CommonFlags));
        if (!options_parse(all, request, words, &line, err)) {
                cli->hint = line.hint;
                cli->exit = EXIT_USAGE;
                return false;
        }
        if (line.wants_help) {
                help_print_command(command, cli->out);
                return true;
        }

        const CommonFlags *common = (const void *) (request + common_at);
        const char *no_color = getenv("NO_COLOR");
        cli->colour = cli->out_is_terminal && !common->no_color && !(no_color && *no_color);
        return check_arguments(cli, command, &line, err) && command->run(cli, &line, request, err);
}

static bool run_words(Cli *cli, Strs words, Error *err) {
        size_t used = 0;

        if (words.len == 0) {
                help_print_overview(cli->out);
                cli->exit = EXIT_USAGE;
                return true;
        }

        words = alias_resolve(words, cli->arena);

        const Command *command = find_command(&words, cli->arena, &used);
        if (command)
                return run_command(cli, command, (Strs) { words.items + used, words.len - used, 0 }, err);

        Str last = words.items[words.len - 1];
        if (str_equal(last, STR("--help")) || str_equal(last, STR("-h"))) {
                if (words.len == 1) {
                        help_print_overview(cli->out);
                        return true;
                }

                Str group = help_find_group(&words, &used);
                if (group.len) {
                        help_print_group(group, cli->out);
                        return true;
                }
        }
        if (str_equal(words.items[0], STR("--version"))) {
                Str client_only = STR("--client-only");

                return run_command(cli, command_find(STR("version")), (Strs) { &client_only, 1, 0 }, err);
        }
        return unknown_command(cli, &words, err);
}

static void report(Cli *cli, const Error *err) {
        print_lines(cli, "error", str_of(err->message));
        print_lines(cli, "hint", cli->hint);
        if (cli->exit == EXIT_OK)
                cli->exit = err->code == ERROR_CANCELED ? EXIT_INTERRUPTED : EXIT_FAILED;
}

ExitCode cli_run(Cli *cli, Strs words) {
        AUTO(error_clear) Error err = { 0 };

        if (!run_words(cli, words, &err))
                report(cli, &err);
        /* A reader that went away (`| head`) is no failure; a full disk is. */
        errno = 0;
        if ((fflush(cli->out) != 0 || ferror(cli->out)) && errno != EPIPE) {
                fprintf(cli->err, "error: standard output: %s\n", strerror(errno));
                if (cli->exit == EXIT_OK)
                        cli->exit = EXIT_FAILED;
        }
        return cli->exit;
}
