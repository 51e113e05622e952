#include "server/metrics.h"

#include <stdint.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/thread.h"

enum { SERIES_MAX = 10000, LABELS_MAX = 2, BUCKETS_MAX = 12 };

typedef enum MetricType { COUNTER, GAUGE, HISTOGRAM } MetricType;

typedef struct MetricRow {
        const char *name;
        MetricType type;
        const char *help;
        const char *labels[LABELS_MAX + 1]; /* ends with NULL */
        double buckets[BUCKETS_MAX];        /* upper bounds; the first 0 ends them */
} MetricRow;

#define NO_LABELS .labels = { NULL }
#define SCHEDULE .labels = { "schedule" }
#define DURATIONS .buckets = { 60, 300, 600, 900, 1800, 3600, 7200, 10800, 14400 }
#define HOOK_TIMES .buckets = { 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300 }

static const MetricRow rows[METRIC_COUNT] = {
        [METRIC_BACKUP_TARBALL_SIZE_BYTES] = { "velero_backup_tarball_size_bytes", GAUGE,
                                               "Size, in bytes, of a backup", SCHEDULE },
        [METRIC_BACKUP_LAST_SUCCESSFUL_TIMESTAMP] = { "velero_backup_last_successful_timestamp", GAUGE,
                                                      "When a backup last ended Completed, in Unix seconds",
                                                      SCHEDULE },
        [METRIC_BACKUP_TOTAL] = { "velero_backup_total", GAUGE, "Backups that exist now", NO_LABELS },
        [METRIC_BACKUP_ATTEMPT_TOTAL] = { "velero_backup_attempt_total", COUNTER, "Backups begun", SCHEDULE },
        [METRIC_BACKUP_SUCCESS_TOTAL] = { "velero_backup_success_total", COUNTER,
                                          "Backups that ended Completed", SCHEDULE },
        [METRIC_BACKUP_PARTIAL_FAILURE_TOTAL] = { "velero_backup_partial_failure_total", COUNTER,
                                                  "Backups that ended PartiallyFailed", SCHEDULE },
        [METRIC_BACKUP_FAILURE_TOTAL] = { "velero_backup_failure_total", COUNTER, "Backups that ended Failed",
                                          SCHEDULE },
        [METRIC_BACKUP_VALIDATION_FAILURE_TOTAL] = { "velero_backup_validation_failure_total", COUNTER,
                                                     "Backups that ended FailedValidation", SCHEDULE },
        [METRIC_BACKUP_DELETION_ATTEMPT_TOTAL] = { "velero_backup_deletion_attempt_total", COUNTER,
                                                   "Deletions of backups begun", SCHEDULE },
        [METRIC_BACKUP_DELETION_SUCCESS_TOTAL] = { "velero_backup_deletion_success_total", COUNTER,
                                                   "Deletions of backups that went well", SCHEDULE },
        [METRIC_BACKUP_DELETION_FAILURE_TOTAL] = { "velero_backup_deletion_failure_total", COUNTER,
                                                   "Deletions of backups that failed", SCHEDULE },
        [METRIC_BACKUP_DURATION_SECONDS] = { "velero_backup_duration_seconds", HISTOGRAM,
                                             "Time that backups took", SCHEDULE, DURATIONS },
        [METRIC_BACKUP_ITEMS_TOTAL] = { "velero_backup_items_total", GAUGE, "Items of the last backup",
                                        SCHEDULE },
        [METRIC_BACKUP_ITEMS_ERRORS] = { "velero_backup_items_errors", GAUGE, "Errors of the last backup",
                                         SCHEDULE },
        [METRIC_BACKUP_WARNING_TOTAL] = { "velero_backup_warning_total", COUNTER, "Backups with warnings",
                                          SCHEDULE },
        [METRIC_BACKUP_LAST_STATUS] = { "velero_backup_last_status", GAUGE,
                                        "How the last backup ended: 1 Completed, 0 otherwise", SCHEDULE },
        [METRIC_BACKUP_LOCATION_STATUS_GAUGE] = { "velero_backup_location_status_gauge", GAUGE,
                                                  "State of a backup location: 1 Available, 0 otherwise",
                                                  .labels = { "backup_location_name" } },
        [METRIC_SCHEDULE_EXPECTED_INTERVAL_SECONDS] = { "velero_schedule_expected_interval_seconds", GAUGE,
                                                        "Time between the next two runs of a schedule",
                                                        SCHEDULE },
        [METRIC_RESTORE_TOTAL] = { "velero_restore_total", GAUGE, "Restores that exist now", SCHEDULE },
        [METRIC_RESTORE_ATTEMPT_TOTAL] = { "velero_restore_attempt_total", COUNTER, "Restores begun",
                                           SCHEDULE },
        [METRIC_RESTORE_VALIDATION_FAILED_TOTAL] = { "velero_restore_validation_failed_total", COUNTER,
                                                     "Restores that ended FailedValidation", SCHEDULE },
        [METRIC_RESTORE_SUCCESS_TOTAL] = { "velero_restore_success_total", COUNTER,
                                           "Restores that ended Completed", SCHEDULE },
        [METRIC_RESTORE_PARTIAL_FAILURE_TOTAL] = { "velero_restore_partial_failure_total", COUNTER,
                                                   "Restores that ended PartiallyFailed", SCHEDULE },
        [METRIC_RESTORE_FAILED_TOTAL] = { "velero_restore_failed_total", COUNTER,
                                          "Restores that ended Failed", SCHEDULE },
        [METRIC_HOOK_TOTAL] = { "grapnel_hook_total", COUNTER, "Hooks by phase and outcome",
                                .labels = { "phase", "outcome" } },
        [METRIC_HOOK_DURATION_SECONDS] = { "grapnel_hook_duration_seconds", HISTOGRAM, "Time that hooks took",
                                           .labels = { "phase" }, HOOK_TIMES },
        [METRIC_HOOK_FREEZE_SECONDS] = { "grapnel_hook_freeze_seconds", HISTOGRAM,
                                         "Time from a pod's first pre hook to the end of its last post hook",
                                         HOOK_TIMES },
        [METRIC_HOOK_UNDO_PENDING] = { "grapnel_hook_undo_pending", GAUGE,
                                       "Pods that an earlier run left frozen and that wait to be thawed",
                                       NO_LABELS },
        [METRIC_LEADER] = { "grapnel_leader", GAUGE, "1 while this server leads, else 0", NO_LABELS },
        [METRIC_BUILD_INFO] = { "grapnel_build_info", GAUGE, "Always 1; the version is the label",
                                .labels = { "version" } },
        [METRIC_SERIES_DROPPED_TOTAL] = { "grapnel_metrics_series_dropped_total", COUNTER,
                                          "Series left out because a metric had too many", NO_LABELS },
};

