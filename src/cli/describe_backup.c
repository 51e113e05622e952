#include "cli/describe.h"

#include <inttypes.h>

#include "cli/describe_parts.h"
#include "cli/tabs.h"
#include "cli/words.h"

static void progress(const Describer *d, JsonVal *status) {
        JsonVal *counts = json_get(status, "progress");
        bool is_running = str_equal(json_get_str(status, "phase"), STR("InProgress"));

        if (counts)
                buf_printf(d->out, "\n%s:\t%" PRId64 "\n%s:\t%" PRId64 "\n",
                           is_running ? "Estimated total items to be backed up"
                                      : "Total items to be backed up",
                           json_get_int(counts, "totalItems", 0),
                           is_running ? "Items backed up so far" : "Items backed up",
                           json_get_int(counts, "itemsBackedUp", 0));
}

static void status_block(const Describer *d, JsonVal *status, const DescribeInput *input) {
        JsonVal *hooks = json_get(status, "hookStatus");
        Str version = json_get_str(status, "formatVersion");
        Str expiration = words_time_of(json_get_str(status, "expiration"), "<n/a>", d->arena);

        buf_printf(d->out, "\nBackup Format Version:\t" STR_FMT "\n\n", STR_ARG(version));
        part_times(d, status);
        buf_printf(d->out, "\nExpiration:\t" STR_FMT "\n", STR_ARG(expiration));
        progress(d, status);
        buf_add_char(d->out, '\n');
        if (d->details) {
                part_resource_list(d, input->resource_list);
                buf_add_char(d->out, '\n');
        }
        part_volumes(d, input->volumes);
        if (hooks)
                buf_printf(d->out, "\nHooksAttempted:\t%" PRId64 "\nHooksFailed:\t%" PRId64 "\n",
                           json_get_int(hooks, "hooksAttempted", 0), json_get_int(hooks, "hooksFailed", 0));
}

void describe_backup(const DescribeInput *input, Arena *arena, Buf *into) {
        AUTO(buf_clear) Buf text = { .limit = SIZE_MAX };
        const Describer d = { &text, arena, input->details, input->colour };
        JsonVal *spec = json_get(input->object, "spec"), *status = json_get(input->object, "status");

        part_metadata(&d, input->object);
        buf_add_char(&text, '\n');
        part_phase(&d, input->object, "backup");
        if (str_equal(json_get_str(status, "phase"), STR("Queued")))
                buf_printf(&text, "Queue position:\t%" PRId64 "\n", json_get_int(status, "queuePosition", 0));
        part_resource_policy(&d, spec);
        part_validation_errors(&d, status);
        buf_add_char(&text, '\n');
        part_results(&d, status, input->results);
        part_backup_spec(&d, spec);
        status_block(&d, status, input);
        part_deletions(&d, input->deletions);
        part_hook_results(&d, input->hooks);
        tabs_align(buf_str(&text), into);
}
