"""grapnel server on a real cluster: Velero's resources carried out, and what happens when servers die."""

import contextlib
import gzip
import json
import signal
import time

from cluster import ROOT
from server import NAMESPACE, Server

FROZEN = "[ -e /tmp/frozen ] && echo yes || true"
FREEZE = {"exec": {"command": ["touch", "/tmp/frozen"]}}
THAW = {"exec": {"command": ["rm", "-f", "/tmp/frozen"]}}


@contextlib.contextmanager
def serving(cluster, *flags):
    server = Server(cluster)
    server.start(*flags)
    try:
        server.wait("backupstoragelocation", "default", "Available")
        yield server
    finally:
        server.stop()


def shop(cluster, count=1):
    cluster.namespace("server-shop")
    names = [f"db-{i}" for i in range(count)]
    cluster.pods(*[cluster.pod("server-shop", n, {"app": "velero", "component": "server"}) for n in names])
    return names


def frozen(cluster):
    return cluster.exec("server-shop", "db-0", "sh", "-c", FROZEN).strip() == "yes"


def hooks(*pre):
    return {"resources": [{"name": "my-hook", "labelSelector": {"matchLabels": {"app": "velero"}}, "pre": list(pre), "post": [THAW]}]}


def slow_backup(cluster, server):
    """A backup whose pod is frozen, and stays so until its second hook ends."""
    server.apply("Backup", "slow", {"includedNamespaces": ["server-shop"],
                                    "hooks": hooks(FREEZE, {"exec": {"command": ["sleep", "600"], "timeout": "10m"}})})
    cluster.wait_until(lambda: frozen(cluster), 60)


def test_a_backup_and_a_restore_of_the_cluster_are_carried_out(cluster):
    shop(cluster)
    with serving(cluster) as server:
        server.apply("Backup", "b", {"includedNamespaces": ["server-shop"], "hooks": hooks({"exec": {"command": ["/bin/uname", "-a"]}})})
        status = server.wait("backup", "b", "Completed")
        assert status["hookStatus"] == {"hooksAttempted": 2}, status
        assert status["progress"]["itemsBackedUp"] == status["progress"]["totalItems"] > 3, status
        assert [h["outcome"] for h in server.hooks("b")] == ["Succeeded", "Succeeded"]
        cluster.forget_namespace("server-shop")
        server.apply("Restore", "r", {"backupName": "b", "hooks": {"resources": [{"name": "after", "postHooks": [
            {"exec": {"command": ["sh", "-c", "echo back > /tmp/back"], "execTimeout": "10s"}}]}]}})
        status = server.wait("restore", "r", "Completed")
        assert status["hookStatus"] == {"hooksAttempted": 1}, status
        assert cluster.exec("server-shop", "db-0", "cat", "/tmp/back") == "back\n"
        reasons = {e[2] for e in server.events()}
        assert {"BackupStarted", "BackupCompleted", "RestoreStarted", "RestoreCompleted", "Available"} <= reasons, reasons
        metrics = server.metrics()
        for line in ('velero_backup_success_total{schedule=""} 1', 'velero_restore_success_total{schedule=""} 1', "grapnel_leader 1",
                     'grapnel_hook_total{phase="pre",outcome="Succeeded"} 1'):
            assert line in metrics, metrics
        cluster.kubectl("-n", NAMESPACE, "delete", "restores.velero.io", "r", "--wait=true")
        assert not list((server.bucket / "restores").glob("r/*"))
        assert b"Backed up a total of" in gzip.decompress(server.download("BackupLog", "b"))


def test_no_more_is_printed_than_the_level_asks_for(cluster):
    shop(cluster)
    with serving(cluster, "--log-level", "warning", "--log-format", "json") as server:
        server.apply("Backup", "b", {"includedNamespaces": ["server-shop"], "hooks": hooks({"exec": {"command": ["false"]}})})
        server.wait("backup", "b", "PartiallyFailed")
        printed = [json.loads(line) for line in server.log().splitlines()]
        assert {line["level"] for line in printed} == {"error"}, printed
        server.stop()
        assert server.log().splitlines()[len(printed):] == [], server.log()
        stored = gzip.decompress((server.bucket / "backups/b/b-logs.gz").read_bytes()).decode()
        assert "level=info" in stored and "level=error" in stored, stored


def test_a_failed_hook_is_told_on_the_pod_and_on_the_backup(cluster):
    shop(cluster)
    with serving(cluster) as server:
        server.apply("Backup", "b", {"includedNamespaces": ["server-shop"], "hooks": hooks({"exec": {"command": ["sh", "-c", "exit 7"]}})})
        status = server.wait("backup", "b", "PartiallyFailed")
        assert status["hookStatus"]["hooksFailed"] == 1, status
        wanted = 'pre hook "my-hook" in pod server-shop/db-0: Failed: command terminated with exit code 7'
        cluster.wait_until(lambda: ("Backup", "b", "HookFailed", wanted) in server.events(), 30)
        cluster.wait_until(lambda: any(e[0] == "Pod" and e[2] == "HookFailed" for e in server.events("server-shop")), 30)


