#include "server/metrics.h"

#include "base/str.h"
#include "check.h"
#include "server/job.h"

static void check_text(Metrics *metrics, const char *expected) {
        AUTO(buf_clear) Buf text = { 0 };

        metrics_write(metrics, &text);
        CHECK_TEXT(buf_str(&text), expected);
}

static void what_was_never_counted_is_not_there(void **state) {
        AUTO(metrics_freep) Metrics *metrics = metrics_new();

        (void) state;
        check_text(metrics, "");
        metrics_free(NULL);
}

static void counters_add_gauges_are_set_and_series_are_sorted(void **state) {
        AUTO(metrics_freep) Metrics *metrics = metrics_new();

        (void) state;
        metrics_add(metrics, METRIC_BACKUP_ATTEMPT_TOTAL, &STR("nightly"), 1);
        metrics_add(metrics, METRIC_BACKUP_ATTEMPT_TOTAL, &STR(""), 1);
        metrics_add(metrics, METRIC_BACKUP_ATTEMPT_TOTAL, &STR("nightly"), 2);
        metrics_set(metrics, METRIC_BACKUP_TOTAL, NULL, 7);
        metrics_set(metrics, METRIC_BACKUP_TOTAL, NULL, 5);
        metrics_add(metrics, METRIC_HOOK_TOTAL, (const Str[]) { STR("pre"), STR("TimedOut") }, 1);
        metrics_add(metrics, METRIC_HOOK_TOTAL, (const Str[]) { STR("pre"), STR("Failed") }, 1);
        check_text(metrics, "# HELP velero_backup_total Backups that exist now\n"
                            "# TYPE velero_backup_total gauge\n"
                            "velero_backup_total 5\n"
                            "# HELP velero_backup_attempt_total Backups begun\n"
                            "# TYPE velero_backup_attempt_total counter\n"
                            "velero_backup_attempt_total{schedule=\"\"} 1\n"
                            "velero_backup_attempt_total{schedule=\"nightly\"} 3\n"
                            "# HELP grapnel_hook_total Hooks by phase and outcome\n"
                            "# TYPE grapnel_hook_total counter\n"
                            "grapnel_hook_total{phase=\"pre\",outcome=\"Failed\"} 1\n"
                            "grapnel_hook_total{phase=\"pre\",outcome=\"TimedOut\"} 1\n");
}

static void what_comes_in_any_order_only_rises(void **state) {
        AUTO(metrics_freep) Metrics *metrics = metrics_new();

        (void) state;
        metrics_raise(metrics, METRIC_BACKUP_LAST_SUCCESSFUL_TIMESTAMP, &STR("n"), 7);
        metrics_raise(metrics, METRIC_BACKUP_LAST_SUCCESSFUL_TIMESTAMP, &STR("n"), 9);
        metrics_raise(metrics, METRIC_BACKUP_LAST_SUCCESSFUL_TIMESTAMP, &STR("n"), 8);
        check_text(
                metrics,
                "# HELP velero_backup_last_successful_timestamp When a backup last ended Completed, in Unix "
                "seconds\n"
                "# TYPE velero_backup_last_successful_timestamp gauge\n"
                "velero_backup_last_successful_timestamp{schedule=\"n\"} 9\n");
}

static unsigned count_of(const Buf *text, const char *part) {
        unsigned count = 0;

        for (const char *at = text->ptr; (at = strstr(at, part)) != NULL; at++)
                count++;
        return count;
}

/* Prometheus sees no rise where a series begins with 1: the first failure would be no alert. */
static void what_failures_count_is_there_from_0_on(void **state) {
        AUTO(metrics_freep) Metrics *metrics = metrics_new();
        AUTO(buf_clear) Buf text = { 0 };

        (void) state;
        metrics_add(metrics, METRIC_BACKUP_FAILURE_TOTAL, &STR("n"), 1);
        metrics_begin_schedule(metrics, STR("n"));
        job_begin_metrics(metrics);
        metrics_write(metrics, &text);
        buf_add_char(&text, '\0');
        CHECK_INT(count_of(&text, "_total{schedule=\"n\"} 0\n"), 13);
        CHECK_INT(count_of(&text, "velero_backup_failure_total{schedule=\"n\"} 1\n"), 1);
        CHECK_INT(count_of(&text, "velero_backup_warning_total{schedule=\"n\"} 0\n"), 1);
        CHECK_INT(count_of(&text, "velero_restore_failed_total{schedule=\"n\"} 0\n"), 1);
        CHECK_INT(count_of(&text, "\ngrapnel_hook_total{phase=\""), 4 * 6);
        CHECK_INT(count_of(&text, "grapnel_hook_total{phase=\"post\",outcome=\"TimedOut\"} 0\n"), 1);
        CHECK_INT(count_of(&text, "grapnel_hook_duration_seconds_count{phase=\""), 4);
        CHECK_INT(count_of(&text, "\ngrapnel_hook_freeze_seconds_count 0\n"), 1);
}

