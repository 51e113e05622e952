#include "store/s3_credentials.h"

#include "aws_home.h"
#include "moved_clock.h"

typedef struct Variable {
        const char *name, *value;
} Variable;

enum { VARIABLES_MAX = 4 };

static void set_variables(const Variable *variables) {
        for (size_t i = 0; i < VARIABLES_MAX && variables[i].name; i++)
                setenv(variables[i].name, variables[i].value, 1);
}

static S3CredentialsSource given(const char *text, const char *profile) {
        return (S3CredentialsSource) { .file = secret_copy(str_of(text)),
                                       .file_name = STR("Secret \"cloud-credentials\", key \"cloud\""),
                                       .profile = str_of(profile) };
}

static void keys_come_from_the_file_that_was_given(void **state) {
        static const struct {
                const char *text, *profile, *named /* by the environment */, *keys;
        } cases[] = {
                { "[default]\naws_access_key_id=A\naws_secret_access_key=s", "", NULL, "A s " },
                { "[default]\r\naws_access_key_id = A\r\naws_secret_access_key = s/+=\r\naws_session_token = "
                  "t\r\n",
                  "", NULL, "A s/+= t" },
                { "# c\n[default]\nAWS_ACCESS_KEY_ID=A ; mine\nregion = r\naws_secret_access_key=s#1\n", "",
                  NULL, "A s#1 " },
                { "[a]\naws_access_key_id=A\naws_secret_access_key=s\n[b]\naws_access_key_id=B\n"
                  "aws_secret_access_key=t\n",
                  "b", NULL, "B t " },
                { "[profile b]\naws_access_key_id=B\naws_secret_access_key=t\n", "b", "x", "B t " },
                { "[profile\tb]\naws_access_key_id=B\naws_secret_access_key=t\n", "", "b", "B t " },
                { "[default]\naws_access_key_id=A\naws_secret_access_key=s\ncredential_process=p\nrole_arn="
                  "r\n",
                  "", NULL, "A s " },
                { "[default]\naws_access_key_id=A\naws_secret_access_key=s\n[x]\nsource_profile=p\n", "",
                  NULL, "A s " },
                { "[default]\naws_access_key_id=A\n[default]\naws_secret_access_key=s\n", "", NULL, "A s " },
        };

        (void) state;
        setenv("AWS_ACCESS_KEY_ID", "not", 1);
        setenv("AWS_SECRET_ACCESS_KEY", "these", 1);
        FOR_EACH_CASE(cases, c) {
                S3CredentialsSource source = given(c->text, c->profile);

                if (c->named)
                        setenv("AWS_PROFILE", c->named, 1);
                AUTO(s3_credentials_freep) S3Credentials *credentials = open_credentials(&source);
                secret_clear(&source.file);
                check_keys(credentials, c->keys);
                check_keys(credentials, c->keys);
                unsetenv("AWS_PROFILE");
        }
}

#define USE_KEYS                                                                                             \
        ", which is not supported: give it aws_access_key_id and aws_secret_access_key, or role_arn and "    \
        "web_identity_token_file"

