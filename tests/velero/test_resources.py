"""Resources made with kubectl alone, as GitOps makes them: always run."""

import gzip
import io
import json
import ssl
import tarfile
import urllib.request

from cluster import ROOT
from test_applications import harbour, kubectl_kind
from world import GOLDEN, NAMESPACE

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


MADE = ("rules", "roleRef", "subjects", "data", "binaryData", "type", "spec")


def essence(object_):
    """An object without what a cluster gives each anew; its labels and annotations with it."""
    metadata = object_["metadata"]
    kept = {key: object_[key] for key in MADE if key in object_}
    kept["labels"] = {k: v for k, v in metadata.get("labels", {}).items() if k != "velero.io/restore-name"}
    kept["annotations"] = {k: v for k, v in metadata.get("annotations", {}).items() if k != "autoscaling.alpha.kubernetes.io/conditions"}
    return kept


def test_the_bucket_of_real_velero_is_restored_as_velero_restores_it(world):
    harbour(world)  # it is there, as it was when Velero restored into another namespace
    world.serve(golden=True)
    world.forget_dock("marina")
    world.wait_until(lambda: "plain" in world.names("backups.velero.io"))
    world.create("Restore", "plain-mapped", {"backupName": "plain", "namespaceMapping": {"harbour": "marina"}, "includedNamespaces": ["harbour"],
                                             "excludedResources": ["pods"], "restorePVs": False})
    status = world.wait_for("restores.velero.io", "plain-mapped")["status"]
    assert status["phase"] == "PartiallyFailed" and status["errors"] == 1, (status, gzip.decompress(download(world, "RestoreResults", "plain-mapped")))
    text, theirs = world.kubectl(
        "label", "--local", "--overwrite", "-o", "json", "-f", GOLDEN / "cluster/restored-marina.yaml", "velero.io/restore-name=any").strip(), []
    while text:  # one document after the other
        object_, end = json.JSONDecoder().raw_decode(text)
        theirs, text = theirs + [object_], text[end:].strip()
    for golden in theirs:
        ours = world.json("-n", "marina", "get", kubectl_kind(golden), golden["metadata"]["name"])
        if golden["metadata"]["name"] == "kube-root-ca.crt":
            continue  # the cluster's own
        assert essence(ours) == essence(golden), (golden["kind"], golden["metadata"]["name"], essence(ours), essence(golden))
    assert len(theirs) == 16


def test_the_reference_page_as_objects_of_the_cluster(world):
    world.serve()
    world.forget_dock("ns1")
    world.apply((EXAMPLES / "app.yaml").read_text())
    world.kubectl("-n", "ns1", "wait", "--for=condition=Ready", "pod/server", "--timeout=60s")
    def apply(file):  # Velero's own CRDs do not know the page's timeout of a restore hook: kubectl warns, and it is left out
        world.kubectl("apply", "--validate=warn", "-f", "-",
                      input=(EXAMPLES / file).read_text().replace("namespace: velero", f"namespace: {NAMESPACE}"))

    apply("backup.yaml")
    backup = world.wait_for("backups.velero.io", "reference")
    assert backup["status"]["phase"] == "Completed" and backup["status"]["hookStatus"]["hooksAttempted"] == 2, backup["status"]
    world.forget_namespace("ns1")
    apply("restore.yaml")
    restore = world.wait_for("restores.velero.io", "reference-again")
    assert restore["status"]["phase"] == "Completed", restore["status"]
    read = lambda path: world.exec("ns1", "server", "cat", path, container="my-container")
    assert read("/restores/pvc1-vm/foobarbaz") == "FOOBARBAZ" and read("/restores/pvc2-vm/deadfeed") == "DEADFEED"
    assert restore["status"]["hookStatus"]["hooksAttempted"] == 1
