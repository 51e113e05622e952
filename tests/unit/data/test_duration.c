#include "check.h"
#include "data/duration.h"

static void every_unit_of_go_is_read(void **state) {
        const struct {
                const char *text;
                int64_t ms;
        } cases[] = {
                { "0", 0 },
                { "-0", 0 },
                { "0s", 0 },
                { "300ms", 300 },
                { "30s", 30000 },
                { "+5s", 5000 },
                { "-1m", -60000 },
                { "1h30m", 5400000 },
                { "2h45m30.5s", 9930500 },
                { "1.5h", 5400000 },
                { ".5s", 500 },
                { "5.s", 5000 },
                { "1500us", 1 },
                { "1500\xc2\xb5s", 1 },
                { "1500\xce\xbcs", 1 },
                { "2000000ns", 2 },
                { "720h0m0s", 2592000000 },
                { "1s1s", 2000 },
                { "0.333333333333333333333h", 1199999 },
                { "2562047h47m16.854s", 9223372036854 },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                int64_t ms = -1;

                CHECK(duration_parse(str_of(c->text), &ms, &err));
                CHECK_INT(ms, c->ms);
        }
}

static void something_never_becomes_nothing(void **state) {
        AUTO(error_clear) Error err = { 0 };
        int64_t ms;

        (void) state;
        CHECK(duration_parse(STR("1ns"), &ms, &err));
        CHECK_INT(ms, 1);
        CHECK(duration_parse(STR("-1ns"), &ms, &err));
        CHECK_INT(ms, -1);
}

static void what_is_wrong_is_said_with_what_to_write(void **state) {
        const struct {
                const char *text, *message;
        } cases[] = {
                { "300", "\"300\" is not a duration: a unit is missing (write \"300s\")" },
                { "1m30", "\"1m30\" is not a duration: a unit is missing (write \"1m30s\")" },
                { "1d", "\"1d\" is not a duration: unknown unit \"d\" (ns, us, ms, s, m and h are known)" },
                { "3 days",
                  "\"3 days\" is not a duration: unknown unit \" days\" (ns, us, ms, s, m and h are known)" },
                { "", "\"\" is not a duration: it is empty (write one such as \"30s\" or \"1h30m\")" },
                { "-", "\"-\" is not a duration: it is empty (write one such as \"30s\" or \"1h30m\")" },
                { "soon", "\"soon\" is not a duration: expected one such as \"30s\" or \"1h30m\"" },
                { ".s", "\".s\" is not a duration: expected one such as \"30s\" or \"1h30m\"" },
                { "1s-1s",
                  "\"1s-1s\" is not a duration: unknown unit \"s-\" (ns, us, ms, s, m and h are known)" },
                { "2562048h", "\"2562048h\" is not a duration: it is longer than 292 years" },
                { "99999999999999999999s",
                  "\"99999999999999999999s\" is not a duration: it is longer than 292 years" },
                { "2562047h2562047h", "\"2562047h2562047h\" is not a duration: it is longer than 292 years" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                int64_t ms;

                CHECK(!duration_parse(str_of(c->text), &ms, &err));
                CHECK_STR(err.message, c->message);
                CHECK_INT(err.code, ERROR_INVALID);
        }
}

static void durations_are_printed_as_go_prints_them(void **state) {
        const struct {
                int64_t ms;
                const char *text;
        } cases[] = {
                { 0, "0s" },
                { 1, "1ms" },
                { 999, "999ms" },
                { 1000, "1s" },
                { 1500, "1.5s" },
                { 1010, "1.01s" },
                { 1001, "1.001s" },
                { 59999, "59.999s" },
                { 60000, "1m0s" },
                { 90000, "1m30s" },
                { 600000, "10m0s" },
                { 3600000, "1h0m0s" },
                { 14400000, "4h0m0s" },
                { 2592000000, "720h0m0s" },
                { -1500, "-1.5s" },
                { 3661001, "1h1m1.001s" },
        };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        FOR_EACH_CASE(cases, c)
        CHECK_STR(duration_format(c->ms, &arena).ptr, c->text);
        CHECK(str_ends_with(duration_format(INT64_MIN, &arena), STR("s")));
}

static void format_then_parse_is_identity(void **state) {
        (void) state;
        FOR_ALL_RANDOM(2000, rng) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(arena_clear) Arena arena = { 0 };
                int64_t ms = (int64_t) (random_u64(&rng) >> (21 + random_u64(&rng) % 43)), back;

                if (random_u64(&rng) % 2)
                        ms = -ms;
                CHECK(duration_parse(duration_format(ms, &arena), &back, &err));
                CHECK_INT(back, ms);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_unit_of_go_is_read),
                cmocka_unit_test(something_never_becomes_nothing),
                cmocka_unit_test(what_is_wrong_is_said_with_what_to_write),
                cmocka_unit_test(durations_are_printed_as_go_prints_them),
                cmocka_unit_test(format_then_parse_is_identity),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
