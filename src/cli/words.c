#include "cli/words.h"

#include <inttypes.h>

#include "base/clock.h"

Str words_time(int64_t wall_ms, Arena *arena) {
        Str iso = clock_rfc3339(wall_ms, arena); /* 2026-11-22T17:16:34Z */

        return str_of(arena_printf(arena, "%.10s %.8s +0000 UTC", iso.ptr, iso.ptr + 11));
}

Str words_time_of(Str rfc3339, const char *otherwise, Arena *arena) {
        AUTO(error_clear) Error err = { 0 };
        int64_t wall_ms;

        if (rfc3339.len == 0)
                return str_of(otherwise);
        return clock_parse_rfc3339(rfc3339, &wall_ms, &err) ? words_time(wall_ms, arena) : rfc3339;
}

Str words_span(int64_t ms, Arena *arena) {
        int64_t seconds = ms / 1000, minutes = seconds / 60, hours = minutes / 60;
        const char *unit = "s";
        int64_t number = seconds < 0 ? 0 : seconds;

        if (hours >= 24 * 365) {
                number = hours / (24 * 365);
                unit = "y";
        } else if (hours >= 24) {
                number = hours / 24;
                unit = "d";
        } else if (minutes >= 60) {
                number = hours;
                unit = "h";
        } else if (seconds >= 60) {
                number = minutes;
                unit = "m";
        }
        return str_of(arena_printf(arena, "%" PRId64 "%s", number, unit));
}

Str words_from_now(Str rfc3339, int64_t now_wall_ms, Arena *arena) {
        AUTO(error_clear) Error err = { 0 };
        int64_t wall_ms;

        if (rfc3339.len == 0 || !clock_parse_rfc3339(rfc3339, &wall_ms, &err))
                return STR("n/a");
        if (wall_ms > now_wall_ms)
                return words_span(wall_ms - now_wall_ms, arena);

        Str span = words_span(now_wall_ms - wall_ms, arena);
        return str_of(arena_printf(arena, STR_FMT " ago", STR_ARG(span)));
}

Str words_duration(int64_t ms, Arena *arena) {
        int64_t seconds = ms / 1000;

        if (ms < 1000)
                return str_of(arena_printf(arena, "%" PRId64 "ms", ms < 0 ? 0 : ms));
        if (seconds < 60)
                return str_of(arena_printf(arena, "%" PRId64 ".%" PRId64 "s", seconds, ms % 1000 / 100));
        if (seconds < 3600)
                return str_of(arena_printf(arena, "%" PRId64 "m%02" PRId64 "s", seconds / 60, seconds % 60));
        return str_of(arena_printf(arena, "%" PRId64 "h%02" PRId64 "m", seconds / 3600, seconds % 3600 / 60));
}

Str words_bytes(uint64_t bytes, Arena *arena) {
        static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
        double number = (double) bytes;
        size_t unit = 0;

        /* 1023.95 and more would be printed as 1024.0 */
        while (number >= 1023.95 && unit + 1 < sizeof units / sizeof *units) {
                number /= 1024;
                unit++;
        }
        return str_of(arena_printf(arena, unit ? "%.1f %s" : "%.0f %s", number, units[unit]));
}

Str words_count(uint64_t number, Arena *arena) {
        const char *digits = arena_printf(arena, "%" PRIu64, number);
        size_t len = strlen(digits), at = 0;
        char *text = arena_alloc(arena, len + len / 3 + 1);

        for (size_t i = 0; i < len; i++) {
                if (i && (len - i) % 3 == 0)
                        text[at++] = ',';
                text[at++] = digits[i];
        }
        return (Str) { text, at };
}

Str words_plural(uint64_t number, const char *noun, Arena *arena) {
        Str count = words_count(number, arena);

        return str_of(arena_printf(arena, STR_FMT " %s%s", STR_ARG(count), noun, number == 1 ? "" : "s"));
}

static bool is_control(Str text, size_t i) {
        unsigned char c = (unsigned char) text.ptr[i];

        if (c == '\n' || c == '\t')
                return false;
        /* U+0080 to U+009F, which terminals obey as well, is C2 80 to C2 9F in UTF-8 */
        return c < 0x20 || c == 0x7f ||
               (c == 0xc2 && i + 1 < text.len && (unsigned char) text.ptr[i + 1] < 0xa0);
}

Str words_printable(Str text, Arena *arena) {
        static const char hex[] = "0123456789abcdef";
        size_t controls = 0, at = 0;

        for (size_t i = 0; i < text.len; i++)
                controls += is_control(text, i);
        if (controls == 0)
                return text;

        char *clean = arena_alloc(arena, text.len + 3 * controls);
        for (size_t i = 0; i < text.len; i++) {
                unsigned char c = (unsigned char) text.ptr[i];

                if (!is_control(text, i)) {
                        clean[at++] = text.ptr[i];
                        continue;
                }
                if (c == 0xc2)
                        c = (unsigned char) text.ptr[++i];
                memcpy(clean + at, (char[]) { '\\', 'x', hex[c >> 4], hex[c & 15] }, 4);
                at += 4;
        }
        return (Str) { clean, at };
}

bool words_cut_line(Str *text, Str *ret_line) {
        return text->len && str_cut(text, '\n', ret_line);
}
