#include "check.h"
#include "store/location.h"
#include "store/s3_config.h"

static JsonDoc *parse(const char *text) {
        AUTO(error_clear) Error err = { 0 };
        JsonDoc *doc = NULL;

        CHECK(json_parse(str_of(text), "config", &doc, &err));
        return doc;
}

static void every_setting_of_veleros_plugin_is_taken(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        Faults faults = { .arena = &arena };
        AUTO_JSON *doc = parse("{\"region\":\"eu-central-1\",\"s3Url\":\"https://s3.example:9000/\","
                               "\"publicUrl\":\"https://public.example\",\"s3ForcePathStyle\":\"true\","
                               "\"insecureSkipTLSVerify\":\"T\",\"kmsKeyId\":\"alias/k\","
                               "\"serverSideEncryption\":\"AES256\",\"checksumAlgorithm\":\"CRC32C\","
                               "\"profile\":\"p\",\"credentialsFile\":\"/c\",\"tagging\":\"a=b&c=\","
                               "\"enableSharedConfig\":\"true\",\"signatureVersion\":\"4\"}");
        S3Config config = s3_config_read(yyjson_doc_get_root(doc), &faults);

        (void) state;
        CHECK_INT(faults.len, 0);
        CHECK(str_equal(config.region, STR("eu-central-1")));
        CHECK(str_equal(config.url, STR("https://s3.example:9000")));
        CHECK(str_equal(config.public_url, STR("https://public.example")));
        CHECK(config.path_style && config.insecure_skip_verify);
        CHECK(str_equal(config.kms_key_id, STR("alias/k")));
        CHECK(str_equal(config.server_side_encryption, STR("AES256")));
        CHECK_INT(config.checksum, S3_CHECKSUM_CRC32C);
        CHECK(str_equal(config.profile, STR("p")) && str_equal(config.credentials_file, STR("/c")));
        CHECK(str_equal(config.tagging, STR("a=b&c=")));
}

static void without_settings_there_are_veleros_defaults(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        Faults faults = { .arena = &arena };
        AUTO_JSON *doc = parse("{\"region\":\"\",\"s3ForcePathStyle\":\"\",\"checksumAlgorithm\":\"\"}");
        S3Config none = s3_config_read(NULL, &faults),
                 empty = s3_config_read(yyjson_doc_get_root(doc), &faults);

        (void) state;
        CHECK_INT(faults.len, 0);
        CHECK_INT(none.checksum, S3_CHECKSUM_CRC32);
        CHECK_INT(empty.checksum, S3_CHECKSUM_NONE);
        CHECK(!empty.path_style && !empty.insecure_skip_verify);
}

