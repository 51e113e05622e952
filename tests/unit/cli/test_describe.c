#include "check.h"

#include "cli/run_cli.h"
#include "data/json.h"
#include "data/yaml.h"

/* Ours is called grapnel; all else is to be what Velero printed. */
static const char *as_ours(Str velero, Arena *arena) {
        AUTO(buf_clear) Buf text = { 0 };
        Str rest = velero;
        const char *mark;

        while ((mark = strstr(rest.ptr, "velero backup logs")) ||
               (mark = strstr(rest.ptr, "velero restore logs"))) {
                size_t before = (size_t) (mark - rest.ptr);

                buf_add(&text, (Str) { rest.ptr, before });
                buf_add(&text, STR("grapnel"));
                rest = str_skip(rest, before + strlen("velero"));
        }
        buf_add(&text, rest);
        return arena_copy(arena, buf_str(&text)).ptr;
}

static void veleros_backups_are_described_as_velero_describes_them(void **state) {
        const char *const names[] = { "plain", "labelled", "hooked", "hook-fails", "nothing" };

        (void) state;
        FOR_EACH_CASE(names, name) {
                AUTO(cli_run_clear) CliRun brief, detailed;

                RUN(&brief, "backup", "describe", *name, "--from", BUCKET);
                CHECK_STR(brief.err, "");
                CHECK_INT(brief.exit, EXIT_OK);
                CHECK_STR(brief.out,
                          as_ours(golden_file(arena_printf(&brief.arena, "cli/backup-describe-%s.txt", *name),
                                              &brief.arena),
                                  &brief.arena));
                RUN(&detailed, "backup", "describe", *name, "--details", "--from", BUCKET);
                CHECK_STR(detailed.out,
                          as_ours(golden_file(arena_printf(&detailed.arena,
                                                           "cli/backup-describe-details-%s.txt", *name),
                                              &detailed.arena),
                                  &detailed.arena));
        }
}

/* Velero keeps Restores in the cluster; beside their files in a bucket, their objects are ours to add. */
static const char *bucket_with_restores(Arena *arena) {
        const char *folder = new_folder(arena);
        AUTO(yaml_docs_clear) YamlDocs docs = { 0 };
        AUTO(error_clear) Error err = { 0 };
        size_t i, count;
        JsonVal *restore;

        assert_int_equal(system(arena_printf(arena, "cp -r %s/. %s", BUCKET, folder)), 0);
        assert_true(yaml_parse(golden_file("cluster/restores.yaml", arena), "restores", &docs, &err));
        yyjson_arr_foreach(json_get(yyjson_doc_get_root(docs.items[0].json), "items"), i, count, restore) {
                AUTO(buf_clear) Buf text = { 0 };
                const char *name = json_get_str(json_get(restore, "metadata"), "name").ptr;
                const char *path = arena_printf(arena, "%s/restores/%s/%s-restore.json", folder, name, name);
                FILE *file = fopen(path, "w");

                if (!file)
                        continue; /* made before the golden ones, its files are not kept */
                json_write(restore, &text);
                fwrite(text.ptr, 1, text.len, file);
                fclose(file);
        }
        return folder;
}

static void veleros_restores_are_described_as_velero_describes_them(void **state) {
        const char *const names[] = { "hooked-again", "over-existing", "plain-mapped" };
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = bucket_with_restores(&arena);

        (void) state;
        FOR_EACH_CASE(names, name) {
                AUTO(cli_run_clear) CliRun brief, detailed;

                RUN(&brief, "restore", "describe", *name, "--from", folder);
                CHECK_STR(brief.err, "");
                CHECK_STR(brief.out,
                          as_ours(golden_file(arena_printf(&arena, "cli/restore-describe-%s.txt", *name),
                                              &arena),
                                  &arena));
                RUN(&detailed, "restore", "describe", *name, "--details", "--from", folder);
                CHECK_STR(detailed.out,
                          as_ours(golden_file(
                                          arena_printf(&arena, "cli/restore-describe-details-%s.txt", *name),
                                          &arena),
                                  &arena));
        }
        remove_folder(folder);
}

