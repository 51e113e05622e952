/* log.h - log lines as users' tools know them: logrus text, or JSON.
 *
 *   time="2026-08-21T10:00:01Z" level=info msg="…" backup=velero/b1 name=web
 *
 * Fields come after msg, sorted by name; a value is quoted where logrus quotes it
 * (a byte outside [A-Za-z0-9-._/@^+]; an empty one is not).  A Log may be used from many
 * threads; lines do not mix.  Sinks are called under the lock and must not log.
 * Source: spec/backup-behaviour.md 5.5, spec/restore-behaviour.md 4.1. */
#pragma once
#include "base/cleanup.h"
#include "base/str.h"

typedef enum LogLevel { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } LogLevel;
typedef enum LogFormat { LOG_TEXT, LOG_JSON } LogFormat;

typedef struct LogField {
        const char *key;
        Str value;
} LogField;

#define FIELD(key, value) ((LogField) { (key), (value) })

typedef struct LogRecord {
        LogLevel level;
        Str message;
        const LogField *fields; /* as given, without the log's own */
        size_t field_count;
} LogRecord;

/* `line` ends with a newline; `record` is what it was made from. */
typedef void (*LogSink)(void *user, Str line, const LogRecord *record);

typedef struct Log Log;

Log *log_new(LogFormat format, LogLevel level);
void log_free(Log *log);
DEFINE_AUTO(Log, log_free)

/* Up to 4 sinks; each gets every line.  Not while other threads log. */
void log_add_sink(Log *log, LogSink sink, void *user);
/* A sink that wants its lines in another format than the log's: what is stored is text, whatever is printed. */
void log_add_sink_in(Log *log, LogFormat format, LogSink sink, void *user);
/* A field on every line, such as backup=velero/b1.  The value is copied. */
void log_set_field(Log *log, const char *key, Str value);

void log_line(Log *log, LogLevel level, const LogField *fields, size_t count, const char *format, ...)
        PRINTF_LIKE(5, 6);

/* log_info(log, FIELDS(FIELD("name", pod), …), "format", …); NO_FIELDS for none.
 * `log` may be NULL: says nothing. */
#define FIELDS(...)                                                                                          \
        ((const LogField[]) { __VA_ARGS__ }), (sizeof((LogField[]) { __VA_ARGS__ }) / sizeof(LogField))
#define NO_FIELDS NULL, 0
#define log_debug(log, ...) log_line(log, LOG_DEBUG, __VA_ARGS__)
#define log_info(log, ...) log_line(log, LOG_INFO, __VA_ARGS__)
#define log_warn(log, ...) log_line(log, LOG_WARN, __VA_ARGS__)
#define log_error(log, ...) log_line(log, LOG_ERROR, __VA_ARGS__)
