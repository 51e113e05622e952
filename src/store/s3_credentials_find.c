#include <stdio.h>

#include "base/mem.h"
#include "base/read_file.h"
#include "data/ini.h"
#include "store/s3_credentials_internal.h"

enum { FILE_LIMIT = 1024 * 1024 };

static Str environment(const char *name, Arena *arena) {
        const char *value = getenv(name); /* once, before there are threads that could change it */

        return value ? arena_copy(arena, str_of(value)) : STR("");
}

static Str first_of(Str a, Str b) {
        return a.len > 0 ? a : b;
}

static Str home_file(const char *name, Arena *arena) {
        Str home = environment("HOME", arena);

        return home.len > 0 ? str_of(arena_printf(arena, STR_FMT "/.aws/%s", STR_ARG(home), name)) : home;
}

static Str container_url(Arena *arena) {
        Str relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", arena);

        return relative.len > 0
                       ? str_of(arena_printf(arena, "http://169.254.170.2" STR_FMT, STR_ARG(relative)))
                       : environment("AWS_CONTAINER_CREDENTIALS_FULL_URI", arena);
}

static Str sts_url(Str region, Arena *arena) {
        Str given = environment("AWS_ENDPOINT_URL_STS", arena);

        if (given.len > 0)
                return given;
        if (region.len == 0)
                return STR("https://sts.amazonaws.com");
        return str_of(arena_printf(arena, "https://sts." STR_FMT ".amazonaws.com%s", STR_ARG(region),
                                   str_starts_with(region, STR("cn-")) ? ".cn" : ""));
}

void s3_credentials_places(const S3CredentialsSource *source, Arena *arena, S3CredentialsPlaces *places) {
        Str profile = first_of(arena_copy(arena, source->profile), environment("AWS_PROFILE", arena));
        Str region = first_of(
                arena_copy(arena, source->region),
                first_of(environment("AWS_REGION", arena), environment("AWS_DEFAULT_REGION", arena)));
        bool is_metadata_off = str_equal(environment("AWS_EC2_METADATA_DISABLED", arena), STR("true"));

        *places = (S3CredentialsPlaces) {
                .is_given = !secret_is_empty(&source->file),
                .profile = first_of(profile, STR("default")),
                .credentials_file = first_of(environment("AWS_SHARED_CREDENTIALS_FILE", arena),
                                             home_file("credentials", arena)),
                .config_file = first_of(environment("AWS_CONFIG_FILE", arena), home_file("config", arena)),
                .role_arn = environment("AWS_ROLE_ARN", arena),
                .token_file = environment("AWS_WEB_IDENTITY_TOKEN_FILE", arena),
                .session_name = first_of(environment("AWS_ROLE_SESSION_NAME", arena), STR("grapnel")),
                .sts_url = sts_url(region, arena),
                .container_url = container_url(arena),
                .container_token_file = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", arena),
                .metadata_url = is_metadata_off
                                        ? STR("")
                                        : first_of(environment("AWS_EC2_METADATA_SERVICE_ENDPOINT", arena),
                                                   STR("http://169.254.169.254")),
        };
}

void s3_profile_clear(S3Profile *profile) {
        s3_keys_clear(&profile->keys);
        *profile = (S3Profile) { 0 };
}

typedef struct ProfileReader {
        Str name;
        Arena *arena;
        S3Profile *profile;
        const char *unsupported; /* a way to keys that is not known here */
} ProfileReader;

static bool is_section(Str section, Str name) {
        if (str_starts_with(section, STR("profile ")))
                section = str_trim(str_skip(section, strlen("profile ")));
        return str_equal(section, name);
}

static bool see_setting(void *user, Str section, Str key, Str value, Error *err) {
        static const char *const unsupported[] = { "credential_process", "source_profile",
                                                   "credential_source", "sso_start_url", "sso_session" };
        ProfileReader *reader = user;
        S3Profile *profile = reader->profile;
        const struct {
                const char *key;
                Secret *secret;
                Str *text;
        } places[] = {
                { "aws_access_key_id", &profile->keys.access_key_id, NULL },
                { "aws_secret_access_key", &profile->keys.secret_access_key, NULL },
                { "aws_session_token", &profile->keys.session_token, NULL },
                { "role_arn", NULL, &profile->role_arn },
                { "web_identity_token_file", NULL, &profile->token_file },
        };

        (void) err;
        if (!is_section(section, reader->name))
                return true;
        profile->is_there = true;
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
                if (strlen(places[i].key) != key.len || strncasecmp(places[i].key, key.ptr, key.len) != 0)
                        continue;
                if (places[i].text) {
                        *places[i].text = arena_copy(reader->arena, value);
                } else {
                        secret_clear(places[i].secret);
                        *places[i].secret = secret_copy(value);
                }
        }
        for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; i++)
                if (str_equal(key, str_of(unsupported[i])))
                        reader->unsupported = unsupported[i];
        return true;
}

static bool check_profile(const ProfileReader *reader, const char *what, Error *err) {
        const S3Keys *keys = &reader->profile->keys;
        bool has_id = !secret_is_empty(&keys->access_key_id);

        if (has_id != !secret_is_empty(&keys->secret_access_key))
                return error_set(err, ERROR_INVALID, "%s: profile \"" STR_FMT "\" has no %s", what,
                                 STR_ARG(reader->name),
                                 has_id ? "aws_secret_access_key" : "aws_access_key_id");
        if (!has_id && reader->profile->token_file.len == 0 && reader->unsupported)
                return error_set(err, ERROR_INVALID,
                                 "%s: profile \"" STR_FMT
                                 "\" gets its keys by %s, which is not known here: give it keys or a "
                                 "web_identity_token_file",
                                 what, STR_ARG(reader->name), reader->unsupported);
        return true;
}

