#include "hooks/restore_run_look.h"

#include "kube/object.h"

enum { WHY_MAX = 300 };

static JsonVal *find_named(JsonVal *list, Str name) {
        JsonVal *element;
        size_t i, max;

        yyjson_arr_foreach(list, i, max, element) {
                if (str_equal(json_get_str(element, "name"), name))
                        return element;
        }
        return NULL;
}

static Str shorten(Str text) {
        if (text.len > WHY_MAX) {
                text.len = WHY_MAX;
                while (text.len > 0 && ((unsigned char) text.ptr[text.len] & 0xc0) == 0x80)
                        text.len--;
        }
        return text;
}

static Str describe_waiting(JsonVal *waiting, Arena *arena) {
        Str reason = json_get_str(waiting, "reason"), message = shorten(json_get_str(waiting, "message"));

        return str_of(arena_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(reason), message.len > 0 ? ": " : "",
                                   STR_ARG(message)));
}

static Str describe_ended(JsonVal *ended, Arena *arena) {
        Str reason = json_get_str(ended, "reason");

        return str_of(arena_printf(arena, "it has ended with exit code %lld%s" STR_FMT "%s",
                                   (long long) json_get_int(ended, "exitCode", 0), reason.len > 0 ? " (" : "",
                                   STR_ARG(reason), reason.len > 0 ? ")" : ""));
}

/* The init container that the others wait for. */
static Str describe_init(JsonVal *pod, Arena *arena) {
        JsonVal *statuses = json_at(pod, "status", "initContainerStatuses"), *status;
        size_t i, max;

        yyjson_arr_foreach(statuses, i, max, status) {
                JsonVal *state = json_get(status, "state");
                JsonVal *ended = json_get(state, "terminated"), *waiting = json_get(state, "waiting");
                Str name = json_get_str(status, "name");
                Str how = STR("is running");

                if (ended && json_get_int(ended, "exitCode", 1) == 0)
                        continue;
                if (json_get_bool(status, "started", false) && json_get(state, "running") &&
                    str_equal(json_get_str(find_named(json_at(pod, "spec", "initContainers"), name),
                                           "restartPolicy"),
                              STR("Always")))
                        continue;
                if (ended)
                        how = describe_ended(ended, arena);
                else if (waiting)
                        how = describe_waiting(waiting, arena);
                return str_of(arena_printf(arena, "init container \"" STR_FMT "\": " STR_FMT, STR_ARG(name),
                                           STR_ARG(how)));
        }
        return STR("its init containers have ended, it is about to start");
}

static Str describe_pending(JsonVal *pod, Arena *arena) {
        JsonVal *conditions = json_at(pod, "status", "conditions"), *condition;
        size_t i, max;

        yyjson_arr_foreach(conditions, i, max, condition) {
                if (str_equal(json_get_str(condition, "type"), STR("PodScheduled")) &&
                    str_equal(json_get_str(condition, "status"), STR("False")))
                        return describe_waiting(condition, arena);
        }
        if (json_str(json_at(pod, "spec", "nodeName")).len == 0)
                return STR("the pod is not scheduled yet");
        return STR("the node has not started the pod yet");
}

static bool is_restarted(JsonVal *pod, JsonVal *sidecar, int64_t exit_code) {
        Str policy = json_str(json_at(pod, "spec", "restartPolicy"));

        if (sidecar || policy.len == 0 || str_equal(policy, STR("Always")))
                return true;
        return str_equal(policy, STR("OnFailure")) && exit_code != 0;
}

