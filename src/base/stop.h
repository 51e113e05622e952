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
/* Set when `parent` is, too, which outlives it; a wait is ended by its own stop_set alone. */
Stop *stop_new_under(const Stop *parent);
void stop_free(Stop *stop);
DEFINE_AUTO(Stop, stop_free)

void stop_set(Stop *stop);
/* From that time on (of clock_ms) it counts as set, unless another call moves the time: for a permission that runs out,
 * which who was asleep must see before who granted it can say so.  A wait is not ended by it. */
void stop_set_at(Stop *stop, int64_t deadline_ms);
bool stop_is_set(const Stop *stop);
int stop_fd(const Stop *stop); /* readable once set, for poll(2); -1 for NULL */

/* Sleeps; false when the job was stopped first (at once when it is already). */
bool stop_sleep_ms(const Stop *stop, int64_t ms);

/* ERROR_CANCELED "interrupted" when stopped. */
bool stop_check(const Stop *stop, Error *err) MUST_CHECK;
