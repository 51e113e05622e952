#include "base/clock.h"
#include "base/mem.h"
#include "hooks/restore_run_private.h"
#include "kube/object.h"

enum { LOOK_FIRST_MS = 1000, LOOK_EVERY_MS = 5000 };

bool hook_controller_has_hooks(const HookSpec *spec, JsonVal *controller) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO_JSON *pod = restore_run_template_pod(controller);
        Faults faults = { .arena = &arena };

        PodPlan plan = hook_plan_restore(spec, yyjson_doc_get_root(pod), &arena, &faults);

        for (size_t i = 0; i < plan.execs_len; i++)
                if (plan.execs[i].source == HOOK_FROM_SPEC)
                        return true;
        return false;
}

HookController *hook_controller_new(JsonVal *json) {
        HookController *controller = xnew0(HookController);
        Faults faults = { .arena = &controller->arena };
        JsonVal *selector;

        AUTO_JSON_MUT *copy = yyjson_mut_doc_new(NULL);
        yyjson_mut_doc_set_root(copy, yyjson_val_mut_copy(copy, json));
        controller->doc = yyjson_mut_doc_imut_copy(copy, NULL);
        json = yyjson_doc_get_root(controller->doc);
        selector = json_at(json, "spec", "selector");
        controller->kind = json_get_str(json, "kind");
        controller->namespace = object_namespace(json);
        controller->name = object_name(json);
        controller->wanted = restore_run_wanted_pods(json);
        controller->pods = hash_set_new();
        controller->deadline_ms = clock_ms() + HOOK_WAIT_DEFAULT_MS;
        controller->look_ms = clock_ms() + LOOK_FIRST_MS;
        controller->is_done = controller->wanted == 0;
        controller->selector =
                label_selector_decode(selector, STR("spec.selector"), &controller->arena, &faults);
        return controller;
}

void hook_controller_free(HookController *controller) {
        hash_set_free(controller->pods);
        yyjson_doc_free(controller->doc);
        arena_clear(&controller->arena);
        free(controller);
}

bool hook_controller_owns(const HookController *controller, const HookPod *pod) {
        if (!str_equal(controller->namespace, pod->plan.namespace))
                return false;
        if (str_equal(controller->kind, STR("Deployment")))
                return str_equal(controller->name, pod->owner_deployment);
        return str_equal(controller->kind, pod->owner_kind) && str_equal(controller->name, pod->owner_name);
}

void hook_controller_count(HookController *controller, JsonVal *pod) {
        if (controller->is_done || !str_equal(controller->namespace, object_namespace(pod)) ||
            !label_selector_matches(&controller->selector, object_labels(pod)))
                return;
        hash_set_add(controller->pods, (const Str[]) { object_uid(pod) }, 1);
        controller->is_done =
                controller->wanted >= 0 && hash_set_len(controller->pods) >= (size_t) controller->wanted;
}

/* How many nodes a DaemonSet runs on is told in its status, a moment after it was made. */
static bool read_wanted(const RestoreHooks *hooks, const HookController *controller, int64_t *ret_wanted) {
        const KubeResource daemon_sets = { .group = STR("apps"),
                                           .version = STR("v1"),
                                           .name = STR("daemonsets"),
                                           .kind = STR("DaemonSet"),
                                           .is_namespaced = true };
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;

        if (!kube_get(hooks->options.client, &daemon_sets, controller->namespace, controller->name,
                      hooks->ending, &doc, &err))
                return false;
        JsonVal *status = json_get(yyjson_doc_get_root(doc), "status");
        if (json_get_int(status, "observedGeneration", 0) < 1)
                return false;
        *ret_wanted = json_get_int(status, "desiredNumberScheduled", 0);
        return true;
}

static bool count_page(void *user, const KubePage *page, Error *err) {
        HookController *controller = user;
        JsonVal *pod;
        size_t i, max;

        (void) err;
        yyjson_arr_foreach(page->items, i, max, pod)
                hash_set_add(controller->pods, (const Str[]) { object_uid(pod) }, 1);
        return true;
}

/* Its pods may have been there before we were told of it, with no event since. */
static void list_pods(const RestoreHooks *hooks, HookController *controller) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        KubeList pods = { .resource = hooks->options.pods,
                          .namespace = controller->namespace,
                          .label_selector = label_selector_text(&controller->selector, &arena) };

        if (!kube_list(hooks->options.client, &pods, count_page, controller, hooks->ending, &err))
                log_debug(hooks->options.log, NO_FIELDS, "count the pods of a controller: %s", err.message);
}

/* The next one from number *i on that is waited for and was not looked at lately. */
static HookController *next_controller(RestoreHooks *hooks, size_t *i) NEEDS_LOCK(hooks) {
        for (; *i < hooks->controllers_len; ++*i) {
                HookController *controller = hooks->controllers[*i];

                if (!controller->is_done && clock_ms() >= controller->look_ms) {
                        controller->look_ms = clock_ms() + LOOK_EVERY_MS;
                        return controller;
                }
        }
        return NULL;
}

void restore_hooks_look_at_controllers(RestoreHooks *hooks) {
        for (size_t i = 0; hooks->options.client; i++) {
                mutex_lock(&hooks->lock);
                HookController *controller = next_controller(hooks, &i);
                int64_t wanted = controller ? controller->wanted : 0;
                mutex_unlock(&hooks->lock);
                if (!controller)
                        return;
                if (wanted < 0 && !read_wanted(hooks, controller, &wanted))
                        continue;
                list_pods(hooks, controller);
                mutex_lock(&hooks->lock);
                controller->wanted = wanted;
                controller->is_done = hash_set_len(controller->pods) >= (size_t) wanted;
                mutex_unlock(&hooks->lock);
        }
}

void restore_hooks_expire_controllers(RestoreHooks *hooks) {
        AUTO(arena_clear) Arena arena = { 0 };

        for (size_t i = 0; i < hooks->controllers_len; i++) {
                HookController *controller = hooks->controllers[i];

                if (controller->is_done || clock_ms() < controller->deadline_ms)
                        continue;
                controller->is_done = true;
                Str text = str_of(arena_printf(
                        &arena,
                        STR_FMT
                        " " STR_FMT "/" STR_FMT
                        ": %zu of %lld pods appeared within %d minutes: hooks did not run in the others",
                        STR_ARG(controller->kind), STR_ARG(controller->namespace), STR_ARG(controller->name),
                        hash_set_len(controller->pods), (long long) controller->wanted,
                        HOOK_WAIT_DEFAULT_MS / 60000));
                log_error(hooks->options.log, FIELDS(FIELD("namespace", controller->namespace)), STR_FMT,
                          STR_ARG(text));
                if (hooks->options.on_problem)
                        hooks->options.on_problem(hooks->options.user, LOG_ERROR, controller->namespace,
                                                  text);
        }
}
