#include "hooks/journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/thread.h"
#include "check.h"
#include "hooks/journal_record.h"

static const JournalRun who = { { "b1", 2 }, { "https://here", 12 }, { "cluster-1", 9 } };

typedef struct State {
        char folder[64];
        Arena arena;
} State;

static void state_begin(State *state) {
        snprintf(state->folder, sizeof state->folder, "/tmp/grapnel-journal-XXXXXX");
        CHECK(mkdtemp(state->folder));
}

static void state_end(State *state) {
        AUTO_FREE char *folder = xasprintf("%s/journal", state->folder);
        DIR *listing = opendir(folder);
        const struct dirent *entry;

        while (listing && (entry = readdir(listing))) {
                AUTO_FREE char *path = xasprintf("%s/%s", folder, entry->d_name);
                unlink(path);
        }
        if (listing)
                closedir(listing);
        rmdir(folder);
        rmdir(state->folder);
        arena_clear(&state->arena);
}

static PodPlan pod_named(const char *name, Arena *arena) {
        HookCall *calls = arena_alloc(arena, 2 * sizeof *calls);
        PodPlan pod = {
                .namespace = STR("shop"),
                .name = arena_copy(arena, str_of(name)),
                .uid = str_of(arena_printf(arena, "uid-%s", name)),
                .node = STR("n1"),
                .pre = calls,
                .post = calls + 1,
                .pre_len = 1,
                .post_len = 1,
        };

        calls[0] = (HookCall) { .name = STR("h"),
                                .phase = HOOK_PRE,
                                .container = STR("db"),
                                .timeout_ms = 30000,
                                .restarts = 2 };
        calls[1] = (HookCall) {
                .name = STR("<from-annotation>"),
                .source = HOOK_FROM_ANNOTATION,
                .phase = HOOK_POST,
                .index = 3,
                .container = STR("side"),
                .on_error = ON_ERROR_CONTINUE,
                .timeout_ms = 5000,
                .restarts = -1,
        };
        strs_add(&calls[0].command, arena, STR("freeze \"all\"\n"));
        strs_add(&calls[1].command, arena, STR("/bin/sh"));
        strs_add(&calls[1].command, arena, STR("-c"));
        strs_add(&calls[1].command, arena, STR("rm /tmp/\xc3\xa9; exit"));
        return pod;
}

static void begin(Journal *journal, const PodPlan *pod) {
        AUTO(error_clear) Error err = { 0 };

        CHECK(journal_begin(journal, &pod, 1, &err));
}

static void end(Journal *journal, const PodPlan *pod) {
        AUTO(error_clear) Error err = { 0 };

        CHECK(journal_end(journal, pod, &err));
}

static const char *debts_text(State *state) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        JournalDebts debts;

        CHECK(journal_debts(str_of(state->folder), &state->arena, &debts, &err));
        for (size_t i = 0; i < debts.len; i++) {
                buf_printf(&text, STR_FMT ":", STR_ARG(debts.items[i].run.backup));
                for (size_t k = 0; k < debts.items[i].len; k++)
                        buf_printf(&text, " " STR_FMT, STR_ARG(debts.items[i].pods[k].name));
                buf_add_char(&text, '\n');
        }
        for (size_t i = 0; i < debts.problems.len; i++) {
                const char *message = strstr(debts.problems.items[i].ptr, "\": ");
                buf_printf(&text, "%s\n", message ? message + 3 : debts.problems.items[i].ptr);
        }
        return arena_copy(&state->arena, buf_str(&text)).ptr;
}

static size_t files_in(const State *state) {
        AUTO_FREE char *folder = xasprintf("%s/journal", state->folder);
        DIR *listing = opendir(folder);
        size_t count = 0;

        while (listing && readdir(listing))
                count++;
        if (listing)
                closedir(listing);
        return count ? count - 2 : 0;
}

