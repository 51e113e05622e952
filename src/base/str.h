/* str.h - a borrowed run of bytes.  Pass by value; never free. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct Str {
        const char *ptr;
        size_t len;
} Str;

#define STR(literal) ((Str) { "" literal, sizeof(literal) - 1 })
#define STR_FMT "%.*s"
#define STR_ARG(s) (int) (s).len, (s).ptr

static inline Str str_of(const char *s) {
        return (Str) { s, strlen(s) };
}

static inline bool str_equal(Str a, Str b) {
        return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int str_compare(Str a, Str b); /* bytewise, as strcmp */

static inline bool str_starts_with(Str s, Str prefix) {
        return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

static inline bool str_ends_with(Str s, Str suffix) {
        return s.len >= suffix.len &&
               (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

static inline Str str_skip(Str s, size_t len) {
        return (Str) { s.ptr + len, s.len - len };
}

/* Without the blanks, tabs and line ends at both ends. */
Str str_trim(Str s);

/* Cuts the text before the first `mark` off *rest; false when *rest is spent. */
bool str_cut(Str *rest, char mark, Str *ret_field);
