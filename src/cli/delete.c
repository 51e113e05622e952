#include "cli/delete.h"

#include "cli/words.h"
#include "kube/object.h"

const Option delete_flags[] = {
        { OPT_ROW(OPTION_BOOL, DeleteFlags, all, "all", NULL, "every one") },
        { OPT_ROW(OPTION_TEXT, DeleteFlags, selector, "selector", "SELECTOR", "those with these labels"),
          .letter = 'l' },
        { OPT_ROW(OPTION_BOOL, DeleteFlags, confirm, "confirm", NULL, "do not ask") },
        OPT_END,
};

bool delete_check(Cli *cli, const CommandLine *line, const DeleteFlags *flags, Error *err) {
        int choices = (line->arguments.len > 0) + flags->all + (flags->selector.len > 0);

        return choices == 1 || cli_usage(cli, err, "give names, --all or --selector: exactly one of them");
}

bool delete_ask(Cli *cli, const DeleteFlags *flags, const Catalog *catalog, const char *noun,
                const char *more, bool *ret_yes, Error *err) {
        char answer[16] = "";
        Str count = words_plural(catalog->len, noun, cli->arena);

        *ret_yes = true;
        if (flags->confirm)
                return true;
        if (!cli->in_is_terminal) {
                cli_set_hint(cli, "--confirm deletes without asking");
                return cli_usage(cli, err, "nobody to ask: standard input is not a terminal");
        }
        for (size_t i = 0; i < catalog->len; i++)
                fprintf(cli->err, "  " STR_FMT "\n", STR_ARG(catalog->items[i].name));
        fprintf(cli->err, "Delete " STR_FMT "%s (Y/N)? ", STR_ARG(count), more);
        (void) fflush(cli->err);
        *ret_yes = fgets(answer, sizeof answer, cli->in) && (answer[0] == 'y' || answer[0] == 'Y');
        if (!*ret_yes)
                fprintf(cli->err, "Nothing was deleted\n");
        return true;
}

bool delete_object(Cli *cli, const Velero *velero, const char *kind, JsonVal *object, Error *err) {
        KubeObject which = { .namespace = velero->namespace, .name = object_name(object) };

        return velero_resource(cli, velero, kind, &which.resource, err) &&
               kube_delete(velero->cluster.client, &which, velero->stop, err);
}

/* One that is missing does not keep the others. */
static bool find_named(Cli *cli, const Velero *velero, const char *kind, Strs names, Strs *problems,
                       Catalog *ret_catalog, Error *err) {
        Catalog catalog = { .items = arena_alloc(cli->arena, (names.len + 1) * sizeof(CatalogEntry)) };

        for (size_t i = 0; i < names.len; i++) {
                AUTO(error_clear) Error reason = { 0 };
                CatalogEntry *entry = &catalog.items[catalog.len];

                *entry = (CatalogEntry) { .name = names.items[i] };
                if (velero_get(cli, velero, kind, names.items[i], &entry->doc, &reason))
                        catalog.len++;
                else if (reason.code == ERROR_NOT_FOUND)
                        strs_add(problems, cli->arena, arena_copy(cli->arena, str_of(reason.message)));
                else {
                        catalog_clear(&catalog);
                        return error_set(err, reason.code, "%s", reason.message);
                }
        }
        *ret_catalog = catalog;
        return true;
}

static void delete_each(Cli *cli, const Velero *velero, const DeletedKind *what, const Catalog *catalog,
                        Strs *problems) {
        for (size_t i = 0; i < catalog->len; i++) {
                AUTO(error_clear) Error reason = { 0 };

                if (!what->delete_one(cli, velero, yyjson_doc_get_root(catalog->items[i].doc), &reason)) {
                        strs_add(problems, cli->arena, arena_copy(cli->arena, str_of(reason.message)));
                        continue;
                }
                fprintf(cli->out, "Request to delete %s \"" STR_FMT "\" submitted successfully.\n",
                        what->noun, STR_ARG(catalog->items[i].name));
                if (what->aftermath)
                        fprintf(cli->out, "%s\n", what->aftermath);
        }
}

bool delete_in_cluster(Cli *cli, const Velero *velero, const DeletedKind *what, const CommandLine *line,
                       const DeleteFlags *flags, Error *err) {
        AUTO(catalog_clear) Catalog catalog = { 0 };
        Strs problems = { 0 };
        bool is_agreed = true;

        if (line->arguments.len
                    ? !find_named(cli, velero, what->kind, line->arguments, &problems, &catalog, err)
                    : !velero_select(cli, velero, what->kind, (Strs) { 0 }, flags->selector, &catalog, err))
                return false;
        if (catalog.len == 0 && problems.len == 0)
                fprintf(cli->out, "No %ss found\n", what->noun);
        if (catalog.len && !delete_ask(cli, flags, &catalog, what->noun, what->more, &is_agreed, err))
                return false;
        if (is_agreed)
                delete_each(cli, velero, what, &catalog, &problems);
        if (problems.len == 0)
                return true;

        Str all = strs_join(&problems, STR("\n"), cli->arena);
        return error_set(err, ERROR_NOT_FOUND, STR_FMT, STR_ARG(all));
}
