#include "cli/commands.h"
#include "cli/velero_config.h"

static const Option options[] = { OPT_END };

static void warn_if_unknown(Cli *cli, Str key) {
        static const char *const known[] = { "namespace", "features", "cacert", "colorized" };

        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
                if (str_equal(key, str_of(known[i])))
                        return;
        cli_warn(cli, str_of(arena_printf(cli->arena,
                                          "nothing reads \"" STR_FMT "\"; known are namespace, features, "
                                          "cacert and colorized",
                                          STR_ARG(key))));
}

static bool set_value(Cli *cli, JsonMutDoc *doc, JsonMutVal *config, Str argument, Error *err) {
        bool has_mark = memchr(argument.ptr, '=', argument.len) != NULL;
        Str value = argument, key;

        if (!has_mark || !str_cut(&value, '=', &key) || key.len == 0)
                return cli_usage(cli, err, "\"" STR_FMT "\" is not KEY=VALUE", STR_ARG(argument));
        if (value.len == 0) {
                json_mut_remove(config, arena_copy(cli->arena, key).ptr);
                return true;
        }
        warn_if_unknown(cli, key);
        json_mut_set(doc, config, arena_copy(cli->arena, key), json_new_str(doc, value));
        return true;
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        AUTO_JSON *before = NULL;

        (void) request;
        if (!velero_config_read(cli->arena, &before, err))
                return false;

        JsonMutVal *config =
                before ? yyjson_val_mut_copy(doc, yyjson_doc_get_root(before)) : yyjson_mut_obj(doc);
        for (size_t i = 0; i < line->arguments.len; i++)
                if (!set_value(cli, doc, config, line->arguments.items[i], err))
                        return false;
        return velero_config_write(config, cli->arena, err);
}

const Command cmd_client_config_set = {
        .name = "client config set",
        .arguments = "KEY=VALUE...",
        .summary = "Change settings of ~/.config/velero/config.json, which Velero's CLI reads too",
        .details = "Both programs read namespace; Velero's also features, cacert and colorized. KEY= removes "
                   "a setting.",
        .example = "# Velero is in another namespace than velero.\n"
                   "grapnel client config set namespace=backups\n\n"
                   "# It is not any more.\n"
                   "grapnel client config set namespace=",
        .options = options,
        .min_arguments = 1,
        .max_arguments = 1000,
        .run = run,
};
