/* run_cli.h - a whole command in this process: words in; exit code, standard output and error out. */
#pragma once
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/cli.h"

#define BUCKET GOLDEN_DIR "/velero-1.18.0/bucket"

typedef struct CliRun {
        Arena arena;
        char *out, *err; /* NUL-terminated */
        ExitCode exit;
} CliRun;

static inline void cli_run_clear(CliRun *run) {
        free(run->out);
        free(run->err);
        arena_clear(&run->arena);
}

/* `words` ends with NULL.  `answer` is what the user types on a terminal; NULL: there is none. */
static inline void run_answered(CliRun *run, const char *answer, const char *const *words) {
        size_t out_len = 0, err_len = 0;
        Strs list = { 0 };

        *run = (CliRun) { 0 };
        Cli cli = { .in = answer ? fmemopen((void *) (uintptr_t) answer, strlen(answer), "r") : stdin,
                    .in_is_terminal = answer != NULL,
                    .out = open_memstream(&run->out, &out_len),
                    .err = open_memstream(&run->err, &err_len),
                    .arena = &run->arena };
        for (; *words; words++)
                strs_add(&list, &run->arena, str_of(*words));
        run->exit = cli_run(&cli, list);
        fclose(cli.out);
        fclose(cli.err);
        if (answer)
                fclose(cli.in);
}

#define RUN(run, ...) run_answered((run), NULL, (const char *const[]) { __VA_ARGS__, NULL })
#define RUN_ANSWERED(run, answer, ...)                                                                       \
        run_answered((run), (answer), (const char *const[]) { __VA_ARGS__, NULL })

/* A file of tests/golden/velero-1.18.0. */
static inline Str golden_file(const char *path, Arena *arena) {
        FILE *file = fopen(arena_printf(arena, GOLDEN_DIR "/velero-1.18.0/%s", path), "r");
        char *text = arena_alloc(arena, 256 * 1024);

        assert_non_null(file);
        size_t len = fread(text, 1, 256 * 1024 - 1, file);
        fclose(file);
        text[len] = '\0';
        return (Str) { text, len };
}

/* An empty folder for one test. */
static inline const char *new_folder(Arena *arena) {
        char *path = arena_alloc(arena, 64);

        memcpy(path, "/tmp/grapnel-cli-XXXXXX", sizeof "/tmp/grapnel-cli-XXXXXX");
        if (!mkdtemp(path))
                abort();
        return path;
}

static inline void remove_folder(const char *path) {
        AUTO_FREE char *command = xasprintf("rm -rf '%s'", path);

        assert_int_equal(system(command), 0);
}
