#include "stored_backups.h"

#include "hooks/journal.h"
#include "server/recover.h"

#define BACKUPS IN_VELERO "backups"
#define OF(kind, name, phase)                                                                                \
        "{'apiVersion':'velero.io/v1','kind':'" kind "','metadata':{'name':'" name                           \
        "','namespace':'velero'},'spec':{'storageLocation':'default'},'status':{'phase':'" phase "'}}"

static void what_a_dead_server_was_running_is_marked_failed_and_its_files_go(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T10:00:00Z");
        stored_open(&stored);
        f.options.hook_workers = 1;
        stored_add_location(&stored, &f, "");
        cluster_add(&f.cluster, BACKUPS, OF("Backup", "running", "InProgress"));
        cluster_add(&f.cluster, BACKUPS, OF("Backup", "whole", "InProgress"));
        cluster_add(&f.cluster, BACKUPS, OF("Backup", "stored", "InProgress"));
        cluster_add(&f.cluster, BACKUPS, OF("Backup", "done", "Completed"));
        cluster_add(&f.cluster, BACKUPS, OF("Backup", "waits", "Queued"));
        cluster_add(&f.cluster, IN_VELERO "restores", OF("Restore", "r1", "InProgress"));
        stored_put(&stored, "backups/running/running.tar.gz", "half");
        stored_put(&stored, "backups/whole/whole.tar.gz", "all");
        stored_put(&stored, "backups/whole/velero-backup.json", STORED_BACKUP("whole", "Completed"));
        stored_put(
                &stored, "backups/stored/velero-backup.json",
                arena_printf(&arena,
                             "{'metadata':{'name':'stored','uid':'" STR_FMT
                             "'},'status':{'phase':'PartiallyFailed','expiration':'2026-12-01T00:00:00Z'}}",
                             STR_ARG(fixture_text(&f, BACKUPS "/stored", &arena, "metadata", "uid"))));
        fixture_settle(&f);
        if (!server_recover(&f.server, &err))
                fail_msg("%s", err.message);
        CHECK_TEXT(fixture_text(&f, BACKUPS "/running", &arena, "status", "phase"), "Failed");
        CHECK_TEXT(fixture_text(&f, BACKUPS "/running", &arena, "status", "failureReason"),
                   "the server ended while it ran (0 pods that were frozen were thawed by the next one)");
        CHECK_TEXT(fixture_text(&f, BACKUPS "/running", &arena, "status", "completionTimestamp"),
                   "2026-11-20T10:00:00Z");
        CHECK_TEXT(fixture_text(&f, IN_VELERO "restores/r1", &arena, "status", "phase"), "Failed");
        CHECK_TEXT(fixture_text(&f, IN_VELERO "restores/r1", &arena, "status", "failureReason"),
                   "the server ended while it ran; what it had restored by then stays");
        CHECK_TEXT(fixture_text(&f, BACKUPS "/done", &arena, "status", "phase"), "Completed");
        CHECK_TEXT(fixture_text(&f, BACKUPS "/waits", &arena, "status", "phase"), "Queued");
        CHECK(!stored_has(&stored, "backups/running/running.tar.gz"));
        /* Another of that name, which is not thrown away. */
        CHECK(stored_has(&stored, "backups/whole/whole.tar.gz"));
        CHECK_TEXT(fixture_text(&f, BACKUPS "/whole", &arena, "status", "phase"), "Failed");
        /* Its own record, the last of its files, says that it was done. */
        CHECK_TEXT(fixture_text(&f, BACKUPS "/stored", &arena, "status", "phase"), "PartiallyFailed");
        CHECK_TEXT(fixture_text(&f, BACKUPS "/stored", &arena, "status", "expiration"),
                   "2026-12-01T00:00:00Z");
        CHECK(fixture_said(&f, "Backup is PartiallyFailed, as its record in the bucket says"));
}

/* As a run that died leaves it: open, and nobody holds it. */
static void leave_frozen(ServerFixture *f, bool in_file, const char *backup) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(journal_closep) Journal *journal = NULL;
        Stop *lost = stop_new();
        JournalCluster *earlier = journal_cluster_new(&(JournalClusterOptions) {
                .client = f->cluster.client, .namespace = STR("velero"), .fence = 0, .lost = lost });
        const JournalRun who = { str_of(backup), STR("server"), STR("cluster-uid") };
        Str command[] = { { "thaw", 4 } };
        HookCall post = { .name = STR("h"),
                          .phase = HOOK_POST,
                          .container = STR("c"),
                          .command = { command, 1, 1 },
                          .timeout_ms = 1000,
                          .restarts = -1 };
        PodPlan plan = { .namespace = STR("shop"),
                         .name = STR("gone"),
                         .uid = STR("u1"),
                         .node = STR("n"),
                         .post = &post,
                         .post_len = 1 };
        const PodPlan *plans[] = { &plan };

        if (!in_file)
                journal = journal_open_in_cluster(earlier, &who, lost);
        else
                CHECK(journal_open(f->options.state, &who, &journal, &err));
        CHECK(journal_begin(journal, plans, 1, &err));
        stop_set(lost);
        journal_close(TAKE(journal));
        journal_cluster_free(earlier);
        stop_free(lost);
}

static void pods_that_cannot_be_thawed_now_are_told_to_their_own_run_and_tried_again(void **state) {
        (void) state;
        for (int in_file = 0; in_file < 2; in_file++) {
                AUTO(fixture_clear) ServerFixture f = { 0 };
                AUTO(stored_clear) StoredBackups stored = { 0 };
                AUTO(error_clear) Error err = { 0 };
                AUTO(arena_clear) Arena arena = { 0 };

                fixture_open(&f, "2026-11-20T10:00:00Z");
                stored_open(&stored);
                f.options.state = in_file ? str_of(stored.path) : STR("");
                f.options.hook_workers = 1;
                leave_frozen(&f, in_file, "b1");
                cluster_add(&f.cluster, BACKUPS, OF("Backup", "b1", "InProgress"));
                cluster_add(&f.cluster, BACKUPS, OF("Backup", "b2", "InProgress"));
                fixture_settle(&f);
                f.cluster.refused = "pods/gone";
                f.cluster.refused_status = 403;
                CHECK(server_recover(&f.server, &err));
                CHECK_TEXT(fixture_text(&f, BACKUPS "/b1", &arena, "status", "failureReason"),
                           "the server ended while it ran (0 pods that were frozen were thawed by the next "
                           "one; 1 "
                           "could not be thawed and may still be frozen: it is tried again every 30 s)");
                CHECK_TEXT(fixture_text(&f, BACKUPS "/b2", &arena, "status", "failureReason"),
                           "the server ended while it ran (0 pods that were frozen were thawed by the next "
                           "one)");
                CHECK(fixture_said(&f, "An earlier run ended without thawing 1 pods; thawing first"));
                f.cluster.refused = NULL;
                fixture_look(&f, &controller_hook_undo, ""); /* the pod is gone: closed, nothing is left */
                CHECK_TEXT(cluster_names(&f.cluster, "/api/v1/namespaces/velero/configmaps", &arena), "");
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_a_dead_server_was_running_is_marked_failed_and_its_files_go),
                cmocka_unit_test(pods_that_cannot_be_thawed_now_are_told_to_their_own_run_and_tried_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
