/* What happens when the disk, the rights or the process fail. */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/thread.h"
#include "scratch.h"
#include "store/directory.h"
#include "store/layout.h"

static void a_full_disk_is_told_with_what_to_do(void **state) {
        SCRATCH(scratch, store);
        AUTO(arena_clear) Arena arena = { 0 };
        const char *dir = scratch.path;
        const struct {
                int cause;
                const char *verb, *message;
                ErrorCode code;
        } cases[] = {
                { ENOSPC, "write",
                  arena_printf(&arena,
                               "write \"k\": no space left on the file system of \"%s\": free some or choose "
                               "another "
                               "--to",
                               dir),
                  ERROR_INVALID },
                { EDQUOT, "write",
                  arena_printf(
                          &arena,
                          "write \"k\": the disk quota of user %u is used up in \"%s\": free some or choose "
                          "another --to",
                          geteuid(), dir),
                  ERROR_INVALID },
                { EROFS, "write",
                  arena_printf(&arena,
                               "write \"k\": the file system of \"%s\" is read-only: choose another --to",
                               dir),
                  ERROR_FORBIDDEN },
                { EACCES, "delete",
                  arena_printf(
                          &arena,
                          "delete \"k\": no permission in \"%s\": let user %u write there, or choose another "
                          "--to",
                          dir, geteuid()),
                  ERROR_FORBIDDEN },
                { EPERM, "read",
                  arena_printf(&arena, "read \"k\": no permission in \"%s\": let user %u read there", dir,
                               geteuid()),
                  ERROR_FORBIDDEN },
                { ENOTDIR, "write",
                  arena_printf(&arena,
                               "write \"k\": a file is where a folder has to be in \"%s\": move it away",
                               dir),
                  ERROR_INVALID },
                { EISDIR, "write",
                  arena_printf(&arena,
                               "write \"k\": a folder is where the file has to be in \"%s\": move it away",
                               dir),
                  ERROR_INVALID },
                { ENOENT, "read", arena_printf(&arena, "read \"k\": there is no such object in \"%s\"", dir),
                  ERROR_NOT_FOUND },
                { ENAMETOOLONG, "write",
                  arena_printf(&arena, "write \"k\": the name is too long for \"%s\"", dir), ERROR_INVALID },
                { EIO, "read", arena_printf(&arena, "read \"k\" in \"%s\": Input/output error", dir),
                  ERROR_UNAVAILABLE },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };

                CHECK(!directory_failed((Directory *) store, c->verb, STR("k"), c->cause, &err));
                CHECK_STR(err.message, c->message);
                CHECK_INT(err.code, c->code);
        }
}

/* The limit of this process on the size of a file stands in for a full disk. */
static void a_write_that_fails_leaves_nothing(void **state) {
        SCRATCH(scratch, store);
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        struct rlimit before, small;

        (void) state;
        CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
        small = before;
        small.rlim_cur = 1000;
        signal(SIGXFSZ, SIG_IGN);
        CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
        char *bytes = arena_alloc(&arena, 5000);
        memset(bytes, 'x', 5000);
        bool is_ok = store_put(store, STR("backups/b/x"), (Str) { bytes, 5000 }, &err);
        CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
        CHECK(!is_ok);
        CHECK_STR(err.message,
                  arena_printf(&arena,
                               "write \"backups/b/x\": the file gets too large for the file system of "
                               "\"%s\" or for the limit of this process (ulimit -f)",
                               scratch.path));
        CHECK_INT(scratch_count(scratch.path), 0);
}

