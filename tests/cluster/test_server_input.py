"""What is asked of grapnel server and cannot be: each gets a sentence of its own, and nothing else is disturbed."""

import contextlib
import json
import shutil

from cluster import ROOT
from server import NAMESPACE, Server
from test_server import FREEZE, frozen, hooks, serving, shop, slow_backup

SELECTOR = {"matchLabels": {"a": "b"}}
BACKUPS = [  # spec → what status.validationErrors says
    ("unknown-location", {"storageLocation": "nowhere"}, 'there is no backup storage location "nowhere" in namespace "velero-test"'),
    ("read-only", {"storageLocation": "archive"}, 'backup storage location "archive" is ReadOnly: nothing is written to it or deleted from it'),
    ("no-folder", {"storageLocation": "lost"}, 'backup storage location "lost" is not Available: spec.config.path: there is no folder "/nonexistent/here" where the server runs: is its volume mounted?'),
    ("negative", {"ttl": "-1h"}, "spec.ttl"),
    ("both-selectors", {"labelSelector": SELECTOR, "orLabelSelectors": [SELECTOR]}, "orLabelSelectors"),
    ("both-styles", {"includedResources": ["pods"], "includedNamespaceScopedResources": ["pods"]}, "spec.includedResources: can't be used together with spec.includedNamespaceScopedResources"),
]
SCHEDULES = [
    ("no-hour", {"schedule": "0 25 * * *", "template": {}}, '"0 25 * * *" is no schedule: hour: "25" is not one of 0-23'),
    ("no-zone", {"schedule": "CRON_TZ=Mars/Olympus 0 3 * * *", "template": {}}, "Mars/Olympus"),
    ("no-rule", {"schedule": "", "template": {}}, "spec.schedule"),
    ("no-period", {"schedule": "@every never", "template": {}}, "never"),
]


def said(server, kind, name, seconds=30):
    status = server.wait(kind, name, "FailedValidation", seconds=seconds)
    return "; ".join(status["validationErrors"])


def test_requests_that_are_wrong_are_answered_and_a_right_one_among_them_is_carried_out(cluster):
    shop(cluster)
    with serving(cluster) as server:
        (cluster.folder / "buckets/old").mkdir(parents=True)
        server.location("archive", "old", accessMode="ReadOnly")
        server.apply("BackupStorageLocation", "lost", {"provider": "filesystem", "config": {"path": "/nonexistent/here"},
                                                       "objectStorage": {"bucket": "b"}})
        server.wait("backupstoragelocation", "archive", "Available")
        assert "/nonexistent/here" in server.wait("backupstoragelocation", "lost", "Unavailable")["message"]
        for name, spec, _ in BACKUPS:
            server.apply("Backup", name, {"includedNamespaces": ["server-shop"], **spec})
        for name, spec, _ in SCHEDULES:
            server.apply("Schedule", name, spec)
        server.apply("Backup", "right", {"includedNamespaces": ["server-shop"], "hooks": hooks(FREEZE)})
        for kind, rows in ("backup", BACKUPS), ("schedule", SCHEDULES):
            for name, _, sentence in rows:
                assert sentence in said(server, kind, name), (name, said(server, kind, name))
        server.wait("backup", "right", "Completed")
        assert sorted(p.name for p in (server.bucket / "backups").iterdir()) == ["right"]
        told = {e[1] for e in server.events() if e[2] == "FailedValidation"}
        assert told >= {name for name, _, _ in BACKUPS + SCHEDULES}, told


def test_restores_of_what_cannot_be_restored(cluster):
    shop(cluster)
    with serving(cluster) as server:
        server.apply("Backup", "broken", {"storageLocation": "nowhere"})
        said(server, "backup", "broken")
        server.apply("Backup", "b", {"includedNamespaces": ["server-shop"]})
        server.wait("backup", "b", "Completed")
        slow_backup(cluster, server)
        for name, spec, sentence in (
                ("of-missing", {"backupName": "missing"}, 'there is no backup "missing" in namespace "velero-test"'),
                ("of-failed", {"backupName": "broken"}, 'backup "broken" is FailedValidation: only one that is Completed or PartiallyFailed'),
                ("of-running", {"backupName": "slow"}, 'backup "slow" is InProgress: only one that is Completed or PartiallyFailed'),
                ("of-neither", {}, "backupName"),
                ("of-schedule", {"scheduleName": "none"}, 'schedule "none" has no Completed backup'),
                ("both-selectors", {"backupName": "b", "labelSelector": SELECTOR, "orLabelSelectors": [SELECTOR]}, "orLabelSelectors")):
            server.apply("Restore", name, spec)
            assert sentence in said(server, "restore", name), (name, said(server, "restore", name))
        (server.bucket / "backups/b/b.tar.gz").unlink()
        server.apply("Restore", "of-empty", {"backupName": "b"})
        assert "b.tar.gz" in server.wait("restore", "of-empty", "Failed")["failureReason"]
        cluster.kubectl("-n", NAMESPACE, "delete", "backups.velero.io", "slow", "--wait=true")
        cluster.wait_until(lambda: not frozen(cluster), 60)


