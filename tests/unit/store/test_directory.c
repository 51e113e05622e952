#include "scratch.h"

static void what_was_put_is_got_listed_and_deleted(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        SCRATCH(scratch, store);
        bool exists;

        (void) state;
        CHECK(store_exists(store, STR("backups/b1/velero-backup.json"), &exists, &err) && !exists);
        scratch_put(store, "backups/b1/velero-backup.json", "{}");
        scratch_put(store, "backups/b1/b1.tar.gz", "");
        scratch_put(store, "restores/r1/r1-restore.json", "x");
        scratch_put(store, "top", "t");
        CHECK(store_exists(store, STR("backups/b1/velero-backup.json"), &exists, &err) && exists);
        CHECK_STR(scratch_get(store, "backups/b1/velero-backup.json", &arena), "{}");
        CHECK_STR(scratch_get(store, "backups/b1/b1.tar.gz", &arena), "");
        CHECK_STR(scratch_keys(store, "", &arena),
                  "backups/b1/b1.tar.gz backups/b1/velero-backup.json restores/r1/r1-restore.json top");

        CHECK(store_delete(store, STR("backups/b1/b1.tar.gz"), &err));
        CHECK(scratch_get(store, "backups/b1/b1.tar.gz", &arena) == NULL);
        CHECK(store_delete(store, STR("backups/b1/b1.tar.gz"), &err));
        CHECK(store_delete(store, STR("no/such/key"), &err));
        CHECK(store_delete(store, STR("top/below-a-file"), &err));
        CHECK(store_delete(store, STR("backups"), &err)); /* a folder is no object */
        CHECK_STR(scratch_keys(store, "", &arena),
                  "backups/b1/velero-backup.json restores/r1/r1-restore.json top");
        CHECK(str_equal(store_name(store), str_of(scratch.path)));
}

static void a_list_is_by_prefix_not_by_folder(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        SCRATCH(scratch, store);
        const struct {
                const char *prefix, *keys;
        } cases[] = {
                { "backups/", "backups/a/1 backups/a/2 backups/ab/1 backups/b" },
                { "backups/a", "backups/a/1 backups/a/2 backups/ab/1" },
                { "backups/a/", "backups/a/1 backups/a/2" },
                { "backups/a/1", "backups/a/1" },
                { "back", "backups/a/1 backups/a/2 backups/ab/1 backups/b" },
                { "b/c/d", "" },
                { "backups/b/", "" },
                { "x", "x" },
                { "none", "" },
        };

        (void) state;
        scratch_put(store, "backups/ab/1", "");
        scratch_put(store, "backups/a/2", "");
        scratch_put(store, "backups/a/1", "");
        scratch_put(store, "backups/b", "");
        scratch_put(store, "x", "");
        FOR_EACH_CASE(cases, c)
        CHECK_STR(scratch_keys(store, c->prefix, &arena), c->keys);
}

static void folders_are_listed_by_name(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        SCRATCH(scratch, store);
        Strs names;

        (void) state;
        CHECK(store_list_folders(store, STR("backups/"), &arena, &names, &err));
        CHECK_INT(names.len, 0);
        scratch_put(store, "backups/z/1", "");
        scratch_put(store, "backups/a/1", "");
        scratch_put(store, "backups/file", "");
        CHECK(store_list_folders(store, STR("backups/"), &arena, &names, &err));
        CHECK(str_equal(strs_join(&names, STR(" "), &arena), STR("a z")));
        CHECK(store_list_folders(store, STR(""), &arena, &names, &err));
        CHECK(str_equal(strs_join(&names, STR(" "), &arena), STR("backups")));
        CHECK(store_list_folders(store, STR("backups/file/"), &arena, &names, &err));
        CHECK_INT(names.len, 0);
        CHECK(!store_list_folders(store, STR("../"), &arena, &names, &err));
}

static void nothing_is_visible_before_the_end(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        SCRATCH(scratch, store);
        AUTO(store_writer_freep) StoreWriter *writer = NULL, *dropped = NULL;
        Strs names;

        (void) state;
        CHECK(store_begin(store, STR("backups/b/x"), &writer, &err));
        CHECK(store_write(writer, STR("one "), &err));
        CHECK(store_write(writer, STR("two"), &err));
        CHECK_STR(scratch_keys(store, "", &arena), "");
        CHECK(store_list_folders(store, STR(""), &arena, &names, &err));
        CHECK_INT(names.len, 0);
        CHECK(store_finish(writer, &err));
        CHECK_STR(scratch_get(store, "backups/b/x", &arena), "one two");

        CHECK(store_begin(store, STR("backups/b/y"), &dropped, &err));
        CHECK(store_write(dropped, STR("lost"), &err));
        store_writer_free(dropped);
        dropped = NULL;
        CHECK_STR(scratch_keys(store, "", &arena), "backups/b/x");
        CHECK_INT(scratch_count(scratch.path), 1); /* no unfinished file is left */
}

