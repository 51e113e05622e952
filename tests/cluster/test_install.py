"""The definitions and the admission policy, taken by a real API server."""

import json
import subprocess

from cluster import ROOT, TESTBED

NAMESPACE = "install-admission"


def hooked(kind, phase, **fields):
    return kind, {"hooks": {"resources": [{"name": "r", phase: [{"exec": {"command": ["true"], **fields}}]}]}}


def schedule(template):
    return "Schedule", {"schedule": "@daily", "template": template}


PRE = hooked("Backup", "pre", timeout="30s")[1]
GOOD = [
    ("Backup", {}), ("Backup", {"ttl": "1h30m0.5s"}), ("Backup", {"hooks": {"resources": None}}), ("Restore", {}),
    hooked("Backup", "pre", timeout="300s", onError="Fail"), hooked("Backup", "pre", timeout="-0s"), hooked("Restore", "postHooks", timeout="1m", execTimeout="1m"),
    schedule({}), schedule(PRE), schedule({"spec": PRE}),
]
DURATION = 'not a duration: a number with a unit, such as "300s"'
BAD = [
    (hooked("Backup", "pre", timeout="300"), "exec.timeout: " + DURATION),
    (hooked("Backup", "post", command=[""]), "exec.command: a command is required"),
    (hooked("Restore", "postHooks", waitTimeout="5"), "exec.execTimeout and exec.waitTimeout: " + DURATION),
    (hooked("Backup", "pre", timeout="-5s"), "exec.timeout, exec.execTimeout and exec.waitTimeout: negative"),
    (hooked("Restore", "postHooks", waitTimeout="-1h"), "exec.timeout, exec.execTimeout and exec.waitTimeout: negative"),
    (hooked("Restore", "postHooks", timeout="5s", execTimeout="6s"), "exec.timeout and exec.execTimeout mean the same and differ"),
    (schedule({**PRE, "spec": PRE}), "hooks stand at spec.template.hooks and at spec.template.spec.hooks"),
    (("Backup", {"labelSelector": {"matchLabels": {"a": "b"}}, "orLabelSelectors": [{}]}), "labelSelector and orLabelSelectors are both given"),
    (("Backup", {"ttl": "5"}), "ttl: not a duration"), (("Backup", {"ttl": "-1h"}), "ttl: negative"),
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


def test_the_image_runs_as_the_deployment_with_the_rights_that_were_installed_and_no_more(cluster):
    server, app, image = "install-server", "install-app", "grapnel:install-test"
    archive = cluster.folder / "image.tar"
    subprocess.run([str(ROOT / "scripts/image"), cluster.program, str(archive), image], check=True, stdout=subprocess.DEVNULL)
    ctr = ["ctr", "-a", str(TESTBED / "run/containerd.sock"), "-n", "k8s.io", "images"]
    subprocess.run([*ctr, "import", str(archive)], check=True, stdout=subprocess.DEVNULL)
    cluster.forget_namespace(server)
    cluster.namespaces.append(server)
    try:
        cluster.run("install", "-n", server, "--image", image, "--provider", "filesystem", "--bucket", "main",
                    "--backup-location-config", "path=/backups", "--wait")
        assert cluster.json("-n", server, "get", "deployment", "grapnel")["status"]["readyReplicas"] == 1
        cluster.namespace(app)
        cluster.kubectl("-n", app, "create", "configmap", "kept", "--from-literal=a=b")
        ask(cluster, server, "Backup", {"includedNamespaces": [app]})
        # The name of its Service means nothing on this machine: through the API server's proxy.
        assert "Backed up a total of" in cluster.run("backup", "logs", "x", "-n", server).out
        assert "v1/ConfigMap:" in cluster.run("backup", "describe", "x", "--details", "-n", server).out
        cluster.kubectl("delete", "namespace", app, "--wait=true")
        ask(cluster, server, "Restore", {"backupName": "x"})
        assert cluster.json("-n", app, "get", "configmap", "kept")["data"] == {"a": "b"}
        printed = [json.loads(line) for line in cluster.kubectl("-n", server, "logs", "deployment/grapnel").splitlines()]
        assert any("backup" in line for line in printed) and any("restore" in line for line in printed), printed
    finally:
        for kind in ("restores.velero.io", "backups.velero.io"):
            cluster.kubectl("-n", server, "delete", kind, "--all", "--wait=true", "--timeout=30s", check=False)
        removed = cluster.run("uninstall", "-n", server, "--force")
        subprocess.run([*ctr, "rm", "docker.io/library/" + image], stdout=subprocess.DEVNULL)
    assert "Deployment grapnel: deleted" in removed.out, removed.out
    assert cluster.json("-n", server, "get", "backupstoragelocation", "default")["status"]["phase"] == "Available"


def ask(cluster, namespace, kind, spec):
    object_ = {"apiVersion": "velero.io/v1", "kind": kind, "metadata": {"name": "x", "namespace": namespace}, "spec": spec}
    cluster.kubectl("create", "-f", "-", input=json.dumps(object_))
    status = {}

    def is_over():
        status.update(cluster.json("-n", namespace, "get", kind.lower() + "s.velero.io", "x").get("status", {}))
        return "completionTimestamp" in status or "Failed" in status.get("phase", "")

    cluster.wait_until(is_over)
    assert status["phase"] == "Completed", status