def test_downloads_and_deletions_of_what_is_not_there(cluster):
    with serving(cluster) as server:
        server.apply("DownloadRequest", "d", {"target": {"kind": "BackupLog", "name": "missing"}})
        server.apply("DeleteBackupRequest", "x", {"backupName": "missing"})
        server.apply("DeleteBackupRequest", "nameless", {"backupName": ""})
        assert 'there is no backup "missing"' in str(server.wait("deletebackuprequest", "x", "Processed")["errors"])
        assert "spec.backupName is empty" in str(server.wait("deletebackuprequest", "nameless", "Processed")["errors"])
        cluster.wait_until(lambda: any(e[1] == "d" and "missing" in e[3] for e in server.events()), 30)
        assert not server.status("downloadrequest", "d").get("downloadURL")


def test_a_bucket_with_what_is_not_ours_and_a_name_that_is_taken(cluster):
    shop(cluster)
    golden = cluster.folder / "buckets/main"
    shutil.copytree(ROOT / "tests/golden/velero-1.18.0/bucket", golden)
    for name, text in (("garbage", "no JSON"), ("other-name", (golden / "backups/plain/velero-backup.json").read_text()),
                       ("no-backup", '{"kind":"Pod","apiVersion":"v1"}'), ("UPPER", "{}")):
        (golden / "backups" / name).mkdir()
        (golden / "backups" / name / "velero-backup.json").write_text(text)
    (golden / "backups/empty").mkdir()
    (golden / "beach.jpg").write_bytes(b"\xff\xd8")
    with serving(cluster) as server:
        cluster.wait_until(lambda: "plain" in server.names("backup"), 30)
        cluster.wait_until(lambda: len({e[3] for e in server.events() if e[2] == "BackupNotSynced"}) == 4, 30)
        assert set(server.names("backup")) == {"hook-fails", "hooked", "labelled", "nothing", "plain"}
        cluster.kubectl("-n", NAMESPACE, "delete", "backups.velero.io", "plain")  # its folder stays
        before = (golden / "backups/plain/plain.tar.gz").read_bytes()
        server.apply("Backup", "plain", {"includedNamespaces": ["server-shop"]})
        status = server.wait("backup", "plain", "FailedValidation")
        assert status["validationErrors"] == ['metadata.name: backup storage location "default" has a backup "plain" already: take another '
                                              "name, or delete that one"], status
        assert (golden / "backups/plain/plain.tar.gz").read_bytes() == before
        (golden / "holiday").mkdir()
        server.apply("BackupStorageLocation", "shared", {**server.get("backupstoragelocation", "default")["spec"], "default": False})
        assert "folders that are not of backups: holiday" in server.wait("backupstoragelocation", "shared", "Unavailable")["message"]
        assert (golden / "beach.jpg").exists()


def test_a_volume_or_a_bucket_that_is_taken_away_costs_no_object_and_comes_back(cluster):
    shop(cluster)
    with serving(cluster, "--store-validation-frequency", "1s", "--backup-sync-period", "1s") as server:
        server.apply("Backup", "b", {"includedNamespaces": ["server-shop"]})
        server.wait("backup", "b", "Completed")
        volume = server.bucket.parent
        away = volume.rename(volume.parent / "elsewhere")
        assert "is its volume mounted?" in server.wait("backupstoragelocation", "default", "Unavailable")["message"]
        server.apply("Backup", "meanwhile", {"includedNamespaces": ["server-shop"]})
        assert "is not Available" in said(server, "backup", "meanwhile")
        server.apply("DeleteBackupRequest", "d", {"backupName": "b"})
        assert "is not Available" in str(server.wait("deletebackuprequest", "d", "Processed")["errors"])
        volume.mkdir()  # mounted, and empty: another volume, or all was deleted
        cluster.wait_until(lambda: any(e[2] == "LocationEmpty" for e in server.events()), 40)
        assert server.status("backup", "b")["phase"] == "Completed"
        shutil.rmtree(volume)
        away.rename(volume)
        server.wait("backupstoragelocation", "default", "Available")
        server.apply("Backup", "again", {"includedNamespaces": ["server-shop"]})
        server.wait("backup", "again", "Completed")


