#include "backup/finish.h"

#include <stdlib.h>

#include "data/gzip.h"
#include "data/tar.h"
#include "sample.h"
#include "small_cluster.h"

#define CLAIM(name)                                                                                          \
        ",\"spec\":{\"containers\":[{\"name\":\"c\"}],\"volumes\":[{\"name\":\"v\","                         \
        "\"persistentVolumeClaim\":{\"claimName\":\"" name "\"}}]"
#define RUNNING "},\"status\":{\"phase\":\"Running\"}"

static const SmallObject objects[] = {
        { "/api/v1", "namespaces", NULL, "a", "\"team\":\"x\"", ",\"status\":{\"phase\":\"Active\"}", NULL },
        { "/api/v1", "namespaces", NULL, "b", NULL, ",\"status\":{\"phase\":\"Active\"}", NULL },
        { "/api/v1", "namespaces", NULL, "out", "\"velero.io/exclude-from-backup\":\"true\"", NULL, NULL },
        { "/api/v1", "pods", "a", "web", "\"app\":\"web\"", CLAIM("data") RUNNING, NULL },
        { "/api/v1", "pods", "a", "db", "\"app\":\"db\"", CLAIM("data") RUNNING, NULL },
        { "/api/v1", "pods", "b", "lone", "\"app\":\"lone\"",
          ",\"spec\":{\"containers\":[{\"name\":\"c\"}]},\"status\":{\"phase\":\"Running\"}", NULL },
        { "/api/v1", "persistentvolumeclaims", "a", "data", NULL,
          ",\"spec\":{\"volumeName\":\"pv\"},\"status\":{\"phase\":\"Bound\"}", NULL },
        { "/api/v1", "persistentvolumes", NULL, "pv", NULL,
          ",\"spec\":{\"persistentVolumeReclaimPolicy\":\"Retain\",\"claimRef\":{\"namespace\":\"a\","
          "\"name\":"
          "\"data\"}}",
          NULL },
        { "/api/v1", "configmaps", "a", "settings", "\"app\":\"web\"", ",\"data\":{\"k\":\"v\"}", NULL },
        { "/api/v1", "configmaps", "a", "opted-out", "\"velero.io/exclude-from-backup\":\"true\"", NULL,
          NULL },
        { "/api/v1", "configmaps", "a", "dying", NULL, NULL,
          ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"" },
        { "/api/v1", "configmaps", "b", "other", NULL, NULL, NULL },
        { "/api/v1", "configmaps", "velero", "policy", NULL,
          ",\"data\":{\"p\":\"version: v1\\nnamespacedFilterPolicies:\\n- namespaces: [a]\\n  "
          "resourceFilters:\\n  - "
          "kinds: [ConfigMap]\\n\"}",
          NULL },
        { "/api/v1", "configmaps", "velero", "bad-policy", NULL, ",\"data\":{\"p\":\"version: v2\"}", NULL },
        { "/api/v1", "configmaps", "velero", "two-keys", NULL, ",\"data\":{\"p\":\"\",\"q\":\"\"}", NULL },
        { "/api/v1", "serviceaccounts", "a", "pilot", NULL, NULL, NULL },
        { "/apis/rbac.authorization.k8s.io/v1", "clusterrolebindings", NULL, "binding", NULL,
          ",\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"role\"},\"subjects\":[{\"kind\":"
          "\"ServiceAccount\","
          "\"namespace\":\"a\",\"name\":\"pilot\"}]",
          NULL },
        { "/apis/rbac.authorization.k8s.io/v1", "clusterroles", NULL, "role", NULL, NULL, NULL },
        { "/apis/apiextensions.k8s.io/v1", "customresourcedefinitions", NULL, "boats.harbour.example", NULL,
          NULL, NULL },
        { "/apis/harbour.example/v1", "boats", "a", "dinghy", NULL, ",\"spec\":{\"big\":9007199254740993}",
          NULL },
};

typedef struct Trial {
        SmallCluster cluster;
        Discovery *discovery;
        JsonDoc *doc;
        Arena arena;
        char folder[32], state[32];
        Store *store;
        Log *log;
        Buf lines; /* warnings and errors */
        BackupProgress progress;
        Backup backup;
        BackupRun run;
        BackupOutcome outcome;
        Error err;
        bool has_ended;
} Trial;

