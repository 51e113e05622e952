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

        return plan.execs_len + plan.skips_len > 0;
}

/* A ReplicationController has plain labels where the others have a selector. */
static void wrap_selector(JsonMutDoc *doc, JsonMutVal *controller) {
        JsonMutVal *labels = json_mut_at(controller, "spec", "selector"), *selector = yyjson_mut_obj(doc);

        if (!labels ||
            !str_equal(json_mut_str(yyjson_mut_obj_get(controller, "kind")), STR("ReplicationController")))
                return;
        yyjson_mut_obj_add_val(doc, selector, "matchLabels", yyjson_mut_val_mut_copy(doc, labels));
        json_mut_set(doc, yyjson_mut_obj_get(controller, "spec"), STR("selector"), selector);
}

HookController *hook_controller_new(JsonVal *json) {
        HookController *controller = xnew0(HookController);
        Faults faults = { .arena = &controller->arena };
        AUTO_JSON_MUT *copy = yyjson_mut_doc_new(NULL);

        yyjson_mut_doc_set_root(copy, yyjson_val_mut_copy(copy, json));
        wrap_selector(copy, yyjson_mut_doc_get_root(copy));
        controller->doc = yyjson_mut_doc_imut_copy(copy, NULL);
        json = yyjson_doc_get_root(controller->doc);
        controller->kind = json_get_str(json, "kind");
        controller->namespace = object_namespace(json);
        controller->name = object_name(json);
        controller->wanted = restore_run_wanted_pods(json);
        controller->pods = hash_set_new();
        controller->deadline_ms = clock_ms() + HOOK_WAIT_DEFAULT_MS;
        controller->look_ms = clock_ms() + LOOK_FIRST_MS;
        controller->is_done = controller->wanted == 0;
        controller->selector = label_selector_decode(json_at(json, "spec", "selector"), STR("spec.selector"),
                                                     &controller->arena, &faults);
        return controller;
}

void hook_controller_free(HookController *controller) {
        hash_set_free(controller->pods);
        yyjson_doc_free(controller->doc);
        arena_clear(&controller->arena);
        free(controller);
}

static bool is_owner(const HookController *controller, const PodOwner *owner) {
        if (str_equal(controller->kind, STR("Deployment")))
                return str_equal(controller->name, owner->deployment);
        return str_equal(controller->kind, owner->kind) && str_equal(controller->name, owner->name);
}

bool hook_controller_owns(const HookController *controller, const HookPod *pod) {
        return str_equal(controller->namespace, pod->plan.namespace) && is_owner(controller, &pod->owner);
}

/* One that is being deleted makes the controller create another, and it never takes one from another owner.  A
 * Deployment may have adopted a ReplicaSet of any name. */
static bool stays(const HookController *controller, JsonVal *pod, bool was_before) {
        PodOwner owner = restore_run_owner(pod);
        bool is_its_own = str_equal(controller->kind, STR("Deployment"))
                                  ? str_equal(owner.kind, STR("ReplicaSet"))
                                  : is_owner(controller, &owner);

        if (json_at(pod, "metadata", "deletionTimestamp"))
                return false;
        return owner.kind.len == 0 || (!was_before && is_its_own);
}

