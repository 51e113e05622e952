/* main.c - the program: what every command is given, and the exit code. */
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/cli.h"

enum { MMAP_FROM_BYTES = 128 * 1024 };

int main(int argc, char **argv) {
        AUTO(arena_clear) Arena arena = { 0 };
        Cli cli = {
                .in = stdin,
                .out = stdout,
                .err = stderr,
                .in_is_terminal = isatty(STDIN_FILENO),
                .out_is_terminal = isatty(STDOUT_FILENO),
                .err_is_terminal = isatty(STDERR_FILENO),
                .arena = &arena,
        };
        Strs words = { 0 };

        /* Secrets of the cluster pass through this memory: no core file, and no other process of the user's
         * may look at it.  RLIMIT_CORE would not do: it is ignored where a program collects core files. */
        (void) prctl(PR_SET_DUMPABLE, 0);
        /* Pages of lists and their trees go back to the system when they are done with; without this glibc raises
         * its own limit at the first of them and keeps the rest, in fragments. */
        (void) mallopt(M_MMAP_THRESHOLD, MMAP_FROM_BYTES);
        /* A reader that goes away must not end a run that holds pods frozen. */
        (void) signal(SIGPIPE, SIG_IGN);
        for (int i = 1; i < argc; i++)
                strs_add(&words, &arena, str_of(argv[i]));
        return (int) cli_run(&cli, words);
}