typedef struct Series {
        char *labels[LABELS_MAX]; /* owned */
        double value;             /* of a histogram: the sum */
        uint64_t count, buckets[BUCKETS_MAX];
        struct Series *next;
} Series;

struct Metrics {
        Mutex lock;
        Series *series[METRIC_COUNT] GUARDED_BY(&lock); /* sorted by labels */
        size_t lens[METRIC_COUNT] GUARDED_BY(&lock);
};

#define NEEDS_LOCK(metrics) THREAD_ANNOTATION(requires_capability((metrics)->lock))

Metrics *metrics_new(void) {
        Metrics *metrics = xnew0(Metrics);

        mutex_init(&metrics->lock);
        return metrics;
}

static void series_free(Series *series) {
        for (size_t i = 0; i < LABELS_MAX; i++)
                free(series->labels[i]);
        free(series);
}

void metrics_free(Metrics *metrics) {
        if (!metrics)
                return;
        mutex_lock(&metrics->lock);
        for (size_t id = 0; id < METRIC_COUNT; id++) {
                for (Series *next, *series = metrics->series[id]; series; series = next) {
                        next = series->next;
                        series_free(series);
                }
        }
        mutex_unlock(&metrics->lock);
        mutex_destroy(&metrics->lock);
        free(metrics);
}

static int compare_labels(const Series *series, const MetricRow *row, const Str *labels) {
        int order = 0;

        for (size_t i = 0; row->labels[i] && order == 0; i++)
                order = str_compare(str_of(series->labels[i]), labels[i]);
        return order;
}

/* NULL when there are too many of them. */
static Series *find_or_add(Metrics *metrics, MetricId id, const Str *labels) NEEDS_LOCK(metrics) {
        const MetricRow *row = &rows[id];
        Series **place = &metrics->series[id], *series;

        while (*place && compare_labels(*place, row, labels) < 0)
                place = &(*place)->next;
        if (*place && compare_labels(*place, row, labels) == 0)
                return *place;
        if (metrics->lens[id] >= SERIES_MAX)
                return NULL;
        metrics->lens[id]++;
        series = xnew0(Series);
        for (size_t i = 0; row->labels[i]; i++)
                series->labels[i] = xasprintf(STR_FMT, STR_ARG(labels[i]));
        series->next = *place;
        return *place = series;
}

static Series *open_series(Metrics *metrics, MetricId id, const Str *labels) NEEDS_LOCK(metrics) {
        static const Str none[LABELS_MAX] = { { "", 0 }, { "", 0 } };
        Series *series = find_or_add(metrics, id, labels ? labels : none), *dropped;

        if (series)
                return series;
        dropped = find_or_add(metrics, METRIC_SERIES_DROPPED_TOTAL, none);
        if (dropped) /* the only one of its kind: there is always room for it */
                dropped->value++;
        return NULL;
}

