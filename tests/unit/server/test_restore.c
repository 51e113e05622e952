#include "stored_backups.h"

#include "server/restore_files.h"
#include "server/restore_request.h"

#define RESTORES IN_VELERO "restores"
#define BACKUPS IN_VELERO "backups"
#define NEW(name, spec)                                                                                      \
        "{'apiVersion':'velero.io/v1','kind':'Restore','metadata':{'name':'" name                            \
        "','namespace':'velero'},'spec':" spec "}"
#define SCHEDULED(name, phase, start)                                                                        \
        "{'apiVersion':'velero.io/v1','kind':'Backup','metadata':{'name':'" name                             \
        "','namespace':'velero','labels':{'velero.io/schedule-name':'nightly'}},'spec':{'storageLocation':"  \
        "'default'},'status':{'phase':'" phase "','startTimestamp':'" start "'}}"

static void open_both(ServerFixture *f, StoredBackups *stored) {
        fixture_open(f, "2026-11-20T10:00:00Z");
        f->options.workers = f->options.hook_workers = 2;
        stored_open(stored);
        f->options.state = str_of(stored->path);
        stored_add_location(stored, f, "");
        cluster_add(&f->cluster, "/api/v1/namespaces",
                    "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'shop'}}");
        cluster_add(
                &f->cluster, "/api/v1/namespaces/shop/configmaps",
                "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'c','namespace':'shop'},'data':{"
                "'a':'b'}}");
}

static void back_up(ServerFixture *f, const char *name) {
        AUTO(arena_clear) Arena arena = { 0 };

        f->options.default_location = STR("default");
        cluster_add(
                &f->cluster, BACKUPS,
                arena_printf(
                        &arena,
                        "{'apiVersion':'velero.io/v1','kind':'Backup','metadata':{'name':'%s','namespace':"
                        "'velero'},'spec':{'includedNamespaces':['shop']}}",
                        name));
        fixture_look(f, &controller_backup_queue, "");
        fixture_look(f, &controller_backup, name);
}

static void check_text(ServerFixture *f, const char *path, const char *part, const char *key,
                       const char *expected) {
        AUTO(arena_clear) Arena arena = { 0 };

        CHECK_TEXT(fixture_text(f, path, &arena, part, key), expected);
}

static void a_restore_is_run_recorded_and_goes_with_its_files(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };

        (void) state;
        open_both(&f, &stored);
        back_up(&f, "b1");
        stored_put(&stored, "restores/r1/restore-r1-logs.gz", "of an earlier restore of that name");
        cluster_add(&f.cluster, RESTORES,
                    NEW("r1", "{'backupName':'b1','namespaceMapping':{'shop':'again'}}"));
        fixture_look(&f, &controller_restore, "r1");
        check_text(&f, RESTORES "/r1", "status", "phase", "Completed");
        check_text(&f, RESTORES "/r1", "metadata", "finalizers", "[\"" RESTORE_FINALIZER "\"]");
        check_text(&f, RESTORES "/r1", "spec", "itemOperationTimeout", "4h0m0s");
        check_text(&f, "/api/v1/namespaces/again/configmaps/c", "data", "a", "b");
        CHECK(stored_has(&stored, "restores/r1/restore-r1-results.gz"));
        fixture_look(&f, &controller_restore, "r1"); /* once is enough */

        AUTO_JSON *doc = cluster_get(&f.cluster, RESTORES "/r1");
        AUTO(error_clear) Error err = { 0 };
        CHECK(restore_files_finalize(&f.server, yyjson_doc_get_root(doc), &err));
        CHECK(!stored_has(&stored, "restores/r1/restore-r1-results.gz"));
        check_text(&f, RESTORES "/r1", "metadata", "finalizers", "[]");
}

/* As `kubectl delete` leaves an object that has a finalizer. */
static void delete_soon(void *user) {
        ServerFixture *f = user;
        AUTO(error_clear) Error err = { 0 };
        const KubeObject object = { .resource = kinds_resource(f->server.kinds, KIND_RESTORE),
                                    .namespace = STR("velero"),
                                    .name = STR("r1") };

        while (!runs_has(f->server.runs, RUN_RESTORE, STR("r1")))
                stop_sleep_ms(NULL, 5);
        if (!kube_patch(f->server.client, &object, KUBE_PATCH_MERGE,
                        STR("{\"metadata\":{\"deletionTimestamp\":\"2026-11-20T10:00:00Z\"}}"), NULL, NULL,
                        &err))
                fail_msg("%s", err.message);
}

