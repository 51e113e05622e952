#include "base/stop.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

struct Stop {
        atomic_bool is_set;          /* asked often; spares a poll */
        _Atomic int64_t deadline_ms; /* 0: none */
        const Stop *parent;
        int fd;
};

static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "stop_set is called in signal handlers");

Stop *stop_new(void) {
        Stop *stop = xnew0(Stop);

        stop->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (stop->fd < 0) {
                perror("eventfd");
                abort();
        }
        return stop;
}

Stop *stop_new_under(const Stop *parent) {
        Stop *stop = stop_new();

        stop->parent = parent;
        return stop;
}

void stop_free(Stop *stop) {
        if (stop == NULL)
                return;
        close(stop->fd);
        free(stop);
}

void stop_set(Stop *stop) {
        int errno_before = errno;

        atomic_store(&stop->is_set, true);
        /* Fails only when the counter is full, and then it is readable already. */
        (void) !eventfd_write(stop->fd, 1);
        errno = errno_before;
}

void stop_set_at(Stop *stop, int64_t deadline_ms) {
        atomic_store(&stop->deadline_ms, deadline_ms);
}

bool stop_is_set(const Stop *stop) {
        for (; stop; stop = stop->parent) {
                int64_t deadline_ms = atomic_load(&stop->deadline_ms);

                if (atomic_load(&stop->is_set) || (deadline_ms != 0 && clock_ms() >= deadline_ms))
                        return true;
        }
        return false;
}

int stop_fd(const Stop *stop) {
        return stop ? stop->fd : -1;
}

bool stop_sleep_ms(const Stop *stop, int64_t ms) {
        struct pollfd wait = { .fd = stop_fd(stop), .events = POLLIN }; /* poll passes over -1 */
        int64_t left = ms > 0 ? ms : 0, start = clock_ms();

        while (!stop_is_set(stop)) {
                if (left <= 0)
                        return true;
                if (poll(&wait, 1, left > INT_MAX ? INT_MAX : (int) left) < 0)
                        assert(errno == EINTR);
                left = start + ms - clock_ms();
        }
        return false;
}

bool stop_check(const Stop *stop, Error *err) {
        if (stop_is_set(stop))
                return error_set(err, ERROR_CANCELED, "interrupted");
        return true;
}
