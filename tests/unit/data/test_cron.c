#include "data/cron.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "data/zone_files.h"

static int64_t instant(const char *text) {
        AUTO(error_clear) Error err = { 0 };
        int64_t wall_ms;

        if (!clock_parse_rfc3339(str_of(text), &wall_ms, &err))
                fail_msg("%s", err.message);
        return wall_ms;
}

/* Zone files of Berlin and New York in a folder of the test's own. */
static int make_zones(void **state) {
        static char folder[] = "/tmp/grapnel-zones-XXXXXX";
        static const char *const rules[][2] = { { "Berlin", "CET-1CEST,M3.5.0,M10.5.0/3" },
                                                { "New_York", "EST5EDT,M3.2.0,M11.1.0" },
                                                { "Lord_Howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0" } };

        (void) state;
        CHECK(mkdtemp(folder) != NULL);
        FOR_EACH_CASE(rules, rule) {
                AUTO(buf_clear) Buf bytes = { 0 };
                char path[100];
                FILE *file;

                (void) snprintf(path, sizeof(path), "%s/%s", folder, (*rule)[0]);
                put_zone(&bytes, NULL, 0, 0, (*rule)[1]);
                file = fopen(path, "w");
                CHECK(fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len);
                (void) fclose(file);
        }
        setenv("ZONEINFO", folder, 1);
        setenv("TZ", "UTC", 1);
        return 0;
}

static int remove_zones(void **state) {
        const char *folder = getenv("ZONEINFO");
        static const char *const names[] = { "Berlin", "New_York", "Lord_Howe" };

        (void) state;
        FOR_EACH_CASE(names, name) {
                char path[100];

                (void) snprintf(path, sizeof(path), "%s/%s", folder, *name);
                unlink(path);
        }
        return rmdir(folder);
}

