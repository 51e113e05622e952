#include <errno.h>

#include "cli/commands.h"
#include "cli/man.h"

/* For the build: `grapnel man-pages build/man/grapnel.1 build/man/grapnel-backup-run.1 ...` writes these files, and
 * fails when a command has no file or a file no command, so that the build's list cannot go stale. */

static const Option options[] = { OPT_END };

static void filep(FILE **file) {
        if (*file)
                fclose(*file);
}

static bool write_page(const Command *command, const char *path, Error *err) {
        AUTO(filep) FILE *file = fopen(path, "we");

        if (file)
                man_write(command, file);
        if (!file || fflush(file) != 0)
                return error_set(err, ERROR_INVALID, "\"%s\": %s", path, strerror(errno));
        return true;
}

/* The path whose last part is the page's name with ".1". */
static Str find_path(const Strs *paths, Str page, Arena *arena) {
        Str ending = str_of(arena_printf(arena, "/" STR_FMT ".1", STR_ARG(page)));

        for (size_t i = 0; i < paths->len; i++)
                if (str_ends_with(paths->items[i], ending))
                        return paths->items[i];
        return STR("");
}

static bool write_one(Cli *cli, const CommandLine *line, const Command *command, Error *err) {
        Str page = man_page_name(command, cli->arena);
        Str path = find_path(&line->arguments, page, cli->arena);

        if (path.len == 0)
                return error_set(err, ERROR_INVALID, "no file for page " STR_FMT ".1", STR_ARG(page));
        return write_page(command, path.ptr, err);
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        size_t pages = 1;

        (void) request;
        if (!write_one(cli, line, NULL, err))
                return false;
        for (const Command *const *c = commands_all; *c; c++) {
                if ((*c)->is_hidden)
                        continue;
                if (!write_one(cli, line, *c, err))
                        return false;
                pages++;
        }
        if (pages != line->arguments.len)
                return error_set(err, ERROR_INVALID, "%zu files for %zu pages", line->arguments.len, pages);
        return true;
}

const Command cmd_man = {
        .name = "man-pages",
        .arguments = "FILE...",
        .summary = "Write the manual pages",
        .example = "# All pages, each into the file of its name.\n"
                   "grapnel man-pages man/grapnel.1 man/grapnel-version.1 ...",
        .options = options,
        .max_arguments = 100,
        .is_hidden = true,
        .run = run,
};
