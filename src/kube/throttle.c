#include "kube/throttle.h"

#include "base/clock.h"

void throttle_init(Throttle *throttle, double qps, unsigned burst) {
        mutex_init(&throttle->lock);
        mutex_lock(&throttle->lock);
        throttle->us_per_token = qps > 0 ? 1e6 / qps : 0;
        throttle->burst = burst > 0 ? burst : 1;
        throttle->free_at_us = 0;
        mutex_unlock(&throttle->lock);
}

void throttle_destroy(Throttle *throttle) {
        mutex_destroy(&throttle->lock);
}

bool throttle_wait(Throttle *throttle, int64_t deadline_ms, const Stop *stop, Error *err) {
        double now_us = (double) clock_us(), wait_us = 0;
        bool in_time = true;

        mutex_lock(&throttle->lock);
        if (throttle->us_per_token > 0) {
                double full_us = now_us - throttle->burst * throttle->us_per_token;
                double start_us = throttle->free_at_us > full_us ? throttle->free_at_us : full_us;

                wait_us = start_us + throttle->us_per_token - now_us;
                in_time = wait_us <= 0 || (now_us + wait_us) / 1000 < (double) deadline_ms;
                if (in_time)
                        throttle->free_at_us = start_us + throttle->us_per_token;
        }
        mutex_unlock(&throttle->lock);

        if (!in_time)
                return error_set(err, ERROR_TIMEOUT,
                                 "the limit of our own requests a second leaves no turn before the deadline");
        if (wait_us > 0 && !stop_sleep_ms(stop, (int64_t) (wait_us / 1000) + 1))
                return stop_check(stop, err);
        return true;
}
