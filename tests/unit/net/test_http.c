#include "net/http.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "loopback.h"

/* One try at the server, and what became of it. */
typedef struct Try {
        HttpClient *client;
        HttpReply reply;
        Error err;
        bool ok;
        int64_t took_ms;
} Try;

static HttpClient *client_of(const Server *server) {
        AUTO_FREE char *url = xasprintf("http://127.0.0.1:%u", server->port);
        const HttpOptions options = { .base_url = str_of(url) };
        AUTO(error_clear) Error err = { 0 };
        HttpClient *client = NULL;

        CHECK(http_client_new(&options, &client, &err));
        return client;
}

static void perform(Try *try, const HttpRequest *request, const Stop *stop) {
        int64_t start = clock_ms();

        http_reply_clear(&try->reply);
        error_clear(&try->err);
        try->ok = http_perform(try->client, request, stop, &try->reply, &try->err);
        try->took_ms = clock_ms() - start;
        CHECK_INT(try->ok, try->err.code == ERROR_NONE);
}

static void try_clear(Try *try) {
        http_client_free(try->client);
        http_reply_clear(&try->reply);
        error_clear(&try->err);
}

static Try get(const Server *server) {
        Try try = { .client = client_of(server) };

        perform(&try, &(HttpRequest) { .method = "GET", .path = STR("/"), .timeout_ms = 10000 }, NULL);
        return try;
}

static void check_message(const Try *try, const Server *server, ErrorCode code, const char *format) {
        AUTO_FREE char *address = xasprintf("127.0.0.1:%u", server->port);
        const char *mark = strstr(format, "ADDRESS");
        AUTO_FREE char *expected =
                mark ? xasprintf("%.*s%s%s", (int) (mark - format), format, address, mark + 7)
                     : xasprintf("%s", format);

        CHECK(!try->ok);
        CHECK_STR(try->err.message, expected);
        CHECK_INT(try->err.code, code);
}

static void serve_page(Peer *peer) {
        char request[4096];

        while (peer_read_request(peer, request, sizeof request))
                peer_say(peer,
                         "HTTP/1.1 429 Too Many\r\nContent-Type: application/json\r\nRetry-After: 7\r\n"
                         "Warning: 299 - \"v1 is \\\"old\\\"\"\r\nWarning: 299 - \"bye\"\r\nWarning: odd\r\n"
                         "Content-Length: 5\r\n\r\nhello");
}

static void a_reply_has_status_body_and_what_its_headers_say(void **state) {
        Server server = { .serve = serve_page };

        (void) state;
        server_start(&server);
        AUTO(try_clear) Try try = get(&server);
        CHECK(try.ok);
        CHECK_INT(try.reply.status, 429);
        CHECK(str_equal(buf_str(&try.reply.body), STR("hello")));
        CHECK_INT(try.reply.retry_after_ms, 7000);
        CHECK_STR(try.reply.content_type, "application/json");
        CHECK_STR(try.reply.warning, "v1 is \"old\"; bye");
        server_stop(&server);
}

static void headers_that_were_asked_for_are_kept(void **state) {
        Server server = { .serve = serve_page };
        const HttpRequest request = { .method = "GET",
                                      .path = STR("/"),
                                      .timeout_ms = 10000,
                                      .keep = { "warning", "ETag", "retry-after" } };

        (void) state;
        server_start(&server);
        AUTO(try_clear) Try try = { .client = client_of(&server) };
        perform(&try, &request, NULL);
        CHECK(try.ok);
        CHECK_STR(try.reply.kept[0], "299 - \"v1 is \\\"old\\\"\"");
        CHECK(!try.reply.kept[1]);
        CHECK_STR(try.reply.kept[2], "7");
        server_stop(&server);
}

static void serve_echo(Peer *peer) { /* the request is the answer's body */
        char request[8192];

        while (peer_read_request(peer, request, sizeof request)) {
                AUTO_FREE char *head =
                        xasprintf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", strlen(request));

                peer_say(peer, head);
                if (strncmp(request, "HEAD", 4) != 0)
                        peer_say(peer, request);
        }
}

