#include "base/clock.h"
#include "base/mem.h"
#include "data/base64.h"
#include "net/url.h"
#include "store/s3_internal.h"
#include "store/sigv4.h"

enum { PART = 5 * 1024 * 1024, RETRY_MS = 60 * 1000, DELETE_RETRY_MS = 20 * 1000, REGION_MS = 10 * 1000 };

static void free_s3(Store *store) {
        S3 *s3 = (S3 *) store;

        http_client_free(s3->client);
        s3_credentials_free(s3->credentials);
        secret_clear(&s3->customer_key);
        mutex_destroy(&s3->lock);
        arena_clear(&s3->arena);
        free(store->name);
        free(s3);
}

/* A stop does not end it: an interrupted run removes what it wrote. */
static bool delete_object(Store *store, Str key, Error *err) {
        AUTO(http_reply_clear) HttpReply reply = { 0 };
        const S3Call call = { .method = "DELETE",
                              .verb = "delete",
                              .key = key,
                              .retry_ms = stop_is_set(store->stop) ? DELETE_RETRY_MS : 0 };

        if (s3_call((S3 *) store, &call, &reply, err))
                return true;
        if (err->code != ERROR_NOT_FOUND)
                return false;
        error_clear(err);
        return true;
}

/* Nothing of ours lies there: the server's Lease is the lock. */
static bool lock(Store *store, Str name, StoreLock **ret_lock, Error *err) {
        StoreLock *held = xnew0(StoreLock);

        (void) name, (void) err;
        held->store = store;
        *ret_lock = held;
        return true;
}

static void unlock(StoreLock *held) {
        free(held);
}

static bool presign(Store *store, Str key, int64_t seconds, Arena *arena, Str *ret_url, Error *err) {
        AUTO(s3_keys_clear) S3Keys keys = { 0 };
        S3 *s3 = (S3 *) store;
        const HttpHeader host = { "host", s3->public_host };
        const SigV4Scope scope = { .region = s3_region(s3, arena),
                                   .service = STR("s3"),
                                   .wall_ms = clock_wall_ms() + s3->skew_ms };
        const SigV4Request request = { .method = "GET",
                                       .path = s3_path(s3, key, arena),
                                       .query = STR(""),
                                       .headers = &host,
                                       .header_count = 1,
                                       .payload_hash = SIGV4_UNSIGNED_PAYLOAD };

        if (!secret_is_empty(&s3->customer_key))
                return error_set(err, ERROR_INVALID,
                                 "objects that a customer's key encrypts cannot be had by a URL alone");
        if (!s3_credentials_get(s3->credentials, store->stop, &keys, err))
                return error_prefix(err, "sign a URL of \"%s\"", store->name);
        *ret_url = str_of(arena_printf(
                arena, STR_FMT STR_FMT "?" STR_FMT, STR_ARG(s3->public_url), STR_ARG(request.path),
                STR_ARG(sigv4_presigned_query(&request, &keys, &scope, seconds, arena))));
        return true;
}

static const StoreKind s3_kind = {
        .free = free_s3,
        .list = s3_list,
        .list_folders = s3_list_folders,
        .delete = delete_object,
        .exists = s3_exists,
        .begin = s3_begin,
        .write = s3_write,
        .finish = s3_finish,
        .writer_free = s3_writer_free,
        .read_begin = s3_read_begin,
        .read = s3_read,
        .reader_free = s3_reader_free,
        .sweep = s3_sweep,
        .lock = lock,
        .unlock = unlock,
        .presign = presign,
};

/* Where requests go. */
typedef struct Endpoint {
        Str url;         /* scheme://host[:port] */
        Str host;        /* as the Host header has it */
        Str bucket_path; /* "/bucket" in path style */
} Endpoint;

static bool is_alone_in_host(Str bucket) {
        /* A certificate for *.host covers no name with dots. */
        return memchr(bucket.ptr, '.', bucket.len) == NULL;
}

static bool parse_endpoint(Str text, Str bucket, bool path_style, Arena *arena, Endpoint *ret, Error *err) {
        Url url;

        if (!url_parse(text, &url, err))
                return false;
        bool in_path = path_style || (url.is_tls && !is_alone_in_host(bucket));
        bool has_usual_port = url.port == (url.is_tls ? 443 : 80);
        Str bracket = memchr(url.host.ptr, ':', url.host.len) ? STR("[") : STR("");
        const char *host = arena_printf(arena, STR_FMT "%s" STR_FMT STR_FMT "%s",
                                        in_path ? 0 : (int) bucket.len, bucket.ptr, in_path ? "" : ".",
                                        STR_ARG(bracket), STR_ARG(url.host), bracket.len > 0 ? "]" : "");

        ret->host = str_of(has_usual_port ? host : arena_printf(arena, "%s:%u", host, url.port));
        ret->url = str_of(
                arena_printf(arena, "%s://" STR_FMT, url.is_tls ? "https" : "http", STR_ARG(ret->host)));
        ret->bucket_path = in_path ? str_of(arena_printf(arena, "/" STR_FMT, STR_ARG(bucket))) : STR("");
        return true;
}

