#include "restore/namespaces.h"

#include "base/clock.h"
#include "data/duration.h"
#include "kube/object.h"

enum { POLL_MS = 1000 };

static void copy_part(JsonMutDoc *doc, JsonMutVal *into, JsonVal *from, const char *key) {
        JsonVal *value = json_get(from, key);

        if (value)
                yyjson_mut_obj_add_val(doc, into, key, yyjson_val_mut_copy(doc, value));
}

void namespace_body(const NamespaceWish *wish, Buf *into) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *object = yyjson_mut_obj(doc);

        json_put_str(doc, object, "apiVersion", STR("v1"));
        json_put_str(doc, object, "kind", STR("Namespace"));
        JsonMutVal *metadata = yyjson_mut_obj_add_obj(doc, object, "metadata");
        json_put_str(doc, metadata, "name", wish->name);
        copy_part(doc, metadata, json_get(wish->backup, "metadata"), "labels");
        copy_part(doc, metadata, json_get(wish->backup, "metadata"), "annotations");
        copy_part(doc, object, wish->backup, "spec");
        json_write_mut(object, into);
}

static bool is_ending(JsonVal *namespace) {
        return str_equal(json_str(json_at(namespace, "status", "phase")), STR("Terminating")) ||
               json_at(namespace, "metadata", "deletionTimestamp") != NULL;
}

static const KubeResource *resource(void) {
        static const KubeResource namespaces = { .version = { "v1", 2 },
                                                 .name = { "namespaces", 10 },
                                                 .kind = { "Namespace", 9 } };

        return &namespaces;
}

typedef enum Found { FOUND_NONE, FOUND_READY, FOUND_ENDING } Found;

static bool look(KubeClient *client, Str name, const Stop *stop, Found *ret_found, Error *err) {
        AUTO(error_clear) Error missing = { 0 };
        AUTO_JSON *doc = NULL;

        if (kube_get(client, resource(), STR(""), name, stop, &doc, &missing))
                *ret_found = is_ending(yyjson_doc_get_root(doc)) ? FOUND_ENDING : FOUND_READY;
        else if (missing.code == ERROR_NOT_FOUND)
                *ret_found = FOUND_NONE;
        else
                return error_set(err, missing.code, "%s", missing.message);
        return true;
}

static bool create(KubeClient *client, const NamespaceWish *wish, const Stop *stop, bool *ret_created,
                   Error *err) {
        AUTO(error_clear) Error failed = { 0 };
        AUTO(buf_clear) Buf body = { 0 };

        if (!wish->is_dry) {
                namespace_body(wish, &body);
                if (!kube_create(client, resource(), STR(""), buf_str(&body), stop, NULL, &failed) &&
                    failed.code != ERROR_EXISTS)
                        return error_set(err, failed.code, "%s", failed.message);
        }
        *ret_created = failed.code != ERROR_EXISTS;
        return true;
}

bool namespace_ensure(KubeClient *client, const NamespaceWish *wish, const Stop *stop, bool *ret_created,
                      Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        int64_t deadline_ms = clock_ms() + wish->wait_ms;

        for (;;) {
                Found found = FOUND_NONE;

                if (!look(client, wish->name, stop, &found, err))
                        return false;
                if (found == FOUND_NONE)
                        return create(client, wish, stop, ret_created, err);
                if (found == FOUND_READY || wish->is_dry) {
                        *ret_created = false;
                        return true;
                }
                if (clock_ms() >= deadline_ms)
                        return error_set(
                                err, ERROR_TIMEOUT,
                                "namespace \"" STR_FMT "\" is being deleted, and still was after " STR_FMT,
                                STR_ARG(wish->name), STR_ARG(duration_format(wish->wait_ms, &arena)));
                if (!stop_sleep_ms(stop, POLL_MS))
                        return stop_check(stop, err);
        }
}
