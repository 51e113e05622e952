#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

enum { STACK_BYTES = 512 * 1024 };

#define NOT_ANALYZED THREAD_ANNOTATION(no_thread_safety_analysis)

typedef struct Start {
        void (*run)(void *user);
        void *user;
} Start;

/* These calls fail only when they are used wrongly, or for want of memory. */
static void must(int error_number, const char *what) {
        if (error_number) {
                fprintf(stderr, "%s: %s\n", what, strerrordesc_np(error_number));
                abort();
        }
}

void mutex_init(Mutex *mutex) {
        must(pthread_mutex_init(&mutex->raw, NULL), "mutex_init");
}

void mutex_destroy(Mutex *mutex) {
        must(pthread_mutex_destroy(&mutex->raw), "mutex_destroy");
}

NOT_ANALYZED void mutex_lock(Mutex *mutex) {
        must(pthread_mutex_lock(&mutex->raw), "mutex_lock");
}

NOT_ANALYZED void mutex_unlock(Mutex *mutex) {
        must(pthread_mutex_unlock(&mutex->raw), "mutex_unlock");
}

void cond_init(Cond *cond) {
        pthread_condattr_t attributes;

        must(pthread_condattr_init(&attributes), "cond_init");
        must(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC), "cond_init");
        must(pthread_cond_init(&cond->raw, &attributes), "cond_init");
        must(pthread_condattr_destroy(&attributes), "cond_init");
}

void cond_destroy(Cond *cond) {
        must(pthread_cond_destroy(&cond->raw), "cond_destroy");
}

void cond_wait(Cond *cond, Mutex *mutex) {
        must(pthread_cond_wait(&cond->raw, &mutex->raw), "cond_wait");
}

bool cond_wait_until(Cond *cond, Mutex *mutex, int64_t deadline_ms) {
        if (deadline_ms == 0) {
                cond_wait(cond, mutex);
                return true;
        }
        if (deadline_ms < 0)
                return false;

        struct timespec deadline = {
                .tv_sec = deadline_ms / 1000,
                .tv_nsec = deadline_ms % 1000 * 1000000,
        };
        int result = pthread_cond_timedwait(&cond->raw, &mutex->raw, &deadline);
        if (result == ETIMEDOUT)
                return false;
        must(result, "cond_wait_until");
        return true;
}

void cond_signal(Cond *cond) {
        must(pthread_cond_signal(&cond->raw), "cond_signal");
}

void cond_broadcast(Cond *cond) {
        must(pthread_cond_broadcast(&cond->raw), "cond_broadcast");
}

static void *start(void *user) {
        Start start = *(Start *) user;

        free(user);
        start.run(start.user);
        return NULL;
}

Thread thread_start(void (*run)(void *user), void *user) {
        Start *begin = xmalloc(sizeof *begin);
        pthread_attr_t attributes;
        sigset_t all, before;
        Thread thread;

        *begin = (Start) { run, user };
        must(pthread_attr_init(&attributes), "thread_start");
        must(pthread_attr_setstacksize(&attributes, STACK_BYTES), "thread_start");

        /* A thread inherits the mask of the one that starts it. */
        sigfillset(&all);
        must(pthread_sigmask(SIG_SETMASK, &all, &before), "thread_start");
        must(pthread_create(&thread.raw, &attributes, start, begin), "thread_start");
        must(pthread_sigmask(SIG_SETMASK, &before, NULL), "thread_start");
        must(pthread_attr_destroy(&attributes), "thread_start");
        return thread;
}

void thread_join(Thread thread) {
        must(pthread_join(thread.raw, NULL), "thread_join");
}

void thread_run_many(unsigned count, void (*run)(void *user), void *user) {
        AUTO_FREE Thread *threads = xmalloc(count * sizeof *threads);

        for (unsigned i = 0; i < count; i++)
                threads[i] = thread_start(run, user);
        for (unsigned i = 0; i < count; i++)
                thread_join(threads[i]);
}
