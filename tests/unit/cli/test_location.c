#include "check.h"

#include "cli/cluster_home.h"

#define LOCATIONS IN("velero", "backupstoragelocations")

static void add_locations(ObjectCluster *cluster) {
        cluster_add(cluster, LOCATIONS,
                    "{'apiVersion':'velero.io/v1','kind':'BackupStorageLocation','metadata':{'name':'main'},"
                    "'spec':{'provider':'aws','default':true,'objectStorage':{'bucket':'velero'},"
                    "'accessMode':'ReadWrite'},'status':{'phase':'Available','lastValidationTime':"
                    "'2026-11-22T17:17:30Z'}}");
        cluster_add(cluster, LOCATIONS,
                    "{'apiVersion':'velero.io/v1','kind':'BackupStorageLocation','metadata':{'name':'nfs'},"
                    "'spec':{'provider':'filesystem','objectStorage':{'bucket':'b','prefix':'p/q','caCert':"
                    "'eA=='}}}");
}

static const char *spec_text(ObjectCluster *cluster, const char *path, Arena *arena) {
        AUTO_JSON *doc = cluster_get(cluster, path);
        AUTO(buf_clear) Buf text = { 0 };

        json_write(json_get(yyjson_doc_get_root(doc), "spec"), &text);
        return arena_copy(arena, buf_str(&text)).ptr;
}

static void locations_are_listed_as_velero_lists_them(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun all, only, yaml;
        const char *home = enter(&cluster, &arena);

        (void) state;
        add_locations(&cluster);
        RUN(&all, "backup-location", "get");
        CHECK_STR(all.err, "");
        CHECK_STR(all.out,
                  "NAME   PROVIDER     BUCKET/PREFIX   PHASE       LAST VALIDATED                  ACCESS "
                  "MODE   DEFAULT\n"
                  "main   aws          velero          Available   2026-11-22 17:17:30 +0000 UTC   ReadWrite "
                  "    true\n"
                  "nfs    filesystem   b/p/q           Unknown     Unknown                         ReadWrite "
                  "    \n");
        RUN(&only, "backup-location", "get", "--default");
        CHECK(strstr(only.out, "\nmain ") != NULL && strstr(only.out, "nfs") == NULL);
        RUN(&yaml, "backup-location", "get", "nfs", "-o", "yaml");
        CHECK(strstr(yaml.out, "  provider: filesystem\n") != NULL);
        remove_folder(home);
}

static void a_location_is_created_as_the_flags_say(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run;
        const char *home = enter(&cluster, &arena);
        const char *pem = arena_printf(&arena, "%s/ca.pem", home);

        (void) state;
        write_file(pem, "-----BEGIN CERTIFICATE-----\n");
        RUN(&run, "backup-location", "create", "l1", "--provider", "aws", "--bucket", "b", "--prefix", "p",
            "--config", "region=x,s3Url=http://s3", "--credential", "secret=key", "--cacert", pem,
            "--access-mode", "ReadOnly", "--backup-sync-period", "30s", "--validation-frequency", "0s",
            "--labels", "a=b");
        CHECK_STR(run.err, "");
        CHECK_STR(run.out, "Backup storage location \"l1\" configured successfully.\n");
        CHECK_STR(spec_text(&cluster, LOCATIONS "/l1", &arena),
                  "{\"provider\":\"aws\",\"objectStorage\":{\"bucket\":\"b\",\"prefix\":\"p\",\"caCert\":"
                  "\"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==\"},\"config\":{\"region\":\"x\",\"s3Url\":"
                  "\"http://s3\"},\"accessMode\":\"ReadOnly\",\"backupSyncPeriod\":\"30s\","
                  "\"validationFrequency\":\"0s\",\"credential\":{\"name\":\"secret\",\"key\":\"key\"}}");
        remove_folder(home);
}

static void a_location_can_be_printed_instead(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run;
        const char *home = enter(&cluster, &arena);

        (void) state;
        RUN(&run, "backup-location", "create", "l1", "--provider", "filesystem", "--bucket", "b", "-o",
            "yaml");
        CHECK_STR(run.out,
                  "apiVersion: velero.io/v1\nkind: BackupStorageLocation\nmetadata:\n  name: l1\n"
                  "  namespace: velero\nspec:\n  provider: filesystem\n  objectStorage:\n    bucket: b\n");
        CHECK_INT(cluster.writes.len, 0);
        remove_folder(home);
}

static void a_new_default_ends_the_old_one(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun created, set, unset;
        const char *home = enter(&cluster, &arena);

        (void) state;
        add_locations(&cluster);
        RUN(&created, "backup-location", "create", "l1", "--provider", "aws", "--bucket", "b", "--default");
        CHECK_STR(created.out, "Backup storage location \"l1\" configured successfully.\n"
                               "Backup storage location \"main\" is no longer the default.\n");
        RUN(&set, "backup-location", "set", "main", "--default");
        CHECK_STR(set.out, "Backup storage location \"l1\" is no longer the default.\n"
                           "Backup storage location \"main\" configured successfully.\n");
        CHECK(strstr(spec_text(&cluster, LOCATIONS "/main", &arena), "\"default\":true") != NULL);
        CHECK(strstr(spec_text(&cluster, LOCATIONS "/l1", &arena), "\"default\":false") != NULL);
        RUN(&unset, "backup-location", "set", "main", "--default=false");
        CHECK(strstr(spec_text(&cluster, LOCATIONS "/main", &arena), "\"default\":false") != NULL);
        remove_folder(home);
}

