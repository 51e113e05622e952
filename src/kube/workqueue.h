/* workqueue.h - names of things to look at, each at most once at a time.
 *
 * A name that is added while it waits is not added again; one that is added while it is worked on comes again after.
 * Many threads may use one queue. */
#pragma once
#include <stdint.h>

#include "base/arena.h"
#include "base/stop.h"

typedef struct WorkQueue WorkQueue;

WorkQueue *work_queue_new(void);
void work_queue_free(WorkQueue *queue);
DEFINE_AUTO(WorkQueue, work_queue_free)

void work_queue_add(WorkQueue *queue, Str name);
/* After `delay_ms`; of several delays for one name the earliest counts. */
void work_queue_add_after(WorkQueue *queue, Str name, int64_t delay_ms);
/* After a pause that doubles with each failure of that name, from 0.2 s to 60 s, with a random part taken off. */
void work_queue_retry(WorkQueue *queue, Str name);
void work_queue_forget(WorkQueue *queue, Str name); /* it went well: the next pause is short again */

/* Waits for the next name; false when the queue was closed.  Say work_queue_done for each. */
bool work_queue_take(WorkQueue *queue, Arena *arena, Str *ret_name);
void work_queue_done(WorkQueue *queue, Str name);
void work_queue_close(WorkQueue *queue); /* all takers return false, now and later */
size_t work_queue_len(WorkQueue *queue); /* waiting now, without those whose time has not come */
