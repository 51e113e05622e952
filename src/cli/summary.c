#include "cli/summary.h"

#include <inttypes.h>

#include "cli/table.h"
#include "cli/words.h"

typedef struct Counts { /* what both kinds of status have */
        const char *kind, *phase;
        uint64_t items, total, errors, warnings, hooks, hooks_failed;
        Str failure_reason;
        const Strs *validation_errors;
} Counts;

ExitCode summary_exit(const char *phase) {
        if (strcmp(phase, "Completed") == 0)
                return EXIT_OK;
        return strcmp(phase, "PartiallyFailed") == 0 ? EXIT_PARTIAL : EXIT_FAILED;
}

static const char *phase_colour(const char *phase) {
        if (strcmp(phase, "Completed") == 0)
                return "\033[32m";
        return strcmp(phase, "PartiallyFailed") == 0 ? "\033[33m" : "\033[31m";
}

static void add_first_line(const SummaryInput *input, const Counts *counts, const char *size, Buf *text,
                           Arena *arena) {
        Str items = words_count(counts->items, arena), elapsed = words_duration(input->elapsed_ms, arena);

        buf_printf(text, "%s \"" STR_FMT "\": %s%s%s, " STR_FMT " items%s in " STR_FMT "\n", counts->kind,
                   STR_ARG(input->name), input->colour ? phase_colour(counts->phase) : "", counts->phase,
                   input->colour ? "\033[0m" : "", STR_ARG(items), size, STR_ARG(elapsed));
        if (counts->failure_reason.len)
                buf_printf(text, "  reason:   " STR_FMT "\n", STR_ARG(counts->failure_reason));
        for (size_t i = 0; i < counts->validation_errors->len; i++)
                buf_printf(text, "  invalid:  " STR_FMT "\n", STR_ARG(counts->validation_errors->items[i]));
}

static void add_notes(const char *name, uint64_t count, const Strs *notes, Buf *text, Arena *arena) {
        Str number = words_count(count, arena);

        if (count == 0)
                return;
        buf_printf(text, "  %-9s " STR_FMT "\n", name, STR_ARG(number));
        for (size_t i = 0; i < notes->len; i++)
                buf_printf(text, "    " STR_FMT "\n", STR_ARG(notes->items[i]));
        if (count > notes->len && notes->len)
                buf_printf(text, "    … and %" PRIu64 " more\n", count - notes->len);
}

static void add_rest(const SummaryInput *input, const Counts *counts, const char *freeze, Buf *text,
                     Arena *arena) {
        if (counts->hooks)
                buf_printf(text, "  hooks:    %" PRIu64 " attempted, %" PRIu64 " failed%s\n", counts->hooks,
                           counts->hooks_failed, freeze);
        add_notes("warnings:", counts->warnings, &input->notes->warnings, text, arena);
        add_notes("errors:", counts->errors, &input->notes->errors, text, arena);
        if (!input->dry_run)
                buf_printf(text, "  details:  grapnel %s describe " STR_FMT " --from " STR_FMT "\n",
                           counts->kind, STR_ARG(input->name), STR_ARG(input->folder));
}

static Str finish(Buf *text, Arena *arena) {
        return arena_copy(arena, buf_str(text));
}

static Counts backup_counts(const BackupStatus *status) {
        return (Counts) {
                .kind = "backup",
                .phase = status->phase,
                .items = status->items_backed_up,
                .total = status->total_items,
                .errors = status->errors,
                .warnings = status->warnings,
                .hooks = status->hooks_attempted,
                .hooks_failed = status->hooks_failed,
                .failure_reason = status->failure_reason,
                .validation_errors = &status->validation_errors,
        };
}

static Counts restore_counts(const RestoreStatus *status) {
        return (Counts) {
                .kind = "restore",
                .phase = status->phase,
                .items = status->items_restored,
                .total = status->total_items,
                .errors = status->errors,
                .warnings = status->warnings,
                .hooks = status->hooks_attempted,
                .hooks_failed = status->hooks_failed,
                .failure_reason = status->failure_reason,
                .validation_errors = &status->validation_errors,
        };
}

