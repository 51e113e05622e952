#include "cli/delete.h"

#include "cli/words.h"
#include "kube/object.h"

const Option delete_flags[] = {
        { OPT_ROW(OPTION_BOOL, DeleteFlags, which.all, "all", NULL, "every one") },
        { OPT_ROW(OPTION_TEXT, DeleteFlags, which.selector, "selector", "SELECTOR",
                  "those with these labels"),
          .letter = 'l' },
        { OPT_ROW(OPTION_BOOL, DeleteFlags, confirm, "confirm", NULL, "do not ask") },
        OPT_END,
};

bool delete_ask(Cli *cli, const DeleteFlags *flags, const Catalog *catalog, const char *noun,
                const char *more, bool *ret_yes, Error *err) {
        AUTO(buf_clear) Buf question = { 0 };
        Str count = words_plural(catalog->len, noun, cli->arena);

        *ret_yes = true;
        if (flags->confirm)
                return true;
        for (size_t i = 0; i < catalog->len; i++)
                buf_printf(&question, "  " STR_FMT "\n", STR_ARG(catalog->items[i].name));
        buf_printf(&question, "Delete " STR_FMT "%s", STR_ARG(count), more);
        if (!cli_ask(cli, buf_str(&question), "--confirm deletes without asking", ret_yes, err))
                return false;
        if (!*ret_yes)
                fprintf(cli->err, "Nothing was deleted\n");
        return true;
}

bool delete_object(Cli *cli, const Velero *velero, const char *kind, JsonVal *object, Error *err) {
        KubeObject which = { .namespace = velero->namespace, .name = object_name(object) };

        return velero_resource(cli, velero, kind, &which.resource, err) &&
               kube_delete(velero->cluster.client, &which, velero->stop, err);
}

static void delete_each(Cli *cli, const Velero *velero, const DeletedKind *what, Choice *choice) {
        for (size_t i = 0; i < choice->catalog.len; i++) {
                AUTO(error_clear) Error reason = { 0 };
                const CatalogEntry *entry = &choice->catalog.items[i];
                JsonVal *object = yyjson_doc_get_root(entry->doc);
                bool is_done = what->delete_one(cli, velero, object, &reason);

                if (is_done)
                        fprintf(cli->out, "%s" STR_FMT "%s\n", what->before_name, STR_ARG(entry->name),
                                what->after_name);
                if (is_done && what->delete_more)
                        is_done = what->delete_more(cli, velero, object, &reason);
                if (!is_done)
                        choice_add_problem(cli, choice, &reason);
        }
}

bool delete_in_cluster(Cli *cli, const Velero *velero, const DeletedKind *what, const CommandLine *line,
                       const DeleteFlags *flags, Error *err) {
        AUTO(choice_clear) Choice choice = { 0 };
        bool is_agreed = true;

        if (!choice_find(cli, velero, what->kind, what->noun, line, &flags->which, &choice, err))
                return false;
        if (choice.catalog.len &&
            !delete_ask(cli, flags, &choice.catalog, what->noun, what->more, &is_agreed, err))
                return false;
        if (is_agreed)
                delete_each(cli, velero, what, &choice);
        return choice_end(cli, &choice, err);
}
