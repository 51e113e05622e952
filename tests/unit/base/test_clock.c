#include "check.h"

#include "base/clock.h"

static void times_are_read_and_written_in_utc(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const struct {
                const char *text, *seconds, *milli;
                int64_t wall_ms;
        } cases[] = {
                { "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z", 0 },
                { "2026-11-22T17:16:34Z", "2026-11-22T17:16:34Z", "2026-11-22T17:16:34.000Z", 1795367794000 },
                { "2026-11-22T17:16:34.5Z", "2026-11-22T17:16:34Z", "2026-11-22T17:16:34.500Z",
                  1795367794500 },
                { "2026-11-22T17:16:34.123456789Z", "2026-11-22T17:16:34Z", "2026-11-22T17:16:34.123Z",
                  1795367794123 },
                { "2026-11-22T18:16:34+01:00", "2026-11-22T17:16:34Z", "2026-11-22T17:16:34.000Z",
                  1795367794000 },
                { "2026-11-22T11:46:34-05:30", "2026-11-22T17:16:34Z", "2026-11-22T17:16:34.000Z",
                  1795367794000 },
                { "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z", 1709164800000 },
                { "1969-12-31T23:59:59.25Z", "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.250Z", -750 },
                { "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z",
                  -62135596800000 },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                int64_t wall_ms = -1;

                CHECK(clock_parse_rfc3339(str_of(c->text), &wall_ms, &err));
                CHECK_INT(wall_ms, c->wall_ms);
                CHECK_STR(clock_rfc3339(wall_ms, &arena).ptr, c->seconds);
                CHECK_STR(clock_rfc3339_milli(wall_ms, &arena).ptr, c->milli);
        }
}

static void what_is_no_time_is_refused_by_name(void **state) {
        const char *const cases[] = {
                "",
                "now",
                "2026-11-22",
                "2026-11-22 17:16:34Z",
                "2026-11-22T17:16:34",
                "2026-11-22T17:16Z",
                "2026-13-22T17:16:34Z",
                "2026-00-22T17:16:34Z",
                "2026-11-31T17:16:34Z",
                "2026-02-29T17:16:34Z",
                "2100-02-29T17:16:34Z",
                "2026-11-22T24:16:34Z",
                "2026-11-22T17:60:34Z",
                "2026-11-22T17:16:60Z",
                "2026-11-22T17:16:34.Z",
                "2026-11-22T17:16:34+1:00",
                "2026-11-22T17:16:34+01:60",
                "2026-11-22T17:16:34Zx",
                "2026-11-22t17:16:34z",
                "20a6-11-22T17:16:34Z",
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                char expected[128];
                int64_t wall_ms = -1;

                CHECK(!clock_parse_rfc3339(str_of(*c), &wall_ms, &err));
                CHECK_INT(err.code, ERROR_INVALID);
                snprintf(expected, sizeof expected,
                         "\"%s\" is not a time: expected one such as 2026-11-22T17:16:34Z", *c);
                CHECK_STR(err.message, expected);
                CHECK_INT(wall_ms, -1);
        }
}

static void writing_then_reading_gives_the_same_time(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        FOR_ALL_RANDOM(1000, rng) {
                AUTO(error_clear) Error err = { 0 };
                int64_t wall_ms = (int64_t) (random_u64(&rng) % 4000000000000u), back = 0;

                CHECK(clock_parse_rfc3339(clock_rfc3339_milli(wall_ms, &arena), &back, &err));
                CHECK_INT(back, wall_ms);
                CHECK(clock_parse_rfc3339(clock_rfc3339(wall_ms, &arena), &back, &err));
                CHECK_INT(back, wall_ms / 1000 * 1000);
                arena_reset(&arena);
        }
}

static void clocks_move_forward(void **state) {
        int64_t ms = clock_ms(), us = clock_us();

        (void) state;
        CHECK(clock_us() >= us);
        CHECK(clock_ms() >= ms);
        CHECK(us / 1000 - ms < 1000);
        CHECK(clock_wall_ms() > 1700000000000);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(times_are_read_and_written_in_utc),
                cmocka_unit_test(what_is_no_time_is_refused_by_name),
                cmocka_unit_test(writing_then_reading_gives_the_same_time),
                cmocka_unit_test(clocks_move_forward),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