static void make_folder(char *path, size_t size) {
        snprintf(path, size, "/tmp/grapnel-XXXXXX");
        assert_non_null(mkdtemp(path));
}

static void remove_folder(const char *path) {
        AUTO(arena_clear) Arena arena = { 0 };

        CHECK_INT(system(arena_printf(&arena, "rm -rf %s", path)), 0);
}

static bool gzip_source(void *user, void *into, size_t size, size_t *ret_size, Error *err) {
        return gzip_read(user, into, size, ret_size, err);
}

static void keep_line(void *user, Str line, const LogRecord *record) {
        Trial *trial = user;

        (void) line;
        if (record->level >= LOG_WARN) {
                buf_add(&trial->lines, record->message);
                buf_add_char(&trial->lines, '\n');
        }
}

static void trial_start(Trial *trial, const char *spec) {
        AUTO(error_clear) Error err = { 0 };
        Faults faults = { .arena = &trial->arena };

        trial->cluster.objects = objects;
        trial->cluster.count = sizeof(objects) / sizeof(*objects);
        small_cluster_start(&trial->cluster);
        trial->discovery = sample_discovery();
        trial->doc = sample_json(arena_printf(&trial->arena,
                                              "{\"apiVersion\":\"velero.io/v1\",\"kind\":\"Backup\","
                                              "\"metadata\":{\"name\":\"t\"},\"spec\":%s}",
                                              spec));
        trial->backup = backup_decode(yyjson_doc_get_root(trial->doc), &trial->arena, &faults);
        if (faults.errors > 0)
                fail_msg("%s", faults_text(&faults, FAULT_ERROR, &trial->arena).ptr);
        make_folder(trial->folder, sizeof(trial->folder));
        make_folder(trial->state, sizeof(trial->state));
        CHECK(store_open_directory(str_of(trial->folder), false, NULL, &trial->store, &err));
        trial->log = log_new(LOG_TEXT, LOG_INFO);
        log_add_sink(trial->log, keep_line, trial);
        trial->run = (BackupRun) { .client = trial->cluster.client,
                                   .discovery = trial->discovery,
                                   .store = trial->store,
                                   .log = trial->log,
                                   .stop = trial->cluster.stop,
                                   .backup = &trial->backup,
                                   .progress = &trial->progress,
                                   .workers = 2,
                                   .hook_workers = 2,
                                   .page_size = 500 };
}

static void trial_execute(Trial *trial) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(journal_closep) Journal *journal = NULL;
        const JournalRun run = { .backup = STR("t"), .server = STR("s"), .cluster_uid = STR("u") };

        CHECK(journal_open(str_of(trial->state), &run, &journal, &err));
        trial->run.journal = journal;
        trial->has_ended = backup_execute(&trial->run, &trial->arena, &trial->outcome, &trial->err);
        CHECK_INT(journal_open_pods(journal), 0);
        buf_add_char(&trial->lines, '\0');
}

static void trial_clear(Trial *trial) {
        log_free(trial->log);
        store_free(trial->store);
        discovery_free(trial->discovery);
        yyjson_doc_free(trial->doc);
        small_cluster_stop(&trial->cluster);
        stop_free(trial->cluster.stop);
        buf_clear(&trial->lines);
        error_clear(&trial->err);
        remove_folder(trial->folder);
        remove_folder(trial->state);
        arena_clear(&trial->arena);
}

static void read_file(Trial *trial, BackupFile file, Buf *into) {
        AUTO(error_clear) Error err = { 0 };

        if (!layout_get_gzip(trial->store, backup_key(STR("t"), file, &trial->arena), 1 << 26, into, &err))
                fail_msg("%s", err.message);
        buf_add_char(into, '\0');
}

