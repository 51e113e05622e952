#include "net/serve.h"

#include "base/mem.h"
#include "check.h"
#include "net/http.h"

typedef struct Stream {
        unsigned pieces;
        bool breaks, is_closed;
} Stream;

static bool read_stream(void *user, void *into, size_t size, size_t *ret_size, Error *err) {
        Stream *stream = user;

        (void) size;
        if (stream->pieces == 0 && stream->breaks)
                return error_set(err, ERROR_UNAVAILABLE, "the store went away");
        *ret_size = stream->pieces > 0 ? 5 : 0;
        if (stream->pieces > 0)
                stream->pieces--;
        memcpy(into, "piece", *ret_size);
        return true;
}

static void close_stream(void *user) {
        ((Stream *) user)->is_closed = true;
}

static void handle(void *user, const ServeRequest *request, ServeReply *reply) {
        if (str_equal(request->path, STR("/hello"))) {
                const char *name = request->query(request->request, "name");

                reply->status = 200;
                reply->content_type = "text/plain";
                buf_printf(&reply->body, "hello %s", name ? name : "nobody");
        } else if (str_equal(request->path, STR("/stream"))) {
                reply->status = 200;
                reply->read = read_stream;
                reply->close = close_stream;
                reply->user = user;
        }
}

typedef struct Fixture {
        Serve *serve;
        HttpClient *client;
        Buf cert;
        Secret key;
        Stream stream;
        HttpReply reply;
        Error err;
} Fixture;

static void fixture_clear(Fixture *f) {
        http_reply_clear(&f->reply);
        http_client_free(f->client);
        serve_free(f->serve);
        buf_clear(&f->cert);
        secret_clear(&f->key);
        error_clear(&f->err);
}

static void start(Fixture *f, bool is_tls) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *const names[] = { "localhost", "127.0.0.1" };

        if (is_tls)
                CHECK(serve_self_signed(names, 2, &f->cert, &f->key, &f->err));
        CHECK(serve_start(&(ServeOptions) { .address = STR("127.0.0.1:0"),
                                            .cert_pem = buf_str(&f->cert),
                                            .key_pem = &f->key,
                                            .handle = handle,
                                            .user = &f->stream },
                          &f->serve, &f->err));
        CHECK(http_client_new(
                &(HttpOptions) { .base_url = str_of(arena_printf(&arena, "http%s://127.0.0.1:%u",
                                                                 is_tls ? "s" : "", serve_port(f->serve))),
                                 .ca_pem = buf_str(&f->cert) },
                &f->client, &f->err));
}

static bool get(Fixture *f, const char *method, const char *path) {
        const HttpRequest request = { .method = method, .path = str_of(path), .timeout_ms = 20000 };

        http_reply_clear(&f->reply);
        return http_perform(f->client, &request, NULL, &f->reply, &f->err);
}

static void what_the_handler_says_is_answered(void **state) {
        AUTO(fixture_clear) Fixture f = { 0 };

        (void) state;
        start(&f, false);
        CHECK(get(&f, "GET", "/hello?name=a%20b"));
        CHECK_INT(f.reply.status, 200);
        CHECK_TEXT(buf_str(&f.reply.body), "hello a b");
        CHECK_STR(f.reply.content_type, "text/plain");
        CHECK(get(&f, "GET", "/elsewhere"));
        CHECK_INT(f.reply.status, 404);
        CHECK(get(&f, "POST", "/hello"));
        CHECK_INT(f.reply.status, 405);
}

static void it_speaks_tls_with_a_certificate_of_its_own(void **state) {
        AUTO(fixture_clear) Fixture f = { 0 };

        (void) state;
        start(&f, true);
        CHECK(get(&f, "GET", "/hello"));
        CHECK_TEXT(buf_str(&f.reply.body), "hello nobody");
}

static void a_stream_comes_piece_by_piece_and_is_closed(void **state) {
        AUTO(fixture_clear) Fixture f = { .stream = { .pieces = 3 } };

        (void) state;
        start(&f, false);
        CHECK(get(&f, "GET", "/stream"));
        CHECK_TEXT(buf_str(&f.reply.body), "piecepiecepiece");
        serve_free(TAKE(f.serve));
        CHECK(f.stream.is_closed);
}

static void a_stream_that_breaks_is_never_taken_for_a_whole_one(void **state) {
        AUTO(fixture_clear) Fixture f = { .stream = { .pieces = 3, .breaks = true } };

        (void) state;
        start(&f, false);
        CHECK(!get(&f, "GET", "/stream"));
        CHECK_INT(f.err.code, ERROR_UNAVAILABLE);
}

static void a_bad_address_is_told(void **state) {
        static const struct {
                const char *address, *message;
        } cases[] = {
                { "8085", "address \"8085\": a port is missing; expected HOST:PORT or :PORT" },
                { "nowhere.invalid.:x", "address \"nowhere.invalid.:x\": " },
                { "192.0.2.1:1", "listen on \"192.0.2.1:1\": Cannot assign requested address" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                Serve *serve = NULL;

                CHECK(!serve_start(&(ServeOptions) { .address = str_of(c->address), .handle = handle },
                                   &serve, &err));
                CHECK(str_starts_with(str_of(err.message), str_of(c->message)));
        }
        serve_free(NULL);
}

static void an_address_may_be_a_port_alone_or_ipv6(void **state) {
        static const char *const addresses[] = { ":0", "[::1]:0" };

        (void) state;
        FOR_EACH_CASE(addresses, address) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(serve_freep) Serve *serve = NULL;

                /* A machine without IPv6 says so. */
                if (!serve_start(&(ServeOptions) { .address = str_of(*address), .handle = handle }, &serve,
                                 &err))
                        CHECK_INT(err.code, ERROR_UNAVAILABLE);
                else
                        CHECK(serve_port(serve) > 0);
        }
}

static void a_certificate_that_is_none_is_refused(void **state) {
        AUTO(secret_clear) Secret key = secret_copy(STR("no key"));
        AUTO(error_clear) Error err = { 0 };
        Serve *serve = NULL;

        (void) state;
        CHECK(!serve_start(&(ServeOptions) { .address = STR("127.0.0.1:0"),
                                             .cert_pem = STR("no certificate"),
                                             .key_pem = &key,
                                             .handle = handle },
                           &serve, &err));
        CHECK_STR(err.message,
                  "serve on \"127.0.0.1:0\": the HTTP server refuses its certificate or settings");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_the_handler_says_is_answered),
                cmocka_unit_test(it_speaks_tls_with_a_certificate_of_its_own),
                cmocka_unit_test(a_stream_comes_piece_by_piece_and_is_closed),
                cmocka_unit_test(a_stream_that_breaks_is_never_taken_for_a_whole_one),
                cmocka_unit_test(a_bad_address_is_told),
                cmocka_unit_test(an_address_may_be_a_port_alone_or_ipv6),
                cmocka_unit_test(a_certificate_that_is_none_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
