#include "check.h"

#include "cli/cluster_home.h"

#define RESTORES IN("velero", "restores")

static void restores_lose_the_finalizer_that_only_the_server_takes_away(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run;
        AUTO(buf_clear) Buf left = { 0 };

        (void) state;
        enter(&cluster, &arena);
        cluster_add(&cluster, RESTORES,
                    "{'metadata':{'name':'r1','finalizers':['restores.velero.io/"
                    "external-resources-finalizer','else/where']}}");
        cluster_add(&cluster, RESTORES, "{'metadata':{'name':'r2','finalizers':['else/where']}}");
        RUN(&run, "uninstall", "--force");
        CHECK_STR(run.err, "");
        CHECK_STR(
                run.out,
                "Restore r1: finalizer removed, so that it can be deleted without a server; its files in the "
                "location stay\n");
        AUTO_JSON *first = cluster_get(&cluster, RESTORES "/r1");
        AUTO_JSON *second = cluster_get(&cluster, RESTORES "/r2");
        json_write(json_at(yyjson_doc_get_root(first), "metadata", "finalizers"), &left);
        json_write(json_at(yyjson_doc_get_root(second), "metadata", "finalizers"), &left);
        CHECK_TEXT(buf_str(&left), "[\"else/where\"][\"else/where\"]");
}

static void where_nothing_is_installed_that_is_said(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun forced, no, yes;

        (void) state;
        enter(&cluster, &arena);
        RUN(&forced, "uninstall", "--force");
        CHECK_STR(forced.err, "");
        CHECK_STR(forced.out, "nothing to remove: no server is installed in namespace \"velero\"\n");
        RUN_ANSWERED(&no, "n\n", "uninstall");
        CHECK_INT(no.exit, EXIT_OK);
        CHECK_STR(no.err,
                  "The server in namespace \"velero\" and its rights are removed. The namespace, the custom\n"
                  "resources and their definitions stay, and so do the backups in their stores.\n"
                  "Continue (Y/N)? Nothing was removed\n");
        CHECK_STR(no.out, "");
        RUN_ANSWERED(&yes, "y\n", "uninstall");
        CHECK_STR(yes.out, forced.out);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(restores_lose_the_finalizer_that_only_the_server_takes_away),
                cmocka_unit_test(where_nothing_is_installed_that_is_said),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