void hook_controller_count(HookController *controller, JsonVal *pod, bool was_before) {
        if (controller->is_done || !str_equal(controller->namespace, object_namespace(pod)) ||
            !label_selector_matches(&controller->selector, object_labels(pod)) ||
            !stays(controller, pod, was_before))
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

typedef struct ControllerLook {
        RestoreHooks *hooks;
        HookNamespace *namespace;
} ControllerLook;

static bool see_page(void *user, const KubePage *page, Error *err) {
        ControllerLook *look = user;
        JsonVal *pod;
        size_t i, max;

        (void) err;
        mutex_lock(&look->hooks->lock);
        yyjson_arr_foreach(page->items, i, max, pod)
                restore_hooks_see_pod(look->hooks, look->namespace, pod, false);
        mutex_unlock(&look->hooks->lock);
        return true;
}

/* Its pods may have been there before we were told of it, with no event since. */
static void list_pods(ControllerLook *look, const HookController *controller) {
        const RestoreHooks *hooks = look->hooks;
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        KubeList pods = { .resource = hooks->options.pods,
                          .namespace = controller->namespace,
                          .label_selector = label_selector_text(&controller->selector, &arena) };

        if (!kube_list(hooks->options.client, &pods, see_page, look, hooks->ending, &err))
                log_debug(hooks->options.log, NO_FIELDS, "count the pods of a controller: %s", err.message);
}

/* The next one from number *i on that is waited for and was not looked at lately.  Before the watch has told what was
 * there before the restore, nobody knows which pods are new. */
static HookController *next_controller(RestoreHooks *hooks, size_t *i, HookNamespace **ret_namespace)
        NEEDS_LOCK(hooks) {
        for (; *i < hooks->controllers_len; ++*i) {
                HookController *controller = hooks->controllers[*i];

                if (controller->is_done || clock_ms() < controller->look_ms)
                        continue;
                *ret_namespace = restore_hooks_namespace(hooks, controller->namespace);
                if (!(*ret_namespace)->is_synced)
                        continue;
                controller->look_ms = clock_ms() + LOOK_EVERY_MS;
                return controller;
        }
        return NULL;
}

void restore_hooks_look_at_controllers(RestoreHooks *hooks) {
        for (size_t i = 0; hooks->options.client; i++) {
                ControllerLook look = { .hooks = hooks };

                mutex_lock(&hooks->lock);
                HookController *controller = next_controller(hooks, &i, &look.namespace);
                int64_t wanted = controller ? controller->wanted : 0;
                mutex_unlock(&hooks->lock);
                if (!controller)
                        return;
                if (wanted < 0 && !read_wanted(hooks, controller, &wanted))
                        continue;
                list_pods(&look, controller);
                mutex_lock(&hooks->lock);
                controller->wanted = wanted;
                /* It may have been given up meanwhile, and that was told. */
                controller->is_done =
                        controller->is_done || hash_set_len(controller->pods) >= (size_t) wanted;
                mutex_unlock(&hooks->lock);
        }
}

/* Ends the wait for its pods with a failure; `text` says what became of their hooks. */
static void give_up_controller(RestoreHooks *hooks, HookController *controller, const char *text)
        NEEDS_LOCK(hooks) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str message =
                str_of(arena_printf(&arena, STR_FMT " " STR_FMT "/" STR_FMT ": %s", STR_ARG(controller->kind),
                                    STR_ARG(controller->namespace), STR_ARG(controller->name), text));

        controller->is_done = true;
        log_error(hooks->options.log, FIELDS(FIELD("namespace", controller->namespace)), STR_FMT,
                  STR_ARG(message));
        if (hooks->options.on_problem)
                hooks->options.on_problem(hooks->options.user, LOG_ERROR, controller->namespace, message);
}

void restore_hooks_strand_controller(RestoreHooks *hooks, HookController *controller, const char *problem) {
        AUTO(arena_clear) Arena arena = { 0 };

        if (!controller->is_done)
                give_up_controller(
                        hooks, controller,
                        arena_printf(&arena, "hooks do not run in the pods it makes: %s", problem));
}

void restore_hooks_expire_controllers(RestoreHooks *hooks) {
        for (size_t i = 0; i < hooks->controllers_len; i++) {
                AUTO(arena_clear) Arena arena = { 0 };
                HookController *controller = hooks->controllers[i];

                if (controller->is_done || clock_ms() < controller->deadline_ms)
                        continue;
                const char *limit = arena_printf(&arena, "%d minutes", HOOK_WAIT_DEFAULT_MS / 60000);
                if (controller->wanted < 0)
                        give_up_controller(hooks, controller,
                                           arena_printf(&arena,
                                                        "its status did not say within %s how many pods it "
                                                        "makes: hooks may not have run in all of them",
                                                        limit));
                else
                        give_up_controller(hooks, controller,
                                           arena_printf(&arena,
                                                        "%zu of %lld pods appeared within %s: hooks did not "
                                                        "run in the others",
                                                        hash_set_len(controller->pods),
                                                        (long long) controller->wanted, limit));
        }
}
