#include <time.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "net/url.h"
#include "store/s3_fault.h"
#include "store/s3_internal.h"
#include "store/sigv4.h"

enum { IDLE_MS = 30 * 1000, REPLY_LIMIT = 4 * 1024 * 1024 };

/* One try of a call. */
typedef struct Try {
        Arena arena;
        HttpHeader headers[SIGV4_SIGNED_HEADERS_MAX];
        size_t header_count;
} Try;

static void try_clear(Try *try) {
        arena_clear(&try->arena);
}

Str s3_region(S3 *s3, Arena *arena) {
        mutex_lock(&s3->lock);
        Str region = arena_copy(arena, s3->region);
        mutex_unlock(&s3->lock);
        return region;
}

Str s3_path(const S3 *s3, Str key, Arena *arena) {
        const Str parts[] = { s3->prefix, key };
        AUTO(buf_clear) Buf path = { 0 };

        buf_add(&path, s3->bucket_path);
        if (key.len == 0 && path.len > 0)
                return arena_copy(arena, buf_str(&path));
        buf_add_char(&path, '/');
        for (size_t i = 0; key.len > 0 && i < 2; i++) {
                Str rest = parts[i], part;

                for (bool is_first = true; str_cut(&rest, '/', &part); is_first = false) {
                        if (!is_first)
                                buf_add_char(&path, '/');
                        url_escape(part, &path);
                }
        }
        return arena_copy(arena, buf_str(&path));
}

static void add(Try *try, const char *name, Str value) {
        if (value.len > 0)
                try->headers[try->header_count++] = (HttpHeader) { name, value };
}

static void add_options(const S3 *s3, const S3Call *call, Str body_hash, Try *try) {
        add(try, "host", s3->host);
        add(try, "x-amz-content-sha256", body_hash);
        for (size_t i = 0; i < sizeof call->extra / sizeof *call->extra; i++)
                if (call->extra[i])
                        add(try, call->extra[i]->name, call->extra[i]->value);
        if (call->sends & S3_SENDS_KEY && !secret_is_empty(&s3->customer_key)) {
                add(try, "x-amz-server-side-encryption-customer-algorithm", STR("AES256"));
                add(try, "x-amz-server-side-encryption-customer-key", secret_reveal(&s3->customer_key));
                add(try, "x-amz-server-side-encryption-customer-key-md5", s3->customer_key_md5);
        }
        if (call->sends & S3_SENDS_OPTIONS) {
                add(try, "x-amz-server-side-encryption", s3->server_side_encryption);
                add(try, "x-amz-server-side-encryption-aws-kms-key-id", s3->kms_key_id);
                add(try, "x-amz-tagging", s3->tagging);
        }
}

static void clear_authorization(Str *value) {
        explicit_bzero((char *) (uintptr_t) value->ptr, value->len);
}

static int64_t retry_ms_of(const S3 *s3, const S3Call *call) {
        if (call->retry_ms > 0)
                return call->retry_ms;
        return strcmp(call->method, "PUT") == 0 || strcmp(call->method, "POST") == 0 ? s3->retry_ms * 5
                                                                                     : s3->retry_ms;
}

/* Nobody is waited for in silence longer than the request is tried. */
static int64_t idle_ms_of(const S3 *s3, const S3Call *call) {
        int64_t retry_ms = retry_ms_of(s3, call);

        if (call->idle_ms > 0)
                return call->idle_ms;
        return retry_ms < IDLE_MS ? retry_ms : IDLE_MS;
}

/* `body_hash`: of the call's body. */
static bool send(S3 *s3, const S3Call *call, Str body_hash, HttpReply *ret_reply, Error *err) {
        AUTO(try_clear) Try try = { 0 };
        AUTO(s3_keys_clear) S3Keys keys = { 0 };
        Str path = s3_path(s3, call->key, &try.arena);
        Str target = call->query.len > 0 ? str_of(arena_printf(&try.arena, STR_FMT "?" STR_FMT, STR_ARG(path),
                                                               STR_ARG(call->query)))
                                         : path;
        const SigV4Scope scope = { .region = s3_region(s3, &try.arena),
                                   .service = STR("s3"),
                                   .wall_ms = clock_wall_ms() + s3->skew_ms };

        if (!s3_credentials_get(s3->credentials, call->stop, &keys, err))
                return false;
        add_options(s3, call, body_hash, &try);
        add(&try, "x-amz-date", sigv4_time(scope.wall_ms, &try.arena));
        add(&try, "x-amz-security-token", secret_reveal(&keys.session_token));

        const SigV4Request signed_request = { call->method,     path,     call->query, try.headers,
                                              try.header_count, body_hash };
        AUTO(clear_authorization) Str value = sigv4_authorization(&signed_request, &keys, &scope, &try.arena);
        add(&try, "authorization", value);
        /* libcurl sends Host by itself, as it was signed: the first header is left out. */
        const HttpRequest request = { .method = call->method,
                                      .path = target,
                                      .headers = try.headers + 1,
                                      .header_count = try.header_count - 1,
                                      .body = call->body,
                                      .idle_timeout_ms = idle_ms_of(s3, call),
                                      .body_limit = call->body_limit ? call->body_limit : REPLY_LIMIT,
                                      .keep = { [S3_KEPT_ETAG] = "ETag",
                                                [S3_KEPT_RANGE] = "Content-Range",
                                                [S3_KEPT_DATE] = "Date",
                                                [S3_KEPT_REGION] = "x-amz-bucket-region" } };
        return http_perform(s3->client, &request, call->stop, ret_reply, err);
}

