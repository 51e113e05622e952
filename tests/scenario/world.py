"""What a scenario test has to hand: a fake cluster, a store, a state folder, and the program."""

import gzip
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tarfile
import time

from apiserver import ApiServer


class Run:
    def __init__(self, argv, code, out, err):
        self.argv, self.code, self.out, self.err = argv, code, out, err


class World:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.store, self.state = folder / "store", folder / "state"
        self.api = ApiServer()
        self.config = self.api.kubeconfig(str(folder / "kubeconfig"))
        self.runs = []

    def close(self):
        self.api.close()

    def new_cluster(self):
        """The same world with another, empty cluster."""
        self.api.close()
        self.api = ApiServer()
        self.config = self.api.kubeconfig(str(self.folder / "kubeconfig"))

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def environment(self, **more):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("KUBE", "XDG"))}
        return {**env, "KUBECONFIG": self.config, "XDG_STATE_HOME": str(self.state), "HOME": str(self.folder), "TMPDIR": str(self.folder), **more}

    def start(self, *argv, **env):
        return subprocess.Popen([self.program, *map(str, argv)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=self.environment(**env))

    def finish(self, process, argv=("…",), timeout=120):
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"{argv} did not end within {timeout} s\n{out}\n{err}")
        run = Run(argv, process.returncode, out, err)
        self.runs.append(run)
        return run

    def run(self, *argv, code=None, timeout=120, input=None, **env):
        if input is not None:
            done = subprocess.run([self.program, *map(str, argv)], input=input, capture_output=True, text=True,
                                  timeout=timeout, env=self.environment(**env))
            run = Run(argv, done.returncode, done.stdout, done.stderr)
            self.runs.append(run)
        else:
            run = self.finish(self.start(*argv, **env), argv, timeout)
        if code is not None:
            assert run.code == code, f"{argv}: exit code {run.code}, expected {code}\n{run.out}\n{run.err}"
        assert run.code >= 0, f"{argv}: ended by signal {-run.code}\n{run.err}"
        return run

    def backup(self, name, *argv, code=0, **env):
        return self.run("backup", "run", name, "--to", self.store, *argv, code=code, **env)

    def restore(self, name, backup, *argv, code=0, **env):
        return self.run("restore", "run", name, "--from", self.store, "--backup", backup, *argv, code=code, **env)

    # What is in the store.

    def keys(self):
        if not self.store.exists():
            return []
        return sorted(str(p.relative_to(self.store)) for p in self.store.rglob("*") if p.is_file() and not p.name.startswith("."))

    def metadata(self, name):
        return json.loads((self.store / "backups" / name / "velero-backup.json").read_text())

    def gz(self, key):
        return gzip.decompress((self.store / key).read_bytes()).decode()

    def hooks(self, name, folder="backups"):
        return json.loads(self.gz(f"{folder}/{name}/{name}-hooks.json.gz"))["hooks"]

    def results(self, name):
        return json.loads(self.gz(f"backups/{name}/{name}-results.gz"))

    def entries(self, name):
        with tarfile.open(self.store / "backups" / name / f"{name}.tar.gz") as tar:
            return {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}

    def whole_backups(self):
        """Backups that look whole: metadata that says Completed or PartiallyFailed."""
        found = []
        for path in self.store.glob("backups/*/velero-backup.json"):
            if json.loads(path.read_text())["status"]["phase"] in ("Completed", "PartiallyFailed"):
                found.append(path.parent.name)
        return sorted(found)

    def wait_until(self, condition, seconds=20):
        end = time.time() + seconds
        while not condition():
            assert time.time() < end, "waited in vain"
            time.sleep(0.005)

    def interrupt(self, process, sig=signal.SIGINT):
        process.send_signal(sig)

    def transcript(self):
        text = ""
        for run in self.runs[-3:]:
            text += f"\n--- {' '.join(map(str, run.argv))}: exit {run.code}\n{run.out[-3000:]}\n{run.err[-3000:]}"
        return text
