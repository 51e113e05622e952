#include "cli/stored.h"

#include "cli/describe.h"
#include "cli/output.h"
#include "data/gzip.h"

enum { CHUNK_SIZE = 64 * 1024 };
static const uint64_t log_limit = 64ull * 1024 * 1024 * 1024;

#define KEY_FUNCTION(name, make, file)                                                                       \
        static Str name(Str run, Arena *arena) {                                                             \
                return make(run, file, arena);                                                               \
        }

KEY_FUNCTION(backup_log, backup_key, BACKUP_LOG)
KEY_FUNCTION(backup_results, backup_key, BACKUP_RESULTS)
KEY_FUNCTION(backup_resource_list, backup_key, BACKUP_RESOURCE_LIST)
KEY_FUNCTION(backup_volumes, backup_key, BACKUP_VOLUME_INFO)
KEY_FUNCTION(backup_hooks, backup_key, BACKUP_HOOKS)
KEY_FUNCTION(restore_log, restore_key, RESTORE_LOG)
KEY_FUNCTION(restore_results, restore_key, RESTORE_RESULTS)
KEY_FUNCTION(restore_resource_list, restore_key, RESTORE_RESOURCE_LIST)
KEY_FUNCTION(restore_volumes, restore_key, RESTORE_VOLUME_INFO)
KEY_FUNCTION(restore_hooks, restore_key, RESTORE_HOOKS)

const StoredKind stored_backups = {
        CATALOG_BACKUPS, backup_log, backup_results, backup_resource_list, backup_volumes, backup_hooks,
};
const StoredKind stored_restores = {
        CATALOG_RESTORES, restore_log, restore_results, restore_resource_list, restore_volumes, restore_hooks,
};

bool stored_get(Cli *cli, CatalogKind kind, const ListingTable *how, const CommandLine *line,
                const GetFlags *flags, Error *err) {
        AUTO(origin_clear) Origin origin = { 0 };
        AUTO(catalog_clear) Catalog catalog = { 0 };

        if (!origin_open(cli, &flags->origin, &origin, err) ||
            !origin_select(cli, &origin, kind, line->arguments, flags->selector, &catalog, err))
                return false;
        listing_print(cli, how, &flags->listing, &catalog);
        return true;
}

/* The other files of a run; one that cannot be read is a warning, since the rest is still worth reading. */
typedef struct RunFiles {
        JsonDoc *results, *resource_list, *volumes, *hooks;
} RunFiles;

static void run_files_clear(RunFiles *files) {
        yyjson_doc_free(files->results);
        yyjson_doc_free(files->resource_list);
        yyjson_doc_free(files->volumes);
        yyjson_doc_free(files->hooks);
}

static void read_file(Cli *cli, Store *store, Str key, JsonDoc **ret_doc) {
        AUTO(error_clear) Error err = { 0 };

        if (!catalog_read_json(store, key, cli->arena, ret_doc, &err)) {
                *ret_doc = NULL;
                cli_warn(cli, str_of(err.message));
        }
}

typedef struct Describing {
        Cli *cli;
        Store *store;
        const StoredKind *kind;
        const StoredFlags *flags;
        JsonMutDoc *doc; /* for JSON and YAML */
        JsonMutVal *items;
} Describing;

static void describe_one(const Describing *d, const CatalogEntry *entry) {
        AUTO(run_files_clear) RunFiles files = { 0 };
        AUTO(buf_clear) Buf text = { .limit = SIZE_MAX };
        bool is_backup = d->kind->kind == CATALOG_BACKUPS;
        Arena *arena = d->cli->arena;

        read_file(d->cli, d->store, d->kind->results_key(entry->name, arena), &files.results);
        read_file(d->cli, d->store, d->kind->volumes_key(entry->name, arena), &files.volumes);
        read_file(d->cli, d->store, d->kind->hooks_key(entry->name, arena), &files.hooks);
        if (d->flags->details)
                read_file(d->cli, d->store, d->kind->resource_list_key(entry->name, arena),
                          &files.resource_list);

        const DescribeInput input = {
                .object = yyjson_doc_get_root(entry->doc),
                .results = yyjson_doc_get_root(files.results),
                .resource_list = yyjson_doc_get_root(files.resource_list),
                .volumes = yyjson_doc_get_root(files.volumes),
                .hooks = yyjson_doc_get_root(files.hooks),
                .details = d->flags->details,
                .colour = d->cli->colour,
        };
        if (d->flags->output.format != OUTPUT_TABLE) {
                yyjson_mut_arr_append(d->items, is_backup ? describe_backup_json(&input, arena, d->doc)
                                                          : describe_restore_json(&input, arena, d->doc));
                return;
        }
        if (is_backup)
                describe_backup(&input, arena, &text);
        else
                describe_restore(&input, arena, &text);
        output_text(d->cli, buf_str(&text));
}

bool stored_describe(Cli *cli, const StoredKind *kind, const CommandLine *line, const StoredFlags *flags,
                     Error *err) {
        AUTO(origin_clear) Origin origin = { 0 };
        AUTO(catalog_clear) Catalog catalog = { 0 };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        const Describing describing = { cli, NULL, kind, flags, doc, yyjson_mut_arr(doc) };

        if (!catalog_open_store(cli, flags->from.from, &origin.store, err) ||
            !origin_select(cli, &origin, kind->kind, line->arguments, flags->selector, &catalog, err))
                return false;
        for (size_t i = 0; i < catalog.len; i++) {
                Describing one = describing;

                one.store = origin.store;
                if (i && flags->output.format == OUTPUT_TABLE)
                        output_text(cli, STR("\n\n"));
                describe_one(&one, &catalog.items[i]);
        }
        if (flags->output.format != OUTPUT_TABLE)
                output_list(cli, flags->output.format, doc, describing.items);
        return true;
}

bool stored_logs(Cli *cli, const StoredKind *kind, Str from, Str name, Error *err) {
        AUTO(store_freep) Store *store = NULL;
        AUTO(store_reader_freep) StoreReader *reader = NULL;
        AUTO(gzip_reader_freep) GzipReader *gzip = NULL;
        AUTO(catalog_clear) Catalog catalog = { 0 };
        char chunk[CHUNK_SIZE];
        size_t len;

        if (!catalog_open_store(cli, from, &store, err) ||
            !catalog_read_names(cli, store, kind->kind, (Strs) { &name, 1, 0 }, &catalog, err))
                return false;
        if (!store_read_begin(store, kind->log_key(name, cli->arena), &reader, err))
                return error_prefix(err, "the log of \"" STR_FMT "\"", STR_ARG(name));
        gzip = gzip_reader_new(store_read, reader, log_limit);
        do {
                if (!gzip_read(gzip, chunk, sizeof chunk, &len, err))
                        return error_prefix(err, "the log of \"" STR_FMT "\"", STR_ARG(name));
                output_text(cli, (Str) { chunk, len });
        } while (len && !ferror(cli->out));
        return true;
}
