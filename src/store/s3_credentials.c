#include "store/s3_credentials.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "store/s3_credentials_internal.h"

/* Keys are renewed before they expire, so that a request under way is not refused. */
enum { RENEW_BEFORE_MS = 5 * 60 * 1000 };

struct S3Credentials {
        Arena arena;
        S3CredentialsPlaces places; /* constant */
        Mutex lock;                 /* held while keys are fetched: nobody fetches twice */
        S3Keys keys GUARDED_BY(&lock);
        int64_t expires_ms GUARDED_BY(&lock); /* wall; INT64_MAX: never */
        bool has_keys GUARDED_BY(&lock);
};

void s3_keys_clear(S3Keys *keys) {
        secret_clear(&keys->access_key_id);
        secret_clear(&keys->secret_access_key);
        secret_clear(&keys->session_token);
}

S3Keys s3_keys_copy(const S3Keys *keys) {
        return (S3Keys) { secret_copy(secret_reveal(&keys->access_key_id)),
                          secret_copy(secret_reveal(&keys->secret_access_key)),
                          secret_copy(secret_reveal(&keys->session_token)) };
}

void s3_credentials_free(S3Credentials *credentials) {
        if (!credentials)
                return;
        s3_keys_clear(&credentials->keys);
        s3_keys_clear(&credentials->places.file.keys);
        mutex_destroy(&credentials->lock);
        arena_clear(&credentials->arena);
        free(credentials);
}

bool s3_credentials_new(const S3CredentialsSource *source, S3Credentials **ret_credentials, Error *err) {
        AUTO(s3_credentials_freep) S3Credentials *credentials = xnew0(S3Credentials);
        S3CredentialsPlaces *places = &credentials->places;

        mutex_init(&credentials->lock);
        s3_credentials_places(source, &credentials->arena, places);
        if (!secret_is_empty(&source->file) &&
            !s3_credentials_read_given(source, &credentials->arena, places, err))
                return false;
        *ret_credentials = TAKE(credentials);
        return true;
}

bool s3_credentials_get(S3Credentials *credentials, const Stop *stop, S3Keys *ret_keys, Error *err) {
        bool ok = true;

        mutex_lock(&credentials->lock);
        if (!credentials->has_keys || clock_wall_ms() > credentials->expires_ms - RENEW_BEFORE_MS) {
                S3Keys keys = { 0 };
                int64_t expires_ms = INT64_MAX;

                ok = s3_credentials_find(&credentials->places, stop, &keys, &expires_ms, err);
                if (ok) {
                        s3_keys_clear(&credentials->keys);
                        credentials->keys = keys;
                        credentials->expires_ms = expires_ms;
                        credentials->has_keys = true;
                } else if (credentials->has_keys && clock_wall_ms() < credentials->expires_ms &&
                           err->code != ERROR_CANCELED) {
                        error_clear(err); /* the old ones are good for a while */
                        ok = true;
                }
        }
        if (ok)
                *ret_keys = s3_keys_copy(&credentials->keys);
        mutex_unlock(&credentials->lock);
        return ok;
}

void s3_credentials_expire(S3Credentials *credentials) {
        mutex_lock(&credentials->lock);
        credentials->has_keys = false;
        mutex_unlock(&credentials->lock);
}
