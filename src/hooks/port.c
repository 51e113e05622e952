#include "hooks/run.h"
#include "kube/object.h"

static bool get_pod(void *user, Str namespace, Str name, const Stop *stop, JsonDoc **ret_pod, Error *err) {
        static const KubeResource pods = {
                .version = { "v1", 2 },
                .name = { "pods", 4 },
                .kind = { "Pod", 3 },
                .singular = { "pod", 3 },
                .is_namespaced = true,
        };

        return kube_get(user, &pods, namespace, name, stop, ret_pod, err);
}

static void exec(void *user, const ExecRequest *request, ExecOutput output, void *output_user,
                 const Stop *stop, ExecResult *ret_result) {
        kube_exec(user, request, output, output_user, stop, ret_result);
}

HookPort hook_port_kube(KubeClient *client) {
        return (HookPort) { .get_pod = get_pod, .exec = exec, .user = client };
}
