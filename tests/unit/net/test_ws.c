#include "net/ws.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "data/base64.h"
#include "loopback.h"

#define PROTOCOLS "v5.channel.k8s.io, v4.channel.k8s.io"

/* Answers an upgrade, and sends `first` in the same write. */
static bool peer_upgrade(Peer *peer, const char *protocol, const char *first, size_t first_len) {
        char request[8192], digest[20];
        AUTO(buf_clear) Buf text = { 0 };
        AUTO(buf_clear) Buf reply = { 0 };

        if (!peer_read_request(peer, request, sizeof request))
                return false;
        const char *key = strstr(request, "Sec-WebSocket-Key: ") + strlen("Sec-WebSocket-Key: ");
        buf_printf(&text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
        EVP_Digest(text.ptr, text.len, (unsigned char *) digest, NULL, EVP_sha1(), NULL);
        buf_add(&reply,
                STR("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"));
        buf_printf(&reply, "Sec-WebSocket-Protocol: %s\r\nSec-WebSocket-Accept: ", protocol);
        base64_encode((Str) { digest, sizeof digest }, &reply);
        buf_add(&reply, STR("\r\n\r\n"));
        buf_add(&reply, (Str) { first, first_len });
        return peer_write(peer, reply.ptr, reply.len);
}

/* One whole frame of at most 64 KiB, unmasked; its length, or -1 at the end. */
static int peer_read_frame(Peer *peer, char *into) {
        unsigned char head[8], mask[4];
        size_t len, got = 0;

        if (peer_read(peer, head, 1) == 0 || peer_read(peer, head + 1, 1) == 0)
                return -1;
        len = head[1] & 127;
        if (len == 126 && peer_read(peer, head, 1) && peer_read(peer, head + 1, 1))
                len = (size_t) head[0] << 8 | head[1];
        for (size_t i = 0; i < sizeof mask; i++)
                if (peer_read(peer, mask + i, 1) == 0)
                        return -1;
        while (got < len) {
                size_t more = peer_read(peer, into + got, len - got);
                if (more == 0)
                        return -1;
                got += more;
        }
        for (size_t i = 0; i < len; i++)
                into[i] = (char) (into[i] ^ mask[i % 4]);
        return (int) len;
}

typedef struct Stream {
        HttpClient *client;
        WsConnection *ws;
        Error err;
        int status;
        bool ok;
        int64_t took_ms;
} Stream;

static void stream_clear(Stream *stream) {
        ws_free(stream->ws);
        http_client_free(stream->client);
        error_clear(&stream->err);
}

static Stream open_with(const Server *server, HttpOptions options, WsOpen open, const Stop *stop) {
        AUTO_FREE char *url =
                xasprintf("%s://127.0.0.1:%u/p", server->certificate ? "https" : "http", server->port);
        Stream stream = { .status = -1 };
        int64_t start = clock_ms();

        if (options.base_url.len == 0)
                options.base_url = str_of(url);
        open.path = STR("/exec?command=ls");
        open.protocols = PROTOCOLS;
        if (!open.deadline_ms)
                open.deadline_ms = start + 10000;
        CHECK(http_client_new(&options, &stream.client, &stream.err));
        stream.ok = ws_open(stream.client, &open, stop, &stream.ws, &stream.status, &stream.err);
        stream.took_ms = clock_ms() - start;
        return stream;
}

static Stream open_stream(const Server *server) {
        return open_with(server, (HttpOptions) { 0 }, (WsOpen) { 0 }, NULL);
}

static void receive(Stream *stream, Str expected) {
        WsEvent event;
        Str message;

        if (!ws_receive(stream->ws, clock_ms() + 10000, NULL, &event, &message, &stream->err))
                fail_msg("%s", stream->err.message);
        CHECK_INT(event, WS_MESSAGE);
        CHECK(str_equal(message, expected));
}

static void receive_close(Stream *stream) {
        WsEvent event;
        Str message;

        CHECK(ws_receive(stream->ws, clock_ms() + 10000, NULL, &event, &message, &stream->err));
        CHECK_INT(event, WS_CLOSED);
}

static void receive_error(Stream *stream, const Server *server, ErrorCode code, const char *format) {
        AUTO_FREE char *address = xasprintf("127.0.0.1:%u", server->port);
        const char *mark = strstr(format, "ADDRESS");
        AUTO_FREE char *expected = mark ? xasprintf("%s%s", address, mark + 7) : xasprintf("%s", format);
        WsEvent event;
        Str message;

        CHECK(!ws_receive(stream->ws, clock_ms() + 10000, NULL, &event, &message, &stream->err));
        CHECK_STR(stream->err.message, expected);
        CHECK_INT(stream->err.code, code);
}

static void
serve_echo(Peer *peer) { /* what it gets, with a frame behind the head, and a close when it gets "bye" */
        char message[65536], head[4] = "\x82";
        int len;

        if (!peer_upgrade(peer, "v5.channel.k8s.io",
                          "\x82\x05"
                          "hello",
                          7))
                return;
        while ((len = peer_read_frame(peer, message)) >= 0) {
                if (len == 3 && memcmp(message, "bye", 3) == 0) {
                        peer_write(peer, "\x88\x02\x03\xe8", 4);
                        if (peer_read_frame(peer, message) == 2) /* the close comes back */
                                atomic_fetch_add(&peer->server->closes, 1);
                        return;
                }
                head[1] = (char) (len < 126 ? len : 126);
                head[2] = (char) (len >> 8);
                head[3] = (char) len;
                peer_write(peer, head, len < 126 ? 2 : 4);
                peer_write(peer, message, (size_t) len);
        }
}

static void messages_go_both_ways_until_a_clean_close(void **state) {
        Server server = { .serve = serve_echo };
        static char large[60000];

        (void) state;
        server_start(&server);
        AUTO(stream_clear) Stream stream = open_stream(&server);
        CHECK(stream.ok);
        CHECK_INT(stream.status, 0);
        CHECK(str_equal(ws_protocol(stream.ws), STR("v5.channel.k8s.io")));
        receive(&stream, STR("hello"));
        CHECK(ws_send(stream.ws, STR("ab"), clock_ms() + 10000, NULL, &stream.err));
        receive(&stream, STR("ab"));
        for (int i = 0; i < 20; i++) {
                large[i] = (char) i;
                CHECK(ws_send(stream.ws, (Str) { large, sizeof large }, clock_ms() + 10000, NULL,
                              &stream.err));
                receive(&stream, (Str) { large, sizeof large });
        }
        CHECK(ws_send(stream.ws, STR("bye"), clock_ms() + 10000, NULL, &stream.err));
        receive_close(&stream);
        receive_close(&stream);
        server_stop(&server);
        CHECK_INT(server.closes, 1);
}

static void the_same_goes_over_tls_and_later_streams_resume_its_session(void **state) {
        TestCertificate authority = test_certificate((TestCertificatePlan) { .name = "authority" });
        TestCertificate certificate = test_certificate(
                (TestCertificatePlan) { .name = "server", .names = "IP:127.0.0.1", .issuer = &authority });
        Server server = { .serve = serve_echo, .certificate = &certificate };

        (void) state;
        server_start(&server);
        AUTO(stream_clear)
        Stream stream = open_with(&server, (HttpOptions) { .ca_pem = str_of(authority.cert_pem) },
                                  (WsOpen) { 0 }, NULL);
        if (!stream.ok)
                fail_msg("%s", stream.err.message);
        receive(&stream, STR("hello"));

        const int streams = 50;
        int64_t start = clock_us();
        for (int i = 0; i < streams; i++) {
                AUTO(ws_freep) WsConnection *ws = NULL;
                const WsOpen open = { .path = STR("/"),
                                      .protocols = PROTOCOLS,
                                      .deadline_ms = clock_ms() + 10000 };

                CHECK(ws_open(stream.client, &open, NULL, &ws, &stream.status, &stream.err));
        }
        print_message("a stream over TLS opens in %ld us\n", (long) (clock_us() - start) / streams);
        CHECK(server.resumed >= 40);
        server_stop(&server);
        test_certificate_clear(&certificate);
        test_certificate_clear(&authority);
}

static void serve_slowly(Peer *peer) { /* a message in two fragments with a ping between, byte by byte */
        static const char frames[] = "\x02\x02"
                                     "ab\x89\x01p\x80\x01"
                                     "c";
        char pong[200];

        if (!peer_upgrade(peer, "v4.channel.k8s.io", "", 0))
                return;
        for (size_t i = 0; i < sizeof frames - 1; i++) {
                peer_write(peer, frames + i, 1);
                usleep(3000);
        }
        if (peer_read_frame(peer, pong) == 1 && pong[0] == 'p')
                peer_write(peer, "\x82\x04pong", 6);
        peer_wait_for_end(peer);
}

static void half_frames_are_waited_for_and_pings_answered_meanwhile(void **state) {
        Server server = { .serve = serve_slowly };

        (void) state;
        server_start(&server);
        AUTO(stream_clear) Stream stream = open_stream(&server);
        receive(&stream, STR("abc"));
        receive(&stream, STR("pong"));
        server_stop(&server);
}

static void serve_frame_and_end(Peer *peer) {
        const Str *frame = peer->server->user;

        peer_upgrade(peer, "v4.channel.k8s.io", frame->ptr, frame->len);
}

static void a_stream_that_ends_otherwise_is_an_error(void **state) {
        const struct {
                Str frame;
                ErrorCode code;
                const char *message;
        } cases[] = {
                { STR(""), ERROR_UNAVAILABLE, "ADDRESS broke the stream off" },
                { { "\x82\x05xx", 4 }, ERROR_UNAVAILABLE, "ADDRESS broke the stream off" },
                { { "\x88\x06\x03\xf3oops", 8 },
                  ERROR_UNAVAILABLE,
                  "the server closed the stream: oops, code 1011" },
                { { "\x82\x7f\x00\x00\x00\x00\x00\x10\x00\x01z", 11 },
                  ERROR_INVALID,
                  "a message of the stream is larger than the limit of 1048576 bytes" },
                { { "\x89\x7e\x00\x7e", 4 },
                  ERROR_UNAVAILABLE,
                  "the stream does not follow the WebSocket protocol: a frame's header is wrong" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                Str frame = c->frame;
                Server server = { .serve = serve_frame_and_end, .user = &frame };

                server_start(&server);
                AUTO(stream_clear) Stream stream = open_stream(&server);
                receive_error(&stream, &server, c->code, c->message);
                server_stop(&server);
        }
}

static void *text_of(const char *text) {
        return (void *) (uintptr_t) text;
}

static void serve_text(Peer *peer) {
        char request[8192];

        peer_read_request(peer, request, sizeof request);
        peer_say(peer, peer->server->user);
}

static void a_refusal_carries_the_servers_words_and_status(void **state) {
        const struct {
                const char *reply;
                int status;
                ErrorCode code;
                const char *message;
        } cases[] = {
                { "HTTP/1.1 403 Forbidden\r\nContent-Length: 44\r\n\r\n{\"kind\":\"Status\",\"message\":\"no "
                  "exec for you\"}",
                  403, ERROR_FORBIDDEN, "no exec for you: HTTP 403 Forbidden" },
                { "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", 401, ERROR_FORBIDDEN,
                  "HTTP 401 Unauthorized" },
                { "HTTP/1.1 500 Internal Server Error\r\n\r\ncontainer not found\n", 500, ERROR_UNAVAILABLE,
                  "container not found: HTTP 500 Internal Server Error" },
                { "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngone\r\n0\r\n\r\n", 404,
                  ERROR_NOT_FOUND, "gone: HTTP 404 Not Found" },
                { "HTTP/1.1 101 X\r\n\r\n", 0, ERROR_UNAVAILABLE,
                  "the server's answer is not that of a WebSocket: Upgrade or Connection is missing" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                Server server = { .serve = serve_text, .user = text_of(c->reply) };

                server_start(&server);
                AUTO(stream_clear) Stream stream = open_stream(&server);
                CHECK(!stream.ok);
                CHECK_STR(stream.err.message, c->message);
                CHECK_INT(stream.err.code, c->code);
                CHECK_INT(stream.status, c->status);
                server_stop(&server);
        }
}

static void serve_endless(Peer *peer) { /* a head, or a body, that never ends */
        char request[8192];

        peer_read_request(peer, request, sizeof request);
        peer_say(peer, peer->server->user);
        while (peer_say(peer, "endless "))
                continue;
}

static void an_answer_without_end_is_cut(void **state) {
        Server bodies = { .serve = serve_endless, .user = text_of("HTTP/1.1 403 Forbidden\r\n\r\n") };
        Server heads = { .serve = serve_endless, .user = text_of("HTTP/1.1 403 Forbidden\r\n") };

        (void) state;
        server_start(&bodies);
        server_start(&heads);
        AUTO(stream_clear) Stream body = open_stream(&bodies);
        CHECK(str_ends_with(str_of(body.err.message), STR("…: HTTP 403 Forbidden")));
        AUTO(stream_clear) Stream head = open_stream(&heads);
        CHECK(str_ends_with(str_of(head.err.message), STR(" is larger than the limit of 65536 bytes")));
        server_stop(&heads);
        server_stop(&bodies);
}

static void serve_end(Peer *peer) {
        char request[8192];

        peer_read_request(peer, request, sizeof request);
}

static void a_server_that_hangs_up_instead_of_answering_is_told(void **state) {
        Server server = { .serve = serve_end };

        (void) state;
        server_start(&server);
        AUTO(stream_clear) Stream stream = open_stream(&server);
        AUTO_FREE char *expected =
                xasprintf("127.0.0.1:%u closed the connection without an answer", server.port);
        CHECK_STR(stream.err.message, expected);
        server_stop(&server);
        AUTO(stream_clear) Stream later = open_stream(&server);
        AUTO_FREE char *refused =
                xasprintf("cannot connect to 127.0.0.1:%u: connection refused (is the server running there?)",
                          server.port);
        CHECK_STR(later.err.message, refused);
        CHECK_INT(later.status, 0);
}

static void serve_other_protocol(Peer *peer) {
        peer_upgrade(peer, "v9.channel.k8s.io", "", 0);
}

static void a_protocol_that_was_not_offered_is_refused(void **state) {
        Server server = { .serve = serve_other_protocol };

        (void) state;
        server_start(&server);
        AUTO(stream_clear) Stream stream = open_stream(&server);
        CHECK_STR(stream.err.message,
                  "the server chose the WebSocket protocol \"v9.channel.k8s.io\", which was not offered");
        server_stop(&server);
}

static char is_open[] = "open";

static void serve_silence(Peer *peer) {
        if (!peer->server->user || peer_upgrade(peer, "v4.channel.k8s.io", "", 0))
                peer_wait_for_end(peer);
}

static void a_deadline_ends_opening_and_receiving(void **state) {
        Server mute = { .serve = serve_silence };
        Server quiet = { .serve = serve_silence, .user = is_open };
        WsEvent event;
        Str message;

        (void) state;
        server_start(&mute);
        server_start(&quiet);
        AUTO(stream_clear)
        Stream unopened =
                open_with(&mute, (HttpOptions) { 0 }, (WsOpen) { .deadline_ms = clock_ms() + 100 }, NULL);
        AUTO_FREE char *expected = xasprintf("127.0.0.1:%u did not open the stream in time", mute.port);
        CHECK_STR(unopened.err.message, expected);
        CHECK_INT(unopened.err.code, ERROR_TIMEOUT);
        CHECK(unopened.took_ms < 500);

        AUTO(stream_clear) Stream stream = open_stream(&quiet);
        int64_t start = clock_ms();
        CHECK(!ws_receive(stream.ws, start + 100, NULL, &event, &message, &stream.err));
        AUTO_FREE char *silent = xasprintf("127.0.0.1:%u did not send anything in time", quiet.port);
        CHECK_STR(stream.err.message, silent);
        CHECK_INT(stream.err.code, ERROR_TIMEOUT);
        CHECK(clock_ms() - start >= 100 && clock_ms() - start < 500);
        server_stop(&quiet);
        server_stop(&mute);
}

static void set_soon(void *user) {
        usleep(100000);
        stop_set(user);
}

static void a_stop_ends_opening_and_receiving_at_once(void **state) {
        Server mute = { .serve = serve_silence };
        Server quiet = { .serve = serve_silence, .user = is_open };
        AUTO(stop_freep) Stop *first = stop_new();
        AUTO(stop_freep) Stop *second = stop_new();
        WsEvent event;
        Str message;

        (void) state;
        server_start(&mute);
        server_start(&quiet);
        Thread thread = thread_start(set_soon, first);
        AUTO(stream_clear) Stream unopened = open_with(&mute, (HttpOptions) { 0 }, (WsOpen) { 0 }, first);
        thread_join(thread);
        CHECK_STR(unopened.err.message, "interrupted");
        CHECK(unopened.took_ms < 1000);

        AUTO(stream_clear) Stream stream = open_stream(&quiet);
        int64_t start = clock_ms();
        thread = thread_start(set_soon, second);
        CHECK(!ws_receive(stream.ws, 0, second, &event, &message, &stream.err));
        CHECK(clock_ms() - start < 150);
        CHECK_STR(stream.err.message, "interrupted");
        CHECK_INT(stream.err.code, ERROR_CANCELED);
        thread_join(thread);
        server_stop(&quiet);
        server_stop(&mute);
}

enum { FLOOD_FRAMES = 2000, FLOOD_BYTES = 1024 };

static void serve_flood(Peer *peer) { /* sends much before it reads anything */
        static char frame[4 + FLOOD_BYTES] = { '\x82', 126, FLOOD_BYTES >> 8, FLOOD_BYTES & 255 };
        static char message[65536];

        if (!peer_upgrade(peer, "v5.channel.k8s.io", "", 0))
                return;
        for (int i = 0; i < FLOOD_FRAMES; i++)
                peer_write(peer, frame, sizeof frame);
        for (int i = 0; i < 100; i++)
                if (peer_read_frame(peer, message) != 60000)
                        return;
        peer_write(peer, "\x82\004done", 6);
        peer_wait_for_end(peer);
}

static void two_sides_that_send_at_once_do_not_wait_for_each_other(void **state) {
        Server server = { .serve = serve_flood };
        static char large[60000], expected[FLOOD_BYTES];

        (void) state;
        server_start(&server);
        AUTO(stream_clear) Stream stream = open_stream(&server);
        for (int i = 0; i < 3;
             i++) /* as much as fits while the peer does not read; what comes meanwhile is kept */
                CHECK(ws_send(stream.ws, (Str) { large, sizeof large }, clock_ms() + 10000, NULL,
                              &stream.err));
        for (int i = 0; i < FLOOD_FRAMES; i++)
                receive(&stream, (Str) { expected, sizeof expected });
        for (int i = 0; i < 97; i++)
                CHECK(ws_send(stream.ws, (Str) { large, sizeof large }, clock_ms() + 10000, NULL,
                              &stream.err));
        receive(&stream, STR("done"));
        server_stop(&server);
}

static void serve_deaf(Peer *peer) { /* reads nothing, until the client has gone */
        struct pollfd gone = { .fd = peer->fd, .events = POLLRDHUP };

        if (peer_upgrade(peer, "v5.channel.k8s.io", "", 0))
                poll(&gone, 1, -1);
}

static void a_peer_that_does_not_read_meets_the_deadline_of_sending(void **state) {
        static char huge[16 * 1024 * 1024];
        Server server = { .serve = serve_deaf };

        (void) state;
        server_start(&server);
        AUTO(stream_clear) Stream stream = open_stream(&server);
        CHECK(!ws_send(stream.ws, (Str) { huge, sizeof huge }, clock_ms() + 200, NULL, &stream.err));
        AUTO_FREE char *expected = xasprintf("127.0.0.1:%u did not take the message in time", server.port);
        CHECK_STR(stream.err.message, expected);
        CHECK_INT(stream.err.code, ERROR_TIMEOUT);
        server_stop(&server);
}

static void a_stop_ends_sending_at_once(void **state) {
        static char huge[16 * 1024 * 1024];
        Server server = { .serve = serve_deaf };
        AUTO(stop_freep) Stop *stop = stop_new();

        (void) state;
        server_start(&server);
        AUTO(stream_clear) Stream stream = open_stream(&server);
        Thread thread = thread_start(set_soon, stop);
        int64_t start = clock_ms();
        CHECK(!ws_send(stream.ws, (Str) { huge, sizeof huge }, 0, stop, &stream.err));
        CHECK(clock_ms() - start < 300);
        CHECK_INT(stream.err.code, ERROR_CANCELED);
        thread_join(thread);
        server_stop(&server);
}

static void what_is_queued_goes_out_while_we_wait_for_messages(void **state) {
        Server server = { .serve = serve_echo };

        (void) state;
        server_start(&server);
        AUTO(stream_clear) Stream stream = open_stream(&server);
        CHECK(!ws_has_queued(stream.ws));
        ws_queue(stream.ws, STR("queued"));
        CHECK(ws_has_queued(stream.ws));
        receive(&stream, STR("hello"));
        receive(&stream, STR("queued"));
        CHECK(!ws_has_queued(stream.ws));
        server_stop(&server);
}

static void serve_last_words(Peer *peer) { /* says something and is gone, whatever we send */
        if (peer_upgrade(peer, "v5.channel.k8s.io", "", 0))
                peer_write(peer, "\x82\004last\x88\x02\x03\xe8", 10);
}

static void what_the_server_said_is_read_though_it_takes_nothing_more(void **state) {
        static char huge[16 * 1024 * 1024];
        Server server = { .serve = serve_last_words };
        WsEvent event;
        Str message;

        (void) state;
        server_start(&server);
        AUTO(stream_clear) Stream stream = open_stream(&server);
        ws_queue(stream.ws, (Str) { huge, sizeof huge });
        while (ws_receive(stream.ws, clock_ms() + 10000, NULL, &event, &message, &stream.err) &&
               event == WS_MESSAGE)
                CHECK(str_equal(message, STR("last"))); /* the reset that our bytes cause may be quicker */
        server_stop(&server);
}

static void serve_reset(Peer *peer) {
        peer_upgrade(peer, "v5.channel.k8s.io", "", 0);
        peer_reset(peer);
}

static void a_stream_that_is_reset_is_told_by_both_ways(void **state) {
        Server server = { .serve = serve_reset };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        server_start(&server);
        AUTO(stream_clear) Stream stream = open_stream(&server);
        if (stream.ok) { /* the reset may come before the head was read */
                receive_error(&stream, &server, ERROR_UNAVAILABLE, "ADDRESS reset the connection");
                while (ws_send(stream.ws, STR("x"), clock_ms() + 10000, NULL, &err))
                        continue;
                CHECK_INT(err.code, ERROR_UNAVAILABLE);
        }
        server_stop(&server);
}

static void what_cannot_be_sent_as_a_request_is_not_sent(void **state) {
        Server server = { .serve = serve_end };
        const HttpHeader header = { "X", STR("a\nb") };

        (void) state;
        server_start(&server);
        AUTO(stream_clear)
        Stream stream = open_with(&server, (HttpOptions) { 0 },
                                  (WsOpen) { .headers = &header, .header_count = 1 }, NULL);
        CHECK_STR(stream.err.message, "the value of header X has a line break");
        server_stop(&server);
        CHECK_INT(server.requests, 0);
}

static void serve_tunnel(Peer *peer) { /* a proxy and, behind it, the server */
        char request[8192];

        if (peer_read_request(peer, request, sizeof request) &&
            strncmp(request, "CONNECT far.invalid:80 ", 23) == 0 &&
            peer_say(peer, "HTTP/1.1 200 Connected\r\n\r\n"))
                serve_echo(peer);
}

static void a_stream_goes_through_a_proxy(void **state) {
        Server server = { .serve = serve_tunnel };

        (void) state;
        server_start(&server);
        AUTO_FREE char *proxy = xasprintf("http://127.0.0.1:%u", server.port);
        AUTO(stream_clear)
        Stream stream = open_with(
                &server, (HttpOptions) { .base_url = STR("http://far.invalid"), .proxy_url = str_of(proxy) },
                (WsOpen) { 0 }, NULL);
        if (!stream.ok)
                fail_msg("%s", stream.err.message);
        receive(&stream, STR("hello"));
        server_stop(&server);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(messages_go_both_ways_until_a_clean_close),
                cmocka_unit_test(the_same_goes_over_tls_and_later_streams_resume_its_session),
                cmocka_unit_test(half_frames_are_waited_for_and_pings_answered_meanwhile),
                cmocka_unit_test(a_stream_that_ends_otherwise_is_an_error),
                cmocka_unit_test(a_refusal_carries_the_servers_words_and_status),
                cmocka_unit_test(an_answer_without_end_is_cut),
                cmocka_unit_test(a_server_that_hangs_up_instead_of_answering_is_told),
                cmocka_unit_test(a_protocol_that_was_not_offered_is_refused),
                cmocka_unit_test(a_deadline_ends_opening_and_receiving),
                cmocka_unit_test(a_stop_ends_opening_and_receiving_at_once),
                cmocka_unit_test(two_sides_that_send_at_once_do_not_wait_for_each_other),
                cmocka_unit_test(a_peer_that_does_not_read_meets_the_deadline_of_sending),
                cmocka_unit_test(a_stop_ends_sending_at_once),
                cmocka_unit_test(what_is_queued_goes_out_while_we_wait_for_messages),
                cmocka_unit_test(what_the_server_said_is_read_though_it_takes_nothing_more),
                cmocka_unit_test(a_stream_that_is_reset_is_told_by_both_ways),
                cmocka_unit_test(what_cannot_be_sent_as_a_request_is_not_sent),
                cmocka_unit_test(a_stream_goes_through_a_proxy),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
