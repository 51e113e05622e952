#include "kube/run_program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "data/duration.h"

enum { WAIT_MAX_MS = 60 * 1000, PIECE_BYTES = 16 * 1024 };

typedef struct Child {
        pid_t pid; /* 0: none, or waited for already */
        int pid_fd;
        int output_fd; /* -1: at its end */
        bool has_group;
} Child;

static void close_fd(int *fd) {
        if (*fd >= 0)
                close(*fd);
        *fd = -1;
}

static void child_end(Child *child) {
        if (child->pid) {
                kill(child->has_group ? -child->pid : child->pid, SIGKILL);
                while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
                        continue;
        }
        close_fd(&child->pid_fd);
        close_fd(&child->output_fd);
}

static char **argv_of(const Program *program, Arena *arena) {
        char **argv = arena_alloc(arena, (program->args.len + 2) * sizeof *argv);

        argv[0] = (char *) (uintptr_t) arena_copy(arena, program->command).ptr;
        for (size_t i = 0; i < program->args.len; i++)
                argv[i + 1] = (char *) (uintptr_t) arena_copy(arena, program->args.items[i]).ptr;
        argv[program->args.len + 1] = NULL;
        return argv;
}

static bool is_replaced(const Strs *env, const char *variable) {
        size_t name_len = strcspn(variable, "=") + 1;

        for (size_t i = 0; i < env->len; i++)
                if (str_starts_with(env->items[i], (Str) { variable, name_len }))
                        return true;
        return false;
}

static char **environment_of(const Program *program, Arena *arena) {
        size_t count = 0, len = 0;

        while (environ[count])
                count++;
        char **env = arena_alloc(arena, (count + program->env.len + 1) * sizeof *env);
        for (size_t i = 0; i < count; i++)
                if (!is_replaced(&program->env, environ[i]))
                        env[len++] = environ[i];
        for (size_t i = 0; i < program->env.len; i++)
                env[len++] = (char *) (uintptr_t) arena_copy(arena, program->env.items[i]).ptr;
        env[len] = NULL;
        return env;
}

/* Our threads block signals; a program must not inherit that. */
static void set_attributes(posix_spawnattr_t *attributes, bool has_group) {
        sigset_t none, all;

        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(attributes, &none);
        posix_spawnattr_setsigdefault(attributes, &all);
        posix_spawnattr_setpgroup(attributes, 0);
        posix_spawnattr_setflags(attributes, (short) (POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                      (has_group ? POSIX_SPAWN_SETPGROUP : 0)));
}

static int spawn(const Program *program, int output_fd, pid_t *ret_pid) {
        AUTO(arena_clear) Arena arena = { 0 };
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        char **argv = argv_of(program, &arena);

        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        if (!program->gives_terminal)
                posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
        posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
        set_attributes(&attributes, !program->gives_terminal);
        int error =
                posix_spawnp(ret_pid, argv[0], &actions, &attributes, argv, environment_of(program, &arena));
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        return error;
}

static bool start(const Program *program, Child *child, Error *err) {
        AUTO(close_fd) int write_fd = -1;
        int fds[2];

        if (pipe2(fds, O_CLOEXEC) != 0)
                return error_set(err, ERROR_UNAVAILABLE, "cannot be started: %m");
        child->output_fd = fds[0];
        write_fd = fds[1];
        /* A group of its own is ended as a whole; but only our own group may read from the terminal. */
        child->has_group = !program->gives_terminal;
        int error = spawn(program, write_fd, &child->pid);
        if (error) {
                child->pid = 0;
                return error_set(err, error == ENOENT ? ERROR_NOT_FOUND : ERROR_FORBIDDEN, "%s: %s",
                                 error == ENOENT ? "is not installed" : "cannot be started", strerror(error));
        }
        child->pid_fd = pidfd_open(child->pid, 0);
        if (child->pid_fd < 0)
                return error_set(err, ERROR_UNAVAILABLE, "cannot be waited for: %m");
        return true;
}

static bool read_output(Child *child, Buf *output, Error *err) {
        char piece[PIECE_BYTES];
        ssize_t len = read(child->output_fd, piece, sizeof piece);

        if (len > 0)
                buf_add(output, (Str) { piece, (size_t) len });
        else if (len == 0 || errno != EINTR)
                close_fd(&child->output_fd);
        explicit_bzero(piece, sizeof piece); /* may hold a token */
        return buf_check(output, "its output", err);
}

static bool ended_well(Child *child, Error *err) {
        siginfo_t end = { 0 };

        while (waitid(P_PID, (id_t) child->pid, &end, WEXITED) < 0 && errno == EINTR)
                continue;
        if (child->has_group) /* what it left behind; the group's number is free for others only when all are gone */
                kill(-child->pid, SIGKILL);
        child->pid = 0;
        if (end.si_code == CLD_EXITED && end.si_status == 0)
                return true;
        if (end.si_code == CLD_EXITED && end.si_status == 127)
                return error_set(err, ERROR_NOT_FOUND,
                                 "is not installed, or a part of it is not (exit code 127)");
        if (end.si_code == CLD_EXITED)
                return error_set(err, ERROR_FORBIDDEN, "failed with exit code %d", end.si_status);
        return error_set(err, ERROR_FORBIDDEN, "was ended by signal %d (%s)", end.si_status,
                         strsignal(end.si_status));
}

/* Until it has ended and what it wrote was read; what its own children still hold open is not waited for. */
static bool wait_for_end(Child *child, const Program *program, const Stop *stop, Buf *output, Error *err) {
        int64_t deadline_ms = clock_ms() + program->timeout_ms;

        for (;;) {
                struct pollfd fds[] = { { .fd = child->output_fd, .events = POLLIN },
                                        { .fd = child->pid_fd, .events = POLLIN },
                                        { .fd = stop_fd(stop), .events = POLLIN } };
                int64_t left = deadline_ms - clock_ms();

                if (!stop_check(stop, err))
                        return false;
                if (left <= 0) {
                        AUTO(arena_clear) Arena arena = { 0 };
                        Str after = duration_format(program->timeout_ms, &arena);
                        return error_set(err, ERROR_TIMEOUT, "did not end within " STR_FMT, STR_ARG(after));
                }
                if (poll(fds, 3, (int) (left < WAIT_MAX_MS ? left : WAIT_MAX_MS)) < 0)
                        continue;
                if (fds[0].revents && !read_output(child, output, err))
                        return false;
                if (fds[1].revents && !(fds[0].revents & POLLIN))
                        return ended_well(child, err);
        }
}

bool run_program(const Program *program, const Stop *stop, Buf *output, Error *err) {
        AUTO(child_end) Child child = { .pid_fd = -1, .output_fd = -1 };

        return start(program, &child, err) && wait_for_end(&child, program, stop, output, err);
}
