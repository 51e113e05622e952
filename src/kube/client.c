#include "kube/client.h"

#include "base/clock.h"
#include "base/mem.h"
#include "kube/client_internal.h"
#include "kube/status.h"

enum {
        /* A 500 is mostly a fault that stays (a webhook that is gone); waiting out the deadline for each of a
         * thousand objects would not mend it.  429, 502, 503, 504 and broken connections last the deadline. */
        INTERNAL_ERROR_TRIES = 5,
        STREAM_TRIES = 8,             /* about 10 s in all, with the pauses of backoff.h */
        LAST_TRY_MS = 500,            /* with less time than this left it is over */
        SHORT_TIMEOUT_MS = 20 * 1000, /* below it one attempt may take all the time there is */
};

HttpHeader *kube_headers(const KubeClient *client, size_t room, Arena *arena, size_t *ret_count) {
        const HttpHeader *ours = credentials_headers(client->link->credentials, ret_count);
        HttpHeader *headers = arena_alloc(arena, (*ret_count + room + 1) * sizeof(*headers));

        for (size_t i = 0; i < *ret_count; i++)
                headers[i] = ours[i];
        return headers;
}

static void pass_warning_on(KubeLink *link, Str text) {
        if (hash_set_len(link->warnings_seen) >= WARNINGS_MAX || !hash_set_add(link->warnings_seen, &text, 1))
                return;
        mutex_lock(&link->warning_lock);
        if (link->on_warning != NULL)
                link->on_warning(link->on_warning_user, text);
        mutex_unlock(&link->warning_lock);
}

/* Keeps `http` when the certificate and the authorities in it are those that count now. */
static bool renew_http(KubeLink *link, Error *err) THREAD_ANNOTATION(requires_capability(link->http_lock)) {
        AUTO(renewed_tls_clear) RenewedTls fresh = { .number = link->tls };
        HttpClient *http;
        HttpOptions options = link->options;

        if (!credentials_tls(link->credentials, &fresh) && link->http != NULL)
                return true;
        if (!secret_is_empty(&fresh.cert_pem)) {
                options.client_cert_pem = secret_reveal(&fresh.cert_pem);
                options.client_key_pem = fresh.key_pem;
        }
        if (fresh.ca_pem.len > 0)
                options.ca_pem = buf_str(&fresh.ca_pem);
        if (!http_client_new(&options, &http, err))
                return false;
        http_client_free(link->http);
        link->http = http;
        link->tls = fresh.number;
        return true;
}

bool kube_connect(KubeLink *link, const Stop *stop, HttpClient **ret_http, Secret *ret_bearer, Error *err) {
        if (!credentials_bearer(link->credentials, stop, ret_bearer, err))
                return false;
        mutex_lock(&link->http_lock);
        bool ok = renew_http(link, err);
        if (ok)
                *ret_http = http_client_ref(link->http);
        mutex_unlock(&link->http_lock);
        return ok;
}

bool kube_exchange(KubeClient *client, const KubeExchange *exchange, const Stop *stop, HttpReply *ret_reply,
                   Error *err) {
        const KubeCall *call = exchange->call;
        KubeLink *link = client->link;
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(secret_clear) Secret bearer = { 0 };
        AUTO(http_client_freep) HttpClient *http = NULL;
        HttpRequest request = { .method = call->method,
                                .path = call->path,
                                .body = call->body,
                                .timeout_ms = exchange->timeout_ms,
                                .idle_timeout_ms = exchange->silence_ms,
                                .body_limit = ERROR_BODY_LIMIT,
                                .on_bytes = exchange->on_bytes,
                                .user = exchange->user };
        HttpHeader *headers = kube_headers(client, 2, &arena, &request.header_count);

        headers[request.header_count++] =
                (HttpHeader) { "Accept", str_of(call->accept ? call->accept : "application/json") };
        if (call->body.len > 0)
                headers[request.header_count++] =
                        (HttpHeader) { "Content-Type",
                                       str_of(call->content_type ? call->content_type : "application/json") };
        request.headers = headers;
        if (!kube_connect(link, stop, &http, &bearer, err))
                return false;
        if (!secret_is_empty(&bearer))
                request.bearer = &bearer;
        if (!http_perform(http, &request, stop, ret_reply, err))
                return false;
        if (ret_reply->warning != NULL)
                pass_warning_on(link, str_of(ret_reply->warning));
        return true;
}

static bool is_write(const KubeCall *call) {
        return strcmp(call->method, "GET") != 0;
}

static int64_t silence_ms(const KubeClient *client, const KubeCall *call, int64_t left_ms) {
        int64_t limit_ms = is_write(call) ? WRITE_SILENCE_MS : READ_SILENCE_MS;

        if (limit_ms > client->silence_limit_ms)
                limit_ms = client->silence_limit_ms;
        return limit_ms < left_ms ? limit_ms : left_ms;
}

