#include "key_service.h"
#include "store/s3_credentials_internal.h"

enum { HOUR_MS = 60 * 60 * 1000 };

static S3Credentials *usual_credentials(void) {
        return open_credentials(&(S3CredentialsSource) { 0 });
}

/* With ADDRESS for the service's. */
static void check_refused(S3Credentials *credentials, const KeyService *service, ErrorCode code,
                          const char *message) {
        AUTO_FREE char *whole = strdup(message);
        char *mark = strstr(whole, "URL");
        AUTO_FREE char *expected =
                mark ? xasprintf("%.*s%s%s", (int) (mark - whole), whole, service->url, mark + 3)
                     : strdup(whole);

        check_no_keys(credentials, code, expected);
}

static void use_token_service(const KeyService *service, const char *token) {
        AUTO_FREE char *path = write_home_file("token", token);

        setenv("AWS_WEB_IDENTITY_TOKEN_FILE", path, 1);
        setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/r", 1);
        setenv("AWS_ENDPOINT_URL_STS", service->url, 1);
}

static void a_web_identity_of_the_environment_becomes_keys(void **state) {
        KeyService service = { 0 };

        (void) state;
        service.answers[0] =
                (Answer) { .expected = { "POST / HTTP/1.1\r\n",
                                         "\r\nContent-Type: application/x-www-form-urlencoded\r\n",
                                         "\r\n\r\nAction=AssumeRoleWithWebIdentity&Version=2011-06-15"
                                         "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=me"
                                         "&WebIdentityToken=a.b-c%3D" },
                           .body = keys_xml(&service.arena, "W", HOUR_MS) };
        key_service_start(&service);
        use_token_service(&service, "a.b-c=\n");
        setenv("AWS_ROLE_SESSION_NAME", "me", 1);
        setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere",
               1); /* the Secret that the Deployment mounts, if there is one */
        AUTO(s3_credentials_freep) S3Credentials *credentials = usual_credentials();
        check_keys(credentials, "W s t");
        check_keys(credentials, "W s t");
        CHECK_INT(key_service_requests(&service), 1);

        unsetenv("AWS_SHARED_CREDENTIALS_FILE");
        AUTO_FREE char *other = write_home_file(".aws/credentials",
                                                "[default]\naws_access_key_id=F\naws_secret_access_key=s\n");
        AUTO(s3_credentials_freep) S3Credentials *before_files = usual_credentials();
        check_keys(before_files, "W s t");
        key_service_stop(&service);
}

static void a_web_identity_of_a_profile_becomes_keys(void **state) {
        AUTO_FREE char *path = write_home_file("token", "abc");
        AUTO_FREE char *text = xasprintf("[profile x]\nrole_arn = r\nrole_session_name = "
                                         "n\nweb_identity_token_file = %s\nregion=eu-west-1\n",
                                         path);
        KeyService service = { 0 };
        S3CredentialsSource source = { .file = secret_copy(str_of(text)),
                                       .file_name = STR("the Secret"),
                                       .profile = STR("x") };

        (void) state;
        service.answers[0] = (Answer) { .expected = { "&RoleArn=r&RoleSessionName=n&WebIdentityToken=abc" },
                                        .body = keys_xml(&service.arena, "W", HOUR_MS) };
        key_service_start(&service);
        setenv("AWS_ENDPOINT_URL_STS", service.url, 1);
        AUTO(s3_credentials_freep) S3Credentials *credentials = open_credentials(&source);
        check_keys(credentials, "W s t");
        unlink(path);
        AUTO(s3_credentials_freep) S3Credentials *without = open_credentials(&source);
        check_no_keys(without, ERROR_FORBIDDEN,
                      "the Secret: role \"r\": HOME/token: No such file or directory");
        secret_clear(&source.file);
        key_service_stop(&service);
}

