#include "server/runs.h"

#include "base/buf.h"
#include "base/thread.h"
#include "check.h"

static void a_run_is_known_from_its_begin_to_its_end(void **state) {
        AUTO(runs_freep) Runs *runs = runs_new(NULL);
        AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_INFO);
        Run *run = runs_begin(runs, RUN_BACKUP, STR("monday"), log);

        (void) state;
        CHECK(runs_has(runs, RUN_BACKUP, STR("monday")));
        CHECK(!runs_has(runs, RUN_RESTORE, STR("monday")));
        CHECK(!runs_has(runs, RUN_BACKUP, STR("tuesday")));
        CHECK_INT(runs_count(runs, RUN_BACKUP), 1);
        CHECK_INT(runs_count(runs, RUN_RESTORE), 0);
        runs_end(runs, run);
        CHECK(!runs_has(runs, RUN_BACKUP, STR("monday")));
        CHECK(runs_read_log(runs, RUN_BACKUP, STR("monday")) == NULL);
        runs_free(NULL);
}

static void one_run_or_all_can_be_stopped(void **state) {
        AUTO(runs_freep) Runs *runs = runs_new(NULL);
        AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_INFO);
        Run *a = runs_begin(runs, RUN_BACKUP, STR("a"), log),
            *b = runs_begin(runs, RUN_BACKUP, STR("b"), log);

        (void) state;
        CHECK(!runs_stop(runs, RUN_BACKUP, STR("c")));
        CHECK(runs_stop(runs, RUN_BACKUP, STR("a")));
        CHECK(stop_is_set(run_stop(a)));
        CHECK(!stop_is_set(run_stop(b)));
        runs_stop_all(runs);
        CHECK(stop_is_set(run_stop(b)));
        runs_end(runs, a);
        runs_end(runs, b);
}

typedef struct Following {
        RunLogReader *reader;
        Buf text;
} Following;

static void follow(void *user) {
        Following *following = user;
        AUTO(error_clear) Error err = { 0 };
        char piece[16];
        size_t len;

        do {
                CHECK(run_log_read(following->reader, piece, sizeof(piece), &len, &err));
                buf_add(&following->text, (Str) { piece, len });
        } while (len > 0);
        run_log_close(following->reader);
}

static void its_log_is_read_while_it_grows_and_ends_with_the_run(void **state) {
        AUTO(runs_freep) Runs *runs = runs_new(NULL);
        AUTO(log_freep) Log *log = log_new(LOG_JSON, LOG_INFO);
        Run *run = runs_begin(runs, RUN_RESTORE, STR("again"), log);
        Following following = { 0 };
        Thread reader;

        (void) state;
        log_info(log, NO_FIELDS, "first");
        following.reader = runs_read_log(runs, RUN_RESTORE, STR("again"));
        CHECK(following.reader != NULL);
        reader = thread_start(follow, &following);
        (void) stop_sleep_ms(NULL, 20);
        log_info(log, NO_FIELDS, "second");
        runs_end(runs, run);
        thread_join(reader);
        buf_add_char(&following.text, '\0');
        CHECK(strstr(following.text.ptr, "\"msg\":\"first\"") != NULL);
        CHECK(strstr(following.text.ptr, "\"msg\":\"second\"") != NULL);
        buf_clear(&following.text);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_run_is_known_from_its_begin_to_its_end),
                cmocka_unit_test(one_run_or_all_can_be_stopped),
                cmocka_unit_test(its_log_is_read_while_it_grows_and_ends_with_the_run),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
