#include "kube/credentials.h"

#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/read_file.h"
#include "base/thread.h"
#include "data/base64.h"
#include "kube/exec_plugin.h"
#include "net/url.h"

enum {
        TOKEN_FILE_MAX = 1024 * 1024,
        REREAD_MS = 60 * 1000, /* a file system may not show a change in the times of a file */
        FRESH_MS = 5 * 1000,   /* a 401 right after a renewal was an answer to the credential before it */
        WAIT_STEP_MS = 100,
};

/* What identifies us now. */
typedef struct CredentialState {
        Secret token, cert_pem, key_pem;
        int64_t expires_ms;  /* clock_wall_ms; 0: never */
        int64_t obtained_ms; /* clock_ms */
        int64_t changed_ms;  /* when the token last became another; clock_ms */
        bool is_there, is_stale /* the server did not take it */;
        struct stat file; /* of the token file when it was read */
} CredentialState;

struct Credentials {
        const KubeConfig *config;
        Arena arena;
        HttpHeader *headers; /* constant */
        size_t header_count;
        Secret basic; /* the value of Authorization, in `headers` */

        Mutex lock;
        Cond renewed;
        CredentialState state GUARDED_BY(&lock);
        bool is_renewing GUARDED_BY(&lock);  /* one thread does, without the lock; the others wait */
        unsigned renewals GUARDED_BY(&lock); /* ended, well or not */
        Error failure GUARDED_BY(&lock);     /* of the last one */
};

static void add_header(Credentials *credentials, const char *name, Str value) {
        credentials->headers[credentials->header_count++] = (HttpHeader) { name, value };
}

static void add_basic(Credentials *credentials) {
        const KubeConfig *config = credentials->config;
        Str password = secret_reveal(&config->password);
        AUTO(buf_clear) Buf plain = { 0 };
        AUTO(buf_clear) Buf value = { 0 };

        buf_add(&plain, config->username);
        buf_add_char(&plain, ':');
        buf_add(&plain, password);
        buf_add(&value, STR("Basic "));
        base64_encode(buf_str(&plain), &value);
        credentials->basic = secret_copy(buf_str(&value));
        explicit_bzero(plain.ptr, plain.capacity);
        explicit_bzero(value.ptr, value.capacity);
        add_header(credentials, "Authorization", secret_reveal(&credentials->basic));
}

static void add_impersonation(Credentials *credentials) {
        const KubeConfig *config = credentials->config;

        if (config->impersonate_user.len)
                add_header(credentials, "Impersonate-User", config->impersonate_user);
        if (config->impersonate_uid.len)
                add_header(credentials, "Impersonate-Uid", config->impersonate_uid);
        for (size_t i = 0; i < config->impersonate_groups.len; i++)
                add_header(credentials, "Impersonate-Group", config->impersonate_groups.items[i]);
        for (size_t i = 0; i < config->impersonate_extra_len; i++) {
                const ImpersonateExtra *extra = &config->impersonate_extra[i];
                AUTO(buf_clear) Buf key = { 0 };

                url_escape(extra->key, &key); /* the server undoes it: a header's name cannot hold a '/' */
                add_header(credentials,
                           arena_printf(&credentials->arena, "Impersonate-Extra-" STR_FMT,
                                        STR_ARG(buf_str(&key))),
                           extra->value);
        }
}

Credentials *credentials_new(const KubeConfig *config) {
        Credentials *credentials = xnew0(Credentials);
        size_t most = 3 + config->impersonate_groups.len + config->impersonate_extra_len;

        credentials->config = config;
        mutex_init(&credentials->lock);
        cond_init(&credentials->renewed);
        credentials->headers = arena_alloc(&credentials->arena, most * sizeof *credentials->headers);
        if (config->username.len)
                add_basic(credentials);
        add_impersonation(credentials);
        return credentials;
}

static void state_clear(CredentialState *state) {
        secret_clear(&state->token);
        secret_clear(&state->cert_pem);
        secret_clear(&state->key_pem);
        *state = (CredentialState) { 0 };
}

void credentials_free(Credentials *credentials) {
        if (!credentials)
                return;
        state_clear(&credentials->state);
        error_clear(&credentials->failure);
        secret_clear(&credentials->basic);
        arena_clear(&credentials->arena);
        cond_destroy(&credentials->renewed);
        mutex_destroy(&credentials->lock);
        free(credentials);
}

const HttpHeader *credentials_headers(const Credentials *credentials, size_t *ret_count) {
        *ret_count = credentials->header_count;
        return credentials->headers;
}

static bool uses_file(const KubeConfig *config) {
        return config->token_file.len > 0; /* kubectl: before a token that the kubeconfig holds itself */
}

static bool uses_plugin(const KubeConfig *config) {
        return config->exec.is_set && !uses_file(config) && secret_is_empty(&config->token);
}

static bool stat_token(const KubeConfig *config, struct stat *ret_stat) {
        AUTO_FREE char *path = xasprintf(STR_FMT, STR_ARG(config->token_file));

        return stat(path, ret_stat) == 0;
}

