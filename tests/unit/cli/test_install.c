#include "check.h"

#include "cli/cluster_home.h"

static void a_chart_that_was_written_is_told_with_what_is_next(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cli_run_clear) CliRun run, other;
        const char *folder = new_folder(&arena);

        (void) state;
        RUN(&run, "install", "--helm-chart", folder);
        CHECK_STR(run.err, "");
        CHECK_STR(run.out,
                  arena_printf(&arena,
                               "Helm chart written to %s: set provider and bucket in its values.yaml, then "
                               "\"helm install grapnel %s --namespace velero --create-namespace\"\n",
                               folder, folder));
        CHECK_INT(access(arena_printf(&arena, "%s/values.yaml", folder), R_OK), 0);
        RUN(&other, "install", "--helm-chart", folder, "-n", "backups");
        CHECK(strstr(other.out, " --namespace backups ") != NULL);
        remove_folder(folder);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_chart_that_was_written_is_told_with_what_is_next),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
