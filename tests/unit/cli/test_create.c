#include "check.h"

#include "api/time_name.h"
#include "cli/cluster_home.h"

#define BACKUPS IN("velero", "backups")
#define RESTORES IN("velero", "restores")

/* A server that brings one object through these states, a merge patch each. */
typedef struct Actor {
        ObjectCluster *cluster;
        const char *path;
        const char *patches[4];
        bool deletes; /* at the end */
        Thread thread;
} Actor;

static void act(void *user) {
        const Actor *actor = user;
        AUTO(yyjson_doc_freep) JsonDoc *found = NULL;

        for (int i = 0; i < 1000 && !found; i++) {
                stop_sleep_ms(NULL, 10);
                found = cluster_get(actor->cluster, actor->path);
        }
        for (int i = 0; actor->patches[i]; i++) {
                stop_sleep_ms(NULL, 30);
                cluster_change(actor->cluster, actor->path, actor->patches[i]);
        }
        if (actor->deletes)
                cluster_remove(actor->cluster, actor->path);
}

static void a_backup_is_created_as_the_flags_say(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run, again;
        AUTO(buf_clear) Buf text = { 0 };
        const char *home = enter(&cluster, &arena);

        (void) state;
        cluster_add(&cluster, IN("velero", "backupstoragelocations"), "{'metadata':{'name':'nfs'}}");
        RUN(&run, "backup", "create", "b1", "--include-namespaces", "shop,bank", "-l", "app=x", "--ttl",
            "24h0m0s", "--storage-location", "nfs", "--snapshot-volumes=false", "--labels", "a=b");
        CHECK_STR(run.err, "");
        CHECK_STR(run.out,
                  "Backup request \"b1\" submitted successfully.\n"
                  "Run `grapnel backup describe b1` or `grapnel backup logs b1` for more details.\n");

        AUTO_JSON *made = cluster_get(&cluster, BACKUPS "/b1");
        json_write(json_get(yyjson_doc_get_root(made), "spec"), &text);
        buf_add_char(&text, '\0');
        CHECK_STR(text.ptr,
                  "{\"includedNamespaces\":[\"shop\",\"bank\"],\"labelSelector\":{\"matchLabels\":{"
                  "\"app\":\"x\"}},\"ttl\":\"24h0m0s\",\"storageLocation\":\"nfs\",\"snapshotVolumes\":"
                  "false}");
        CHECK(str_equal(json_get_str(json_at(yyjson_doc_get_root(made), "metadata", "labels"), "a"),
                        STR("b")));

        RUN(&again, "backup", "create", "b1");
        CHECK_INT(again.exit, EXIT_FAILED);
        CHECK(strstr(again.err, "hint: give it another NAME\n") != NULL);
        remove_folder(home);
}

/* The names of this second and of those that the test can last are taken. */
static void a_name_of_the_time_that_is_taken_gives_way(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run, again;
        const char *home = enter(&cluster, &arena);
        const int64_t now_ms = clock_wall_ms();
        const int taken = 20;

        (void) state;
        cluster_add(&cluster, BACKUPS, "{'metadata':{'name':'b1'}}");
        for (int i = 0; i < taken; i++) {
                Str name = time_name(STR("b1"), now_ms + i * 1000, &arena);

                cluster_add(&cluster, RESTORES,
                            arena_printf(&arena, "{'metadata':{'name':'" STR_FMT "'}}", STR_ARG(name)));
        }
        RUN(&run, "restore", "create", "--from-backup", "b1");
        CHECK_STR(run.err, "");
        CHECK_STR(run.out,
                  arena_printf(&arena,
                               "Restore request \"%1$s\" submitted successfully.\n"
                               "Run `grapnel restore describe %1$s` or `grapnel restore logs %1$s` for more "
                               "details.\n",
                               time_name(STR("b1"), now_ms + taken * 1000, &arena).ptr));
        RUN(&again, "restore", "create", "--from-backup", "b1");
        CHECK(strstr(again.out, time_name(STR("b1"), now_ms + (taken + 1) * 1000, &arena).ptr) != NULL);
        remove_folder(home);
}

