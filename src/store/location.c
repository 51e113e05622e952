#include "store/location.h"

#include <sys/stat.h>

#include "base/read_file.h"
#include "net/certificate.h"
#include "store/s3.h"
#include "store/s3_config.h"

/* The bytes of an AES-256 key. */
enum { CUSTOMER_KEY = 32, CREDENTIALS_LIMIT = 1024 * 1024, ROOTS_LIMIT = 4 * 1024 * 1024 };

static void check_config(const StoreLocation *location, Faults *faults) {
        Str path = json_get_str(location->config, "path");
        yyjson_obj_iter keys = yyjson_obj_iter_with(location->config);

        for (JsonVal *key; (key = yyjson_obj_iter_next(&keys));) {
                Str name = json_str(key);

                if (!str_equal(name, STR("path")))
                        faults_add(faults, FAULT_ERROR,
                                   str_of(arena_printf(faults->arena, "spec.config." STR_FMT, STR_ARG(name))),
                                   "is not a setting of provider \"filesystem\", which has only \"path\"");
        }
        if (path.len == 0)
                faults_add(faults, FAULT_ERROR, STR("spec.config.path"),
                           "is missing: it names the folder of the server that holds the buckets");
        else if (path.ptr[0] != '/')
                faults_add(faults, FAULT_ERROR, STR("spec.config.path"),
                           "\"" STR_FMT "\" is not an absolute path", STR_ARG(path));
}

/* A bucket is one folder, a prefix may be several; none of them leads elsewhere. */
static void check_folders(Str text, Str path, bool is_one, Faults *faults) {
        Str rest = text, part;

        if (is_one && memchr(text.ptr, '/', text.len))
                faults_add(faults, FAULT_ERROR, path, "\"" STR_FMT "\" contains a slash", STR_ARG(text));
        while (str_cut(&rest, '/', &part))
                if (part.len == 0 || str_equal(part, STR(".")) || str_equal(part, STR("..")))
                        faults_add(faults, FAULT_ERROR, path,
                                   "\"" STR_FMT "\" has a part that is empty, \".\" or \"..\"",
                                   STR_ARG(text));
}

bool store_location_is_folder(const StoreLocation *location) {
        return str_equal(location->provider, STR("filesystem"));
}

static bool is_s3(Str provider) {
        return str_equal(provider, STR("aws")) || str_equal(provider, STR("velero.io/aws"));
}

bool store_provider_check(Str provider, Error *err) {
        return is_s3(provider) || str_equal(provider, STR("filesystem")) ||
               error_set(err, ERROR_INVALID,
                         "\"" STR_FMT "\" is not served: there are \"aws\" (S3 and what speaks it) and "
                         "\"filesystem\" (a folder of "
                         "the server, such as a PVC or an NFS mount)",
                         STR_ARG(provider));
}

static void check_bucket(const StoreLocation *location, Faults *faults) {
        if (str_starts_with(location->bucket, STR("arn:")))
                faults_add(
                        faults, FAULT_ERROR, STR("spec.objectStorage.bucket"),
                        "\"" STR_FMT
                        "\" is an ARN, which is not supported: give the bucket's name, or the alias of the "
                        "access point (as AWS shows it, NAME-…-s3alias)",
                        STR_ARG(location->bucket));
        else if (memchr(location->bucket.ptr, '/', location->bucket.len))
                faults_add(faults, FAULT_ERROR, STR("spec.objectStorage.bucket"),
                           "\"" STR_FMT
                           "\" contains a slash: folders in the bucket are spec.objectStorage.prefix",
                           STR_ARG(location->bucket));
        if (location->prefix.len > 0)
                check_folders(location->prefix, STR("spec.objectStorage.prefix"), false, faults);
}

void store_location_check(const StoreLocation *location, Faults *faults) {
        AUTO(error_clear) Error err = { 0 };

        if (!store_provider_check(location->provider, &err)) {
                faults_add(faults, FAULT_ERROR, STR("spec.provider"), "%s", err.message);
                return;
        }
        if (is_s3(location->provider)) {
                s3_config_read(location->config, faults);
                check_bucket(location, faults);
                return;
        }
        check_config(location, faults);
        if (location->bucket.len > 0)
                check_folders(location->bucket, STR("spec.objectStorage.bucket"), true, faults);
        if (location->prefix.len > 0)
                check_folders(location->prefix, STR("spec.objectStorage.prefix"), false, faults);
}

void store_location_customer_secret(const StoreLocation *location, Str *ret_name, Str *ret_key) {
        AUTO(arena_clear) Arena arena = { 0 };
        Faults faults = { .arena = &arena };
        S3Config config =
                is_s3(location->provider) ? s3_config_read(location->config, &faults) : (S3Config) { 0 };

        *ret_name = config.customer_secret_name;
        *ret_key = config.customer_secret_key;
}

/* Only what is below it is made: backups that land beside a volume that is not mounted are lost with the pod. */
static bool check_path(Str path, Arena *arena, Error *err) {
        struct stat status;

        if (stat(arena_printf(arena, STR_FMT, STR_ARG(path)), &status) == 0 && S_ISDIR(status.st_mode))
                return true;
        return error_set(err, ERROR_UNAVAILABLE,
                         "spec.config.path: there is no folder \"" STR_FMT
                         "\" where the server runs: is its volume mounted?",
                         STR_ARG(path));
}

