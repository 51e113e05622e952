#include "kube/workqueue.h"

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/thread.h"

enum { RETRY_FIRST_MS = 200, RETRY_MAX_MS = 60 * 1000 };

/* One name that is known: it waits (is due at a time), or is worked on, or has failed before. */
typedef struct WorkItem {
        char *name;     /* owned */
        int64_t due_ms; /* clock_ms; -1: not waiting */
        unsigned failures;
        bool is_taken;
} WorkItem;

struct WorkQueue {
        Mutex lock;
        Cond changed;
        WorkItem **items GUARDED_BY(&lock); /* in no order: there are hundreds, not millions */
        size_t len GUARDED_BY(&lock), capacity GUARDED_BY(&lock);
        bool is_closed GUARDED_BY(&lock);
};

#define NEEDS_LOCK(queue) THREAD_ANNOTATION(requires_capability((queue)->lock))

WorkQueue *work_queue_new(void) {
        WorkQueue *queue = xnew0(WorkQueue);

        mutex_init(&queue->lock);
        cond_init(&queue->changed);
        return queue;
}

static void item_free(WorkItem *item) {
        free(item->name);
        free(item);
}

void work_queue_free(WorkQueue *queue) {
        if (!queue)
                return;
        mutex_lock(&queue->lock);
        for (size_t i = 0; i < queue->len; i++)
                item_free(queue->items[i]);
        free(queue->items);
        mutex_unlock(&queue->lock);
        cond_destroy(&queue->changed);
        mutex_destroy(&queue->lock);
        free(queue);
}

static WorkItem *find(WorkQueue *queue, Str name) NEEDS_LOCK(queue) {
        for (size_t i = 0; i < queue->len; i++)
                if (str_equal(str_of(queue->items[i]->name), name))
                        return queue->items[i];
        return NULL;
}

static WorkItem *find_or_add(WorkQueue *queue, Str name) NEEDS_LOCK(queue) {
        WorkItem *item = find(queue, name);

        if (item)
                return item;
        item = xnew0(WorkItem);
        item->name = xasprintf(STR_FMT, STR_ARG(name));
        item->due_ms = -1;
        if (queue->len == queue->capacity) {
                queue->capacity = queue->capacity ? queue->capacity * 2 : 16;
                queue->items = xrealloc_array(queue->items, queue->capacity, sizeof(*queue->items));
        }
        return queue->items[queue->len++] = item;
}

/* Nothing more is to be remembered of it. */
static void forget_idle(WorkQueue *queue, WorkItem *item) NEEDS_LOCK(queue) {
        if (item->is_taken || item->due_ms >= 0 || item->failures > 0)
                return;
        for (size_t i = 0; i < queue->len; i++) {
                if (queue->items[i] != item)
                        continue;
                queue->items[i] = queue->items[--queue->len];
                item_free(item);
                return;
        }
}

static void make_due(WorkQueue *queue, WorkItem *item, int64_t due_ms) NEEDS_LOCK(queue) {
        if (item->due_ms >= 0 && item->due_ms <= due_ms)
                return;
        item->due_ms = due_ms;
        cond_broadcast(&queue->changed);
}

void work_queue_add_after(WorkQueue *queue, Str name, int64_t delay_ms) {
        mutex_lock(&queue->lock);
        make_due(queue, find_or_add(queue, name), clock_ms() + (delay_ms > 0 ? delay_ms : 0));
        mutex_unlock(&queue->lock);
}

void work_queue_add(WorkQueue *queue, Str name) {
        work_queue_add_after(queue, name, 0);
}

/* The random part keeps names that failed together from coming back together. */
static int64_t retry_pause_ms(unsigned failures) {
        int64_t pause_ms = RETRY_FIRST_MS;

        for (unsigned i = 1; i < failures && pause_ms < RETRY_MAX_MS; i++)
                pause_ms *= 2;
        if (pause_ms > RETRY_MAX_MS)
                pause_ms = RETRY_MAX_MS;
        return pause_ms - clock_us() % (pause_ms / 4 + 1);
}

void work_queue_retry(WorkQueue *queue, Str name) {
        mutex_lock(&queue->lock);

        WorkItem *item = find_or_add(queue, name);
        item->failures++;
        make_due(queue, item, clock_ms() + retry_pause_ms(item->failures));
        mutex_unlock(&queue->lock);
}

void work_queue_forget(WorkQueue *queue, Str name) {
        mutex_lock(&queue->lock);

        WorkItem *item = find(queue, name);
        if (item) {
                item->failures = 0;
                forget_idle(queue, item);
        }
        mutex_unlock(&queue->lock);
}

/* The item that waits longest among those that may be taken; NULL, and when the next one may be, when none is due. */
static WorkItem *next_due(WorkQueue *queue, int64_t now_ms, int64_t *ret_next_ms) NEEDS_LOCK(queue) {
        WorkItem *best = NULL;

        for (size_t i = 0; i < queue->len; i++) {
                WorkItem *item = queue->items[i];

                if (item->is_taken || item->due_ms < 0)
                        continue;
                if (!best || item->due_ms < best->due_ms)
                        best = item;
        }
        *ret_next_ms = best ? best->due_ms : 0;
        return best && best->due_ms <= now_ms ? best : NULL;
}

bool work_queue_take(WorkQueue *queue, Arena *arena, Str *ret_name) {
        WorkItem *item = NULL;
        int64_t next_ms;

        mutex_lock(&queue->lock);
        while (!queue->is_closed && !(item = next_due(queue, clock_ms(), &next_ms)))
                (void) cond_wait_until(&queue->changed, &queue->lock, next_ms);
        if (item) {
                item->is_taken = true;
                item->due_ms = -1;
                *ret_name = arena_copy(arena, str_of(item->name));
        }
        mutex_unlock(&queue->lock);
        return item != NULL;
}

void work_queue_done(WorkQueue *queue, Str name) {
        mutex_lock(&queue->lock);

        WorkItem *item = find(queue, name);
        if (item) {
                item->is_taken = false;
                if (item->due_ms >= 0)
                        cond_broadcast(&queue->changed);
                forget_idle(queue, item);
        }
        mutex_unlock(&queue->lock);
}

void work_queue_close(WorkQueue *queue) {
        mutex_lock(&queue->lock);
        queue->is_closed = true;
        cond_broadcast(&queue->changed);
        mutex_unlock(&queue->lock);
}

size_t work_queue_len(WorkQueue *queue) {
        size_t count = 0;
        int64_t now_ms = clock_ms();

        mutex_lock(&queue->lock);
        for (size_t i = 0; i < queue->len; i++)
                count += !queue->items[i]->is_taken && queue->items[i]->due_ms >= 0 &&
                         queue->items[i]->due_ms <= now_ms;
        mutex_unlock(&queue->lock);
        return count;
}
