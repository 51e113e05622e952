#include "hooks/run.h"

#include "base/map.h"
#include "base/mem.h"
#include "hooks/pod_window.h"

enum { THREADS_MAX = 64, GROUP_THREADS_MAX = 32 };

typedef struct GroupRun { /* pods that are frozen together */
        HookPool *pool;
        PodWindow *windows;
        size_t len;
        _Atomic size_t next;
        _Atomic int64_t freeze_deadline_ms;
} GroupRun;

typedef struct GroupsRun {
        HookPool pool;
        const PodGroup *const *groups; /* in the order in which they are begun */
        size_t len;
        _Atomic size_t next;
} GroupsRun;

static bool has_calls(const PodPlan *plan) {
        return plan->pre_len + plan->post_len > 0;
}

/* The usual case.  The pod keeps its place from its first pre hook to its last post hook: it never waits for
 * one while it is frozen (docs/decisions/0003-hook-limiter.md). */
static void run_alone(HookPool *pool, const PodPlan *plan) {
        _Atomic int64_t freeze_deadline_ms = 0;
        bool has_place = has_calls(plan) && limiter_enter(pool->limiter, plan->node, false, pool->run->stop);
        PodWindow window;

        pod_window_open(pool, plan, &freeze_deadline_ms, &window);
        pod_window_ready(&window);
        pod_windows_journal(&window, 1);
        pod_window_pre(&window);
        if (!window.is_late)
                pod_window_capture(&window);
        pod_window_post(&window);
        if (has_place)
                limiter_leave(pool->limiter, plan->node, 0, -1);
        if (window.is_late)
                pod_window_capture(&window);
        pod_window_close(&window);
}

static void ready_of_group(void *user) {
        GroupRun *group = user;

        for (size_t i; (i = group->next++) < group->len;)
                pod_window_ready(&group->windows[i]);
}

static void pre_of_group(void *user) {
        GroupRun *group = user;

        for (size_t i; (i = group->next++) < group->len;) {
                PodWindow *window = &group->windows[i];
                Limiter *limiter = group->pool->limiter;
                bool has_place = window->is_ready &&
                                 limiter_enter(limiter, window->plan.node, false, group->pool->run->stop);

                pod_window_pre(window);
                if (has_place)
                        limiter_leave(limiter, window->plan.node, 0, -1);
        }
}

static void post_of_group(void *user) {
        GroupRun *group = user;

        for (size_t i; (i = group->next++) < group->len;) {
                PodWindow *window = &group->windows[i];
                Limiter *limiter = group->pool->limiter;
                bool has_place =
                        window->plan.post_len && limiter_enter(limiter, window->plan.node, true, NULL);

                pod_window_post(window);
                if (has_place)
                        limiter_leave(limiter, window->plan.node, 0, -1);
        }
}

static void on_threads(GroupRun *group, void (*work)(void *user)) {
        group->next = 0;
        thread_run_many(group->len < GROUP_THREADS_MAX ? (unsigned) group->len : GROUP_THREADS_MAX, work,
                        group);
}

/* Any pod's post hook may let it write to the volume that all share: nobody is thawed before all are captured, and
 * when one is late, all are thawed first.  Places are taken phase by phase: pods that wait for each other must not
 * hold what the others wait for. */
static void run_together(HookPool *pool, const PodGroup *pods) {
        AUTO_FREE PodWindow *windows = xcalloc(pods->len, sizeof *windows);
        GroupRun group = { .pool = pool, .windows = windows, .len = pods->len };
        bool is_late = false;

        for (size_t i = 0; i < group.len; i++)
                pod_window_open(pool, pods->pods[i], &group.freeze_deadline_ms, &windows[i]);
        on_threads(&group, ready_of_group);
        pod_windows_journal(windows, group.len);
        on_threads(&group, pre_of_group);
        for (size_t i = 0; i < group.len; i++)
                is_late = is_late || windows[i].is_late;
        for (size_t i = 0; i < group.len; i++) {
                windows[i].is_late = is_late;
                if (!is_late)
                        pod_window_capture(&windows[i]);
        }
        on_threads(&group, post_of_group);
        for (size_t i = 0; i < group.len; i++) {
                if (is_late)
                        pod_window_capture(&windows[i]);
                pod_window_close(&windows[i]);
        }
}