static void restores_are_listed_as_velero_lists_them(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = bucket_with_restores(&arena);
        Str golden = golden_file("cli/restore-get.txt", &arena), line;
        AUTO(cli_run_clear) CliRun run;

        (void) state;
        RUN(&run, "restore", "get", "--from", folder);
        while (str_cut(&golden, '\n', &line))
                if (!str_starts_with(line, STR("kr1")))
                        CHECK(strstr(run.out, arena_copy(&arena, line).ptr) != NULL);
        remove_folder(folder);
}

static void restores_without_an_object_are_described_from_their_files(void **state) {
        AUTO(cli_run_clear) CliRun run, list;

        (void) state;
        RUN(&run, "restore", "describe", "plain-mapped", "--details", "--from", BUCKET);
        CHECK_INT(run.exit, EXIT_OK);
        CHECK(strstr(run.out, "    marina:  error restoring services/marina/quay") != NULL);
        CHECK(strstr(run.out, "    - marina/quay(created)\n") != NULL);
        RUN(&list, "restore", "get", "--from", BUCKET);
        CHECK(strstr(list.out, "plain-mapped    <none>   Unknown") != NULL);
}

/* Every key of `golden` is in `ours` with an equal value. */
static void check_contains(JsonVal *ours, JsonVal *golden) {
        size_t i, count;
        JsonVal *key, *value;

        if (!yyjson_is_obj(golden)) {
                assert_true(json_equal(ours, golden));
                return;
        }
        yyjson_obj_foreach(golden, i, count, key, value) {
                assert_non_null(json_get_key(ours, json_str(key)));
                check_contains(json_get_key(ours, json_str(key)), value);
        }
}

static void the_json_form_has_all_that_veleros_has(void **state) {
        AUTO(cli_run_clear) CliRun run;
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *ours = NULL, *golden = NULL;

        (void) state;
        RUN(&run, "backup", "describe", "plain", "-o", "json", "--from", BUCKET);
        CHECK(json_parse(str_of(run.out), "ours", &ours, &err));
        CHECK(json_parse(golden_file("cli/backup-describe-plain.json", &run.arena), "golden", &golden, &err));
        check_contains(yyjson_doc_get_root(ours), yyjson_doc_get_root(golden));
}

#define HOOKS                                                                                                \
        "{\"hooks\":[{\"namespace\":\"shop\",\"pod\":\"db-0\",\"uid\":\"u\",\"node\":\"n\",\"container\":"   \
        "\"db\","                                                                                            \
        "\"name\":\"freeze\",\"source\":\"spec\",\"phase\":\"post\",\"index\":0,\"command\":[\"thaw\",\"-"   \
        "f\"],"                                                                                              \
        "\"onError\":\"Fail\",\"outcome\":\"Succeeded\",\"exitCode\":0,\"attempts\":1,"                      \
        "\"startTimestamp\":\"2026-11-22T17:16:35.200Z\",\"durationMs\":65,\"freezeMs\":1310,"               \
        "\"stdout\":\"one\\ntwo\\tcells\\nthree\\nfour\\n\"},"                                               \
        "{\"namespace\":\"shop\",\"pod\":\"db-0\",\"container\":\"db\",\"name\":\"freeze\",\"phase\":"       \
        "\"pre\","                                                                                           \
        "\"command\":[\"freeze\"],\"outcome\":\"Failed\",\"exitCode\":3,\"attempts\":1,"                     \
        "\"startTimestamp\":\"2026-11-22T17:16:34.000Z\",\"durationMs\":12,"                                 \
        "\"message\":\"exit code 3\",\"stderr\":\"no \\u001b[31mway\\n\"},"                                  \
        "{\"namespace\":\"shop\",\"pod\":\"cache-0\",\"container\":\"c\",\"name\":\"flush\",\"phase\":"      \
        "\"pre\","                                                                                           \
        "\"outcome\":\"Skipped\",\"message\":\"the pod has ended (Succeeded)\"}],"                           \
        "\"freeze\":{\"pods\":1,\"p50Ms\":1310,\"p99Ms\":1310,\"maxMs\":1310}}"

