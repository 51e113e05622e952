#include "check.h"
#include "store/sigv4.h"

enum { WHEN_S = 1369353600 }; /* 2013-05-24T00:00:00Z, as in the AWS documentation's examples */

static S3Keys example_keys(void) {
        return (S3Keys) { .access_key_id = secret_copy(STR("AKIAIOSFODNN7EXAMPLE")),
                          .secret_access_key = secret_copy(STR("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")) };
}

static void clear_keys(S3Keys *keys) {
        secret_clear(&keys->access_key_id);
        secret_clear(&keys->secret_access_key);
        secret_clear(&keys->session_token);
}

static const SigV4Scope scope = { STR("us-east-1"), STR("s3"), (int64_t) WHEN_S * 1000 };

#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void requests_are_signed_as_in_the_examples_of_aws(void **state) {
        static const struct {
                SigV4Request request;
                HttpHeader headers[5];
                const char *names, *signature;
        } cases[] = {
                { { .method = "GET", .path = STR("/test.txt"), .header_count = 4 },
                  { { "host", STR("examplebucket.s3.amazonaws.com") },
                    { "x-amz-date", STR("20130524T000000Z") },
                    { "x-amz-content-sha256", STR(EMPTY_HASH) },
                    { "range", STR("bytes=0-9") } },
                  "host;range;x-amz-content-sha256;x-amz-date",
                  "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41" },
                { { .method = "PUT", .path = STR("/test%24file.text"), .header_count = 5 },
                  { { "date", STR("Fri, 24 May 2013 00:00:00 GMT") },
                    { "host", STR("examplebucket.s3.amazonaws.com") },
                    { "x-amz-content-sha256",
                      STR("44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072") },
                    { "x-amz-date", STR("20130524T000000Z") },
                    { "x-amz-storage-class", STR("REDUCED_REDUNDANCY") } },
                  "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                  "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd" },
                { { .method = "GET", .path = STR("/"), .query = STR("lifecycle"), .header_count = 3 },
                  { { "host", STR("examplebucket.s3.amazonaws.com") },
                    { "x-amz-content-sha256", STR(EMPTY_HASH) },
                    { "x-amz-date", STR("20130524T000000Z") } },
                  "host;x-amz-content-sha256;x-amz-date",
                  "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543" },
                { { .method = "GET",
                    .path = STR("/"),
                    .query = STR("prefix=J&max-keys=2"),
                    .header_count = 3 },
                  { { "host", STR("examplebucket.s3.amazonaws.com") },
                    { "x-amz-content-sha256", STR(EMPTY_HASH) },
                    { "x-amz-date", STR("20130524T000000Z") } },
                  "host;x-amz-content-sha256;x-amz-date",
                  "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(clear_keys) S3Keys keys = example_keys();
                SigV4Request request = c->request;

                request.headers = c->headers;
                for (size_t i = 0; i < request.header_count; i++)
                        if (strcmp(request.headers[i].name, "x-amz-content-sha256") == 0)
                                request.payload_hash = request.headers[i].value;
                Str value = sigv4_authorization(&request, &keys, &scope, &arena);
                CHECK_STR(arena_printf(&arena, STR_FMT, STR_ARG(value)),
                          arena_printf(&arena,
                                       "AWS4-HMAC-SHA256 "
                                       "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                                       "SignedHeaders=%s,Signature=%s",
                                       c->names, c->signature));
        }
}

static void a_url_is_signed_as_in_the_example_of_aws(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(clear_keys) S3Keys keys = example_keys();
        const HttpHeader host = { "host", STR("examplebucket.s3.amazonaws.com") };
        const SigV4Request request = { .method = "GET",
                                       .path = STR("/test.txt"),
                                       .headers = &host,
                                       .header_count = 1,
                                       .payload_hash = SIGV4_UNSIGNED_PAYLOAD };

        (void) state;
        CHECK_STR(sigv4_presigned_query(&request, &keys, &scope, 86400, &arena).ptr,
                  "X-Amz-Algorithm=AWS4-HMAC-SHA256"
                  "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                  "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                  "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

static void a_session_token_is_part_of_a_signed_url(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(clear_keys) S3Keys keys = example_keys();
        const HttpHeader host = { "host", STR("h") };
        const SigV4Request request = { .method = "GET",
                                       .path = STR("/k"),
                                       .headers = &host,
                                       .header_count = 1,
                                       .payload_hash = SIGV4_UNSIGNED_PAYLOAD };

        (void) state;
        keys.session_token = secret_copy(STR("to/ken"));
        CHECK(strstr(sigv4_presigned_query(&request, &keys, &scope, 600, &arena).ptr,
                     "&X-Amz-Security-Token=to%2Fken&X-Amz-SignedHeaders=host&X-Amz-Signature="));
}

static void the_hash_is_sha256(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        CHECK_STR(arena_printf(&arena, STR_FMT, STR_ARG(sigv4_hash(STR(""), &arena))), EMPTY_HASH);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(requests_are_signed_as_in_the_examples_of_aws),
                cmocka_unit_test(a_url_is_signed_as_in_the_example_of_aws),
                cmocka_unit_test(a_session_token_is_part_of_a_signed_url),
                cmocka_unit_test(the_hash_is_sha256),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
