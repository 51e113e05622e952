#include "cli/catalog_cluster.h"

#include "kube/object.h"

typedef struct Gathering {
        Arena *arena;
        Catalog catalog;
        size_t capacity;
} Gathering;

bool catalog_find_resource(Cli *cli, const Discovery *discovery, CatalogKind kind,
                           const KubeResource **ret_resource, Error *err) {
        const char *word = kind == CATALOG_BACKUPS ? "Backup" : "Restore";

        *ret_resource = discovery_find_kind(discovery, STR("velero.io/v1"), str_of(word));
        if (*ret_resource)
                return true;
        cli_set_hint(cli, "\"grapnel install\" installs them; --from DIR reads a folder instead");
        return error_set(err, ERROR_NOT_FOUND, "the cluster has no %ss of velero.io/v1", word);
}

/* A document of its own, since a page lives only as long as the sink's call. */
static void gather(Gathering *gathering, JsonVal *object) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        Catalog *catalog = &gathering->catalog;

        if (catalog->len == gathering->capacity) {
                size_t capacity = gathering->capacity ? 2 * gathering->capacity : 64;
                CatalogEntry *items = arena_alloc(gathering->arena, capacity * sizeof *items);

                if (catalog->len)
                        memcpy(items, catalog->items, catalog->len * sizeof *items);
                catalog->items = items;
                gathering->capacity = capacity;
        }
        yyjson_mut_doc_set_root(doc, yyjson_val_mut_copy(doc, object));
        catalog->items[catalog->len++] = (CatalogEntry) {
                .name = arena_copy(gathering->arena, object_name(object)),
                .doc = yyjson_mut_doc_imut_copy(doc, NULL),
        };
}

static void restart(Gathering *gathering) {
        catalog_clear(&gathering->catalog);
        gathering->capacity = 0;
}

static bool take_page(void *user, const KubePage *page, Error *err) {
        Gathering *gathering = user;
        JsonVal *item;
        size_t i, count;

        (void) err;
        if (page->is_restart)
                restart(gathering);
        yyjson_arr_foreach(page->items, i, count, item) gather(gathering, item);
        return true;
}

bool catalog_list_cluster(const CatalogCluster *from, Str selector, Arena *arena, Catalog *ret_catalog,
                          Error *err) {
        const KubeList list = { .resource = from->resource,
                                .namespace = from->namespace,
                                .label_selector = selector,
                                .page_size = from->page_size };
        Gathering gathering = { .arena = arena };

        if (!kube_list(from->client, &list, take_page, &gathering, NULL, err)) {
                catalog_clear(&gathering.catalog);
                return false;
        }
        catalog_sort(&gathering.catalog);
        *ret_catalog = gathering.catalog;
        return true;
}

bool catalog_get_cluster(Cli *cli, const CatalogCluster *from, Strs names, Catalog *ret_catalog, Error *err) {
        Catalog catalog = { .items = arena_alloc(cli->arena, (names.len + 1) * sizeof(CatalogEntry)) };
        const char *command = str_equal(from->resource->kind, STR("Backup")) ? "backup" : "restore";

        for (size_t i = 0; i < names.len; i++) {
                CatalogEntry *entry = &catalog.items[catalog.len];

                *entry = (CatalogEntry) { .name = names.items[i] };
                if (!kube_get(from->client, from->resource, from->namespace, names.items[i], NULL,
                              &entry->doc, err)) {
                        if (err->code == ERROR_NOT_FOUND)
                                cli_set_hint(cli, "\"grapnel %s get -n " STR_FMT "\" lists them", command,
                                             STR_ARG(from->namespace));
                        catalog_clear(&catalog);
                        return false;
                }
                catalog.len++;
        }
        *ret_catalog = catalog;
        return true;
}
