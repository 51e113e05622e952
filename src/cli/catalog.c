#include "cli/catalog.h"

#include "api/time_name.h"
#include "kube/object.h"

enum { METADATA_LIMIT = 16 * 1024 * 1024 };

static const char *kind_word(CatalogKind kind) {
        return kind == CATALOG_BACKUPS ? "backup" : "restore";
}

bool catalog_open_store(Cli *cli, Str from, Store **ret_store, Error *err) {
        if (from.len == 0) {
                cli_set_hint(cli, "--from DIR names the folder that backups were written to with --to DIR");
                return cli_usage(cli, err, "--from is missing");
        }
        if (store_open_directory(from, false, NULL, ret_store, err))
                return true;
        if (err->code == ERROR_NOT_FOUND)
                cli_set_hint(cli, "--from takes the folder that holds backups/ and restores/");
        return false;
}

/* The object of a restore that has files but no metadata. */
static JsonDoc *nameless_restore(Str name) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *object = yyjson_mut_obj(doc);

        yyjson_mut_doc_set_root(doc, object);
        json_put_str(doc, object, "apiVersion", STR("velero.io/v1"));
        json_put_str(doc, object, "kind", STR("Restore"));
        json_put_str(doc, json_mut_object(doc, object, "metadata"), "name", name);
        return yyjson_mut_doc_imut_copy(doc, NULL);
}

static bool has_files(Store *store, CatalogKind kind, Str name, Arena *arena, bool *ret_has, Error *err) {
        const char *prefix = arena_printf(arena, "%ss/" STR_FMT "/", kind_word(kind), STR_ARG(name));
        Strs keys = { 0 };

        if (!store_list(store, str_of(prefix), arena, &keys, err))
                return false;
        *ret_has = keys.len > 0;
        return true;
}

static bool missing_metadata(Store *store, CatalogKind kind, Str name, Arena *arena, JsonDoc **ret_doc,
                             Error *err) {
        AUTO(error_clear) Error reason = { 0 };
        bool has;

        if (!has_files(store, kind, name, arena, &has, &reason) || !has) {
                Str where = store_name(store);

                return error_set(err, ERROR_NOT_FOUND, "no %s \"" STR_FMT "\" in " STR_FMT, kind_word(kind),
                                 STR_ARG(name), STR_ARG(where));
        }
        if (kind == CATALOG_RESTORES) {
                *ret_doc = nameless_restore(name);
                return true;
        }
        return error_set(err, ERROR_CORRUPT,
                         "backup \"" STR_FMT "\" is unfinished or being written: it has files but no "
                         "velero-backup.json",
                         STR_ARG(name));
}

static bool read_one(Store *store, CatalogKind kind, Str name, Arena *arena, JsonDoc **ret_doc, Error *err) {
        AUTO(buf_clear) Buf text = { .limit = METADATA_LIMIT };
        AUTO(error_clear) Error reason = { 0 };

        if (!layout_check_name(name, err))
                return error_prefix(err, "%s \"" STR_FMT "\"", kind_word(kind), STR_ARG(name));

        Str key = kind == CATALOG_BACKUPS ? backup_key(name, BACKUP_METADATA, arena)
                                          : restore_key(name, RESTORE_METADATA, arena);
        if (store_get(store, key, METADATA_LIMIT, &text, &reason))
                return json_parse(buf_str(&text), arena_copy(arena, key).ptr, ret_doc, err);
        if (reason.code == ERROR_NOT_FOUND)
                return missing_metadata(store, kind, name, arena, ret_doc, err);
        return error_set(err, reason.code, "%s", reason.message);
}

static int compare_names(const void *left, const void *right) {
        const Str *a = left, *b = right;
        Str a_stamp, b_stamp;
        int order = str_compare(time_name_split(*a, &a_stamp), time_name_split(*b, &b_stamp));

        return order ? order : str_compare(b_stamp, a_stamp);
}

static int compare_entries(const void *left, const void *right) {
        const CatalogEntry *a = left, *b = right;

        return str_compare(a->name, b->name);
}

static int compare_entries_by_time(const void *left, const void *right) {
        const CatalogEntry *a = left, *b = right;

        return compare_names(&a->name, &b->name);
}

