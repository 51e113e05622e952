/* man.h - manual pages, from the tables of commands and flags. */
#pragma once
#include "cli/cli.h"

/* "grapnel-backup-run" for a command; "grapnel" for NULL. */
Str man_page_name(const Command *command, Arena *arena);
void man_write(const Command *command, FILE *out); /* NULL: the page about grapnel itself */
