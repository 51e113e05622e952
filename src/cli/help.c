#include "cli/help.h"

#include <assert.h>

#include "cli/tabs.h"
#include "cli/words.h"

enum { FLAG_COLUMN = 32 };

typedef struct CommandGroup {
        const char *word, *summary;
} CommandGroup;

static const CommandGroup groups[] = {
        { "backup", "Back up a cluster, and look at backups" },
        { "restore", "Restore a backup, and look at restores" },
        { "schedule", "Have backups made regularly" },
        { "backup-location", "Say where the cluster's backups are kept" },
        { "snapshot-location", "Say where volume snapshots would be kept; none are taken yet" },
        { "hooks", "Plan, check, undo and read hooks" },
        { "client config", "Read and change the settings of your own account" },
};

static const CommandGroup *find_group(Str word) {
        for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
                if (str_equal(str_of(groups[i].word), word))
                        return &groups[i];
        return NULL;
}

const char *help_group(size_t i) {
        return i < sizeof groups / sizeof *groups ? groups[i].word : NULL;
}

Str help_find_group(const Strs *words, size_t *ret_used) {
        for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
                Str rest = str_of(groups[i].word), word;
                size_t used = 0;

                while (used < words->len && str_cut(&rest, ' ', &word) && str_equal(word, words->items[used]))
                        used++;
                *ret_used = used;
                if (used > 0)
                        return str_of(groups[i].word);
        }
        return STR("");
}

const char *help_group_summary(Str group) {
        const CommandGroup *found = find_group(group);

        assert(found);
        return found->summary;
}

/* The words of a command's name before the last, and that; the name and nothing when it has one word. */
static Str group_of(const Command *command, Str *ret_verb) {
        Str name = str_of(command->name);
        const char *space = memrchr(name.ptr, ' ', name.len);

        *ret_verb = STR("");
        if (!space)
                return name;
        *ret_verb = str_of(space + 1);
        return (Str) { name.ptr, (size_t) (space - name.ptr) };
}

void help_add_words(Str group, Arena *arena, Strs *words) {
        for (const Command *const *c = commands_all; *c; c++) {
                Str rest = str_of((*c)->name), first, verb;

                if ((*c)->is_hidden)
                        continue;
                (void) str_cut(&rest, ' ', &first);
                if (group.len == 0 && !strs_has(words, first))
                        strs_add(words, arena, first);
                else if (group.len && str_equal(group_of(*c, &verb), group))
                        strs_add(words, arena, verb);
        }
}

const char *help_group_words(Str group, Arena *arena) {
        Strs words = { 0 };

        help_add_words(group, arena, &words);
        return arena_copy(arena, strs_join(&words, STR(", "), arena)).ptr;
}

void help_wrap(Str text, size_t indent, size_t columns, FILE *out) {
        size_t used = indent;
        bool is_first = true;
        Str word;

        while (str_cut(&text, ' ', &word)) {
                if (!is_first && used + 1 + word.len > columns) {
                        fprintf(out, "\n%*s", (int) indent, "");
                        used = indent;
                        is_first = true;
                }
                fprintf(out, "%s" STR_FMT, is_first ? "" : " ", STR_ARG(word));
                used += word.len + !is_first;
                is_first = false;
        }
        fputc('\n', out);
}

Str help_flag_text(const Option *o, Arena *arena) {
        const char *letter = o->letter ? arena_printf(arena, "-%c, ", o->letter) : "    ";

        if (o->kind == OPTION_FIELD_BOOL)
                return str_of(arena_printf(arena, "%s--%s[=true|false]", letter, o->name));
        return str_of(arena_printf(arena, "%s--%s%s%s", letter, o->name, o->argument ? " " : "",
                                   o->argument ? o->argument : ""));
}

static void print_flag(const Option *o, Arena *arena, FILE *out) {
        Str flag = help_flag_text(o, arena);
        const char *help =
                o->otherwise ? arena_printf(arena, "%s (default %s)", o->help, o->otherwise) : o->help;

        fprintf(out, "  " STR_FMT, STR_ARG(flag));
        if (text_columns(flag) + 4 > FLAG_COLUMN)
                fprintf(out, "\n%*s", FLAG_COLUMN, "");
        else
                fprintf(out, "%*s", (int) (FLAG_COLUMN - 2 - text_columns(flag)), "");
        help_wrap(str_of(help), FLAG_COLUMN, HELP_COLUMNS, out);
}

