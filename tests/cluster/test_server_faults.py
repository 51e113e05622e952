"""grapnel server when something breaks under it: no pod stays frozen, no half backup looks whole, every phase is true.

Each fault is short here; GRAPNEL_FAULTS=full makes it as long, or as often, as issue 4 says."""

import contextlib
import json
import random
import shutil
import signal
import time

from cluster import ROOT
from faults import (Kept, Proxy, check_bucket, check_phases, compacting, cpu_seconds, describe, frozen, memory_mib, settle, setting, stored,
                    without_api_server)
from server import NAMESPACE
from test_server import FREEZE, THAW, hooks

SHOP = "server-faults"
QUICK = ("--identity", "one")  # the next server with that name need not wait for the lease to end


def shop(cluster, count=2):
    """Pods that hooks freeze, and something to restore."""
    cluster.namespace(SHOP)
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": SHOP}, "data": {"a": "b"}})
    names = [f"db-{i}" for i in range(count)]
    cluster.pods(*[cluster.pod(SHOP, n, {"app": "velero", "component": "server"}) for n in names])
    return names


@contextlib.contextmanager
def stopped(server):
    try:
        yield server
    finally:
        server.stop()


def sleeping(seconds):
    return {"exec": {"command": ["sleep", str(seconds)], "timeout": "10m"}}


def frozen_backup(server, name, pods, seconds):
    """One whose pods are frozen, and stay so for that long."""
    server.apply("Backup", name, {"includedNamespaces": [SHOP], "hooks": hooks(FREEZE, sleeping(seconds))})
    server.cluster.wait_until(lambda: frozen(server.cluster, pods, SHOP) == pods, 60)


def works(server, name="afterwards"):
    server.apply("Backup", name, {"includedNamespaces": [SHOP], "hooks": hooks(FREEZE)})
    server.wait("backup", name, "Completed", seconds=90)


def test_a_server_killed_at_any_moment_leaves_nothing_frozen_and_nothing_half(cluster):
    pods, seed = shop(cluster), random.randrange(1000000)
    rng = random.Random(seed)
    runs = setting("GRAPNEL_KILLS", 4, 50)
    print(f"        ({runs} kills, seed {seed})", flush=True)
    with stopped(Kept(cluster)) as server:
        server.start(*QUICK)
        server.wait("backupstoragelocation", "default", "Available")
        works(server, "base")
        for i in range(runs):
            server.apply("Backup", f"b{i}", {"includedNamespaces": [SHOP], "hooks": hooks(FREEZE, sleeping(rng.choice([0, 0, 1])))})
            server.apply("Restore", f"r{i}", {"backupName": "base", "includedResources": ["configmaps"]})
            if i > 0:
                server.apply("DeleteBackupRequest", f"d{i}", {"backupName": f"b{i - 1}"})
            time.sleep(rng.uniform(0, 2.5))
            server.processes[-1].kill()
            server.processes[-1].wait()
            check_bucket(server)
            server.start(*QUICK)
            settle(server, pods, SHOP)
            cluster.wait_until(lambda: f"b{i - 1}" not in server.names("backup") and f"b{i - 1}" not in stored(server), 30)
        works(server)


def test_a_backup_whose_end_was_stored_but_not_recorded_is_as_the_bucket_says(cluster):
    pods = shop(cluster, 1)
    with stopped(Kept(cluster)) as server:
        server.start(*QUICK)
        server.wait("backupstoragelocation", "default", "Available")
        works(server, "b")
        recorded = server.status("backup", "b")
        server.processes[-1].kill()
        server.processes[-1].wait()
        cluster.kubectl("-n", NAMESPACE, "patch", "backups.velero.io", "b", "--type=merge", "-p", json.dumps({"status": {
            "phase": "InProgress", "completionTimestamp": None, "hookStatus": None}}))
        server.start(*QUICK)
        assert server.wait("backup", "b", "Completed", "Failed") == recorded, server.status("backup", "b")
        settle(server, pods, SHOP)


