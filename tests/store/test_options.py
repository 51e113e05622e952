"""What a location of provider aws can say, and what is said of one that is wrong."""

import base64
import hashlib
import http.server
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request

from s3 import Account

LARGE = 6 * 1024 * 1024


def fetch(url):
    try:
        return urllib.request.urlopen(url, timeout=30).read()
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode()}".encode()


class TokenService:
    """STS, as far as a web identity asks it, by https."""

    def __init__(self, certificate, keys):
        service = self
        self.asked = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                service.asked += 1
                names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
                told = "".join(f"<{n}>{v}</{n}>" for n, v in zip(names, keys))
                body = f"<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>{told}<Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>".encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


def written(world, server, **config):
    """A small and a large object, as the fake has them."""
    location = world.at(server, **config)
    for key, size in (("small +&é", 100), ("large", LARGE)):
        world.expect(location, "put", key, size, 1)
        assert world.expect(location, "get", key, size, 1) == "whole\n"
        assert world.expect(location, "exists", key) == "yes\n"
    return list(server.buckets["bucket"].objects.values())


def test_every_checksum_algorithm_is_sent_with_every_part(world):
    for algorithm in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"):
        server = world.fake()
        written(world, server, checksumAlgorithm=algorithm)
        header = f"x-amz-checksum-{algorithm.lower()}"
        for request in server.requests:
            if request.operation in ("PutObject", "UploadPart"):
                assert header in request.headers, f"{request}: {sorted(request.headers)}"
    server = world.fake()
    written(world, server)
    assert all("x-amz-checksum-crc32" in r.headers for r in server.requests if r.operation in ("PutObject", "UploadPart"))
    server = world.fake()
    written(world, server, checksumAlgorithm="")
    assert not [h for r in server.requests for h in r.headers if h.startswith(("x-amz-checksum", "x-amz-sdk-checksum"))]


