#include "base/siphash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* The words of the algorithm's paper. */
typedef struct SipState {
        uint64_t v0, v1, v2, v3;
} SipState;

static uint64_t rotate(uint64_t x, int bits) {
        return x << bits | x >> (64 - bits);
}

static void sip_round(SipState *s) {
        s->v0 += s->v1;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v3;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 += s->v3;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 += s->v1;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v2 = rotate(s->v2, 32);
}

static void sip_word(SipState *s, uint64_t word) {
        s->v3 ^= word;
        sip_round(s);
        sip_round(s);
        s->v0 ^= word;
}

static uint64_t sip_end(SipState *s) {
        for (int i = 0; i < 4; i++)
                sip_round(s);
        return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

SipHash sip_hash(SipKey key, const Str *parts, size_t count) {
        SipState s = {
                key.k0 ^ 0x736f6d6570736575u,
                key.k1 ^ 0x646f72616e646f6du ^ 0xee,
                key.k0 ^ 0x6c7967656e657261u,
                key.k1 ^ 0x7465646279746573u,
        };

        /* Each part is its length and then its bytes, padded to whole words: no two lists of parts
         * give the same words, and nothing has to be copied together first. */
        for (size_t i = 0; i < count; i++) {
                Str rest = parts[i];
                uint64_t word = rest.len;

                sip_word(&s, word);
                for (; rest.len >= sizeof word; rest = str_skip(rest, sizeof word)) {
                        memcpy(&word, rest.ptr, sizeof word);
                        sip_word(&s, word);
                }
                if (rest.len) {
                        word = 0;
                        memcpy(&word, rest.ptr, rest.len);
                        sip_word(&s, word);
                }
        }
        sip_word(&s, (uint64_t) count << 56);

        SipHash hash;
        s.v2 ^= 0xee;
        hash.low = sip_end(&s);
        s.v1 ^= 0xdd;
        hash.high = sip_end(&s);
        return hash;
}

SipKey sip_key_random(void) {
        SipKey key;

        while (getrandom(&key, sizeof key, 0) != (ssize_t) sizeof key) {
                if (errno != EINTR) {
                        perror("no random numbers");
                        abort();
                }
        }
        return key;
}
