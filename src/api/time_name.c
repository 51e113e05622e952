#include "api/time_name.h"

#include "base/clock.h"

enum { DIGITS = 14, SECOND_MS = 1000 };

Str time_name(Str stem, int64_t wall_ms, Arena *arena) {
        Str time = clock_rfc3339(wall_ms, arena);
        char digits[DIGITS + 1];
        size_t len = 0;

        for (size_t i = 0; i < time.len && len < DIGITS; i++)
                if (time.ptr[i] >= '0' && time.ptr[i] <= '9')
                        digits[len++] = time.ptr[i];
        digits[len] = '\0';
        return str_of(arena_printf(arena, STR_FMT "-%s", STR_ARG(stem), digits));
}

Str time_name_split(Str name, Str *ret_digits) {
        *ret_digits = STR("");
        if (name.len <= DIGITS + 1 || name.ptr[name.len - DIGITS - 1] != '-')
                return name;
        for (size_t i = name.len - DIGITS; i < name.len; i++)
                if (name.ptr[i] < '0' || name.ptr[i] > '9')
                        return name;
        *ret_digits = str_skip(name, name.len - DIGITS);
        return (Str) { name.ptr, name.len - DIGITS - 1 };
}

Str time_name_next(Str name, Arena *arena) {
        AUTO(error_clear) Error err = { 0 };
        Str digits, stem = time_name_split(name, &digits);
        const char *d = digits.ptr;
        int64_t wall_ms;

        if (digits.len == 0)
                return name;

        const char *time =
                arena_printf(arena, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", d, d + 4, d + 6, d + 8, d + 10, d + 12);
        return clock_parse_rfc3339(str_of(time), &wall_ms, &err) ? time_name(stem, wall_ms + SECOND_MS, arena)
                                                                 : name;
}
