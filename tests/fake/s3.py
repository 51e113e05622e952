#!/usr/bin/env python3
"""A fake S3 server with faults, for tests of stores.

It is there for what the real one (testbed/s3-up) cannot be asked to do: fail, hang or break off at the n-th request, have
another clock, or be a bucket of another region.  It is never kinder than the real one: it verifies signatures, checksums and the
order and size of parts, lists few keys a page, and answers what it does not know with an error.

usage: s3.py [--port N] [--region NAME] [--key ACCESS:SECRET] [--page KEYS] [--min-part BYTES] [--rules JSON] [--log FILE] BUCKET …

--rules is a list of {"operation": "UploadPart", "nth": 2, "times": 1, "fault": "503"}; operations and faults are those below.
"""

import argparse
import hashlib
import http.server
import json
import re
import socket
import ssl
import struct
import threading
import time

from s3_bucket import MIN_PART, Bucket
from s3_operations import HTTP_TIME, Operations, document, elements
from s3_signature import UNSIGNED, Account, S3Error, check, decode_path, parse_query

# A fault that is an answer of S3 in place of the right one: status, code, message.
ANSWERS = {
    "500": (500, "InternalError", "We encountered an internal error. Please try again."),
    "503": (503, "SlowDown", "Please reduce your request rate."),
    "unavailable": (503, "ServiceUnavailable", "Service is unable to handle request."),
    "skewed": (403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
    "unknown key": (403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
    "wrong secret": (403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."),
    "expired token": (400, "ExpiredToken", "The provided token has expired."),
    "denied": (403, "AccessDenied", "Access Denied"),
    "no bucket": (404, "NoSuchBucket", "The specified bucket does not exist"),
    "timeout": (400, "RequestTimeout", "Your socket connection to the server was not read from or written to within the timeout period."),
    "other region": (301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint."),
    "wrong region": (400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region is wrong"),
}
# A fault of the connection or of the answer's form.
FAULTS = [
    "cut before",  # closed unread
    "cut in body",  # reset when half of the request's body is read
    "cut after",  # done, and closed without an answer
    "cut in answer",  # done, and closed when half of the answer is sent
    "slow",  # done, and the answer comes byte by byte over seconds
    "hang",  # not done, no answer
    "garbage",  # not done; a page of HTML with status 200, as a proxy sends it
    "other range",  # GetObject only: the Content-Range is not that of what is sent
    "broken list",  # ListObjectsV2 only: the XML ends in the middle
    "endless list",  # ListObjectsV2 only: more is to come, but no token for it
    "late error",  # CompleteMultipartUpload only: 200, white space, then an <Error>; not done
    "late success",  # CompleteMultipartUpload only: the same with the right answer, which is nothing wrong
    *ANSWERS,
]


class Request:
    """One request as it came, and what became of it."""

    def __init__(self, method, target, headers):
        self.method, self.raw_path = method, target.partition("?")[0]
        self.query = parse_query(target.partition("?")[2])
        self.args = dict(self.query)
        self.headers = {}
        for name, value in headers.items():
            name = name.lower()
            self.headers[name] = f"{self.headers[name]},{value}" if name in self.headers else value
        self.bucket = self.key = ""
        self.operation, self.number, self.nth = "?", 0, 0  # nth: among those of the same operation
        self.fault = self.status = self.code = None
        self.sent = 0  # bytes of the body that were read

    def header(self, name):
        return self.headers.get(name, "")

    def __str__(self):
        outcome = self.fault and f"fault {self.fault}" or f"{self.status or 'no answer'}{f' {self.code}' if self.code else ''}"
        return f"{self.number} {self.operation} #{self.nth} {self.method} {self.raw_path} {self.args}: {outcome}"


# method, query argument that must be there, whether a key -> operation
OPERATIONS = [
    ("GET", "uploads", False, "ListMultipartUploads"),
    ("GET", "location", False, "GetBucketLocation"),
    ("GET", "list-type", False, "ListObjectsV2"),
    ("HEAD", None, False, "HeadBucket"),
    ("GET", "uploadId", True, "ListParts"),
    ("GET", None, True, "GetObject"),
    ("HEAD", None, True, "HeadObject"),
    ("PUT", "partNumber", True, "UploadPart"),
    ("PUT", None, True, "PutObject"),
    ("POST", "uploads", True, "CreateMultipartUpload"),
    ("POST", "uploadId", True, "CompleteMultipartUpload"),
    ("DELETE", "uploadId", True, "AbortMultipartUpload"),
    ("DELETE", None, True, "DeleteObject"),
]


def operation(request):
    for method, argument, has_key, name in OPERATIONS:
        if request.method == method and bool(request.key) == has_key and (argument is None or argument in request.args):
            return name
    return "?"


def nth(name, n, fault, times=1):
    """A fault for the n-th request of this operation ("*": of any), and for times - 1 after it; times 0: for ever."""
    def rule(request):
        number = request.number if name == "*" else request.nth if name == request.operation else 0
        return fault if number >= n and (times == 0 or number < n + times) else None
    return rule


class S3:
    def __init__(self, *buckets, port=0, region="us-east-1", accounts=(Account("fake", "fake-secret"),), page=1000, min_part=MIN_PART, tls=None):
        self.buckets = {name: Bucket(name, min_part) for name in buckets}
        self.region, self.accounts, self.page, self.tls = region, list(accounts), page, tls
        self.right_region = "eu-west-3"  # what the faults about regions name
        self.fault = None  # f(Request) -> None or the name of a fault
        self.clock_offset = 0  # seconds that this server's clock is ahead
        self.requests = []
        self.on_request = None  # f(Request), after each
        self.stopping = threading.Event()
        self.lock = threading.Lock()

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, request, address):
                pass

        self.http = Server(("127.0.0.1", port), type("Bound", (Handler,), {"s3": self}))
        if tls:  # (certificate, key)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.http.server_address[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.stopping.set()
        self.http.shutdown()
        self.http.server_close()

    def now(self):
        return time.time() + self.clock_offset

    def begin(self, request):
        """Gives it a number, and the fault that is due."""
        with self.lock:
            self.requests.append(request)
            request.number = len(self.requests)
            request.nth = sum(r.operation == request.operation for r in self.requests)
        request.fault = self.fault(request) if self.fault else None
        if request.fault not in (None, *FAULTS):
            raise ValueError(f"there is no fault {request.fault!r}")

    def operations(self):
        with self.lock:
            return [r.operation for r in self.requests]

    def transcript(self):
        with self.lock:
            return "\n".join(map(str, self.requests))


class Cut(Exception):
    """The connection ends here."""


class Handler(Operations, http.server.BaseHTTPRequestHandler):
    """One connection: requests, answers, faults."""

    protocol_version = "HTTP/1.1"
    s3 = None
    timeout = 60

    def log_message(self, *args):
        pass

    def date_time_string(self, timestamp=None):
        return time.strftime(HTTP_TIME, time.gmtime(self.s3.now() if timestamp is None else timestamp))

    def handle_expect_100(self):
        return True  # only when the body is wanted

    def serve(self):
        request = self.request_record = Request(self.command, self.path, self.headers)
        self.body_left = int(self.headers.get("Content-Length") or 0)
        try:
            try:
                self.find_names(request)
                request.operation = operation(request)
                self.s3.begin(request)
                self.answer(request)
            except S3Error as error:
                self.send_error_xml(error)
        except (Cut, ConnectionError, socket.timeout, ssl.SSLError):
            self.close_connection = True
        finally:
            if self.s3.on_request:
                self.s3.on_request(request)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = serve

    def find_names(self, request):
        try:
            path = decode_path(request.raw_path)
        except UnicodeDecodeError:
            raise S3Error(400, "InvalidURI", "Couldn't parse the specified URI.") from None
        host = request.header("host").rpartition(":")[0] or request.header("host")
        by_host = next((name for name in self.s3.buckets if host.startswith(name + ".")), None)
        request.bucket, _, request.key = (by_host, "", path[1:]) if by_host else path[1:].partition("/")

    # Faults.

    def answer(self, request):
        fault = request.fault
        if fault == "cut before" or (fault == "cut in body" and not self.body_left):
            self.reset()
        if fault == "hang":
            self.s3.stopping.wait(120)
            raise Cut
        if fault == "cut in body":
            self.read_some(self.body_left // 2)
            self.reset()
        if fault in ANSWERS:
            self.read_all()
            status, code, message = ANSWERS[fault]
            more = {}
            if fault == "other region":
                more = {"Bucket": request.bucket, "Endpoint": f"{request.bucket}.s3.{self.s3.right_region}.amazonaws.com"}
            elif fault == "wrong region":
                more = {"Region": self.s3.right_region}
            raise S3Error(status, code, message, **more)
        if fault == "garbage":
            self.read_all()
            return self.send(200, b"<html><body>Log in to the network</body></html>", {"Content-Type": "text/html"})
        if request.operation == "HeadBucket" and not request.header("authorization"):
            raise S3Error(403, "AccessDenied", "Access Denied")  # its header x-amz-bucket-region is there for anybody
        check(request, self.s3.accounts, self.s3.region, self.s3.now())
        if any(n.startswith("x-amz-server-side-encryption-customer-") for n in request.headers) and not self.s3.url.startswith("https:"):
            raise S3Error(400, "InvalidArgument", "Requests specifying Server Side Encryption with Customer provided keys must be made over a "
                          "secure connection.")
        bucket = self.s3.buckets.get(request.bucket)
        if bucket is None:
            raise S3Error(404, "NoSuchBucket", "The specified bucket does not exist", BucketName=request.bucket)
        if len(request.key.encode()) > 1024:
            raise S3Error(400, "KeyTooLongError", "Your key is too long")
        method = getattr(self, "do_" + request.operation, None)
        if method is None:
            raise S3Error(501, "NotImplemented", "A header or query you provided implies functionality that is not there")
        method(request, bucket)

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        raise Cut

    def read_some(self, size):
        if "100-continue" in self.request_record.header("expect").lower() and self.request_record.sent == 0:
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()
        got = self.rfile.read(size)
        self.request_record.sent += len(got)
        self.body_left -= len(got)
        if len(got) < size:
            raise Cut
        return got

    def read_all(self):
        return self.read_some(self.body_left) if self.body_left else b""

    # Answers.

    def send(self, status, body=b"", headers=None, head_of=None):
        """head_of: the length to state in an answer to HEAD."""
        request = self.request_record
        request.status = status
        if request.fault == "cut after":
            self.reset()
        if self.body_left:  # not read: the rest would be taken for the next request
            self.close_connection = True
        lines = {"x-amz-request-id": f"FAKE{request.number:012d}", "x-amz-bucket-region": self.s3.region, **(headers or {})}
        lines["Content-Length"] = str(len(body) if head_of is None else head_of)
        if status == 204:
            del lines["Content-Length"]
        if self.close_connection:
            lines["Connection"] = "close"
        self.send_response(status)
        for name, value in lines.items():
            self.send_header(name, value)
        self.end_headers()
        self.write(b"" if request.method == "HEAD" else body)

    def end_headers(self):
        """All headers and what follows are one run of bytes, for the faults that cut or slow it."""
        fault = self.request_record.fault
        if fault == "cut in answer" and self.request_record.status is not None and self.request_record.operation not in ("GetObject", "ListObjectsV2"):
            self._headers_buffer = [b"".join(self._headers_buffer)[:60]]
            self.flush_headers()
            self.reset()
        super().end_headers()

    def write(self, body):
        fault = self.request_record.fault
        if fault == "cut in answer":
            self.wfile.write(body[: len(body) // 2])
            raise Cut  # a clean end, so that only the length tells
        if fault == "slow":
            step = max(1, len(body) // 20)
            for at in range(0, len(body), step):
                self.wfile.write(body[at: at + step])
                self.wfile.flush()
                if self.s3.stopping.wait(0.1):
                    raise Cut
            return
        self.wfile.write(body)

    def send_error_xml(self, error):
        self.request_record.code = error.code
        headers = {"Content-Type": "application/xml"}
        if error.code in ("PermanentRedirect", "AuthorizationHeaderMalformed"):
            headers["x-amz-bucket-region"] = error.more.get("Region", self.s3.right_region if error.status == 301 else self.s3.region)
        self.send(error.status, self.error_body(error), headers, head_of=0 if self.command == "HEAD" else None)

    def error_body(self, error):
        pairs = elements(("Code", error.code), ("Message", error.message), *error.more.items(), ("RequestId", f"FAKE{self.request_record.number:012d}"))
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{pairs}</Error>'.encode()

    def send_xml(self, root, *pairs):
        self.send(200, document(root, *pairs), {"Content-Type": "application/xml"})

    def body(self, request):
        """The request's body, compared with the hash that was signed."""
        if "transfer-encoding" in request.headers or "content-length" not in request.headers:
            raise S3Error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
        if self.body_left > 5 << 30:
            raise S3Error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
        signed = request.header("x-amz-content-sha256")
        if signed.startswith("STREAMING-"):
            raise S3Error(501, "NotImplemented", "This fake takes no chunked bodies")
        if signed and signed != UNSIGNED and not re.fullmatch("[0-9a-f]{64}", signed):
            raise S3Error(400, "InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, or a valid sha256 value.")
        body = self.read_all()
        if signed and signed != UNSIGNED and hashlib.sha256(body).hexdigest() != signed:
            raise S3Error(400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
        return body


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--key", default="fake:fake-secret")
    parser.add_argument("--page", type=int, default=1000)
    parser.add_argument("--min-part", type=int, default=MIN_PART)
    parser.add_argument("--rules", type=json.loads, default=[])
    parser.add_argument("--log")
    parser.add_argument("buckets", nargs="+")
    options = parser.parse_args()
    server = S3(*options.buckets, port=options.port, region=options.region, accounts=[Account(*options.key.split(":", 1))],
                page=options.page, min_part=options.min_part)
    rules = [nth(r.get("operation", "*"), r.get("nth", 1), r["fault"], r.get("times", 1)) for r in options.rules]
    server.fault = lambda request: next(filter(None, (rule(request) for rule in rules)), None)
    if options.log:
        log = open(options.log, "w", buffering=1)
        server.on_request = lambda request: print(request, file=log)
    print(server.url, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
