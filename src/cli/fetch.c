#include "cli/fetch.h"

#include "api/location.h"
#include "base/clock.h"
#include "base/read_file.h"
#include "kube/object.h"
#include "kube/secret_value.h"
#include "net/http.h"
#include "net/url.h"
#include "server/download.h"

enum { POLL_MS = 50, CA_FILE_LIMIT = 1024 * 1024, SHOWN_BODY = 200 };

const Option fetch_flags[] = {
        { OPT_ROW(OPTION_TEXT, FetchFlags, ca_file, "cacert", "FILE",
                  "PEM certificates to trust for downloads (default those of the backup's location)") },
        { OPT_ROW(OPTION_BOOL, FetchFlags, insecure, "insecure-skip-tls-verify", NULL,
                  "trust any certificate for downloads: anybody on the way can read and change them") },
        { OPT_ROW(OPTION_DURATION, FetchFlags, timeout_ms, "timeout", "DURATION",
                  "how long to wait for the server's answer, and for the next bytes"),
          .otherwise = "1m" },
        OPT_END,
};

typedef struct Offer { /* a server's answer */
        Str request;   /* name of the DownloadRequest */
        Str url;       /* a secret, as it holds a token or a signature */
        Str path;      /* the same of a server of ours, for the proxy */
} Offer;

static bool create_request(Cli *cli, const Fetcher *fetcher, const FetchedFile *what, Offer *offer,
                           Error *err) {
        const Velero *velero = fetcher->velero;
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        AUTO_JSON *created = NULL;
        AUTO(buf_clear) Buf body = { 0 };
        JsonMutVal *root = yyjson_mut_obj(doc), *metadata = json_mut_object(doc, root, "metadata");
        JsonMutVal *target = json_mut_object(doc, json_mut_object(doc, root, "spec"), "target");
        Str name = object_name(what->object);
        const KubeResource *resource;

        json_put_str(doc, root, "apiVersion", STR("velero.io/v1"));
        json_put_str(doc, root, "kind", STR("DownloadRequest"));
        json_put_str(doc, metadata, "generateName",
                     str_of(arena_printf(cli->arena, STR_FMT "-", STR_ARG(name))));
        json_put_str(doc, metadata, "namespace", velero->namespace);
        if (what->file == RUN_FILE_HOOKS)
                json_put_str(doc, json_mut_object(doc, metadata, "annotations"), DOWNLOAD_FILE_ANNOTATION,
                             STR("hooks"));
        json_put_str(doc, target, "kind", str_of(run_file_target(what->kind, what->file)));
        json_put_str(doc, target, "name", name);
        json_write_mut(root, &body);
        if (!velero_resource(cli, velero, "DownloadRequest", &resource, err) ||
            !kube_create(velero->cluster.client, resource, velero->namespace, buf_str(&body), velero->stop,
                         &created, err))
                return false;
        offer->request = arena_copy(cli->arena, object_name(yyjson_doc_get_root(created)));
        return true;
}

/* Left-overs are deleted by the server in the end. */
static void delete_request(Cli *cli, const Fetcher *fetcher, const Offer *offer) {
        const Velero *velero = fetcher->velero;
        AUTO(error_clear) Error ignored = { 0 };
        KubeObject which = { .namespace = velero->namespace, .name = offer->request };

        if (velero_resource(cli, velero, "DownloadRequest", &which.resource, &ignored))
                (void) !kube_delete(velero->cluster.client, &which, velero->stop, &ignored);
}

/* False with err set: refused. */
static bool read_answer(JsonVal *request, Arena *arena, Offer *offer, bool *ret_is_answered, Error *err) {
        JsonVal *status = json_get(request, "status"), *annotations = object_annotations(request);
        Str message = json_get_str(annotations, DOWNLOAD_MESSAGE_ANNOTATION);
        bool has_failed = str_equal(json_get_str(status, "phase"), STR("Failed"));

        if (has_failed && message.len == 0)
                message = json_get_str(status, "message");
        if (has_failed || message.len)
                return error_set(err, ERROR_NOT_FOUND, STR_FMT, STR_ARG(message));
        offer->url = arena_copy(arena, json_get_str(status, "downloadURL"));
        offer->path = arena_copy(arena, json_get_str(annotations, DOWNLOAD_PATH_ANNOTATION));
        *ret_is_answered = offer->url.len > 0;
        return true;
}

/* For this file and all others. */
static bool fail_for_good(Cli *cli, Fetcher *fetcher, ErrorCode code, const char *message, Error *err) {
        fetcher->failure = arena_copy(cli->arena, str_of(message));
        return error_set(err, code, "%s", fetcher->failure.ptr);
}

static bool no_answer(Cli *cli, Fetcher *fetcher, Error *err) {
        cli_set_hint(cli,
                     "is a server running in namespace \"" STR_FMT
                     "\", and is the backup's location available? (\"grapnel backup-location get\")",
                     STR_ARG(fetcher->velero->namespace));
        return fail_for_good(cli, fetcher, ERROR_TIMEOUT, "no server answered the request for a download",
                             err);
}

