#include "kube/credentials.h"

#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/read_file.h"
#include "base/thread.h"
#include "data/base64.h"
#include "kube/exec_plugin.h"
#include "net/certificate.h"
#include "net/url.h"

enum {
        FILE_MAX = 1024 * 1024,
        FILES_MAX = 3,
        REREAD_MS = 60 * 1000, /* a file system may not show a change in the times of a file */
        FRESH_MS = 5 * 1000,   /* a 401 right after a renewal was an answer to the credential before it */
        WAIT_STEP_MS = 100,
};

/* What identifies us now. */
typedef struct CredentialState {
        Secret token, cert_pem, key_pem;
        int64_t expires_ms;  /* clock_wall_ms; 0: never */
        int64_t obtained_ms; /* clock_ms */
        int64_t changed_ms;  /* when token or certificate last became another; clock_ms */
        bool is_there, is_stale /* the server did not take it */;
        unsigned certificate;         /* its number; 0: the kubeconfig's own */
        struct stat files[FILES_MAX]; /* when they were read */
} CredentialState;

/* Whom we believe now, when the kubeconfig names a file. */
typedef struct AuthorityState {
        Buf pem;
        unsigned number; /* 0: the kubeconfig's own */
        struct stat file;
        int64_t read_ms; /* clock_ms */
} AuthorityState;

struct Credentials {
        const KubeConfig *config;
        Arena arena;
        HttpHeader *headers; /* constant */
        size_t header_count;
        Secret basic; /* the value of Authorization, in `headers` */

