/* s3_fault.h - what an S3 server's refusal means: try again, mend something first, or give up with a sentence.
 *
 * Pure.  Private to store/. */
#pragma once
#include "net/http.h"

typedef struct S3Fault {
        int status;
        Str code, message; /* as the server wrote them, printable and short; code is "" when it wrote none */
        Str region;        /* where the bucket is, when the server said so */
} S3Fault;

typedef enum S3Remedy {
        S3_GIVE_UP,
        S3_TRY_AGAIN,     /* after a pause */
        S3_RENEW_KEYS,    /* the credentials have expired */
        S3_SET_CLOCK,     /* the signature's time is too far from the server's */
        S3_CHANGE_REGION, /* the bucket is in fault.region */
} S3Remedy;

/* From the body of a reply that is no success; text lives in the arena. */
S3Fault s3_fault_read(const HttpReply *reply, Arena *arena);
S3Remedy s3_fault_remedy(const S3Fault *fault);
/* The sentence for it, after "write "key" in "s3://bucket": "; always false. */
bool s3_fault_set(const S3Fault *fault, Str bucket, Str region, Error *err);
