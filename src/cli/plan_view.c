#include "cli/plan_view.h"

#include "cli/table.h"
#include "cli/words.h"
#include "data/duration.h"

void planned_pods_add(PlannedPods *pods, const PlannedPod *pod, Arena *arena) {
        if (pods->len == pods->capacity) {
                size_t capacity = pods->capacity ? 2 * pods->capacity : 64;
                PlannedPod *grown = arena_alloc(arena, capacity * sizeof *grown);

                if (pods->len)
                        memcpy(grown, pods->items, pods->len * sizeof *grown);
                pods->items = grown;
                pods->capacity = capacity;
        }
        pods->items[pods->len++] = *pod;
}

bool planned_pod_is_empty(const PlannedPod *pod) {
        const PodPlan *plan = &pod->plan;

        return plan->pre_len + plan->post_len + plan->execs_len + plan->skips_len + pod->init.len == 0;
}

bool planned_pods_fail(const PlannedPods *pods) {
        for (size_t i = 0; i < pods->len; i++)
                for (size_t k = 0; k < pods->items[i].plan.skips_len; k++)
                        if (pods->items[i].plan.skips[k].is_fault)
                                return true;
        return false;
}

/* The groups that are frozen together, in the order in which they start; and the array that they point into. */
static PodGroups group(const PlannedPods *pods, Arena *arena, const PodPlan **ret_plans) {
        PodPlan *plans = arena_alloc(arena, (pods->len + 1) * sizeof *plans);

        for (size_t i = 0; i < pods->len; i++)
                plans[i] = pods->items[i].plan;
        *ret_plans = plans;
        return hook_groups(plans, pods->len, arena);
}

static Str command_text(const Strs *command, Arena *arena) {
        return words_printable(strs_join(command, STR(" "), arena), arena);
}

typedef struct Rows {
        Table *table;
        Arena *arena;
        Str group, pod; /* cells of every row of the pod */
} Rows;

static void add_call(const Rows *rows, const HookCall *call) {
        const Str row[] = {
                rows->group,
                rows->pod,
                str_of(hook_phase_name(call->phase)),
                call->name,
                call->container,
                str_of(call->on_error == ON_ERROR_FAIL ? "Fail" : "Continue"),
                duration_format(call->timeout_ms, rows->arena),
                command_text(&call->command, rows->arena),
        };

        table_add(rows->table, row);
}

static void add_skip(const Rows *rows, const HookSkip *skip) {
        const char *text = arena_printf(rows->arena, "%s: " STR_FMT, skip->is_fault ? "FAILS" : "skipped",
                                        STR_ARG(skip->reason));
        const Str row[] = { rows->group,
                            rows->pod,
                            str_of(hook_phase_name(skip->phase)),
                            skip->name,
                            skip->container.len ? skip->container : STR("-"),
                            STR("-"),
                            STR("-"),
                            str_of(text) };

        table_add(rows->table, row);
}

static void add_init(const Rows *rows, Str container) {
        const Str row[] = { rows->group, rows->pod, STR("init"), STR("-"),
                            container,   STR("-"),  STR("-"),    STR("init container, put in first") };

        table_add(rows->table, row);
}

static void add_pod(const Rows *rows, const PlannedPod *pod) {
        const PodPlan *plan = &pod->plan;

        for (size_t i = 0; i < pod->init.len; i++)
                add_init(rows, pod->init.items[i]);
        for (size_t i = 0; i < plan->pre_len; i++)
                add_call(rows, &plan->pre[i]);
        for (size_t i = 0; i < plan->post_len; i++)
                add_call(rows, &plan->post[i]);
        for (size_t i = 0; i < plan->execs_len; i++)
                add_call(rows, &plan->execs[i]);
        for (size_t i = 0; i < plan->skips_len; i++)
                add_skip(rows, &plan->skips[i]);
}

Str plan_view_text(const PlannedPods *pods, Arena *arena) {
        static const char *const headings[] = { "GROUP",    "POD",     "PHASE",   "HOOK", "CONTAINER",
                                                "ON ERROR", "TIMEOUT", "COMMAND", NULL };
        AUTO(buf_clear) Buf text = { .limit = SIZE_MAX };
        Table table = table_new(arena, headings);
        const PodPlan *plans;
        PodGroups groups = group(pods, arena, &plans);
        Str others = words_plural(pods->without_hooks, "pod", arena);

        for (size_t i = 0; i < groups.len; i++)
                for (size_t k = 0; k < groups.items[i].len; k++) {
                        const PodPlan *plan = groups.items[i].pods[k];
                        const Rows rows = {
                                .table = &table,
                                .arena = arena,
                                .group = str_of(arena_printf(arena, "%zu", i + 1)),
                                .pod = str_of(arena_printf(arena, STR_FMT "/" STR_FMT,
                                                           STR_ARG(plan->namespace), STR_ARG(plan->name))),
                        };

                        add_pod(&rows, &pods->items[plan - plans]);
                }
        if (pods->len)
                table_write(&table, &text);
        else
                buf_add(&text, STR("no hook would run\n"));
        if (pods->without_hooks)
                buf_printf(&text, "%s" STR_FMT " without hooks\n", pods->len ? "\n" : "", STR_ARG(others));
        return arena_copy(arena, buf_str(&text));
}

