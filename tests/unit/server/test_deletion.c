#include "stored_backups.h"

#include "server/deletion.h"
#include "server/gc.h"

#define BACKUPS IN_VELERO "backups"
#define REQUESTS IN_VELERO "deletebackuprequests"
#define REQUEST(name, backup, status)                                                                        \
        "{'apiVersion':'velero.io/v1','kind':'DeleteBackupRequest','metadata':{'name':'" name                \
        "','namespace':'velero'},'spec':{'backupName':'" backup "'},'status':" status "}"
#define RESTORE(name, backup)                                                                                \
        "{'apiVersion':'velero.io/v1','kind':'Restore','metadata':{'name':'" name                            \
        "','namespace':'velero','finalizers':['restores.velero.io/external-resources-finalizer']},'spec':{"  \
        "'backupName':'" backup "'},'status':{'phase':'Completed'}}"

static void open_both(ServerFixture *f, StoredBackups *stored, const char *more) {
        fixture_open(f, "2026-11-20T10:00:00Z");
        stored_open(stored);
        stored_add_location(stored, f, more);
        stored_put(stored, "backups/b1/velero-backup.json", STORED_BACKUP("b1", "Completed"));
        stored_put(stored, "backups/b1/b1.tar.gz", "x");
        stored_put(stored, "backups/other/velero-backup.json", STORED_BACKUP("other", "Completed"));
        stored_put(stored, "restores/r1/restore-r1-logs.gz", "x");
        cluster_add(&f->cluster, BACKUPS, STORED_BACKUP("b1", "Completed"));
        cluster_add(&f->cluster, BACKUPS, STORED_BACKUP("other", "Completed"));
}

static void a_backup_goes_with_its_files_and_restores(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        open_both(&f, &stored, "");
        cluster_add(&f.cluster, IN_VELERO "restores", RESTORE("r1", "b1"));
        cluster_add(&f.cluster, IN_VELERO "restores", RESTORE("r2", "other"));
        cluster_add(&f.cluster, REQUESTS, REQUEST("d1", "b1", "{}"));
        cluster_add(&f.cluster, REQUESTS, REQUEST("d2", "b1", "{'phase':'Processed','errors':['earlier']}"));
        fixture_look(&f, &controller_deletion, "d1");
        CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena), "other");
        CHECK_TEXT(cluster_names(&f.cluster, IN_VELERO "restores", &arena), "r2");
        CHECK_TEXT(cluster_names(&f.cluster, REQUESTS, &arena), "");
        CHECK(!stored_has(&stored, "backups/b1/velero-backup.json"));
        CHECK(!stored_has(&stored, "backups/b1/b1.tar.gz"));
        CHECK(!stored_has(&stored, "restores/r1/restore-r1-logs.gz"));
        CHECK(stored_has(&stored, "backups/other/velero-backup.json"));
}

static void what_may_not_be_deleted_is_refused_with_a_sentence(void **state) {
        static const struct {
                const char *backup, *location, *error;
        } cases[] = {
                { "none", "", "there is no backup \"none\"" },
                { "", "", "spec.backupName is empty: it names the backup to delete" },
                { "b1", "'accessMode':'ReadOnly',",
                  "backup storage location \"default\" is ReadOnly: nothing is written to it or deleted from "
                  "it" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(fixture_clear) ServerFixture f = { 0 };
                AUTO(stored_clear) StoredBackups stored = { 0 };
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO_FREE char *request = xasprintf(REQUEST("d1", "%s", "{}"), c->backup);

                open_both(&f, &stored, c->location);
                cluster_add(&f.cluster, REQUESTS, request);
                CHECK_TEXT(fixture_events(&f, &controller_deletion, "d1", &arena),
                           arena_printf(&arena, "DeleteBackupRequest d1 BackupNotDeleted: %s", c->error));
                CHECK_TEXT(fixture_text(&f, REQUESTS "/d1", &arena, "status", "phase"), "Processed");
                AUTO_JSON *answered = cluster_get(&f.cluster, REQUESTS "/d1");
                JsonVal *errors = json_at(yyjson_doc_get_root(answered), "status", "errors");
                CHECK_INT(yyjson_arr_size(errors), 1);
                CHECK_TEXT(json_str(yyjson_arr_get_first(errors)), c->error);
                CHECK_TEXT(fixture_text(&f, BACKUPS "/b1", &arena, "status", "phase"), "Completed");
                CHECK(stored_has(&stored, "backups/b1/velero-backup.json"));
        }
}

static void a_run_that_is_on_is_not_deleted(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_INFO);

        (void) state;
        open_both(&f, &stored, "");
        cluster_add(&f.cluster, IN_VELERO "restores", RESTORE("r1", "other"));
        cluster_add(&f.cluster, REQUESTS, REQUEST("d1", "b1", "{}"));
        cluster_add(&f.cluster, REQUESTS, REQUEST("d2", "other", "{}"));
        Run *backup = runs_begin(f.server.runs, RUN_BACKUP, STR("b1"), log);
        fixture_look(&f, &controller_deletion, "d1");
        runs_end(f.server.runs, backup);
        Run *restore = runs_begin(f.server.runs, RUN_RESTORE, STR("r1"), log);
        fixture_look(&f, &controller_deletion, "d2");
        runs_end(f.server.runs, restore);
        CHECK_TEXT(fixture_text(&f, REQUESTS "/d1", &arena, "status", "errors"),
                   "[\"backup \\\"b1\\\" is in progress; delete it when it has ended\"]");
        CHECK_TEXT(fixture_text(&f, REQUESTS "/d2", &arena, "status", "errors"),
                   "[\"restore \\\"r1\\\" of it is in progress; delete the backup when it has ended\"]");
}