/* A copy of a golden backup with our file beside Velero's. */
static const char *bucket_with_hooks(const char *hooks, Arena *arena) {
        const char *folder = new_folder(arena);
        const char *path = arena_printf(arena, "%s/hooks.json", folder);
        FILE *file;

        assert_int_equal(system(arena_printf(arena, "cp -r %s/. %s", BUCKET, folder)), 0);
        file = fopen(path, "w");
        assert_non_null(file);
        fputs(hooks, file);
        fclose(file);
        assert_int_equal(
                system(arena_printf(arena, "gzip -c %s > %s/backups/plain/plain-hooks.json.gz && rm %s", path,
                                    folder, path)),
                0);
        return folder;
}

static void hook_results_come_after_what_velero_prints(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = bucket_with_hooks(HOOKS, &arena);
        AUTO(cli_run_clear) CliRun brief, detailed;

        (void) state;
        RUN(&brief, "backup", "describe", "plain", "--from", folder);
        CHECK_STR(strstr(brief.out, "\nHook results:"),
                  "\n"
                  "Hook results:  1 succeeded, 1 failed, 1 skipped; frozen for 1.3s (p50), 1.3s at most\n"
                  "  shop/cache-0:\n"
                  "    pre flush:\n"
                  "      Container:  c\n"
                  "      Outcome:    Skipped\n"
                  "      Message:    the pod has ended (Succeeded)\n"
                  "  shop/db-0:\n"
                  "    pre freeze:\n"
                  "      Container:  db\n"
                  "      Outcome:    Failed, exit code 3\n"
                  "      Duration:   12ms\n"
                  "      Message:    exit code 3\n"
                  "      Stderr:     no \\x1b[31mway\n"
                  "    post freeze:\n"
                  "      Container:  db\n"
                  "      Outcome:    Succeeded, exit code 0\n"
                  "      Duration:   65ms\n"
                  "      Freeze:     1.3s\n"
                  "      Stdout:     one\n"
                  "                  two    cells\n"
                  "                  three\n"
                  "                  (1 more lines: specify --details)\n");
        RUN(&detailed, "backup", "describe", "plain", "--details", "--from", folder);
        CHECK(strstr(detailed.out, "      Command:    thaw -f\n") != NULL);
        CHECK(strstr(detailed.out, "                  four\n") != NULL);
        remove_folder(folder);
}

/* The kubelet tells whole seconds. */
static void an_init_container_of_less_than_a_second_did_not_take_no_time(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = bucket_with_hooks(
                "{\"hooks\":[{\"namespace\":\"shop\",\"pod\":\"db-0\",\"container\":\"load\",\"name\":\"h\","
                "\"phase\":\"init\",\"outcome\":\"Succeeded\",\"exitCode\":0,\"attempts\":1,\"durationMs\":0}"
                "]}",
                &arena);
        AUTO(cli_run_clear) CliRun described, logs;

        (void) state;
        RUN(&described, "backup", "describe", "plain", "--from", folder);
        CHECK(strstr(described.out, "      Duration:   under 1s\n") != NULL);
        RUN(&logs, "hooks", "logs", "plain", "--from", folder);
        CHECK_STR(logs.out, "shop/db-0 init h (load): Succeeded, exit code 0, under 1s\n");
        remove_folder(folder);
}

static void the_json_form_has_the_hooks_as_they_are_stored(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL, *stored = NULL;
        const char *folder = bucket_with_hooks(HOOKS, &arena);
        AUTO(cli_run_clear) CliRun run;

        (void) state;
        RUN(&run, "backup", "describe", "plain", "-o", "json", "--from", folder);
        CHECK(json_parse(str_of(run.out), "ours", &doc, &err));
        CHECK(json_parse(STR(HOOKS), "stored", &stored, &err));
        CHECK(json_equal(json_get(yyjson_doc_get_root(doc), "hooks"),
                         json_get(yyjson_doc_get_root(stored), "hooks")));
        CHECK(json_equal(json_get(yyjson_doc_get_root(doc), "freeze"),
                         json_get(yyjson_doc_get_root(stored), "freeze")));
        remove_folder(folder);
}

