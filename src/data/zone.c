#include "data/zone.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "data/zone_rule.h"

enum {
        FILE_MAX = 256 * 1024,
        HEADER_BYTES = 44,
        TYPE_BYTES = 6,
        NAME_MAX_LEN = 128,
        MS_A_SECOND = 1000,
        TRANSITIONS_MAX = 20000,
};

static const int64_t day_seconds = INT64_C(24) * 60 * 60;

typedef struct Transition {
        int64_t at; /* seconds since 1970 */
        int offset; /* from then on */
} Transition;

struct Zone {
        int first_offset; /* before the first transition */
        Transition *transitions;
        size_t len;
        ZoneRule rule; /* after the last one */
        bool has_rule;
};

static const Zone utc = { 0 };

static int64_t read_number(const char *bytes, unsigned size) {
        uint64_t number = 0;

        for (unsigned i = 0; i < size; i++)
                number = number << 8 | (unsigned char) bytes[i];
        return size == 4 ? (int32_t) (uint32_t) number : (int64_t) number;
}

typedef struct Counts { /* of the header, in its order */
        size_t ut, std, leap, transitions, types, chars;
} Counts;

static bool read_header(Str bytes, Counts *counts) {
        size_t *const all[] = { &counts->ut,          &counts->std,   &counts->leap,
                                &counts->transitions, &counts->types, &counts->chars };

        if (bytes.len < HEADER_BYTES || !str_starts_with(bytes, STR("TZif")))
                return false;
        for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
                int64_t count = read_number(bytes.ptr + 20 + i * 4, 4);

                if (count < 0 || count > TRANSITIONS_MAX)
                        return false;
                *all[i] = (size_t) count;
        }
        return counts->types > 0;
}

static size_t block_bytes(const Counts *counts, unsigned time_size) {
        return counts->transitions * (time_size + 1) + counts->types * TYPE_BYTES + counts->chars +
               counts->leap * (time_size + 4) + counts->std + counts->ut;
}

static bool read_block(Str block, const Counts *counts, unsigned time_size, Arena *arena, Zone *zone) {
        const char *kinds = block.ptr + counts->transitions * time_size;
        const char *types = kinds + counts->transitions;

        zone->first_offset = (int) read_number(types, 4);
        zone->transitions = arena_alloc(arena, (counts->transitions + 1) * sizeof(*zone->transitions));
        for (size_t i = 0; i < counts->transitions; i++) {
                unsigned char kind = (unsigned char) kinds[i];
                int64_t at = read_number(block.ptr + i * time_size, time_size);

                if (kind >= counts->types || (i > 0 && at <= zone->transitions[i - 1].at))
                        return false;
                zone->transitions[zone->len++] =
                        (Transition) { at, (int) read_number(types + kind * TYPE_BYTES, 4) };
        }
        return true;
}

static bool is_sane(const Zone *zone) {
        for (size_t i = 0; i < zone->len; i++)
                if (zone->transitions[i].offset <= -day_seconds || zone->transitions[i].offset >= day_seconds)
                        return false;
        return zone->first_offset > -day_seconds && zone->first_offset < day_seconds;
}

/* Version 1 has a block of 32-bit times; later versions have a second header and block of 64-bit times after it, and a
 * rule for what comes after the last of them. */
static bool read_file(Str bytes, Arena *arena, Zone *zone) {
        Counts counts;
        bool is_old = bytes.len > 4 && bytes.ptr[4] == '\0';
        unsigned time_size = is_old ? 4 : 8;

        if (!read_header(bytes, &counts))
                return false;
        if (!is_old) {
                size_t first = HEADER_BYTES + block_bytes(&counts, 4);

                if (bytes.len < first || !read_header(str_skip(bytes, first), &counts))
                        return false;
                bytes = str_skip(bytes, first);
        }
        bytes = str_skip(bytes, HEADER_BYTES);
        if (bytes.len < block_bytes(&counts, time_size) ||
            !read_block(bytes, &counts, time_size, arena, zone) || !is_sane(zone))
                return false;
        bytes = str_skip(bytes, block_bytes(&counts, time_size));
        zone->has_rule = !is_old && zone_rule_parse(str_trim(bytes), &zone->rule);
        return true;
}

bool zone_parse(Str bytes, Arena *arena, const Zone **ret_zone, Error *err) {
        Zone *zone = arena_alloc(arena, sizeof(*zone));

        *zone = (Zone) { 0 };
        if (!read_file(bytes, arena, zone))
                return error_set(err, ERROR_CORRUPT, "it is not a time zone file");
        *ret_zone = zone;
        return true;
}

