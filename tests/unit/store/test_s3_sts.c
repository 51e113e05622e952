#include "store/s3_sts.h"

#include "check.h"

static void the_address_follows_from_the_region(void **state) {
        static const struct {
                const char *region, *url;
        } cases[] = {
                { "", "https://sts.amazonaws.com" },
                { "eu-west-1", "https://sts.eu-west-1.amazonaws.com" },
                { "us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com" },
                { "cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn" },
                { "us-iso-east-1", "https://sts.us-iso-east-1.c2s.ic.gov" },
                { "us-isob-east-1", "https://sts.us-isob-east-1.sc2s.sgov.gov" },
                { "eusc-de-east-1", "https://sts.eusc-de-east-1.amazonaws.eu" },
                { "a.b", NULL },
                { "a/", NULL },
                { "A", NULL },
                { "a@b", NULL },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(error_clear) Error err = { 0 };
                Str url;

                CHECK_INT(s3_sts_url(str_of(c->region), &arena, &url, &err), c->url != NULL);
                if (c->url)
                        CHECK_TEXT(url, c->url);
                else
                        CHECK_INT(err.code, ERROR_INVALID);
        }
}

static void a_session_has_a_name_in_any_case(void **state) {
        const S3WebIdentity identity = { .role_arn = STR("r/&=") };
        AUTO(buf_clear) Buf form = { 0 };

        (void) state;
        s3_sts_form(&identity, STR("t"), &form);
        CHECK_TEXT(buf_str(&form), "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=r%2F%26%3D"
                                   "&RoleSessionName=grapnel&WebIdentityToken=t");
}

#define CREDENTIALS(parts) "<R><Result><Credentials>" parts "</Credentials></Result></R>"
#define PAIR "<AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"

static void an_answer_gives_keys_or_the_reason(void **state) {
        static const struct {
                int status;
                const char *body, *token;
                int64_t expires_ms;
                ErrorCode code;
                const char *message;
        } cases[] = {
                { 200,
                  CREDENTIALS(PAIR "<SessionToken>\n t "
                                   "</SessionToken><Expiration>1970-01-01T00:00:01.5Z</Expiration>"),
                  "t", 1500, ERROR_NONE, NULL },
                { 200, CREDENTIALS(PAIR), "", INT64_MAX, ERROR_NONE, NULL },
                { 200, CREDENTIALS("<AccessKeyId>A</AccessKeyId>"), NULL, 0, ERROR_CORRUPT,
                  "the token service's answer has no keys" },
                { 200, CREDENTIALS("<SecretAccessKey>A</SecretAccessKey>"), NULL, 0, ERROR_CORRUPT,
                  "the token service's answer has no keys" },
                { 200, CREDENTIALS(PAIR "<Expiration>never</Expiration>"), NULL, 0, ERROR_INVALID,
                  "the end of the keys in the token service's answer: \"never\" is not a time: expected "
                  "one such as 2026-11-22T17:16:34Z" },
                { 200, CREDENTIALS(PAIR "<SessionToken>t t</SessionToken>"), NULL, 0, ERROR_INVALID,
                  "the token service's answer: the session token has a blank, a control character or one "
                  "outside "
                  "ASCII in it" },
                { 200, "hush", NULL, 0, ERROR_CORRUPT,
                  "the token service's answer is not XML: syntax error in line 1" },
                { 403, "<E><Error><Code>AccessDenied</Code><Message>no</Message></Error></E>", NULL, 0,
                  ERROR_FORBIDDEN, "the token service answers with HTTP status 403, AccessDenied: no" },
                { 400, "<E><Error><Code>IDPCommunicationError</Code></Error></E>", NULL, 0, ERROR_UNAVAILABLE,
                  "the token service answers with HTTP status 400, IDPCommunicationError" },
                { 400, "<E><Error><Code>Throttling</Code></Error></E>", NULL, 0, ERROR_UNAVAILABLE,
                  "the token service answers with HTTP status 400, Throttling" },
                { 429, "", NULL, 0, ERROR_UNAVAILABLE, "the token service answers with HTTP status 429" },
                { 301, "<html>", NULL, 0, ERROR_FORBIDDEN, "the token service answers with HTTP status 301" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                S3Found found = { 0 };

                CHECK_INT(s3_sts_answer(c->status, str_of(c->body), &found, &err), c->code == ERROR_NONE);
                CHECK_INT(err.code, c->code);
                if (c->message) {
                        CHECK_STR(err.message, c->message);
                        continue;
                }
                CHECK_TEXT(secret_reveal(&found.keys.access_key_id), "A");
                CHECK_TEXT(secret_reveal(&found.keys.secret_access_key), "s");
                CHECK_TEXT(secret_reveal(&found.keys.session_token), c->token);
                CHECK(found.expires_ms == c->expires_ms);
                s3_keys_clear(&found.keys);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_address_follows_from_the_region),
                cmocka_unit_test(a_session_has_a_name_in_any_case),
                cmocka_unit_test(an_answer_gives_keys_or_the_reason),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