static void of_many_hooks_only_bad_ones_are_shown(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf hooks = { 0 };
        AUTO(cli_run_clear) CliRun brief, detailed;

        (void) state;
        buf_add(&hooks, STR("{\"hooks\":["));
        for (int i = 0; i < 200; i++)
                buf_printf(&hooks,
                           "%s{\"namespace\":\"ns\",\"pod\":\"pod-%03d\",\"container\":\"c\",\"name\":\"h\","
                           "\"phase\":\"pre\",\"outcome\":\"%s\"}",
                           i ? "," : "", i, i == 150 ? "TimedOut" : "Succeeded");
        buf_add(&hooks, STR("]}"));
        buf_add_char(&hooks, '\0');

        const char *folder = bucket_with_hooks(hooks.ptr, &arena);
        RUN(&brief, "backup", "describe", "plain", "--from", folder);
        CHECK(strstr(brief.out, "ns/pod-150:") != NULL);
        CHECK(strstr(brief.out, "ns/pod-149:") == NULL);
        CHECK(strstr(brief.out, "(199 more hooks: specify --details)") != NULL);
        RUN(&detailed, "backup", "describe", "plain", "--details", "--from", folder);
        CHECK(strstr(detailed.out, "ns/pod-149:") != NULL);
        remove_folder(folder);
}

static void hook_logs_print_what_the_commands_printed(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = bucket_with_hooks(HOOKS, &arena);
        AUTO(cli_run_clear) CliRun all, failed, none, value;

        (void) state;
        RUN(&all, "hooks", "logs", "plain", "--from", folder);
        CHECK(strstr(all.out, "shop/db-0 post freeze (db): Succeeded, exit code 0, 65ms\nout| one\n") !=
              NULL);
        RUN(&failed, "hooks", "logs", "plain", "--failed", "--from", folder);
        CHECK_STR(failed.out,
                  "shop/db-0 pre freeze (db): Failed, exit code 3, 12ms: exit code 3\nerr| no \033[31mway\n");
        RUN(&value, "hooks", "logs", "plain", "--failed", "--from", folder, "-o", "yaml");
        CHECK_STR(value.out,
                  "hooks:\n- namespace: shop\n  pod: db-0\n  container: db\n  name: freeze\n  phase: pre\n"
                  "  command:\n  - freeze\n  outcome: Failed\n  exitCode: 3\n  attempts: 1\n"
                  "  startTimestamp: \"2026-11-22T17:16:34.000Z\"\n  durationMs: 12\n"
                  "  message: exit code 3\n  stderr: \"no \\e[31mway\\n\"\n");
        RUN(&none, "hooks", "logs", "hooked", "--from", folder);
        CHECK_INT(none.exit, EXIT_FAILED);
        CHECK_STR(none.err, "error: \"hooked\" has no hook results: it was not made by grapnel\n");
        remove_folder(folder);
}

