#include "server_fixture.h"

#define BACKUPS IN_VELERO "backups"
#define SCHEDULES IN_VELERO "schedules"

static void add_schedule(ServerFixture *f, const char *line, const char *spec, const char *more) {
        AUTO_FREE char *text = xasprintf(
                "{'apiVersion':'velero.io/"
                "v1','kind':'Schedule','metadata':{'name':'daily','namespace':'velero',"
                "'labels':{'team':'a'},'annotations':{'kubectl.kubernetes.io/last-applied-configuration':'x',"
                "'note':'n'}},'spec':{'schedule':'%s',%s'template':{%s}}}",
                line, spec, more);

        cluster_add(&f->cluster, SCHEDULES, text);
}

/* Looks until it asks for no time that has come, as the queue would. */
static int64_t look(ServerFixture *f) {
        fixture_look(f, &controller_schedule, "daily"); /* the first may only settle its status */
        fixture_look(f, &controller_schedule, "daily");
        return fixture_look(f, &controller_schedule, "daily");
}

/* All that it made has ended. */
static void end_backups(ServerFixture *f) {
        AUTO(arena_clear) Arena arena = { 0 };
        Strs names = { 0 };

        strs_split(cluster_names(&f->cluster, BACKUPS, &arena), ' ', &arena, &names);
        for (size_t i = 0; i < names.len; i++)
                cluster_change(&f->cluster,
                               arena_printf(&arena, BACKUPS "/" STR_FMT, STR_ARG(names.items[i])),
                               "{'status':{'phase':'Completed'}}");
}

static void a_day_makes_just_the_backups_that_are_due(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        int64_t end_ms;

        (void) state;
        fixture_open(&f, "2026-11-20T10:17:23Z");
        end_ms = f.now_ms + INT64_C(24) * 3600 * 1000;
        add_schedule(&f, "15 */6 * * *", "", "");
        for (int looks = 0; f.now_ms < end_ms; looks++) {
                int64_t again_ms = look(&f);

                CHECK(again_ms > 0 && looks < 10);
                end_backups(&f);
                f.now_ms += again_ms;
        }
        CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena),
                   "daily-20261120121500 daily-20261120181500 daily-20261121001500 daily-20261121061500");
        CHECK_TEXT(fixture_text(&f, SCHEDULES "/daily", &arena, "status"),
                   "{\"phase\":\"Enabled\",\"lastBackup\":\"2026-11-21T06:15:00Z\"}");

        AUTO(buf_clear) Buf metrics = { 0 };
        metrics_write(f.server.metrics, &metrics);
        CHECK(memmem(metrics.ptr, metrics.len, "velero_backup_failure_total{schedule=\"daily\"} 0\n", 47));
}

static void the_backup_is_the_template_with_the_marks_of_its_schedule(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T02:59:00Z");
        add_schedule(&f, "0 3 * * *", "'useOwnerReferencesInBackup':true,",
                     "'ttl':'1h0m0s','resourcePolicy':{'kind':'ConfigMap','name':'p'},'spec':{'hooks':{"
                     "'resources':[]}}");
        look(&f);
        f.now_ms += 60 * 1000;
        look(&f);
        CHECK_TEXT(
                fixture_text(&f, BACKUPS "/daily-20261120030000", &arena, "spec"),
                "{\"ttl\":\"1h0m0s\",\"hooks\":{\"resources\":[]},\"resourcePolicy\":{\"kind\":\"ConfigMap\","
                "\"name\":\"p\"}}");
        CHECK_TEXT(fixture_text(&f, BACKUPS "/daily-20261120030000", &arena, "metadata", "labels"),
                   "{\"team\":\"a\",\"velero.io/schedule-name\":\"daily\"}");
        CHECK_TEXT(fixture_text(&f, BACKUPS "/daily-20261120030000", &arena, "metadata", "annotations"),
                   "{\"note\":\"n\"}");
        CHECK_TEXT(fixture_text(&f, BACKUPS "/daily-20261120030000", &arena, "metadata", "ownerReferences"),
                   "[{\"apiVersion\":\"velero.io/"
                   "v1\",\"kind\":\"Schedule\",\"name\":\"daily\",\"uid\":\"uid-1\","
                   "\"controller\":true}]");
}

static void labels_of_the_template_replace_those_of_the_schedule(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T02:59:00Z");
        add_schedule(&f, "0 3 * * *", "", "'metadata':{'labels':{'own':'yes'},'annotations':{}}");
        look(&f);
        f.now_ms += 60 * 1000;
        look(&f);
        CHECK_TEXT(fixture_text(&f, BACKUPS "/daily-20261120030000", &arena, "metadata", "labels"),
                   "{\"own\":\"yes\",\"velero.io/schedule-name\":\"daily\"}");
        CHECK_TEXT(fixture_text(&f, BACKUPS "/daily-20261120030000", &arena, "metadata", "annotations"),
                   "(absent)");
}

static void missed_runs_are_made_up_for_once(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T10:00:00Z");
        add_schedule(&f, "0 3 * * *", "", "");
        f.now_ms += INT64_C(3) * 24 * 3600 * 1000;
        look(&f);
        CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena), "daily-20261123030000");
        CHECK_INT(look(&f), 17 * 3600 * 1000);
}

