/* completion.h - shell scripts that complete commands, flags, their words, and names of backups. */
#pragma once
#include "cli/cli.h"

typedef enum Shell { SHELL_BASH, SHELL_ZSH, SHELL_FISH } Shell;

void completion_write(Shell shell, FILE *out);
