#include "server/secret_value.h"

#include "data/base64.h"
#include "kube/object.h"

enum { VALUE_LIMIT = 1024 * 1024 }; /* as the API server's for a whole Secret */

static bool get(const Server *server, Str name, JsonDoc **ret_doc, Error *err) {
        const KubeResource *secrets = discovery_find_kind(server->discovery, STR("v1"), STR("Secret"));
        Str namespace = server->options->namespace;

        if (!secrets)
                return error_set(err, ERROR_UNAVAILABLE, "the API server does not serve Secrets");
        if (kube_get(server->client, secrets, namespace, name, server->stop, ret_doc, err))
                return true;
        if (err->code != ERROR_NOT_FOUND)
                return false;
        error_clear(err);
        return error_set(err, ERROR_INVALID,
                         "there is no Secret \"" STR_FMT "\" in namespace \"" STR_FMT "\"", STR_ARG(name),
                         STR_ARG(namespace));
}

bool secret_value(const Server *server, Str name, Str key, Secret *ret_value, Error *err) {
        AUTO(buf_wipe) Buf plain = { .limit = VALUE_LIMIT };
        AUTO(error_clear) Error reason = { 0 };
        AUTO_JSON *doc = NULL;
        JsonVal *value;

        if (!get(server, name, &doc, err))
                return false;
        value = json_get_key(json_get(yyjson_doc_get_root(doc), "data"), key);
        if (!value)
                return error_set(err, ERROR_INVALID, "Secret \"" STR_FMT "\" has no key \"" STR_FMT "\"",
                                 STR_ARG(name), STR_ARG(key));
        if (!base64_decode(json_str(value), &plain, &reason))
                return error_set(err, ERROR_INVALID,
                                 "key \"" STR_FMT "\" of Secret \"" STR_FMT "\" is not base64", STR_ARG(key),
                                 STR_ARG(name));
        *ret_value = secret_copy(buf_str(&plain));
        return true;
}
