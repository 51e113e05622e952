#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

enum { CAPACITY_MIN = 256 };

static size_t limit_of(const Buf *buf) {
        return buf->limit ? buf->limit : BUF_LIMIT_DEFAULT;
}

char *buf_reserve(Buf *buf, size_t size) {
        size_t limit = limit_of(buf);

        if (buf->overflowed || size > limit - buf->len) {
                buf->overflowed = true;
                return NULL;
        }
        /* One byte more than what counts: room for the NUL of vsnprintf. */
        size_t needed = buf->len + size + 1;
        if (needed > buf->capacity) {
                size_t doubled = buf->capacity < limit / 2 ? 2 * buf->capacity : limit + 1;
                size_t capacity = needed > doubled ? needed : doubled;

                if (capacity < CAPACITY_MIN)
                        capacity = CAPACITY_MIN;
                buf->ptr = xrealloc_array(buf->ptr, capacity, 1);
                buf->capacity = capacity;
        }
        return buf->ptr + buf->len;
}

void buf_add(Buf *buf, Str bytes) {
        if (bytes.len == 0)
                return;

        char *room = buf_reserve(buf, bytes.len);
        if (room == NULL)
                return;
        memcpy(room, bytes.ptr, bytes.len);
        buf->len += bytes.len;
}

void buf_add_char(Buf *buf, char c) {
        char *room = buf_reserve(buf, 1);

        if (room == NULL)
                return;
        *room = c;
        buf->len++;
}

void buf_printf(Buf *buf, const char *format, ...) {
        va_list args, again;

        char *room = buf_reserve(buf, 0);
        if (room == NULL)
                return;

        size_t spare = buf->capacity - buf->len;
        va_start(args, format);
        va_copy(again, args);
        int len = vsnprintf(room, spare, format, args);
        va_end(args);
        assert(len >= 0);

        room = buf_reserve(buf, (size_t) len);
        if (room != NULL) {
                if ((size_t) len >= spare)
                        vsnprintf(room, (size_t) len + 1, format, again);
                buf->len += (size_t) len;
        }
        va_end(again);
}

bool buf_check(const Buf *buf, const char *what, Error *err) {
        if (buf->overflowed)
                return error_set(err, ERROR_INVALID, "%s is larger than %zu bytes", what, limit_of(buf));
        return true;
}

void buf_reset(Buf *buf) {
        buf->len = 0;
        buf->overflowed = false;
}

void buf_clear(Buf *buf) {
        free(buf->ptr);
        *buf = (Buf) { .limit = buf->limit };
}

void buf_wipe(Buf *buf) {
        if (buf->ptr)
                explicit_bzero(buf->ptr, buf->capacity);
        buf_clear(buf);
}
