"""What a cluster test has to hand: the real cluster of testbed/, a store, and the program."""

import gzip
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTBED = pathlib.Path(os.environ.get("GRAPNEL_TESTBED", "/var/tmp/grapnel-testbed"))
KUBECONFIG = str(TESTBED / "run/kubeconfig")
KUBECTL = str(TESTBED / "bin/kubectl")


def pid(name):
    return int((TESTBED / "run/pid" / name).read_text())


class Skip(Exception):
    """The test cannot run here; the text says why."""


class Result:
    def __init__(self, argv, code, out, err):
        self.argv, self.code, self.out, self.err = argv, code, out, err


class Cluster:
    def __init__(self, program):
        self.program = program
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="grapnel-cluster-"))
        self.store, self.state = self.folder / "store", self.folder / "state"
        self.namespaces, self.cluster_objects, self.runs = [], [], []

    def close(self):
        if self.namespaces:
            self.kubectl("delete", "namespace", *self.namespaces, "--ignore-not-found", "--wait=true", check=False)
        for object_ in self.cluster_objects:
            self.kubectl("delete", *object_, "--ignore-not-found", "--wait=true", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    # kubectl

    def kubectl(self, *argv, input=None, check=True):
        done = subprocess.run([KUBECTL, "--kubeconfig", KUBECONFIG, *argv], input=input, capture_output=True, text=True)
        assert not check or done.returncode == 0, f"kubectl {' '.join(argv)}: {done.stderr}"
        return done.stdout

    def json(self, *argv):
        return json.loads(self.kubectl(*argv, "-o", "json"))

    def namespace(self, name):
        self.forget_namespace(name)
        self.kubectl("create", "namespace", name)
        self.namespaces.append(name)
        self.wait_until(lambda: "default" in self.kubectl("-n", name, "get", "serviceaccount", "-o", "name", check=False))

    def forget_namespace(self, name):
        self.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=true")

    def apply(self, manifest, namespace=None):
        text = manifest if isinstance(manifest, str) else json.dumps(manifest)
        for attempt in range(10):  # a kind or a service account that was made a moment ago may not be served yet
            done = subprocess.run([KUBECTL, "--kubeconfig", KUBECONFIG, *(["-n", namespace] if namespace else []), "apply", "-f", "-"],
                                  input=text, capture_output=True, text=True)
            if done.returncode == 0:
                return
            time.sleep(0.5)
        raise AssertionError(done.stderr)

    def pod(self, namespace, name, labels=None, annotations=None, containers=("main",), **spec):
        return {
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "labels": labels or {}, "annotations": annotations or {}},
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "containers": [{"name": c, "image": "busybox:1", "command": ["sleep", "100000"]} for c in containers],
                **spec,
            },
        }

    def pods(self, *pods):
        self.apply({"apiVersion": "v1", "kind": "List", "items": list(pods)})
        for namespace in {p["metadata"]["namespace"] for p in pods}:
            self.kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod", "--all", "--timeout=180s")

    def exec(self, namespace, pod, *command, container=None, check=True):
        return self.kubectl("-n", namespace, "exec", pod, *(["-c", container] if container else []), "--", *command, check=check)

    # grapnel

    def environment(self, **more):
        return {**os.environ, "KUBECONFIG": KUBECONFIG, "XDG_STATE_HOME": str(self.state), **more}

    def start(self, *argv, **env):
        return subprocess.Popen([self.program, *map(str, argv)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=self.environment(**env))

    def finish(self, process, argv=(), timeout=300):
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"{argv} did not end\n{out}\n{err}")
        run = Result(argv, process.returncode, out, err)
        self.runs.append(run)
        return run

    def run(self, *argv, code=0, **env):
        run = self.finish(self.start(*argv, **env), argv)
        assert code is None or run.code == code, f"{' '.join(map(str, argv))}: exit code {run.code}, expected {code}\n{run.out}\n{run.err}"
        return run

    def file(self, name, content):
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def backup(self, name, hooks=(), code=0, start=False, **spec):
        manifest = {"apiVersion": "velero.io/v1", "kind": "Backup", "metadata": {"name": name, "namespace": "velero"},
                    "spec": {**spec, **({"hooks": {"resources": list(hooks)}} if hooks else {})}}
        argv = ("backup", "run", "-f", self.file(name + ".json", manifest), "--to", self.store)
        return self.start(*argv) if start else self.run(*argv, code=code)

    def restore(self, name, backup, hooks=(), code=0, store=None, start=False, **spec):
        manifest = {"apiVersion": "velero.io/v1", "kind": "Restore", "metadata": {"name": name, "namespace": "velero"},
                    "spec": {"backupName": backup, **spec, **({"hooks": {"resources": list(hooks)}} if hooks else {})}}
        argv = ("restore", "run", "-f", self.file(name + ".json", manifest), "--from", store or self.store)
        return self.start(*argv) if start else self.run(*argv, code=code)

    def hooks(self, name, folder="backups"):
        return json.loads(gzip.decompress((self.store / folder / name / f"{name}-hooks.json.gz").read_bytes()))["hooks"]

    def metadata(self, name):
        return json.loads((self.store / "backups" / name / "velero-backup.json").read_text())

    def entries(self, name, store=None):
        with tarfile.open((store or self.store) / "backups" / name / f"{name}.tar.gz") as tar:
            return {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}

    def wait_until(self, condition, seconds=60):
        end = time.time() + seconds
        while not condition():
            assert time.time() < end, "waited in vain"
            time.sleep(0.1)

    def pause(self, name, seconds):
        """Stops a process of the test bed for that long."""
        os.kill(pid(name), signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            os.kill(pid(name), signal.SIGCONT)

    def transcript(self):
        logs = "".join(f"\n--- {p.name}\n{p.read_text()[-3000:]}" for p in sorted(self.folder.glob("server-*.log")))
        return logs + "".join(f"\n--- {' '.join(map(str, r.argv))}: exit {r.code}\n{r.out[-4000:]}\n{r.err[-4000:]}" for r in self.runs[-3:])
