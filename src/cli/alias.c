#include "cli/alias.h"

#include "cli/cli.h"

const char *alias_verb(size_t i) {
        static const char *const verbs[] = { "create", "get", "describe", "delete" };

        return i < sizeof verbs / sizeof *verbs ? verbs[i] : NULL;
}

static bool is_verb(Str word) {
        for (size_t i = 0; alias_verb(i); i++)
                if (str_equal(word, str_of(alias_verb(i))))
                        return true;
        return false;
}

static bool is_command(Str noun, Str verb, Arena *arena) {
        return command_find(str_of(arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(noun), STR_ARG(verb)))) !=
               NULL;
}

Strs alias_resolve(Strs words, Arena *arena) {
        Strs swapped = { 0 };

        if (words.len < 2 || !is_verb(words.items[0]))
                return words;

        Str verb = words.items[0], noun = words.items[1];
        if (str_ends_with(noun, STR("s")) && !str_equal(verb, STR("create")))
                noun.len--;
        if (!is_command(noun, verb, arena))
                return words;
        strs_add(&swapped, arena, noun);
        strs_add(&swapped, arena, verb);
        for (size_t i = 2; i < words.len; i++)
                strs_add(&swapped, arena, words.items[i]);
        return swapped;
}

void alias_add_nouns(Str verb, Arena *arena, Strs *nouns) {
        bool is_plural = !str_equal(verb, STR("create"));

        for (const Command *const *c = commands_all; *c && is_verb(verb); c++) {
                Str rest = str_of((*c)->name), noun;

                if (str_cut(&rest, ' ', &noun) && str_equal(rest, verb))
                        strs_add(nouns, arena,
                                 str_of(arena_printf(arena, STR_FMT "%s", STR_ARG(noun),
                                                     is_plural ? "s" : "")));
        }
}
