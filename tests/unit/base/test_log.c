#include "check.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/quote.h"
#include "base/thread.h"
#include "base/utf8.h"

typedef struct Seen {
        Buf lines;
        unsigned count;
        size_t field_count; /* of the last record */
        LogLevel level;
} Seen;

static void keep(void *user, Str line, const LogRecord *record) {
        Seen *seen = user;

        buf_add(&seen->lines, line);
        seen->count++;
        seen->field_count = record->field_count;
        seen->level = record->level;
}

/* What the log wrote, without the time. */
static const char *without_time(Seen *seen) {
        const char *text_mark = "time=\"", *json_mark = ",\"time\":\"";
        const char *stamp = "2026-11-22T17:16:34Z";

        buf_add_char(&seen->lines, '\0');
        char *line = seen->lines.ptr, *json = strstr(line, json_mark);
        char *from = json ? json : line;
        char *time = from + strlen(json ? json_mark : text_mark), *end = time + strlen(stamp);

        CHECK_INT(strncmp(from, json ? json_mark : text_mark, (size_t) (time - from)), 0);
        CHECK(time[10] == 'T' && end[-1] == 'Z' && end[0] == '"');
        end += json ? 1 : 2;
        memmove(from, end, strlen(end) + 1);
        return line;
}

static void a_line_is_as_velero_writes_it(void **state) {
        AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_INFO);
        Seen seen = { 0 };

        (void) state;
        log_add_sink(log, keep, &seen);
        log_set_field(log, "backup", STR("velero/hooked"));
        log_info(log,
                 FIELDS(FIELD("resource", STR("pods")), FIELD("progress", STR("")),
                        FIELD("logSource", STR("velero/pkg/backup/backup.go:575")),
                        FIELD("name", STR("ledger-0")), FIELD("namespace", STR("harbour"))),
                 "Processing %s", "item");
        CHECK_STR(without_time(&seen),
                  "level=info msg=\"Processing item\" backup=velero/hooked "
                  "logSource=\"velero/pkg/backup/backup.go:575\" name=ledger-0 namespace=harbour progress= "
                  "resource=pods\n");
        CHECK_INT(seen.field_count, 5);
        buf_clear(&seen.lines);
}

static void a_json_line_has_its_keys_in_order(void **state) {
        AUTO(log_freep) Log *log = log_new(LOG_JSON, LOG_INFO);
        Seen seen = { 0 };

        (void) state;
        log_add_sink(log, keep, &seen);
        log_set_field(log, "backup", STR("velero/b1"));
        log_warn(log, FIELDS(FIELD("name", STR("web")), FIELD("zone", STR("a\"<b")), FIELD("error", STR(""))),
                 "x\ny");
        CHECK_STR(without_time(&seen),
                  "{\"backup\":\"velero/b1\",\"error\":\"\",\"level\":\"warning\",\"msg\":\"x\\ny\","
                  "\"name\":\"web\",\"zone\":\"a\\\"\\u003cb\"}\n");
        buf_clear(&seen.lines);
}

static void each_sink_has_its_lines_in_its_own_format(void **state) {
        AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_INFO);
        Seen text = { 0 }, json = { 0 }, more = { 0 };

        (void) state;
        log_add_sink(log, keep, &text);
        log_add_sink_in(log, LOG_JSON, keep, &json);
        log_add_sink_in(log, LOG_TEXT, keep, &more);
        log_info(log, FIELDS(FIELD("name", STR("web"))), "first");
        buf_reset(&text.lines);
        buf_reset(&json.lines);
        buf_reset(&more.lines);
        log_info(log, FIELDS(FIELD("name", STR("web"))), "x");
        CHECK_STR(without_time(&text), "level=info msg=x name=web\n");
        CHECK_STR(without_time(&json), "{\"level\":\"info\",\"msg\":\"x\",\"name\":\"web\"}\n");
        CHECK_STR(without_time(&more), "level=info msg=x name=web\n");
        buf_clear(&text.lines);
        buf_clear(&json.lines);
        buf_clear(&more.lines);
}

static void values_are_quoted_as_logrus_quotes_them(void **state) {
        const struct {
                const char *value, *written;
        } cases[] = {
                { "", "" },
                { "plain", "plain" },
                { "a-b.c_d/e@f^g+h0", "a-b.c_d/e@f^g+h0" },
                { "a b", "\"a b\"" },
                { "a:b", "\"a:b\"" },
                { "a=b", "\"a=b\"" },
                { "*", "\"*\"" },
                { "[]", "\"[]\"" },
                { "\"", "\"\\\"\"" },
                { "\\", "\"\\\\\"" },
                { "a\nb\tc\rd", "\"a\\nb\\tc\\rd\"" },
                { "\a\b\f\v", "\"\\a\\b\\f\\v\"" },
                { "\x01\x7f", "\"\\x01\\x7f\"" },
                { "\xc3\xa9", "\"\xc3\xa9\"" },
                { "\xe2\x80\xa8", "\"\\u2028\"" },
                { "\xc2\xa0", "\"\\u00a0\"" },
                { "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"" },
                { "\xf3\xa0\x80\x81", "\"\\U000e0001\"" },
                { "\xff", "\"\\xff\"" },
                { "\xc3", "\"\\xc3\"" },
                { "<&>", "\"<&>\"" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_INFO);
                char expected[128];
                Seen seen = { 0 };

                log_add_sink(log, keep, &seen);
                log_info(log, FIELDS(FIELD("v", str_of(c->value))), "m");
                snprintf(expected, sizeof expected, "level=info msg=m v=%s\n", c->written);
                CHECK_STR(without_time(&seen), expected);
                buf_clear(&seen.lines);
        }
}

static void levels_have_logrus_names_and_filter(void **state) {
        AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_WARN);
        Seen seen = { 0 };

        (void) state;
        log_add_sink(log, keep, &seen);
        log_debug(log, NO_FIELDS, "no");
        log_info(log, NO_FIELDS, "no");
        CHECK_INT(seen.count, 0);
        log_error(log, NO_FIELDS, "bad");
        CHECK_STR(without_time(&seen), "level=error msg=bad\n");
        CHECK_INT(seen.level, LOG_ERROR);
        buf_clear(&seen.lines);

        AUTO(log_freep) Log *all = log_new(LOG_TEXT, LOG_DEBUG);
        log_add_sink(all, keep, &seen);
        log_debug(all, NO_FIELDS, "%s", "");
        CHECK_STR(without_time(&seen), "level=debug\n");
        buf_clear(&seen.lines);
        log_error(NULL, NO_FIELDS, "to nobody");
        log_free(NULL);
}

