#include "server/server.h"

#include <sys/random.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "cli/state.h"
#include "server/controllers.h"

typedef struct ServerRequest {
        Str namespace, metrics_address, download_address, download_host, default_location, state, identity;
        Str disabled_controllers;
        int64_t default_ttl_ms, sync_period_ms, validation_frequency_ms, gc_frequency_ms;
        int64_t resource_timeout_ms, max_freeze_ms;
        unsigned concurrent_backups, workers, hook_workers;
        int log_level, log_format;
        bool schedule_skip_immediately, velero_hook_defaults;
        OrderFlags order;
        ClusterFlags cluster;
} ServerRequest;

static const Option options[] = {
        { OPT_ROW(OPTION_TEXT, ServerRequest, namespace, "namespace", "NAME",
                  "the namespace whose resources it serves"),
          .letter = 'n', .otherwise = "velero" },
        { OPT_ROW(OPTION_TEXT, ServerRequest, metrics_address, "metrics-address", "ADDRESS",
                  "where /metrics, /healthz and /readyz are served"),
          .otherwise = ":8085" },
        { OPT_ROW(OPTION_TEXT, ServerRequest, download_address, "download-address", "ADDRESS",
                  "where files of backups are served, over TLS"),
          .otherwise = ":8443" },
        { OPT_ROW(OPTION_TEXT, ServerRequest, download_host, "download-host", "HOST",
                  "the name under which clients reach --download-address (default grapnel.NAMESPACE.svc)") },
        { OPT_ROW(OPTION_TEXT, ServerRequest, default_location, "default-backup-storage-location", "NAME",
                  "the location that counts when neither a backup names one nor one is marked as default"),
          .otherwise = "default" },
        { OPT_ROW(OPTION_DURATION, ServerRequest, default_ttl_ms, "default-backup-ttl", "DURATION",
                  "how long backups are kept that do not say it"),
          .otherwise = "720h" },
        { OPT_ROW(OPTION_DURATION, ServerRequest, sync_period_ms, "backup-sync-period", "DURATION",
                  "how often a location is searched for backups that are not in the cluster"),
          .otherwise = "1m" },
        { OPT_ROW(OPTION_DURATION, ServerRequest, validation_frequency_ms, "store-validation-frequency",
                  "DURATION", "how often a location is tried"),
          .otherwise = "1m" },
        { OPT_ROW(OPTION_DURATION, ServerRequest, gc_frequency_ms, "garbage-collection-frequency", "DURATION",
                  "how often expired backups are looked for"),
          .otherwise = "60m" },
        { OPT_ROW(OPTION_BOOL, ServerRequest, schedule_skip_immediately, "schedule-skip-immediately", NULL,
                  "schedules that do not say it leave out the run that is due when they are made") },
        { OPT_ROW(OPTION_DURATION, ServerRequest, resource_timeout_ms, "resource-timeout", "DURATION",
                  "how long it is tried to write how a run ended"),
          .otherwise = "10m" },
        { OPT_ROW(OPTION_COUNT, ServerRequest, concurrent_backups, "concurrent-backups", "COUNT",
                  "backups at the same time, of different namespaces"),
          .otherwise = "1" },
        { OPT_ROW(OPTION_COUNT, ServerRequest, workers, "workers", "COUNT",
                  "lists read, or objects restored, at the same time"),
          .otherwise = "4" },
        { OPT_ROW(OPTION_COUNT, ServerRequest, hook_workers, "hook-workers", "COUNT",
                  "hooks at the same time on one node, at most"),
          .otherwise = "16" },
        OPT_MAX_FREEZE(ServerRequest),
        { OPT_ROW(OPTION_BOOL, ServerRequest, velero_hook_defaults, "velero-hook-defaults", NULL,
                  "a hook that does not say onError, or a pod's annotation that says it wrongly, counts as "
                  "Continue, as Velero's server carries it out, not as Fail, as its documentation says") },
        { OPT_ROW(OPTION_TEXT, ServerRequest, state, "state", "DIR",
                  "folder of the journal of frozen pods: a volume that outlives the process (default: it is "
                  "kept in the API server, in ConfigMaps of the namespace)") },
        { OPT_ROW(OPTION_TEXT, ServerRequest, identity, "identity", "NAME",
                  "who it is among several servers (default $POD_NAME, else the host's name, and a random "
                  "part)") },
        { OPT_ROW(OPTION_TEXT, ServerRequest, disabled_controllers, "disable-controllers", "NAMES",
                  "controllers that are not to run, separated by commas") },
        { OPT_ROW(OPTION_CHOICE, ServerRequest, log_level, "log-level", "debug|info|warning|error",
                  "lines of this level and above are printed; the stored logs of runs have info at least"),
          .otherwise = "info" },
        { OPT_ROW(OPTION_CHOICE, ServerRequest, log_format, "log-format", "text|json",
                  "format of the lines that are printed; the stored logs of runs are text"),
          .otherwise = "text" },
        OPT_GROUP(ServerRequest, order, order_flags, "Restores"),
        OPT_GROUP(ServerRequest, cluster, cluster_flags, "Cluster"),
        OPT_END,
};

static Str identity_of(const ServerRequest *flags, Arena *arena) {
        char host[256] = "grapnel";
        const char *pod = getenv("POD_NAME");
        uint32_t number = 0;

        if (flags->identity.len > 0)
                return flags->identity;
        (void) gethostname(host, sizeof(host) - 1);
        (void) !getrandom(&number, sizeof(number), 0);
        return str_of(arena_printf(arena, "%s_%08x", pod && pod[0] ? pod : host, number));
}

