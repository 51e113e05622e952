/* help.h - what --help says, made from the tables of commands and flags. */
#pragma once
#include "cli/cli.h"

enum { HELP_COLUMNS = 100 };

void help_print_overview(FILE *out);
void help_print_group(Str group, FILE *out); /* "backup" */
void help_print_command(const Command *command, FILE *out);

/* Groups of commands: the words before a command's last, "backup" or "client config".  NULL at the end. */
const char *help_group(size_t i);
/* The group that the first words name, or begin to name ("client"); empty: none.  *ret_used: how many words. */
Str help_find_group(const Strs *words, size_t *ret_used);
const char *help_group_summary(Str group);
/* The words that may come next: after "" the first words, after "backup" run, get, … */
void help_add_words(Str group, Arena *arena, Strs *words);
const char *help_group_words(Str group, Arena *arena); /* "run, get, describe" */

/* "-l, --selector SELECTOR"; as one line of text. */
Str help_flag_text(const Option *option, Arena *arena);
/* Words of `text` in lines of at most `columns`, the second and later ones after `indent` blanks. */
void help_wrap(Str text, size_t indent, size_t columns, FILE *out);
