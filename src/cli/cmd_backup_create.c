#include "api/schedule.h"
#include "base/clock.h"
#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/create.h"
#include "cli/fields.h"

typedef struct BackupCreateRequest {
        CreateFlags create;
        Str schedule;
} BackupCreateRequest;

static const Option options[] = {
        { OPT_ROW(OPTION_TEXT, BackupCreateRequest, schedule, "from-schedule", "NAME",
                  "the backup that this schedule makes, now; its template says what is backed up") },
        OPT_GROUP(BackupCreateRequest, create, create_flags, "Creating"),
        OPT_ROWS(backup_fields, "What to back up (fields of the manifest)"),
        OPT_GROUP(BackupCreateRequest, create.cluster, cluster_flags, "Cluster"),
        OPT_END,
};

static bool check_flags(Cli *cli, const CommandLine *line, const BackupCreateRequest *flags, Error *err) {
        const Option *filter = fields_given_below(line, "spec.");

        if (flags->schedule.len && flags->create.file.len)
                return cli_usage(cli, err, "--from-schedule and --file: give one of them");
        if (flags->schedule.len && filter)
                return cli_usage(cli, err,
                                 "--%s can't be used with --from-schedule: the schedule's template says it",
                                 filter->name);
        if (line->arguments.len || flags->schedule.len || flags->create.file.len)
                return true;
        cli_set_hint(cli, "usage: grapnel backup create NAME [flags]");
        return cli_usage(cli, err, "backup create needs NAME, --from-schedule or --file");
}

/* What the schedule would make now.  Its own time does not change by that. */
static bool read_schedule(Cli *cli, Creating *creating, Str name, RequestInput *input, JsonDoc **ret_backup,
                          Error *err) {
        AUTO_JSON *schedule = NULL;
        Faults faults = { .arena = cli->arena };
        Str given = fields_given(creating->line, "metadata.namespace");

        if (!create_open(cli, creating, given, err) ||
            !velero_get(cli, &creating->velero, "Schedule", name, &schedule, err))
                return false;
        *ret_backup =
                schedule_make_backup(yyjson_doc_get_root(schedule), clock_wall_ms(), cli->arena, &faults);
        input->base = yyjson_doc_get_root(*ret_backup);
        if (faults.errors == 0)
                return true;

        Str text = faults_text(&faults, FAULT_ERROR, cli->arena);
        return error_set(err, ERROR_INVALID, "schedule \"" STR_FMT "\": " STR_FMT, STR_ARG(name),
                         STR_ARG(text));
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const BackupCreateRequest *flags = request;
        AUTO(creating_clear)
        Creating creating = {
                .kind = "Backup", .table = &columns_backup, .line = line, .flags = &flags->create
        };
        AUTO(request_clear) Request manifest = { 0 };
        AUTO_JSON *from_schedule = NULL;
        Faults faults = { .arena = cli->arena };
        RequestInput input = { .kind = MANIFEST_BACKUP,
                               .path = flags->create.file,
                               .name = line->arguments.len ? line->arguments.items[0] : STR(""),
                               .line = line };

        if (!check_flags(cli, line, flags, err) || !create_namespace(cli, &input.namespace, err) ||
            (flags->schedule.len &&
             !read_schedule(cli, &creating, flags->schedule, &input, &from_schedule, err)) ||
            !request_read(cli, &input, &manifest, err))
                return false;

        JsonVal *object = yyjson_doc_get_root(manifest.object);
        Backup backup = backup_decode(object, cli->arena, &faults);
        if (!request_check(cli, &manifest, line, &faults, err))
                return false;
        if (create_is_dry(&creating)) {
                create_print(cli, &creating, manifest.object);
                return true;
        }
        return create_open(cli, &creating, backup.namespace, err) &&
               create_check_locations(cli, &creating.velero, json_get(object, "spec"), err) &&
               create_submit(cli, &creating, &manifest, err);
}

const Command cmd_backup_create = {
        .name = "backup create",
        .arguments = "[NAME]",
        .summary = "Have the cluster's server make a backup",
        .details =
                "It creates a Backup, which the server in the cluster (grapnel's or Velero's) carries out. "
                "NAME can be left out with --from-schedule, and with --file when the manifest has one.\n\n"
                "Exit codes with --wait: 0 Completed, 2 PartiallyFailed, 1 Failed or FailedValidation. "
                "Ctrl-C only ends the waiting.",
        .example = "# Back up namespace shop and wait for the end.\n"
                   "grapnel backup create monday --include-namespaces shop --wait\n\n"
                   "# See the object that would be created.\n"
                   "grapnel backup create monday --include-namespaces shop -o yaml\n\n"
                   "# What a manifest says, hooks and all.\n"
                   "grapnel backup create monday -f backup.yaml",
        .options = options,
        .request_size = sizeof(BackupCreateRequest),
        .max_arguments = 1,
        .run = run,
};