static void with_an_output_format_it_is_printed_and_not_created(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun yaml, table, restore;
        const char *home = enter(&cluster, &arena);

        (void) state;
        RUN(&yaml, "backup", "create", "b1", "-n", "other", "-o", "yaml");
        CHECK_STR(yaml.out,
                  "apiVersion: velero.io/v1\nkind: Backup\nmetadata:\n  namespace: other\n  name: b1\n"
                  "spec: {}\n");
        RUN(&table, "backup", "create", "b1", "--labels", "a=b", "-o", "table", "--show-labels");
        CHECK(strstr(table.out, "   SELECTOR   LABELS\nb1     New ") != NULL);
        RUN(&restore, "restore", "create", "r1", "--from-backup", "b1", "-o", "yaml");
        CHECK_STR(restore.out, "apiVersion: velero.io/v1\nkind: Restore\nmetadata:\n  name: r1\n  namespace: "
                               "velero\nspec:\n  backupName: b1\n");
        CHECK_INT(cluster.writes.len, 0);
        remove_folder(home);
}

static void waiting_ends_with_the_phase_as_exit_code(void **state) {
        const struct {
                const char *last, *sentence, *err;
                ExitCode exit;
        } cases[] = {
                { "{'status':{'phase':'Completed'}}", "status: Completed.", "", EXIT_OK },
                { "{'status':{'phase':'PartiallyFailed','errors':2}}", "status: PartiallyFailed.", "",
                  EXIT_PARTIAL },
                { "{'status':{'phase':'Failed','failureReason':'no space'}}", "status: Failed.",
                  "error: no space\n", EXIT_FAILED },
                { "{'status':{'phase':'FailedValidation','validationErrors':['a','b']}}",
                  "status: FailedValidation.", "error: a\nerror: b\n", EXIT_FAILED },
        };

        (void) state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(cluster_clear) ObjectCluster cluster = { 0 };
                AUTO(cli_run_clear) CliRun run;
                const char *home = enter(&cluster, &arena);
                Actor actor = {
                        &cluster,
                        BACKUPS "/b1",
                        { "{'status':{'phase':'Queued','queuePosition':2}}",
                          "{'status':{'phase':'InProgress','progress':{'totalItems':9,'itemsBackedUp':3}}}",
                          cases[i].last },
                        false,
                        { 0 }
                };

                actor.thread = thread_start(act, &actor);
                RUN(&run, "backup", "create", "b1", "-w");
                thread_join(actor.thread);
                CHECK_INT(run.exit, cases[i].exit);
                CHECK(strstr(run.out, cases[i].sentence) != NULL);
                CHECK(strstr(run.out, "`grapnel backup logs b1`.\n") != NULL);
                CHECK(str_ends_with(str_of(run.err), str_of(cases[i].err)));
                CHECK(strncmp(run.err, "New: 0 items, 0ms\n", 14) == 0);
                remove_folder(home);
        }
}

static void a_backup_that_is_deleted_meanwhile_ends_the_waiting(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run;
        const char *home = enter(&cluster, &arena);
        Actor actor = { &cluster, BACKUPS "/b1", { "{'status':{'phase':'InProgress'}}" }, true, { 0 } };

        (void) state;
        actor.thread = thread_start(act, &actor);
        RUN(&run, "backup", "create", "b1", "--wait");
        thread_join(actor.thread);
        CHECK_INT(run.exit, EXIT_FAILED);
        CHECK(strstr(run.err, "error: Backup \"b1\" was deleted before it ended\n") != NULL);
        remove_folder(home);
}

