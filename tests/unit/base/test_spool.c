#include "check.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/secret.h"
#include "base/spool.h"
#include "base/thread.h"

static void what_is_appended_can_be_read_anywhere(void **state) {
        AUTO(spool_freep) Spool *spool = NULL;
        AUTO(error_clear) Error err = { 0 };
        uint64_t first = 9, second = 9, third = 9;
        char bytes[5];

        (void) state;
        CHECK(spool_open(100, &spool, &err));
        CHECK(spool_append(spool, STR("hello"), &first, &err));
        CHECK(spool_append(spool, STR("world"), &second, &err));
        CHECK(spool_append(spool, (Str) { 0 }, &third, &err));
        CHECK_INT(first, 0);
        CHECK_INT(second, 5);
        CHECK_INT(third, 10);
        CHECK_INT(spool_size(spool), 10);
        CHECK(spool_read(spool, 3, bytes, 5, &err));
        CHECK_INT(memcmp(bytes, "lowor", 5), 0);
        CHECK(spool_read(spool, 10, bytes, 0, &err));
        spool_free(NULL);
}

static void past_its_limit_it_refuses_and_says_the_limit(void **state) {
        AUTO(spool_freep) Spool *spool = NULL;
        AUTO(error_clear) Error err = { 0 };
        uint64_t offset = 7;

        (void) state;
        CHECK(spool_open(8, &spool, &err));
        CHECK(spool_append(spool, STR("12345678"), &offset, &err));
        CHECK(!spool_append(spool, STR("9"), &offset, &err));
        CHECK_INT(err.code, ERROR_INVALID);
        CHECK_STR(err.message, "the temporary file would grow past its limit of 8 bytes");
        CHECK_INT(offset, 0);
        CHECK_INT(spool_size(spool), 8);
}

static void reading_past_the_end_is_an_error(void **state) {
        AUTO(spool_freep) Spool *spool = NULL;
        AUTO(error_clear) Error err = { 0 };
        uint64_t offset;
        char bytes[8];

        (void) state;
        CHECK(spool_open(100, &spool, &err));
        CHECK(spool_append(spool, STR("12345"), &offset, &err));
        CHECK(!spool_read(spool, 2, bytes, 8, &err));
        CHECK_INT(err.code, ERROR_CORRUPT);
        CHECK_STR(err.message, "the temporary file ends at byte 5: 5 bytes are missing");
}

static void it_lies_in_tmpdir_and_has_no_name(void **state) {
        AUTO(spool_freep) Spool *spool = NULL;
        AUTO(error_clear) Error err = { 0 };
        char folder[] = "/tmp/spool-test-XXXXXX";
        uint64_t offset;
        int entries = 0;

        (void) state;
        CHECK(mkdtemp(folder) != NULL);
        setenv("TMPDIR", folder, 1);
        CHECK(spool_open(100, &spool, &err));
        CHECK(spool_append(spool, STR("x"), &offset, &err));

        DIR *dir = opendir(folder);
        for (struct dirent *entry; (entry = readdir(dir));)
                entries += entry->d_name[0] != '.';
        closedir(dir);
        CHECK_INT(entries, 0);
        CHECK_INT(rmdir(folder), 0);
        unsetenv("TMPDIR");
}

static void a_folder_that_is_not_there_is_named(void **state) {
        AUTO(error_clear) Error err = { 0 };
        Spool *spool = NULL;

        (void) state;
        setenv("TMPDIR", "/no/such/folder", 1);
        CHECK(!spool_open(100, &spool, &err));
        unsetenv("TMPDIR");
        CHECK_INT(err.code, ERROR_UNAVAILABLE);
        CHECK_STR(err.message,
                  "create a temporary file in \"/no/such/folder\" (set TMPDIR to another folder): "
                  "No such file or directory");
}

static void an_empty_tmpdir_means_tmp(void **state) {
        AUTO(spool_freep) Spool *spool = NULL;
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        setenv("TMPDIR", "", 1);
        CHECK(spool_open(100, &spool, &err));
        unsetenv("TMPDIR");
}

static void a_write_that_fails_names_the_folder(void **state) {
        AUTO(spool_freep) Spool *spool = NULL;
        AUTO(error_clear) Error err = { 0 };
        struct rlimit before, small;
        uint64_t offset;

        (void) state;
        CHECK(spool_open(100, &spool, &err));
        signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before);
        small = (struct rlimit) { .rlim_cur = 4, .rlim_max = before.rlim_max };
        setrlimit(RLIMIT_FSIZE, &small);
        bool ok = spool_append(spool, STR("12345678"), &offset, &err);
        setrlimit(RLIMIT_FSIZE, &before);
        CHECK(!ok);
        CHECK_INT(err.code, ERROR_UNAVAILABLE);
        CHECK_STR(err.message, "write a temporary file in \"/tmp\": File too large");
}

static void append_records(void *user) {
        for (int i = 0; i < 200; i++) {
                AUTO(error_clear) Error err = { 0 };
                char record[100], back[100];
                uint64_t offset;

                memset(record, 'a' + i % 26, sizeof record);
                CHECK(spool_append(user, (Str) { record, sizeof record }, &offset, &err));
                CHECK(offset % sizeof record == 0);
                CHECK(spool_read(user, offset, back, sizeof back, &err));
                CHECK(memcmp(record, back, sizeof back) == 0);
        }
}

static void records_of_many_threads_do_not_mix(void **state) {
        AUTO(spool_freep) Spool *spool = NULL;
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(spool_open(1 << 20, &spool, &err));
        thread_run_many(4, append_records, spool);
        CHECK_INT(spool_size(spool), 4 * 200 * 100);
}

static void a_secret_is_copied_shown_once_asked_and_forgotten(void **state) {
        AUTO_FREE char *large = xmalloc(9000);
        Secret empty = secret_copy((Str) { 0 });

        (void) state;
        CHECK(secret_is_empty(&empty));
        CHECK_INT(secret_reveal(&empty).len, 0);
        secret_clear(&empty);

        memset(large, 's', 9000);
        const Str cases[] = { STR("token"), { large, 4095 }, { large, 4096 }, { large, 9000 } };
        FOR_EACH_CASE(cases, c) {
                Secret secret = secret_copy(*c);

                CHECK(!secret_is_empty(&secret));
                CHECK(str_equal(secret_reveal(&secret), *c));
                CHECK(secret.hidden != c->ptr);
                CHECK_INT(secret.hidden[secret.len], 0);
                secret_clear(&secret);
                CHECK(secret.hidden == NULL && secret_is_empty(&secret));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_appended_can_be_read_anywhere),
                cmocka_unit_test(past_its_limit_it_refuses_and_says_the_limit),
                cmocka_unit_test(reading_past_the_end_is_an_error),
                cmocka_unit_test(it_lies_in_tmpdir_and_has_no_name),
                cmocka_unit_test(a_folder_that_is_not_there_is_named),
                cmocka_unit_test(an_empty_tmpdir_means_tmp),
                cmocka_unit_test(a_write_that_fails_names_the_folder),
                cmocka_unit_test(records_of_many_threads_do_not_mix),
                cmocka_unit_test(a_secret_is_copied_shown_once_asked_and_forgotten),
        };

        unsetenv("TMPDIR");
        return cmocka_run_group_tests(tests, NULL, NULL);
}
