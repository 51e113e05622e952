#include "hooks/restore_run_pods.h"

#include "base/mem.h"
#include "data/duration.h"
#include "kube/object.h"

static HookContainer *container_of(HookPod *pod, Str name) {
        for (size_t i = 0; i < pod->len; i++)
                if (!pod->containers[i].is_init && str_equal(pod->containers[i].name, name))
                        return &pod->containers[i];

        HookContainer *container = &pod->containers[pod->len++];
        *container = (HookContainer) { .pod = pod, .name = name };
        container->calls = arena_alloc(&pod->arena, pod->plan.execs_len * sizeof(*container->calls));
        return container;
}

static void add_init_containers(HookPod *pod) {
        for (size_t i = 0; i < pod->plan.inits_len; i++) {
                const HookCall *call = &pod->plan.inits[i];

                if (call->not_awaited)
                        continue;
                HookContainer *container = &pod->containers[pod->len++];
                *container =
                        (HookContainer) { .pod = pod, .name = call->container, .len = 1, .is_init = true };
                container->calls = arena_alloc(&pod->arena, sizeof(*container->calls));
                container->calls[0] = call;
        }
}

HookPod *hook_pod_new(const HookSpec *spec, JsonVal *json, int64_t now_ms) {
        HookPod *pod = xnew0(HookPod);
        PodOwner owner = restore_run_owner(json);

        pod->faults.arena = &pod->arena;
        pod->plan = hook_plan_restore(spec, json, &pod->arena, &pod->faults);
        pod->start_ms = now_ms;
        pod->owner = (PodOwner) { .kind = arena_copy(&pod->arena, owner.kind),
                                  .name = arena_copy(&pod->arena, owner.name),
                                  .deployment = arena_copy(&pod->arena, owner.deployment) };
        pod->containers = arena_alloc(&pod->arena, (pod->plan.inits_len + pod->plan.execs_len + 1) *
                                                           sizeof(*pod->containers));
        add_init_containers(pod);
        for (size_t i = 0; i < pod->plan.execs_len; i++) {
                const HookCall *call = &pod->plan.execs[i];
                HookContainer *container = container_of(pod, call->container);

                container->calls[container->len++] = call;
        }
        hook_pod_see(pod, json, now_ms);
        return pod;
}

void hook_pod_free(HookPod *pod) {
        if (!pod)
                return;
        for (size_t i = 0; i < pod->len; i++)
                free(pod->containers[i].why);
        arena_clear(&pod->arena);
        free(pod);
}

static void set_why(HookContainer *container, Str why, const char *advice) {
        free(container->why);
        container->why = xasprintf(STR_FMT "%s%s", STR_ARG(why), advice ? "; " : "", advice ? advice : "");
}

static void see_container(HookContainer *container, JsonVal *json, Arena *arena) {
        if (container->is_init) {
                InitLook look = restore_run_look_init(json, container->name, arena);

                container->end = look.end;
                container->is_over = look.end.is_over;
                set_why(container, look.why, look.advice);
                return;
        }
        ContainerLook look = restore_run_look(json, container->name, arena);

        container->is_running = look.is_running;
        container->is_ready = look.is_ready;
        container->is_over = look.is_over;
        set_why(container, look.why, look.advice);
}

void hook_pod_see(HookPod *pod, JsonVal *json, int64_t now_ms) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str node = json_str(json_at(json, "spec", "nodeName"));

        pod->seen_ms = now_ms;
        /* It was not scheduled yet when it was planned.  Written once: by the time that a command can run, and
         * its thread read the plan, the pod has a node. */
        if (pod->plan.node.len == 0 && node.len > 0)
                pod->plan.node = arena_copy(&pod->arena, node);
        for (size_t i = 0; i < pod->len; i++)
                see_container(&pod->containers[i], json, &arena);
}

static int64_t wait_limit_ms(const HookContainer *container, const HookCall *call) {
        return container->is_init ? call->timeout_ms : call->wait_timeout_ms;
}

static Str describe_wait(const HookContainer *container, const HookCall *call, Arena *arena) {
        Str limit = duration_format(wait_limit_ms(container, call), arena);
        const char *wanted = container->is_init     ? "had not ended well"
                             : call->wait_for_ready ? "was not ready"
                                                    : "was not running";

        return str_of(arena_printf(arena, "the container %s within " STR_FMT ": %s", wanted, STR_ARG(limit),
                                   container->why ? container->why : "nothing was seen of the pod"));
}

HookDue hook_container_due(const HookContainer *container, int64_t now_ms, Arena *arena, Str *ret_why) {
        const HookCall *call = container->next < container->len ? container->calls[container->next] : NULL;

        if (!call)
                return HOOK_DUE_NONE;
        if (container->is_init && container->end.is_done)
                return HOOK_DUE_ENDED_WELL;
        if (container->pod->stopped_by && !container->is_init) {
                const HookCall *failed = container->pod->stopped_by;

                *ret_why = str_of(arena_printf(arena,
                                               "hook " STR_FMT " in container " STR_FMT
                                               " failed before it, with onError: Fail",
                                               STR_ARG(failed->name), STR_ARG(failed->container)));
                return HOOK_DUE_NEVER_STOPPED;
        }
        if (container->pod->is_gone) {
                *ret_why = STR("the pod was deleted");
                return HOOK_DUE_NEVER_FAILED;
        }
        if (container->is_over) {
                *ret_why = arena_copy(arena, str_of(container->why));
                return HOOK_DUE_NEVER_FAILED;
        }
        if (!container->is_init && (call->wait_for_ready ? container->is_ready : container->is_running))
                return HOOK_DUE_NOW;
        if (now_ms - container->pod->start_ms < wait_limit_ms(container, call))
                return HOOK_DUE_LATER;
        *ret_why = describe_wait(container, call, arena);
        return HOOK_DUE_NEVER_TIMED_OUT;
}

void hook_container_finish(HookContainer *container, bool has_failed) {
        const HookCall *call = container->calls[container->next++];

        if (has_failed && call->on_error == ON_ERROR_FAIL && !container->pod->stopped_by)
                container->pod->stopped_by = call;
}
