"""What a fake S3 server does for each operation; the connection and the faults are in s3.py."""

import re
import time
import urllib.parse
import xml.etree.ElementTree
from xml.sax.saxutils import escape

from s3_signature import S3Error

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
HTTP_TIME = "%a, %d %b %Y %H:%M:%S GMT"


def element(name, content):
    return f"<{name}>{content if isinstance(content, Xml) else escape(str(content), {chr(13): '&#13;'})}</{name}>"


class Xml(str):
    pass


def elements(*pairs):
    return Xml("".join(element(n, c) for n, c in pairs if c is not None))


def document(root, *pairs):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">{elements(*pairs)}</{root}>'.encode()


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def encoder(args):
    """How keys stand in a list: as they are, or as Java's URLEncoder writes them, where a blank is '+'."""
    kind = args.get("encoding-type")
    if kind not in (None, "url"):
        raise S3Error(400, "InvalidArgument", "Invalid Encoding Method specified in Request")
    return (lambda text: urllib.parse.quote_plus(text, safe="/*-._")) if kind else lambda text: text


class Operations:
    """do_OPERATION(request, bucket): each sends the answer or raises the error."""

    # Objects.

    @staticmethod
    def object_headers(found):
        shown = {n: v for n, v in found.encryption.items() if not n.endswith("-customer-key")}
        return {"ETag": found.etag, **shown}

    def do_PutObject(self, request, bucket):
        made = bucket.put(request.key, self.body(request), request.headers)
        self.send(200, b"", self.object_headers(made) | {f"x-amz-checksum-{a}": v for a, v in made.checksums.items()})

    def do_HeadObject(self, request, bucket):
        self.send_object(request, bucket.get(request.key, request.headers))

    def do_GetObject(self, request, bucket):
        self.send_object(request, bucket.get(request.key, request.headers))

    def send_object(self, request, found):
        matches = [e.strip().strip('"') for e in request.header("if-match").split(",") if e.strip()]
        if matches and matches != ["*"] and found.etag.strip('"') not in matches:
            raise S3Error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", Condition="If-Match")
        headers = self.object_headers(found) | {
            "Last-Modified": time.strftime(HTTP_TIME, time.gmtime(found.modified)), "Accept-Ranges": "bytes", "Content-Type": "binary/octet-stream"}
        status, first, last = 200, 0, len(found.body) - 1
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.header("range"))
        if asked and asked.group(0) != "bytes=-":
            status = 206
            first, last = self.asked_range(asked, len(found.body))
            shown = first + (request.fault == "other range")
            headers["Content-Range"] = f"bytes {shown}-{last}/{len(found.body)}"
        elif request.header("x-amz-checksum-mode").upper() == "ENABLED":
            headers |= {f"x-amz-checksum-{a}": v for a, v in found.checksums.items()}
        self.send(status, found.body[first: last + 1], headers, head_of=last + 1 - first)

    @staticmethod
    def asked_range(asked, size):
        start, end = asked.groups()
        first = int(start) if start else max(0, size - int(end))
        last = min(int(end), size - 1) if start and end else size - 1
        if first >= size or last < first:
            raise S3Error(416, "InvalidRange", "The requested range is not satisfiable", ActualObjectSize=str(size))
        return first, last

    def do_DeleteObject(self, request, bucket):
        bucket.delete(request.key)
        self.send(204)

    # Uploads in parts.

    def do_CreateMultipartUpload(self, request, bucket):
        self.read_all()
        upload_id, made = bucket.create_upload(request.key, request.headers)
        self.send_xml("InitiateMultipartUploadResult", ("Bucket", bucket.name), ("Key", request.key), ("UploadId", upload_id))

    def do_UploadPart(self, request, bucket):
        number = request.args["partNumber"]
        if not number.isdigit() or "uploadId" not in request.args:
            raise S3Error(400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
        part = bucket.put_part(request.key, request.args["uploadId"], int(number), self.body(request), request.headers)
        self.send(200, b"", {"ETag": part.etag} | {f"x-amz-checksum-{a}": v for a, v in part.checksums.items()})

    def do_CompleteMultipartUpload(self, request, bucket):
        wanted = self.wanted_parts(self.body(request))
        if request.fault not in ("late error", "late success"):
            return self.send_xml("CompleteMultipartUploadResult", *self.complete(request, bucket, wanted))
        self.start_late_answer()
        try:
            if request.fault == "late error":
                raise S3Error(500, "InternalError", "We encountered an internal error. Please try again.")
            body = document("CompleteMultipartUploadResult", *self.complete(request, bucket, wanted))
        except S3Error as error:
            request.code = error.code
            body = self.error_body(error)
        return self.chunks(body.partition(b"\n")[2], b"")

    def complete(self, request, bucket, wanted):
        made = bucket.complete(request.key, request.args["uploadId"], wanted)
        return [("Location", f"{self.s3.url}/{bucket.name}/{request.key}"), ("Bucket", bucket.name), ("Key", request.key), ("ETag", made.etag)]

    @staticmethod
    def wanted_parts(body):
        malformed = S3Error(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
        try:
            root = xml.etree.ElementTree.fromstring(body)
            if root.tag not in ("CompleteMultipartUpload", f"{{{NAMESPACE}}}CompleteMultipartUpload"):
                raise malformed
            wanted = []
            for part in root:
                fields = {child.tag.rpartition("}")[2]: child.text or "" for child in part}
                checksums = {n[len("Checksum"):].lower(): v for n, v in fields.items() if n.startswith("Checksum")}
                wanted.append((int(fields["PartNumber"]), fields["ETag"], checksums))
            return wanted
        except (xml.etree.ElementTree.ParseError, KeyError, ValueError):
            raise malformed from None

    def start_late_answer(self):
        self.request_record.status = 200
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.chunks(b'<?xml version="1.0" encoding="UTF-8"?>\n')
        for _ in range(3):
            self.chunks(b" ")
            time.sleep(0.05)

    def chunks(self, *pieces):
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    def do_AbortMultipartUpload(self, request, bucket):
        bucket.abort(request.key, request.args["uploadId"])
        self.send(204)

    def do_ListParts(self, request, bucket):
        with bucket.lock:
            parts = sorted(bucket.upload(request.args["uploadId"], request.key).parts.items())
        self.send_xml("ListPartsResult", ("Bucket", bucket.name), ("Key", request.key), ("UploadId", request.args["uploadId"]), ("IsTruncated", "false"),
                      *[("Part", elements(("PartNumber", n), ("ETag", p.etag), ("Size", len(p.body)), ("LastModified", stamp(p.modified)))) for n, p in parts])

    def do_ListMultipartUploads(self, request, bucket):
        args, encode = request.args, encoder(request.args)
        if "delimiter" in args:
            raise S3Error(501, "NotImplemented", "This fake lists uploads without a delimiter only")
        marker = (args.get("key-marker", "").encode(), args.get("upload-id-marker", "\U0010ffff") if "key-marker" in args else "")
        with bucket.lock:
            found = sorted(((u.key, i, u) for i, u in bucket.uploads.items() if u.key.startswith(args.get("prefix", ""))),
                           key=lambda u: (u[0].encode(), u[1]))
        found = [u for u in found if (u[0].encode(), u[1]) > marker]
        size = min(self.page_size(args, "max-uploads"), self.s3.page)
        page, more = found[:size], len(found) > size
        self.send_xml(
            "ListMultipartUploadsResult", ("Bucket", bucket.name), ("KeyMarker", encode(args.get("key-marker", ""))),
            ("UploadIdMarker", args.get("upload-id-marker", "")), ("NextKeyMarker", encode(page[-1][0]) if more else None),
            ("NextUploadIdMarker", page[-1][1] if more else None), ("MaxUploads", size), ("EncodingType", args.get("encoding-type")),
            ("Prefix", encode(args.get("prefix", ""))), ("IsTruncated", "true" if more else "false"),
            *[("Upload", elements(("Key", encode(k)), ("UploadId", i), ("Initiated", stamp(u.started)), ("StorageClass", "STANDARD"))) for k, i, u in page])

    # The bucket.

    @staticmethod
    def page_size(args, name):
        if not re.fullmatch(r"\d{1,9}", args.get(name, "1000")):
            raise S3Error(400, "InvalidArgument", f"Provided {name} not an integer or within integer range")
        return min(1000, int(args.get(name, "1000")))

    def do_ListObjectsV2(self, request, bucket):
        args, encode = request.args, encoder(request.args)
        if request.fault in ("broken list", "endless list"):
            body = document("ListBucketResult", ("IsTruncated", "true"))
            return self.send(200, body[:-3] if request.fault == "broken list" else body)
        if args["list-type"] != "2":
            raise S3Error(400, "InvalidArgument", "Invalid List Type specified in Request")
        prefix, delimiter = args.get("prefix", ""), args.get("delimiter", "")
        after = args.get("start-after", "")
        if "continuation-token" in args:
            after = self.token_key(args["continuation-token"])
        entries = {}  # name -> key, or None for a common prefix
        for key in bucket.keys():
            if not key.startswith(prefix):
                continue
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            entries.setdefault(key[: end + len(delimiter)] if end >= 0 else key, key if end < 0 else None)
        left = [(n, k) for n, k in entries.items() if n.encode() > after.encode()]
        size = min(self.page_size(args, "max-keys"), self.s3.page)
        page, more = left[:size], len(left) > size and size > 0
        contents = [("Contents", elements(("Key", encode(k)), ("LastModified", stamp(bucket.objects[k].modified)), ("ETag", bucket.objects[k].etag),
                                          ("Size", len(bucket.objects[k].body)), ("StorageClass", "STANDARD")))
                    for n, k in page if k is not None and k in bucket.objects]
        self.send_xml(
            "ListBucketResult", ("Name", bucket.name), ("Prefix", encode(prefix)), ("Delimiter", encode(delimiter) if delimiter else None),
            ("EncodingType", args.get("encoding-type")), ("KeyCount", len(page)), ("MaxKeys", size), ("IsTruncated", "true" if more else "false"),
            ("ContinuationToken", args.get("continuation-token")), ("NextContinuationToken", self.token(page[-1][0]) if more else None),
            ("StartAfter", encode(args["start-after"]) if "start-after" in args else None), *contents,
            *[("CommonPrefixes", elements(("Prefix", encode(n)))) for n, k in page if k is None])

    @staticmethod
    def token(key):
        """Opaque, with what a query must encode: '+', '/', '='."""
        return "1+/" + key.encode().hex() + "=="

    @staticmethod
    def token_key(token):
        try:
            if token[:3] == "1+/" and token[-2:] == "==":
                return bytes.fromhex(token[3:-2]).decode()
        except ValueError:
            pass
        raise S3Error(400, "InvalidArgument", "The continuation token provided is incorrect")

    def do_HeadBucket(self, request, bucket):
        self.send(200, b"")

    def do_GetBucketLocation(self, request, bucket):
        region = "" if self.s3.region == "us-east-1" else escape(self.s3.region)
        self.send(200, f'<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="{NAMESPACE}">{region}</LocationConstraint>'.encode(),
                  {"Content-Type": "application/xml"})