static void a_pod_comes_back_as_it_was_written(void **unused) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        AUTO(error_clear) Error err = { 0 };
        PodPlan pod = pod_named("db-0", &arena);
        JournalDebt debt;

        (void) unused;
        journal_record_run(&who, &text);
        journal_record_begin(&pod, &text);
        CHECK(journal_replay(buf_str(&text), &arena, &debt, &err));
        CHECK(str_equal(debt.run.backup, STR("b1")));
        CHECK(str_equal(debt.run.server, STR("https://here")));
        CHECK(str_equal(debt.run.cluster_uid, STR("cluster-1")));
        CHECK_INT(debt.len, 1);
        CHECK(str_equal(debt.pods[0].uid, STR("uid-db-0")));
        CHECK(str_equal(debt.pods[0].node, STR("n1")));
        CHECK_INT(debt.pods[0].pre_len, 1);
        CHECK_INT(debt.pods[0].pre[0].restarts, 2);
        CHECK(str_equal(debt.pods[0].pre[0].command.items[0], STR("freeze \"all\"\n")));
        const HookCall *post = &debt.pods[0].post[0];
        CHECK_INT(post->phase, HOOK_POST);
        CHECK_INT(post->source, HOOK_FROM_ANNOTATION);
        CHECK_INT(post->index, 3);
        CHECK_INT(post->on_error, ON_ERROR_CONTINUE);
        CHECK_INT(post->timeout_ms, 5000);
        CHECK_INT(post->restarts, -1);
        CHECK(str_equal(post->container, STR("side")));
        CHECK_INT(post->command.len, 3);
        CHECK(str_equal(post->command.items[2], STR("rm /tmp/\xc3\xa9; exit")));
}

static void what_has_begun_and_not_ended_is_open(void **unused) {
        AUTO(state_end) State state = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(journal_closep) Journal *journal = NULL;

        (void) unused;
        state_begin(&state);
        CHECK_STR(debts_text(&state), "");
        CHECK(journal_open(str_of(state.folder), &who, &journal, &err));
        PodPlan a = pod_named("a", &state.arena), b = pod_named("b", &state.arena);
        begin(journal, &a);
        begin(journal, &b);
        end(journal, &a);
        CHECK_INT(journal_open_pods(journal), 1);
        CHECK_STR(debts_text(&state), ""); /* it is alive */
        journal_close(TAKE(journal));
        CHECK_STR(debts_text(&state), "b1: b\n");
}

static void only_the_user_may_read_it(void **unused) {
        AUTO(state_end) State state = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(journal_closep) Journal *journal = NULL;
        struct stat status;

        (void) unused;
        state_begin(&state);
        AUTO_FREE char *deep = xasprintf("%s/x", state.folder);
        AUTO_FREE char *folder = xasprintf("%s/journal", deep);
        CHECK(journal_open(str_of(deep), &who, &journal, &err));
        CHECK(stat(folder, &status) == 0);
        CHECK_INT(status.st_mode & 0777, 0700);
        DIR *listing = opendir(folder);
        const struct dirent *entry;
        while ((entry = readdir(listing)))
                if (entry->d_name[0] != '.') {
                        CHECK(fstatat(dirfd(listing), entry->d_name, &status, 0) == 0);
                        CHECK_INT(status.st_mode & 0777, 0600);
                }
        closedir(listing);
        journal_close(TAKE(journal));
        CHECK(rmdir(folder) == 0 && rmdir(deep) == 0); /* a journal with nothing open is gone */
}

