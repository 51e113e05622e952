#include "fuzz.h"

#include <assert.h>

#include "kube/resource.h"

/* What was read can be found again by everything that it says of itself. */
static void look_up(const Discovery *discovery) {
        AUTO(arena_clear) Arena arena = { 0 };
        size_t count;
        const KubeResource *resources = discovery_resources(discovery, &count);

        for (size_t i = 0; i < count && i < 50; i++) {
                Str api_version = kube_resource_api_version(&resources[i], &arena);

                assert(discovery_find(discovery, resources[i].name) != NULL || resources[i].name.len == 0 ||
                       memchr(resources[i].name.ptr, '.', resources[i].name.len) != NULL);
                (void) discovery_find(discovery, kube_resource_group_resource(&resources[i], &arena));
                (void) discovery_find_kind(discovery, api_version, resources[i].kind);
                assert(kube_resource_path(&resources[i], STR("n"), STR("x"), &arena).ptr[0] == '/');
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(discovery_freep) Discovery *discovery = NULL;
        AUTO_JSON *doc = NULL;
        JsonVal *root;
        Str text = { (const char *) data, size };

        if (!json_parse(text, "discovery", &doc, &err))
                return 0;
        root = yyjson_doc_get_root(doc);
        if (!discovery_from_json(root, root, &discovery, &err)) {
                assert(err.message != NULL);
                return 0;
        }
        look_up(discovery);
        (void) discovery_find(discovery, text);
        return 0;
}
