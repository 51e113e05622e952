#include "kube/discovery_build.h"

#include "base/map.h"
#include "base/mem.h"
#include "kube/object.h"

/* A cluster has some hundreds; the limit is for a server that lies. */
enum { RESOURCES_MAX = 20000 };

typedef struct Served { /* one resource in one version */
        KubeResource resource;
        bool is_preferred; /* the first version of its group that has it */
} Served;

struct DiscoveryBuilder {
        Discovery *discovery;
        Served *served;
        size_t len, capacity;
        Arena keys_arena;
        StrMap keys; /* "group/resource" met so far */
};

DiscoveryBuilder *discovery_builder_new(void) {
        DiscoveryBuilder *builder = xnew0(DiscoveryBuilder);

        builder->discovery = xnew0(Discovery);
        return builder;
}

void discovery_builder_free(DiscoveryBuilder *builder) {
        if (builder == NULL)
                return;
        discovery_free(builder->discovery);
        str_map_clear(&builder->keys);
        arena_clear(&builder->keys_arena);
        free(builder->served);
        free(builder);
}

void discovery_add_failure(DiscoveryBuilder *builder, Str group, Str version, Str why) {
        Arena *arena = &builder->discovery->arena;

        strs_add(&builder->discovery->warnings, arena,
                 str_of(arena_printf(arena, "group " STR_FMT "%s" STR_FMT ": " STR_FMT, STR_ARG(group),
                                     group.len ? "/" : "", STR_ARG(version), STR_ARG(why))));
}

static bool add(DiscoveryBuilder *builder, const KubeResource *resource, Error *err) {
        Str key = str_of(arena_printf(&builder->keys_arena, STR_FMT "/" STR_FMT, STR_ARG(resource->group),
                                      STR_ARG(resource->name)));
        bool is_preferred = str_map_get(&builder->keys, key) == NULL;

        if (builder->len == RESOURCES_MAX)
                return error_set(err, ERROR_CORRUPT, "the server lists more than %d resources",
                                 RESOURCES_MAX);
        if (is_preferred)
                str_map_put(&builder->keys, key, builder);
        if (builder->len == builder->capacity) {
                builder->capacity = builder->capacity ? builder->capacity * 2 : 128;
                builder->served =
                        xrealloc_array(builder->served, builder->capacity, sizeof(*builder->served));
        }
        builder->served[builder->len++] = (Served) { *resource, is_preferred };
        return true;
}

static Strs copy_strs(JsonVal *array, Arena *arena) {
        Strs borrowed = { 0 }, copies = { 0 };

        json_add_strs(array, arena, &borrowed);
        for (size_t i = 0; i < borrowed.len; i++)
                strs_add(&copies, arena, arena_copy(arena, borrowed.items[i]));
        return copies;
}

static bool add_aggregated_version(DiscoveryBuilder *builder, Str group, JsonVal *version, Error *err) {
        Arena *arena = &builder->discovery->arena;
        Str version_name = arena_copy(arena, json_get_str(version, "version"));
        size_t i, max;
        JsonVal *item;

        if (str_equal(json_get_str(version, "freshness"), STR("Stale"))) {
                /* What is left of it is from before its server went away. */
                discovery_add_failure(
                        builder, group, version_name,
                        STR("the service that provides it does not answer (discovery is stale)"));
                return true;
        }
        yyjson_arr_foreach(json_get(version, "resources"), i, max, item) {
                KubeResource resource = {
                        .group = group,
                        .version = version_name,
                        .name = arena_copy(arena, json_get_str(item, "resource")),
                        .kind = arena_copy(arena, json_get_str(json_get(item, "responseKind"), "kind")),
                        .singular = arena_copy(arena, json_get_str(item, "singularResource")),
                        .short_names = copy_strs(json_get(item, "shortNames"), arena),
                        .verbs = copy_strs(json_get(item, "verbs"), arena),
                        .is_namespaced = str_equal(json_get_str(item, "scope"), STR("Namespaced")),
                };

                if (resource.name.len > 0 && !add(builder, &resource, err))
                        return false;
        }
        return true;
}

