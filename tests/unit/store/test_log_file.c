#include <signal.h>
#include <sys/resource.h>

#include "scratch.h"
#include "store/layout.h"
#include "store/log_file.h"

static void lines_are_in_the_store_after_the_end(void **state) {
        SCRATCH(scratch, store);
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        AUTO(log_file_freep) LogFile *file = NULL;
        AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_INFO);

        (void) state;
        CHECK(log_file_new(&file, &err));
        log_add_sink(log, log_file_sink, file);
        log_info(log, NO_FIELDS, "one");
        log_info(log, NO_FIELDS, "two");
        CHECK(log_file_put(file, store, STR("backups/b/b-logs.gz"), &err));
        CHECK(layout_get_gzip(store, STR("backups/b/b-logs.gz"), 1000, &text, &err));
        buf_add_char(&text, '\0');
        CHECK(strstr(text.ptr, "msg=one\n"));
        CHECK(strstr(text.ptr, "msg=two\n"));
}

static void a_log_may_be_put_again_when_it_has_grown(void **state) {
        SCRATCH(scratch, store);
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf first = { 0 }, second = { 0 };
        AUTO(log_file_freep) LogFile *file = NULL;

        (void) state;
        CHECK(log_file_new(&file, &err));
        CHECK(log_file_put(file, store, STR("k"), &err)); /* without a line it is gzip too */
        CHECK(layout_get_gzip(store, STR("k"), 100, &first, &err));
        CHECK_INT(first.len, 0);
        log_file_sink(file, STR("one\n"), NULL);
        CHECK(log_file_put(file, store, STR("k"), &err));
        log_file_sink(file, STR("two\n"), NULL);
        CHECK(log_file_put(file, store, STR("k"), &err));
        CHECK(layout_get_gzip(store, STR("k"), 100, &second, &err));
        CHECK(str_equal(buf_str(&second), STR("one\ntwo\n")));
}

static void a_long_log_is_whole_and_a_huge_line_is_cut(void **state) {
        SCRATCH(scratch, store);
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf expected = { 0 }, text = { 0 }, huge = { 0 };
        AUTO(log_file_freep) LogFile *file = NULL;

        (void) state;
        CHECK(log_file_new(&file, &err));
        for (int i = 0; i < 30000; i++) {
                char line[64];
                int len = snprintf(line, sizeof line, "time=%d level=info msg=\"a line\"\n", i * 7919);

                buf_add(&expected, (Str) { line, (size_t) len });
                log_file_sink(file, (Str) { line, (size_t) len }, NULL);
        }
        for (int i = 0; i < 10000; i++)
                buf_add(&huge, STR("a huge line "));
        log_file_sink(file, buf_str(&huge), NULL);
        buf_add(&expected, (Str) { huge.ptr, 65535 });
        buf_add_char(&expected, '\n');
        CHECK(log_file_put(file, store, STR("k"), &err));
        CHECK(layout_get_gzip(store, STR("k"), 1 << 24, &text, &err));
        CHECK(str_equal(buf_str(&text), buf_str(&expected)));
}

static void a_log_that_could_not_be_kept_says_that_it_is_incomplete(void **state) {
        SCRATCH(scratch, store);
        AUTO(error_clear) Error err = { 0 }, again = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        AUTO(log_file_freep) LogFile *file = NULL;
        struct rlimit before, small;

        (void) state;
        CHECK(log_file_new(&file, &err));
        log_file_sink(file, STR("kept\n"), NULL);
        CHECK(log_file_put(file, store, STR("k"), &err));
        CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
        small = before;
        small.rlim_cur = 20; /* stands in for a full disk under the spool */
        signal(SIGXFSZ, SIG_IGN);
        CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
        for (int i = 0; i < 30000; i++)
                log_file_sink(file, STR("lost lost lost\n"), NULL);
        CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
        CHECK(!log_file_put(file, store, STR("k"), &err));
        CHECK(strstr(err.message, "the log \"k\" is incomplete: "));
        CHECK(layout_get_gzip(store, STR("k"), 1 << 20, &text, &again));
        CHECK(str_equal(buf_str(&text), STR("kept\n")));
}

static void a_store_that_fails_is_the_cause(void **state) {
        SCRATCH(scratch, store);
        AUTO(error_clear) Error of_place = { 0 }, of_size = { 0 };
        AUTO(log_file_freep) LogFile *file = NULL;
        struct rlimit before, small;

        (void) state;
        CHECK(log_file_new(&file, &of_place));
        log_file_sink(file, STR("a line that is long enough\n"), NULL);
        scratch_put(store, "backups", "a file");
        CHECK(!log_file_put(file, store, STR("backups/b/log"), &of_place));
        CHECK(strstr(of_place.message, "a file is where a folder has to be"));
        CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
        small = before;
        small.rlim_cur = 5;
        signal(SIGXFSZ, SIG_IGN);
        CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
        bool is_ok = log_file_put(file, store, STR("log"), &of_size);
        CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
        CHECK(!is_ok && strstr(of_size.message, "the file gets too large"));
}

static void without_a_place_for_temporary_files_there_is_no_log(void **state) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(log_file_freep) LogFile *file = NULL;

        (void) state;
        CHECK(setenv("TMPDIR", "/nonexistent", 1) == 0);
        CHECK(!log_file_new(&file, &err));
        CHECK(unsetenv("TMPDIR") == 0);
        CHECK(strncmp(err.message, "keep the log: ", 14) == 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(lines_are_in_the_store_after_the_end),
                cmocka_unit_test(a_log_may_be_put_again_when_it_has_grown),
                cmocka_unit_test(a_long_log_is_whole_and_a_huge_line_is_cut),
                cmocka_unit_test(a_log_that_could_not_be_kept_says_that_it_is_incomplete),
                cmocka_unit_test(a_store_that_fails_is_the_cause),
                cmocka_unit_test(without_a_place_for_temporary_files_there_is_no_log),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
