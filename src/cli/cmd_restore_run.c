#include "base/clock.h"
#include "cli/catalog.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/request.h"
#include "cli/session.h"
#include "cli/summary.h"
#include "restore/restore_execute.h"

typedef struct RestoreRequest {
        Str file;
        FromFlags from;
        unsigned workers;
        bool allow_partially_failed;
        bool dry_run;
        OutputFlags output;
        RunFlags run;
        OrderFlags order;
        ClusterFlags cluster;
} RestoreRequest;

static const Option options[] = {
        { OPT_ROW(OPTION_TEXT, RestoreRequest, file, "file", "FILE",
                  "Restore manifest, YAML or JSON; - for standard input"),
          .letter = 'f' },
        OPT_GROUP(RestoreRequest, from, from_flags, "Store"),
        { OPT_FIELD(OPTION_FIELD_TEXT, "spec.backupName", "backup", "NAME", "the backup to restore"),
          .alias = "from-backup" },
        { OPT_FIELD(OPTION_FIELD_TEXT, "spec.scheduleName", "schedule", "NAME",
                    "restore the newest completed backup of this schedule instead"),
          .alias = "from-schedule" },
        { OPT_ROW(OPTION_COUNT, RestoreRequest, workers, "workers", "COUNT",
                  "objects created at the same time"),
          .otherwise = "16" },
        { OPT_ROW(OPTION_BOOL, RestoreRequest, allow_partially_failed, "allow-partially-failed", NULL,
                  "with --schedule: a PartiallyFailed backup will do as well") },
        OPT_DRY_RUN(RestoreRequest),
        OPT_GROUP(RestoreRequest, output, output_flags, "Output"),
        OPT_GROUP(RestoreRequest, run, run_flags, "Run"),
        OPT_GROUP(RestoreRequest, order, order_flags, "Order"),
        OPT_ROWS(restore_fields, "What to restore (fields of the manifest)"),
        OPT_GROUP(RestoreRequest, cluster, cluster_flags, "Cluster"),
        OPT_END,
};

static bool check_flags(Cli *cli, const RestoreRequest *flags, Error *err) {
        if (flags->workers && flags->run.hook_workers)
                return order_flags_check(cli, &flags->order, err);
        return cli_usage(cli, err, "%s: 0 would do nothing; 1 is the least",
                         flags->workers ? "--hook-workers" : "--workers");
}

/* Without it the decoder would say the same of fields that were never written. */
static bool check_backup(Cli *cli, const Request *manifest, Error *err) {
        JsonVal *spec = json_get(yyjson_doc_get_root(manifest->object), "spec");

        if (json_get_str(spec, "backupName").len || json_get_str(spec, "scheduleName").len)
                return true;
        cli_set_hint(cli, "--backup NAME says what to restore; \"grapnel backup get\" lists the names");
        return cli_usage(cli, err, "--backup is missing");
}

static bool find_newest(Cli *cli, Store *store, Str schedule, Str *ret_name, Error *err) {
        AUTO(catalog_clear) Catalog catalog = { 0 };

        if (!catalog_read(store, CATALOG_BACKUPS, cli->arena, &catalog, err))
                return false;
        *ret_name = catalog_newest_usable(&catalog, schedule);
        return ret_name->len > 0 ||
               error_set(err, ERROR_NOT_FOUND,
                         "no completed or partially failed backup of schedule \"" STR_FMT "\"",
                         STR_ARG(schedule));
}

/* A schedule stands for its newest completed backup, which the engine finds.  One that failed in parts is only
 * taken when the user says so; then, as with Velero's client, the Restore names it instead of the schedule. */
static bool resolve_schedule(Cli *cli, const RestoreRequest *flags, Store *store, Request *manifest,
                             Error *err) {
        JsonVal *object = yyjson_doc_get_root(manifest->object), *spec = json_get(object, "spec");
        Str schedule = json_get_str(spec, "scheduleName"), backup = STR("");

        if (!flags->allow_partially_failed || schedule.len == 0 || json_get_str(spec, "backupName").len)
                return true;
        if (!find_newest(cli, store, schedule, &backup, err))
                return false;
        request_set_backup(manifest, backup);
        return true;
}

