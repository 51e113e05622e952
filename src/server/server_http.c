#include "server/server_http.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/serve.h"
#include "server/change.h"
#include "server/download.h"
#include "server/download_tls.h"
#include "server/locations.h"
#include "server/objects.h"
#include "server/runs.h"
#include "store/layout.h"

struct ServerHttp {
        Server *server;
        atomic_bool leads;
        Serve *metrics, *downloads;
};

static void reply_text(ServeReply *reply, int status, const char *text) {
        reply->status = status;
        reply->content_type = "text/plain; charset=utf-8";
        buf_add(&reply->body, str_of(text));
        buf_add_char(&reply->body, '\n');
}

static size_t count(Kinds *kinds, ServerKind kind) {
        AUTO(arena_clear) Arena arena = { 0 };
        Strs names = { 0 };

        kinds_names(kinds, kind, &arena, &names);
        return names.len;
}

/* Also what an earlier server made: a restart does not forget the last good backup. */
static bool see_backup(void *metrics, JsonVal *backup) {
        AUTO(error_clear) Error reason = { 0 };
        JsonVal *status = json_get(backup, "status");
        Str schedule = object_schedule(backup);
        int64_t wall_ms, seconds;

        if (!str_equal(json_get_str(status, "phase"), STR("Completed")) ||
            !clock_parse_rfc3339(json_get_str(status, "completionTimestamp"), &wall_ms, &reason))
                return true;
        seconds = wall_ms / 1000;
        metrics_raise(metrics, METRIC_BACKUP_LAST_SUCCESSFUL_TIMESTAMP, &schedule, (double) seconds);
        return true;
}

static void answer_metrics(ServerHttp *http, ServeReply *reply) {
        const Str no_schedule = STR("");

        metrics_set(http->server->metrics, METRIC_BACKUP_TOTAL, NULL,
                    (double) count(http->server->kinds, KIND_BACKUP));
        metrics_set(http->server->metrics, METRIC_RESTORE_TOTAL, &no_schedule,
                    (double) count(http->server->kinds, KIND_RESTORE));
        kinds_each(http->server->kinds, KIND_BACKUP, see_backup, http->server->metrics);
        reply->status = 200;
        reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
        metrics_write(http->server->metrics, &reply->body);
}

static void answer_health(ServerHttp *http, ServeReply *reply) {
        (void) http;
        reply_text(reply, 200, "ok");
}

/* What it needs was there before this is served at all (kinds_open); a standby is as ready as a leader. */
static void answer_ready(ServerHttp *http, ServeReply *reply) {
        if (stop_is_set(http->server->stop))
                reply_text(reply, 503, "ending");
        else
                reply_text(reply, 200, atomic_load(&http->leads) ? "leading" : "standing by");
}

static void answer_plain(void *user, const ServeRequest *request, ServeReply *reply) {
        static const struct {
                const char *path;
                void (*answer)(ServerHttp *http, ServeReply *reply);
        } routes[] = {
                { "/metrics", answer_metrics },
                { "/healthz", answer_health },
                { "/readyz", answer_ready },
        };

        for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++)
                if (str_equal(request->path, str_of(routes[i].path))) {
                        routes[i].answer(user, reply);
                        return;
                }
        reply_text(reply, 404, "there are /metrics, /healthz and /readyz");
}

typedef struct Transfer { /* one download on its way */
        Server *server;
        Str request; /* its name */
        Arena arena;
        OpenLocation location;
        StoreReader *file; /* or */
        RunLogReader *live;
        bool is_whole; /* its end was reached */
} Transfer;

static bool transfer_read(void *user, void *into, size_t size, size_t *ret_size, Error *err) {
        Transfer *transfer = user;
        bool is_good = transfer->live ? run_log_read(transfer->live, into, size, ret_size, err)
                                      : store_read(transfer->file, into, size, ret_size, err);

        transfer->is_whole = is_good && *ret_size == 0;
        return is_good;
}

/* The path counts for one whole transfer; one that broke may begin anew. */
static void use_up(const Transfer *transfer) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(change_clear) Change change = { 0 };

        change_annotation(&change, DOWNLOAD_PATH_ANNOTATION, STR(""));
        if (!objects_patch(transfer->server, KIND_DOWNLOAD_REQUEST, transfer->request, change.root, NULL,
                           &err) &&
            err.code != ERROR_NOT_FOUND)
                log_warn(transfer->server->log,
                         FIELDS(FIELD("name", transfer->request), FIELD("error", str_of(err.message))),
                         "The token of a download could not be taken back");
}

