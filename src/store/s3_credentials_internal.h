/* s3_credentials_internal.h - the places where credentials may be, and what is found there.  Private to store/. */
#pragma once
#include <stdint.h>

#include "base/arena.h"
#include "store/s3_credentials.h"
#include "store/s3_profile.h"

/* A token that the cluster signed, for a role that trusts it. */
typedef struct S3WebIdentity {
        Str role_arn, token_file;
        Str session_name; /* empty: a usual one */
        Str region;       /* of the token service; may be empty */
        Str place;        /* where this was said, for messages */
} S3WebIdentity;

typedef struct S3File {
        Str path;
        S3FileForm form;
} S3File;

enum { S3_FILES_MAX = 2 };

/* The environment as it was when the credentials were made; text lives in their arena. */
typedef struct S3CredentialsPlaces {
        bool is_given; /* a file: no other place counts */
        S3Profile given;
        Str profile;
        bool is_profile_chosen; /* for the location: it counts before the environment */
        bool is_profile_named;  /* there or by $AWS_PROFILE: it has to be there */
        S3Keys environment;
        S3WebIdentity web_identity; /* of the environment; no token_file: none */
        S3File files[S3_FILES_MAX]; /* later ones count more */
        size_t file_count;
        bool is_file_named;  /* by $AWS_SHARED_CREDENTIALS_FILE */
        Str region, sts_url; /* may be empty */
        Str ca_pem;
        Str container_url; /* empty: none */
        Secret container_token;
        Str container_token_file;
        Str metadata_url; /* empty: switched off */
} S3CredentialsPlaces;

void s3_credentials_places(const S3CredentialsSource *source, Arena *arena, S3CredentialsPlaces *ret_places);
void s3_credentials_places_clear(S3CredentialsPlaces *places);

typedef struct S3Found {
        S3Keys keys;
        int64_t expires_ms; /* clock_wall_ms; INT64_MAX: never */
} S3Found;

S3Keys s3_keys_copy(const S3Keys *keys);
/* All go into headers: ERROR_INVALID when one has a character that none can have. */
bool s3_keys_check(const S3Keys *keys, const char *place, Error *err) MUST_CHECK;

/* The keys of the first place that has some. */
bool s3_credentials_find(const S3CredentialsPlaces *places, const Stop *stop, S3Found *ret_found, Error *err)
        MUST_CHECK;

bool s3_ask_token_service(const S3CredentialsPlaces *places, const S3WebIdentity *identity, const Stop *stop,
                          S3Found *ret_found, Error *err) MUST_CHECK;
bool s3_ask_container(const S3CredentialsPlaces *places, const Stop *stop, S3Found *ret_found, Error *err)
        MUST_CHECK;
/* ERROR_NOT_FOUND when there is no such service here, or no role for this instance. */
bool s3_ask_metadata(const S3CredentialsPlaces *places, const Stop *stop, S3Found *ret_found, Error *err)
        MUST_CHECK;
