"""What a test of a store works in: a folder, servers, and the programs conformance and operation."""

import json
import os
import pathlib
import re
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
        self.fakes, self.made = [], 0
        self.environment = {n: v for n, v in os.environ.items() if not n.startswith("AWS_")}
        self.environment |= {"HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true"}

    def close(self):
        for fake in self.fakes:
            fake.close()

    # Stores.

    def location(self, provider, config, bucket=BUCKET, **storage):
        self.made += 1
        path = self.folder / f"location-{self.made}.json"
        path.write_text(json.dumps({"provider": provider, "objectStorage": {"bucket": bucket, **storage}, "config": config}))
        return path

    def directory(self):
        return self.location("filesystem", {"path": str(self.folder / "directory")}, prefix="fleet")

    def keys(self, access="fake", secret="fake-secret", token=None):
        """A credentials file as AWS's tools have it."""
        self.made += 1
        path = self.folder / f"credentials-{self.made}"
        path.write_text(f"[default]\naws_access_key_id={access}\naws_secret_access_key={secret}\n" + (f"aws_session_token={token}\n" if token else ""))
        return path

    def fake(self, **options):
        self.fakes.append(S3(BUCKET, **options))
        return self.fakes[-1]

    def at(self, server, prefix="fleet", credentials=None, bucket=BUCKET, ca=None, **config):
        """A location at a fake server; what is None is left out of its config."""
        settings = {"region": server.region, "s3Url": server.url, "s3ForcePathStyle": "true",
                    "credentialsFile": str(credentials or self.keys())} | config
        storage = {"prefix": prefix} if prefix else {}
        return self.location("aws", {n: v for n, v in settings.items() if v is not None}, bucket, **storage, **({"caCert": ca} if ca else {}))

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

    def conform(self, location):
        done = self.run(self.programs / "store_conformance", location)
        passed = re.findall(r"\[       OK \] (\w+)", done.out)
        assert done.ok and len(passed) > 15, f"{done.code}\n{done.out[-3000:]}\n{done.err[-5000:]}"
        return [name.replace("_", " ") for name in passed]
