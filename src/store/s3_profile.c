#include "store/s3_profile.h"

#include "data/ini.h"

static const char *const names[S3_SETTINGS] = {
        [S3_ACCESS_KEY_ID] = "aws_access_key_id",
        [S3_SECRET_ACCESS_KEY] = "aws_secret_access_key",
        [S3_SESSION_TOKEN] = "aws_session_token",
        [S3_ROLE_ARN] = "role_arn",
        [S3_TOKEN_FILE] = "web_identity_token_file",
        [S3_SESSION_NAME] = "role_session_name",
        [S3_REGION] = "region",
        [S3_SOURCE_PROFILE] = "source_profile",
        [S3_CREDENTIAL_SOURCE] = "credential_source",
        [S3_CREDENTIAL_PROCESS] = "credential_process",
        [S3_SSO_SESSION] = "sso_session",
        [S3_SSO_START_URL] = "sso_start_url",
};

typedef struct ProfileReader {
        S3Profile *profile;
        S3FileForm form;
        const char *place;
} ProfileReader;

void s3_profile_clear(S3Profile *profile) {
        for (size_t i = 0; i < S3_SETTINGS; i++)
                secret_clear(&profile->values[i]);
        *profile = (S3Profile) { 0 };
}

static bool is_wanted(const ProfileReader *reader, Str section) {
        const Str prefix = STR("profile");
        Str name = reader->profile->name;
        bool has_prefix = section.len > prefix.len && str_starts_with(section, prefix) &&
                          (section.ptr[prefix.len] == ' ' || section.ptr[prefix.len] == '\t');

        if (has_prefix)
                return reader->form != S3_FILE_CREDENTIALS &&
                       str_equal(str_trim(str_skip(section, prefix.len)), name);
        return str_equal(section, name) &&
               (reader->form != S3_FILE_CONFIG || str_equal(name, STR("default")));
}

static bool see_setting(void *user, Str section, Str key, Str value, Error *err) {
        const ProfileReader *reader = user;
        S3Profile *profile = reader->profile;

        (void) err;
        if (!is_wanted(reader, section))
                return true;
        profile->is_there = true;
        for (size_t i = 0; i < S3_SETTINGS; i++) {
                if (strlen(names[i]) != key.len || strncasecmp(names[i], key.ptr, key.len) != 0)
                        continue;
                secret_clear(&profile->values[i]);
                profile->values[i] = secret_copy(value);
                profile->places[i] = reader->place;
        }
        return true;
}

static void take(S3Profile *profile, S3Profile *from, S3Setting setting) {
        secret_clear(&profile->values[setting]);
        profile->values[setting] = from->values[setting];
        profile->places[setting] = from->places[setting];
        from->values[setting] = (Secret) { 0 };
}

bool s3_profile_add(S3Profile *profile, Str text, S3FileForm form, const char *place, Error *err) {
        AUTO(s3_profile_clear) S3Profile added = { .name = profile->name };
        ProfileReader reader = { .profile = &added, .form = form, .place = place };

        if (!ini_read(text, place, see_setting, &reader, err))
                return false;
        profile->is_there |= added.is_there;
        /* A token belongs to the keys of its own file. */
        bool has_keys =
                s3_profile_has(&added, S3_ACCESS_KEY_ID) || s3_profile_has(&added, S3_SECRET_ACCESS_KEY);
        for (S3Setting i = 0; i < S3_SETTINGS; i++)
                if (i <= S3_SESSION_TOKEN ? has_keys : s3_profile_has(&added, i))
                        take(profile, &added, i);
        return true;
}

static bool lacks(const S3Profile *profile, S3Setting has, S3Setting missing, Error *err) {
        return error_set(err, ERROR_INVALID, "%s: profile \"" STR_FMT "\" has %s but no %s",
                         profile->places[has], STR_ARG(profile->name), names[has], names[missing]);
}

static bool refuse(const S3Profile *profile, S3Setting setting, Error *err) {
        return error_set(err, ERROR_INVALID,
                         "%s: profile \"" STR_FMT
                         "\" has %s, which is not supported: give it aws_access_key_id and "
                         "aws_secret_access_key, or role_arn and web_identity_token_file",
                         profile->places[setting], STR_ARG(profile->name), names[setting]);
}

/* In the order in which AWS's library looks at them. */
bool s3_profile_check(const S3Profile *profile, Error *err) {
        static const S3Setting others[] = { S3_SSO_SESSION, S3_SSO_START_URL, S3_CREDENTIAL_PROCESS };
        bool has_id = s3_profile_has(profile, S3_ACCESS_KEY_ID);

        if (s3_profile_has(profile, S3_SOURCE_PROFILE))
                return refuse(profile, S3_SOURCE_PROFILE, err);
        if (has_id != s3_profile_has(profile, S3_SECRET_ACCESS_KEY))
                return has_id ? lacks(profile, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, err)
                              : lacks(profile, S3_SECRET_ACCESS_KEY, S3_ACCESS_KEY_ID, err);
        if (has_id)
                return true;
        if (s3_profile_has(profile, S3_CREDENTIAL_SOURCE))
                return refuse(profile, S3_CREDENTIAL_SOURCE, err);
        if (s3_profile_has(profile, S3_TOKEN_FILE))
                return s3_profile_has(profile, S3_ROLE_ARN) ||
                       lacks(profile, S3_TOKEN_FILE, S3_ROLE_ARN, err);
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
                if (s3_profile_has(profile, others[i]))
                        return refuse(profile, others[i], err);
        return !s3_profile_has(profile, S3_ROLE_ARN) || lacks(profile, S3_ROLE_ARN, S3_TOKEN_FILE, err);
}
