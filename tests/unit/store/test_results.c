#include "base/thread.h"
#include "scratch.h"
#include "store/layout.h"
#include "store/results.h"

static void check_written(Results *results, const char *expected) {
        AUTO(buf_clear) Buf text = { 0 };

        results_write(results, &text);
        buf_add_char(&text, '\0');
        CHECK_STR(text.ptr, expected);
}

static void a_clean_run_has_two_empty_parts(void **state) {
        AUTO(results_freep) Results *results = results_new();
        uint64_t errors, warnings;

        (void) state;
        check_written(results, "{\"errors\":{},\"warnings\":{}}\n");
        results_count(results, &errors, &warnings);
        CHECK_INT(errors + warnings, 0);
}

static void messages_are_sorted_into_buckets(void **state) {
        AUTO(results_freep) Results *results = results_new();
        uint64_t errors, warnings;

        (void) state;
        results_add(results, LOG_ERROR, RESULTS_NAMESPACE, STR("shop"), STR("a <b> failed"));
        results_add(results, LOG_ERROR, RESULTS_NAMESPACE, STR("bank"), STR("c"));
        results_add(results, LOG_ERROR, RESULTS_NAMESPACE, STR("shop"), STR("d"));
        results_add(results, LOG_ERROR, RESULTS_VELERO, STR(""), STR("e"));
        results_add(results, LOG_WARN, RESULTS_CLUSTER, STR(""), STR("f"));
        check_written(results, "{\"errors\":{\"velero\":[\"e\"],\"namespaces\":{\"bank\":[\"c\"],\"shop\":["
                               "\"a \\u003cb\\u003e "
                               "failed\",\"d\"]}},\"warnings\":{\"cluster\":[\"f\"]}}\n");
        results_count(results, &errors, &warnings);
        CHECK_INT(errors, 4);
        CHECK_INT(warnings, 1);
}

static void log_lines_become_the_text_that_velero_composes(void **state) {
        AUTO(results_freep) Results *results = results_new();
        AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_DEBUG);

        (void) state;
        log_add_sink(log, results_log_sink, results);
        log_set_field(log, "backup", STR("velero/b"));
        log_info(log, FIELDS(FIELD("name", STR("web"))), "not a problem");
        log_debug(log, NO_FIELDS, "nor this");
        log_error(log,
                  FIELDS(FIELD("error", STR("boom")), FIELD("name", STR("web")),
                         FIELD("namespace", STR("shop")), FIELD("resource", STR("pods"))),
                  "Error backing up item");
        log_warn(log, FIELDS(FIELD("namespace", STR("")), FIELD("name", STR("pv1"))), "skipped");
        log_warn(log, FIELDS(FIELD("name", STR("")), FIELD("other", STR("x"))), "general");
        check_written(results, "{\"errors\":{\"namespaces\":{\"shop\":[\" resource: /pods name: /web "
                               "message: /Error backing up item "
                               "error: /boom\"]}},\"warnings\":{\"velero\":[\" message: "
                               "/general\"],\"cluster\":[\" name: /pv1 message: "
                               "/skipped\"]}}\n");
}

/* The four error lines of Velero's log, put through our sink, give its results file byte for byte. */
static void the_golden_results_come_from_the_golden_log(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(store_freep) Store *store = NULL;
        AUTO(buf_clear) Buf golden = { 0 };
        AUTO(results_freep) Results *results = results_new();
        AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_INFO);
        const LogField code = FIELD("error", STR("command terminated with exit code 3"));
        const Str pods[] = { STR("quay-577fcb757f-shhtw"), STR("quay-577fcb757f-t9vsx") };

        (void) state;
        CHECK(store_open_directory(STR(GOLDEN_DIR "/velero-1.18.0/bucket"), false, NULL, &store, &err));
        CHECK(layout_get_gzip(store, backup_key(STR("hook-fails"), BACKUP_RESULTS, &arena), 10000, &golden,
                              &err));
        log_add_sink(log, results_log_sink, results);
        FOR_EACH_CASE(pods, pod) {
                log_error(log, FIELDS(code, FIELD("hookPhase", STR("pre"))), "Error executing hook");
                log_error(log, FIELDS(code, FIELD("name", *pod)), "Error running pre hooks for pod");
        }
        buf_add_char(&golden, '\0');
        check_written(results, golden.ptr);
}

static void beyond_the_limit_messages_are_counted(void **state) {
        AUTO(results_freep) Results *results = results_new();
        AUTO(buf_clear) Buf text = { 0 };
        uint64_t errors, warnings;

        (void) state;
        results_add(results, LOG_WARN, RESULTS_VELERO, STR(""), STR("first"));
        for (int i = 0; i < 10500; i++)
                results_add(results, LOG_ERROR, RESULTS_CLUSTER, STR(""), STR("again"));
        results_count(results, &errors, &warnings);
        CHECK_INT(errors, 10500);
        CHECK_INT(warnings, 1);
        results_write(results, &text);
        CHECK(str_starts_with(
                buf_str(&text),
                STR("{\"errors\":{\"velero\":[\"501 more errors and warnings are only in the log\"],")));
        CHECK(str_ends_with(buf_str(&text), STR("]},\"warnings\":{\"velero\":[\"first\"]}}\n")));
}

static void a_message_is_cut_between_characters(void **state) {
        AUTO(results_freep) Results *results = results_new();
        AUTO(buf_clear) Buf message = { 0 }, text = { 0 };

        (void) state;
        buf_add_char(&message, 'x');
        for (int i = 0; i < 10000; i++)
                buf_add(&message, STR("\xc3\xa9"));
        results_add(results, LOG_ERROR, RESULTS_VELERO, STR(""), buf_str(&message));
        results_write(results, &text);
        CHECK(text.len < 17000);
        CHECK(str_ends_with(buf_str(&text), STR("\xc3\xa9\"]},\"warnings\":{}}\n")));
}

static void add_many(void *user) {
        for (int i = 0; i < 500; i++)
                results_add(user, i % 2 ? LOG_ERROR : LOG_WARN, RESULTS_NAMESPACE, STR("shop"), STR("x"));
}

static void many_threads_may_add(void **state) {
        AUTO(results_freep) Results *results = results_new();
        uint64_t errors, warnings;

        (void) state;
        thread_run_many(4, add_many, results);
        results_count(results, &errors, &warnings);
        CHECK_INT(errors, 1000);
        CHECK_INT(warnings, 1000);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_clean_run_has_two_empty_parts),
                cmocka_unit_test(messages_are_sorted_into_buckets),
                cmocka_unit_test(log_lines_become_the_text_that_velero_composes),
                cmocka_unit_test(the_golden_results_come_from_the_golden_log),
                cmocka_unit_test(beyond_the_limit_messages_are_counted),
                cmocka_unit_test(a_message_is_cut_between_characters),
                cmocka_unit_test(many_threads_may_add),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
