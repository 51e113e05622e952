#include "kube/secret_value.h"

#include "data/base64.h"
#include "kube/object.h"

enum { VALUE_LIMIT = 1024 * 1024 }; /* as the API server's for a whole Secret */

static const KubeResource secrets = { .group = { "", 0 },
                                      .version = { "v1", 2 },
                                      .name = { "secrets", 7 },
                                      .kind = { "Secret", 6 },
                                      .singular = { "secret", 6 },
                                      .is_namespaced = true };

static bool get(KubeClient *client, const KubeSecretKey *which, const Stop *stop, JsonDoc **ret_doc,
                Error *err) {
        if (kube_get(client, &secrets, which->namespace, which->name, stop, ret_doc, err))
                return true;
        if (err->code != ERROR_NOT_FOUND)
                return false;
        error_clear(err);
        return error_set(err, ERROR_INVALID,
                         "there is no Secret \"" STR_FMT "\" in namespace \"" STR_FMT "\"",
                         STR_ARG(which->name), STR_ARG(which->namespace));
}

bool kube_secret_value(KubeClient *client, const KubeSecretKey *which, const Stop *stop, Secret *ret_value,
                       Error *err) {
        AUTO(buf_wipe) Buf plain = { .limit = VALUE_LIMIT };
        AUTO(error_clear) Error reason = { 0 };
        AUTO_JSON *doc = NULL;
        JsonVal *value;

        if (!get(client, which, stop, &doc, err))
                return false;
        value = json_get_key(json_get(yyjson_doc_get_root(doc), "data"), which->key);
        if (!value)
                return error_set(err, ERROR_INVALID, "Secret \"" STR_FMT "\" has no key \"" STR_FMT "\"",
                                 STR_ARG(which->name), STR_ARG(which->key));
        if (!base64_decode(json_str(value), &plain, &reason))
                return error_set(err, ERROR_INVALID,
                                 "key \"" STR_FMT "\" of Secret \"" STR_FMT "\" is not base64",
                                 STR_ARG(which->key), STR_ARG(which->name));
        *ret_value = secret_copy(buf_str(&plain));
        return true;
}
