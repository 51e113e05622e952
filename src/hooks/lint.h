/* lint.h - says what is wrong with hooks before anything runs.
 *
 * For `grapnel hooks lint`: decodes as the real run would, then adds advice that needs no cluster (a freeze
 * without a thaw, a shell command line given as one word, a timeout longer than a freeze should last). */
#pragma once
#include "api/manifest.h"

void hook_lint(const Manifest *manifest, Arena *arena, Faults *faults);
