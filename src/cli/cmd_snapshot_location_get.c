#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/velero.h"

static const Option options[] = {
        OPT_SELECTOR(VeleroGetFlags, selector, "only locations"),
        OPT_GROUP(VeleroGetFlags, listing, listing_flags, "Output"),
        OPT_GROUP(VeleroGetFlags, velero, velero_flags, "In the cluster"),
        OPT_END,
};

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        return velero_print(cli, "VolumeSnapshotLocation", &columns_snapshot_location, line, request, err);
}

const Command cmd_snapshot_location_get = {
        .name = "snapshot-location get",
        .arguments = "[NAME...]",
        .summary = "List the places for volume snapshots",
        .example = "# All of them.\n"
                   "grapnel snapshot-location get",
        .options = options,
        .request_size = sizeof(VeleroGetFlags),
        .max_arguments = 1000,
        .run = run,
};