void catalog_sort(Catalog *catalog, bool by_time) {
        if (catalog->len)
                qsort(catalog->items, catalog->len, sizeof *catalog->items,
                      by_time ? compare_entries_by_time : compare_entries);
}

bool catalog_parse_selector(Cli *cli, Str text, LabelSelector *ret_selector, Error *err) {
        if (text.len == 0) {
                *ret_selector = (LabelSelector) { 0 };
                return true;
        }
        if (label_selector_parse(text, cli->arena, ret_selector, err))
                return true;
        cli->exit = EXIT_USAGE;
        return error_prefix(err, "--selector");
}

void catalog_keep_matching(Catalog *catalog, const LabelSelector *selector) {
        size_t kept = 0;

        for (size_t i = 0; i < catalog->len; i++) {
                JsonVal *object = yyjson_doc_get_root(catalog->items[i].doc);

                if (label_selector_matches(selector, object_labels(object)))
                        catalog->items[kept++] = catalog->items[i];
                else
                        yyjson_doc_free(catalog->items[i].doc);
        }
        catalog->len = kept;
}

bool catalog_read(Store *store, CatalogKind kind, Arena *arena, Catalog *ret_catalog, Error *err) {
        Catalog catalog = { 0 };
        Strs names = { 0 };
        Str folder = kind == CATALOG_BACKUPS ? STR("backups/") : STR("restores/");

        if (!store_list_folders(store, folder, arena, &names, err))
                return false;
        if (names.len)
                qsort(names.items, names.len, sizeof *names.items, compare_names);
        catalog.items = arena_alloc(arena, (names.len + 1) * sizeof *catalog.items);
        for (size_t i = 0; i < names.len; i++) {
                AUTO(error_clear) Error reason = { 0 };
                CatalogEntry *entry = &catalog.items[catalog.len];

                entry->name = names.items[i];
                if (read_one(store, kind, names.items[i], arena, &entry->doc, &reason))
                        catalog.len++;
                else
                        strs_add(&catalog.problems, arena, arena_copy(arena, str_of(reason.message)));
        }
        *ret_catalog = catalog;
        return true;
}

bool catalog_read_names(Cli *cli, Store *store, CatalogKind kind, Strs names, Catalog *ret_catalog,
                        Error *err) {
        Catalog catalog = { 0 };

        catalog.items = arena_alloc(cli->arena, (names.len + 1) * sizeof *catalog.items);
        for (size_t i = 0; i < names.len; i++) {
                catalog.items[i].name = names.items[i];
                if (!read_one(store, kind, names.items[i], cli->arena, &catalog.items[i].doc, err)) {
                        Str where = store_name(store);

                        if (err->code == ERROR_NOT_FOUND)
                                cli_set_hint(cli, "\"grapnel %s get --from " STR_FMT "\" lists them",
                                             kind_word(kind), STR_ARG(where));
                        catalog_clear(&catalog);
                        return false;
                }
                catalog.len++;
        }
        *ret_catalog = catalog;
        return true;
}

static bool is_usable(JsonVal *backup, Str schedule) {
        Str phase = json_get_str(json_get(backup, "status"), "phase");

        return str_equal(json_get_str(object_labels(backup), "velero.io/schedule-name"), schedule) &&
               (str_equal(phase, STR("Completed")) || str_equal(phase, STR("PartiallyFailed")));
}

/* RFC 3339 in UTC sorts as text. */
Str catalog_newest_usable(const Catalog *catalog, Str schedule) {
        Str newest = STR(""), name = STR("");

        for (size_t i = 0; i < catalog->len; i++) {
                JsonVal *backup = yyjson_doc_get_root(catalog->items[i].doc);
                Str start = json_get_str(json_get(backup, "status"), "startTimestamp");

                if (is_usable(backup, schedule) && str_compare(start, newest) > 0) {
                        newest = start;
                        name = catalog->items[i].name;
                }
        }
        return name;
}

void catalog_clear(Catalog *catalog) {
        for (size_t i = 0; i < catalog->len; i++)
                yyjson_doc_free(catalog->items[i].doc);
        *catalog = (Catalog) { 0 };
}
