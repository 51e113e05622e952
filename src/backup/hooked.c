#include "backup/hooked.h"

#include "backup/capture.h"
#include "backup/claims.h"
#include "base/mem.h"
#include "kube/object.h"

typedef struct HookedPods {
        HashSet *claims; /* of selected pods and claims; NULL: the selectors alone decide */
        Mutex lock;
        Arena arena GUARDED_BY(&lock); /* the plans' text */
        PodPlan *plans GUARDED_BY(&lock);
        size_t len GUARDED_BY(&lock);
        size_t capacity GUARDED_BY(&lock);
} HookedPods;

static void hooked_pods_clear(HookedPods *pods) {
        hash_set_free(pods->claims);
        mutex_lock(&pods->lock);
        free(pods->plans);
        arena_clear(&pods->arena);
        mutex_unlock(&pods->lock);
        mutex_destroy(&pods->lock);
}

static bool has_work(const PodPlan *plan) {
        return plan->pre_len > 0 || plan->post_len > 0 || plan->skips_len > 0;
}

static void log_faults(const Engine *engine, JsonVal *pod, const Faults *faults) {
        for (size_t i = 0; i < faults->len; i++)
                log_warn(engine->log,
                         FIELDS(FIELD("resource", STR("pods")), FIELD("namespace", object_namespace(pod)),
                                FIELD("name", object_name(pod)), FIELD("error", faults->items[i].message)),
                         STR_FMT, STR_ARG(faults->items[i].path));
}

/* Planned once for the answer, in memory that the next page takes; again for keeps when there is work. */
static bool plan_pod(HookedPods *pods, Worker *worker, JsonVal *pod) {
        const HookSpec *spec = &worker->engine->backup.spec.hooks;
        Faults faults = { .arena = &worker->arena }, again = { 0 };
        PodPlan plan = hook_plan_backup(spec, pod, &worker->arena, &faults);

        log_faults(worker->engine, pod, &faults);
        if (!has_work(&plan) || worker->engine->run->dry_run)
                return false;
        mutex_lock(&pods->lock);
        if (pods->len == pods->capacity) {
                pods->capacity = pods->capacity ? pods->capacity * 2 : 64;
                pods->plans = xrealloc_array(pods->plans, pods->capacity, sizeof(*pods->plans));
        }
        again.arena = &pods->arena;
        pods->plans[pods->len++] = hook_plan_backup(spec, pod, &pods->arena, &again);
        mutex_unlock(&pods->lock);
        return true;
}

static bool visit_pod(void *user, Worker *worker, const EngineKind *kind, JsonVal *pod, Error *err) {
        HookedPods *pods = user;
        bool is_complete;

        if (pods->claims && !filter_selects(&worker->engine->filter, kind->filter, pod) &&
            !claims_pull(pods->claims, pod))
                return true;
        if (!worker_accepts(worker, kind, pod))
                return true;
        if (!worker_store_related(worker, kind, pod, &is_complete, err))
                return false;
        if (!is_complete)
                return worker_count(worker->engine, kind, object_namespace(pod), object_name(pod), err);
        return plan_pod(pods, worker, pod) || worker_write(worker, kind, pod, err);
}

typedef struct RankedPlan {
        PodPlan plan;
        size_t rank, number;
} RankedPlan;

static int compare_ranks(const void *a, const void *b) {
        const RankedPlan *left = a, *right = b;

        if (left->rank != right->rank)
                return left->rank < right->rank ? -1 : 1;
        return left->number < right->number ? -1 : left->number > right->number;
}

