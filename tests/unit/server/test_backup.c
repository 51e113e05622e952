#include "stored_backups.h"

#define BACKUPS IN_VELERO "backups"
#define NEW(name, spec)                                                                                      \
        "{'apiVersion':'velero.io/v1','kind':'Backup','metadata':{'name':'" name                             \
        "','namespace':'velero','labels':{'team':'a'}},'spec':" spec "}"

/* A cluster with two namespaces and an object in one of them; a location that can be written. */
static void open_both(ServerFixture *f, StoredBackups *stored, const char *more) {
        fixture_open(f, "2026-11-20T10:00:00Z");
        f->options.workers = f->options.hook_workers = 2;
        f->options.default_location = STR("default");
        stored_open(stored);
        stored_add_location(stored, f, more);
        cluster_add(&f->cluster, "/api/v1/namespaces",
                    "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'shop'}}");
        cluster_add(&f->cluster, "/api/v1/namespaces",
                    "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'bank'}}");
        cluster_add(&f->cluster, "/api/v1/namespaces/shop/configmaps",
                    "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'c','namespace':'shop'},'data':"
                    "{'a':'b'}}");
}

static void check_text(ServerFixture *f, const char *path, const char *part, const char *key,
                       const char *expected) {
        AUTO(arena_clear) Arena arena = { 0 };

        CHECK_TEXT(fixture_text(f, path, &arena, part, key), expected);
}

static void a_new_backup_is_queued_run_and_recorded(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(buf_clear) Buf metadata = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;

        (void) state;
        open_both(&f, &stored, "");
        cluster_add(&f.cluster, BACKUPS, NEW("b1", "{'includedNamespaces':['shop']}"));
        fixture_look(&f, &controller_backup_queue, "");
        check_text(&f, BACKUPS "/b1", "status", "phase", "ReadyToStart");
        fixture_look(&f, &controller_backup, "b1");
        check_text(&f, BACKUPS "/b1", "status", "phase", "Completed");
        check_text(&f, BACKUPS "/b1", "status", "errors", "(absent)");
        check_text(&f, BACKUPS "/b1", "status", "progress", "{\"totalItems\":2,\"itemsBackedUp\":2}");
        check_text(&f, BACKUPS "/b1", "spec", "storageLocation", "default");
        check_text(&f, BACKUPS "/b1", "spec", "ttl", "720h0m0s");
        check_text(&f, BACKUPS "/b1", "metadata", "labels",
                   "{\"team\":\"a\",\"velero.io/storage-location\":\"default\"}");
        CHECK(stored_has(&stored, "backups/b1/b1.tar.gz"));

        /* What the bucket says is the object, with its own identity. */
        CHECK(store_get(stored.store, STR("backups/b1/velero-backup.json"), 1024 * 1024, &metadata, &err));
        CHECK(json_parse(buf_str(&metadata), "metadata", &doc, &err));
        CHECK(str_starts_with(object_uid(yyjson_doc_get_root(doc)), STR("uid-")));
        CHECK_TEXT(json_str(json_at(yyjson_doc_get_root(doc), "status", "phase")), "Completed");
        fixture_look(&f, &controller_backup, "b1"); /* once is enough */
        check_text(&f, BACKUPS "/b1", "status", "phase", "Completed");
}

static void keep_line(void *user, Str line, const LogRecord *record) {
        Buf *lines = user;

        (void) record;
        buf_add(lines, line);
}

static void lines_are_printed_in_the_servers_format_and_stored_as_text(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(buf_clear) Buf printed = { 0 };
        AUTO(buf_clear) Buf kept = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Str rest, line;

        (void) state;
        open_both(&f, &stored, "");
        f.options.log_level = LOG_ERROR;
        f.options.log_format = LOG_JSON;
        f.server.on_line = keep_line;
        f.server.on_line_user = &printed;
        cluster_add(&f.cluster, BACKUPS, NEW("b1", "{'includedNamespaces':['shop']}"));
        fixture_look(&f, &controller_backup_queue, "");
        fixture_look(&f, &controller_backup, "b1");
        rest = buf_str(&printed);
        CHECK(rest.len > 0);
        while (str_cut(&rest, '\n', &line) && line.len > 0)
                CHECK(str_starts_with(line, STR("{\"backup\":\"velero/b1\",")));
        CHECK(layout_get_gzip(stored.store, STR("backups/b1/b1-logs.gz"), 1024 * 1024, &kept, &err));
        CHECK(str_starts_with(buf_str(&kept), STR("time=\"")));
        CHECK(memmem(kept.ptr, kept.len, "level=info", strlen("level=info")) != NULL);
}

