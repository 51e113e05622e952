"""The definitions and the admission policy, taken by a real API server."""

import json

NAMESPACE = "install-admission"


def hooked(kind, phase, **fields):
    return kind, {"hooks": {"resources": [{"name": "r", phase: [{"exec": {"command": ["true"], **fields}}]}]}}


def schedule(template):
    return "Schedule", {"schedule": "@daily", "template": template}


PRE = hooked("Backup", "pre", timeout="30s")[1]
GOOD = [
    ("Backup", {}), ("Backup", {"ttl": "1h30m0.5s"}), ("Backup", {"hooks": {"resources": None}}), ("Restore", {}),
    hooked("Backup", "pre", timeout="300s", onError="Fail"), hooked("Restore", "postHooks", timeout="1m", execTimeout="1m"),
    schedule({}), schedule(PRE), schedule({"spec": PRE}),
]
DURATION = 'not a duration: a number with a unit, such as "300s"'
BAD = [
    (hooked("Backup", "pre", timeout="300"), "exec.timeout: " + DURATION),
    (hooked("Backup", "post", command=[""]), "exec.command: a command is required"),
    (hooked("Restore", "postHooks", waitTimeout="5"), "exec.execTimeout and exec.waitTimeout: " + DURATION),
    (hooked("Restore", "postHooks", timeout="5s", execTimeout="6s"), "exec.timeout and exec.execTimeout mean the same and differ"),
    (schedule({**PRE, "spec": PRE}), "hooks stand at spec.template.hooks and at spec.template.spec.hooks"),
    (("Backup", {"labelSelector": {"matchLabels": {"a": "b"}}, "orLabelSelectors": [{}]}), "labelSelector and orLabelSelectors are both given"),
    (("Backup", {"ttl": "5"}), "ttl: not a duration"),
    (("Restore", {"hooks": {"resources": [{"name": "r", "postHooks": [{}]}]}}), "postHooks: a hook needs exec or init"),
]


def create(cluster, kind, spec, *flags):
    object_ = {"apiVersion": "velero.io/v1", "kind": kind, "metadata": {"name": "x", "namespace": NAMESPACE}, "spec": spec}
    return cluster.kubectl("create", "-o", "name", "-f", "-", *flags, input=json.dumps(object_), check=False)


def test_what_lint_calls_an_error_is_refused_at_apply_time(cluster):
    cluster.namespace(NAMESPACE)
    made = cluster.run("install", "-n", NAMESPACE, "--no-default-backup-location", "--dry-run", "-o", "json")
    for object_ in json.loads(made.out)["items"]:
        kind = object_["kind"]
        if kind == "ValidatingAdmissionPolicyBinding":  # this namespace only: the cluster is shared
            object_["spec"]["matchResources"] = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}}}
        is_ours = kind.startswith("Validating") or kind == "CustomResourceDefinition"
        if kind.startswith("Validating"):
            cluster.cluster_objects.insert(0, (kind, object_["metadata"]["name"]))
        cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", *([] if is_ours else ["--dry-run=server"]),
                        input=json.dumps(object_))
    cluster.wait_until(lambda: not create(cluster, "Backup", {"ttl": "5"}, "--dry-run=server"))
    for kind, spec in GOOD:
        assert create(cluster, kind, spec, "--dry-run=server"), spec
    for (kind, spec), message in BAD:
        object_ = {"apiVersion": "velero.io/v1", "kind": kind, "metadata": {"name": "x", "namespace": NAMESPACE}, "spec": spec}
        said = refusal(cluster, object_)
        assert message in said, said


def refusal(cluster, object_):
    try:
        cluster.kubectl("create", "--dry-run=server", "-f", "-", input=json.dumps(object_))
    except AssertionError as refused:
        return str(refused)
    return "nothing was refused"
