#include "base/clock.h"
#include "base/read_file.h"
#include "data/json.h"
#include "net/http.h"
#include "net/url.h"
#include "store/s3_credentials_internal.h"
#include "store/s3_sts.h"

enum {
        TIMEOUT_MS = 10 * 1000,
        METADATA_MS = 2 * 1000, /* it answers at once, or is not there */
        REPLY_LIMIT = 64 * 1024,
        TOKEN_LIMIT = 64 * 1024,
};

static void wipe_reply(HttpReply *reply) {
        buf_wipe(&reply->body);
        http_reply_clear(reply);
}

static bool ask(const HttpOptions *options, HttpRequest request, const Stop *stop, HttpReply *ret_reply,
                Error *err) {
        AUTO(http_client_freep) HttpClient *client = NULL;

        request.body_limit = REPLY_LIMIT;
        return http_client_new(options, &client, err) && http_perform(client, &request, stop, ret_reply, err);
}

static Str trimmed(const Buf *buf) {
        return str_trim(buf_str(buf));
}

static bool read_token(Str path, Buf *token, Error *err) {
        if (!read_file(path, token, err)) {
                err->code = ERROR_FORBIDDEN; /* it was named, so that no other place is looked at */
                return false;
        }
        return trimmed(token).len > 0 ||
               error_set(err, ERROR_FORBIDDEN, STR_FMT ": the file is empty", STR_ARG(path));
}

static bool exchange_token(const S3CredentialsPlaces *places, const S3WebIdentity *identity, const Stop *stop,
                           S3Found *ret_found, Error *err) {
        static const HttpHeader headers[] = {
                { "Content-Type", STR("application/x-www-form-urlencoded") },
                { "Accept", STR("application/xml") },
        };
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_wipe) Buf token = { .limit = TOKEN_LIMIT };
        AUTO(buf_wipe) Buf form = { 0 };
        AUTO(wipe_reply) HttpReply reply = { 0 };
        Str url = places->sts_url;

        if (identity->role_arn.len == 0)
                return error_set(err, ERROR_FORBIDDEN, "there is a token but no role: set $AWS_ROLE_ARN");
        if ((url.len == 0 && !s3_sts_url(identity->region, &arena, &url, err)) ||
            !read_token(identity->token_file, &token, err))
                return false;
        s3_sts_form(identity, trimmed(&token), &form);
        const HttpOptions options = { .base_url = url, .ca_pem = places->ca_pem, .system_roots = true };
        const HttpRequest request = { .method = "POST",
                                      .path = STR("/"),
                                      .headers = headers,
                                      .header_count = sizeof headers / sizeof *headers,
                                      .body = buf_str(&form),
                                      .timeout_ms = TIMEOUT_MS };
        return ask(&options, request, stop, &reply, err) &&
               s3_sts_answer(reply.status, buf_str(&reply.body), ret_found, err);
}

bool s3_ask_token_service(const S3CredentialsPlaces *places, const S3WebIdentity *identity, const Stop *stop,
                          S3Found *ret_found, Error *err) {
        return exchange_token(places, identity, stop, ret_found, err) ||
               error_prefix(err, STR_FMT ": role \"" STR_FMT "\"", STR_ARG(identity->place),
                            STR_ARG(identity->role_arn));
}

static bool failed(const HttpReply *reply, const char *whose, Error *err) {
        bool is_passing = reply->status >= 500 || reply->status == 429;

        return error_set(err, is_passing ? ERROR_UNAVAILABLE : ERROR_FORBIDDEN,
                         "%s answers with HTTP status %d", whose, reply->status);
}

/* Containers and instances answer alike. */
static bool take_json(const HttpReply *reply, const char *whose, S3Found *ret_found, Error *err) {
        AUTO_JSON *doc = NULL;
        int64_t expires_ms = INT64_MAX;

        if (reply->status != 200)
                return failed(reply, whose, err);
        if (!json_parse(buf_str(&reply->body), "the answer", &doc, err))
                return error_prefix(err, "%s", whose);
        JsonVal *root = yyjson_doc_get_root(doc);
        Str code = json_get_str(root, "Code"), expires = json_get_str(root, "Expiration");
        Str id = json_get_str(root, "AccessKeyId"), key = json_get_str(root, "SecretAccessKey");
        if (code.len > 0 && !str_equal(code, STR("Success")))
                return error_set(err, ERROR_FORBIDDEN, "%s answers with code \"" STR_FMT "\"", whose,
                                 STR_ARG(code));
        if (id.len == 0 || key.len == 0)
                return error_set(err, ERROR_CORRUPT, "%s: the answer has no keys", whose);
        if (expires.len > 0 && !clock_parse_rfc3339(expires, &expires_ms, err))
                return error_prefix(err, "%s: the end of the keys", whose);
        AUTO(s3_keys_clear)
        S3Keys keys = { secret_copy(id), secret_copy(key), secret_copy(json_get_str(root, "Token")) };
        if (!s3_keys_check(&keys, whose, err))
                return false;
        *ret_found = (S3Found) { s3_keys_copy(&keys), expires_ms };
        return true;
}