static void finishing_replaces_at_once(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        SCRATCH(scratch, store);
        AUTO(store_reader_freep) StoreReader *reader = NULL;
        char bytes[10];
        size_t size;

        (void) state;
        scratch_put(store, "k", "old");
        CHECK(store_read_begin(store, STR("k"), &reader, &err));
        scratch_put(store, "k", "new");
        CHECK_STR(scratch_get(store, "k", &arena), "new");
        /* Who was reading reads on what he began with. */
        CHECK(store_read(reader, bytes, sizeof bytes, &size, &err) && size == 3 &&
              memcmp(bytes, "old", 3) == 0);
        CHECK(store_read(reader, bytes, sizeof bytes, &size, &err) && size == 0);
}

static void two_writers_of_one_key_do_not_mix(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        SCRATCH(scratch, store);
        AUTO(store_writer_freep) StoreWriter *a = NULL, *b = NULL;

        (void) state;
        CHECK(store_begin(store, STR("k"), &a, &err) && store_begin(store, STR("k"), &b, &err));
        CHECK(store_write(a, STR("aaa"), &err) && store_write(b, STR("b"), &err) &&
              store_write(a, STR("aaa"), &err));
        CHECK(store_finish(b, &err) && store_finish(a, &err));
        CHECK_STR(scratch_get(store, "k", &arena), "aaaaaa");
}

static void empty_folders_go_with_their_last_object(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        SCRATCH(scratch, store);

        (void) state;
        scratch_put(store, "backups/b/deep/er/1", "");
        scratch_put(store, "backups/b/2", "");
        CHECK(store_delete(store, STR("backups/b/deep/er/1"), &err));
        CHECK(access(scratch_path(&scratch, &arena, "backups/b/deep"), F_OK) != 0);
        CHECK(access(scratch_path(&scratch, &arena, "backups/b/2"), F_OK) == 0);
        CHECK(store_delete(store, STR("backups/b/2"), &err));
        CHECK(access(scratch_path(&scratch, &arena, "backups/b"), F_OK) != 0);
        /* The first level stays: it says that this is a store. */
        CHECK(access(scratch_path(&scratch, &arena, "backups"), F_OK) == 0);
}

static void files_of_others_are_left_alone(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        SCRATCH(scratch, store);

        (void) state;
        scratch_put(store, "backups/b/1", "");
        scratch_write(scratch_path(&scratch, &arena, "README.txt"), "mine");
        scratch_write(scratch_path(&scratch, &arena, "backups/b/notes"), "mine");
        CHECK(mkfifo(scratch_path(&scratch, &arena, "backups/b/pipe"), 0600) == 0);
        CHECK(symlink("/etc", scratch_path(&scratch, &arena, "backups/link")) == 0);

        CHECK(store_delete(store, STR("backups/b/1"), &err));
        AUTO(store_freep) Store *again = scratch_store(&scratch);
        CHECK_STR(scratch_keys(again, "", &arena), "README.txt backups/b/notes");
        CHECK(access(scratch_path(&scratch, &arena, "backups/b/pipe"), F_OK) == 0);
        CHECK(scratch_get(again, "backups/b/pipe", &arena) == NULL);
        CHECK(scratch_get(again, "backups/b", &arena) == NULL);
        CHECK(scratch_get(again, "backups/b/notes/x", &arena) == NULL);
}

static void paths_longer_than_a_key_are_passed_over(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        SCRATCH(scratch, store);
        char key[1200];
        Strs keys;

        (void) state;
        memset(key, 'd', sizeof key);
        for (size_t i = 200; i < sizeof key; i += 200)
                key[i] = '/';
        /* A folder that is deeper than any key: only somebody else can have made it. */
        AUTO(store_freep) Store *deep = NULL;
        key[1000] = '\0';
        CHECK(store_open_directory(str_of(scratch_path(&scratch, &arena, key)), true, NULL, &deep, &err));
        scratch_put(deep, "a", "");
        scratch_put(deep, "this-name-makes-the-path-longer-than-the-limit", "");
        CHECK(store_list(store, STR(""), &arena, &keys, &err));
        CHECK_INT(keys.len, 1);
        CHECK_INT(keys.items[0].len, 1002);
        CHECK(!store_list(store, STR("a/../b/"), &arena, &keys, &err));
}

