/* conformance LOCATION.json [PATTERN | -PATTERN] - what every Store must do, whatever it is made of.
 *
 * Names are sentences; a Store that passes all can take the place of any other.  PATTERN says which (cmocka's filter:
 * "*list*"), -PATTERN which not. */
#include <stdatomic.h>

#include "../unit/check.h"
#include "base/thread.h"
#include "target.h"

typedef struct Test {
        const Target *target;
        const char *folder; /* the prefix of this test */
} Test;

/* The Store of this test. */
#define OPEN(test, store)                                                                                    \
        const Test *test = *state;                                                                           \
        AUTO(store_freep) Store *store = open_store(test, NULL)
#define SUCCEEDS(call)                                                                                       \
        do {                                                                                                 \
                AUTO(error_clear) Error err = { 0 };                                                         \
                if (!(call))                                                                                 \
                        fail_msg("%s: %s", #call, err.message);                                              \
        } while (false)
#define FAILS(call, error_code)                                                                              \
        do {                                                                                                 \
                AUTO(error_clear) Error err = { 0 };                                                         \
                if (call)                                                                                    \
                        fail_msg("%s did not fail", #call);                                                  \
                if (err.code != (error_code))                                                                \
                        fail_msg("%s failed with code %d: %s", #call, err.code, err.message);                \
        } while (false)

static Store *open_store(const Test *test, const Stop *stop) {
        Store *store = NULL;

        SUCCEEDS(target_open(test->target, test->folder, stop, &store, &err));
        return store;
}

static const char *keys_of(Store *store, const char *prefix, Arena *arena) {
        Strs keys = { 0 };

        SUCCEEDS(store_list(store, str_of(prefix), arena, &keys, &err));
        return arena_copy(arena, strs_join(&keys, STR(" "), arena)).ptr;
}

static const char *folders_of(Store *store, const char *prefix, Arena *arena) {
        Strs names = { 0 };

        SUCCEEDS(store_list_folders(store, str_of(prefix), arena, &names, &err));
        return arena_copy(arena, strs_join(&names, STR(" "), arena)).ptr;
}

static void put(Store *store, const char *key, const char *text) {
        SUCCEEDS(store_put(store, str_of(key), str_of(text), &err));
}

static const char *get(Store *store, const char *key, Arena *arena) {
        AUTO(buf_clear) Buf bytes = { 0 };

        SUCCEEDS(store_get(store, str_of(key), 1 << 20, &bytes, &err));
        return arena_copy(arena, buf_str(&bytes)).ptr;
}

static bool exists(Store *store, const char *key) {
        bool answer = false;

        SUCCEEDS(store_exists(store, str_of(key), &answer, &err));
        return answer;
}

static void what_was_put_is_got_and_replaced_and_deleted(void **state) {
        OPEN(test, store);
        AUTO(arena_clear) Arena arena = { 0 };

        CHECK(!exists(store, "backups/b1/velero-backup.json"));
        put(store, "backups/b1/velero-backup.json", "{}");
        CHECK(exists(store, "backups/b1/velero-backup.json"));
        CHECK_STR(get(store, "backups/b1/velero-backup.json", &arena), "{}");
        put(store, "backups/b1/velero-backup.json", "replaced");
        CHECK_STR(get(store, "backups/b1/velero-backup.json", &arena), "replaced");
        put(store, "backups/b1/velero-backup.json", "");
        CHECK_STR(get(store, "backups/b1/velero-backup.json", &arena), "");
        put(store, "backups/b1/b1.tar.gz", "x");
        SUCCEEDS(store_delete(store, STR("backups/b1/velero-backup.json"), &err));
        CHECK(!exists(store, "backups/b1/velero-backup.json"));
        CHECK_STR(keys_of(store, "", &arena), "backups/b1/b1.tar.gz");
}

static void what_is_not_there_is_not_found_and_deleting_it_succeeds(void **state) {
        OPEN(test, store);
        AUTO(buf_clear) Buf bytes = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        StoreReader *reader;

        FAILS(store_get(store, STR("no/such/key"), 1 << 20, &bytes, &err), ERROR_NOT_FOUND);
        FAILS(store_read_begin(store, STR("no"), &reader, &err), ERROR_NOT_FOUND);
        SUCCEEDS(store_delete(store, STR("no/such/key"), &err));
        CHECK_STR(keys_of(store, "", &arena), "");
        CHECK_STR(keys_of(store, "no/", &arena), "");
        CHECK_STR(folders_of(store, "", &arena), "");
        CHECK_STR(folders_of(store, "no/", &arena), "");
        put(store, "a/b/c", "");
        CHECK(!exists(store, "a") && !exists(store, "a/b") &&
              !exists(store, "a/b/cc")); /* a folder is no object */
        FAILS(store_get(store, STR("a/b"), 1 << 20, &bytes, &err), ERROR_NOT_FOUND);
        SUCCEEDS(store_delete(store, STR("a/b"), &err));
        CHECK(exists(store, "a/b/c"));
}

/* In the order of their bytes. */
static const char *const odd_keys[] = {
        "odd/\ttabs\t",
        "odd/\nline\rends",
        "odd/ blank at both ends ",
        "odd/\"quoted\" 'twice' `thrice`",
        "odd/%",
        "odd/%20 is not a blank",
        "odd/%2F is not a slash",
        "odd/&amp; is not an ampersand",
        "odd/(1)!*~-_.",
        "odd/+plus + plus",
        "odd/,;:=@$&",
        "odd/...three dots",
        "odd/.hidden",
        "odd/<a href=\"x\">&</a>]]>",
        "odd/?query=1&list-type=2#fragment",
        "odd/UPPER",
        "odd/[0]{1}|^",
        "odd/a+b/c d/e%f",
        "odd/back\\slash",
        "odd/lower",
        "odd/\xc3\xa9 and e\xcc\x81",
        "odd/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
        "odd/\xf0\x9f\x90\x9f",
};
enum { ODD_KEYS = sizeof(odd_keys) / sizeof(*odd_keys) };

static void a_key_may_hold_any_text(void **state) {
        OPEN(test, store);
        AUTO(arena_clear) Arena arena = { 0 };
        Strs keys = { 0 };

        for (size_t i = ODD_KEYS; i-- > 0;)
                put(store, odd_keys[i], odd_keys[i]);
        SUCCEEDS(store_list(store, STR("odd/"), &arena, &keys, &err));
        for (size_t i = 0; i < ODD_KEYS && i < keys.len; i++)
                CHECK_TEXT(keys.items[i], odd_keys[i]);
        CHECK_INT(keys.len, ODD_KEYS);
        for (size_t i = 0; i < ODD_KEYS; i++) {
                CHECK_STR(get(store, odd_keys[i], &arena), odd_keys[i]);
                CHECK(exists(store, odd_keys[i]));
                SUCCEEDS(store_list(store, str_of(odd_keys[i]), &arena, &keys, &err));
                CHECK_TEXT(keys.items[0], odd_keys[i]); /* it is a prefix of others, too */
        }
        CHECK_STR(folders_of(store, "odd/", &arena), "<a href=\"x\">&< a+b");
        CHECK_STR(folders_of(store, "odd/a+b/", &arena), "c d");
        for (size_t i = 0; i < ODD_KEYS; i++)
                SUCCEEDS(store_delete(store, str_of(odd_keys[i]), &err));
        CHECK_STR(keys_of(store, "", &arena), "");
}

static void a_key_may_hold_control_characters(void **state) {
        OPEN(test, store);
        AUTO(arena_clear) Arena arena = { 0 };

        put(store, "odd/\x01\x02\x1b\x1f\x7f/\x08", "control");
        CHECK_STR(keys_of(store, "", &arena), "odd/\x01\x02\x1b\x1f\x7f/\x08");
        CHECK_STR(folders_of(store, "odd/", &arena), "\x01\x02\x1b\x1f\x7f");
        CHECK_STR(get(store, "odd/\x01\x02\x1b\x1f\x7f/\x08", &arena), "control");
}

static void a_long_key_is_as_good_as_a_short_one(void **state) {
        OPEN(test, store);
        AUTO(arena_clear) Arena arena = { 0 };
        char key[701];

        for (size_t i = 0; i < 700; i++)
                key[i] = i % 100 == 99 && i < 699 ? '/' : 'k';
        key[700] = '\0';
        put(store, key, "long");
        CHECK_STR(keys_of(store, "", &arena), key);
        CHECK_STR(get(store, key, &arena), "long");
}

static void what_is_no_key_is_refused(void **state) {
        OPEN(test, store);
        const char *const bad[] = { "",   "/",   "/a",  "a/",     "a//b",      ".",
                                    "..", "./a", "a/.", "a/../b", ".grapnel-x" };
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf bytes = { 0 };

        FOR_EACH_CASE(bad, key) {
                FAILS(store_put(store, str_of(*key), STR("x"), &err), ERROR_INVALID);
                FAILS(store_get(store, str_of(*key), 10, &bytes, &err), ERROR_INVALID);
                FAILS(store_delete(store, str_of(*key), &err), ERROR_INVALID);
        }
        FAILS(store_put(store, STR("a\0b"), STR("x"), &err), ERROR_INVALID);
        CHECK_STR(keys_of(store, "", &arena), "");
}

static void a_list_is_by_prefix_and_in_the_order_of_bytes(void **state) {
        OPEN(test, store);
        const struct {
                const char *prefix, *keys;
        } cases[] = {
                { "", "a-b/x a/b a/c/d a0 aB/1 ab/1 b" },
                { "a", "a-b/x a/b a/c/d a0 aB/1 ab/1" },
                { "a/", "a/b a/c/d" },
                { "a/b", "a/b" },
                { "a-", "a-b/x" },
                { "ab", "ab/1" },
                { "b", "b" },
                { "b/", "" },
                { "c", "" },
        };
        const char *const keys[] = { "b", "ab/1", "aB/1", "a0", "a/c/d", "a/b", "a-b/x" };
        AUTO(arena_clear) Arena arena = { 0 };

        FOR_EACH_CASE(keys, key)
        put(store, *key, "");
        FOR_EACH_CASE(cases, c)
        CHECK_STR(keys_of(store, c->prefix, &arena), c->keys);
        CHECK_STR(folders_of(store, "", &arena), "a a-b aB ab");
        CHECK_STR(folders_of(store, "a/", &arena), "c");
        CHECK_STR(folders_of(store, "a/c/", &arena), "");
}

static void a_list_of_more_than_a_page_is_whole(void **state) {
        OPEN(test, store);
        enum { MANY = 1234 };
        AUTO(arena_clear) Arena arena = { 0 };
        Strs keys = { 0 }, names = { 0 };

        for (size_t i = 0; i < MANY; i++)
                put(store, arena_printf(&arena, "backups/b %04zu/+", i), "");
        SUCCEEDS(store_list(store, STR("backups/"), &arena, &keys, &err));
        SUCCEEDS(store_list_folders(store, STR("backups/"), &arena, &names, &err));
        CHECK_INT(keys.len, MANY);
        CHECK_INT(names.len, MANY);
        for (size_t i = 0; i < MANY; i++) {
                CHECK_TEXT(keys.items[i], arena_printf(&arena, "backups/b %04zu/+", i));
                CHECK_TEXT(names.items[i], arena_printf(&arena, "b %04zu", i));
        }
}

static void nothing_outside_the_prefix_is_seen(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const Test *test = *state;
        const Test longer = { test->target, arena_printf(&arena, "%s-longer", test->folder) };
        const Test inner = { test->target, arena_printf(&arena, "%s/inner", test->folder) };
        AUTO(store_freep) Store *store = open_store(test, NULL);
        AUTO(store_freep) Store *other = open_store(&longer, NULL);
        AUTO(store_freep) Store *below = NULL;

        put(other, "a/b", "other");
        CHECK_STR(keys_of(store, "", &arena), "");
        CHECK_STR(folders_of(store, "", &arena), "");
        below = open_store(&inner, NULL);
        put(below, "a", "below");
        CHECK_STR(keys_of(store, "", &arena), "inner/a");
        CHECK_STR(folders_of(store, "", &arena), "inner");
        CHECK_STR(keys_of(below, "", &arena), "a");
        CHECK_STR(keys_of(other, "", &arena), "a/b");
}

static void sizes_around_that_of_a_part_come_back_whole(void **state) {
        OPEN(test, store);
        const uint64_t sizes[] = { 0, 1, 4096, PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 1 };

        FOR_EACH_CASE(sizes, size) {
                bool is_whole = false;

                SUCCEEDS(pattern_put(store, STR("object"), *size, *size, &err));
                SUCCEEDS(pattern_get(store, STR("object"), *size, *size, &is_whole, &err));
                if (!is_whole)
                        fail_msg("%llu bytes came back otherwise", (unsigned long long) *size);
        }
}

static void a_large_object_may_be_written_in_pieces_of_any_size(void **state) {
        OPEN(test, store);
        const size_t steps[] = { 1, 100, 65537, PART / 2 + 1, PART, PART + 1, 3 * PART };
        AUTO(store_writer_freep) StoreWriter *writer = NULL;
        AUTO(arena_clear) Arena arena = { 0 };
        uint64_t at = 0;
        bool is_whole = false;

        SUCCEEDS(store_begin(store, STR("large"), &writer, &err));
        FOR_EACH_CASE(steps, step) {
                uint64_t size = *step == 1 ? 1000 : *step;

                SUCCEEDS(pattern_write(writer, size, 1, at, *step, &err));
                SUCCEEDS(store_write(writer, STR(""), &err));
                at += size;
                CHECK_STR(keys_of(store, "", &arena), "");
        }
        SUCCEEDS(store_finish(writer, &err));
        SUCCEEDS(pattern_get(store, STR("large"), at, 1, &is_whole, &err));
        CHECK(is_whole);
}

static void an_object_may_be_read_in_pieces_of_any_size(void **state) {
        OPEN(test, store);
        const size_t steps[] = { 1, 7, 1000, 65536, 100000 };
        AUTO(store_reader_freep) StoreReader *reader = NULL;
        uint64_t at = 0;
        char piece[100000];
        size_t got;

        SUCCEEDS(pattern_put(store, STR("object"), 300001, 1, &err));
        SUCCEEDS(store_read_begin(store, STR("object"), &reader, &err));
        for (size_t i = 0;; i++) {
                size_t step = steps[i % 5];

                SUCCEEDS(store_read(reader, piece, step, &got, &err));
                CHECK(pattern_is(piece, got, 1, at));
                at += got;
                if (got < step)
                        break;
        }
        CHECK_INT(at, 300001);
        SUCCEEDS(store_read(reader, piece, 10, &got, &err));
        CHECK_INT(got, 0);
}

static void what_is_larger_than_the_limit_is_not_got(void **state) {
        OPEN(test, store);
        AUTO(buf_clear) Buf bytes = { 0 };

        put(store, "ten", "0123456789");
        FAILS(store_get(store, STR("ten"), 9, &bytes, &err), ERROR_INVALID);
        buf_reset(&bytes);
        SUCCEEDS(store_get(store, STR("ten"), 10, &bytes, &err));
        CHECK_TEXT(buf_str(&bytes), "0123456789");
}

static void what_is_not_finished_is_not_visible(void **state) {
        OPEN(test, store);
        const uint64_t sizes[] = { 0, 1000, PART + 1, 2 * PART + 1 };
        AUTO(arena_clear) Arena arena = { 0 };

        put(store, "kept", "old");
        FOR_EACH_CASE(sizes, size) {
                AUTO(store_writer_freep) StoreWriter *fresh = NULL;
                AUTO(store_writer_freep) StoreWriter *over = NULL;

                SUCCEEDS(store_begin(store, STR("backups/new"), &fresh, &err));
                SUCCEEDS(store_begin(store, STR("kept"), &over, &err));
                SUCCEEDS(pattern_write(fresh, *size, 1, 0, 100000, &err));
                SUCCEEDS(pattern_write(over, *size, 1, 0, 100000, &err));
                CHECK_STR(keys_of(store, "", &arena), "kept");
                CHECK(!exists(store, "backups/new"));
        }
        CHECK_STR(keys_of(store, "", &arena), "kept");
        CHECK_STR(get(store, "kept", &arena), "old");
        CHECK_STR(folders_of(store, "", &arena), "");
}

static void the_last_of_two_writers_to_finish_stays(void **state) {
        OPEN(test, store);
        AUTO(store_writer_freep) StoreWriter *first = NULL;
        AUTO(store_writer_freep) StoreWriter *second = NULL;
        bool is_whole = false;

        SUCCEEDS(store_begin(store, STR("key"), &first, &err));
        SUCCEEDS(store_begin(store, STR("key"), &second, &err));
        SUCCEEDS(pattern_write(second, PART + 1, 2, 0, 100000, &err));
        SUCCEEDS(pattern_write(first, PART + 7, 1, 0, 100000, &err));
        SUCCEEDS(store_finish(second, &err));
        SUCCEEDS(pattern_get(store, STR("key"), PART + 1, 2, &is_whole, &err));
        CHECK(is_whole);
        SUCCEEDS(store_finish(first, &err));
        SUCCEEDS(pattern_get(store, STR("key"), PART + 7, 1, &is_whole, &err));
        CHECK(is_whole);
}

/* Begins to read version 1, lets `change` happen, and reads on: version 1 whole, or an error. */
static void reads_one_version(Store *store, void (*change)(Store *store)) {
        enum { SIZE = 3 * PART, FIRST = 100000 };
        AUTO(store_reader_freep) StoreReader *reader = NULL;
        AUTO(error_clear) Error err = { 0 };
        static char piece[FIRST];
        bool is_whole = false;
        size_t got = 0;

        if (!pattern_put(store, STR("key"), SIZE, 1, &err) ||
            !store_read_begin(store, STR("key"), &reader, &err) ||
            !store_read(reader, piece, FIRST, &got, &err))
                fail_msg("%s", err.message);
        CHECK_INT(got, FIRST);
        CHECK(pattern_is(piece, FIRST, 1, 0));
        change(store);
        if (pattern_read(reader, SIZE, 1, FIRST, &is_whole, &err))
                CHECK(is_whole);
        else
                print_message("reading on: %s\n", err.message);
}

static void replace(Store *store) {
        SUCCEEDS(pattern_put(store, STR("key"), 3 * PART, 2, &err));
}
static void replace_by_less(Store *store) {
        put(store, "key", "short");
}
static void replace_by_more(Store *store) {
        SUCCEEDS(pattern_put(store, STR("key"), 3 * PART + 1, 2, &err));
}
static void take_away(Store *store) {
        SUCCEEDS(store_delete(store, STR("key"), &err));
}

static void a_reader_sees_one_version_or_fails(void **state) {
        OPEN(test, store);

        reads_one_version(store, replace);
        reads_one_version(store, replace_by_less);
        reads_one_version(store, replace_by_more);
        reads_one_version(store, take_away);
}

typedef struct Worker {
        Store *store;
        atomic_uint numbers, done;
} Worker;

static bool work(Store *store, unsigned number, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        bool is_whole = false, is_there = true;
        Strs keys = { 0 };

        for (unsigned i = 0; i < 10; i++) {
                Str key = str_of(arena_printf(&arena, "w%u/%u", number, i));
                uint64_t size = i == 5 ? PART + number : 1000 * i;

                if (!pattern_put(store, key, size, number, err) ||
                    !pattern_get(store, key, size, number, &is_whole, err))
                        return false;
                if (!is_whole)
                        return error_set(err, ERROR_CORRUPT, "came back otherwise");
        }
        if (!store_list(store, str_of(arena_printf(&arena, "w%u/", number)), &arena, &keys, err))
                return false;
        for (unsigned i = 0; i < keys.len; i++)
                if (!store_delete(store, keys.items[i], err))
                        return false;
        if (!store_exists(store, str_of(arena_printf(&arena, "w%u/5", number)), &is_there, err))
                return false;
        return keys.len == 10 && !is_there ? true : error_set(err, ERROR_CORRUPT, "%zu keys", keys.len);
}

static void work_in_thread(void *user) {
        Worker *worker = user;
        AUTO(error_clear) Error err = { 0 };

        if (work(worker->store, atomic_fetch_add(&worker->numbers, 1), &err))
                atomic_fetch_add(&worker->done, 1);
        else
                print_error("a thread: %s\n", err.message);
}

static void many_threads_may_use_one_store(void **state) {
        OPEN(test, store);
        AUTO(arena_clear) Arena arena = { 0 };
        Worker worker = { .store = store };

        thread_run_many(8, work_in_thread, &worker);
        CHECK_INT(worker.done, 8);
        CHECK_STR(keys_of(store, "", &arena), "");
}

static void a_stop_in_the_middle_of_a_write_leaves_nothing(void **state) {
        AUTO(stop_freep) Stop *stop = stop_new();
        AUTO(arena_clear) Arena arena = { 0 };
        const Test *test = *state;
        AUTO(store_freep) Store *store = open_store(test, stop);
        AUTO(store_freep) Store *other = open_store(test, NULL);
        StoreWriter *writer = NULL;
        Strs keys = { 0 };

        put(store, "kept", "old");
        SUCCEEDS(store_begin(store, STR("kept"), &writer, &err));
        SUCCEEDS(pattern_write(writer, PART + 1, 1, 0, 100000, &err));
        stop_set(stop);
        FAILS(pattern_write(writer, 2 * PART, 1, 0, 100000, &err), ERROR_CANCELED);
        FAILS(store_finish(writer, &err), ERROR_CANCELED);
        store_writer_free(writer);
        FAILS(store_put(store, STR("other"), STR("x"), &err), ERROR_CANCELED);
        FAILS(store_list(store, STR(""), &arena, &keys, &err), ERROR_CANCELED);
        CHECK_STR(keys_of(other, "", &arena), "kept");
        CHECK_STR(get(other, "kept", &arena), "old");
        SUCCEEDS(store_delete(store, STR("kept"), &err)); /* what a run wrote is taken away, stop or not */
        CHECK_STR(keys_of(other, "", &arena), "");
}

static void a_name_is_locked_and_free_again(void **state) {
        OPEN(test, store);
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(store_unlockp) StoreLock *lock = NULL;

        SUCCEEDS(store_lock(store, STR("backup-b1"), &lock, &err));
        CHECK_STR(keys_of(store, "", &arena), "");
        CHECK_STR(folders_of(store, "", &arena), "");
        store_unlock(TAKE(lock));
        SUCCEEDS(store_lock(store, STR("backup-b1"), &lock, &err));
}

static void a_foreign_folder_makes_a_location_invalid(void **state) {
        OPEN(test, store);

        SUCCEEDS(store_location_validate(store, &err));
        put(store, "backups/b1/velero-backup.json", "{}");
        put(store, "restores/r1/restore-r1-logs.gz", "");
        put(store, "a file", "");
        SUCCEEDS(store_location_validate(store, &err));
        put(store, "strange +/x", "");
        FAILS(store_location_validate(store, &err), ERROR_INVALID);
}

#define TEST(name) { #name, name, NULL, NULL, NULL }
static const struct CMUnitTest all[] = {
        TEST(what_was_put_is_got_and_replaced_and_deleted),
        TEST(what_is_not_there_is_not_found_and_deleting_it_succeeds),
        TEST(a_key_may_hold_any_text),
        TEST(a_key_may_hold_control_characters),
        TEST(a_long_key_is_as_good_as_a_short_one),
        TEST(what_is_no_key_is_refused),
        TEST(a_list_is_by_prefix_and_in_the_order_of_bytes),
        TEST(a_list_of_more_than_a_page_is_whole),
        TEST(nothing_outside_the_prefix_is_seen),
        TEST(sizes_around_that_of_a_part_come_back_whole),
        TEST(a_large_object_may_be_written_in_pieces_of_any_size),
        TEST(an_object_may_be_read_in_pieces_of_any_size),
        TEST(what_is_larger_than_the_limit_is_not_got),
        TEST(what_is_not_finished_is_not_visible),
        TEST(the_last_of_two_writers_to_finish_stays),
        TEST(a_reader_sees_one_version_or_fails),
        TEST(many_threads_may_use_one_store),
        TEST(a_stop_in_the_middle_of_a_write_leaves_nothing),
        TEST(a_name_is_locked_and_free_again),
        TEST(a_foreign_folder_makes_a_location_invalid),
};
enum { TESTS = sizeof(all) / sizeof(*all) };

int main(int argc, char **argv) {
        AUTO(target_clear) Target target = { 0 };
        AUTO(error_clear) Error err = { 0 };
        struct CMUnitTest tests[TESTS];
        Test states[TESTS];

        if (argc < 2 || !target_read(argv[1], &target, &err)) {
                fprintf(stderr, "%s\n",
                        argc < 2 ? "usage: conformance LOCATION.json [PATTERN | -PATTERN]" : err.message);
                return 64;
        }
        if (argc > 2 && argv[2][0] == '-')
                cmocka_set_skip_filter(argv[2] + 1);
        else if (argc > 2)
                cmocka_set_test_filter(argv[2]);
        for (size_t i = 0; i < TESTS; i++) {
                states[i] = (Test) { &target, all[i].name };
                tests[i] = all[i];
                tests[i].initial_state = &states[i];
        }
        return cmocka_run_group_tests_name("conformance", tests, NULL, NULL);
}
