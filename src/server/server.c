#include "server/server.h"

#include <poll.h>

#include "base/thread.h"
#include "base/trim.h"
#include "hooks/journal_cluster.h"
#include "kube/lease.h"
#include "server/controller.h"
#include "server/definitions.h"
#include "server/job.h"
#include "server/recover.h"
#include "server/runs.h"
#include "server/server_http.h"

enum { CACHES_TIMEOUT_MS = 2 * 60 * 1000, TRIM_EVERY_MS = 15 * 1000 };

typedef struct Life { /* of one server */
        const ServerWiring *wiring;
        Server server;
        Stop *ending; /* server.stop */
        Stop *lost;   /* server.lost */
        Stop *over;   /* ends the watcher */
        Thread watcher;
        Controllers *controllers;
        ServerHttp *http;
        Lease *lease;
} Life;

/* Whoever asks for the end, and for whatever reason, sets one Stop: that is what everything waits on. */
static void watch_for_end(void *user) {
        Life *life = user;
        struct pollfd waits[] = {
                { .fd = stop_fd(life->wiring->stop), .events = POLLIN },
                { .fd = stop_fd(life->lost), .events = POLLIN },
                { .fd = stop_fd(life->over), .events = POLLIN },
        };

        while (poll(waits, sizeof(waits) / sizeof(*waits), -1) < 0)
                continue; /* only EINTR is possible */
        if (stop_is_set(life->wiring->stop))
                log_info(life->server.log, NO_FIELDS, "Asked to end; what is frozen is thawed first");
        stop_set(life->ending);
        runs_stop_all(life->server.runs);
}

static void on_change(void *user, ServerKind kind, Str name) {
        Life *life = user;

        controllers_changed(life->controllers, kind, name);
}

static void on_problem(void *user, ServerKind kind, Str problem) {
        const Life *life = user;

        log_warn(life->server.log, FIELDS(FIELD("kind", str_of(kind_name(kind))), FIELD("error", problem)),
                 "Objects can't be watched; it will be tried again");
}

static void on_leader(void *user, Str identity) {
        const Life *life = user;
        bool is_self = str_equal(identity, life->wiring->options->identity);

        metrics_set(life->server.metrics, METRIC_LEADER, NULL, is_self ? 1 : 0);
        if (is_self)
                log_info(life->server.log, NO_FIELDS, "This server leads");
        else
                log_info(life->server.log, FIELDS(FIELD("leader", identity)),
                         "Another server leads; this one stands by");
}

static void open(Life *life) {
        const ServerWiring *wiring = life->wiring;
        const Str version = STR(GRAPNEL_VERSION);

        life->lost = stop_new();
        life->ending = stop_new_under(life->lost);
        life->over = stop_new();
        life->server = (Server) {
                .options = wiring->options,
                .client = wiring->client,
                .discovery = wiring->discovery,
                .stop = life->ending,
                .lost = life->lost,
                .runs = runs_new(life->lost),
                .log = wiring->log,
                .on_line = wiring->on_line,
                .on_line_user = wiring->on_line_user,
                .metrics = metrics_new(),
                .location_specs = seen_new(),
                .told = hash_set_new(),
                .recorder = kube_recorder_new(wiring->client, STR("grapnel"), wiring->options->identity),
                .cluster_uid = wiring->cluster_uid,
        };
        metrics_set(life->server.metrics, METRIC_BUILD_INFO, &version, 1);
        metrics_begin_schedule(life->server.metrics, STR(""));
        job_begin_metrics(life->server.metrics);
        life->controllers = controllers_new(&life->server);
        life->watcher = thread_start(watch_for_end, life);
}

/* The lease is given up last: until then nobody else may think that we have ended. */
static void life_clear(Life *life) {
        stop_set(life->over);
        thread_join(life->watcher);
        /* Reconciles and answers look into the caches, whose watches tell the controllers of changes. */
        controllers_stop(life->controllers);
        server_http_free(life->http);
        kinds_free(life->server.kinds);
        controllers_free(life->controllers);
        kube_recorder_free(life->server.recorder);
        journal_cluster_free(life->server.journals);
        lease_free(life->lease);
        runs_free(life->server.runs);
        metrics_free(life->server.metrics);
        seen_free(life->server.location_specs);
        hash_set_free(life->server.told);
        stop_free(life->over);
        stop_free(life->lost);
        stop_free(life->ending);
}

static bool stand_by(Life *life, Error *err) {
        const ServerOptions *options = life->wiring->options;
        const KindsOptions kinds = { .client = life->server.client,
                                     .discovery = life->server.discovery,
                                     .namespace = options->namespace,
                                     .stop = life->ending,
                                     .on_change = on_change,
                                     .on_problem = on_problem,
                                     .user = life };
        const LeaseOptions lease = { .client = life->server.client,
                                     .namespace = options->namespace,
                                     .name = STR("grapnel"),
                                     .identity = options->identity,
                                     .on_leader = on_leader,
                                     .user = life };

        return kinds_open(&kinds, &life->server.kinds, err) && definitions_check(&life->server, err) &&
               server_http_start(&life->server, &life->http, err) &&
               lease_acquire(&lease, life->lost, life->ending, &life->lease, err) &&
               kinds_wait(life->server.kinds, CACHES_TIMEOUT_MS, err);
}

static bool lead(Life *life, Error *err) {
        const JournalClusterOptions journals = { .client = life->server.client,
                                                 .namespace = life->wiring->options->namespace,
                                                 .fence = lease_fence(life->lease),
                                                 .lost = life->lost };

        life->server.journals = journal_cluster_new(&journals);
        if (!server_recover(&life->server, err))
                return false;
        server_http_set_ready(life->http);
        controllers_start(life->controllers);
        log_info(life->server.log, NO_FIELDS, "Controllers have started");
        while (stop_sleep_ms(life->ending, TRIM_EVERY_MS))
                if (runs_count(life->server.runs, RUN_BACKUP) + runs_count(life->server.runs, RUN_RESTORE) ==
                    0)
                        trim_memory();
        return true;
}

bool server_run(const ServerWiring *wiring, Error *err) {
        AUTO(error_clear) Error reason = { 0 };
        AUTO(life_clear) Life life = { .wiring = wiring };

        open(&life);
        bool has_led = stand_by(&life, &reason) && lead(&life, &reason);
        /* Whatever else went wrong followed from it. */
        if (stop_is_set(life.lost))
                return error_set(err, ERROR_UNAVAILABLE,
                                 "the lease \"grapnel\" in namespace \"" STR_FMT
                                 "\" was lost: another server may lead by now, so this one ends",
                                 STR_ARG(wiring->options->namespace));
        if (has_led || (reason.code == ERROR_CANCELED && stop_is_set(wiring->stop)))
                return true;
        return error_set(err, reason.code, "%s", reason.message);
}
