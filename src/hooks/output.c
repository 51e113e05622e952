#include "hooks/result.h"

#include "base/buf.h"

void hook_output_add(HookOutput *output, Str bytes) {
        size_t room = HOOK_OUTPUT_EDGE - output->head_len;
        size_t len = bytes.len < room ? bytes.len : room;

        if (len)
                memcpy(output->head + output->head_len, bytes.ptr, len);
        output->head_len += len;
        output->total += len;
        bytes = str_skip(bytes, len);

        if (bytes.len > HOOK_OUTPUT_EDGE) { /* only its end can stay */
                output->total += bytes.len - HOOK_OUTPUT_EDGE;
                bytes = str_skip(bytes, bytes.len - HOOK_OUTPUT_EDGE);
        }
        while (bytes.len) { /* the tail is a ring: what follows the head, by its place modulo the size */
                size_t at = (size_t) ((output->total - HOOK_OUTPUT_EDGE) % HOOK_OUTPUT_EDGE);

                len = HOOK_OUTPUT_EDGE - at < bytes.len ? HOOK_OUTPUT_EDGE - at : bytes.len;
                memcpy(output->tail + at, bytes.ptr, len);
                output->total += len;
                bytes = str_skip(bytes, len);
        }
}

/* Length of the UTF-8 character at the front; 0 when it is none. */
static size_t character_len(Str text) {
        const unsigned char *p = (const unsigned char *) text.ptr;
        static const struct {
                unsigned char first_low, first_high, second_low, second_high;
                size_t len;
        } forms[] = {
                { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
                { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
                { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
        };

        if (p[0] < 0x80)
                return 1;
        for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
                if (p[0] < forms[i].first_low || p[0] > forms[i].first_high)
                        continue;
                if (text.len < forms[i].len || p[1] < forms[i].second_low || p[1] > forms[i].second_high)
                        return 0;
                for (size_t k = 2; k < forms[i].len; k++)
                        if ((p[k] & 0xc0) != 0x80)
                                return 0;
                return forms[i].len;
        }
        return 0;
}

static void add_text(Str bytes, Buf *into) {
        while (bytes.len) {
                size_t len = character_len(bytes);

                buf_add(into, len ? (Str) { bytes.ptr, len } : STR("\xef\xbf\xbd"));
                bytes = str_skip(bytes, len ? len : 1);
        }
}

Str hook_output_text(const HookOutput *output, Arena *arena) {
        AUTO(buf_clear) Buf bytes = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        uint64_t rest = output->total - output->head_len;
        size_t tail_len = rest < HOOK_OUTPUT_EDGE ? (size_t) rest : HOOK_OUTPUT_EDGE;
        size_t oldest = rest < HOOK_OUTPUT_EDGE ? 0 : (size_t) (rest % HOOK_OUTPUT_EDGE);

        buf_add(&bytes, (Str) { output->head, output->head_len });
        if (rest > tail_len) {
                add_text(buf_str(&bytes), &text);
                buf_printf(&text, "\n[\xe2\x80\xa6 %llu bytes left out \xe2\x80\xa6]\n",
                           (unsigned long long) (rest - tail_len));
                buf_reset(&bytes);
        }
        buf_add(&bytes, (Str) { output->tail + oldest, tail_len - oldest });
        buf_add(&bytes, (Str) { output->tail, oldest });
        add_text(buf_str(&bytes), &text);
        return arena_copy(arena, buf_str(&text));
}