static void a_request_arrives_as_it_was_given(void **state) {
        Server server = { .serve = serve_echo };
        AUTO(secret_clear) Secret bearer = secret_copy(STR("t0ken"));
        const HttpHeader headers[] = { { "Accept", STR("application/json") }, { "X-Empty", STR("") } };
        const struct {
                HttpRequest request;
                const char *expected;
        } cases[] = {
                { { .method = "GET", .path = STR("/a/../b?c=%2F") },
                  "GET /p/a/../b?c=%2F HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUser-Agent: test/1\r\nAccept: "
                  "*/*\r\n\r\n" },
                { { .method = "GET",
                    .path = STR("/"),
                    .headers = headers,
                    .header_count = 2,
                    .bearer = &bearer },
                  "GET /p/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUser-Agent: test/1\r\nAccept: "
                  "application/json\r\n"
                  "X-Empty:\r\nAuthorization: Bearer t0ken\r\n\r\n" },
                { { .method = "POST", .path = STR("/"), .body = STR("body") },
                  "POST /p/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUser-Agent: test/1\r\nAccept: */*\r\n"
                  "Content-Length: 4\r\n\r\nbody" },
                { { .method = "PUT",
                    .path = STR("/"),
                    .headers = &(HttpHeader) { "Content-Type", STR("a/b") },
                    .header_count = 1 },
                  "PUT /p/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUser-Agent: test/1\r\nAccept: */*\r\n"
                  "Content-Type: a/b\r\nContent-Length: 0\r\n\r\n" },
                { { .method = "DELETE", .path = STR("/") },
                  "DELETE /p/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUser-Agent: test/1\r\nAccept: "
                  "*/*\r\n\r\n" },
                { { .method = "DELETE", .path = STR("/"), .body = STR("{}") },
                  "DELETE /p/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUser-Agent: test/1\r\nAccept: */*\r\n"
                  "Content-Length: 2\r\n\r\n{}" },
                { { .method = "HEAD", .path = STR("/") }, "" },
                { { .method = "GET", .path = STR("/") },
                  "GET /p/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUser-Agent: test/1\r\nAccept: */*\r\n\r\n" },
        };
        AUTO(error_clear) Error err = { 0 };
        AUTO(try_clear) Try try = { 0 };

        (void) state;
        server_start(&server);
        AUTO_FREE char *url = xasprintf("http://127.0.0.1:%u/p/", server.port);
        AUTO_FREE char *port = xasprintf("%u", server.port);
        const HttpOptions options = { .base_url = str_of(url), .user_agent = STR("test/1") };
        CHECK(http_client_new(&options, &try.client, &err));
        FOR_EACH_CASE(cases, c) {
                perform(&try, &c->request, NULL);
                CHECK(try.ok);
                const char *mark = strstr(c->expected, "PORT");
                AUTO_FREE char *expected =
                        mark ? xasprintf("%.*s%s%s", (int) (mark - c->expected), c->expected, port, mark + 4)
                             : xasprintf("%s", c->expected);
                AUTO_FREE char *body = xasprintf(STR_FMT, STR_ARG(buf_str(&try.reply.body)));
                CHECK_STR(body, expected);
        }
        CHECK_INT(server.connections, 1); /* one after the other: one connection serves all */
        server_stop(&server);
}

static void a_request_that_would_smuggle_lines_is_refused(void **state) {
        Server server = { .serve = serve_page };
        AUTO(secret_clear) Secret bearer = secret_copy(STR("secret\r\nX: y"));
        const HttpHeader header = { "X", STR("a\nb") };
        const struct {
                HttpRequest request;
                const char *message;
        } cases[] = {
                { { .method = "GET", .path = STR("/a b") },
                  "the request's path has a space or a control character" },
                { { .method = "GET", .path = STR("a") }, "the request's path does not start with '/'" },
                { { .method = "GET", .path = STR("") }, "the request's path does not start with '/'" },
                { { .method = "GET", .path = STR("/"), .headers = &header, .header_count = 1 },
                  "the value of header X has a line break" },
                { { .method = "GET", .path = STR("/"), .bearer = &bearer },
                  "the bearer token has a line break" },
        };
        AUTO(try_clear) Try try = { 0 };

        (void) state;
        server_start(&server);
        try.client = client_of(&server);
        FOR_EACH_CASE(cases, c) {
                perform(&try, &c->request, NULL);
                check_message(&try, &server, ERROR_INVALID, c->message);
        }
        CHECK_INT(server.connections, 0);
        server_stop(&server);
}

