#include "base/utf8.h"

int32_t utf8_first(Str text, size_t *ret_len) {
        const unsigned char *p = (const unsigned char *) text.ptr;
        const int32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
        size_t len = p[0] < 0x80   ? 1
                     : p[0] < 0xc2 ? 0
                     : p[0] < 0xe0 ? 2
                     : p[0] < 0xf0 ? 3
                     : p[0] < 0xf5 ? 4
                                   : 0;

        *ret_len = 1;
        if (len == 1)
                return p[0];
        if (len == 0 || len > text.len)
                return -1;

        int32_t rune = p[0] & (0x7f >> len);
        for (size_t i = 1; i < len; i++) {
                if ((p[i] & 0xc0) != 0x80)
                        return -1;
                rune = rune << 6 | (p[i] & 0x3f);
        }
        if (rune < smallest[len] || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
                return -1;
        *ret_len = len;
        return rune;
}

bool utf8_is_valid(Str text) {
        for (size_t len; text.len; text = str_skip(text, len))
                if (utf8_first(text, &len) < 0)
                        return false;
        return true;
}

void utf8_mend(Str text, Buf *into) {
        for (size_t len; text.len; text = str_skip(text, len)) {
                bool wrong = utf8_first(text, &len) < 0;

                buf_add(into, wrong ? STR("\xef\xbf\xbd") : (Str) { text.ptr, len });
        }
}
