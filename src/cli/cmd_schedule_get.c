#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/velero.h"

typedef struct ScheduleGetRequest {
        Str selector;
        ListingFlags listing;
        VeleroFlags velero;
} ScheduleGetRequest;

static const Option options[] = {
        OPT_SELECTOR(ScheduleGetRequest, selector, "only schedules"),
        OPT_GROUP(ScheduleGetRequest, listing, listing_flags, "Output"),
        OPT_GROUP(ScheduleGetRequest, velero, velero_flags, "In the cluster"),
        OPT_END,
};

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const ScheduleGetRequest *flags = request;
        AUTO(velero_clear) Velero velero = { 0 };
        AUTO(catalog_clear) Catalog catalog = { 0 };

        if (!velero_open(cli, &flags->velero, &velero, err) ||
            !velero_select(cli, &velero, "Schedule", line->arguments, flags->selector, &catalog, err))
                return false;
        listing_print(cli, &columns_schedule, &flags->listing, &catalog);
        return true;
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
        .request_size = sizeof(ScheduleGetRequest),
        .max_arguments = 1000,
        .run = run,
};
