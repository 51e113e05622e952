#include "base/log.h"

#include <assert.h>
#include <stdarg.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/thread.h"

enum { SINKS_MAX = 4, FORMATS = LOG_JSON + 1 };

typedef struct Sink {
        LogFormat format;
        LogSink write;
        void *user;
} Sink;

struct Log {
        LogFormat format;
        LogLevel level;
        Mutex lock;
        Sink sinks[SINKS_MAX] GUARDED_BY(&lock);
        size_t sink_count GUARDED_BY(&lock);
        Arena arena GUARDED_BY(&lock); /* keys and values of `fields` */
        LogField *fields GUARDED_BY(&lock);
        size_t field_count GUARDED_BY(&lock);
        Arena scratch GUARDED_BY(&lock);      /* for one line */
        Buf lines[FORMATS] GUARDED_BY(&lock); /* the line in each format; empty until a sink wants it */
};

Log *log_new(LogFormat format, LogLevel level) {
        Log *log = xnew0(Log);

        log->format = format;
        log->level = level;
        mutex_init(&log->lock);
        return log;
}

void log_free(Log *log) {
        if (log == NULL)
                return;

        mutex_lock(&log->lock);
        arena_clear(&log->arena);
        arena_clear(&log->scratch);
        for (size_t i = 0; i < FORMATS; i++)
                buf_clear(&log->lines[i]);
        free(log->fields);
        mutex_unlock(&log->lock);
        mutex_destroy(&log->lock);
        free(log);
}

void log_add_sink_in(Log *log, LogFormat format, LogSink sink, void *user) {
        mutex_lock(&log->lock);
        assert(log->sink_count < SINKS_MAX);
        log->sinks[log->sink_count++] = (Sink) { format, sink, user };
        mutex_unlock(&log->lock);
}

void log_add_sink(Log *log, LogSink sink, void *user) {
        log_add_sink_in(log, log->format, sink, user);
}

/* logrus gives a field that is named like one of the line's own parts another name. */
static const char *field_name(const char *key) {
        const char *const renamed[][2] = {
                { "time", "fields.time" },
                { "level", "fields.level" },
                { "msg", "fields.msg" },
        };

        for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
                if (strcmp(key, renamed[i][0]) == 0)
                        return renamed[i][1];
        return key;
}

/* `fields` has room for one more; a field that is there already is replaced, as in logrus. */
static void put_field(LogField *fields, size_t *count, LogField field) {
        size_t i = 0;

        field.key = field_name(field.key);
        while (i < *count && strcmp(fields[i].key, field.key) < 0)
                i++;
        if (i == *count || strcmp(fields[i].key, field.key) != 0) {
                memmove(&fields[i + 1], &fields[i], (*count - i) * sizeof *fields);
                (*count)++;
        }
        fields[i] = field;
}

void log_set_field(Log *log, const char *key, Str value) {
        mutex_lock(&log->lock);
        LogField field = { arena_copy(&log->arena, str_of(key)).ptr, arena_copy(&log->arena, value) };
        log->fields = xrealloc_array(log->fields, log->field_count + 1, sizeof *log->fields);
        put_field(log->fields, &log->field_count, field);
        mutex_unlock(&log->lock);
}

static Str level_name(LogLevel level) {
        switch (level) {
        case LOG_DEBUG:
                return STR("debug");
        case LOG_INFO:
                return STR("info");
        case LOG_WARN:
                return STR("warning");
        case LOG_ERROR:
                break;
        }
        return STR("error");
}

/* logrus leaves an empty value as it is. */
static bool needs_quotes(Str value) {
        for (size_t i = 0; i < value.len; i++) {
                char c = value.ptr[i];
                bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                             (c != '\0' && strchr("-._/@^+", c));

                if (!plain)
                        return true;
        }
        return false;
}

static void add_text(Str key, Str value, Buf *line) {
        if (line->len)
                buf_add_char(line, ' ');
        buf_add(line, key);
        buf_add_char(line, '=');
        if (needs_quotes(value))
                quote_go(value, line);
        else
                buf_add(line, value);
}

static void write_text(const LogRecord *record, Str time, Buf *line) {
        add_text(STR("time"), time, line);
        add_text(STR("level"), level_name(record->level), line);
        if (record->message.len)
                add_text(STR("msg"), record->message, line);
        for (size_t i = 0; i < record->field_count; i++)
                add_text(str_of(record->fields[i].key), record->fields[i].value, line);
        buf_add_char(line, '\n');
}

/* All keys in one order, the line's own parts among them. */
static void write_json(const LogRecord *record, Str time, Buf *line) {
        const LogField own[] = {
                { "level", level_name(record->level) },
                { "msg", record->message },
                { "time", time },
        };
        size_t own_count = sizeof own / sizeof *own, i = 0, o = 0;

        while (i < record->field_count || o < own_count) {
                bool is_own = i == record->field_count ||
                              (o < own_count && strcmp(own[o].key, record->fields[i].key) < 0);
                const LogField *field = is_own ? &own[o++] : &record->fields[i++];

                buf_add_char(line, line->len ? ',' : '{');
                quote_json(str_of(field->key), line);
                buf_add_char(line, ':');
                quote_json(field->value, line);
        }
        buf_add(line, STR("}\n"));
}

/* The log's own fields and the record's, sorted. */
static LogRecord all_fields(const LogRecord *record, const LogField *own, size_t own_count, Arena *arena) {
        LogField *fields = arena_alloc(arena, (own_count + record->field_count + 1) * sizeof *fields);
        LogRecord all = *record;

        all.field_count = own_count;
        if (own_count)
                memcpy(fields, own, own_count * sizeof *own);
        for (size_t i = 0; i < record->field_count; i++)
                put_field(fields, &all.field_count, record->fields[i]);
        all.fields = fields;
        return all;
}

void log_line(Log *log, LogLevel level, const LogField *fields, size_t count, const char *format, ...) {
        AUTO_FREE char *message = NULL;
        va_list args;

        if (log == NULL || level < log->level)
                return;

        va_start(args, format);
        message = xvasprintf(format, args);
        va_end(args);

        LogRecord record = { level, str_of(message), fields, count };
        mutex_lock(&log->lock);
        LogRecord all = all_fields(&record, log->fields, log->field_count, &log->scratch);
        Str time = clock_rfc3339(clock_wall_ms(), &log->scratch);
        for (size_t i = 0; i < log->sink_count; i++) {
                const Sink *sink = &log->sinks[i];
                Buf *line = &log->lines[sink->format];

                if (line->len == 0)
                        (sink->format == LOG_JSON ? write_json : write_text)(&all, time, line);
                sink->write(sink->user, buf_str(line), &record);
        }
        arena_reset(&log->scratch);
        for (size_t i = 0; i < FORMATS; i++)
                buf_reset(&log->lines[i]);
        mutex_unlock(&log->lock);
}