static void what_is_wrong_is_told_at_once_and_completely(void **state) {
        static const struct {
                const char *location, *spec, *errors;
        } cases[] = {
                { "",
                  "{'storageLocation':'nowhere','labelSelector':{'matchLabels':{'a':'b'}},'orLabelSelectors':"
                  "[{"
                  "'matchLabels':{'a':'b'}}]}",
                  "[\"spec.orLabelSelectors: can't be used together with "
                  "spec.labelSelector\",\"spec.storageLocation: "
                  "there is no backup storage location \\\"nowhere\\\" in namespace \\\"velero\\\"\"]" },
                { "'accessMode':'ReadOnly',", "{}",
                  "[\"spec.storageLocation: backup storage location \\\"default\\\" is ReadOnly: nothing is "
                  "written "
                  "to it or deleted from it\"]" },
                { "", "{'includedNamespaces':['shop'],'excludedNamespaces':['shop']}",
                  "[\"spec.excludedNamespaces: \\\"shop\\\" is in spec.includedNamespaces as well\"]" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(fixture_clear) ServerFixture f = { 0 };
                AUTO(stored_clear) StoredBackups stored = { 0 };
                AUTO(arena_clear) Arena arena = { 0 };

                open_both(&f, &stored, c->location);
                cluster_add(&f.cluster, BACKUPS, arena_printf(&arena, NEW("b1", "%s"), c->spec));
                cluster_add(&f.cluster, BACKUPS,
                            "{'apiVersion':'velero.io/v1','kind':'Backup','metadata':{'name':"
                            "'long','namespace':'velero'},'spec':{},'status':{'phase':"
                            "'InProgress'}}");
                fixture_look(&f, &controller_backup_queue, "");
                check_text(&f, BACKUPS "/b1", "status", "phase", "FailedValidation");
                check_text(&f, BACKUPS "/b1", "status", "validationErrors", c->errors);
        }
}

static void one_that_would_be_born_expired_is_refused_and_stays_to_be_read(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        open_both(&f, &stored, "");
        cluster_add(&f.cluster, BACKUPS, NEW("b1", "{'storageLocation':'default','ttl':'-1h'}"));
        fixture_look(&f, &controller_backup_queue, "");
        check_text(&f, BACKUPS "/b1", "status", "phase", "FailedValidation");
        f.now_ms += 60 * 1000;
        fixture_look(&f, &controller_gc, "b1");
        CHECK_TEXT(cluster_names(&f.cluster, IN_VELERO "deletebackuprequests", &arena), "");
}

static void backups_of_one_namespace_run_one_after_the_other(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };

        (void) state;
        open_both(&f, &stored, "");
        f.options.concurrent_backups = 2;
        cluster_add(&f.cluster, BACKUPS, NEW("b1", "{'includedNamespaces':['shop']}"));
        cluster_add(&f.cluster, BACKUPS, NEW("b2", "{'includedNamespaces':['sh*']}"));
        cluster_add(&f.cluster, BACKUPS, NEW("b3", "{'includedNamespaces':['bank']}"));
        fixture_look(&f, &controller_backup_queue, "");
        check_text(&f, BACKUPS "/b1", "status", "phase", "ReadyToStart");
        check_text(&f, BACKUPS "/b2", "status", "phase", "Queued");
        check_text(&f, BACKUPS "/b2", "status", "queuePosition", "1");
        check_text(&f, BACKUPS "/b3", "status", "phase", "ReadyToStart");
        fixture_look(&f, &controller_backup, "b1");
        fixture_look(&f, &controller_backup_queue, "");
        check_text(&f, BACKUPS "/b2", "status", "phase", "ReadyToStart");
        check_text(&f, BACKUPS "/b2", "status", "queuePosition", "(absent)");
}

