#include "server/runs.h"

#include "base/mem.h"
#include "base/spool.h"
#include "base/thread.h"

static const uint64_t live_log_limit = UINT64_C(1) << 30; /* as Velero's limit for a log */

struct Run {
        Runs *runs;
        RunKind kind;
        char *name;
        Stop *stop;
        Spool *log;       /* plain lines; NULL: it could not be opened, so there is nothing to read */
        unsigned holders; /* the run itself and its readers; guarded by runs->lock */
        bool has_ended;   /* guarded by runs->lock */
        Run *next;
};

struct Runs {
        const Stop *lost;
        Mutex lock;
        Cond changed; /* a line was added, or a run has ended */
        Run *first GUARDED_BY(&lock);
};

struct RunLogReader {
        Runs *runs;
        Run *run;
        uint64_t offset;
};

#define NEEDS_LOCK(runs) THREAD_ANNOTATION(requires_capability((runs)->lock))

Runs *runs_new(const Stop *lost) {
        Runs *runs = xnew0(Runs);

        runs->lost = lost;
        mutex_init(&runs->lock);
        cond_init(&runs->changed);
        return runs;
}

void runs_free(Runs *runs) {
        if (!runs)
                return;
        cond_destroy(&runs->changed);
        mutex_destroy(&runs->lock);
        free(runs);
}

static void release(Runs *runs, Run *run) {
        bool is_last;

        mutex_lock(&runs->lock);
        is_last = --run->holders == 0;
        mutex_unlock(&runs->lock);
        if (!is_last)
                return;
        spool_free(run->log);
        stop_free(run->stop);
        free(run->name);
        free(run);
}

static Run *find(Runs *runs, RunKind kind, Str name) NEEDS_LOCK(runs) {
        Run *run = runs->first;

        while (run && (run->kind != kind || !str_equal(str_of(run->name), name)))
                run = run->next;
        return run;
}

static void keep_line(void *user, Str line, const LogRecord *record) {
        Run *run = user;
        AUTO(error_clear) Error err = { 0 };
        uint64_t offset;

        (void) record;
        /* A live log that cannot be kept is only shorter: the one in the store is another. */
        if (!run->log || !spool_append(run->log, line, &offset, &err))
                return;
        mutex_lock(&run->runs->lock);
        cond_broadcast(&run->runs->changed);
        mutex_unlock(&run->runs->lock);
}

Run *runs_begin(Runs *runs, RunKind kind, Str name, Log *log) {
        AUTO(error_clear) Error err = { 0 };
        Run *run = xnew0(Run);

        run->runs = runs;
        run->kind = kind;
        run->name = xasprintf(STR_FMT, STR_ARG(name));
        run->stop = stop_new_under(runs->lost);
        run->holders = 1;
        if (!spool_open(live_log_limit, &run->log, &err))
                run->log = NULL;
        log_add_sink(log, keep_line, run);
        mutex_lock(&runs->lock);
        run->next = runs->first;
        runs->first = run;
        mutex_unlock(&runs->lock);
        return run;
}

void runs_end(Runs *runs, Run *run) {
        mutex_lock(&runs->lock);
        for (Run **place = &runs->first; *place; place = &(*place)->next) {
                if (*place == run) {
                        *place = run->next;
                        break;
                }
        }
        run->has_ended = true;
        cond_broadcast(&runs->changed);
        mutex_unlock(&runs->lock);
        release(runs, run);
}

bool runs_has(Runs *runs, RunKind kind, Str name) {
        mutex_lock(&runs->lock);
        bool has = find(runs, kind, name) != NULL;
        mutex_unlock(&runs->lock);
        return has;
}

size_t runs_count(Runs *runs, RunKind kind) {
        size_t count = 0;

        mutex_lock(&runs->lock);
        for (const Run *run = runs->first; run; run = run->next)
                count += run->kind == kind;
        mutex_unlock(&runs->lock);
        return count;
}

bool runs_stop(Runs *runs, RunKind kind, Str name) {
        mutex_lock(&runs->lock);
        Run *run = find(runs, kind, name);
        if (run)
                stop_set(run->stop);
        mutex_unlock(&runs->lock);
        return run != NULL;
}

const Stop *run_stop(const Run *run) {
        return run->stop;
}

void runs_stop_all(Runs *runs) {
        mutex_lock(&runs->lock);
        for (Run *run = runs->first; run; run = run->next)
                stop_set(run->stop);
        mutex_unlock(&runs->lock);
}

RunLogReader *runs_read_log(Runs *runs, RunKind kind, Str name) {
        RunLogReader *reader = NULL;

        mutex_lock(&runs->lock);
        Run *run = find(runs, kind, name);
        if (run && run->log) {
                run->holders++;
                reader = xnew0(RunLogReader);
                reader->runs = runs;
                reader->run = run;
        }
        mutex_unlock(&runs->lock);
        return reader;
}

bool run_log_read(void *user, void *into, size_t size, size_t *ret_size, Error *err) {
        RunLogReader *reader = user;
        Run *run = reader->run;
        uint64_t left;

        mutex_lock(&reader->runs->lock);
        while (spool_size(run->log) == reader->offset && !run->has_ended)
                cond_wait(&reader->runs->changed, &reader->runs->lock);
        left = spool_size(run->log) - reader->offset;
        mutex_unlock(&reader->runs->lock);
        if (left < size)
                size = (size_t) left;
        if (size > 0 && !spool_read(run->log, reader->offset, into, size, err))
                return false;
        reader->offset += size;
        *ret_size = size;
        return true;
}

void run_log_close(void *user) {
        RunLogReader *reader = user;

        release(reader->runs, reader->run);
        free(reader);
}
