/* siphash.h - SipHash-2-4 with 128 bits of result, for tables that outsiders fill.
 *
 * Private to base.  Without the key nobody can choose names that collide. */
#pragma once
#include <stdint.h>

#include "base/str.h"

typedef struct SipKey {
        uint64_t k0, k1;
} SipKey;

typedef struct SipHash {
        uint64_t low, high;
} SipHash;

SipKey sip_key_random(void);
SipHash sip_hash(SipKey key, const Str *parts, size_t count);
