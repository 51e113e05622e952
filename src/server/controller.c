#include "server/controller.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "kube/workqueue.h"

typedef struct Running { /* one controller */
        const Controller *row;
        Controllers *all;
        WorkQueue *queue;
        Thread *threads;
        unsigned thread_count;
        int64_t resync_at_ms; /* clock_ms; of the ticker only */
} Running;

struct Controllers {
        Server *server;
        Running *items;
        size_t len;
        Thread ticker;
        bool is_started;
};

static bool is_disabled(const ServerOptions *options, const char *name) {
        AUTO(arena_clear) Arena arena = { 0 };
        Strs names = { 0 };

        strs_split(options->disabled_controllers, ',', &arena, &names);
        return strs_has(&names, str_of(name));
}

Controllers *controllers_new(Server *server) {
        Controllers *controllers = xnew0(Controllers);
        size_t count = 0;

        while (controllers_all[count])
                count++;
        controllers->server = server;
        controllers->items = xcalloc(count + 1, sizeof(*controllers->items));
        for (size_t i = 0; i < count; i++) {
                if (is_disabled(server->options, controllers_all[i]->name))
                        continue;
                controllers->items[controllers->len++] = (Running) { .row = controllers_all[i],
                                                                     .all = controllers,
                                                                     .queue = work_queue_new() };
        }
        return controllers;
}

void controllers_changed(Controllers *controllers, ServerKind kind, Str name) {
        for (size_t i = 0; i < controllers->len; i++) {
                const Controller *row = controllers->items[i].row;

                if (row->is_periodic)
                        continue;
                if (row->is_whole && (row->kind == kind || row->also & 1u << kind))
                        work_queue_add(controllers->items[i].queue, STR(""));
                else if (!row->is_whole && row->kind == kind)
                        work_queue_add(controllers->items[i].queue, name);
        }
}

static void look_at_all(const Running *running) {
        AUTO(arena_clear) Arena arena = { 0 };
        Strs names = { 0 };

        if (running->row->is_whole)
                strs_add(&names, &arena, STR(""));
        else
                kinds_names(running->all->server->kinds, running->row->kind, &arena, &names);
        for (size_t i = 0; i < names.len; i++)
                work_queue_add(running->queue, names.items[i]);
}

/* Adds what is due again by itself; returns when to come back. */
static int64_t tick(Controllers *controllers, int64_t now_ms) {
        int64_t next_ms = INT64_MAX;

        for (size_t i = 0; i < controllers->len; i++) {
                Running *running = &controllers->items[i];

                if (running->row->resync_ms == 0)
                        continue;
                if (running->resync_at_ms <= now_ms) {
                        look_at_all(running);
                        running->resync_at_ms = now_ms + running->row->resync_ms;
                }
                if (running->resync_at_ms < next_ms)
                        next_ms = running->resync_at_ms;
        }
        return next_ms;
}

static void run_ticker(void *user) {
        Controllers *controllers = user;
        int64_t now_ms;

        do
                now_ms = clock_ms();
        while (stop_sleep_ms(controllers->server->stop, tick(controllers, now_ms) - now_ms));
}

static void look_at(const Running *running, Str name) {
        AUTO(error_clear) Error err = { 0 };
        const Server *server = running->all->server;
        int64_t again_ms = 0;

        if (running->row->reconcile(running->all->server, name, &again_ms, &err)) {
                work_queue_forget(running->queue, name);
                if (again_ms > 0)
                        work_queue_add_after(running->queue, name, again_ms);
                return;
        }
        if (stop_is_set(server->stop))
                return;
        /* A conflict only means that somebody else was faster: the next look sees what they did. */
        if (err.code != ERROR_CONFLICT)
                log_warn(server->log,
                         FIELDS(FIELD("controller", str_of(running->row->name)), FIELD("name", name),
                                FIELD("error", str_of(err.message))),
                         "%s could not be brought further; it will be tried again",
                         kind_name(running->row->kind));
        work_queue_retry(running->queue, name);
}

static void run_worker(void *user) {
        const Running *running = user;
        AUTO(arena_clear) Arena arena = { 0 };
        Str name;

        while (work_queue_take(running->queue, &arena, &name)) {
                if (!stop_is_set(running->all->server->stop))
                        look_at(running, name);
                work_queue_done(running->queue, name);
                arena_reset(&arena);
        }
}

void controllers_start(Controllers *controllers) {
        const ServerOptions *options = controllers->server->options;

        for (size_t i = 0; i < controllers->len; i++) {
                Running *running = &controllers->items[i];

                running->thread_count = running->row->workers ? running->row->workers(options) : 1;
                running->threads = xcalloc(running->thread_count, sizeof(*running->threads));
                for (unsigned t = 0; t < running->thread_count; t++)
                        running->threads[t] = thread_start(run_worker, running);
        }
        controllers->ticker = thread_start(run_ticker, controllers);
        controllers->is_started = true;
}

void controllers_stop(Controllers *controllers) {
        for (size_t i = 0; i < controllers->len; i++)
                work_queue_close(controllers->items[i].queue);
        for (size_t i = 0; i < controllers->len; i++)
                for (; controllers->items[i].thread_count > 0; controllers->items[i].thread_count--)
                        thread_join(controllers->items[i].threads[controllers->items[i].thread_count - 1]);
        if (controllers->is_started)
                thread_join(controllers->ticker);
        controllers->is_started = false;
}

void controllers_free(Controllers *controllers) {
        if (!controllers)
                return;
        controllers_stop(controllers);
        for (size_t i = 0; i < controllers->len; i++) {
                work_queue_free(controllers->items[i].queue);
                free(controllers->items[i].threads);
        }
        free(controllers->items);
        free(controllers);
}