void metrics_begin(Metrics *metrics, MetricId id, const Str *labels) {
        mutex_lock(&metrics->lock);
        (void) open_series(metrics, id, labels);
        mutex_unlock(&metrics->lock);
}

void metrics_add(Metrics *metrics, MetricId id, const Str *labels, double value) {
        mutex_lock(&metrics->lock);

        Series *series = open_series(metrics, id, labels);
        if (series)
                series->value += value;
        mutex_unlock(&metrics->lock);
}

void metrics_begin_schedule(Metrics *metrics, Str schedule) {
        for (int id = METRIC_BACKUP_ATTEMPT_TOTAL; id <= METRIC_RESTORE_FAILED_TOTAL; id++)
                if (rows[id].type == COUNTER) /* all of them are of schedules */
                        metrics_begin(metrics, (MetricId) id, &schedule);
}

void metrics_set(Metrics *metrics, MetricId id, const Str *labels, double value) {
        mutex_lock(&metrics->lock);

        Series *series = open_series(metrics, id, labels);
        if (series)
                series->value = value;
        mutex_unlock(&metrics->lock);
}

void metrics_raise(Metrics *metrics, MetricId id, const Str *labels, double value) {
        mutex_lock(&metrics->lock);

        Series *series = open_series(metrics, id, labels);
        if (series && value > series->value)
                series->value = value;
        mutex_unlock(&metrics->lock);
}

void metrics_observe(Metrics *metrics, MetricId id, const Str *labels, double value) {
        const MetricRow *row = &rows[id];

        mutex_lock(&metrics->lock);

        Series *series = open_series(metrics, id, labels);
        if (series) {
                series->value += value;
                series->count++;
                for (size_t i = 0; i < BUCKETS_MAX && row->buckets[i] > 0; i++)
                        series->buckets[i] += value <= row->buckets[i];
        }
        mutex_unlock(&metrics->lock);
}

void metrics_drop(Metrics *metrics, MetricId id, Str first_label) {
        mutex_lock(&metrics->lock);
        for (Series **place = &metrics->series[id]; *place;) {
                Series *series = *place;

                if (!series->labels[0] || !str_equal(str_of(series->labels[0]), first_label)) {
                        place = &series->next;
                        continue;
                }
                *place = series->next;
                metrics->lens[id]--;
                series_free(series);
        }
        mutex_unlock(&metrics->lock);
}

static void write_label(const char *name, const char *value, bool is_first, Buf *into) {
        buf_printf(into, "%s%s=\"", is_first ? "" : ",", name);
        for (const char *c = value; *c; c++) {
                if (*c == '\n')
                        buf_add(into, STR("\\n"));
                else if (*c == '"' || *c == '\\')
                        buf_printf(into, "\\%c", *c);
                else
                        buf_add_char(into, *c);
        }
        buf_add_char(into, '"');
}

/* `bound`: the value of `le`, or NULL. */
static void write_sample(const MetricRow *row, const Series *series, const char *suffix, const char *bound,
                         double value, Buf *into) {
        buf_printf(into, "%s%s", row->name, suffix);
        if (row->labels[0] || bound) {
                buf_add_char(into, '{');
                for (size_t i = 0; row->labels[i]; i++)
                        write_label(row->labels[i], series->labels[i], i == 0, into);
                if (bound)
                        write_label("le", bound, row->labels[0] == NULL, into);
                buf_add_char(into, '}');
        }
        buf_printf(into, " %.15g\n", value);
}

static void write_histogram(const MetricRow *row, const Series *series, Buf *into) {
        for (size_t i = 0; i < BUCKETS_MAX && row->buckets[i] > 0; i++) {
                char bound[32];

                (void) snprintf(bound, sizeof(bound), "%.15g", row->buckets[i]);
                write_sample(row, series, "_bucket", bound, (double) series->buckets[i], into);
        }
        write_sample(row, series, "_bucket", "+Inf", (double) series->count, into);
        write_sample(row, series, "_sum", NULL, series->value, into);
        write_sample(row, series, "_count", NULL, (double) series->count, into);
}

void metrics_write(Metrics *metrics, Buf *into) {
        static const char *const types[] = {
                [COUNTER] = "counter", [GAUGE] = "gauge", [HISTOGRAM] = "histogram"
        };

        mutex_lock(&metrics->lock);
        for (size_t id = 0; id < METRIC_COUNT; id++) {
                const MetricRow *row = &rows[id];

                if (!metrics->series[id])
                        continue;
                buf_printf(into, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
                           types[row->type]);
                for (const Series *series = metrics->series[id]; series; series = series->next) {
                        if (row->type == HISTOGRAM)
                                write_histogram(row, series, into);
                        else
                                write_sample(row, series, "", NULL, series->value, into);
                }
        }
        mutex_unlock(&metrics->lock);
}