static bool has_changed(const struct stat *a, const struct stat *b) {
        return a->st_ino != b->st_ino || a->st_dev != b->st_dev || a->st_size != b->st_size ||
               a->st_mtim.tv_sec != b->st_mtim.tv_sec || a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

static bool needs_renewal(const KubeConfig *config, const CredentialState *state) {
        struct stat file;

        if (!uses_file(config) && !uses_plugin(config))
                return false;
        if (!state->is_there || state->is_stale)
                return true;
        if (uses_plugin(config))
                return state->expires_ms && clock_wall_ms() >= state->expires_ms;
        return clock_ms() - state->obtained_ms >= REREAD_MS ||
               (stat_token(config, &file) && has_changed(&file, &state->file));
}

static bool read_token(const KubeConfig *config, CredentialState *state, Error *err) {
        AUTO(buf_clear) Buf text = { .limit = TOKEN_FILE_MAX };

        if (!stat_token(config, &state->file))
                state->file = (struct stat) { 0 };
        bool ok = read_file(config->token_file, &text, err) || error_prefix(err, "the token file");
        Str token = ok ? str_trim(buf_str(&text)) : STR("");
        if (ok && token.len == 0)
                ok = error_set(err, ERROR_FORBIDDEN, "the token file " STR_FMT " is empty",
                               STR_ARG(config->token_file));
        if (ok)
                state->token = secret_copy(token);
        if (text.ptr)
                explicit_bzero(text.ptr, text.capacity);
        return ok;
}

static bool ask_plugin(const KubeConfig *config, const Stop *stop, CredentialState *state, Error *err) {
        PluginCredential credential;

        if (!exec_plugin_run(config, stop, &credential, err))
                return false;
        state->token = credential.token;
        state->cert_pem = credential.cert_pem;
        state->key_pem = credential.key_pem;
        state->expires_ms = credential.expires_ms;
        return true;
}

static void replace_state(CredentialState *state, CredentialState fresh) {
        int64_t now = clock_ms();
        bool is_same =
                state->is_there && str_equal(secret_reveal(&state->token), secret_reveal(&fresh.token));

        fresh.is_there = true;
        fresh.obtained_ms = now;
        fresh.changed_ms = is_same ? state->changed_ms : now;
        state_clear(state);
        *state = fresh;
}

/* By the one thread that set is_renewing. */
static bool renew(Credentials *credentials, const Stop *stop, Error *err) {
        const KubeConfig *config = credentials->config;
        CredentialState fresh = { 0 };
        bool ok = uses_file(config) ? read_token(config, &fresh, err) : ask_plugin(config, stop, &fresh, err);

        mutex_lock(&credentials->lock);
        error_clear(&credentials->failure);
        if (ok)
                replace_state(&credentials->state, fresh);
        else if (uses_file(config) && credentials->state.is_there) {
                /* A file that is being replaced: the token that we have may still be good, as in kubectl. */
                credentials->state.obtained_ms = clock_ms();
                credentials->state.is_stale = false;
                error_clear(err);
                ok = true;
        } else
                error_set(&credentials->failure, err->code, "%s", err->message);
        credentials->is_renewing = false;
        credentials->renewals++;
        cond_broadcast(&credentials->renewed);
        mutex_unlock(&credentials->lock);
        return ok;
}

typedef enum Turn { TURN_READY, TURN_RENEW, TURN_FAILED } Turn;

/* Waits while another thread renews; TURN_RENEW: it is for the caller to do. */
static Turn take_turn(Credentials *credentials, const Stop *stop, Error *err) {
        Turn turn = TURN_READY;

        mutex_lock(&credentials->lock);
        unsigned renewals = credentials->renewals;
        while (needs_renewal(credentials->config, &credentials->state)) {
                if (credentials->renewals != renewals && credentials->failure.code != ERROR_NONE) {
                        error_set(err, credentials->failure.code, "%s", credentials->failure.message);
                        turn = TURN_FAILED; /* what failed for one just now need not fail for all, one by one */
                        break;
                }
                if (!credentials->is_renewing) {
                        credentials->is_renewing = true;
                        turn = TURN_RENEW;
                        break;
                }
                if (!stop_check(stop, err)) {
                        turn = TURN_FAILED;
                        break;
                }
                cond_wait_until(&credentials->renewed, &credentials->lock, clock_ms() + WAIT_STEP_MS);
        }
        mutex_unlock(&credentials->lock);
        return turn;
}

static bool make_current(Credentials *credentials, const Stop *stop, Error *err) {
        switch (take_turn(credentials, stop, err)) {
        case TURN_RENEW:
                return renew(credentials, stop, err);
        case TURN_FAILED:
                return false;
        default:
                return true;
        }
}

bool credentials_bearer(Credentials *credentials, const Stop *stop, Secret *ret_bearer, Error *err) {
        const KubeConfig *config = credentials->config;

        if (!uses_file(config) && !uses_plugin(config)) {
                *ret_bearer = secret_copy(secret_reveal(&config->token));
                return true;
        }
        if (!make_current(credentials, stop, err))
                return false;
        mutex_lock(&credentials->lock);
        *ret_bearer = secret_copy(secret_reveal(&credentials->state.token));
        mutex_unlock(&credentials->lock);
        return true;
}

bool credentials_expired(Credentials *credentials) {
        const KubeConfig *config = credentials->config;

        if (!uses_file(config) && !uses_plugin(config))
                return false;
        mutex_lock(&credentials->lock);
        bool is_fresh = credentials->state.is_there && clock_ms() - credentials->state.changed_ms < FRESH_MS;
        bool has_token = !secret_is_empty(&credentials->state.token);
        if (!is_fresh)
                credentials->state.is_stale = true;
        mutex_unlock(&credentials->lock);
        return is_fresh || has_token; /* a certificate alone stays as it is: it made the connection */
}

bool credentials_prepare(Credentials *credentials, const Stop *stop, HttpOptions *options, Error *err) {
        if (!uses_plugin(credentials->config))
                return true;
        if (!make_current(credentials, stop, err))
                return false;
        mutex_lock(&credentials->lock);
        if (!secret_is_empty(&credentials->state.cert_pem)) {
                options->client_cert_pem = str_of(arena_printf(
                        &credentials->arena, STR_FMT, STR_ARG(secret_reveal(&credentials->state.cert_pem))));
                options->client_key_pem = credentials->state.key_pem;
        }
        mutex_unlock(&credentials->lock);
        return true;
}