static void serve_one_then_vanish(Peer *peer) { /* on each connection */
        char request[4096];

        if (peer_read_request(peer, request, sizeof request) && peer->number == 0)
                peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        peer_read_request(peer, request, sizeof request);
}

static void a_body_that_was_sent_is_not_sent_again_on_another_connection(void **state) {
        Server server = { .serve = serve_one_then_vanish };

        (void) state;
        server_start(&server);
        AUTO(try_clear) Try try = get(&server);
        CHECK(try.ok);
        perform(&try,
                &(HttpRequest) { .method = "POST", .path = STR("/"), .body = STR("{}"), .timeout_ms = 10000 },
                NULL);
        check_message(&try, &server, ERROR_UNAVAILABLE,
                      "ADDRESS closed the connection after the request was sent, without an answer");
        CHECK_INT(server.requests, 2);
        server_stop(&server);
}

static void serve_one_each(Peer *peer) {
        char request[4096];

        if (peer_read_request(peer, request, sizeof request))
                peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

static void a_kept_connection_that_the_server_closed_is_replaced(void **state) {
        Server server = { .serve = serve_one_each };

        (void) state;
        server_start(&server);
        AUTO(try_clear) Try try = get(&server);
        for (int i = 0; i < 5; i++) {
                perform(&try, &(HttpRequest) { .method = "POST", .path = STR("/"), .body = STR("{}") }, NULL);
                if (!try.ok) /* the close and our request may cross; then it is told, not hidden */
                        CHECK_INT(try.err.code, ERROR_UNAVAILABLE);
                usleep(20000);
        }
        CHECK(server.connections >= 3);
        server_stop(&server);
}

static void serve_nothing(Peer *peer) {
        peer_wait_for_end(peer);
}

static void a_slow_server_meets_the_deadline(void **state) {
        Server server = { .serve = serve_nothing };
        AUTO(try_clear) Try try = { 0 };

        (void) state;
        server_start(&server);
        try.client = client_of(&server);
        perform(&try, &(HttpRequest) { .method = "GET", .path = STR("/"), .timeout_ms = 150 }, NULL);
        check_message(&try, &server, ERROR_TIMEOUT, "ADDRESS did not finish its answer within 150ms");
        CHECK(try.took_ms >= 150 && try.took_ms < 1000);
        server_stop(&server);
}

static void serve_drops(Peer *peer) { /* one byte of the body every 20 ms, ten times; then silence */
        char request[4096];

        peer_read_request(peer, request, sizeof request);
        peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        for (int i = 0; i < 10 && peer_say(peer, "x"); i++)
                usleep(20000);
        peer_wait_for_end(peer);
}

static void a_server_that_falls_silent_meets_the_idle_timeout(void **state) {
        Server server = { .serve = serve_drops };
        AUTO(try_clear) Try try = { 0 };

        (void) state;
        server_start(&server);
        try.client = client_of(&server);
        perform(&try, &(HttpRequest) { .method = "GET", .path = STR("/"), .idle_timeout_ms = 150 }, NULL);
        check_message(&try, &server, ERROR_TIMEOUT, "ADDRESS sent nothing for 150ms");
        CHECK(try.took_ms >= 300 && try.took_ms < 2000);
        server_stop(&server);
}

static void set_soon(void *user) {
        usleep(100000);
        stop_set(user);
}

static void a_stop_ends_the_wait_at_once(void **state) {
        Server server = { .serve = serve_nothing };
        AUTO(stop_freep) Stop *stop = stop_new();
        AUTO(try_clear) Try try = { 0 };

        (void) state;
        server_start(&server);
        try.client = client_of(&server);
        Thread thread = thread_start(set_soon, stop);
        perform(&try, &(HttpRequest) { .method = "GET", .path = STR("/") }, stop);
        thread_join(thread);
        check_message(&try, &server, ERROR_CANCELED, "interrupted");
        CHECK(try.took_ms >= 100 && try.took_ms < 600);
        perform(&try, &(HttpRequest) { .method = "GET", .path = STR("/") }, stop);
        check_message(&try, &server, ERROR_CANCELED, "interrupted");
        CHECK(try.took_ms < 500);
        server_stop(&server);
}

static void serve_text_and_close(Peer *peer) {
        char request[4096];

        peer_read_request(peer, request, sizeof request);
        if (peer->server->user)
                peer_say(peer, peer->server->user);
        else
                peer_reset(peer);
}

static char head_without_end[300 * 1024];

static void a_connection_that_ends_early_is_told_with_the_reason(void **state) {
        const struct {
                const char *text; /* NULL: reset */
                ErrorCode code;
                const char *message;
        } cases[] = {
                { NULL, ERROR_UNAVAILABLE, "ADDRESS reset the connection" },
                { "", ERROR_UNAVAILABLE, "ADDRESS closed the connection without an answer" },
                { "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", ERROR_UNAVAILABLE,
                  "ADDRESS closed the connection in the middle of its answer (after 3 bytes)" },
                { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n5\r\nab",
                  ERROR_UNAVAILABLE,
                  "ADDRESS closed the connection in the middle of its answer (after 7 bytes)" },
                { "SSH-2.0-OpenSSH_9.2\r\n", ERROR_UNAVAILABLE,
                  "ADDRESS does not answer in HTTP/1.1 (is the address right?)" },
                { head_without_end, ERROR_INVALID,
                  "the headers of the answer of ADDRESS are larger than the limit of 262144 bytes" },
        };

        (void) state;
        size_t len = (size_t) sprintf(head_without_end, "HTTP/1.1 200 OK\r\n");
        while (len < sizeof head_without_end - 1000) /* long ones: newer libcurls count them too */
                len += (size_t) sprintf(head_without_end + len, "X: %0500d\r\n", 0);
        FOR_EACH_CASE(cases, c) {
                Server server = { .serve = serve_text_and_close, .user = (void *) (uintptr_t) c->text };

                server_start(&server);
                AUTO(try_clear) Try try = get(&server);
                check_message(&try, &server, c->code, c->message);
                server_stop(&server);
        }
}

static void a_server_that_is_not_there_is_named(void **state) {
        Server server = { .serve = serve_nothing };

        (void) state;
        server_start(&server);
        server_stop(&server);
        AUTO(try_clear) Try try = get(&server);
        check_message(&try, &server, ERROR_UNAVAILABLE,
                      "cannot connect to ADDRESS: connection refused (is the server running there?)");
}

static void a_name_that_does_not_resolve_is_named(void **state) {
        const HttpOptions options = { .base_url = STR("https://no-such-host.invalid") };
        AUTO(try_clear) Try try = { 0 };

        (void) state;
        CHECK(http_client_new(&options, &try.client, &try.err));
        perform(&try, &(HttpRequest) { .method = "GET", .path = STR("/"), .timeout_ms = 20000 }, NULL);
        CHECK_STR(try.err.message, "cannot find no-such-host.invalid:443: the name does not resolve");
        CHECK_INT(try.err.code, ERROR_UNAVAILABLE);
}

static void a_reply_over_its_limit_is_refused(void **state) {
        Server server = { .serve = serve_page };
        AUTO(try_clear) Try try = { 0 };

        (void) state;
        server_start(&server);
        try.client = client_of(&server);
        perform(&try, &(HttpRequest) { .method = "GET", .path = STR("/"), .body_limit = 4 }, NULL);
        check_message(&try, &server, ERROR_INVALID,
                      "the answer of ADDRESS is larger than the limit of 4 bytes");
        perform(&try, &(HttpRequest) { .method = "GET", .path = STR("/"), .body_limit = 5 }, NULL);
        CHECK(try.ok);
        server_stop(&server);
}

typedef struct Pieces {
        Buf all;
        size_t most;
} Pieces;

static bool take_piece(void *user, Str bytes, Error *err) {
        Pieces *pieces = user;

        buf_add(&pieces->all, bytes);
        if (pieces->all.len < pieces->most)
                return true;
        return error_set(err, ERROR_CORRUPT, "enough");
}

static void a_body_can_be_taken_piece_by_piece(void **state) {
        Server server = { .serve = serve_drops };
        Pieces pieces = { .most = 5 };
        AUTO(try_clear) Try try = { 0 };

        (void) state;
        server_start(&server);
        try.client = client_of(&server);
        perform(&try,
                &(HttpRequest) { .method = "GET", .path = STR("/"), .on_bytes = take_piece, .user = &pieces },
                NULL);
        check_message(&try, &server, ERROR_CORRUPT, "enough");
        CHECK(str_equal(buf_str(&pieces.all), STR("xxxxx")));
        buf_clear(&pieces.all);
        server_stop(&server);
}

static void the_body_of_a_refusal_is_kept_for_the_caller(void **state) {
        Server server = { .serve = serve_page };
        Pieces pieces = { .most = 5 };
        AUTO(try_clear) Try try = { 0 };

        (void) state;
        server_start(&server);
        try.client = client_of(&server);
        perform(&try,
                &(HttpRequest) { .method = "GET", .path = STR("/"), .on_bytes = take_piece, .user = &pieces },
                NULL);
        CHECK(try.ok);
        CHECK(str_equal(buf_str(&try.reply.body), STR("hello")));
        CHECK_INT(pieces.all.len, 0);
        server_stop(&server);
}

static void request_often(void *user) {
        HttpClient *client = user;

        for (int i = 0; i < 50; i++) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(http_reply_clear) HttpReply reply = { 0 };
                const HttpRequest request = { .method = "POST", .path = STR("/"), .body = STR("0123456789") };

                CHECK(http_perform(client, &request, NULL, &reply, &err));
                CHECK(str_ends_with(buf_str(&reply.body), STR("0123456789")));
        }
}