static JsonMutVal *call_json(const HookCall *call, Arena *arena, JsonMutDoc *doc) {
        JsonMutVal *object = yyjson_mut_obj(doc), *command;

        json_put_str(doc, object, "name", call->name);
        json_put_str(doc, object, "source",
                     call->source == HOOK_FROM_ANNOTATION ? STR("annotation") : STR("spec"));
        json_put_str(doc, object, "container", call->container);
        command = yyjson_mut_obj_add_arr(doc, object, "command");
        for (size_t i = 0; i < call->command.len; i++)
                yyjson_mut_arr_append(command, json_new_str(doc, call->command.items[i]));
        json_put_str(doc, object, "onError", call->on_error == ON_ERROR_FAIL ? STR("Fail") : STR("Continue"));
        json_put_str(doc, object, "timeout", duration_format(call->timeout_ms, arena));
        if (call->phase == HOOK_RESTORE_EXEC) {
                json_put_str(doc, object, "waitTimeout", duration_format(call->wait_timeout_ms, arena));
                yyjson_mut_obj_add_bool(doc, object, "waitForReady", call->wait_for_ready);
        }
        return object;
}

static void put_calls(JsonMutDoc *doc, JsonMutVal *object, const char *key, const HookCall *calls, size_t len,
                      Arena *arena) {
        JsonMutVal *array = len ? yyjson_mut_obj_add_arr(doc, object, key) : NULL;

        for (size_t i = 0; i < len; i++)
                yyjson_mut_arr_append(array, call_json(&calls[i], arena, doc));
}

static JsonMutVal *pod_json(const PlannedPod *pod, Arena *arena, JsonMutDoc *doc) {
        const PodPlan *plan = &pod->plan;
        JsonMutVal *object = yyjson_mut_obj(doc), *list;

        json_put_str(doc, object, "namespace", plan->namespace);
        json_put_str(doc, object, "name", plan->name);
        if (plan->node.len)
                json_put_str(doc, object, "node", plan->node);
        if (pod->init.len) {
                list = yyjson_mut_obj_add_arr(doc, object, "init");
                for (size_t i = 0; i < pod->init.len; i++)
                        yyjson_mut_arr_append(list, json_new_str(doc, pod->init.items[i]));
        }
        put_calls(doc, object, "pre", plan->pre, plan->pre_len, arena);
        put_calls(doc, object, "post", plan->post, plan->post_len, arena);
        put_calls(doc, object, "exec", plan->execs, plan->execs_len, arena);
        list = plan->skips_len ? yyjson_mut_obj_add_arr(doc, object, "skips") : NULL;
        for (size_t i = 0; i < plan->skips_len; i++) {
                JsonMutVal *skip = yyjson_mut_arr_add_obj(doc, list);

                json_put_str(doc, skip, "name", plan->skips[i].name);
                json_put_str(doc, skip, "phase", str_of(hook_phase_name(plan->skips[i].phase)));
                json_put_str(doc, skip, "reason", plan->skips[i].reason);
                yyjson_mut_obj_add_bool(doc, skip, "fails", plan->skips[i].is_fault);
        }
        return object;
}

JsonMutVal *plan_view_json(const PlannedPods *pods, Arena *arena, JsonMutDoc *doc) {
        JsonMutVal *root = yyjson_mut_obj(doc), *list = yyjson_mut_obj_add_arr(doc, root, "groups");
        const PodPlan *plans;
        PodGroups groups = group(pods, arena, &plans);

        for (size_t i = 0; i < groups.len; i++) {
                JsonMutVal *one = yyjson_mut_arr_add_obj(doc, list);
                JsonMutVal *members = yyjson_mut_obj_add_arr(doc, one, "pods");

                for (size_t k = 0; k < groups.items[i].len; k++) {
                        const PlannedPod *pod = &pods->items[groups.items[i].pods[k] - plans];

                        yyjson_mut_arr_append(members, pod_json(pod, arena, doc));
                }
        }
        yyjson_mut_obj_add_uint(doc, root, "podsWithoutHooks", pods->without_hooks);
        return root;
}
