#include "kube/resource.h"

#include <strings.h>

#include "kube/discovery_build.h"

void discovery_free(Discovery *discovery) {
        Arena arena;

        if (discovery == NULL)
                return;
        arena = discovery->arena;
        arena_clear(&arena);
        free(discovery);
}

const KubeResource *discovery_resources(const Discovery *discovery, size_t *ret_count) {
        *ret_count = discovery->preferred;
        return discovery->resources;
}

const Strs *discovery_warnings(const Discovery *discovery) {
        return &discovery->warnings;
}

ServerVersion discovery_server_version(const Discovery *discovery) {
        return discovery->version;
}

static bool same(Str a, Str b) {
        return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

typedef enum NameForm { FORM_RESOURCE, FORM_KIND, FORM_SHORT, FORM_COUNT } NameForm;

static bool is_called(const KubeResource *resource, NameForm form, Str word) {
        if (form == FORM_RESOURCE)
                return same(resource->name, word) || same(resource->singular, word);
        if (form == FORM_KIND)
                return same(resource->kind, word);
        for (size_t i = 0; i < resource->short_names.len; i++) {
                if (same(resource->short_names.items[i], word))
                        return true;
        }
        return false;
}

typedef enum GroupRule { GROUP_ANY, GROUP_EXACT, GROUP_PREFIX } GroupRule;

typedef struct Wanted {
        Str word, group, version; /* version empty: the preferred one */
        GroupRule rule;
} Wanted;

static bool is_in_group(const KubeResource *resource, const Wanted *wanted) {
        if (wanted->rule == GROUP_ANY)
                return true;
        if (wanted->rule == GROUP_EXACT)
                return same(resource->group, wanted->group);
        return resource->group.len >= wanted->group.len &&
               strncasecmp(resource->group.ptr, wanted->group.ptr, wanted->group.len) == 0;
}

static const KubeResource *find(const Discovery *discovery, const Wanted *wanted) {
        size_t len = wanted->version.len > 0 ? discovery->len : discovery->preferred;

        for (NameForm form = FORM_RESOURCE; form < FORM_COUNT; form++) {
                for (size_t i = 0; i < len; i++) {
                        const KubeResource *resource = &discovery->resources[i];

                        if (is_called(resource, form, wanted->word) && is_in_group(resource, wanted) &&
                            (wanted->version.len == 0 || same(resource->version, wanted->version)))
                                return resource;
                }
        }
        return NULL;
}

/* kubectl reads "a.b.c" first as resource.version.group, then as resource.group, whose group may be cut
 * short ("deployments.ap"). */
const KubeResource *discovery_find(const Discovery *discovery, Str name) {
        const KubeResource *found = NULL;
        Str rest = name, version_group, word;
        Wanted wanted = { .rule = GROUP_ANY };

        if (name.len == 0)
                return NULL;
        if (memchr(name.ptr, '.', name.len) == NULL) {
                wanted.word = name;
                return find(discovery, &wanted);
        }
        (void) str_cut(&rest, '.', &word);
        version_group = rest;
        if (word.len == 0) /* kinds without a singular would match */
                return NULL;
        wanted = (Wanted) { .word = word, .rule = GROUP_EXACT };
        if (rest.len > 0 && memchr(rest.ptr, '.', rest.len) != NULL) {
                (void) str_cut(&version_group, '.', &wanted.version);
                wanted.group = version_group;
                if (wanted.version.len > 0)
                        found = find(discovery, &wanted);
        }
        if (found == NULL) {
                wanted = (Wanted) { .word = word, .group = rest, .rule = GROUP_EXACT };
                found = find(discovery, &wanted);
        }
        if (found == NULL && rest.len > 0) {
                wanted.rule = GROUP_PREFIX;
                found = find(discovery, &wanted);
        }
        return found;
}

const KubeResource *discovery_find_kind(const Discovery *discovery, Str api_version, Str kind) {
        Str version = api_version, group = { "", 0 };

        if (version.len == 0 || kind.len == 0)
                return NULL;
        if (memchr(version.ptr, '/', version.len) != NULL)
                (void) str_cut(&version, '/', &group);
        for (size_t i = 0; i < discovery->len; i++) {
                const KubeResource *resource = &discovery->resources[i];

                if (str_equal(resource->kind, kind) && str_equal(resource->group, group) &&
                    str_equal(resource->version, version))
                        return resource;
        }
        return NULL;
}
