#include "restore/source.h"

#include "../store/scratch.h"
#include "quoted_json.h"
#include "restore/report.h"

static void put(Store *store, const char *key, const char *json) {
        AUTO_JSON *doc = quoted_json(json);
        AUTO(buf_clear) Buf text = { 0 };
        AUTO(error_clear) Error err = { 0 };

        json_write(yyjson_doc_get_root(doc), &text);
        if (!store_put(store, str_of(key), buf_str(&text), &err))
                fail_msg("%s", err.message);
}

static void fill(Store *store) {
        put(store, "backups/done/velero-backup.json", "{'status':{'phase':'Completed'}}");
        put(store, "backups/partly/velero-backup.json", "{'status':{'phase':'PartiallyFailed'}}");
        put(store, "backups/running/velero-backup.json", "{'status':{'phase':'InProgress'}}");
        put(store, "backups/broken/velero-backup.json",
            "{'status':{'phase':'Failed','failureReason':'disk full'}}");
        put(store, "backups/half/half.tar.gz", "{}");
        put(store, "backups/n1/velero-backup.json",
            "{'metadata':{'labels':{'velero.io/schedule-name':'nightly'}},'status':{'phase':'Completed',"
            "'startTimestamp':'2026-01-01T00:00:00Z'}}");
        put(store, "backups/n2/velero-backup.json",
            "{'metadata':{'labels':{'velero.io/schedule-name':'nightly'}},'status':{'phase':'Completed',"
            "'startTimestamp':'2026-01-02T00:00:00Z'}}");
        put(store, "backups/n3/velero-backup.json",
            "{'metadata':{'labels':{'velero.io/"
            "schedule-name':'nightly'}},'status':{'phase':'PartiallyFailed',"
            "'startTimestamp':'2026-01-03T00:00:00Z'}}");
        put(store, "backups/w1/velero-backup.json",
            "{'metadata':{'labels':{'velero.io/schedule-name':'weekly'}},'status':{'phase':'Failed'}}");
}

static void a_backup_is_found_or_what_is_there_instead_is_told(void **state) {
        static const struct {
                const char *backup, *schedule, *found, *message;
        } cases[] = {
                { "done", "", "done", NULL },
                { "partly", "", "partly", NULL },
                { "", "nightly", "n2", NULL },
                { "missing", "", NULL, "which holds broken, done, half, n1, n2, n3, partly, running, w1" },
                { "running", "", NULL,
                  "backup \"running\" is not finished: its phase is \"InProgress\", expected Completed or "
                  "PartiallyFailed" },
                { "broken", "", NULL,
                  "backup \"broken\" has failed (phase Failed: disk full) and cannot be restored" },
                { "half", "", NULL, "is unfinished: its velero-backup.json is missing" },
                { "../x", "", NULL, "backup name: " },
                { "", "weekly", NULL, "(1 of its backups are there)" },
                { "", "none", NULL, "schedule \"none\" has no completed backup" },
        };
        AUTO(scratch_clear) Scratch scratch = scratch_new();
        AUTO(store_freep) Store *store = scratch_store(&scratch);

        (void) state;
        fill(store);
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(error_clear) Error err = { 0 };
                AUTO(source_clear) BackupSource source = { 0 };
                RestoreSpec spec = { .backup_name = str_of(c->backup), .schedule_name = str_of(c->schedule) };
                bool ok = source_find(store, &spec, &arena, &source, &err);

                CHECK_INT(ok, c->found != NULL);
                if (ok)
                        CHECK(str_equal(source.name, str_of(c->found)));
                else if (!strstr(err.message, c->message))
                        fail_msg("%s", err.message);
        }
}

static void an_empty_store_says_that_it_is(void **state) {
        AUTO(scratch_clear) Scratch scratch = scratch_new();
        AUTO(store_freep) Store *store = scratch_store(&scratch);
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        BackupSource source;
        RestoreSpec spec = { .backup_name = STR("b") };

        (void) state;
        CHECK(!source_find(store, &spec, &arena, &source, &err));
        CHECK_INT(err.code, ERROR_NOT_FOUND);
        CHECK(strstr(err.message, "which holds no backup") != NULL);
}

static void problems_go_to_the_log_and_to_their_bucket(void **state) {
        AUTO(report_freep) Report *report = report_new(NULL);
        AUTO(buf_clear) Buf json = { 0 };
        uint64_t errors, warnings;

        (void) state;
        report_problem(report, LOG_ERROR, STR("shop"), "error restoring %s", "x");
        report_problem(report, LOG_WARN, STR(""), "could not restore");
        report_general(report, LOG_ERROR, "all is lost");
        results_count(report_results(report), &errors, &warnings);
        CHECK_INT(errors, 2);
        CHECK_INT(warnings, 1);
        results_write(report_results(report), &json);
        buf_add_char(&json, '\0');
        CHECK(strstr(json.ptr,
                     "{\"errors\":{\"velero\":[\"all is lost\"],\"namespaces\":{\"shop\":[\"error restoring "
                     "x\"]}},\"warnings\":{\"cluster\":[\"could not restore\"]}}") != NULL);
}

static void counts_are_kept_by_resource(void **state) {
        AUTO(report_freep) Report *report = report_new(NULL);
        AUTO(arena_clear) Arena arena = { 0 };
        size_t len;

        (void) state;
        report_count(report, STR("pods"), ITEM_CREATED);
        report_count(report, STR("pods"), ITEM_CREATED);
        report_count(report, STR("pods"), ITEM_DIFFERENT);
        report_count(report, STR("secrets"), ITEM_FAILED);
        report_namespace_created(report, STR("shop"));
        RestoreCount *counts = report_counts(report, &arena, &len);
        CHECK_INT(len, 3);
        CHECK_INT(counts[0].created, 2);
        CHECK_INT(counts[0].skipped, 1);
        CHECK_INT(counts[1].failed, 1);
        CHECK_INT(counts[2].created, 1);
        CHECK_INT(report_len(report), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_backup_is_found_or_what_is_there_instead_is_told),
                cmocka_unit_test(an_empty_store_says_that_it_is),
                cmocka_unit_test(problems_go_to_the_log_and_to_their_bucket),
                cmocka_unit_test(counts_are_kept_by_resource),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
