#include "net/ws_frames.h"

#include "check.h"

static void add(WsFrames *frames, const char *bytes, size_t len) {
        ws_frames_add(frames, (Str) { bytes, len });
}
#define ADD(frames, literal) add(frames, literal, sizeof(literal) - 1)

static void expect(WsFrames *frames, WsFramesNext expected, Str message) {
        AUTO(error_clear) Error err = { 0 };
        WsFramesNext next;
        Str got;

        CHECK(ws_frames_next(frames, &next, &got, &err));
        CHECK_INT(next, expected);
        CHECK(str_equal(got, message));
}

static void expect_error(WsFrames *frames, ErrorCode code, const char *message) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(error_clear) Error again = { 0 };
        WsFramesNext next;
        Str got;

        CHECK(!ws_frames_next(frames, &next, &got, &err));
        CHECK_STR(err.message, message);
        CHECK_INT(err.code, code);
        CHECK(!ws_frames_next(frames, &next, &got, &again));
        CHECK_STR(again.message, "the stream is broken");
}

static void messages_come_whole_and_one_by_one(void **state) {
        AUTO(ws_frames_freep) WsFrames *frames = ws_frames_new(100);

        (void) state;
        ADD(frames, "\x82\x03"
                    "abc"
                    "\x81\x02"
                    "de"
                    "\x82\x00"
                    "\x82");
        expect(frames, WS_FRAMES_MESSAGE, STR("abc"));
        expect(frames, WS_FRAMES_MESSAGE, STR("de"));
        expect(frames, WS_FRAMES_MESSAGE, STR(""));
        expect(frames, WS_FRAMES_MORE, STR(""));
        ADD(frames, "\x01z");
        expect(frames, WS_FRAMES_MESSAGE, STR("z"));
        expect(frames, WS_FRAMES_MORE, STR(""));
}

static void fragments_are_joined_and_pings_between_them_answered(void **state) {
        AUTO(ws_frames_freep) WsFrames *frames = ws_frames_new(100);

        (void) state;
        ADD(frames, "\x02\x02"
                    "ab"
                    "\x89\x02hi"
                    "\x00\x00"
                    "\x8a\x01p" /* a pong that nobody asked for */
                    "\x80\x01"
                    "c");
        expect(frames, WS_FRAMES_MESSAGE, STR("abc"));

        Str pong = ws_frames_output(frames);
        CHECK_INT(pong.len, 2 + 4 + 2);
        CHECK_INT((unsigned char) pong.ptr[0], 0x8a);
        CHECK_INT((unsigned char) pong.ptr[1], 0x82);
        CHECK_INT(pong.ptr[6] ^ pong.ptr[2], 'h');
        CHECK_INT(pong.ptr[7] ^ pong.ptr[3], 'i');
}

static void only_the_newest_ping_is_answered_when_the_peer_does_not_read(void **state) {
        AUTO(ws_frames_freep) WsFrames *frames = ws_frames_new(100);

        (void) state;
        for (int i = 0; i < 1000; i++)
                ADD(frames, "\x89\x01x");
        ADD(frames, "\x89\x00");
        expect(frames, WS_FRAMES_MORE, STR(""));
        CHECK_INT(ws_frames_output(frames).len, 6);
        ws_frames_sent(frames, 6);
        CHECK_INT(ws_frames_output(frames).len, 0);
}

static void output_stays_in_its_place_until_it_was_sent(void **state) {
        AUTO(ws_frames_freep) WsFrames *frames = ws_frames_new(100);

        (void) state;
        ws_frames_send(frames, STR("message"));
        Str before = ws_frames_output(frames);
        CHECK_INT(before.len, 2 + 4 + 7);
        ws_frames_sent(frames, 3);
        ADD(frames, "\x89\x01x");
        expect(frames, WS_FRAMES_MORE, STR(""));
        CHECK_INT(ws_frames_output(frames).ptr - before.ptr, 3);
        CHECK_INT(ws_frames_output(frames).len, before.len - 3);
        ws_frames_sent(frames, before.len - 3);
        CHECK_INT((unsigned char) ws_frames_output(frames).ptr[0], 0x8a); /* only now the pong */
}

