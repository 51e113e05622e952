"""What the tests of test_server_faults.py break, and what must be true afterwards."""

import contextlib
import gzip
import json
import os
import pathlib
import selectors
import signal
import socket
import subprocess
import tarfile
import threading
import time

from cluster import KUBECONFIG, TESTBED, pid
from server import NAMESPACE, Server

ENDED = ("Completed", "PartiallyFailed", "Failed", "FailedValidation")
FILES = (".tar.gz", "-logs.gz", "-resource-list.json.gz", "-results.gz", "-hooks.json.gz", "-volumeinfo.json.gz",
         "-podvolumebackups.json.gz", "-volumesnapshots.json.gz", "-itemoperations.json.gz")


def setting(name, in_ci, by_hand):
    """GRAPNEL_FAULTS=full runs each fault as long and as often as it is promised; CI has the short form."""
    return int(os.environ.get(name) or (by_hand if os.environ.get("GRAPNEL_FAULTS") == "full" else in_ci))


# What must be true

def stored(server):
    """Every backup of the bucket that has a velero-backup.json: name → that file."""
    return {p.parent.name: json.loads(p.read_text()) for p in (server.bucket / "backups").glob("*/velero-backup.json")}


def describe(server, name, *flags):
    described = server.cluster.run("backup", "describe", name, "--from", server.bucket, *flags)
    server.cluster.runs.pop()  # the transcript of a failure is about the server
    return described.out


def check_bucket(server):
    """No half backup looks whole, and each can be described."""
    for name, metadata in stored(server).items():
        folder, phase = server.bucket / "backups" / name, metadata["status"]["phase"]
        assert phase in ENDED, (name, metadata["status"])
        assert phase in describe(server, name), name
        if phase == "Failed":
            continue
        assert {p.name for p in folder.iterdir()} == {name + f for f in FILES} | {"velero-backup.json"}, list(folder.iterdir())
        for file in FILES:
            gzip.decompress((folder / (name + file)).read_bytes())
        with tarfile.open(folder / f"{name}.tar.gz") as tar:
            items = [m for m in tar.getnames() if m.startswith("resources/") and "/v1-preferredversion/" not in m]
        assert len(items) == len(set(items)), "an object is in the archive twice"
        assert metadata["status"]["progress"]["itemsBackedUp"] > 0


def check_phases(server):
    """Every Backup and Restore has ended, says why it failed, and is what the bucket says."""
    bucket = stored(server)
    for kind in ("backups", "restores"):
        for object_ in server.cluster.json("-n", NAMESPACE, "get", f"{kind}.velero.io")["items"]:
            name, status = object_["metadata"]["name"], object_.get("status", {})
            assert status.get("phase") in ENDED, (kind, name, status)
            if status["phase"] == "Failed":
                assert len(status["failureReason"]) > 20, (kind, name, status)
            if kind == "backups" and name in bucket:
                assert status["phase"] == bucket[name]["status"]["phase"], (name, status, bucket[name]["status"])
            elif kind == "backups":
                assert status["phase"] in ("Failed", "FailedValidation"), f"{name} is {status['phase']}, and not in the bucket"


def has_ended(server):
    try:
        objects = server.cluster.json("-n", NAMESPACE, "get", "backups.velero.io,restores.velero.io")["items"]
    except (AssertionError, json.JSONDecodeError):
        return False
    return all(o.get("status", {}).get("phase") in ENDED for o in objects)


def settle(server, pods, namespace, seconds=90):
    """Waits until all has ended, then looks at everything."""
    server.cluster.wait_until(lambda: has_ended(server), seconds)
    server.cluster.wait_until(lambda: not frozen(server.cluster, pods, namespace), 60)
    check_phases(server)
    check_bucket(server)


def frozen(cluster, pods, namespace):
    """Those of the pods that stand still."""
    return [p for p in pods if "yes" in cluster.exec(namespace, p, "sh", "-c", "[ -e /tmp/frozen ] && echo yes || true", check=False)]


# What is broken

class Kept(Server):
    """Servers that are started again when they end, as a kubelet does it."""

    @contextlib.contextmanager
    def keep(self, *flags):
        over = threading.Event()

        def run():
            while not over.is_set():
                process = self.start(*flags)
                while process.poll() is None and not over.is_set():
                    time.sleep(0.1)
                over.wait(1)

        keeper = threading.Thread(target=run)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()

    def logs(self):
        return "".join(self.log(i) for i in range(len(self.processes)))


@contextlib.contextmanager
def without_api_server():
    """Killed, and started again with the same command at the end."""
    number = pid("kube-apiserver")
    argv = pathlib.Path(f"/proc/{number}/cmdline").read_bytes().decode().rstrip("\0").split("\0")
    os.kill(number, signal.SIGKILL)
    try:
        yield
    finally:
        with open(TESTBED / "run/log/kube-apiserver.log", "ab") as log:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        (TESTBED / "run/pid/kube-apiserver").write_text(f"{process.pid}\n")


class Proxy:
    """Between a server and the API server: passes everything on, and cuts every connection after `seconds`."""

    def __init__(self, cluster, seconds):
        self.seconds, self.cuts, self.is_over = seconds, 0, False
        self.listener = socket.create_server(("127.0.0.1", 0))
        port = self.listener.getsockname()[1]
        self.kubeconfig = cluster.file("proxied.kubeconfig", pathlib.Path(KUBECONFIG).read_text().replace(":6443", f":{port}"))
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        selector, peers, born = selectors.DefaultSelector(), {}, {}
        selector.register(self.listener, selectors.EVENT_READ)

        def cut(side):
            for end in (side, peers.pop(side, None)):
                if end is not None:
                    peers.pop(end, None)
                    born.pop(end, None)
                    selector.unregister(end)
                    end.close()

        while not self.is_over:
            for key, _ in selector.select(0.05):
                side = key.fileobj
                if side is self.listener:
                    ours, theirs = side.accept()[0], socket.create_connection(("127.0.0.1", 6443))
                    peers.update({ours: theirs, theirs: ours})
                    born[ours] = time.monotonic()
                    selector.register(ours, selectors.EVENT_READ)
                    selector.register(theirs, selectors.EVENT_READ)
                elif side in peers:
                    try:
                        data = side.recv(65536)
                        peers[side].sendall(data)
                    except OSError:
                        data = b""
                    if not data:
                        cut(side)
            for side in [s for s, begin in born.items() if self.seconds and time.monotonic() - begin > self.seconds]:
                self.cuts += 1
                cut(side)
        for side in list(born):
            cut(side)
        self.listener.close()

    def close(self):
        self.is_over = True
        self.thread.join()


@contextlib.contextmanager
def compacting():
    """etcd forgets every old revision, again and again: continue tokens of lists and old watches expire."""
    over, counts = threading.Event(), []

    def post(path, body):
        done = subprocess.run(["curl", "-s", "-d", json.dumps(body), f"http://127.0.0.1:2379/v3/{path}"], capture_output=True, text=True)
        return json.loads(done.stdout)

    def run():
        while not over.wait(0.05):
            revision = post("kv/range", {"key": "Lw=="})["header"]["revision"]
            counts.append("error" not in post("kv/compaction", {"revision": revision, "physical": True}))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield counts
    finally:
        over.set()
        thread.join()


# What a server costs

def memory_mib(process):
    """The most it ever had."""
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(text.split("VmHWM:")[1].split()[0]) / 1024


def cpu_seconds(process):
    return sum(int(p.read_text().split()[0]) for p in pathlib.Path(f"/proc/{process.pid}/task").glob("*/schedstat")) / 1e9
