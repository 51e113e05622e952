#include "cli/describe.h"
#include "cli/describe_parts.h"
#include "cli/tabs.h"
#include "cli/words.h"
#include "kube/object.h"

static void phase(const Describer *d, JsonVal *status) {
        Str text = part_text(json_get(status, "phase"), "New");
        bool is_good = str_equal(text, STR("Enabled")), is_bad = str_equal(text, STR("FailedValidation"));
        bool is_coloured = d->colour && (is_good || is_bad);
        const char *colour = is_good ? "\033[32m" : "\033[31m";

        buf_printf(d->out, "\nPhase:\t%s" STR_FMT "%s\n", is_coloured ? colour : "", STR_ARG(text),
                   is_coloured ? "\033[0m" : "");
}

/* The spec of a Backup, one column further to the right. */
static void template(const Describer *d, JsonVal *spec) {
        AUTO(buf_clear) Buf text = { .limit = SIZE_MAX };
        const Describer inner = { &text, d->arena, d->details, d->colour };
        Str rest, line;

        part_backup_spec(&inner, spec);
        buf_add(d->out, STR("\nBackup Template:\n"));
        rest = str_skip(buf_str(&text), 1); /* the empty line that a Backup has before its spec */
        while (words_cut_line(&rest, &line))
                buf_printf(d->out, "\t" STR_FMT "\n", STR_ARG(line));
}

void describe_schedule(const DescribeInput *input, Arena *arena, Buf *into) {
        AUTO(buf_clear) Buf text = { .limit = SIZE_MAX };
        const Describer d = { &text, arena, input->details, input->colour };
        JsonVal *spec = json_get(input->object, "spec"), *status = json_get(input->object, "status");
        Str cron = json_get_str(spec, "schedule");
        Str last = words_time_of(json_get_str(status, "lastBackup"), "<never>", arena);

        part_metadata(&d, input->object);
        phase(&d, status);
        part_resource_policy(&d, json_get(spec, "template"));
        part_validation_errors(&d, status);
        buf_printf(&text, "\nPaused:\t%s\n", json_get_bool(spec, "paused", false) ? "true" : "false");
        buf_printf(&text, "\nSchedule:\t" STR_FMT "\n", STR_ARG(cron));
        template(&d, json_get(spec, "template"));
        buf_printf(&text, "\nLast Backup:\t" STR_FMT "\n", STR_ARG(last));
        tabs_align(buf_str(&text), into);
}
