/* clock.h - time: a clock that never jumps for durations, wall time for people.
 *
 * RFC 3339 text is in UTC with whole seconds, as Kubernetes writes it. */
#pragma once
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

int64_t clock_ms(void);      /* monotonic */
int64_t clock_us(void);      /* monotonic */
int64_t clock_wall_ms(void); /* since 1970 */

Str clock_rfc3339(int64_t wall_ms, Arena *arena);       /* 2026-11-22T17:16:34Z */
Str clock_rfc3339_milli(int64_t wall_ms, Arena *arena); /* 2026-11-22T17:16:34.123Z */
bool clock_parse_rfc3339(Str text, int64_t *ret_wall_ms, Error *err) MUST_CHECK;