static void a_relative_directory_is_one(void **state) {
        SCRATCH(scratch, unused);
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(store_freep) Store *store = NULL, *other = NULL;
        char before[4096];

        (void) state;
        (void) unused;
        CHECK(getcwd(before, sizeof before) && chdir(scratch.path) == 0);
        CHECK(store_open_directory(STR("one"), true, NULL, &store, &err));
        CHECK(store_open_directory(STR("two/three"), true, NULL, &other, &err));
        CHECK(chdir(before) == 0);
        scratch_put(store, "k", "v");
        CHECK(access(scratch_path(&scratch, &arena, "one/k"), F_OK) == 0);
        CHECK(access(scratch_path(&scratch, &arena, "two/three"), F_OK) == 0);
}

static void keys_that_are_none_are_refused(void **state) {
        SCRATCH(scratch, store);
        char long_key[1025];
        const struct {
                Str key;
                const char *message;
        } cases[] = {
                { STR(""), "a key has 1 to 1024 bytes, not 0" },
                { { long_key, 1025 }, "a key has 1 to 1024 bytes, not 1025" },
                { STR("a\0b"), "a key has no NUL" },
                { STR("/a"), "\"/a\" is not a key: it has the part \"\"" },
                { STR("a/"), "\"a/\" is not a key: it has the part \"\"" },
                { STR("a//b"), "\"a//b\" is not a key: it has the part \"\"" },
                { STR("../a"), "\"../a\" is not a key: it has the part \"..\"" },
                { STR("a/./b"), "\"a/./b\" is not a key: it has the part \".\"" },
                { STR(".grapnel-lock-1"),
                  "\".grapnel-lock-1\" is not a key: names that start with \".grapnel-\" are reserved" },
        };

        (void) state;
        memset(long_key, 'k', sizeof long_key);
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error put = { 0 }, get = { 0 }, removed = { 0 }, seen = { 0 };
                AUTO(store_reader_freep) StoreReader *reader = NULL;
                bool exists;

                CHECK(!store_put(store, c->key, STR("x"), &put));
                CHECK_STR(put.message, c->message);
                CHECK_INT(put.code, ERROR_INVALID);
                CHECK(!store_read_begin(store, c->key, &reader, &get));
                CHECK(!store_delete(store, c->key, &removed));
                CHECK(!store_exists(store, c->key, &exists, &seen));
        }
}

static void links_that_lead_out_are_not_followed(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(scratch_clear) Scratch outside = scratch_new();
        AUTO(error_clear) Error put = { 0 }, get = { 0 }, removed = { 0 }, seen = { 0 };
        AUTO(buf_clear) Buf bytes = { 0 };
        SCRATCH(scratch, store);
        bool exists;

        (void) state;
        scratch_write(scratch_path(&outside, &arena, "secret"), "s");
        CHECK(symlink(outside.path, scratch_path(&scratch, &arena, "backups")) == 0);
        CHECK(!store_put(store, STR("backups/x"), STR("x"), &put));
        const char *message =
                arena_printf(&arena,
                             "write \"backups/x\": a link or a mount leads out of \"%s\", which is "
                             "not followed",
                             scratch.path);
        CHECK_STR(put.message, message);
        CHECK(!store_get(store, STR("backups/secret"), 100, &bytes, &get));
        CHECK(!store_delete(store, STR("backups/secret"), &removed));
        CHECK(!store_exists(store, STR("backups/secret"), &exists, &seen));
        CHECK_INT(scratch_count(outside.path), 1);
}

static void a_missing_directory_is_made_only_when_asked(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 }, of_file = { 0 }, below_file = { 0 }, empty = { 0 };
        SCRATCH(scratch, unused);
        AUTO(store_freep) Store *store = NULL;
        Str path = str_of(scratch_path(&scratch, &arena, "a//b/c/"));

        (void) state;
        (void) unused;
        CHECK(!store_open_directory(path, false, NULL, &store, &err));
        CHECK_INT(err.code, ERROR_NOT_FOUND);
        CHECK_STR(err.message, arena_printf(&arena, "there is no directory \"%s\"", path.ptr));
        CHECK(store_open_directory(path, true, NULL, &store, &empty));
        scratch_put(store, "k", "v");
        CHECK_STR(scratch_get(store, "k", &arena), "v");

        store_free(TAKE(store));
        Str file = str_of(scratch_path(&scratch, &arena, "a/b/c/k"));
        CHECK(!store_open_directory(file, true, NULL, &store, &of_file));
        CHECK_STR(of_file.message, arena_printf(&arena, "\"%s\" is not a directory", file.ptr));
        Str below = str_of(scratch_path(&scratch, &arena, "a/b/c/k/d"));
        CHECK(!store_open_directory(below, true, NULL, &store, &below_file));
        CHECK_STR(below_file.message, arena_printf(&arena, "\"%s\" is not a directory", below.ptr));
        CHECK(!store_open_directory(STR(""), true, NULL, &store, &empty));
        CHECK_STR(empty.message, "the name of the directory is empty");
}

