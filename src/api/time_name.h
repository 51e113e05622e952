/* time_name.h - names that end with the time, as Velero's schedules name their backups: "nightly-20261122171634".
 *
 * The time is in UTC, whole seconds.  Text lives in the arena or is borrowed from the name. */
#pragma once
#include "base/arena.h"

Str time_name(Str stem, int64_t wall_ms, Arena *arena);
/* The name without its time, and the digits of the time; the whole name and nothing when it has none. */
Str time_name_split(Str name, Str *ret_digits);
/* That of the next second; the same name when it has no time. */
Str time_name_next(Str name, Arena *arena);