/* Ordered pods first; returns how many there are. */
static size_t sort_plans(PodPlan *plans, size_t len, const Strs *ordered) {
        AUTO_FREE RankedPlan *ranked = xcalloc(len + 1, sizeof(*ranked));
        size_t ordered_len = 0;

        for (size_t i = 0; i < len; i++) {
                ranked[i] = (RankedPlan) {
                        .plan = plans[i],
                        .rank = order_rank(ordered, plans[i].namespace, plans[i].name),
                        .number = i,
                };
                ordered_len += ranked[i].rank != SIZE_MAX;
        }
        qsort(ranked, len, sizeof(*ranked), compare_ranks);
        for (size_t i = 0; i < len; i++)
                plans[i] = ranked[i].plan;
        return ordered_len;
}

static bool holds_ordered(const PodGroup *group, const PodPlan *plans, size_t ordered_len) {
        for (size_t i = 0; i < group->len; i++)
                if ((size_t) (group->pods[i] - plans) < ordered_len)
                        return true;
        return false;
}

static int compare_places(const void *a, const void *b) {
        const PodPlan *left = *(const PodPlan *const *) a, *right = *(const PodPlan *const *) b;

        return left < right ? -1 : left > right;
}

PodGroups hooked_groups(PodPlan *plans, size_t len, const Strs *ordered, Arena *arena) {
        size_t ordered_len = ordered ? sort_plans(plans, len, ordered) : 0;
        PodGroups groups = hook_groups(plans, len, arena), merged = { 0 };
        PodGroup first = { .pods = arena_alloc(arena, (len + 1) * sizeof(*first.pods)) };

        if (ordered_len == 0)
                return groups;
        merged.items = arena_alloc(arena, (groups.len + 1) * sizeof(*merged.items));
        merged.len = 1;
        for (size_t i = 0; i < groups.len; i++) {
                if (!holds_ordered(&groups.items[i], plans, ordered_len)) {
                        merged.items[merged.len++] = groups.items[i];
                        continue;
                }
                memcpy(first.pods + first.len, groups.items[i].pods,
                       groups.items[i].len * sizeof(*first.pods));
                first.len += groups.items[i].len;
        }
        qsort(first.pods, first.len, sizeof(*first.pods), compare_places);
        merged.items[0] = first;
        return merged;
}

static bool run_hooks(Engine *engine, PodPlan *plans, size_t len, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(capture_freep) Capture *capture = NULL;
        const EngineKind *kind = engine_kind(engine, STR("pods"));
        PodGroups groups = hooked_groups(plans, len, kind->ordered, &arena);
        HookRun run = { .port = hook_port_kube(engine->run->client),
                        .journal = engine->run->journal,
                        .results = engine->hook_results,
                        .gauges = &engine->run->progress->hooks,
                        .log = engine->log,
                        .workers = engine->run->hook_workers,
                        .max_freeze_ms = engine->run->max_freeze_ms,
                        .stop = engine->run->stop };

        engine->run->progress->step = "running hooks";
        capture = capture_new(engine, plans, len);
        return hook_run_groups(&run, &groups, capture_pod, capture, err) && capture_finish(capture, err);
}

static bool store_hooked(Engine *engine, HookedPods *pods, Error *err) {
        PodPlan *plans;
        size_t len;

        /* No other thread is there any more. */
        mutex_lock(&pods->lock);
        plans = pods->plans;
        len = pods->len;
        mutex_unlock(&pods->lock);
        return len == 0 || engine_is_over(engine) || run_hooks(engine, plans, len, err);
}

bool hooked_store_pods(Engine *engine, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(hooked_pods_clear) HookedPods pods = { 0 };
        const EngineKind *kind = engine_kind(engine, STR("pods"));
        CollectJobs jobs = { 0 };

        mutex_init(&pods.lock);
        if (!kind || !kind->is_listed)
                return true;
        engine->run->progress->step = "reading pods";
        claims_find(engine, &pods.claims);
        collect_add_ordered(kind, &arena, &jobs);
        if (pods.claims)
                collect_add_all(engine, kind, &arena, &jobs);
        else
                collect_add_kind(engine, kind, &arena, &jobs);
        collect_run(engine, &jobs, visit_pod, &pods);
        return store_hooked(engine, &pods, err);
}
