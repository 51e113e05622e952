#include "backup/related.h"

#include "base/map.h"
#include "base/mem.h"
#include "kube/object.h"

static void add(ItemRefs *refs, Arena *arena, ItemRef ref) {
        if (ref.name.len == 0)
                return;
        if (refs->len == refs->capacity) {
                size_t capacity = refs->capacity ? refs->capacity * 2 : 8;
                ItemRef *grown = arena_alloc(arena, capacity * sizeof(*grown));

                if (refs->len > 0)
                        memcpy(grown, refs->items, refs->len * sizeof(*grown));
                refs->items = grown;
                refs->capacity = capacity;
        }
        refs->items[refs->len++] = ref;
}

static void find_for_pod(JsonVal *pod, Arena *arena, ItemRefs *refs) {
        JsonVal *volumes = json_at(pod, "spec", "volumes"), *volume;
        size_t i, count;

        add(refs, arena,
            (ItemRef) { .group_resource = STR("priorityclasses.scheduling.k8s.io"),
                        .namespace = STR(""),
                        .name = json_get_str(json_get(pod, "spec"), "priorityClassName") });
        yyjson_arr_foreach(volumes, i, count, volume) {
                add(refs, arena,
                    (ItemRef) { .group_resource = STR("persistentvolumeclaims"),
                                .namespace = object_namespace(pod),
                                .name = json_str(json_at(volume, "persistentVolumeClaim", "claimName")) });
        }
}

bool claim_is_bound(JsonVal *claim) {
        return str_equal(json_str(json_at(claim, "status", "phase")), STR("Bound")) &&
               json_str(json_at(claim, "spec", "volumeName")).len > 0;
}

void related_find(Str group_resource, JsonVal *object, Arena *arena, ItemRefs *refs) {
        if (str_equal(group_resource, STR("pods")))
                find_for_pod(object, arena, refs);
        else if (str_equal(group_resource, STR("persistentvolumeclaims")) && claim_is_bound(object))
                add(refs, arena,
                    (ItemRef) { .group_resource = STR("persistentvolumes"),
                                .namespace = STR(""),
                                .name = json_str(json_at(object, "spec", "volumeName")) });
}

typedef struct RoleGrant {
        Str binding, role;
        struct RoleGrant *next;
} RoleGrant;

struct RoleIndex {
        Arena arena;
        StrMap grants; /* "ns/account" → RoleGrant */
};

RoleIndex *role_index_new(void) {
        return xnew0(RoleIndex);
}

void role_index_free(RoleIndex *index) {
        if (!index)
                return;
        str_map_clear(&index->grants);
        arena_clear(&index->arena);
        free(index);
}

static Str account_key(Str namespace, Str account, Arena *arena) {
        return str_of(arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(namespace), STR_ARG(account)));
}

void role_index_add(RoleIndex *index, JsonVal *cluster_role_binding) {
        JsonVal *subjects = json_get(cluster_role_binding, "subjects"), *subject;
        JsonVal *role = json_get(cluster_role_binding, "roleRef");
        bool is_cluster_role = str_equal(json_get_str(role, "kind"), STR("ClusterRole"));
        size_t i, count;

        yyjson_arr_foreach(subjects, i, count, subject) {
                RoleGrant *grant;
                Str key;

                if (!str_equal(json_get_str(subject, "kind"), STR("ServiceAccount")))
                        continue;
                key = account_key(json_get_str(subject, "namespace"), json_get_str(subject, "name"),
                                  &index->arena);
                grant = arena_alloc(&index->arena, sizeof(*grant));
                *grant = (RoleGrant) {
                        .binding = arena_copy(&index->arena, object_name(cluster_role_binding)),
                        .role = is_cluster_role ? arena_copy(&index->arena, json_get_str(role, "name"))
                                                : STR(""),
                        .next = str_map_get(&index->grants, key),
                };
                str_map_put(&index->grants, key, grant);
        }
}

void role_index_find(const RoleIndex *index, Str namespace, Str account, Arena *arena, ItemRefs *refs) {
        const RoleGrant *grant = str_map_get(&index->grants, account_key(namespace, account, arena));

        for (; grant; grant = grant->next) {
                add(refs, arena,
                    (ItemRef) { .group_resource = STR("clusterrolebindings.rbac.authorization.k8s.io"),
                                .namespace = STR(""),
                                .name = grant->binding });
                add(refs, arena,
                    (ItemRef) { .group_resource = STR("clusterroles.rbac.authorization.k8s.io"),
                                .namespace = STR(""),
                                .name = grant->role });
        }
}
