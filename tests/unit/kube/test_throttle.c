#include "check.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "kube/throttle.h"

static void a_burst_passes_and_then_the_rate_holds(void **state) {
        AUTO(throttle_destroy) Throttle throttle = { 0 };
        AUTO(error_clear) Error err = { 0 };
        int64_t start = clock_ms(), burst_done;

        (void) state;
        throttle_init(&throttle, 50, 10);
        for (int i = 0; i < 10; i++)
                CHECK(throttle_wait(&throttle, start + 10000, NULL, &err));
        burst_done = clock_ms() - start;
        for (int i = 0; i < 10; i++)
                CHECK(throttle_wait(&throttle, start + 10000, NULL, &err));
        CHECK(burst_done < 150);
        CHECK(clock_ms() - start >= 180); /* ten turns at 50 a second, 20 ms each */
}

static void no_limit_never_waits(void **state) {
        AUTO(throttle_destroy) Throttle throttle = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        throttle_init(&throttle, 0, 0);
        for (int i = 0; i < 100000; i++)
                CHECK(throttle_wait(&throttle, 1, NULL, &err));
}

static void a_turn_after_the_deadline_is_refused_at_once(void **state) {
        AUTO(throttle_destroy) Throttle throttle = { 0 };
        AUTO(error_clear) Error err = { 0 };
        int64_t start = clock_ms();

        (void) state;
        throttle_init(&throttle, 0.1, 0);
        CHECK(throttle_wait(&throttle, start + 1000, NULL, &err));
        CHECK(!throttle_wait(&throttle, start + 1000, NULL, &err));
        CHECK_INT(err.code, ERROR_TIMEOUT);
        CHECK_STR(err.message, "the limit of our own requests a second leaves no turn before the deadline");
        CHECK(clock_ms() - start < 500);
}

static void a_wait_ends_when_the_job_is_stopped(void **state) {
        AUTO(throttle_destroy) Throttle throttle = { 0 };
        AUTO(stop_freep) Stop *stop = stop_new();
        AUTO(error_clear) Error err = { 0 };
        int64_t start = clock_ms();

        (void) state;
        stop_set(stop);
        throttle_init(&throttle, 0.1, 1);
        CHECK(throttle_wait(&throttle, start + 60000, stop, &err)); /* no wait, nothing to end */
        CHECK(!throttle_wait(&throttle, start + 60000, stop, &err));
        CHECK_INT(err.code, ERROR_CANCELED);
        CHECK(clock_ms() - start < 1000);
}

static void waits_double_up_to_five_seconds_and_obey_the_server(void **state) {
        static const int64_t most[] = { 200, 400, 800, 1600, 3200, 5000, 5000, 5000 };

        (void) state;
        for (int run = 0; run < 100; run++) {
                Backoff backoff = { 0 }, asked = { 0 };

                FOR_EACH_CASE(most, m) {
                        int64_t wait = backoff_next_ms(&backoff, 0);
                        int64_t told = backoff_next_ms(&asked, 7000);

                        CHECK(wait >= *m / 2 && wait <= *m);
                        CHECK(told >= 7000 && told <= 7000 + *m / 4);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_burst_passes_and_then_the_rate_holds),
                cmocka_unit_test(no_limit_never_waits),
                cmocka_unit_test(a_turn_after_the_deadline_is_refused_at_once),
                cmocka_unit_test(a_wait_ends_when_the_job_is_stopped),
                cmocka_unit_test(waits_double_up_to_five_seconds_and_obey_the_server),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