static void a_restore_that_is_deleted_while_it_runs_ends_and_goes(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };

        (void) state;
        open_both(&f, &stored);
        back_up(&f, "b1");
        cluster_add(&f.cluster, RESTORES,
                    NEW("r1", "{'backupName':'b1','namespaceMapping':{'shop':'again'}}"));
        f.cluster.refused = "POST /api/v1/namespaces/again/configmaps";
        f.cluster.refused_status = 503; /* for as long as the run goes on */
        Thread deleter = thread_start(delete_soon, &f);
        fixture_look(&f, &controller_restore, "r1");
        thread_join(deleter);
        f.cluster.refused = NULL;
        check_text(&f, RESTORES "/r1", "status", "phase", "InProgress"); /* nobody is left to be told */
        fixture_look(&f, &controller_restore, "r1");
        check_text(&f, RESTORES "/r1", "metadata", "finalizers", "[]");
        CHECK(!stored_has(&stored, "restores/r1/restore-r1-logs.gz"));
}

/* The places in the list of writes. */
static bool is_written_before(const ServerFixture *f, const char *first, const char *second) {
        AUTO(buf_clear) Buf writes = { 0 };

        buf_add(&writes, buf_str(&f->cluster.writes));
        buf_add_char(&writes, '\0');
        const char *a = strstr(writes.ptr, first), *b = strstr(writes.ptr, second);

        CHECK(a != NULL && b != NULL);
        return a < b;
}

static void the_order_of_resources_is_the_servers(void **state) {
        static const struct {
                const char *priorities;
                bool is_secret_first;
        } cases[] = {
                { "", true }, { "configmap,secrets", false }, { "-,secrets", false }, { "secrets", true }
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(fixture_clear) ServerFixture f = { 0 };
                AUTO(stored_clear) StoredBackups stored = { 0 };

                open_both(&f, &stored);
                cluster_add(&f.cluster, "/api/v1/namespaces/shop/secrets",
                            "{'apiVersion':'v1','kind':'Secret','metadata':{'name':'s','namespace':'shop'}}");
                back_up(&f, "b1");
                f.options.restore_resource_priorities = str_of(c->priorities);
                cluster_add(&f.cluster, RESTORES,
                            NEW("r1", "{'backupName':'b1','namespaceMapping':{'shop':'again'}}"));
                fixture_look(&f, &controller_restore, "r1");
                check_text(&f, RESTORES "/r1", "status", "phase", "Completed");
                CHECK_INT(is_written_before(&f, "POST /api/v1/namespaces/again/secrets",
                                            "POST /api/v1/namespaces/again/configmaps"),
                          c->is_secret_first);
        }
}

static void a_namespace_that_is_being_deleted_is_awaited_as_long_as_the_server_says(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf results = { 0 };

        (void) state;
        open_both(&f, &stored);
        back_up(&f, "b1");
        cluster_add(&f.cluster, "/api/v1/namespaces",
                    "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'again'},'status':{'phase':"
                    "'Terminating'}}");
        f.options.terminating_resource_timeout_ms = 1200;
        cluster_add(&f.cluster, RESTORES,
                    NEW("r1", "{'backupName':'b1','namespaceMapping':{'shop':'again'}}"));
        int64_t start_ms = clock_ms();
        fixture_look(&f, &controller_restore, "r1");
        CHECK(clock_ms() - start_ms >= 1200);
        check_text(&f, RESTORES "/r1", "status", "phase", "PartiallyFailed");
        if (!layout_get_gzip(stored.store, STR("restores/r1/restore-r1-results.gz"), 1 << 20, &results, &err))
                fail_msg("%s", err.message);
        buf_add_char(&results, '\0');
        CHECK_STR(results.ptr, "{\"errors\":{\"velero\":[\"namespace again: namespace \\\"again\\\" is being "
                               "deleted, and still was after 1.2s; nothing is restored into it\"]},"
                               "\"warnings\":{}}\n");
}

static void a_schedule_stands_for_its_newest_completed_backup(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };

        (void) state;
        open_both(&f, &stored);
        cluster_add(&f.cluster, BACKUPS, SCHEDULED("n1", "Completed", "2026-11-01T00:00:00Z"));
        cluster_add(&f.cluster, BACKUPS, SCHEDULED("n2", "Completed", "2026-11-02T00:00:00Z"));
        cluster_add(&f.cluster, BACKUPS, SCHEDULED("n3", "PartiallyFailed", "2026-11-03T00:00:00Z"));
        cluster_add(
                &f.cluster, BACKUPS,
                "{'apiVersion':'velero.io/"
                "v1','kind':'Backup','metadata':{'name':'n4','namespace':'velero','labels':{"
                "'velero.io/"
                "schedule-name':'nightly'},'deletionTimestamp':'2026-11-05T00:00:00Z'},'spec':{},'status':{"
                "'phase':'Completed','startTimestamp':'2026-11-04T00:00:00Z'}}");
        cluster_add(&f.cluster, RESTORES, NEW("r1", "{'scheduleName':'nightly'}"));
        fixture_look(&f, &controller_restore, "r1");
        check_text(&f, RESTORES "/r1", "spec", "backupName", "n2");
        check_text(&f, RESTORES "/r1", "status", "phase", "Failed"); /* the bucket does not have it */
}

