#include <stdlib.h>

#include "store/s3_credentials_internal.h"

static Str value_of(const char *name) {
        const char *value = getenv(name);

        return str_of(value ? value : "");
}

static Str variable(const char *name, Arena *arena) {
        return arena_copy(arena, value_of(name));
}

static Str first_of(Str a, Str b) {
        return a.len > 0 ? a : b;
}

static Secret secret_variable(const char *name, const char *old_name) {
        return secret_copy(first_of(value_of(name), old_name ? value_of(old_name) : STR("")));
}

static void add_file(S3CredentialsPlaces *places, Str path, S3FileForm form) {
        if (path.len > 0)
                places->files[places->file_count++] = (S3File) { path, form };
}

static Str home_file(const char *name, Arena *arena) {
        Str home = value_of("HOME");

        return home.len > 0 ? str_of(arena_printf(arena, STR_FMT "/.aws/%s", STR_ARG(home), name)) : STR("");
}

static bool is_true(Str text) {
        return text.len == 4 && strncasecmp(text.ptr, "true", 4) == 0;
}

static Str metadata_url(Arena *arena) {
        Str mode = value_of("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
        bool is_ipv6 = mode.len == 4 && strncasecmp(mode.ptr, "ipv6", 4) == 0;

        if (is_true(value_of("AWS_EC2_METADATA_DISABLED")))
                return STR("");
        return first_of(variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", arena),
                        is_ipv6 ? STR("http://[fd00:ec2::254]") : STR("http://169.254.169.254"));
}

static Str container_url(Arena *arena) {
        Str relative = value_of("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");

        return relative.len > 0
                       ? str_of(arena_printf(arena, "http://169.254.170.2" STR_FMT, STR_ARG(relative)))
                       : variable("AWS_CONTAINER_CREDENTIALS_FULL_URI", arena);
}

/* Velero's plugin reads the file that $AWS_SHARED_CREDENTIALS_FILE names as both kinds. */
static void add_files(S3CredentialsPlaces *places, Arena *arena) {
        Str shared = variable("AWS_SHARED_CREDENTIALS_FILE", arena);

        places->is_file_named = shared.len > 0;
        if (places->is_file_named) {
                add_file(places, shared, S3_FILE_EITHER);
                return;
        }
        add_file(places, first_of(variable("AWS_CONFIG_FILE", arena), home_file("config", arena)),
                 S3_FILE_CONFIG);
        add_file(places, home_file("credentials", arena), S3_FILE_CREDENTIALS);
}

void s3_credentials_places(const S3CredentialsSource *source, Arena *arena, S3CredentialsPlaces *ret_places) {
        Str named = first_of(arena_copy(arena, source->profile), variable("AWS_PROFILE", arena));
        S3CredentialsPlaces places = {
                .is_given = source->file_name.len > 0,
                .profile = first_of(named, STR("default")),
                .is_profile_chosen = source->profile.len > 0,
                .is_profile_named = named.len > 0,
                .environment = { secret_variable("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"),
                                 secret_variable("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY"),
                                 secret_variable("AWS_SESSION_TOKEN", NULL) },
                .region = first_of(
                        arena_copy(arena, source->region),
                        first_of(variable("AWS_REGION", arena), variable("AWS_DEFAULT_REGION", arena))),
                .ca_pem = arena_copy(arena, source->ca_pem),
                .sts_url = variable("AWS_ENDPOINT_URL_STS", arena),
                .container_url = container_url(arena),
                .container_token = secret_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN", NULL),
                .container_token_file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", arena),
                .metadata_url = metadata_url(arena),
        };

        places.web_identity = (S3WebIdentity) { .role_arn = variable("AWS_ROLE_ARN", arena),
                                                .token_file = variable("AWS_WEB_IDENTITY_TOKEN_FILE", arena),
                                                .session_name = variable("AWS_ROLE_SESSION_NAME", arena),
                                                .region = places.region,
                                                .place = STR("$AWS_WEB_IDENTITY_TOKEN_FILE") };
        add_files(&places, arena);
        *ret_places = places;
}

void s3_credentials_places_clear(S3CredentialsPlaces *places) {
        s3_profile_clear(&places->given);
        s3_keys_clear(&places->environment);
        secret_clear(&places->container_token);
        *places = (S3CredentialsPlaces) { 0 };
}
