#include "cli/commands.h"
#include "cli/location_change.h"

static const Option options[] = {
        OPT_GROUP(LocationSetFlags, location, location_flags, "What to change"),
        OPT_GROUP(LocationSetFlags, output, output_flags, "Output"),
        OPT_GROUP(LocationSetFlags, velero, velero_flags, "In the cluster"),
        OPT_END,
};

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        if (!options_given(line, "default") && !options_given(line, "credential") &&
            !options_given(line, "cacert"))
                return cli_usage(cli, err, "nothing to set: give --default, --credential or --cacert");
        return location_set(cli, line, request, "BackupStorageLocation", "Backup storage location", err);
}

const Command cmd_location_set = {
        .name = "backup-location set",
        .arguments = "NAME",
        .summary = "Change the default, the credentials or the certificates of a place for backups",
        .details = "What no flag names stays as it is. --cacert \"\" removes the certificates.",
        .example = "# Where backups go that name no location.\n"
                   "grapnel backup-location set main --default\n\n"
                   "# Other credentials.\n"
                   "grapnel backup-location set main --credential s3-credentials=cloud",
        .options = options,
        .request_size = sizeof(LocationSetFlags),
        .min_arguments = 1,
        .max_arguments = 1,
        .run = run,
};
