/* aws_home.h - an environment in which nothing says who we are, with a home of its own. */
#pragma once
#include <stdio.h>

#include "base/mem.h"
#include "scratch.h"
#include "store/s3_credentials.h"

static Scratch home;

/* For every test: whatever one of them has set is gone in the next. */
static inline int make_home(void **state) {
        static const char *const names[] = {
                "AWS_ACCESS_KEY_ID",
                "AWS_ACCESS_KEY",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_SECRET_KEY",
                "AWS_SESSION_TOKEN",
                "AWS_PROFILE",
                "AWS_REGION",
                "AWS_DEFAULT_REGION",
                "AWS_SHARED_CREDENTIALS_FILE",
                "AWS_CONFIG_FILE",
                "AWS_ROLE_ARN",
                "AWS_ROLE_SESSION_NAME",
                "AWS_WEB_IDENTITY_TOKEN_FILE",
                "AWS_ENDPOINT_URL_STS",
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
        };

        (void) state;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                unsetenv(names[i]);
        setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
        home = scratch_new();
        setenv("HOME", home.path, 1);
        return 0;
}

static inline int remove_home(void **state) {
        (void) state;
        scratch_clear(&home);
        return 0;
}

/* Its path; free it. */
static inline char *write_home_file(const char *name, const char *text) {
        AUTO_FREE char *folder = xasprintf("%s/.aws", home.path);
        char *path = xasprintf("%s/%s", home.path, name);

        mkdir(folder, 0700);
        FILE *file = fopen(path, "w");
        CHECK(file != NULL);
        fputs(text, file);
        fclose(file);
        return path;
}

static inline S3Credentials *open_credentials(const S3CredentialsSource *source) {
        AUTO(error_clear) Error err = { 0 };
        S3Credentials *credentials = NULL;

        if (!s3_credentials_new(source, &credentials, &err))
                fail_msg("%s", err.message);
        return credentials;
}

/* "id secret token", as they are now. */
static inline void check_keys(S3Credentials *credentials, const char *expected) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(s3_keys_clear) S3Keys keys = { 0 };

        if (!s3_credentials_get(credentials, NULL, &keys, &err))
                fail_msg("%s", err.message);
        AUTO_FREE char *text = xasprintf(
                STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(secret_reveal(&keys.access_key_id)),
                STR_ARG(secret_reveal(&keys.secret_access_key)), STR_ARG(secret_reveal(&keys.session_token)));
        CHECK_STR(text, expected);
}

/* HOME in `message` stands for the home's path. */
static inline void check_no_keys(S3Credentials *credentials, ErrorCode code, const char *message) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf told = { 0 };
        S3Keys keys;

        CHECK(!s3_credentials_get(credentials, NULL, &keys, &err));
        for (const char *at = err.message; *at;) {
                bool is_home = strncmp(at, home.path, strlen(home.path)) == 0;

                buf_add(&told, is_home ? STR("HOME") : (Str) { at, 1 });
                at += is_home ? strlen(home.path) : 1;
        }
        buf_add_char(&told, '\0');
        CHECK_STR(told.ptr, message);
        CHECK_INT(err.code, code);
}