static void many_threads_share_a_client_and_its_connections(void **state) {
        Server server = { .serve = serve_echo };

        (void) state;
        server_start(&server);
        AUTO(http_client_freep) HttpClient *client = client_of(&server);
        thread_run_many(8, request_often, client);
        CHECK_INT(server.requests, 400);
        CHECK(server.connections <= 8);
        server_stop(&server);
}

static void a_client_that_cannot_be_made_says_why(void **state) {
        const struct {
                HttpOptions options;
                const char *message;
        } cases[] = {
                { { .base_url = STR("host") },
                  "\"host\" is not an address: it does not start with http:// or https://" },
                { { .base_url = STR("socks5://h") },
                  "\"socks5://h\" is not the address of a server: expected https://…" },
                { { .base_url = STR("https://me:secret@h") },
                  "the address of h has a user name in it: give it as credentials instead" },
                { { .base_url = STR("https://h"), .proxy_url = STR("http://me:secret@p:x") },
                  "the proxy: \"p:x\" is not an address: the port is not a number" },
                { { .base_url = STR("https://h"), .ca_pem = STR("nothing") },
                  "the certificate authority: holds no PEM certificate (\"-----BEGIN CERTIFICATE-----\")" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                HttpClient *client;

                CHECK(!http_client_new(&c->options, &client, &err));
                CHECK_STR(err.message, c->message);
                CHECK_INT(err.code, ERROR_INVALID);
        }
        http_client_free(NULL);
}

static void the_address_that_was_given_is_kept(void **state) {
        const HttpOptions options = { .base_url = STR("https://[::1]:6443/prefix") };
        AUTO(http_client_freep) HttpClient *client = NULL;
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(http_client_new(&options, &client, &err));
}

static void serve_proxy(Peer *peer) { /* answers itself what it was asked to fetch */
        char request[4096];

        while (peer_read_request(peer, request, sizeof request)) {
                AUTO_FREE char *first = strndup(request, strcspn(request, "\r"));
                AUTO_FREE char *reply =
                        xasprintf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(first), first);

                peer_say(peer, peer->server->user ? "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n" : reply);
        }
}