static void transfer_free(Transfer *transfer) {
        if (!transfer)
                return;
        if (transfer->live)
                run_log_close(transfer->live);
        store_reader_free(transfer->file);
        open_location_clear(&transfer->location);
        arena_clear(&transfer->arena);
        free(transfer);
}
DEFINE_AUTO(Transfer, transfer_free)

static void transfer_close(void *user) {
        Transfer *transfer = user;

        if (transfer->is_whole)
                use_up(transfer);
        transfer_free(transfer);
}

static bool open_transfer(Transfer *transfer, const DownloadTarget *target, Error *err) {
        Server *server = transfer->server;

        if (target->is_live)
                transfer->live = runs_read_log(server->runs, target->is_restore ? RUN_RESTORE : RUN_BACKUP,
                                               target->name);
        if (transfer->live)
                return true;
        return location_open(server, target->location, server->stop, &transfer->location, err) &&
               store_read_begin(transfer->location.store, target->key, &transfer->file, err);
}

static void send(ServerHttp *http, JsonVal *request, ServeReply *reply) {
        AUTO(transfer_freep) Transfer *transfer = xnew0(Transfer);
        AUTO(error_clear) Error err = { 0 };
        DownloadTarget target = { 0 };

        transfer->server = http->server;
        transfer->request = arena_copy(&transfer->arena, object_name(request));
        if (!download_find(http->server, request, &transfer->arena, &target, &err) ||
            !open_transfer(transfer, &target, &err)) {
                /* The log of a run that is on is where it runs: the one that leads has it, maybe the next that is asked. */
                bool is_absent = atomic_load(&http->leads) &&
                                 (err.code == ERROR_INVALID || err.code == ERROR_NOT_FOUND);

                reply_text(reply, is_absent ? 404 : 503, err.message);
                return;
        }
        reply->status = 200;
        reply->content_type = transfer->live ? "text/plain; charset=utf-8" : "application/octet-stream";
        reply->read = transfer_read;
        reply->close = transfer_close;
        reply->user = TAKE(transfer);
}

static void answer_download(void *user, const ServeRequest *request, ServeReply *reply) {
        ServerHttp *http = user;
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;
        const char *token = request->query(request->request, "token");
        Str name = request->path;

        if (!str_starts_with(name, STR(DOWNLOAD_PREFIX))) {
                reply_text(reply, 404, "there is " DOWNLOAD_PREFIX "NAME?token=TOKEN");
                return;
        }
        name = str_skip(name, sizeof(DOWNLOAD_PREFIX) - 1);
        if (!layout_check_name(name, &err)) {
                reply_text(reply, 404, "that is no name of a DownloadRequest");
                return;
        }
        if (!objects_get(http->server, KIND_DOWNLOAD_REQUEST, name, &doc, &err) &&
            err.code != ERROR_NOT_FOUND)
                reply_text(reply, 503, "the API server can't be asked; try again");
        else if (!doc || !download_is_allowed(yyjson_doc_get_root(doc), str_of(token ? token : ""),
                                              server_now_ms(http->server)))
                /* The same words for a request that does not exist: nobody learns names here. */
                reply_text(reply, 403,
                           "the token is wrong, has expired or was used: make a new DownloadRequest");
        else
                send(http, yyjson_doc_get_root(doc), reply);
}

static bool serve_downloads(ServerHttp *http, Error *err) {
        AUTO(buf_clear) Buf cert = { 0 };
        AUTO(secret_clear) Secret key = { 0 };
        const ServerOptions *options = http->server->options;

        if (options->download_address.len == 0)
                return true;
        if (!download_tls(http->server, &cert, &key, err))
                return false;
        return serve_start(&(ServeOptions) { .address = options->download_address,
                                             .cert_pem = buf_str(&cert),
                                             .key_pem = &key,
                                             .handle = answer_download,
                                             .user = http },
                           &http->downloads, err) ||
               error_prefix(err, "serve downloads");
}

static bool serve_plain(ServerHttp *http, Error *err) {
        const ServerOptions *options = http->server->options;

        return options->metrics_address.len == 0 ||
               serve_start(&(ServeOptions) { .address = options->metrics_address,
                                             .handle = answer_plain,
                                             .user = http },
                           &http->metrics, err) ||
               error_prefix(err, "serve metrics");
}

bool server_http_start(Server *server, ServerHttp **ret_http, Error *err) {
        AUTO(server_http_freep) ServerHttp *http = xnew0(ServerHttp);

        http->server = server;
        if (!serve_plain(http, err) || !serve_downloads(http, err))
                return false;
        *ret_http = TAKE(http);
        return true;
}

void server_http_set_ready(ServerHttp *http) {
        atomic_store(&http->leads, true);
}

void server_http_free(ServerHttp *http) {
        if (!http)
                return;
        serve_free(http->downloads);
        serve_free(http->metrics);
        free(http);
}