/* The names of the tarball's plain entries without "resources/" and ".json", sorted. */
static const char *contents(Trial *trial) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(store_reader_freep) StoreReader *file = NULL;
        AUTO(gzip_reader_freep) GzipReader *gzip = NULL;
        AUTO(tar_reader_freep) TarReader *tar = NULL;
        const TarEntry *entry;
        Strs names = { 0 };
        size_t twins = 0;

        CHECK(store_read_begin(trial->store, backup_key(STR("t"), BACKUP_CONTENTS, &trial->arena), &file,
                               &err));
        gzip = gzip_reader_new(store_read, file, 1 << 26);
        tar = tar_reader_new(gzip_source, gzip, (TarLimits) { 1 << 20, 1000 });
        CHECK(tar_next(tar, &entry, &err));
        CHECK(str_equal(entry->name, STR("metadata/version")));
        for (;;) {
                Str name;

                if (!tar_next(tar, &entry, &err))
                        fail_msg("%s", err.message);
                if (!entry)
                        break;
                name = str_skip(arena_copy(&trial->arena, entry->name), strlen("resources/"));
                name.len -= strlen(".json");
                if (memmem(name.ptr, name.len, "-preferredversion/", strlen("-preferredversion/")))
                        twins++;
                else
                        strs_add(&names, &trial->arena, name);
        }
        CHECK_INT(twins, names.len);
        strs_sort(&names);
        return arena_printf(&trial->arena, STR_FMT, STR_ARG(strs_join(&names, STR(" "), &trial->arena)));
}

static void everything_that_is_wanted_is_stored(void **state) {
        AUTO(trial_clear) Trial trial = { 0 };
        AUTO(buf_clear) Buf list = { 0 }, volumes = { 0 }, results = { 0 }, metadata = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        trial_start(&trial, "{\"includedNamespaces\":[\"a\",\"b\"],\"snapshotVolumes\":false}");
        trial_execute(&trial);
        CHECK(trial.has_ended);
        CHECK_STR(trial.lines.ptr, "");
        CHECK_STR(trial.outcome.status.phase, "Completed");
        CHECK_STR(contents(&trial),
                  "boats.harbour.example/namespaces/a/dinghy "
                  "clusterrolebindings.rbac.authorization.k8s.io/cluster/binding "
                  "clusterroles.rbac.authorization.k8s.io/cluster/role configmaps/namespaces/a/settings "
                  "configmaps/namespaces/b/other "
                  "customresourcedefinitions.apiextensions.k8s.io/cluster/boats.harbour.example "
                  "namespaces/cluster/a namespaces/cluster/b persistentvolumeclaims/namespaces/a/data "
                  "persistentvolumes/cluster/pv pods/namespaces/a/db pods/namespaces/a/web "
                  "pods/namespaces/b/lone "
                  "serviceaccounts/namespaces/a/pilot");
        read_file(&trial, BACKUP_RESOURCE_LIST, &list);
        CHECK_STR(list.ptr,
                  "{\"apiextensions.k8s.io/v1/CustomResourceDefinition\":[\"boats.harbour.example\"],"
                  "\"harbour.example/v1/Boat\":[\"a/dinghy\"],"
                  "\"rbac.authorization.k8s.io/v1/ClusterRole\":[\"role\"],"
                  "\"rbac.authorization.k8s.io/v1/ClusterRoleBinding\":[\"binding\"],"
                  "\"v1/ConfigMap\":[\"a/settings\",\"b/other\"],\"v1/Namespace\":[\"a\",\"b\"],"
                  "\"v1/PersistentVolume\":[\"pv\"],\"v1/PersistentVolumeClaim\":[\"a/data\"],"
                  "\"v1/Pod\":[\"a/db\",\"a/web\",\"b/lone\"],\"v1/ServiceAccount\":[\"a/pilot\"]}\n");
        read_file(&trial, BACKUP_VOLUME_INFO, &volumes);
        CHECK(strstr(volumes.ptr, "\"pvcName\":\"data\",\"pvcNamespace\":\"a\",\"pvName\":\"pv\""));
        read_file(&trial, BACKUP_RESULTS, &results);
        CHECK_STR(results.ptr, "{\"errors\":{},\"warnings\":{}}\n");
        CHECK(store_get(trial.store, STR("backups/t/velero-backup.json"), 1 << 20, &metadata, &err));
        CHECK_INT(trial.outcome.status.items_backed_up, 14);
        CHECK_INT(trial.progress.items_done, 14);
        CHECK_INT(trial.outcome.counts_len, 10);
        CHECK(trial.outcome.bytes > 0);
}

