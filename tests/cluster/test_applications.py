"""Whole applications, there and back."""

import json
import shutil
import threading
import time

from cluster import ROOT

EXAMPLES = ROOT / "examples"
GOLDEN = ROOT / "tests/golden/velero-1.18.0"


def test_the_reference_page_as_it_stands(cluster):
    cluster.forget_namespace("ns1")
    cluster.namespaces.append("ns1")
    cluster.apply((EXAMPLES / "reference/app.yaml").read_text())
    cluster.kubectl("-n", "ns1", "wait", "--for=condition=Ready", "pod/server", "--timeout=60s")
    cluster.run("backup", "run", "-f", EXAMPLES / "reference/backup.yaml", "--to", cluster.store)
    cluster.run("backup", "run", "nightly-1", "-f", EXAMPLES / "reference/schedule.yaml", "--to", cluster.store)
    for name in ("reference", "nightly-1"):
        results = cluster.hooks(name)
        assert [(r["name"], r["phase"], r["container"], r["outcome"]) for r in results] == [
            ("my-hook", "pre", "my-container", "Succeeded"), ("my-hook", "post", "my-container", "Succeeded")], results
        assert all(r["stdout"].startswith("Linux") for r in results)
    cluster.forget_namespace("ns1")
    cluster.run("restore", "run", "-f", EXAMPLES / "reference/restore.yaml", "--from", cluster.store)
    read = lambda path: cluster.exec("ns1", "server", "cat", path, container="my-container")
    assert read("/restores/pvc1-vm/foobarbaz") == "FOOBARBAZ"
    assert read("/restores/pvc2-vm/deadfeed") == "DEADFEED"
    done = [r for r in cluster.hooks("reference-again", "restores") if r["phase"] == "exec"]
    assert len(done) == 1 and done[0]["stdout"].startswith("Linux"), done


def test_a_postgresql_under_load_comes_back_consistent(cluster):
    def remove():
        cluster.forget_namespace("bank")
        cluster.kubectl("delete", "pv", "bank-backup", "--ignore-not-found")

    remove()
    cluster.namespaces.append("bank")
    cluster.cluster_objects.append(("pv", "bank-backup"))
    cluster.apply((EXAMPLES / "postgres/app.yaml").read_text())
    cluster.kubectl("-n", "bank", "rollout", "status", "sts/db", "--timeout=120s")
    transfers = lambda: int(cluster.exec("bank", "db-0", "bash", "/scripts/check.sh", container="postgres").split(" in ")[1].split()[0])
    before = transfers()
    cluster.run("backup", "run", "-f", EXAMPLES / "postgres/backup.yaml", "--to", cluster.store)
    frozen_with = int(cluster.exec("bank", "db-0", "cat", "/backup/transfers", container="postgres"))
    assert frozen_with >= before
    cluster.wait_until(lambda: transfers() > frozen_with)  # it works again
    remove()
    cluster.run("restore", "run", "-f", EXAMPLES / "postgres/restore.yaml", "--from", cluster.store)
    checked = [r for r in cluster.hooks("bank-again", "restores") if r["phase"] == "exec"][0]
    assert checked["outcome"] == "Succeeded" and "consistent" in checked["stdout"], checked
    assert transfers() >= frozen_with
    cluster.wait_until(lambda: transfers() > frozen_with)


def harbour(cluster):
    cluster.forget_namespace("harbour")
    cluster.namespaces.append("harbour")
    cluster.cluster_objects += [("crd", "boats.harbour.example"), ("pv", "harbour-pv-0"), ("clusterrole", "harbour-reader"), ("clusterrolebinding", "harbour-pilot")]
    for object_ in cluster.cluster_objects:
        cluster.kubectl("delete", *object_, "--ignore-not-found")
    cluster.apply((GOLDEN / "app.yaml").read_text())
    cluster.kubectl("-n", "harbour", "rollout", "status", "deploy/quay", "--timeout=60s")
    cluster.kubectl("-n", "harbour", "rollout", "status", "sts/ledger", "--timeout=60s")
    cluster.kubectl("-n", "harbour", "wait", "--for=condition=complete", "job/once", "--timeout=60s")


def shape(entries):
    """Paths with what a cluster makes up (hashes of ReplicaSets and pods, names of events) left out."""
    import re
    kept = set()
    for path in entries:
        if "/events" in path:
            continue
        path = re.sub(r"quay-[0-9a-f]{8,10}-[a-z0-9]{5}", "quay-RS-POD", path)
        path = re.sub(r"quay-[0-9a-f]{8,10}", "quay-RS", path)
        path = re.sub(r"quay-[a-z0-9]{5}\.json", "quay-SLICE.json", path)
        path = re.sub(r"once-[a-z0-9]{5}", "once-POD", path)
        kept.add(re.sub(r"ledger-[0-9a-f]{9,10}\.json", "ledger-REVISION.json", path))
    return kept


def kubectl_kind(object_):
    """Kind.version.group, as kubectl takes it; the core group is empty."""
    group, _, version = object_["apiVersion"].rpartition("/")
    return f"{object_['kind']}.{version}.{group}"


