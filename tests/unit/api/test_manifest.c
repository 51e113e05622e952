#include "api/manifest.h"

#include "check.h"

static void check_parse_fails(const char *text, const char *message) {
        AUTO(manifest_clear) Manifest manifest = { 0 };
        AUTO(error_clear) Error err = { 0 };

        CHECK(!manifest_parse(str_of(text), "m.yaml", &manifest, &err));
        CHECK_INT(err.code, ERROR_INVALID);
        CHECK_STR(err.message, message);
}

#define BACKUP "apiVersion: velero.io/v1\nkind: Backup\nmetadata: {name: b}\n"
#define SCHEDULE "apiVersion: velero.io/v1\nkind: Schedule\nmetadata: {name: nightly, labels: {team: ops}}\n"

static void a_file_that_is_no_manifest_says_what_it_is(void **state) {
        static const struct {
                const char *text, *error;
        } cases[] = {
                { "", "m.yaml is empty: expected a Backup, Restore or Schedule" },
                { "a: b\n", "m.yaml is no Kubernetes object: expected a Backup, Restore or Schedule" },
                { "[]\n", "m.yaml is no Kubernetes object: expected a Backup, Restore or Schedule" },
                { "apiVersion: v1\nkind: Pod\n",
                  "m.yaml holds a \"Pod\": expected a Backup, Restore or Schedule" },
                { "apiVersion: velero.io/v2\nkind: Backup\n",
                  "m.yaml: apiVersion of a Backup must be \"velero.io/v1\", not \"velero.io/v2\"" },
                { BACKUP "---\napiVersion: v1\nkind: ConfigMap\n",
                  "m.yaml holds 2 documents (document 2 is a ConfigMap): expected one Backup, Restore or "
                  "Schedule" },
                { SCHEDULE "spec: {schedule: '@daily', template: {hooks: {resources: []}, spec: {hooks: "
                           "{resources: []}}}}\n",
                  "m.yaml: line 4: spec.template.spec.hooks: stands at spec.template.hooks as well: expected "
                  "it in "
                  "one of the two places" },
                { SCHEDULE "spec: {schedule: '@daily'}\n",
                  "m.yaml: line 4: spec.template: is missing: expected the spec of a Backup" },
                { SCHEDULE "spec:\n  template: {}\n",
                  "m.yaml: line 4: spec.schedule: is missing: expected a cron line such as \"0 3 * * *\"" },
                { SCHEDULE
                  "spec:\n  schedule: '@daily'\n  template:\n    ttl: 1h\n    includedNamespace: [a]\n",
                  "m.yaml: line 8: spec.template.includedNamespace: unknown field \"includedNamespace\": did "
                  "you "
                  "mean \"includedNamespaces\"?" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c)
        check_parse_fails(c->text, c->error);
}

static void a_backup_is_itself(void **state) {
        AUTO(manifest_clear) Manifest manifest = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(manifest_parse(STR(BACKUP "spec:\n  ttl: 1h\n"), "m.yaml", &manifest, &err));
        CHECK_INT(manifest.kind, MANIFEST_BACKUP);
        CHECK(str_equal(json_get_str(json_get(yyjson_doc_get_root(manifest.object), "spec"), "ttl"),
                        STR("1h")));
        CHECK_INT(yaml_line_of(manifest.lines, STR("spec.ttl")), 5);
}

static void json_is_read_as_well(void **state) {
        AUTO(manifest_clear) Manifest manifest = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(manifest_parse(STR("{\"apiVersion\":\"velero.io/v1\",\"kind\":\"Restore\"}"), "m.json",
                             &manifest, &err));
        CHECK_INT(manifest.kind, MANIFEST_RESTORE);
}

static void check_schedule(const char *template, int hooks_line) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(manifest_clear) Manifest manifest = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Faults faults = { .arena = &arena };
        Backup backup;

        CHECK(manifest_parse(str_of(arena_printf(&arena, "%sspec:\n  schedule: '0 3 * * *'\n  template:\n%s",
                                                 SCHEDULE, template)),
                             "m.yaml", &manifest, &err));
        CHECK_INT(manifest.kind, MANIFEST_SCHEDULE);
        backup = backup_decode(yyjson_doc_get_root(manifest.object), &arena, &faults);
        CHECK_INT(faults.errors, 0);
        CHECK(str_starts_with(backup.name, STR("nightly-20")));
        CHECK_INT(backup.name.len, strlen("nightly-20261122171634"));
        CHECK(str_equal(json_get_str(backup.labels, "team"), STR("ops")));
        CHECK(str_equal(json_get_str(backup.labels, "velero.io/schedule-name"), STR("nightly")));
        CHECK_INT(backup.spec.ttl_ms, 3600 * 1000);
        CHECK_INT(backup.spec.hooks.len, 1);
        CHECK_INT(yaml_line_of(manifest.lines, STR("spec.hooks.resources[0].name")), hooks_line);
}

static void a_schedule_is_the_backup_it_would_make(void **state) {
        (void) state;
        /* Velero's place for hooks, then the reference page's. */
        check_schedule("    ttl: 1h\n    hooks:\n      resources:\n      - name: h\n"
                       "        pre: [{exec: {command: [a]}}]\n",
                       10);
        check_schedule("    ttl: 1h\n    spec:\n      hooks:\n        resources:\n        - name: h\n"
                       "          pre: [{exec: {command: [a]}}]\n",
                       11);
}

static void the_templates_labels_replace_the_schedules(void **state) {
        AUTO(manifest_clear) Manifest manifest = { 0 };
        AUTO(error_clear) Error err = { 0 };
        JsonVal *labels;

        (void) state;
        CHECK(manifest_parse(STR(SCHEDULE "spec: {schedule: '@daily', template: {metadata: {labels: {a: b}, "
                                          "annotations: {c: d}}}}\n"),
                             "m.yaml", &manifest, &err));
        labels = json_at(yyjson_doc_get_root(manifest.object), "metadata", "labels");
        CHECK(str_equal(json_get_str(labels, "a"), STR("b")));
        CHECK(!json_get(labels, "team"));
        CHECK(str_equal(
                json_str(json_at(yyjson_doc_get_root(manifest.object), "metadata", "annotations", "c")),
                STR("d")));
}

static void a_missing_file_is_named(void **state) {
        AUTO(manifest_clear) Manifest manifest = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(!manifest_read(STR("/no/such/file.yaml"), &manifest, &err));
        CHECK_INT(err.code, ERROR_NOT_FOUND);
        CHECK_STR(err.message, "/no/such/file.yaml can't be opened: No such file or directory");
}

static void a_folder_is_not_read(void **state) {
        AUTO(manifest_clear) Manifest manifest = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(!manifest_read(STR("/"), &manifest, &err));
        CHECK_STR(err.message, "/ can't be read: Is a directory");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_file_that_is_no_manifest_says_what_it_is),
                cmocka_unit_test(a_backup_is_itself),
                cmocka_unit_test(json_is_read_as_well),
                cmocka_unit_test(a_schedule_is_the_backup_it_would_make),
                cmocka_unit_test(the_templates_labels_replace_the_schedules),
                cmocka_unit_test(a_missing_file_is_named),
                cmocka_unit_test(a_folder_is_not_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
