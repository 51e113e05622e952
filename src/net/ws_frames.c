#include "net/ws_frames.h"

#include <assert.h>
#include <sys/random.h>
#include <wslay/wslay.h>

#include "base/mem.h"

enum {
        CONTROL_MAX = 125, /* RFC 6455 5.5 */
        CLOSE_NORMAL = 1000,
        CLOSE_NO_CODE = 1005, /* stands for a close frame without a code; never sent */
        OUTPUT_KEPT_BYTES = 64 * 1024,
};

static const size_t OUTPUT_LIMIT = SIZE_MAX / 2; /* what we send is our own */

struct WsFrames {
        wslay_frame_context_ptr wslay;
        size_t message_limit;
        Buf input;
        size_t input_used;
        Buf message;           /* being assembled */
        bool is_message_given; /* the last one was handed out whole; the next begins anew */
        bool is_in_message;    /* a data frame without FIN was seen */
        uint64_t frame_seen;   /* payload bytes of the current frame */
        char control[CONTROL_MAX];
        char pong[CONTROL_MAX]; /* the newest ping's payload: RFC 6455 5.5.3 lets us answer only that */
        size_t pong_len;
        bool owes_pong, owes_close, is_closed, is_close_sent;
        bool is_broken; /* an error was returned; nothing after it can be understood */
        unsigned close_code;
        Buf output;
        size_t output_sent;
};

static ssize_t take_input(uint8_t *into, size_t size, int flags, void *user) {
        WsFrames *frames = user;
        size_t left = frames->input.len - frames->input_used;
        size_t len = left < size ? left : size;

        (void) flags;
        if (len == 0)
                return -1; /* wants more */
        memcpy(into, frames->input.ptr + frames->input_used, len);
        frames->input_used += len;
        return (ssize_t) len;
}

static ssize_t put_output(const uint8_t *bytes, size_t len, int flags, void *user) {
        WsFrames *frames = user;

        (void) flags;
        buf_add(&frames->output, (Str) { (const char *) bytes, len });
        return (ssize_t) len;
}

/* A mask must not be foreseen by whoever chose the payload (RFC 6455 5.3). */
static int make_mask(uint8_t *into, size_t len, void *user) {
        (void) user;
        return getrandom(into, len, 0) == (ssize_t) len ? 0 : -1;
}

WsFrames *ws_frames_new(size_t message_limit) {
        const struct wslay_frame_callbacks callbacks = { put_output, take_input, make_mask };
        WsFrames *frames = xnew0(WsFrames);

        frames->message_limit = frames->message.limit = message_limit;
        frames->output.limit = OUTPUT_LIMIT;
        if (wslay_frame_context_init(&frames->wslay, &callbacks, frames) != 0)
                abort(); /* out of memory, which ends the process (mem.h) */
        return frames;
}

void ws_frames_free(WsFrames *frames) {
        if (!frames)
                return;
        wslay_frame_context_free(frames->wslay);
        buf_clear(&frames->input);
        buf_clear(&frames->message);
        buf_clear(&frames->output);
        free(frames);
}

void ws_frames_add(WsFrames *frames, Str bytes) {
        if (frames->input_used == frames->input.len) {
                buf_reset(&frames->input);
                frames->input_used = 0;
        }
        buf_add(&frames->input, bytes);
}

size_t ws_frames_waiting(const WsFrames *frames) {
        return frames->input.len - frames->input_used;
}

static void put_frame(WsFrames *frames, uint8_t opcode, Str payload) {
        struct wslay_frame_iocb frame = {
                .fin = 1, .opcode = opcode, .mask = 1, .payload_length = payload.len
        };
        size_t sent = 0;

        do {
                frame.data = (const uint8_t *) payload.ptr + sent;
                frame.data_length = payload.len - sent;
                ssize_t len = wslay_frame_send(frames->wslay, &frame);
                assert(len >= 0 && !frames->output.overflowed); /* put_output takes everything */
                sent += (size_t) len;
        } while (sent < payload.len);
}

static bool breach(const char *what, Error *err) {
        return error_set(err, ERROR_UNAVAILABLE, "the stream does not follow the WebSocket protocol: %s",
                         what);
}

static bool check_frame(const WsFrames *frames, const struct wslay_frame_iocb *frame, Error *err) {
        bool is_control = wslay_is_ctrl_frame(frame->opcode);

        if (frame->mask)
                return breach("a frame of the server is masked", err);
        if (frame->rsv)
                return breach("a frame has reserved bits", err);
        if (is_control && frame->opcode > WSLAY_PONG)
                return breach("a frame is of an unknown kind", err);
        if (is_control)
                return true;
        if (frame->opcode > WSLAY_BINARY_FRAME)
                return breach("a frame is of an unknown kind", err);
        if (frames->frame_seen == 0 && frame->opcode != WSLAY_CONTINUATION_FRAME && frames->is_in_message)
                return breach("a message begins before the last one ended", err);
        if (frame->opcode == WSLAY_CONTINUATION_FRAME && !frames->is_in_message)
                return breach("a message goes on that did not begin", err);
        if (frame->payload_length - frames->frame_seen <= frames->message_limit - frames->message.len)
                return true;
        return error_set(err, ERROR_INVALID, "a message of the stream is larger than the limit of %zu bytes",
                         frames->message_limit);
}