def test_a_backup_that_is_edited_by_hand_in_mid_run_ends_as_it_began(cluster):
    shop(cluster)
    with serving(cluster) as server:
        server.apply("Backup", "b", {"includedNamespaces": ["server-shop"],
                                     "hooks": hooks(FREEZE, {"exec": {"command": ["sleep", "4"], "timeout": "1m"}})})
        cluster.wait_until(lambda: frozen(cluster), 60)
        patch = {"spec": {"includedNamespaces": ["kube-system"], "storageLocation": "nowhere", "hooks": None},
                 "status": {"phase": "Completed", "progress": {"itemsBackedUp": 9999}}}
        cluster.kubectl("-n", NAMESPACE, "patch", "backups.velero.io", "b", "--type=merge", "-p", json.dumps(patch))
        cluster.wait_until(lambda: not frozen(cluster), 60)
        cluster.wait_until(lambda: server.status("backup", "b").get("completionTimestamp"), 30)
        status = server.status("backup", "b")
        stored = json.loads((server.bucket / "backups/b/velero-backup.json").read_text())
        assert status == stored["status"] and status["phase"] == "Completed", (status, stored["status"])
        assert stored["spec"]["includedNamespaces"] == ["server-shop"], stored["spec"]
    told = next(e[3] for e in server.events() if e[2] == "SpecChanged")
    assert told == ("its spec was changed while it ran, which had no effect: it ended as it had begun; create another backup for what is "
                    "wanted now"), told


PHASES = "/spec/versions/0/schema/openAPIV3Schema/properties/status/properties"
KINDS = ("backups", "restores", "schedules", "backupstoragelocations", "deletebackuprequests", "downloadrequests", "serverstatusrequests")


@contextlib.contextmanager
def definitions_put_back(cluster):
    try:
        yield
    finally:
        cluster.run("install", "--crds-only")


def change_definition(cluster, *steps):
    cluster.kubectl("patch", "crd", "backups.velero.io", "--type=json", "-p", json.dumps(steps))


def ended_with(server):
    """The error with which a server ended that could not begin."""
    assert server.start().wait(timeout=60) == 1
    return server.log().splitlines()[-1]


def test_definitions_that_are_old_or_missing_are_told_at_the_start(cluster):
    shop(cluster)
    server = Server(cluster)
    with definitions_put_back(cluster):
        change_definition(cluster, {"op": "remove", "path": PHASES + "/queuePosition"}, {"op": "remove", "path": PHASES + "/hookStatus"})
        server.start()
        try:
            server.apply("Backup", "b", {"includedNamespaces": ["server-shop"], "hooks": hooks(FREEZE)})
            server.wait("backup", "b", "Completed")
            assert 'definition=backups.velero.io fields="status.hookStatus, status.queuePosition"' in server.log()
        finally:
            server.stop()
        phases = [p for p in cluster.json("get", "crd", "backups.velero.io")["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
                  ["status"]["properties"]["phase"]["enum"] if p not in ("Queued", "ReadyToStart")]
        change_definition(cluster, {"op": "replace", "path": PHASES + "/phase/enum", "value": phases})
        assert ended_with(server) == (
            "error: custom resource definitions of the cluster are too old: backups.velero.io (status.phase can't be Queued, ReadyToStart "
            'there); "grapnel install --crds-only" installs those that this server needs')
        names = [n for n in cluster.kubectl("get", "crd", "-o", "name").split() if n.endswith(".velero.io")]
        for namespace, name in (line.split() for line in cluster.kubectl(
                "get", "restores.velero.io", "-A", "--no-headers", "-o", "custom-columns=:metadata.namespace,:metadata.name").splitlines()):
            cluster.kubectl("-n", namespace, "patch", "restores.velero.io", name, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
        cluster.kubectl("delete", *names, "--wait=true", "--timeout=60s")
        assert ended_with(server) == (
            f"error: the cluster does not serve {', '.join(k + '.velero.io' for k in KINDS)}: the custom resource definitions are missing or "
            'too old; "grapnel install --crds-only" installs them')
        for words in ("get",), ("create", "b"), ("logs", "b"):
            assert cluster.run("backup", *words, code=1).err == (
                'error: the cluster has no Backups of velero.io/v1\nhint: "grapnel install" installs what serves them\n')
