/* zone_rule.h - the rule at the end of a time zone file, as POSIX writes it: "CET-1CEST,M3.5.0,M10.5.0/3".
 *
 * Pure.  Private to data/. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

typedef enum RuleDay { RULE_MONTH_WEEK, RULE_JULIAN, RULE_ZERO_BASED } RuleDay;

typedef struct RuleDate {
        RuleDay kind;
        int month, week, day; /* of RULE_MONTH_WEEK, else the number of the day in `day` */
        int seconds;          /* after midnight, by the clock that is about to change */
} RuleDate;

typedef struct ZoneRule {
        int offset, summer_offset; /* seconds east of UTC */
        bool has_summer;
        RuleDate start, end; /* of summer time */
} ZoneRule;

bool zone_rule_parse(Str text, ZoneRule *ret_rule);
int zone_rule_offset(const ZoneRule *rule, int64_t seconds);

/* Days since 1970-01-01 in the Gregorian calendar. */
int64_t days_of_civil(int year, int month, int day);
void civil_of_days(int64_t days, int *ret_year, int *ret_month, int *ret_day);