static void a_schedule_makes_the_backup_of_its_template(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run, filtered, missing;
        const char *home = enter(&cluster, &arena);

        (void) state;
        cluster_add(&cluster, IN("velero", "schedules"),
                    "{'metadata':{'name':'nightly','namespace':'velero','labels':{'team':'x'}},'spec':{"
                    "'schedule':'0 3 * * *','useOwnerReferencesInBackup':true,'template':{"
                    "'includedNamespaces':['shop'],'hooks':{}}}}");
        RUN(&run, "backup", "create", "--from-schedule", "nightly", "--labels", "a=b", "-o", "json");
        CHECK_STR(run.err, "");
        CHECK(strstr(run.out, "\"includedNamespaces\": [\n            \"shop\"") != NULL);
        CHECK(strstr(run.out, "\"name\": \"nightly-2") != NULL);
        CHECK(strstr(run.out, "\"velero.io/schedule-name\": \"nightly\"") != NULL);
        CHECK(strstr(run.out, "\"team\": \"x\"") != NULL && strstr(run.out, "\"a\": \"b\"") != NULL);
        CHECK(strstr(run.out, "\"kind\": \"Schedule\"") != NULL);
        RUN(&filtered, "backup", "create", "--from-schedule", "nightly", "--ttl", "1h");
        CHECK_INT(filtered.exit, EXIT_USAGE);
        CHECK_STR(filtered.err,
                  "error: --ttl can't be used with --from-schedule: the schedule's template says it\n");
        RUN(&missing, "backup", "create", "--from-schedule", "weekly");
        CHECK_INT(missing.exit, EXIT_FAILED);
        CHECK(strstr(missing.err, "hint: \"grapnel schedule get -n velero\" lists them\n") != NULL);
        remove_folder(home);
}

static void what_is_wrong_with_a_backup_is_said_before_it_is_created(void **state) {
        static const struct {
                const char *words[8], *err;
                ExitCode exit;
        } cases[] = {
                { { "--storage-location", "nowhere" },
                  "error: get backupstoragelocations.velero.io \"nowhere\" in namespace \"velero\": "
                  "NotFound\n"
                  "hint: \"grapnel backup-location get -n velero\" lists them\n",
                  EXIT_FAILED },
                { { "--ttl", "-1h" },
                  "error: --ttl: \"-1h\" is negative; expected a duration such as \"720h\"\n",
                  EXIT_USAGE },
                { { "-l", "a=b", "--or-selector", "a=b or c=d" },
                  "error: --or-selector: can't be used together with --selector\n",
                  EXIT_USAGE },
                { { "--include-resources", "pods", "--include-namespace-scoped-resources", "pods" },
                  "error: --include-resources: can't be used together with "
                  "--include-namespace-scoped-resources\n",
                  EXIT_USAGE },
                { { "--from-schedule", "none" },
                  "error: get schedules.velero.io \"none\" in namespace \"velero\": NotFound\n"
                  "hint: \"grapnel schedule get -n velero\" lists them\n",
                  EXIT_FAILED },
        };
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        const char *home = enter(&cluster, &arena);

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(cli_run_clear) CliRun run;
                const char *words[12] = { "backup", "create", "b1" };

                memcpy(words + 3, c->words, sizeof c->words);
                run_answered(&run, NULL, words);
                CHECK_STR(run.err, c->err);
                CHECK_INT(run.exit, c->exit);
        }
        CHECK_INT(cluster.writes.len, 0);
        remove_folder(home);
}

static void a_namespace_that_is_not_there_is_said(void **state) {
        static const struct {
                const char *words[10], *err;
        } cases[] = {
                { { "backup", "create", "b1", "-n", "nope" }, "create backups.velero.io" },
                { { "backup", "create", "b1", "--storage-location", "main", "-n", "nope" },
                  "get backupstoragelocations.velero.io \"main\"" },
                { { "schedule", "create", "s1", "--schedule", "@daily", "-n", "nope" },
                  "create schedules.velero.io" },
                { { "restore", "create", "r1", "--from-backup", "b1", "-n", "nope" },
                  "get backups.velero.io \"b1\"" },
        };
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        const char *home = enter(&cluster, &arena);

        (void) state;
        cluster.refused = "POST " IN("nope", "");
        cluster.refused_status = 404;
        FOR_EACH_CASE(cases, c) {
                AUTO(cli_run_clear) CliRun run;

                run_answered(&run, NULL, c->words);
                CHECK_INT(run.exit, EXIT_FAILED);
                CHECK_STR(run.err,
                          arena_printf(&arena,
                                       "error: %s in namespace \"nope\": %s\n"
                                       "hint: there is no namespace \"nope\": in which one is the server "
                                       "installed? -n names it, \"grapnel install\" installs one\n",
                                       c->err, c->err[0] == 'g' ? "NotFound" : "Refused"));
        }
        remove_folder(home);
}

