/* s3.h - a Store in a bucket: S3 as AWS, MinIO, Ceph and others speak it.
 *
 * Requests are signed here (SigV4).  An object of unknown size goes up in parts; nothing is visible before
 * store_finish, and the parts of an upload that failed are aborted.  What may be over in a moment (429, 5xx, a broken
 * connection) is tried again with back-off, as long as `retry_ms`, and what is written five times as long: an hour of work
 * may hang on it.  An object is read in pieces, all of the same
 * version.  A bucket has no locks: the server's Lease sees to it that a name has one writer.
 * Memory: a part for each writer, 4 MiB for each reader.  Source: spec/backup-behaviour.md 7.2. */
#pragma once
#include "store/s3_checksum.h"
#include "store/s3_credentials.h"
#include "store/store.h"

typedef struct S3Options {  /* everything is borrowed during store_open_s3 only, but for `credentials` */
        Str bucket, prefix; /* prefix: no slash at either end; empty: the whole bucket */
        Str region;         /* empty: asked from AWS for the bucket; with a url the server tells it */
        Str url;            /* https://host[:port]; empty: AWS's for the region */
        Str public_url;     /* used in signed URLs instead of `url` */
        bool path_style;    /* https://host/bucket/key, else https://bucket.host/key */
        bool insecure_skip_verify;
        Str ca_pem;
        S3Credentials *credentials; /* taken over, also when opening fails */
        Str kms_key_id, server_side_encryption;
        Secret customer_key; /* SSE-C: 32 bytes, or empty; borrowed */
        S3Checksum checksum;
        Str tagging;       /* "k=v&k2=v2", escaped */
        size_t part_bytes; /* 0: 5 MiB, which grows for very large objects so that 10,000 parts are enough */
        int64_t retry_ms;  /* how long one request is tried; 0: 60 s */
} S3Options;

bool store_open_s3(const S3Options *options, const Stop *stop, Store **ret_store, Error *err) MUST_CHECK;
