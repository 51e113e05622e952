#include "kube/object.h"

/* What a failing call is called: update status of deployments.apps "web" in namespace "shop". */
static Str describe(const char *verb, const KubeObject *object, Arena *arena) {
        Str resource = kube_resource_group_resource(object->resource, arena);

        return str_of(arena_printf(
                arena, "%s %s%s" STR_FMT "%s" STR_FMT "%s%s" STR_FMT "%s", verb,
                object->subresource ? object->subresource : "", object->subresource ? " of " : "",
                STR_ARG(resource), object->name.len ? " \"" : "", STR_ARG(object->name),
                object->name.len ? "\"" : "", object->namespace.len ? " in namespace \"" : "",
                STR_ARG(object->namespace), object->namespace.len ? "\"" : ""));
}

static Str path_of(const KubeObject *object, Arena *arena) {
        Str path = kube_resource_path(object->resource, object->namespace, object->name, arena);

        return object->subresource
                       ? str_of(arena_printf(arena, STR_FMT "/%s", STR_ARG(path), object->subresource))
                       : path;
}

static bool is_dots(Str segment) {
        return str_equal(segment, STR(".")) || str_equal(segment, STR(".."));
}

/* An empty name would address the whole collection: a DELETE of it deletes everything there.  Dots would
 * climb to another path. */
static bool check_place(const char *verb, const KubeObject *object, Arena *arena, Error *err) {
        const char *fault = NULL;

        if (object->name.len == 0)
                fault = "the name is empty";
        else if (is_dots(object->name) || is_dots(object->namespace))
                fault = "no object can have that name";
        if (fault == NULL)
                return true;
        return error_set(err, ERROR_INVALID, STR_FMT ": %s", STR_ARG(describe(verb, object, arena)), fault);
}

bool kube_get(KubeClient *client, const KubeResource *resource, Str namespace, Str name, const Stop *stop,
              JsonDoc **ret_doc, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        KubeObject object = { .resource = resource, .namespace = namespace, .name = name };
        KubeCall call = { .method = "GET",
                          .path = path_of(&object, &arena),
                          .about = describe("get", &object, &arena) };

        return check_place("get", &object, &arena, err) && kube_call(client, &call, stop, ret_doc, err);
}

static bool create(KubeClient *client, const KubeResource *resource, Str namespace, Str body,
                   bool *ret_is_in_doubt, const Stop *stop, JsonDoc **ret_doc, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        KubeObject collection = { .resource = resource, .namespace = namespace };
        KubeCall call = { .method = "POST",
                          .path = path_of(&collection, &arena),
                          .body = body,
                          .about = describe("create", &collection, &arena),
                          .ret_is_in_doubt = ret_is_in_doubt };

        if (is_dots(namespace))
                return error_set(err, ERROR_INVALID, STR_FMT ": no object can have that name",
                                 STR_ARG(call.about));
        return kube_call(client, &call, stop, ret_doc, err);
}

bool kube_create(KubeClient *client, const KubeResource *resource, Str namespace, Str body, const Stop *stop,
                 JsonDoc **ret_doc, Error *err) {
        return create(client, resource, namespace, body, NULL, stop, ret_doc, err);
}

bool kube_create_named(KubeClient *client, const KubeResource *resource, Str namespace, Str body,
                       const Stop *stop, JsonDoc **ret_doc, Error *err) {
        bool is_in_doubt = false;

        if (create(client, resource, namespace, body, &is_in_doubt, stop, ret_doc, err))
                return true;
        if (err->code == ERROR_EXISTS && is_in_doubt)
                err->code = ERROR_CONFLICT;
        return false;
}

bool kube_update(KubeClient *client, const KubeObject *object, Str body, const Stop *stop, JsonDoc **ret_doc,
                 Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        KubeCall call = { .method = "PUT",
                          .path = path_of(object, &arena),
                          .body = body,
                          .about = describe("update", object, &arena) };

        return check_place("update", object, &arena, err) && kube_call(client, &call, stop, ret_doc, err);
}

bool kube_patch(KubeClient *client, const KubeObject *object, KubePatchType type, Str body, const Stop *stop,
                JsonDoc **ret_doc, Error *err) {
        static const char *const content_types[] = { [KUBE_PATCH_MERGE] = "application/merge-patch+json",
                                                     [KUBE_PATCH_JSON] = "application/json-patch+json",
                                                     [KUBE_PATCH_APPLY] = "application/apply-patch+yaml" };
        AUTO(arena_clear) Arena arena = { 0 };
        KubeCall call = { .method = "PATCH",
                          .path = path_of(object, &arena),
                          .body = body,
                          .content_type = content_types[type],
                          .about = describe("patch", object, &arena) };

        if (type == KUBE_PATCH_APPLY)
                call.path = str_of(
                        arena_printf(&arena, STR_FMT "?fieldManager=grapnel&force=true", STR_ARG(call.path)));
        return check_place("patch", object, &arena, err) && kube_call(client, &call, stop, ret_doc, err);
}

bool kube_delete(KubeClient *client, const KubeObject *object, const Stop *stop, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        KubeCall call = { .method = "DELETE",
                          .path = path_of(object, &arena),
                          .about = describe("delete", object, &arena) };

        return check_place("delete", object, &arena, err) && kube_call(client, &call, stop, NULL, err);
}
