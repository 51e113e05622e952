/* s3_credentials.h - who we are for a bucket, found as Velero's AWS plugin finds it, and renewed before it expires.
 *
 * In order: the credentials file given (with `profile`), environment, web identity token, shared credentials and config
 * files, ECS and EC2 metadata.  May be used from many threads: one of them renews, 5 minutes ahead, while the others use
 * the old keys.  The environment is read once, in s3_credentials_new.  Secrets stay in Secret, and out of errors.
 * Source: spec/backup-behaviour.md 7.2. */
#pragma once
#include "base/cleanup.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/stop.h"

typedef struct S3Keys {
        Secret access_key_id, secret_access_key;
        Secret session_token; /* empty: none */
} S3Keys;
void s3_keys_clear(S3Keys *keys);

typedef struct S3Credentials S3Credentials;

typedef struct S3CredentialsSource {
        Secret file; /* text of a credentials file (ini) */
        Str file_name; /* of it, for messages: "Secret \"cloud-credentials\", key \"cloud\""; empty: the usual places */
        Str profile; /* empty: $AWS_PROFILE, else "default" */
        Str region;  /* for the token service; may be empty */
        Str ca_pem;  /* trusted beside the system's roots; may be empty */
} S3CredentialsSource;

/* Nothing is fetched yet; a file is parsed at once, so that a mistake in it is told here. */
bool s3_credentials_new(const S3CredentialsSource *source, S3Credentials **ret_credentials, Error *err)
        MUST_CHECK;
void s3_credentials_free(S3Credentials *credentials);
DEFINE_AUTO(S3Credentials, s3_credentials_free)

/* Copies; clear them.  ERROR_FORBIDDEN lists every place that was looked at when there is nothing. */
bool s3_credentials_get(S3Credentials *credentials, const Stop *stop, S3Keys *ret_keys, Error *err)
        MUST_CHECK;
/* The server refused them as expired: the next get fetches new ones. */
void s3_credentials_expire(S3Credentials *credentials);
