#include "api/schedule.h"
#include "base/clock.h"
#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/create.h"
#include "kube/object.h"

typedef struct ScheduleCreateRequest {
        Str file;
        int skip_immediately; /* counts only when it was given; 0: true */
        ListingFlags listing; /* counts only when -o was given */
        ClusterFlags cluster;
} ScheduleCreateRequest;

static const Option options[] = {
        { OPT_FIELD(
                OPTION_FIELD_TEXT, "spec.schedule", "schedule", "CRON",
                "when: \"0 3 * * *\" (UTC, or with TZ=Europe/Rome in front), @daily, @every 6h (required)") },
        { OPT_FIELD(OPTION_FIELD_BOOL, "spec.paused", "paused", NULL,
                    "make no backups until \"grapnel schedule unpause\"") },
        { OPT_ROW(OPTION_CHOICE, ScheduleCreateRequest, skip_immediately, "skip-immediately", "true|false",
                  "leave out the first backup when it is due at once") },
        { OPT_FIELD(OPTION_FIELD_BOOL, "spec.useOwnerReferencesInBackup", "use-owner-references-in-backup",
                    NULL, "the schedule owns its backups: they leave the cluster when it is deleted") },
        { OPT_ROW(OPTION_TEXT, ScheduleCreateRequest, file, "file", "FILE",
                  "manifest of a Backup, with hooks for one, as the template; - for standard input"),
          .letter = 'f' },
        OPT_GROUP(ScheduleCreateRequest, listing, create_output_flags, "Output"),
        OPT_ROWS(backup_fields, "What to back up (fields of the template)"),
        OPT_GROUP(ScheduleCreateRequest, cluster, cluster_flags, "Cluster"),
        OPT_END,
};

/* `backup` has the flags' fields in its spec; those that are the schedule's own are moved out of the template. */
static JsonDoc *make_schedule(const ScheduleCreateRequest *flags, const CommandLine *line, JsonVal *backup) {
        static const char *const own[] = { "schedule", "paused", "useOwnerReferencesInBackup" };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *root = yyjson_mut_obj(doc), *spec = yyjson_mut_obj(doc);
        JsonMutVal *template = yyjson_val_mut_copy(doc, json_get(backup, "spec"));

        json_put_str(doc, root, "apiVersion", STR("velero.io/v1"));
        json_put_str(doc, root, "kind", STR("Schedule"));
        yyjson_mut_obj_add_val(doc, root, "metadata", yyjson_val_mut_copy(doc, json_get(backup, "metadata")));
        yyjson_mut_obj_add_val(doc, root, "spec", spec);
        for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
                JsonMutVal *value = yyjson_mut_obj_remove_key(template, own[i]);

                if (value)
                        yyjson_mut_obj_add_val(doc, spec, own[i], value);
        }
        if (options_given(line, "skip-immediately"))
                yyjson_mut_obj_add_bool(doc, spec, "skipImmediately", flags->skip_immediately == 0);
        yyjson_mut_obj_add_val(doc, spec, "template", template);
        return yyjson_mut_val_imut_copy(root, NULL);
}

/* What is wrong with it, and with the backups that it would make. */
static bool check(Cli *cli, const Request *manifest, const CommandLine *line, JsonVal *schedule, Error *err) {
        Faults faults = { .arena = cli->arena };

        (void) schedule_decode(schedule, cli->arena, &faults);

        AUTO_JSON *backup = schedule_make_backup(schedule, clock_wall_ms(), cli->arena, &faults);
        (void) backup_decode(yyjson_doc_get_root(backup), cli->arena, &faults);
        return request_check(cli, manifest, line, &faults, err);
}

static bool check_flags(Cli *cli, const CommandLine *line, const Request *manifest, Error *err) {
        if (manifest->path.len && manifest->file.kind == MANIFEST_SCHEDULE) {
                cli_set_hint(cli, "\"kubectl apply -f " STR_FMT "\" creates it", STR_ARG(manifest->path));
                return cli_usage(cli, err, STR_FMT " holds a Schedule; -f takes a Backup as the template",
                                 STR_ARG(manifest->path));
        }
        if (options_given(line, "schedule"))
                return true;
        cli_set_hint(cli, "--schedule \"0 3 * * *\" is every night at three, --schedule @daily at midnight");
        return cli_usage(cli, err, "--schedule is missing: when are backups made?");
}

static bool submit(Cli *cli, const ScheduleCreateRequest *flags, JsonVal *schedule, Error *err) {
        const VeleroFlags where = { arena_copy(cli->arena, object_namespace(schedule)), flags->cluster };
        AUTO(velero_clear) Velero velero = { 0 };
        Str name = object_name(schedule);

        if (!velero_open(cli, &where, &velero, err) ||
            !create_check_locations(cli, &velero, json_at(schedule, "spec", "template"), err) ||
            !velero_create(cli, &velero, "Schedule", schedule, NULL, err))
                return false;
        fprintf(cli->out, "Schedule \"" STR_FMT "\" created successfully.\n", STR_ARG(name));
        return true;
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const ScheduleCreateRequest *flags = request;
        AUTO(request_clear) Request manifest = { 0 };
        RequestInput input = {
                .kind = MANIFEST_BACKUP, .path = flags->file, .name = line->arguments.items[0], .line = line
        };

        if (!create_namespace(cli, &input.namespace, err) || !request_read(cli, &input, &manifest, err) ||
            !check_flags(cli, line, &manifest, err))
                return false;

        AUTO_JSON *doc = make_schedule(flags, line, yyjson_doc_get_root(manifest.object));
        JsonVal *schedule = yyjson_doc_get_root(doc);
        if (!check(cli, &manifest, line, schedule, err))
                return false;
        if (!options_given(line, "output"))
                return submit(cli, flags, schedule, err);
        create_print_one(cli, &columns_schedule, &flags->listing, doc);
        return true;
}

const Command cmd_schedule_create = {
        .name = "schedule create",
        .arguments = "NAME",
        .summary = "Have the cluster's server make backups regularly",
        .details = "The flags say what each backup holds, as those of \"backup create\". The backups are "
                   "named after the schedule and the time in UTC, and have its labels and annotations. The "
                   "first one is made when the first time comes, with @every after that time.",
        .example = "# Back up namespace shop every night at three and keep the backups for 30 days.\n"
                   "grapnel schedule create nightly --schedule \"0 3 * * *\" --include-namespaces shop\n\n"
                   "# Every six hours, with the hooks of a manifest, kept for a week.\n"
                   "grapnel schedule create shop --schedule \"@every 6h\" -f backup.yaml --ttl 168h\n\n"
                   "# See the object that would be created.\n"
                   "grapnel schedule create nightly --schedule @daily -o yaml",
        .options = options,
        .request_size = sizeof(ScheduleCreateRequest),
        .min_arguments = 1,
        .max_arguments = 1,
        .run = run,
};
