"""AWS Signature Version 4 of S3 requests, checked as a server does: by header and by query (presigned).

From AWS's documentation: "Authenticating Requests: Using the Authorization Header" and "… Using Query Parameters".
"""

import calendar
import hashlib
import hmac
import re
import time
import urllib.parse

MAX_SKEW = 15 * 60
UNSIGNED = "UNSIGNED-PAYLOAD"


class S3Error(Exception):
    def __init__(self, status, code, message, **more):
        super().__init__(code)
        self.status, self.code, self.message, self.more = status, code, message, more


class Account:
    def __init__(self, access, secret, token=None):
        self.access, self.secret, self.token = access, secret, token


def quote(text):
    return urllib.parse.quote(text, safe="-_.~")


def parse_query(raw):
    """[(name, value)] in the order sent.  A bare '+' is a space, as S3 takes it."""
    pairs = []
    for piece in raw.split("&") if raw else []:
        name, _, value = piece.partition("=")
        pairs.append((urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(value)))
    return pairs


def decode_path(raw):
    return urllib.parse.unquote_plus(raw, errors="strict")


def canonical_request(request, signed, payload):
    query = sorted((quote(n), quote(v)) for n, v in request.query if n != "X-Amz-Signature")
    headers = "".join(f"{name}:{' '.join(request.header(name).split())}\n" for name in signed)
    return "\n".join([
        request.method, urllib.parse.quote(decode_path(request.raw_path), safe="/-_.~"),
        "&".join(f"{n}={v}" for n, v in query), headers, ";".join(signed), payload,
    ])


def signature(secret, stamp, scope, canonical):
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def parse_stamp(stamp):
    try:
        return calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise S3Error(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header") from None


def check_scope(scope, stamp, region, malformed):
    parts = scope.split("/")
    if len(parts) != 4 or parts[2:] != ["s3", "aws4_request"]:
        raise S3Error(400, malformed, f'the credential scope "{scope}" is not DATE/REGION/s3/aws4_request')
    if parts[0] != stamp[:8]:
        raise S3Error(400, malformed, f'the credential scope has the date "{parts[0]}", the request "{stamp[:8]}"')
    if parts[1] != region:
        raise S3Error(400, malformed, f"the region '{parts[1]}' is wrong; expecting '{region}'", Region=region)


def check(request, accounts, region, now):
    """The Account that signed the request; its header x-amz-content-sha256 is signed with it, but not compared with the body."""
    if "X-Amz-Algorithm" in request.args:
        return check_presigned(request, accounts, region, now)
    if not request.header("authorization"):
        raise S3Error(403, "AccessDenied", "Access Denied")
    return check_header(request, accounts, region, now)


def check_header(request, accounts, region, now):
    found = re.fullmatch(r"AWS4-HMAC-SHA256 +Credential=([^/, ]+)/([^, ]+), *SignedHeaders=([^, ]+), *Signature=([0-9a-f]{64})",
                         request.header("authorization"))
    if not found:
        raise S3Error(400, "AuthorizationHeaderMalformed", "The authorization header is malformed")
    access, scope, signed, sent = found.groups()
    stamp, payload = request.header("x-amz-date"), request.header("x-amz-content-sha256")
    at = parse_stamp(stamp)
    if not payload:
        raise S3Error(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    account = find(accounts, access)
    check_scope(scope, stamp, region, "AuthorizationHeaderMalformed")
    if abs(at - now) > MAX_SKEW:
        raise S3Error(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.",
                      RequestTime=stamp, ServerTime=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)), MaxAllowedSkewMilliseconds="900000")
    check_token(account, request.header("x-amz-security-token"))
    compare(request, account, stamp, scope, signed, payload, sent)
    return account


def check_presigned(request, accounts, region, now):
    malformed = "AuthorizationQueryParametersError"
    args = request.args
    missing = [n for n in ("X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature") if n not in args]
    if missing or args["X-Amz-Algorithm"] != "AWS4-HMAC-SHA256":
        raise S3Error(400, malformed, f"Query-string authentication version 4 needs {', '.join(missing) or 'AWS4-HMAC-SHA256'}")
    if request.header("authorization"):
        raise S3Error(400, "InvalidArgument", "Only one auth mechanism allowed")
    if not re.fullmatch(r"\d{1,6}", args["X-Amz-Expires"]) or not 1 <= int(args["X-Amz-Expires"]) <= 604800:
        raise S3Error(400, malformed, "X-Amz-Expires must be between 1 and 604800 seconds")
    access, _, scope = args["X-Amz-Credential"].partition("/")
    stamp = args["X-Amz-Date"]
    at = parse_stamp(stamp)
    account = find(accounts, access)
    check_scope(scope, stamp, region, malformed)
    if at - now > MAX_SKEW:
        raise S3Error(403, "AccessDenied", "Request is not valid yet")
    if now > at + int(args["X-Amz-Expires"]):
        raise S3Error(403, "AccessDenied", "Request has expired")
    check_token(account, args.get("X-Amz-Security-Token", ""))
    compare(request, account, stamp, scope, args["X-Amz-SignedHeaders"], UNSIGNED, args["X-Amz-Signature"])
    return account


def find(accounts, access):
    for account in accounts:
        if account.access == access:
            return account
    raise S3Error(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", AWSAccessKeyId=access)


def check_token(account, token):
    if (account.token or "") != token:
        raise S3Error(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")


def compare(request, account, stamp, scope, signed, payload, sent):
    names = signed.split(";")
    if names != sorted(names) or any(n != n.lower() for n in names) or "host" not in names:
        raise S3Error(403, "SignatureDoesNotMatch", f'the signed headers "{signed}" are not sorted, lower case and with host')
    unsigned = sorted(n for n in request.headers if n.startswith("x-amz-") and n not in names)
    if unsigned:
        raise S3Error(403, "AccessDenied", "There were headers present in the request which were not signed", HeadersNotSigned=", ".join(unsigned))
    canonical = canonical_request(request, names, payload)
    if not hmac.compare_digest(signature(account.secret, stamp, scope, canonical), sent):
        raise S3Error(403, "SignatureDoesNotMatch",
                      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
                      AWSAccessKeyId=account.access, CanonicalRequest=canonical)
