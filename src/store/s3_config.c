#include "store/s3_config.h"

#include "net/url.h"

enum { TAGS_MAX = 10 };

typedef struct Reader {
        S3Config *config;
        Faults *faults;
        Str path;  /* "spec.config.s3Url" */
        Str value; /* of this key */
} Reader;

static void refuse(const Reader *reader, const char *reason) {
        faults_add(reader->faults, FAULT_ERROR, reader->path, "%s", reason);
}

static void take_url(const Reader *reader, Str *into) {
        AUTO(error_clear) Error err = { 0 };
        Str text = reader->value;
        Url url;

        while (str_ends_with(text, STR("/")))
                text.len--;
        if (!url_parse(text, &url, &err))
                refuse(reader, err.message);
        else if (!str_equal(url.scheme, STR("http")) && !str_equal(url.scheme, STR("https")))
                refuse(reader, "is not the address of an S3 server: expected http:// or https://");
        else if (url.path.len > 0 || url.user_info.len > 0)
                refuse(reader,
                       "has more than scheme, host and port: the bucket's name is spec.objectStorage.bucket");
        else
                *into = text;
}

/* As Go's ParseBool. */
static void take_bool(const Reader *reader, bool *into) {
        static const char *const words[2][6] = { { "0", "f", "F", "false", "False", "FALSE" },
                                                 { "1", "t", "T", "true", "True", "TRUE" } };

        for (size_t i = 0; i < 12; i++)
                if (str_equal(reader->value, str_of(words[i / 6][i % 6]))) {
                        *into = i >= 6;
                        return;
                }
        refuse(reader, "is neither \"true\" nor \"false\"");
}

static void take_checksum(const Reader *reader) {
        if (!s3_checksum_parse(reader->value, &reader->config->checksum))
                refuse(reader, "is none of CRC32, CRC32C, CRC64NVME, SHA1, SHA256 and \"\" (no checksum)");
}

static void take_tagging(const Reader *reader) {
        Str rest = reader->value, pair;
        size_t count = 0;

        while (str_cut(&rest, '&', &pair)) {
                const char *equals = memchr(pair.ptr, '=', pair.len);

                count++;
                if (!equals || equals == pair.ptr)
                        refuse(reader, "is not of the form key=value&key=value");
        }
        if (count > TAGS_MAX)
                refuse(reader, "has more than 10 tags, which is the limit of S3");
        for (size_t i = 0; i < reader->value.len; i++)
                if ((unsigned char) reader->value.ptr[i] <= ' ' ||
                    (unsigned char) reader->value.ptr[i] >= 0x7f) {
                        refuse(reader, "has a blank or a byte outside ASCII: escape it as in a URL (%20)");
                        break;
                }
        reader->config->tagging = reader->value;
}

static void take_customer_secret(const Reader *reader) {
        const char *slash = memchr(reader->value.ptr, '/', reader->value.len);
        size_t len = slash ? (size_t) (slash - reader->value.ptr) : 0;

        if (len == 0 || len + 1 == reader->value.len) {
                refuse(reader, "is not of the form secretName/key");
                return;
        }
        reader->config->customer_secret_name = (Str) { reader->value.ptr, len };
        reader->config->customer_secret_key = str_skip(reader->value, len + 1);
}

static void take(const Reader *reader, Str key) {
        S3Config *config = reader->config;
        const struct {
                const char *key;
                Str *text;
        } texts[] = {
                { "region", &config->region },
                { "kmsKeyId", &config->kms_key_id },
                { "serverSideEncryption", &config->server_side_encryption },
                { "profile", &config->profile },
                { "credentialsFile", &config->credentials_file },
                { "customerKeyEncryptionFile", &config->customer_key_file },
        };

        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
                if (str_equal(key, str_of(texts[i].key))) {
                        *texts[i].text = reader->value;
                        return;
                }
        if (str_equal(key, STR("s3Url")))
                take_url(reader, &config->url);
        else if (str_equal(key, STR("publicUrl")))
                take_url(reader, &config->public_url);
        else if (str_equal(key, STR("s3ForcePathStyle")))
                take_bool(reader, &config->path_style);
        else if (str_equal(key, STR("insecureSkipTLSVerify")))
                take_bool(reader, &config->insecure_skip_verify);
        else if (str_equal(key, STR("customerKeyEncryptionSecret")))
                take_customer_secret(reader);
        else if (str_equal(key, STR("tagging")))
                take_tagging(reader);
        else if (!str_equal(key, STR("enableSharedConfig")) && !str_equal(key, STR("signatureVersion")))
                refuse(reader, "is not a setting of provider \"aws\"");
}

static void check_together(const S3Config *config, Faults *faults) {
        if ((config->kms_key_id.len > 0) + (config->customer_key_file.len > 0) +
                    (config->customer_secret_name.len > 0) >
            1)
                faults_add(faults, FAULT_ERROR, STR("spec.config"),
                           "has more than one of kmsKeyId, customerKeyEncryptionFile and "
                           "customerKeyEncryptionSecret");
}

S3Config s3_config_read(JsonVal *settings, Faults *faults) {
        S3Config config = { .checksum = S3_CHECKSUM_CRC32 };
        yyjson_obj_iter keys = yyjson_obj_iter_with(settings);

        for (JsonVal *key; (key = yyjson_obj_iter_next(&keys));) {
                Str name = json_str(key);
                Reader reader = { &config, faults,
                                  str_of(arena_printf(faults->arena, "spec.config." STR_FMT, STR_ARG(name))),
                                  json_str(yyjson_obj_iter_get_val(key)) };

                /* Only here an empty text says something. */
                if (str_equal(name, STR("checksumAlgorithm")))
                        take_checksum(&reader);
                else if (reader.value.len > 0 || !yyjson_is_str(yyjson_obj_iter_get_val(key)))
                        take(&reader, name);
        }
        check_together(&config, faults);
        return config;
}
