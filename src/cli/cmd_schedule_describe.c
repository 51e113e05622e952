#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "cli/velero.h"

typedef struct ScheduleDescribeRequest {
        Str selector;
        OutputFlags output;
        VeleroFlags velero;
} ScheduleDescribeRequest;

static const Option options[] = {
        OPT_SELECTOR(ScheduleDescribeRequest, selector, "only schedules"),
        OPT_GROUP(ScheduleDescribeRequest, output, output_flags, "Output"),
        OPT_GROUP(ScheduleDescribeRequest, velero, velero_flags, "In the cluster"),
        OPT_END,
};

static void print_text(Cli *cli, const Catalog *catalog) {
        for (size_t i = 0; i < catalog->len; i++) {
                AUTO(buf_clear) Buf text = { .limit = SIZE_MAX };
                const DescribeInput input = { .object = yyjson_doc_get_root(catalog->items[i].doc),
                                              .colour = cli->colour };

                if (i)
                        output_text(cli, STR("\n\n"));
                describe_schedule(&input, cli->arena, &text);
                output_text(cli, buf_str(&text));
        }
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const ScheduleDescribeRequest *flags = request;
        AUTO(velero_clear) Velero velero = { 0 };
        AUTO(catalog_clear) Catalog catalog = { 0 };

        if (!velero_open(cli, &flags->velero, &velero, err) ||
            !velero_select(cli, &velero, "Schedule", line->arguments, flags->selector, &catalog, err))
                return false;
        if (flags->output.format == OUTPUT_TABLE)
                print_text(cli, &catalog);
        else
                listing_print_objects(cli, flags->output.format, &catalog);
        return true;
}

const Command cmd_schedule_describe = {
        .name = "schedule describe",
        .arguments = "[NAME...]",
        .summary = "Show what schedules back up, and when",
        .details = "With -o json or yaml it prints the Schedules themselves.",
        .example = "# Schedule nightly.\n"
                   "grapnel schedule describe nightly\n\n"
                   "# Those of one team.\n"
                   "grapnel schedule describe -l team=ops",
        .options = options,
        .request_size = sizeof(ScheduleDescribeRequest),
        .max_arguments = 1000,
        .run = run,
};
