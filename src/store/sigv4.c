#include "store/sigv4.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <time.h>

#include "net/url.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

enum { DIGEST = 32 };

typedef struct Digest {
        unsigned char bytes[DIGEST];
} Digest;

static Digest hash(Str bytes) {
        Digest digest;

        if (EVP_Digest(bytes.ptr, bytes.len, digest.bytes, NULL, EVP_sha256(), NULL) != 1)
                abort(); /* out of memory, which ends the process (mem.h) */
        return digest;
}

static Digest mac(Str key, Str bytes) {
        Digest digest;

        if (!HMAC(EVP_sha256(), key.ptr, (int) key.len, (const unsigned char *) bytes.ptr, bytes.len,
                  digest.bytes, NULL))
                abort(); /* out of memory, which ends the process (mem.h) */
        return digest;
}

static Str raw(const Digest *digest) {
        return (Str) { (const char *) digest->bytes, DIGEST };
}

static Str hex(const Digest *digest, Arena *arena) {
        static const char digits[] = "0123456789abcdef";
        char *text = arena_alloc(arena, (size_t) DIGEST * 2);

        for (size_t i = 0; i < DIGEST; i++) {
                text[2 * i] = digits[digest->bytes[i] >> 4];
                text[2 * i + 1] = digits[digest->bytes[i] & 15];
        }
        return (Str) { text, (size_t) DIGEST * 2 };
}

Str sigv4_hash(Str bytes, Arena *arena) {
        Digest digest = hash(bytes);

        return hex(&digest, arena);
}

Str sigv4_time(int64_t wall_ms, Arena *arena) {
        time_t seconds = wall_ms / 1000;
        struct tm utc;
        char text[32];

        gmtime_r(&seconds, &utc);
        return arena_copy(arena, (Str) { text, strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc) });
}

static Str day_of(Str time) {
        return (Str) { time.ptr, 8 };
}

static Str scope_text(const SigV4Scope *scope, Str time, Arena *arena) {
        return str_of(arena_printf(arena, STR_FMT "/" STR_FMT "/" STR_FMT "/aws4_request",
                                   STR_ARG(day_of(time)), STR_ARG(scope->region), STR_ARG(scope->service)));
}

static Str key_of(Str pair) {
        const char *equals = memchr(pair.ptr, '=', pair.len);

        return equals ? (Str) { pair.ptr, (size_t) (equals - pair.ptr) } : pair;
}

static int compare_pairs(const void *a, const void *b) {
        int by_key = str_compare(key_of(*(const Str *) a), key_of(*(const Str *) b));

        return by_key ? by_key : str_compare(*(const Str *) a, *(const Str *) b);
}

static void add_query(Str query, Buf *into) {
        Str pairs[SIGV4_QUERY_MAX], pair;
        size_t count = 0;

        while (str_cut(&query, '&', &pair))
                if (pair.len > 0) {
                        assert(count < SIGV4_QUERY_MAX);
                        pairs[count++] = pair;
                }
        qsort(pairs, count, sizeof *pairs, compare_pairs);
        for (size_t i = 0; i < count; i++) {
                if (i > 0)
                        buf_add_char(into, '&');
                buf_add(into, pairs[i]);
                if (key_of(pairs[i]).len == pairs[i].len)
                        buf_add_char(into, '=');
        }
}

static int compare_headers(const void *a, const void *b) {
        return strcmp(((const HttpHeader *) a)->name, ((const HttpHeader *) b)->name);
}

/* The lines of the headers into `lines`; their names, joined, into `names`. */
static void add_headers(const SigV4Request *request, Buf *lines, Buf *names) {
        HttpHeader headers[SIGV4_SIGNED_HEADERS_MAX];

        assert(request->header_count <= SIGV4_SIGNED_HEADERS_MAX);
        memcpy(headers, request->headers, request->header_count * sizeof *headers);
        qsort(headers, request->header_count, sizeof *headers, compare_headers);
        for (size_t i = 0; i < request->header_count; i++) {
                Str value = str_trim(headers[i].value);

                buf_printf(lines, "%s:" STR_FMT "\n", headers[i].name, STR_ARG(value));
                buf_printf(names, "%s%s", i > 0 ? ";" : "", headers[i].name);
        }
}

