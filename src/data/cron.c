#include "data/cron.h"

#include <ctype.h>
#include <strings.h>

#include "data/duration.h"
#include "data/zone.h"

enum { TEXT_MAX = 1024, FIELDS = 5, MINUTES_A_DAY = 24 * 60, YEARS_AHEAD = 5, MS_A_SECOND = 1000 };
enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY };

struct Cron {
        int64_t every_ms;      /* @every; 0: by fields */
        uint64_t sets[FIELDS]; /* a bit for each value */
        bool any_day, any_weekday;
        const Zone *zone;
};

typedef struct FieldRow {
        const char *name;
        int min, max;
        const char *const *words; /* of the values from `min` on; NULL: none */
} FieldRow;

static const char *const month_words[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
                                           "aug", "sep", "oct", "nov", "dec", NULL };
static const char *const weekday_words[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL };

static const FieldRow rows[FIELDS] = {
        [MINUTE] = { "minute", 0, 59, NULL },
        [HOUR] = { "hour", 0, 23, NULL },
        [DAY] = { "day of month", 1, 31, NULL },
        [MONTH] = { "month", 1, 12, month_words },
        [WEEKDAY] = { "day of week", 0, 6, weekday_words },
};

static const struct {
        const char *word, *fields;
} descriptors[] = {
        { "@yearly", "0 0 1 1 *" }, { "@annually", "0 0 1 1 *" }, { "@monthly", "0 0 1 * *" },
        { "@weekly", "0 0 * * 0" }, { "@daily", "0 0 * * *" },    { "@midnight", "0 0 * * *" },
        { "@hourly", "0 * * * *" },
};

static bool bad_value(const FieldRow *row, Str value, Error *err) {
        const char *hint = row->max == 6 && str_equal(value, STR("7")) ? " (Sunday is 0)" : "";

        return error_set(err, ERROR_INVALID, "%s: \"" STR_FMT "\" is not one of %d-%d%s%s", row->name,
                         STR_ARG(value), row->min, row->max, row->words ? " or a name" : "", hint);
}

static bool same_word(Str text, const char *word) {
        return text.len == strlen(word) && strncasecmp(text.ptr, word, text.len) == 0;
}

static bool read_value(const FieldRow *row, Str text, int *ret_value, Error *err) {
        int value = 0;

        for (int i = 0; row->words && row->words[i]; i++) {
                if (same_word(text, row->words[i])) {
                        *ret_value = row->min + i;
                        return true;
                }
        }
        for (size_t i = 0; i < text.len; i++) {
                if (!isdigit((unsigned char) text.ptr[i]) || value > row->max)
                        return bad_value(row, text, err);
                value = value * 10 + (text.ptr[i] - '0');
        }
        if (text.len == 0 || value < row->min || value > row->max)
                return bad_value(row, text, err);
        *ret_value = value;
        return true;
}

static bool read_step(const FieldRow *row, Str text, int *ret_step, Error *err) {
        size_t i = 0;
        int step = 0;

        for (; i < text.len && isdigit((unsigned char) text.ptr[i]) && step <= TEXT_MAX; i++)
                step = step * 10 + (text.ptr[i] - '0');
        if (i < text.len || step == 0 || step > TEXT_MAX)
                return error_set(err, ERROR_INVALID,
                                 "%s: \"/" STR_FMT "\" is not a step: expected a number from 1", row->name,
                                 STR_ARG(text));
        *ret_step = step;
        return true;
}

