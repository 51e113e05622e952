#include "cli/commands.h"
#include "cli/output.h"
#include "cli/velero_config.h"
#include "cli/words.h"

typedef struct ConfigGetRequest {
        OutputFlags output;
} ConfigGetRequest;

static const Option options[] = {
        OPT_GROUP(ConfigGetRequest, output, output_flags, "Output"),
        OPT_END,
};

/* A value that is no string is shown as JSON. */
static Str text_of(JsonVal *value, Arena *arena) {
        AUTO(buf_clear) Buf text = { 0 };

        if (!value)
                return STR("<NOT SET>");
        if (yyjson_is_str(value))
                return json_str(value);
        json_write(value, &text);
        return arena_copy(arena, buf_str(&text));
}

static void print_text(Cli *cli, JsonVal *config, const Strs *keys) {
        for (size_t i = 0; i < keys->len; i++) {
                Str key = words_printable(keys->items[i], cli->arena);
                Str text = text_of(json_get_key(config, keys->items[i]), cli->arena);

                text = words_printable(text, cli->arena);
                fprintf(cli->out, STR_FMT ": " STR_FMT "\n", STR_ARG(key), STR_ARG(text));
        }
}

static void print_object(Cli *cli, int format, JsonVal *config, const Strs *keys) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *root = yyjson_mut_obj(doc);

        for (size_t i = 0; i < keys->len; i++) {
                JsonVal *value = json_get_key(config, keys->items[i]);

                json_mut_set(doc, root, keys->items[i],
                             value ? yyjson_val_mut_copy(doc, value) : yyjson_mut_null(doc));
        }
        output_value(cli, format, doc, root);
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const ConfigGetRequest *flags = request;
        AUTO_JSON *doc = NULL;
        Strs keys = line->arguments;
        JsonVal *config, *key, *value;
        size_t i, count;

        if (!velero_config_read(cli->arena, &doc, err))
                return false;
        config = yyjson_doc_get_root(doc);
        if (keys.len == 0 && config) {
                yyjson_obj_foreach(config, i, count, key, value) {
                        strs_add(&keys, cli->arena, json_str(key));
                }
                strs_sort(&keys);
        }
        if (flags->output.format == OUTPUT_TABLE)
                print_text(cli, config, &keys);
        else
                print_object(cli, flags->output.format, config, &keys);
        return true;
}

const Command cmd_client_config_get = {
        .name = "client config get",
        .arguments = "[KEY...]",
        .summary = "Print the settings of ~/.config/velero/config.json, which Velero's CLI reads too",
        .example = "# All of them.\n"
                   "grapnel client config get\n\n"
                   "# One.\n"
                   "grapnel client config get namespace",
        .options = options,
        .request_size = sizeof(ConfigGetRequest),
        .max_arguments = 1000,
        .run = run,
};
