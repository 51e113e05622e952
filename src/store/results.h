/* results.h - the warnings and errors of a run, sorted into buckets as Velero's results file has them.
 *
 * {"errors":{"velero":[…],"cluster":[…],"namespaces":{"ns":[…]}},"warnings":{…}}; empty parts are left out.
 * Kept in memory up to 10,000 messages; further ones are counted and one message says so.  Many threads may add. */
#pragma once
#include <stdint.h>

#include "base/buf.h"
#include "base/log.h"

typedef struct Results Results;
Results *results_new(void);
void results_free(Results *results);
DEFINE_AUTO(Results, results_free)

typedef enum ResultsBucket { RESULTS_VELERO, RESULTS_CLUSTER, RESULTS_NAMESPACE } ResultsBucket;
void results_add(Results *results, LogLevel level, ResultsBucket bucket, Str namespace, Str message);
/* A LogSink for backups: warnings and errors are filed by their "namespace" field, with the text Velero composes
 * (" resource: /pods name: /web message: /… error: /…").  Source: spec/backup-behaviour.md 5.7. */
void results_log_sink(void *results, Str line, const LogRecord *record);
void results_count(Results *results, uint64_t *ret_errors, uint64_t *ret_warnings);
void results_write(Results *results, Buf *into);
