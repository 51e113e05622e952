#include "hooks/plan.h"

#include "hooks/plan_init.h"
#include "kube/object.h"

typedef struct Planner { /* one pod in the making */
        const HookSpec *spec;
        JsonVal *pod;
        Annotations annotations;
        Arena *arena;
        PodPlan plan;
        size_t calls_capacity, skips_capacity;
        Str ended; /* its phase, when that is Succeeded or Failed */
} Planner;

typedef struct Candidate { /* a hook that may become a call or a skip */
        Str name;
        HookSource source;
        HookPhase phase;
        size_t index;
        const ExecHook *exec;
} Candidate;

typedef struct Calls {
        HookCall *items;
        size_t len, capacity;
} Calls;

const char *hook_phase_name(HookPhase phase) {
        static const char *const names[] = {
                [HOOK_PRE] = "pre",
                [HOOK_POST] = "post",
                [HOOK_RESTORE_INIT] = "init",
                [HOOK_RESTORE_EXEC] = "exec",
        };

        return names[phase];
}

static void *grown(Arena *arena, void *items, size_t len, size_t *capacity, size_t size) {
        if (len < *capacity)
                return items;
        *capacity = *capacity ? 2 * *capacity : 4;
        void *larger = arena_alloc(arena, *capacity * size);
        return len ? memcpy(larger, items, len * size) : larger;
}

static void add_call(Planner *planner, Calls *calls, HookCall call) {
        calls->items = grown(planner->arena, calls->items, calls->len, &calls->capacity, sizeof call);
        calls->items[calls->len++] = call;
}

static HookSkip *add_skip(Planner *planner, const Candidate *candidate, Str reason) {
        PodPlan *plan = &planner->plan;

        plan->skips = grown(planner->arena, plan->skips, plan->skips_len, &planner->skips_capacity,
                            sizeof *plan->skips);
        plan->skips[plan->skips_len] = (HookSkip) {
                .name = candidate->name,
                .source = candidate->source,
                .phase = candidate->phase,
                .index = candidate->index,
                .container = candidate->exec->container,
                .command = candidate->exec->command,
                .reason = reason,
                .on_error = candidate->exec->on_error,
        };
        return &plan->skips[plan->skips_len++];
}

bool hook_pod_has_ended(JsonVal *pod) {
        Str phase = json_str(json_at(pod, "status", "phase"));

        return str_equal(phase, STR("Succeeded")) || str_equal(phase, STR("Failed"));
}

bool hook_is_sidecar(JsonVal *container) {
        return str_equal(json_get_str(container, "restartPolicy"), STR("Always"));
}

static bool has_container(JsonVal *pod, Str name) {
        return json_named(json_at(pod, "spec", "containers"), name) ||
               hook_is_sidecar(json_named(json_at(pod, "spec", "initContainers"), name));
}

static Str container_names(JsonVal *pod, Arena *arena) {
        Strs names = { 0 };
        size_t i, max;
        JsonVal *container;

        yyjson_arr_foreach(json_at(pod, "spec", "containers"), i, max, container) {
                strs_add(&names, arena, json_get_str(container, "name"));
        }
        yyjson_arr_foreach(json_at(pod, "spec", "initContainers"), i, max, container) {
                if (hook_is_sidecar(container))
                        strs_add(&names, arena, json_get_str(container, "name"));
        }
        return strs_join(&names, STR(", "), arena);
}

/* The container to run in, or empty with the reason why there is none. */
static Str resolve_container(Planner *planner, Str wanted, Str *ret_reason) {
        JsonVal *first = yyjson_arr_get_first(json_at(planner->pod, "spec", "containers"));

        if (wanted.len == 0) {
                *ret_reason = STR("the pod has no containers");
                return arena_copy(planner->arena, json_get_str(first, "name"));
        }
        if (has_container(planner->pod, wanted))
                return wanted;
        Str names = container_names(planner->pod, planner->arena);
        *ret_reason = str_of(arena_printf(planner->arena,
                                          "no such container: \"" STR_FMT "\" (the pod has " STR_FMT ")",
                                          STR_ARG(wanted), STR_ARG(names)));
        return STR("");
}

JsonVal *hook_container_status(JsonVal *pod, Str container) {
        JsonVal *status = json_named(json_at(pod, "status", "containerStatuses"), container);

        return status ? status : json_named(json_at(pod, "status", "initContainerStatuses"), container);
}

int64_t hook_container_restarts(JsonVal *pod, Str container) {
        JsonVal *status = hook_container_status(pod, container);

        return status ? json_get_int(status, "restartCount", 0) : -1;
}

static void add_candidate(Planner *planner, const Candidate *candidate, Calls *calls) {
        const ExecHook *exec = candidate->exec;
        Str reason = STR("");

        if (planner->ended.len) {
                add_skip(planner, candidate,
                         str_of(arena_printf(planner->arena, "the pod has ended (" STR_FMT ")",
                                             STR_ARG(planner->ended))));
                return;
        }
        if (exec->command.len == 0) {
                add_skip(planner, candidate, STR("a command is required"))->is_fault = true;
                return;
        }
        Str container = resolve_container(planner, exec->container, &reason);
        if (container.len == 0) {
                add_skip(planner, candidate, reason)->is_fault = true;
                return;
        }
        add_call(planner, calls,
                 (HookCall) {
                         .name = candidate->name,
                         .source = candidate->source,
                         .phase = candidate->phase,
                         .index = candidate->index,
                         .container = container,
                         .command = exec->command,
                         .on_error = exec->on_error,
                         .timeout_ms = exec->timeout_ms,
                         .wait_timeout_ms = exec->wait_timeout_ms,
                         .wait_for_ready = exec->wait_for_ready,
                         .restarts = hook_container_restarts(planner->pod, container),
                 });
}