static bool execute(Session *session, const RestoreRequest *flags, const RestoreRun *restore_run,
                    Error *err) {
        Cli *cli = session->cli;
        RestoreProgress *progress = restore_run->progress;
        const ProgressSource source = { &progress->items_total, &progress->items_done, &progress->step,
                                        &progress->hooks };
        RestoreOutcome outcome = { 0 };
        int64_t start_ms = clock_ms();

        progress_start(session->progress, &source);
        bool ended = restore_execute(restore_run, cli->arena, &outcome, err);
        progress_stop(session->progress);
        if (!ended)
                return false;

        const SummaryInput input = { .name = restore_run->restore->name,
                                     .folder = flags->from.from,
                                     .notes = &session->notes,
                                     .elapsed_ms = clock_ms() - start_ms,
                                     .dry_run = flags->dry_run,
                                     .colour = cli->colour };
        if (flags->output.format != OUTPUT_TABLE) {
                AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);

                output_value(cli, flags->output.format, doc, summary_restore_json(&input, &outcome, doc));
        } else if (!flags->run.quiet || flags->dry_run) {
                output_text(cli, summary_restore(&input, &outcome, cli->arena));
        } else {
                Str errors = summary_restore_errors(&input, &outcome, cli->arena);

                fprintf(cli->err, STR_FMT, STR_ARG(errors));
        }
        cli_end(cli, summary_exit(outcome.status.phase), outcome.status.failure_reason);
        return true;
}

static bool run_restore(Session *session, const RestoreRequest *flags, Request *manifest, Restore *restore,
                        RestoreProgress *progress, Error *err) {
        AUTO(store_freep) Store *store = NULL;
        HookUndo undo;

        /* The store does not end with the session: what an interrupted restore did has to be told too. */
        if ((!flags->dry_run && !session_undo(session, &undo, err)) ||
            !store_open_directory(flags->from.from, false, NULL, &store, err))
                return false;

        const RestoreRun run = {
                .client = session->cluster.client,
                .discovery = session->cluster.discovery,
                .store = store,
                .log = session->log,
                .stop = session->stop,
                .restore = restore,
                .progress = progress,
                .workers = flags->workers,
                .hook_workers = flags->run.hook_workers,
                .resource_priorities = flags->order.resource_priorities,
                .terminating_wait_ms = flags->order.terminating_resource_timeout_ms,
                .dry_run = flags->dry_run,
        };
        while (!execute(session, flags, &run, err)) {
                if (err->code == ERROR_EXISTS)
                        cli_set_hint(session->cli, "give it another NAME");
                if (!request_next_name(session->cli, manifest, &restore->name, err))
                        return false;
        }
        return true;
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const RestoreRequest *flags = request;
        AUTO(request_clear) Request manifest = { 0 };
        AUTO(store_freep) Store *store = NULL;
        AUTO(session_clear) Session session = { 0 };
        RestoreProgress progress = { 0 };
        Faults faults = { .arena = cli->arena };
        const RequestInput input = { .kind = MANIFEST_RESTORE,
                                     .path = flags->file,
                                     .name = line->arguments.len ? line->arguments.items[0] : STR(""),
                                     .line = line };
        const SessionInput around = { &flags->run, &flags->cluster, &progress.hooks };

        if (!check_flags(cli, flags, err) || !request_read(cli, &input, &manifest, err) ||
            !check_backup(cli, &manifest, err) || !catalog_open_store(cli, flags->from.from, &store, err) ||
            !resolve_schedule(cli, flags, store, &manifest, err))
                return false;

        Restore restore = restore_decode(yyjson_doc_get_root(manifest.object), cli->arena, &faults);
        return request_check(cli, &manifest, line, &faults, err) &&
               session_open(cli, &around, &session, err) &&
               run_restore(&session, flags, &manifest, &restore, &progress, err);
}

const Command cmd_restore_run = {
        .name = "restore run",
        .arguments = "[NAME]",
        .summary = "Run a restore now, from here, with hooks; nothing is installed in the cluster",
        .details = "NAME is the name of the restore (default: the manifest's, else BACKUP-TIME). Flags and a "
                   "manifest "
                   "can be mixed; a field that both set is an error.\n\n"
                   "Exit codes: 0 Completed, 2 PartiallyFailed, 1 failed, 64 the request is wrong, 130 "
                   "interrupted.",
        .example = "# Restore backup monday.\n"
                   "grapnel restore run --from ./backups --backup monday\n\n"
                   "# Restore namespace shop of it as shop2; see first what would be created.\n"
                   "grapnel restore run --from ./backups --backup monday --include-namespaces shop \\\n"
                   "    --namespace-mappings shop:shop2 --dry-run\n\n"
                   "# Restore with the hooks of a manifest.\n"
                   "grapnel restore run -f restore.yaml --from ./backups",
        .options = options,
        .request_size = sizeof(RestoreRequest),
        .max_arguments = 1,
        .run = run,
};