def test_a_leader_that_was_stopped_for_longer_than_its_lease_writes_nothing(cluster):
    pods = shop(cluster)
    with stopped(Kept(cluster)) as server:
        old = server.start("--identity", "old")
        cluster.wait_until(lambda: "Controllers have started" in server.log(0), 60)
        new = server.start("--identity", "new", offset=1)
        cluster.wait_until(lambda: "this one stands by" in server.log(1), 30)
        frozen_backup(server, "b", pods, 5)
        old.send_signal(signal.SIGSTOP)
        try:
            status = server.wait("backup", "b", "Failed", seconds=60)
            before = server.get("backup", "b")
            files = sorted(p.name for p in server.bucket.rglob("*"))
        finally:
            old.send_signal(signal.SIGCONT)
        code = old.wait(timeout=60)
        assert code == 1, f"exit code {code}"
        assert "was lost: another server may lead by now" in server.log(0), server.log(0)
        assert server.get("backup", "b") == before, (before, server.get("backup", "b"))
        assert sorted(p.name for p in server.bucket.rglob("*") if not p.name.startswith(".grapnel")) == \
            [f for f in files if not f.startswith(".grapnel")]
        assert status["failureReason"], status
        settle(server, pods, SHOP)
        works(server)
        assert new.poll() is None


def test_two_servers_at_once_carry_everything_out_once(cluster):
    pods = shop(cluster)
    with stopped(Kept(cluster)) as server:
        server.start("--identity", "first")
        server.start("--identity", "second", offset=1)
        for i in range(4):
            server.apply("Backup", f"b{i}", {"includedNamespaces": [SHOP], "hooks": hooks(FREEZE)})
        for i in range(4):
            server.wait("backup", f"b{i}", "Completed", seconds=60)
        settle(server, pods, SHOP)
        leaders = [i for i in range(2) if "\ngrapnel_leader 1\n" in server.metrics(i)]
        assert len(leaders) == 1
        started = [e for e in server.events() if e[2] == "BackupStarted"]
        assert len(started) == 4, started


def lease(cluster, holder, renewed, seconds=3):
    cluster.apply({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "grapnel", "namespace": NAMESPACE},
                   "spec": {"holderIdentity": holder, "leaseDurationSeconds": seconds, "leaseTransitions": 3,
                            "acquireTime": renewed, "renewTime": renewed}})


def test_clocks_that_disagree_change_nothing_about_who_leads(cluster):
    """A lease is over when nobody renewed it for its time by our own clock, whatever the other's clock says."""
    shop(cluster)
    with stopped(Kept(cluster)) as server:
        lease(cluster, "behind", "2001-01-01T00:00:00.000000Z")
        server.start("--identity", "us")
        cluster.wait_until(lambda: "this one stands by" in server.log(), 30)
        for second in range(5):  # it lives, and its clock is decades behind
            lease(cluster, "behind", f"2001-01-01T00:00:{second + 1:02}.000000Z")
            time.sleep(1)
        assert "This server leads" not in server.log()
        lease(cluster, "ahead", "2099-01-01T00:00:00.000000Z")
        begin = time.time()
        cluster.wait_until(lambda: "This server leads" in server.log(), 20)
        assert time.time() - begin > 2
        works(server)


def test_times_of_a_clock_that_was_ahead_hold_nothing_up(cluster):
    shop(cluster)
    with stopped(Kept(cluster)) as server:
        server.start(*QUICK)
        server.wait("backupstoragelocation", "default", "Available")
        works(server, "base")
        server.processes[-1].send_signal(signal.SIGTERM)
        server.processes[-1].wait()
        future = "2099-01-01T00:00:00Z"
        cluster.kubectl("-n", NAMESPACE, "patch", "backupstoragelocation", "default", "--type=merge", "-p",
                        json.dumps({"status": {"lastValidationTime": future, "lastSyncedTime": future, "phase": "Unavailable"}}))
        copy_backup(server, "base", "theirs", lambda text: text.replace('"startTimestamp":"20', '"startTimestamp":"21'))
        server.start(*QUICK)
        cluster.wait_until(lambda: "theirs" in server.names("backup"), 30)
        assert server.status("backupstoragelocation", "default")["lastSyncedTime"] < future
        works(server)
        check_bucket(server)


