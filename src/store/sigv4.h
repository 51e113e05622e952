/* sigv4.h - AWS Signature Version 4: who asks, proven without sending the key.
 *
 * Pure.  Path and query are signed as they are sent (S3 does not escape them twice).
 * Source: the AWS documentation's "Signature Version 4 for S3"; the tests hold its examples. */
#pragma once
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "net/http.h"
#include "store/s3_credentials.h"

enum { SIGV4_SIGNED_HEADERS_MAX = 24, SIGV4_QUERY_MAX = 24 };
#define SIGV4_UNSIGNED_PAYLOAD STR("UNSIGNED-PAYLOAD")

typedef struct SigV4Request {
        const char *method;
        Str path;                  /* escaped, starts with '/' */
        Str query;                 /* escaped, "a=1&b=2" in any order, without '?'; at most SIGV4_QUERY_MAX */
        const HttpHeader *headers; /* lower case; all are signed; "host" is one of them */
        size_t header_count;       /* at most SIGV4_SIGNED_HEADERS_MAX */
        Str payload_hash;          /* sigv4_hash of the body, or SIGV4_UNSIGNED_PAYLOAD */
} SigV4Request;

typedef struct SigV4Scope {
        Str region, service;
        int64_t wall_ms; /* the server's clock counts: more than 15 minutes off is refused */
} SigV4Scope;

/* "20130524T000000Z", the value of x-amz-date. */
Str sigv4_time(int64_t wall_ms, Arena *arena);
/* SHA-256 in hexadecimal. */
Str sigv4_hash(Str bytes, Arena *arena);

/* The value of the Authorization header. */
Str sigv4_authorization(const SigV4Request *request, const S3Keys *keys, const SigV4Scope *scope,
                        Arena *arena);
/* The whole query of a URL that works for `seconds` (at most a week) without headers but Host. */
Str sigv4_presigned_query(const SigV4Request *request, const S3Keys *keys, const SigV4Scope *scope,
                          int64_t seconds, Arena *arena);