/* They are taken to share one; what it may not do, each of them says. */
static void a_server_that_may_not_list_namespaces_runs_backups_one_by_one(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };

        (void) state;
        open_both(&f, &stored, "");
        f.options.concurrent_backups = 2;
        f.cluster.refused = "GET /api/v1/namespaces";
        f.cluster.refused_status = 403;
        cluster_add(&f.cluster, BACKUPS, NEW("b1", "{'includedNamespaces':['shop']}"));
        cluster_add(&f.cluster, BACKUPS, NEW("b2", "{'includedNamespaces':['bank']}"));
        fixture_look(&f, &controller_backup_queue, "");
        check_text(&f, BACKUPS "/b1", "status", "phase", "ReadyToStart");
        check_text(&f, BACKUPS "/b2", "status", "phase", "Queued");
        fixture_look(&f, &controller_backup, "b1");
        check_text(&f, BACKUPS "/b1", "status", "phase", "PartiallyFailed");
        fixture_look(&f, &controller_backup_queue, "");
        check_text(&f, BACKUPS "/b2", "status", "phase", "ReadyToStart");
}

static void a_name_that_the_bucket_has_already_is_refused_in_the_queue(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };

        (void) state;
        open_both(&f, &stored, "");
        stored_put(&stored, "backups/b1/velero-backup.json", STORED_BACKUP("b1", "Completed"));
        stored_put(&stored, "backups/b2/b2.tar.gz", "half");
        cluster_add(&f.cluster, BACKUPS, NEW("b1", "{'includedNamespaces':['shop']}"));
        cluster_add(&f.cluster, BACKUPS, NEW("b2", "{'includedNamespaces':['shop']}"));
        fixture_look(&f, &controller_backup_queue, "");
        check_text(&f, BACKUPS "/b1", "status", "phase", "FailedValidation");
        check_text(&f, BACKUPS "/b1", "status", "validationErrors",
                   "[\"metadata.name: backup storage location \\\"default\\\" has a backup \\\"b1\\\" "
                   "already: take "
                   "another name, or delete that one\"]");
        check_text(&f, BACKUPS "/b2", "status", "phase", "ReadyToStart"); /* what is unfinished is replaced */
        CHECK(stored_has(&stored, "backups/b1/velero-backup.json"));
}

static void one_that_turns_invalid_after_the_queue_is_told_by_an_event_too(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        open_both(&f, &stored, "");
        cluster_add(&f.cluster, BACKUPS, NEW("b1", "{'includedNamespaces':['shop']}"));
        fixture_look(&f, &controller_backup_queue, "");
        cluster_change(&f.cluster, BACKUPS "/b1", "{'spec':{'excludedNamespaces':['shop']}}");
        CHECK_TEXT(fixture_events(&f, &controller_backup, "b1", &arena),
                   "Backup b1 FailedValidation: spec.excludedNamespaces: \"shop\" is in "
                   "spec.includedNamespaces as well");
        check_text(&f, BACKUPS "/b1", "status", "phase", "FailedValidation");
}

static void a_name_that_the_bucket_got_meanwhile_fails_and_leaves_it_alone(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        open_both(&f, &stored, "");
        cluster_add(&f.cluster, BACKUPS, NEW("b1", "{'includedNamespaces':['shop']}"));
        fixture_look(&f, &controller_backup_queue, "");
        stored_put(&stored, "backups/b1/velero-backup.json", STORED_BACKUP("b1", "Completed"));
        fixture_look(&f, &controller_backup, "b1");
        check_text(&f, BACKUPS "/b1", "status", "phase", "Failed");
        CHECK_TEXT(fixture_text(&f, BACKUPS "/b1", &arena, "status", "failureReason"),
                   arena_printf(&arena, "backup \"b1\" already exists in \"%s/bucket\"", stored.path));
        CHECK(stored_has(&stored, "backups/b1/velero-backup.json"));
        CHECK(!stored_has(&stored, "backups/b1/b1.tar.gz"));
}