def test_the_reference_pages_resources_are_applied_as_they_stand(cluster):
    with serving(cluster) as server:
        cluster.namespace("some-namespace")
        for path in sorted((ROOT / "examples/reference").glob("*.yaml")):
            if path.stem != "app":
                cluster.kubectl("-n", NAMESPACE, "apply", "-f", "-", input=path.read_text().replace("namespace: velero", f"namespace: {NAMESPACE}"))
        server.wait("schedule", server.names("schedule")[0], "Enabled")
        restore = server.names("restore")[0]
        assert "'timeout': '10s'" in str(server.get("restore", restore)["spec"]["hooks"]), "the page's spelling is lost"


def test_a_server_killed_in_mid_backup_is_followed_by_one_that_thaws(cluster):
    shop(cluster)
    with serving(cluster) as server:
        slow_backup(cluster, server)
        server.processes[0].kill()
        server.processes[0].wait()
        assert frozen(cluster)
        server.start()
        status = server.wait("backup", "slow", "Failed", seconds=60)
        assert not frozen(cluster)
        assert status["failureReason"] == ("the server ended while it ran (1 pods that were frozen were thawed by the next one)"), status
        assert not (server.bucket / "backups/slow").exists()
        server.apply("Backup", "after", {"includedNamespaces": ["server-shop"]})
        server.wait("backup", "after", "Completed")


def test_what_a_server_that_is_gone_for_good_left_frozen_is_thawed_by_hand(cluster):
    shop(cluster)
    with serving(cluster) as server:
        slow_backup(cluster, server)
        server.processes[0].kill()
        server.processes[0].wait()
        assert cluster.run("hooks", "undo").out == "nothing to undo\n" and frozen(cluster)
        done = cluster.run("hooks", "undo", "--server", "--namespace", NAMESPACE)
        assert 'a run of backup "slow" ended without thawing 1 pod (server-shop/db-0); thawing first' in done.err, done.err
        assert "thawed 1 pod it had frozen" in done.err and not frozen(cluster)
        assert cluster.run("hooks", "undo", "--server", "--namespace", NAMESPACE).out == "nothing to undo\n"


def test_a_server_that_is_asked_to_end_thaws_records_and_leaves(cluster):
    shop(cluster)
    with serving(cluster) as server:
        slow_backup(cluster, server)
        server.processes[0].send_signal(signal.SIGTERM)
        assert server.processes[0].wait(timeout=30) == 0
        assert not frozen(cluster)
        assert server.status("backup", "slow")["phase"] == "Failed"
        assert server.status("backup", "slow")["failureReason"].startswith("the server was asked to end while it ran")
        assert not (server.bucket / "backups/slow/velero-backup.json").exists()
        begin = time.time()  # the lease was given up: the next one need not wait for its end
        server.start()
        cluster.wait_until(lambda: "This server leads" in server.log(), 10)
        assert time.time() - begin < 10


def test_a_standby_takes_over_in_less_than_20_seconds(cluster):
    shop(cluster)
    with serving(cluster) as server:
        server.start(offset=1)
        cluster.wait_until(lambda: "this one stands by" in server.log(1), 30)
        assert "grapnel_leader 0" in server.metrics(1)
        server.processes[0].kill()
        begin = time.time()
        cluster.wait_until(lambda: "Controllers have started" in server.log(1), 30)
        assert time.time() - begin < 20
        server.apply("Backup", "b", {"includedNamespaces": ["server-shop"]})
        server.wait("backup", "b", "Completed")


def test_what_a_server_holds_that_lives_is_not_thawed_by_hand(cluster):
    with serving(cluster) as server:
        cluster.wait_until(lambda: "Controllers have started" in server.log(), 30)
        begin = time.time()
        run = cluster.run("hooks", "undo", "--server", "-n", NAMESPACE, code=1)
        assert 25 < time.time() - begin < 45
        assert f'lives and leads in namespace "{NAMESPACE}": it thaws by itself' in run.err, run.err
        works = cluster.run("backup", "create", "b", "-n", NAMESPACE, "--include-namespaces", "default", "--wait")
        assert "Completed" in works.out, works.out


def test_a_backup_that_is_deleted_in_mid_run_ends_thawed_and_leaves_nothing(cluster):
    shop(cluster)
    with serving(cluster) as server:
        slow_backup(cluster, server)
        cluster.kubectl("-n", NAMESPACE, "delete", "backups.velero.io", "slow")
        cluster.wait_until(lambda: not frozen(cluster), 60)
        cluster.wait_until(lambda: not list((server.bucket / "backups").glob("slow/*")), 30)
        assert server.get("backup", "slow") is None


def test_a_schedule_makes_its_backups(cluster):
    shop(cluster)
    with serving(cluster) as server:
        server.apply("Schedule", "often", {"schedule": "@every 3s", "template": {"includedNamespaces": ["server-shop"]}}, labels={"team": "a"})
        cluster.wait_until(lambda: len(server.names("backup")) >= 2, 30)
        backup = server.get("backup", server.names("backup")[0])
        assert backup["metadata"]["labels"] == {"team": "a", "velero.io/schedule-name": "often", "velero.io/storage-location": "default"} or \
            backup["metadata"]["labels"] == {"team": "a", "velero.io/schedule-name": "often"}, backup["metadata"]