static void a_place_that_is_taken_is_told_before_the_work(void **state) {
        SCRATCH(scratch, store);
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error of_file = { 0 }, of_folder = { 0 };
        AUTO(store_writer_freep) StoreWriter *writer = NULL;

        (void) state;
        scratch_write(scratch_path(&scratch, &arena, "backups"), "a file");
        CHECK(!store_begin(store, STR("backups/b/x"), &writer, &of_file));
        CHECK_STR(of_file.message,
                  arena_printf(
                          &arena,
                          "write \"backups/b/x\": a file is where a folder has to be in \"%s\": move it away",
                          scratch.path));
        CHECK(mkdir(scratch_path(&scratch, &arena, "taken"), 0700) == 0);
        CHECK(!store_begin(store, STR("taken"), &writer, &of_folder));
        CHECK_STR(
                of_folder.message,
                arena_printf(&arena,
                             "write \"taken\": a folder is where the file has to be in \"%s\": move it away",
                             scratch.path));
        CHECK_INT(scratch_count(scratch.path), 2);
}

static void a_place_that_is_taken_meanwhile_fails_at_the_end(void **state) {
        SCRATCH(scratch, store);
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 }, second = { 0 };
        AUTO(store_writer_freep) StoreWriter *a = NULL, *b = NULL;

        (void) state;
        CHECK(store_begin(store, STR("backups/x"), &a, &err) && store_begin(store, STR("x"), &b, &err));
        scratch_write(scratch_path(&scratch, &arena, "backups"), "a file");
        CHECK(mkdir(scratch_path(&scratch, &arena, "x"), 0700) == 0);
        CHECK(!store_finish(a, &err));
        CHECK(strstr(err.message, "a file is where a folder has to be"));
        CHECK(!store_finish(b, &second));
        CHECK(strstr(second.message, "a folder is where the file has to be"));
}

/* Of the call that just failed, without rights. */
static void check_refused(bool is_ok, Error *err, const char *words) {
        CHECK(!is_ok);
        CHECK_INT(err->code, ERROR_FORBIDDEN);
        if (!strstr(err->message, words))
                fail_msg("%s", err->message);
        error_clear(err);
}

static void check_all_refused(const Scratch *scratch, Store *store, Arena *arena) {
        const char *no_write = "write there, or choose another --to", *no_read = "read there";
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf bytes = { 0 };
        Str closed = str_of(scratch_path(scratch, arena, "backups"));
        Str below = str_of(scratch_path(scratch, arena, "open/new/store"));
        Strs names;
        Store *other;
        StoreLock *lock;
        bool exists;

        check_refused(store_put(store, STR("backups/b/y"), STR("y"), &err), &err, no_write);
        check_refused(store_put(store, STR("y"), STR("y"), &err), &err, no_write);
        check_refused(store_delete(store, STR("backups/b/x"), &err), &err, no_write);
        check_refused(store_delete(store, STR("open/x"), &err), &err, no_write);
        check_refused(store_lock(store, STR("b"), &lock, &err), &err, no_write);
        check_refused(store_get(store, STR("backups/b/x"), 10, &bytes, &err), &err, no_read);
        check_refused(store_get(store, STR("open/x"), 10, &bytes, &err), &err, no_read);
        check_refused(store_exists(store, STR("backups/b/x"), &exists, &err), &err, no_read);
        check_refused(store_list(store, STR("backups/"), arena, &names, &err), &err, no_read);
        check_refused(store_list(store, STR(""), arena, &names, &err), &err, no_read);
        check_refused(store_list_folders(store, STR("backups/"), arena, &names, &err), &err, no_read);
        check_refused(layout_delete_backup(store, STR("b"), &err), &err, no_read);
        check_refused(store_open_directory(closed, false, NULL, &other, &err), &err, "open directory");
        check_refused(store_open_directory(below, true, NULL, &other, &err), &err, "make directory");
}

