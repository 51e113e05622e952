/* metrics.h - counters, gauges and histograms under Velero's names, and ours for hooks.
 *
 * One constant row a metric gives name, type, help and label names.  Many threads may use one registry.  At most
 * 10,000 series a metric; further ones are counted and dropped.  Source: spec/backup-behaviour.md 9. */
#pragma once
#include "base/buf.h"
#include "base/cleanup.h"

typedef enum MetricId {                                          /* labels in brackets */
                        METRIC_BACKUP_TARBALL_SIZE_BYTES,        /* gauge [schedule] */
                        METRIC_BACKUP_LAST_SUCCESSFUL_TIMESTAMP, /* gauge [schedule] */
                        METRIC_BACKUP_TOTAL,                     /* gauge */
                        METRIC_BACKUP_ATTEMPT_TOTAL,             /* counters [schedule] */
                        METRIC_BACKUP_SUCCESS_TOTAL,
                        METRIC_BACKUP_PARTIAL_FAILURE_TOTAL,
                        METRIC_BACKUP_FAILURE_TOTAL,
                        METRIC_BACKUP_VALIDATION_FAILURE_TOTAL,
                        METRIC_BACKUP_DELETION_ATTEMPT_TOTAL,
                        METRIC_BACKUP_DELETION_SUCCESS_TOTAL,
                        METRIC_BACKUP_DELETION_FAILURE_TOTAL,
                        METRIC_BACKUP_DURATION_SECONDS, /* histogram [schedule] */
                        METRIC_BACKUP_ITEMS_TOTAL,      /* gauges [schedule] */
                        METRIC_BACKUP_ITEMS_ERRORS,
                        METRIC_BACKUP_WARNING_TOTAL,               /* counter [schedule] */
                        METRIC_BACKUP_LAST_STATUS,                 /* gauge [schedule] */
                        METRIC_BACKUP_LOCATION_STATUS_GAUGE,       /* gauge [backup_location_name] */
                        METRIC_SCHEDULE_EXPECTED_INTERVAL_SECONDS, /* gauge [schedule] */
                        METRIC_RESTORE_TOTAL,                      /* gauge [schedule] */
                        METRIC_RESTORE_ATTEMPT_TOTAL,              /* counters [schedule] */
                        METRIC_RESTORE_VALIDATION_FAILED_TOTAL,
                        METRIC_RESTORE_SUCCESS_TOTAL,
                        METRIC_RESTORE_PARTIAL_FAILURE_TOTAL,
                        METRIC_RESTORE_FAILED_TOTAL,
                        METRIC_HOOK_TOTAL,            /* counter [phase, outcome] */
                        METRIC_HOOK_DURATION_SECONDS, /* histogram [phase] */
                        METRIC_HOOK_FREEZE_SECONDS,   /* histogram */
                        METRIC_HOOK_UNDO_PENDING,     /* gauge */
                        METRIC_LEADER,                /* gauge */
                        METRIC_BUILD_INFO,            /* gauge [version] */
                        METRIC_SERIES_DROPPED_TOTAL,  /* counter */
                        METRIC_COUNT
} MetricId;

typedef struct Metrics Metrics;

Metrics *metrics_new(void);
void metrics_free(Metrics *metrics);
DEFINE_AUTO(Metrics, metrics_free)

/* `labels` are the values, as many as the metric has, in its order; NULL for none. */
void metrics_add(Metrics *metrics, MetricId id, const Str *labels, double value); /* counters */
void metrics_set(Metrics *metrics, MetricId id, const Str *labels, double value); /* gauges */
/* The same of what is heard of in any order: a lower value than it has changes nothing. */
void metrics_raise(Metrics *metrics, MetricId id, const Str *labels, double value);
void metrics_observe(Metrics *metrics, MetricId id, const Str *labels, double value); /* histograms */
/* It is there from 0 on, so that the first failure is a rise: Prometheus sees none where a series begins with 1. */
void metrics_begin(Metrics *metrics, MetricId id, const Str *labels);
/* The same of all counters of a schedule; empty: of backups made by hand. */
void metrics_begin_schedule(Metrics *metrics, Str schedule);
/* Forgets the series whose first label has that value: its schedule or location is gone. */
void metrics_drop(Metrics *metrics, MetricId id, Str first_label);

/* All of them, in Prometheus' text format 0.0.4. */
void metrics_write(Metrics *metrics, Buf *into);
