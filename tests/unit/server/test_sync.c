#include "stored_backups.h"

#include "server/sync.h"

#define BACKUPS IN_VELERO "backups"

static bool no_schedule(void *user, Str name, Str uid) {
        (void) user;
        return str_equal(name, STR("daily")) && str_equal(uid, STR("u-daily"));
}

static Str make(const char *text, Arena *arena) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf json = { 0 };
        AUTO_JSON *stored = quoted_json(text);
        AUTO_JSON_MUT *made = NULL;
        const SyncInto into = { .folder = STR("b1"),
                                .namespace = STR("velero"),
                                .location = STR("minio"),
                                .now_ms = INT64_C(1795000000) * 1000, /* 2026-11-18 */
                                .has_schedule = no_schedule };

        if (!sync_make_backup(yyjson_doc_get_root(stored), &into, &made, &err))
                return arena_copy(arena, str_of(err.message));
        if (!made)
                return STR("later");
        json_write_mut(yyjson_mut_doc_get_root(made), &json);
        for (size_t i = 0; i < json.len; i++)
                if (json.ptr[i] == '"')
                        json.ptr[i] = '\'';
        return arena_copy(arena, buf_str(&json));
}

#define WITH_PHASE(status)                                                                                   \
        "{'kind':'Backup','apiVersion':'velero.io/v1','metadata':{'name':'b1'},'status':" status "}"
#define MADE(phase, rest)                                                                                    \
        "{'kind':'Backup','apiVersion':'velero.io/"                                                          \
        "v1','metadata':{'name':'b1','namespace':'velero','labels':"                                         \
        "{'velero.io/storage-location':'minio'}},'status':{'phase':'" phase "'" rest                         \
        "},'spec':{'hooks':{},'storageLocation':'minio'}}"

static void only_what_has_ended_becomes_an_object(void **state) {
        static const struct {
                const char *stored, *made;
        } cases[] = {
                { WITH_PHASE("{'phase':'Completed'}"), MADE("Completed", "") },
                { WITH_PHASE("{'phase':'Failed'}"), MADE("Failed", "") },
                { WITH_PHASE("{'phase':'InProgress'}"), "later" },
                { WITH_PHASE("{'phase':'New'}"), "later" },
                { WITH_PHASE("{'phase':'Deleting'}"), "later" },
                { WITH_PHASE("{}"), "later" },
                { WITH_PHASE("{'phase':'Finalizing'}"), "later" },
                { WITH_PHASE("{'phase':'Finalizing','expiration':'2026-12-01T00:00:00Z'}"), "later" },
                { WITH_PHASE("{'phase':'WaitingForPluginOperations','expiration':'2026-11-01T00:00:00Z'}"),
                  MADE("PartiallyFailed", ",'expiration':'2026-11-01T00:00:00Z'") },
                { "{'kind':'Restore','apiVersion':'velero.io/v1','metadata':{'name':'b1'}}",
                  "velero-backup.json holds a \"Restore\" of \"velero.io/v1\", not a Backup of "
                  "velero.io/v1" },
                { "{'kind':'Backup','apiVersion':'velero.io/v1','metadata':{'name':'b2'}}",
                  "velero-backup.json holds the backup \"b2\", whose folder must have the same name" },
                { "[]", "velero-backup.json holds a \"\" of \"\", not a Backup of velero.io/v1" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };

                CHECK_TEXT(make(c->stored, &arena), c->made);
        }
}

static void what_another_cluster_gave_it_is_taken_away(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        CHECK_TEXT(
                make("{'kind':'Backup','apiVersion':'velero.io/v1','metadata':{'name':'b1','uid':'x',"
                     "'resourceVersion':'5','finalizers':['f'],'deletionTimestamp':'2026-11-01T00:00:00Z',"
                     "'namespace':'other','ownerReferences':[{'kind':'Schedule','name':'daily','uid':"
                     "'u-daily'},{'kind':'Schedule','name':'weekly','uid':'u'},{'kind':'Thing','name':"
                     "'t'}]},'status':{'phase':'Completed'},'spec':{'hooks':{'resources':[]},"
                     "'storageLocation':'old'}}",
                     &arena),
                "{'kind':'Backup','apiVersion':'velero.io/v1','metadata':{'name':'b1','namespace':'velero',"
                "'ownerReferences':[{'kind':'Schedule','name':'daily','uid':'u-daily'}],'labels':{"
                "'velero.io/storage-location':'minio'}},'status':{'phase':'Completed'},'spec':{'hooks':{},"
                "'storageLocation':'minio'}}");
}