static void backup_table(const BackupOutcome *outcome, Buf *text, Arena *arena) {
        static const char *const headings[] = { "RESOURCE", "ITEMS", NULL };
        Table table = table_new(arena, headings);

        for (size_t i = 0; i < outcome->counts_len; i++) {
                const ResourceCount *count = &outcome->counts[i];

                table_add(&table, (const Str[]) { count->group_resource, words_count(count->items, arena) });
        }
        table_write(&table, text);
        buf_add_char(text, '\n');
}

Str summary_backup(const SummaryInput *input, const BackupOutcome *outcome, Arena *arena) {
        AUTO(buf_clear) Buf text = { 0 };
        Counts counts = backup_counts(&outcome->status);
        const char *size = "", *freeze = "";

        if (input->dry_run)
                backup_table(outcome, &text, arena);
        else {
                Str bytes = words_bytes(outcome->bytes, arena);

                size = arena_printf(arena, ", " STR_FMT, STR_ARG(bytes));
        }
        if (outcome->freeze_max_ms >= 0) {
                Str p50 = words_duration(outcome->freeze_p50_ms, arena);
                Str max = words_duration(outcome->freeze_max_ms, arena);

                freeze = arena_printf(arena, "; frozen for " STR_FMT " (p50), " STR_FMT " at most",
                                      STR_ARG(p50), STR_ARG(max));
        }
        add_first_line(input, &counts, size, &text, arena);
        add_rest(input, &counts, freeze, &text, arena);
        if (input->dry_run)
                buf_add(&text, STR("  dry run: nothing was run or stored\n"));
        return finish(&text, arena);
}

static void add_errors(const Strs *errors, Buf *text) {
        for (size_t i = 0; i < errors->len; i++)
                buf_printf(text, "error: " STR_FMT "\n", STR_ARG(errors->items[i]));
}

static Str errors_of(const SummaryInput *input, const Counts *counts, Arena *arena) {
        const Strs *noted = &input->notes->errors;
        AUTO(buf_clear) Buf text = { 0 };

        if (summary_exit(counts->phase) == EXIT_OK)
                return STR("");
        buf_printf(&text, "error: %s \"" STR_FMT "\" is %s\n", counts->kind, STR_ARG(input->name),
                   counts->phase);
        add_errors(counts->validation_errors, &text);
        add_errors(noted, &text);
        if (counts->errors > noted->len)
                buf_printf(&text, "error: … and %" PRIu64 " more\n", counts->errors - noted->len);
        return finish(&text, arena);
}

Str summary_backup_errors(const SummaryInput *input, const BackupOutcome *outcome, Arena *arena) {
        Counts counts = backup_counts(&outcome->status);

        return errors_of(input, &counts, arena);
}

Str summary_restore_errors(const SummaryInput *input, const RestoreOutcome *outcome, Arena *arena) {
        Counts counts = restore_counts(&outcome->status);

        return errors_of(input, &counts, arena);
}

static void restore_table(const RestoreOutcome *outcome, Buf *text, Arena *arena) {
        static const char *const headings[] = { "RESOURCE", "TO CREATE", "TO UPDATE",
                                                "TO SKIP",  "REFUSED",   NULL };
        Table table = table_new(arena, headings);

        for (size_t i = 0; i < outcome->counts_len; i++) {
                const RestoreCount *count = &outcome->counts[i];
                const Str row[] = { count->group_resource, words_count(count->created, arena),
                                    words_count(count->updated, arena), words_count(count->skipped, arena),
                                    words_count(count->failed, arena) };

                table_add(&table, row);
        }
        table_write(&table, text);
        buf_add_char(text, '\n');
}

