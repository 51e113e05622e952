#include "base/clock.h"
#include "base/read_file.h"
#include "data/json.h"
#include "data/xml.h"
#include "net/http.h"
#include "net/url.h"
#include "store/s3_credentials_internal.h"

/* Metadata answers at once, or there is none. */
enum { TIMEOUT_MS = 10 * 1000, METADATA_MS = 2 * 1000, REPLY_LIMIT = 64 * 1024, TOKEN_LIMIT = 64 * 1024 };

static void wipe_reply(HttpReply *reply) {
        buf_wipe(&reply->body);
        http_reply_clear(reply);
}

static bool ask(Str url, HttpRequest request, const Stop *stop, HttpReply *ret_reply, Error *err) {
        AUTO(http_client_freep) HttpClient *client = NULL;
        const HttpOptions options = { .base_url = url };

        request.body_limit = REPLY_LIMIT;
        return http_client_new(&options, &client, err) &&
               http_perform(client, &request, stop, ret_reply, err);
}

static Str trimmed(const Buf *buf) {
        return str_trim(buf_str(buf));
}

/* What all of them give, by different names. */
typedef struct Given {
        Str id, key, token, expires;
} Given;

static bool take(const Given *given, const char *whose, S3Keys *ret_keys, int64_t *ret_expires_ms,
                 Error *err) {
        int64_t expires_ms = INT64_MAX;

        if (given->id.len == 0 || given->key.len == 0)
                return error_set(err, ERROR_INVALID, "the answer of %s has no keys", whose);
        if (given->expires.len > 0 && !clock_parse_rfc3339(given->expires, &expires_ms, err))
                return error_prefix(err, "when the keys of %s expire", whose);
        *ret_keys = (S3Keys) { secret_copy(given->id), secret_copy(given->key), secret_copy(given->token) };
        *ret_expires_ms = expires_ms;
        return true;
}

static bool take_json(const HttpReply *reply, const char *whose, S3Keys *ret_keys, int64_t *ret_expires_ms,
                      Error *err) {
        AUTO_JSON *doc = NULL;
        JsonVal *root;

        if (!json_parse(buf_str(&reply->body), whose, &doc, err))
                return false;
        root = yyjson_doc_get_root(doc);
        const Given given = { json_get_str(root, "AccessKeyId"), json_get_str(root, "SecretAccessKey"),
                              json_get_str(root, "Token"), json_get_str(root, "Expiration") };
        return take(&given, whose, ret_keys, ret_expires_ms, err);
}

typedef struct IdentityReply {
        Arena arena;
        Given given;
        Str code, message; /* of a refusal */
} IdentityReply;

static void identity_clear(IdentityReply *reply) {
        arena_clear(&reply->arena);
}

static bool see_identity(void *user, Str path, Str text, Error *err) {
        IdentityReply *reply = user;
        const struct {
                Str end;
                Str *value;
        } places[] = {
                { STR("/Credentials/AccessKeyId"), &reply->given.id },
                { STR("/Credentials/SecretAccessKey"), &reply->given.key },
                { STR("/Credentials/SessionToken"), &reply->given.token },
                { STR("/Credentials/Expiration"), &reply->given.expires },
                { STR("/Error/Code"), &reply->code },
                { STR("/Error/Message"), &reply->message },
        };

        (void) err;
        for (size_t i = 0; i < sizeof places / sizeof *places; i++)
                if (str_ends_with(path, places[i].end))
                        *places[i].value = arena_copy(&reply->arena, str_trim(text));
        return true;
}

static void add_field(Buf *form, const char *name, Str value) {
        buf_printf(form, "%s%s=", form->len > 0 ? "&" : "", name);
        url_escape(value, form);
}

bool s3_credentials_from_web_identity(const S3CredentialsPlaces *places, const Stop *stop, S3Keys *ret_keys,
                                      int64_t *ret_expires_ms, Error *err) {
        static const HttpHeader type = { "Content-Type", STR("application/x-www-form-urlencoded") };
        AUTO(buf_wipe) Buf token = { .limit = TOKEN_LIMIT }, form = { 0 };
        AUTO(wipe_reply) HttpReply reply = { 0 };
        AUTO(identity_clear) IdentityReply identity = { 0 };

        if (places->role_arn.len == 0)
                return error_set(err, ERROR_FORBIDDEN,
                                 "there is a web identity token, \"" STR_FMT
                                 "\", but no role: set role_arn or $AWS_ROLE_ARN",
                                 STR_ARG(places->token_file));
        if (!read_file(places->token_file, &token, err)) {
                err->code = ERROR_FORBIDDEN; /* it was named, so no other place is looked at */
                return error_prefix(err, "the web identity token");
        }
        add_field(&form, "Action", STR("AssumeRoleWithWebIdentity"));
        add_field(&form, "Version", STR("2011-06-15"));
        add_field(&form, "RoleArn", places->role_arn);
        add_field(&form, "RoleSessionName", places->session_name);
        add_field(&form, "WebIdentityToken", trimmed(&token));
        const HttpRequest request = { .method = "POST",
                                      .path = STR("/"),
                                      .headers = &type,
                                      .header_count = 1,
                                      .body = buf_str(&form),
                                      .timeout_ms = TIMEOUT_MS };
        if (!ask(places->sts_url, request, stop, &reply, err) ||
            !xml_read(buf_str(&reply.body), "the answer of the token service", see_identity, &identity, err))
                return false;
        if (reply.status != 200)
                return error_set(err, reply.status >= 500 ? ERROR_UNAVAILABLE : ERROR_FORBIDDEN,
                                 "the token service refuses role \"" STR_FMT "\": " STR_FMT
                                 " (HTTP status %d): " STR_FMT,
                                 STR_ARG(places->role_arn), STR_ARG(identity.code), reply.status,
                                 STR_ARG(identity.message));
        return take(&identity.given, "the token service", ret_keys, ret_expires_ms, err);
}

