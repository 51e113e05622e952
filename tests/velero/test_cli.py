"""The real velero CLI against grapnel server.  What it prints is looked at as a whole where it fits on a screen."""

import tarfile

from cluster import Skip
from world import NAMESPACE, find, normal


def start(world):
    if not find("VELERO", "velero"):
        raise Skip("there is no velero ($VELERO); test_resources.py drives the same resources")
    world.serve()
    world.namespace("cli-app")
    world.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "cli-app"}, "data": {"a": "b"}})
    world.pods(world.pod("cli-app", "p", {"app": "p"}))


def columns(text):
    """Rows of a table without the width of its columns."""
    return [" | ".join(part.strip() for part in line.split("   ") if part.strip()) for line in normal(text).splitlines() if line]


BACKUP = """\
Namespace:    velero-compat
Labels:       velero.io/storage-location=default
Annotations:  velero.io/resource-timeout=10m0s
              velero.io/source-cluster-k8s-gitversion=v1.34.4
              velero.io/source-cluster-k8s-major-version=1
              velero.io/source-cluster-k8s-minor-version=34

Phase:  Completed


Namespaces:
  Included:  cli-app
  Excluded:  <none>

Resources:
  Included cluster-scoped:    <none>
  Excluded cluster-scoped:    volumesnapshotcontents.snapshot.storage.k8s.io
  Included namespace-scoped:  *
  Excluded namespace-scoped:  events, volumesnapshots.snapshot.storage.k8s.io

Label selector:  <none>

Or label selector:  <none>

Storage Location:  default

Velero-Native Snapshot PVs:    auto
File System Backup (Default):  false
Snapshot Move Data:            false
Data Mover:                    velero

TTL:  1h0m0s

CSISnapshotTimeout:    10m0s
ItemOperationTimeout:  4h0m0s

Hooks:  <none>

Backup Format Version:  1.1.0

Started:    TIME
Completed:  TIME

Expiration:  TIME

Total items to be backed up:  5
Items backed up:              5

Resource List:
  v1/ConfigMap:
    - cli-app/kube-root-ca.crt
    - cli-app/settings
  v1/Namespace:
    - cli-app
  v1/Pod:
    - cli-app/p
  v1/ServiceAccount:
    - cli-app/default

Backup Volumes:
  Velero-Native Snapshots: <none included>

  CSI Snapshots: <none included>

  Pod Volume Backups: <none included>

HooksAttempted:  0
HooksFailed:     0
"""

RESTORED = """\
HooksAttempted:   0
HooksFailed:      0

Resource List:
  v1/ConfigMap:
    - cli-app/kube-root-ca.crt(skipped)
    - cli-app/settings(created)
  v1/Namespace:
    - cli-app(created)
  v1/Pod:
    - cli-app/p(created)
  v1/ServiceAccount:
    - cli-app/default(skipped)
"""


def after(text, word):
    return normal(text[text.index(word):]).rstrip() + "\n"


