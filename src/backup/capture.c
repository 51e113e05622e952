#include "backup/capture.h"

#include "base/mem.h"

/* A store that hangs must not lengthen a freeze: pods pile up here, to this size. */
enum { WRITE_BYTES = 1024 * 1024, PENDING_LIMIT = 64 * 1024 * 1024 };

typedef enum CaptureState { CAPTURE_NONE, CAPTURE_STORED, CAPTURE_GONE } CaptureState;

struct Capture {
        Engine *engine;
        const EngineKind *kind;
        const PodPlan *plans;
        _Atomic unsigned char *states; /* CaptureState of each plan */
        size_t len;
        StrMap places; /* "ns/name" → element of `states`; constant: the runner's plans are copies of ours */
        Arena arena;   /* its keys */

        Mutex lock;
        Cond changed;
        Buf pending GUARDED_BY(&lock); /* tar records not yet compressed */
        bool is_done GUARDED_BY(&lock);
        bool is_joined;
        Thread writer;
};

static Str key_of(const PodPlan *plan, Arena *arena) {
        return str_of(
                arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(plan->namespace), STR_ARG(plan->name)));
}

/* Trades what is pending for an empty buffer; false when nothing will come any more. */
static bool take_pending(Capture *capture, Buf *into) {
        Buf empty = *into;

        mutex_lock(&capture->lock);
        while (capture->pending.len < WRITE_BYTES && !capture->is_done)
                cond_wait(&capture->changed, &capture->lock);
        *into = capture->pending;
        empty.limit = PENDING_LIMIT;
        capture->pending = empty;
        mutex_unlock(&capture->lock);
        return into->len > 0;
}

static void write_pending(void *user) {
        Capture *capture = user;
        AUTO(gzip_part_clear) GzipPart part = { 0 };
        AUTO(error_clear) Error err = { 0 };

        gzip_part_init(&part, capture->engine->tarball);
        while (take_pending(capture, &part.plain))
                if (!gzip_part_flush(&part, &err)) {
                        engine_fail(capture->engine, &err);
                        buf_reset(&part.plain);
                }
}

Capture *capture_new(Engine *engine, const PodPlan *plans, size_t len) {
        Capture *capture = xnew0(Capture);

        capture->engine = engine;
        capture->kind = engine_kind(engine, STR("pods"));
        capture->plans = plans;
        capture->len = len;
        capture->states = xcalloc(len + 1, sizeof(*capture->states));
        for (size_t i = 0; i < len; i++)
                str_map_put(&capture->places, key_of(&plans[i], &capture->arena),
                            (void *) (uintptr_t) &capture->states[i]);
        mutex_init(&capture->lock);
        cond_init(&capture->changed);
        mutex_lock(&capture->lock);
        capture->pending.limit = PENDING_LIMIT;
        mutex_unlock(&capture->lock);
        capture->writer = thread_start(write_pending, capture);
        return capture;
}

static void end_writer(Capture *capture) {
        if (capture->is_joined)
                return;
        mutex_lock(&capture->lock);
        capture->is_done = true;
        cond_signal(&capture->changed);
        mutex_unlock(&capture->lock);
        thread_join(capture->writer);
        capture->is_joined = true;
}

void capture_free(Capture *capture) {
        if (!capture)
                return;
        end_writer(capture);
        mutex_lock(&capture->lock);
        buf_clear(&capture->pending);
        mutex_unlock(&capture->lock);
        cond_destroy(&capture->changed);
        mutex_destroy(&capture->lock);
        str_map_clear(&capture->places);
        arena_clear(&capture->arena);
        free((void *) (uintptr_t) capture->states);
        free(capture);
}

static void set_state(const Capture *capture, const PodPlan *plan, CaptureState state) {
        AUTO(arena_clear) Arena arena = { 0 };
        _Atomic unsigned char *place = str_map_get(&capture->places, key_of(plan, &arena));

        if (place)
                *place = (unsigned char) state;
}

bool capture_pod(void *user, const PodPlan *plan, JsonVal *pod, Error *err) {
        Capture *capture = user;
        AUTO(buf_clear) Buf records = { .limit = PENDING_LIMIT };
        AUTO(record_scratch_clear) RecordScratch scratch = { 0 };
        bool is_added;

        if (!pod || item_is_deleted(pod)) {
                set_state(capture, plan, CAPTURE_GONE);
                return true;
        }
        record_add(capture->engine, capture->kind, pod, &scratch, &records);
        if (!buf_check(&records, "a pod", err))
                return false;
        mutex_lock(&capture->lock);
        buf_add(&capture->pending, buf_str(&records));
        is_added = buf_check(&capture->pending, "what is waiting for the store", err);
        if (capture->pending.len >= WRITE_BYTES)
                cond_signal(&capture->changed);
        mutex_unlock(&capture->lock);
        if (is_added)
                set_state(capture, plan, CAPTURE_STORED);
        return is_added;
}

bool capture_finish(Capture *capture, Error *err) {
        end_writer(capture);
        for (size_t i = 0; i < capture->len; i++) {
                const PodPlan *plan = &capture->plans[i];

                if (capture->states[i] == CAPTURE_GONE)
                        log_info(capture->engine->log,
                                 FIELDS(FIELD("resource", STR("pods")), FIELD("namespace", plan->namespace),
                                        FIELD("name", plan->name)),
                                 "The pod was deleted while the backup ran");
                /* A pod that a failed hook kept out is in the list all the same, as Velero has it (1.6 step 3). */
                else if (!worker_count(capture->engine, capture->kind, plan->namespace, plan->name, err))
                        return false;
        }
        return true;
}
