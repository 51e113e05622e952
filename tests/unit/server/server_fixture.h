/* server_fixture.h - a Server on an ObjectCluster, whose controllers are called one look at a time.
 *
 * Time is the fixture's: `now_ms`, which only the test moves. */
#pragma once
#include "hooks/journal_cluster.h"
#include "object_cluster.h"
#include "server/controllers.h"
#include "server/objects.h"
#include "server/runs.h"

typedef struct ServerFixture {
        ObjectCluster cluster;
        ServerOptions options;
        int64_t now_ms;
        Stop *stop, *lost;
        Buf log; /* its lines */
        Server server;
} ServerFixture;

static inline int64_t fixture_wall_ms(void *user) {
        const ServerFixture *f = user;

        return f->now_ms;
}

static inline void fixture_log(void *user, Str line, const LogRecord *record) {
        ServerFixture *f = user;

        (void) record;
        buf_add(&f->log, line);
}

/* The log has it in a line. */
static inline bool fixture_said(const ServerFixture *f, const char *text) {
        return f->log.len > 0 && memmem(f->log.ptr, f->log.len, text, strlen(text));
}

static inline void fixture_on_change(void *user, ServerKind kind, Str name) {
        (void) user;
        (void) kind;
        (void) name;
}

static inline void fixture_on_problem(void *user, ServerKind kind, Str problem) {
        (void) user;
        (void) kind;
        print_message(STR_FMT "\n", STR_ARG(problem));
}

/* As the leader with that number has them. */
static inline JournalCluster *fixture_journals(ServerFixture *f, int64_t fence) {
        return journal_cluster_new(&(JournalClusterOptions) {
                .client = f->cluster.client, .namespace = STR("velero"), .fence = fence, .lost = f->lost });
}

/* `start` is RFC 3339. */
static inline void fixture_open(ServerFixture *f, const char *start) {
        AUTO(error_clear) Error err = { 0 };

        CHECK(clock_parse_rfc3339(str_of(start), &f->now_ms, &err));
        f->cluster.now_ms = f->now_ms;
        cluster_open(&f->cluster);
        f->options = (ServerOptions) {
                .namespace = STR("velero"),
                .identity = STR("test"),
                .default_ttl_ms = INT64_C(720) * 3600 * 1000,
                .sync_period_ms = 60 * 1000,
                .validation_frequency_ms = 60 * 1000,
                .gc_frequency_ms = 3600 * 1000,
                .resource_timeout_ms = 5 * 1000,
                .concurrent_backups = 1,
                .log_level = LOG_INFO,
                .wall_ms = fixture_wall_ms,
                .clock = f,
        };
        f->stop = stop_new();
        f->lost = stop_new();
        f->server = (Server) {
                .options = &f->options,
                .client = f->cluster.client,
                .discovery = f->cluster.discovery,
                .stop = f->stop,
                .lost = f->lost,
                .runs = runs_new(NULL),
                .log = log_new(LOG_TEXT, LOG_INFO),
                .metrics = metrics_new(),
                .location_specs = seen_new(),
                .told = hash_set_new(),
                .cluster_uid = STR("cluster-uid"),
        };
        log_add_sink(f->server.log, fixture_log, f);
        f->server.journals = fixture_journals(f, 1);
        const KindsOptions kinds = {
                .client = f->cluster.client,
                .discovery = f->cluster.discovery,
                .namespace = f->options.namespace,
                .stop = f->stop,
                .on_change = fixture_on_change,
                .on_problem = fixture_on_problem,
                .user = f,
        };
        if (!kinds_open(&kinds, &f->server.kinds, &err) || !kinds_wait(f->server.kinds, 10 * 1000, &err))
                fail_msg("%s", err.message);
}

static inline void fixture_clear(ServerFixture *f) {
        stop_set(f->stop);
        journal_cluster_free(f->server.journals);
        kinds_free(f->server.kinds);
        runs_free(f->server.runs);
        metrics_free(f->server.metrics);
        seen_free(f->server.location_specs);
        hash_set_free(f->server.told);
        log_free(f->server.log);
        cluster_clear(&f->cluster);
        stop_free(f->lost);
        stop_free(f->stop);
        buf_clear(&f->log);
}