def test_lists_go_on_while_etcd_forgets_old_revisions(cluster):
    pods, count = shop(cluster, 1), 400
    cluster.apply({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{i:04}", "namespace": SHOP}, "data": {"a": "b" * 100}}
        for i in range(count)]})
    with stopped(Kept(cluster)) as server:
        server.start("--client-page-size", "10", *QUICK)
        server.wait("backupstoragelocation", "default", "Available")
        with compacting() as counts:
            for i in range(3):
                server.apply("Backup", f"b{i}", {"includedNamespaces": [SHOP], "hooks": hooks(FREEZE)})
                server.wait("backup", f"b{i}", "Completed", seconds=90)
                names = describe(server, f"b{i}", "--details")
                assert names.count(f"{SHOP}/c0") == count, names
        assert sum(counts) > 10, counts
        settle(server, pods, SHOP)


def copy_backup(server, source, name, change=lambda text: text):
    """Another backup in the bucket: the same files under another name."""
    folder = server.bucket / "backups" / name
    shutil.copytree(server.bucket / "backups" / source, folder)
    for path in folder.iterdir():
        path.rename(folder / path.name.replace(source, name))
    metadata = folder / "velero-backup.json"
    stored = json.loads(metadata.read_text())
    stored["metadata"]["name"] = name
    metadata.write_text(change(json.dumps(stored, separators=(",", ":"))))


def test_200_backups_in_the_bucket_at_start_are_all_known_soon_and_cost_little(cluster):
    pods = shop(cluster)
    with stopped(Kept(cluster)) as server:
        server.start(*QUICK)
        server.wait("backupstoragelocation", "default", "Available")
        works(server, "base")
        server.processes[-1].send_signal(signal.SIGTERM)
        server.processes[-1].wait()
        for i in range(200):
            copy_backup(server, "base", f"copy-{i:03}")
        process = server.start(*QUICK)
        cluster.kubectl("-n", NAMESPACE, "patch", "backupstoragelocation", "default", "--type=merge", "-p", '{"status":{"lastSyncedTime":null}}')
        begin = time.time()
        cluster.wait_until(lambda: len(server.names("backup")) == 201, 60)
        took = time.time() - begin
        works(server)
        time.sleep(2)
        before, seconds = cpu_seconds(process), setting("GRAPNEL_QUIET_S", 5, 30)
        time.sleep(seconds)
        cpu = 100 * (cpu_seconds(process) - before) / seconds
        print(f"        (all known after {took:.1f} s; at most {memory_mib(process):.1f} MiB; {cpu:.2f}% of a processor when quiet)", flush=True)
        assert memory_mib(process) <= 40
        assert cpu < 0.5, cpu
        check_phases(server)
        assert frozen(cluster, pods, SHOP) == []


def test_every_connection_is_cut_every_second(cluster):
    pods, proxy = shop(cluster), Proxy(cluster, 1)
    try:
        with stopped(Kept(cluster)) as server, server.keep("--kubeconfig", str(proxy.kubeconfig), *QUICK):
            server.wait("backupstoragelocation", "default", "Available")
            for i in range(3):
                server.apply("Backup", f"short{i}", {"includedNamespaces": [SHOP], "hooks": hooks(FREEZE)})
            server.apply("Backup", "long", {"includedNamespaces": [SHOP], "hooks": hooks(FREEZE, sleeping(3))})
            server.wait("backup", "short0", "Completed", "PartiallyFailed", seconds=60)
            server.apply("Restore", "r", {"backupName": "short0", "includedResources": ["configmaps"]})
            settle(server, pods, SHOP)
            assert proxy.cuts > 10
            assert {server.status("backup", f"short{i}")["phase"] for i in range(3)} == {"Completed"}, server.logs()
            assert server.status("restore", "r")["phase"] == "Completed"
            assert len(server.processes) == 1, server.logs()
            proxy.seconds = 0
            works(server)
    finally:
        proxy.close()


def test_the_api_server_is_away_while_pods_are_frozen(cluster):
    pods = shop(cluster)
    with stopped(Kept(cluster)) as server, server.keep(*QUICK):
        server.wait("backupstoragelocation", "default", "Available")
        frozen_backup(server, "b", pods, 600)
        with without_api_server():
            time.sleep(setting("GRAPNEL_API_AWAY_S", 20, 60))
        settle(server, pods, SHOP)
        assert server.status("backup", "b")["phase"] == "Failed"
        works(server)
        cluster.kubectl("delete", "namespace", SHOP, NAMESPACE, "--wait=false")  # takes its controllers a while after that
    cluster.namespaces.clear()