static void check_contents(const char *spec, const char *expected, const char *lines) {
        AUTO(trial_clear) Trial trial = { 0 };

        trial_start(&trial, spec);
        trial_execute(&trial);
        if (!trial.has_ended)
                fail_msg("%s", trial.err.message);
        CHECK_STR(contents(&trial), expected);
        CHECK_STR(trial.lines.ptr, lines);
}

static void a_selected_claim_brings_its_pods_and_they_their_claims(void **state) {
        (void) state;
        /* "web" is chosen; "db" mounts the same claim.  That a namespace has opted out means, as in Velero, that not
         * everything is included, so the other Namespace objects are stored whatever their labels. */
        check_contents("{\"labelSelector\":{\"matchLabels\":{\"app\":\"web\"}},\"snapshotVolumes\":false}",
                       "configmaps/namespaces/a/settings namespaces/cluster/a namespaces/cluster/b "
                       "persistentvolumeclaims/namespaces/a/data persistentvolumes/cluster/pv "
                       "pods/namespaces/a/db pods/namespaces/a/web",
                       "");
        check_contents(
                "{\"orLabelSelectors\":[{\"matchLabels\":{\"app\":\"lone\"}},{\"matchLabels\":{\"app\":"
                "\"none\"}}]}",
                "namespaces/cluster/a namespaces/cluster/b pods/namespaces/b/lone", "");
}

static void a_policy_decides_by_namespace_and_kind(void **state) {
        (void) state;
        check_contents("{\"includedNamespaces\":[\"a\"],\"resourcePolicy\":{\"kind\":\"configmap\",\"name\":"
                       "\"policy\"}}",
                       "configmaps/namespaces/a/settings namespaces/cluster/a", "");
}

static void ordered_objects_are_fetched_and_missing_ones_told(void **state) {
        (void) state;
        check_contents("{\"includedResources\":[\"configmaps\"],\"includedNamespaces\":[\"a\"],"
                       "\"orderedResources\":{\"configmaps\":\"a/settings,a/gone\",\"yachts\":\"a/b\"}}",
                       "configmaps/namespaces/a/settings",
                       "orderedResources: the cluster serves no resource called \"yachts\"\n"
                       "Cannot find an item of orderedResources\n");
}

static void volumes_without_data_are_a_warning(void **state) {
        (void) state;
        check_contents("{\"includedNamespaces\":[\"a\"],\"includedNamespaceScopedResources\":"
                       "[\"persistentvolumeclaims\"]}",
                       "namespaces/cluster/a persistentvolumeclaims/namespaces/a/data "
                       "persistentvolumes/cluster/pv",
                       "volume data is not stored by this version: of 1 volumes only the objects are in the "
                       "backup (snapshotVolumes: false says that this is what you want)\n");
}