def test_backups_and_restores_from_create_to_delete(world):
    start(world)
    assert normal(world.velero("version")).splitlines()[3:] == ["Server:", "\tVersion: v1.18.0-grapnel.0.1.0"]
    assert columns(world.velero("backup-location", "get")) == [
        "NAME | PROVIDER | BUCKET/PREFIX | PHASE | LAST VALIDATED | ACCESS MODE | DEFAULT",
        "default | aws | bucket/fleet | Available | TIME | ReadWrite | true"]
    told = world.velero("backup", "create", "b", "--include-namespaces", "cli-app", "--exclude-namespace-scoped-resources", "events",
                        "--ttl", "1h", "--wait")
    assert "Backup completed with status: Completed." in told, told
    assert columns(world.velero("backup", "get")) == [
        "NAME | STATUS | ERRORS | WARNINGS | CREATED | EXPIRES | STORAGE LOCATION | QUEUE POSITION | SELECTOR",
        "b | Completed | 0 | 0 | TIME | 59m | default | <none>"]
    shown = world.velero("backup", "describe", "b", "--details", "--colorized=false")
    assert after(shown, "Namespace:") == BACKUP, after(shown, "Namespace:")
    assert 'msg="Backed up a total of 5 items"' in world.velero("backup", "logs", "b")
    world.velero("backup", "download", "b")
    with tarfile.open(world.folder / "b-data.tar.gz") as tar:
        assert "resources/configmaps/namespaces/cli-app/settings.json" in tar.getnames()

    world.forget_namespace("cli-app")
    told = world.velero("restore", "create", "r", "--from-backup", "b", "--wait")
    assert "Restore completed with status: Completed." in told, told
    assert world.json("-n", "cli-app", "get", "cm", "settings")["data"] == {"a": "b"}
    assert columns(world.velero("restore", "get"))[1:] == ["r | b | Completed | TIME | TIME | 0 | 0 | TIME | <none>"]
    shown = world.velero("restore", "describe", "r", "--details", "--colorized=false")
    for made_by_kubernetes in ("kube-root-ca.crt", "default"):  # or by the restore, if it was first
        shown = shown.replace(f"{made_by_kubernetes}(created)", f"{made_by_kubernetes}(skipped)")
    assert "Phase:                       Completed" in shown and after(shown, "HooksAttempted:") == RESTORED, shown
    assert 'msg="restore completed"' in world.velero("restore", "logs", "r")

    world.velero("restore", "delete", "r", "--confirm")
    world.wait_until(lambda: world.names("restores.velero.io") == [])
    assert list((world.bucket / "restores").glob("*/*")) == []
    world.velero("backup", "delete", "b", "--confirm")
    world.wait_until(lambda: world.names("backups.velero.io") == [])
    assert list((world.bucket / "backups").glob("*/*")) == []


def test_schedules(world):
    start(world)
    world.velero("schedule", "create", "s", "--schedule", "@every 24h", "--include-namespaces", "cli-app", "--ttl", "1h")
    world.wait_for("schedules.velero.io", "s", ("Enabled",), 30)
    assert columns(world.velero("schedule", "get"))[1:] == ["s | Enabled | TIME | @every 24h | 1h0m0s | n/a | <none> | false"]
    assert "Phase:  Enabled" in world.velero("schedule", "describe", "s", "--colorized=false")
    told = world.velero("backup", "create", "by-hand", "--from-schedule", "s", "--wait")
    assert "Backup completed with status: Completed." in told, told
    assert world.get("backups.velero.io", "by-hand")["metadata"]["labels"]["velero.io/schedule-name"] == "s"
    world.velero("schedule", "pause", "s")
    assert columns(world.velero("schedule", "get"))[1].endswith("true")
    world.velero("schedule", "create", "bad", "--schedule", "61 * * * *", code=None)
    status = world.wait_for("schedules.velero.io", "bad", ("FailedValidation",), 30)["status"]
    assert "61" in " ".join(status["validationErrors"]), status
    world.velero("schedule", "delete", "--all", "--confirm")
    assert world.names("schedules.velero.io") == []


def test_what_cannot_be_done_is_said(world):
    start(world)
    told = world.velero("backup", "create", "b", "--storage-location", "elsewhere", code=None)
    assert "elsewhere" in told, told
    told = world.velero("backup", "logs", "none", code=1)
    world.kubectl("-n", NAMESPACE, "create", "-f", "-", input='{"apiVersion":"velero.io/v1","kind":"Backup","metadata":{"name":"bad"},'
                  '"spec":{"includedNamespaces":["a"],"excludedNamespaces":["a"]}}')
    world.wait_for("backups.velero.io", "bad", ("FailedValidation",), 30)
    shown = world.velero("backup", "describe", "bad", "--colorized=false", code=None)
    assert "Validation errors:" in shown and "FailedValidation" in shown, shown