/* What the server's clock is ahead of ours, by the Date of its reply. */
static bool set_clock(S3 *s3, const HttpReply *reply) {
        const char *date = reply->kept[S3_KEPT_DATE];
        struct tm utc = { 0 };

        if (!date || !strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &utc))
                return false;
        s3->skew_ms = (int64_t) timegm(&utc) * 1000 - clock_wall_ms();
        return true;
}

static bool change_region(S3 *s3, Str region) {
        bool is_new;

        if (s3->is_region_given || region.len == 0)
                return false;
        mutex_lock(&s3->lock);
        is_new = !str_equal(region, s3->region);
        if (is_new)
                s3->region = arena_copy(&s3->arena, region);
        mutex_unlock(&s3->lock);
        return is_new;
}

/* Whether what the server complains of could be mended, so that the request is worth another try at once. */
static bool mend(S3 *s3, S3Remedy remedy, const S3Fault *fault, const HttpReply *reply) {
        switch (remedy) {
        case S3_RENEW_KEYS:
                s3_credentials_expire(s3->credentials);
                return true;
        case S3_SET_CLOCK:
                return set_clock(s3, reply);
        case S3_CHANGE_REGION:
                return change_region(s3, fault->region);
        case S3_GIVE_UP:
        case S3_TRY_AGAIN:
                break;
        }
        return false;
}

typedef struct Attempts {
        Arena arena;
        Backoff backoff;
        int64_t deadline_ms, retry_ms;
        unsigned mended; /* how often something was mended */
} Attempts;

static void attempts_clear(Attempts *attempts) {
        arena_clear(&attempts->arena);
}

enum { MENDS_MAX = 3 };

/* Waits before another try; false when there is none, with why in err, which holds the failure on the way in. */
static bool wait_for_next(Attempts *attempts, const S3Call *call, int64_t asked_ms, Error *err) {
        int64_t wait_ms = backoff_next_ms(&attempts->backoff, asked_ms);

        AUTO(error_clear) Error failure = *err;

        *err = (Error) { 0 };
        if (clock_ms() + wait_ms > attempts->deadline_ms)
                return error_set(err, failure.code, "%s (tried for %lld s)", failure.message,
                                 (long long) attempts->retry_ms / 1000);
        return stop_sleep_ms(call->stop, wait_ms) || stop_check(call->stop, err);
}

/* A status does not tell alone: a proxy's page has 200, too, and so has an error that S3 came upon after it had begun
 * to answer.  A file that was laid behind a gateway by hand may have no ETag, but a part of it (206) is no page. */
static bool is_taken(const S3Call *call, const HttpReply *reply) {
        Str body = buf_str(&reply->body);

        if (reply->status == call->status_taken)
                return true;
        return reply->status / 100 == 2 &&
               (!call->needs_etag || reply->kept[S3_KEPT_ETAG] || reply->status == 206) &&
               (!call->element || memmem(body.ptr, body.len, call->element, strlen(call->element)));
}

/* One reply that is no success: true when the request is to be sent again. */
static bool handle_fault(S3 *s3, const S3Call *call, Attempts *attempts, const HttpReply *reply, Error *err) {
        S3Fault fault = s3_fault_read(reply, &attempts->arena);
        S3Remedy remedy;

        if (fault.region.len == 0 && reply->kept[S3_KEPT_REGION])
                fault.region = arena_copy(&attempts->arena, str_of(reply->kept[S3_KEPT_REGION]));
        remedy = s3_fault_remedy(&fault);
        if (attempts->mended < MENDS_MAX && mend(s3, remedy, &fault, reply)) {
                attempts->mended++;
                return true;
        }
        s3_fault_set(&fault, s3->bucket, s3_region(s3, &attempts->arena), err);
        return remedy == S3_TRY_AGAIN && wait_for_next(attempts, call, reply->retry_after_ms, err);
}

static bool perform(S3 *s3, const S3Call *call, HttpReply *ret_reply, Error *err) {
        int64_t retry_ms = retry_ms_of(s3, call);
        AUTO(attempts_clear)
        Attempts attempts = { .retry_ms = retry_ms, .deadline_ms = clock_ms() + retry_ms };
        Str body_hash = sigv4_hash(call->body, &attempts.arena);

        for (;;) {
                AUTO(http_reply_clear) HttpReply reply = { 0 };
                bool has_reply = send(s3, call, body_hash, &reply, err);

                if (has_reply && is_taken(call, &reply)) {
                        *ret_reply = reply;
                        reply = (HttpReply) { 0 };
                        return true;
                }
                if (has_reply ? !handle_fault(s3, call, &attempts, &reply, err)
                              : !error_is_retryable(err) || !wait_for_next(&attempts, call, 0, err))
                        return false;
                if (call->was_repeated)
                        *call->was_repeated = true;
        }
}

bool s3_call(S3 *s3, const S3Call *call, HttpReply *ret_reply, Error *err) {
        if (perform(s3, call, ret_reply, err))
                return true;
        if (call->key.len == 0)
                return error_prefix(err, "%s \"%s\"", call->verb, s3->store.name);
        return error_prefix(err, "%s \"" STR_FMT "\" in \"%s\"", call->verb, STR_ARG(call->key),
                            s3->store.name);
}
