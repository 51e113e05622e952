/* secret.h - bytes that must never be printed: tokens, keys, passwords.
 *
 * A type of its own, so that a format string cannot take one by accident.
 * Wiped when cleared; kept out of core files (MADV_DONTDUMP on its pages). */
#pragma once
#include "base/str.h"

typedef struct Secret {
        char *hidden; /* NUL-terminated; NULL when empty */
        size_t len;
} Secret;

Secret secret_copy(Str bytes);
void secret_clear(Secret *secret);
static inline bool secret_is_empty(const Secret *secret) {
        return secret->len == 0;
}
/* The one way to the bytes; call it only where they leave for their destination. */
static inline Str secret_reveal(const Secret *secret) {
        return (Str) { secret->hidden ? secret->hidden : "", secret->len };
}
