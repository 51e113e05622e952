#include "cli/hook_rows.h"

#include "cli/words.h"

typedef struct SortedRow {
        JsonVal *value;
        Str namespace, pod, start;
        size_t number; /* in the file: keeps the order where nothing else decides */
} SortedRow;

static int compare_rows(const void *left, const void *right) {
        const SortedRow *a = left, *b = right;
        int order = str_compare(a->namespace, b->namespace);

        if (order == 0)
                order = str_compare(a->pod, b->pod);
        /* what never ran has no start and comes last */
        if (order == 0 && a->start.len && b->start.len)
                order = str_compare(a->start, b->start);
        else if (order == 0)
                order = (a->start.len == 0) - (b->start.len == 0);
        return order ? order : (a->number > b->number) - (a->number < b->number);
}

static HookRow read_row(JsonVal *value) {
        return (HookRow) {
                .namespace = json_get_str(value, "namespace"),
                .pod = json_get_str(value, "pod"),
                .container = json_get_str(value, "container"),
                .name = json_get_str(value, "name"),
                .phase = json_get_str(value, "phase"),
                .outcome = json_get_str(value, "outcome"),
                .message = json_get_str(value, "message"),
                .process = json_get_str(value, "process"),
                .out = json_get_str(value, "stdout"),
                .err = json_get_str(value, "stderr"),
                .value = value,
                .command = json_get(value, "command"),
                .exit_code = json_get_int(value, "exitCode", -1),
                .duration_ms = json_get_int(value, "durationMs", -1),
                .freeze_ms = json_get_int(value, "freezeMs", -1),
                .is_undo = json_get_bool(value, "undo", false),
        };
}

static void count_row(HookRows *rows, const HookRow *row) {
        if (str_equal(row->outcome, STR("Succeeded")))
                rows->succeeded++;
        else if (str_equal(row->outcome, STR("Skipped")))
                rows->skipped++;
        else if (str_equal(row->outcome, STR("NotRun")))
                rows->not_run++;
        else if (str_equal(row->outcome, STR("NotAwaited")))
                rows->not_awaited++;
        else
                rows->failed++;
}

bool hook_row_is_good(const HookRow *row) {
        return str_equal(row->outcome, STR("Succeeded")) || str_equal(row->outcome, STR("Skipped")) ||
               str_equal(row->outcome, STR("NotAwaited"));
}

Str hook_row_duration(const HookRow *row, Arena *arena) {
        if (row->duration_ms < 0)
                return STR("");
        if (row->duration_ms == 0 && str_equal(row->phase, STR("init")))
                return STR("under 1s");
        return words_duration(row->duration_ms, arena);
}

HookRows hook_rows_read(JsonVal *results, Arena *arena) {
        JsonVal *hooks = json_get(results, "hooks"), *freeze = json_get(results, "freeze"), *value;
        HookRows rows = {
                .freeze_p50_ms = json_get_int(freeze, "p50Ms", -1),
                .freeze_max_ms = json_get_int(freeze, "maxMs", -1),
        };
        size_t i, count, len = yyjson_arr_size(hooks);
        SortedRow *sorted = arena_alloc(arena, (len + 1) * sizeof *sorted);

        yyjson_arr_foreach(hooks, i, count, value) {
                sorted[i] = (SortedRow) { value, json_get_str(value, "namespace"), json_get_str(value, "pod"),
                                          json_get_str(value, "startTimestamp"), i };
        }
        qsort(sorted, len, sizeof *sorted, compare_rows);
        rows.items = arena_alloc(arena, (len + 1) * sizeof *rows.items);
        for (; rows.len < len; rows.len++) {
                rows.items[rows.len] = read_row(sorted[rows.len].value);
                count_row(&rows, &rows.items[rows.len]);
        }
        return rows;
}

static void add_count(size_t count, const char *word, Arena *arena, Strs *parts) {
        Str number = words_count(count, arena);

        if (count)
                strs_add(parts, arena, str_of(arena_printf(arena, STR_FMT " %s", STR_ARG(number), word)));
}

Str hook_rows_summary(const HookRows *rows, Arena *arena) {
        Strs parts = { 0 };

        add_count(rows->succeeded, "succeeded", arena, &parts);
        add_count(rows->failed, "failed", arena, &parts);
        add_count(rows->not_run, "not run", arena, &parts);
        add_count(rows->skipped, "skipped", arena, &parts);
        add_count(rows->not_awaited, "not waited for", arena, &parts);

        Str text = parts.len ? strs_join(&parts, STR(", "), arena) : STR("none");
        if (rows->freeze_max_ms < 0)
                return text;

        Str p50 = words_duration(rows->freeze_p50_ms, arena),
            max = words_duration(rows->freeze_max_ms, arena);
        return str_of(arena_printf(arena, STR_FMT "; frozen for " STR_FMT " (p50), " STR_FMT " at most",
                                   STR_ARG(text), STR_ARG(p50), STR_ARG(max)));
}
