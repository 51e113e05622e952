#include "data/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(Str bytes, Buf *into) {
        const unsigned char *in = (const unsigned char *) bytes.ptr;
        size_t len = bytes.len / 3 * 4 + (bytes.len % 3 ? 4 : 0);
        char *out = buf_reserve(into, len);

        if (!out)
                return;
        for (size_t i = 0; i < bytes.len; i += 3, out += 4) {
                size_t left = bytes.len - i;
                uint32_t bits = (uint32_t) in[i] << 16 | (left > 1 ? (uint32_t) in[i + 1] << 8 : 0) |
                                (left > 2 ? in[i + 2] : 0);

                out[0] = alphabet[bits >> 18];
                out[1] = alphabet[bits >> 12 & 63];
                out[2] = left > 1 ? alphabet[bits >> 6 & 63] : '=';
                out[3] = left > 2 ? alphabet[bits & 63] : '=';
        }
        into->len += len;
}

static int sextet_of(char c) {
        if (c >= 'A' && c <= 'Z')
                return c - 'A';
        if (c >= 'a' && c <= 'z')
                return c - 'a' + 26;
        if (c >= '0' && c <= '9')
                return c - '0' + 52;
        return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_blank(char c) {
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool wrong_byte(Str text, size_t i, Error *err) {
        unsigned char c = (unsigned char) text.ptr[i];

        if (c > 32 && c < 127)
                return error_set(err, ERROR_INVALID, "not base64: '%c' at byte %zu", c, i);
        return error_set(err, ERROR_INVALID, "not base64: 0x%02x at byte %zu", c, i);
}

/* What the digits of the last, incomplete group of four stand for. */
static bool finish(uint32_t bits, unsigned digits, unsigned padding, Buf *into, Error *err) {
        if (digits == 0 && padding == 0)
                return true;
        if (digits < 2 || digits + padding != 4)
                return error_set(err, ERROR_INVALID, "not base64: it is cut off or its padding is wrong");
        /* RFC 4648 3.5: bits beyond the last byte are zero, so that a value has one text only. */
        if (bits & (digits == 2 ? 0xf : 0x3))
                return error_set(err, ERROR_INVALID, "not base64: stray bits before the padding");
        buf_add_char(into, (char) (bits >> (digits == 2 ? 4 : 10)));
        if (digits == 3)
                buf_add_char(into, (char) (bits >> 2));
        return true;
}

bool base64_decode(Str text, Buf *into, Error *err) {
        uint32_t bits = 0;
        unsigned digits = 0, padding = 0;

        for (size_t i = 0; i < text.len; i++) {
                if (is_blank(text.ptr[i]))
                        continue;
                if (text.ptr[i] == '=' && digits >= 2 && digits + padding < 4) {
                        padding++;
                        continue;
                }
                int sextet = sextet_of(text.ptr[i]);
                if (sextet < 0 || padding)
                        return wrong_byte(text, i, err);
                bits = bits << 6 | (unsigned) sextet;
                if (++digits == 4) {
                        buf_add(into,
                                (Str) { (char[]) { (char) (bits >> 16), (char) (bits >> 8), (char) bits },
                                        3 });
                        bits = digits = 0;
                }
        }
        return finish(bits, digits, padding, into, err) && buf_check(into, "the decoded base64", err);
}
