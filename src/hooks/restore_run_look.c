#include "hooks/restore_run_look.h"

#include "base/clock.h"
#include "hooks/plan.h"
#include "kube/object.h"

enum { WHY_MAX = 300 };

static Str shorten(Str text) {
        if (text.len > WHY_MAX) {
                text.len = WHY_MAX;
                while (text.len > 0 && ((unsigned char) text.ptr[text.len] & 0xc0) == 0x80)
                        text.len--;
        }
        return text;
}

/* Why a container is not up, and what to do about it. */
typedef struct Reason {
        Str why;
        const char *advice; /* a literal or NULL */
} Reason;

static const char wait_longer[] =
        "see its events (kubectl describe pod), or give the hook a longer waitTimeout";

static const char *advise(Str reason) {
        static const struct {
                const char *reason, *advice;
        } rows[] = {
                { "ErrImagePull", "correct the name of the image or its pull secret" },
                { "ImagePullBackOff", "correct the name of the image or its pull secret" },
                { "InvalidImageName", "correct the name of the image or its pull secret" },
                { "ErrImageNeverPull", "correct the name of the image or its pull policy" },
                { "CreateContainerConfigError", "restore the ConfigMap or Secret that it needs" },
                { "CrashLoopBackOff", "look at its log (kubectl logs)" },
                { "Unschedulable", "see what it asks of a node (kubectl describe pod)" },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
                if (str_equal(reason, str_of(rows[i].reason)))
                        return rows[i].advice;
        return wait_longer;
}

/* A state, a condition or a whole status: whatever has a reason and a message. */
static Reason reason_said(JsonVal *said, Arena *arena) {
        Str reason = json_get_str(said, "reason"), message = shorten(json_get_str(said, "message"));
        Str why = str_of(arena_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(reason),
                                      message.len > 0 ? ": " : "", STR_ARG(message)));

        return (Reason) { why, advise(reason) };
}

static Reason reason_ended(JsonVal *ended, Arena *arena) {
        Str reason = json_get_str(ended, "reason");
        int64_t code = json_get_int(ended, "exitCode", 0);
        Str why = str_of(arena_printf(arena, "it has ended with exit code %lld%s" STR_FMT "%s",
                                      (long long) code, reason.len > 0 ? " (" : "", STR_ARG(reason),
                                      reason.len > 0 ? ")" : ""));

        return (Reason) { why, code != 0 ? advise(STR("CrashLoopBackOff")) : NULL };
}

/* How it ended says more than how long the kubelet waits now. */
static Reason reason_waiting(JsonVal *status, Arena *arena) {
        JsonVal *waiting = json_at(status, "state", "waiting");
        JsonVal *ended = json_at(status, "lastState", "terminated");
        Str reason = json_get_str(waiting, "reason");

        if (!ended || !str_equal(reason, STR("CrashLoopBackOff")))
                return reason_said(waiting, arena);
        Reason last = reason_ended(ended, arena);
        Str why = str_of(arena_printf(arena, STR_FMT ": " STR_FMT, STR_ARG(reason), STR_ARG(last.why)));
        return (Reason) { why, advise(reason) };
}

static bool is_started_sidecar(JsonVal *pod, JsonVal *status) {
        JsonVal *container = json_named(json_at(pod, "spec", "initContainers"), json_get_str(status, "name"));

        return json_get_bool(status, "started", false) && json_at(status, "state", "running") &&
               hook_is_sidecar(container);
}

/* The status of the init container that the others wait for. */
static JsonVal *find_blocking(JsonVal *pod) {
        JsonVal *status;
        size_t i, max;

        yyjson_arr_foreach(json_at(pod, "status", "initContainerStatuses"), i, max, status) {
                JsonVal *ended = json_at(status, "state", "terminated");
                bool has_succeeded = ended && json_get_int(ended, "exitCode", 1) == 0;

                if (!has_succeeded && !is_started_sidecar(pod, status))
                        return status;
        }
        return NULL;
}

static Reason reason_init(JsonVal *blocking, Arena *arena) {
        JsonVal *ended = json_at(blocking, "state", "terminated");
        Str name = json_get_str(blocking, "name");
        Reason reason = { STR("is running"), advise(STR("")) };

        if (ended)
                reason = reason_ended(ended, arena);
        else if (json_at(blocking, "state", "waiting"))
                reason = reason_waiting(blocking, arena);
        reason.why = str_of(arena_printf(arena, "init container \"" STR_FMT "\": " STR_FMT, STR_ARG(name),
                                         STR_ARG(reason.why)));
        return reason;
}

static Reason reason_pending(JsonVal *pod, Arena *arena) {
        JsonVal *conditions = json_at(pod, "status", "conditions"), *condition;
        size_t i, max;

        yyjson_arr_foreach(conditions, i, max, condition) {
                if (str_equal(json_get_str(condition, "type"), STR("PodScheduled")) &&
                    str_equal(json_get_str(condition, "status"), STR("False")))
                        return reason_said(condition, arena);
        }
        if (json_str(json_at(pod, "spec", "nodeName")).len == 0)
                return (Reason) { STR("the pod is not scheduled yet"), advise(STR("")) };
        return (Reason) { STR("the node has not started the pod yet"), advise(STR("")) };
}

