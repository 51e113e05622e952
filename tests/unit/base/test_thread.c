#include "check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/thread.h"

typedef struct Counter {
        Mutex lock;
        Cond changed;
        unsigned value;
} Counter;

static void add_one_thousand(void *user) {
        Counter *counter = user;

        for (int i = 0; i < 1000; i++) {
                mutex_lock(&counter->lock);
                counter->value++;
                mutex_unlock(&counter->lock);
        }
        cond_broadcast(&counter->changed);
}

static void many_threads_run_and_are_waited_for(void **state) {
        Counter counter = { 0 };

        (void) state;
        mutex_init(&counter.lock);
        cond_init(&counter.changed);
        thread_run_many(8, add_one_thousand, &counter);
        CHECK_INT(counter.value, 8000);
        thread_run_many(0, add_one_thousand, &counter);
        cond_destroy(&counter.changed);
        mutex_destroy(&counter.lock);
}

static void set_value(void *user) {
        Counter *counter = user;

        mutex_lock(&counter->lock);
        counter->value = 1;
        cond_signal(&counter->changed);
        mutex_unlock(&counter->lock);
}

static void a_wait_ends_when_it_is_signalled(void **state) {
        Counter counter = { 0 };

        (void) state;
        mutex_init(&counter.lock);
        cond_init(&counter.changed);
        mutex_lock(&counter.lock);
        Thread thread = thread_start(set_value, &counter);
        while (counter.value == 0)
                CHECK(cond_wait_until(&counter.changed, &counter.lock, 0));
        mutex_unlock(&counter.lock);
        thread_join(thread);
        cond_destroy(&counter.changed);
        mutex_destroy(&counter.lock);
}

static void a_wait_ends_at_its_deadline(void **state) {
        Counter counter = { 0 };
        int64_t start = clock_ms();

        (void) state;
        mutex_init(&counter.lock);
        cond_init(&counter.changed);
        mutex_lock(&counter.lock);
        while (cond_wait_until(&counter.changed, &counter.lock, start + 30))
                continue;
        CHECK(!cond_wait_until(&counter.changed, &counter.lock, -5));
        mutex_unlock(&counter.lock);
        CHECK(clock_ms() >= start + 30);
        cond_destroy(&counter.changed);
        mutex_destroy(&counter.lock);
}

static void read_mask(void *user) {
        pthread_sigmask(SIG_BLOCK, NULL, user);
}

static void signals_go_to_the_main_thread(void **state) {
        sigset_t in_thread, here;

        (void) state;
        sigemptyset(&in_thread);
        thread_join(thread_start(read_mask, &in_thread));
        pthread_sigmask(SIG_BLOCK, NULL, &here);
        CHECK_INT(sigismember(&in_thread, SIGTERM), 1);
        CHECK_INT(sigismember(&in_thread, SIGINT), 1);
        CHECK_INT(sigismember(&here, SIGTERM), 0);
}

static void a_stop_is_seen_everywhere_once_set(void **state) {
        AUTO(stop_freep) Stop *stop = stop_new();
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(!stop_is_set(stop));
        CHECK(stop_check(stop, &err));
        CHECK_INT(poll(&(struct pollfd) { .fd = stop_fd(stop), .events = POLLIN }, 1, 0), 0);
        CHECK(stop_sleep_ms(stop, 1));

        errno = EDOM;
        stop_set(stop);
        stop_set(stop);
        CHECK_INT(errno, EDOM);
        CHECK(stop_is_set(stop));
        CHECK_INT(poll(&(struct pollfd) { .fd = stop_fd(stop), .events = POLLIN }, 1, 0), 1);
        CHECK(!stop_sleep_ms(stop, 60000));
        CHECK(!stop_check(stop, &err));
        CHECK_INT(err.code, ERROR_CANCELED);
        CHECK_STR(err.message, "interrupted");
}

static void a_stop_with_a_deadline_is_seen_as_set_from_then_on_by_those_under_it_too(void **state) {
        AUTO(stop_freep) Stop *parent = stop_new();
        AUTO(stop_freep) Stop *child = stop_new_under(parent);
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        stop_set_at(parent, clock_ms() + 60000);
        CHECK(!stop_is_set(child));
        stop_set_at(parent, clock_ms() + 20);
        CHECK(!stop_sleep_ms(child, 25));
        CHECK(stop_is_set(parent) && stop_is_set(child));
        CHECK(!stop_check(child, &err));
        stop_set_at(parent, clock_ms() + 60000);
        CHECK(!stop_is_set(parent) && !stop_is_set(child));
        stop_set(child);
        CHECK(!stop_is_set(parent));
        stop_set(parent);
        CHECK(stop_is_set(parent));
}

static void without_a_stop_nothing_is_cancelled(void **state) {
        AUTO(error_clear) Error err = { 0 };
        int64_t start = clock_us();

        (void) state;
        CHECK(!stop_is_set(NULL));
        CHECK_INT(stop_fd(NULL), -1);
        CHECK(stop_check(NULL, &err));
        CHECK(stop_sleep_ms(NULL, 5));
        CHECK(clock_us() - start >= 5000);
        CHECK(stop_sleep_ms(NULL, 0));
        CHECK(stop_sleep_ms(NULL, -1));
        stop_free(NULL);
}

static void set_stop(void *user) {
        stop_sleep_ms(NULL, 10);
        stop_set(user);
}

static void a_sleep_ends_when_another_thread_stops_it(void **state) {
        AUTO(stop_freep) Stop *stop = stop_new();
        int64_t start = clock_ms();

        (void) state;
        Thread thread = thread_start(set_stop, stop);
        CHECK(!stop_sleep_ms(stop, 60000));
        CHECK(clock_ms() - start < 30000);
        thread_join(thread);
}

static void ignore_signal(int number) {
        (void) number;
}

static void a_signal_does_not_shorten_a_sleep(void **state) {
        struct sigaction action = { .sa_handler = ignore_signal }, before;
        AUTO(stop_freep) Stop *stop = stop_new();
        timer_t timer;
        struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
        int64_t start = clock_ms();

        (void) state;
        sigaction(SIGUSR1, &action, &before);
        CHECK_INT(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
        timer_settime(timer, 0, &(struct itimerspec) { .it_value.tv_nsec = 5000000 }, NULL);
        CHECK(stop_sleep_ms(stop, 40));
        CHECK(clock_ms() - start >= 40);
        timer_delete(timer);
        sigaction(SIGUSR1, &before, NULL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(many_threads_run_and_are_waited_for),
                cmocka_unit_test(a_wait_ends_when_it_is_signalled),
                cmocka_unit_test(a_wait_ends_at_its_deadline),
                cmocka_unit_test(signals_go_to_the_main_thread),
                cmocka_unit_test(a_stop_is_seen_everywhere_once_set),
                cmocka_unit_test(a_stop_with_a_deadline_is_seen_as_set_from_then_on_by_those_under_it_too),
                cmocka_unit_test(without_a_stop_nothing_is_cancelled),
                cmocka_unit_test(a_sleep_ends_when_another_thread_stops_it),
                cmocka_unit_test(a_signal_does_not_shorten_a_sleep),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
