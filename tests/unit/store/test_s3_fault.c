#include "check.h"
#include "store/s3_checksum.h"
#include "store/s3_fault.h"

#define XML(code, message)                                                                                   \
        "<?xml version=\"1.0\"?><Error><Code>" code "</Code><Message>" message "</Message></Error>"

static void what_a_server_refuses_has_a_remedy_and_a_sentence(void **state) {
        static const struct {
                int status;
                const char *body;
                S3Remedy remedy;
                ErrorCode code;
                const char *message;
        } cases[] = {
                { 404, XML("NoSuchKey", "m"), S3_GIVE_UP, ERROR_NOT_FOUND,
                  "there is no such object (NoSuchKey)" },
                { 404, "", S3_GIVE_UP, ERROR_NOT_FOUND, "there is no such object" },
                { 404, XML("NoSuchBucket", "m"), S3_GIVE_UP, ERROR_INVALID,
                  "there is no such bucket: make it, or mend the location's bucket and region "
                  "(NoSuchBucket)" },
                { 404, XML("NoSuchUpload", "m"), S3_GIVE_UP, ERROR_CONFLICT,
                  "somebody else ended the upload (NoSuchUpload)" },
                { 412, XML("PreconditionFailed", "m"), S3_GIVE_UP, ERROR_CONFLICT,
                  "somebody else changed it meanwhile (PreconditionFailed)" },
                { 403, XML("InvalidAccessKeyId", "m"), S3_GIVE_UP, ERROR_FORBIDDEN,
                  "the server does not know the access key (InvalidAccessKeyId)" },
                { 403, XML("SignatureDoesNotMatch", "m"), S3_GIVE_UP, ERROR_FORBIDDEN,
                  "the secret key does not belong to the access key, or a proxy changes requests "
                  "(SignatureDoesNotMatch)" },
                { 403, "", S3_GIVE_UP, ERROR_FORBIDDEN,
                  "access denied: the keys need to list the bucket, to get, put and delete its objects and "
                  "to "
                  "list and abort uploads" },
                { 400, XML("ExpiredToken", "m"), S3_RENEW_KEYS, ERROR_FORBIDDEN,
                  "the credentials have expired (ExpiredToken)" },
                { 403, XML("RequestTimeTooSkewed", "m"), S3_SET_CLOCK, ERROR_FORBIDDEN,
                  "the clocks of this machine and of the server are too far apart: set them right "
                  "(RequestTimeTooSkewed)" },
                { 400, "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>",
                  S3_CHANGE_REGION, ERROR_INVALID,
                  "bucket \"b\" is in region \"eu-west-1\", not \"us-east-1\": set config.region of the "
                  "location" },
                { 301, "", S3_CHANGE_REGION, ERROR_INVALID,
                  "bucket \"b\" is not served from region \"us-east-1\" or under this address: set "
                  "config.region "
                  "and config.s3Url of the location" },
                { 503, XML("SlowDown", "Reduce your request rate."), S3_TRY_AGAIN, ERROR_UNAVAILABLE,
                  "the server answers SlowDown (HTTP status 503): Reduce your request rate" },
                { 502, "<html><body>bad gateway", S3_TRY_AGAIN, ERROR_UNAVAILABLE,
                  "the server answers with HTTP status 502" },
                { 429, "", S3_TRY_AGAIN, ERROR_UNAVAILABLE, "the server answers with HTTP status 429" },
                { 400, XML("BadDigest", ""), S3_TRY_AGAIN, ERROR_UNAVAILABLE,
                  "the server answers BadDigest (HTTP status 400)" },
                { 400, XML("InvalidTag", "odd tag"), S3_GIVE_UP, ERROR_INVALID,
                  "the server answers InvalidTag (HTTP status 400): odd tag" },
                { 501, XML("NotImplemented", "m"), S3_GIVE_UP, ERROR_INVALID,
                  "the server does not know something of this request; without checksums "
                  "(config.checksumAlgorithm: \"\") or tags it may (NotImplemented)" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(error_clear) Error err = { 0 };
                AUTO(http_reply_clear) HttpReply reply = { .status = c->status };

                buf_add(&reply.body, str_of(c->body));
                S3Fault fault = s3_fault_read(&reply, &arena);
                CHECK_INT(s3_fault_remedy(&fault), c->remedy);
                CHECK(!s3_fault_set(&fault, STR("b"), STR("us-east-1"), &err));
                CHECK_STR(err.message, c->message);
                CHECK_INT(err.code, c->code);
        }
}

static void a_long_message_of_a_server_is_cut(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(http_reply_clear) HttpReply reply = { .status = 400 };

        (void) state;
        buf_add(&reply.body, STR("<Error><Code>Odd</Code><Message>"));
        for (int i = 0; i < 1000; i++)
                buf_add_char(&reply.body, 'm');
        buf_add(&reply.body, STR("</Message></Error>"));
        CHECK_INT(s3_fault_read(&reply, &arena).message.len, 300);
}

/* The checksums of "123456789", which every description of them names. */
static void checksums_are_those_of_s3(void **state) {
        static const struct {
                const char *name, *header, *element, *value;
        } cases[] = {
                { "", "", "", "" },
                { "CRC32", "x-amz-checksum-crc32", "ChecksumCRC32", "y/Q5Jg==" },
                { "CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", "4waSgw==" },
                { "CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME", "rosUhgp5mIg=" },
                { "SHA1", "x-amz-checksum-sha1", "ChecksumSHA1", "98O8HYCOBHMq32eZZczDTKeuNEE=" },
                { "SHA256", "x-amz-checksum-sha256", "ChecksumSHA256",
                  "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                S3Checksum checksum = S3_CHECKSUM_NONE;

                CHECK(s3_checksum_parse(str_of(c->name), &checksum));
                CHECK_STR(s3_checksum_name(checksum), c->name);
                CHECK_STR(s3_checksum_header(checksum), c->header);
                CHECK_STR(s3_checksum_element(checksum), c->element);
                CHECK_STR(s3_checksum_of(checksum, STR("123456789"), &arena).ptr, c->value);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_a_server_refuses_has_a_remedy_and_a_sentence),
                cmocka_unit_test(a_long_message_of_a_server_is_cut),
                cmocka_unit_test(checksums_are_those_of_s3),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
