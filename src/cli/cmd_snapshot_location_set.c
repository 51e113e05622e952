#include "cli/commands.h"
#include "cli/location_change.h"

static const Option options[] = {
        OPT_GROUP(LocationSetFlags, location, credential_flags, "Credentials"),
        OPT_GROUP(LocationSetFlags, output, output_flags, "Output"),
        OPT_GROUP(LocationSetFlags, velero, velero_flags, "In the cluster"),
        OPT_END,
};

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        if (!options_given(line, "credential"))
                return cli_usage(cli, err, "nothing to set: give --credential");
        return location_set(cli, line, request, "VolumeSnapshotLocation", "Volume snapshot location", err);
}

const Command cmd_snapshot_location_set = {
        .name = "snapshot-location set",
        .arguments = "NAME",
        .summary = "Change the credentials of a place for volume snapshots",
        .example = "# Other credentials.\n"
                   "grapnel snapshot-location set ebs --credential cloud-credentials=cloud",
        .options = options,
        .request_size = sizeof(LocationSetFlags),
        .min_arguments = 1,
        .max_arguments = 1,
        .run = run,
};
