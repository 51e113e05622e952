#include "kube/resource.h"

#include "net/url.h"

bool kube_resource_has_verb(const KubeResource *resource, const char *verb) {
        return strs_has(&resource->verbs, str_of(verb));
}

Str kube_resource_api_version(const KubeResource *resource, Arena *arena) {
        if (resource->group.len == 0)
                return arena_copy(arena, resource->version);
        return str_of(arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(resource->group),
                                   STR_ARG(resource->version)));
}

Str kube_resource_group_resource(const KubeResource *resource, Arena *arena) {
        if (resource->group.len == 0)
                return arena_copy(arena, resource->name);
        return str_of(
                arena_printf(arena, STR_FMT "." STR_FMT, STR_ARG(resource->name), STR_ARG(resource->group)));
}

static void add_segment(Buf *path, Str segment) {
        buf_add_char(path, '/');
        url_escape(segment, path);
}

Str kube_resource_path(const KubeResource *resource, Str namespace, Str name, Arena *arena) {
        AUTO(buf_clear) Buf path = { 0 };

        if (resource->group.len == 0) {
                buf_add(&path, STR("/api"));
        } else {
                buf_add(&path, STR("/apis"));
                add_segment(&path, resource->group);
        }
        add_segment(&path, resource->version);
        if (resource->is_namespaced && namespace.len > 0) {
                buf_add(&path, STR("/namespaces"));
                add_segment(&path, namespace);
        }
        add_segment(&path, resource->name);
        if (name.len > 0)
                add_segment(&path, name);
        return arena_copy(arena, buf_str(&path));
}