static bool add_aggregated(DiscoveryBuilder *builder, JsonVal *list, Error *err) {
        size_t g, groups, v, versions;
        JsonVal *group, *version;

        yyjson_arr_foreach(json_get(list, "items"), g, groups, group) {
                Str name = arena_copy(&builder->discovery->arena, object_name(group));

                yyjson_arr_foreach(json_get(group, "versions"), v, versions, version) {
                        if (!add_aggregated_version(builder, name, version, err))
                                return false;
                }
        }
        return true;
}

static bool add_resource_list(DiscoveryBuilder *builder, JsonVal *list, Error *err) {
        Arena *arena = &builder->discovery->arena;
        Str version = arena_copy(arena, json_get_str(list, "groupVersion")), group = { "", 0 };
        size_t i, max;
        JsonVal *item;

        if (memchr(version.ptr, '/', version.len) != NULL)
                (void) str_cut(&version, '/', &group);
        yyjson_arr_foreach(json_get(list, "resources"), i, max, item) {
                Str name = json_get_str(item, "name");
                KubeResource resource = {
                        .group = group,
                        .version = version,
                        .name = arena_copy(arena, name),
                        .kind = arena_copy(arena, json_get_str(item, "kind")),
                        .singular = arena_copy(arena, json_get_str(item, "singularName")),
                        .short_names = copy_strs(json_get(item, "shortNames"), arena),
                        .verbs = copy_strs(json_get(item, "verbs"), arena),
                        .is_namespaced = json_get_bool(item, "namespaced", false),
                };

                if (name.len == 0 || memchr(name.ptr, '/', name.len) != NULL) /* "pods/exec" */
                        continue;
                if (!add(builder, &resource, err))
                        return false;
        }
        return true;
}

bool discovery_add(DiscoveryBuilder *builder, JsonVal *reply, Error *err) {
        Str kind = json_get_str(reply, "kind");
        size_t i, max;
        JsonVal *list;

        if (str_equal(kind, STR("APIGroupDiscoveryList")))
                return add_aggregated(builder, reply, err);
        if (str_equal(kind, STR("APIResourceList")))
                return add_resource_list(builder, reply, err);
        if (!yyjson_is_arr(reply))
                return error_set(err, ERROR_CORRUPT,
                                 "kind \"" STR_FMT "\" where the server's resources were expected "
                                 "(APIGroupDiscoveryList or APIResourceList)",
                                 STR_ARG(kind));
        yyjson_arr_foreach(reply, i, max, list) {
                if (yyjson_is_arr(list))
                        return error_set(err, ERROR_CORRUPT, "an array inside the array of resource lists");
                if (!discovery_add(builder, list, err))
                        return false;
        }
        return true;
}

void discovery_set_version(DiscoveryBuilder *builder, JsonVal *version) {
        Arena *arena = &builder->discovery->arena;

        builder->discovery->version =
                (ServerVersion) { .git_version = arena_copy(arena, json_get_str(version, "gitVersion")),
                                  .major = arena_copy(arena, json_get_str(version, "major")),
                                  .minor = arena_copy(arena, json_get_str(version, "minor")) };
}

/* The same objects are in "extensions" and in the group that took them over; the newer home counts, so
 * "extensions" goes last (spec/backup-behaviour.md 3.1). */
static unsigned place_of(const Served *served) {
        if (!served->is_preferred)
                return 2;
        return str_equal(served->resource.group, STR("extensions")) ? 1 : 0;
}

Discovery *discovery_finish(DiscoveryBuilder *builder) {
        Discovery *discovery = TAKE(builder->discovery);

        discovery->resources = arena_alloc(&discovery->arena, (builder->len + 1) * sizeof(KubeResource));
        for (unsigned place = 0; place <= 2; place++) {
                for (size_t i = 0; i < builder->len; i++) {
                        if (place_of(&builder->served[i]) == place)
                                discovery->resources[discovery->len++] = builder->served[i].resource;
                }
                if (place == 1)
                        discovery->preferred = discovery->len;
        }
        return discovery;
}

bool discovery_from_json(JsonVal *core, JsonVal *groups, Discovery **ret_discovery, Error *err) {
        AUTO(discovery_builder_freep) DiscoveryBuilder *builder = discovery_builder_new();

        if ((core != NULL && !discovery_add(builder, core, err)) ||
            (groups != NULL && !discovery_add(builder, groups, err)))
                return false;
        *ret_discovery = discovery_finish(builder);
        return true;
}
