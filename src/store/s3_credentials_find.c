#include <unistd.h>

#include "base/mem.h"
#include "base/read_file.h"
#include "store/s3_credentials_internal.h"

enum { FILE_LIMIT = 1024 * 1024 };

typedef struct Search {
        const S3CredentialsPlaces *places;
        const Stop *stop;
        Arena arena;
        Buf looked; /* where there was nothing, and why: "$A and $B (not set), …" */
        S3Found found;
        bool is_found;
} Search;

static void search_clear(Search *search) {
        buf_clear(&search->looked);
        arena_clear(&search->arena);
}

static void add_looked(Search *search, const char *place, const char *reason) {
        buf_printf(&search->looked, "%s%s (%s)", search->looked.len > 0 ? ", " : "", place, reason);
}

static bool found(Search *search, bool ok) {
        search->is_found = ok;
        return ok;
}

static bool from_profile(Search *search, const S3Profile *profile, Error *err) {
        Str region = search->places->region;

        if (!s3_profile_check(profile, err))
                return false;
        if (s3_profile_has(profile, S3_ACCESS_KEY_ID)) {
                const S3Keys keys = { profile->values[S3_ACCESS_KEY_ID],
                                      profile->values[S3_SECRET_ACCESS_KEY],
                                      profile->values[S3_SESSION_TOKEN] };

                if (!s3_keys_check(&keys, profile->places[S3_ACCESS_KEY_ID], err))
                        return false;
                search->found = (S3Found) { s3_keys_copy(&keys), INT64_MAX };
                return found(search, true);
        }
        if (!s3_profile_has(profile, S3_TOKEN_FILE))
                return true;
        const S3WebIdentity identity = {
                .role_arn = secret_reveal(&profile->values[S3_ROLE_ARN]),
                .token_file = secret_reveal(&profile->values[S3_TOKEN_FILE]),
                .session_name = secret_reveal(&profile->values[S3_SESSION_NAME]),
                .region = region.len > 0 ? region : secret_reveal(&profile->values[S3_REGION]),
                .place = str_of(profile->places[S3_TOKEN_FILE]),
        };
        return found(search,
                     s3_ask_token_service(search->places, &identity, search->stop, &search->found, err));
}

static bool look_at_environment(Search *search, Error *err) {
        const S3Keys *keys = &search->places->environment;
        bool has_id = !secret_is_empty(&keys->access_key_id);
        bool has_secret = !secret_is_empty(&keys->secret_access_key);

        if (search->places->is_profile_chosen)
                return true;
        if (has_id && has_secret) {
                if (!s3_keys_check(keys, "the environment", err))
                        return false;
                search->found = (S3Found) { s3_keys_copy(keys), INT64_MAX };
                return found(search, true);
        }
        add_looked(search, "$AWS_ACCESS_KEY_ID and $AWS_SECRET_ACCESS_KEY",
                   has_id || has_secret ? "only one of them is set" : "not set");
        return true;
}

static bool is_there(const S3File *file) {
        AUTO_FREE char *path = xasprintf(STR_FMT, STR_ARG(file->path));

        return access(path, F_OK) == 0;
}

/* As for Velero's plugin a file that the environment names counts more; unlike there, only when it is there: the Secret that
 * is mounted for the server may be missing, and then the service account's role counts. */
static bool look_at_web_identity(Search *search, Error *err) {
        const S3CredentialsPlaces *places = search->places;
        const S3WebIdentity *identity = &places->web_identity;

        if (places->is_profile_chosen)
                return true;
        if (identity->token_file.len > 0 && !(places->is_file_named && is_there(&places->files[0])))
                return found(search,
                             s3_ask_token_service(places, identity, search->stop, &search->found, err));
        add_looked(search, "$AWS_WEB_IDENTITY_TOKEN_FILE",
                   identity->token_file.len == 0 ? "not set"
                                                 : "passed over because of $AWS_SHARED_CREDENTIALS_FILE");
        return true;
}

static bool add_file(Search *search, const S3File *file, S3Profile *profile, Error *err) {
        AUTO(buf_wipe) Buf text = { .limit = FILE_LIMIT };
        AUTO(error_clear) Error missing = { 0 };
        const char *place = arena_printf(&search->arena, "\"" STR_FMT "\"", STR_ARG(file->path));
        bool was_there = profile->is_there;

        if (!read_file(file->path, &text, &missing)) {
                if (missing.code != ERROR_NOT_FOUND)
                        return error_set(err, missing.code, "the credentials file %s", missing.message);
                add_looked(search, place, "no such file");
                return true;
        }
        profile->is_there = false;
        if (!s3_profile_add(profile, buf_str(&text), file->form, place, err))
                return false;
        add_looked(search, place,
                   arena_printf(&search->arena, "no %sprofile \"" STR_FMT "\"",
                                profile->is_there ? "keys in " : "", STR_ARG(profile->name)));
        profile->is_there |= was_there;
        return true;
}

static bool look_at_files(Search *search, Error *err) {
        const S3CredentialsPlaces *places = search->places;
        AUTO(s3_profile_clear) S3Profile profile = { .name = places->profile };

        for (size_t i = 0; i < places->file_count; i++)
                if (!add_file(search, &places->files[i], &profile, err))
                        return false;
        if (places->is_profile_named && !profile.is_there)
                return error_set(err, ERROR_FORBIDDEN,
                                 "there is no profile \"" STR_FMT "\": looked at " STR_FMT,
                                 STR_ARG(places->profile), STR_ARG(buf_str(&search->looked)));
        return from_profile(search, &profile, err);
}

static bool look_at_container(Search *search, Error *err) {
        const S3CredentialsPlaces *places = search->places;

        if (places->container_url.len > 0)
                return found(search, s3_ask_container(places, search->stop, &search->found, err));
        add_looked(search, "$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and $AWS_CONTAINER_CREDENTIALS_FULL_URI",
                   "not set");
        return true;
}

static bool look_at_metadata(Search *search, Error *err) {
        const S3CredentialsPlaces *places = search->places;
        AUTO(error_clear) Error missing = { 0 };

        if (places->metadata_url.len == 0) {
                add_looked(search, "the metadata of the instance",
                           "switched off by $AWS_EC2_METADATA_DISABLED");
                return true;
        }
        if (s3_ask_metadata(places, search->stop, &search->found, &missing))
                return found(search, true);
        if (missing.code != ERROR_NOT_FOUND)
                return error_set(err, missing.code, "%s", missing.message);
        add_looked(search, "the metadata of the instance", missing.message);
        return true;
}

static bool look(Search *search, Error *err) {
        static bool (*const looks[])(Search *search, Error *err) = {
                look_at_environment, look_at_web_identity, look_at_files, look_at_container, look_at_metadata,
        };

        for (size_t i = 0; i < sizeof looks / sizeof *looks && !search->is_found; i++)
                if (!looks[i](search, err))
                        return false;
        return search->is_found ||
               error_set(err, ERROR_FORBIDDEN, "there are no credentials: looked at " STR_FMT,
                         STR_ARG(buf_str(&search->looked)));
}

bool s3_credentials_find(const S3CredentialsPlaces *places, const Stop *stop, S3Found *ret_found,
                         Error *err) {
        AUTO(search_clear) Search search = { .places = places, .stop = stop };

        if (places->is_given ? !from_profile(&search, &places->given, err) : !look(&search, err))
                return false;
        *ret_found = search.found;
        return true;
}
