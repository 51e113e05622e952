/* s3_credentials_internal.h - the places where credentials may be.  Private to store/. */
#pragma once
#include "base/arena.h"
#include "base/strs.h"
#include "store/s3_credentials.h"

/* What a profile of a file says. */
typedef struct S3Profile {
        bool is_there;
        S3Keys keys;              /* owned */
        Str role_arn, token_file; /* in the arena; a web identity */
} S3Profile;

/* The environment, as it was when the credentials were made; text lives in their arena. */
typedef struct S3CredentialsPlaces {
        bool is_given; /* a file: nothing else counts */
        S3Profile file;
        Str profile, region;
        Str credentials_file, config_file; /* the shared ones */
        Str role_arn, token_file, session_name, sts_url;
        Str container_url, container_token_file;
        Str metadata_url; /* empty: it is disabled */
} S3CredentialsPlaces;

void s3_credentials_places(const S3CredentialsSource *source, Arena *arena, S3CredentialsPlaces *places);
bool s3_credentials_read_given(const S3CredentialsSource *source, Arena *arena, S3CredentialsPlaces *places,
                               Error *err) MUST_CHECK;
/* The keys of the first place that has some, and when they expire (wall, INT64_MAX: never). */
bool s3_credentials_find(const S3CredentialsPlaces *places, const Stop *stop, S3Keys *ret_keys,
                         int64_t *ret_expires_ms, Error *err) MUST_CHECK;

/* A file's profile; not there is no failure. */
bool s3_profile_read(Str text, const char *what, Str name, Arena *arena, S3Profile *ret_profile, Error *err)
        MUST_CHECK;
void s3_profile_clear(S3Profile *profile);

S3Keys s3_keys_copy(const S3Keys *keys);

/* From servers; false with ERROR_NOT_FOUND when nobody answers there. */
bool s3_credentials_from_web_identity(const S3CredentialsPlaces *places, const Stop *stop, S3Keys *ret_keys,
                                      int64_t *ret_expires_ms, Error *err) MUST_CHECK;
bool s3_credentials_from_container(const S3CredentialsPlaces *places, const Stop *stop, S3Keys *ret_keys,
                                   int64_t *ret_expires_ms, Error *err) MUST_CHECK;
bool s3_credentials_from_metadata(const S3CredentialsPlaces *places, const Stop *stop, S3Keys *ret_keys,
                                  int64_t *ret_expires_ms, Error *err) MUST_CHECK;