static bool take_bytes(void *user, Str bytes, Error *err) {
        buf_add(user, bytes);
        return buf_check(user, "the reply", err);
}

typedef struct Attempts {
        const KubeCall *call;
        int64_t start_ms, deadline_ms;
        unsigned tries;
        Backoff backoff;
        bool has_renewed; /* credentials, after a 401 */
} Attempts;

/* ret_status is 0 when there was no whole reply. */
static bool attempt(KubeClient *client, const KubeExchange *exchange, const Stop *stop, HttpReply *reply,
                    int *ret_status, Error *err) {
        *ret_status = 0;
        if (!kube_exchange(client, exchange, stop, reply, err))
                return false;
        *ret_status = reply->status;
        if (reply->status >= 200 && reply->status <= 299)
                return true;
        return status_error(reply->status, buf_str(&reply->body), err);
}

bool kube_was_not_sent(const Error *err) {
        Str message = str_of(err->message ? err->message : "");

        return err->code == ERROR_UNAVAILABLE && (str_starts_with(message, STR("cannot connect to ")) ||
                                                  str_starts_with(message, STR("cannot find ")));
}

/* Is it safe, and can it help?  Most writes may be sent twice: a second create answers AlreadyExists, a second
 * update Conflict, a merge patch changes nothing more.  A JSON patch may append twice, so it must not. */
static bool may_try_again(const Attempts *attempts, int http_status, const Error *err) {
        const char *type = attempts->call->content_type;

        if (http_status == 0 && type != NULL && strcmp(type, "application/json-patch+json") == 0)
                return kube_was_not_sent(err);
        if (http_status == 0)
                return err->code == ERROR_UNAVAILABLE || err->code == ERROR_TIMEOUT;
        if (http_status == 500)
                return attempts->tries < INTERNAL_ERROR_TRIES;
        return err->code == ERROR_UNAVAILABLE;
}

/* -1 when there is no time left for it.  What remains of the time is used for one more try. */
static int64_t wait_before_next(Attempts *attempts, int64_t asked_ms) {
        int64_t wait_ms = backoff_next_ms(&attempts->backoff, asked_ms);
        int64_t left_ms = attempts->deadline_ms - clock_ms();

        if (wait_ms < left_ms)
                return wait_ms;
        return asked_ms >= left_ms || left_ms < LAST_TRY_MS ? -1 : left_ms / 2;
}

static bool give_up(const Attempts *attempts, Error *err) {
        const KubeCall *call = attempts->call;

        if (attempts->tries > 1) {
                AUTO_FREE char *last = TAKE(err->message);

                err->message = xasprintf("%s (tried %u times in %.1f s)", last, attempts->tries,
                                         (double) (clock_ms() - attempts->start_ms) / 1000);
        }
        if (call->about.len > 0)
                return error_prefix(err, STR_FMT, STR_ARG(call->about));
        return error_prefix(err, "%s " STR_FMT, call->method, STR_ARG(call->path));
}

bool kube_fetch(KubeClient *client, const KubeCall *call, int64_t deadline_ms, const Stop *stop, Buf *into,
                Error *err) {
        Attempts attempts = { .call = call, .start_ms = clock_ms(), .deadline_ms = deadline_ms };

        for (;;) {
                AUTO(http_reply_clear) HttpReply reply = { 0 };
                KubeExchange exchange = { .call = call, .on_bytes = take_bytes, .user = into };
                int64_t wait_ms;
                int status;

                buf_reset(into);
                if (!stop_check(stop, err) || !throttle_wait(&client->link->throttle, deadline_ms, stop, err))
                        return give_up(&attempts, err);
                attempts.tries++;
                exchange.timeout_ms = deadline_ms - clock_ms();
                if (exchange.timeout_ms < 1)
                        exchange.timeout_ms = 1; /* 0 would mean for ever */
                exchange.silence_ms = silence_ms(client, call, exchange.timeout_ms);
                if (attempt(client, &exchange, stop, &reply, &status, err))
                        return true;
                if (status == 401 && !attempts.has_renewed &&
                    credentials_expired(client->link->credentials)) {
                        attempts.has_renewed = true;
                        error_clear(err);
                        continue;
                }
                if (!may_try_again(&attempts, status, err))
                        return give_up(&attempts, err);
                wait_ms = wait_before_next(&attempts, status ? reply.retry_after_ms : 0);
                if (wait_ms < 0)
                        return give_up(&attempts, err);
                if (call->ret_is_in_doubt && (status == 0 ? !kube_was_not_sent(err) : status >= 500))
                        *call->ret_is_in_doubt = true;
                error_clear(err);
                (void) stop_sleep_ms(stop, wait_ms); /* stopped: seen at the top */
        }
}

