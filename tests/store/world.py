"""What a test of a store works in: a folder, servers, and the programs conformance and operation."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time

from s3 import S3

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TESTBED = pathlib.Path(os.environ.get("GRAPNEL_TESTBED", "/var/tmp/grapnel-testbed"))
BUCKET = "bucket"


class Skip(Exception):
    """The test cannot be run here; says why."""


class Result:
    def __init__(self, done, seconds):
        self.code, self.out, self.err, self.seconds = done.returncode, done.stdout, done.stderr, seconds

    @property
    def ok(self):
        return self.code == 0

    @property
    def message(self):
        """The sentence, when it failed as it should: one line "CODE: sentence"."""
        found = re.fullmatch(r"\d+: ([^\n]+)\n", self.err)
        assert self.code == 1 and found, f"ended with {self.code}, and no sentence: {self.err!r} {self.out!r}"
        return found.group(1)

    @property
    def peak_kib(self):
        return int(re.search(r"peak memory: (\d+) KiB", self.err).group(1))


class World:
    def __init__(self, programs, release, folder):
        self.programs, self.release, self.folder = programs, release, folder
        self.fakes, self.ends, self.made = [], [], 0
        self.retry_ms = 0  # the store's own
        self.environment = {n: v for n, v in os.environ.items() if not n.startswith("AWS_")}
        self.environment |= {"HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true"}

    def close(self):
        for end in [fake.close for fake in self.fakes] + self.ends:
            end()

    # Stores.

    def location(self, provider, config, bucket=BUCKET, ours=None, **storage):
        """The file that the programs take; `ours` is what a server reads from Secrets, as paths."""
        self.made += 1
        path = self.folder / f"location-{self.made}.json"
        path.write_text(json.dumps({"provider": provider, "objectStorage": {"bucket": bucket, **storage}, "config": config,
                                    "files": ours or {}, "retryMs": self.retry_ms}))
        return path

    def directory(self):
        (self.folder / "directory").mkdir(exist_ok=True)
        return self.location("filesystem", {"path": str(self.folder / "directory")}, prefix="fleet")

    def keys(self, access="fake", secret="fake-secret", token=None):
        """A credentials file as AWS's tools have it."""
        self.made += 1
        path = self.folder / f"credentials-{self.made}"
        path.write_text(f"[default]\naws_access_key_id={access}\naws_secret_access_key={secret}\n" + (f"aws_session_token={token}\n" if token else ""))
        return path

    def certificate(self):
        """(certificate, key) of a server at 127.0.0.1, which is its own authority."""
        made = self.folder / "tls.crt", self.folder / "tls.key"
        if not made[0].exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=fake",
                            "-addext", "subjectAltName=IP:127.0.0.1", "-out", made[0], "-keyout", made[1]], check=True, capture_output=True)
        return made

    def fake(self, **options):
        self.fakes.append(S3(BUCKET, **options))
        return self.fakes[-1]

    def at(self, server, prefix="fleet", credentials=None, bucket=BUCKET, **config):
        """A location at a fake server; what is None is left out of its config.  `credentials`: False for what the environment has."""
        settings = {"region": server.region, "s3Url": server.url, "s3ForcePathStyle": "true"} | config
        ours = {} if credentials is False else {"credentials": str(credentials or self.keys())}
        if server.tls:
            ours["ca"] = str(server.tls[0])
        return self.location("aws", {n: v for n, v in settings.items() if v is not None}, bucket, ours, **({"prefix": prefix} if prefix else {}))

    def real(self, *options, by_host=False, **config):
        """A location in a bucket of a server of its own (testbed/s3-up)."""
        if not shutil.which("go", path=os.environ.get("PATH", "") + ":/usr/lib/go-1.24/bin"):
            raise Skip("there is no Go to build the S3 server with (scripts/setup --s3)")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        state = TESTBED / "s3" / str(port)
        self.ends.append(lambda: self.testbed("s3-down", "--port", port, "--purge"))
        said = self.testbed("s3-up", "--port", port, *options, BUCKET)
        url, region = re.search(r"S3 server is up: (\S+), region ([^,]+),", said).groups()
        settings = {"region": region, "s3Url": url.replace("127.0.0.1", "s3.localhost") if by_host else url,
                    "s3ForcePathStyle": "false" if by_host else "true"} | config
        self.s3_state, self.real_config = state, settings
        self.ours = {"credentials": str(state / "credentials")} | ({"ca": str(state / "ca.crt")} if "--tls" in options else {})
        return self.location("aws", settings, BUCKET, self.ours, prefix="fleet")

    @staticmethod
    def testbed(name, *argv):
        done = subprocess.run([str(ROOT / "testbed" / name), *map(str, argv)], capture_output=True, text=True, timeout=1800)
        assert done.returncode == 0, f"testbed/{name}: {done.stdout}{done.stderr}"
        return done.stdout

    # Programs.

    def run(self, program, *argv, seconds=240):
        start = time.monotonic()
        done = subprocess.run([str(program), *map(str, argv)], capture_output=True, text=True, timeout=seconds, env=self.environment, cwd=self.folder)
        return Result(done, time.monotonic() - start)

    def operate(self, location, *argv, release=False, seconds=240):
        return self.run((self.release if release else self.programs) / "store_operation", location, *argv, seconds=seconds)

    def expect(self, location, *argv):
        done = self.operate(location, *argv)
        assert done.ok, f"{argv}: {done.code} {done.err}"
        return done.out

    def conform(self, location, without=None):
        done = self.run(self.programs / "store_conformance", location, *([f"-{without}"] if without else []))
        passed = re.findall(r"\[       OK \] (\w+)", done.out)
        why = re.findall(r"a thread: .*|reading on: .*|\[  (?:ERROR |FAILED)  \].*|\[   LINE   \].*", done.out + done.err)  # a failure leaks: cmocka jumps out of it
        assert done.ok and len(passed) > 15, f"ended with {done.code}\n" + ("\n".join(why) or done.err[-5000:])
        return [name.replace("_", " ") for name in passed]
