/* Bytes of a server: the first says whether they are an upgrade reply or frames, the second in which pieces frames come. */
#include "net/ws_frames.h"
#include "net/ws_upgrade.h"

#include <assert.h>

#include "fuzz.h"

enum { MESSAGE_LIMIT = 1000 };

static void read_reply(Str bytes) {
        AUTO(error_clear) Error err = { 0 };
        size_t head_len = ws_head_len(bytes);
        Str protocol;
        int status = -1;

        bool ok = ws_check_upgrade((Str) { bytes.ptr, head_len }, STR("dGhlIHNhbXBsZSBub25jZQ=="), &protocol,
                                   &status, &err);
        assert(ok == (err.code == ERROR_NONE));
        assert(status == 0 || (status >= 100 && status <= 999 && status != 101 && !ok));
        if (ok || status == 0)
                return;
        Str body = str_skip(bytes, head_len);
        (void) ws_refusal_is_whole((Str) { bytes.ptr, head_len }, body);
        assert(!ws_refusal_explain((Str) { bytes.ptr, head_len }, body, &err));
        for (const char *c = err.message; *c; c++)
                assert((unsigned char) *c >= ' ' && *c != 0x7f);
}

static void read_frames(Str bytes, size_t piece) {
        AUTO(ws_frames_freep) WsFrames *frames = ws_frames_new(MESSAGE_LIMIT);

        while (bytes.len) {
                size_t len = piece < bytes.len ? piece : bytes.len;

                ws_frames_add(frames, (Str) { bytes.ptr, len });
                bytes = str_skip(bytes, len);
                for (;;) {
                        AUTO(error_clear) Error err = { 0 };
                        WsFramesNext next;
                        Str message;

                        if (!ws_frames_next(frames, &next, &message, &err)) {
                                assert(err.code == ERROR_UNAVAILABLE || err.code == ERROR_INVALID);
                                return;
                        }
                        if (next != WS_FRAMES_MESSAGE)
                                break;
                        assert(message.len <= MESSAGE_LIMIT);
                }
                ws_frames_sent(frames, ws_frames_output(frames).len);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        if (size < 2)
                return 0;
        Str bytes = { (const char *) data + 2, size - 2 };
        if (data[0] & 1)
                read_reply(bytes);
        else
                read_frames(bytes, 1 + data[1]);
        return 0;
}
