"""Real Velero's server beside the cluster: our buckets are its buckets.  Needs $VELERO and $VELERO_PLUGINS."""

import json
import os
import shutil

from cluster import KUBECONFIG, Skip
from world import NAMESPACE, find, normal

PEER = "velero-peer"  # its namespace


def start_peer(world):
    """Real Velero with an empty bucket of an S3 server; returns when the location is Available."""
    program, plugins = find("VELERO", "velero"), os.environ.get("VELERO_PLUGINS")
    if not program or not plugins:
        raise Skip("there is no Velero server ($VELERO, $VELERO_PLUGINS)")
    world.resources(PEER)
    world.location(PEER, provider="aws")
    world.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "velero", "namespace": PEER}, "spec": {
        "replicas": 0, "selector": {"matchLabels": {"component": "velero"}}, "template": {"metadata": {"labels": {"component": "velero"}}, "spec": {
            "containers": [{"name": "velero", "image": "velero/velero:v1.18.0"}]}}}})
    temporary = world.folder / "peer-tmp"
    temporary.mkdir()
    world.spawn("peer", program, "server", "--kubeconfig", KUBECONFIG, "--namespace", PEER, "--plugin-dir", plugins,
                "--metrics-address", "127.0.0.1:8085", "--profiler-address", "", "--disable-controllers", "backup-repo",
                "--backup-sync-period", "2s", TMPDIR=str(temporary))
    world.wait_for("bsl", "default", ("Available",), 60, namespace=PEER)


def small_app(world, namespace):
    world.namespace(namespace)
    world.apply({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": namespace, "labels": {"a": "b"}},
         "data": {"number": "12345678901234567890", "text": "ünïcödé ✓\n"}, "binaryData": {"blob": "AAECAwT/"}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": namespace}, "stringData": {"password": "correct horse"}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": namespace}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace}, "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
                "terminationGracePeriodSeconds": 0, "containers": [{"name": "c", "image": "busybox:1", "command": ["sleep", "100000"]}]}}}}]})
    world.kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=60s")


def contents(world, namespace):
    """What the application is made of, without what a cluster gives each object anew."""
    made = world.json("-n", namespace, "get", "cm/settings", "secret/key", "svc/web", "deploy/web")["items"]
    for object_ in made:
        metadata = object_["metadata"]
        object_["metadata"] = {"name": metadata["name"], "labels": {
            k: v for k, v in metadata.get("labels", {}).items() if not k.startswith("velero.io/")}}
        object_.pop("status", None)
        for key in ("clusterIP", "clusterIPs"):
            object_["spec"].pop(key, None) if "spec" in object_ else None
    return made


def test_a_backup_made_by_hand_is_listed_described_restored_and_deleted_by_velero(world):
    start_peer(world)
    small_app(world, "peer-app")
    before = contents(world, "peer-app")
    world.backup("ours", [{"name": "greet", "labelSelector": {"matchLabels": {"app": "web"}}, "pre": [{"exec": {"command": ["echo", "hello"]}}],
                           "post": [{"exec": {"command": ["echo", "bye"]}}]}], includedNamespaces=["peer-app"])
    shutil.copytree(world.store, world.bucket, dirs_exist_ok=True)
    world.wait_until(lambda: "ours" in world.names("backups.velero.io", PEER))
    stored = json.loads((world.bucket / "backups/ours/velero-backup.json").read_text())
    synced = world.get("backups.velero.io", "ours", PEER)
    assert synced["spec"] == stored["spec"] and synced["status"] == stored["status"], (synced, stored)
    shown = world.velero("backup", "describe", "ours", "--details", namespace=PEER)
    assert "Completed" in shown and "- peer-app/settings" in shown and "HooksAttempted:  2" in shown and "error" not in shown, shown
    assert "hello" in world.velero("backup", "logs", "ours", namespace=PEER)
    world.velero("backup", "download", "ours", namespace=PEER)
    assert (world.folder / "ours-data.tar.gz").read_bytes() == (world.store / "backups/ours/ours.tar.gz").read_bytes()
    world.forget_namespace("peer-app")
    told = world.velero("restore", "create", "back", "--from-backup", "ours", "--wait", namespace=PEER)
    assert "Restore completed with status: Completed" in told, told + world.velero("restore", "describe", "back", "--details", code=None, namespace=PEER)
    assert contents(world, "peer-app") == before
    world.kubectl("-n", "peer-app", "rollout", "status", "deploy/web", "--timeout=60s")
    world.velero("backup", "delete", "ours", "--confirm", namespace=PEER)
    world.wait_until(lambda: "ours" not in world.names("backups.velero.io", PEER))
    left = [p for p in world.bucket.rglob("*") if p.is_file()]
    assert left == [], left


def described(world, name, namespace):
    """Without the Kubernetes object's own: namespace, labels, annotations."""
    shown = world.velero("backup", "describe", name, "--details", "--colorized=false", namespace=namespace)
    shown = shown[shown.index("Phase:"):]
    # Who syncs a backup from the bucket leaves its hooks out (Grapnel), or keeps them (Velero 1.18).
    return normal(shown[:shown.index("Hooks:")] + shown[shown.index("Backup Format Version:"):])


def test_one_bucket_serves_grapnel_and_velero(world):
    start_peer(world)
    world.serve()  # the same bucket
    small_app(world, "peer-app")
    before = contents(world, "peer-app")
    for name, namespace in (("ours", NAMESPACE), ("theirs", PEER)):
        told = world.velero("backup", "create", name, "--include-namespaces", "peer-app", "--wait", namespace=namespace)
        assert "Backup completed with status: Completed" in told, told
    for namespace in (NAMESPACE, PEER):
        world.wait_until(lambda: world.names("backups.velero.io", namespace) == ["ours", "theirs"])
    for name in ("ours", "theirs"):
        assert described(world, name, NAMESPACE) == described(world, name, PEER)
        assert world.velero("backup", "logs", name, namespace=NAMESPACE) == world.velero("backup", "logs", name, namespace=PEER)
    for name, namespace in (("ours", PEER), ("theirs", NAMESPACE)):
        world.forget_namespace("peer-app")
        told = world.velero("restore", "create", "of-" + name, "--from-backup", name, "--wait", namespace=namespace)
        assert "Restore completed with status: Completed" in told, told
        assert contents(world, "peer-app") == before
    for name, by, other in (("ours", PEER, NAMESPACE), ("theirs", NAMESPACE, PEER)):
        world.velero("backup", "delete", name, "--confirm", namespace=by)
        world.wait_until(lambda: name not in world.names("backups.velero.io", by) + world.names("backups.velero.io", other), 120)
    left = [p for p in world.bucket.rglob("*") if p.is_file() and not p.name.startswith(".grapnel-")]
    assert left == [], left