static void what_does_not_exist_or_may_not_be_read_is_an_error_and_the_rest_is_stored(void **state) {
        static const struct {
                const char *spec, *denied, *broken, *lines;
                uint64_t items;
        } cases[] = {
                { "{\"includedNamespaces\":[\"b\",\"gone\"]}", NULL, NULL,
                  "fail to get the namespace gone specified in backup.Spec.IncludedNamespaces\n", 3 },
                { "{\"includedNamespaces\":[\"b\"]}", "/api/v1/namespaces/b/configmaps", NULL,
                  "Error listing items\n", 2 },
                { "{\"includedNamespaces\":[\"b\"]}", "/api/v1/namespaces", NULL, "Error listing items\n",
                  2 },
                { "{\"includedNamespaces\":[\"b\"]}",
                  "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", NULL, "Error listing items\n",
                  3 },
                /* The claim's volume can't be read: the claim is not stored, but its name is kept. */
                { "{\"includedNamespaces\":[\"a\"],\"includedNamespaceScopedResources\":[\"pvc\","
                  "\"persistentvolumeclaims\"]}",
                  NULL, "/api/v1/persistentvolumes/pv",
                  "the cluster serves no resource called \"pvc\"\nError backing up item\n", 2 },
                { "{\"includedNamespaces\":[\"a\"],\"includedNamespaceScopedResources\":[\"boats\"]}", NULL,
                  "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/boats.harbour.example",
                  "Error backing up item\n", 2 },
                { "{\"includedNamespaces\":[\"b\"],\"orderedResources\":{\"configmaps\":\"b/other\"}}", NULL,
                  "/api/v1/namespaces/b/configmaps/other", "Cannot find an item of orderedResources\n", 3 },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(trial_clear) Trial trial = { 0 };

                trial.cluster.denied = c->denied;
                trial.cluster.broken = c->broken;
                trial_start(&trial, c->spec);
                trial_execute(&trial);
                CHECK(trial.has_ended);
                CHECK_STR(trial.lines.ptr, c->lines);
                CHECK_STR(trial.outcome.status.phase, "PartiallyFailed");
                CHECK_INT(trial.outcome.status.errors, 1);
                CHECK_INT(trial.outcome.status.items_backed_up, c->items);
        }
}

static void an_invalid_backup_stores_nothing(void **state) {
        static const struct {
                const char *spec, *error;
        } cases[] = {
                { "{\"includedNamespaces\":[\"out\"]}",
                  "spec.includedNamespaces: namespace \"out\" has the label "
                  "velero.io/exclude-from-backup=true" },
                { "{\"resourcePolicy\":{\"kind\":\"configmap\",\"name\":\"bad-policy\"}}",
                  "resource policy ConfigMap \"bad-policy\": line 1: version: must be \"v1\", not \"v2\"" },
                { "{\"resourcePolicy\":{\"kind\":\"configmap\",\"name\":\"two-keys\"}}",
                  "resource policy ConfigMap \"two-keys\": expected exactly one key in its data" },
                { "{\"includeClusterResources\":true,\"resourcePolicy\":{\"kind\":\"configmap\",\"name\":"
                  "\"policy\"}}",
                  "resource policy ConfigMap \"policy\": its filters can't be used together with "
                  "includedResources, "
                  "excludedResources or includeClusterResources" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(trial_clear) Trial trial = { 0 };
                AUTO(error_clear) Error err = { 0 };
                Strs keys = { 0 };

                trial_start(&trial, c->spec);
                trial_execute(&trial);
                CHECK(trial.has_ended);
                CHECK_STR(trial.outcome.status.phase, "FailedValidation");
                CHECK_INT(trial.outcome.status.validation_errors.len, 1);
                CHECK_STR(arena_printf(&trial.arena, STR_FMT,
                                       STR_ARG(trial.outcome.status.validation_errors.items[0])),
                          c->error);
                CHECK(store_list(trial.store, STR(""), &trial.arena, &keys, &err));
                CHECK_INT(keys.len, 0);
        }
}

/* The small cluster refuses every exec, so each hook fails. */
static void a_pod_whose_pre_hook_fails_is_listed_but_not_stored(void **state) {
        AUTO(trial_clear) Trial trial = { 0 };
        AUTO(buf_clear) Buf list = { 0 };

        (void) state;
        trial_start(&trial,
                    "{\"includedNamespaces\":[\"a\",\"b\"],\"includedNamespaceScopedResources\":[\"pods\"],"
                    "\"hooks\":{\"resources\":[{\"name\":\"freeze\",\"labelSelector\":{\"matchLabels\":"
                    "{\"app\":\"db\"}},\"pre\":[{\"exec\":{\"container\":\"c\",\"command\":[\"a\"]}}]}]}}");
        trial_execute(&trial);
        CHECK(trial.has_ended);
        CHECK_STR(trial.outcome.status.phase, "PartiallyFailed");
        CHECK_STR(contents(&trial), "namespaces/cluster/a namespaces/cluster/b pods/namespaces/a/web "
                                    "pods/namespaces/b/lone");
        read_file(&trial, BACKUP_RESOURCE_LIST, &list);
        CHECK(strstr(list.ptr, "\"v1/Pod\":[\"a/db\",\"a/web\",\"b/lone\"]"));
        CHECK(trial.outcome.status.hooks_failed > 0);
}

static void a_pod_whose_pre_hook_may_fail_is_captured_in_its_window(void **state) {
        AUTO(trial_clear) Trial trial = { 0 };
        AUTO(buf_clear) Buf hooks = { 0 };

        (void) state;
        trial_start(&trial,
                    "{\"includedNamespaces\":[\"a\",\"b\"],\"includedNamespaceScopedResources\":[\"pods\"],"
                    "\"orderedResources\":{\"pods\":\"b/lone\"},"
                    "\"hooks\":{\"resources\":[{\"name\":\"freeze\",\"pre\":[{\"exec\":"
                    "{\"command\":[\"a\"],\"onError\":\"Continue\"}}]}]}}");
        trial_execute(&trial);
        CHECK(trial.has_ended);
        CHECK_STR(trial.outcome.status.phase, "PartiallyFailed");
        CHECK_INT(trial.outcome.status.hooks_attempted, 3);
        CHECK_INT(trial.outcome.status.hooks_failed, 3);
        CHECK_STR(contents(&trial), "namespaces/cluster/a namespaces/cluster/b pods/namespaces/a/db "
                                    "pods/namespaces/a/web pods/namespaces/b/lone");
        read_file(&trial, BACKUP_HOOKS, &hooks);
        CHECK(strstr(hooks.ptr, "\"freeze\""));
}

static void a_dry_run_counts_and_writes_nothing(void **state) {
        AUTO(trial_clear) Trial trial = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Strs keys = { 0 };

        (void) state;
        trial_start(&trial,
                    "{\"includedNamespaces\":[\"a\",\"b\"],\"hooks\":{\"resources\":[{\"name\":\"h\",\"pre\":"
                    "[{\"exec\":{\"command\":[\"a\"]}}]}]}}");
        trial.run.dry_run = true;
        trial.run.store = NULL;
        trial_execute(&trial);
        CHECK(trial.has_ended);
        CHECK_STR(trial.outcome.status.phase, "Completed");
        CHECK_INT(trial.outcome.status.items_backed_up, 14);
        CHECK(str_equal(trial.outcome.counts[0].group_resource, STR("boats.harbour.example")));
        CHECK_INT(trial.outcome.counts[8].items, 3);
        CHECK_INT(trial.outcome.bytes, 0);
        CHECK(store_list(trial.store, STR(""), &trial.arena, &keys, &err));
        CHECK_INT(keys.len, 0);
}

static void a_name_that_is_taken_is_refused_and_leftovers_are_replaced(void **state) {
        AUTO(trial_clear) Trial trial = { 0 };
        AUTO(error_clear) Error err = { 0 };
        bool exists;

        (void) state;
        trial_start(&trial, "{\"includedNamespaces\":[\"b\"]}");
        CHECK(store_put(trial.store, STR("backups/t/t.tar.gz"), STR("half"), &err));
        CHECK(store_put(trial.store, STR("backups/t/foreign"), STR("half"), &err));
        trial_execute(&trial);
        CHECK(trial.has_ended);
        CHECK_STR(contents(&trial),
                  "configmaps/namespaces/b/other namespaces/cluster/b pods/namespaces/b/lone");
        CHECK(store_exists(trial.store, STR("backups/t/foreign"), &exists, &err));
        CHECK(!exists);
        trial_execute(&trial);
        CHECK(!trial.has_ended);
        CHECK_INT(trial.err.code, ERROR_EXISTS);
        CHECK_STR(trial.err.message,
                  arena_printf(&trial.arena, "backup \"t\" already exists in \"%s\"", trial.folder));
}

static void a_store_that_fails_leaves_a_record_without_contents(void **state) {
        AUTO(trial_clear) Trial trial = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf metadata = { 0 };
        bool exists;

        (void) state;
        trial_start(&trial, "{\"includedNamespaces\":[\"b\"]}");
        /* A folder stands where the resource list is to go. */
        CHECK_INT(system(arena_printf(&trial.arena, "mkdir -p %s/backups/t/t-resource-list.json.gz/x",
                                      trial.folder)),
                  0);
        trial_execute(&trial);
        CHECK(trial.has_ended);
        CHECK_STR(trial.outcome.status.phase, "Failed");
        CHECK(trial.outcome.status.failure_reason.len > 0);
        CHECK(store_exists(trial.store, STR("backups/t/t.tar.gz"), &exists, &err));
        CHECK(!exists);
        CHECK(store_get(trial.store, STR("backups/t/velero-backup.json"), 1 << 20, &metadata, &err));
        buf_add_char(&metadata, '\0');
        CHECK(strstr(metadata.ptr, "\"phase\": \"Failed\""));
}

static void what_may_be_anothers_by_now_is_not_removed(void **state) {
        AUTO(trial_clear) Trial trial = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(stop_freep) Stop *lost = stop_new();
        bool exists;

        (void) state;
        trial_start(&trial, "{}");
        const BackupRun run = { .store = trial.store, .lost = lost };
        const Engine engine = { .run = &run, .backup = { .name = STR("t") } };
        CHECK(store_put(trial.store, STR("backups/t/velero-backup.json"), STR("the new leader's"), &err));
        stop_set(lost);
        finish_remove(&engine);
        CHECK(store_exists(trial.store, STR("backups/t/velero-backup.json"), &exists, &err) && exists);

        const BackupRun ours = { .store = trial.store };
        const Engine leading = { .run = &ours, .backup = { .name = STR("t") } };
        finish_remove(&leading);
        CHECK(store_exists(trial.store, STR("backups/t/velero-backup.json"), &exists, &err) && !exists);
}

static void an_interruption_at_any_request_leaves_nothing(void **state) {
        bool was_interrupted = true;

        (void) state;
        for (unsigned n = 1; was_interrupted; n++) {
                AUTO(trial_clear) Trial trial = { 0 };
                AUTO(error_clear) Error err = { 0 };
                Strs keys = { 0 };

                trial.cluster.stop = stop_new();
                trial.cluster.stop_at = n;
                trial_start(&trial, "{\"includedNamespaces\":[\"a\"]}");
                trial_execute(&trial);
                was_interrupted = !trial.has_ended;
                if (!was_interrupted)
                        break;
                CHECK_INT(trial.err.code, ERROR_CANCELED);
                CHECK(store_list(trial.store, STR(""), &trial.arena, &keys, &err));
                CHECK_INT(keys.len, 0);
                assert_true(n < 200);
        }
}

static void the_log_outlives_the_run(void **state) {
        AUTO(trial_clear) Trial trial = { 0 };

        (void) state;
        trial_start(&trial, "{\"includedNamespaces\":[\"b\"]}");
        trial_execute(&trial);
        log_warn(trial.log, NO_FIELDS, "after the end");
        CHECK(trial.has_ended);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(everything_that_is_wanted_is_stored),
                cmocka_unit_test(a_selected_claim_brings_its_pods_and_they_their_claims),
                cmocka_unit_test(a_policy_decides_by_namespace_and_kind),
                cmocka_unit_test(ordered_objects_are_fetched_and_missing_ones_told),
                cmocka_unit_test(volumes_without_data_are_a_warning),
                cmocka_unit_test(what_does_not_exist_or_may_not_be_read_is_an_error_and_the_rest_is_stored),
                cmocka_unit_test(an_invalid_backup_stores_nothing),
                cmocka_unit_test(a_pod_whose_pre_hook_fails_is_listed_but_not_stored),
                cmocka_unit_test(a_pod_whose_pre_hook_may_fail_is_captured_in_its_window),
                cmocka_unit_test(a_dry_run_counts_and_writes_nothing),
                cmocka_unit_test(a_name_that_is_taken_is_refused_and_leftovers_are_replaced),
                cmocka_unit_test(a_store_that_fails_leaves_a_record_without_contents),
                cmocka_unit_test(what_may_be_anothers_by_now_is_not_removed),
                cmocka_unit_test(an_interruption_at_any_request_leaves_nothing),
                cmocka_unit_test(the_log_outlives_the_run),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
