#include "cli/origin.h"

#include "data/gzip.h"
#include "kube/object.h"

enum { CHUNK_SIZE = 256 * 1024, FILE_LIMIT = 1024 * 1024 * 1024 };

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
        cli_set_hint(cli, STR_FMT "%s--from DIR reads a folder instead of the cluster", STR_ARG(cli->hint),
                     cli->hint.len ? "\n" : "");
        return false;
}

void origin_set_fetch(Origin *origin, const FetchFlags *flags) {
        origin->fetcher = (Fetcher) { .velero = &origin->velero, .flags = flags };
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

static bool read_stored(Cli *cli, Store *store, const FetchedFile *what, FetchSink sink, void *user,
                        Error *err) {
        AUTO(store_reader_freep) StoreReader *reader = NULL;
        char *chunk = arena_alloc(cli->arena, CHUNK_SIZE);
        size_t len;

        if (!store_read_begin(store,
                              run_file_key(what->kind, what->file, object_name(what->object), cli->arena),
                              &reader, err))
                return false;
        do {
                if (!store_read(reader, chunk, CHUNK_SIZE, &len, err) ||
                    (len && !sink(user, (Str) { chunk, len }, err)))
                        return false;
        } while (len);
        return true;
}

bool origin_read(Cli *cli, Origin *origin, const FetchedFile *what, FetchSink sink, void *user, Error *err) {
        if (origin->store)
                return read_stored(cli, origin->store, what, sink, user, err);
        return fetch_file(cli, &origin->fetcher, what, sink, user, err);
}

static bool gather(void *user, Str bytes, Error *err) {
        buf_add(user, bytes);
        return buf_check(user, "the file", err);
}

bool origin_read_json(Cli *cli, Origin *origin, const FetchedFile *what, JsonDoc **ret_doc, Error *err) {
        AUTO(buf_clear) Buf stored = { .limit = FILE_LIMIT }, text = { .limit = FILE_LIMIT };
        AUTO(error_clear) Error reason = { 0 };
        Str key = run_file_key(what->kind, what->file, object_name(what->object), cli->arena);

        if (!origin_read(cli, origin, what, gather, &stored, &reason)) {
                *ret_doc = NULL;
                return reason.code == ERROR_NOT_FOUND || error_set(err, reason.code, "%s", reason.message);
        }
        if (!gunzip(buf_str(&stored), FILE_LIMIT, &text, err))
                return error_prefix(err, STR_FMT, STR_ARG(key));
        return json_parse(buf_str(&text), arena_copy(cli->arena, key).ptr, ret_doc, err);
}