/* Credentials in the clear only from addresses that never leave the machine. */
static bool check_container_url(Str text, Url *url, Error *err) {
        static const char *const near[] = { "localhost",     "127.0.0.1",      "::1",
                                            "169.254.170.2", "169.254.170.23", "fd00:ec2::23" };

        if (!url_parse(text, url, err))
                return error_prefix(err, "$AWS_CONTAINER_CREDENTIALS_FULL_URI");
        for (size_t i = 0; i < sizeof near / sizeof *near; i++)
                if (url->is_tls || str_equal(url->host, str_of(near[i])))
                        return true;
        return error_set(err, ERROR_INVALID,
                         "$AWS_CONTAINER_CREDENTIALS_FULL_URI: credentials are asked from \"" STR_FMT
                         "\" by https only",
                         STR_ARG(url->host));
}

static bool read_container_token(const S3CredentialsPlaces *places, Buf *token, Error *err) {
        const char *value = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN");

        if (places->container_token_file.len > 0)
                return read_file(places->container_token_file, token, err) ||
                       error_prefix(err, "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
        if (value)
                buf_add(token, str_of(value));
        return true;
}

bool s3_credentials_from_container(const S3CredentialsPlaces *places, const Stop *stop, S3Keys *ret_keys,
                                   int64_t *ret_expires_ms, Error *err) {
        AUTO(buf_wipe) Buf token = { .limit = TOKEN_LIMIT };
        AUTO(wipe_reply) HttpReply reply = { 0 };
        Url url;

        if (!check_container_url(places->container_url, &url, err) ||
            !read_container_token(places, &token, err))
                return false;
        Str base = { places->container_url.ptr, (size_t) (url.path.ptr - places->container_url.ptr) };
        const HttpHeader authorization = { "Authorization", trimmed(&token) };
        const HttpRequest request = { .method = "GET",
                                      .path = url.path.len > 0 ? str_skip(places->container_url, base.len)
                                                               : STR("/"),
                                      .headers = &authorization,
                                      .header_count = token.len > 0,
                                      .timeout_ms = TIMEOUT_MS };
        if (!ask(base, request, stop, &reply, err))
                return false;
        if (reply.status != 200)
                return error_set(err, reply.status >= 500 ? ERROR_UNAVAILABLE : ERROR_FORBIDDEN,
                                 "the container's credentials: \"" STR_FMT "\" answers with HTTP status %d",
                                 STR_ARG(places->container_url), reply.status);
        return take_json(&reply, "the container's credentials", ret_keys, ret_expires_ms, err);
}

static bool get_metadata(Str url, const char *path, Str token, const Stop *stop, HttpReply *ret_reply,
                         Error *err) {
        const HttpHeader session = { "X-aws-ec2-metadata-token", token };
        const HttpRequest request = { .method = "GET",
                                      .path = str_of(path),
                                      .headers = &session,
                                      .header_count = token.len > 0,
                                      .timeout_ms = METADATA_MS };

        if (!ask(url, request, stop, ret_reply, err))
                return false;
        if (ret_reply->status == 404)
                return error_set(err, ERROR_NOT_FOUND, "the instance has no role");
        return ret_reply->status == 200 ||
               error_set(err, ERROR_UNAVAILABLE, "the instance's metadata answer with HTTP status %d",
                         ret_reply->status);
}

/* Nobody there: ERROR_NOT_FOUND. */
static bool get_session(Str url, const Stop *stop, HttpReply *ret_reply, Error *err) {
        static const HttpHeader lifetime = { "X-aws-ec2-metadata-token-ttl-seconds", STR("21600") };
        const HttpRequest request = { .method = "PUT",
                                      .path = STR("/latest/api/token"),
                                      .headers = &lifetime,
                                      .header_count = 1,
                                      .timeout_ms = METADATA_MS };

        if (ask(url, request, stop, ret_reply, err) && ret_reply->status == 200)
                return true;
        if (err->code == ERROR_CANCELED)
                return false;
        error_clear(err);
        return error_set(err, ERROR_NOT_FOUND, "nobody answers there");
}

bool s3_credentials_from_metadata(const S3CredentialsPlaces *places, const Stop *stop, S3Keys *ret_keys,
                                  int64_t *ret_expires_ms, Error *err) {
        static const char folder[] = "/latest/meta-data/iam/security-credentials/";
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(wipe_reply) HttpReply session = { 0 }, roles = { 0 }, reply = { 0 };
        Str url = places->metadata_url, role;

        if (url.len == 0)
                return error_set(err, ERROR_NOT_FOUND, "switched off by $AWS_EC2_METADATA_DISABLED");
        if (!get_session(url, stop, &session, err) ||
            !get_metadata(url, folder, trimmed(&session.body), stop, &roles, err))
                return false;
        Str names = trimmed(&roles.body);
        if (!str_cut(&names, '\n', &role))
                return error_set(err, ERROR_NOT_FOUND, "the instance has no role");
        return get_metadata(url, arena_printf(&arena, "%s" STR_FMT, folder, STR_ARG(str_trim(role))),
                            trimmed(&session.body), stop, &reply, err) &&
               take_json(&reply, "the instance's metadata", ret_keys, ret_expires_ms, err);
}
