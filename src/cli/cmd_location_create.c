#include "api/location.h"
#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/create.h"
#include "cli/fields.h"
#include "cli/location_change.h"
#include "cli/velero_config.h"

typedef struct LocationCreateRequest {
        LocationFlags location;
        ListingFlags listing; /* counts only when -o was given */
        VeleroFlags velero;
} LocationCreateRequest;

static const Option fields[] = {
        { OPT_FIELD(OPTION_FIELD_TEXT, "spec.provider", "provider", "NAME",
                    "what kind of store it is: aws (S3 and what speaks it), filesystem (a folder of "
                    "grapnel's server), or what plugins of Velero's server serve (required)") },
        { OPT_FIELD(OPTION_FIELD_TEXT, "spec.objectStorage.bucket", "bucket", "NAME",
                    "the bucket that the backups are in (required)") },
        { OPT_FIELD(OPTION_FIELD_TEXT, "spec.objectStorage.prefix", "prefix", "PATH",
                    "the folder of the bucket (default its top)") },
        { OPT_FIELD(OPTION_FIELD_MAP, "spec.config", "config", "K=V,...",
                    "settings of the provider (region=eu-south-1,s3Url=https://s3.example.com)") },
        { OPT_FIELD(OPTION_FIELD_TEXT, "spec.accessMode", "access-mode", "ReadWrite|ReadOnly",
                    "ReadOnly: backups are restored from it, none are made or deleted (default "
                    "ReadWrite)") },
        { OPT_FIELD(OPTION_FIELD_TIME, "spec.backupSyncPeriod", "backup-sync-period", "DURATION",
                    "how often backups of the bucket come into the cluster; 0s: never (default the "
                    "server's, 1m)") },
        { OPT_FIELD(OPTION_FIELD_TIME, "spec.validationFrequency", "validation-frequency", "DURATION",
                    "how often it is looked at whether it works; 0s: once (default the server's, 1m)") },
        { OPT_FIELD(OPTION_FIELD_MAP, "metadata.labels", "labels", "K=V,...", "labels of the location") },
        OPT_END,
};

static const Option options[] = {
        OPT_ROWS(fields, "Where and how (fields of the location)"),
        OPT_GROUP(LocationCreateRequest, location, location_flags, "Default and access"),
        OPT_GROUP(LocationCreateRequest, listing, create_output_flags, "Output"),
        OPT_GROUP(LocationCreateRequest, velero, velero_flags, "In the cluster"),
        OPT_END,
};

static bool check(Cli *cli, const CommandLine *line, JsonVal *object, Error *err) {
        const Request none = { 0 };
        Faults faults = { .arena = cli->arena };

        (void) location_decode(object, cli->arena, &faults);
        return request_check(cli, &none, line, &faults, err);
}

static bool submit(Cli *cli, const LocationCreateRequest *flags, Str name, JsonVal *object, Error *err) {
        AUTO(velero_clear) Velero velero = { 0 };
        AUTO(changes_clear) Changes changes = changes_new(cli, OUTPUT_TABLE);

        if (!velero_open(cli, &flags->velero, &velero, err) ||
            !velero_create(cli, &velero, "BackupStorageLocation", object, NULL, err))
                return false;
        fprintf(cli->out, "Backup storage location \"" STR_FMT "\" configured successfully.\n",
                STR_ARG(name));
        return !json_get_bool(json_get(object, "spec"), "default", false) ||
               location_unset_default(cli, &velero, name, &changes, err);
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const LocationCreateRequest *flags = request;
        AUTO_JSON *doc = NULL;
        Str namespace;

        if (!location_has_place(cli, options_given(line, "provider"), options_given(line, "bucket"), err) ||
            !velero_config_namespace(flags->velero.namespace, cli->arena, &namespace, err) ||
            !location_make(cli, line, "BackupStorageLocation", &flags->location, namespace, &doc, err) ||
            !check(cli, line, yyjson_doc_get_root(doc), err))
                return false;
        if (!options_given(line, "output"))
                return submit(cli, flags, line->arguments.items[0], yyjson_doc_get_root(doc), err);
        create_print_one(cli, &columns_location, &flags->listing, doc);
        return true;
}

const Command cmd_location_create = {
        .name = "backup-location create",
        .arguments = "NAME",
        .summary = "Tell the cluster's server of a place for backups",
        .details = "It creates a BackupStorageLocation. \"grapnel backup-location get\" says whether the "
                   "server can use it; the backups that are in it come into the cluster by themselves.",
        .example = "# A bucket of an S3 store of one's own, as the default.\n"
                   "grapnel backup-location create main --provider aws --bucket backups --default \\\n"
                   "  --config region=minio,s3Url=https://s3.example.com,s3ForcePathStyle=true \\\n"
                   "  --credential s3-credentials=cloud\n\n"
                   "# Another cluster's bucket, to restore from.\n"
                   "grapnel backup-location create old --provider aws --bucket old --access-mode ReadOnly",
        .options = options,
        .request_size = sizeof(LocationCreateRequest),
        .min_arguments = 1,
        .max_arguments = 1,
        .run = run,
};