/* Root may do everything, so it becomes somebody else for a while. */
static void without_rights_the_user_is_told(void **state) {
        SCRATCH(scratch, store);
        AUTO(arena_clear) Arena arena = { 0 };
        bool is_root = geteuid() == 0;

        (void) state;
        scratch_put(store, "backups/b/x", "x");
        scratch_put(store, "open/x", "x");
        CHECK(chmod(scratch_path(&scratch, &arena, "open/x"), is_root ? 0600 : 0) == 0);
        CHECK(chmod(scratch_path(&scratch, &arena, "open"), 0555) == 0);
        CHECK(chmod(scratch_path(&scratch, &arena, "backups"), is_root ? 0700 : 0) == 0);
        CHECK(chmod(scratch.path, 0555) == 0);
        CHECK(!is_root || seteuid(65534) == 0);
        check_all_refused(&scratch, store, &arena);
        CHECK(!is_root || seteuid(0) == 0);
        CHECK(chmod(scratch.path, 0700) == 0);
        CHECK(chmod(scratch_path(&scratch, &arena, "open"), 0700) == 0);
        CHECK(chmod(scratch_path(&scratch, &arena, "backups"), 0700) == 0);
}

/* Starts a child that runs `work` and then waits to be killed. */
static pid_t start_child(const Scratch *scratch, void (*work)(Store *store)) {
        int ready[2];
        char byte;

        CHECK(pipe(ready) == 0);
        pid_t child = fork();
        if (child == 0) {
                work(scratch_store(scratch));
                if (write(ready[1], "r", 1) != 1)
                        _exit(1);
                for (;;)
                        pause();
        }
        CHECK(read(ready[0], &byte, 1) == 1);
        close(ready[0]);
        close(ready[1]);
        return child;
}

static void kill_child(pid_t child) {
        int status;

        CHECK(kill(child, SIGKILL) == 0);
        CHECK(waitpid(child, &status, 0) == child);
}

static void write_half(Store *store) {
        Error err = { 0 };
        StoreWriter *writer;

        if (!store_begin(store, STR("backups/b/x"), &writer, &err) || !store_write(writer, STR("half"), &err))
                _exit(1);
}

static void a_killed_writer_leaves_nothing_visible(void **state) {
        SCRATCH(scratch, store);
        AUTO(arena_clear) Arena arena = { 0 };
        pid_t child = start_child(&scratch, write_half);

        (void) state;
        /* While it lives its file stays, whoever opens the store. */
        store_free(scratch_store(&scratch));
        CHECK_INT(scratch_count(scratch.path), 1);
        CHECK_STR(scratch_keys(store, "", &arena), "");

        kill_child(child);
        CHECK_STR(scratch_keys(store, "", &arena), "");
        store_free(scratch_store(&scratch));
        CHECK_INT(scratch_count(scratch.path), 0);
}

static void hold_lock(Store *store) {
        Error err = { 0 };
        StoreLock *lock;

        if (!store_lock(store, STR("backups/b"), &lock, &err))
                _exit(1);
}

static void a_lock_has_one_holder_who_is_named(void **state) {
        SCRATCH(scratch, store);
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 }, other = { 0 };
        AUTO(store_unlockp) StoreLock *first = NULL, *second = NULL, *unrelated = NULL;

        (void) state;
        CHECK(store_lock(store, STR("backups/b"), &first, &err));
        CHECK(store_lock(store, STR("backups/c"), &unrelated, &err));
        CHECK(!store_lock(store, STR("backups/b"), &second, &err));
        CHECK_INT(err.code, ERROR_EXISTS);
        const char *start = arena_printf(&arena, "\"backups/b\" in \"%s\" is in use by process %d on ",
                                         scratch.path, (int) getpid());
        CHECK(strncmp(err.message, start, strlen(start)) == 0);
        CHECK(strstr(err.message, " since 20"));
        CHECK_STR(scratch_keys(store, "", &arena), "");

        store_unlock(TAKE(first));
        CHECK(store_lock(store, STR("backups/b"), &second, &other));
        store_unlock(TAKE(second));
        store_unlock(TAKE(unrelated));
        CHECK_INT(scratch_count(scratch.path), 0);
}

static void a_lock_ends_with_its_process(void **state) {
        SCRATCH(scratch, store);
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 }, none = { 0 };
        AUTO(store_unlockp) StoreLock *lock = NULL;
        pid_t child = start_child(&scratch, hold_lock);

        (void) state;
        store_free(scratch_store(&scratch)); /* the sweep lets it live */
        CHECK(!store_lock(store, STR("backups/b"), &lock, &err));
        CHECK(strstr(err.message, arena_printf(&arena, "process %d on ", (int) child)));
        kill_child(child);
        CHECK(store_lock(store, STR("backups/b"), &lock, &none));
}

