/* cron.h - when a schedule is due: five fields, @daily and the like, @every, and time zones.
 *
 * Fields as robfig/cron's standard parser reads them (Velero 1.18): minute, hour, day of month, month, day of week;
 * `*`, `?`, lists, ranges, steps, names; when both days are restricted either matches.  "CRON_TZ=Zone " or
 * "TZ=Zone " in front sets the zone, else it is the one given.  A wall-clock time that a change to summer time
 * skips does not run that day; one that comes twice runs once, unless the schedule runs every hour.  Source: spec/backup-behaviour.md 6.3. */
#pragma once
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

typedef struct Cron Cron; /* lives in the arena that it was parsed into */

/* ERROR_INVALID names the field, the text and what is expected. */
bool cron_parse(Str text, Arena *arena, const Cron **ret_cron, Error *err) MUST_CHECK;

/* The first time after `after_ms` (wall, ms since 1970); 0 when there is none within five years. */
int64_t cron_next(const Cron *cron, int64_t after_ms);