static void a_message_of_any_size_is_masked_so_that_it_can_be_unmasked(void **state) {
        const size_t sizes[] = { 0, 1, 125, 126, 65535, 65536, 1000003 };

        (void) state;
        FOR_EACH_CASE(sizes, size) {
                AUTO(ws_frames_freep) WsFrames *frames = ws_frames_new(100);
                AUTO_FREE char *message = malloc(*size + 1);
                size_t head = *size < 126 ? 2 : *size < 65536 ? 4 : 10;

                for (size_t i = 0; i < *size; i++)
                        message[i] = (char) (i * 7);
                ws_frames_send(frames, (Str) { message, *size });
                Str output = ws_frames_output(frames);
                CHECK_INT(output.len, head + 4 + *size);
                CHECK_INT((unsigned char) output.ptr[0], 0x82);
                for (size_t i = 0; i < *size; i++)
                        CHECK_INT((char) (output.ptr[head + 4 + i] ^ output.ptr[head + i % 4]), message[i]);
                ws_frames_sent(frames, output.len);
                CHECK_INT(ws_frames_output(frames).len, 0);
        }
}

static void a_close_is_echoed_once_and_ends_the_stream(void **state) {
        const struct {
                const char *frame;
                size_t len, echo_len;
        } cases[] = { { "\x88\x02\x03\xe8", 4, 8 },
                      { "\x88\x00", 2, 6 },
                      { "\x88\x05\x03\xe8"
                        "bye",
                        7, 8 } };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(ws_frames_freep) WsFrames *frames = ws_frames_new(100);

                add(frames, c->frame, c->len);
                expect(frames, WS_FRAMES_CLOSED, STR(""));
                Str echo = ws_frames_output(frames);
                CHECK_INT((unsigned char) echo.ptr[0], 0x88);
                CHECK_INT(echo.len, c->echo_len);
                ws_frames_sent(frames, echo.len);
                ws_frames_close(frames);
                CHECK_INT(ws_frames_output(frames).len, 0);
                ADD(frames, "\x82\x01z");
                expect(frames, WS_FRAMES_CLOSED, STR(""));
        }
}

static void we_can_close_first(void **state) {
        AUTO(ws_frames_freep) WsFrames *frames = ws_frames_new(100);

        (void) state;
        ws_frames_close(frames);
        Str close = ws_frames_output(frames);
        CHECK_INT((unsigned char) close.ptr[0], 0x88);
        CHECK_INT(close.ptr[6] ^ close.ptr[2], 1000 >> 8);
        CHECK_INT((unsigned char) (close.ptr[7] ^ close.ptr[3]), 1000 & 255);
}

