#include "store/results.h"

#include <inttypes.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/thread.h"
#include "data/json.h"

enum { MESSAGES_MAX = 10 * 1000, MESSAGE_MAX_LEN = 16 * 1024 };

typedef struct Part { /* errors, or warnings */
        Strs velero, cluster;
        StrMap namespaces; /* name to Strs * */
        uint64_t count;
} Part;

struct Results {
        Mutex lock;
        Arena arena GUARDED_BY(&lock);
        Part errors GUARDED_BY(&lock);
        Part warnings GUARDED_BY(&lock);
        size_t kept GUARDED_BY(&lock);
};

Results *results_new(void) {
        Results *results = xnew0(Results);

        mutex_init(&results->lock);
        return results;
}

void results_free(Results *results) {
        if (!results)
                return;
        mutex_lock(&results->lock);
        str_map_clear(&results->errors.namespaces);
        str_map_clear(&results->warnings.namespaces);
        arena_clear(&results->arena);
        mutex_unlock(&results->lock);
        mutex_destroy(&results->lock);
        free(results);
}

static Strs *bucket_of(Part *part, ResultsBucket bucket, Str namespace, Arena *arena) {
        if (bucket == RESULTS_VELERO)
                return &part->velero;
        if (bucket == RESULTS_CLUSTER)
                return &part->cluster;

        Strs *messages = str_map_get(&part->namespaces, namespace);
        if (!messages) {
                messages = arena_alloc(arena, sizeof *messages);
                *messages = (Strs) { 0 };
                str_map_put(&part->namespaces, arena_copy(arena, namespace), messages);
        }
        return messages;
}

/* Not in the middle of a UTF-8 character. */
static Str cut_message(Str message) {
        if (message.len <= MESSAGE_MAX_LEN)
                return message;
        message.len = MESSAGE_MAX_LEN;
        while (message.len > 0 && ((unsigned char) message.ptr[message.len] & 0xc0) == 0x80)
                message.len--;
        return message;
}

void results_add(Results *results, LogLevel level, ResultsBucket bucket, Str namespace, Str message) {
        mutex_lock(&results->lock);
        Part *part = level == LOG_ERROR ? &results->errors : &results->warnings;
        part->count++;
        if (results->kept < MESSAGES_MAX) {
                results->kept++;
                strs_add(bucket_of(part, bucket, namespace, &results->arena), &results->arena,
                         arena_copy(&results->arena, cut_message(message)));
        }
        mutex_unlock(&results->lock);
}

static const LogField *find_field(const LogRecord *record, const char *key) {
        for (size_t i = 0; i < record->field_count; i++)
                if (strcmp(record->fields[i].key, key) == 0)
                        return &record->fields[i];
        return NULL;
}

static void add_part(Buf *text, const char *key, const LogField *field) {
        if (!field || field->value.len == 0)
                return;
        buf_printf(text, " %s: /", key);
        buf_add(text, field->value);
}

void results_log_sink(void *user, Str line, const LogRecord *record) {
        Results *results = user;
        AUTO(buf_clear) Buf text = { 0 };
        const LogField *namespace = find_field(record, "namespace");
        const LogField message = FIELD("message", record->message);

        (void) line;
        if (record->level != LOG_WARN && record->level != LOG_ERROR)
                return;
        add_part(&text, "resource", find_field(record, "resource"));
        add_part(&text, "name", find_field(record, "name"));
        add_part(&text, "message", &message);
        add_part(&text, "error", find_field(record, "error"));
        results_add(results, record->level,
                    !namespace             ? RESULTS_VELERO
                    : namespace->value.len ? RESULTS_NAMESPACE
                                           : RESULTS_CLUSTER,
                    namespace ? namespace->value : STR(""), buf_str(&text));
}

void results_count(Results *results, uint64_t *ret_errors, uint64_t *ret_warnings) {
        mutex_lock(&results->lock);
        *ret_errors = results->errors.count;
        *ret_warnings = results->warnings.count;
        mutex_unlock(&results->lock);
}

static void write_list(const Strs *messages, Buf *into) {
        buf_add_char(into, '[');
        for (size_t i = 0; i < messages->len; i++) {
                if (i)
                        buf_add_char(into, ',');
                json_write_string(messages->items[i], into);
        }
        buf_add_char(into, ']');
}

/* The comma and the key of the next member. */
static void write_key(Str key, bool *is_first, Buf *into) {
        if (!*is_first)
                buf_add_char(into, ',');
        *is_first = false;
        json_write_string(key, into);
        buf_add_char(into, ':');
}

static void write_namespaces(const StrMap *namespaces, Arena *arena, Buf *into) {
        Strs names = { 0 };
        bool is_first = true;

        for (size_t i = 0; i < namespaces->len; i++)
                strs_add(&names, arena, namespaces->entries[i].key);
        strs_sort(&names);
        buf_add_char(into, '{');
        for (size_t i = 0; i < names.len; i++) {
                write_key(names.items[i], &is_first, into);
                write_list(str_map_get(namespaces, names.items[i]), into);
        }
        buf_add_char(into, '}');
}

static void write_part(const Part *part, Arena *arena, Buf *into) {
        bool is_first = true;

        buf_add_char(into, '{');
        if (part->velero.len) {
                write_key(STR("velero"), &is_first, into);
                write_list(&part->velero, into);
        }
        if (part->cluster.len) {
                write_key(STR("cluster"), &is_first, into);
                write_list(&part->cluster, into);
        }
        if (part->namespaces.len) {
                write_key(STR("namespaces"), &is_first, into);
                write_namespaces(&part->namespaces, arena, into);
        }
        buf_add_char(into, '}');
}

void results_write(Results *results, Buf *into) {
        AUTO(arena_clear) Arena arena = { 0 };

        mutex_lock(&results->lock);
        Part errors = results->errors, warnings = results->warnings;
        uint64_t left_out = errors.count + warnings.count - results->kept;
        if (left_out) {
                Part *part = errors.count ? &errors : &warnings;
                Strs messages = { 0 };

                for (size_t i = 0; i < part->velero.len; i++)
                        strs_add(&messages, &arena, part->velero.items[i]);
                strs_add(&messages, &arena,
                         str_of(arena_printf(&arena,
                                             "%" PRIu64 " more errors and warnings are only in the log",
                                             left_out)));
                part->velero = messages;
        }
        buf_add(into, STR("{\"errors\":"));
        write_part(&errors, &arena, into);
        buf_add(into, STR(",\"warnings\":"));
        write_part(&warnings, &arena, into);
        buf_add(into, STR("}\n"));
        mutex_unlock(&results->lock);
}
