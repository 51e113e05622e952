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
        atomic_bool is_set; /* asked often; spares a poll */
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

bool stop_is_set(const Stop *stop) {
        return stop && atomic_load(&stop->is_set);
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