static Str aws_url(Str region, Arena *arena) {
        const char *end = str_starts_with(region, STR("cn-")) ? ".cn" : "";

        return str_of(arena_printf(arena, "https://s3." STR_FMT ".amazonaws.com%s", STR_ARG(region), end));
}

/* AWS says where a bucket is to anybody who asks. */
static bool ask_region(const S3Options *options, const Stop *stop, Arena *arena, Str *ret_region,
                       Error *err) {
        AUTO(http_client_freep) HttpClient *client = NULL;
        AUTO(http_reply_clear) HttpReply reply = { 0 };
        const HttpOptions http = { .base_url = STR("https://s3.amazonaws.com"),
                                   .ca_pem = options->ca_pem,
                                   .insecure_skip_verify = options->insecure_skip_verify };
        const HttpRequest request = {
                .method = "HEAD",
                .path = str_of(arena_printf(arena, "/" STR_FMT, STR_ARG(options->bucket))),
                .timeout_ms = REGION_MS,
                .keep = { "x-amz-bucket-region" },
        };

        if (!http_client_new(&http, &client, err) || !http_perform(client, &request, stop, &reply, err))
                return error_prefix(err,
                                    "ask AWS for the region of bucket \"" STR_FMT
                                    "\" (config.region or config.s3Url would say it)",
                                    STR_ARG(options->bucket));
        if (!reply.kept[0])
                return error_set(err, ERROR_INVALID,
                                 "AWS has no bucket \"" STR_FMT
                                 "\": mend spec.objectStorage.bucket, or set config.region or config.s3Url",
                                 STR_ARG(options->bucket));
        *ret_region = arena_copy(arena, str_of(reply.kept[0]));
        return true;
}

static bool find_endpoint(S3 *s3, const S3Options *options, const Stop *stop, Endpoint *ret, Error *err) {
        Str region = options->region, url = options->url;
        Endpoint public;

        if (region.len == 0 && url.len == 0 && !ask_region(options, stop, &s3->arena, &region, err))
                return false;
        if (region.len == 0)
                region = STR("us-east-1");
        s3->is_region_given = options->region.len > 0;
        mutex_lock(&s3->lock);
        s3->region = arena_copy(&s3->arena, region);
        mutex_unlock(&s3->lock);
        if (url.len == 0)
                url = aws_url(region, &s3->arena);
        if (!parse_endpoint(url, s3->bucket, options->path_style, &s3->arena, ret, err))
                return false;
        public = *ret;
        if (options->public_url.len > 0 &&
            !parse_endpoint(options->public_url, s3->bucket, options->path_style, &s3->arena, &public, err))
                return false;
        s3->host = ret->host;
        s3->bucket_path = ret->bucket_path;
        s3->public_url = public.url;
        s3->public_host = public.host;
        return true;
}

static void set_options(S3 *s3, const S3Options *options) {
        Arena *arena = &s3->arena;
        AUTO(buf_clear) Buf key = { 0 };

        s3->bucket = arena_copy(arena, options->bucket);
        s3->prefix = options->prefix.len > 0
                             ? str_of(arena_printf(arena, STR_FMT "/", STR_ARG(options->prefix)))
                             : STR("");
        s3->tagging = arena_copy(arena, options->tagging);
        s3->kms_key_id = arena_copy(arena, options->kms_key_id);
        s3->server_side_encryption = options->kms_key_id.len > 0
                                             ? STR("aws:kms")
                                             : arena_copy(arena, options->server_side_encryption);
        s3->checksum = options->checksum;
        s3->part_bytes = options->part_bytes ? options->part_bytes : PART;
        s3->retry_ms = options->retry_ms ? options->retry_ms : RETRY_MS;
        if (secret_is_empty(&options->customer_key))
                return;
        s3->server_side_encryption = STR("");
        base64_encode(secret_reveal(&options->customer_key), &key);
        s3->customer_key = secret_copy(buf_str(&key));
        explicit_bzero(key.ptr, key.capacity);
        s3->customer_key_md5 = s3_md5_of(secret_reveal(&options->customer_key), arena);
}

bool store_open_s3(const S3Options *options, const Stop *stop, Store **ret_store, Error *err) {
        AUTO(store_freep) Store *store = &xnew0(S3)->store;
        S3 *s3 = (S3 *) store;
        Endpoint endpoint;

        mutex_init(&s3->lock);
        s3->credentials = options->credentials;
        *store = (Store) { &s3_kind,
                           xasprintf("s3://" STR_FMT "%s" STR_FMT, STR_ARG(options->bucket),
                                     options->prefix.len > 0 ? "/" : "", STR_ARG(options->prefix)),
                           stop };
        set_options(s3, options);
        if (!find_endpoint(s3, options, stop, &endpoint, err))
                return false;

        const HttpOptions http = { .base_url = endpoint.url,
                                   .ca_pem = options->ca_pem,
                                   .insecure_skip_verify = options->insecure_skip_verify };
        if (!http_client_new(&http, &s3->client, err))
                return error_prefix(err, "open \"%s\"", store->name);
        *ret_store = TAKE(store);
        return true;
}
