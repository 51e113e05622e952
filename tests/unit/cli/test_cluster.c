#include "check.h"

#include "cli/cluster_home.h"
#include "cli/velero_config.h"

static void add_backups(ObjectCluster *cluster) {
        cluster_add(cluster, IN("velero", "backups"),
                    "{'apiVersion':'velero.io/v1','kind':'Backup','metadata':{'name':'tuesday','labels':{'a':"
                    "'b'}},'spec':{'storageLocation':'default'},'status':{'phase':'Failed','errors':2}}");
        cluster_add(cluster, IN("velero", "backups"),
                    "{'apiVersion':'velero.io/v1','kind':'Backup','metadata':{'name':'monday'},'spec':{"
                    "'storageLocation':'default'}}");
        cluster_add(
                cluster, IN("other", "backups"),
                "{'apiVersion':'velero.io/v1','kind':'Backup','metadata':{'name':'elsewhere'},'spec':{}}");
}

static void without_a_folder_the_clusters_backups_are_listed(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun all, reversed, labels, other;
        const char *home = enter(&cluster, &arena);

        (void) state;
        add_backups(&cluster);
        RUN(&all, "backup", "get");
        CHECK_STR(all.err, "");
        CHECK_STR(all.out,
                  "NAME      STATUS   ERRORS   WARNINGS   CREATED   EXPIRES   STORAGE LOCATION   QUEUE "
                  "POSITION   SELECTOR\n"
                  "monday    New      0        0          <nil>     n/a       default                        "
                  "     <none>\n"
                  "tuesday   Failed   2        0          <nil>     n/a       default                        "
                  "     <none>\n");
        RUN(&reversed, "get", "backups");
        CHECK_STR(reversed.out, all.out);
        RUN(&labels, "backup", "get", "-L", "x/a,b", "-L", "a", "--show-labels");
        CHECK(strstr(labels.out, "   SELECTOR   A   B   A   LABELS\n") != NULL);
        CHECK(strstr(labels.out, "   <none>                 <none>\n") != NULL);
        CHECK(strstr(labels.out, "   <none>             b   a=b\n") != NULL);
        RUN(&other, "backup", "get", "-n", "other", "-o", "json");
        CHECK_STR(other.err, "");
        CHECK(strstr(other.out, "\"elsewhere\"") != NULL);
        CHECK(strstr(other.out, "\"List\"") == NULL);
        remove_folder(home);
}

static void named_ones_are_read_by_name_and_a_missing_one_is_said(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun named, missing, selected;
        const char *home = enter(&cluster, &arena);

        (void) state;
        add_backups(&cluster);
        RUN(&named, "backup", "get", "tuesday", "-o", "json");
        CHECK_INT(named.exit, EXIT_OK);
        CHECK(strstr(named.out, "\"tuesday\"") != NULL && strstr(named.out, "\"monday\"") == NULL);
        RUN(&missing, "backup", "get", "sunday");
        CHECK_INT(missing.exit, EXIT_FAILED);
        CHECK_STR(missing.out, "");
        CHECK(strstr(missing.err, "\"sunday\"") != NULL);
        CHECK(strstr(missing.err, "hint: \"grapnel backup get -n velero\" lists them") != NULL);
        RUN(&selected, "backup", "get", "monday", "tuesday", "-l", "a=b", "-o", "json");
        CHECK(strstr(selected.out, "\"tuesday\"") != NULL && strstr(selected.out, "\"monday\"") == NULL);
        remove_folder(home);
}

static void restores_of_the_cluster_are_listed(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run;
        const char *home = enter(&cluster, &arena);

        (void) state;
        cluster_add(&cluster, IN("velero", "restores"),
                    "{'metadata':{'name':'r1','creationTimestamp':'2026-11-22T17:17:29Z'},'spec':{"
                    "'backupName':'plain'},'status':{'phase':'Completed','warnings':3}}");
        RUN(&run, "restore", "get");
        CHECK_STR(run.err, "");
        CHECK_STR(run.out,
                  "NAME   BACKUP   STATUS      STARTED   COMPLETED   ERRORS   WARNINGS   CREATED        "
                  "                 SELECTOR\n"
                  "r1     plain    Completed   <nil>     <nil>       0        3          2026-11-22 "
                  "17:17:29 +0000 UTC   <none>\n");
        remove_folder(home);
}

static void the_namespace_is_the_flags_then_the_files_then_the_environments(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        const char *home = new_folder(&arena);
        const char *file = arena_printf(&arena, "%s/.config/velero/config.json", home);
        Str found;

        (void) state;
        setenv("HOME", home, 1);
        unsetenv("VELERO_NAMESPACE");
        CHECK(velero_config_namespace(STR(""), &arena, &found, &err));
        CHECK(str_equal(found, STR("velero")));
        setenv("VELERO_NAMESPACE", "environment", 1);
        CHECK(velero_config_namespace(STR(""), &arena, &found, &err));
        CHECK(str_equal(found, STR("environment")));

        CHECK_INT(mkdir(arena_printf(&arena, "%s/.config", home), 0700), 0);
        CHECK_INT(mkdir(arena_printf(&arena, "%s/.config/velero", home), 0700), 0);
        write_file(file, "{\"namespace\":\"file\"}");
        CHECK(velero_config_namespace(STR(""), &arena, &found, &err));
        CHECK(str_equal(found, STR("file")));
        CHECK(velero_config_namespace(STR("flag"), &arena, &found, &err));
        CHECK(str_equal(found, STR("flag")));

        write_file(file, "{");
        CHECK(!velero_config_namespace(STR(""), &arena, &found, &err));
        CHECK(strstr(err.message, file) != NULL);
        unsetenv("VELERO_NAMESPACE");
        remove_folder(home);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(without_a_folder_the_clusters_backups_are_listed),
                cmocka_unit_test(named_ones_are_read_by_name_and_a_missing_one_is_said),
                cmocka_unit_test(restores_of_the_cluster_are_listed),
                cmocka_unit_test(the_namespace_is_the_flags_then_the_files_then_the_environments),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
