#include "net/connection.h"

#include "base/clock.h"
#include "base/mem.h"
#include "data/duration.h"

enum {
        /* OpenSSL gives one TLS record (16 KiB) at a time, so more than this only costs memory. */
        RECEIVE_BUFFER_BYTES = 64 * 1024,
        CONNECT_TIMEOUT_MS = 30 * 1000,
        KEEPALIVE_IDLE_SECONDS = 30,
        KEEPALIVE_INTERVAL_SECONDS = 10,
        WAIT_MAX_MS = 60 * 1000,
        IDLE_MAX = 64, /* connections kept in the pool */
};

static CURLcode set_up_tls(CURL *easy, void *ssl_ctx, void *user) {
        (void) easy;
        return tls_set_up(ssl_ctx, user) ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

static void set_transport(CURL *easy) {
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        /* A name look-up that hangs must not outlive the deadline of its request. */
        curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
        curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
        curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long) RECEIVE_BUFFER_BYTES);
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long) CONNECT_TIMEOUT_MS);
        curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long) KEEPALIVE_IDLE_SECONDS);
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long) KEEPALIVE_INTERVAL_SECONDS);
}

static void set_trust(Connection *connection, const HttpClient *client) {
        long verify = client->insecure_skip_verify ? 0 : 1;

        /* Roots and keys are OpenSSL objects, parsed once (tls.h): libcurl gets no files and no blobs. */
        curl_easy_setopt(connection->easy, CURLOPT_CAINFO, NULL);
        curl_easy_setopt(connection->easy, CURLOPT_CAPATH, NULL);
        curl_easy_setopt(connection->easy, CURLOPT_SSL_CTX_FUNCTION, set_up_tls);
        curl_easy_setopt(connection->easy, CURLOPT_SSL_CTX_DATA, &connection->tls);
        curl_easy_setopt(connection->easy, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
        curl_easy_setopt(connection->easy, CURLOPT_SSL_VERIFYPEER, verify);
        curl_easy_setopt(connection->easy, CURLOPT_SSL_VERIFYHOST, 2 * verify);
}

Connection *connection_new(const HttpClient *client) {
        Connection *connection = xnew0(Connection);
        CURL *easy = curl_easy_init();

        connection->client = client;
        connection->tls.tls = client->tls;
        connection->easy = easy;
        connection->multi = curl_multi_init();
        if (!connection->easy || !connection->multi)
                abort(); /* out of memory, which ends the process (mem.h) */
        set_transport(easy);
        set_trust(connection, client);
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, connection->reason);
        curl_easy_setopt(easy, CURLOPT_SHARE, client->share);
        curl_easy_setopt(easy, CURLOPT_USERAGENT, client->user_agent.ptr);
        /* "" means none, whatever the environment says. */
        curl_easy_setopt(easy, CURLOPT_PROXY, secret_reveal(&client->proxy_url).ptr);
        curl_easy_setopt(easy, CURLOPT_CONNECT_TO, client->connect_to);
        return connection;
}

void connection_free(Connection *connection) {
        if (!connection)
                return;
        connection_stop(connection);
        curl_easy_cleanup(connection->easy);
        curl_multi_cleanup(connection->multi);
        free(connection);
}

Connection *connection_borrow(HttpClient *client) {
        mutex_lock(&client->lock);
        Connection *connection = client->idle;
        if (connection) {
                client->idle = connection->next;
                client->idle_count--;
        }
        mutex_unlock(&client->lock);
        return connection ? connection : connection_new(client);
}

void connection_give_back(HttpClient *client, Connection *connection) {
        mutex_lock(&client->lock);
        bool is_kept = client->idle_count < IDLE_MAX;
        if (is_kept) {
                connection->next = client->idle;
                client->idle = connection;
                client->idle_count++;
        }
        mutex_unlock(&client->lock);
        if (!is_kept)
                connection_free(connection);
}

static bool too_late(const Connection *connection, const ConnectionRun *run, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str address = connection->client->address, limit = duration_format(run->timeout_ms, &arena);

        if (run->timeout_ms <= 0)
                return error_set(err, ERROR_TIMEOUT, STR_FMT " did not %s in time", STR_ARG(address),
                                 run->task);
        return error_set(err, ERROR_TIMEOUT, STR_FMT " did not %s within " STR_FMT, STR_ARG(address),
                         run->task, STR_ARG(limit));
}

static bool fell_silent(const Connection *connection, int64_t after_ms, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str after = duration_format(after_ms, &arena);

        return error_set(err, ERROR_TIMEOUT, STR_FMT " sent nothing for " STR_FMT,
                         STR_ARG(connection->client->address), STR_ARG(after));
}

/* Waits until libcurl has something to do; false when there is no more time, or the job was stopped. */
static bool wait_for_work(Connection *connection, const ConnectionRun *run, const Stop *stop, Error *err) {
        struct curl_waitfd stopped = { .fd = stop_fd(stop), .events = CURL_WAIT_POLLIN };
        int64_t now = clock_ms(), wait = WAIT_MAX_MS;

        if (!stop_check(stop, err))
                return false;
        if (run->deadline_ms) {
                if (now >= run->deadline_ms)
                        return too_late(connection, run, err);
                wait = run->deadline_ms - now < wait ? run->deadline_ms - now : wait;
        }
        if (run->idle_timeout_ms) {
                int64_t left = run->heard_ms + run->idle_timeout_ms - now;

                if (left <= 0)
                        return fell_silent(connection, run->idle_timeout_ms, err);
                wait = left < wait ? left : wait;
        }
        curl_multi_poll(connection->multi, &stopped, stopped.fd >= 0 ? 1 : 0, (int) wait, NULL);
        return true;
}

bool connection_run(Connection *connection, const ConnectionRun *run, const Stop *stop, CURLcode *ret_code,
                    Error *err) {
        const HttpClient *client = connection->client;
        AUTO_FREE char *url = xasprintf(STR_FMT STR_FMT STR_FMT, STR_ARG(client->origin),
                                        STR_ARG(client->prefix), STR_ARG(run->path));
        int running = 0, left = 0;

        curl_easy_setopt(connection->easy, CURLOPT_URL, url);
        connection->tls.verdict = (TlsVerdict) { 0 };
        connection->reason[0] = '\0';
        connection->is_running = true;
        curl_multi_add_handle(connection->multi, connection->easy);
        for (;;) {
                curl_multi_perform(connection->multi, &running);
                const CURLMsg *message = curl_multi_info_read(connection->multi, &left);

                if (message && message->msg == CURLMSG_DONE) {
                        *ret_code = message->data.result;
                        return true;
                }
                if (!wait_for_work(connection, run, stop, err))
                        return false;
        }
}

void connection_stop(Connection *connection) {
        if (connection->is_running)
                curl_multi_remove_handle(connection->multi, connection->easy);
        connection->is_running = false;
}
