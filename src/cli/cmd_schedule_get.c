#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/velero.h"

static const Option options[] = {
        OPT_SELECTOR(VeleroGetFlags, selector, "only schedules"),
        OPT_GROUP(VeleroGetFlags, listing, listing_flags, "Output"),
        OPT_GROUP(VeleroGetFlags, velero, velero_flags, "In the cluster"),
        OPT_END,
};

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        return velero_print(cli, "Schedule", &columns_schedule, line, request, err);
}

const Command cmd_schedule_get = {
        .name = "schedule get",
        .arguments = "[NAME...]",
        .summary = "List schedules",
        .example = "# All schedules.\n"
                   "grapnel schedule get\n\n"
                   "# When schedule nightly last made a backup.\n"
                   "grapnel schedule get nightly -o json | jq -r .status.lastBackup",
        .options = options,
        .request_size = sizeof(VeleroGetFlags),
        .max_arguments = 1000,
        .run = run,
};