static void what_is_to_be_restored_has_to_be_there(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun nothing, backup, schedule, nowhere;
        const char *home = enter(&cluster, &arena);

        (void) state;
        RUN(&nothing, "restore", "create", "r1");
        CHECK_INT(nothing.exit, EXIT_USAGE);
        CHECK_STR(nothing.err,
                  "error: --from-backup or --from-schedule is missing\n"
                  "hint: --from-backup NAME says what to restore; \"grapnel backup get\" lists the names\n");
        RUN(&backup, "restore", "create", "r1", "--from-backup", "b1");
        CHECK_INT(backup.exit, EXIT_FAILED);
        CHECK(strstr(backup.err, "hint: \"grapnel backup get -n velero\" lists them\n") != NULL);
        RUN(&schedule, "restore", "create", "--from-schedule", "nightly");
        CHECK_STR(schedule.err, "error: no backups of schedule \"nightly\"\n");
        RUN(&nowhere, "restore", "create", "--from-schedule", "nightly", "-n", "nope");
        CHECK_STR(nowhere.err,
                  "error: no backups of schedule \"nightly\"\n"
                  "hint: there is no namespace \"nope\": in which one is the server installed? -n names it, "
                  "\"grapnel install\" installs one\n");
        CHECK_INT(cluster.writes.len, 0);
        remove_folder(home);
}

static void the_newest_backup_of_a_schedule_may_have_failed_in_parts_when_that_is_allowed(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run, allowed;
        const char *home = enter(&cluster, &arena);

        (void) state;
        cluster_add(&cluster, BACKUPS,
                    "{'metadata':{'name':'n-1','labels':{'velero.io/schedule-name':'n'}},'status':{'phase':"
                    "'Completed','startTimestamp':'2026-11-22T17:17:29Z'}}");
        cluster_add(&cluster, BACKUPS,
                    "{'metadata':{'name':'n-2','labels':{'velero.io/schedule-name':'n'}},'status':{'phase':"
                    "'PartiallyFailed','startTimestamp':'2026-11-23T17:17:29Z'}}");
        RUN(&run, "restore", "create", "r1", "--from-schedule", "n");
        CHECK_STR(run.err, "");
        RUN(&allowed, "restore", "create", "r2", "--from-schedule", "n", "--allow-partially-failed");
        CHECK_STR(allowed.err, "");

        AUTO_JSON *first = cluster_get(&cluster, RESTORES "/r1"),
                  *second = cluster_get(&cluster, RESTORES "/r2");
        CHECK(str_equal(json_str(json_at(yyjson_doc_get_root(first), "spec", "scheduleName")), STR("n")));
        CHECK(str_equal(json_str(json_at(yyjson_doc_get_root(second), "spec", "backupName")), STR("n-2")));
        CHECK(json_at(yyjson_doc_get_root(second), "spec", "scheduleName") == NULL);
        remove_folder(home);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_backup_is_created_as_the_flags_say),
                cmocka_unit_test(a_name_of_the_time_that_is_taken_gives_way),
                cmocka_unit_test(with_an_output_format_it_is_printed_and_not_created),
                cmocka_unit_test(waiting_ends_with_the_phase_as_exit_code),
                cmocka_unit_test(a_backup_that_is_deleted_meanwhile_ends_the_waiting),
                cmocka_unit_test(a_schedule_makes_the_backup_of_its_template),
                cmocka_unit_test(what_is_wrong_with_a_backup_is_said_before_it_is_created),
                cmocka_unit_test(a_namespace_that_is_not_there_is_said),
                cmocka_unit_test(what_is_to_be_restored_has_to_be_there),
                cmocka_unit_test(
                        the_newest_backup_of_a_schedule_may_have_failed_in_parts_when_that_is_allowed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
