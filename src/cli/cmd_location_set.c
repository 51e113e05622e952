#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/location_change.h"

typedef struct LocationSetRequest {
        LocationFlags location;
        OutputFlags output;
        VeleroFlags velero;
} LocationSetRequest;

static const Option options[] = {
        OPT_GROUP(LocationSetRequest, location, location_flags, "What to change"),
        OPT_GROUP(LocationSetRequest, output, output_flags, "Output"),
        OPT_GROUP(LocationSetRequest, velero, velero_flags, "In the cluster"),
        OPT_END,
};

static bool check_given(Cli *cli, const CommandLine *line, Error *err) {
        return options_given(line, "default") || options_given(line, "credential") ||
               options_given(line, "cacert") ||
               cli_usage(cli, err, "nothing to set: give --default, --credential or --cacert");
}

/* The others first: of several defaults a server keeps the newest, which need not be this one. */
static bool change(Cli *cli, const Velero *velero, Str name, bool is_default, JsonMutVal *patch,
                   Changes *changes, Error *err) {
        if ((is_default && !location_unset_default(cli, velero, name, changes, err)) ||
            !velero_patch(cli, velero, "BackupStorageLocation", name, patch, err))
                return false;
        changes_add(changes, STR("BackupStorageLocation"), name, "Configured",
                    "Backup storage location \"" STR_FMT "\" configured successfully.", STR_ARG(name));
        return true;
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const LocationSetRequest *flags = request;
        bool is_default = str_equal(fields_given(line, "spec.default"), STR("true"));
        Str name = line->arguments.items[0];
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *patch = yyjson_mut_obj(doc);
        AUTO(velero_clear) Velero velero = { 0 };
        AUTO(changes_clear) Changes changes = changes_new(cli, flags->output.format);
        AUTO_JSON *found = NULL;

        if (!check_given(cli, line, err) || !location_change(cli, line, &flags->location, doc, patch, err))
                return false;
        if (!velero_open(cli, &flags->velero, &velero, err) ||
            !velero_get(cli, &velero, "BackupStorageLocation", name, &found, err))
                return false;

        bool is_done = change(cli, &velero, name, is_default, patch, &changes, err);
        changes_end(&changes);
        return is_done;
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
        .request_size = sizeof(LocationSetRequest),
        .min_arguments = 1,
        .max_arguments = 1,
        .run = run,
};
