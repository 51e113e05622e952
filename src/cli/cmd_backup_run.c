#include "backup/backup_execute.h"
#include "base/clock.h"
#include "base/read_file.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/request.h"
#include "cli/session.h"
#include "cli/summary.h"

enum { POLICY_BYTES_MAX = 1024 * 1024 }; /* what fits into a ConfigMap */

typedef struct BackupRequest {
        Str file, to, policy_file;
        unsigned workers;
        int64_t max_freeze_ms;
        bool dry_run;
        OutputFlags output;
        RunFlags run;
        ClusterFlags cluster;
} BackupRequest;

static const Option options[] = {
        { OPT_ROW(OPTION_TEXT, BackupRequest, file, "file", "FILE",
                  "Backup or Schedule manifest, YAML or JSON; - for standard input"),
          .letter = 'f' },
        { OPT_ROW(OPTION_TEXT, BackupRequest, to, "to", "DIR",
                  "the folder to store it in, made when missing (required)") },
        { OPT_ROW(OPTION_TEXT, BackupRequest, policy_file, "resource-policies-file", "FILE",
                  "rules for what is kept, as in the ConfigMap of --resource-policies-configmap, which it "
                  "replaces") },
        { OPT_ROW(OPTION_COUNT, BackupRequest, workers, "workers", "COUNT",
                  "lists read and compressed at the same time"),
          .otherwise = "4" },
        OPT_MAX_FREEZE(BackupRequest),
        OPT_DRY_RUN(BackupRequest),
        OPT_GROUP(BackupRequest, output, output_flags, "Output"),
        OPT_GROUP(BackupRequest, run, run_flags, "Run"),
        OPT_ROWS(backup_fields, "What to back up (fields of the manifest)"),
        OPT_GROUP(BackupRequest, cluster, cluster_flags, "Cluster"),
        OPT_END,
};

typedef struct Wanted { /* what flags and files say */
        const BackupRequest *flags;
        Request manifest;
        Backup backup;
        Buf policy;
} Wanted;

static void wanted_clear(Wanted *wanted) {
        request_clear(&wanted->manifest);
        buf_clear(&wanted->policy);
}

static bool check_flags(Cli *cli, const BackupRequest *flags, Error *err) {
        if (flags->to.len == 0 && !flags->dry_run) {
                cli_set_hint(cli, "--to DIR names the folder to store the backup in");
                return cli_usage(cli, err, "--to is missing");
        }
        if (flags->workers == 0 || flags->run.hook_workers == 0)
                return cli_usage(cli, err, "%s: 0 would do nothing; 1 is the least",
                                 flags->workers ? "--hook-workers" : "--workers");
        return true;
}

static void print(Cli *cli, const BackupRequest *flags, const SummaryInput *input,
                  const BackupOutcome *outcome) {
        if (flags->output.format != OUTPUT_TABLE) {
                AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);

                output_value(cli, flags->output.format, doc, summary_backup_json(input, outcome, doc));
        } else if (!flags->run.quiet || flags->dry_run) {
                output_text(cli, summary_backup(input, outcome, cli->arena));
        } else {
                Str errors = summary_backup_errors(input, outcome, cli->arena);

                fprintf(cli->err, STR_FMT, STR_ARG(errors));
        }
}

static bool read_policy(Cli *cli, Wanted *wanted, Faults *faults, Error *err) {
        Str path = wanted->flags->policy_file;

        if (path.len == 0)
                return true;
        if (wanted->backup.spec.resource_policy.len > 0)
                faults_add(faults, FAULT_ERROR, STR("spec.resourcePolicy"),
                           "is set, and --resource-policies-file is another: a backup has one policy");
        wanted->policy.limit = POLICY_BYTES_MAX;
        if (read_file(path, &wanted->policy, err))
                return true;
        cli->exit = EXIT_USAGE;
        return error_prefix(err, "--resource-policies-file");
}

static bool execute(Session *session, const BackupRequest *flags, BackupRun *backup_run, Error *err) {
        Cli *cli = session->cli;
        BackupProgress *progress = backup_run->progress;
        const ProgressSource source = { &progress->items_total, &progress->items_done, &progress->step,
                                        &progress->hooks };
        BackupOutcome outcome = { 0 };
        int64_t start_ms = clock_ms();

        progress_start(session->progress, &source);
        bool ended = backup_execute(backup_run, cli->arena, &outcome, err);
        progress_stop(session->progress);
        if (!ended)
                return false;

        const SummaryInput input = { .name = backup_run->backup->name,
                                     .folder = flags->to,
                                     .notes = &session->notes,
                                     .elapsed_ms = clock_ms() - start_ms,
                                     .dry_run = flags->dry_run,
                                     .colour = cli->colour };
        print(cli, flags, &input, &outcome);
        cli_end(cli, summary_exit(outcome.status.phase), outcome.status.failure_reason);
        return true;
}