static void a_stop_ends_the_wait_for_a_lock(void **state) {
        SCRATCH(scratch, store);
        AUTO(error_clear) Error err = { 0 };
        AUTO(stop_freep) Stop *stop = stop_new();
        AUTO(store_freep) Store *stopped = NULL;
        AUTO(store_unlockp) StoreLock *held = NULL, *lock = NULL;

        (void) state;
        CHECK(store_lock(store, STR("b"), &held, &err));
        CHECK(store_open_directory(str_of(scratch.path), true, stop, &stopped, &err));
        stop_set(stop);
        CHECK(!store_lock(stopped, STR("b"), &lock, &err));
        CHECK_INT(err.code, ERROR_CANCELED);
}

typedef struct Contest {
        const char *path;
        atomic_int holders, most, rounds;
} Contest;

static void take_turns(void *user) {
        Contest *contest = user;

        for (int i = 0; i < 40; i++) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(store_freep) Store *store = NULL; /* opening sweeps, so that sweeps and locks meet */
                AUTO(store_unlockp) StoreLock *lock = NULL;

                if (!store_open_directory(str_of(contest->path), true, NULL, &store, &err) ||
                    !store_lock(store, STR("b"), &lock, &err) ||
                    !store_put(store, STR("a/b/c"), STR("x"), &err))
                        continue;
                int now = atomic_fetch_add(&contest->holders, 1) + 1;
                if (now > atomic_load(&contest->most))
                        atomic_store(&contest->most, now);
                atomic_fetch_add(&contest->rounds, 1);
                atomic_fetch_sub(&contest->holders, 1);
                if (!store_delete(store, STR("a/b/c"), &err))
                        abort();
        }
}

static void many_threads_never_hold_one_lock_together(void **state) {
        SCRATCH(scratch, store);
        Contest contest = { .path = scratch.path };

        (void) state;
        (void) store;
        thread_run_many(4, take_turns, &contest);
        CHECK_INT(contest.most, 1);
        CHECK(contest.rounds > 0);
}

typedef struct Churn {
        Store *store;
        atomic_int number, failures;
} Churn;

static void put_and_delete(void *user) {
        Churn *churn = user;
        AUTO(arena_clear) Arena arena = { 0 };
        int number = atomic_fetch_add(&churn->number, 1);

        for (int i = 0; i < 100; i++) {
                AUTO(error_clear) Error err = { 0 };
                Str key = str_of(arena_printf(&arena, "a/b/c/%d", number));

                if (!store_put(churn->store, key, STR("x"), &err) || !store_delete(churn->store, key, &err))
                        atomic_fetch_add(&churn->failures, 1);
        }
}

static void a_folder_that_others_remove_is_made_again(void **state) {
        SCRATCH(scratch, store);
        Churn churn = { .store = store };

        (void) state;
        thread_run_many(4, put_and_delete, &churn);
        CHECK_INT(churn.failures, 0);
        CHECK_INT(scratch_count(scratch.path), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_full_disk_is_told_with_what_to_do),
                cmocka_unit_test(a_write_that_fails_leaves_nothing),
                cmocka_unit_test(a_place_that_is_taken_is_told_before_the_work),
                cmocka_unit_test(a_place_that_is_taken_meanwhile_fails_at_the_end),
                cmocka_unit_test(without_rights_the_user_is_told),
                cmocka_unit_test(a_killed_writer_leaves_nothing_visible),
                cmocka_unit_test(a_lock_has_one_holder_who_is_named),
                cmocka_unit_test(a_lock_ends_with_its_process),
                cmocka_unit_test(a_stop_ends_the_wait_for_a_lock),
                cmocka_unit_test(many_threads_never_hold_one_lock_together),
                cmocka_unit_test(a_folder_that_others_remove_is_made_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
