#include "base/backoff.h"

#include <sys/random.h>

enum { FIRST_MS = 200, MAX_MS = 5000, DOUBLINGS = 5 };

int64_t backoff_next_ms(Backoff *backoff, int64_t asked_ms) {
        int64_t wait_ms = backoff->waits < DOUBLINGS ? (int64_t) FIRST_MS << backoff->waits : MAX_MS;
        uint32_t random = 0;

        backoff->waits++;
        if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
                random = backoff->waits * 2654435761u;
        wait_ms = wait_ms / 2 + random % (wait_ms / 2 + 1);
        return asked_ms > 0 ? asked_ms + wait_ms / 4 : wait_ms;
}