static void what_cannot_be_taken_is_refused_with_a_reason(void **state) {
        static const struct {
                const char *config, *message;
        } cases[] = {
                { "{\"regoin\":\"x\"}", "spec.config.regoin: is not a setting of provider \"aws\"" },
                { "{\"s3Url\":\"minio:9000\"}", "spec.config.s3Url: \"minio:9000\" is not an address: it "
                                                "does not start with http:// or https://" },
                { "{\"s3Url\":\"socks5://h\"}",
                  "spec.config.s3Url: is not the address of an S3 server: expected "
                  "http:// or https://" },
                { "{\"s3Url\":\"http://h/bucket\"}",
                  "spec.config.s3Url: has more than scheme, host and port: the bucket's name is "
                  "spec.objectStorage.bucket" },
                { "{\"publicUrl\":\"https://u:p@h\"}",
                  "spec.config.publicUrl: has more than scheme, host and port: the bucket's name is "
                  "spec.objectStorage.bucket" },
                { "{\"s3ForcePathStyle\":\"yes\"}",
                  "spec.config.s3ForcePathStyle: is neither \"true\" nor \"false\"" },
                { "{\"checksumAlgorithm\":\"MD5\"}", "spec.config.checksumAlgorithm: is none of CRC32, "
                                                     "CRC32C, CRC64NVME, SHA1, SHA256 and \"\" (no "
                                                     "checksum)" },
                { "{\"tagging\":\"a\"}", "spec.config.tagging: is not of the form key=value&key=value" },
                { "{\"tagging\":\"a=b c\"}",
                  "spec.config.tagging: has a blank or a byte outside ASCII: escape it as in a URL (%20)" },
                { "{\"tagging\":\"1=&2=&3=&4=&5=&6=&7=&8=&9=&a=&b=\"}",
                  "spec.config.tagging: has more than 10 tags, which is the limit of S3" },
                { "{\"customerKeyEncryptionSecret\":\"name\"}",
                  "spec.config.customerKeyEncryptionSecret: is not of the form secretName/key" },
                { "{\"kmsKeyId\":\"k\",\"customerKeyEncryptionFile\":\"/f\"}",
                  "spec.config: has more than one of kmsKeyId, customerKeyEncryptionFile and "
                  "customerKeyEncryptionSecret" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                Faults faults = { .arena = &arena };
                AUTO_JSON *doc = parse(c->config);

                s3_config_read(yyjson_doc_get_root(doc), &faults);
                CHECK_STR(faults_text(&faults, FAULT_ERROR, &arena).ptr, c->message);
        }
}

static void a_customers_key_may_be_in_a_secret(void **state) {
        AUTO_JSON *doc = parse("{\"customerKeyEncryptionSecret\":\"keys/backup\"}");
        const StoreLocation s3 = { .provider = STR("velero.io/aws"), .config = yyjson_doc_get_root(doc) };
        const StoreLocation folder = { .provider = STR("filesystem"), .config = yyjson_doc_get_root(doc) };
        Str name, key;

        (void) state;
        store_location_customer_secret(&s3, &name, &key);
        CHECK(str_equal(name, STR("keys")) && str_equal(key, STR("backup")));
        store_location_customer_secret(&folder, &name, &key);
        CHECK_INT(name.len + key.len, 0);
}

static void a_location_that_cannot_be_opened_says_why(void **state) {
        static const struct {
                const char *provider, *bucket, *prefix, *config, *credentials, *message;
        } cases[] = {
                { "azure", "b", "", "{}", "",
                  "spec.provider: \"azure\" is not served: there are \"aws\" (S3 and what speaks it) and "
                  "\"filesystem\" (a folder of the server, such as a PVC or an NFS mount)" },
                { "aws", "b/c", "a//b", "{}", "",
                  "spec.objectStorage.bucket: \"b/c\" contains a slash: folders in the bucket are "
                  "spec.objectStorage.prefix; spec.objectStorage.prefix: \"a//b\" has a part that is empty, "
                  "\".\" or \"..\"" },
                { "aws", "arn:aws:s3:eu-west-1:1:accesspoint/a", "", "{}", "",
                  "spec.objectStorage.bucket: \"arn:aws:s3:eu-west-1:1:accesspoint/a\" is an ARN, which is "
                  "not "
                  "supported: give the bucket's name, or the alias of the access point (as AWS shows it, "
                  "NAME-…-s3alias)" },
                { "aws", "b", "", "{\"credentialsFile\":\"/no/such\"}", "",
                  "spec.config.credentialsFile: /no/such: No such file or directory" },
                { "aws", "b", "", "{\"customerKeyEncryptionFile\":\"/no/such\"}", "",
                  "spec.config.customerKeyEncryptionFile: /no/such: No such file or directory" },
                { "aws", "b", "", "{\"customerKeyEncryptionFile\":\"/proc/version\"}", "", NULL },
                { "aws", "b", "", "{\"customerKeyEncryptionFile\":\"/dev/null\"}", "", NULL },
                { "aws", "b", "", "{\"customerKeyEncryptionSecret\":\"name/key\"}", "", NULL },
                { "aws", "b", "", "{\"credentialsFile\":\"/dev/null\"}", "",
                  "/dev/null: there is no profile \"default\"" },
                { "aws", "b", "", "{}", "[other]\naws_access_key_id=a\naws_secret_access_key=b\n",
                  "key \"cloud\" of Secret \"s\": there is no profile \"default\"" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(store_freep) Store *store = NULL;
                AUTO(secret_clear) Secret credentials = secret_copy(str_of(c->credentials));
                AUTO_JSON *doc = parse(c->config);
                const StoreLocation location = { .provider = str_of(c->provider),
                                                 .bucket = str_of(c->bucket),
                                                 .prefix = str_of(c->prefix),
                                                 .config = yyjson_doc_get_root(doc),
                                                 .credentials = credentials,
                                                 .credentials_name =
                                                         credentials.len > 0
                                                                 ? STR("key \"cloud\" of Secret \"s\"")
                                                                 : STR("") };

                CHECK(!store_open_location(&location, NULL, &store, &err));
                CHECK_INT(err.code == ERROR_INVALID || err.code == ERROR_NOT_FOUND, true);
                if (c->message)
                        CHECK_STR(err.message, c->message);
                else
                        CHECK(strstr(err.message, "it needs exactly 32 (also no line end)"));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_setting_of_veleros_plugin_is_taken),
                cmocka_unit_test(without_settings_there_are_veleros_defaults),
                cmocka_unit_test(what_cannot_be_taken_is_refused_with_a_reason),
                cmocka_unit_test(a_customers_key_may_be_in_a_secret),
                cmocka_unit_test(a_location_that_cannot_be_opened_says_why),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