static void what_is_wrong_is_told_with_a_sentence(void **state) {
        static const struct {
                const char *spec, *errors;
        } cases[] = {
                { "{'backupName':'none'}",
                  "[\"spec.backupName: there is no backup \\\"none\\\" in namespace \\\"velero\\\"\"]" },
                { "{}",
                  "[\"spec.backupName: is missing: name a backup here or a schedule in scheduleName\"]" },
                { "{'scheduleName':'daily'}", "[\"spec.scheduleName: schedule \\\"daily\\\" has no Completed "
                                              "backup (it has 0 backups)\"]" },
                { "{'backupName':'failed','existingResourcePolicy':'maybe'}",
                  "[\"spec.existingResourcePolicy: \\\"maybe\\\" is not known: write \\\"none\\\" or "
                  "\\\"update\\\"\",\"spec.backupName: backup \\\"failed\\\" is Failed: only one that is "
                  "Completed or "
                  "PartiallyFailed can be restored\"]" },
                { "{'backupName':'elsewhere'}",
                  "[\"spec.backupName: there is no backup storage location \\\"gone\\\" in namespace "
                  "\\\"velero\\\"\"]" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(fixture_clear) ServerFixture f = { 0 };
                AUTO(stored_clear) StoredBackups stored = { 0 };
                AUTO(arena_clear) Arena arena = { 0 };

                open_both(&f, &stored);
                cluster_add(&f.cluster, BACKUPS, SCHEDULED("failed", "Failed", "2026-11-01T00:00:00Z"));
                cluster_add(&f.cluster, BACKUPS,
                            "{'apiVersion':'velero.io/"
                            "v1','kind':'Backup','metadata':{'name':'elsewhere','namespace':"
                            "'velero'},'spec':{'storageLocation':'gone'},'status':{'phase':'Completed'}}");
                cluster_add(&f.cluster, RESTORES, arena_printf(&arena, NEW("r1", "%s"), c->spec));
                fixture_look(&f, &controller_restore, "r1");
                check_text(&f, RESTORES "/r1", "status", "phase", "FailedValidation");
                check_text(&f, RESTORES "/r1", "status", "validationErrors", c->errors);
        }
}

static void what_has_no_effect_is_told_by_an_event(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        Str names, name;
        Str told = STR("");

        (void) state;
        open_both(&f, &stored);
        back_up(&f, "b1");
        f.server.recorder = kube_recorder_new(f.cluster.client, STR("grapnel"), STR("test"));
        cluster_add(&f.cluster, RESTORES,
                    NEW("r1", "{'backupName':'b1','skipDefaultResourceModifier':true}"));
        fixture_look(&f, &controller_restore, "r1");
        kube_recorder_free(f.server.recorder);
        f.server.recorder = NULL;
        names = cluster_names(&f.cluster, "/api/v1/namespaces/velero/events", &arena);
        while (str_cut(&names, ' ', &name)) {
                const char *event =
                        arena_printf(&arena, "/api/v1/namespaces/velero/events/" STR_FMT, STR_ARG(name));

                if (str_equal(fixture_text(&f, event, &arena, "reason"), STR("RestoreWarning")))
                        told = fixture_text(&f, event, &arena, "message");
        }
        CHECK_TEXT(told,
                   "spec.skipDefaultResourceModifier: has no effect: there is no default resource modifier");
}

static void a_restore_that_nobody_carries_out_fails(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };

        (void) state;
        open_both(&f, &stored);
        cluster_add(&f.cluster, IN_VELERO "restores",
                    "{'apiVersion':'velero.io/v1','kind':'Restore','metadata':{'name':'r1','namespace':"
                    "'velero'},'spec':{'backupName':'b1'},'status':{'phase':'InProgress'}}");
        fixture_look(&f, &controller_restore, "r1");
        check_text(&f, IN_VELERO "restores/r1", "status", "phase", "Failed");
        check_text(&f, IN_VELERO "restores/r1", "status", "failureReason",
                   "it ended, or never began, without that being recorded: the API server could not be "
                   "reached");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_restore_is_run_recorded_and_goes_with_its_files),
                cmocka_unit_test(a_restore_that_is_deleted_while_it_runs_ends_and_goes),
                cmocka_unit_test(the_order_of_resources_is_the_servers),
                cmocka_unit_test(a_namespace_that_is_being_deleted_is_awaited_as_long_as_the_server_says),
                cmocka_unit_test(a_schedule_stands_for_its_newest_completed_backup),
                cmocka_unit_test(what_is_wrong_is_told_with_a_sentence),
                cmocka_unit_test(what_has_no_effect_is_told_by_an_event),
                cmocka_unit_test(a_restore_that_nobody_carries_out_fails),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
