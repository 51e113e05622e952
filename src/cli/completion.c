#include "cli/completion.h"

#include "cli/alias.h"
#include "cli/help.h"

/* Calls `each` for every flag of a command, those that all commands have included. */
typedef void (*FlagVisitor)(const Option *option, FILE *out);

static void visit_rows(const Option *options, FlagVisitor each, FILE *out) {
        for (const Option *o = options; o->kind != OPTION_END; o++) {
                if (o->kind == OPTION_GROUP)
                        visit_rows(o->rows, each, out);
                else
                        each(o, out);
        }
}

static void visit_flags(const Command *command, FlagVisitor each, FILE *out) {
        visit_rows(command->options, each, out);
        visit_rows(common_options, each, out);
}

static bool is_file(const Option *o) {
        return o->argument && strcmp(o->argument, "FILE") == 0;
}

static bool is_folder(const Option *o) {
        return o->argument && strcmp(o->argument, "DIR") == 0;
}

static bool has_words(const Option *o) {
        return o->argument && strchr(o->argument, '|');
}

static void print_words(const char *choice, FILE *out) {
        for (; *choice; choice++)
                fputc(*choice == '|' ? ' ' : *choice, out);
}

static void bash_flag(const Option *o, FILE *out) {
        fprintf(out, " --%s", o->name);
        if (o->letter)
                fprintf(out, " -%c", o->letter);
}

/* Which kind of value follows which flag: the same flag means the same thing in all commands, but for -o. */
static void bash_value(const Option *o, FILE *out) {
        const char *letter = o->letter ? (const char[]) { o->letter, '\0' } : NULL;

        if (!has_words(o) && !is_file(o) && !is_folder(o))
                return;
        fprintf(out, "        --%s%s%s) ", o->name, letter ? "|-" : "", letter ? letter : "");
        if (has_words(o)) {
                fputs("words=\"", out);
                print_words(o->argument, out);
                fputs("\" ;;\n", out);
        } else
                fprintf(out, "COMPREPLY=($(compgen -%c -- \"$cur\")); return ;;\n", is_file(o) ? 'f' : 'd');
}

static void print_names(Str group, FILE *out) {
        AUTO(arena_clear) Arena arena = { 0 };
        Strs words = { 0 };

        help_add_words(group, &arena, &words);

        Str text = strs_join(&words, STR(" "), &arena);
        fprintf(out, STR_FMT, STR_ARG(text));
}

/* Velero's other order of words: the noun comes after. */
static void bash_verb(const char *verb, FILE *out) {
        AUTO(arena_clear) Arena arena = { 0 };
        Strs nouns = { 0 };

        alias_add_nouns(str_of(verb), &arena, &nouns);
        Str text = strs_join(&nouns, STR(" "), &arena);
        fprintf(out,
                "    %s)\n        if [ \"$COMP_CWORD\" -eq 2 ]; then\n            COMPREPLY=($(compgen -W "
                "\"" STR_FMT "\" -- \"$cur\"))\n            return\n        fi\n        "
                "command=\"${COMP_WORDS[2]%%s} %s\" ;;\n",
                verb, STR_ARG(text), verb);
}

static void bash_commands(FILE *out) {
        for (const Command *const *c = commands_all; *c; c++) {
                if ((*c)->is_hidden)
                        continue;
                fprintf(out, "    '%s')\n        flags=\"", (*c)->name);
                visit_flags(*c, bash_flag, out);
                fputs(" --help\"\n        case \"$prev\" in\n", out);
                visit_flags(*c, bash_value, out);
                fputs("        esac ;;\n", out);
        }
}