static void a_location_is_read_when_its_period_has_passed(void **state) {
        static const struct {
                int64_t own_ms, server_ms, synced_ms, due_ms;
        } cases[] = {
                { -1, 60, 0, 0 }, { -1, 60, 990, 50 }, { -1, 60, 940, 0 }, { -1, 60, 2000, 0 },
                { 0, 60, 0, -1 }, { -1, 0, 0, -1 },    { 10, 60, 990, 0 }, { 20, 60, 990, 10 },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                const Location location = { .sync_period_ms = c->own_ms, .last_synced_ms = c->synced_ms };

                CHECK_INT(sync_due_ms(&location, c->server_ms, 1000), c->due_ms);
        }
}

static void backups_of_the_bucket_become_objects_and_orphans_go(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        stored_serve(&stored, &f, "2026-11-20T10:00:00Z");
        stored_put(&stored, "backups/b1/velero-backup.json", STORED_BACKUP("b1", "Completed"));
        stored_put(&stored, "backups/b2/velero-backup.json", STORED_BACKUP("b2", "InProgress"));
        stored_put(&stored, "backups/b3/b3.tar.gz", "no record yet");
        stored_put(&stored, "backups/broken/velero-backup.json", "{");
        stored_put(&stored, "backups/Foreign_Folder/x", "");
        stored_put(&stored, "backups/known/velero-backup.json", STORED_BACKUP("known", "Completed"));
        stored_put_gzip(&stored, "backups/b1/b1-podvolumebackups.json.gz",
                        "[{'apiVersion':'velero.io/v1','kind':'PodVolumeBackup','metadata':{'name':'pvb1',"
                        "'uid':'old','labels':{'velero.io/backup-name':'b1','velero.io/backup-uid':'old'}},"
                        "'spec':{'volume':'data'},'status':{'phase':'Completed'}}]");
        cluster_add(&f.cluster, BACKUPS, STORED_BACKUP("known", "Completed"));
        cluster_add(&f.cluster, BACKUPS, STORED_BACKUP("orphan", "Completed"));
        cluster_add(&f.cluster, BACKUPS, STORED_BACKUP("failed-orphan", "Failed"));
        cluster_add(&f.cluster, BACKUPS, STORED_BACKUP("running", "InProgress"));

        CHECK_INT(fixture_look(&f, &controller_sync, "default"), 60 * 1000);
        CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena), "known failed-orphan running b1");
        CHECK_TEXT(fixture_text(&f, BACKUPS "/b1", &arena, "spec", "hooks"), "{}");
        CHECK_TEXT(fixture_text(&f, BACKUPS "/b1", &arena, "status", "phase"), "Completed");
        CHECK_TEXT(cluster_names(&f.cluster, IN_VELERO "podvolumebackups", &arena), "pvb1");
        CHECK_TEXT(fixture_text(&f, IN_VELERO "podvolumebackups/pvb1", &arena, "spec"),
                   "{\"volume\":\"data\",\"backupStorageLocation\":\"default\"}");
        CHECK_TEXT(fixture_text(&f, IN_VELERO "backupstoragelocations/default", &arena, "status",
                                "lastSyncedTime"),
                   "2026-11-20T10:00:00Z");
        CHECK(fixture_said(&f, "Foreign_Folder") && fixture_said(&f, "backup=broken"));

        /* What is wrong is said once, and until its period has passed the bucket is let alone. */
        buf_reset(&f.log);
        CHECK_INT(fixture_look(&f, &controller_sync, "default"), 60 * 1000);
        f.now_ms += 60 * 1000;
        fixture_look(&f, &controller_sync, "default");
        CHECK_INT(f.log.len, 0);
}

static void a_bucket_of_real_velero_is_taken_over(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T10:00:00Z");
        cluster_add(&f.cluster, IN_VELERO "backupstoragelocations",
                    "{'apiVersion':'velero.io/v1','kind':'BackupStorageLocation','metadata':{'name':'old',"
                    "'namespace':'velero'},'spec':{'provider':'filesystem','config':{'path':'" GOLDEN_DIR
                    "/velero-1.18.0'},'objectStorage':{'bucket':'bucket'},'accessMode':'ReadOnly'},'status':{"
                    "'phase':'Available'}}");
        fixture_look(&f, &controller_sync, "old");
        CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena), "hook-fails hooked labelled nothing plain");
        CHECK_TEXT(fixture_text(&f, BACKUPS "/hooked", &arena, "spec", "hooks"), "{}");
        CHECK_TEXT(fixture_text(&f, BACKUPS "/hooked", &arena, "spec", "storageLocation"), "old");
        CHECK_TEXT(fixture_text(&f, BACKUPS "/hooked", &arena, "status", "phase"), "Completed");
        CHECK_TEXT(fixture_text(&f, BACKUPS "/hook-fails", &arena, "status", "phase"), "PartiallyFailed");
        CHECK_INT(f.log.len > 0 && fixture_said(&f, "passed over"), 0);
}

