#include "data/zone_rule.h"

#include <ctype.h>

enum { HOUR = 3600, DEFAULT_CHANGE = 2 * HOUR, HOURS_MAX = 167, DAYS_A_WEEK = 7, MONTHS = 12 };

static const int64_t day_seconds = INT64_C(24) * HOUR;

/* Days count from 0000-03-01, so that the leap day is the last of its year; eras of 400 years repeat. */
int64_t days_of_civil(int year, int month, int day) {
        int64_t y = month <= 2 ? year - 1 : year, era = (y >= 0 ? y : y - 399) / 400;
        int64_t of_era = y - era * 400;
        int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

        return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void civil_of_days(int64_t days, int *ret_year, int *ret_month, int *ret_day) {
        int64_t shifted = days + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
        int64_t of_era = shifted - era * 146097;
        int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
        int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;

        *ret_day = (int) (of_year - (153 * month + 2) / 5 + 1);
        *ret_month = (int) (month < 10 ? month + 3 : month - 9);
        *ret_year = (int) (year + era * 400 + (*ret_month <= 2));
}

static bool take(Str *rest, char c) {
        if (rest->len == 0 || rest->ptr[0] != c)
                return false;
        *rest = str_skip(*rest, 1);
        return true;
}

static bool take_number(Str *rest, int max, int *ret_number) {
        int number = 0;
        size_t digits = 0;

        for (; digits < rest->len && isdigit((unsigned char) rest->ptr[digits]); digits++) {
                number = number * 10 + (rest->ptr[digits] - '0');
                if (number > max)
                        return false;
        }
        *rest = str_skip(*rest, digits);
        *ret_number = number;
        return digits > 0;
}

/* "CET", "<+03>" */
static bool skip_name(Str *rest) {
        size_t len = 0;

        if (take(rest, '<')) {
                while (rest->len > 0 && !take(rest, '>'))
                        *rest = str_skip(*rest, 1);
                return true;
        }
        while (len < rest->len && isalpha((unsigned char) rest->ptr[len]))
                len++;
        *rest = str_skip(*rest, len);
        return len >= 3;
}

/* "[+-]hh[:mm[:ss]]" in seconds. */
static bool take_time(Str *rest, int *ret_seconds) {
        bool is_negative = take(rest, '-');
        int hours, minutes = 0, seconds = 0;

        if (!is_negative)
                (void) take(rest, '+');
        if (!take_number(rest, HOURS_MAX, &hours) || (take(rest, ':') && !take_number(rest, 59, &minutes)) ||
            (take(rest, ':') && !take_number(rest, 59, &seconds)))
                return false;
        *ret_seconds = (hours * HOUR + minutes * 60 + seconds) * (is_negative ? -1 : 1);
        return true;
}

static bool take_date(Str *rest, RuleDate *date) {
        bool is_good;

        *date = (RuleDate) { .seconds = DEFAULT_CHANGE };
        if (!take(rest, ','))
                return false;
        if (take(rest, 'M')) {
                is_good = take_number(rest, MONTHS, &date->month) && take(rest, '.') &&
                          take_number(rest, 5, &date->week) && take(rest, '.') &&
                          take_number(rest, DAYS_A_WEEK - 1, &date->day) && date->month > 0 && date->week > 0;
        } else {
                date->kind = take(rest, 'J') ? RULE_JULIAN : RULE_ZERO_BASED;
                is_good = take_number(rest, 365, &date->day);
        }
        return is_good && (!take(rest, '/') || take_time(rest, &date->seconds));
}

bool zone_rule_parse(Str text, ZoneRule *ret_rule) {
        ZoneRule rule = { 0 };

        if (!skip_name(&text) || !take_time(&text, &rule.offset))
                return false;
        rule.offset = -rule.offset; /* POSIX counts to the west */
        if (text.len > 0) {
                rule.has_summer = true;
                if (!skip_name(&text))
                        return false;
                rule.summer_offset = rule.offset + HOUR;
                if (text.len > 0 && text.ptr[0] != ',') {
                        if (!take_time(&text, &rule.summer_offset))
                                return false;
                        rule.summer_offset = -rule.summer_offset;
                }
                if (!take_date(&text, &rule.start) || !take_date(&text, &rule.end) || text.len > 0)
                        return false;
        }
        if (rule.offset <= -day_seconds || rule.offset >= day_seconds || rule.summer_offset <= -day_seconds ||
            rule.summer_offset >= day_seconds)
                return false;
        *ret_rule = rule;
        return true;
}

static bool is_leap(int year) {
        return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970 of the date in that year. */
static int64_t date_days(const RuleDate *date, int year) {
        int64_t first = days_of_civil(year, date->kind == RULE_MONTH_WEEK ? date->month : 1, 1), next;
        int weekday;

        if (date->kind == RULE_ZERO_BASED)
                return first + date->day;
        if (date->kind == RULE_JULIAN) /* February 29 is never counted */
                return first + date->day - 1 + (is_leap(year) && date->day >= 60);
        weekday = (int) ((first % DAYS_A_WEEK + 11) % DAYS_A_WEEK);
        first += (date->day - weekday + DAYS_A_WEEK) % DAYS_A_WEEK + (date->week - 1) * DAYS_A_WEEK;
        next = date->month == MONTHS ? days_of_civil(year + 1, 1, 1)
                                     : days_of_civil(year, date->month + 1, 1);
        return first < next ? first : first - DAYS_A_WEEK; /* week 5 is the last one */
}

int zone_rule_offset(const ZoneRule *rule, int64_t seconds) {
        int year, month, day;
        int64_t start, end;

        if (!rule->has_summer)
                return rule->offset;
        civil_of_days((seconds + rule->offset) / day_seconds - (seconds + rule->offset < 0), &year, &month,
                      &day);
        start = date_days(&rule->start, year) * day_seconds + rule->start.seconds - rule->offset;
        end = date_days(&rule->end, year) * day_seconds + rule->end.seconds - rule->summer_offset;
        bool is_summer = start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end;
        return is_summer ? rule->summer_offset : rule->offset;
}
