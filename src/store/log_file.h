/* log_file.h - the log of one run, on its way to the store.
 *
 * A LogSink that compresses lines as they come into a spool, so that memory does not grow with the log; put at the end. */
#pragma once
#include "base/log.h"
#include "store/store.h"

typedef struct LogFile LogFile;
bool log_file_new(LogFile **ret_file, Error *err) MUST_CHECK;
void log_file_free(LogFile *file);
DEFINE_AUTO(LogFile, log_file_free)
void log_file_sink(void *file, Str line, const LogRecord *record);
bool log_file_put(LogFile *file, Store *store, Str key, Error *err) MUST_CHECK;