def test_the_golden_application_gives_the_same_entries_as_real_velero(cluster):
    harbour(cluster)
    cluster.backup("plain", includedNamespaces=["harbour"], snapshotVolumes=False, ttl="87600h")
    ours, theirs = cluster.entries("plain"), cluster.entries("plain", GOLDEN / "bucket")
    assert shape(ours) == shape(theirs), (sorted(shape(ours) - shape(theirs)), sorted(shape(theirs) - shape(ours)))
    for path, bytes_ in ours.items():
        if "/namespaces/" in path and "-preferredversion" not in path and "/events" not in path:
            stored = json.loads(bytes_)
            live = cluster.json("-n", "harbour", "get", kubectl_kind(stored), stored["metadata"]["name"])
            for object_ in (stored, live):
                object_["metadata"].pop("resourceVersion", None)
                object_["metadata"].pop("managedFields", None)
                object_.pop("status", None)
            if stored["kind"] == "PersistentVolumeClaim":
                continue  # the PVC action edits it
            assert stored == live, path
    assert b"9007199254740993" in ours["resources/boats.harbour.example/namespaces/harbour/dinghy.json"]
    assert json.loads(ours["resources/persistentvolumeclaims/namespaces/harbour/data.json"])["spec"] == \
        json.loads(theirs["resources/persistentvolumeclaims/namespaces/harbour/data.json"])["spec"]
    assert cluster.metadata("plain")["spec"] == json.loads((GOLDEN / "bucket/backups/plain/velero-backup.json").read_text())["spec"]


def test_a_backup_by_real_velero_is_described_and_restored(cluster):
    harbour(cluster)
    store = cluster.folder / "golden"
    shutil.copytree(GOLDEN / "bucket", store)
    for name in ("plain", "hooked", "hook-fails", "labelled", "nothing"):
        assert cluster.run("backup", "describe", name, "--details", "--from", store).out
        assert cluster.run("backup", "logs", name, "--from", store).out
    cluster.namespaces.append("marina")
    cluster.forget_namespace("marina")
    cluster.restore("again", "plain", code=2, store=store, namespaceMapping={"harbour": "marina"}, includedNamespaces=["harbour"], excludedResources=["pods"], restorePVs=False)
    made = cluster.json("-n", "marina", "get", "configmap/settings", "secret/harbour-key", "boats.harbour.example/dinghy", "networkpolicy/closed",
                        "deploy/quay", "sts/ledger", "cronjob/nightly", "hpa/quay", "pdb/quay", "ingress/quay", "role/pilot", "rolebinding/pilot")
    assert len(made["items"]) == 12
    settings = [o for o in made["items"] if o["metadata"]["name"] == "settings"][0]
    assert settings["data"]["number-like"] == "12345678901234567890" and settings["binaryData"] == {"blob": "AAECAwT/"}
    boat = [o for o in made["items"] if o["kind"] == "Boat"][0]
    assert boat["spec"]["big"] == 9007199254740993 and boat["spec"]["weird key/✓"] is True


def test_controller_made_pods_get_their_hooks_too(cluster):
    cluster.namespace("ctl")
    own = {"post.hook.restore.velero.io/command": '["sh","-c","echo x >> /tmp/own"]'}
    for name, annotations in (("web", {}), ("own", own)):
        cluster.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "ctl"}, "spec": {
            "replicas": 3, "selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}, "annotations": annotations}, "spec": {
                "terminationGracePeriodSeconds": 0, "containers": [{"name": "c", "image": "busybox:1", "command": ["sleep", "100000"]}]}}}})
        cluster.kubectl("-n", "ctl", "rollout", "status", "deploy/" + name, "--timeout=60s")
    cluster.backup("b", includedNamespaces=["ctl"], includedResources=["deployments"])
    cluster.forget_namespace("ctl")
    cluster.restore("r", "b", [{"name": "warm", "labelSelector": {"matchLabels": {"app": "web"}},
                                "postHooks": [{"exec": {"command": ["sh", "-c", "echo x >> /tmp/warm"], "waitTimeout": "1m"}}]}])
    for app, file in (("web", "warm"), ("own", "own")):
        pods = [p["metadata"]["name"] for p in cluster.json("-n", "ctl", "get", "pods", "-l", "app=" + app)["items"]]
        assert len(pods) == 3
        for pod in pods:
            assert cluster.exec("ctl", pod, "cat", "/tmp/" + file) == "x\n", pod


def test_a_pod_that_cannot_start_says_why_its_hook_did_not_run(cluster):
    cluster.namespace("stuck")
    cluster.apply(cluster.pod("stuck", "db-0", {"app": "db"}, nodeSelector={"no": "such-node"}))
    cluster.backup("b", includedNamespaces=["stuck"])
    cluster.forget_namespace("stuck")
    run = cluster.restore("r", "b", [{"name": "after", "postHooks": [{"exec": {"command": ["true"], "waitTimeout": "4s"}}]}], code=2)
    result = cluster.hooks("r", "restores")[0]
    assert result["outcome"] == "TimedOut" and "node" in result["message"], result
    assert "db-0" in run.out, run.out