static ContainerLook look_at_status(JsonVal *pod, JsonVal *status, JsonVal *sidecar, Arena *arena) {
        JsonVal *state = json_get(status, "state");
        JsonVal *ended = json_get(state, "terminated"), *waiting = json_get(state, "waiting");
        ContainerLook look = { .is_running = json_get(state, "running") != NULL };

        if (look.is_running) {
                look.is_ready = json_get_bool(status, "ready", false);
                look.why = look.is_ready ? STR("") : STR("it is running but not ready");
        } else if (ended) {
                look.is_over = !is_restarted(pod, sidecar, json_get_int(ended, "exitCode", 0));
                look.why = describe_ended(ended, arena);
        } else if (waiting && str_equal(json_get_str(waiting, "reason"), STR("PodInitializing"))) {
                look.why = describe_init(pod, arena);
        } else if (waiting) {
                look.why = describe_waiting(waiting, arena);
        } else {
                look.why = describe_pending(pod, arena);
        }
        return look;
}

ContainerLook restore_run_look(JsonVal *pod, Str container, Arena *arena) {
        Str phase = json_str(json_at(pod, "status", "phase"));
        JsonVal *sidecar = find_named(json_at(pod, "spec", "initContainers"), container);
        JsonVal *status = find_named(json_at(pod, "status", "containerStatuses"), container);

        if (str_equal(phase, STR("Succeeded")) || str_equal(phase, STR("Failed")))
                return (ContainerLook) { .is_over = true,
                                         .why = str_of(arena_printf(arena, "the pod has ended (" STR_FMT ")",
                                                                    STR_ARG(phase))) };
        if (!status)
                status = find_named(json_at(pod, "status", "initContainerStatuses"), container);
        if (status)
                return look_at_status(pod, status, sidecar, arena);
        return (ContainerLook) { .why = describe_pending(pod, arena) };
}

int64_t restore_run_wanted_pods(JsonVal *controller) {
        JsonVal *spec = json_get(controller, "spec");
        Str kind = json_get_str(controller, "kind");

        if (str_equal(kind, STR("DaemonSet")))
                return -1;
        if (!str_equal(kind, STR("Job")))
                return json_get_int(spec, "replicas", 1);
        if (json_get_bool(spec, "suspend", false))
                return 0;
        int64_t parallel = json_get_int(spec, "parallelism", 1);
        int64_t completions = json_get_int(spec, "completions", parallel);
        return parallel < completions ? parallel : completions;
}

JsonDoc *restore_run_template_pod(JsonVal *controller) {
        JsonVal *template = json_at(controller, "spec", "template");
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *pod = yyjson_mut_obj(doc), *metadata = yyjson_mut_obj_add_obj(doc, pod, "metadata");

        yyjson_mut_doc_set_root(doc, pod);
        json_put_str(doc, metadata, "name", object_name(controller));
        json_put_str(doc, metadata, "namespace", object_namespace(controller));
        if (object_labels(template))
                yyjson_mut_obj_add_val(doc, metadata, "labels",
                                       yyjson_val_mut_copy(doc, object_labels(template)));
        if (object_annotations(template))
                yyjson_mut_obj_add_val(doc, metadata, "annotations",
                                       yyjson_val_mut_copy(doc, object_annotations(template)));
        if (json_get(template, "spec"))
                yyjson_mut_obj_add_val(doc, pod, "spec",
                                       yyjson_val_mut_copy(doc, json_get(template, "spec")));
        return yyjson_mut_doc_imut_copy(doc, NULL);
}

PodOwner restore_run_owner(JsonVal *pod) {
        JsonVal *owners = json_at(pod, "metadata", "ownerReferences"), *owner;
        Str hash = json_get_str(object_labels(pod), "pod-template-hash");
        PodOwner found = { 0 };
        size_t i, max;

        yyjson_arr_foreach(owners, i, max, owner) {
                if (!json_get_bool(owner, "controller", false))
                        continue;
                found.kind = json_get_str(owner, "kind");
                found.name = json_get_str(owner, "name");
        }
        /* A Deployment names its ReplicaSets after itself and the hash of their template. */
        if (str_equal(found.kind, STR("ReplicaSet")) && hash.len > 0 && str_ends_with(found.name, hash) &&
            found.name.len > hash.len + 1 && found.name.ptr[found.name.len - hash.len - 1] == '-')
                found.deployment = (Str) { found.name.ptr, found.name.len - hash.len - 1 };
        return found;
}