/* Velero's `set` without --cacert erases the certificates. */
static void what_is_not_named_stays(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun credential, certificate, missing, nothing;
        const char *home = enter(&cluster, &arena);

        (void) state;
        add_locations(&cluster);
        RUN(&credential, "backup-location", "set", "nfs", "--credential", "s=k");
        CHECK_STR(credential.err, "");
        CHECK_STR(spec_text(&cluster, LOCATIONS "/nfs", &arena),
                  "{\"provider\":\"filesystem\",\"objectStorage\":{\"bucket\":\"b\",\"prefix\":\"p/q\","
                  "\"caCert\":\"eA==\"},\"credential\":{\"name\":\"s\",\"key\":\"k\"}}");
        RUN(&certificate, "backup-location", "set", "nfs", "--cacert", "");
        CHECK_STR(certificate.err, "");
        CHECK(strstr(spec_text(&cluster, LOCATIONS "/nfs", &arena), "caCert") == NULL);
        RUN(&missing, "backup-location", "set", "s3", "--default");
        CHECK_INT(missing.exit, EXIT_FAILED);
        CHECK(strstr(missing.err, "hint: \"grapnel backup-location get -n velero\" lists them\n") != NULL);
        CHECK(strstr(spec_text(&cluster, LOCATIONS "/main", &arena), "\"default\":true") != NULL);
        RUN(&nothing, "backup-location", "set", "nfs");
        CHECK_INT(nothing.exit, EXIT_USAGE);
        CHECK_STR(nothing.err, "error: nothing to set: give --default, --credential or --cacert\n");
        remove_folder(home);
}

