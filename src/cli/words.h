/* words.h - numbers, times and foreign text in the form in which people read them. */
#pragma once
#include <stdint.h>

#include "base/arena.h"

/* "2026-11-22 17:16:34 +0000 UTC", as Velero prints times. */
Str words_time(int64_t wall_ms, Arena *arena);
/* The same from RFC 3339 text; `otherwise` when it is empty, the text itself when it is no time. */
Str words_time_of(Str rfc3339, const char *otherwise, Arena *arena);
/* kubectl's short span: 45s, 12m, 5h, 29d, 9y. */
Str words_span(int64_t ms, Arena *arena);
/* "expires" column: "29d", "3h ago", "n/a". */
Str words_from_now(Str rfc3339, int64_t now_wall_ms, Arena *arena);
/* "87ms", "1.2s", "2m14s", "1h02m": short, for progress and summaries. */
Str words_duration(int64_t ms, Arena *arena);
Str words_bytes(uint64_t bytes, Arena *arena);  /* "0 B", "12.3 KiB", "4.0 GiB" */
Str words_count(uint64_t number, Arena *arena); /* "12,345" */
/* "1 pod", "2 pods". */
Str words_plural(uint64_t number, const char *noun, Arena *arena);

/* Without anything that could move the cursor or colour of a terminal: control bytes but newline and tab
 * become \xNN.  For what containers and clusters said. */
Str words_printable(Str text, Arena *arena);

/* Cuts the first line off *text, without its newline; false when nothing is left. */
bool words_cut_line(Str *text, Str *ret_line);
