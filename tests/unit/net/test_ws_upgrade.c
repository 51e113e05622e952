#include "net/ws_upgrade.h"

#include "check.h"

/* The key and answer of RFC 6455 1.3. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define GOOD "Upgrade: websocket\r\nConnection: Upgrade\r\n"

static void a_switch_of_protocols_is_accepted(void **state) {
        const struct {
                const char *head, *protocol;
        } cases[] = {
                { "HTTP/1.1 101 Switching Protocols\r\n" GOOD ACCEPT "\r\n", "" },
                { "HTTP/1.1 101\r\n" GOOD ACCEPT "\r\n", "" },
                { "HTTP/1.1 101 Switching Protocols\r\n" GOOD ACCEPT
                  "Sec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n",
                  "v5.channel.k8s.io" },
                { "HTTP/1.1 101 X\r\nUPGRADE:WebSocket\r\nconnection: keep-alive, upgrade\r\n" ACCEPT
                  "sec-websocket-protocol:\tv4 \r\nSec-WebSocket-Extensions:\r\n\r\n",
                  "v4" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                Str protocol;
                int status = -1;

                CHECK(ws_check_upgrade(str_of(c->head), STR(KEY), &protocol, &status, &err));
                CHECK(str_equal(protocol, str_of(c->protocol)));
                CHECK_INT(status, 0);
        }
}

static void any_other_answer_is_refused_with_the_reason(void **state) {
        const struct {
                const char *head;
                int status;
                ErrorCode code;
                const char *message;
        } cases[] = {
                { "", 0, ERROR_UNAVAILABLE, "the server's answer is not HTTP" },
                { "SSH-2.0-OpenSSH\r\n\r\n", 0, ERROR_UNAVAILABLE, "the server's answer is not HTTP" },
                { "HTTP/1.1 1x1 Switching\r\n\r\n", 0, ERROR_UNAVAILABLE, "the server's answer is not HTTP" },
                { "HTTP/1.1 099 Low\r\n\r\n", 0, ERROR_UNAVAILABLE, "the server's answer is not HTTP" },
                { "HTTP/1.1x200 Odd\r\n\r\n", 0, ERROR_UNAVAILABLE, "the server's answer is not HTTP" },
                { "HTTP/1.1 400 Bad Request\r\n\r\n", 400, ERROR_INVALID, "HTTP 400 Bad Request" },
                { "HTTP/1.1 401 Unauthorized\r\n\r\n", 401, ERROR_FORBIDDEN, "HTTP 401 Unauthorized" },
                { "HTTP/1.1 403 Forbidden\r\n\r\n", 403, ERROR_FORBIDDEN, "HTTP 403 Forbidden" },
                { "HTTP/1.1 404 Not Found\r\n\r\n", 404, ERROR_NOT_FOUND, "HTTP 404 Not Found" },
                { "HTTP/1.1 408 Late\r\n\r\n", 408, ERROR_UNAVAILABLE, "HTTP 408 Late" },
                { "HTTP/1.1 409 Conflict\r\n\r\n", 409, ERROR_CONFLICT, "HTTP 409 Conflict" },
                { "HTTP/1.1 429 Busy\r\n\r\n", 429, ERROR_UNAVAILABLE, "HTTP 429 Busy" },
                { "HTTP/1.1 503\r\n\r\n", 503, ERROR_UNAVAILABLE, "HTTP 503" },
                { "HTTP/1.1 500 \x1b[2J\r\n\r\n", 500, ERROR_UNAVAILABLE, "HTTP 500  [2J" },
                { "HTTP/1.1 101 X\r\n" ACCEPT "\r\n", 0, ERROR_UNAVAILABLE,
                  "the server's answer is not that of a WebSocket: Upgrade or Connection is missing" },
                { "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: close\r\n" ACCEPT "\r\n", 0,
                  ERROR_UNAVAILABLE,
                  "the server's answer is not that of a WebSocket: Upgrade or Connection is missing" },
                { "HTTP/1.1 101 X\r\n" GOOD "\r\n", 0, ERROR_UNAVAILABLE,
                  "the server's answer is not that of a WebSocket: Sec-WebSocket-Accept is wrong" },
                { "HTTP/1.1 101 X\r\n" GOOD "Sec-WebSocket-Accept: AAAA\r\n\r\n", 0, ERROR_UNAVAILABLE,
                  "the server's answer is not that of a WebSocket: Sec-WebSocket-Accept is wrong" },
                { "HTTP/1.1 101 X\r\n" GOOD ACCEPT "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", 0,
                  ERROR_UNAVAILABLE, "the server wants a WebSocket extension that was not offered" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                Str protocol;
                int status = -1;

                CHECK(!ws_check_upgrade(str_of(c->head), STR(KEY), &protocol, &status, &err));
                CHECK_STR(err.message, c->message);
                CHECK_INT(err.code, c->code);
                CHECK_INT(status, c->status);
        }
}

static void the_request_has_all_that_the_server_must_know(void **state) {
        const HttpHeader header = { "Impersonate-User", STR("jane") };
        AUTO(secret_clear) Secret bearer = secret_copy(STR("t0ken"));
        const WsOpen open = { .path = STR("/exec?command=ls"),
                              .headers = &header,
                              .header_count = 1,
                              .bearer = &bearer,
                              .protocols = "v5, v4" };
        const WsUpgrade upgrade = { STR("h:6443"), STR("/p"), STR("grapnel/1"), &open, KEY };
        AUTO(buf_clear) Buf request = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(ws_write_upgrade(&upgrade, &request, &err));
        buf_add_char(&request, '\0');
        CHECK_STR(request.ptr, "GET /p/exec?command=ls HTTP/1.1\r\nHost: h:6443\r\nUser-Agent: grapnel/1\r\n"
                               "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                               "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Protocol: v5, v4\r\n"
                               "Impersonate-User: jane\r\nAuthorization: Bearer t0ken\r\n\r\n");
}

static void a_request_that_would_smuggle_lines_is_not_written(void **state) {
        const HttpHeader header = { "X", STR("a\r\nb") };
        AUTO(secret_clear) Secret bearer = secret_copy(STR("a\nb"));
        const struct {
                WsOpen open;
                const char *message;
        } cases[] = {
                { { .path = STR("") },
                  "the path of the stream is empty or has a space or control character" },
                { { .path = STR("/a b") },
                  "the path of the stream is empty or has a space or control character" },
                { { .path = STR("/"), .headers = &header, .header_count = 1 },
                  "the value of header X has a line break" },
                { { .path = STR("/"), .bearer = &bearer }, "the bearer token has a line break" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                const WsUpgrade upgrade = { STR("h"), STR(""), STR("u"), &c->open, KEY };
                AUTO(buf_clear) Buf request = { 0 };
                AUTO(error_clear) Error err = { 0 };

                CHECK(!ws_write_upgrade(&upgrade, &request, &err));
                CHECK_STR(err.message, c->message);
        }
}

static void each_key_is_another(void **state) {
        char one[WS_KEY_SIZE], two[WS_KEY_SIZE];
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(ws_make_key(one, &err) && ws_make_key(two, &err));
        CHECK_INT(strlen(one), WS_KEY_SIZE - 1);
        CHECK(strcmp(one, two) != 0);
}

static void a_head_ends_with_an_empty_line(void **state) {
        (void) state;
        CHECK_INT(ws_head_len(STR("HTTP/1.1 101\r\n")), 0);
        CHECK_INT(ws_head_len(STR("HTTP/1.1 101\r\n\r\nrest")), 16);
        CHECK_INT(ws_head_len(STR("")), 0);
}

static void what_a_refusal_says_is_put_in_front_of_its_status(void **state) {
        static char long_text[6000];
        const struct {
                const char *head, *body, *message;
                bool is_whole;
        } cases[] = {
                { "HTTP/1.1 403 Forbidden\r\nContent-Length: 56\r\n\r\n",
                  "{\"kind\":\"Status\",\"message\":\"pods \\\"web\\\" is forbidden\"}",
                  "pods \"web\" is forbidden: HTTP 403", false },
                { "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\n", "no\r\n", "no: HTTP 403", true },
                { "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "", "HTTP 403", true },
                { "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\n", "cut", "cut: HTTP 403", false },
                { "HTTP/1.1 403 Forbidden\r\nContent-Length: nine\r\n\r\n", "cut", "cut: HTTP 403", false },
                { "HTTP/1.1 403 Forbidden\r\nContent-Length: 9999999999\r\n\r\n", "cut", "cut: HTTP 403",
                  false },
                { "HTTP/1.1 403 Forbidden\r\n\r\n", "{\"message\":7}", "HTTP 403", false },
                { "HTTP/1.1 403 Forbidden\r\n\r\n", "a\x1b[31mb\nc", "a [31mb c: HTTP 403", false },
                { "HTTP/1.1 403 X\r\nTransfer-Encoding: chunked\r\n\r\n",
                  "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", "abc0123456789: HTTP 403", true },
                { "HTTP/1.1 403 X\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\nabc\r\n", "abc: HTTP 403",
                  false },
                { "HTTP/1.1 403 X\r\nTransfer-Encoding: chunked\r\n\r\n", "ff\r\nabc", "abc: HTTP 403",
                  false },
                { "HTTP/1.1 403 X\r\nTransfer-Encoding: chunked\r\n\r\n", "3", "HTTP 403", false },
                { "HTTP/1.1 403 X\r\nTransfer-Encoding: chunked\r\n\r\n", "", "HTTP 403", false },
                { "HTTP/1.1 403 X\r\nTransfer-Encoding: chunked\r\n\r\n", "no chunk\r\n", "HTTP 403", true },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };

                error_set(&err, ERROR_FORBIDDEN, "HTTP 403");
                CHECK_INT(ws_refusal_is_whole(str_of(c->head), str_of(c->body)), c->is_whole);
                CHECK(!ws_refusal_explain(str_of(c->head), str_of(c->body), &err));
                CHECK_STR(err.message, c->message);
        }

        AUTO(error_clear) Error err = { 0 };
        memset(long_text, 'x', sizeof long_text - 1);
        error_set(&err, ERROR_FORBIDDEN, "HTTP 403");
        CHECK(!ws_refusal_explain(STR("HTTP/1.1 403 X\r\n\r\n"), str_of(long_text), &err));
        CHECK_INT(strlen(err.message), 4096 + strlen("…: HTTP 403"));
}

static void a_refusal_is_not_read_without_end(void **state) {
        static char endless[WS_REFUSAL_MAX];

        (void) state;
        CHECK(ws_refusal_is_whole(STR("HTTP/1.1 403 X\r\n\r\n"), (Str) { endless, sizeof endless }));
        CHECK(!ws_refusal_is_whole(STR("HTTP/1.1 403 X\r\n\r\n"), (Str) { endless, sizeof endless - 1 }));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_switch_of_protocols_is_accepted),
                cmocka_unit_test(any_other_answer_is_refused_with_the_reason),
                cmocka_unit_test(the_request_has_all_that_the_server_must_know),
                cmocka_unit_test(a_request_that_would_smuggle_lines_is_not_written),
                cmocka_unit_test(each_key_is_another),
                cmocka_unit_test(a_head_ends_with_an_empty_line),
                cmocka_unit_test(what_a_refusal_says_is_put_in_front_of_its_status),
                cmocka_unit_test(a_refusal_is_not_read_without_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