def test_an_init_hook_whose_image_is_not_there_is_the_reason_that_is_told(cluster):
    cluster.namespace("stuck")
    cluster.apply(cluster.pod("stuck", "db-0", {"app": "db"}))
    cluster.kubectl("-n", "stuck", "wait", "pod/db-0", "--for=condition=Ready", "--timeout=60s")
    cluster.backup("b", includedNamespaces=["stuck"])
    cluster.forget_namespace("stuck")
    init = {"initContainers": [{"name": "load", "image": "no-such-image:1", "command": ["true"]}]}
    cluster.restore("r", "b", [{"name": "after", "postHooks": [{"init": init}, {"exec": {"command": ["true"], "waitTimeout": "20s"}}]}], code=2)
    load, result = cluster.hooks("r", "restores")
    assert (load["phase"], load["outcome"]) == ("init", "NotAwaited"), load
    assert result["outcome"] == "TimedOut", result
    assert result["message"].startswith('the container was not running within 20s: init container "load": '), result
    assert "ImagePull" in result["message"] and "no-such-image:1" in result["message"], result
    assert result["message"].endswith("; correct the name of the image or its pull secret"), result


def test_how_an_init_container_ended_is_seen_where_it_has_a_timeout(cluster):
    cluster.namespace("init")
    cluster.pods(cluster.pod("init", "good", {"app": "good"}), cluster.pod("init", "bad", {"app": "bad"}))
    cluster.backup("b", includedNamespaces=["init"])
    cluster.forget_namespace("init")

    def hook(name, command, timeout):
        container = {"name": name, "image": "busybox:1", "command": ["sh", "-c", command]}
        return {"name": name, "labelSelector": {"matchLabels": {"app": name}}, "postHooks": [{"init": {"initContainers": [container], "timeout": timeout}}]}
    run = cluster.restore("r", "b", [hook("good", "sleep 2", "60s"), hook("bad", "exit 3", "8s")], code=2)
    good, bad = cluster.hooks("r", "restores")
    assert (good["pod"], good["phase"], good["outcome"], good["exitCode"], good["attempts"]) == ("good", "init", "Succeeded", 0, 1), good
    assert 2000 <= good["durationMs"] <= 4000, good
    assert (bad["pod"], bad["outcome"], bad["exitCode"]) == ("bad", "TimedOut", 3) and bad["attempts"] >= 1, bad
    assert "it has ended with exit code 3 (Error); look at its log (kubectl logs)" in bad["message"], bad
    assert "init/bad: Error executing hook bad: the container had not ended well within 8s: " in run.out, run.out


def test_the_api_server_stopped_in_mid_backup_and_mid_restore(cluster):
    cluster.namespace("many")
    items = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c-{i}", "namespace": "many"}, "data": {"x": "y" * 2000}} for i in range(600)]
    cluster.apply({"apiVersion": "v1", "kind": "List", "items": items})
    # few requests a second, so that there is a middle
    process = cluster.start("backup", "run", "b", "--include-namespaces", "many", "--client-qps", "8", "--client-burst", "1", "--to", cluster.store)
    time.sleep(3)
    stopped = threading.Thread(target=cluster.pause, args=("kube-apiserver", 30))
    stopped.start()
    run = cluster.finish(process)
    stopped.join()
    assert run.code == 0, run.err
    assert len([e for e in cluster.entries("b") if e.startswith("resources/configmaps/namespaces/many/c-")]) == 600
    cluster.forget_namespace("many")
    process = cluster.start("restore", "run", "r", "--backup", "b", "--client-qps", "60", "--client-burst", "1", "--from", cluster.store)
    cluster.wait_until(lambda: "c-1" in cluster.kubectl("-n", "many", "get", "configmaps", "-o", "name", check=False) or process.poll() is not None)
    stopped = threading.Thread(target=cluster.pause, args=("kube-apiserver", 30))
    stopped.start()
    run = cluster.finish(process)
    stopped.join()
    assert run.code == 0, run.err
    assert len(cluster.json("-n", "many", "get", "configmaps")["items"]) == 601


def test_a_service_account_that_may_not_is_told_which_rule_is_missing(cluster):
    cluster.namespace("rbac")
    cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "grapnel-test-view"},
                   "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
                   "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "rbac"}]})
    cluster.cluster_objects.append(("clusterrolebinding", "grapnel-test-view"))
    token = cluster.kubectl("-n", "rbac", "create", "token", "default").strip()
    config = json.loads(cluster.kubectl("config", "view", "--raw", "-o", "json"))
    config["users"] = [{"name": "admin", "user": {"token": token}}]
    path = cluster.file("limited.json", config)
    path.chmod(0o600)
    run = cluster.run("backup", "run", "b", "--kubeconfig", path, "--include-namespaces", "rbac", "--to", cluster.store, code=2)
    assert "resources: [secrets], verbs: [list]" in run.out + cluster.run("backup", "logs", "b", "--from", cluster.store).out, run.out
    assert token not in run.out + run.err
