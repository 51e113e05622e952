/* moved_clock.h - time that passes without being waited for: clock_ms and clock_wall_ms of all that a test runs.
 *
 * For tests in `moves_clock` (meson.build), which are linked with these two wrapped.  Waits for a time of the clock
 * (cond_wait_until) still end by the real one. */
#pragma once
#include <stdatomic.h>
#include <stdint.h>

static atomic_llong moved_by_ms;

int64_t __real_clock_ms(void);
int64_t __wrap_clock_ms(void);
int64_t __real_clock_wall_ms(void);
int64_t __wrap_clock_wall_ms(void);

int64_t __wrap_clock_ms(void) {
        return __real_clock_ms() + atomic_load(&moved_by_ms);
}

int64_t __wrap_clock_wall_ms(void) {
        return __real_clock_wall_ms() + atomic_load(&moved_by_ms);
}

static inline void let_pass_ms(int64_t ms) {
        atomic_fetch_add(&moved_by_ms, ms);
}