/* "*", "5", "1-5", each with "/step" after it. */
static bool read_part(const FieldRow *row, Str part, uint64_t *set, bool *is_any, Error *err) {
        Str range = part, first, step_text;
        int low = row->min, high = row->max, step = 1;
        bool has_step = memchr(part.ptr, '/', part.len) != NULL, has_end;

        (void) str_cut(&range, '/', &first);
        step_text = has_step ? range : STR("");
        has_end = memchr(first.ptr, '-', first.len) != NULL;
        if (str_equal(first, STR("*")) || str_equal(first, STR("?"))) {
                *is_any = *is_any || !has_step || str_equal(step_text, STR("1"));
        } else {
                Str end = first, start;

                (void) str_cut(&end, '-', &start);
                if (!read_value(row, start, &low, err) || (has_end && !read_value(row, end, &high, err)))
                        return false;
                if (!has_end && !has_step)
                        high = low;
                if (low > high)
                        return error_set(err, ERROR_INVALID, "%s: \"" STR_FMT "\" runs backwards", row->name,
                                         STR_ARG(first));
        }
        if (has_step && !read_step(row, step_text, &step, err))
                return false;
        for (int value = low; value <= high; value += step)
                *set |= UINT64_C(1) << value;
        return true;
}

static bool read_field(Cron *cron, int number, Str text, Error *err) {
        Str rest = text, part;
        bool is_any = false;

        while (str_cut(&rest, ',', &part))
                if (!read_part(&rows[number], part, &cron->sets[number], &is_any, err))
                        return false;
        if (number == DAY)
                cron->any_day = is_any;
        if (number == WEEKDAY)
                cron->any_weekday = is_any;
        return true;
}

static bool read_fields(Cron *cron, Str text, Error *err) {
        Str fields[FIELDS + 1];
        size_t count = 0, i = 0;

        while (i < text.len && count <= FIELDS) {
                size_t start;

                while (i < text.len && isspace((unsigned char) text.ptr[i]))
                        i++;
                start = i;
                while (i < text.len && !isspace((unsigned char) text.ptr[i]))
                        i++;
                if (i > start)
                        fields[count++] = (Str) { text.ptr + start, i - start };
        }
        if (count != FIELDS)
                return error_set(err, ERROR_INVALID,
                                 "%s fields than five: minute, hour, day of month, month, day of week",
                                 count < FIELDS ? "fewer" : "more");
        for (int number = 0; number < FIELDS; number++)
                if (!read_field(cron, number, fields[number], err))
                        return false;
        return true;
}

static bool read_every(Cron *cron, Str text, Error *err) {
        if (!duration_parse(str_trim(text), &cron->every_ms, err))
                return error_prefix(err, "@every");
        return cron->every_ms >= MS_A_SECOND ||
               error_set(err, ERROR_INVALID, "@every: \"" STR_FMT "\" is less than a second", STR_ARG(text));
}

static bool read_descriptor(Cron *cron, Str text, Error *err) {
        if (str_starts_with(text, STR("@every ")))
                return read_every(cron, str_skip(text, 7), err);
        for (size_t i = 0; i < sizeof(descriptors) / sizeof(*descriptors); i++)
                if (same_word(text, descriptors[i].word))
                        return read_fields(cron, str_of(descriptors[i].fields), err);
        return error_set(err, ERROR_INVALID,
                         "\"" STR_FMT
                         "\" is not known: there are @yearly, @monthly, @weekly, @daily, @hourly and @every "
                         "DURATION",
                         STR_ARG(text));
}

/* "CRON_TZ=Europe/Berlin " or "TZ=…" in front. */
static bool read_zone(Str *text, Arena *arena, const Zone **ret_zone, Error *err) {
        Str name = STR("Local");

        if (str_starts_with(*text, STR("TZ=")) || str_starts_with(*text, STR("CRON_TZ="))) {
                Str word;

                (void) str_cut(text, ' ', &word);
                name = str_skip(word, word.ptr[0] == 'T' ? 3 : 8);
                *text = str_trim(*text);
        }
        return zone_load(name, arena, ret_zone, err);
}