/* A group has one word or two; no two groups begin with the same word. */
static void bash_group(const char *group, FILE *out) {
        Str rest = str_of(group), first;
        unsigned depth = 2;

        (void) str_cut(&rest, ' ', &first);
        fprintf(out, "    " STR_FMT ")\n", STR_ARG(first));
        if (rest.len) {
                fprintf(out,
                        "        if [ \"$COMP_CWORD\" -eq 2 ]; then\n            "
                        "COMPREPLY=($(compgen -W \"" STR_FMT
                        "\" -- \"$cur\"))\n            return\n        fi\n",
                        STR_ARG(rest));
                depth = 3;
        }
        fprintf(out, "        if [ \"$COMP_CWORD\" -eq %u ]; then\n            COMPREPLY=($(compgen -W \"",
                depth);
        print_names(str_of(group), out);
        fprintf(out,
                "\" -- \"$cur\"))\n            return\n        fi\n        command=\"%s "
                "${COMP_WORDS[%u]}\" ;;\n",
                group, depth);
}

/* Names come from the folder that --from on the same line gives: a store is a plain folder. */
static void bash_script(FILE *out) {
        fputs("# bash completion for grapnel; put it into /usr/share/bash-completion/completions/grapnel\n"
              "_grapnel() {\n"
              "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
              "    local command=${COMP_WORDS[1]} flags= words= from= i\n"
              "    COMPREPLY=()\n"
              "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W \"",
              out);
        print_names(STR(""), out);
        fputs("\" -- \"$cur\"))\n        return\n    fi\n    case \"$command\" in\n", out);
        for (size_t i = 0; help_group(i); i++)
                bash_group(help_group(i), out);
        for (size_t i = 0; alias_verb(i); i++)
                bash_verb(alias_verb(i), out);
        fputs("    esac\n"
              "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
              "        if [ \"${COMP_WORDS[i]}\" = --from ]; then from=${COMP_WORDS[i+1]}; fi\n"
              "    done\n"
              "    case \"$command\" in\n",
              out);
        bash_commands(out);
        fputs("    esac\n"
              "    case \"$prev\" in --backup|--from-backup) words=$(cd \"$from/backups\" 2>/dev/null && "
              "echo *) "
              ";; esac\n"
              "    if [ -z \"$words\" ] && [ -n \"$from\" ] && [ \"${cur#-}\" = \"$cur\" ]; then\n"
              "        case \"$command\" in\n"
              "        backup\\ *|hooks\\ logs) words=$(cd \"$from/backups\" 2>/dev/null && echo *) ;;\n"
              "        restore\\ *) words=$(cd \"$from/restores\" 2>/dev/null && echo *) ;;\n"
              "        esac\n"
              "    fi\n"
              "    case \"$cur\" in -*) words=$flags ;; esac\n"
              "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
              "}\n",
              out);
}

static void print_quoted(const char *text, const char *special, FILE *out) {
        for (; *text; text++) {
                if (strchr(special, *text))
                        fputc('\\', out);
                fputc(*text, out);
        }
}

static void fish_flag(const char *condition, const Option *o, FILE *out) {
        fprintf(out, "complete -c grapnel -n '%s' -l %s", condition, o->name);
        if (o->letter)
                fprintf(out, " -s %c", o->letter);
        if (has_words(o)) {
                fputs(" -x -a '", out);
                print_words(o->argument, out);
                fputc('\'', out);
        } else if (is_file(o))
                fputs(" -r -F", out);
        else if (is_folder(o))
                fputs(" -x -a '(__fish_complete_directories)'", out);
        else if (option_takes_value(o))
                fputs(" -x", out);
        fputs(" -d '", out);
        print_quoted(o->help, "'\\", out);
        fputs("'\n", out);
}

static void fish_rows(const char *condition, const Option *options, FILE *out) {
        for (const Option *o = options; o->kind != OPTION_END; o++) {
                if (o->kind == OPTION_GROUP)
                        fish_rows(condition, o->rows, out);
                else
                        fish_flag(condition, o, out);
        }
}