static bool wait_for_answer(Cli *cli, Fetcher *fetcher, Offer *offer, Error *err) {
        const Velero *velero = fetcher->velero;
        int64_t deadline_ms = clock_ms() + fetcher->flags->timeout_ms;
        const KubeResource *resource;
        bool is_answered = false;

        if (!velero_resource(cli, velero, "DownloadRequest", &resource, err))
                return false;
        while (!is_answered) {
                AUTO_JSON *doc = NULL;

                if (clock_ms() >= deadline_ms)
                        return no_answer(cli, fetcher, err);
                if (!stop_sleep_ms(velero->stop, POLL_MS))
                        return stop_check(velero->stop, err);
                if (!kube_get(velero->cluster.client, resource, velero->namespace, offer->request,
                              velero->stop, &doc, err) ||
                    !read_answer(yyjson_doc_get_root(doc), cli->arena, offer, &is_answered, err))
                        return false;
        }
        return true;
}

/* The location that the backup is in, of a restore that of its backup; empty when it can't be told. */
static Str location_of(Cli *cli, const Fetcher *fetcher, const FetchedFile *what) {
        AUTO_JSON *backup = NULL;
        AUTO(error_clear) Error ignored = { 0 };
        JsonVal *spec = json_get(what->object, "spec");

        if (what->kind == CATALOG_BACKUPS)
                return json_get_str(spec, "storageLocation");
        if (!velero_get(cli, fetcher->velero, "Backup", json_get_str(spec, "backupName"), &backup, &ignored))
                return STR("");
        return arena_copy(cli->arena,
                          json_str(json_at(yyjson_doc_get_root(backup), "spec", "storageLocation")));
}

static Str secret_value(Cli *cli, const Velero *velero, Str name, Str key, Error *err) {
        const KubeSecretKey which = { velero->namespace, name, key };
        AUTO(secret_clear) Secret value = { 0 };

        return kube_secret_value(velero->cluster.client, &which, velero->stop, &value, err)
                       ? arena_copy(cli->arena, secret_reveal(&value))
                       : STR("");
}

/* Of the location; without them the system's alone count, and then the download says what is wrong. */
static Str location_roots(Cli *cli, const Velero *velero, Str location_name) {
        AUTO_JSON *doc = NULL;
        AUTO(error_clear) Error ignored = { 0 };
        Faults faults = { .arena = cli->arena };

        if (location_name.len == 0 ||
            !velero_get(cli, velero, "BackupStorageLocation", location_name, &doc, &ignored))
                return STR("");

        Location location = location_decode(yyjson_doc_get_root(doc), cli->arena, &faults);
        if (location.ca_secret_name.len)
                return secret_value(cli, velero, location.ca_secret_name, location.ca_secret_key, &ignored);
        return arena_copy(cli->arena, location.ca_pem);
}

static bool find_roots(Cli *cli, Fetcher *fetcher, const FetchedFile *what, Str *ret_pem, Error *err) {
        Str hint = cli->hint; /* a location that is not there is no fault of the user's */

        if (fetcher->flags->ca_file.len) {
                AUTO(buf_clear) Buf text = { .limit = CA_FILE_LIMIT };

                if (!read_file(fetcher->flags->ca_file, &text, err))
                        return error_prefix(err, "--cacert");
                *ret_pem = arena_copy(cli->arena, buf_str(&text));
                return true;
        }

        Str location = location_of(cli, fetcher, what);
        if (!fetcher->has_roots || !str_equal(location, fetcher->roots_location)) {
                fetcher->roots_pem = location_roots(cli, fetcher->velero, location);
                fetcher->roots_location = arena_copy(cli->arena, location);
                fetcher->has_roots = true;
        }
        cli->hint = hint;
        *ret_pem = fetcher->roots_pem;
        return true;
}

typedef struct Taking { /* passes bytes on, and remembers that there were some */
        FetchSink sink;
        void *user;
        bool has_begun;
} Taking;

static bool take(void *user, Str bytes, Error *err) {
        Taking *taking = user;

        taking->has_begun = true;
        return taking->sink(taking->user, bytes, err);
}

static bool bad_reply(const HttpReply *reply, Str address, Error *err) {
        Str body = buf_str(&reply->body);

        if (reply->status == 404)
                return error_set(err, ERROR_NOT_FOUND, "the file is not there");
        body.len = body.len > SHOWN_BODY ? SHOWN_BODY : body.len;
        body = str_trim(body);
        return error_set(err, ERROR_INVALID, STR_FMT " answered %d: " STR_FMT, STR_ARG(address),
                         reply->status, STR_ARG(body));
}