static void a_dead_run_is_taken_over_by_one_process_only(void **unused) {
        AUTO(state_end) State state = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(journal_closep) Journal *journal = NULL;
        AUTO(journal_closep) Journal *second = NULL;
        JournalDebts debts;

        (void) unused;
        state_begin(&state);
        CHECK(journal_open(str_of(state.folder), &who, &journal, &err));
        PodPlan a = pod_named("a", &state.arena), b = pod_named("b", &state.arena);
        begin(journal, &a);
        begin(journal, &b);
        journal_close(TAKE(journal));

        CHECK(journal_debts(str_of(state.folder), &state.arena, &debts, &err));
        CHECK(journal_adopt(&debts.items[0], &journal, &err));
        CHECK_INT(journal_open_pods(journal), 2);
        CHECK(!journal_adopt(&debts.items[0], &second, &err));
        CHECK_INT(err.code, ERROR_EXISTS);
        CHECK(strstr(err.message, "another process undoes it"));
        error_clear(&err);

        end(journal, &a);
        journal_close(TAKE(journal));
        CHECK(!journal_adopt(&debts.items[0], &second, &err)); /* what was read is out of date */
        CHECK_INT(err.code, ERROR_EXISTS);
        error_clear(&err);
        CHECK_STR(debts_text(&state), "b1: b\n");

        CHECK(journal_debts(str_of(state.folder), &state.arena, &debts, &err));
        CHECK(journal_adopt(&debts.items[0], &journal, &err));
        end(journal, &b);
        journal_close(TAKE(journal));
        CHECK_INT(files_in(&state), 0);
        CHECK(!journal_adopt(&debts.items[0], &second, &err));
        CHECK_INT(err.code, ERROR_EXISTS);
}

static void append_to_only_file(const State *state, Str bytes) {
        AUTO_FREE char *folder = xasprintf("%s/journal", state->folder);
        DIR *listing = opendir(folder);
        const struct dirent *entry;

        while ((entry = readdir(listing)))
                if (entry->d_name[0] != '.') {
                        int fd = openat(dirfd(listing), entry->d_name, O_WRONLY | O_APPEND | O_CLOEXEC);
                        CHECK(write(fd, bytes.ptr, bytes.len) == (ssize_t) bytes.len);
                        close(fd);
                }
        closedir(listing);
}

static void a_torn_last_line_is_no_line_and_a_damaged_one_is_told(void **unused) {
        static const struct {
                const char *tail, *debts;
        } cases[] = {
                { "{\"crc\":\"0123", "b1: a\n" },
                { "{\"crc\":\"00000000\",\"end\":{\"namespace\":\"shop\",\"pod\":\"a\",\"uid\":\"uid-a\"}}\n",
                  "b1: a\n1 damaged line: pods that they name may still be frozen (remove the file once you "
                  "have looked)\n" },
                { "\n\n", "b1: a\n2 damaged lines: pods that they name may still be frozen (remove the file "
                          "once you have "
                          "looked)\n" },
        };

        (void) unused;
        FOR_EACH_CASE(cases, c) {
                AUTO(state_end) State state = { 0 };
                AUTO(error_clear) Error err = { 0 };
                AUTO(journal_closep) Journal *journal = NULL;
                JournalDebts debts;

                state_begin(&state);
                CHECK(journal_open(str_of(state.folder), &who, &journal, &err));
                PodPlan a = pod_named("a", &state.arena);
                begin(journal, &a);
                journal_close(TAKE(journal));
                append_to_only_file(&state, str_of(c->tail));
                CHECK_STR(debts_text(&state), c->debts);

                /* what is written after a torn line can be read */
                CHECK(journal_debts(str_of(state.folder), &state.arena, &debts, &err));
                CHECK(journal_adopt(&debts.items[0], &journal, &err));
                end(journal, &a);
                journal_close(TAKE(journal));
                CHECK_INT(files_in(&state), debts.items[0].bad_lines ? 1 : 0);
        }
}

static void a_file_that_is_no_journal_is_a_problem_not_an_end(void **unused) {
        AUTO(state_end) State state = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(journal_closep) Journal *journal = NULL;

        (void) unused;
        state_begin(&state);
        CHECK(journal_open(str_of(state.folder), &who, &journal, &err));
        PodPlan a = pod_named("a", &state.arena);
        begin(journal, &a);
        journal_close(TAKE(journal));
        AUTO_FREE char *path = xasprintf("%s/journal/foreign.jsonl", state.folder);
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        CHECK(write(fd, "hello\n", 6) == 6);
        close(fd);
        CHECK_STR(debts_text(&state),
                  "b1: a\nthe line that says which backup it belongs to is missing or damaged\n");
}