Str summary_restore(const SummaryInput *input, const RestoreOutcome *outcome, Arena *arena) {
        AUTO(buf_clear) Buf text = { 0 };
        Counts counts = restore_counts(&outcome->status);

        if (input->dry_run)
                restore_table(outcome, &text, arena);
        add_first_line(input, &counts, "", &text, arena);
        add_rest(input, &counts, "", &text, arena);
        if (input->dry_run)
                buf_add(&text, STR("  dry run: nothing was run or created\n"));
        return finish(&text, arena);
}

static void put_count(JsonMutDoc *doc, JsonMutVal *object, const char *key, uint64_t value) {
        yyjson_mut_obj_add_uint(doc, object, key, value);
}

static void put_strs(JsonMutDoc *doc, JsonMutVal *object, const char *key, const Strs *texts) {
        JsonMutVal *array = yyjson_mut_obj_add_arr(doc, object, key);

        for (size_t i = 0; i < texts->len; i++)
                yyjson_mut_arr_append(array, json_new_str(doc, texts->items[i]));
}

static JsonMutVal *common_json(const SummaryInput *input, const Counts *counts, JsonMutDoc *doc) {
        JsonMutVal *root = yyjson_mut_obj(doc), *hooks;

        json_put_str(doc, root, "name", input->name);
        json_put_str(doc, root, "phase", str_of(counts->phase));
        yyjson_mut_obj_add_bool(doc, root, "dryRun", input->dry_run);
        put_count(doc, root, "totalItems", counts->total);
        put_count(doc, root, "items", counts->items);
        put_count(doc, root, "errors", counts->errors);
        put_count(doc, root, "warnings", counts->warnings);
        yyjson_mut_obj_add_sint(doc, root, "durationMs", input->elapsed_ms);
        hooks = json_mut_object(doc, root, "hooks");
        put_count(doc, hooks, "attempted", counts->hooks);
        put_count(doc, hooks, "failed", counts->hooks_failed);
        put_strs(doc, root, "firstErrors", &input->notes->errors);
        put_strs(doc, root, "firstWarnings", &input->notes->warnings);
        put_strs(doc, root, "validationErrors", counts->validation_errors);
        if (counts->failure_reason.len)
                json_put_str(doc, root, "failureReason", counts->failure_reason);
        return root;
}

JsonMutVal *summary_backup_json(const SummaryInput *input, const BackupOutcome *outcome, JsonMutDoc *doc) {
        Counts counts = backup_counts(&outcome->status);
        JsonMutVal *root = common_json(input, &counts, doc);
        JsonMutVal *resources = json_mut_object(doc, root, "resources");

        put_count(doc, root, "bytes", outcome->bytes);
        if (outcome->freeze_max_ms >= 0) {
                JsonMutVal *freeze = json_mut_object(doc, root, "freeze");

                yyjson_mut_obj_add_sint(doc, freeze, "p50Ms", outcome->freeze_p50_ms);
                yyjson_mut_obj_add_sint(doc, freeze, "maxMs", outcome->freeze_max_ms);
        }
        for (size_t i = 0; i < outcome->counts_len; i++)
                json_mut_set(doc, resources, outcome->counts[i].group_resource,
                             yyjson_mut_uint(doc, outcome->counts[i].items));
        return root;
}

JsonMutVal *summary_restore_json(const SummaryInput *input, const RestoreOutcome *outcome, JsonMutDoc *doc) {
        Counts counts = restore_counts(&outcome->status);
        JsonMutVal *root = common_json(input, &counts, doc);
        JsonMutVal *resources = json_mut_object(doc, root, "resources");

        for (size_t i = 0; i < outcome->counts_len; i++) {
                const RestoreCount *count = &outcome->counts[i];
                JsonMutVal *object = yyjson_mut_obj(doc);

                put_count(doc, object, "created", count->created);
                put_count(doc, object, "updated", count->updated);
                put_count(doc, object, "skipped", count->skipped);
                put_count(doc, object, "failed", count->failed);
                json_mut_set(doc, resources, count->group_resource, object);
        }
        return root;
}
