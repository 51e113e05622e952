/* s3.h - a Store in a bucket: S3 as AWS, MinIO, Ceph and others speak it.
 *
 * Requests are signed here (SigV4).  An object of unknown size goes up in parts; nothing is visible before
 * store_finish, and parts of an upload that failed are aborted, also those of dead processes at the next opening.
 * Answers 429, 5xx and broken connections are tried again with back-off.
 * Source: spec/backup-behaviour.md 7.2. */
#pragma once
#include "store/s3_credentials.h"
#include "store/store.h"

/* Besides none, those that S3 defines. */
typedef enum S3Checksum {
        S3_CHECKSUM_NONE,
        S3_CHECKSUM_CRC32,
        S3_CHECKSUM_CRC32C,
        S3_CHECKSUM_SHA1,
        S3_CHECKSUM_SHA256
} S3Checksum;

typedef struct S3Options {  /* everything is borrowed during store_open_s3 only, but for `credentials` */
        Str bucket, prefix; /* prefix: no slash at either end; empty: the whole bucket */
        Str region;         /* empty: asked from AWS for the bucket; "us-east-1" with a url */
        Str url;            /* https://host[:port]; empty: AWS's for the region */
        Str public_url;     /* used in signed URLs instead of `url` */
        bool path_style;    /* https://host/bucket/key, else https://bucket.host/key */
        bool insecure_skip_verify;
        Str ca_pem;
        S3Credentials *credentials; /* taken over, also when opening fails */
        Str kms_key_id, server_side_encryption;
        Secret customer_key; /* SSE-C: 32 bytes, or empty */
        S3Checksum checksum;
        Str tagging;       /* "k=v&k2=v2", escaped */
        size_t part_bytes; /* 0: 5 MiB, which grows for very large objects so that 10,000 parts are enough */
        int64_t retry_ms;  /* how long one request is tried; 0: 60 s */
} S3Options;

bool store_open_s3(const S3Options *options, const Stop *stop, Store **ret_store, Error *err) MUST_CHECK;
