#include "base/clock.h"

#include <time.h>

static int64_t now_us(clockid_t id) {
        struct timespec now;

        clock_gettime(id, &now); /* fails only for an unknown clock */
        return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_ms(void) {
        return now_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_us(void) {
        return now_us(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void) {
        return now_us(CLOCK_REALTIME) / 1000;
}

static int64_t floor_divide(int64_t a, int64_t b) {
        return a / b - (a % b < 0);
}

static struct tm broken_down(int64_t wall_ms) {
        time_t seconds = (time_t) floor_divide(wall_ms, 1000);
        struct tm tm = { 0 };

        gmtime_r(&seconds, &tm);
        return tm;
}

Str clock_rfc3339(int64_t wall_ms, Arena *arena) {
        struct tm tm = broken_down(wall_ms);

        return str_of(arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                                   tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec));
}

Str clock_rfc3339_milli(int64_t wall_ms, Arena *arena) {
        struct tm tm = broken_down(wall_ms);
        int ms = (int) (wall_ms - 1000 * floor_divide(wall_ms, 1000));

        return str_of(arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
                                   tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ms));
}

/* Takes `digits` decimal digits off the front; false unless the number is between min and max. */
static bool take_number(Str *rest, size_t digits, int min, int max, int *ret_number) {
        int number = 0;

        if (rest->len < digits)
                return false;
        for (size_t i = 0; i < digits; i++) {
                if (rest->ptr[i] < '0' || rest->ptr[i] > '9')
                        return false;
                number = 10 * number + (rest->ptr[i] - '0');
        }
        *rest = str_skip(*rest, digits);
        *ret_number = number;
        return number >= min && number <= max;
}

static bool take_char(Str *rest, char c) {
        if (rest->len == 0 || rest->ptr[0] != c)
                return false;
        *rest = str_skip(*rest, 1);
        return true;
}

static int days_in_month(int year, int month) {
        const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

        return days[month - 1] + (month == 2 && leap);
}

static bool take_date_time(Str *rest, int64_t *ret_seconds) {
        int year, month, day, hour, minute, second;

        if (!take_number(rest, 4, 0, 9999, &year) || !take_char(rest, '-') ||
            !take_number(rest, 2, 1, 12, &month) || !take_char(rest, '-') ||
            !take_number(rest, 2, 1, days_in_month(year, month), &day) || !take_char(rest, 'T') ||
            !take_number(rest, 2, 0, 23, &hour) || !take_char(rest, ':') ||
            !take_number(rest, 2, 0, 59, &minute) || !take_char(rest, ':') ||
            !take_number(rest, 2, 0, 59, &second))
                return false;

        struct tm tm = {
                .tm_year = year - 1900,
                .tm_mon = month - 1,
                .tm_mday = day,
                .tm_hour = hour,
                .tm_min = minute,
                .tm_sec = second,
        };
        *ret_seconds = timegm(&tm);
        return true;
}

/* ".5", ".123456789": digits after the third are checked and dropped. */
static bool take_fraction(Str *rest, int *ret_ms) {
        int digit, weight = 100, ms = 0;

        if (!take_char(rest, '.'))
                return true;
        if (!take_number(rest, 1, 0, 9, &digit))
                return false;
        do {
                ms += digit * weight;
                weight /= 10;
        } while (take_number(rest, 1, 0, 9, &digit));
        *ret_ms = ms;
        return true;
}

static bool take_offset(Str *rest, int *ret_seconds) {
        int hours, minutes, sign;

        if (take_char(rest, 'Z')) {
                *ret_seconds = 0;
                return true;
        }
        if (take_char(rest, '+'))
                sign = 1;
        else if (take_char(rest, '-'))
                sign = -1;
        else
                return false;
        if (!take_number(rest, 2, 0, 23, &hours) || !take_char(rest, ':') ||
            !take_number(rest, 2, 0, 59, &minutes))
                return false;
        *ret_seconds = sign * (hours * 3600 + minutes * 60);
        return true;
}

bool clock_parse_rfc3339(Str text, int64_t *ret_wall_ms, Error *err) {
        int64_t seconds = 0;
        int ms = 0, offset = 0;
        Str rest = text;

        if (!take_date_time(&rest, &seconds) || !take_fraction(&rest, &ms) || !take_offset(&rest, &offset) ||
            rest.len)
                return error_set(err, ERROR_INVALID,
                                 "\"" STR_FMT "\" is not a time: expected one such as 2026-11-22T17:16:34Z",
                                 STR_ARG(text));
        *ret_wall_ms = (seconds - offset) * 1000 + ms;
        return true;
}
