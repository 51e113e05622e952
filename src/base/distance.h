/* distance.h - how far one word is from another, to say which one was meant.  Pure. */
#pragma once
#include <stddef.h>

#include "base/str.h"

enum { DISTANCE_WORD_MAX = 64 };

/* Levenshtein's, without regard to case.  A longer word is DISTANCE_WORD_MAX from all others. */
size_t str_distance(Str a, Str b);