/* The exec hook at `i` of that phase's list, NULL where an element has none; false past the end. */
static bool entry_hook(const HookEntry *entry, HookPhase phase, size_t i, const ExecHook **ret_exec) {
        switch (phase) {
        case HOOK_PRE:
                *ret_exec = i < entry->pre_len ? &entry->pre[i] : NULL;
                return i < entry->pre_len;
        case HOOK_POST:
                *ret_exec = i < entry->post_len ? &entry->post[i] : NULL;
                return i < entry->post_len;
        default:
                if (i >= entry->post_hooks_len)
                        return false;
                *ret_exec = entry->post_hooks[i].has_exec ? &entry->post_hooks[i].exec : NULL;
                return true;
        }
}

/* Every matching entry adds its hooks, in list order; one annotation hook replaces them all. */
static Calls plan_phase(Planner *planner, HookPhase phase, const AnnotationHook *own) {
        JsonVal *labels = object_labels(planner->pod);
        Calls calls = { 0 };
        const ExecHook *exec;

        if (own->key.len)
                add_candidate(planner,
                              &(Candidate) {
                                      .name = STR("<from-annotation>"),
                                      .source = HOOK_FROM_ANNOTATION,
                                      .phase = phase,
                                      .exec = &own->exec,
                              },
                              &calls);
        for (size_t e = 0; e < planner->spec->len; e++) {
                const HookEntry *entry = &planner->spec->entries[e];

                if (!hook_entry_matches(entry, planner->plan.namespace, labels))
                        continue;
                for (size_t i = 0; entry_hook(entry, phase, i, &exec); i++) {
                        Candidate candidate = {
                                .name = entry->name, .phase = phase, .index = i, .exec = exec
                        };

                        if (!exec)
                                continue;
                        if (!own->key.len) {
                                add_candidate(planner, &candidate, &calls);
                                continue;
                        }
                        Str reason = str_of(arena_printf(
                                planner->arena, "annotation " STR_FMT " overrides it", STR_ARG(own->key)));
                        add_skip(planner, &candidate, reason)->is_overridden = true;
                }
        }
        return calls;
}

static void read_claims(Planner *planner) {
        size_t i, max;
        JsonVal *volume;

        yyjson_arr_foreach(json_at(planner->pod, "spec", "volumes"), i, max, volume) {
                Str claim = json_get_str(json_get(volume, "persistentVolumeClaim"), "claimName");

                if (claim.len)
                        strs_add(&planner->plan.volume_claims, planner->arena,
                                 arena_copy(planner->arena, claim));
                else if (json_get(volume, "ephemeral")) /* the controller names its claim so */
                        strs_add(&planner->plan.volume_claims, planner->arena,
                                 str_of(arena_printf(planner->arena, STR_FMT "-" STR_FMT,
                                                     STR_ARG(planner->plan.name),
                                                     STR_ARG(json_get_str(volume, "name")))));
        }
}

static Planner begin(const HookSpec *spec, JsonVal *pod, Arena *arena, Faults *faults) {
        Planner planner = {
                .spec = spec,
                .pod = pod,
                .arena = arena,
                .plan = {
                        .namespace = arena_copy(arena, object_namespace(pod)),
                        .name = arena_copy(arena, object_name(pod)),
                        .uid = arena_copy(arena, object_uid(pod)),
                        .node = arena_copy(arena, json_get_str(json_get(pod, "spec"), "nodeName")),
                },
                .ended = hook_pod_has_ended(pod) ? arena_copy(arena, json_str(json_at(pod, "status", "phase")))
                                                 : STR(""),
        };

        planner.annotations = (Annotations) {
                .map = object_annotations(pod),
                .namespace = planner.plan.namespace,
                .pod = planner.plan.name,
                .on_error_default = spec->on_error_default,
                .arena = arena,
                .faults = faults,
        };
        read_claims(&planner);
        return planner;
}

PodPlan hook_plan_backup(const HookSpec *spec, JsonVal *pod, Arena *arena, Faults *faults) {
        Planner planner = begin(spec, pod, arena, faults);
        AnnotationHook pre = annotation_hook_pre(&planner.annotations);
        AnnotationHook post = annotation_hook_post(&planner.annotations);

        annotation_check_backup(&planner.annotations);
        Calls calls = plan_phase(&planner, HOOK_PRE, &pre);
        planner.plan.pre = calls.items;
        planner.plan.pre_len = calls.len;
        calls = plan_phase(&planner, HOOK_POST, &post);
        planner.plan.post = calls.items;
        planner.plan.post_len = calls.len;
        return planner.plan;
}

PodPlan hook_plan_restore(const HookSpec *spec, JsonVal *pod, Arena *arena, Faults *faults) {
        Planner planner = begin(spec, pod, arena, faults);
        AnnotationHook own = annotation_hook_restore(&planner.annotations);

        annotation_check_restore(&planner.annotations);
        Calls calls = plan_phase(&planner, HOOK_RESTORE_EXEC, &own);
        planner.plan.execs = calls.items;
        planner.plan.execs_len = calls.len;
        planner.plan.inits_len = hook_plan_init_calls(spec, &planner.annotations, pod, &planner.plan.inits);
        return planner.plan;
}