static void what_a_dead_server_began_is_finished(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        open_both(&f, &stored, "");
        cluster_change(&f.cluster, BACKUPS "/b1", "{'status':{'phase':'Deleting'}}");
        cluster_add(&f.cluster, REQUESTS, REQUEST("d1", "b1", "{'phase':'InProgress'}"));
        cluster_add(&f.cluster, REQUESTS, REQUEST("d2", "gone", "{'phase':'InProgress'}"));
        fixture_look(&f, &controller_deletion, "d1");
        fixture_look(&f, &controller_deletion, "d2");
        CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena), "other");
        CHECK_TEXT(cluster_names(&f.cluster, REQUESTS, &arena), "");
        CHECK(!stored_has(&stored, "backups/b1/velero-backup.json"));
}

static void a_backup_that_never_ran_needs_no_location(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T10:00:00Z");
        cluster_add(&f.cluster, BACKUPS,
                    "{'metadata':{'name':'b1','namespace':'velero'},'spec':{'storageLocation':'nowhere'},"
                    "'status':{'phase':'FailedValidation'}}");
        cluster_add(&f.cluster, REQUESTS, REQUEST("d1", "b1", "{}"));
        fixture_look(&f, &controller_deletion, "d1");
        CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena), "");
        CHECK_TEXT(cluster_names(&f.cluster, REQUESTS, &arena), "");
}

static void an_answer_can_be_read_for_a_day(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T10:00:00Z");
        cluster_add(&f.cluster, REQUESTS, REQUEST("d1", "b1", "{'phase':'Processed','errors':['x']}"));
        CHECK_INT(fixture_look(&f, &controller_deletion, "d1"), DELETION_KEPT_MS + 1);
        f.now_ms += DELETION_KEPT_MS + 1;
        fixture_look(&f, &controller_deletion, "d1");
        CHECK_TEXT(cluster_names(&f.cluster, REQUESTS, &arena), "");
}

static void volume_data_that_stays_behind_is_named(void **state) {
        static const struct {
                const char *volumes, *snapshots, *words;
        } cases[] = {
                { "[]", "null", "" },
                { "[{'backupMethod':'','skipped':true}]", "[]", "" },
                { "[{'backupMethod':'CSISnapshot','csiSnapshotInfo':{'snapshotHandle':'snap-1'}}]", "[]",
                  "1 volume snapshot (snap-1) stays behind: this server deletes no volume data" },
                { "[{'backupMethod':'PodVolumeBackup','pvbInfo':{'snapshotHandle':'k1'}},"
                  "{'backupMethod':'CSISnapshot','snapshotDataMoved':true,'snapshotDataMovementInfo':{}}]",
                  "[{'status':{'providerSnapshotID':'vol-1'}}]",
                  "1 volume snapshot (vol-1) and 2 kopia snapshots (k1, …) stay behind: this server deletes "
                  "no "
                  "volume data" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO_JSON *volumes = quoted_json(c->volumes), *snapshots = quoted_json(c->snapshots);

                CHECK_TEXT(deletion_leftovers(yyjson_doc_get_root(volumes), yyjson_doc_get_root(snapshots),
                                              &arena),
                           c->words);
        }
}

static void an_expired_backup_is_asked_to_be_deleted_once(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        open_both(&f, &stored, "");
        CHECK_INT(fixture_look(&f, &controller_gc, "b1"), (10 * 24 + 14) * 3600 * 1000 + 1);
        f.now_ms += INT64_C(11) * 24 * 3600 * 1000;
        CHECK_INT(fixture_look(&f, &controller_gc, "b1"), 3600 * 1000);
        fixture_look(&f, &controller_gc, "b1");
        Str request = cluster_names(&f.cluster, REQUESTS, &arena);
        CHECK(str_starts_with(request, STR("b1-")) && !memchr(request.ptr, ' ', request.len));
        fixture_look(&f, &controller_deletion, request.ptr);
        CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena), "other");
}

static void why_an_expired_backup_stays_is_a_label(void **state) {
        static const struct {
                const char *location, *label;
        } cases[] = {
                { "{'spec':{'accessMode':'ReadOnly'}}", "BSLReadOnly" },
                { "{'status':{'phase':'Unavailable'}}", "BSLUnavailable" },
                { "{'spec':{'provider':null}}", "BSLCannotGet" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(fixture_clear) ServerFixture f = { 0 };
                AUTO(stored_clear) StoredBackups stored = { 0 };
                AUTO(arena_clear) Arena arena = { 0 };

                open_both(&f, &stored, "");
                cluster_change(&f.cluster, IN_VELERO "backupstoragelocations/default", c->location);
                f.now_ms += INT64_C(11) * 24 * 3600 * 1000;
                fixture_look(&f, &controller_gc, "b1");
                fixture_look(&f, &controller_gc, "b1");
                CHECK_TEXT(fixture_text(&f, BACKUPS "/b1", &arena, "metadata", "labels", GC_FAILURE_LABEL),
                           c->label);
                CHECK_TEXT(cluster_names(&f.cluster, REQUESTS, &arena), "");
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_backup_goes_with_its_files_and_restores),
                cmocka_unit_test(what_may_not_be_deleted_is_refused_with_a_sentence),
                cmocka_unit_test(a_run_that_is_on_is_not_deleted),
                cmocka_unit_test(what_a_dead_server_began_is_finished),
                cmocka_unit_test(a_backup_that_never_ran_needs_no_location),
                cmocka_unit_test(an_answer_can_be_read_for_a_day),
                cmocka_unit_test(volume_data_that_stays_behind_is_named),
                cmocka_unit_test(an_expired_backup_is_asked_to_be_deleted_once),
                cmocka_unit_test(why_an_expired_backup_stays_is_a_label),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
