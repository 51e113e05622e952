#include <inttypes.h>

#include "cli/commands.h"
#include "cli/hook_rows.h"
#include "cli/origin.h"
#include "cli/output.h"
#include "cli/words.h"

typedef struct LogsRequest {
        OriginFlags origin;
        FetchFlags fetch;
        bool restore, failed;
        OutputFlags output;
} LogsRequest;

static const Option options[] = {
        { OPT_ROW(OPTION_BOOL, LogsRequest, failed, "failed", NULL, "only hooks that did not succeed") },
        { OPT_ROW(OPTION_BOOL, LogsRequest, restore, "restore", NULL, "NAME is a restore") },
        OPT_GROUP(LogsRequest, output, output_flags, "Output"),
        OPT_GROUP(LogsRequest, origin, origin_flags, "Source"),
        OPT_GROUP(LogsRequest, fetch, fetch_flags, "Downloads from the cluster's server"),
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
        Str duration = hook_row_duration(row, cli->arena);

        fprintf(cli->out, STR_FMT "/" STR_FMT " " STR_FMT " " STR_FMT " (" STR_FMT "): " STR_FMT,
                STR_ARG(row->namespace), STR_ARG(row->pod), STR_ARG(row->phase), STR_ARG(row->name),
                STR_ARG(row->container), STR_ARG(row->outcome));
        if (row->exit_code >= 0)
                fprintf(cli->out, ", exit code %" PRId64, row->exit_code);
        fprintf(cli->out, "%s" STR_FMT "%s" STR_FMT "\n", duration.len ? ", " : "", STR_ARG(duration),
                message.len ? ": " : "", STR_ARG(message));
        print_stream(cli, "out", row->out);
        print_stream(cli, "err", row->err);
}

static bool is_wanted(const LogsRequest *flags, const HookRow *row) {
        return !flags->failed || !hook_row_is_good(row);
}

static void print_value(Cli *cli, const LogsRequest *flags, const HookRows *rows) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *root = yyjson_mut_obj(doc), *hooks = yyjson_mut_obj_add_arr(doc, root, "hooks");

        for (size_t i = 0; i < rows->len; i++)
                if (is_wanted(flags, &rows->items[i]))
                        yyjson_mut_arr_append(hooks, yyjson_val_mut_copy(doc, rows->items[i].value));
        output_value(cli, flags->output.format, doc, root);
}

static void print_text(Cli *cli, const LogsRequest *flags, Str name, const HookRows *rows) {
        size_t printed = 0;

        for (size_t i = 0; i < rows->len; i++) {
                if (!is_wanted(flags, &rows->items[i]))
                        continue;
                print_row(cli, &rows->items[i]);
                printed++;
        }
        if (printed == 0)
                fprintf(cli->err, "%s \"" STR_FMT "\" had no hook%s\n", flags->restore ? "restore" : "backup",
                        STR_ARG(name), flags->failed && rows->len > 0 ? " that failed" : "s");
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const LogsRequest *flags = request;
        Str name = line->arguments.items[0];
        CatalogKind kind = flags->restore ? CATALOG_RESTORES : CATALOG_BACKUPS;
        AUTO(origin_clear) Origin origin = { 0 };
        AUTO(catalog_clear) Catalog catalog = { 0 };
        AUTO_JSON *results = NULL;

        if (!origin_open(cli, &flags->origin, &origin, err) ||
            !origin_select(cli, &origin, kind, line->arguments, STR(""), &catalog, err))
                return false;
        origin_set_fetch(&origin, &flags->fetch);

        const FetchedFile what = { .kind = kind,
                                   .file = RUN_FILE_HOOKS,
                                   .object = yyjson_doc_get_root(catalog.items[0].doc) };
        if (!origin_read_json(cli, &origin, &what, &results, err))
                return false;
        if (!results)
                return error_set(err, ERROR_NOT_FOUND,
                                 "\"" STR_FMT "\" has no hook results: it was not made by grapnel",
                                 STR_ARG(name));

        HookRows rows = hook_rows_read(yyjson_doc_get_root(results), cli->arena);
        if (flags->output.format == OUTPUT_TABLE)
                print_text(cli, flags, name, &rows);
        else
                print_value(cli, flags, &rows);
        return true;
}

const Command cmd_hooks_logs = {
        .name = "hooks logs",
        .arguments = "NAME",
        .summary = "Print what the hooks of a backup or restore printed",
        .example = "# What did the failing hooks of backup monday say?\n"
                   "grapnel hooks logs monday --failed",
        .options = options,
        .request_size = sizeof(LogsRequest),
        .min_arguments = 1,
        .max_arguments = 1,
        .run = run,
};
