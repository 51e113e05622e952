#include "check.h"

#include "cli/cluster_home.h"
#include "cli/describe.h"

#define SCHEDULES IN("velero", "schedules")

static void add_schedules(ObjectCluster *cluster) {
        cluster_add(cluster, SCHEDULES,
                    "{'apiVersion':'velero.io/v1','kind':'Schedule','metadata':{'name':'weekly','labels':{"
                    "'team':'b'},'creationTimestamp':'2026-11-22T17:16:30Z'},'spec':{'schedule':'@weekly',"
                    "'paused':true,'template':{}}}");
        cluster_add(cluster, SCHEDULES,
                    "{'apiVersion':'velero.io/v1','kind':'Schedule','metadata':{'name':'nightly','labels':{"
                    "'team':'a'},'creationTimestamp':'2026-11-22T17:16:30Z'},'spec':{'schedule':'@every "
                    "24h','template':{'ttl':'87600h','labelSelector':{'matchLabels':{'app':'x'}}}},'status':"
                    "{'phase':'Enabled'}}");
}

static JsonVal *spec_of(JsonDoc *doc) {
        return json_get(yyjson_doc_get_root(doc), "spec");
}

static const char *text_of(JsonVal *value, Arena *arena) {
        AUTO(buf_clear) Buf text = { 0 };

        json_write(value, &text);
        return arena_copy(arena, buf_str(&text)).ptr;
}

static void schedules_are_listed_as_velero_lists_them(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun all, one, missing;
        const char *home = enter(&cluster, &arena);

        (void) state;
        add_schedules(&cluster);
        RUN(&all, "schedule", "get", "-L", "team");
        CHECK_STR(all.err, "");
        CHECK_STR(
                all.out,
                "NAME      STATUS    CREATED                         SCHEDULE     BACKUP TTL   LAST BACKUP  "
                " SELECTOR   PAUSED   TEAM\n"
                "nightly   Enabled   2026-11-22 17:16:30 +0000 UTC   @every 24h   87600h0m0s   n/a          "
                " app=x      false    a\n"
                "weekly    New       2026-11-22 17:16:30 +0000 UTC   @weekly      0s           n/a          "
                " <none>     true     b\n");
        RUN(&one, "schedule", "get", "nightly", "-o", "yaml");
        CHECK(strstr(one.out, "schedule: '@every 24h'") != NULL);
        RUN(&missing, "schedule", "get", "daily");
        CHECK_INT(missing.exit, EXIT_FAILED);
        CHECK(strstr(missing.err, "hint: \"grapnel schedule get -n velero\" lists them\n") != NULL);
        remove_folder(home);
}

/* What Velero printed of a Schedule that kubectl had applied. */
static void a_schedule_is_described_as_velero_describes_it(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        AUTO_JSON *schedule = quoted_json(
                "{'metadata':{'name':'nightly','namespace':'velero','labels':{'team':'ops'},'annotations':{"
                "'kubectl.kubernetes.io/last-applied-configuration':'{\\\"apiVersion\\\":\\\"velero.io/"
                "v1\\\",\\\"kind\\\":\\\"Schedule\\\",\\\"metadata\\\":{\\\"annotations\\\":{},"
                "\\\"labels\\\":"
                "{\\\"team\\\":\\\"ops\\\"},\\\"name\\\":\\\"nightly\\\",\\\"namespace\\\":\\\"velero\\\"},"
                "\\\"spec\\\":{\\\"schedule\\\":\\\"@every 24h\\\",\\\"template\\\":{"
                "\\\"includedNamespaces\\\":[\\\"harbour\\\"],\\\"snapshotVolumes\\\":false,\\\"ttl\\\":"
                "\\\"87600h\\\"}}}\\n'}},'spec':{'schedule':'@every 24h','template':{'includedNamespaces':["
                "'harbour'],'snapshotVolumes':false,'ttl':'87600h0m0s'}},'status':{'phase':'Enabled'}}");
        const DescribeInput input = { .object = yyjson_doc_get_root(schedule) };

        (void) state;
        describe_schedule(&input, &arena, &text);
        buf_add_char(&text, '\0');

        CHECK_STR(text.ptr, golden_file("cli/schedule-describe.txt", &arena).ptr);
}

