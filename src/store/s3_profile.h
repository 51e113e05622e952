/* s3_profile.h - what AWS credentials and config files say of one profile.
 *
 * Values are secrets until it is known what they are.  What cannot be used here is refused, not passed over: Velero's plugin
 * would be somebody else with it.  A `= { 0 }` profile with a name is empty. */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "base/secret.h"

typedef enum S3FileForm {
        S3_FILE_EITHER,      /* what Velero gets as "credentials" may be either */
        S3_FILE_CREDENTIALS, /* [x] */
        S3_FILE_CONFIG,      /* [profile x], [default] */
} S3FileForm;

typedef enum S3Setting {
        S3_ACCESS_KEY_ID,
        S3_SECRET_ACCESS_KEY,
        S3_SESSION_TOKEN,
        S3_ROLE_ARN,
        S3_TOKEN_FILE,
        S3_SESSION_NAME,
        S3_REGION,
        S3_SOURCE_PROFILE,
        S3_CREDENTIAL_SOURCE,
        S3_CREDENTIAL_PROCESS,
        S3_SSO_SESSION,
        S3_SSO_START_URL,
        S3_SETTINGS,
} S3Setting;

typedef struct S3Profile {
        Str name; /* borrowed */
        bool is_there;
        Secret values[S3_SETTINGS];      /* owned */
        const char *places[S3_SETTINGS]; /* the file that says it; in the arena */
} S3Profile;

/* Adds what `text` says; it counts more than what was added before.  `place` names the file. */
bool s3_profile_add(S3Profile *profile, Str text, S3FileForm form, const char *place, Error *err) MUST_CHECK;
void s3_profile_clear(S3Profile *profile);

static inline bool s3_profile_has(const S3Profile *profile, S3Setting setting) {
        return !secret_is_empty(&profile->values[setting]);
}

/* ERROR_INVALID for half of a pair, and for a way to keys that is not known here; names setting and place.  What is left has
 * keys, or a role with a token file, or nothing. */
bool s3_profile_check(const S3Profile *profile, Error *err) MUST_CHECK;
