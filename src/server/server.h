/* server.h - what every controller is given, and the life of the server.
 *
 * Life: connect → Velero's CRDs are there → lead (Lease "grapnel") → thaw and record what an earlier leader left →
 * controllers until `stop` → runs end (thawed first), recorded → lease given up.
 * Controllers share nothing but this; objects of the cluster are the state.  Source: design.md 1, 6, 7. */
#pragma once
#include "base/hashset.h"
#include "base/log.h"
#include "kube/recorder.h"
#include "kube/resource.h"
#include "server/kinds.h"
#include "server/metrics.h"
#include "server/options.h"
#include "server/seen.h"

typedef struct Runs Runs;
typedef struct JournalCluster JournalCluster;

typedef struct Server {
        const ServerOptions *options;
        KubeClient *client;
        const Discovery *discovery; /* as at the start: our own kinds and those that never change */
        const Stop *stop;           /* asked to end, or the lease is lost: begin nothing new */
        const Stop *lost;           /* the lease is lost: write nothing at all */
        Kinds *kinds;
        Runs *runs;
        JournalCluster *journals; /* of frozen pods; there once this server leads */
        Log *log;
        LogSink on_line; /* where the lines of runs go too, in options->log_format; may be NULL */
        void *on_line_user;
        Metrics *metrics;
        KubeRecorder *recorder;
        Str cluster_uid;      /* of namespace kube-system */
        Seen *location_specs; /* by UID: what was validated last */
        HashSet *told;        /* what was said once and is not to be said again (server_is_news) */
} Server;

int64_t server_now_ms(const Server *server); /* wall time, by the clock of the options */
/* True the first time that this process asks for these words: what is wrong for long is said once. */
bool server_is_news(const Server *server, const char *topic, Str about, Str what);

typedef struct ServerWiring { /* what main's command has opened; lives as long as the server */
        const ServerOptions *options;
        KubeClient *client;
        const Discovery *discovery;
        Str cluster_uid;
        Log *log; /* the server's own */
        LogSink on_line;
        void *on_line_user;
        const Stop *stop;
} ServerWiring;

/* Returns when stopped (true) or when it cannot go on: no CRDs, no permission, lease lost. */
bool server_run(const ServerWiring *wiring, Error *err) MUST_CHECK;
