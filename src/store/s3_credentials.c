#include "store/s3_credentials.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "store/s3_credentials_internal.h"

enum {
        RENEW_BEFORE_MS = 5 * 60 * 1000, /* so that a request under way is not refused */
        RETRY_MS = 30 * 1000, /* when a renewal did not help, and the old keys are good for a while */
        FRESH_MS = 1000,      /* a refusal right after a renewal was an answer to the keys before it */
        WAIT_STEP_MS = 100,
};

/* Who we are now. */
typedef struct KeyState {
        S3Found found;
        bool has_keys;
        bool is_refused;       /* by the server, as expired */
        int64_t obtained_ms;   /* clock_ms */
        int64_t not_before_ms; /* of the next renewal ahead of time; clock_ms */
} KeyState;

struct S3Credentials {
        Arena arena;
        S3CredentialsPlaces places; /* constant */

        Mutex lock;
        Cond renewed;
        KeyState state GUARDED_BY(&lock);
        bool is_renewing GUARDED_BY(&lock); /* one thread does, without the lock */
        unsigned failures GUARDED_BY(&lock);
        Error failure GUARDED_BY(&lock); /* the last one */
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

static bool is_printable(const Secret *secret) {
        Str text = secret_reveal(secret);

        for (size_t i = 0; i < text.len; i++)
                if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
                        return false;
        return true;
}

bool s3_keys_check(const S3Keys *keys, const char *place, Error *err) {
        const struct {
                const char *name;
                const Secret *secret;
        } parts[] = {
                { "access key id", &keys->access_key_id },
                { "secret access key", &keys->secret_access_key },
                { "session token", &keys->session_token },
        };

        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
                if (!is_printable(parts[i].secret))
                        return error_set(
                                err, ERROR_INVALID,
                                "%s: the %s has a blank, a control character or one outside ASCII in it",
                                place, parts[i].name);
        return true;
}

void s3_credentials_free(S3Credentials *credentials) {
        if (!credentials)
                return;
        s3_keys_clear(&credentials->state.found.keys);
        error_clear(&credentials->failure);
        s3_credentials_places_clear(&credentials->places);
        cond_destroy(&credentials->renewed);
        mutex_destroy(&credentials->lock);
        arena_clear(&credentials->arena);
        free(credentials);
}

static bool read_given(S3Credentials *credentials, const S3CredentialsSource *source, Error *err) {
        S3Profile *profile = &credentials->places.given;
        const char *place = arena_printf(&credentials->arena, STR_FMT, STR_ARG(source->file_name));

        profile->name = credentials->places.profile;
        if (!s3_profile_add(profile, secret_reveal(&source->file), S3_FILE_EITHER, place, err) ||
            !s3_profile_check(profile, err))
                return false;
        if (!profile->is_there)
                return error_set(err, ERROR_INVALID, "%s: there is no profile \"" STR_FMT "\"", place,
                                 STR_ARG(profile->name));
        return s3_profile_has(profile, S3_ACCESS_KEY_ID) || s3_profile_has(profile, S3_TOKEN_FILE) ||
               error_set(err, ERROR_INVALID,
                         "%s: profile \"" STR_FMT
                         "\" has no keys: it needs aws_access_key_id and aws_secret_access_key",
                         place, STR_ARG(profile->name));
}

bool s3_credentials_new(const S3CredentialsSource *source, S3Credentials **ret_credentials, Error *err) {
        AUTO(s3_credentials_freep) S3Credentials *credentials = xnew0(S3Credentials);

        mutex_init(&credentials->lock);
        cond_init(&credentials->renewed);
        s3_credentials_places(source, &credentials->arena, &credentials->places);
        if (credentials->places.is_given && !read_given(credentials, source, err))
                return false;
        *ret_credentials = TAKE(credentials);
        return true;
}

static bool is_ending(int64_t expires_ms) {
        return expires_ms != INT64_MAX && clock_wall_ms() >= expires_ms - RENEW_BEFORE_MS;
}

typedef enum Turn { TURN_READY, TURN_RENEW, TURN_FAILED } Turn;

static bool is_usable(const KeyState *state) {
        return state->has_keys && !state->is_refused && clock_wall_ms() < state->found.expires_ms;
}

static bool is_due(const KeyState *state) {
        return !is_usable(state) ||
               (is_ending(state->found.expires_ms) && clock_ms() >= state->not_before_ms);
}

/* Whoever finds a renewal due and nobody at it, does it.  The others take the old keys, or wait when there are none. */
static Turn take_turn(S3Credentials *credentials, const Stop *stop, Error *err) {
        Turn turn = TURN_READY;

        mutex_lock(&credentials->lock);
        unsigned failures = credentials->failures;
        while (is_due(&credentials->state)) {
                if (credentials->failures != failures) {
                        error_set(err, credentials->failure.code, "%s", credentials->failure.message);
                        turn = TURN_FAILED; /* what failed for one just now need not fail for all, one by one */
                        break;
                }
                if (!credentials->is_renewing) {
                        credentials->is_renewing = true;
                        turn = TURN_RENEW;
                        break;
                }
                if (is_usable(&credentials->state))
                        break;
                if (!stop_check(stop, err)) {
                        turn = TURN_FAILED;
                        break;
                }
                cond_wait_until(&credentials->renewed, &credentials->lock, clock_ms() + WAIT_STEP_MS);
        }
        mutex_unlock(&credentials->lock);
        return turn;
}

static void replace(KeyState *state, S3Found fresh) {
        int64_t now_ms = clock_ms();

        s3_keys_clear(&state->found.keys);
        *state = (KeyState) { .found = fresh, .has_keys = true, .obtained_ms = now_ms };
        if (is_ending(fresh.expires_ms)) /* a place that gives the same keys until the last moment */
                state->not_before_ms = now_ms + RETRY_MS;
}

/* By the one thread that set is_renewing. */
static bool renew(S3Credentials *credentials, const Stop *stop, Error *err) {
        S3Found fresh = { 0 };
        bool ok = s3_credentials_find(&credentials->places, stop, &fresh, err);

        mutex_lock(&credentials->lock);
        if (ok) {
                replace(&credentials->state, fresh);
        } else if (err->code != ERROR_CANCELED && is_usable(&credentials->state)) {
                credentials->state.not_before_ms = clock_ms() + RETRY_MS;
                error_clear(err);
                ok = true;
        } else if (err->code != ERROR_CANCELED) { /* which is the wish of this caller alone */
                error_clear(&credentials->failure);
                error_set(&credentials->failure, err->code, "%s", err->message);
                credentials->failures++;
        }
        credentials->is_renewing = false;
        cond_broadcast(&credentials->renewed);
        mutex_unlock(&credentials->lock);
        return ok;
}

bool s3_credentials_get(S3Credentials *credentials, const Stop *stop, S3Keys *ret_keys, Error *err) {
        Turn turn = take_turn(credentials, stop, err);

        if (turn == TURN_FAILED || (turn == TURN_RENEW && !renew(credentials, stop, err)))
                return false;
        mutex_lock(&credentials->lock);
        *ret_keys = s3_keys_copy(&credentials->state.found.keys);
        mutex_unlock(&credentials->lock);
        return true;
}

void s3_credentials_expire(S3Credentials *credentials) {
        mutex_lock(&credentials->lock);
        KeyState *state = &credentials->state;
        if (state->has_keys && clock_ms() - state->obtained_ms >= FRESH_MS)
                state->is_refused = true;
        mutex_unlock(&credentials->lock);
}