bool kube_call(KubeClient *client, const KubeCall *call, const Stop *stop, JsonDoc **ret_doc, Error *err) {
        AUTO(buf_clear) Buf body = { .limit = call->reply_limit };

        if (!kube_fetch(client, call, clock_ms() + client->timeout_ms, stop, &body, err))
                return false;
        if (ret_doc != NULL && !json_parse(buf_str(&body), "the server's reply", ret_doc, err))
                return error_prefix(err, STR_FMT, STR_ARG(call->about));
        return true;
}

static bool stream_once(KubeClient *client, const KubeExchange *exchange, const Stop *stop, int *ret_status,
                        Error *err) {
        AUTO(http_reply_clear) HttpReply reply = { 0 };

        return attempt(client, exchange, stop, &reply, ret_status, err);
}

bool kube_stream(KubeClient *client, const KubeCall *call, int64_t silence_ms,
                 bool (*on_bytes)(void *user, Str bytes, Error *err), void *user, const Stop *stop,
                 Error *err) {
        const KubeExchange exchange = {
                .call = call, .silence_ms = silence_ms, .on_bytes = on_bytes, .user = user
        };
        Backoff backoff = { 0 };
        bool has_renewed = false;
        int status;

        for (unsigned tries = 1; !stream_once(client, &exchange, stop, &status, err); tries++) {
                bool is_expired =
                        status == 401 && !has_renewed && credentials_expired(client->link->credentials);

                has_renewed = has_renewed || is_expired;
                if (!is_expired && (status != 503 || tries == STREAM_TRIES))
                        return error_prefix(err, STR_FMT, STR_ARG(call->about));
                error_clear(err);
                if (!is_expired)
                        (void) stop_sleep_ms(stop, backoff_next_ms(&backoff, 0));
                if (!stop_check(stop, err))
                        return error_prefix(err, STR_FMT, STR_ARG(call->about));
        }
        return true;
}

static void link_free(KubeLink *link) {
        if (link == NULL)
                return;
        mutex_lock(&link->http_lock);
        http_client_free(link->http);
        mutex_unlock(&link->http_lock);
        mutex_destroy(&link->http_lock);
        credentials_free(link->credentials);
        hash_set_free(link->warnings_seen);
        throttle_destroy(&link->throttle);
        mutex_destroy(&link->warning_lock);
        free(link);
}
DEFINE_AUTO(KubeLink, link_free)

/* A connection that hangs has to be given up while there is still time for another. */
static void set_timeout(KubeClient *client, int64_t timeout_ms) {
        client->timeout_ms = timeout_ms;
        client->silence_limit_ms = timeout_ms >= SHORT_TIMEOUT_MS ? timeout_ms / 2 : timeout_ms;
}

bool kube_client_new(const KubeConfig *config, const KubeOptions *options, const Stop *stop,
                     KubeClient **ret_client, Error *err) {
        AUTO(link_freep) KubeLink *link = xnew0(KubeLink);
        KubeClient *client;

        link->options = (HttpOptions) {
                .base_url = config->server,
                .ca_pem = config->ca_pem,
                .client_cert_pem = config->client_cert_pem,
                .client_key_pem = config->client_key_pem,
                .tls_server_name = config->tls_server_name,
                .insecure_skip_verify = config->insecure_skip_verify,
                .proxy_url = config->proxy_url,
                .user_agent = str_of(options->user_agent ? options->user_agent : "grapnel/" GRAPNEL_VERSION)
        };
        while (str_ends_with(link->options.base_url, STR("/")))
                link->options.base_url.len--;
        throttle_init(&link->throttle, options->qps, options->burst);
        mutex_init(&link->warning_lock);
        link->warnings_seen = hash_set_new();
        mutex_init(&link->http_lock);
        link->credentials = credentials_new(config);
        if (!credentials_prepare(link->credentials, stop, err))
                return false;
        mutex_lock(&link->http_lock); /* now, so that a mistake in the options is told at once */
        bool ok = renew_http(link, err);
        mutex_unlock(&link->http_lock);
        if (!ok)
                return false;

        client = xnew0(KubeClient);
        set_timeout(client, options->timeout_ms > 0 ? options->timeout_ms : CALL_TIMEOUT_MS);
        client->owns_link = true;
        client->link = TAKE(link);
        *ret_client = client;
        return true;
}

KubeClient *kube_client_with_timeout(KubeClient *client, int64_t timeout_ms) {
        KubeClient *view = xnew0(KubeClient);

        view->link = client->link;
        set_timeout(view, timeout_ms);
        return view;
}

void kube_client_free(KubeClient *client) {
        if (client == NULL)
                return;
        if (client->owns_link)
                link_free(client->link);
        free(client);
}

void kube_client_on_warning(KubeClient *client, void (*on_warning)(void *user, Str text), void *user) {
        mutex_lock(&client->link->warning_lock);
        client->link->on_warning = on_warning;
        client->link->on_warning_user = user;
        mutex_unlock(&client->link->warning_lock);
}

Str kube_client_server(const KubeClient *client) {
        return client->link->options.base_url;
}