static void no_second_backup_beside_one_that_waits_or_runs(void **state) {
        static const char *const phases[] = { "", "New", "Queued", "ReadyToStart", "InProgress" };

        (void) state;
        FOR_EACH_CASE(phases, phase) {
                AUTO(fixture_clear) ServerFixture f = { 0 };
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO_FREE char *text = xasprintf(
                        "{'metadata':{'name':'b0','labels':{'velero.io/schedule-name':'daily'}},'status':{"
                        "'phase':'%s'}}",
                        *phase);

                fixture_open(&f, "2026-11-20T02:59:00Z");
                add_schedule(&f, "0 3 * * *", "", "");
                cluster_add(&f.cluster, BACKUPS, text);
                look(&f);
                f.now_ms += 60 * 1000;
                CHECK_INT(look(&f), 60 * 1000);
                CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena), "b0");
                end_backups(&f);
                look(&f);
                CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena), "b0 daily-20261120030000");
        }
}

static void a_server_that_died_before_it_could_record_makes_no_second(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T02:59:00Z");
        add_schedule(&f, "0 3 * * *", "", "");
        look(&f);
        f.now_ms += 60 * 1000;
        f.cluster.refused = "PATCH " SCHEDULES;
        f.cluster.refused_status = 403;
        CHECK(!fixture_try(&f, &controller_schedule, "daily", NULL, &err));
        f.cluster.refused = NULL;
        f.now_ms += 5 * 1000;
        look(&f);
        end_backups(&f);
        look(&f);
        CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena), "daily-20261120030000");
        CHECK_TEXT(fixture_text(&f, SCHEDULES "/daily", &arena, "status", "lastBackup"),
                   "2026-11-20T03:00:05Z");
}

static void paused_and_skipped_schedules_make_nothing(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T02:59:00Z");
        add_schedule(&f, "0 3 * * *", "'paused':true,", "");
        f.now_ms += 60 * 1000;
        CHECK_INT(look(&f), 0);
        CHECK_TEXT(fixture_text(&f, SCHEDULES "/daily", &arena, "status"), "(absent)");
        cluster_change(&f.cluster, SCHEDULES "/daily", "{'spec':{'paused':false,'skipImmediately':true}}");
        CHECK_INT(look(&f), 24 * 3600 * 1000);
        CHECK_TEXT(fixture_text(&f, SCHEDULES "/daily", &arena, "status", "lastSkipped"),
                   "2026-11-20T03:00:00Z");
        CHECK_TEXT(fixture_text(&f, SCHEDULES "/daily", &arena, "spec", "skipImmediately"), "false");
        CHECK_TEXT(cluster_names(&f.cluster, BACKUPS, &arena), "");
}

static void everything_that_is_wrong_is_told_and_cleared_again(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T02:59:00Z");
        add_schedule(&f, "0 25 * * *", "",
                     "'ttl':'3 days','hooks':{'resources':[{'name':''}]},'spec':{'hooks':{}}");
        CHECK_INT(look(&f), 0);
        CHECK_TEXT(fixture_text(&f, SCHEDULES "/daily", &arena, "status", "phase"), "FailedValidation");
        Str errors = fixture_text(&f, SCHEDULES "/daily", &arena, "status", "validationErrors");
        errors = str_of(arena_printf(&arena, STR_FMT, STR_ARG(errors)));
        CHECK(strstr(errors.ptr, "spec.schedule: \\\"0 25 * * *\\\" is no schedule"));
        CHECK(strstr(errors.ptr, "spec.template.ttl: "));
        CHECK(strstr(errors.ptr, "spec.template.spec.hooks: stands at spec.template.hooks as well"));
        CHECK(strstr(errors.ptr, "spec.template.hooks.resources[0].name"));

        cluster_change(&f.cluster, SCHEDULES "/daily",
                       "{'spec':{'schedule':'0 3 * * *','template':{'ttl':null,'hooks':null,'spec':null}}}");
        CHECK_INT(look(&f), 60 * 1000);
        CHECK_TEXT(fixture_text(&f, SCHEDULES "/daily", &arena, "status"), "{\"phase\":\"Enabled\"}");
}

static void a_date_that_never_comes_is_wrong(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T02:59:00Z");
        add_schedule(&f, "0 0 31 2 *", "", "");
        look(&f);
        CHECK_TEXT(fixture_text(&f, SCHEDULES "/daily", &arena, "status", "validationErrors"),
                   "[\"spec.schedule: \\\"0 0 31 2 *\\\" is a time that never comes\"]");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_day_makes_just_the_backups_that_are_due),
                cmocka_unit_test(the_backup_is_the_template_with_the_marks_of_its_schedule),
                cmocka_unit_test(labels_of_the_template_replace_those_of_the_schedule),
                cmocka_unit_test(missed_runs_are_made_up_for_once),
                cmocka_unit_test(no_second_backup_beside_one_that_waits_or_runs),
                cmocka_unit_test(a_server_that_died_before_it_could_record_makes_no_second),
                cmocka_unit_test(paused_and_skipped_schedules_make_nothing),
                cmocka_unit_test(everything_that_is_wrong_is_told_and_cleared_again),
                cmocka_unit_test(a_date_that_never_comes_is_wrong),
        };

        setenv("TZ", "UTC", 1);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
