#include "cli/man.h"

#include "cli/help.h"
#include "cli/words.h"

Str man_page_name(const Command *command, Arena *arena) {
        if (!command)
                return STR("grapnel");

        char *name = arena_alloc(arena, strlen(command->name) + sizeof "grapnel-");
        memcpy(name, "grapnel-", sizeof "grapnel-");
        memcpy(name + sizeof "grapnel-" - 1, command->name, strlen(command->name) + 1);
        for (char *p = name; *p; p++)
                if (*p == ' ')
                        *p = '-';
        return str_of(name);
}

/* Text as roff: a backslash, a hyphen, and a dot or quote at the start of a line mean something there. */
static void text(Str plain, FILE *out) {
        bool at_start = true;

        for (size_t i = 0; i < plain.len; i++) {
                char c = plain.ptr[i];

                if (at_start && (c == '.' || c == '\''))
                        fputs("\\&", out);
                if (c == '\\')
                        fputs("\\e", out);
                else if (c == '-')
                        fputs("\\-", out);
                else
                        fputc(c, out);
                at_start = c == '\n';
        }
}

static void paragraphs(Str plain, FILE *out) {
        Str line;

        while (words_cut_line(&plain, &line)) {
                if (line.len == 0)
                        fputs(".PP", out);
                text(line, out);
                fputc('\n', out);
        }
}

static void flag(const Option *o, FILE *out) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str flag_text = help_flag_text(o, &arena);

        while (str_starts_with(flag_text, STR(" ")))
                flag_text = str_skip(flag_text, 1);
        fputs(".TP\n.B ", out);
        text(flag_text, out);
        fputc('\n', out);
        text(str_of(o->help), out);
        if (o->otherwise)
                text(str_of(arena_printf(&arena, " (default %s)", o->otherwise)), out);
        if (o->field)
                text(str_of(arena_printf(&arena, "; field %s", o->field)), out);
        fputc('\n', out);
}

static void flags(const Option *options, const char *heading, FILE *out) {
        if (options->kind != OPTION_END && options->kind != OPTION_GROUP)
                fprintf(out, ".SS %s\n", heading);
        for (const Option *o = options; o->kind != OPTION_END; o++)
                if (o->kind != OPTION_GROUP)
                        flag(o, out);
        for (const Option *o = options; o->kind != OPTION_END; o++)
                if (o->kind == OPTION_GROUP)
                        flags(o->rows, o->help, out);
}

static void head(Str page, const char *summary, FILE *out) {
        fprintf(out, ".TH \"" STR_FMT "\" 1 \"\" \"grapnel %s\" \"Grapnel\"\n.SH NAME\n", STR_ARG(page),
                GRAPNEL_VERSION);
        text(page, out);
        fputs(" \\- ", out);
        text(str_of(summary), out);
        fputc('\n', out);
}

static void write_command(const Command *command, FILE *out) {
        AUTO(arena_clear) Arena arena = { 0 };

        head(man_page_name(command, &arena), command->summary, out);
        fprintf(out, ".SH SYNOPSIS\n.B grapnel %s\n", command->name);
        text(str_of(arena_printf(&arena, "%s%s[flags]", command->arguments, *command->arguments ? " " : "")),
             out);
        fputc('\n', out);
        if (command->details) {
                fputs(".SH DESCRIPTION\n", out);
                paragraphs(str_of(command->details), out);
        }
        fputs(".SH OPTIONS\n", out);
        flags(command->options, "Flags", out);
        flags(common_options, "Common flags", out);
        fputs(".SH EXAMPLES\n.nf\n", out);
        text(str_of(command->example), out);
        fputs("\n.fi\n.SH SEE ALSO\n.BR grapnel (1)\n", out);
}

static void write_overview(FILE *out) {
        AUTO(arena_clear) Arena arena = { 0 };

        head(STR("grapnel"), "backup and restore of Kubernetes applications, with hooks", out);
        fputs(".SH SYNOPSIS\n.B grapnel\nCOMMAND [flags]\n.SH COMMANDS\n", out);
        for (const Command *const *c = commands_all; *c; c++) {
                if ((*c)->is_hidden)
                        continue;
                Str page = man_page_name(*c, &arena);

                fputs(".TP\n.BR ", out);
                text(page, out);
                fputs(" (1)\n", out);
                text(str_of((*c)->summary), out);
                fputc('\n', out);
        }
        fputs(".SH EXIT STATUS\n"
              ".TP\n0\ndone\n.TP\n1\nfailed\n.TP\n2\ndone, with errors in parts\n"
              ".TP\n64\nthe request is wrong; nothing was begun\n"
              ".TP\n130\ninterrupted; what was frozen was thawed first\n"
              ".SH ENVIRONMENT\n"
              ".TP\nKUBECONFIG\nkubeconfig files, as for kubectl\n"
              ".TP\nXDG_STATE_HOME\nholds the folder grapnel with the journal of frozen pods\n"
              ".TP\nNO_COLOR\nwhen set and not empty: no colours\n"
              ".TP\nTMPDIR\nwhere unnamed temporary files lie\n",
              out);
}

void man_write(const Command *command, FILE *out) {
        if (command)
                write_command(command, out);
        else
                write_overview(out);
}
