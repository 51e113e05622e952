/* velero_only.h - what Velero's command line has and ours has not: why, and what does it instead.
 *
 * Whoever types it comes from Velero; "unknown" would leave them guessing. */
#pragma once
#include "base/str.h"

/* A word of a command ("repo", "plugins"); NULL for any other. */
const char *velero_only_word(Str word);
/* A flag without its dashes, to be asked only where the command does not take it; NULL for any other. */
const char *velero_only_flag(Str name);
