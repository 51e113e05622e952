#include "check.h"

#include "cli/run_cli.h"
#include "data/json.h"

static const char *write_file(const char *folder, const char *name, const char *text, Arena *arena) {
        const char *path = arena_printf(arena, "%s/%s", folder, name);
        FILE *file = fopen(path, "w");

        assert_non_null(file);
        fputs(text, file);
        fclose(file);
        return path;
}

static const char pods_json[] =
        "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":["
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"db-0\",\"namespace\":\"shop\","
        "\"uid\":\"u1\",\"labels\":{\"app\":\"db\"}},\"spec\":{\"nodeName\":\"n1\",\"containers\":[{\"name\":"
        "\"db\"}],"
        "\"volumes\":[{\"name\":\"v\",\"persistentVolumeClaim\":{\"claimName\":\"shared\"}}]},"
        "\"status\":{\"phase\":\"Running\"}},"
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"db-1\",\"namespace\":\"shop\","
        "\"uid\":\"u2\",\"labels\":{\"app\":\"db\"}},\"spec\":{\"nodeName\":\"n1\",\"containers\":[{\"name\":"
        "\"db\"}],"
        "\"volumes\":[{\"name\":\"v\",\"persistentVolumeClaim\":{\"claimName\":\"shared\"}}]},"
        "\"status\":{\"phase\":\"Running\"}},"
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"job\",\"namespace\":\"shop\","
        "\"uid\":\"u3\",\"labels\":{\"app\":\"db\"}},\"spec\":{\"containers\":[{\"name\":\"db\"}]},"
        "\"status\":{\"phase\":\"Succeeded\"}},"
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\","
        "\"uid\":\"u4\"},\"spec\":{\"containers\":[{\"name\":\"web\"}]},\"status\":{\"phase\":\"Running\"}},"
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\",\"namespace\":\"shop\"}},"
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"db-0\",\"namespace\":\"bank\","
        "\"uid\":\"u5\",\"labels\":{\"app\":\"db\"}},\"spec\":{\"containers\":[{\"name\":\"db\"}]},"
        "\"status\":{\"phase\":\"Running\"}}]}";

static const char backup_yaml[] =
        "apiVersion: velero.io/v1\n"
        "kind: Backup\n"
        "metadata: {name: b1}\n"
        "spec:\n"
        "  includedNamespaces: ['sho*']\n"
        "  hooks:\n"
        "    resources:\n"
        "    - name: freeze\n"
        "      labelSelector: {matchLabels: {app: db}}\n"
        "      pre: [{exec: {command: [fsfreeze, -f, /data], timeout: 10s}}]\n"
        "      post: [{exec: {command: [fsfreeze, -u, /data], onError: Continue}}]\n";

static void the_plan_shows_groups_calls_and_skips_without_a_cluster(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = new_folder(&arena);
        const char *manifest = write_file(folder, "b.yaml", backup_yaml, &arena);
        const char *pods = write_file(folder, "pods.json", pods_json, &arena);
        AUTO(cli_run_clear) CliRun run;

        (void) state;
        RUN(&run, "hooks", "plan", "-f", manifest, "--pods", pods);
        CHECK_STR(run.err, "");
        CHECK_INT(run.exit, EXIT_OK);
        CHECK_STR(
                run.out,
                "GROUP   POD         PHASE   HOOK     CONTAINER   ON ERROR   TIMEOUT   COMMAND\n"
                "1       shop/db-0   pre     freeze   db          Fail       10s       fsfreeze -f /data\n"
                "1       shop/db-0   post    freeze   db          Continue   30s       fsfreeze -u /data\n"
                "1       shop/db-1   pre     freeze   db          Fail       10s       fsfreeze -f /data\n"
                "1       shop/db-1   post    freeze   db          Continue   30s       fsfreeze -u /data\n"
                "2       shop/job    pre     freeze   -           -          -         skipped: the pod has "
                "ended (Succeeded)\n"
                "2       shop/job    post    freeze   -           -          -         skipped: the pod has "
                "ended (Succeeded)\n"
                "\n"
                "1 pod without hooks\n");
        remove_folder(folder);
}

static void a_warning_about_a_pod_names_the_pod_and_no_line_of_the_manifest(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = new_folder(&arena);
        const char *manifest = write_file(folder, "b.yaml", backup_yaml, &arena);
        const char *pods =
                write_file(folder, "pod.json",
                           "{\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"shop\",\"name\":\"web\","
                           "\"annotations\":{\"pre.hook.backup.velero.io/comand\":\"date\"}}}",
                           &arena);
        AUTO(cli_run_clear) CliRun run;

        (void) state;
        RUN(&run, "hooks", "plan", "-f", manifest, "--pods", pods);
        CHECK_STR(
                run.err,
                "warning: pods/shop/web: metadata.annotations[pre.hook.backup.velero.io/comand]: not a hook "
                "annotation: did you mean \"pre.hook.backup.velero.io/command\"?\n");
        CHECK_INT(run.exit, EXIT_OK);
        remove_folder(folder);
}

static void a_plan_without_the_resource_policy_says_so(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = new_folder(&arena);
        const char *manifest = write_file(folder, "b.yaml",
                                          "apiVersion: velero.io/v1\nkind: Backup\nmetadata: {name: b}\n"
                                          "spec: {resourcePolicy: {kind: configmap, name: p}}\n",
                                          &arena);
        const char *pods = write_file(folder, "pods.json", pods_json, &arena);
        AUTO(cli_run_clear) CliRun run;

        (void) state;
        RUN(&run, "hooks", "plan", "-f", manifest, "--pods", pods);
        CHECK_STR(
                run.err,
                "warning: spec.resourcePolicy: is not read here: pods that only the policy leaves out are in "
                "the plan\n");
        CHECK_INT(run.exit, EXIT_OK);
        remove_folder(folder);
}

static void the_plan_is_json_for_programs(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;
        const char *folder = new_folder(&arena);
        const char *manifest = write_file(folder, "b.yaml", backup_yaml, &arena);
        const char *pods = write_file(folder, "pods.json", pods_json, &arena);
        AUTO(cli_run_clear) CliRun run;

        (void) state;
        RUN(&run, "hooks", "plan", "-f", manifest, "--pods", pods, "-o", "json");
        CHECK(json_parse(str_of(run.out), "plan", &doc, &err));
        JsonVal *groups = json_get(yyjson_doc_get_root(doc), "groups");
        CHECK_INT(yyjson_arr_size(groups), 2);
        JsonVal *pod = yyjson_arr_get_first(json_get(yyjson_arr_get_first(groups), "pods"));
        CHECK(str_equal(json_get_str(pod, "node"), STR("n1")));
        CHECK(str_equal(json_get_str(yyjson_arr_get_first(json_get(pod, "post")), "onError"),
                        STR("Continue")));
        CHECK_INT(json_get_int(yyjson_doc_get_root(doc), "podsWithoutHooks", -1), 1);
        remove_folder(folder);
}

static void a_restore_is_planned_on_the_pods_of_its_backup(void **state) {
        static const char restore_yaml[] =
                "apiVersion: velero.io/v1\n"
                "kind: Restore\n"
                "metadata: {name: r1}\n"
                "spec:\n"
                "  backupName: hooked\n"
                "  namespaceMapping: {harbour: dock}\n"
                "  hooks:\n"
                "    resources:\n"
                "    - name: after\n"
                "      includedNamespaces: [dock]\n"
                "      labelSelector: {matchLabels: {app: quay}}\n"
                "      postHooks:\n"
                "      - init: {initContainers: [{name: first, image: busybox, command: [date]}]}\n"
                "      - exec: {container: side, command: [date], waitTimeout: 1m}\n";
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = new_folder(&arena);
        const char *manifest = write_file(folder, "r.yaml", restore_yaml, &arena);
        AUTO(cli_run_clear) CliRun run, json, other, wrong;

        (void) state;
        RUN(&run, "hooks", "plan", "-f", manifest, "--from", BUCKET);
        CHECK_STR(run.err, "");
        CHECK(strstr(run.out, "dock/quay-577fcb757f-shhtw   init    -") != NULL);
        CHECK(strstr(run.out, "-         init container, put in first\n") != NULL);
        CHECK(strstr(run.out, "exec    after") != NULL);
        RUN(&json, "hooks", "plan", "-f", manifest, "--from", BUCKET, "-o", "json");
        CHECK(strstr(json.out, "\"waitTimeout\": \"1m0s\"") != NULL);
        CHECK(strstr(json.out, "\"init\": [\n") != NULL);
        RUN(&other, "hooks", "plan", "-f", manifest, "--from", BUCKET, "--backup", "nothing");
        CHECK(strncmp(other.out, "no hook would run\n", 18) == 0);
        const char *backup = write_file(folder, "b.yaml", backup_yaml, &arena);
        RUN(&wrong, "hooks", "plan", "-f", backup, "--from", BUCKET);
        CHECK_INT(wrong.exit, EXIT_USAGE);
        CHECK_STR(wrong.err, "error: --from goes with a Restore; a Backup's pods are in the cluster\n");
        remove_folder(folder);
}

static void a_wrong_annotation_is_told(void **state) {
        static const char pod_yaml[] = "apiVersion: v1\n"
                                       "kind: Pod\n"
                                       "metadata:\n"
                                       "  name: web\n"
                                       "  namespace: shop\n"
                                       "  annotations:\n"
                                       "    pre.hook.backup.velero.io/command: '[\"/bin/date\"]'\n"
                                       "    pre.hook.backup.velero.io/timeout: '300'\n"
                                       "spec: {containers: [{name: web}]}\n"
                                       "status: {phase: Running}\n";
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = new_folder(&arena);
        const char *manifest = write_file(folder, "b.yaml", backup_yaml, &arena);
        const char *pod = write_file(folder, "pod.yaml", pod_yaml, &arena);
        AUTO(cli_run_clear) CliRun run;

        (void) state;
        RUN(&run, "hooks", "plan", "-f", manifest, "--pods", pod);
        CHECK(strstr(run.err,
                     "metadata.annotations[pre.hook.backup.velero.io/timeout]: \"300\" is not a duration") !=
              NULL);
        CHECK_INT(run.exit, EXIT_OK);
        remove_folder(folder);
}

static void a_hook_that_is_certain_to_fail_fails_the_plan(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = new_folder(&arena);
        const char *pods = write_file(folder, "pods.json", pods_json, &arena);
        const char *manifest = write_file(folder, "b.yaml",
                                          "apiVersion: velero.io/v1\n"
                                          "kind: Backup\n"
                                          "metadata: {name: b1}\n"
                                          "spec:\n"
                                          "  hooks:\n"
                                          "    resources:\n"
                                          "    - name: odd\n"
                                          "      post: [{exec: {container: nope, command: [date]}}]\n",
                                          &arena);
        AUTO(cli_run_clear) CliRun run, json;

        (void) state;
        RUN(&run, "hooks", "plan", "-f", manifest, "--pods", pods);
        CHECK(strstr(run.out, "FAILS: ") != NULL);
        CHECK_INT(run.exit, EXIT_FAILED);
        RUN(&json, "hooks", "plan", "-f", manifest, "--pods", pods, "-o", "json");
        CHECK(strstr(json.out, "\"fails\": true") != NULL);
        remove_folder(folder);
}

static void pods_that_are_no_pods_are_refused(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = new_folder(&arena);
        const char *manifest = write_file(folder, "b.yaml", backup_yaml, &arena);
        const char *odd = write_file(folder, "odd.yaml", "kind: Secret\n", &arena);
        AUTO(cli_run_clear) CliRun kind, missing, both;

        (void) state;
        RUN(&kind, "hooks", "plan", "-f", manifest, "--pods", odd);
        CHECK_STR(kind.err,
                  arena_printf(&arena,
                               "error: \"%s\" holds a \"Secret\", not pods (kubectl get pods -A -o json)\n",
                               odd));
        RUN(&missing, "hooks", "plan", "-f", manifest, "--pods", "/nonexistent");
        CHECK_STR(missing.err, "error: \"/nonexistent\": No such file or directory\n");
        RUN(&both, "hooks", "plan", "-f", manifest, "--pods", odd, "--from", BUCKET);
        CHECK_STR(both.err, "error: --pods and --from: the pods come from one place\n");
        remove_folder(folder);
}

static void lint_says_file_line_level_and_path(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = new_folder(&arena);
        const char *good = write_file(folder, "good.yaml", backup_yaml, &arena);
        const char *bad = write_file(folder, "bad.yaml",
                                     "apiVersion: velero.io/v1\n"
                                     "kind: Backup\n"
                                     "metadata: {name: b1}\n"
                                     "spec:\n"
                                     "  hooks:\n"
                                     "    resources:\n"
                                     "    - name: freeze\n"
                                     "      post:\n"
                                     "      - exec: {command: [date], timeout: 300}\n",
                                     &arena);
        AUTO(cli_run_clear) CliRun clean, wrong, json;

        (void) state;
        RUN(&clean, "hooks", "lint", "-f", good);
        CHECK_STR(clean.out, arena_printf(&arena, "%s: nothing found\n", good));
        CHECK_INT(clean.exit, EXIT_OK);
        RUN(&wrong, "hooks", "lint", "-f", bad);
        CHECK(strstr(wrong.out,
                     arena_printf(&arena,
                                  "%s:9: error: spec.hooks.resources[0].post[0].exec.timeout: \"300\" is "
                                  "not a duration",
                                  bad)) != NULL);
        CHECK_INT(wrong.exit, EXIT_FAILED);
        RUN(&json, "hooks", "lint", "-f", bad, "-o", "json");
        CHECK(strstr(json.out, "\"errors\": 1,\n") != NULL);
        CHECK(strstr(json.out, "\"line\": 9,\n") != NULL);
        remove_folder(folder);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_plan_shows_groups_calls_and_skips_without_a_cluster),
                cmocka_unit_test(a_warning_about_a_pod_names_the_pod_and_no_line_of_the_manifest),
                cmocka_unit_test(a_plan_without_the_resource_policy_says_so),
                cmocka_unit_test(the_plan_is_json_for_programs),
                cmocka_unit_test(a_restore_is_planned_on_the_pods_of_its_backup),
                cmocka_unit_test(a_wrong_annotation_is_told),
                cmocka_unit_test(a_hook_that_is_certain_to_fail_fails_the_plan),
                cmocka_unit_test(pods_that_are_no_pods_are_refused),
                cmocka_unit_test(lint_says_file_line_level_and_path),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