static void work_on_groups(void *user) {
        GroupsRun *groups = user;

        for (size_t i; (i = groups->next++) < groups->len;) {
                const PodGroup *group = groups->groups[i];

                if (group->len == 1)
                        run_alone(&groups->pool, group->pods[0]);
                else if (group->len)
                        run_together(&groups->pool, group);
        }
}

/* By turns of their first pods' nodes, so that the threads do not all wait for one node. */
static const PodGroup **order_by_turn(const PodGroups *groups, Arena *arena, size_t *ret_nodes) {
        AUTO(str_map_clear) StrMap nodes = { 0 }; /* to the last group of the node */
        size_t *turn = arena_alloc(arena, (groups->len + 1) * sizeof *turn), max_turn = 0;
        const PodGroup **order = arena_alloc(arena, (groups->len + 1) * sizeof *order);
        size_t len = 0;

        for (size_t i = 0; i < groups->len; i++) {
                Str node = groups->items[i].len ? groups->items[i].pods[0]->node : STR("");
                const size_t *last = str_map_get(&nodes, node);

                turn[i] = last ? *last + 1 : 0;
                max_turn = turn[i] > max_turn ? turn[i] : max_turn;
                str_map_put(&nodes, node, &turn[i]);
        }
        *ret_nodes = nodes.len;

        size_t *counts = arena_alloc(arena, (max_turn + 2) * sizeof *counts);
        memset(counts, 0, (max_turn + 2) * sizeof *counts);
        for (size_t i = 0; i < groups->len; i++)
                counts[turn[i] + 1]++;
        for (size_t t = 0; t < max_turn; t++)
                counts[t + 1] += counts[t];
        for (; len < groups->len; len++)
                order[counts[turn[len]]++] = &groups->items[len];
        return order;
}

static unsigned thread_count(const HookRun *run, size_t groups, size_t nodes) {
        size_t wanted = (run->workers ? run->workers : 1) * nodes;

        if (wanted > groups)
                wanted = groups;
        return wanted < THREADS_MAX ? (unsigned) wanted : THREADS_MAX;
}

/* What was thawed is thawed, whether or not that can be written: it would be thawed once more, that is all. */
static void settle(const HookPool *pool) {
        AUTO(error_clear) Error err = { 0 };

        if (pool->run->journal && !journal_settle(pool->run->journal, &err))
                log_warn(pool->run->log, FIELDS(FIELD("error", str_of(err.message))),
                         "The journal still names pods that have been thawed");
}

static bool is_run_good(HookPool *pool, Error *err) {
        bool is_good = true;

        mutex_lock(&pool->lock);
        if (pool->failure.code != ERROR_NONE) {
                *err = pool->failure;
                pool->failure = (Error) { 0 };
                is_good = false;
        }
        mutex_unlock(&pool->lock);
        mutex_destroy(&pool->lock);
        return is_good && stop_check(pool->run->stop, err);
}

bool hook_run_groups(HookRun *run, const PodGroups *groups, HookCapture capture, void *user, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(limiter_freep) Limiter *limiter = limiter_new(run->workers);
        size_t nodes = 0;
        GroupsRun work = {
                .pool = { .run = run, .capture = capture, .capture_user = user, .limiter = limiter },
                .groups = order_by_turn(groups, &arena, &nodes),
                .len = groups->len,
        };

        mutex_init(&work.pool.lock);
        for (size_t i = 0; run->gauges && i < groups->len; i++)
                run->gauges->pods_total += (unsigned) groups->items[i].len;
        if (groups->len)
                thread_run_many(thread_count(run, groups->len, nodes), work_on_groups, &work);
        settle(&work.pool);
        return is_run_good(&work.pool, err);
}