static void a_proxy_is_asked_for_what_lies_behind_it(void **state) {
        Server proxy = { .serve = serve_proxy };
        AUTO(try_clear) Try try = { 0 };

        (void) state;
        server_start(&proxy);
        AUTO_FREE char *address =
                xasprintf("127.0.0.1:%u", proxy.port); /* http:// is what a proxy is without a scheme */
        const HttpOptions options = { .base_url = STR("http://far.invalid/p"), .proxy_url = str_of(address) };
        CHECK(http_client_new(&options, &try.client, &try.err));
        perform(&try, &(HttpRequest) { .method = "GET", .path = STR("/x") }, NULL);
        CHECK(try.ok);
        CHECK(str_equal(buf_str(&try.reply.body), STR("GET http://far.invalid/p/x HTTP/1.1")));
        server_stop(&proxy);
        perform(&try, &(HttpRequest) { .method = "GET", .path = STR("/x") }, NULL);
        check_message(&try, &proxy, ERROR_UNAVAILABLE,
                      "cannot connect to far.invalid:80 through the proxy ADDRESS: Connection refused");
}

static void a_proxy_that_refuses_the_tunnel_is_told(void **state) {
        Server proxy = { .serve = serve_proxy, .user = &proxy };
        AUTO(try_clear) Try try = { 0 };

        (void) state;
        server_start(&proxy);
        AUTO_FREE char *address = xasprintf("http://me:secret@127.0.0.1:%u", proxy.port);
        const HttpOptions options = { .base_url = STR("https://far.invalid"), .proxy_url = str_of(address) };
        CHECK(http_client_new(&options, &try.client, &try.err));
        perform(&try, &(HttpRequest) { .method = "GET", .path = STR("/x") }, NULL);
        check_message(&try, &proxy, ERROR_UNAVAILABLE,
                      "the proxy ADDRESS does not lead to far.invalid:443: it answered HTTP 403");
        server_stop(&proxy);
}

