"""grapnel's own commands for Velero's resources, against a server on a real cluster."""

import gzip
import json
import time

import server as fixtures
from server import VELERO, Server

POD = {"app": "velero", "component": "server"}


def open_shop(cluster, name="commands-shop"):
    cluster.namespace(name)
    cluster.pods(cluster.pod(name, "db-0", POD))


def commands(cluster, code=0, *argv):
    return cluster.run(*argv, "-n", fixtures.NAMESPACE, code=code, HOME=str(cluster.folder))


def manifest(cluster, name, *pre):
    return cluster.file(f"{name}.json", {
        "apiVersion": "velero.io/v1", "kind": "Backup", "metadata": {"name": name}, "spec": {
            "includedNamespaces": ["commands-shop"], "hooks": {"resources": [{"name": "h", "pre": [{"exec": {"command": c}} for c in pre]}]}}})


def test_backups_and_restores_are_made_described_and_deleted(cluster):
    open_shop(cluster)
    server = Server(cluster)
    server.start()
    server.wait("backupstoragelocation", "default", "Available")
    try:
        run = commands(cluster, 0, "backup", "create", "b", "--include-namespaces", "commands-shop", "--labels", "a=b", "--wait")
        assert "Backup completed with status: Completed." in run.out, run.out
        rows = commands(cluster, 0, "backup", "get", "-l", "a=b", "-L", "a").out.splitlines()
        assert rows[0].split()[-1] == "A" and rows[1].split()[:2] == ["b", "Completed"] and rows[1].split()[-1] == "b", rows
        assert "commands-shop/db-0" in commands(cluster, 0, "backup", "describe", "b", "--details").out
        log = commands(cluster, 0, "backup", "logs", "b").out
        assert log.encode() == gzip.decompress((server.bucket / "backups/b/b-logs.gz").read_bytes())
        copy = cluster.folder / "copy.tar.gz"
        commands(cluster, 0, "backup", "download", "b", "-o", str(copy))
        assert copy.read_bytes() == (server.bucket / "backups/b/b.tar.gz").read_bytes()

        cluster.namespaces.append("commands-shop-2")
        run = commands(cluster, 0, "restore", "create", "r", "--from-backup", "b", "--namespace-mappings", "commands-shop:commands-shop-2", "-w")
        assert "Restore completed with status: Completed." in run.out, run.out
        assert cluster.kubectl("-n", "commands-shop-2", "get", "pod", "db-0", "-o", "name").strip() == "pod/db-0"
        assert "commands-shop-2/db-0(created)" in commands(cluster, 0, "restore", "describe", "r", "--details").out
        assert "level=info" in commands(cluster, 0, "restore", "logs", "r").out

        if VELERO:
            for words in ("backup get", "backup logs b", "backup describe b --details", "restore get", "restore describe r", "restore logs r"):
                assert commands(cluster, 0, *words.split()).out == server.velero(*words.split()), words

        assert "\"r\"" in commands(cluster, 0, "restore", "delete", "r", "--confirm").out
        commands(cluster, 0, "backup", "delete", "b", "--confirm")
        cluster.wait_until(lambda: not server.names("backup") and not (server.bucket / "backups/b").exists())
        assert commands(cluster, 1, "backup", "delete", "b", "--confirm").err.count("error: ") == 1
        assert not [n for n in server.names("downloadrequest") if "-" in n and len(n) < 8], "requests are left behind"
    finally:
        server.stop()


def test_waiting_ends_with_the_phase_and_hooks_are_told(cluster):
    open_shop(cluster)
    server = Server(cluster)
    server.start()
    server.wait("backupstoragelocation", "default", "Available")
    try:
        run = commands(cluster, 2, "backup", "create", "-f", manifest(cluster, "b", ["sh", "-c", "echo no way; exit 7"]), "--wait")
        assert "PartiallyFailed" in run.out
        hooks = json.loads(commands(cluster, 0, "backup", "describe", "b", "-o", "json").out)["hooks"]
        assert [(h["outcome"], h["exitCode"]) for h in hooks] == [("Failed", 7)], hooks
        assert "out| no way" in commands(cluster, 0, "hooks", "logs", "b").out
        run = commands(cluster, 1, "restore", "create", "r", "--from-backup", "none")
        assert "\"none\" not found" in run.err
        server.apply("Backup", "bad", {"includedNamespaces": ["a"], "excludedNamespaces": ["a"]})
        server.wait("backup", "bad", "FailedValidation")
        assert "did not pass validation" in commands(cluster, 1, "backup", "logs", "bad").err
    finally:
        server.stop()


def serve_by_name_only(cluster, server):
    """A server whose URL can't be reached by its name; its Service leads to it.  The API server's proxy wants a pod there."""
    address = cluster.json("get", "nodes")["items"][0]["status"]["addresses"][0]["address"]
    namespace, port = fixtures.NAMESPACE, server.ports[0][1]
    pod = cluster.pod(namespace, "stands-in", hostNetwork=True)
    cluster.pods(pod)
    ports = [{"name": "downloads", "port": port}]
    cluster.apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "grapnel", "namespace": namespace}, "spec": {"ports": ports}})
    cluster.apply({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "grapnel", "namespace": namespace}, "subsets": [{
        "addresses": [{"ip": address, "targetRef": {"kind": "Pod", "name": "stands-in", "namespace": namespace}}], "ports": ports}]})
    server.start("--download-address", f"{address}:{port}", "--download-host", f"grapnel.{namespace}.svc")
    server.wait("backupstoragelocation", "default", "Available")


def test_a_log_is_followed_through_the_api_server(cluster):
    open_shop(cluster)
    server = Server(cluster)
    serve_by_name_only(cluster, server)
    try:
        commands(cluster, 0, "backup", "create", "-f", manifest(cluster, "slow", ["sh", "-c", "sleep 5; echo slept"]))
        process = cluster.start("backup", "logs", "slow", "-f", "-n", fixtures.NAMESPACE)
        assert "Including namespaces" in process.stdout.readline()
        assert server.status("backup", "slow")["phase"] == "InProgress"
        begin = time.time()
        server.wait("backup", "slow", "Completed")
        run = cluster.finish(process, timeout=30)
        assert run.code == 0 and "slept" in run.out and time.time() - begin < 30, run.err
        assert "Hook results:" in commands(cluster, 0, "backup", "describe", "slow").out
    finally:
        server.stop()
