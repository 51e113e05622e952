#include "cli/velero.h"

#include "cli/velero_config.h"
#include "kube/list.h"
#include "kube/object.h"

#define NAMESPACE_HELP                                                                                       \
        "Velero's namespace (default: of ~/.config/velero/config.json, $VELERO_NAMESPACE, \"velero\")"

const Option velero_flags[] = {
        { OPT_ROW(OPTION_TEXT, VeleroFlags, namespace, "namespace", "NAME", NAMESPACE_HELP), .letter = 'n' },
        OPT_GROUP(VeleroFlags, cluster, cluster_flags, "Cluster"),
        OPT_END,
};

bool velero_open(Cli *cli, const VeleroFlags *flags, Velero *velero, Error *err) {
        velero->page_size = flags->cluster.page_size;
        return velero_config_namespace(flags->namespace, cli->arena, &velero->namespace, err) &&
               cluster_open(cli, &flags->cluster, velero->stop, &velero->cluster, err);
}

void velero_clear(Velero *velero) {
        cluster_clear(&velero->cluster);
        *velero = (Velero) { 0 };
}

bool velero_resource(Cli *cli, const Velero *velero, const char *kind, const KubeResource **ret_resource,
                     Error *err) {
        *ret_resource = discovery_find_kind(velero->cluster.discovery, STR("velero.io/v1"), str_of(kind));
        if (*ret_resource)
                return true;
        cli_set_hint(cli, "\"grapnel install\" installs what serves them");
        return error_set(err, ERROR_NOT_FOUND, "the cluster has no %ss of velero.io/v1", kind);
}

/* The first word of the commands for a kind; NULL: there are none. */
static const char *command_word(const char *kind) {
        static const struct {
                const char *kind, *word;
        } words[] = {
                { "Backup", "backup" },
                { "BackupStorageLocation", "backup-location" },
                { "Restore", "restore" },
                { "Schedule", "schedule" },
                { "VolumeSnapshotLocation", "snapshot-location" },
        };

        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
                if (strcmp(words[i].kind, kind) == 0)
                        return words[i].word;
        return NULL;
}

static void hint_namespace(Cli *cli, const Velero *velero) {
        cli_set_hint(
                cli,
                "there is no namespace \"" STR_FMT
                "\": in which one is the server installed? -n names it, \"grapnel install\" installs one",
                STR_ARG(velero->namespace));
}

bool velero_hint_no_namespace(Cli *cli, const Velero *velero) {
        const KubeResource *resource =
                discovery_find_kind(velero->cluster.discovery, STR("v1"), STR("Namespace"));
        AUTO(error_clear) Error reason = { 0 };
        AUTO_JSON *doc = NULL;

        if (!resource ||
            kube_get(velero->cluster.client, resource, STR(""), velero->namespace, velero->stop, &doc,
                     &reason) ||
            reason.code != ERROR_NOT_FOUND)
                return false;
        hint_namespace(cli, velero);
        return true;
}

bool velero_get(Cli *cli, const Velero *velero, const char *kind, Str name, JsonDoc **ret_doc, Error *err) {
        const KubeResource *resource;
        const char *command = command_word(kind);

        if (!velero_resource(cli, velero, kind, &resource, err))
                return false;
        if (kube_get(velero->cluster.client, resource, velero->namespace, name, velero->stop, ret_doc, err))
                return true;
        if (err->code != ERROR_NOT_FOUND)
                return false;
        if (!velero_hint_no_namespace(cli, velero) && command)
                cli_set_hint(cli, "\"grapnel %s get -n " STR_FMT "\" lists them", command,
                             STR_ARG(velero->namespace));
        return false;
}

typedef struct Gathering {
        Arena *arena;
        Catalog catalog;
        size_t capacity;
} Gathering;

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

