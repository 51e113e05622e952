"""What a fake S3 bucket holds: objects, unfinished uploads, and S3's rules about them."""

import base64
import hashlib
import threading
import time
import zlib

from s3_signature import S3Error

MIN_PART = 5 << 20


def table(polynomial, bits):
    entries = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)
        entries.append(value)
    return entries, (1 << bits) - 1


def crc(body, entries_and_mask):
    entries, mask = entries_and_mask
    value = mask
    for byte in body:
        value = (value >> 8) ^ entries[(value ^ byte) & 255]
    return value ^ mask


CRC32C = table(0x82F63B78, 32)
CRC64NVME = table(0x9A6C9329AC4BC9B5, 64)
CHECKSUMS = {
    "crc32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
    "crc32c": lambda body: crc(body, CRC32C).to_bytes(4, "big"),
    "crc64nvme": lambda body: crc(body, CRC64NVME).to_bytes(8, "big"),
    "sha1": lambda body: hashlib.sha1(body).digest(),
    "sha256": lambda body: hashlib.sha256(body).digest(),
}


def check_digests(headers, body):
    """Compares every checksum that the request brought; returns {algorithm: base64 text}."""
    found = {}
    md5 = headers.get("content-md5")
    if md5 is not None:
        try:
            digest = base64.b64decode(md5, validate=True)
        except ValueError:
            digest = b""
        if len(digest) != 16:
            raise S3Error(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
        if digest != hashlib.md5(body).digest():
            raise S3Error(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
    for name, value in headers.items():
        if not name.startswith("x-amz-checksum-") or name in ("x-amz-checksum-algorithm", "x-amz-checksum-type", "x-amz-checksum-mode"):
            continue
        algorithm = name[len("x-amz-checksum-"):]
        if algorithm not in CHECKSUMS:
            raise S3Error(400, "InvalidRequest", f"The algorithm type you specified in {name} is unsupported")
        if base64.b64encode(CHECKSUMS[algorithm](body)).decode() != value:
            raise S3Error(400, "BadDigest", f"The {algorithm.upper()} you specified did not match the calculated checksum.")
        found[algorithm] = value
    if len(found) > 1:
        raise S3Error(400, "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    wanted = headers.get("x-amz-sdk-checksum-algorithm", "").lower()
    if wanted and wanted not in found:
        raise S3Error(400, "InvalidRequest", "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* header was found.")
    return found


def encryption(headers):
    """What the request says about encryption: {header: value}; S3's rules for it are checked."""
    found = {n: v for n, v in headers.items() if n.startswith("x-amz-server-side-encryption")}
    customer = "x-amz-server-side-encryption-customer-"
    if found.get("x-amz-server-side-encryption") not in (None, "AES256", "aws:kms", "aws:kms:dsse"):
        raise S3Error(400, "InvalidArgument", "The encryption method specified is not supported")
    if "x-amz-server-side-encryption-aws-kms-key-id" in found and not found.get("x-amz-server-side-encryption", "").startswith("aws:kms"):
        raise S3Error(400, "InvalidArgument", "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms")
    if not any(n.startswith(customer) for n in found):
        return found
    if "x-amz-server-side-encryption" in found:
        raise S3Error(400, "InvalidArgument", "Server Side Encryption with Customer provided key is incompatible with the encryption method specified")
    try:
        key = base64.b64decode(found.get(customer + "key", ""), validate=True)
    except ValueError:
        key = b""
    if found.get(customer + "algorithm") != "AES256" or len(key) != 32:
        raise S3Error(400, "InvalidArgument", "The secret key was invalid for the specified algorithm.")
    if base64.b64encode(hashlib.md5(key).digest()).decode() != found.get(customer + "key-md5"):
        raise S3Error(400, "InvalidArgument", "The calculated MD5 hash of the key did not match the hash that was provided.")
    return found


class Object:
    def __init__(self, body, headers, checksums, etag=None, tags=None, sse=None):
        self.body, self.checksums = body, checksums
        self.etag = etag or '"' + hashlib.md5(body).hexdigest() + '"'
        self.tagging = headers.get("x-amz-tagging", "") if tags is None else tags
        self.encryption = encryption(headers) if sse is None else sse
        self.modified = time.time()

    def customer_key(self):
        return self.encryption.get("x-amz-server-side-encryption-customer-key-md5")


class Upload:
    def __init__(self, key, headers):
        self.key, self.parts = key, {}
        self.tagging = headers.get("x-amz-tagging", "")
        self.encryption = encryption(headers)
        self.algorithm = headers.get("x-amz-checksum-algorithm", "").lower()
        self.kind = headers.get("x-amz-checksum-type", "FULL_OBJECT" if self.algorithm == "crc64nvme" else "COMPOSITE")
        self.started = time.time()
        if self.algorithm and self.algorithm not in CHECKSUMS:
            raise S3Error(400, "InvalidRequest", "Checksum algorithm provided is unsupported.")


class Bucket:
    def __init__(self, name, min_part=MIN_PART):
        self.name, self.min_part = name, min_part
        self.objects, self.uploads = {}, {}
        self.lock = threading.Lock()
        self.made = 0

    def keys(self):
        with self.lock:
            return sorted(self.objects, key=str.encode)

    def get(self, key, headers):
        with self.lock:
            found = self.objects.get(key)
        if found is None:
            raise S3Error(404, "NoSuchKey", "The specified key does not exist.", Key=key)
        given = encryption({n: v for n, v in headers.items() if "-customer-" in n})
        if found.customer_key() != given.get("x-amz-server-side-encryption-customer-key-md5"):
            raise S3Error(*((400, "InvalidRequest", "The object was stored using a form of Server Side Encryption. The correct parameters must be "
                             "provided to retrieve the object.") if not given else (403, "AccessDenied", "Access Denied")))
        return found

    def put(self, key, body, headers):
        made = Object(body, headers, check_digests(headers, body))
        with self.lock:
            if headers.get("if-none-match") == "*" and key in self.objects:
                raise S3Error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", Condition="If-None-Match")
            self.objects[key] = made
        return made

    def delete(self, key):
        with self.lock:
            self.objects.pop(key, None)

    def upload(self, upload_id, key):
        found = self.uploads.get(upload_id)
        if found is None or found.key != key:
            raise S3Error(404, "NoSuchUpload", "The specified multipart upload does not exist.", UploadId=upload_id)
        return found

    def create_upload(self, key, headers):
        made = Upload(key, headers)
        with self.lock:
            self.made += 1
            upload_id = f"upload.{self.made}_-~{hashlib.md5(key.encode()).hexdigest()}"
            self.uploads[upload_id] = made
        return upload_id, made

    def put_part(self, key, upload_id, number, body, headers):
        if not 1 <= number <= 10000:
            raise S3Error(400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
        checksums = check_digests(headers, body)
        with self.lock:
            upload = self.upload(upload_id, key)
            if upload.algorithm and upload.algorithm not in checksums:
                raise S3Error(400, "InvalidRequest", f"Checksum Type mismatch occurred, expected checksum Type: {upload.algorithm}, actual "
                              f"checksum Type: {next(iter(checksums), 'null')}")
            md5 = "x-amz-server-side-encryption-customer-key-md5"
            if upload.encryption.get(md5) != encryption(headers).get(md5):
                raise S3Error(400, "InvalidRequest", "The multipart upload initiate requested encryption. Subsequent part requests must include "
                              "the appropriate encryption parameters.")
            part = Object(body, {}, checksums)
            upload.parts[number] = part
        return part

    def abort(self, key, upload_id):
        with self.lock:
            self.upload(upload_id, key)
            del self.uploads[upload_id]

    def complete(self, key, upload_id, wanted):
        """wanted: [(number, etag, {algorithm: value})]"""
        with self.lock:
            upload = self.upload(upload_id, key)
            if not wanted:
                raise S3Error(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
            if [w[0] for w in wanted] != sorted({w[0] for w in wanted}):
                raise S3Error(400, "InvalidPartOrder", "The list of parts was not in ascending order.")
            parts = [self.wanted_part(upload, w) for w in wanted]
            for part in parts[:-1]:
                if len(part.body) < self.min_part:
                    raise S3Error(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
            md5s = b"".join(hashlib.md5(p.body).digest() for p in parts)
            etag = f'"{hashlib.md5(md5s).hexdigest()}-{len(parts)}"'
            made = Object(b"".join(p.body for p in parts), {}, {}, etag, upload.tagging, upload.encryption)
            self.objects[key] = made
            del self.uploads[upload_id]
        return made

    @staticmethod
    def wanted_part(upload, wanted):
        number, etag, checksums = wanted
        part = upload.parts.get(number)
        if part is None or part.etag.strip('"') != etag.strip('"'):
            raise S3Error(400, "InvalidPart", "One or more of the specified parts could not be found.", PartNumber=str(number))
        for algorithm, value in checksums.items():
            if part.checksums.get(algorithm) != value:
                raise S3Error(400, "InvalidPart", "One or more of the specified parts could not be found.", PartNumber=str(number))
        if upload.algorithm and upload.kind == "COMPOSITE" and upload.algorithm not in checksums:
            raise S3Error(400, "InvalidRequest", f"The upload was created using a {upload.algorithm} checksum. The complete request must include "
                          f"the checksum for each part. It was missing for part {number} in the request.")
        return part