static void a_web_identity_that_gives_no_keys_says_why(void **state) {
        static const struct {
                const char *token, *role;
                Answer answer;
                ErrorCode code;
                const char *message;
        } cases[] = {
                { "t",
                  "r",
                  { .status = "400 Bad Request",
                    .body = "<ErrorResponse "
                            "xmlns=\"x\"><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code>"
                            "<Message>No OpenIDConnect provider found</Message></Error></ErrorResponse>" },
                  ERROR_FORBIDDEN,
                  "the token service answers with HTTP status 400, InvalidIdentityToken: No OpenIDConnect "
                  "provider "
                  "found" },
                { "t",
                  "r",
                  { .status = "503 Busy", .body = "busy" },
                  ERROR_UNAVAILABLE,
                  "the token service answers with HTTP status 503" },
                { "t",
                  "r",
                  { .body = "<html>" },
                  ERROR_CORRUPT,
                  "the token service's answer is not XML: no element found in line 1" },
                { " \n", "r", { .body = "" }, ERROR_FORBIDDEN, "HOME/token: the file is empty" },
                { "t",
                  "",
                  { .body = "" },
                  ERROR_FORBIDDEN,
                  "there is a token but no role: set $AWS_ROLE_ARN" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                KeyService service = { .answers[0] = c->answer };
                AUTO_FREE char *message =
                        xasprintf("$AWS_WEB_IDENTITY_TOKEN_FILE: role \"%s\": %s", c->role, c->message);

                key_service_start(&service);
                use_token_service(&service, c->token);
                setenv("AWS_ROLE_ARN", c->role, 1);
                AUTO(s3_credentials_freep) S3Credentials *credentials = usual_credentials();
                check_no_keys(credentials, c->code, message);
                key_service_stop(&service);
        }
}

static void a_token_never_leaves_for_a_host_that_a_region_made_up(void **state) {
        AUTO_FREE char *path = write_home_file("token", "t");
        const S3CredentialsSource source = { .region = STR("evil.example/") };

        (void) state;
        setenv("AWS_WEB_IDENTITY_TOKEN_FILE", path, 1);
        setenv("AWS_ROLE_ARN", "r", 1);
        AUTO(s3_credentials_freep) S3Credentials *credentials = open_credentials(&source);
        check_no_keys(credentials, ERROR_INVALID,
                      "$AWS_WEB_IDENTITY_TOKEN_FILE: role \"r\": \"evil.example/\" is no region of AWS, so "
                      "its token "
                      "service cannot be asked: expected one such as eu-west-1");
}

static void a_container_gets_keys_from_its_service(void **state) {
        static const struct {
                const char *path, *request, *token, *in_file, *header;
        } cases[] = {
                { "/v1/credentials?a=b", "GET /v1/credentials?a=b HTTP/1.1\r\n", "Bearer x", NULL,
                  "\r\nAuthorization: Bearer x\r\n" },
                { "", "GET / HTTP/1.1\r\n", "old", "new\n", "\r\nAuthorization: new\r\n" },
                { "/", "GET / HTTP/1.1\r\n", NULL, NULL, "\r\n" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                KeyService service = { 0 };

                service.answers[0] = (Answer) { .expected = { c->request, c->header },
                                                .body = keys_json(&service.arena, "C", HOUR_MS) };
                key_service_start(&service);
                AUTO_FREE char *url = xasprintf("%s%s", service.url, c->path);
                AUTO_FREE char *path = c->in_file ? write_home_file("token", c->in_file) : NULL;
                setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
                if (c->token)
                        setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", c->token, 1);
                if (path)
                        setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path, 1);
                AUTO(s3_credentials_freep) S3Credentials *credentials = usual_credentials();
                check_keys(credentials, "C s t");
                key_service_stop(&service);
                remove_home(NULL);
                make_home(NULL);
        }
}

static void a_container_that_gets_no_keys_says_why(void **state) {
        static const struct {
                const char *token;
                Answer answer;
                ErrorCode code;
                const char *message;
        } cases[] = {
                { "t",
                  { .status = "404 Not Found", .body = "{}" },
                  ERROR_FORBIDDEN,
                  "the container's service answers with HTTP status 404" },
                { "t",
                  { .status = "429 Too Many", .body = "{}" },
                  ERROR_UNAVAILABLE,
                  "the container's service answers with HTTP status 429" },
                { "t",
                  { .status = "500 Broken", .body = "{}" },
                  ERROR_UNAVAILABLE,
                  "the container's service answers with HTTP status 500" },
                { "t",
                  { .body = "<html>" },
                  ERROR_CORRUPT,
                  "the container's service: the answer is not JSON: unexpected character, expected a valid "
                  "root "
                  "value at byte 0" },
                { "t", { .body = "[]" }, ERROR_CORRUPT, "the container's service: the answer has no keys" },
                { "t",
                  { .body = "{\"AccessKeyId\":\"A\"}" },
                  ERROR_CORRUPT,
                  "the container's service: the answer has no keys" },
                { "t",
                  { .body = "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\",\"Expiration\":\"soon\"}" },
                  ERROR_INVALID,
                  "the container's service: the end of the keys: \"soon\" is not a time: expected "
                  "one such as 2026-11-22T17:16:34Z" },
                { "t",
                  { .body = "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s \"}" },
                  ERROR_INVALID,
                  "the container's service: the secret access key has a blank, a control character or one "
                  "outside "
                  "ASCII in it" },
                { "t\r\nX: y",
                  { .body = "{}" },
                  ERROR_INVALID,
                  "the value of header Authorization has a line break" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                KeyService service = { .answers[0] = c->answer };
                AUTO_FREE char *message = xasprintf("the container's credentials (\"URL\"): %s", c->message);

                key_service_start(&service);
                setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", service.url, 1);
                setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", c->token, 1);
                AUTO(s3_credentials_freep) S3Credentials *credentials = usual_credentials();
                check_refused(credentials, &service, c->code, message);
                key_service_stop(&service);
        }
}

static void a_container_asks_only_nearby_services_in_the_clear(void **state) {
        static const struct {
                const char *url, *token_file, *message;
        } cases[] = {
                { "http://far.invalid/x", NULL,
                  "the container's credentials (\"http://far.invalid/x\"): credentials are asked from "
                  "\"far.invalid\" by https only" },
                { "nonsense", NULL,
                  "the container's credentials (\"nonsense\"): \"nonsense\" is not an address: it does not "
                  "start "
                  "with http:// or https://" },
                { "http://[::1]:1/", "/nowhere",
                  "the container's credentials (\"http://[::1]:1/\"): "
                  "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "
                  "/nowhere: No such file or directory" },
                { "http://localhost:1/", "/nowhere",
                  "the container's credentials (\"http://localhost:1/\"): "
                  "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "
                  "/nowhere: No such file or directory" },
                { "https://far.invalid/", "/nowhere",
                  "the container's credentials (\"https://far.invalid/\"): "
                  "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: /nowhere: No such file or directory" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", c->url, 1);
                if (c->token_file)
                        setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", c->token_file, 1);
                AUTO(s3_credentials_freep) S3Credentials *credentials = usual_credentials();
                check_no_keys(credentials, c->token_file ? ERROR_FORBIDDEN : ERROR_INVALID, c->message);
        }
}

static void use_metadata(const KeyService *service) {
        setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
        setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", service->url, 1);
}

#define PUT_TOKEN                                                                                            \
        { .expected = { "PUT /latest/api/token HTTP/1.1\r\n",                                                \
                        "\r\nX-aws-ec2-metadata-token-ttl-seconds: 21600\r\n" },                             \
          .body = "session" }
#define ROLES                                                                                                \
        { .expected = { "GET /latest/meta-data/iam/security-credentials/ HTTP/1.1\r\n",                      \
                        "\r\nX-aws-ec2-metadata-token: session\r\n" },                                       \
          .body = "my-role\nother\n" }

static void an_instance_gets_keys_of_its_role(void **state) {
        KeyService service = { .answers = { PUT_TOKEN, ROLES } };

        (void) state;
        service.answers[2] = (Answer) {
                .expected = { "GET /latest/meta-data/iam/security-credentials/my-role HTTP/1.1\r\n",
                              "\r\nX-aws-ec2-metadata-token: session\r\n" },
                .body = keys_json(&service.arena, "I", HOUR_MS)
        };
        key_service_start(&service);
        use_metadata(&service);
        AUTO(s3_credentials_freep) S3Credentials *credentials = usual_credentials();
        check_keys(credentials, "I s t");
        CHECK_INT(key_service_requests(&service), 3);
        key_service_stop(&service);
}

#define LOOKED                                                                                               \
        "there are no credentials: looked at $AWS_ACCESS_KEY_ID and $AWS_SECRET_ACCESS_KEY (not set), "      \
        "$AWS_WEB_IDENTITY_TOKEN_FILE (not set), \"HOME/.aws/config\" (no such file), "                      \
        "\"HOME/.aws/credentials\" (no such file), $AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and "             \
        "$AWS_CONTAINER_CREDENTIALS_FULL_URI (not set), the metadata of the instance "

static void an_instance_that_gets_no_keys_says_why(void **state) {
        static const struct {
                Answer answers[3];
                ErrorCode code;
                const char *message;
        } cases[] = {
                { { { .status = "403 Forbidden", .body = "" } },
                  ERROR_FORBIDDEN,
                  LOOKED "(it gives no session, HTTP status 403)" },
                { { PUT_TOKEN, { .status = "404 Not Found", .body = "" } },
                  ERROR_FORBIDDEN,
                  LOOKED "(the instance has no role)" },
                { { PUT_TOKEN, { .body = "\n" } }, ERROR_FORBIDDEN, LOOKED "(the instance has no role)" },
                { { PUT_TOKEN, { .status = "401 Unauthorized", .body = "x" } },
                  ERROR_FORBIDDEN,
                  "the metadata of the instance answers with HTTP status 401" },
                { { PUT_TOKEN, ROLES, { .status = "500 Broken", .body = "x" } },
                  ERROR_UNAVAILABLE,
                  "the metadata of the instance answers with HTTP status 500" },
                { { PUT_TOKEN, ROLES, { .body = "{\"Code\":\"AssumeRoleUnauthorizedAccess\"}" } },
                  ERROR_FORBIDDEN,
                  "the metadata of the instance answers with code \"AssumeRoleUnauthorizedAccess\"" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                KeyService service = { .answers = { c->answers[0], c->answers[1], c->answers[2] } };

                key_service_start(&service);
                use_metadata(&service);
                AUTO(s3_credentials_freep) S3Credentials *credentials = usual_credentials();
                check_no_keys(credentials, c->code, c->message);
                key_service_stop(&service);
        }
}

static void a_machine_without_such_a_service_is_the_end_of_the_search(void **state) {
        KeyService service = { .answers[0] = { .body = "" } };
        AUTO_FREE char *message = NULL;

        (void) state;
        key_service_start(&service);
        use_metadata(&service);
        message = xasprintf(
                LOOKED "(cannot connect to 127.0.0.1:%u: connection refused (is the server running there?))",
                service.server.port);
        AUTO(s3_credentials_freep) S3Credentials *credentials = usual_credentials();
        key_service_stop(&service);
        check_no_keys(credentials, ERROR_FORBIDDEN, message);
}

static void addresses_are_what_the_environment_says(void **state) {
        const S3CredentialsSource source = { .region = STR("") };
        AUTO(arena_clear) Arena arena = { 0 };
        S3CredentialsPlaces places;

        (void) state;
        setenv("AWS_EC2_METADATA_DISABLED", "no", 1);
        setenv("AWS_DEFAULT_REGION", "r1", 1);
        s3_credentials_places(&source, &arena, &places);
        CHECK_TEXT(places.metadata_url, "http://169.254.169.254");
        CHECK_TEXT(places.region, "r1");
        CHECK_INT(places.file_count, 2);
        CHECK_TEXT(places.container_url, "");

        setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6", 1);
        setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x", 1);
        setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/", 1);
        setenv("AWS_REGION", "r2", 1);
        unsetenv("HOME");
        s3_credentials_places(&source, &arena, &places);
        CHECK_TEXT(places.metadata_url, "http://[fd00:ec2::254]");
        CHECK_TEXT(places.container_url, "http://169.254.170.2/v2/x");
        CHECK_TEXT(places.region, "r2");
        CHECK_INT(places.file_count, 0);

        setenv("AWS_EC2_METADATA_DISABLED", "TRUE", 1);
        s3_credentials_places(&source, &arena, &places);
        CHECK_TEXT(places.metadata_url, "");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_home, remove_home)
        const struct CMUnitTest tests[] = {
                TEST(a_web_identity_of_the_environment_becomes_keys),
                TEST(a_web_identity_of_a_profile_becomes_keys),
                TEST(a_web_identity_that_gives_no_keys_says_why),
                TEST(a_token_never_leaves_for_a_host_that_a_region_made_up),
                TEST(a_container_gets_keys_from_its_service),
                TEST(a_container_that_gets_no_keys_says_why),
                TEST(a_container_asks_only_nearby_services_in_the_clear),
                TEST(an_instance_gets_keys_of_its_role),
                TEST(an_instance_that_gets_no_keys_says_why),
                TEST(a_machine_without_such_a_service_is_the_end_of_the_search),
                TEST(addresses_are_what_the_environment_says),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