static void the_next_time_is_as_people_read_the_fields(void **state) {
        static const struct {
                const char *cron, *after, *next;
        } cases[] = {
                { "0 1 * * *", "2026-11-25T10:00:00Z", "2026-11-26T01:00:00Z" },
                { "0 1 * * *", "2026-11-26T01:00:00Z", "2026-11-27T01:00:00Z" },
                { "0 1 * * *", "2026-11-26T00:59:59Z", "2026-11-26T01:00:00Z" },
                { "*/15 * * * *", "2026-11-25T10:07:00Z", "2026-11-25T10:15:00Z" },
                { "5-10/5,30 8-9 * * MON-FRI", "2026-11-27T09:30:00Z", "2026-11-30T08:05:00Z" },
                { "30/10 0 ? * ?", "2026-11-25T00:41:00Z", "2026-11-25T00:50:00Z" },
                { "0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z" },
                { "0 0 31 2 *", "2026-01-01T00:00:00Z", NULL },
                { "0 0 13 * FRI", "2026-11-25T00:00:00Z", "2026-11-27T00:00:00Z" }, /* either day */
                { "0 0 */2 * FRI", "2026-11-25T00:00:00Z", "2026-11-27T00:00:00Z" },
                { "0 0 * dec sun", "2026-11-25T00:00:00Z", "2026-12-06T00:00:00Z" },
                { "@hourly", "2026-11-25T10:00:00Z", "2026-11-25T11:00:00Z" },
                { "@daily", "2026-11-25T10:00:00Z", "2026-11-26T00:00:00Z" },
                { "@midnight", "2026-12-31T10:00:00Z", "2027-01-01T00:00:00Z" },
                { "@weekly", "2026-11-25T10:00:00Z", "2026-11-29T00:00:00Z" },
                { "@monthly", "2026-11-25T10:00:00Z", "2026-12-01T00:00:00Z" },
                { "@yearly", "2026-11-25T10:00:00Z", "2027-01-01T00:00:00Z" },
                { "@every 90m", "2026-11-25T10:00:07Z", "2026-11-25T11:30:07Z" },
                { "CRON_TZ=Berlin 0 1 * * *", "2026-11-25T10:00:00Z", "2026-11-26T00:00:00Z" },
                { "TZ=Berlin 0 1 * * *", "2026-07-25T10:00:00Z", "2026-07-25T23:00:00Z" },
                /* 02:30 does not exist on the day that clocks go forward, and exists twice when they go back. */
                { "CRON_TZ=New_York 30 2 * * *", "2026-03-08T00:00:00Z", "2026-03-09T06:30:00Z" },
                { "CRON_TZ=Berlin 30 2 * * *", "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z" },
                { "CRON_TZ=Berlin 30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z" },
                { "CRON_TZ=Berlin 30 * * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z" },
                { "CRON_TZ=Lord_Howe 45 * * * *", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(error_clear) Error err = { 0 };
                const Cron *cron;
                int64_t next;

                if (!cron_parse(str_of(c->cron), &arena, &cron, &err))
                        fail_msg("%s: %s", c->cron, err.message);
                next = cron_next(cron, instant(c->after));
                CHECK_TEXT(next ? clock_rfc3339(next, &arena) : STR("never"), c->next ? c->next : "never");
        }
}

static void what_is_wrong_is_told_with_its_field(void **state) {
        static const struct {
                const char *cron, *message;
        } cases[] = {
                { "", "it is empty: expected five fields, such as \"0 1 * * *\"" },
                { "0 1 * *", "fewer fields than five: minute, hour, day of month, month, day of week" },
                { "0 0 1 * * *", "more fields than five: minute, hour, day of month, month, day of week" },
                { "60 * * * *", "minute: \"60\" is not one of 0-59" },
                { "* x * * *", "hour: \"x\" is not one of 0-23" },
                { "* * 0 * *", "day of month: \"0\" is not one of 1-31" },
                { "* * * hello *", "month: \"hello\" is not one of 1-12 or a name" },
                { "* * * * 7", "day of week: \"7\" is not one of 0-6 or a name (Sunday is 0)" },
                { "* * * * FRI-MON", "day of week: \"FRI-MON\" runs backwards" },
                { "*/0 * * * *", "minute: \"/0\" is not a step: expected a number from 1" },
                { "*/15x * * * *", "minute: \"/15x\" is not a step: expected a number from 1" },
                { "0 */5/2 * * *", "hour: \"/5/2\" is not a step: expected a number from 1" },
                { "*/5-10 * * * *", "minute: \"/5-10\" is not a step: expected a number from 1" },
                { ",5 * * * *", "minute: \"\" is not one of 0-59" },
                { "@sometimes",
                  "\"@sometimes\" is not known: there are @yearly, @monthly, @weekly, @daily, @hourly "
                  "and @every DURATION" },
                { "@every 5", "@every: \"5\" is not a duration: a unit is missing (write \"5s\")" },
                { "@every 10ms", "@every: \"10ms\" is less than a second" },
                { "CRON_TZ=Nowhere 0 1 * * *",
                  "there is no time zone \"Nowhere\" (names are like Europe/Berlin; UTC is always there)" },
                { "TZ=../../etc/passwd 0 1 * * *", "there is no time zone \"../../etc/passwd\" (names are "
                                                   "like Europe/Berlin; UTC is always there)" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(error_clear) Error err = { 0 };
                const Cron *cron;

                CHECK(!cron_parse(str_of(c->cron), &arena, &cron, &err));
                CHECK_STR(err.message, c->message);
        }
}

static void a_text_that_is_too_long_is_refused(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        static char text[1100];
        const Cron *cron;

        (void) state;
        memset(text, '1', sizeof(text) - 1);
        CHECK(!cron_parse(str_of(text), &arena, &cron, &err));
        CHECK_STR(err.message, "it has 1099 bytes, more than 1024");
}

static void a_year_of_hours_has_each_hour_once(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        int64_t now = instant("2026-01-01T00:00:00Z"), end = instant("2027-01-01T00:00:00Z");
        const Cron *cron;
        unsigned runs = 0;

        (void) state;
        CHECK(cron_parse(STR("CRON_TZ=Berlin 0 * * * *"), &arena, &cron, &err));
        while ((now = cron_next(cron, now)) < end)
                runs++;
        CHECK_INT(runs, 365 * 24 - 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_next_time_is_as_people_read_the_fields),
                cmocka_unit_test(what_is_wrong_is_told_with_its_field),
                cmocka_unit_test(a_text_that_is_too_long_is_refused),
                cmocka_unit_test(a_year_of_hours_has_each_hour_once),
        };

        return cmocka_run_group_tests(tests, make_zones, remove_zones);
}