static void a_field_given_wins_over_that_of_the_log_and_clashes_are_renamed(void **state) {
        AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_INFO);
        Seen seen = { 0 };

        (void) state;
        log_add_sink(log, keep, &seen);
        log_set_field(log, "phase", STR("old"));
        log_set_field(log, "phase", STR("new"));
        log_set_field(log, "a", STR("1"));
        log_info(log,
                 FIELDS(FIELD("phase", STR("mine")), FIELD("msg", STR("x")), FIELD("time", STR("t")),
                        FIELD("level", STR("l"))),
                 "m");
        CHECK_STR(without_time(&seen),
                  "level=info msg=m a=1 fields.level=l fields.msg=x fields.time=t phase=mine\n");
        buf_clear(&seen.lines);
}

static void log_many(void *user) {
        for (int i = 0; i < 200; i++)
                log_info(user, FIELDS(FIELD("name", STR("web"))), "line");
}

static void lines_of_many_threads_do_not_mix(void **state) {
        AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_INFO);
        const size_t len = strlen("time=\"2026-11-22T17:16:34Z\" level=info msg=line name=web\n");
        Seen one = { 0 }, two = { 0 };

        (void) state;
        log_add_sink(log, keep, &one);
        log_add_sink(log, keep, &two);
        thread_run_many(4, log_many, log);
        CHECK_INT(one.count, 800);
        CHECK_INT(one.lines.len, 800 * len);
        CHECK(str_equal(buf_str(&one.lines), buf_str(&two.lines)));
        for (size_t i = 1; i <= 800; i++)
                CHECK(one.lines.ptr[i * len - 1] == '\n');
        buf_clear(&one.lines);
        buf_clear(&two.lines);
}

static void json_strings_are_escaped_as_in_go(void **state) {
        const struct {
                const char *text, *quoted;
        } cases[] = {
                { "", "\"\"" },
                { "a/b'c", "\"a/b'c\"" },
                { "\"\\", "\"\\\"\\\\\"" },
                { "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
                { "\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\"" },
                { "<a> & b", "\"\\u003ca\\u003e \\u0026 b\"" },
                { "\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa", "\"\\u2028\\u2029\xe2\x80\xaa\"" },
                { "\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\"" },
                { "\xff\xc3", "\"\\ufffd\\ufffd\"" },
                { "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(buf_clear) Buf buf = { 0 };

                quote_json(str_of(c->text), &buf);
                CHECK(str_equal(buf_str(&buf), str_of(c->quoted)));
        }
}

static void text_that_is_not_utf8_is_found_and_mended(void **state) {
        const struct {
                const char *text, *mended;
        } cases[] = {
                { "", "" },
                { "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
                { "\x80", "\xef\xbf\xbd" },
                { "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
                { "\xc3", "\xef\xbf\xbd" },
                { "\xc3(", "\xef\xbf\xbd(" },
                { "\xe0\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
                { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
                { "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
                { "\xf5", "\xef\xbf\xbd" },
                { "a\xff"
                  "b",
                  "a\xef\xbf\xbd"
                  "b" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(buf_clear) Buf buf = { 0 };

                CHECK_INT(utf8_is_valid(str_of(c->text)), strcmp(c->text, c->mended) == 0);
                utf8_mend(str_of(c->text), &buf);
                CHECK(str_equal(buf_str(&buf), str_of(c->mended)));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_line_is_as_velero_writes_it),
                cmocka_unit_test(a_json_line_has_its_keys_in_order),
                cmocka_unit_test(each_sink_has_its_lines_in_its_own_format),
                cmocka_unit_test(values_are_quoted_as_logrus_quotes_them),
                cmocka_unit_test(levels_have_logrus_names_and_filter),
                cmocka_unit_test(a_field_given_wins_over_that_of_the_log_and_clashes_are_renamed),
                cmocka_unit_test(lines_of_many_threads_do_not_mix),
                cmocka_unit_test(json_strings_are_escaped_as_in_go),
                cmocka_unit_test(text_that_is_not_utf8_is_found_and_mended),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
