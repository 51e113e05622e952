/* buf.h - a growing run of bytes that refuses to grow past its limit.
 *
 * `{ .limit = N }` is an empty buffer; a limit of 0 means BUF_LIMIT_DEFAULT.
 * Adding past the limit adds nothing more and is remembered, so that a writer
 * adds freely and asks once, with buf_check, at the end. */
#pragma once
#include "base/error.h"
#include "base/str.h"

enum { BUF_LIMIT_DEFAULT = 64 * 1024 * 1024 };

typedef struct Buf {
        char *ptr;
        size_t len, capacity;
        size_t limit;
        bool overflowed;
} Buf;

void buf_add(Buf *buf, Str bytes);
void buf_add_char(Buf *buf, char c);
void buf_printf(Buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Room for `size` more bytes at buf->ptr + buf->len, for a caller that writes in
 * place and then adds to len; NULL past the limit. */
char *buf_reserve(Buf *buf, size_t size);

/* Fails with ERROR_INVALID when something did not fit: "<what> is larger than <limit> bytes". */
bool buf_check(const Buf *buf, const char *what, Error *err) MUST_CHECK;

static inline Str buf_str(const Buf *buf) {
        return (Str) { buf->ptr ? buf->ptr : "", buf->len };
}

void buf_reset(Buf *buf); /* empty, memory kept */
void buf_clear(Buf *buf);
void buf_wipe(Buf *buf); /* buf_clear for what held a secret */