static void a_folder_that_cannot_be_made_is_named(void **unused) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(journal_closep) Journal *journal = NULL;

        (void) unused;
        CHECK(!journal_open(STR("/proc/nowhere/x"), &who, &journal, &err));
        CHECK(strstr(err.message, "create folder \"/proc/nowhere\": "));
}

static void a_relative_state_folder_is_made_too(void **unused) {
        AUTO(state_end) State state = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(journal_closep) Journal *journal = NULL;
        int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        (void) unused;
        state_begin(&state);
        CHECK(chdir(state.folder) == 0);
        CHECK(journal_open(STR("new"), &who, &journal, &err));
        CHECK(access("new/journal", F_OK) == 0);
        journal_close(TAKE(journal));
        CHECK(rmdir("new/journal") == 0 && rmdir("new") == 0);
        CHECK(fchdir(before) == 0);
        close(before);
}

static void limit_files(rlim_t bytes) {
        struct rlimit limit;

        CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
        limit.rlim_cur = bytes;
        CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* Nothing may begin that was not written; and what comes after can be read. */
static void a_full_disk_takes_no_part_of_a_line(void **unused) {
        for (rlim_t room = 0; room < 300; room += 50) {
                AUTO(state_end) State state = { 0 };
                AUTO(error_clear) Error err = { 0 };
                AUTO(journal_closep) Journal *journal = NULL;
                PodPlan a = pod_named("a", &state.arena), b = pod_named("b", &state.arena);
                const PodPlan *const second[] = { &b };
                AUTO(buf_clear) Buf text = { 0 };

                (void) unused;
                state_begin(&state);
                CHECK(journal_open(str_of(state.folder), &who, &journal, &err));
                begin(journal, &a);
                journal_record_run(&who, &text);
                journal_record_begin(&a, &text);
                signal(SIGXFSZ, SIG_IGN);
                limit_files(text.len + room);
                CHECK(!journal_begin(journal, second, 1, &err));
                limit_files(RLIM_INFINITY);
                CHECK_INT(err.code, ERROR_UNAVAILABLE);
                CHECK(str_starts_with(str_of(err.message), STR("write journal \"")));
                CHECK(str_ends_with(str_of(err.message), STR("\": File too large")));
                begin(journal, &b);
                journal_close(TAKE(journal));
                CHECK_STR(debts_text(&state), "b1: a b\n");
        }
}

static void a_journal_on_a_full_disk_is_not_opened(void **unused) {
        AUTO(state_end) State state = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(journal_closep) Journal *journal = NULL;

        (void) unused;
        state_begin(&state);
        signal(SIGXFSZ, SIG_IGN);
        limit_files(10);
        bool is_open = journal_open(str_of(state.folder), &who, &journal, &err);
        limit_files(RLIM_INFINITY);
        CHECK(!is_open);
        CHECK(str_starts_with(str_of(err.message), STR("write journal \"")));
        CHECK_INT(files_in(&state), 0);
}

static void what_lies_in_the_folder_besides_is_told_and_left(void **unused) {
        AUTO(state_end) State state = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(journal_closep) Journal *journal = NULL;
        AUTO(journal_closep) Journal *adopted = NULL;
        JournalDebts debts;

        (void) unused;
        state_begin(&state);
        CHECK(journal_open(str_of(state.folder), &who, &journal, &err));
        AUTO_FREE char *link = xasprintf("%s/journal/link.jsonl", state.folder);
        AUTO_FREE char *folder = xasprintf("%s/journal/folder.jsonl", state.folder);
        CHECK(symlink("/etc/hostname", link) == 0 && mkdir(folder, 0700) == 0);
        CHECK_STR(debts_text(&state), "Is a directory\nToo many levels of symbolic links\n");

        JournalDebt foreign = { .file = str_of(link) };
        CHECK(!journal_adopt(&foreign, &adopted, &err));
        CHECK(str_ends_with(str_of(err.message), STR("link.jsonl\": Too many levels of symbolic links")));
        error_clear(&err);
        rmdir(folder);
        journal_close(TAKE(journal));

        AUTO_FREE char *file = xasprintf("%s/journal/file", state.folder);
        close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        AUTO_FREE char *inside = xasprintf("%s/journal", file);
        CHECK(!journal_debts(str_of(file), &state.arena, &debts, &err));
        CHECK(str_starts_with(str_of(err.message), STR("read folder \"")));
        CHECK(str_ends_with(str_of(err.message), STR("/file/journal\": Not a directory")));
}

static void every_dead_run_has_its_debts(void **unused) {
        AUTO(state_end) State state = { 0 };
        AUTO(error_clear) Error err = { 0 };
        JournalDebts debts;
        size_t pods = 0;

        (void) unused;
        state_begin(&state);
        for (int i = 1; i <= 3; i++) {
                AUTO(journal_closep) Journal *journal = NULL;

                CHECK(journal_open(str_of(state.folder), &who, &journal, &err));
                for (int k = 0; k < i; k++) {
                        PodPlan pod = pod_named(arena_printf(&state.arena, "p%d-%d", i, k), &state.arena);
                        begin(journal, &pod);
                }
        }
        CHECK(journal_debts(str_of(state.folder), &state.arena, &debts, &err));
        CHECK_INT(debts.len, 3);
        for (size_t i = 0; i < debts.len; i++)
                pods += debts.items[i].len;
        CHECK_INT(pods, 6);
}

/* A run that died before it froze anything leaves nothing to undo; its file is cleared away. */
static void a_dead_run_that_froze_nothing_is_forgotten(void **unused) {
        static const struct {
                const char *tail;
                size_t files_left;
        } cases[] = { { "", 0 }, { "damage\n", 1 } };

        (void) unused;
        FOR_EACH_CASE(cases, c) {
                AUTO(state_end) State state = { 0 };
                AUTO(buf_clear) Buf text = { 0 };

                state_begin(&state);
                journal_record_run(&who, &text);
                buf_add(&text, str_of(c->tail));
                AUTO_FREE char *folder = xasprintf("%s/journal", state.folder);
                CHECK(mkdir(folder, 0700) == 0);
                AUTO_FREE char *path = xasprintf("%s/1-1-1.jsonl", folder);
                int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
                CHECK(write(fd, text.ptr, text.len) == (ssize_t) text.len);
                close(fd);
                const char *debts = debts_text(&state);
                CHECK_INT(str_starts_with(str_of(debts), STR("1 damaged line: ")), c->files_left);
                CHECK_INT(files_in(&state), c->files_left);
        }
}

typedef struct Crowd {
        Journal *journal;
        _Atomic unsigned next;
} Crowd;

static void begin_and_end_many(void *user) {
        Crowd *crowd = user;
        AUTO(arena_clear) Arena arena = { 0 };

        for (int i = 0; i < 20; i++) {
                PodPlan pod = pod_named(arena_printf(&arena, "p%u", crowd->next++), &arena);

                begin(crowd->journal, &pod);
                if (i % 2)
                        end(crowd->journal, &pod);
        }
}

static void many_threads_write_whole_lines(void **unused) {
        AUTO(state_end) State state = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Crowd crowd = { 0 };
        JournalDebts debts;

        (void) unused;
        state_begin(&state);
        CHECK(journal_open(str_of(state.folder), &who, &crowd.journal, &err));
        thread_run_many(8, begin_and_end_many, &crowd);
        CHECK_INT(journal_open_pods(crowd.journal), 80);
        journal_close(crowd.journal);
        CHECK(journal_debts(str_of(state.folder), &state.arena, &debts, &err));
        CHECK_INT(debts.problems.len, 0);
        CHECK_INT(debts.items[0].len, 80);
}

/* The child does one step after the other and says so once it has returned; it is killed after `steps` of them. */
static void child(const char *folder, int tell, int steps) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Journal *journal = NULL;
        PodPlan pods[3] = { pod_named("a", &arena), pod_named("b", &arena), pod_named("c", &arena) };

        for (int step = 0; step < steps; step++) {
                bool ok = step == 0  ? journal_open(str_of(folder), &who, &journal, &err)
                          : step < 4 ? journal_begin(journal, &(const PodPlan *) { &pods[step - 1] }, 1, &err)
                                     : journal_end(journal, &pods[step - 4], &err);

                if (!ok || write(tell, "x", 1) != 1)
                        _exit(1);
        }
        for (;;)
                pause();
}

