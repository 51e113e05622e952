#include "check.h"

#include "cli/cluster_home.h"

#define BACKUPS IN("velero", "backups")
#define RESTORES IN("velero", "restores")
#define REQUESTS IN("velero", "deletebackuprequests")

static const char *open_with_objects(ObjectCluster *cluster, Arena *arena) {
        const char *home = enter(cluster, arena);

        cluster_add(cluster, BACKUPS, "{'metadata':{'name':'b1','labels':{'a':'x'}}}");
        cluster_add(cluster, BACKUPS, "{'metadata':{'name':'b2','labels':{'a':'x'}}}");
        cluster_add(cluster, RESTORES, "{'metadata':{'name':'r1'}}");
        cluster_add(cluster, RESTORES, "{'metadata':{'name':'r2'}}");
        return home;
}

static void a_backup_is_deleted_by_the_server_on_request(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run;
        AUTO(buf_clear) Buf text = { 0 };
        const char *home = open_with_objects(&cluster, &arena);

        (void) state;
        RUN(&run, "backup", "delete", "b1", "--confirm");
        CHECK_STR(run.err, "");
        CHECK_STR(run.out,
                  "Request to delete backup \"b1\" submitted successfully.\n"
                  "The backup will be fully deleted after all associated data (disk snapshots, backup "
                  "files, restores) are removed.\n");
        AUTO_JSON *request = cluster_get(&cluster, REQUESTS "/b1-00005");
        json_write(json_at(yyjson_doc_get_root(request), "metadata", "labels"), &text);
        json_write(json_at(yyjson_doc_get_root(request), "spec"), &text);
        buf_add_char(&text, '\0');
        CHECK_STR(text.ptr, "{\"velero.io/backup-name\":\"b1\",\"velero.io/backup-uid\":\"uid-1\"}{"
                            "\"backupName\":\"b1\"}");
        CHECK(str_equal(cluster_names(&cluster, BACKUPS, &arena), STR("b1 b2")));
        remove_folder(home);
}

static void one_that_is_missing_does_not_keep_the_others(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run;
        const char *home = open_with_objects(&cluster, &arena);

        (void) state;
        RUN(&run, "restore", "delete", "none", "r1", "--confirm");
        CHECK_INT(run.exit, EXIT_FAILED);
        CHECK(strstr(run.err, "\"none\"") != NULL);
        CHECK_STR(run.out, "Request to delete restore \"r1\" submitted successfully.\n"
                           "The restore will be fully deleted after all associated data (restore files in "
                           "object storage) are removed.\n");
        CHECK(str_equal(cluster_names(&cluster, RESTORES, &arena), STR("r2")));
        remove_folder(home);
}

static void the_user_is_asked_and_a_pipe_can_t_be(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun pipe, no, yes;
        const char *home = open_with_objects(&cluster, &arena);

        (void) state;
        RUN(&pipe, "backup", "delete", "--all");
        CHECK_INT(pipe.exit, EXIT_USAGE);
        CHECK_STR(pipe.err, "error: nobody to ask: standard input is not a terminal\n"
                            "hint: --confirm deletes without asking\n");
        RUN_ANSWERED(&no, "n\n", "backup", "delete", "--all");
        CHECK_INT(no.exit, EXIT_OK);
        CHECK_STR(no.err, "  b1\n  b2\nDelete 2 backups and all that is stored of them (Y/N)? Nothing was "
                          "deleted\n");
        CHECK_INT(cluster.writes.len, 0);
        RUN_ANSWERED(&yes, "Y\n", "backup", "delete", "-l", "a=x");
        CHECK_INT(yes.exit, EXIT_OK);
        CHECK(str_equal(cluster_names(&cluster, REQUESTS, &arena), STR("b1-00005 b2-00006")));
        remove_folder(home);
}

static void nothing_to_delete_is_no_failure_and_two_choices_are(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun none, both, neither;
        const char *home = enter(&cluster, &arena);

        (void) state;
        RUN(&none, "restore", "delete", "--all", "--confirm");
        CHECK_INT(none.exit, EXIT_OK);
        CHECK_STR(none.out, "No restores found\n");
        RUN(&both, "restore", "delete", "r1", "--all");
        CHECK_STR(both.err, "error: give names, --all or --selector: exactly one of them\n");
        RUN(&neither, "restore", "delete");
        CHECK_INT(neither.exit, EXIT_USAGE);
        remove_folder(home);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_backup_is_deleted_by_the_server_on_request),
                cmocka_unit_test(one_that_is_missing_does_not_keep_the_others),
                cmocka_unit_test(the_user_is_asked_and_a_pipe_can_t_be),
                cmocka_unit_test(nothing_to_delete_is_no_failure_and_two_choices_are),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