def test_tags_and_encryption_are_asked_for(world):
    for objects in (written(world, world.fake(), tagging="team=a%26b&env=prod"),):
        assert [o.tagging for o in objects] == ["team=a%26b&env=prod"] * 2
    for config, wanted in (
        ({"serverSideEncryption": "AES256"}, {"x-amz-server-side-encryption": "AES256"}),
        ({"serverSideEncryption": "aws:kms"}, {"x-amz-server-side-encryption": "aws:kms"}),
        ({"kmsKeyId": "alias/velero"}, {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": "alias/velero"}),
    ):
        for found in written(world, world.fake(), **config):
            assert found.encryption == wanted, found.encryption


def test_a_customers_key_goes_with_every_request_that_needs_it(world):
    key = world.folder / "customer-key"
    key.write_bytes(bytes(range(32)))
    server = world.fake(tls=world.certificate())
    for found in written(world, server, customerKeyEncryptionFile=str(key)):
        assert found.customer_key() == base64.b64encode(hashlib.md5(bytes(range(32))).digest()).decode()
    refused = world.operate(world.at(server), "get", "large", LARGE, 1)
    assert not refused.ok and "\n" not in refused.message


def test_a_signed_url_is_good_for_its_time_and_nothing_else(world):
    server = world.fake(accounts=[Account("fake", "fake-secret", "a/token+=")])
    location = world.at(server, credentials=world.keys(token="a/token+="))
    world.expect(location, "put", "a b/+é&", 1000, 1)
    body = next(iter(server.buckets["bucket"].objects.values())).body
    requests = len(server.requests)
    url = world.expect(location, "presign", "a b/+é&", 60).strip()
    assert len(server.requests) == requests, "signing asked the server"
    assert fetch(url) == body
    assert b"SignatureDoesNotMatch" in fetch(url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"))
    server.clock_offset = 62
    assert b"Request has expired" in fetch(url)
    public = world.expect(world.at(server, publicUrl="https://s3.example.com:8443", credentials=world.keys(token="a/token+=")), "presign", "x", 600)
    assert public.startswith("https://s3.example.com:8443/bucket/fleet/x?"), public


def test_a_signed_url_of_the_real_server_is_good(world):
    location = world.real()
    world.expect(location, "put", "a b/+é&", 1000, 1)
    url = world.expect(location, "presign", "a b/+é&", 60).strip()
    body = (world.s3_state / "buckets/bucket/fleet/a b/+é&").read_bytes()
    assert len(body) == 1000 and fetch(url) == body
    assert b"SignatureDoesNotMatch" in fetch(url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"))


def test_a_region_that_is_not_given_is_learnt(world):
    server = world.fake(region="eu-north-1")
    written(world, server, region=None)


def test_a_region_that_is_wrong_is_mended_or_told(world):
    server = world.fake(region="eu-north-1")
    done = world.operate(world.at(server, region="us-west-2"), "put", "a", 10, 1)
    assert done.ok or "eu-north-1" in done.message, done.err
    real = world.real("--region", "tide", region="elsewhere")
    done = world.operate(real, "put", "a", 10, 1)
    assert done.ok or "tide" in done.message, done.err


def refused(world, location, *words, argv=("list", "")):
    done = world.operate(location, *argv)
    assert not done.ok and done.seconds < 20, f"{done.seconds:.1f} s {done.out} {done.err}"
    for word in words:
        assert word in done.message, f"{word!r} is not in: {done.message}"
    assert "fake-secret" not in done.err and "testbed-secret" not in done.err
    print("    " + done.message, flush=True)


def test_wrong_keys_and_a_missing_bucket_are_told(world):
    world.retry_ms = 5000
    server = world.fake()
    refused(world, world.at(server, credentials=world.keys(access="nobody")), "bucket", "access key")
    refused(world, world.at(server, credentials=world.keys(secret="wrong")), "bucket")
    refused(world, world.at(server, bucket="missing"), "missing")
    real = world.real()
    config = world.real_config
    refused(world, world.location("aws", config, "missing", world.ours), "missing")
    refused(world, world.location("aws", config, "bucket", {"credentials": str(world.keys("nobody", "x"))}), "bucket")
    refused(world, world.location("aws", config, "bucket", {"credentials": str(world.keys("testbed", "x"))}), "bucket")
    world.expect(real, "list", "")
    refused(world, world.at(server, credentials=world.keys("fake", "fake-secret", "unknown-token")), "bucket")


def test_a_server_that_is_not_there_is_told(world):
    world.retry_ms = 3000
    server = world.fake()
    location = world.at(server)
    server.http.server_close()
    refused(world, location, "bucket")


def test_https_needs_the_right_authority(world):
    world.real("--tls")
    config, credentials = world.real_config, {"credentials": world.ours["credentials"]}
    world.retry_ms = 3000
    refused(world, world.location("aws", config, "bucket", credentials), "certificate")
    world.expect(world.location("aws", config | {"insecureSkipTLSVerify": "true"}, "bucket", credentials), "put", "a", 10, 1)
    world.expect(world.location("aws", config, "bucket", world.ours), "put", "b", 10, 1)


def test_aws_ca_bundle_is_the_authority_of_a_location_without_one(world):
    server = world.fake(tls=world.certificate())
    location = world.location("aws", {"region": server.region, "s3Url": server.url, "s3ForcePathStyle": "true"}, "bucket", {"credentials": str(world.keys())})
    world.retry_ms = 1000
    refused(world, location, "certificate")
    bundle = world.folder / "bundle"
    world.environment["AWS_CA_BUNDLE"] = str(bundle)
    refused(world, location, f"$AWS_CA_BUNDLE: {bundle}: No such file or directory")
    bundle.write_text("not one")
    refused(world, location, f"$AWS_CA_BUNDLE: {bundle}: holds no PEM certificate")
    bundle.write_bytes(server.tls[0].read_bytes())
    world.expect(location, "put", "a", 10, 1)


def test_a_token_service_by_https_is_verified_with_the_same_authority(world):
    server = world.fake(tls=world.certificate(), accounts=[Account("sts", "sts-secret", "sts-token")])
    service = TokenService(world.certificate(), ("sts", "sts-secret", "sts-token"))
    world.ends.append(service.close)
    token = world.folder / "token"
    token.write_text("a.b.c")
    world.environment |= {"AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_ROLE_ARN": "arn:aws:iam::1:role/r", "AWS_ENDPOINT_URL_STS": service.url}
    world.expect(world.at(server, credentials=False), "put", "a", 10, 1)  # the location's caCert
    settings = {"region": server.region, "s3Url": server.url, "s3ForcePathStyle": "true", "insecureSkipTLSVerify": "true"}
    location = world.location("aws", settings, "bucket")
    refused(world, location, "cannot be trusted")
    world.environment["AWS_CA_BUNDLE"] = str(server.tls[0])
    world.expect(location, "put", "a", 10, 1)
    assert service.asked == 2


def test_keys_from_the_environment_and_from_files(world):
    server = world.fake(accounts=[Account("env", "env-secret", "env-token"), Account("file", "file-secret"), Account("work", "work-secret")])
    location = world.at(server, credentials=False)
    refused(world, location)
    (world.folder / ".aws").mkdir()
    (world.folder / ".aws/credentials").write_text(
        "[default]\naws_access_key_id = file\naws_secret_access_key = file-secret\n\n[work]\naws_access_key_id=work\naws_secret_access_key=work-secret\n")

    def signer():
        return server.requests[-1].header("authorization").partition("Credential=")[2].partition("/")[0]
    world.expect(location, "put", "a", 10, 1)
    assert signer() == "file"
    world.expect(world.at(server, credentials=False, profile="work"), "list", "")
    assert signer() == "work"
    world.environment |= {"AWS_ACCESS_KEY_ID": "env", "AWS_SECRET_ACCESS_KEY": "env-secret", "AWS_SESSION_TOKEN": "env-token"}
    world.expect(location, "list", "")
    assert signer() == "env"


def test_many_processes_write_at_once(world):
    server = world.fake(min_part=0)
    location, results = world.at(server), []

    def write(number):
        results.append(world.operate(location, "put", f"backups/b{number % 3}", LARGE, number).ok)
    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 6 and len(server.buckets["bucket"].objects) == 3 and not server.buckets["bucket"].uploads