static void a_run_that_is_killed_at_any_step_leaves_what_is_open(void **unused) {
        static const char *const open_after[] = {
                "", "", "b1: a\n", "b1: a b\n", "b1: a b c\n", "b1: b c\n", "b1: c\n", ""
        };

        (void) unused;
        for (int steps = 0; steps <= 7; steps++) {
                AUTO(state_end) State state = { 0 };
                int tell[2], status;
                char mark;

                state_begin(&state);
                CHECK(pipe2(tell, O_CLOEXEC) == 0);
                pid_t pid = fork();
                if (pid == 0)
                        child(state.folder, tell[1], steps);
                close(tell[1]);
                for (int i = 0; i < steps; i++)
                        CHECK(read(tell[0], &mark, 1) == 1);
                CHECK_STR(debts_text(&state), ""); /* alive: not to be touched */
                kill(pid, SIGKILL);
                CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
                close(tell[0]);
                CHECK_STR(debts_text(&state), open_after[steps]);
                if (steps == 7)
                        CHECK_INT(files_in(&state), 0);
        }
}

/* Any prefix of a journal: nothing that has begun before the cut is lost. */
static void a_journal_cut_anywhere_keeps_its_whole_lines(void **unused) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        PodPlan a = pod_named("a", &arena), b = pod_named("b", &arena);

        (void) unused;
        journal_record_run(&who, &text);
        size_t run_end = text.len;
        journal_record_begin(&a, &text);
        size_t a_end = text.len;
        journal_record_begin(&b, &text);
        size_t b_end = text.len;
        journal_record_end(&a, &text);

        for (size_t len = 0; len <= text.len; len++) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(arena_clear) Arena own = { 0 };
                JournalDebt debt;
                bool ok = journal_replay((Str) { text.ptr, len }, &own, &debt, &err);

                CHECK_INT(ok, len >= run_end);
                if (!ok)
                        continue;
                CHECK_INT(debt.bad_lines, 0);
                CHECK_INT(debt.len, len < a_end ? 0 : len < b_end ? 1 : len < text.len ? 2 : 1);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_pod_comes_back_as_it_was_written),
                cmocka_unit_test(what_has_begun_and_not_ended_is_open),
                cmocka_unit_test(only_the_user_may_read_it),
                cmocka_unit_test(a_dead_run_is_taken_over_by_one_process_only),
                cmocka_unit_test(a_torn_last_line_is_no_line_and_a_damaged_one_is_told),
                cmocka_unit_test(a_file_that_is_no_journal_is_a_problem_not_an_end),
                cmocka_unit_test(a_folder_that_cannot_be_made_is_named),
                cmocka_unit_test(a_relative_state_folder_is_made_too),
                cmocka_unit_test(a_full_disk_takes_no_part_of_a_line),
                cmocka_unit_test(a_journal_on_a_full_disk_is_not_opened),
                cmocka_unit_test(what_lies_in_the_folder_besides_is_told_and_left),
                cmocka_unit_test(every_dead_run_has_its_debts),
                cmocka_unit_test(a_dead_run_that_froze_nothing_is_forgotten),
                cmocka_unit_test(many_threads_write_whole_lines),
                cmocka_unit_test(a_run_that_is_killed_at_any_step_leaves_what_is_open),
                cmocka_unit_test(a_journal_cut_anywhere_keeps_its_whole_lines),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
