/* zone.h - time zones: what a clock on the wall shows there, from the system's zone files (TZif, RFC 8536).
 *
 * Read from /usr/share/zoneinfo, or the folder in $ZONEINFO or $TZDIR.  "UTC" and "" need no file; "Local" is $TZ, else
 * /etc/localtime, else UTC.  No global state: glibc's tzset is not used. */
#pragma once
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

typedef struct Zone Zone;

/* ERROR_INVALID "there is no time zone \"X\"" also for names that leave the folder. */
bool zone_load(Str name, Arena *arena, const Zone **ret_zone, Error *err) MUST_CHECK;
/* Pure, for tests and the fuzzer. */
bool zone_parse(Str bytes, Arena *arena, const Zone **ret_zone, Error *err) MUST_CHECK;

typedef struct ZoneTime {
        int year, month, day; /* month and day from 1 */
        int hour, minute, second;
        int weekday;        /* 0: Sunday */
        int offset_seconds; /* east of UTC */
} ZoneTime;
ZoneTime zone_time(const Zone *zone, int64_t wall_ms);
/* The instant at which the clock shows that time; the earlier of two; 0 when it is skipped. `weekday` and `offset_seconds` of `time` do not matter. */
int64_t zone_instant(const Zone *zone, const ZoneTime *time);
