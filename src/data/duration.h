/* duration.h - Go's durations: "300ms", "1h30m", "1.5h"; units ns us µs ms s m h.
 *
 * A unit is required, except for plain 0.  Kept in milliseconds (rounded down;
 * something above zero never becomes zero). */
#pragma once
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* ERROR_INVALID: "\"300\" is not a duration: a unit is missing (write \"300s\")". */
bool duration_parse(Str text, int64_t *ret_ms, Error *err) MUST_CHECK;
Str duration_format(int64_t ms, Arena *arena); /* as Go prints it: 10m0s, 1.5s, 0s */