static Reason reason_pod_ended(JsonVal *pod, JsonVal *status, Arena *arena) {
        Str phase = json_str(json_at(pod, "status", "phase"));
        JsonVal *of_pod = json_get(pod, "status"), *blocking = find_blocking(pod);
        JsonVal *ended = json_at(status, "state", "terminated");
        Reason reason = { 0 };

        if (!str_equal(phase, STR("Failed")))
                reason.why = STR("");
        else if (json_get_str(of_pod, "reason").len > 0) /* the kubelet's: Evicted, DeadlineExceeded */
                reason = (Reason) { reason_said(of_pod, arena).why, "see its events (kubectl describe pod)" };
        else if (blocking)
                reason = reason_init(blocking, arena);
        else if (ended)
                reason = reason_ended(ended, arena);
        reason.why = str_of(arena_printf(arena, "the pod has ended (" STR_FMT ")%s" STR_FMT, STR_ARG(phase),
                                         reason.why.len > 0 ? ": " : "", STR_ARG(reason.why)));
        return reason;
}

static bool is_restarted(JsonVal *pod, JsonVal *sidecar, int64_t exit_code) {
        Str policy = json_str(json_at(pod, "spec", "restartPolicy"));

        if (sidecar || policy.len == 0 || str_equal(policy, STR("Always")))
                return true;
        return str_equal(policy, STR("OnFailure")) && exit_code != 0;
}

static Reason reason_not_running(JsonVal *pod, JsonVal *status, Arena *arena) {
        JsonVal *ended = json_at(status, "state", "terminated"),
                *waiting = json_at(status, "state", "waiting");
        JsonVal *blocking = find_blocking(pod);

        if (ended)
                return reason_ended(ended, arena);
        if (!waiting)
                return reason_pending(pod, arena);
        if (!str_equal(json_get_str(waiting, "reason"), STR("PodInitializing")))
                return reason_waiting(status, arena);
        if (blocking)
                return reason_init(blocking, arena);
        return (Reason) { STR("its init containers have ended, it is about to start"), advise(STR("")) };
}

ContainerLook restore_run_look(JsonVal *pod, Str container, Arena *arena) {
        JsonVal *sidecar = json_named(json_at(pod, "spec", "initContainers"), container);
        JsonVal *status = hook_container_status(pod, container);
        ContainerLook look = { 0 };
        Reason reason = { STR(""), NULL };

        JsonVal *ended = json_at(status, "state", "terminated");
        if (hook_pod_has_ended(pod)) {
                look.is_over = true;
                reason = reason_pod_ended(pod, status, arena);
        } else if (json_at(status, "state", "running")) {
                look.is_running = true;
                look.is_ready = json_get_bool(status, "ready", false);
                if (!look.is_ready)
                        reason = (Reason) { STR("it is running but not ready"),
                                            "look at its readiness probe (kubectl describe pod)" };
        } else {
                look.is_over = ended && !is_restarted(pod, sidecar, json_get_int(ended, "exitCode", 0));
                reason = reason_not_running(pod, status, arena);
        }
        look.why = reason.why;
        look.advice = reason.advice;
        return look;
}

static int64_t time_of(JsonVal *ended, const char *key) {
        AUTO(error_clear) Error err = { 0 };
        int64_t wall_ms = 0;

        return clock_parse_rfc3339(json_get_str(ended, key), &wall_ms, &err) ? wall_ms : 0;
}

static Reason reason_init_open(JsonVal *pod, JsonVal *status, Arena *arena) {
        JsonVal *blocking = find_blocking(pod);

        if (json_at(status, "state", "running"))
                return (Reason) { STR("it is still running"), advise(STR("")) };
        if (blocking && blocking != status)
                return reason_init(blocking, arena);
        return reason_not_running(pod, status, arena);
}

InitLook restore_run_look_init(JsonVal *pod, Str container, Arena *arena) {
        JsonVal *status = json_named(json_at(pod, "status", "initContainerStatuses"), container);
        JsonVal *ended = json_at(status, "state", "terminated"), *last = ended;
        InitEnd end = { .exit_code = -1 };
        Reason reason = { STR(""), NULL };

        if (!last)
                last = json_at(status, "lastState", "terminated");
        if (last || json_at(status, "state", "running"))
                end.attempts = (unsigned) json_get_int(status, "restartCount", 0) + 1;
        if (last) {
                end.exit_code = (int) json_get_int(last, "exitCode", 1);
                end.start_wall_ms = time_of(last, "startedAt");
                end.duration_ms = time_of(last, "finishedAt") - end.start_wall_ms;
        }
        end.is_done = ended && end.exit_code == 0;
        end.is_over = hook_pod_has_ended(pod);
        if (end.is_over && !end.is_done)
                reason = ended ? reason_ended(ended, arena) : reason_pod_ended(pod, status, arena);
        else if (!end.is_done)
                reason = reason_init_open(pod, status, arena);
        if (reason.advice == wait_longer)
                reason.advice = "see its events (kubectl describe pod), or give the hook a longer timeout";
        return (InitLook) { end, reason.why, reason.advice };
}

int64_t restore_run_wanted_pods(JsonVal *controller) {
        JsonVal *spec = json_get(controller, "spec");
        Str kind = json_get_str(controller, "kind");

        if (str_equal(kind, STR("DaemonSet")))
                return -1;
        if (str_equal(kind, STR("Deployment")) && json_get_bool(spec, "paused", false))
                return 0; /* it makes no ReplicaSet; one that was restored tells for itself */
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