/* The cache has what the cluster has: the same objects in the same versions. */
static inline bool fixture_is_settled(ServerFixture *f, ServerKind kind, Arena *arena) {
        Str folder = kube_resource_path(kinds_resource(f->server.kinds, kind), f->options.namespace, STR(""),
                                        arena);
        Strs names = { 0 };
        size_t count = 0;
        bool is_same = true;

        kinds_names(f->server.kinds, kind, arena, &names);
        mutex_lock(&f->cluster.lock);
        for (size_t i = 0; i < f->cluster.len; i++) {
                const KeptObject *object = &f->cluster.objects[i];

                if (!object->doc || !str_equal(str_of(object->folder), folder))
                        continue;
                AUTO_JSON *cached = kinds_get(f->server.kinds, kind, str_of(object->name));
                count++;
                is_same = is_same && cached &&
                          str_equal(json_str(json_at(yyjson_doc_get_root(cached), "metadata",
                                                     "resourceVersion")),
                                    json_str(json_at(yyjson_doc_get_root(object->doc), "metadata",
                                                     "resourceVersion")));
        }
        mutex_unlock(&f->cluster.lock);
        return is_same && count == names.len;
}

static inline void fixture_settle(ServerFixture *f) {
        int64_t deadline_ms = clock_ms() + 10 * 1000;

        for (int kind = 0; kind < KIND_COUNT; kind++) {
                AUTO(arena_clear) Arena arena = { 0 };

                while (!fixture_is_settled(f, (ServerKind) kind, &arena)) {
                        if (clock_ms() > deadline_ms)
                                fail_msg("the cache of %s does not follow", kind_name((ServerKind) kind));
                        stop_sleep_ms(NULL, 2);
                }
        }
}

/* One look with caches that are up to date; *ret_again_ms may be NULL. */
static inline bool fixture_try(ServerFixture *f, const Controller *controller, const char *name,
                               int64_t *ret_again_ms, Error *err) {
        int64_t again_ms = 0;

        fixture_settle(f);
        f->cluster.now_ms = f->now_ms;
        bool is_good = controller->reconcile(&f->server, str_of(name), &again_ms, err);
        if (ret_again_ms)
                *ret_again_ms = again_ms;
        return is_good;
}

static inline int64_t fixture_look(ServerFixture *f, const Controller *controller, const char *name) {
        AUTO(error_clear) Error err = { 0 };
        int64_t again_ms;

        if (!fixture_try(f, controller, name, &again_ms, &err))
                fail_msg("%s", err.message);
        return again_ms;
}

/* One look, and the Events that it wrote: "Backup b1 FailedValidation: the message", a line each. */
static inline Str fixture_events(ServerFixture *f, const Controller *controller, const char *name,
                                 Arena *arena) {
        static const char events[] = "/api/v1/namespaces/velero/events";
        AUTO(buf_clear) Buf lines = { 0 };
        Strs names = { 0 };

        f->server.recorder = kube_recorder_new(f->cluster.client, STR("grapnel"), STR("test"));
        fixture_look(f, controller, name);
        kube_recorder_free(TAKE(f->server.recorder));
        strs_split(cluster_names(&f->cluster, events, arena), ' ', arena, &names);
        for (size_t i = 0; i < names.len; i++) {
                AUTO_JSON *doc = cluster_get(
                        &f->cluster, arena_printf(arena, "%s/" STR_FMT, events, STR_ARG(names.items[i])));
                JsonVal *event = yyjson_doc_get_root(doc), *about = json_get(event, "involvedObject");

                buf_printf(&lines, "%s" STR_FMT " " STR_FMT " " STR_FMT ": " STR_FMT, i > 0 ? "\n" : "",
                           STR_ARG(json_get_str(about, "kind")), STR_ARG(json_get_str(about, "name")),
                           STR_ARG(json_get_str(event, "reason")), STR_ARG(json_get_str(event, "message")));
        }
        return arena_copy(arena, buf_str(&lines));
}

/* A text of an object: fixture_text(f, IN_VELERO "backups/b1", &arena, "status", "phase"); "(absent)". */
#define fixture_text(f, path, arena, ...)                                                                    \
        fixture_text_at(f, path, arena, (const char *const[]) { __VA_ARGS__, NULL })
static inline Str fixture_text_at(ServerFixture *f, const char *path, Arena *arena, const char *const *keys) {
        AUTO_JSON *doc = cluster_get(&f->cluster, path);
        AUTO(buf_clear) Buf text = { 0 };
        JsonVal *value = json_at_keys(yyjson_doc_get_root(doc), keys);

        if (!value)
                return STR("(absent)");
        if (yyjson_is_str(value))
                return arena_copy(arena, json_str(value));
        json_write(value, &text);
        return arena_copy(arena, buf_str(&text));
}
