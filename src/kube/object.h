/* object.h - reading and writing one object.
 *
 * ret_doc may be NULL where the reply does not matter.  Codes as in client.h. */
#pragma once
#include "kube/resource.h"

bool kube_get(KubeClient *client, const KubeResource *resource, Str namespace, Str name, const Stop *stop,
              JsonDoc **ret_doc, Error *err) MUST_CHECK;
bool kube_create(KubeClient *client, const KubeResource *resource, Str namespace, Str body, const Stop *stop,
                 JsonDoc **ret_doc, Error *err) MUST_CHECK;
/* The same for who would take another name: ERROR_EXISTS only when the object is certainly somebody else's.  After an
 * answer that got lost it may be the very one, and that is ERROR_CONFLICT. */
bool kube_create_named(KubeClient *client, const KubeResource *resource, Str namespace, Str body,
                       const Stop *stop, JsonDoc **ret_doc, Error *err) MUST_CHECK;

typedef struct KubeObject { /* which one */
        const KubeResource *resource;
        Str namespace, name;
        const char *subresource; /* "status"; NULL for the object itself */
} KubeObject;

typedef enum KubePatchType { KUBE_PATCH_MERGE, KUBE_PATCH_JSON, KUBE_PATCH_APPLY } KubePatchType;

bool kube_update(KubeClient *client, const KubeObject *object, Str body, const Stop *stop, JsonDoc **ret_doc,
                 Error *err) MUST_CHECK;
/* KUBE_PATCH_APPLY is server-side apply as field manager "grapnel", forced. */
bool kube_patch(KubeClient *client, const KubeObject *object, KubePatchType type, Str body, const Stop *stop,
                JsonDoc **ret_doc, Error *err) MUST_CHECK;
bool kube_delete(KubeClient *client, const KubeObject *object, const Stop *stop, Error *err) MUST_CHECK;

/* Parts every object has; empty when absent. */
static inline Str object_name(JsonVal *object) {
        return json_get_str(json_get(object, "metadata"), "name");
}
static inline Str object_namespace(JsonVal *object) {
        return json_get_str(json_get(object, "metadata"), "namespace");
}
static inline Str object_uid(JsonVal *object) {
        return json_get_str(json_get(object, "metadata"), "uid");
}
static inline JsonVal *object_labels(JsonVal *object) {
        return json_get(json_get(object, "metadata"), "labels");
}
static inline JsonVal *object_annotations(JsonVal *object) {
        return json_get(json_get(object, "metadata"), "annotations");
}