static void a_mistake_in_the_file_is_told_at_once_without_what_is_in_it(void **state) {
        static const struct {
                const char *text, *message;
        } cases[] = {
                { "[default]\nhush", "line 2: expected [section] or key = value" },
                { "", " there is no profile \"default\"" }, /* and what the environment has is for others */
                { "aws_access_key_id=A\naws_secret_access_key=s", " there is no profile \"default\"" },
                { "[other]\naws_access_key_id=A\naws_secret_access_key=s",
                  " there is no profile \"default\"" },
                { "[default]\nregion=r",
                  " profile \"default\" has no keys: it needs aws_access_key_id and aws_secret_access_key" },
                { "[default]\naws_access_key_id=A",
                  " profile \"default\" has aws_access_key_id but no aws_secret_access_key" },
                { "[default]\naws_access_key_id=\naws_secret_access_key=s",
                  " profile \"default\" has aws_secret_access_key but no aws_access_key_id" },
                { "[default]\ncredential_process=p", " profile \"default\" has credential_process" USE_KEYS },
                { "[default]\nsource_profile=p\nrole_arn=r\naws_access_key_id=A\naws_secret_access_key=s",
                  " profile \"default\" has source_profile" USE_KEYS },
                { "[default]\ncredential_source=Environment\nrole_arn=r",
                  " profile \"default\" has credential_source" USE_KEYS },
                { "[default]\nsso_session=p", " profile \"default\" has sso_session" USE_KEYS },
                { "[default]\nsso_start_url=p", " profile \"default\" has sso_start_url" USE_KEYS },
                { "[default]\nrole_arn=r",
                  " profile \"default\" has role_arn but no web_identity_token_file" },
                { "[default]\nweb_identity_token_file=/t",
                  " profile \"default\" has web_identity_token_file but no role_arn" },
        };

        (void) state;
        setenv("AWS_ACCESS_KEY_ID", "E", 1);
        setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
        FOR_EACH_CASE(cases, c) {
                S3CredentialsSource source = given(c->text, "");
                AUTO(error_clear) Error err = { 0 };
                S3Credentials *credentials;
                AUTO_FREE char *message = xasprintf("Secret \"cloud-credentials\", key \"cloud\"%s%s",
                                                    c->message[0] == ' ' ? ":" : ", ", c->message);

                CHECK(!s3_credentials_new(&source, &credentials, &err));
                CHECK_STR(err.message, message);
                CHECK_INT(err.code, ERROR_INVALID);
                secret_clear(&source.file);
        }
}

static void keys_that_no_header_can_hold_are_refused_without_being_shown(void **state) {
        S3CredentialsSource source =
                given("[default]\naws_access_key_id=A\naws_secret_access_key=s\naws_session_token=t t", "");
        AUTO(s3_credentials_freep) S3Credentials *credentials = open_credentials(&source);

        (void) state;
        check_no_keys(credentials, ERROR_INVALID,
                      "Secret \"cloud-credentials\", key \"cloud\": the session token has a blank, a control "
                      "character or one outside ASCII in it");
        secret_clear(&source.file);

        setenv("AWS_ACCESS_KEY_ID", "\xc3\xa4", 1);
        setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
        AUTO(s3_credentials_freep)
        S3Credentials *of_environment = open_credentials(&(S3CredentialsSource) { 0 });
        check_no_keys(
                of_environment, ERROR_INVALID,
                "the environment: the access key id has a blank, a control character or one outside ASCII in "
                "it");
}

#define KEYS(id) "aws_access_key_id=" id "\naws_secret_access_key=s\n"

static void without_a_file_the_usual_places_count_in_their_order(void **state) {
        static const struct {
                Variable variables[VARIABLES_MAX];
                const char *credentials, *config, *profile, *keys;
        } cases[] = {
                { { { "AWS_ACCESS_KEY_ID", "E" },
                    { "AWS_SECRET_ACCESS_KEY", "s" },
                    { "AWS_SESSION_TOKEN", "t" } },
                  "[default]\n" KEYS("F"),
                  "",
                  "",
                  "E s t" },
                { { { "AWS_ACCESS_KEY", "E" }, { "AWS_SECRET_KEY", "s" } }, "", "", "", "E s " },
                { { { "AWS_ACCESS_KEY_ID", "E" }, { "AWS_SECRET_ACCESS_KEY", "s" } },
                  "[default]\n" KEYS("F") "[x]\n" KEYS("X"),
                  "",
                  "x",
                  "X s " },
                { { { "AWS_ACCESS_KEY_ID", "E" } }, "[default]\n" KEYS("F"), "", "", "F s " },
                { { { NULL, NULL } }, "[default]\n" KEYS("F"), "[default]\n" KEYS("C"), "", "F s " },
                { { { NULL, NULL } }, "", "[default]\n" KEYS("C"), "", "C s " },
                { { { NULL, NULL } },
                  "[default]\n" KEYS("F"),
                  "[default]\n" KEYS("C") "aws_session_token=t\n",
                  "",
                  "F s " },
                { { { "AWS_PROFILE", "x" } },
                  "[default]\n" KEYS("F") "[profile x]\n" KEYS("no"),
                  "[x]\n" KEYS("no") "[profile x]\n" KEYS("C"),
                  "",
                  "C s " },
                { { { "AWS_PROFILE", "x" } }, "[x]\n" KEYS("X"), "[profile x]\nregion=r\n", "", "X s " },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO_FREE char *credentials_path = write_home_file(".aws/credentials", c->credentials);
                AUTO_FREE char *config_path = write_home_file(".aws/config", c->config);

                set_variables(c->variables);
                AUTO(s3_credentials_freep)
                S3Credentials *credentials =
                        open_credentials(&(S3CredentialsSource) { .profile = str_of(c->profile) });
                check_keys(credentials, c->keys);
                remove_home(NULL);
                make_home(NULL);
        }
}

