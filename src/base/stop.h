/* stop.h - the wish that a job end early, as something a wait can wait for.
 *
 * One Stop per job, shared by its threads.  stop_set may be called from any
 * thread.  Blocking calls take a `Stop *`, which may be NULL for "cannot be
 * cancelled", and poll stop_fd beside what they wait for. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

typedef struct Stop Stop;

Stop *stop_new(void);
void stop_free(Stop *stop);
DEFINE_AUTO(Stop, stop_free)

void stop_set(Stop *stop);
bool stop_is_set(const Stop *stop);
int stop_fd(const Stop *stop); /* readable once set, for poll(2); -1 for NULL */

/* Sleeps; false when the job was stopped first (at once when it is already). */
bool stop_sleep_ms(const Stop *stop, int64_t ms);

/* ERROR_CANCELED "interrupted" when stopped. */
bool stop_check(const Stop *stop, Error *err) MUST_CHECK;