static Str signature(Str canonical, Str time, const S3Keys *keys, const SigV4Scope *scope, Arena *arena) {
        AUTO(buf_wipe) Buf first_key = { 0 };
        Digest canonical_hash = hash(canonical), digest;
        Str text = str_of(arena_printf(arena, ALGORITHM "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT, STR_ARG(time),
                                       STR_ARG(scope_text(scope, time, arena)),
                                       STR_ARG(hex(&canonical_hash, arena))));
        const Str steps[] = { day_of(time), scope->region, scope->service, STR("aws4_request"), text };

        buf_add(&first_key, STR("AWS4"));
        buf_add(&first_key, secret_reveal(&keys->secret_access_key));
        digest = mac(buf_str(&first_key), steps[0]);
        for (size_t i = 1; i < sizeof steps / sizeof *steps; i++)
                digest = mac(raw(&digest), steps[i]);
        return hex(&digest, arena);
}

/* The canonical request: what both sides hash. */
static void add_canonical(const SigV4Request *request, Str query, Str header_lines, Str header_names,
                          Buf *into) {
        buf_printf(into, "%s\n" STR_FMT "\n", request->method, STR_ARG(request->path));
        add_query(query, into);
        buf_printf(into, "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT, STR_ARG(header_lines), STR_ARG(header_names),
                   STR_ARG(request->payload_hash));
}

Str sigv4_authorization(const SigV4Request *request, const S3Keys *keys, const SigV4Scope *scope,
                        Arena *arena) {
        AUTO(buf_wipe) Buf lines = { 0 }, names = { 0 }, canonical = { 0 };
        Str time = sigv4_time(scope->wall_ms, arena);

        add_headers(request, &lines, &names);
        add_canonical(request, request->query, buf_str(&lines), buf_str(&names), &canonical);
        return str_of(arena_printf(
                arena,
                ALGORITHM " Credential=" STR_FMT "/" STR_FMT ",SignedHeaders=" STR_FMT ",Signature=" STR_FMT,
                STR_ARG(secret_reveal(&keys->access_key_id)), STR_ARG(scope_text(scope, time, arena)),
                STR_ARG(buf_str(&names)), STR_ARG(signature(buf_str(&canonical), time, keys, scope, arena))));
}

static void add_pair(Buf *query, const char *key, Str value) {
        buf_printf(query, "%s%s=", query->len > 0 ? "&" : "", key);
        url_escape(value, query);
}

Str sigv4_presigned_query(const SigV4Request *request, const S3Keys *keys, const SigV4Scope *scope,
                          int64_t seconds, Arena *arena) {
        AUTO(buf_wipe) Buf lines = { 0 }, names = { 0 }, canonical = { 0 }, query = { 0 };
        Str time = sigv4_time(scope->wall_ms, arena);
        Str id = secret_reveal(&keys->access_key_id), where = scope_text(scope, time, arena);

        add_headers(request, &lines, &names);
        buf_add(&query, request->query);
        add_pair(&query, "X-Amz-Algorithm", STR(ALGORITHM));
        add_pair(&query, "X-Amz-Credential",
                 str_of(arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(id), STR_ARG(where))));
        add_pair(&query, "X-Amz-Date", time);
        add_pair(&query, "X-Amz-Expires", str_of(arena_printf(arena, "%" PRId64, seconds)));
        if (!secret_is_empty(&keys->session_token))
                add_pair(&query, "X-Amz-Security-Token", secret_reveal(&keys->session_token));
        add_pair(&query, "X-Amz-SignedHeaders", buf_str(&names));
        add_canonical(request, buf_str(&query), buf_str(&lines), buf_str(&names), &canonical);
        add_pair(&query, "X-Amz-Signature", signature(buf_str(&canonical), time, keys, scope, arena));
        return arena_copy(arena, buf_str(&query));
}
