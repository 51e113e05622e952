/* throttle.h - our own limit on requests a second: a token bucket that threads wait at.
 *
 * A turn is booked at once and waited for after, so that threads are served in the order
 * in which they came and nobody sleeps holding the lock. */
#pragma once
#include "base/error.h"
#include "base/stop.h"
#include "base/thread.h"

typedef struct Throttle {
        Mutex lock;
        double us_per_token GUARDED_BY(&lock); /* 0: no limit */
        double burst GUARDED_BY(&lock);
        double free_at_us GUARDED_BY(&lock); /* clock_us at which every token booked so far is paid for */
} Throttle;

void throttle_init(Throttle *throttle, double qps, unsigned burst);
void throttle_destroy(Throttle *throttle);

/* Waits for a turn; ERROR_TIMEOUT at once when it would come after the deadline. */
bool throttle_wait(Throttle *throttle, int64_t deadline_ms, const Stop *stop, Error *err) MUST_CHECK;
