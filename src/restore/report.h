/* report.h - what became of each object, for the log, the results, the resource list and the counts.
 *
 * Many threads may tell.  Actions are kept in the archive's own items.  Source: spec/restore-behaviour.md 4.1-4.3. */
#pragma once
#include "base/log.h"
#include "kube/resource.h"
#include "restore/contents.h"
#include "restore/restore_execute.h"
#include "store/results.h"

typedef struct Report Report;

Report *report_new(Log *log);
void report_free(Report *report);
DEFINE_AUTO(Report, report_free)

/* A warning or an error, at once in the log in Velero's words and in the results; an empty namespace: cluster. */
void report_problem(Report *report, LogLevel level, Str namespace, const char *format, ...) PRINTF_LIKE(4, 5);
/* One that belongs to no object. */
void report_general(Report *report, LogLevel level, const char *format, ...) PRINTF_LIKE(3, 4);

/* The apiVersion/Kind under which the resource list has the item.  At most 65,534 different ones. */
void report_item(Report *report, ContentsItem *item, Str api_version, Str kind, ItemAction action);
void report_count(Report *report, Str resource, ItemAction action);
void report_namespace_created(Report *report, Str name);

uint64_t report_len(Report *report); /* items in the resource list */
Results *report_results(Report *report);
/* {"v1/Pod":["shop/web(created)",…]}, sorted. */
void report_write_list(Report *report, Contents *contents, const RestoreSpec *spec, Buf *into);
/* In order of first use. */
RestoreCount *report_counts(Report *report, Arena *arena, size_t *ret_len);
