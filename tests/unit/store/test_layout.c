#include "data/gzip.h"
#include "scratch.h"
#include "store/layout.h"

static void keys_are_those_of_velero(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const struct {
                BackupFile file;
                const char *key;
        } backups[] = {
                { BACKUP_METADATA, "backups/b1/velero-backup.json" },
                { BACKUP_CONTENTS, "backups/b1/b1.tar.gz" },
                { BACKUP_LOG, "backups/b1/b1-logs.gz" },
                { BACKUP_RESOURCE_LIST, "backups/b1/b1-resource-list.json.gz" },
                { BACKUP_RESULTS, "backups/b1/b1-results.gz" },
                { BACKUP_VOLUME_INFO, "backups/b1/b1-volumeinfo.json.gz" },
                { BACKUP_POD_VOLUMES, "backups/b1/b1-podvolumebackups.json.gz" },
                { BACKUP_VOLUME_SNAPSHOTS, "backups/b1/b1-volumesnapshots.json.gz" },
                { BACKUP_ITEM_OPERATIONS, "backups/b1/b1-itemoperations.json.gz" },
                { BACKUP_HOOKS, "backups/b1/b1-hooks.json.gz" },
        };
        const struct {
                RestoreFile file;
                const char *key;
        } restores[] = {
                { RESTORE_METADATA, "restores/r1/r1-restore.json" },
                { RESTORE_LOG, "restores/r1/restore-r1-logs.gz" },
                { RESTORE_RESULTS, "restores/r1/restore-r1-results.gz" },
                { RESTORE_RESOURCE_LIST, "restores/r1/restore-r1-resource-list.json.gz" },
                { RESTORE_ITEM_OPERATIONS, "restores/r1/restore-r1-itemoperations.json.gz" },
                { RESTORE_VOLUME_INFO, "restores/r1/r1-volumeinfo.json.gz" },
                { RESTORE_HOOKS, "restores/r1/r1-hooks.json.gz" },
        };

        (void) state;
        FOR_EACH_CASE(backups, c)
        CHECK_STR(backup_key(STR("b1"), c->file, &arena).ptr, c->key);
        FOR_EACH_CASE(restores, c)
        CHECK_STR(restore_key(STR("r1"), c->file, &arena).ptr, c->key);
}

/* In both directions: each golden object is named by us, and each name of ours (but our own) is golden. */
static void the_bucket_that_velero_left_has_these_names(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(store_freep) Store *store = NULL;
        Strs names, keys;

        (void) state;
        CHECK(store_open_directory(STR(GOLDEN_DIR "/velero-1.18.0/bucket"), false, NULL, &store, &err));
        CHECK(store_list_folders(store, STR("backups/"), &arena, &names, &err));
        CHECK(str_equal(strs_join(&names, STR(" "), &arena),
                        STR("hook-fails hooked labelled nothing plain")));
        CHECK(store_list(store, STR("backups/hooked/"), &arena, &keys, &err));
        CHECK_INT(keys.len, BACKUP_HOOKS);
        for (int file = BACKUP_METADATA; file < BACKUP_HOOKS; file++)
                CHECK(strs_has(&keys, backup_key(STR("hooked"), (BackupFile) file, &arena)));
        CHECK(store_list(store, STR("restores/plain-mapped/"), &arena, &keys, &err));
        CHECK_INT(keys.len, RESTORE_HOOKS - RESTORE_LOG);
        for (int file = RESTORE_LOG; file < RESTORE_HOOKS; file++)
                CHECK(strs_has(&keys, restore_key(STR("plain-mapped"), (RestoreFile) file, &arena)));
}

static void a_golden_file_is_unpacked(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(store_freep) Store *store = NULL;
        AUTO(buf_clear) Buf text = { 0 };

        (void) state;
        CHECK(store_open_directory(STR(GOLDEN_DIR "/velero-1.18.0/bucket"), false, NULL, &store, &err));
        CHECK(layout_get_gzip(store, backup_key(STR("plain"), BACKUP_RESULTS, &arena), 1000, &text, &err));
        CHECK(str_equal(buf_str(&text), STR("{\"errors\":{},\"warnings\":{}}\n")));
}