bool cron_parse(Str text, Arena *arena, const Cron **ret_cron, Error *err) {
        Cron *cron = arena_alloc(arena, sizeof(*cron));

        *cron = (Cron) { 0 };
        if (text.len > TEXT_MAX)
                return error_set(err, ERROR_INVALID, "it has %zu bytes, more than %d", text.len, TEXT_MAX);
        text = str_trim(text);
        if (text.len == 0)
                return error_set(err, ERROR_INVALID,
                                 "it is empty: expected five fields, such as \"0 1 * * *\"");
        if (!read_zone(&text, arena, &cron->zone, err))
                return false;
        if (text.len > 0 && text.ptr[0] == '@' ? !read_descriptor(cron, text, err)
                                               : !read_fields(cron, text, err))
                return false;
        *ret_cron = cron;
        return true;
}

static bool has(const Cron *cron, int field, int value) {
        return cron->sets[field] >> value & 1;
}

/* When both days are restricted either matches. */
static bool matches_day(const Cron *cron, const ZoneTime *time) {
        bool day = has(cron, DAY, time->day), weekday = has(cron, WEEKDAY, time->weekday);

        return cron->any_day || cron->any_weekday ? day && weekday : day || weekday;
}

/* The next wall-clock minute of that day that matches, from `from` on (in minutes); -1: none. */
static int next_minute(const Cron *cron, int from) {
        for (int minute = from; minute < MINUTES_A_DAY; minute++)
                if (has(cron, HOUR, minute / 60) && has(cron, MINUTE, minute % 60))
                        return minute;
        return -1;
}

static void keep_earliest(int64_t instant, int64_t after_ms, int64_t *best) {
        if (instant > after_ms && (*best == 0 || instant < *best))
                *best = instant;
}

/* A time that comes twice, as clocks are set back: what runs every hour runs then again. */
static void keep_repeated(const Cron *cron, const ZoneTime *time, int64_t instant, int64_t after_ms,
                          int64_t *best) {
        static const int64_t shifts_ms[] = { INT64_C(30) * 60 * MS_A_SECOND, INT64_C(60) * 60 * MS_A_SECOND };

        if (cron->sets[HOUR] != (UINT64_C(1) << 24) - 1)
                return;
        for (size_t i = 0; i < sizeof(shifts_ms) / sizeof(*shifts_ms); i++) {
                ZoneTime again = zone_time(cron->zone, instant + shifts_ms[i]);

                if (again.day == time->day && again.hour == time->hour && again.minute == time->minute)
                        keep_earliest(instant + shifts_ms[i], after_ms, best);
        }
}

/* The earliest instant after `after_ms` on the day of `time`; 0: none. */
static int64_t next_on_day(const Cron *cron, ZoneTime time, int64_t after_ms) {
        int64_t best = 0;

        for (int minute = next_minute(cron, 0); minute >= 0; minute = next_minute(cron, minute + 1)) {
                int64_t instant;

                time.hour = minute / 60;
                time.minute = minute % 60;
                time.second = 0;
                instant = zone_instant(cron->zone, &time);
                if (instant == 0)
                        continue;
                keep_earliest(instant, after_ms, &best);
                keep_repeated(cron, &time, instant, after_ms, &best);
        }
        return best;
}

int64_t cron_next(const Cron *cron, int64_t after_ms) {
        const int64_t day_ms = INT64_C(24) * 60 * 60 * MS_A_SECOND;
        ZoneTime noon;
        int64_t noon_ms;

        if (cron->every_ms > 0)
                return after_ms - after_ms % MS_A_SECOND + cron->every_ms;
        noon = zone_time(cron->zone, after_ms);
        noon_ms = after_ms + (12 - noon.hour) * INT64_C(3600) * MS_A_SECOND; /* of that day, about */
        for (int day = 0; day <= YEARS_AHEAD * 366; day++) {
                ZoneTime time = zone_time(cron->zone, noon_ms + day * day_ms);
                int64_t instant;

                if (!has(cron, MONTH, time.month) || !matches_day(cron, &time))
                        continue;
                instant = next_on_day(cron, time, after_ms);
                if (instant > 0)
                        return instant;
        }
        return 0;
}
