"""A bucket of a real S3 server that goes away, and locations that cannot be used."""

import base64
import json
import os
import signal
import time

from test_resources import small_app
from world import NAMESPACE

OUTAGE_S = float(os.environ.get("S3_OUTAGE_S", "15"))
FREEZE = {"exec": {"command": ["touch", "/tmp/frozen"]}}
THAW = {"exec": {"command": ["rm", "-f", "/tmp/frozen"]}}


def large_app(world, namespace, megabytes):
    """More than one part of an upload, which does not get smaller."""
    small_app(world, namespace)
    for number in range(megabytes):
        world.kubectl("create", "-f", "-", input=json.dumps({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"large-{number}", "namespace": namespace},
            "data": {"a": base64.b64encode(os.urandom(650_000)).decode()}}))


def frozen(world):
    return world.exec("s3-app", "p", "sh", "-c", "ls /tmp") != ""


def unfinished(world):
    """Uploads that the S3 server still knows."""
    return [p for p in (world.bucket.parent / ".sgwtmp").rglob("*") if p.is_file()]


def test_a_backup_outlives_an_outage_of_the_bucket(world):
    world.serve()
    large_app(world, "s3-app", 16)
    world.create("Backup", "b", {"includedNamespaces": ["s3-app"], "hooks": {"resources": [
        {"name": "freeze", "pre": [FREEZE, {"exec": {"command": ["sleep", "2"]}}], "post": [THAW]}]}})
    world.wait_until(lambda: frozen(world), 60)
    with world.without_s3():
        time.sleep(OUTAGE_S)
        assert not frozen(world), "the pod stayed frozen while the bucket was away"
        assert world.phase("backups.velero.io", "b") == "InProgress"
    backup = world.wait_for("backups.velero.io", "b")
    assert backup["status"]["phase"] == "Completed", backup["status"]
    assert backup["status"]["hookStatus"] == {"hooksAttempted": 3}, backup["status"]
    assert unfinished(world) == []
    world.forget_namespace("s3-app")
    world.create("Restore", "r", {"backupName": "b"})
    assert world.wait_for("restores.velero.io", "r")["status"]["phase"] == "Completed"


def test_a_server_that_is_killed_in_mid_upload_leaves_no_parts(world):
    world.serve()
    large_app(world, "s3-app", 16)
    world.create("Backup", "b", {"includedNamespaces": ["s3-app"], "hooks": {"resources": [
        {"name": "slow", "pre": [FREEZE], "post": [THAW]}]}})
    world.wait_until(lambda: unfinished(world) or world.phase("backups.velero.io", "b") == "Completed", 60)
    world.end(world.server, signal.SIGKILL)
    world.start_server()
    backup = world.wait_for("backups.velero.io", "b")
    assert backup["status"]["phase"] in ("Failed", "Completed"), backup["status"]
    assert not frozen(world)
    if backup["status"]["phase"] == "Failed":
        world.wait_until(lambda: unfinished(world) == [] and not list((world.bucket / "backups").glob("*/*")), 30)


def test_a_location_that_cannot_be_used_says_why(world):
    world.serve()
    storage, config = world.location_spec["objectStorage"], world.location_spec["config"]
    credential = world.location_spec["credential"]
    (world.bucket.parent.parent / "foreign/strange").mkdir(parents=True)
    (world.bucket.parent.parent / "foreign/strange/file").write_text("x")
    for name, keys in (("wrong-key", ("nobody", "secret")), ("wrong-secret", (None, "other"))):
        world.secret(NAMESPACE, name, *keys)
    cases = {
        "no-secret": ({"credential": {"name": "absent", "key": "cloud"}},
                      'spec.credential: there is no Secret "absent" in namespace "velero-compat"'),
        "no-key": ({"credential": credential | {"key": "absent"}}, 'spec.credential: Secret "cloud-credentials" has no key "absent"'),
        "no-profile": ({"config": config | {"profile": "absent"}},
                       'key "cloud" of Secret "cloud-credentials": there is no profile "absent"'),
        "unknown-key": ({"credential": credential | {"name": "wrong-key"}},
                        'list "s3://bucket/fleet": the server does not know the access key (InvalidAccessKeyId)'),
        "wrong-secret": ({"credential": credential | {"name": "wrong-secret"}},
                         'list "s3://bucket/fleet": the secret key does not belong to the access key, or a proxy changes requests '
                         "(SignatureDoesNotMatch)"),
        "no-bucket": ({"objectStorage": storage | {"bucket": "absent"}},
                      'list "s3://absent/fleet": there is no such bucket: make it, or mend the location\'s bucket and region (NoSuchBucket)'),
        "wrong-region": ({"config": config | {"region": "elsewhere"}},
                         'list "s3://bucket/fleet": bucket "bucket" is in region "tide", not "elsewhere": set config.region of the location'),
        "foreign-folder": ({"objectStorage": {"bucket": "foreign"}},
                           '"s3://foreign" holds folders that are not of backups: strange; give the location a prefix or a bucket of its own'),
        "wrong-setting": ({"config": config | {"s3ForcePathStyle": "perhaps", "regoin": "x"}},
                          'spec.config.regoin: is not a setting of provider "aws"; spec.config.s3ForcePathStyle: is neither "true" nor "false"'),
    }
    for name, (change, _) in cases.items():
        world.create("BackupStorageLocation", name, world.location_spec | {"default": False} | change)
    for name, (_, message) in cases.items():
        told = world.wait_for("bsl", name, ("Unavailable",), 60)["status"]["message"]
        assert told == message, (name, told)
    assert world.phase("bsl", "default") == "Available"
    assert "correct-horse" not in world.log("server")