static void names_are_those_of_kubernetes_objects(void **state) {
        const char *const good[] = { "b", "b1", "daily-20260821100000", "a.b-c.d", "0" };
        static const char shape[] =
                "is not a name: expected lower-case letters, digits, '-' and '.', with a letter or digit "
                "at both ends and around each '.'";
        const char *const bad[] = { "B1",   "a_b",  "-a",  "a-", ".a",  "a.",      "a..b",
                                    "a.-b", "a-.b", "a/b", "..", "a b", "\xc3\xa9" };
        AUTO(error_clear) Error none = { 0 }, empty = { 0 }, long_one = { 0 };
        char name[254];

        (void) state;
        FOR_EACH_CASE(good, c)
        CHECK(layout_check_name(str_of(*c), &none));
        FOR_EACH_CASE(bad, c) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(arena_clear) Arena arena = { 0 };

                CHECK(!layout_check_name(str_of(*c), &err));
                CHECK_STR(err.message, arena_printf(&arena, "\"%s\" %s", *c, shape));
        }
        memset(name, 'a', sizeof name);
        CHECK(layout_check_name((Str) { name, 253 }, &none));
        CHECK(!layout_check_name((Str) { name, 254 }, &long_one));
        CHECK_STR(long_one.message, "the name has 254 bytes, more than 253");
        CHECK(!layout_check_name(STR(""), &empty));
        CHECK_STR(empty.message, "the name is empty");
}

static void what_was_packed_is_unpacked(void **state) {
        SCRATCH(scratch, store);
        AUTO(error_clear)
        Error err = { 0 }, missing = { 0 }, large = { 0 }, foreign = { 0 }, small_buf = { 0 };
        AUTO(buf_clear) Buf text = { 0 }, large_text = { 0 }, back = { 0 }, small = { .limit = 3 };

        (void) state;
        CHECK(layout_put_gzip(store, STR("a/x.gz"), STR("plain text"), &err));
        CHECK(layout_get_gzip(store, STR("a/x.gz"), 10, &text, &err));
        CHECK(str_equal(buf_str(&text), STR("plain text")));
        for (int i = 0; i < 20000; i++)
                buf_printf(&large_text, "line %d\n", i);
        CHECK(layout_put_gzip(store, STR("a/y.gz"), buf_str(&large_text), &err));
        CHECK(layout_get_gzip(store, STR("a/y.gz"), 1 << 20, &back, &err));
        CHECK(str_equal(buf_str(&back), buf_str(&large_text)));

        CHECK(!layout_get_gzip(store, STR("a/none.gz"), 10, &text, &missing));
        CHECK_INT(missing.code, ERROR_NOT_FOUND);
        CHECK(!layout_get_gzip(store, STR("a/x.gz"), 9, &text, &large));
        CHECK_STR(large.message, "\"a/x.gz\": gzip stream unpacks to more than 9 bytes");
        scratch_put(store, "a/z.gz", "no gzip at all");
        CHECK(!layout_get_gzip(store, STR("a/z.gz"), 100, &text, &foreign));
        CHECK_STR(foreign.message, "\"a/z.gz\": not gzip: its first bytes are not 1f 8b");
        CHECK_INT(foreign.code, ERROR_CORRUPT);
        CHECK(!layout_get_gzip(store, STR("a/x.gz"), 100, &small, &small_buf));
        CHECK_STR(small_buf.message, "\"a/x.gz\": the unpacked file is larger than 3 bytes");
}

static void a_backup_is_deleted_metadata_first(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 }, none = { 0 }, bad = { 0 }, half = { 0 };
        SCRATCH(scratch, store);

        (void) state;
        scratch_put(store, "backups/b1/b1.tar.gz", "t");
        scratch_put(store, "backups/b1/velero-backup.json", "{}");
        scratch_put(store, "backups/b1/extra", "of somebody else");
        scratch_put(store, "backups/b10/velero-backup.json", "{}");
        /* A folder that cannot be removed stops it in the middle: the metadata is gone by then. */
        CHECK(mkdir(scratch_path(&scratch, &arena, "backups/b1/zz"), 0700) == 0);
        CHECK(layout_delete_backup(store, STR("b1"), &err));
        CHECK_STR(scratch_keys(store, "", &arena), "backups/b10/velero-backup.json");

        CHECK(!layout_delete_backup(store, STR("b1"), &none));
        CHECK_INT(none.code, ERROR_NOT_FOUND);
        CHECK_STR(none.message, arena_printf(&arena, "there is no backup \"b1\" in \"%s\"", scratch.path));
        CHECK(!layout_delete_backup(store, STR("../b10"), &bad));
        CHECK_INT(bad.code, ERROR_INVALID);

        scratch_put(store, "backups/b2/b2.tar.gz", "what an interrupted deletion left");
        CHECK(layout_delete_backup(store, STR("b2"), &half));
        CHECK_STR(scratch_keys(store, "", &arena), "backups/b10/velero-backup.json");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(keys_are_those_of_velero),
                cmocka_unit_test(the_bucket_that_velero_left_has_these_names),
                cmocka_unit_test(a_golden_file_is_unpacked),
                cmocka_unit_test(names_are_those_of_kubernetes_objects),
                cmocka_unit_test(what_was_packed_is_unpacked),
                cmocka_unit_test(a_backup_is_deleted_metadata_first),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