static void descriptions_of_several_stand_below_each_other(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun text, json;
        const char *home = enter(&cluster, &arena);

        (void) state;
        add_schedules(&cluster);
        RUN(&text, "schedule", "describe");
        CHECK_STR(text.err, "");
        CHECK(strstr(text.out, "Last Backup:  <never>\n\n\nName:         weekly\n") != NULL);
        CHECK(strstr(text.out, "\nPaused:  true\n") != NULL);
        RUN(&json, "schedule", "describe", "-l", "team=a", "-o", "json");
        CHECK(strstr(json.out, "\"@every 24h\"") != NULL);
        remove_folder(home);
}

static void a_schedule_is_created_as_the_flags_say(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run, again;
        const char *home = enter(&cluster, &arena);

        (void) state;
        RUN(&run, "schedule", "create", "nightly", "--schedule", "0 3 * * *", "--include-namespaces", "shop",
            "--ttl", "24h", "--labels", "team=a", "--annotations", "x=y", "--paused", "--skip-immediately",
            "true", "--use-owner-references-in-backup");
        CHECK_STR(run.err, "");
        CHECK_STR(run.out, "Schedule \"nightly\" created successfully.\n");

        AUTO_JSON *made = cluster_get(&cluster, SCHEDULES "/nightly");
        JsonVal *metadata = json_get(yyjson_doc_get_root(made), "metadata");
        CHECK_STR(text_of(spec_of(made), &arena),
                  "{\"schedule\":\"0 3 * * *\",\"paused\":true,\"useOwnerReferencesInBackup\":true,"
                  "\"skipImmediately\":true,\"template\":{\"includedNamespaces\":[\"shop\"],\"ttl\":"
                  "\"24h\"}}");
        CHECK_STR(text_of(json_get(metadata, "labels"), &arena), "{\"team\":\"a\"}");
        CHECK_STR(text_of(json_get(metadata, "annotations"), &arena), "{\"x\":\"y\"}");
        RUN(&again, "schedule", "create", "nightly", "--schedule", "@daily");
        CHECK_INT(again.exit, EXIT_FAILED);
        CHECK(strstr(again.err, "hint: give it another NAME\n") != NULL);
        remove_folder(home);
}

static void a_schedule_can_be_printed_instead(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun yaml, table;
        const char *home = enter(&cluster, &arena);

        (void) state;
        RUN(&yaml, "schedule", "create", "s1", "--schedule", "@daily", "-n", "other", "-o", "yaml");
        CHECK_STR(yaml.err, "");
        CHECK_STR(yaml.out,
                  "apiVersion: velero.io/v1\nkind: Schedule\nmetadata:\n  namespace: other\n  name: s1\n"
                  "spec:\n  schedule: '@daily'\n  template: {}\n");
        RUN(&table, "schedule", "create", "s1", "--schedule", "@daily", "-o", "table");
        CHECK(strstr(table.out, "\ns1     New      n/a       @daily     0s ") != NULL);
        CHECK_INT(cluster.writes.len, 0);
        remove_folder(home);
}

static void a_manifest_is_the_template_with_its_hooks(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run, schedule;
        const char *home = enter(&cluster, &arena);
        const char *backup = arena_printf(&arena, "%s/backup.yaml", home);
        const char *other = arena_printf(&arena, "%s/schedule.yaml", home);

        (void) state;
        write_file(backup, "apiVersion: velero.io/v1\nkind: Backup\nmetadata: {name: b, namespace: velero}\n"
                           "spec:\n  includedNamespaces: [shop]\n  hooks:\n    resources:\n"
                           "    - name: h\n      pre:\n      - exec: {command: [sync]}\n");
        RUN(&run, "schedule", "create", "s1", "--schedule", "@every 6h", "-f", backup);
        CHECK_STR(run.err, "");

        AUTO_JSON *made = cluster_get(&cluster, SCHEDULES "/s1");
        CHECK(str_equal(json_str(json_at(spec_of(made), "schedule")), STR("@every 6h")));
        CHECK_INT(yyjson_arr_size(json_at(spec_of(made), "template", "hooks", "resources")), 1);

        write_file(other, "apiVersion: velero.io/v1\nkind: Schedule\nmetadata: {name: s2}\n"
                          "spec: {schedule: '@daily', template: {}}\n");
        RUN(&schedule, "schedule", "create", "s2", "--schedule", "@daily", "-f", other);
        CHECK_INT(schedule.exit, EXIT_USAGE);
        CHECK_STR(schedule.err, arena_printf(&arena,
                                             "error: %s holds a Schedule; -f takes a Backup as the template\n"
                                             "hint: \"kubectl apply -f %s\" creates it\n",
                                             other, other));
        remove_folder(home);
}

