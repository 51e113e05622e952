#include "base/buf.h"
#include "check.h"
#include "data/ini.h"

static bool add_line(void *user, Str section, Str key, Str value, Error *err) {
        if (str_equal(key, STR("stop")))
                return error_set(err, ERROR_INVALID, "enough");
        buf_printf(user, STR_FMT "/" STR_FMT "=" STR_FMT "\n", STR_ARG(section), STR_ARG(key),
                   STR_ARG(value));
        return true;
}

static void settings_are_told_with_their_sections(void **state) {
        static const struct {
                const char *text, *told;
        } cases[] = {
                { "", "" },
                { "k=v", "/k=v\n" },
                { "[a]\nk = v\n\n[ b ]\nk2=v2\n", "a/k=v\nb/k2=v2\n" },
                { "\xef\xbb\xbf[a]\r\nk=v\r\n", "a/k=v\n" },
                { "# c\n; c\n[a] # c\nk = v # c\n", "a/k=v\n" },
                { "[a]\nk = v#w;x=y\n", "a/k=v#w;x=y\n" },
                { "[a]\n  k = v\n", "a/k=v\n" },
                { "[a]\ns3 =\n  max = 2\nk = v\n", "a/s3=\na/k=v\n" },
                { "[a]\ns3 =\n[b]\n  k = v\n", "a/s3=\nb/k=v\n" },
                { "[a]\nk = v\n  and more\nl = w\n", "a/k=v\na/l=w\n" },
                { "[a]\n  k = v\n  l = w\n", "a/k=v\na/l=w\n" },
                { "  [a]\n  k =\n  l = w\n", "a/k=\na/l=w\n" },
                { "\t[a]\r\n\r\n  k=\t\r\n", "a/k=\n" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf told = { 0 };

                CHECK(ini_read(str_of(c->text), "the file", add_line, &told, &err));
                buf_add_char(&told, '\0');
                CHECK_STR(told.ptr, c->told);
        }
}

static void a_line_that_is_none_is_named_but_not_shown(void **state) {
        static const struct {
                const char *text, *message;
        } cases[] = {
                { "[a]\nsecret", "the file, line 2: expected [section] or key = value" },
                { "[a", "the file, line 1: expected [section] or key = value" },
                { "[a]\n  secret", "the file, line 2: expected [section] or key = value" },
                { "[a] b\n", "the file, line 1: expected [section] or key = value" },
                { "[", "the file, line 1: expected [section] or key = value" },
                { "stop=1", "enough" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf told = { 0 };

                CHECK(!ini_read(str_of(c->text), "the file", add_line, &told, &err));
                CHECK_STR(err.message, c->message);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(settings_are_told_with_their_sections),
                cmocka_unit_test(a_line_that_is_none_is_named_but_not_shown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
