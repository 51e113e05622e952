#include "data/zone.h"

#include "base/clock.h"
#include "check.h"
#include "data/zone_files.h"

static const Zone *zone_of(Arena *arena, const ZoneChange *changes, size_t count, int first,
                           const char *rule) {
        AUTO(buf_clear) Buf bytes = { 0 };
        AUTO(error_clear) Error err = { 0 };
        const Zone *zone;

        put_zone(&bytes, changes, count, first, rule);
        if (!zone_parse(buf_str(&bytes), arena, &zone, &err))
                fail_msg("%s", err.message);
        return zone;
}

static void check_time(const Zone *zone, const char *instant, const char *expected) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        int64_t wall_ms;
        ZoneTime time;

        CHECK(clock_parse_rfc3339(str_of(instant), &wall_ms, &err));
        time = zone_time(zone, wall_ms);
        CHECK_STR(arena_printf(&arena, "%04d-%02d-%02d %02d:%02d:%02d %d %+d", time.year, time.month,
                               time.day, time.hour, time.minute, time.second, time.weekday,
                               time.offset_seconds / 60),
                  expected);
}

static void rules_say_when_it_is_summer(void **state) {
        static const struct {
                const char *rule, *instant, *expected;
        } cases[] = {
                { "CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59:59Z", "2026-03-29 01:59:59 0 +60" },
                { "CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", "2026-03-29 03:00:00 0 +120" },
                { "CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T00:59:59Z", "2026-10-25 02:59:59 0 +120" },
                { "CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z", "2026-10-25 02:00:00 0 +60" },
                { "EST5EDT,M3.2.0,M11.1.0", "2026-07-04T12:00:00Z", "2026-07-04 08:00:00 6 -240" },
                { "EST5EDT,M3.2.0,M11.1.0", "2026-12-04T12:00:00Z", "2026-12-04 07:00:00 5 -300" },
                { "IST-5:30", "2026-12-04T20:00:00Z", "2026-12-05 01:30:00 6 +330" },
                { "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-01-04T12:00:00Z",
                  "2026-01-04 23:00:00 0 +660" },
                { "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-06-04T12:00:00Z",
                  "2026-06-04 22:30:00 4 +630" },
                { "AAA3BBB,J60/0,J300/0", "2028-03-01T03:00:00Z", "2028-03-01 01:00:00 3 -120" },
                { "AAA3BBB,59/0,300/0", "2028-02-29T03:00:00Z", "2028-02-29 01:00:00 2 -120" },
                { "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", "2026-03-29 00:00:00 0 -60" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };

                check_time(zone_of(&arena, NULL, 0, 0, c->rule), c->instant, c->expected);
        }
}

static void changes_count_before_the_rule(void **state) {
        /* Samoa left out the 30th of December 2011. */
        static const ZoneChange changes[] = { { 1316872800, -36000 }, { 1325239200, 50400 } };
        AUTO(arena_clear) Arena arena = { 0 };
        const Zone *zone = zone_of(&arena, changes, 2, -39600, "");

        (void) state;
        check_time(zone, "2011-01-01T00:00:00Z", "2010-12-31 13:00:00 5 -660");
        check_time(zone, "2011-12-30T09:59:59Z", "2011-12-29 23:59:59 4 -600");
        check_time(zone, "2011-12-30T10:00:00Z", "2011-12-31 00:00:00 6 +840");
        CHECK_INT(zone_instant(zone, &(ZoneTime) { .year = 2011, .month = 12, .day = 30, .hour = 12 }), 0);
}

static void utc_is_there_without_a_file(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        const Zone *zone;

        (void) state;
        CHECK(zone_load(STR("UTC"), &arena, &zone, &err));
        check_time(zone, "1969-12-31T23:59:59Z", "1969-12-31 23:59:59 3 +0");
        check_time(zone, "2000-02-29T12:00:00Z", "2000-02-29 12:00:00 2 +0");
        CHECK(zone_load(STR(""), &arena, &zone, &err));
        setenv("TZ", ":UTC", 1);
        CHECK(zone_load(STR("Local"), &arena, &zone, &err));
        setenv("TZ", "UTC0", 1);
        CHECK(zone_load(STR("Local"), &arena, &zone, &err));
        check_time(zone, "2000-02-29T12:00:00Z", "2000-02-29 12:00:00 2 +0");
        unsetenv("TZ");
        CHECK(zone_load(STR("Local"), &arena, &zone, &err));
}

static void the_clock_is_read_back(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const Zone *zone = zone_of(&arena, NULL, 0, 0, "CET-1CEST,M3.5.0,M10.5.0/3");

        (void) state;
        FOR_ALL_RANDOM(2000, rng) {
                int64_t wall_ms = (int64_t) (random_u64(&rng) % 4000000000u) * 1000;
                ZoneTime time = zone_time(zone, wall_ms);
                int64_t back = zone_instant(zone, &time);

                CHECK(back == wall_ms || back == wall_ms - 3600 * 1000); /* the earlier of two */
        }
}

static void what_is_no_zone_file_is_refused(void **state) {
        AUTO(buf_clear) Buf whole = { 0 };
        static const ZoneChange backwards[] = { { 200, 0 }, { 100, 0 } }, mad[] = { { 100, 90000 } };

        (void) state;
        put_zone(&whole, mad, 1, 0, "CET-1");
        for (size_t len = 0; len <= whole.len; len++) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(error_clear) Error err = { 0 };
                const Zone *zone;

                CHECK(!zone_parse((Str) { whole.ptr, len }, &arena, &zone, &err));
                CHECK_STR(err.message, "it is not a time zone file");
        }
        buf_reset(&whole);
        put_zone(&whole, backwards, 2, 0, "CET-1");
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        const Zone *zone;
        CHECK(!zone_parse(buf_str(&whole), &arena, &zone, &err));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rules_say_when_it_is_summer),
                cmocka_unit_test(changes_count_before_the_rule),
                cmocka_unit_test(utc_is_there_without_a_file),
                cmocka_unit_test(the_clock_is_read_back),
                cmocka_unit_test(what_is_no_zone_file_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