/* Names come from users: none of them leads out of the folder. */
static bool is_name(Str name) {
        if (name.len == 0 || name.len > NAME_MAX_LEN || name.ptr[0] == '/')
                return false;
        for (size_t i = 0; i < name.len; i++) {
                char c = name.ptr[i];
                bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

                if (!is_word && !strchr("/_+-", c))
                        return false;
        }
        return true;
}

static bool read_path(const char *path, Buf *into) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat found;
        bool is_read = false;

        if (fd < 0)
                return false;
        if (fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && found.st_size <= FILE_MAX) {
                char *room = buf_reserve(into, (size_t) found.st_size);
                ssize_t len = room ? read(fd, room, (size_t) found.st_size) : -1;

                is_read = len == found.st_size;
                into->len += is_read ? (size_t) len : 0;
        }
        close(fd);
        return is_read;
}

static const char *zone_path(Str name, Arena *arena) {
        const char *folder = getenv("ZONEINFO");

        if (!folder)
                folder = getenv("TZDIR");
        return arena_printf(arena, "%s/" STR_FMT, folder ? folder : "/usr/share/zoneinfo", STR_ARG(name));
}

static bool load_local(Arena *arena, const Zone **ret_zone, Error *err) {
        AUTO(buf_clear) Buf bytes = { .limit = FILE_MAX };
        const char *name = getenv("TZ");

        if (name && name[0] == ':')
                name++;
        *ret_zone = &utc;
        if (name && strcmp(name, "Local") != 0) {
                AUTO(error_clear) Error unknown = { 0 };

                /* A rule instead of a name ("UTC0") is no mistake of the schedule's: as in Go, it counts as UTC. */
                if (!zone_load(str_of(name), arena, ret_zone, &unknown))
                        *ret_zone = &utc;
                return true;
        }
        return !read_path("/etc/localtime", &bytes) || zone_parse(buf_str(&bytes), arena, ret_zone, err);
}

bool zone_load(Str name, Arena *arena, const Zone **ret_zone, Error *err) {
        AUTO(buf_clear) Buf bytes = { .limit = FILE_MAX };
        AUTO(error_clear) Error reason = { 0 };

        if (name.len == 0 || str_equal(name, STR("UTC"))) {
                *ret_zone = &utc;
                return true;
        }
        if (str_equal(name, STR("Local")))
                return load_local(arena, ret_zone, err);
        if (is_name(name) && read_path(zone_path(name, arena), &bytes) &&
            zone_parse(buf_str(&bytes), arena, ret_zone, &reason))
                return true;
        return error_set(err, ERROR_INVALID,
                         "there is no time zone \"" STR_FMT "\" (names are like Europe/Berlin; UTC is always "
                         "there)",
                         STR_ARG(name));
}

static int offset_at(const Zone *zone, int64_t seconds) {
        size_t low = 0, high = zone->len;

        if (zone->has_rule && (zone->len == 0 || seconds >= zone->transitions[zone->len - 1].at))
                return zone_rule_offset(&zone->rule, seconds);
        while (low < high) { /* the first transition that is later */
                size_t middle = low + (high - low) / 2;

                if (zone->transitions[middle].at <= seconds)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low > 0 ? zone->transitions[low - 1].offset : zone->first_offset;
}

static int64_t floor_div(int64_t a, int64_t b) {
        return a / b - (a % b < 0);
}

ZoneTime zone_time(const Zone *zone, int64_t wall_ms) {
        int64_t seconds = floor_div(wall_ms, MS_A_SECOND);
        int offset = offset_at(zone, seconds);
        int64_t local = seconds + offset, days = floor_div(local, day_seconds);
        int rest = (int) (local - days * day_seconds);
        ZoneTime time = { .hour = rest / 3600,
                          .minute = rest / 60 % 60,
                          .second = rest % 60,
                          .weekday = (int) ((days % 7 + 11) % 7),
                          .offset_seconds = offset };

        civil_of_days(days, &time.year, &time.month, &time.day);
        return time;
}

int64_t zone_instant(const Zone *zone, const ZoneTime *time) {
        int64_t local = days_of_civil(time->year, time->month, time->day) * day_seconds +
                        INT64_C(3600) * time->hour + INT64_C(60) * time->minute + time->second;
        int before = offset_at(zone, local - day_seconds), after = offset_at(zone, local + day_seconds);
        int offsets[] = { before > after ? before : after, before > after ? after : before };

        for (size_t i = 0; i < 2; i++)
                if (offset_at(zone, local - offsets[i]) == offsets[i])
                        return (local - offsets[i]) * MS_A_SECOND;
        return 0;
}