static bool close_received(WsFrames *frames, Str payload, Error *err) {
        frames->is_closed = frames->owes_close = true;
        frames->close_code = CLOSE_NO_CODE;
        if (payload.len == 1)
                return breach("a close has half a code", err);
        if (payload.len < 2)
                return true;
        frames->close_code = (unsigned) (unsigned char) payload.ptr[0] << 8 | (unsigned char) payload.ptr[1];
        if (frames->close_code == CLOSE_NORMAL)
                return true;
        Str reason = str_skip(payload, 2);
        for (size_t i = 0; i < reason.len; i++)
                if ((unsigned char) reason.ptr[i] < ' ' || reason.ptr[i] == 0x7f)
                        reason.len = i; /* no control bytes into a terminal or log */
        return error_set(err, ERROR_UNAVAILABLE, "the server closed the stream: " STR_FMT "%scode %u",
                         STR_ARG(reason), reason.len ? ", " : "", frames->close_code);
}

static bool control_received(WsFrames *frames, uint8_t opcode, Str payload, Error *err) {
        if (opcode == WSLAY_CONNECTION_CLOSE)
                return close_received(frames, payload, err);
        if (opcode == WSLAY_PING) {
                memcpy(frames->pong, payload.ptr, payload.len);
                frames->pong_len = payload.len;
                frames->owes_pong = true;
        }
        return true;
}

/* One piece of a frame's payload; *ret_is_whole when a message is complete with it. */
static bool piece_received(WsFrames *frames, const struct wslay_frame_iocb *frame, bool *ret_is_whole,
                           Error *err) {
        Str piece = { (const char *) frame->data, frame->data_length };

        *ret_is_whole = false;
        if (!check_frame(frames, frame, err))
                return false;

        uint64_t seen = frames->frame_seen + piece.len;
        bool is_last_piece = seen == frame->payload_length;
        if (wslay_is_ctrl_frame(frame->opcode)) {
                memcpy(frames->control + frames->frame_seen, piece.ptr,
                       piece.len); /* wslay refuses over 125 */
                frames->frame_seen = is_last_piece ? 0 : seen;
                return !is_last_piece ||
                       control_received(frames, frame->opcode, (Str) { frames->control, (size_t) seen }, err);
        }
        buf_add(&frames->message, piece);
        frames->frame_seen = is_last_piece ? 0 : seen;
        if (is_last_piece)
                frames->is_in_message = !frame->fin;
        *ret_is_whole = is_last_piece && frame->fin;
        return true;
}

/* Until a message is whole, the stream is closed, or the input is used up. */
static bool read_frames(WsFrames *frames, WsFramesNext *ret_next, Error *err) {
        bool is_whole = false;
        ssize_t len = 0;

        while (!frames->is_closed && !is_whole) {
                struct wslay_frame_iocb frame = { 0 };

                len = wslay_frame_recv(frames->wslay, &frame);
                if (len == WSLAY_ERR_WANT_READ)
                        break;
                if (len < 0)
                        return breach("a frame's header is wrong", err);
                if (!piece_received(frames, &frame, &is_whole, err))
                        return false;
        }
        *ret_next = is_whole ? WS_FRAMES_MESSAGE : frames->is_closed ? WS_FRAMES_CLOSED : WS_FRAMES_MORE;
        return true;
}

bool ws_frames_next(WsFrames *frames, WsFramesNext *ret_next, Str *ret_message, Error *err) {
        if (frames->is_broken)
                return error_set(err, ERROR_UNAVAILABLE, "the stream is broken");
        if (frames->is_message_given)
                buf_reset(&frames->message);
        frames->is_message_given = false;
        if (!read_frames(frames, ret_next, err)) {
                frames->is_broken = true;
                return false;
        }
        frames->is_message_given = *ret_next == WS_FRAMES_MESSAGE;
        *ret_message = frames->is_message_given ? buf_str(&frames->message) : STR("");
        return true;
}

void ws_frames_send(WsFrames *frames, Str message) {
        assert(ws_frames_output(frames).len == 0); /* the caller sends out what there is first */
        put_frame(frames, WSLAY_BINARY_FRAME, message);
}

void ws_frames_close(WsFrames *frames) {
        frames->owes_close = true;
        if (frames->close_code == 0)
                frames->close_code = CLOSE_NORMAL;
}

/* What we owe the peer; only into an empty output, so that nothing moves what is being sent. */
static void put_answers(WsFrames *frames) {
        if (frames->is_close_sent)
                return;
        if (frames->owes_pong)
                put_frame(frames, WSLAY_PONG, (Str) { frames->pong, frames->pong_len });
        frames->owes_pong = false;
        if (frames->owes_close) {
                char code[2] = { (char) (frames->close_code >> 8), (char) frames->close_code };

                put_frame(frames, WSLAY_CONNECTION_CLOSE,
                          (Str) { code, frames->close_code == CLOSE_NO_CODE ? 0 : sizeof code });
                frames->is_close_sent = true;
        }
}

Str ws_frames_output(WsFrames *frames) {
        if (frames->output_sent == frames->output.len) {
                frames->output_sent = 0;
                if (frames->output.capacity > OUTPUT_KEPT_BYTES)
                        buf_clear(&frames->output);
                buf_reset(&frames->output);
                frames->output.limit = OUTPUT_LIMIT;
                put_answers(frames);
        }
        return str_skip(buf_str(&frames->output), frames->output_sent);
}

void ws_frames_sent(WsFrames *frames, size_t bytes) {
        assert(bytes <= frames->output.len - frames->output_sent);
        frames->output_sent += bytes;
}