/* Who is frozen is written down before it is; so the journal opens before the engine starts. */
static bool run_named(Session *session, const Wanted *wanted, Store *store, BackupProgress *progress,
                      Error *err) {
        const BackupRequest *flags = wanted->flags;
        const Backup *backup = &wanted->backup;
        AUTO(journal_closep) Journal *journal = NULL;
        const JournalRun who = { .backup = backup->name,
                                 .server = kube_client_server(session->cluster.client),
                                 .cluster_uid = session->cluster.uid };

        if (!flags->dry_run && !journal_open(session->state, &who, &journal, err))
                return false;

        BackupRun run = {
                .client = session->cluster.client,
                .discovery = session->cluster.discovery,
                .store = store,
                .journal = journal,
                .log = session->log,
                .stop = session->stop,
                .backup = backup,
                .policy_file = flags->policy_file,
                .policy_text = buf_str(&wanted->policy),
                .progress = progress,
                .workers = flags->workers,
                .hook_workers = flags->run.hook_workers,
                .page_size = flags->cluster.page_size,
                .max_freeze_ms = flags->max_freeze_ms,
                .dry_run = flags->dry_run,
        };
        return execute(session, flags, &run, err);
}

static bool run_backup(Session *session, Wanted *wanted, BackupProgress *progress, Error *err) {
        const BackupRequest *flags = wanted->flags;
        AUTO(store_freep) Store *store = NULL;
        HookUndo undo;

        if (!flags->dry_run && (!session_undo(session, &undo, err) ||
                                !store_open_directory(flags->to, true, session->stop, &store, err)))
                return false;
        while (!run_named(session, wanted, store, progress, err)) {
                if (err->code == ERROR_EXISTS)
                        cli_set_hint(session->cli, "give it another NAME, or delete the one that is there");
                if (!request_next_name(session->cli, &wanted->manifest, &wanted->backup.name, err))
                        return false;
        }
        return true;
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const BackupRequest *flags = request;
        AUTO(wanted_clear) Wanted wanted = { .flags = flags };
        AUTO(session_clear) Session session = { 0 };
        BackupProgress progress = { 0 };
        Faults faults = { .arena = cli->arena };
        const RequestInput input = { .kind = MANIFEST_BACKUP,
                                     .path = flags->file,
                                     .name = line->arguments.len ? line->arguments.items[0] : STR(""),
                                     .line = line };
        const SessionInput around = { &flags->run, &flags->cluster, &progress.hooks };

        if (!check_flags(cli, flags, err) || !request_read(cli, &input, &wanted.manifest, err))
                return false;

        wanted.backup = backup_decode(yyjson_doc_get_root(wanted.manifest.object), cli->arena, &faults);
        return read_policy(cli, &wanted, &faults, err) &&
               request_check(cli, &wanted.manifest, line, &faults, err) &&
               session_open(cli, &around, &session, err) && run_backup(&session, &wanted, &progress, err);
}

const Command cmd_backup_run = {
        .name = "backup run",
        .arguments = "[NAME]",
        .summary = "Run a backup now, from here, with hooks; nothing is installed in the cluster",
        .details = "NAME is the name of the backup (default: the manifest's, else backup-TIME). Flags and a "
                   "manifest "
                   "can be mixed; a field that both set is an error.\n\n"
                   "Every pod that a hook has frozen is thawed, also when the run fails or is interrupted. "
                   "If the "
                   "process itself is killed, the next run or \"grapnel hooks undo\" thaws what it left.\n\n"
                   "Exit codes: 0 Completed, 2 PartiallyFailed, 1 failed, 64 the request is wrong, 130 "
                   "interrupted.",
        .example = "# Back up namespace shop, with the hooks in its pods' annotations.\n"
                   "grapnel backup run monday --include-namespaces shop --to ./backups\n\n"
                   "# Run what a manifest says, hooks and all; see first what would be stored.\n"
                   "grapnel backup run -f backup.yaml --to ./backups --dry-run\n"
                   "grapnel backup run -f backup.yaml --to ./backups",
        .options = options,
        .request_size = sizeof(BackupRequest),
        .max_arguments = 1,
        .run = run,
};
