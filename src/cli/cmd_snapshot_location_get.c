#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/velero.h"

typedef struct SnapshotLocationGetRequest {
        Str selector;
        ListingFlags listing;
        VeleroFlags velero;
} SnapshotLocationGetRequest;

static const Option options[] = {
        OPT_SELECTOR(SnapshotLocationGetRequest, selector, "only locations"),
        OPT_GROUP(SnapshotLocationGetRequest, listing, listing_flags, "Output"),
        OPT_GROUP(SnapshotLocationGetRequest, velero, velero_flags, "In the cluster"),
        OPT_END,
};

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const SnapshotLocationGetRequest *flags = request;
        AUTO(velero_clear) Velero velero = { 0 };
        AUTO(catalog_clear) Catalog all = { 0 };

        if (!velero_open(cli, &flags->velero, &velero, err) ||
            !velero_select(cli, &velero, "VolumeSnapshotLocation", line->arguments, flags->selector, &all,
                           err))
                return false;
        listing_print(cli, &columns_snapshot_location, &flags->listing, &all);
        return true;
}

const Command cmd_snapshot_location_get = {
        .name = "snapshot-location get",
        .arguments = "[NAME...]",
        .summary = "List the places for volume snapshots",
        .example = "# All of them.\n"
                   "grapnel snapshot-location get",
        .options = options,
        .request_size = sizeof(SnapshotLocationGetRequest),
        .max_arguments = 1000,
        .run = run,
};
