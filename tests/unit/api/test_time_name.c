#include "check.h"

#include "api/time_name.h"
#include "base/clock.h"

static void a_name_ends_with_the_time_in_utc(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        int64_t wall_ms;

        (void) state;
        CHECK(clock_parse_rfc3339(STR("2026-11-22T17:16:34Z"), &wall_ms, &err));
        CHECK_STR(time_name(STR("nightly"), wall_ms, &arena).ptr, "nightly-20261122171634");
}

static void a_name_is_split_where_the_time_begins(void **state) {
        const struct {
                const char *name, *stem, *digits;
        } cases[] = {
                { "nightly-20261122171634", "nightly", "20261122171634" },
                { "a-b-20261122171634", "a-b", "20261122171634" },
                { "nightly", "nightly", "" },
                { "-20261122171634", "-20261122171634", "" },
                { "20261122171634", "20261122171634", "" },
                { "nightly-2026112217163", "nightly-2026112217163", "" },
                { "nightly-2026112217163x", "nightly-2026112217163x", "" },
                { "nightly.20261122171634", "nightly.20261122171634", "" },
                { "", "", "" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                Str digits, stem = time_name_split(str_of(c->name), &digits);

                CHECK(str_equal(stem, str_of(c->stem)));
                CHECK(str_equal(digits, str_of(c->digits)));
        }
}

static void the_next_name_is_that_of_the_next_second(void **state) {
        const char *const cases[][2] = {
                { "nightly-20261122171634", "nightly-20261122171635" },
                { "b-20261231235959", "b-20270101000000" },
                { "b-20280228235959", "b-20280229000000" },
                { "b-99999999999999", "b-99999999999999" }, /* no time */
                { "nightly", "nightly" },
        };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        FOR_EACH_CASE(cases, c)
        CHECK(str_equal(time_name_next(str_of((*c)[0]), &arena), str_of((*c)[1])));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_name_ends_with_the_time_in_utc),
                cmocka_unit_test(a_name_is_split_where_the_time_begins),
                cmocka_unit_test(the_next_name_is_that_of_the_next_second),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