static void the_environment_is_read_once(void **state) {
        (void) state;
        setenv("AWS_ACCESS_KEY_ID", "E", 1);
        setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
        AUTO(s3_credentials_freep)
        S3Credentials *credentials = open_credentials(&(S3CredentialsSource) { 0 });
        setenv("AWS_ACCESS_KEY_ID", "F", 1);
        check_keys(credentials, "E s ");
}

/* As Velero's plugin does: its own Secret is mounted there, and may be of either kind. */
static void the_file_that_the_environment_names_is_of_either_kind_and_the_only_one(void **state) {
        AUTO_FREE char *path = write_home_file("cloud", "[profile default]\n" KEYS("M"));
        AUTO_FREE char *other = write_home_file(".aws/credentials", "[default]\n" KEYS("F"));

        (void) state;
        setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1);
        setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere", 1);
        setenv("AWS_ROLE_ARN", "r", 1);
        AUTO(s3_credentials_freep)
        S3Credentials *credentials = open_credentials(&(S3CredentialsSource) { 0 });
        check_keys(credentials, "M s ");
}

static void nothing_anywhere_lists_every_place(void **state) {
        static const struct {
                Variable variables[VARIABLES_MAX];
                const char *profile, *message;
        } cases[] = {
                { { { NULL, NULL } },
                  "",
                  "there are no credentials: looked at $AWS_ACCESS_KEY_ID and $AWS_SECRET_ACCESS_KEY (not "
                  "set), "
                  "$AWS_WEB_IDENTITY_TOKEN_FILE (not set), \"HOME/.aws/config\" (no such file), "
                  "\"HOME/.aws/credentials\" (no profile \"default\"), "
                  "$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and $AWS_CONTAINER_CREDENTIALS_FULL_URI (not "
                  "set), "
                  "the metadata of the instance (switched off by $AWS_EC2_METADATA_DISABLED)" },
                { { { "AWS_ACCESS_KEY_ID", "A" }, { "AWS_SHARED_CREDENTIALS_FILE", "/nowhere" } },
                  "",
                  "there are no credentials: looked at $AWS_ACCESS_KEY_ID and $AWS_SECRET_ACCESS_KEY (only "
                  "one of "
                  "them is set), $AWS_WEB_IDENTITY_TOKEN_FILE (not set), \"/nowhere\" (no such file), "
                  "$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and $AWS_CONTAINER_CREDENTIALS_FULL_URI (not "
                  "set), "
                  "the metadata of the instance (switched off by $AWS_EC2_METADATA_DISABLED)" },
                { { { "AWS_WEB_IDENTITY_TOKEN_FILE", "/t" }, { "AWS_SHARED_CREDENTIALS_FILE", "/dev/null" } },
                  "",
                  "there are no credentials: looked at $AWS_ACCESS_KEY_ID and $AWS_SECRET_ACCESS_KEY (not "
                  "set), "
                  "$AWS_WEB_IDENTITY_TOKEN_FILE (passed over because of $AWS_SHARED_CREDENTIALS_FILE), "
                  "\"/dev/null\" (no profile \"default\"), "
                  "$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and $AWS_CONTAINER_CREDENTIALS_FULL_URI (not "
                  "set), "
                  "the metadata of the instance (switched off by $AWS_EC2_METADATA_DISABLED)" },
                { { { "AWS_ACCESS_KEY_ID", "A" }, { "AWS_SECRET_ACCESS_KEY", "s" } },
                  "x",
                  "there is no profile \"x\": looked at \"HOME/.aws/config\" (no such file), "
                  "\"HOME/.aws/credentials\" (no profile \"x\")" },
                { { { NULL, NULL } },
                  "y",
                  "there are no credentials: looked at \"HOME/.aws/config\" (no such file), "
                  "\"HOME/.aws/credentials\" (no keys in profile \"y\"), "
                  "$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and $AWS_CONTAINER_CREDENTIALS_FULL_URI (not "
                  "set), "
                  "the metadata of the instance (switched off by $AWS_EC2_METADATA_DISABLED)" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO_FREE char *path = write_home_file(".aws/credentials", "[y]\nregion = r\n");

                set_variables(c->variables);
                AUTO(s3_credentials_freep)
                S3Credentials *credentials =
                        open_credentials(&(S3CredentialsSource) { .profile = str_of(c->profile) });
                check_no_keys(credentials, ERROR_FORBIDDEN, c->message);
                remove_home(NULL);
                make_home(NULL);
        }
}

static void a_shared_file_that_cannot_be_used_is_an_error(void **state) {
        AUTO_FREE char *path = write_home_file(".aws/credentials", "[default]\nhush\n");
        AUTO(s3_credentials_freep)
        S3Credentials *credentials = open_credentials(&(S3CredentialsSource) { 0 });

        (void) state;
        check_no_keys(credentials, ERROR_INVALID,
                      "\"HOME/.aws/credentials\", line 2: expected [section] or key = value");
        setenv("AWS_SHARED_CREDENTIALS_FILE", home.path, 1);
        AUTO(s3_credentials_freep) S3Credentials *folder = open_credentials(&(S3CredentialsSource) { 0 });
        check_no_keys(folder, ERROR_INVALID, "the credentials file HOME: Is a directory");
}

/* A mounted Secret that was changed. */
static void after_a_refusal_shared_files_are_read_again(void **state) {
        AUTO_FREE char *path = write_home_file(".aws/credentials", "[default]\n" KEYS("A"));
        AUTO(s3_credentials_freep)
        S3Credentials *credentials = open_credentials(&(S3CredentialsSource) { 0 });

        (void) state;
        check_keys(credentials, "A s ");
        AUTO_FREE char *same_path = write_home_file(".aws/credentials", "[default]\n" KEYS("B"));
        s3_credentials_expire(credentials); /* it was for the keys before these */
        check_keys(credentials, "A s ");
        let_pass_ms(1100);
        s3_credentials_expire(credentials);
        check_keys(credentials, "B s ");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_home, remove_home)
        const struct CMUnitTest tests[] = {
                TEST(keys_come_from_the_file_that_was_given),
                TEST(a_mistake_in_the_file_is_told_at_once_without_what_is_in_it),
                TEST(keys_that_no_header_can_hold_are_refused_without_being_shown),
                TEST(without_a_file_the_usual_places_count_in_their_order),
                TEST(the_environment_is_read_once),
                TEST(the_file_that_the_environment_names_is_of_either_kind_and_the_only_one),
                TEST(nothing_anywhere_lists_every_place),
                TEST(a_shared_file_that_cannot_be_used_is_an_error),
                TEST(after_a_refusal_shared_files_are_read_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