/* `word` may come right after the words `before`. */
static void fish_word(Str before, const char *word, const char *summary, FILE *out) {
        fprintf(out, "complete -c grapnel -n '__grapnel_at " STR_FMT "' -f -a %s -d '", STR_ARG(before),
                word);
        print_quoted(summary, "'\\", out);
        fputs("'\n", out);
}

/* The last word of `name`, after those before it. */
static void fish_last_word(Str name, const char *summary, FILE *out) {
        const char *space = memrchr(name.ptr, ' ', name.len);
        size_t len = space ? (size_t) (space - name.ptr) : 0;

        fish_word((Str) { name.ptr, len }, space ? space + 1 : name.ptr, summary, out);
}

static void fish_command(const Command *command, FILE *out) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *condition = arena_printf(&arena, "__grapnel_after %s", command->name);

        fish_last_word(str_of(command->name), command->summary, out);
        fish_rows(condition, command->options, out);
        fish_rows(condition, common_options, out);
}

static void fish_group(const char *group, FILE *out) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *summary = help_group_summary(str_of(group));
        Str rest = str_of(group), first;

        (void) str_cut(&rest, ' ', &first);
        fish_word(STR(""), arena_copy(&arena, first).ptr, summary, out);
        if (rest.len)
                fish_last_word(str_of(group), summary, out);
}

/* Velero's other order of words: the noun comes after. */
static void fish_verb(const char *verb, FILE *out) {
        AUTO(arena_clear) Arena arena = { 0 };
        Strs nouns = { 0 };

        alias_add_nouns(str_of(verb), &arena, &nouns);

        Str text = strs_join(&nouns, STR(" "), &arena);
        fprintf(out, "complete -c grapnel -n '__grapnel_at %s' -f -a '" STR_FMT "'\n", verb, STR_ARG(text));
}

static void fish_functions(FILE *out) {
        fputs("# The words before the cursor, the noun first.\n"
              "function __grapnel_words\n"
              "    set -l words (commandline -opc)\n"
              "    set -e words[1]\n"
              "    if set -q words[2]; and contains -- $words[1]",
              out);
        for (size_t i = 0; alias_verb(i); i++)
                fprintf(out, " %s", alias_verb(i));
        fputs("\n"
              "        set -l verb $words[1]\n"
              "        set -e words[1]\n"
              "        set -l noun (string replace -r 's$' '' -- $words[1])\n"
              "        set -e words[1]\n"
              "        set words $noun $verb $words\n"
              "    end\n"
              "    printf '%s\\n' $words\n"
              "end\n"
              "function __grapnel_after\n"
              "    set -l words (__grapnel_words)\n"
              "    set -l len (count $argv)\n"
              "    test \"$words[1..$len]\" = \"$argv\"\n"
              "end\n"
              "function __grapnel_at\n"
              "    set -l words (__grapnel_words)\n"
              "    test \"$words\" = \"$argv\"\n"
              "end\n",
              out);
}

static void fish_script(FILE *out) {
        fputs("# fish completion for grapnel; put it into ~/.config/fish/completions/grapnel.fish\n", out);
        fish_functions(out);
        fputs("complete -c grapnel -f\n", out);
        for (size_t i = 0; help_group(i); i++)
                fish_group(help_group(i), out);
        for (size_t i = 0; alias_verb(i); i++)
                fish_verb(alias_verb(i), out);
        for (const Command *const *c = commands_all; *c; c++)
                if (!(*c)->is_hidden)
                        fish_command(*c, out);
}

void completion_write(Shell shell, FILE *out) {
        switch (shell) {
        case SHELL_BASH:
                bash_script(out);
                fputs("complete -F _grapnel grapnel\n", out);
                return;
        case SHELL_ZSH:
                /* zsh runs the bash function; the first line makes it load from $fpath */
                fputs("#compdef grapnel\nautoload -U +X bashcompinit && bashcompinit\n", out);
                bash_script(out);
                fputs("complete -F _grapnel grapnel\n", out);
                return;
        case SHELL_FISH:
                fish_script(out);
                return;
        }
}