/* With a new Backup whose list of ConfigMaps fails until that is undone, so that its run does not end. */
static void open_held(ServerFixture *f, StoredBackups *stored) {
        open_both(f, stored, "");
        cluster_add(&f->cluster, BACKUPS, NEW("b1", "{'includedNamespaces':['shop']}"));
        fixture_look(f, &controller_backup_queue, "");
        f->cluster.refused = "configmaps";
        f->cluster.refused_status = 503;
}

static void stop_runs_soon(void *user) {
        ServerFixture *f = user;

        while (!runs_has(f->server.runs, RUN_BACKUP, STR("b1")))
                stop_sleep_ms(NULL, 5);
        stop_sleep_ms(NULL, 300);
        runs_stop_all(f->server.runs);
}

static void a_server_that_is_asked_to_end_records_that(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };

        (void) state;
        open_held(&f, &stored);
        Thread stopper = thread_start(stop_runs_soon, &f);
        fixture_look(&f, &controller_backup, "b1");
        thread_join(stopper);
        check_text(&f, BACKUPS "/b1", "status", "phase", "Failed");
        check_text(&f, BACKUPS "/b1", "status", "failureReason",
                   "the server was asked to end while it ran; everything that was frozen was thawed first");
        CHECK(!stored_has(&stored, "backups/b1/velero-backup.json"));
        CHECK(!stored_has(&stored, "backups/b1/b1.tar.gz"));
}

/* Changes the object of a run that is kept from its end until then. */
static void edit_soon(void *user) {
        ServerFixture *f = user;

        while (!runs_has(f->server.runs, RUN_BACKUP, STR("b1")))
                stop_sleep_ms(NULL, 5);
        cluster_change(&f->cluster, BACKUPS "/b1",
                       "{'spec':{'includedNamespaces':['bank']},'status':{'phase':'Failed'}}");
        mutex_lock(&f->cluster.lock);
        f->cluster.refused = NULL;
        mutex_unlock(&f->cluster.lock);
}

static void one_that_is_edited_while_it_runs_ends_as_it_began_and_that_is_told(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        open_held(&f, &stored);
        Thread editor = thread_start(edit_soon, &f);
        CHECK_TEXT(
                fixture_events(&f, &controller_backup, "b1", &arena),
                "Backup b1 BackupStarted: backing up to location \"default\"\n"
                "Backup b1 BackupCompleted: Completed: 2 items, 0 errors, 0 warnings, 0 hooks of which 0 "
                "failed\n"
                "Backup b1 SpecChanged: its spec was changed while it ran, which had no effect: it ended as "
                "it had begun; create another backup for what is wanted now");
        thread_join(editor);
        check_text(&f, BACKUPS "/b1", "status", "phase", "Completed");
        CHECK(fixture_said(&f, "Its spec was changed while it ran, which had no effect"));
}

static void a_run_that_nobody_carries_out_fails_and_gives_its_place_in_the_queue_back(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };

        (void) state;
        open_both(&f, &stored, "");
        cluster_add(&f.cluster, BACKUPS,
                    "{'apiVersion':'velero.io/v1','kind':'Backup','metadata':{'name':'b1','namespace':"
                    "'velero'},'spec':{'storageLocation':'default'},'status':{'phase':'InProgress'}}");
        cluster_add(&f.cluster, BACKUPS, NEW("b2", "{'includedNamespaces':['shop']}"));
        stored_put(&stored, "backups/b1/b1.tar.gz", "half");
        fixture_look(&f, &controller_backup_queue, "");
        check_text(&f, BACKUPS "/b2", "status", "phase", "Queued");
        fixture_look(&f, &controller_backup, "b1");
        check_text(&f, BACKUPS "/b1", "status", "phase", "Failed");
        check_text(&f, BACKUPS "/b1", "status", "failureReason",
                   "it ended, or never began, without that being recorded: the API server could not be "
                   "reached");
        check_text(&f, BACKUPS "/b1", "status", "completionTimestamp", "2026-11-20T10:00:00Z");
        CHECK(!stored_has(&stored, "backups/b1/b1.tar.gz"));
        fixture_look(&f, &controller_backup_queue, "");
        check_text(&f, BACKUPS "/b2", "status", "phase", "ReadyToStart");
}

