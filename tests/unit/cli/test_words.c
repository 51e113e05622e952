#include "check.h"

#include "cli/table.h"
#include "cli/tabs.h"
#include "cli/words.h"

#define CHECK_WORDS(actual, expected)                                                                        \
        do {                                                                                                 \
                AUTO(arena_clear) Arena copies_ = { 0 };                                                     \
                CHECK_STR(arena_copy(&copies_, (actual)).ptr, (expected));                                   \
        } while (0)

static void durations_are_short(void **state) {
        const struct {
                int64_t ms;
                const char *text;
        } cases[] = {
                { -5, "0ms" },         { 0, "0ms" },         { 999, "999ms" },       { 1000, "1.0s" },
                { 12345, "12.3s" },    { 59999, "59.9s" },   { 60000, "1m00s" },     { 134000, "2m14s" },
                { 3599999, "59m59s" }, { 3600000, "1h00m" }, { 93784000, "26h03m" },
        };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        FOR_EACH_CASE(cases, c)
        CHECK_WORDS(words_duration(c->ms, &arena), c->text);
}

static void spans_are_those_of_kubectl(void **state) {
        const struct {
                int64_t seconds;
                const char *text;
        } cases[] = {
                { -1, "0s" },       { 0, "0s" },          { 59, "59s" },      { 60, "1m" },
                { 3599, "59m" },    { 3600, "1h" },       { 86399, "23h" },   { 86400, "1d" },
                { 2591999, "29d" }, { 31535999, "364d" }, { 31536000, "1y" }, { 315360000, "10y" },
        };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        FOR_EACH_CASE(cases, c)
        CHECK_WORDS(words_span(c->seconds * 1000, &arena), c->text);
}

static void times_look_as_velero_prints_them(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const int64_t now = INT64_C(1795367794000); /* 2026-11-22T17:16:34Z */

        (void) state;
        CHECK_WORDS(words_time(now, &arena), "2026-11-22 17:16:34 +0000 UTC");
        CHECK_WORDS(words_time_of(STR("2026-11-22T17:16:34Z"), "n/a", &arena),
                    "2026-11-22 17:16:34 +0000 UTC");
        CHECK_WORDS(words_time_of(STR(""), "n/a", &arena), "n/a");
        CHECK_WORDS(words_time_of(STR("soon"), "n/a", &arena), "soon");
        CHECK_WORDS(words_from_now(STR("2026-12-22T17:16:33Z"), now, &arena), "29d");
        CHECK_WORDS(words_from_now(STR("2026-11-22T14:16:34Z"), now, &arena), "3h ago");
        CHECK_WORDS(words_from_now(STR(""), now, &arena), "n/a");
        CHECK_WORDS(words_from_now(STR("soon"), now, &arena), "n/a");
}

static void sizes_and_counts_are_readable(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        CHECK_WORDS(words_bytes(0, &arena), "0 B");
        CHECK_WORDS(words_bytes(1023, &arena), "1023 B");
        CHECK_WORDS(words_bytes(1024, &arena), "1.0 KiB");
        CHECK_WORDS(words_bytes(1024 * 1024 - 1, &arena), "1.0 MiB");
        CHECK_WORDS(words_bytes(UINT64_MAX, &arena), "16384.0 PiB");
        CHECK_WORDS(words_count(0, &arena), "0");
        CHECK_WORDS(words_count(999, &arena), "999");
        CHECK_WORDS(words_count(1000, &arena), "1,000");
        CHECK_WORDS(words_count(1234567, &arena), "1,234,567");
        CHECK_WORDS(words_plural(1, "pod", &arena), "1 pod");
        CHECK_WORDS(words_plural(2000, "pod", &arena), "2,000 pods");
}

static void foreign_text_cannot_move_the_cursor(void **state) {
        const struct {
                const char *text, *clean;
        } cases[] = {
                { "plain\ttext\n", "plain\ttext\n" },
                { "\033[2Jgone", "\\x1b[2Jgone" },
                { "a\rb\177", "a\\x0db\\x7f" },
                { "\xc2\x9b"
                  "31m",
                  "\\x9b31m" }, /* the one-byte CSI, as UTF-8 */
                { "gr\xc3\xbc\xc3\x9f\x65", "gr\xc3\xbc\xc3\x9f\x65" },
                { "cut \xc2", "cut \xc2" },
        };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        FOR_EACH_CASE(cases, c)
        CHECK_WORDS(words_printable(str_of(c->text), &arena), c->clean);
}

static void columns_end_where_a_line_has_no_cell(void **state) {
        const struct {
                const char *text, *aligned;
        } cases[] = {
                { "a\tb\nlonger\tc\n", "a       b\nlonger  c\n" },
                { "a\tb\nno cell\nlonger\tc\n", "a  b\nno cell\nlonger  c\n" },
                { "Hooks:\n\tIncluded:\t*\n\tX:\t\n", "Hooks:\n  Included:  *\n  X:         \n" },
                { "\tVelero:\t\t<none>\n\tCluster:\t\t<none>\n",
                  "  Velero:     <none>\n  Cluster:    <none>\n" },
                { "gr\xc3\xbc\xc3\x9f\x65\tx\nabcdef\ty\n", "gr\xc3\xbc\xc3\x9f\x65   x\nabcdef  y\n" },
                { "", "" },
                { "one line", "one line\n" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(buf_clear) Buf aligned = { 0 };

                tabs_align(str_of(c->text), &aligned);
                CHECK_WORDS(buf_str(&aligned), c->aligned);
        }
}

static void tables_have_three_blanks_between_columns(void **state) {
        static const char *const headings[] = { "NAME", "STATUS", "SELECTOR", NULL };
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        Table table = table_new(&arena, headings);

        (void) state;
        for (int i = 0; i < 3; i++)
                table_add(&table, (const Str[]) { STR("monday"), STR("PartiallyFailed"), STR("<none>") });
        table_write(&table, &text);
        CHECK_WORDS(buf_str(&text), "NAME     STATUS            SELECTOR\n"
                                    "monday   PartiallyFailed   <none>\n"
                                    "monday   PartiallyFailed   <none>\n"
                                    "monday   PartiallyFailed   <none>\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(durations_are_short),
                cmocka_unit_test(spans_are_those_of_kubectl),
                cmocka_unit_test(times_look_as_velero_prints_them),
                cmocka_unit_test(sizes_and_counts_are_readable),
                cmocka_unit_test(foreign_text_cannot_move_the_cursor),
                cmocka_unit_test(columns_end_where_a_line_has_no_cell),
                cmocka_unit_test(tables_have_three_blanks_between_columns),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
