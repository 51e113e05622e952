#include <inttypes.h>

#include "cli/describe_parts.h"
#include "cli/hook_rows.h"
#include "cli/words.h"

/* Without --details: that many hooks one by one, and that many lines of output of each. */
enum { HOOKS_SHOWN = 50, LINES_SHOWN = 3 };

static void field(const Describer *d, const char *name, Str value) {
        if (value.len)
                buf_printf(d->out, "\t\t\t%s:\t" STR_FMT "\n", name, STR_ARG(value));
}

/* A tab in output would start a column of ours. */
static void output_line(const Describer *d, Str line) {
        Str cell;

        while (str_cut(&line, '\t', &cell)) {
                buf_add(d->out, cell);
                if (line.len)
                        buf_add(d->out, STR("    "));
        }
        buf_add_char(d->out, '\n');
}

static void output(const Describer *d, const char *name, Str text) {
        Str rest = words_printable(text, d->arena), line;
        size_t number = 0, hidden = 0;

        while (words_cut_line(&rest, &line)) {
                if (!d->details && number == LINES_SHOWN) {
                        hidden++;
                        continue;
                }
                if (number++ == 0)
                        buf_printf(d->out, "\t\t\t%s:\t", name);
                else
                        buf_add(d->out, STR("\t\t\t\t"));
                output_line(d, line);
        }
        if (hidden)
                buf_printf(d->out, "\t\t\t\t(%zu more lines: specify --details)\n", hidden);
}

static Str command_text(const Describer *d, JsonVal *command) {
        Strs words = { 0 };

        json_add_strs(command, d->arena, &words);
        return words_printable(strs_join(&words, STR(" "), d->arena), d->arena);
}

static void one_row(const Describer *d, const HookRow *row) {
        const char *exit_code =
                row->exit_code >= 0 ? arena_printf(d->arena, ", exit code %" PRId64, row->exit_code) : "";
        Str name = words_printable(row->name, d->arena);

        buf_printf(d->out, "\t\t" STR_FMT " " STR_FMT "%s:\n", STR_ARG(row->phase), STR_ARG(name),
                   row->is_undo ? " (undo)" : "");
        field(d, "Container", row->container);
        if (d->details)
                field(d, "Command", command_text(d, row->command));
        buf_printf(d->out, "\t\t\tOutcome:\t" STR_FMT "%s\n", STR_ARG(row->outcome), exit_code);
        field(d, "Duration", hook_row_duration(row, d->arena));
        if (row->freeze_ms >= 0)
                field(d, "Freeze", words_duration(row->freeze_ms, d->arena));
        field(d, "Message", words_printable(row->message, d->arena));
        field(d, "Process", words_printable(row->process, d->arena));
        output(d, "Stdout", row->out);
        output(d, "Stderr", row->err);
}

void part_hook_results(const Describer *d, JsonVal *hooks) {
        if (yyjson_arr_size(json_get(hooks, "hooks")) == 0)
                return;

        HookRows rows = hook_rows_read(hooks, d->arena);
        Str summary = hook_rows_summary(&rows, d->arena);
        bool only_bad = !d->details && rows.len > HOOKS_SHOWN;
        size_t shown = 0, hidden = 0;
        const HookRow *last = NULL;

        buf_printf(d->out, "\nHook results:  " STR_FMT "\n", STR_ARG(summary));
        for (size_t i = 0; i < rows.len; i++) {
                const HookRow *row = &rows.items[i];

                if (only_bad && (hook_row_is_good(row) || shown == HOOKS_SHOWN)) {
                        hidden++;
                        continue;
                }
                if (!last || !str_equal(last->namespace, row->namespace) || !str_equal(last->pod, row->pod))
                        buf_printf(d->out, "\t" STR_FMT "/" STR_FMT ":\n", STR_ARG(row->namespace),
                                   STR_ARG(row->pod));
                one_row(d, row);
                last = row;
                shown++;
        }
        if (hidden)
                buf_printf(d->out, "\t(%zu more hooks: specify --details)\n", hidden);
}