static bool has_rows(const Option *options) {
        for (const Option *o = options; o->kind != OPTION_END; o++)
                if (o->kind != OPTION_GROUP)
                        return true;
        return false;
}

/* A table's own rows under its heading, then its groups under theirs. */
static void print_flags(const Option *options, const char *heading, FILE *out) {
        AUTO(arena_clear) Arena arena = { 0 };

        if (has_rows(options))
                fprintf(out, "\n%s:\n", heading);
        for (const Option *o = options; o->kind != OPTION_END; o++)
                if (o->kind != OPTION_GROUP)
                        print_flag(o, &arena, out);
        for (const Option *o = options; o->kind != OPTION_END; o++)
                if (o->kind == OPTION_GROUP)
                        print_flags(o->rows, o->help, out);
}

static void print_paragraphs(Str text, FILE *out) {
        Str line;

        while (words_cut_line(&text, &line))
                help_wrap(line, 0, HELP_COLUMNS, out);
}

void help_print_command(const Command *command, FILE *out) {
        fprintf(out, "%s\n\n", command->summary);
        if (command->details) {
                print_paragraphs(str_of(command->details), out);
                fputc('\n', out);
        }
        fprintf(out, "Usage:\n  grapnel %s%s%s [flags]\n\nExamples:\n", command->name,
                *command->arguments ? " " : "", command->arguments);

        Str example = str_of(command->example), line;
        while (words_cut_line(&example, &line))
                fprintf(out, "%s" STR_FMT "\n", line.len ? "  " : "", STR_ARG(line));
        print_flags(command->options, "Flags", out);
        print_flags(common_options, "Common flags", out);
        fprintf(out, "  -h, --help%*sthis help\n", FLAG_COLUMN - 12, "");
}

static void print_row(const char *name, const char *summary, FILE *out) {
        fprintf(out, "  %-18s ", name);
        help_wrap(str_of(summary), 21, HELP_COLUMNS, out);
}

void help_print_group(Str group, FILE *out) {
        fprintf(out, "%s\n\nUsage:\n  grapnel " STR_FMT " COMMAND [flags]\n\nCommands:\n",
                help_group_summary(group), STR_ARG(group));
        for (const Command *const *c = commands_all; *c; c++) {
                Str verb;

                if (!(*c)->is_hidden && str_equal(group_of(*c, &verb), group))
                        print_row(verb.ptr, (*c)->summary, out);
        }
        fprintf(out, "\n\"grapnel " STR_FMT " COMMAND --help\" says more about a command, with an example.\n",
                STR_ARG(group));
}

void help_print_overview(FILE *out) {
        fputs("Grapnel backs up and restores Kubernetes applications, and runs hooks that never leave one "
              "frozen.\n\nUsage:\n  grapnel COMMAND [flags]\n\nCommands:\n",
              out);
        for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
                print_row(groups[i].word, groups[i].summary, out);
        for (const Command *const *c = commands_all; *c; c++)
                if (!(*c)->is_hidden && !strchr((*c)->name, ' '))
                        print_row((*c)->name, (*c)->summary, out);
        fputs("\nExamples:\n"
              "  # Back up the namespace shop, with the hooks of its pods, into the folder ./backups.\n"
              "  grapnel backup run --include-namespaces shop --to ./backups\n\n"
              "  # Restore it under another name.\n"
              "  grapnel restore run --from ./backups --backup NAME --namespace-mappings shop:shop2\n\n"
              "Velero's other order works too: grapnel get backups, grapnel create schedule NAME.\n\n"
              "Exit codes:\n"
              "  0 done; 1 failed; 2 done, with errors in parts; 64 the request is wrong;\n"
              "  130 interrupted, thawed first\n\n"
              "\"grapnel COMMAND --help\" says more about a command, with an example.\n",
              out);
}