/* Credentials go in the clear only to addresses that are never far away. */
static bool check_container_url(const Url *url, Error *err) {
        static const char *const near[] = { "localhost", "::1", "169.254.170.2", "169.254.170.23",
                                            "fd00:ec2::23" };

        if (url->is_tls || str_starts_with(url->host, STR("127.")))
                return true;
        for (size_t i = 0; i < sizeof near / sizeof *near; i++)
                if (str_equal(url->host, str_of(near[i])))
                        return true;
        return error_set(err, ERROR_INVALID, "credentials are asked from \"" STR_FMT "\" by https only",
                         STR_ARG(url->host));
}

static bool read_container_token(const S3CredentialsPlaces *places, Buf *token, Error *err) {
        if (places->container_token_file.len > 0)
                return read_token(places->container_token_file, token, err) ||
                       error_prefix(err, "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
        buf_add(token, secret_reveal(&places->container_token));
        return true;
}

static bool ask_container(const S3CredentialsPlaces *places, const Stop *stop, S3Found *ret_found,
                          Error *err) {
        AUTO(buf_wipe) Buf token = { .limit = TOKEN_LIMIT };
        AUTO(wipe_reply) HttpReply reply = { 0 };
        Str base = places->container_url;
        Url url;

        if (!url_parse(base, &url, err) || !check_container_url(&url, err) ||
            !read_container_token(places, &token, err))
                return false;
        base.len = (size_t) (url.path.ptr - base.ptr);
        Str path = str_skip(places->container_url, base.len); /* with its query */
        const HttpHeader authorization = { "Authorization", trimmed(&token) };
        const HttpOptions options = {
                .base_url = base, .ca_pem = places->ca_pem, .system_roots = true, .is_direct = !url.is_tls
        };
        const HttpRequest request = { .method = "GET",
                                      .path = path.len > 0 ? path : STR("/"),
                                      .headers = &authorization,
                                      .header_count = authorization.value.len > 0,
                                      .timeout_ms = TIMEOUT_MS };
        return ask(&options, request, stop, &reply, err) &&
               take_json(&reply, "the container's service", ret_found, err);
}

bool s3_ask_container(const S3CredentialsPlaces *places, const Stop *stop, S3Found *ret_found, Error *err) {
        return ask_container(places, stop, ret_found, err) ||
               error_prefix(err, "the container's credentials (\"" STR_FMT "\")",
                            STR_ARG(places->container_url));
}

static bool ask_instance(const S3CredentialsPlaces *places, HttpRequest request, const Stop *stop,
                         HttpReply *ret_reply, Error *err) {
        const HttpOptions options = { .base_url = places->metadata_url, .is_direct = true };

        request.timeout_ms = METADATA_MS;
        return ask(&options, request, stop, ret_reply, err);
}

static bool get_metadata(const S3CredentialsPlaces *places, Str path, const HttpReply *session,
                         const Stop *stop, HttpReply *ret_reply, Error *err) {
        const HttpHeader token = { "X-aws-ec2-metadata-token", trimmed(&session->body) };

        return ask_instance(
                places, (HttpRequest) { .method = "GET", .path = path, .headers = &token, .header_count = 1 },
                stop, ret_reply, err);
}

/* Most machines have no such service: that is the end of the search, not its failure. */
static bool open_session(const S3CredentialsPlaces *places, const Stop *stop, HttpReply *ret_reply,
                         Error *err) {
        static const HttpHeader lifetime = { "X-aws-ec2-metadata-token-ttl-seconds", STR("21600") };
        const HttpRequest request = {
                .method = "PUT", .path = STR("/latest/api/token"), .headers = &lifetime, .header_count = 1
        };

        if (!ask_instance(places, request, stop, ret_reply, err)) {
                if (err->code != ERROR_CANCELED)
                        err->code = ERROR_NOT_FOUND;
                return false;
        }
        return ret_reply->status == 200 ||
               error_set(err, ERROR_NOT_FOUND, "it gives no session, HTTP status %d", ret_reply->status);
}

bool s3_ask_metadata(const S3CredentialsPlaces *places, const Stop *stop, S3Found *ret_found, Error *err) {
        static const char folder[] = "/latest/meta-data/iam/security-credentials/";
        static const char whose[] = "the metadata of the instance";
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(wipe_reply) HttpReply session = { 0 };
        AUTO(wipe_reply) HttpReply roles = { 0 };
        AUTO(wipe_reply) HttpReply reply = { 0 };
        Str role;

        if (!open_session(places, stop, &session, err) ||
            !get_metadata(places, str_of(folder), &session, stop, &roles, err))
                return false;
        Str names = trimmed(&roles.body);
        if (roles.status == 404 || !str_cut(&names, '\n', &role) || str_trim(role).len == 0)
                return error_set(err, ERROR_NOT_FOUND, "the instance has no role");
        if (roles.status != 200)
                return failed(&roles, whose, err);
        Str path = str_of(arena_printf(&arena, "%s" STR_FMT, folder, STR_ARG(str_trim(role))));
        return get_metadata(places, path, &session, stop, &reply, err) &&
               take_json(&reply, whose, ret_found, err);
}