static void where_there_is_no_hook_to_print_that_is_said(void **state) {
        static const struct {
                const char *hooks, *flag, *err;
        } cases[] = {
                { "{\"hooks\":[]}", NULL, "backup \"plain\" had no hooks\n" },
                { "{\"hooks\":[]}", "--failed", "backup \"plain\" had no hooks\n" },
                { "{\"hooks\":[{\"outcome\":\"Succeeded\"}]}", "--failed",
                  "backup \"plain\" had no hook that failed\n" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                const char *folder = bucket_with_hooks(c->hooks, &arena);
                AUTO(cli_run_clear) CliRun run;

                RUN(&run, "hooks", "logs", "plain", "--from", folder, c->flag);
                CHECK_INT(run.exit, EXIT_OK);
                CHECK_STR(run.out, "");
                CHECK_STR(run.err, c->err);
                remove_folder(folder);
        }
}

static void a_damaged_file_costs_its_part_only(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = bucket_with_hooks("no json", &arena);
        AUTO(cli_run_clear) CliRun run;

        (void) state;
        RUN(&run, "backup", "describe", "plain", "--from", folder);
        CHECK_INT(run.exit, EXIT_OK);
        CHECK(strncmp(run.err, "warning: backups/plain/plain-hooks.json.gz is not JSON", 50) == 0);
        CHECK(strstr(run.out, "HooksAttempted:  2") != NULL);
        remove_folder(folder);
}

#define RICH_BACKUP                                                                                          \
        "{\"kind\":\"Backup\",\"apiVersion\":\"velero.io/"                                                   \
        "v1\",\"metadata\":{\"name\":\"rich\",\"namespace\":\"ns\"},"                                        \
        "\"spec\":{\"includeClusterResources\":true,\"orLabelSelectors\":[{\"matchLabels\":{\"b\":\"1\","    \
        "\"a\":\"2\"}},"                                                                                     \
        "{\"matchExpressions\":[{\"key\":\"z\",\"operator\":\"Exists\"},{\"key\":\"y\",\"operator\":"        \
        "\"DoesNotExist\"},"                                                                                 \
        "{\"key\":\"x\",\"operator\":\"NotIn\",\"values\":[\"q\",\"p\"]}]}],"                                \
        "\"orderedResources\":{\"pods\":\"ns/a,ns/"                                                          \
        "b\"},\"resourcePolicy\":{\"kind\":\"configmap\",\"name\":\"rules\"},"                               \
        "\"ttl\":\"90m\",\"csiSnapshotTimeout\":\"soon\",\"snapshotMoveData\":true,\"datamover\":\"other\"}" \
        ","                                                                                                  \
        "\"status\":{\"phase\":\"FailedValidation\",\"failureReason\":\"no\",\"validationErrors\":[\"one\"," \
        "\"two\"],"                                                                                          \
        "\"errors\":1,\"warnings\":2,\"progress\":{\"totalItems\":5}}}"

#define VOLUMES                                                                                              \
        "[{\"backupMethod\":\"NativeSnapshot\",\"pvName\":\"pv1\",\"result\":\"succeeded\","                 \
        "\"nativeSnapshotInfo\":{\"snapshotHandle\":\"snap-1\",\"iops\":\"0\"}},"                            \
        "{\"backupMethod\":\"CSISnapshot\",\"pvcNamespace\":\"app\",\"pvcName\":\"data\","                   \
        "\"csiSnapshotInfo\":{\"driver\":\"ebs\"}},"                                                         \
        "{\"backupMethod\":\"PodVolumeBackup\",\"pvbInfo\":{\"podNamespace\":\"app\",\"podName\":\"web-0\"," \
        "\"uploaderType\":\"kopia\",\"Phase\":\"Completed\"}}]"

/* A store with one backup made of these two files. */
static const char *rich_store(Arena *arena) {
        const char *folder = new_folder(arena);
        const struct {
                const char *name, *text;
        } files[] = { { "velero-backup.json", RICH_BACKUP }, { "rich-volumeinfo.json", VOLUMES } };

        assert_int_equal(system(arena_printf(arena, "mkdir -p %s/backups/rich", folder)), 0);
        FOR_EACH_CASE(files, f) {
                FILE *file = fopen(arena_printf(arena, "%s/backups/rich/%s", folder, f->name), "w");

                fputs(f->text, file);
                fclose(file);
        }
        assert_int_equal(system(arena_printf(arena, "gzip %s/backups/rich/rich-volumeinfo.json", folder)), 0);
        return folder;
}

static void fields_that_are_rarely_set_are_described_too(void **state) {
        const char *const parts[] = {
                "Labels:       <none>\n",
                "Phase:  FailedValidation\n\nResource policies:\n  Type:  configmap\n  Name:  rules\n",
                "\nFailure reason:  no\n",
                "\nValidation errors:  one\n                    two\n",
                "\nErrors:    1\nWarnings:  2\n",
                "  Cluster-scoped:  included\n",
                "\nOr label selector:  a=2,b=1 or x notin (p,q),!y,z\n",
                "\nVelero-Native Snapshot PVs:  auto\nSnapshot Move Data:          true\n",
                "\nData Mover:                  other\n",
                "\nTTL:  1h30m0s\n\nCSISnapshotTimeout:    soon\nItemOperationTimeout:  0s\n",
                "\nOrderedResources:\n  pods: ns/a,ns/b\n",
                "\nStarted:    <n/a>\nCompleted:  <n/a>\n\nExpiration:  <n/a>\n",
                "\nTotal items to be backed up:  5\nItems backed up:              0\n",
                "  Velero-Native Snapshots:\n    pv1: specify --details for more information\n",
                "  CSI Snapshots:\n    app/data: specify --details for more information\n",
                "  Pod Volume Backups:\n    app/web-0: specify --details for more information\n",
        };
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = rich_store(&arena);
        AUTO(cli_run_clear) CliRun brief, detailed, several;

        (void) state;
        RUN(&brief, "backup", "describe", "rich", "--from", folder);
        FOR_EACH_CASE(parts, part)
        if (!strstr(brief.out, *part))
                fail_msg("%s is not in\n%s", *part, brief.out);
        CHECK(strstr(brief.out, "HooksAttempted") == NULL);
        RUN(&detailed, "backup", "describe", "rich", "--details", "--from", folder);
        CHECK(strstr(detailed.out, "    pv1:\n      Snapshot ID:  snap-1\n      IOPS:         0\n"
                                   "      Result:       succeeded\n") != NULL);
        CHECK(strstr(detailed.out, "\nResource List:  <not stored>\n") != NULL);
        RUN(&several, "backup", "describe", "rich", "rich", "--from", folder);
        CHECK(strstr(several.out, "\n\n\nName:         rich\n") != NULL);
        remove_folder(folder);
}

static void fields_that_are_rarely_set_are_in_the_json_form(void **state) {
        const char *const parts[] = {
                "\"clusterScoped\": \"included\"",  "\"orLabelSelectors\": \"a=2,b=1 or x notin (p,q),!y,z\"",
                "\"CSISnapshotTimeout\": \"soon\"", "\"TTL\": \"1h30m0s\"",
                "\"dataMover\": \"other\"",         "\"failureReason\": \"no\"",
                "\"resourcePolicies\": {",          "\"snapshotHandle\": \"snap-1\"",
                "\"started\": \"<n/a>\"",
        };
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = rich_store(&arena);
        AUTO(cli_run_clear) CliRun one, yaml;

        (void) state;
        RUN(&one, "backup", "describe", "rich", "--from", folder, "-o", "json");
        FOR_EACH_CASE(parts, part)
        if (!strstr(one.out, *part))
                fail_msg("%s is not in\n%s", *part, one.out);
        RUN(&yaml, "backup", "describe", "rich", "--from", folder, "-o", "yaml");
        CHECK(strstr(yaml.out, "\n  TTL: 1h30m0s\n") != NULL);
        remove_folder(folder);
}

static void restores_have_a_json_form_too(void **state) {
        const char *const parts[] = {
                "\"backup\": \"plain\"",     "\"itemsRestored\": 26",
                "\"hooksFailed\": 1",        "\"harbour\": \"marina\"",
                "\"restorePVs\": \"false\"", "error restoring services/marina/quay",
                "\"marina/quay(created)\"",
        };
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = bucket_with_restores(&arena);
        AUTO(cli_run_clear) CliRun run;

        (void) state;
        RUN(&run, "restore", "describe", "plain-mapped", "--details", "--from", folder, "-o", "json");
        FOR_EACH_CASE(parts, part)
        if (!strstr(run.out, *part))
                fail_msg("%s is not in\n%s", *part, run.out);
        remove_folder(folder);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(veleros_backups_are_described_as_velero_describes_them),
                cmocka_unit_test(veleros_restores_are_described_as_velero_describes_them),
                cmocka_unit_test(restores_are_listed_as_velero_lists_them),
                cmocka_unit_test(restores_without_an_object_are_described_from_their_files),
                cmocka_unit_test(the_json_form_has_all_that_veleros_has),
                cmocka_unit_test(hook_results_come_after_what_velero_prints),
                cmocka_unit_test(an_init_container_of_less_than_a_second_did_not_take_no_time),
                cmocka_unit_test(the_json_form_has_the_hooks_as_they_are_stored),
                cmocka_unit_test(of_many_hooks_only_bad_ones_are_shown),
                cmocka_unit_test(hook_logs_print_what_the_commands_printed),
                cmocka_unit_test(where_there_is_no_hook_to_print_that_is_said),
                cmocka_unit_test(fields_that_are_rarely_set_are_described_too),
                cmocka_unit_test(fields_that_are_rarely_set_are_in_the_json_form),
                cmocka_unit_test(restores_have_a_json_form_too),
                cmocka_unit_test(a_damaged_file_costs_its_part_only),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