        Mutex lock;
        Cond renewed;
        CredentialState state GUARDED_BY(&lock);
        AuthorityState authority GUARDED_BY(&lock);
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
        buf_clear(&credentials->authority.pem);
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

static bool uses_plugin(const KubeConfig *config) {
        /* kubectl: a token file counts before a token that the kubeconfig holds itself, and that before a plugin */
        return config->exec.is_set && config->token_file.len == 0 && secret_is_empty(&config->token);
}

static bool uses_files(const KubeConfig *config) {
        return !uses_plugin(config) && (config->token_file.len > 0 || config->client_cert_file.len > 0);
}

static void look_at_file(Str path, struct stat *into) {
        AUTO_FREE char *name = xasprintf(STR_FMT, STR_ARG(path));

        if (path.len == 0 || stat(name, into) != 0)
                *into = (struct stat) { 0 };
}

static void look_at_files(const KubeConfig *config, struct stat into[FILES_MAX]) {
        const Str paths[FILES_MAX] = { config->token_file, config->client_cert_file,
                                       config->client_key_file };

        for (size_t i = 0; i < FILES_MAX; i++)
                look_at_file(paths[i], &into[i]);
}

/* One that is gone may be on its way: what it held counts until there is another. */
static bool has_changed(const struct stat *now, const struct stat *before) {
        return now->st_ino != 0 &&
               (now->st_ino != before->st_ino || now->st_dev != before->st_dev ||
                now->st_size != before->st_size || now->st_mtim.tv_sec != before->st_mtim.tv_sec ||
                now->st_mtim.tv_nsec != before->st_mtim.tv_nsec);
}

static bool have_files_changed(const KubeConfig *config, const CredentialState *state) {
        struct stat files[FILES_MAX];

        look_at_files(config, files);
        for (size_t i = 0; i < FILES_MAX; i++)
                if (has_changed(&files[i], &state->files[i]))
                        return true;
        return false;
}

static bool needs_renewal(const KubeConfig *config, const CredentialState *state) {
        if (!uses_files(config) && !uses_plugin(config))
                return false;
        if (!state->is_there || state->is_stale)
                return true;
        if (uses_plugin(config))
                return state->expires_ms && clock_wall_ms() >= state->expires_ms;
        return clock_ms() - state->obtained_ms >= REREAD_MS || have_files_changed(config, state);
}

static bool read_secret(Str path, const char *what, Secret *into, Error *err) {
        AUTO(buf_wipe) Buf text = { .limit = FILE_MAX };

        if (path.len == 0)
                return true;
        if (!read_file(path, &text, err))
                return error_prefix(err, "the %s file", what);
        if (str_trim(buf_str(&text)).len == 0)
                return error_set(err, ERROR_FORBIDDEN, "the %s file " STR_FMT " is empty", what,
                                 STR_ARG(path));
        *into = secret_copy(str_trim(buf_str(&text)));
        return true;
}

static bool read_files(const KubeConfig *config, CredentialState *state, Error *err) {
        look_at_files(config, state->files);
        if (!read_secret(config->token_file, "token", &state->token, err) ||
            !read_secret(config->client_cert_file, "client certificate", &state->cert_pem, err) ||
            !read_secret(config->client_key_file, "client key", &state->key_pem, err))
                return false;
        if (config->token_file.len == 0)
                state->token = secret_copy(secret_reveal(&config->token));
        return config->client_cert_file.len == 0 ||
               certificate_check_key(secret_reveal(&state->cert_pem), &state->key_pem, err) ||
               error_prefix(err, "the client certificate file " STR_FMT " and its key",
                            STR_ARG(config->client_cert_file));
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

static void replace_state(const KubeConfig *config, CredentialState *state, CredentialState *fresh) {
        Str old_pem = state->is_there ? secret_reveal(&state->cert_pem) : str_trim(config->client_cert_pem);
        bool is_same_token =
                state->is_there && str_equal(secret_reveal(&state->token), secret_reveal(&fresh->token));
        bool is_same_certificate =
                secret_is_empty(&fresh->cert_pem) || str_equal(old_pem, secret_reveal(&fresh->cert_pem));

        fresh->is_there = true;
        fresh->obtained_ms = clock_ms();
        fresh->changed_ms = is_same_token && is_same_certificate ? state->changed_ms : fresh->obtained_ms;
        fresh->certificate = state->certificate + !is_same_certificate;
        state_clear(state);
        *state = *fresh;
        *fresh = (CredentialState) { 0 };
}

/* By the one thread that set is_renewing. */
static bool renew(Credentials *credentials, const Stop *stop, Error *err) {
        const KubeConfig *config = credentials->config;
        AUTO(state_clear) CredentialState fresh = { 0 };
        bool ok =
                uses_files(config) ? read_files(config, &fresh, err) : ask_plugin(config, stop, &fresh, err);

        mutex_lock(&credentials->lock);
        error_clear(&credentials->failure);
        if (ok)
                replace_state(config, &credentials->state, &fresh);
        else if (uses_files(config) && credentials->state.is_there) {
                /* Files that are being replaced: what we have may still be good, as in kubectl. */
                credentials->state.obtained_ms = clock_ms();
                credentials->state.is_stale = false;
                for (size_t i = 0; i < FILES_MAX; i++)
                        credentials->state.files[i] = fresh.files[i];
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

        if (!uses_files(config) && !uses_plugin(config)) {
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

        if (!uses_files(config) && !uses_plugin(config))
                return false;
        mutex_lock(&credentials->lock);
        CredentialState *state = &credentials->state;
        if (!state->is_there || clock_ms() - state->changed_ms >= FRESH_MS)
                state->is_stale = true;
        mutex_unlock(&credentials->lock);
        return true;
}

bool credentials_prepare(Credentials *credentials, const Stop *stop, Error *err) {
        return !uses_plugin(credentials->config) || make_current(credentials, stop, err);
}

static void renew_authority(const KubeConfig *config, AuthorityState *state) {
        AUTO(buf_clear) Buf text = { .limit = FILE_MAX };
        AUTO(error_clear) Error unusable = { 0 };
        Str before = state->number > 0 ? buf_str(&state->pem) : config->ca_pem;
        struct stat file;

        if (config->ca_file.len == 0)
                return;
        look_at_file(config->ca_file, &file);
        if (clock_ms() - state->read_ms < REREAD_MS && !has_changed(&file, &state->file))
                return;
        state->file = file;
        state->read_ms = clock_ms();
        if (!read_file(config->ca_file, &text, &unusable) || str_equal(buf_str(&text), before) ||
            !certificate_check(buf_str(&text), &unusable))
                return;
        buf_reset(&state->pem);
        buf_add(&state->pem, buf_str(&text));
        state->number++;
}

bool credentials_tls(Credentials *credentials, RenewedTls *tls) {
        mutex_lock(&credentials->lock);
        const CredentialState *state = &credentials->state;
        AuthorityState *authority = &credentials->authority;
        renew_authority(credentials->config, authority);
        unsigned number = state->certificate + authority->number; /* neither goes back */
        bool is_new = number != tls->number;
        if (is_new) {
                *tls = (RenewedTls) { .number = number };
                if (state->certificate > 0) {
                        tls->cert_pem = secret_copy(secret_reveal(&state->cert_pem));
                        tls->key_pem = secret_copy(secret_reveal(&state->key_pem));
                }
                buf_add(&tls->ca_pem, buf_str(&authority->pem));
        }
        mutex_unlock(&credentials->lock);
        return is_new;
}

void renewed_tls_clear(RenewedTls *tls) {
        secret_clear(&tls->cert_pem);
        secret_clear(&tls->key_pem);
        buf_clear(&tls->ca_pem);
}
