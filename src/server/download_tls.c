#include "server/download_tls.h"

#include "data/base64.h"
#include "kube/object.h"
#include "net/serve.h"
#include "server/download.h"

static bool take_key(JsonVal *secret, Secret *key_pem, Error *err) {
        AUTO(error_clear) Error reason = { 0 };
        AUTO(buf_clear) Buf plain = { .limit = 64 * 1024 };
        Str text = json_get_str(json_get(secret, "data"), "tls.key");
        bool is_good = base64_decode(text, &plain, &reason) && !plain.overflowed && plain.len > 0;

        if (is_good)
                *key_pem = secret_copy(buf_str(&plain));
        if (plain.capacity > 0)
                explicit_bzero(plain.ptr, plain.capacity);
        return is_good || error_set(err, ERROR_INVALID, "it has no usable \"tls.key\"");
}

static bool take(JsonVal *secret, Buf *cert_pem, Secret *key_pem, Error *err) {
        Str text = json_get_str(json_get(secret, "data"), "tls.crt");

        if (text.len == 0)
                return error_set(err, ERROR_INVALID, "it has no \"tls.crt\"");
        return base64_decode(text, cert_pem, err) && (!key_pem || take_key(secret, key_pem, err));
}

static void put_base64(JsonMutDoc *doc, JsonMutVal *values, const char *key, Str bytes) {
        AUTO(buf_clear) Buf text = { 0 };

        base64_encode(bytes, &text);
        json_put_str(doc, values, key, buf_str(&text));
        if (text.capacity > 0)
                explicit_bzero(text.ptr, text.capacity);
}

static JsonMutDoc *secret_new(Str namespace, Str cert_pem, const Secret *key_pem) {
        JsonMutDoc *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *root = yyjson_mut_obj(doc), *metadata, *values;

        yyjson_mut_doc_set_root(doc, root);
        json_put_str(doc, root, "apiVersion", STR("v1"));
        json_put_str(doc, root, "kind", STR("Secret"));
        json_put_str(doc, root, "type", STR("kubernetes.io/tls"));
        metadata = json_mut_object(doc, root, "metadata");
        json_put_str(doc, metadata, "name", STR(DOWNLOAD_TLS_SECRET));
        json_put_str(doc, metadata, "namespace", namespace);
        values = json_mut_object(doc, root, "data");
        put_base64(doc, values, "tls.crt", cert_pem);
        put_base64(doc, values, "tls.key", secret_reveal(key_pem));
        return doc;
}

static bool create(const Server *server, const KubeResource *secrets, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf cert = { 0 }, body = { 0 };
        AUTO(secret_clear) Secret key = { 0 };
        AUTO_JSON_MUT *doc = NULL;
        Str host = download_host(server->options, &arena);
        const char *const names[] = { arena_printf(&arena, STR_FMT, STR_ARG(host)), "localhost",
                                      "127.0.0.1" };
        bool is_done;

        if (!serve_self_signed(names, sizeof(names) / sizeof(*names), &cert, &key, err))
                return false;
        doc = secret_new(server->options->namespace, buf_str(&cert), &key);
        json_write_mut(yyjson_mut_doc_get_root(doc), &body);
        is_done = kube_create(server->client, secrets, server->options->namespace, buf_str(&body),
                              server->stop, NULL, err);
        explicit_bzero(body.ptr, body.capacity);
        if (is_done || err->code != ERROR_EXISTS)
                return is_done;
        error_clear(err); /* another replica was faster: its certificate is ours too */
        return true;
}

static bool read_or_create(const Server *server, Buf *cert_pem, Secret *key_pem, Error *err) {
        const KubeResource *secrets = discovery_find_kind(server->discovery, STR("v1"), STR("Secret"));
        Str namespace = server->options->namespace;
        AUTO_JSON *doc = NULL;

        if (!secrets)
                return error_set(err, ERROR_UNAVAILABLE, "the API server does not serve Secrets");
        if (!kube_get(server->client, secrets, namespace, STR(DOWNLOAD_TLS_SECRET), server->stop, &doc,
                      err)) {
                if (err->code != ERROR_NOT_FOUND)
                        return false;
                error_clear(err);
                if (!create(server, secrets, err) ||
                    !kube_get(server->client, secrets, namespace, STR(DOWNLOAD_TLS_SECRET), server->stop,
                              &doc, err))
                        return false;
        }
        return take(yyjson_doc_get_root(doc), cert_pem, key_pem, err);
}

bool download_tls(const Server *server, Buf *cert_pem, Secret *key_pem, Error *err) {
        return read_or_create(server, cert_pem, key_pem, err) ||
               error_prefix(err, "the certificate of downloads, Secret \"%s\" in namespace \"" STR_FMT "\"",
                            DOWNLOAD_TLS_SECRET, STR_ARG(server->options->namespace));
}