static void one_backup_that_cannot_be_patched_holds_up_no_other(void **state) {
        static const char *const specs[] = { "{'includedNamespaces':['bank']}",
                                             "{'storageLocation':'nowhere'}" };

        (void) state;
        for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
                AUTO(fixture_clear) ServerFixture f = { 0 };
                AUTO(stored_clear) StoredBackups stored = { 0 };
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(error_clear) Error err = { 0 };

                open_both(&f, &stored, "");
                f.options.concurrent_backups = 2;
                cluster_add(&f.cluster, BACKUPS, arena_printf(&arena, NEW("a1", "%s"), specs[i]));
                cluster_add(&f.cluster, BACKUPS, NEW("b1", "{'includedNamespaces':['shop']}"));
                f.cluster.refused = "backups/a1";
                f.cluster.refused_status = 422;
                CHECK(!fixture_try(&f, &controller_backup_queue, "", NULL, &err));
                check_text(&f, BACKUPS "/b1", "status", "phase", "ReadyToStart");
        }
}

#define MAY_NOT_LIST                                                                                         \
        "list namespaces: the user \"grapnel\" may not list namespaces in the whole cluster: add a rule "    \
        "{apiGroups: [\"\"], resources: [namespaces], verbs: [list]} to its ClusterRole (namespaces is "     \
        "forbidden: User \"grapnel\" cannot list resource \"namespaces\" in API group \"\" at the cluster "  \
        "scope)"

static void a_server_that_may_not_list_namespaces_says_so_in_the_backups_that_need_the_list(void **state) {
        static const char *const specs[] = { "{}", "{'includedNamespaces':['sh*']}",
                                             "{'includedNamespaces':['*'],'excludedNamespaces':['bank']}" };

        (void) state;
        FOR_EACH_CASE(specs, spec) {
                AUTO(fixture_clear) ServerFixture f = { 0 };
                AUTO(stored_clear) StoredBackups stored = { 0 };
                AUTO(arena_clear) Arena arena = { 0 };

                open_both(&f, &stored, "");
                f.cluster.hides_namespaces = true;
                cluster_add(&f.cluster, BACKUPS, arena_printf(&arena, NEW("b1", "%s"), *spec));
                fixture_look(&f, &controller_backup_queue, "");
                Str events = fixture_events(&f, &controller_backup, "b1", &arena);
                check_text(&f, BACKUPS "/b1", "status", "phase", "Failed");
                check_text(&f, BACKUPS "/b1", "status", "failureReason", MAY_NOT_LIST);
                CHECK(str_ends_with(events, STR("Backup b1 BackupNotCompleted: Failed: 0 items, 0 errors, "
                                                "0 warnings, 0 hooks of which 0 failed: " MAY_NOT_LIST)));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_new_backup_is_queued_run_and_recorded),
                cmocka_unit_test(lines_are_printed_in_the_servers_format_and_stored_as_text),
                cmocka_unit_test(what_is_wrong_is_told_at_once_and_completely),
                cmocka_unit_test(one_that_would_be_born_expired_is_refused_and_stays_to_be_read),
                cmocka_unit_test(backups_of_one_namespace_run_one_after_the_other),
                cmocka_unit_test(a_server_that_may_not_list_namespaces_runs_backups_one_by_one),
                cmocka_unit_test(
                        a_server_that_may_not_list_namespaces_says_so_in_the_backups_that_need_the_list),
                cmocka_unit_test(a_name_that_the_bucket_has_already_is_refused_in_the_queue),
                cmocka_unit_test(one_that_turns_invalid_after_the_queue_is_told_by_an_event_too),
                cmocka_unit_test(a_name_that_the_bucket_got_meanwhile_fails_and_leaves_it_alone),
                cmocka_unit_test(a_server_that_is_asked_to_end_records_that),
                cmocka_unit_test(one_that_is_edited_while_it_runs_ends_as_it_began_and_that_is_told),
                cmocka_unit_test(a_run_that_nobody_carries_out_fails_and_gives_its_place_in_the_queue_back),
                cmocka_unit_test(one_backup_that_cannot_be_patched_holds_up_no_other),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
