#include "cli/choice.h"

bool choice_check(Cli *cli, const CommandLine *line, const ChoiceFlags *flags, Error *err) {
        int choices = (line->arguments.len > 0) + flags->all + (flags->selector.len > 0);

        return choices == 1 || cli_usage(cli, err, "give names, --all or --selector: exactly one of them");
}

void choice_add_problem(Cli *cli, Choice *choice, const Error *reason) {
        strs_add(&choice->problems, cli->arena, arena_copy(cli->arena, str_of(reason->message)));
}

/* One that is missing does not keep the others. */
static bool find_named(Cli *cli, const Velero *velero, const char *kind, Strs names, Choice *choice,
                       Error *err) {
        Catalog *catalog = &choice->catalog;

        catalog->items = arena_alloc(cli->arena, (names.len + 1) * sizeof(CatalogEntry));
        for (size_t i = 0; i < names.len; i++) {
                AUTO(error_clear) Error reason = { 0 };
                CatalogEntry *entry = &catalog->items[catalog->len];

                *entry = (CatalogEntry) { .name = names.items[i] };
                if (velero_get(cli, velero, kind, names.items[i], &entry->doc, &reason))
                        catalog->len++;
                else if (reason.code == ERROR_NOT_FOUND)
                        choice_add_problem(cli, choice, &reason);
                else {
                        catalog_clear(catalog);
                        return error_set(err, reason.code, "%s", reason.message);
                }
        }
        return true;
}

bool choice_find(Cli *cli, const Velero *velero, const char *kind, const char *noun, const CommandLine *line,
                 const ChoiceFlags *flags, Choice *ret_choice, Error *err) {
        *ret_choice = (Choice) { .changes = changes_new(cli, flags->output.format) };
        if (line->arguments.len ? !find_named(cli, velero, kind, line->arguments, ret_choice, err)
                                : !velero_select(cli, velero, kind, (Strs) { 0 }, flags->selector,
                                                 &ret_choice->catalog, err))
                return false;
        if (ret_choice->catalog.len == 0 && ret_choice->problems.len == 0)
                changes_say(&ret_choice->changes, "No %ss found", noun);
        return true;
}

void choice_clear(Choice *choice) {
        catalog_clear(&choice->catalog);
        changes_clear(&choice->changes);
        *choice = (Choice) { 0 };
}

bool choice_end(Cli *cli, Choice *choice, Error *err) {
        Str all = strs_join(&choice->problems, STR("\n"), cli->arena);

        changes_end(&choice->changes);
        return choice->problems.len == 0 || error_set(err, ERROR_NOT_FOUND, STR_FMT, STR_ARG(all));
}
