"""A running `grapnel server` in a namespace of its own, for the tests of test_server.py."""

import base64
import gzip
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.request

from cluster import KUBECONFIG

VELERO = os.environ.get("VELERO") or shutil.which("velero")
NAMESPACE = "velero-test"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """Its location "default" is the folder `bucket`; several servers may share one Server's namespace and folder."""

    def __init__(self, cluster):
        self.cluster, self.processes = cluster, []
        self.ports = [(free_port(), free_port()) for _ in range(2)]  # of metrics and of downloads, by offset
        cluster.run("install", "--crds-only")
        self.forget_finalizers()
        cluster.namespace(NAMESPACE)
        self.bucket = cluster.folder / "buckets/main"
        self.bucket.parent.mkdir(exist_ok=True)
        self.location("default", "main", default=True)

    def location(self, name, bucket, **spec):
        self.apply("BackupStorageLocation", name, {"provider": "filesystem", "config": {"path": str(self.cluster.folder / "buckets")},
                                                   "objectStorage": {"bucket": bucket}, **spec})

    def apply(self, kind, name, spec, **metadata):
        self.cluster.apply({"apiVersion": "velero.io/v1", "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE, **metadata},
                            "spec": spec})

    def start(self, *flags, offset=0):
        with open(self.cluster.folder / f"server-{len(self.processes)}.log", "w") as log:
            process = subprocess.Popen(
                [self.cluster.program, "server", "-n", NAMESPACE, "--metrics-address",
                 f"127.0.0.1:{self.ports[offset][0]}", "--download-address", f"127.0.0.1:{self.ports[offset][1]}", "--download-host",
                 "127.0.0.1", *flags],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.cluster.environment())
        self.processes.append(process)
        return process

    def log(self, number=-1):
        number = number % len(self.processes)
        return (self.cluster.folder / f"server-{number}.log").read_text()

    def forget_finalizers(self):
        """Those of Restores need a server to be taken away; where none runs the namespace would never end."""
        for name in self.cluster.kubectl("-n", NAMESPACE, "get", "restores.velero.io", "-o", "name", check=False).split():
            self.cluster.kubectl("-n", NAMESPACE, "patch", name, "--type=merge", "-p", '{"metadata":{"finalizers":null}}', check=False)

    def stop(self):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(timeout=60)
        self.forget_finalizers()

    def get(self, kind, name):
        text = self.cluster.kubectl("-n", NAMESPACE, "get", f"{kind}.velero.io", name, "-o", "json", check=False)
        return json.loads(text) if text else None

    def status(self, kind, name):
        return (self.get(kind, name) or {}).get("status", {})

    def names(self, kind):
        return self.cluster.kubectl("-n", NAMESPACE, "get", f"{kind}.velero.io", "-o", "jsonpath={.items[*].metadata.name}").split()

    def wait(self, kind, name, *phases, seconds=60):
        end = time.time() + seconds
        while time.time() < end:
            status = self.status(kind, name)
            if status.get("phase") in phases:
                return status
            time.sleep(0.1)
        raise AssertionError(f"{kind} {name} is {status} and not {phases}\n{self.log()}")

    def events(self, namespace=NAMESPACE):
        return [(e["involvedObject"]["kind"], e["involvedObject"]["name"], e["reason"], e["message"])
                for e in self.cluster.json("-n", namespace, "get", "events")["items"]]

    def hooks(self, backup):
        return json.loads(gzip.decompress((self.bucket / f"backups/{backup}/{backup}-hooks.json.gz").read_bytes()))["hooks"]

    def metrics(self, offset=0):
        return urllib.request.urlopen(f"http://127.0.0.1:{self.ports[offset][0]}/metrics", timeout=10).read().decode()

    def download(self, kind, name):
        """As a client does it: a DownloadRequest, its URL, the file; trusting the certificate of the location."""
        request = f"{name}-{kind.lower()}"
        self.apply("DownloadRequest", request, {"target": {"kind": kind, "name": name}})
        self.cluster.wait_until(lambda: self.status("downloadrequest", request).get("downloadURL"))
        ca = base64.b64decode(self.get("backupstoragelocation", "default")["spec"]["objectStorage"]["caCert"]).decode()
        url = self.status("downloadrequest", request)["downloadURL"]
        return urllib.request.urlopen(url, context=ssl.create_default_context(cadata=ca), timeout=20).read()

    def velero(self, *argv):
        done = subprocess.run([VELERO, "-n", NAMESPACE, "--kubeconfig", KUBECONFIG, "--colorized=false", *argv], capture_output=True,
                              text=True, timeout=120, cwd=self.cluster.folder)
        assert done.returncode == 0, f"velero {' '.join(argv)}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr
