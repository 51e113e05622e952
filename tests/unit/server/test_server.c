#include "stored_backups.h"

/* The whole server, on a cluster that keeps objects. */
typedef struct Whole {
        ObjectCluster cluster;
        StoredBackups stored;
        ServerOptions options;
        Log *log;
        Stop *stop;
        Thread thread;
        bool is_good;
        Error err;
        Arena arena;
        char state[64];
} Whole;

static void run(void *user) {
        Whole *whole = user;
        const ServerWiring wiring = { .options = &whole->options,
                                      .client = whole->cluster.client,
                                      .discovery = whole->cluster.discovery,
                                      .cluster_uid = STR("cluster-uid"),
                                      .log = whole->log,
                                      .stop = whole->stop };

        whole->is_good = server_run(&wiring, &whole->err);
}

static void whole_open(Whole *whole) {
        AUTO_FREE char *location = NULL;

        cluster_open(&whole->cluster);
        stored_open(&whole->stored);
        snprintf(whole->state, sizeof whole->state, "/tmp/grapnel-state-XXXXXX");
        CHECK(mkdtemp(whole->state));
        whole->stop = stop_new();
        whole->log = log_new(LOG_TEXT, LOG_INFO);
        whole->options = (ServerOptions) {
                .namespace = STR("velero"),
                .state = str_of(whole->state),
                .identity = STR("test"),
                .download_address = STR("127.0.0.1:0"),
                .default_location = STR("default"),
                .sync_period_ms = 1000,
                .validation_frequency_ms = 1000,
                .gc_frequency_ms = 1000,
                .resource_timeout_ms = 5000,
                .disabled_controllers = STR("backup-queue,backup,restore"),
        };
        location = xasprintf("{'apiVersion':'velero.io/"
                             "v1','kind':'BackupStorageLocation','metadata':{'name':'default','namespace':'"
                             "velero'},'spec':{'provider':'filesystem','config':{'path':"
                             "'%s'},'objectStorage':{'bucket':'bucket'}}}",
                             whole->stored.path);
        cluster_add(&whole->cluster, IN_VELERO "backupstoragelocations", location);
}

static void whole_clear(Whole *whole) {
        stop_set(whole->stop);
        thread_join(whole->thread);
        cluster_clear(&whole->cluster);
        stored_clear(&whole->stored);
        nftw(whole->state, stored_remove, 16, FTW_DEPTH | FTW_PHYS);
        log_free(whole->log);
        stop_free(whole->stop);
        error_clear(&whole->err);
        arena_clear(&whole->arena);
}

/* Waits until the field is so. */
static void await(Whole *whole, const char *path, const char *part, const char *key, const char *expected) {
        int64_t deadline_ms = clock_ms() + 20 * 1000;

        for (;;) {
                AUTO_JSON *doc = cluster_get(&whole->cluster, path);
                Str text = json_str(json_at(yyjson_doc_get_root(doc), part, key));

                if (doc && expected && str_equal(text, str_of(expected)))
                        return;
                if (!doc && !expected)
                        return;
                if (clock_ms() > deadline_ms)
                        fail_msg("%s: %s.%s is \"" STR_FMT "\", not %s", path, part, key, STR_ARG(text),
                                 expected ? expected : "gone");
                stop_sleep_ms(NULL, 10);
        }
}

static void objects_and_bucket_are_brought_together(void **state) {
        AUTO(whole_clear) Whole whole = { 0 };

        (void) state;
        whole_open(&whole);
        stored_put(&whole.stored, "backups/b1/velero-backup.json", STORED_BACKUP("b1", "Completed"));
        stored_put(&whole.stored, "backups/b1/b1-logs.gz", "x");
        cluster_change(&whole.cluster, IN_VELERO "backupstoragelocations/default", "{'status':null}");
        whole.thread = thread_start(run, &whole);
        await(&whole, IN_VELERO "backupstoragelocations/default", "status", "phase", "Available");
        await(&whole, IN_VELERO "backups/b1", "status", "phase", "Completed");

        cluster_add(&whole.cluster, IN_VELERO "downloadrequests",
                    "{'metadata':{'name':'d1'},'spec':{'target':{'kind':'BackupLog','name':'b1'}}}");
        cluster_add(&whole.cluster, IN_VELERO "serverstatusrequests", "{'metadata':{'name':'s1'},'spec':{}}");
        cluster_add(&whole.cluster, IN_VELERO "schedules",
                    "{'apiVersion':'velero.io/v1','kind':'Schedule','metadata':{'name':'often','namespace':"
                    "'velero'},'spec':{'schedule':'@every 1s','template':{}}}");
        await(&whole, IN_VELERO "downloadrequests/d1", "status", "phase", "Processed");
        await(&whole, IN_VELERO "serverstatusrequests/s1", "status", "phase", "Processed");
        await(&whole, IN_VELERO "schedules/often", "status", "phase", "Enabled");
        cluster_add(&whole.cluster, IN_VELERO "deletebackuprequests",
                    "{'metadata':{'name':'x1'},'spec':{'backupName':'b1'}}");
        await(&whole, IN_VELERO "backups/b1", "", "", NULL);
        await(&whole, IN_VELERO "deletebackuprequests/x1", "", "", NULL);
        CHECK(!stored_has(&whole.stored, "backups/b1/velero-backup.json"));
}

static void a_server_that_is_asked_to_end_ends_well(void **state) {
        AUTO(whole_clear) Whole whole = { 0 };

        (void) state;
        whole_open(&whole);
        whole.thread = thread_start(run, &whole);
        await(&whole, IN_VELERO "backupstoragelocations/default", "status", "phase", "Available");
        stop_set(whole.stop);
        await(&whole, "/apis/coordination.k8s.io/v1/namespaces/velero/leases/grapnel", "spec",
              "holderIdentity", "");
        CHECK_INT(whole.err.code, ERROR_NONE);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(objects_and_bucket_are_brought_together),
                cmocka_unit_test(a_server_that_is_asked_to_end_ends_well),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
