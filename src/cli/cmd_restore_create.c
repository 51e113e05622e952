#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/create.h"
#include "cli/fields.h"
#include "kube/object.h"

typedef struct RestoreCreateRequest {
        CreateFlags create;
        bool allow_partially_failed;
} RestoreCreateRequest;

static const Option options[] = {
        { OPT_FIELD(OPTION_FIELD_TEXT, "spec.backupName", "from-backup", "NAME", "the backup to restore"),
          .alias = "backup" },
        { OPT_FIELD(OPTION_FIELD_TEXT, "spec.scheduleName", "from-schedule", "NAME",
                    "restore the newest completed backup of this schedule instead"),
          .alias = "schedule" },
        { OPT_ROW(OPTION_BOOL, RestoreCreateRequest, allow_partially_failed, "allow-partially-failed", NULL,
                  "with --from-schedule: a PartiallyFailed backup will do as well") },
        OPT_GROUP(RestoreCreateRequest, create, create_flags, "Creating"),
        OPT_ROWS(restore_fields, "What to restore (fields of the manifest)"),
        OPT_GROUP(RestoreCreateRequest, create.cluster, cluster_flags, "Cluster"),
        OPT_END,
};

/* Without it the decoder would say the same of fields that were never written. */
static bool check_given(Cli *cli, JsonVal *spec, Error *err) {
        if (json_get_str(spec, "backupName").len || json_get_str(spec, "scheduleName").len)
                return true;
        cli_set_hint(cli, "--from-backup NAME says what to restore; \"grapnel backup get\" lists the names");
        return cli_usage(cli, err, "--from-backup or --from-schedule is missing");
}

/* The backups of a schedule have to be there; which of them it will be is for the server to say, but when one that
 * failed in parts will do. */
static bool find_by_schedule(Cli *cli, const Creating *creating, Str schedule, bool allow_partially_failed,
                             Request *manifest, Error *err) {
        AUTO(catalog_clear) Catalog backups = { 0 };
        Str label = label_value(schedule, cli->arena);
        const char *selector = arena_printf(cli->arena, "velero.io/schedule-name=" STR_FMT, STR_ARG(label));

        if (!velero_list(cli, &creating->velero, "Backup", str_of(selector), &backups, err))
                return false;

        Str newest = catalog_newest_usable(&backups, label);
        if (backups.len == 0) {
                velero_hint_no_namespace(cli, &creating->velero);
                return error_set(err, ERROR_NOT_FOUND, "no backups of schedule \"" STR_FMT "\"",
                                 STR_ARG(schedule));
        }
        if (allow_partially_failed && newest.len)
                request_set_backup(manifest, newest);
        return true;
}

static bool find_backup(Cli *cli, const Creating *creating, bool allow_partially_failed, Request *manifest,
                        Error *err) {
        JsonVal *spec = json_get(yyjson_doc_get_root(manifest->object), "spec");
        Str backup = json_get_str(spec, "backupName"), schedule = json_get_str(spec, "scheduleName");
        AUTO_JSON *object = NULL;

        if (backup.len)
                return velero_get(cli, &creating->velero, "Backup", backup, &object, err);
        return find_by_schedule(cli, creating, arena_copy(cli->arena, schedule), allow_partially_failed,
                                manifest, err);
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const RestoreCreateRequest *flags = request;
        AUTO(creating_clear)
        Creating creating = {
                .kind = "Restore", .table = &columns_restore, .line = line, .flags = &flags->create
        };
        AUTO(request_clear) Request manifest = { 0 };
        Faults faults = { .arena = cli->arena };
        RequestInput input = { .kind = MANIFEST_RESTORE,
                               .path = flags->create.file,
                               .name = line->arguments.len ? line->arguments.items[0] : STR(""),
                               .line = line };

        if (!create_namespace(cli, &input.namespace, err) || !request_read(cli, &input, &manifest, err) ||
            !check_given(cli, json_get(yyjson_doc_get_root(manifest.object), "spec"), err))
                return false;

        (void) restore_decode(yyjson_doc_get_root(manifest.object), cli->arena, &faults);
        if (!request_check(cli, &manifest, line, &faults, err))
                return false;
        if (create_is_dry(&creating)) {
                create_print(cli, &creating, manifest.object);
                return true;
        }

        Str namespace = object_namespace(yyjson_doc_get_root(manifest.object));
        return create_open(cli, &creating, arena_copy(cli->arena, namespace), err) &&
               find_backup(cli, &creating, flags->allow_partially_failed, &manifest, err) &&
               create_submit(cli, &creating, &manifest, err);
}

const Command cmd_restore_create = {
        .name = "restore create",
        .arguments = "[NAME]",
        .summary = "Have the cluster's server restore a backup",
        .details = "It creates a Restore, which the server in the cluster (grapnel's or Velero's) carries "
                   "out. NAME is by default that of the backup or schedule and the time.\n\n"
                   "Exit codes with --wait: 0 Completed, 2 PartiallyFailed, 1 Failed or FailedValidation. "
                   "Ctrl-C only ends the waiting.",
        .example = "# Restore backup monday beside the original and wait for the end.\n"
                   "grapnel restore create --from-backup monday --namespace-mappings shop:shop2 --wait\n\n"
                   "# The newest completed backup of schedule nightly.\n"
                   "grapnel restore create --from-schedule nightly",
        .options = options,
        .request_size = sizeof(RestoreCreateRequest),
        .max_arguments = 1,
        .run = run,
};