typedef struct Console {
        FILE *out;
        LogLevel level;
} Console;

static void print_line(void *user, Str line, const LogRecord *record) {
        const Console *console = user;

        if (record->level < console->level)
                return;
        (void) fwrite(line.ptr, 1, line.len, console->out);
        (void) fflush(console->out);
}

typedef struct ServerParts {
        Stop *stop;
        Signals *signals;
        Log *log;
        Cluster cluster;
} ServerParts;

static void parts_clear(ServerParts *parts) {
        cluster_clear(&parts->cluster);
        log_free(parts->log);
        signals_stop(parts->signals);
        stop_free(parts->stop);
}

static bool serve(Cli *cli, const ServerRequest *flags, const ServerOptions *server, Error *err) {
        AUTO(parts_clear) ServerParts parts = { .stop = stop_new() };
        Console console = { cli->out, server->log_level };

        parts.signals = signals_start(parts.stop, NULL, NULL);
        parts.log = log_new(server->log_format, server->log_level);
        log_add_sink(parts.log, print_line, &console);
        if (!cluster_open(cli, &flags->cluster, parts.stop, &parts.cluster, err))
                return false;
        log_info(parts.log,
                 FIELDS(FIELD("namespace", server->namespace), FIELD("identity", server->identity)),
                 "grapnel " GRAPNEL_VERSION " serves");
        return server_run(&(ServerWiring) { .options = server,
                                            .client = parts.cluster.client,
                                            .discovery = parts.cluster.discovery,
                                            .cluster_uid = parts.cluster.uid,
                                            .log = parts.log,
                                            .on_line = print_line,
                                            .on_line_user = &console,
                                            .stop = parts.stop },
                          err);
}

/* A misspelt name would leave running what was to stand still. */
static bool check_disabled(Cli *cli, Str disabled, Error *err) {
        Strs names = { 0 }, known = { 0 };

        for (size_t i = 0; controllers_all[i]; i++)
                strs_add(&known, cli->arena, str_of(controllers_all[i]->name));
        strs_split(disabled, ',', cli->arena, &names);
        for (size_t i = 0; i < names.len; i++) {
                if (strs_has(&known, names.items[i]))
                        continue;
                Str all = strs_join(&known, STR(", "), cli->arena);
                cli_set_hint(cli, "there are " STR_FMT, STR_ARG(all));
                return cli_usage(cli, err, "--disable-controllers: there is no controller \"" STR_FMT "\"",
                                 STR_ARG(names.items[i]));
        }
        return true;
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const ServerRequest *flags = request;
        ServerOptions server = {
                .namespace = flags->namespace,
                .identity = identity_of(flags, cli->arena),
                .metrics_address = flags->metrics_address,
                .download_address = flags->download_address,
                .download_host = flags->download_host,
                .default_location = flags->default_location,
                .default_ttl_ms = flags->default_ttl_ms,
                .sync_period_ms = flags->sync_period_ms,
                .validation_frequency_ms = flags->validation_frequency_ms,
                .gc_frequency_ms = flags->gc_frequency_ms,
                .resource_timeout_ms = flags->resource_timeout_ms,
                .concurrent_backups = flags->concurrent_backups,
                .workers = flags->workers,
                .hook_workers = flags->hook_workers,
                .page_size = flags->cluster.page_size,
                .max_freeze_ms = flags->max_freeze_ms,
                .restore_resource_priorities = flags->order.resource_priorities,
                .terminating_resource_timeout_ms = flags->order.terminating_resource_timeout_ms,
                .disabled_controllers = flags->disabled_controllers,
                .log_level = (LogLevel) flags->log_level,
                .log_format = (LogFormat) flags->log_format,
                .schedule_skip_immediately = flags->schedule_skip_immediately,
                .velero_hook_defaults = flags->velero_hook_defaults,
        };

        (void) line;
        if (flags->workers == 0 || flags->hook_workers == 0 || flags->concurrent_backups == 0)
                return cli_usage(cli, err,
                                 "--workers, --hook-workers and --concurrent-backups: 1 is the least");
        return check_disabled(cli, flags->disabled_controllers, err) &&
               order_flags_check(cli, &flags->order, err) &&
               (flags->state.len == 0 || state_folder(flags->state, cli->arena, &server.state, err)) &&
               serve(cli, flags, &server, err);
}

const Command cmd_server = {
        .name = "server",
        .arguments = "",
        .summary =
                "Carry out the Backups and Restores of the cluster (velero.io/v1), as Velero's server does",
        .details =
                "Backups and Restores are created with grapnel, velero, kubectl or GitOps; the server runs "
                "them, "
                "one leader at a time (Lease \"grapnel\" in its namespace). It runs in a pod or, with a "
                "kubeconfig, anywhere.\n\n"
                "What an earlier server left frozen is thawed first. SIGTERM thaws, records and ends.\n\n"
                "Exit codes: 0 asked to end, 1 it cannot go on (no custom resource definitions, no "
                "permission, "
                "the lease is lost), 64 the request is wrong.",
        .example = "# Serve namespace velero of the cluster of the current kubeconfig.\n"
                   "grapnel server",
        .options = options,
        .request_size = sizeof(ServerRequest),
        .run = run,
};