bool velero_list(Cli *cli, const Velero *velero, const char *kind, Str selector, Catalog *ret_catalog,
                 Error *err) {
        Gathering gathering = { .arena = cli->arena };
        KubeList list = { .namespace = velero->namespace,
                          .label_selector = selector,
                          .page_size = velero->page_size };

        if (!velero_resource(cli, velero, kind, &list.resource, err))
                return false;
        if (!kube_list(velero->cluster.client, &list, take_page, &gathering, velero->stop, err)) {
                catalog_clear(&gathering.catalog);
                return false;
        }
        catalog_sort(&gathering.catalog, strcmp(kind, "Backup") == 0);
        *ret_catalog = gathering.catalog;
        return true;
}

static bool get_named(Cli *cli, const Velero *velero, const char *kind, Strs names, Catalog *ret_catalog,
                      Error *err) {
        Catalog catalog = { .items = arena_alloc(cli->arena, (names.len + 1) * sizeof(CatalogEntry)) };

        for (size_t i = 0; i < names.len; i++) {
                CatalogEntry *entry = &catalog.items[catalog.len];

                *entry = (CatalogEntry) { .name = names.items[i] };
                if (!velero_get(cli, velero, kind, names.items[i], &entry->doc, err)) {
                        catalog_clear(&catalog);
                        return false;
                }
                catalog.len++;
        }
        *ret_catalog = catalog;
        return true;
}

bool velero_select(Cli *cli, const Velero *velero, const char *kind, Strs names, Str selector,
                   Catalog *ret_catalog, Error *err) {
        LabelSelector parsed = { 0 };

        if (!catalog_parse_selector(cli, selector, &parsed, err))
                return false;
        if (names.len == 0)
                return velero_list(cli, velero, kind, selector, ret_catalog, err);
        if (!get_named(cli, velero, kind, names, ret_catalog, err))
                return false;
        catalog_keep_matching(ret_catalog, &parsed);
        return true;
}

bool velero_print(Cli *cli, const char *kind, const ListingTable *how, const CommandLine *line,
                  const VeleroGetFlags *flags, Error *err) {
        AUTO(velero_clear) Velero velero = { 0 };
        AUTO(catalog_clear) Catalog catalog = { 0 };

        if (!velero_open(cli, &flags->velero, &velero, err) ||
            !velero_select(cli, &velero, kind, line->arguments, flags->selector, &catalog, err))
                return false;
        listing_print(cli, how, &flags->listing, &catalog);
        return true;
}

bool velero_create(Cli *cli, const Velero *velero, const char *kind, JsonVal *object, JsonDoc **ret_created,
                   Error *err) {
        AUTO(buf_clear) Buf body = { 0 };
        const KubeResource *resource;

        json_write(object, &body);
        if (!velero_resource(cli, velero, kind, &resource, err))
                return false;
        if (kube_create_named(velero->cluster.client, resource, velero->namespace, buf_str(&body),
                              velero->stop, ret_created, err))
                return true;
        if (err->code == ERROR_NOT_FOUND) /* a POST names nothing else that could be missing */
                hint_namespace(cli, velero);
        if (err->code == ERROR_EXISTS)
                cli_set_hint(cli, "give it another NAME");
        if (err->code == ERROR_CONFLICT && command_word(kind))
                cli_set_hint(
                        cli,
                        "an answer of the API server got lost, so it may be the one that you asked for: look "
                        "with \"grapnel %s get\"",
                        command_word(kind));
        return false;
}

bool velero_patch(Cli *cli, const Velero *velero, const char *kind, Str name, JsonMutVal *patch, Error *err) {
        KubeObject which = { .namespace = velero->namespace, .name = name };
        AUTO(buf_clear) Buf body = { 0 };

        json_write_mut(patch, &body);
        return velero_resource(cli, velero, kind, &which.resource, err) &&
               kube_patch(velero->cluster.client, &which, KUBE_PATCH_MERGE, buf_str(&body), velero->stop,
                          NULL, err);
}
