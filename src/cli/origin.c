#include "cli/origin.h"

const Option origin_flags[] = {
        { OPT_ROW(OPTION_TEXT, OriginFlags, from, "from", "DIR",
                  "the folder that holds backups/ and restores/, instead of the cluster") },
        OPT_GROUP(OriginFlags, velero, velero_flags, "In the cluster"),
        OPT_END,
};

bool origin_open(Cli *cli, const OriginFlags *flags, Origin *origin, Error *err) {
        if (flags->from.len)
                return catalog_open_store(cli, flags->from, &origin->store, err);
        if (velero_open(cli, &flags->velero, &origin->velero, err))
                return true;
        if (cli->hint.len == 0)
                cli_set_hint(cli, "--from DIR reads a folder instead of the cluster");
        return false;
}

void origin_clear(Origin *origin) {
        store_free(origin->store);
        velero_clear(&origin->velero);
        *origin = (Origin) { 0 };
}

static bool select_in_folder(Cli *cli, Store *store, CatalogKind kind, Strs names, Str selector,
                             Catalog *ret_catalog, Error *err) {
        LabelSelector parsed = { 0 };

        if (!catalog_parse_selector(cli, selector, &parsed, err))
                return false;
        if (names.len) {
                if (!catalog_read_names(cli, store, kind, names, ret_catalog, err))
                        return false;
        } else if (!catalog_read(store, kind, cli->arena, ret_catalog, err))
                return false;
        for (size_t i = 0; i < ret_catalog->problems.len; i++)
                cli_warn(cli, ret_catalog->problems.items[i]);
        catalog_keep_matching(ret_catalog, &parsed);
        return true;
}

bool origin_select(Cli *cli, const Origin *origin, CatalogKind kind, Strs names, Str selector,
                   Catalog *ret_catalog, Error *err) {
        if (origin->store)
                return select_in_folder(cli, origin->store, kind, names, selector, ret_catalog, err);
        return velero_select(cli, &origin->velero, kind == CATALOG_BACKUPS ? "Backup" : "Restore", names,
                             selector, ret_catalog, err);
}