static void what_is_wrong_with_a_schedule_is_said_before_it_is_created(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun none, cron, never, selectors, location;
        const char *home = enter(&cluster, &arena);

        (void) state;
        RUN(&none, "schedule", "create", "s1");
        CHECK_INT(none.exit, EXIT_USAGE);
        CHECK_STR(none.err, "error: --schedule is missing: when are backups made?\n"
                            "hint: --schedule \"0 3 * * *\" is every night at three, --schedule @daily at "
                            "midnight\n");
        RUN(&cron, "schedule", "create", "s1", "--schedule", "0 25 * * *");
        CHECK_INT(cron.exit, EXIT_USAGE);
        CHECK(strstr(cron.err, "error: --schedule: \"0 25 * * *\" is no schedule: ") == cron.err);
        RUN(&never, "schedule", "create", "s1", "--schedule", "0 0 31 2 *");
        CHECK_STR(never.err, "error: --schedule: \"0 0 31 2 *\" is a time that never comes\n");
        RUN(&selectors, "schedule", "create", "s1", "--schedule", "@daily", "-l", "a=b", "--or-selector",
            "a=b or c=d");
        CHECK_INT(selectors.exit, EXIT_USAGE);
        RUN(&location, "schedule", "create", "s1", "--schedule", "@daily", "--storage-location", "nowhere");
        CHECK_INT(location.exit, EXIT_FAILED);
        CHECK(strstr(location.err, "hint: \"grapnel backup-location get -n velero\" lists them\n") != NULL);
        CHECK_INT(cluster.writes.len, 0);
        remove_folder(home);
}

static void pausing_says_what_was_done_to_each(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun all, missing, unpause, none, nothing;
        const char *home = enter(&cluster, &arena);

        (void) state;
        RUN(&nothing, "schedule", "pause", "--all");
        CHECK_STR(nothing.out, "No schedules found\n");
        add_schedules(&cluster);
        RUN(&all, "schedule", "pause", "--all");
        CHECK_STR(all.err, "");
        CHECK_STR(all.out, "Schedule nightly paused successfully\nSchedule weekly is already paused, skip\n");
        RUN(&missing, "schedule", "unpause", "daily", "nightly");
        CHECK_INT(missing.exit, EXIT_FAILED);
        CHECK_STR(missing.out, "Schedule nightly unpaused successfully\n");
        CHECK(strstr(missing.err, "\"daily\"") != NULL);
        RUN(&unpause, "schedule", "unpause", "weekly", "--skip-immediately", "false");
        CHECK_STR(unpause.err, "");

        AUTO_JSON *weekly = cluster_get(&cluster, SCHEDULES "/weekly");
        CHECK(!json_get_bool(spec_of(weekly), "paused", true));
        CHECK(!json_get_bool(spec_of(weekly), "skipImmediately", true));
        CHECK(json_at(spec_of(weekly), "template") != NULL);
        RUN(&none, "schedule", "pause");
        CHECK_INT(none.exit, EXIT_USAGE);
        CHECK_STR(none.err, "error: give names, --all or --selector: exactly one of them\n");
        remove_folder(home);
}

static void schedules_are_deleted_one_by_one(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run, refused;
        const char *home = enter(&cluster, &arena);

        (void) state;
        add_schedules(&cluster);
        RUN_ANSWERED(&refused, "n\n", "schedule", "delete", "--all");
        CHECK_STR(refused.err, "  nightly\n  weekly\nDelete 2 schedules (Y/N)? Nothing was deleted\n");
        RUN(&run, "schedule", "delete", "nightly", "daily", "--confirm");
        CHECK_INT(run.exit, EXIT_FAILED);
        CHECK_STR(run.out, "Schedule deleted: nightly\n");
        CHECK(str_equal(cluster_names(&cluster, SCHEDULES, &arena), STR("weekly")));
        remove_folder(home);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(schedules_are_listed_as_velero_lists_them),
                cmocka_unit_test(a_schedule_is_described_as_velero_describes_it),
                cmocka_unit_test(descriptions_of_several_stand_below_each_other),
                cmocka_unit_test(a_schedule_is_created_as_the_flags_say),
                cmocka_unit_test(a_schedule_can_be_printed_instead),
                cmocka_unit_test(a_manifest_is_the_template_with_its_hooks),
                cmocka_unit_test(what_is_wrong_with_a_schedule_is_said_before_it_is_created),
                cmocka_unit_test(pausing_says_what_was_done_to_each),
                cmocka_unit_test(schedules_are_deleted_one_by_one),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
