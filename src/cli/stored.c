#include "cli/stored.h"

#include "api/backup.h"
#include "cli/describe.h"
#include "cli/output.h"
#include "kube/object.h"

const Option describe_flags[] = {
        { OPT_ROW(OPTION_BOOL, DescribeFlags, details, "details", NULL,
                  "the list of objects, all hooks, and all of their output too") },
        OPT_SELECTOR(DescribeFlags, selector, "only those"),
        { OPT_ROW(OPTION_CHOICE, DescribeFlags, format, "output", "table|json|yaml|plaintext",
                  "format of the output; table and plaintext are the same"),
          .letter = 'o', .otherwise = "table" },
        OPT_GROUP(DescribeFlags, origin, origin_flags, "Source"),
        OPT_GROUP(DescribeFlags, fetch, fetch_flags, "Downloads from the cluster's server"),
        OPT_END,
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
        JsonDoc *results, *resource_list, *volumes, *hooks, *deletions;
} RunFiles;

static void run_files_clear(RunFiles *files) {
        yyjson_doc_free(files->results);
        yyjson_doc_free(files->resource_list);
        yyjson_doc_free(files->volumes);
        yyjson_doc_free(files->hooks);
        yyjson_doc_free(files->deletions);
}

typedef struct Describing {
        Cli *cli;
        Origin *origin;
        CatalogKind kind;
        const DescribeFlags *flags;
        JsonMutDoc *doc; /* for JSON and YAML */
        JsonMutVal *items;
} Describing;

static void read_file(const Describing *d, RunFile file, JsonVal *object, JsonDoc **ret_doc) {
        AUTO(error_clear) Error err = { 0 };
        const FetchedFile what = { .kind = d->kind, .file = file, .object = object };
        bool was_said = d->origin->fetcher.failure.len > 0;

        if (!origin_read_json(d->cli, d->origin, &what, ret_doc, &err)) {
                *ret_doc = NULL;
                if (!was_said)
                        cli_warn(d->cli, str_of(err.message));
        }
}

/* A server is only asked for what can be there and is shown; a folder has or has not. */
static void read_files(const Describing *d, JsonVal *object, RunFiles *files) {
        static const char *const before[] = { "",           "New",
                                              "Queued",     "ReadyToStart",
                                              "InProgress", "FailedValidation" };
        JsonVal *status = json_get(object, "status");
        Str phase = json_get_str(status, "phase");
        bool is_folder = d->origin->store != NULL;
        bool has_findings = json_get_int(status, "errors", 0) > 0 || json_get_int(status, "warnings", 0) > 0;

        for (size_t i = 0; i < sizeof before / sizeof *before && !is_folder; i++)
                if (str_equal(phase, str_of(before[i])))
                        return;
        if (is_folder || has_findings)
                read_file(d, RUN_FILE_RESULTS, object, &files->results);
        read_file(d, RUN_FILE_VOLUMES, object, &files->volumes);
        if (is_folder || json_get(status, "hookStatus"))
                read_file(d, RUN_FILE_HOOKS, object, &files->hooks);
        if (d->flags->details)
                read_file(d, RUN_FILE_RESOURCE_LIST, object, &files->resource_list);
}

/* Attempts to delete it, in the order in which they were made. */
static JsonDoc *read_deletions(const Describing *d, JsonVal *object) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        AUTO(catalog_clear) Catalog requests = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Str name = label_value(object_name(object), d->cli->arena), uid = object_uid(object);
        const char *selector =
                arena_printf(d->cli->arena, "velero.io/backup-name=" STR_FMT ",velero.io/backup-uid=" STR_FMT,
                             STR_ARG(name), STR_ARG(uid));
        JsonMutVal *list = yyjson_mut_arr(doc);

        if (!velero_list(d->cli, &d->origin->velero, "DeleteBackupRequest", str_of(selector), &requests,
                         &err)) {
                cli_warn(d->cli, str_of(err.message));
                return NULL;
        }
        for (size_t i = 0; i < requests.len; i++)
                yyjson_mut_arr_append(list,
                                      yyjson_val_mut_copy(doc, yyjson_doc_get_root(requests.items[i].doc)));
        return yyjson_mut_val_imut_copy(list, NULL);
}

static bool is_text(const DescribeFlags *flags) {
        return flags->format != OUTPUT_JSON && flags->format != OUTPUT_YAML;
}

static void describe_one(const Describing *d, const CatalogEntry *entry) {
        AUTO(run_files_clear) RunFiles files = { 0 };
        AUTO(buf_clear) Buf text = { .limit = SIZE_MAX };
        bool is_backup = d->kind == CATALOG_BACKUPS;
        Arena *arena = d->cli->arena;

        read_files(d, yyjson_doc_get_root(entry->doc), &files);
        if (is_backup && !d->origin->store)
                files.deletions = read_deletions(d, yyjson_doc_get_root(entry->doc));

        const DescribeInput input = {
                .object = yyjson_doc_get_root(entry->doc),
                .results = yyjson_doc_get_root(files.results),
                .resource_list = yyjson_doc_get_root(files.resource_list),
                .volumes = yyjson_doc_get_root(files.volumes),
                .hooks = yyjson_doc_get_root(files.hooks),
                .deletions = yyjson_doc_get_root(files.deletions),
                .details = d->flags->details,
                .colour = d->cli->colour,
        };
        if (!is_text(d->flags)) {
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

bool stored_describe(Cli *cli, CatalogKind kind, const CommandLine *line, const DescribeFlags *flags,
                     Error *err) {
        AUTO(origin_clear) Origin origin = { 0 };
        AUTO(catalog_clear) Catalog catalog = { 0 };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        const Describing describing = { cli, &origin, kind, flags, doc, yyjson_mut_arr(doc) };

        if (!origin_open(cli, &flags->origin, &origin, err) ||
            !origin_select(cli, &origin, kind, line->arguments, flags->selector, &catalog, err))
                return false;
        origin_set_fetch(&origin, &flags->fetch);
        for (size_t i = 0; i < catalog.len; i++) {
                if (i && is_text(flags))
                        output_text(cli, STR("\n\n"));
                describe_one(&describing, &catalog.items[i]);
        }
        if (!is_text(flags))
                output_list(cli, flags->format, doc, describing.items);
        return true;
}
