#include "restore/report.h"

#include <stdarg.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/thread.h"

enum { TYPES_MAX = 65534 };

typedef struct ResourceTally {
        uint64_t by_action[ITEM_DIFFERENT + 1];
} ResourceTally;

struct Report {
        Log *log;
        Results *results;
        Mutex lock;
        Arena arena GUARDED_BY(&lock);
        StrMap types GUARDED_BY(&lock);   /* "v1/Pod" to its number + 1 */
        StrMap tallies GUARDED_BY(&lock); /* resource to ResourceTally */
        Strs namespaces GUARDED_BY(&lock);
        uint64_t len GUARDED_BY(&lock);
};

Report *report_new(Log *log) {
        Report *report = xnew0(Report);

        report->log = log;
        report->results = results_new();
        mutex_init(&report->lock);
        return report;
}

void report_free(Report *report) {
        if (!report)
                return;
        mutex_lock(&report->lock);
        str_map_clear(&report->types);
        str_map_clear(&report->tallies);
        arena_clear(&report->arena);
        mutex_unlock(&report->lock);
        mutex_destroy(&report->lock);
        results_free(report->results);
        free(report);
}

static const char *level_name(LogLevel level) {
        return level == LOG_ERROR ? "error" : "warning";
}

void report_problem(Report *report, LogLevel level, Str namespace, const char *format, ...) {
        va_list args;

        va_start(args, format);
        AUTO_FREE char *text = xvasprintf(format, args);
        va_end(args);
        if (namespace.len > 0)
                log_line(report->log, level, FIELDS(FIELD("namespace", namespace)),
                         "Namespace " STR_FMT ", resource restore %s: %s", STR_ARG(namespace),
                         level_name(level), text);
        else
                log_line(report->log, level, NO_FIELDS, "Cluster resource restore %s: %s", level_name(level),
                         text);
        results_add(report->results, level, namespace.len > 0 ? RESULTS_NAMESPACE : RESULTS_CLUSTER,
                    namespace, str_of(text));
}

void report_general(Report *report, LogLevel level, const char *format, ...) {
        va_list args;

        va_start(args, format);
        AUTO_FREE char *text = xvasprintf(format, args);
        va_end(args);
        log_line(report->log, level, NO_FIELDS, "Velero restore %s: %s", level_name(level), text);
        results_add(report->results, level, RESULTS_VELERO, STR(""), str_of(text));
}

static uint16_t type_number(Report *report, Str api_version, Str kind)
        THREAD_ANNOTATION(requires_capability(report->lock)) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str key = str_of(arena_printf(&arena, STR_FMT "/" STR_FMT, STR_ARG(api_version), STR_ARG(kind)));
        uintptr_t number = (uintptr_t) str_map_get(&report->types, key);

        if (number == 0) {
                number = report->types.len < TYPES_MAX ? report->types.len + 1 : TYPES_MAX;
                str_map_put(&report->types, arena_copy(&report->arena, key), (void *) number);
        }
        return (uint16_t) number;
}

void report_item(Report *report, ContentsItem *item, Str api_version, Str kind, ItemAction action) {
        mutex_lock(&report->lock);
        report->len += item->action == ITEM_UNTOUCHED;
        item->type = type_number(report, api_version, kind);
        item->action = action & 0x7f;
        mutex_unlock(&report->lock);
}

void report_count(Report *report, Str resource, ItemAction action) {
        mutex_lock(&report->lock);
        ResourceTally *tally = str_map_get(&report->tallies, resource);
        if (!tally) {
                tally = arena_alloc(&report->arena, sizeof(*tally));
                *tally = (ResourceTally) { 0 };
                str_map_put(&report->tallies, arena_copy(&report->arena, resource), tally);
        }
        tally->by_action[action]++;
        mutex_unlock(&report->lock);
}

void report_namespace_created(Report *report, Str name) {
        mutex_lock(&report->lock);
        strs_add(&report->namespaces, &report->arena, arena_copy(&report->arena, name));
        report->len++;
        mutex_unlock(&report->lock);
        report_count(report, STR("namespaces"), ITEM_CREATED);
}