static void a_proxy_of_the_environment_that_is_wrong_is_told_when_it_counts(void **state) {
        HttpOptions options = { .base_url = STR("https://far.invalid"), .is_direct = true };
        AUTO(http_client_freep) HttpClient *direct = NULL;
        AUTO(error_clear) Error err = { 0 };
        HttpClient *client;

        (void) state;
        setenv("HTTPS_PROXY", "gopher://p", 1);
        CHECK(http_client_new(&options, &direct, &err));
        options.is_direct = false;
        CHECK(!http_client_new(&options, &client, &err));
        unsetenv("HTTPS_PROXY");
        CHECK_STR(err.message,
                  "the proxy that the environment names: \"gopher://p\" is not an address: it does not "
                  "start with http:// or https://");
}

static void a_proxy_that_is_not_there_is_named(void **state) {
        const HttpOptions options = { .base_url = STR("https://far.invalid"),
                                      .proxy_url = STR("socks5://no-such-proxy.invalid") };
        AUTO(try_clear) Try try = { 0 };

        (void) state;
        CHECK(http_client_new(&options, &try.client, &try.err));
        perform(&try, &(HttpRequest) { .method = "GET", .path = STR("/x"), .timeout_ms = 20000 }, NULL);
        CHECK(!try.ok);
        CHECK_STR(try.err.message,
                  "cannot find the proxy no-such-proxy.invalid:1080: the name does not resolve");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_reply_has_status_body_and_what_its_headers_say),
                cmocka_unit_test(headers_that_were_asked_for_are_kept),
                cmocka_unit_test(a_request_arrives_as_it_was_given),
                cmocka_unit_test(a_request_that_would_smuggle_lines_is_refused),
                cmocka_unit_test(a_body_that_was_sent_is_not_sent_again_on_another_connection),
                cmocka_unit_test(a_kept_connection_that_the_server_closed_is_replaced),
                cmocka_unit_test(a_slow_server_meets_the_deadline),
                cmocka_unit_test(a_server_that_falls_silent_meets_the_idle_timeout),
                cmocka_unit_test(a_stop_ends_the_wait_at_once),
                cmocka_unit_test(a_connection_that_ends_early_is_told_with_the_reason),
                cmocka_unit_test(a_server_that_is_not_there_is_named),
                cmocka_unit_test(a_name_that_does_not_resolve_is_named),
                cmocka_unit_test(a_reply_over_its_limit_is_refused),
                cmocka_unit_test(a_body_can_be_taken_piece_by_piece),
                cmocka_unit_test(the_body_of_a_refusal_is_kept_for_the_caller),
                cmocka_unit_test(many_threads_share_a_client_and_its_connections),
                cmocka_unit_test(a_client_that_cannot_be_made_says_why),
                cmocka_unit_test(the_address_that_was_given_is_kept),
                cmocka_unit_test(a_proxy_is_asked_for_what_lies_behind_it),
                cmocka_unit_test(a_proxy_that_refuses_the_tunnel_is_told),
                cmocka_unit_test(a_proxy_of_the_environment_that_is_wrong_is_told_when_it_counts),
                cmocka_unit_test(a_proxy_that_is_not_there_is_named),
        };

        unsetenv("HTTP_PROXY"), unsetenv("http_proxy"), unsetenv("HTTPS_PROXY"), unsetenv("https_proxy");
        return cmocka_run_group_tests(tests, NULL, NULL);
}
