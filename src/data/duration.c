#include "data/duration.h"

#include <limits.h>

typedef struct Unit {
        const char *name;
        uint64_t ns;
} Unit;

static const Unit units[] = {
        { "ns", 1 },
        { "us", 1000 },
        { "\xc2\xb5s", 1000 }, /* the micro sign, and below the Greek letter: Go takes both */
        { "\xce\xbcs", 1000 },
        { "ms", 1000 * 1000 },
        { "s", 1000ull * 1000 * 1000 },
        { "m", 60ull * 1000 * 1000 * 1000 },
        { "h", 3600ull * 1000 * 1000 * 1000 },
};

enum { NS_PER_MS = 1000 * 1000 };

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

/* One number: its whole part, and its fraction as `fraction` / `scale`. */
typedef struct Number {
        uint64_t whole, fraction, scale;
} Number;

static bool take_number(Str *rest, Number *ret_number, bool *ret_too_large) {
        Number number = { .scale = 1 };
        size_t digits = 0;

        *ret_too_large = false;
        for (; rest->len && is_digit(rest->ptr[0]); *rest = str_skip(*rest, 1), digits++)
                if (__builtin_mul_overflow(number.whole, 10u, &number.whole) ||
                    __builtin_add_overflow(number.whole, (unsigned) (rest->ptr[0] - '0'), &number.whole))
                        *ret_too_large = true;

        if (rest->len && rest->ptr[0] == '.') {
                *rest = str_skip(*rest, 1);
                for (; rest->len && is_digit(rest->ptr[0]); *rest = str_skip(*rest, 1), digits++) {
                        /* Further digits are below a nanosecond: an hour has 3.6e12 of them. */
                        if (number.scale >= 1000ull * 1000 * 1000 * 1000 * 1000)
                                continue;
                        number.fraction = number.fraction * 10 + (unsigned) (rest->ptr[0] - '0');
                        number.scale *= 10;
                }
        }
        *ret_number = number;
        return digits > 0;
}

static Str take_unit(Str *rest) {
        size_t len = 0;

        while (len < rest->len && rest->ptr[len] != '.' && !is_digit(rest->ptr[len]))
                len++;
        Str unit = { rest->ptr, len };
        *rest = str_skip(*rest, len);
        return unit;
}

static const Unit *find_unit(Str name) {
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
                if (str_equal(name, str_of(units[i].name)))
                        return &units[i];
        return NULL;
}

/* False when the sum does not fit. */
static bool add_ns(uint64_t *total, Number number, uint64_t unit_ns) {
        uint64_t ns;
        unsigned __int128 fraction = (unsigned __int128) number.fraction * unit_ns / number.scale;

        return !__builtin_mul_overflow(number.whole, unit_ns, &ns) &&
               !__builtin_add_overflow(ns, (uint64_t) fraction, &ns) &&
               !__builtin_add_overflow(*total, ns, total) && *total <= INT64_MAX;
}

static bool not_a_duration(Str text, Error *err, const char *reason) {
        return error_set(err, ERROR_INVALID, "\"" STR_FMT "\" is not a duration: %s", STR_ARG(text), reason);
}

bool duration_parse(Str text, int64_t *ret_ms, Error *err) {
        Str rest = text;
        uint64_t total_ns = 0;
        bool is_negative = false;

        if (rest.len && (rest.ptr[0] == '-' || rest.ptr[0] == '+')) {
                is_negative = rest.ptr[0] == '-';
                rest = str_skip(rest, 1);
        }
        if (str_equal(rest, STR("0"))) {
                *ret_ms = 0;
                return true;
        }
        if (rest.len == 0)
                return not_a_duration(text, err, "it is empty (write one such as \"30s\" or \"1h30m\")");

        while (rest.len) {
                Number number;
                bool is_too_large;

                if (!take_number(&rest, &number, &is_too_large))
                        return not_a_duration(text, err, "expected one such as \"30s\" or \"1h30m\"");

                Str name = take_unit(&rest);
                if (name.len == 0)
                        return error_set(err, ERROR_INVALID,
                                         "\"" STR_FMT
                                         "\" is not a duration: a unit is missing (write \"" STR_FMT "s\")",
                                         STR_ARG(text), STR_ARG(text));
                const Unit *unit = find_unit(name);
                if (!unit)
                        return error_set(err, ERROR_INVALID,
                                         "\"" STR_FMT "\" is not a duration: unknown unit \"" STR_FMT
                                         "\" (ns, us, ms, s, m and h are known)",
                                         STR_ARG(text), STR_ARG(name));
                if (is_too_large || !add_ns(&total_ns, number, unit->ns))
                        return not_a_duration(text, err, "it is longer than 292 years");
        }

        int64_t ms = (int64_t) (total_ns / NS_PER_MS);
        if (ms == 0 && total_ns > 0)
                ms = 1; /* a bound of "some time" must not turn into "no time" */
        *ret_ms = is_negative ? -ms : ms;
        return true;
}

/* 1.5, 0.001, 2: seconds with as many decimals as there are. */
static const char *format_seconds(uint64_t ms, Arena *arena) {
        unsigned fraction = (unsigned) (ms % 1000);
        int decimals = 3;

        if (fraction == 0)
                return arena_printf(arena, "%llu", (unsigned long long) (ms / 1000));
        for (; fraction % 10 == 0; fraction /= 10)
                decimals--;
        return arena_printf(arena, "%llu.%0*u", (unsigned long long) (ms / 1000), decimals, fraction);
}

Str duration_format(int64_t ms, Arena *arena) {
        const char *sign = ms < 0 ? "-" : "";
        uint64_t size = ms < 0 ? -(uint64_t) ms : (uint64_t) ms;
        uint64_t minutes = size / 60000;
        const char *seconds = format_seconds(size % 60000, arena);

        if (size == 0)
                return STR("0s");
        if (size < 1000)
                return str_of(arena_printf(arena, "%s%llums", sign, (unsigned long long) size));
        if (minutes == 0)
                return str_of(arena_printf(arena, "%s%ss", sign, seconds));
        if (minutes < 60)
                return str_of(arena_printf(arena, "%s%llum%ss", sign, (unsigned long long) minutes, seconds));
        return str_of(arena_printf(arena, "%s%lluh%llum%ss", sign, (unsigned long long) (minutes / 60),
                                   (unsigned long long) (minutes % 60), seconds));
}