static void an_empty_or_unavailable_location_removes_nothing(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        stored_serve(&stored, &f, "2026-11-20T10:00:00Z");
        cluster_add(&f.cluster, BACKUPS, STORED_BACKUP("b1", "Completed"));
        fixture_look(&f, &controller_sync, "default");
        CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena), "b1");
        CHECK(fixture_said(&f, "Is its volume mounted?"));

        stored_put(&stored, "backups/b2/velero-backup.json", STORED_BACKUP("b2", "Completed"));
        cluster_change(&f.cluster, IN_VELERO "backupstoragelocations/default",
                       "{'status':{'phase':'Unavailable'}}");
        f.now_ms += 60 * 1000;
        fixture_look(&f, &controller_sync, "default");
        CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena), "b1");
}

static void a_list_that_fails_removes_nothing(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        stored_serve(&stored, &f, "2026-11-20T10:00:00Z");
        CHECK_INT(symlink("/etc", arena_printf(&arena, "%s/bucket/backups", stored.path)), 0);
        cluster_add(&f.cluster, BACKUPS, STORED_BACKUP("b1", "Completed"));
        CHECK(!fixture_try(&f, &controller_sync, "default", NULL, &err));
        CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena), "b1");
        CHECK_TEXT(fixture_text(&f, IN_VELERO "backupstoragelocations/default", &arena, "status",
                                "lastSyncedTime"),
                   "(absent)");
}

static void a_backup_that_is_refused_is_tried_again_at_the_next_pass(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        stored_serve(&stored, &f, "2026-11-20T10:00:00Z");
        stored_put(&stored, "backups/b1/velero-backup.json", STORED_BACKUP("b1", "Completed"));
        stored_put(&stored, "backups/b2/velero-backup.json", STORED_BACKUP("b2", "Completed"));
        cluster_add(&f.cluster, BACKUPS, STORED_BACKUP("orphan", "Completed"));
        f.cluster.refused = "POST " BACKUPS;
        f.cluster.refused_status = 403;
        fixture_look(&f, &controller_sync, "default"); /* said, and the others go on */
        CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena), "");
        f.cluster.refused = NULL;
        f.now_ms += 60 * 1000;
        fixture_look(&f, &controller_sync, "default");
        CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena), "b1 b2");
}

static void a_thousand_looks_leak_nothing_and_ask_nothing_for_what_is_known(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };

        (void) state;
        stored_serve(&stored, &f, "2026-11-20T10:00:00Z");
        for (int i = 0; i < 20; i++) {
                char key[64], text[1024];

                snprintf(key, sizeof key, "backups/b%d/velero-backup.json", i);
                snprintf(text, sizeof text, STORED_BACKUP("b%d", "Completed"), i);
                stored_put(&stored, key, text);
        }
        fixture_look(&f, &controller_sync, "default");
        fixture_settle(&f);
        unsigned before = atomic_load(&f.cluster.http.requests);
        for (int i = 0; i < 1000; i++) {
                f.now_ms += 60 * 1000;
                fixture_look(&f, &controller_sync, "default");
        }
        CHECK_INT(atomic_load(&f.cluster.http.requests) - before,
                  1000); /* lastSyncedTime, and nothing else */
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(only_what_has_ended_becomes_an_object),
                cmocka_unit_test(what_another_cluster_gave_it_is_taken_away),
                cmocka_unit_test(a_location_is_read_when_its_period_has_passed),
                cmocka_unit_test(backups_of_the_bucket_become_objects_and_orphans_go),
                cmocka_unit_test(a_bucket_of_real_velero_is_taken_over),
                cmocka_unit_test(an_empty_or_unavailable_location_removes_nothing),
                cmocka_unit_test(a_list_that_fails_removes_nothing),
                cmocka_unit_test(a_backup_that_is_refused_is_tried_again_at_the_next_pass),
                cmocka_unit_test(a_thousand_looks_leak_nothing_and_ask_nothing_for_what_is_known),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