/* Its text is a secret, so what is wrong with it is not told. */
static bool parse_offer(const Offer *offer, Url *ret_url, Error *err) {
        AUTO(error_clear) Error untold = { 0 };

        return url_parse(offer->url, ret_url, &untold) ||
               error_set(err, ERROR_INVALID, "the server's answer is no URL");
}

/* *ret_reached: the other side answered, so that another way would not help. */
static bool get_directly(Cli *cli, Fetcher *fetcher, const FetchedFile *what, const Offer *offer,
                         Taking *taking, bool *ret_reached, Error *err) {
        AUTO(http_client_freep) HttpClient *client = NULL;
        AUTO(http_reply_clear) HttpReply reply = { 0 };
        HttpOptions options = { .insecure_skip_verify = fetcher->flags->insecure,
                                .system_roots = true,
                                .user_agent = STR("grapnel/" GRAPNEL_VERSION) };
        HttpRequest request = { .method = "GET", .on_bytes = take, .user = taking };
        Url url;

        *ret_reached = true;
        request.idle_timeout_ms = what->is_live ? 0 : fetcher->flags->timeout_ms;
        if (!parse_offer(offer, &url, err))
                return false;
        options.base_url = (Str) { offer->url.ptr, offer->url.len - url.target.len };
        request.path = url.path.len ? url.target
                                    : str_of(arena_printf(cli->arena, "/" STR_FMT, STR_ARG(url.target)));
        if (!find_roots(cli, fetcher, what, &options.ca_pem, err) || !http_client_new(&options, &client, err))
                return false;
        if (!http_perform(client, &request, fetcher->velero->stop, &reply, err)) {
                *ret_reached = taking->has_begun || err->code == ERROR_CANCELED;
                return false;
        }
        *ret_reached = reply.status != 503;
        return reply.status == 200 || bad_reply(&reply, options.base_url, err);
}

/* The Service is told by the URL, as the server knows itself: HOST.NAMESPACE.svc:PORT. */
static bool get_through_api(Cli *cli, const Fetcher *fetcher, const FetchedFile *what, const Offer *offer,
                            Taking *taking, Error *err) {
        const Velero *velero = fetcher->velero;
        Str service = STR("grapnel"), rest;
        Url url;

        if (!parse_offer(offer, &url, err))
                return false;
        rest = url.host;
        if (memmem(url.host.ptr, url.host.len, ".svc", 4))
                (void) str_cut(&rest, '.', &service);

        const char *path = arena_printf(
                cli->arena, "/api/v1/namespaces/" STR_FMT "/services/https:" STR_FMT ":%u/proxy" STR_FMT,
                STR_ARG(velero->namespace), STR_ARG(service), url.port, STR_ARG(offer->path));
        const char *about = arena_printf(
                cli->arena, "get through the API server from service \"" STR_FMT "\"", STR_ARG(service));
        const KubeCall call = {
                .method = "GET", .path = str_of(path), .accept = "*/*", .about = str_of(about)
        };
        return kube_stream(velero->cluster.client, &call, what->is_live ? 0 : fetcher->flags->timeout_ms,
                           take, taking, velero->stop, err);
}

static bool both_failed(Cli *cli, Fetcher *fetcher, const Error *direct, Error *err) {
        const char *text = arena_printf(cli->arena, "%s; and %s", direct->message, err->message);

        error_clear(err);
        return fail_for_good(cli, fetcher, direct->code, text, err);
}

static bool get(Cli *cli, Fetcher *fetcher, const FetchedFile *what, const Offer *offer, Taking *taking,
                Error *err) {
        AUTO(error_clear) Error direct = { 0 };
        bool reached;

        if (fetcher->uses_proxy && offer->path.len)
                return get_through_api(cli, fetcher, what, offer, taking, err);
        if (get_directly(cli, fetcher, what, offer, taking, &reached, &direct))
                return true;
        if (reached || offer->path.len == 0)
                return error_set(err, direct.code, "%s", direct.message);
        if (!get_through_api(cli, fetcher, what, offer, taking, err))
                return both_failed(cli, fetcher, &direct, err);
        fetcher->uses_proxy = true;
        return true;
}

bool fetch_file(Cli *cli, Fetcher *fetcher, const FetchedFile *what, FetchSink sink, void *user, Error *err) {
        Taking taking = { .sink = sink, .user = user };
        Offer offer = { 0 };

        if (fetcher->failure.len)
                return error_set(err, ERROR_UNAVAILABLE, "%s", fetcher->failure.ptr);
        if (!create_request(cli, fetcher, what, &offer, err))
                return false;

        bool is_done = wait_for_answer(cli, fetcher, &offer, err);
        /* Another server than ours does not know the annotation and would give another file. */
        if (is_done && what->file == RUN_FILE_HOOKS && offer.path.len == 0)
                is_done = error_set(err, ERROR_NOT_FOUND, "the server keeps no results of hooks");
        is_done = is_done && get(cli, fetcher, what, &offer, &taking, err);
        delete_request(cli, fetcher, &offer);
        return is_done;
}
