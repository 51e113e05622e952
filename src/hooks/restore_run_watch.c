#include "base/clock.h"
#include "base/mem.h"
#include "hooks/restore_run_private.h"
#include "kube/object.h"

static void keep_pod(RestoreHooks *hooks, HookPod *pod) NEEDS_LOCK(hooks) {
        if (hooks->pods_len == hooks->pods_capacity) {
                hooks->pods_capacity = hooks->pods_capacity ? hooks->pods_capacity * 2 : 16;
                hooks->pods = xrealloc_array(hooks->pods, hooks->pods_capacity, sizeof(HookPod *));
        }
        hooks->pods[hooks->pods_len++] = pod;
        str_map_put(&hooks->by_uid, pod->plan.uid, pod);
}

HookPod *restore_hooks_meet_pod(RestoreHooks *hooks, JsonVal *json) {
        HookPod *known = str_map_get(&hooks->by_uid, object_uid(json));

        if (known)
                return known;
        AUTO(hook_pod_freep) HookPod *pod = hook_pod_new(hooks->options.spec, json, clock_ms());
        if (pod->plan.execs_len + pod->plan.inits_len + pod->plan.skips_len + pod->faults.len == 0)
                return NULL;
        keep_pod(hooks, pod);
        return TAKE(pod);
}

void restore_hooks_see_pod(RestoreHooks *hooks, const HookNamespace *namespace, JsonVal *json, bool is_news) {
        bool was_before = hash_set_has(namespace->known, (const Str[]) { object_uid(json) }, 1);
        HookPod *pod = str_map_get(&hooks->by_uid, object_uid(json));

        if (hooks->is_closing)
                return;
        if (pod && is_news)
                hook_pod_see(pod, json, clock_ms());
        else if (!pod && !was_before)
                pod = restore_hooks_meet_pod(hooks, json);
        for (size_t i = 0; i < hooks->controllers_len; i++) {
                hook_controller_count(hooks->controllers[i], json, was_before);
                if (pod && !pod->is_ours && hook_controller_owns(hooks->controllers[i], pod))
                        restore_hooks_take_on(hooks, pod);
        }
        if (pod)
                restore_hooks_settle_pod(hooks, pod);
        cond_broadcast(&hooks->changed);
}

KubeWatchNext restore_hooks_take_event(void *user, KubeEvent event, JsonVal *object) {
        HookNamespace *namespace = user;
        RestoreHooks *hooks = namespace->hooks;

        mutex_lock(&hooks->lock);
        if (event == KUBE_SYNCED) {
                namespace->is_synced = true;
                cond_broadcast(&hooks->changed);
        } else if (event == KUBE_DELETED) {
                HookPod *pod = str_map_get(&hooks->by_uid, object_uid(object));

                if (pod) {
                        pod->is_gone = true;
                        restore_hooks_settle_pod(hooks, pod);
                }
        } else if (!namespace->is_synced) {
                hash_set_add(namespace->known, (const Str[]) { object_uid(object) }, 1);
        }
        if (event == KUBE_ADDED || event == KUBE_MODIFIED)
                restore_hooks_see_pod(hooks, namespace, object, true);
        mutex_unlock(&hooks->lock);
        return KUBE_WATCH_ON;
}

void restore_hooks_strand_pod(RestoreHooks *hooks, HookPod *pod, const char *problem) {
        for (size_t i = 0; i < pod->len; i++) {
                free(pod->containers[i].why);
                pod->containers[i].why = xasprintf("%s", problem);
                pod->containers[i].is_over = true;
        }
        restore_hooks_settle_pod(hooks, pod);
}

static void end_namespace(HookNamespace *namespace, const Error *why) {
        RestoreHooks *hooks = namespace->hooks;

        mutex_lock(&hooks->lock);
        /* An interrupt ends the watch too, maybe before the one who waits has seen it: those hooks are NotRun. */
        bool is_stranded = why->code != ERROR_CANCELED && !hooks->is_closing && !hooks->is_interrupted;
        namespace->is_over = true;
        namespace->problem = xasprintf("%s", why->message);
        for (size_t i = 0; is_stranded && i < hooks->pods_len; i++)
                if (str_equal(hooks->pods[i]->plan.namespace, str_of(namespace->name)))
                        restore_hooks_strand_pod(hooks, hooks->pods[i], why->message);
        for (size_t i = 0; is_stranded && i < hooks->controllers_len; i++)
                if (str_equal(hooks->controllers[i]->namespace, str_of(namespace->name)))
                        restore_hooks_strand_controller(hooks, hooks->controllers[i], why->message);
        cond_broadcast(&hooks->changed);
        mutex_unlock(&hooks->lock);
}

static void watch_namespace(void *user) {
        HookNamespace *namespace = user;
        const RestoreHooksOptions *options = &namespace->hooks->options;
        KubeList what = { .resource = options->pods, .namespace = str_of(namespace->name) };
        AUTO(error_clear) Error err = { 0 };

        if (!kube_watch(options->client, &what, 0, restore_hooks_take_event, namespace,
                        namespace->hooks->ending, &err))
                end_namespace(namespace, &err);
}

HookNamespace *restore_hooks_namespace(RestoreHooks *hooks, Str name) {
        for (size_t i = 0; i < hooks->namespaces_len; i++)
                if (str_equal(str_of(hooks->namespaces[i]->name), name))
                        return hooks->namespaces[i];

        HookNamespace *namespace = xnew0(HookNamespace);
        namespace->hooks = hooks;
        namespace->name = xasprintf(STR_FMT, STR_ARG(name));
        namespace->known = hash_set_new();
        hooks->namespaces =
                xrealloc_array(hooks->namespaces, hooks->namespaces_len + 1, sizeof(HookNamespace *));
        hooks->namespaces[hooks->namespaces_len++] = namespace;
        namespace->thread = thread_start(watch_namespace, namespace);
        return namespace;
}

bool restore_hooks_open_namespace(RestoreHooks *hooks, Str name, Error *err) {
        bool is_over;

        mutex_lock(&hooks->lock);
        HookNamespace *namespace = restore_hooks_namespace(hooks, name);
        while (!namespace->is_synced && !namespace->is_over)
                cond_wait(&hooks->changed, &hooks->lock);
        is_over = namespace->is_over;
        mutex_unlock(&hooks->lock);
        if (!is_over)
                return true;
        return error_set(err, stop_is_set(hooks->options.stop) ? ERROR_CANCELED : ERROR_UNAVAILABLE,
                         "watch the pods of namespace \"" STR_FMT "\" for hooks: %s", STR_ARG(name),
                         namespace->problem);
}
