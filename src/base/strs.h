/* strs.h - a growing list of borrowed strings.
 *
 * The array lives in the arena given to strs_add; the bytes are borrowed from
 * wherever they were (copy them with arena_copy where they do not live as long). */
#pragma once
#include "base/arena.h"

typedef struct Strs {
        Str *items;
        size_t len, capacity;
} Strs;

void strs_add(Strs *strs, Arena *arena, Str text);
bool strs_has(const Strs *strs, Str text);
void strs_sort(Strs *strs);
Str strs_join(const Strs *strs, Str separator, Arena *arena);

/* "a,b , c" as a, b, c: fields are trimmed, empty ones dropped. */
void strs_split(Str text, char separator, Arena *arena, Strs *strs);