static void what_is_wrong_with_a_location_is_said_before_it_is_created(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        const char *home = enter(&cluster, &arena);
        const char *text = arena_printf(&arena, "%s/kubeconfig", home);
        const struct {
                const char *words[4], *err;
        } cases[] = {
                { { "--provider", "aws" }, "error: --bucket is missing: where are the backups kept?\n" },
                { { "--bucket", "b" }, "error: --provider is missing: where are the backups kept?\n" },
                { { "--prefix", "b" },
                  "error: --provider and --bucket are missing: where are the backups kept?\n" },
                { { "--provider=aws", "--bucket=b", "--access-mode", "Read" },
                  "error: --access-mode: \"Read\" is neither ReadWrite nor ReadOnly\n" },
                { { "--provider=aws", "--bucket=b", "--config", "region" },
                  "error: --config: \"region\" is not NAME=VALUE\n" },
                { { "--provider=aws", "--bucket=b", "--credential", "a=b,c=d" },
                  "error: --credential: \"a=b,c=d\" is not SECRET=KEY\n" },
                { { "--provider=aws", "--bucket=b", "--credential", "secret" },
                  "error: --credential: \"secret\" is not SECRET=KEY\n" },
                { { "--provider=aws", "--bucket=b", "--cacert", text },
                  arena_printf(&arena, "error: --cacert: %s: holds no certificate in PEM\n", text) },
                { { "--provider=aws", "--bucket=b", "--cacert", "/nonexistent" },
                  "error: --cacert: /nonexistent: No such file or directory\n" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(cli_run_clear) CliRun run;
                const char *words[8] = { "backup-location", "create", "l1" };

                memcpy(words + 3, c->words, sizeof c->words);
                run_answered(&run, NULL, words);
                CHECK_STR(run.err, c->err);
                CHECK_INT(run.exit, EXIT_USAGE);
        }
        CHECK_INT(cluster.writes.len, 0);
        remove_folder(home);
}

static void a_location_takes_its_backups_out_of_the_cluster(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run, missing;
        const char *home = enter(&cluster, &arena);

        (void) state;
        add_locations(&cluster);
        cluster_add(&cluster, IN("velero", "backups"),
                    "{'metadata':{'name':'b1','labels':{'velero.io/storage-location':'nfs'}}}");
        RUN(&run, "backup-location", "delete", "nfs", "--confirm");
        CHECK_STR(run.err, "");
        CHECK_STR(run.out, "Backup storage location \"nfs\" deleted successfully.\n"
                           "Backup associated with deleted BSL(s) \"b1\" deleted successfully.\n");
        CHECK(str_equal(cluster_names(&cluster, IN("velero", "backups"), &arena), STR("")));
        CHECK(str_equal(cluster_names(&cluster, LOCATIONS, &arena), STR("main")));
        RUN(&missing, "backup-location", "delete", "nfs", "--confirm");
        CHECK_INT(missing.exit, EXIT_FAILED);
        remove_folder(home);
}

#define SNAPSHOT_LOCATIONS IN("velero", "volumesnapshotlocations")

static void a_snapshot_location_is_created_and_said_to_be_unused(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run, set, yaml;
        const char *home = enter(&cluster, &arena);

        (void) state;
        RUN(&run, "create", "snapshot-location", "ebs", "--provider", "aws", "--config", "region=x",
            "--labels", "a=b");
        CHECK_STR(run.out, "Snapshot volume location \"ebs\" configured successfully.\n");
        CHECK_STR(run.err, "warning: grapnel's server takes no volume snapshots yet: backups do not use this "
                           "location\n");
        CHECK_STR(spec_text(&cluster, SNAPSHOT_LOCATIONS "/ebs", &arena),
                  "{\"provider\":\"aws\",\"config\":{\"region\":\"x\"}}");
        RUN(&set, "snapshot-location", "set", "ebs", "--credential", "secret=key");
        CHECK_STR(set.out, "Volume snapshot location \"ebs\" configured successfully.\n");
        CHECK_STR(spec_text(&cluster, SNAPSHOT_LOCATIONS "/ebs", &arena),
                  "{\"provider\":\"aws\",\"config\":{\"region\":\"x\"},\"credential\":{\"name\":\"secret\","
                  "\"key\":\"key\"}}");
        RUN(&yaml, "snapshot-location", "create", "disk", "--provider", "gcp", "--credential", "s=k", "-o",
            "yaml");
        CHECK_STR(yaml.out,
                  "apiVersion: velero.io/v1\nkind: VolumeSnapshotLocation\nmetadata:\n  name: disk\n"
                  "  namespace: velero\nspec:\n  provider: gcp\n  credential:\n    name: s\n    key: k\n");
        CHECK(str_equal(cluster_names(&cluster, SNAPSHOT_LOCATIONS, &arena), STR("ebs")));
        remove_folder(home);
}

/* Velero's list takes no notice of -l. */
static void snapshot_locations_are_listed_as_velero_lists_them(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun all, some, missing;
        const char *home = enter(&cluster, &arena);

        (void) state;
        cluster_add(&cluster, SNAPSHOT_LOCATIONS,
                    "{'metadata':{'name':'ebs','labels':{'a':'b'}},'spec':{'provider':'aws'}}");
        cluster_add(&cluster, SNAPSHOT_LOCATIONS, "{'metadata':{'name':'disk'},'spec':{'provider':'gcp'}}");
        RUN(&all, "get", "snapshot-locations");
        CHECK_STR(all.out, "NAME   PROVIDER\ndisk   gcp\nebs    aws\n");
        RUN(&some, "snapshot-location", "get", "disk", "ebs", "-l", "a=b");
        CHECK_STR(some.out, "NAME   PROVIDER\nebs    aws\n");
        RUN(&missing, "snapshot-location", "get", "nothing");
        CHECK_INT(missing.exit, EXIT_FAILED);
        CHECK(strstr(missing.err, "hint: \"grapnel snapshot-location get -n velero\" lists them\n") != NULL);
        remove_folder(home);
}

static void what_is_wrong_with_a_snapshot_location_is_said_before_it_is_created(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        const char *home = enter(&cluster, &arena);
        const struct {
                const char *words[5], *err;
        } cases[] = {
                { { "create", "ebs" }, "error: --provider is missing: who takes the snapshots?\n" },
                { { "create", "ebs", "--provider=aws", "--config", "region" },
                  "error: --config: \"region\" is not NAME=VALUE\n" },
                { { "create", "ebs", "--provider=aws", "--credential", "secret" },
                  "error: --credential: \"secret\" is not SECRET=KEY\n" },
                { { "create", "a/b", "--provider=aws" }, NULL },
                { { "set", "ebs" }, "error: nothing to set: give --credential\n" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(cli_run_clear) CliRun run;
                const char *words[8] = { "snapshot-location" };

                memcpy(words + 1, c->words, sizeof c->words);
                run_answered(&run, NULL, words);
                if (c->err)
                        CHECK_STR(run.err, c->err);
                CHECK_INT(run.exit, EXIT_USAGE);
        }
        CHECK_INT(cluster.writes.len, 0);
        remove_folder(home);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(locations_are_listed_as_velero_lists_them),
                cmocka_unit_test(a_location_is_created_as_the_flags_say),
                cmocka_unit_test(a_location_can_be_printed_instead),
                cmocka_unit_test(a_new_default_ends_the_old_one),
                cmocka_unit_test(what_is_not_named_stays),
                cmocka_unit_test(what_is_wrong_with_a_location_is_said_before_it_is_created),
                cmocka_unit_test(a_location_takes_its_backups_out_of_the_cluster),
                cmocka_unit_test(a_snapshot_location_is_created_and_said_to_be_unused),
                cmocka_unit_test(snapshot_locations_are_listed_as_velero_lists_them),
                cmocka_unit_test(what_is_wrong_with_a_snapshot_location_is_said_before_it_is_created),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
