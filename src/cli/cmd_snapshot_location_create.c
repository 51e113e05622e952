#include "api/identity.h"
#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/create.h"
#include "cli/location_change.h"
#include "cli/velero_config.h"

typedef struct SnapshotLocationCreateRequest {
        LocationFlags location;
        ListingFlags listing; /* counts only when -o was given */
        VeleroFlags velero;
} SnapshotLocationCreateRequest;

static const Option options[] = {
        { OPT_FIELD(OPTION_FIELD_TEXT, "spec.provider", "provider", "NAME",
                    "who takes the snapshots, as the server calls it, such as aws (required)") },
        { OPT_FIELD(OPTION_FIELD_MAP, "spec.config", "config", "K=V,...",
                    "settings of the provider (region=eu-south-1)") },
        { OPT_FIELD(OPTION_FIELD_MAP, "metadata.labels", "labels", "K=V,...", "labels of the location") },
        OPT_GROUP(SnapshotLocationCreateRequest, location, credential_flags, "Credentials"),
        OPT_GROUP(SnapshotLocationCreateRequest, listing, create_output_flags, "Output"),
        OPT_GROUP(SnapshotLocationCreateRequest, velero, velero_flags, "In the cluster"),
        OPT_END,
};

static bool check(Cli *cli, const CommandLine *line, JsonVal *object, Error *err) {
        const Request none = { 0 };
        Faults faults = { .arena = cli->arena };

        (void) identity_decode(object, "VolumeSnapshotLocation", &faults);
        return request_check(cli, &none, line, &faults, err);
}

static bool submit(Cli *cli, const SnapshotLocationCreateRequest *flags, Str name, JsonVal *object,
                   Error *err) {
        AUTO(velero_clear) Velero velero = { 0 };

        if (!velero_open(cli, &flags->velero, &velero, err) ||
            !velero_create(cli, &velero, "VolumeSnapshotLocation", object, NULL, err))
                return false;
        fprintf(cli->out, "Snapshot volume location \"" STR_FMT "\" configured successfully.\n",
                STR_ARG(name));
        cli_warn(cli,
                 STR("grapnel's server takes no volume snapshots yet: backups do not use this location"));
        return true;
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const SnapshotLocationCreateRequest *flags = request;
        AUTO_JSON *doc = NULL;
        Str namespace;

        if (!options_given(line, "provider"))
                return cli_usage(cli, err, "--provider is missing: who takes the snapshots?");
        if (!velero_config_namespace(flags->velero.namespace, cli->arena, &namespace, err) ||
            !location_make(cli, line, "VolumeSnapshotLocation", &flags->location, namespace, &doc, err) ||
            !check(cli, line, yyjson_doc_get_root(doc), err))
                return false;
        if (!options_given(line, "output"))
                return submit(cli, flags, line->arguments.items[0], yyjson_doc_get_root(doc), err);
        create_print_one(cli, &columns_snapshot_location, &flags->listing, doc);
        return true;
}

const Command cmd_snapshot_location_create = {
        .name = "snapshot-location create",
        .arguments = "NAME",
        .summary = "Create a place for volume snapshots, for a server that takes some",
        .details = "It creates a VolumeSnapshotLocation. Grapnel's server takes no volume snapshots yet and "
                   "leaves it as it is; Velero's server uses it.",
        .example = "# Where Velero's plugin for AWS takes snapshots.\n"
                   "grapnel snapshot-location create ebs --provider aws --config region=eu-south-1\n\n"
                   "# See the object that would be created.\n"
                   "grapnel snapshot-location create ebs --provider aws -o yaml",
        .options = options,
        .request_size = sizeof(SnapshotLocationCreateRequest),
        .min_arguments = 1,
        .max_arguments = 1,
        .run = run,
};
