"""Resources made with kubectl alone, as GitOps makes them: always run."""

import gzip
import io
import json
import ssl
import tarfile
import urllib.request

from cluster import ROOT, Skip
from world import NAMESPACE

EXAMPLES = ROOT / "examples/reference"


def download(world, kind, name):
    """The bytes behind a DownloadRequest."""
    request = f"{name}-{kind.lower()}"
    world.create("DownloadRequest", request, {"target": {"kind": kind, "name": name}})
    url = world.wait_for("downloadrequest", request, ("Processed",), 30)["status"]["downloadURL"]
    context = ssl._create_unverified_context()
    with urllib.request.urlopen(url, context=context, timeout=30) as answer:
        return answer.read()


def small_app(world, namespace):
    world.namespace(namespace)
    world.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": namespace}, "data": {"a": "b"}})
    world.pods(world.pod(namespace, "p", {"app": "p"}))


def test_a_backup_and_a_restore_made_with_kubectl(world):
    world.serve()
    small_app(world, "srv-app")
    world.create("Backup", "b1", {"includedNamespaces": ["srv-app"], "hooks": {"resources": [
        {"name": "greet", "pre": [{"exec": {"command": ["echo", "hello"]}}]}]}})
    backup = world.wait_for("backups.velero.io", "b1")
    assert backup["status"]["phase"] == "Completed", backup["status"]
    assert backup["status"]["hookStatus"]["hooksAttempted"] == 1 and backup["status"]["progress"]["itemsBackedUp"] > 2
    assert backup["spec"]["storageLocation"] == "default" and backup["metadata"]["labels"]["velero.io/storage-location"] == "default"
    world.forget_namespace("srv-app")
    world.create("Restore", "r1", {"backupName": "b1"})
    restore = world.wait_for("restores.velero.io", "r1")
    assert restore["status"]["phase"] == "Completed", restore["status"]
    assert world.json("-n", "srv-app", "get", "cm", "settings")["data"] == {"a": "b"}
    assert b"hello" in gzip.decompress(download(world, "BackupLog", "b1"))
    with tarfile.open(fileobj=io.BytesIO(download(world, "BackupContents", "b1"))) as tar:
        assert "resources/configmaps/namespaces/srv-app/settings.json" in tar.getnames()
    assert gzip.decompress(download(world, "RestoreLog", "r1"))
    assert "srv-app/settings(created)" in json.loads(gzip.decompress(download(world, "RestoreResourceList", "r1")))["v1/ConfigMap"]


def test_a_deletion_takes_the_backup_its_restores_and_its_files(world):
    world.serve()
    small_app(world, "srv-app")
    world.create("Backup", "gone", {"includedNamespaces": ["srv-app"]})
    world.wait_for("backups.velero.io", "gone", ("Completed",))
    world.create("Restore", "gone-r", {"backupName": "gone"})
    world.wait_for("restores.velero.io", "gone-r", ("Completed",))
    world.create("DeleteBackupRequest", "del", {"backupName": "gone"})
    world.wait_until(lambda: "gone" not in world.names("backups.velero.io"))
    world.wait_until(lambda: world.names("restores.velero.io") == [])
    assert list((world.bucket / "backups").glob("*")) == [] and list((world.bucket / "restores").glob("*")) == []


def test_the_status_of_the_server_is_asked_for(world):
    world.serve()
    world.create("ServerStatusRequest", "ask")
    status = world.wait_for("serverstatusrequests.velero.io", "ask", ("Processed",), 30)["status"]
    assert status["serverVersion"], status


def test_the_bucket_of_real_velero_is_synced_and_served(world):
    world.serve(golden=True)
    names = ["hook-fails", "hooked", "labelled", "nothing", "plain"]
    world.wait_until(lambda: world.names("backups.velero.io") == names)
    for name in names:
        stored = json.loads((world.bucket / "backups" / name / "velero-backup.json").read_text())
        synced = world.get("backups.velero.io", name)
        assert synced["spec"] == {**stored["spec"], "hooks": {}} and synced["status"] == stored["status"], (name, synced, stored)
        assert gzip.decompress(download(world, "BackupLog", name)) == \
            gzip.decompress((world.bucket / "backups" / name / f"{name}-logs.gz").read_bytes())
    world.create("DeleteBackupRequest", "del", {"backupName": "hooked"})
    world.wait_until(lambda: "hooked" not in world.names("backups.velero.io"))
    assert not (world.bucket / "backups/hooked").exists() and (world.bucket / "backups/plain").exists()


def test_the_reference_page_as_objects_of_the_cluster(world):
    world.serve()
    world.forget_dock("ns1")
    world.apply((EXAMPLES / "app.yaml").read_text())
    world.kubectl("-n", "ns1", "wait", "--for=condition=Ready", "pod/server", "--timeout=60s")
    if "timeout" not in json.dumps(world.hook_schema()):
        raise Skip("the cluster has Velero's CRDs, which refuse the page's timeout of a restore hook")
    manifest = lambda file: (EXAMPLES / file).read_text().replace("namespace: velero", f"namespace: {NAMESPACE}")
    world.apply(manifest("backup.yaml"))
    backup = world.wait_for("backups.velero.io", "reference")
    assert backup["status"]["phase"] == "Completed" and backup["status"]["hookStatus"]["hooksAttempted"] == 2, backup["status"]
    world.forget_namespace("ns1")
    world.apply(manifest("restore.yaml"))
    restore = world.wait_for("restores.velero.io", "reference-again")
    assert restore["status"]["phase"] == "Completed", restore["status"]
    read = lambda path: world.exec("ns1", "server", "cat", path, container="my-container")
    assert read("/restores/pvc1-vm/foobarbaz") == "FOOBARBAZ" and read("/restores/pvc2-vm/deadfeed") == "DEADFEED"
    assert restore["status"]["hookStatus"]["hooksAttempted"] == 1


def test_bad_requests_are_answered_in_their_status(world):
    world.serve()
    for name, spec, sentence in (
            ("both", {"includedNamespaces": ["a"], "labelSelector": {"matchLabels": {"a": "b"}}, "orLabelSelectors": [{"matchLabels": {"a": "b"}}]},
             "abel"),
            ("nowhere", {"storageLocation": "elsewhere"}, "elsewhere")):
        world.create("Backup", name, spec)
        status = world.wait_for("backups.velero.io", name)["status"]
        assert status["phase"] == "FailedValidation" and sentence in " ".join(status["validationErrors"]), status
    world.create("Restore", "of-none", {"backupName": "none"})
    status = world.wait_for("restores.velero.io", "of-none")["status"]
    assert status["phase"] == "FailedValidation" and "none" in " ".join(status["validationErrors"]), status


def test_a_schedule_makes_backups(world):
    world.serve()
    world.create("Schedule", "often", {"schedule": "@every 1m", "template": {"includedNamespaces": ["default"], "ttl": "1h"}})
    assert world.wait_for("schedules.velero.io", "often", ("Enabled", "FailedValidation"), 30)["status"]["phase"] == "Enabled"
    world.wait_until(lambda: world.names("backups.velero.io"), 90)
    name = world.names("backups.velero.io")[0]
    backup = world.wait_for("backups.velero.io", name)
    assert name.startswith("often-2") and backup["status"]["phase"] == "Completed", backup
    assert world.get("backups.velero.io", name)["metadata"]["labels"]["velero.io/schedule-name"] == "often"
    world.kubectl("-n", NAMESPACE, "delete", "schedules.velero.io", "often")
