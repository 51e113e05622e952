#include "base/quote.h"

#include <stdint.h>

#include "base/utf8.h"

/* The letter after the backslash, 0 when there is none. */
static char letter_escape(int32_t rune) {
        switch (rune) {
        case '\b':
                return 'b';
        case '\f':
                return 'f';
        case '\n':
                return 'n';
        case '\r':
                return 'r';
        case '\t':
                return 't';
        case '"':
        case '\\':
                return (char) rune;
        default:
                return 0;
        }
}

/* A table, since every byte of a backup passes here. */
static const bool json_is_plain[256] = {
        [0x20 ... 0x21] = true, /* not " */
        [0x23 ... 0x25] = true, /* not & */
        [0x27 ... 0x3b] = true, /* not < */
        [0x3d] = true,          /* not > */
        [0x3f ... 0x5b] = true, /* not the backslash */
        [0x5d ... 0x7f] = true,
};

static void add_json_rune(Str bytes, int32_t rune, Buf *into) {
        char letter = letter_escape(rune);

        if (letter)
                buf_add(into, (Str) { (const char[]) { '\\', letter }, 2 });
        else if (rune < 0)
                buf_add(into, STR("\\ufffd"));
        else if (rune < 0x80 || rune == 0x2028 || rune == 0x2029)
                buf_printf(into, "\\u%04x", (unsigned) rune);
        else
                buf_add(into, bytes);
}

static size_t json_plain_len(Str text) {
        size_t len = 0;

        while (len < text.len && json_is_plain[(unsigned char) text.ptr[len]])
                len++;
        return len;
}

/* Nearly every string of an object needs no escape: one step for those. */
static bool quote_plain_json(Str text, Buf *into) {
        if (json_plain_len(text) < text.len)
                return false;

        char *room = buf_reserve(into, text.len + 2);
        if (room == NULL)
                return true;
        room[0] = '"';
        if (text.len)
                memcpy(room + 1, text.ptr, text.len);
        room[text.len + 1] = '"';
        into->len += text.len + 2;
        return true;
}

void quote_json(Str text, Buf *into) {
        if (quote_plain_json(text, into))
                return;

        buf_add_char(into, '"');
        while (text.len) {
                size_t len = json_plain_len(text);

                if (len) {
                        buf_add(into, (Str) { text.ptr, len });
                } else {
                        int32_t rune = utf8_first(text, &len);
                        add_json_rune((Str) { text.ptr, len }, rune, into);
                }
                text = str_skip(text, len);
        }
        buf_add_char(into, '"');
}

/* Controls, blanks other than the space, format characters, surrogates, private use and what is no
 * character.  Code points without a meaning yet count as printable: which those are changes every year. */
static bool is_printable(int32_t rune) {
        const struct {
                int32_t first, last;
        } hidden[] = {
                { 0x0000, 0x001f }, { 0x007f, 0x00a0 },   { 0x00ad, 0x00ad },    { 0x0600, 0x0605 },
                { 0x061c, 0x061c }, { 0x06dd, 0x06dd },   { 0x070f, 0x070f },    { 0x1680, 0x1680 },
                { 0x180e, 0x180e }, { 0x2000, 0x200f },   { 0x2028, 0x202f },    { 0x205f, 0x206f },
                { 0x3000, 0x3000 }, { 0xd800, 0xf8ff },   { 0xfeff, 0xfeff },    { 0xfff0, 0xfffb },
                { 0xfffe, 0xffff }, { 0xe0000, 0xe00ff }, { 0xe01f0, 0x10ffff },
        };

        for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
                if (rune >= hidden[i].first && rune <= hidden[i].last)
                        return false;
        return true;
}

static void add_go_rune(Str bytes, int32_t rune, Buf *into) {
        char letter = rune == '\a' ? 'a' : rune == '\v' ? 'v' : letter_escape(rune);

        if (letter)
                buf_add(into, (Str) { (const char[]) { '\\', letter }, 2 });
        else if (rune < 0)
                buf_printf(into, "\\x%02x", (unsigned char) bytes.ptr[0]);
        else if (is_printable(rune))
                buf_add(into, bytes);
        else if (rune < 0x80)
                buf_printf(into, "\\x%02x", (unsigned) rune);
        else if (rune < 0x10000)
                buf_printf(into, "\\u%04x", (unsigned) rune);
        else
                buf_printf(into, "\\U%08x", (unsigned) rune);
}

void quote_go(Str text, Buf *into) {
        buf_add_char(into, '"');
        while (text.len) {
                size_t len;
                int32_t rune = utf8_first(text, &len);

                add_go_rune((Str) { text.ptr, len }, rune, into);
                text = str_skip(text, len);
        }
        buf_add_char(into, '"');
}