static void histograms_are_cumulative(void **state) {
        AUTO(metrics_freep) Metrics *metrics = metrics_new();
        AUTO(buf_clear) Buf text = { 0 };

        (void) state;
        metrics_observe(metrics, METRIC_BACKUP_DURATION_SECONDS, &STR("n"), 59.5);
        metrics_observe(metrics, METRIC_BACKUP_DURATION_SECONDS, &STR("n"), 300);
        metrics_observe(metrics, METRIC_BACKUP_DURATION_SECONDS, &STR("n"), 99999);
        check_text(metrics, "# HELP velero_backup_duration_seconds Time that backups took\n"
                            "# TYPE velero_backup_duration_seconds histogram\n"
                            "velero_backup_duration_seconds_bucket{schedule=\"n\",le=\"60\"} 1\n"
                            "velero_backup_duration_seconds_bucket{schedule=\"n\",le=\"300\"} 2\n"
                            "velero_backup_duration_seconds_bucket{schedule=\"n\",le=\"600\"} 2\n"
                            "velero_backup_duration_seconds_bucket{schedule=\"n\",le=\"900\"} 2\n"
                            "velero_backup_duration_seconds_bucket{schedule=\"n\",le=\"1800\"} 2\n"
                            "velero_backup_duration_seconds_bucket{schedule=\"n\",le=\"3600\"} 2\n"
                            "velero_backup_duration_seconds_bucket{schedule=\"n\",le=\"7200\"} 2\n"
                            "velero_backup_duration_seconds_bucket{schedule=\"n\",le=\"10800\"} 2\n"
                            "velero_backup_duration_seconds_bucket{schedule=\"n\",le=\"14400\"} 2\n"
                            "velero_backup_duration_seconds_bucket{schedule=\"n\",le=\"+Inf\"} 3\n"
                            "velero_backup_duration_seconds_sum{schedule=\"n\"} 100358.5\n"
                            "velero_backup_duration_seconds_count{schedule=\"n\"} 3\n");
        metrics_drop(metrics, METRIC_BACKUP_DURATION_SECONDS, STR("n"));
        metrics_observe(metrics, METRIC_HOOK_FREEZE_SECONDS, NULL, 0.2);
        metrics_write(metrics, &text);
        buf_add_char(&text, '\0');
        CHECK(strstr(text.ptr, "grapnel_hook_freeze_seconds_bucket{le=\"0.25\"} 1\n") != NULL);
}

static void labels_are_escaped_and_forgotten(void **state) {
        AUTO(metrics_freep) Metrics *metrics = metrics_new();

        (void) state;
        metrics_set(metrics, METRIC_BACKUP_LOCATION_STATUS_GAUGE, &STR("a\"b\\c\nd"), 1);
        metrics_set(metrics, METRIC_BACKUP_LOCATION_STATUS_GAUGE, &STR("gone"), 1);
        metrics_drop(metrics, METRIC_BACKUP_LOCATION_STATUS_GAUGE, STR("gone"));
        metrics_drop(metrics, METRIC_BACKUP_TOTAL, STR("gone"));
        check_text(metrics, "# HELP velero_backup_location_status_gauge State of a backup location: 1 "
                            "Available, 0 otherwise\n"
                            "# TYPE velero_backup_location_status_gauge gauge\n"
                            "velero_backup_location_status_gauge{backup_location_name=\"a\\\"b\\\\c\\nd\"} "
                            "1\n");
}

static void series_past_the_limit_are_dropped_and_counted(void **state) {
        AUTO(metrics_freep) Metrics *metrics = metrics_new();
        AUTO(buf_clear) Buf text = { 0 };

        (void) state;
        for (unsigned i = 20000; i > 9998; i--) { /* from behind: each is put in front at once */
                char name[16];

                (void) snprintf(name, sizeof(name), "%05u", i);
                metrics_add(metrics, METRIC_BACKUP_ATTEMPT_TOTAL, &(Str) { name, 5 }, 1);
        }
        metrics_write(metrics, &text);
        buf_add_char(&text, '\0');
        CHECK(strstr(text.ptr, "\ngrapnel_metrics_series_dropped_total 2\n") != NULL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_was_never_counted_is_not_there),
                cmocka_unit_test(counters_add_gauges_are_set_and_series_are_sorted),
                cmocka_unit_test(what_comes_in_any_order_only_rises),
                cmocka_unit_test(what_failures_count_is_there_from_0_on),
                cmocka_unit_test(histograms_are_cumulative),
                cmocka_unit_test(labels_are_escaped_and_forgotten),
                cmocka_unit_test(series_past_the_limit_are_dropped_and_counted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
