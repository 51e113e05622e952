#include "check.h"

#include "cli/cluster_home.h"

#define BACKUPS IN("velero", "backups")
#define RESTORES IN("velero", "restores")
#define SCHEDULES IN("velero", "schedules")
#define LOCATIONS IN("velero", "backupstoragelocations")

/* The value of one change and of two. */
#define ONE(kind, name, outcome)                                                                             \
        "{\n    \"objects\": [\n        {\n            \"kind\": \"" kind                                    \
        "\",\n            \"name\": \"" name "\",\n            \"outcome\": \"" outcome                      \
        "\"\n        }\n    ]\n}\n"
#define YAML(kind, name, outcome) "- kind: " kind "\n  name: " name "\n  outcome: " outcome "\n"
#define NONE "{\n    \"objects\": []\n}\n"

static const char *open_with_objects(ObjectCluster *cluster, Arena *arena) {
        const char *home = enter(cluster, arena);

        cluster_add(cluster, BACKUPS, "{'metadata':{'name':'b1'}}");
        cluster_add(cluster, RESTORES,
                    "{'metadata':{'name':'r1','finalizers':['restores.velero.io/"
                    "external-resources-finalizer']}}");
        cluster_add(cluster, SCHEDULES, "{'metadata':{'name':'s1'},'spec':{}}");
        cluster_add(cluster, SCHEDULES, "{'metadata':{'name':'s2'},'spec':{'paused':true}}");
        cluster_add(cluster, LOCATIONS, "{'metadata':{'name':'main'},'spec':{'default':true}}");
        cluster_add(cluster, LOCATIONS, "{'metadata':{'name':'nfs'},'spec':{}}");
        cluster_add(cluster, IN("velero", "volumesnapshotlocations"),
                    "{'metadata':{'name':'ebs'},'spec':{}}");
        return home;
}

static void what_a_command_changed_has_a_form_for_programs(void **state) {
        static const struct {
                const char *words[9], *out;
        } cases[] = {
                { { "backup", "delete", "b1", "--confirm", "-o", "json" },
                  ONE("Backup", "b1", "DeletionRequested") },
                { { "restore", "delete", "r1", "--confirm", "-o", "json" },
                  ONE("Restore", "r1", "DeletionRequested") },
                { { "schedule", "delete", "s1", "--confirm", "-o", "json" },
                  ONE("Schedule", "s1", "Deleted") },
                { { "schedule", "pause", "--all", "-o", "yaml" },
                  "objects:\n" YAML("Schedule", "s1", "Paused") YAML("Schedule", "s2", "Unchanged") },
                { { "schedule", "unpause", "s2", "-o", "json" }, ONE("Schedule", "s2", "Unpaused") },
                { { "backup-location", "set", "nfs", "--default", "-o", "yaml" },
                  "objects:\n" YAML("BackupStorageLocation", "main", "NoLongerDefault")
                          YAML("BackupStorageLocation", "nfs", "Configured") },
                { { "backup-location", "delete", "main", "--confirm", "-o", "yaml" },
                  "objects:\n" YAML("BackupStorageLocation", "main", "Deleted")
                          YAML("Backup", "b1", "Deleted") },
                { { "snapshot-location", "set", "ebs", "--credential", "s=k", "-o", "json" },
                  ONE("VolumeSnapshotLocation", "ebs", "Configured") },
                { { "uninstall", "--force", "-o", "json" }, ONE("Restore", "r1", "FinalizerRemoved") },
                { { "hooks", "undo", "-o", "json" },
                  "{\n    \"thawed\": 0,\n    \"closed\": 0,\n    \"failed\": 0\n}\n" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(cluster_clear) ObjectCluster cluster = { 0 };
                AUTO(cli_run_clear) CliRun run;
                const char *home = open_with_objects(&cluster, &arena);

                setenv("XDG_STATE_HOME", home, 1);
                run_answered(&run, NULL, c->words);
                CHECK_STR(run.err, "");
                CHECK_STR(run.out, c->out);
                CHECK_INT(run.exit, EXIT_OK);
                remove_folder(home);
        }
}

static void what_was_done_is_printed_beside_the_error(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun missing, refused, none;
        const char *home = open_with_objects(&cluster, &arena);

        (void) state;
        RUN(&missing, "schedule", "pause", "s3", "s1", "-o", "json");
        CHECK_INT(missing.exit, EXIT_FAILED);
        CHECK(strstr(missing.err, "\"s3\"") != NULL);
        CHECK_STR(missing.out, ONE("Schedule", "s1", "Paused"));
        cluster.refused = "PATCH " LOCATIONS "/nfs";
        cluster.refused_status = 403;
        RUN(&refused, "backup-location", "set", "nfs", "--default", "-o", "json");
        CHECK_INT(refused.exit, EXIT_FAILED);
        CHECK_STR(refused.out, ONE("BackupStorageLocation", "main", "NoLongerDefault"));
        RUN(&none, "backup", "delete", "-o", "json");
        CHECK_INT(none.exit, EXIT_USAGE);
        CHECK_STR(none.out, "");
        remove_folder(home);
}

static void a_folder_s_changes_have_the_same_form(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cli_run_clear) CliRun backup, none, chart;
        const char *folder = new_folder(&arena);
        const char *charts = arena_printf(&arena, "%s/chart", folder);

        (void) state;
        CHECK_INT(system(arena_printf(&arena, "cp -r %s/. %s", BUCKET, folder)), 0);
        RUN(&backup, "backup", "delete", "plain", "--confirm", "--from", folder, "-o", "json");
        CHECK_STR(backup.out, ONE("Backup", "plain", "Deleted"));
        RUN(&none, "backup", "delete", "-l", "a=b", "--confirm", "--from", folder, "-o", "json");
        CHECK_STR(none.out, NONE);
        RUN(&chart, "install", "--helm-chart", charts, "-o", "yaml");
        CHECK_STR(chart.out, arena_printf(&arena, "objects:\n" YAML("HelmChart", "%s", "Written"), charts));
        remove_folder(folder);
}

/* What is no result: logs and files as they are, what runs on, and texts about the program. */
static void every_other_command_has_output(void **state) {
        static const char *const without[] = { "backup logs", "restore logs", "client config set", "server",
                                               "completion",  "help",         "man-pages" };

        (void) state;
        for (const Command *const *c = commands_all; *c; c++) {
                bool has_output = options_find((*c)->options, STR("output")) != NULL, is_without = false;

                FOR_EACH_CASE(without, name)
                is_without = is_without || strcmp(*name, (*c)->name) == 0;
                if (has_output == is_without)
                        fail_msg("%s: --output: %d", (*c)->name, has_output);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_a_command_changed_has_a_form_for_programs),
                cmocka_unit_test(what_was_done_is_printed_beside_the_error),
                cmocka_unit_test(a_folder_s_changes_have_the_same_form),
                cmocka_unit_test(every_other_command_has_output),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
