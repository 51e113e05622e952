#include "hooks/process_end.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"
#include "check.h"

static pid_t start(const char *const *argv) {
        pid_t pid = fork();

        if (pid == 0) {
                signal(SIGTERM, SIG_DFL);
                execvp(argv[0], (char *const *) (uintptr_t) argv);
                _exit(127);
        }
        return pid;
}

/* Runs the script in `shell`, as if in the container: what our process starts stands for what was started from outside. */
static void run_script(const char *shell, int64_t age_ms, const char *const *command, char *ret_reply,
                       size_t size) {
        int reply[2];
        char age[32], parent[32];
        const char *argv[16] = { shell, "-c", process_end_script, "grapnel", age, parent };
        size_t len = 0;
        ssize_t got;

        snprintf(age, sizeof age, "%lld", (long long) age_ms);
        snprintf(parent, sizeof parent, "%d", getpid());
        for (size_t i = 0; command[i]; i++)
                argv[6 + i] = command[i];
        CHECK(pipe2(reply, O_CLOEXEC) == 0);
        pid_t pid = fork();
        if (pid == 0) {
                dup2(reply[1], STDOUT_FILENO);
                execvp(argv[0], (char *const *) (uintptr_t) argv);
                _exit(127);
        }
        close(reply[1]);
        while (len < size - 1 && (got = read(reply[0], ret_reply + len, size - 1 - len)) > 0)
                len += (size_t) got;
        ret_reply[len] = '\0';
        close(reply[0]);
        waitpid(pid, NULL, 0);
}

static bool has_ended(pid_t pid) {
        return waitpid(pid, NULL, WNOHANG) == pid;
}

static const char *const shells[] = { "sh", "bash", NULL };

typedef struct ScriptCase {
        const char *command[4];
        int64_t wait_ms; /* before the script looks */
        const char *reply;
} ScriptCase;

static void a_late_command_is_ended_with_all_it_has_started(void **state) {
        static const ScriptCase cases[] = {
                { { "sleep", "77.25" }, 100, "ended (TERM)\n" },
                { { "sh", "-c", "sleep 77.26" }, 100, "ended (TERM)\n" }, /* the shell becomes the sleep */
                { { "sh", "-c", "sleep 77.27; true" }, 100, "ended (TERM)\n" },
                { { "sh", "-c", "# a \"b\" 'c' $d\nsleep 77.28\n\n true\n" }, 100, "ended (TERM)\n" },
                { { "sh", "-c", "trap '' TERM; while :; do sleep 1; done" }, 200, "ended (KILL)\n" },
                { { "true" }, 300, "was gone already\n" },
        };

        (void) state;
        for (const char *const *shell = shells; *shell; shell++)
                FOR_EACH_CASE(cases, c) {
                        char reply[128];
                        pid_t pid = start(c->command);

                        (void) !stop_sleep_ms(NULL, c->wait_ms);
                        run_script(*shell, c->wait_ms, c->command, reply, sizeof reply);
                        CHECK_STR(reply, c->reply);
                        (void) !stop_sleep_ms(NULL, 50);
                        bool ended = has_ended(pid);
                        if (!ended)
                                kill(pid, SIGKILL);
                        CHECK(ended);
                }
}

static void what_is_not_the_hook_is_left_alone(void **state) {
        const char *const other[] = { "sleep", "66.5", NULL }, *const hook[] = { "sleep", "77.5", NULL };
        char reply[128];
        pid_t pid = start(other);

        (void) state;
        (void) !stop_sleep_ms(NULL, 50);
        run_script("sh", 50, hook, reply, sizeof reply);
        bool ended = has_ended(pid);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        CHECK(!ended);
        CHECK_STR(reply, "may still run: not recognised\n");
}

/* The same words, but begun before the hook was. */
static void an_older_process_of_the_same_words_is_left_alone(void **state) {
        const char *const words[] = { "sleep", "88.5", NULL };
        char reply[128];
        pid_t pid = start(words);

        (void) state;
        (void) !stop_sleep_ms(NULL,
                              3200); /* younger than 3 s might be ours: clocks are read in whole seconds */
        run_script("sh", 100, words, reply, sizeof reply);
        bool ended = has_ended(pid);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        CHECK(!ended);
        CHECK_STR(reply, "was gone already\n");
}

typedef struct Answer {
        ExecEnd end;
        int exit_code;
        const char *message, *reply;
} Answer;

static void answer(void *user, const ExecRequest *request, ExecOutput output, void *output_user,
                   const Stop *stop, ExecResult *ret_result) {
        const Answer *a = user;

        (void) stop;
        CHECK_INT(request->command.len, 8);
        CHECK(str_equal(request->command.items[0], STR("/bin/sh")));
        CHECK(str_equal(request->command.items[4], STR("1500")));
        CHECK(str_equal(request->command.items[5], STR("0")));
        CHECK(str_equal(request->command.items[7], STR("77")));
        output(output_user, EXEC_STDERR, STR("noise"));
        output(output_user, EXEC_STDOUT, str_of(a->reply));
        *ret_result = (ExecResult) { .end = a->end, .exit_code = a->exit_code };
        if (a->message)
                ret_result->message = xasprintf("%s", a->message);
}

static void the_result_says_whether_the_process_was_ended(void **state) {
        static const struct {
                Answer answer;
                const char *verdict;
        } cases[] = {
                { { EXEC_EXITED, 0, NULL, "ended (TERM)\n" }, "ended (TERM)" },
                { { EXEC_EXITED, 2, "exit code 2", "" },
                  "may still run: the look for it ended with exit code 2" },
                { { EXEC_EXITED, 0, NULL, "" }, "may still run: the look for it ended with exit code 0" },
                { { EXEC_REFUSED, 0, "exec: \"/bin/sh\": stat /bin/sh: no such file or directory", "" },
                  "may still run: no /bin/sh in the container" },
                { { EXEC_REFUSED, 0, "forbidden", "" }, "may still run: forbidden" },
                { { EXEC_TIMED_OUT, 0, NULL, "" }, "may still run: no answer" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                Answer own = c->answer;
                HookPort port = { .exec = answer, .user = &own };
                Str words[] = { STR("sleep"), STR("77") };
                LateProcess process = {
                        .port = &port,
                        .namespace = STR("n"),
                        .pod = STR("p"),
                        .container = STR("c"),
                        .command = { .items = words, .len = 2 },
                        .age_ms = 1500,
                };

                CHECK_STR(arena_copy(&arena, process_end(&process, &arena)).ptr, c->verdict);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_late_command_is_ended_with_all_it_has_started),
                cmocka_unit_test(what_is_not_the_hook_is_left_alone),
                cmocka_unit_test(an_older_process_of_the_same_words_is_left_alone),
                cmocka_unit_test(the_result_says_whether_the_process_was_ended),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
