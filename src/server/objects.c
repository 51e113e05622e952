#include "server/objects.h"

#include "base/backoff.h"
#include "base/clock.h"

/* A server that was asked to end has 30 s in Kubernetes; recording how runs ended may take most of it. */
static const int64_t ending_timeout_ms = INT64_C(20) * 1000;

static KubeObject object_of(const Server *server, ServerKind kind, Str name) {
        return (KubeObject) { .resource = kinds_resource(server->kinds, kind),
                              .namespace = server->options->namespace,
                              .name = name };
}

bool objects_get(const Server *server, ServerKind kind, Str name, JsonDoc **ret_doc, Error *err) {
        return kube_get(server->client, kinds_resource(server->kinds, kind), server->options->namespace, name,
                        server->stop, ret_doc, err);
}

static bool patch(const Server *server, ServerKind kind, Str name, JsonMutVal *value, const Stop *stop,
                  JsonDoc **ret_doc, Error *err) {
        AUTO(buf_clear) Buf body = { 0 };
        const KubeObject object = object_of(server, kind, name);

        json_write_mut(value, &body);
        return buf_check(&body, "the patch", err) &&
               kube_patch(server->client, &object, KUBE_PATCH_MERGE, buf_str(&body), stop, ret_doc, err);
}

bool objects_patch(const Server *server, ServerKind kind, Str name, JsonMutVal *value, JsonDoc **ret_doc,
                   Error *err) {
        return patch(server, kind, name, value, server->stop, ret_doc, err);
}

bool objects_patch_if(const Server *server, ServerKind kind, JsonVal *basis, JsonMutDoc *doc,
                      JsonMutVal *value, JsonDoc **ret_doc, Error *err) {
        json_put_str(doc, json_mut_object(doc, value, "metadata"), "resourceVersion",
                     json_get_str(json_get(basis, "metadata"), "resourceVersion"));
        return patch(server, kind, object_name(basis), value, server->stop, ret_doc, err);
}

static int64_t lasting_deadline(const Server *server, int64_t start_ms) {
        int64_t timeout_ms = server->options->resource_timeout_ms;

        if (stop_is_set(server->stop) && timeout_ms > ending_timeout_ms)
                timeout_ms = ending_timeout_ms;
        return start_ms + timeout_ms;
}

bool objects_patch_lasting(const Server *server, ServerKind kind, Str name, JsonMutVal *value,
                           JsonDoc **ret_doc, Error *err) {
        int64_t start_ms = clock_ms();
        Backoff backoff = { 0 };

        for (;;) {
                if (patch(server, kind, name, value, server->lost, ret_doc, err))
                        return true;
                if (!error_is_retryable(err) || stop_is_set(server->lost) ||
                    clock_ms() >= lasting_deadline(server, start_ms))
                        return false;
                error_clear(err);
                (void) stop_sleep_ms(server->lost,
                                     backoff_next_ms(&backoff, 0)); /* lost: seen by the patch */
        }
}

bool objects_create(const Server *server, ServerKind kind, JsonMutVal *object, JsonDoc **ret_doc,
                    Error *err) {
        AUTO(buf_clear) Buf body = { 0 };

        json_write_mut(object, &body);
        return buf_check(&body, kind_name(kind), err) &&
               kube_create(server->client, kinds_resource(server->kinds, kind), server->options->namespace,
                           buf_str(&body), server->stop, ret_doc, err);
}

bool objects_delete(const Server *server, ServerKind kind, Str name, Error *err) {
        const KubeObject object = object_of(server, kind, name);

        if (kube_delete(server->client, &object, server->stop, err))
                return true;
        if (err->code != ERROR_NOT_FOUND)
                return false;
        error_clear(err);
        return true;
}

Str object_phase(JsonVal *object) {
        Str phase = json_get_str(json_get(object, "status"), "phase");

        return phase.len > 0 ? phase : STR("New");
}

int64_t object_time_ms(JsonVal *object, const char *part, const char *key) {
        AUTO(error_clear) Error err = { 0 };
        int64_t wall_ms;

        return clock_parse_rfc3339(json_get_str(json_get(object, part), key), &wall_ms, &err) ? wall_ms : 0;
}

Str object_schedule(JsonVal *object) {
        return json_get_str(object_labels(object), "velero.io/schedule-name");
}

bool object_is_deleting(JsonVal *object) {
        return json_get_str(json_get(object, "metadata"), "deletionTimestamp").len > 0;
}
