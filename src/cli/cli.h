/* cli.h - what a command is given, and how it ends.
 *
 * A command is one constant row: name, arguments, flags, help, function.  `commands_all` lists them; help,
 * completion and man pages are made from the same rows. */
#pragma once
#include <stdio.h>

#include "cli/options.h"

typedef enum ExitCode {
        EXIT_OK = 0,
        EXIT_FAILED = 1,
        EXIT_PARTIAL = 2, /* it ended, with errors in parts */
        EXIT_USAGE = 64,  /* the request is wrong; nothing was begun */
        EXIT_INTERRUPTED = 130,
} ExitCode;

typedef struct Cli {
        FILE *in, *out, *err;
        bool in_is_terminal, out_is_terminal, err_is_terminal;
        bool colour;  /* of what goes to `out` */
        Arena *arena; /* lives as long as the command */
        Str hint;     /* for the user, after the error */
        ExitCode exit;
} Cli;

typedef bool (*CommandRun)(Cli *cli, const CommandLine *line, const void *request, Error *err);

typedef struct Command {
        const char *name;      /* "backup run" */
        const char *arguments; /* "[NAME]" */
        const char *summary;   /* one line */
        const char *details;   /* paragraphs; may be NULL */
        const char *example;   /* lines; a line that starts with # explains the next */
        const Option *options;
        size_t request_size;
        unsigned min_arguments, max_arguments;
        bool is_hidden;
        CommandRun run;
} Command;

extern const Command *const commands_all[]; /* ends with NULL */
const Command *command_find(Str name);

/* Runs the command that `words` (without the program's name) ask for; prints what is wrong; returns the exit code. */
ExitCode cli_run(Cli *cli, Strs words);

/* Marks the request itself as wrong (exit 64); sets err and returns false. */
bool cli_usage(Cli *cli, Error *err, const char *format, ...) PRINTF_LIKE(3, 4);
void cli_set_hint(Cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);
/* "warning: …" on standard error, one line for each line of the text. */
void cli_warn(Cli *cli, Str text);
/* Asks for yes or no on the terminal; where nobody could answer that is a usage error, with the hint. */
bool cli_ask(Cli *cli, Str question, const char *hint, bool *ret_yes, Error *err) MUST_CHECK;
/* How a run ended; why it failed goes to standard error too, where scripts and --quiet look. */
void cli_end(Cli *cli, ExitCode exit, Str reason);

extern const Option common_options[]; /* --no-color; every command has them */