static void only_the_owner_can_read_what_is_stored(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        SCRATCH(scratch, store);
        struct stat status;

        (void) state;
        scratch_put(store, "backups/b/x", "secret");
        CHECK(stat(scratch_path(&scratch, &arena, "backups/b/x"), &status) == 0);
        CHECK_INT(status.st_mode & 0777, 0600);
        CHECK(stat(scratch_path(&scratch, &arena, "backups"), &status) == 0);
        CHECK_INT(status.st_mode & 0777, 0700);
}

static void an_object_that_is_too_large_is_not_got(void **state) {
        AUTO(error_clear) Error err = { 0 }, of_buf = { 0 };
        AUTO(buf_clear) Buf bytes = { 0 }, small = { .limit = 2 };
        SCRATCH(scratch, store);

        (void) state;
        scratch_put(store, "k", "12345");
        CHECK(store_get(store, STR("k"), 5, &bytes, &err));
        CHECK(!store_get(store, STR("k"), 4, &bytes, &err));
        CHECK_STR(err.message, "read \"k\": it is larger than 4 bytes");
        CHECK(!store_get(store, STR("k"), 5, &small, &of_buf));
        CHECK_STR(of_buf.message, "k is larger than 2 bytes");
}

static void a_stop_ends_every_call_but_delete(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(scratch_clear) Scratch scratch = scratch_new();
        AUTO(stop_freep) Stop *stop = stop_new();
        AUTO(error_clear) Error err = { 0 };
        AUTO(store_freep) Store *store = NULL, *other = NULL;
        AUTO(store_writer_freep) StoreWriter *writer = NULL, *second = NULL;
        AUTO(store_reader_freep) StoreReader *reader = NULL, *unread = NULL;
        bool exists;
        char byte;
        size_t size;
        Strs keys;

        (void) state;
        CHECK(store_open_directory(str_of(scratch.path), true, stop, &store, &err));
        scratch_put(store, "k", "v");
        CHECK(store_begin(store, STR("x"), &writer, &err) &&
              store_read_begin(store, STR("k"), &reader, &err));
        stop_set(stop);
#define STOPS(call)                                                                                          \
        CHECK(!(call));                                                                                      \
        CHECK_INT(err.code, ERROR_CANCELED);                                                                 \
        error_clear(&err)
        STOPS(store_write(writer, STR("x"), &err));
        STOPS(store_finish(writer, &err));
        STOPS(store_begin(store, STR("y"), &second, &err));
        STOPS(store_read(reader, &byte, 1, &size, &err));
        STOPS(store_read_begin(store, STR("k"), &unread, &err));
        STOPS(store_list(store, STR(""), &arena, &keys, &err));
        STOPS(store_list_folders(store, STR(""), &arena, &keys, &err));
        STOPS(store_exists(store, STR("k"), &exists, &err));
        STOPS(store_open_directory(str_of(scratch.path), true, stop, &other, &err));
        /* An interrupted run removes what it wrote. */
        CHECK(store_delete(store, STR("k"), &err));
}

static void an_object_of_a_directory_has_no_url(void **state) {
        SCRATCH(scratch, store);
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Str url;

        (void) state;
        CHECK(!store_presign(store, STR("k"), 600, &arena, &url, &err));
        CHECK_STR(err.message,
                  arena_printf(&arena, "\"" STR_FMT "\" is a directory, whose objects have no URL",
                               STR_ARG(store_name(store))));
        CHECK_INT(err.code, ERROR_INVALID);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_was_put_is_got_listed_and_deleted),
                cmocka_unit_test(a_list_is_by_prefix_not_by_folder),
                cmocka_unit_test(folders_are_listed_by_name),
                cmocka_unit_test(nothing_is_visible_before_the_end),
                cmocka_unit_test(finishing_replaces_at_once),
                cmocka_unit_test(two_writers_of_one_key_do_not_mix),
                cmocka_unit_test(empty_folders_go_with_their_last_object),
                cmocka_unit_test(files_of_others_are_left_alone),
                cmocka_unit_test(paths_longer_than_a_key_are_passed_over),
                cmocka_unit_test(a_relative_directory_is_one),
                cmocka_unit_test(keys_that_are_none_are_refused),
                cmocka_unit_test(links_that_lead_out_are_not_followed),
                cmocka_unit_test(a_missing_directory_is_made_only_when_asked),
                cmocka_unit_test(only_the_owner_can_read_what_is_stored),
                cmocka_unit_test(an_object_that_is_too_large_is_not_got),
                cmocka_unit_test(a_stop_ends_every_call_but_delete),
                cmocka_unit_test(an_object_of_a_directory_has_no_url),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
