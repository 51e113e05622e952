/* s3_internal.h - a bucket, and requests to it.  Private to store/. */
#pragma once
#include <stdatomic.h>

#include "base/thread.h"
#include "net/http.h"
#include "store/s3.h"
#include "store/store_kind.h"

/* Constant once it is open, but for what is said to change. */
typedef struct S3 {
        Store store; /* its name is "s3://bucket/prefix" */
        Arena arena;
        HttpClient *client;
        S3Credentials *credentials;
        Str bucket, prefix; /* the prefix ends with '/' when it is not empty */
        Str host;           /* of the requests, as the Host header has it */
        Str bucket_path;    /* "/bucket" in path style, else "" */
        Str public_url;     /* scheme and host of signed URLs */
        Str public_host;    /* what is signed there */
        bool is_region_given;
        Mutex lock;
        Str region GUARDED_BY(&lock); /* changes when the server names the bucket's */
        atomic_llong skew_ms;         /* what the server's clock is ahead of ours; changes when it says so */
        Str kms_key_id, server_side_encryption, tagging;
        Secret customer_key; /* in base64 */
        Str customer_key_md5;
        S3Checksum checksum;
        size_t part_bytes;
        int64_t retry_ms;
} S3;

typedef enum S3Kept { S3_KEPT_ETAG, S3_KEPT_RANGE, S3_KEPT_DATE, S3_KEPT_REGION } S3Kept;

/* Which of the bucket's options a request carries. */
typedef enum S3Sends {
        S3_SENDS_KEY = 1,    /* the customer's key */
        S3_SENDS_OPTIONS = 2 /* how the new object is kept: encryption, tags */
} S3Sends;

typedef struct S3Call {
        const char *method;
        const char *verb;           /* for messages: "write" */
        Str key;                    /* in the store; empty: the bucket itself */
        Str query;                  /* escaped, without '?' */
        const HttpHeader *extra[3]; /* of its own; NULL: none */
        unsigned sends;             /* S3Sends */
        Str body;
        const Stop *stop;
        int64_t retry_ms;  /* 0: the store's, and five times that for PUT and POST */
        size_t body_limit; /* of the reply */
        int status_taken;  /* besides 2xx, this one is no failure; 0: none */
        const char
                *element; /* what the document of a success holds, for 200 alone does not tell; NULL: none */
        bool needs_etag;  /* a success has an ETag */
        int64_t idle_ms;  /* longest silence of the server; 0: 30 s, but not longer than it is tried */
        bool *was_repeated; /* set when it was sent more than once; may be NULL */
} S3Call;

/* Signs, sends, and repeats what may be over in a moment.  kept[] of the reply is by S3Kept.  Failures are sentences
 * with the verb, the key and the store; no such object: ERROR_NOT_FOUND; changed meanwhile: ERROR_CONFLICT. */
bool s3_call(S3 *s3, const S3Call *call, HttpReply *ret_reply, Error *err) MUST_CHECK;

/* "/bucket/prefix/key", escaped. */
Str s3_path(const S3 *s3, Str key, Arena *arena);
Str s3_region(S3 *s3, Arena *arena);

/* Parts of its StoreKind. */
bool s3_list(Store *store, Str prefix, Arena *arena, Strs *ret_keys, Error *err) MUST_CHECK;
bool s3_list_folders(Store *store, Str prefix, Arena *arena, Strs *ret_names, Error *err) MUST_CHECK;
bool s3_exists(Store *store, Str key, bool *ret_exists, Error *err) MUST_CHECK;
bool s3_sweep(Store *store, Str prefix, int64_t older_ms, Error *err) MUST_CHECK;
bool s3_begin(Store *store, Str key, StoreWriter **ret_writer, Error *err) MUST_CHECK;
bool s3_write(StoreWriter *base, Str bytes, Error *err) MUST_CHECK;
bool s3_finish(StoreWriter *base, Error *err) MUST_CHECK;
void s3_writer_free(StoreWriter *base);
bool s3_read_begin(Store *store, Str key, StoreReader **ret_reader, Error *err) MUST_CHECK;
bool s3_read(StoreReader *base, void *into, size_t size, size_t *ret_size, Error *err) MUST_CHECK;
void s3_reader_free(StoreReader *base);

/* Ends an upload whose id is known; what a stop interrupted is ended too. */
bool s3_abort_upload(S3 *s3, Str key, Str id, Error *err) MUST_CHECK;
