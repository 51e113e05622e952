#include "cli/commands.h"
#include "cli/location_change.h"

typedef struct SnapshotLocationSetRequest {
        LocationFlags location;
        OutputFlags output;
        VeleroFlags velero;
} SnapshotLocationSetRequest;

static const Option options[] = {
        OPT_GROUP(SnapshotLocationSetRequest, location, credential_flags, "Credentials"),
        OPT_GROUP(SnapshotLocationSetRequest, output, output_flags, "Output"),
        OPT_GROUP(SnapshotLocationSetRequest, velero, velero_flags, "In the cluster"),
        OPT_END,
};

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const SnapshotLocationSetRequest *flags = request;
        Str name = line->arguments.items[0];
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *patch = yyjson_mut_obj(doc);
        AUTO(velero_clear) Velero velero = { 0 };
        AUTO(changes_clear) Changes changes = changes_new(cli, flags->output.format);
        AUTO_JSON *found = NULL;

        if (!options_given(line, "credential"))
                return cli_usage(cli, err, "nothing to set: give --credential");
        if (!location_change(cli, line, &flags->location, doc, patch, err) ||
            !velero_open(cli, &flags->velero, &velero, err) ||
            !velero_get(cli, &velero, "VolumeSnapshotLocation", name, &found, err) ||
            !velero_patch(cli, &velero, "VolumeSnapshotLocation", name, patch, err))
                return false;
        changes_add(&changes, STR("VolumeSnapshotLocation"), name, "Configured",
                    "Volume snapshot location \"" STR_FMT "\" configured successfully.", STR_ARG(name));
        changes_end(&changes);
        return true;
}

const Command cmd_snapshot_location_set = {
        .name = "snapshot-location set",
        .arguments = "NAME",
        .summary = "Change the credentials of a place for volume snapshots",
        .example = "# Other credentials.\n"
                   "grapnel snapshot-location set ebs --credential cloud-credentials=cloud",
        .options = options,
        .request_size = sizeof(SnapshotLocationSetRequest),
        .min_arguments = 1,
        .max_arguments = 1,
        .run = run,
};
