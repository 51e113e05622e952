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
        f.options.state = str_of(stored.path);
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

static void pods_that_cannot_be_thawed_now_are_counted_and_tried_again(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(journal_closep) Journal *journal = NULL;
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
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T10:00:00Z");
        stored_open(&stored);
        f.options.state = str_of(stored.path);
        f.options.hook_workers = 1;
        CHECK(journal_open(f.options.state, &(JournalRun) { STR("b1"), STR("server"), STR("cluster-uid") },
                           &journal, &err));
        CHECK(journal_begin(journal, plans, 1, &err));
        journal_close(TAKE(journal)); /* as a run that died leaves it: open, and its lock is free */
        cluster_add(&f.cluster, BACKUPS, OF("Backup", "b1", "InProgress"));
        fixture_settle(&f);
        f.cluster.refused = "pods/gone";
        f.cluster.refused_status = 403;
        CHECK(server_recover(&f.server, &err));
        CHECK_TEXT(fixture_text(&f, BACKUPS "/b1", &arena, "status", "failureReason"),
                   "the server ended while it ran (0 pods that were frozen were thawed by the next one; 1 "
                   "could not be thawed and may still be frozen: it is tried again every 30 s)");
        f.cluster.refused = NULL;
        CHECK(fixture_said(&f, "An earlier run ended without thawing 1 pods; thawing first"));
        fixture_look(&f, &controller_hook_undo, ""); /* the pod is gone: closed, nothing is left */
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_a_dead_server_was_running_is_marked_failed_and_its_files_go),
                cmocka_unit_test(pods_that_cannot_be_thawed_now_are_counted_and_tried_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