static bool open_folder(const StoreLocation *location, const Stop *stop, Store **ret_store, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str path = json_get_str(location->config, "path");

        return check_path(path, &arena, err) &&
               store_open_directory(
                       str_of(arena_printf(&arena, STR_FMT "/" STR_FMT "%s" STR_FMT, STR_ARG(path),
                                           STR_ARG(location->bucket), location->prefix.len > 0 ? "/" : "",
                                           STR_ARG(location->prefix))),
                       true, stop, ret_store, err);
}

static bool read_customer_key(const StoreLocation *location, const S3Config *config, Secret *ret_key,
                              Error *err) {
        AUTO(buf_wipe) Buf text = { .limit = 4096 };

        if (config->customer_key_file.len == 0 && config->customer_secret_name.len == 0)
                return true;
        if (config->customer_key_file.len > 0) {
                if (!read_file(config->customer_key_file, &text, err))
                        return error_prefix(err, "spec.config.customerKeyEncryptionFile");
        } else {
                buf_add(&text, secret_reveal(&location->customer_key));
        }
        if (text.len != CUSTOMER_KEY)
                return error_set(err, ERROR_INVALID,
                                 "the customer's key has %zu bytes; it needs exactly %d (also no line end)",
                                 text.len, CUSTOMER_KEY);
        *ret_key = secret_copy(buf_str(&text));
        return true;
}

/* The location's own authority; else what AWS's tools take for theirs; else none: the system's. */
static bool find_roots(const StoreLocation *location, Buf *bundle, Str *ret_pem, Error *err) {
        const char *path = getenv("AWS_CA_BUNDLE");

        *ret_pem = location->ca_pem;
        if (location->ca_pem.len > 0 || !path || !*path)
                return true;
        if (!read_file(str_of(path), bundle, err))
                return error_prefix(err, "$AWS_CA_BUNDLE");
        *ret_pem = buf_str(bundle);
        return certificate_check(*ret_pem, err) || error_prefix(err, "$AWS_CA_BUNDLE: %s", path);
}

/* spec.credential counts, then config.credentialsFile, then what the environment has. */
static bool find_credentials(const StoreLocation *location, const S3Config *config, Str ca_pem,
                             S3Credentials **ret_credentials, Error *err) {
        AUTO(secret_clear) Secret from_file = { 0 };
        AUTO(buf_wipe) Buf text = { .limit = CREDENTIALS_LIMIT };
        S3CredentialsSource source = { .file = location->credentials,
                                       .file_name = location->credentials_name,
                                       .profile = config->profile,
                                       .region = config->region,
                                       .ca_pem = ca_pem };

        if (location->credentials_name.len == 0 && config->credentials_file.len > 0) {
                if (!read_file(config->credentials_file, &text, err))
                        return error_prefix(err, "spec.config.credentialsFile");
                from_file = secret_copy(buf_str(&text));
                source.file = from_file;
                source.file_name = config->credentials_file;
        }
        return s3_credentials_new(&source, ret_credentials, err);
}

static bool open_s3(const StoreLocation *location, const Stop *stop, Store **ret_store, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(secret_clear) Secret customer_key = { 0 };
        AUTO(buf_clear) Buf bundle = { .limit = ROOTS_LIMIT };
        Faults faults = { .arena = &arena };
        S3Config config = s3_config_read(location->config, &faults);
        S3Options options = { .bucket = location->bucket,
                              .prefix = location->prefix,
                              .region = config.region,
                              .url = config.url,
                              .public_url = config.public_url,
                              .path_style = config.path_style,
                              .insecure_skip_verify = config.insecure_skip_verify,
                              .kms_key_id = config.kms_key_id,
                              .server_side_encryption = config.server_side_encryption,
                              .checksum = config.checksum,
                              .tagging = config.tagging,
                              .retry_ms = location->retry_ms };

        if (!read_customer_key(location, &config, &customer_key, err) ||
            !find_roots(location, &bundle, &options.ca_pem, err) ||
            !find_credentials(location, &config, options.ca_pem, &options.credentials, err))
                return false;
        options.customer_key = customer_key;
        return store_open_s3(&options, stop, ret_store, err);
}

bool store_open_location(const StoreLocation *location, const Stop *stop, Store **ret_store, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        Faults faults = { .arena = &arena };

        store_location_check(location, &faults);
        if (!faults_check(&faults, err))
                return false;
        return store_location_is_folder(location) ? open_folder(location, stop, ret_store, err)
                                                  : open_s3(location, stop, ret_store, err);
}

bool store_location_validate(Store *store, Error *err) {
        static const char *const known[] = {
                "backups", "restores", "restic", "metadata", "plugins", "kopia"
        };
        AUTO(arena_clear) Arena arena = { 0 };
        Strs folders = { 0 }, foreign = { 0 };

        if (!store_list_folders(store, STR(""), &arena, &folders, err))
                return false;
        for (size_t i = 0; i < folders.len; i++) {
                bool is_known = false;

                for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++)
                        is_known = is_known || str_equal(folders.items[i], str_of(known[k]));
                if (!is_known)
                        strs_add(&foreign, &arena, folders.items[i]);
        }
        if (foreign.len == 0)
                return true;

        Str names = strs_join(&foreign, STR(", "), &arena);
        return error_set(err, ERROR_INVALID,
                         "\"" STR_FMT "\" holds folders that are not of backups: " STR_FMT
                         "; give the location a prefix or a bucket of its own",
                         STR_ARG(store_name(store)), STR_ARG(names));
}
