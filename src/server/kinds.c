#include "server/kinds.h"

#include "base/mem.h"
#include "kube/resource.h"

static const struct {
        const char *kind, *plural;
} rows[KIND_COUNT] = {
        [KIND_BACKUP] = { "Backup", "backups" },
        [KIND_RESTORE] = { "Restore", "restores" },
        [KIND_SCHEDULE] = { "Schedule", "schedules" },
        [KIND_LOCATION] = { "BackupStorageLocation", "backupstoragelocations" },
        [KIND_DELETE_REQUEST] = { "DeleteBackupRequest", "deletebackuprequests" },
        [KIND_DOWNLOAD_REQUEST] = { "DownloadRequest", "downloadrequests" },
        [KIND_STATUS_REQUEST] = { "ServerStatusRequest", "serverstatusrequests" },
};

/* What a cache's callback is given: which of the kinds it is. */
typedef struct KindCache {
        struct Kinds *kinds;
        ServerKind kind;
        const KubeResource *resource;
        KubeCache *cache;
} KindCache;

struct Kinds {
        KindsOptions options;
        KindCache items[KIND_COUNT];
};

const char *kind_name(ServerKind kind) {
        return rows[kind].kind;
}

static void on_change(void *user, const KubeResource *resource, Str name) {
        const KindCache *item = user;

        (void) resource;
        item->kinds->options.on_change(item->kinds->options.user, item->kind, name);
}

static void on_problem(void *user, const KubeResource *resource, Str problem) {
        const KindCache *item = user;

        (void) resource;
        item->kinds->options.on_problem(item->kinds->options.user, item->kind, problem);
}

static bool find_resources(Kinds *kinds, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        Strs missing = { 0 };

        for (int kind = 0; kind < KIND_COUNT; kind++) {
                KindCache *item = &kinds->items[kind];

                item->kinds = kinds;
                item->kind = (ServerKind) kind;
                item->resource = discovery_find_kind(kinds->options.discovery, STR("velero.io/v1"),
                                                     str_of(rows[kind].kind));
                if (!item->resource)
                        strs_add(&missing, &arena,
                                 str_of(arena_printf(&arena, "%s.velero.io", rows[kind].plural)));
        }
        if (missing.len == 0)
                return true;

        Str names = strs_join(&missing, STR(", "), &arena);
        return error_set(err, ERROR_NOT_FOUND,
                         "the cluster does not serve " STR_FMT
                         ": the custom resource definitions are missing or too old; \"grapnel install "
                         "--crds-only\" installs them",
                         STR_ARG(names));
}

bool kinds_open(const KindsOptions *options, Kinds **ret_kinds, Error *err) {
        AUTO(kinds_freep) Kinds *kinds = xnew0(Kinds);

        kinds->options = *options;
        if (!find_resources(kinds, err))
                return false;
        for (int kind = 0; kind < KIND_COUNT; kind++) {
                KindCache *item = &kinds->items[kind];

                item->cache = kube_cache_new(&(KubeCacheOptions) {
                        .client = options->client,
                        .resource = item->resource,
                        .namespace = options->namespace,
                        .on_change = on_change,
                        .on_problem = on_problem,
                        .user = item,
                });
        }
        *ret_kinds = TAKE(kinds);
        return true;
}

void kinds_free(Kinds *kinds) {
        if (!kinds)
                return;
        for (int kind = 0; kind < KIND_COUNT; kind++)
                kube_cache_free(kinds->items[kind].cache);
        free(kinds);
}

bool kinds_wait(Kinds *kinds, int64_t timeout_ms, Error *err) {
        for (int kind = 0; kind < KIND_COUNT; kind++)
                if (!kube_cache_wait(kinds->items[kind].cache, timeout_ms, kinds->options.stop, err))
                        return error_prefix(err, "read the %s", rows[kind].plural);
        return true;
}

const KubeResource *kinds_resource(const Kinds *kinds, ServerKind kind) {
        return kinds->items[kind].resource;
}

JsonDoc *kinds_get(Kinds *kinds, ServerKind kind, Str name) {
        return kube_cache_get(kinds->items[kind].cache, name);
}

void kinds_names(Kinds *kinds, ServerKind kind, Arena *arena, Strs *names) {
        kube_cache_names(kinds->items[kind].cache, arena, names);
}

void kinds_each(Kinds *kinds, ServerKind kind, bool (*visit)(void *user, JsonVal *object), void *user) {
        AUTO(arena_clear) Arena arena = { 0 };
        Strs names = { 0 };
        bool goes_on = true;

        kinds_names(kinds, kind, &arena, &names);
        for (size_t i = 0; i < names.len && goes_on; i++) {
                AUTO_JSON *doc = kinds_get(kinds, kind, names.items[i]);

                goes_on = !doc || visit(user, yyjson_doc_get_root(doc));
        }
}