uint64_t report_len(Report *report) {
        mutex_lock(&report->lock);
        uint64_t len = report->len;
        mutex_unlock(&report->lock);
        return len;
}

Results *report_results(Report *report) {
        return report->results;
}

typedef struct TypeList {
        Str type;
        Strs entries;
} TypeList;

static int compare_types(const void *a, const void *b) {
        return str_compare(((const TypeList *) a)->type, ((const TypeList *) b)->type);
}

static void add_items(TypeList *lists, Contents *contents, const RestoreSpec *spec, Arena *arena) {
        static const char *const names[] = { [ITEM_CREATED] = "created",
                                             [ITEM_UPDATED] = "updated",
                                             [ITEM_FAILED] = "failed",
                                             [ITEM_SKIPPED] = "skipped",
                                             [ITEM_DIFFERENT] = "failed" };
        size_t len;
        ContentsGroup *groups = contents_groups(contents, &len);

        for (size_t g = 0; g < len; g++) {
                Str namespace = restore_target_namespace(spec, groups[g].namespace);

                for (size_t i = 0; i < groups[g].len; i++) {
                        const ContentsItem *item = &groups[g].items[i];

                        if (item->action == ITEM_UNTOUCHED)
                                continue;
                        strs_add(
                                &lists[item->type - 1].entries, arena,
                                str_of(arena_printf(arena, STR_FMT "%s" STR_FMT "(%s)", STR_ARG(namespace),
                                                    namespace.len > 0 ? "/" : "",
                                                    STR_ARG(contents_item_name(item)), names[item->action])));
                }
        }
}

static void write_lists(TypeList *lists, size_t len, Buf *into) {
        bool is_first = true;

        qsort(lists, len, sizeof(*lists), compare_types);
        buf_add_char(into, '{');
        for (size_t i = 0; i < len; i++) {
                if (lists[i].entries.len == 0)
                        continue;
                buf_add(into, is_first ? STR("") : STR(","));
                is_first = false;
                json_write_string(lists[i].type, into);
                buf_add(into, STR(":["));
                strs_sort(&lists[i].entries);
                for (size_t e = 0; e < lists[i].entries.len; e++) {
                        buf_add(into, e > 0 ? STR(",") : STR(""));
                        json_write_string(lists[i].entries.items[e], into);
                }
                buf_add_char(into, ']');
        }
        buf_add(into, STR("}\n"));
}

void report_write_list(Report *report, Contents *contents, const RestoreSpec *spec, Buf *into) {
        AUTO(arena_clear) Arena arena = { 0 };

        mutex_lock(&report->lock);
        uint16_t namespaces = type_number(report, STR("v1"), STR("Namespace"));
        size_t len = report->types.len;
        TypeList *lists = arena_alloc(&arena, len * sizeof(*lists));
        for (size_t i = 0; i < len; i++)
                lists[i] = (TypeList) { .type = report->types.entries[i].key };
        for (size_t i = 0; i < report->namespaces.len; i++)
                strs_add(&lists[namespaces - 1].entries, &arena,
                         str_of(arena_printf(&arena, STR_FMT "(created)",
                                             STR_ARG(report->namespaces.items[i]))));
        add_items(lists, contents, spec, &arena);
        write_lists(lists, len, into);
        mutex_unlock(&report->lock);
}

RestoreCount *report_counts(Report *report, Arena *arena, size_t *ret_len) {
        mutex_lock(&report->lock);
        *ret_len = report->tallies.len;
        RestoreCount *counts = arena_alloc(arena, (*ret_len + 1) * sizeof(*counts));
        for (size_t i = 0; i < *ret_len; i++) {
                const ResourceTally *tally = report->tallies.entries[i].value;

                counts[i] = (RestoreCount) {
                        .group_resource = arena_copy(arena, report->tallies.entries[i].key),
                        .created = tally->by_action[ITEM_CREATED],
                        .updated = tally->by_action[ITEM_UPDATED],
                        .skipped = tally->by_action[ITEM_SKIPPED] + tally->by_action[ITEM_DIFFERENT],
                        .failed = tally->by_action[ITEM_FAILED],
                };
        }
        mutex_unlock(&report->lock);
        return counts;
}