static void what_breaks_the_protocol_or_a_limit_is_refused_with_the_reason(void **state) {
#define BREACH "the stream does not follow the WebSocket protocol: "
        const struct {
                const char *bytes;
                size_t len;
                ErrorCode code;
                const char *message;
        } cases[] = {
                { "\x82\x81\0\0\0\0a", 7, ERROR_UNAVAILABLE, BREACH "a frame of the server is masked" },
                { "\xc2\x01z", 3, ERROR_UNAVAILABLE, BREACH "a frame has reserved bits" },
                { "\x83\x01z", 3, ERROR_UNAVAILABLE, BREACH "a frame is of an unknown kind" },
                { "\x8b\x01z", 3, ERROR_UNAVAILABLE, BREACH "a frame is of an unknown kind" },
                { "\x80\x01z", 3, ERROR_UNAVAILABLE, BREACH "a message goes on that did not begin" },
                { "\x02\x01z\x82\x01z", 6, ERROR_UNAVAILABLE,
                  BREACH "a message begins before the last one ended" },
                { "\x09\x01z", 3, ERROR_UNAVAILABLE,
                  BREACH "a frame's header is wrong" }, /* a fragmented ping */
                { "\x89\x7e\x00\x7e", 4, ERROR_UNAVAILABLE,
                  BREACH "a frame's header is wrong" }, /* a long ping */
                { "\x82\x7e\x00\x05", 4, ERROR_UNAVAILABLE,
                  BREACH "a frame's header is wrong" }, /* 5, not shortest */
                { "\x88\x01\x03", 3, ERROR_UNAVAILABLE, BREACH "a close has half a code" },
                { "\x88\x02\x03\xe9", 4, ERROR_UNAVAILABLE, "the server closed the stream: code 1001" },
                { "\x88\x06\x03\xf3oops", 8, ERROR_UNAVAILABLE,
                  "the server closed the stream: oops, code 1011" },
                { "\x88\x06\x03\xf3o\033ps", 8, ERROR_UNAVAILABLE,
                  "the server closed the stream: o, code 1011" },
                { "\x82\x7e\x00\xfaz", 5, ERROR_INVALID,
                  "a message of the stream is larger than the limit of 100 bytes" },
                { "\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xffz", 11, ERROR_INVALID,
                  "a message of the stream is larger than the limit of 100 bytes" },
                { "\x02\x01z\x80\x64y", 6, ERROR_INVALID,
                  "a message of the stream is larger than the limit of 100 bytes" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(ws_frames_freep) WsFrames *frames = ws_frames_new(100);

                add(frames, c->bytes, c->len);
                expect_error(frames, c->code, c->message);
        }
}

static void take_messages(WsFrames *frames, Buf *into) {
        for (;;) {
                AUTO(error_clear) Error err = { 0 };
                WsFramesNext next;
                Str message;

                CHECK(ws_frames_next(frames, &next, &message, &err));
                if (next != WS_FRAMES_MESSAGE)
                        return;
                buf_add(into, message);
                buf_add_char(into, '|');
        }
}

/* Random messages in random fragments with pings between them, in random pieces: the same messages come out. */
static void however_bytes_are_cut_the_messages_are_the_same(void **state) {
        (void) state;
        FOR_ALL_RANDOM(300, rng) {
                AUTO(ws_frames_freep) WsFrames *frames = ws_frames_new(1000);
                AUTO(buf_clear) Buf stream = { 0 };
                AUTO(buf_clear) Buf expected = { 0 };
                AUTO(buf_clear) Buf got = { 0 };

                for (size_t message = 0; message < 5; message++) {
                        size_t fragments = 1 + random_u64(&rng) % 3;

                        for (size_t i = 0; i < fragments; i++) {
                                size_t len = random_u64(&rng) % 300;

                                buf_add_char(&stream, (char) ((i + 1 == fragments ? 0x80 : 0) | (i ? 0 : 2)));
                                if (len < 126)
                                        buf_add_char(&stream, (char) len);
                                else
                                        buf_add(&stream,
                                                (Str) { (char[]) { 126, (char) (len >> 8), (char) len }, 3 });
                                for (size_t j = 0; j < len; j++) {
                                        buf_add_char(&stream, (char) j);
                                        buf_add_char(&expected, (char) j);
                                }
                                if (random_u64(&rng) % 2)
                                        buf_add(&stream, (Str) { "\x89\x02hi", 4 });
                        }
                        buf_add_char(&expected, '|');
                }
                for (Str rest = buf_str(&stream); rest.len;) {
                        size_t len = 1 + random_u64(&rng) % 70;

                        len = len < rest.len ? len : rest.len;
                        add(frames, rest.ptr, len);
                        rest = str_skip(rest, len);
                        take_messages(frames, &got);
                        CHECK_INT(ws_frames_waiting(frames), 0);
                }
                CHECK(str_equal(buf_str(&got), buf_str(&expected)));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(messages_come_whole_and_one_by_one),
                cmocka_unit_test(fragments_are_joined_and_pings_between_them_answered),
                cmocka_unit_test(only_the_newest_ping_is_answered_when_the_peer_does_not_read),
                cmocka_unit_test(output_stays_in_its_place_until_it_was_sent),
                cmocka_unit_test(a_message_of_any_size_is_masked_so_that_it_can_be_unmasked),
                cmocka_unit_test(a_close_is_echoed_once_and_ends_the_stream),
                cmocka_unit_test(we_can_close_first),
                cmocka_unit_test(what_breaks_the_protocol_or_a_limit_is_refused_with_the_reason),
                cmocka_unit_test(however_bytes_are_cut_the_messages_are_the_same),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
