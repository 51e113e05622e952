"""What a test of the server has to hand: the cluster, grapnel server beside it, a bucket, Velero's CLI where there is one."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import urllib.request

from cluster import KUBECONFIG, ROOT, TESTBED, Cluster, Skip

GOLDEN = ROOT / "tests/golden/velero-1.18.0"
NAMESPACE = "velero-compat"  # whose resources the server serves
KEYS = ("grapnel-test", "correct-horse-battery")
ENDED = ("Completed", "PartiallyFailed", "Failed", "FailedValidation")
FINALIZED = ("backups", "restores")


def find(variable, name):
    return os.environ.get(variable) or shutil.which(name) or next(
        (str(path) for path in (TESTBED / "bin" / name,) if path.exists()), None)


def s3_server():
    """The test bed's program; built when it is not there."""
    program = os.environ.get("VERSITYGW") or subprocess.run(["bash", "-c", ". testbed/common.sh; echo $S3_SERVER"], cwd=ROOT,
                                                            capture_output=True, text=True, check=True).stdout.strip()
    if not os.path.exists(program):
        port = str(free_port())
        subprocess.run([ROOT / "testbed/s3-up", "--port", port], check=True)
        subprocess.run([ROOT / "testbed/s3-down", "--port", port], check=True)
    return program


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class World(Cluster):
    def __init__(self, program):
        super().__init__(program)
        self.processes, self.server, self.s3, self.bucket, self.location_spec = [], None, None, None, None

    def close(self):
        for process in self.processes:
            self.end(process)
        for namespace in [n for n in self.namespaces if n.startswith("velero")]:
            self.forget_resources(namespace)
        super().close()

    def end(self, process, how=signal.SIGTERM):
        if process.poll() is None:
            process.send_signal(how)
        try:
            return process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def forget_resources(self, namespace):
        """Finalizers are a server's; there may be none any more."""
        for kind in FINALIZED:
            for name in self.kubectl("-n", namespace, "get", kind + ".velero.io", "-o", "name", check=False).split():
                self.kubectl("-n", namespace, "patch", name, "--type=merge", "-p", '{"metadata":{"finalizers":null}}', check=False)

    # processes

    def spawn(self, name, *argv, **env):
        log = open(self.folder / (name + ".log"), "ab")
        process = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment(**env))
        log.close()
        self.processes.append(process)
        return process

    def log(self, name):
        return (self.folder / (name + ".log")).read_text(errors="replace")

    def answers(self, url):
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def serve(self, **location):
        """The server in a namespace of its own, with one location, Available."""
        self.resources(NAMESPACE)
        self.location(NAMESPACE, **location)
        self.start_server()
        self.wait_for("bsl", "default", ("Available",))

    def start_server(self, *flags):
        metrics = free_port()
        self.server = self.spawn("server", self.program, "server", "-n", NAMESPACE, "--metrics-address", f"127.0.0.1:{metrics}",
                                 "--download-address", f"127.0.0.1:{free_port()}", "--download-host", "127.0.0.1",
                                 "--backup-sync-period", "2s", *flags)
        self.wait_until(lambda: self.server.poll() is None and self.answers(f"http://127.0.0.1:{metrics}/readyz"), 30)

    def resources(self, namespace):
        """Velero's kinds as Velero's own installation has them, if the cluster has none; and an empty namespace."""
        if "backups.velero.io" not in self.kubectl("get", "crd", "-o", "name"):
            self.kubectl("apply", "--server-side", "-f", GOLDEN / "cluster/crds.yaml")
        self.forget_resources(namespace)
        self.namespace(namespace)

    # buckets

    def location(self, namespace, provider="aws", golden=False):
        """A location "default": a bucket of a real S3 server, which keeps objects as files; or that folder itself."""
        buckets = self.folder / "s3"
        self.bucket = buckets / "bucket/fleet"  # with a prefix: the S3 server has a folder of its own in the bucket
        if golden:
            shutil.copytree(GOLDEN / "bucket", self.bucket)
        self.bucket.mkdir(parents=True, exist_ok=True)
        spec = {"provider": provider, "default": True, "objectStorage": {"bucket": "bucket", "prefix": "fleet"}, "config": {"path": str(buckets)}}
        if provider == "aws":
            spec |= {"credential": {"name": "cloud-credentials", "key": "cloud"}, "config": self.start_s3(buckets)}
            self.secret(namespace)
        self.location_spec = spec
        self.apply({"apiVersion": "velero.io/v1", "kind": "BackupStorageLocation", "metadata": {"name": "default", "namespace": namespace},
                    "spec": spec})

    def secret(self, namespace, name="cloud-credentials", access=None, secret=None):
        self.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "stringData": {
            "cloud": f"[default]\naws_access_key_id={access or KEYS[0]}\naws_secret_access_key={secret or KEYS[1]}\n"}})

    def start_s3(self, buckets):
        if self.s3:
            return self.s3
        program = s3_server()
        port, users = free_port(), self.folder / "iam"
        users.mkdir()
        self.s3_process = self.spawn("s3", program, "--port", f"127.0.0.1:{port}", "--region", "tide", "--health", "/health", "--iam-dir", users, "posix",
                                     buckets, ROOT_ACCESS_KEY=KEYS[0], ROOT_SECRET_KEY=KEYS[1])
        self.wait_until(lambda: self.answers(f"http://127.0.0.1:{port}/health"), 30)
        self.s3 = {"region": "tide", "s3ForcePathStyle": "true", "s3Url": f"http://127.0.0.1:{port}"}
        return self.s3

    @contextlib.contextmanager
    def without_s3(self):
        """Its process is stopped: requests hang, as they do when a machine is gone."""
        self.s3_process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.s3_process.send_signal(signal.SIGCONT)

    # resources

    def get(self, kind, name=None, namespace=NAMESPACE):
        return self.json("-n", namespace, "get", kind, *([name] if name else []))

    def names(self, kind, namespace=NAMESPACE):
        return sorted(o["metadata"]["name"] for o in self.get(kind, namespace=namespace)["items"])

    def object(self, kind, name, spec=None, namespace=NAMESPACE, **metadata):
        return {"apiVersion": "velero.io/v1", "kind": kind, "metadata": {"name": name, "namespace": namespace, **metadata}, "spec": spec or {}}

    def create(self, kind, name, spec=None, **metadata):
        self.apply(self.object(kind, name, spec, **metadata))

    def phase(self, kind, name, namespace=NAMESPACE):
        return self.get(kind, name, namespace).get("status", {}).get("phase", "New")

    def wait_for(self, kind, name, phases=ENDED, seconds=180, namespace=NAMESPACE):
        """The object, when its phase is one of these."""
        try:
            self.wait_until(lambda: self.phase(kind, name, namespace) in phases, seconds)
        except AssertionError:
            raise AssertionError(f"{kind} {name} did not become {phases}: {self.get(kind, name, namespace)}") from None
        return self.get(kind, name, namespace)

    def forget_dock(self, *namespaces):
        for namespace in namespaces:
            self.forget_namespace(namespace)
            self.namespaces.append(namespace)

    # Velero's CLI

    def velero(self, *argv, code=0, namespace=NAMESPACE):
        program = find("VELERO", "velero")
        if not program:
            raise Skip("there is no velero ($VELERO)")
        done = subprocess.run([program, "-n", namespace, *map(str, argv)], capture_output=True, text=True, timeout=300,
                              env=self.environment(HOME=str(self.folder)), cwd=self.folder)
        assert code is None or done.returncode == code, f"velero {' '.join(map(str, argv))}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + (done.stderr if code is None else "")

    def transcript(self):
        logs = [f"\n--- {path.name}\n{path.read_text(errors='replace')[-6000:]}" for path in self.folder.glob("*.log")]
        return super().transcript() + "".join(logs)


def normal(text):
    """Without what differs in every run: times, addresses, made-up parts of names, Kubernetes' version."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC", "TIME", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME", text)
    text = re.sub(r"-[0-9a-f]{8,10}-[a-z0-9]{5}\b", "-RS-POD", text)
    return re.sub(r"[ \t]+$", "", text, flags=re.M)
