#include <inttypes.h>

#include "cli/catalog.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/hook_rows.h"
#include "cli/words.h"

typedef struct LogsRequest {
        FromFlags from;
        bool restore, failed;
} LogsRequest;

static const Option options[] = {
        OPT_GROUP(LogsRequest, from, from_flags, "Store"),
        { OPT_ROW(OPTION_BOOL, LogsRequest, failed, "failed", NULL, "only hooks that did not succeed") },
        { OPT_ROW(OPTION_BOOL, LogsRequest, restore, "restore", NULL, "NAME is a restore") },
        OPT_END,
};

/* What containers printed goes to a file as it is, but not to a terminal, which would obey it. */
static void print_stream(Cli *cli, const char *name, Str text) {
        Str rest = cli->out_is_terminal ? words_printable(text, cli->arena) : text, line;

        while (words_cut_line(&rest, &line))
                fprintf(cli->out, "%s| " STR_FMT "\n", name, STR_ARG(line));
}

static void print_row(Cli *cli, const HookRow *row) {
        Str message = words_printable(row->message, cli->arena);

        fprintf(cli->out, STR_FMT "/" STR_FMT " " STR_FMT " " STR_FMT " (" STR_FMT "): " STR_FMT,
                STR_ARG(row->namespace), STR_ARG(row->pod), STR_ARG(row->phase), STR_ARG(row->name),
                STR_ARG(row->container), STR_ARG(row->outcome));
        if (row->exit_code >= 0)
                fprintf(cli->out, ", exit code %" PRId64, row->exit_code);
        if (row->duration_ms >= 0)
                fprintf(cli->out, ", %s",
                        arena_copy(cli->arena, words_duration(row->duration_ms, cli->arena)).ptr);
        fprintf(cli->out, "%s" STR_FMT "\n", message.len ? ": " : "", STR_ARG(message));
        print_stream(cli, "out", row->out);
        print_stream(cli, "err", row->err);
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const LogsRequest *flags = request;
        Str name = line->arguments.items[0];
        CatalogKind kind = flags->restore ? CATALOG_RESTORES : CATALOG_BACKUPS;
        AUTO(store_freep) Store *store = NULL;
        AUTO(catalog_clear) Catalog catalog = { 0 };
        AUTO_JSON *results = NULL;

        if (!catalog_open_store(cli, flags->from.from, &store, err) ||
            !catalog_read_names(cli, store, kind, line->arguments, &catalog, err) ||
            !catalog_read_json(store,
                               flags->restore ? restore_key(name, RESTORE_HOOKS, cli->arena)
                                              : backup_key(name, BACKUP_HOOKS, cli->arena),
                               cli->arena, &results, err))
                return false;
        if (!results)
                return error_set(err, ERROR_NOT_FOUND,
                                 "\"" STR_FMT "\" has no hook results: it was not made by grapnel",
                                 STR_ARG(name));

        HookRows rows = hook_rows_read(yyjson_doc_get_root(results), cli->arena);
        for (size_t i = 0; i < rows.len; i++)
                if (!flags->failed || !hook_row_is_good(&rows.items[i]))
                        print_row(cli, &rows.items[i]);
        return true;
}

const Command cmd_hooks_logs = {
        .name = "hooks logs",
        .arguments = "NAME",
        .summary = "Print what the hooks of a backup printed",
        .example = "# What did the failing hooks of backup monday say?\n"
                   "grapnel hooks logs monday --from ./backups --failed",
        .options = options,
        .request_size = sizeof(LogsRequest),
        .min_arguments = 1,
        .max_arguments = 1,
        .run = run,
};