bool s3_profile_read(Str text, const char *what, Str name, Arena *arena, S3Profile *ret_profile, Error *err) {
        AUTO(s3_profile_clear) S3Profile profile = { 0 };
        ProfileReader reader = { .name = name, .arena = arena, .profile = &profile };

        if (!ini_read(text, what, see_setting, &reader, err) || !check_profile(&reader, what, err))
                return false;
        *ret_profile = profile;
        profile = (S3Profile) { 0 };
        return true;
}

static bool has_something(const S3Profile *profile) {
        return !secret_is_empty(&profile->keys.access_key_id) || profile->token_file.len > 0;
}

bool s3_credentials_read_given(const S3CredentialsSource *source, Arena *arena, S3CredentialsPlaces *places,
                               Error *err) {
        AUTO_FREE char *what = xasprintf(STR_FMT, STR_ARG(source->file_name));

        if (!s3_profile_read(secret_reveal(&source->file), what, places->profile, arena, &places->file, err))
                return false;
        return has_something(&places->file) ||
               error_set(err, ERROR_INVALID, "%s: there %s profile \"" STR_FMT "\"%s", what,
                         places->file.is_there ? "are no keys in" : "is no", STR_ARG(places->profile),
                         places->file.is_there ? ": it needs aws_access_key_id and aws_secret_access_key"
                                               : "");
}

static bool from_environment(S3Keys *ret_keys) {
        const char *id = getenv("AWS_ACCESS_KEY_ID"), *key = getenv("AWS_SECRET_ACCESS_KEY");
        const char *token = getenv("AWS_SESSION_TOKEN");

        if (!id || !*id || !key || !*key)
                return false;
        *ret_keys = (S3Keys) { secret_copy(str_of(id)), secret_copy(str_of(key)),
                               token ? secret_copy(str_of(token)) : (Secret) { 0 } };
        return true;
}

static bool from_profile(const S3CredentialsPlaces *places, const S3Profile *profile, const Stop *stop,
                         S3Keys *ret_keys, int64_t *ret_expires_ms, Error *err) {
        S3CredentialsPlaces identity = *places;

        if (!secret_is_empty(&profile->keys.access_key_id)) {
                *ret_keys = s3_keys_copy(&profile->keys);
                return true;
        }
        identity.role_arn = first_of(profile->role_arn, places->role_arn);
        identity.token_file = profile->token_file;
        return s3_credentials_from_web_identity(&identity, stop, ret_keys, ret_expires_ms, err);
}

/* ERROR_NOT_FOUND when the file or the profile in it is not there. */
static bool from_file(const S3CredentialsPlaces *places, Str path, const Stop *stop, S3Keys *ret_keys,
                      int64_t *ret_expires_ms, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_wipe) Buf text = { .limit = FILE_LIMIT };
        AUTO(s3_profile_clear) S3Profile profile = { 0 };
        const char *what = arena_printf(&arena, "\"" STR_FMT "\"", STR_ARG(path));

        if (path.len == 0)
                return error_set(err, ERROR_NOT_FOUND, "no such file");
        if (!read_file(path, &text, err) ||
            !s3_profile_read(buf_str(&text), what, places->profile, &arena, &profile, err))
                return false;
        return has_something(&profile) ? from_profile(places, &profile, stop, ret_keys, ret_expires_ms, err)
                                       : error_set(err, ERROR_NOT_FOUND, "no such profile");
}

static bool nothing(const S3CredentialsPlaces *places, Error *err) {
        AUTO_FREE char *reason = TAKE(err->message);

        *err = (Error) { 0 };
        return error_set(
                err, ERROR_FORBIDDEN,
                "there are no credentials: looked at $AWS_ACCESS_KEY_ID and $AWS_SECRET_ACCESS_KEY, at "
                "profile \"" STR_FMT "\" in \"" STR_FMT "\" and \"" STR_FMT
                "\", at $AWS_WEB_IDENTITY_TOKEN_FILE, at $AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and "
                "$AWS_CONTAINER_CREDENTIALS_FULL_URI, and at the metadata of the instance (%s)",
                STR_ARG(places->profile), STR_ARG(places->credentials_file), STR_ARG(places->config_file),
                reason);
}

bool s3_credentials_find(const S3CredentialsPlaces *places, const Stop *stop, S3Keys *ret_keys,
                         int64_t *ret_expires_ms, Error *err) {
        if (places->is_given)
                return from_profile(places, &places->file, stop, ret_keys, ret_expires_ms, err);
        if (from_environment(ret_keys) ||
            from_file(places, places->credentials_file, stop, ret_keys, ret_expires_ms, err))
                return true;
        if (err->code != ERROR_NOT_FOUND)
                return false;
        error_clear(err);
        if (from_file(places, places->config_file, stop, ret_keys, ret_expires_ms, err))
                return true;
        if (err->code != ERROR_NOT_FOUND)
                return false;
        error_clear(err);
        if (places->token_file.len > 0)
                return s3_credentials_from_web_identity(places, stop, ret_keys, ret_expires_ms, err);
        if (places->container_url.len > 0)
                return s3_credentials_from_container(places, stop, ret_keys, ret_expires_ms, err);
        if (s3_credentials_from_metadata(places, stop, ret_keys, ret_expires_ms, err))
                return true;
        return err->code == ERROR_NOT_FOUND ? nothing(places, err) : false;
}
