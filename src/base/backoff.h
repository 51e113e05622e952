/* backoff.h - how long to wait before trying again: 0.2 s, doubling to 5 s, each with a random part taken off.
 *
 * `{ 0 }` is the first wait.  The random part keeps the clients of a server that comes back from all
 * returning in one moment. */
#pragma once
#include <stdint.h>

typedef struct Backoff {
        unsigned waits; /* so far */
} Backoff;

/* At least `asked_ms` when the server asked for a pause (Retry-After). */
int64_t backoff_next_ms(Backoff *backoff, int64_t asked_ms);
