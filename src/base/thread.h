/* thread.h - pthreads under names that clang's -Wthread-safety can check.
 *
 * Starting a thread cannot fail except for want of resources, which ends the
 * process as want of memory does. */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

#if defined(__clang__)
#define THREAD_ANNOTATION(x) __attribute__((x))
#else
#define THREAD_ANNOTATION(x)
#endif
#define GUARDED_BY(lock) THREAD_ANNOTATION(guarded_by(lock))

typedef struct THREAD_ANNOTATION(capability("mutex")) Mutex {
        pthread_mutex_t raw;
} Mutex;

#define MUTEX_INIT { PTHREAD_MUTEX_INITIALIZER }

void mutex_init(Mutex *mutex);
void mutex_destroy(Mutex *mutex);
void mutex_lock(Mutex *mutex) THREAD_ANNOTATION(acquire_capability(*mutex));
void mutex_unlock(Mutex *mutex) THREAD_ANNOTATION(release_capability(*mutex));

typedef struct Cond {
        pthread_cond_t raw; /* waits on the monotonic clock */
} Cond;

void cond_init(Cond *cond);
void cond_destroy(Cond *cond);
void cond_wait(Cond *cond, Mutex *mutex) THREAD_ANNOTATION(requires_capability(*mutex));
/* False when `deadline_ms` (clock_ms) passed; a deadline of 0 waits for ever. */
bool cond_wait_until(Cond *cond, Mutex *mutex, int64_t deadline_ms)
        THREAD_ANNOTATION(requires_capability(*mutex));
void cond_signal(Cond *cond);
void cond_broadcast(Cond *cond);

typedef struct Thread {
        pthread_t raw;
} Thread;

/* Signals are blocked in the new thread; its stack is 512 KiB. */
Thread thread_start(void (*run)(void *user), void *user);
void thread_join(Thread thread);

/* Runs `run(user)` on `count` threads at once and returns when all have returned. */
void thread_run_many(unsigned count, void (*run)(void *user), void *user);
