#include "cli/commands.h"
#include "cli/output.h"
#include "cli/request.h"
#include "hooks/lint.h"

typedef struct LintRequest {
        Str file;
        OutputFlags output;
} LintRequest;

static const Option options[] = {
        { OPT_ROW(OPTION_TEXT, LintRequest, file, "file", "FILE",
                  "Backup, Schedule or Restore manifest; - for standard input (required)"),
          .letter = 'f' },
        OPT_GROUP(LintRequest, output, output_flags, "Output"),
        OPT_END,
};

/* FILE:LINE: LEVEL: PATH: MESSAGE, which editors can jump to. */
static void print_text(Cli *cli, Str file, const Faults *faults) {
        for (size_t i = 0; i < faults->len; i++) {
                const Fault *fault = &faults->items[i];
                const char *level = fault->level == FAULT_ERROR ? "error" : "warning";

                fprintf(cli->out, STR_FMT ":%d: %s: " STR_FMT "%s" STR_FMT "\n", STR_ARG(file),
                        fault->line ? fault->line : 1, level, STR_ARG(fault->path),
                        fault->path.len ? ": " : "", STR_ARG(fault->message));
        }
        if (faults->len == 0)
                fprintf(cli->out, STR_FMT ": nothing found\n", STR_ARG(file));
}

static void print_json(Cli *cli, int format, Str file, const Faults *faults) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *root = yyjson_mut_obj(doc), *list;

        json_put_str(doc, root, "file", file);
        yyjson_mut_obj_add_uint(doc, root, "errors", faults->errors);
        yyjson_mut_obj_add_uint(doc, root, "warnings", faults->len - faults->errors);
        list = yyjson_mut_obj_add_arr(doc, root, "findings");
        for (size_t i = 0; i < faults->len; i++) {
                const Fault *fault = &faults->items[i];
                JsonMutVal *object = yyjson_mut_arr_add_obj(doc, list);

                json_put_str(doc, object, "level",
                             fault->level == FAULT_ERROR ? STR("error") : STR("warning"));
                yyjson_mut_obj_add_int(doc, object, "line", fault->line);
                json_put_str(doc, object, "path", fault->path);
                json_put_str(doc, object, "message", fault->message);
        }
        output_value(cli, format, doc, root);
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const LintRequest *flags = request;
        AUTO(manifest_clear) Manifest manifest = { 0 };
        Faults faults = { .arena = cli->arena };

        (void) line;
        if (flags->file.len == 0)
                return cli_usage(cli, err, "--file is missing: which manifest?");
        if (!manifest_read(flags->file, &manifest, err))
                return false;
        hook_lint(&manifest, cli->arena, &faults);
        yaml_add_lines(manifest.lines, &faults);
        if (flags->output.format == OUTPUT_TABLE)
                print_text(cli, flags->file, &faults);
        else
                print_json(cli, flags->output.format, flags->file, &faults);
        cli->exit = faults.errors ? EXIT_FAILED : EXIT_OK;
        return true;
}

const Command cmd_hooks_lint = {
        .name = "hooks lint",
        .arguments = "",
        .summary = "Say what is wrong or unwise in the hooks of a manifest, with line numbers",
        .details = "Needs no cluster. Exit code 0: no errors (there may be warnings); 1: errors.",
        .example = "# In a CI job, before the manifest is merged.\n"
                   "grapnel hooks lint -f backup.yaml",
        .options = options,
        .request_size = sizeof(LintRequest),
        .run = run,
};
