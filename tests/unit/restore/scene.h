/* scene.h - the golden backups in a store of the test's own, a cluster, and a restore between them. */
#pragma once
#include "../store/scratch.h"
#include "data/gzip.h"
#include "data/tar.h"
#include "quoted_json.h"
#include "restore/restore_execute.h"
#include "storing_cluster.h"

typedef struct Scene {
        Scratch scratch;
        Store *store;
        StoringCluster cluster;
        Discovery *discovery;
        Arena arena;
        JsonDoc *json;
        Restore restore;
        RestoreProgress progress;
        RestoreOutcome outcome;
        Error err;
        unsigned workers;
        bool dry_run;
} Scene;

static inline void scene_open(Scene *scene) {
        static const char *const names[] = { "velero-backup.json", "plain.tar.gz", "plain-volumeinfo.json.gz",
                                             "plain-volumesnapshots.json.gz",
                                             "plain-podvolumebackups.json.gz" };
        AUTO(error_clear) Error err = { 0 };
        AUTO(store_freep) Store *golden = NULL;

        *scene = (Scene) { .scratch = scratch_new(), .workers = 3 };
        scene->store = scratch_store(&scene->scratch);
        CHECK(store_open_directory(STR(GOLDEN_DIR "/velero-1.18.0/bucket"), false, NULL, &golden, &err));
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(buf_clear) Buf bytes = { 0 };
                Str key = str_of(arena_printf(&arena, "backups/plain/%s", names[i]));

                CHECK(store_get(golden, key, 1024 * 1024, &bytes, &err));
                CHECK(store_put(scene->store, key, buf_str(&bytes), &err));
        }
        storing_start(&scene->cluster);
        CHECK(discovery_read(scene->cluster.client, NULL, &scene->discovery, &err));
        scene->cluster.server.requests = 0;
}

static inline void scene_close(Scene *scene) {
        discovery_free(scene->discovery);
        storing_clear(&scene->cluster);
        store_free(scene->store);
        scratch_clear(&scene->scratch);
        yyjson_doc_free(scene->json);
        error_clear(&scene->err);
        arena_clear(&scene->arena);
}

static inline bool run(Scene *scene, const char *name, const char *spec) {
        AUTO(buf_clear) Buf json = { 0 };
        AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_INFO);
        Faults faults = { .arena = &scene->arena };

        buf_printf(&json,
                   "{'apiVersion':'velero.io/v1','kind':'Restore','metadata':{'name':'%s'},'spec':{%s}}%c",
                   name, spec, '\0');
        yyjson_doc_free(scene->json);
        scene->json = quoted_json(json.ptr);
        scene->restore = restore_decode(yyjson_doc_get_root(scene->json), &scene->arena, &faults);
        CHECK_INT(faults.errors, 0);
        error_clear(&scene->err);
        return restore_execute(
                &(RestoreRun) {
                        .client = scene->cluster.client,
                        .discovery = scene->discovery,
                        .store = scene->store,
                        .log = log,
                        .stop = scene->cluster.stop,
                        .restore = &scene->restore,
                        .progress = &scene->progress,
                        .workers = scene->workers,
                        .hook_workers = 2,
                        .dry_run = scene->dry_run,
                },
                &scene->arena, &scene->outcome, &scene->err);
}

static inline void must_run(Scene *scene, const char *name, const char *spec) {
        if (!run(scene, name, spec))
                fail_msg("%s", scene->err.message);
}

static const char *file(Scene *scene, const char *name, RestoreFile which) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        Str key = restore_key(str_of(name), which, &scene->arena);

        if (which == RESTORE_METADATA ? !store_get(scene->store, key, 1 << 20, &text, &err)
                                      : !layout_get_gzip(scene->store, key, 1 << 20, &text, &err))
                fail_msg("%s", err.message);
        return arena_copy(&scene->arena, buf_str(&text)).ptr;
}

static inline JsonVal *object(Scene *scene, const char *path) {
        StoredObject *found = storing_find(&scene->cluster, path);

        if (!found)
                fail_msg("%s is not there", path);
        return found ? yyjson_doc_get_root(found->doc) : NULL;
}

/* Without the pod that a hook's annotation is on, and the StatefulSet that would make it: they would be waited for. */
#define MAPPED                                                                                               \
        "'backupName':'plain','namespaceMapping':{'harbour':'marina'},'excludedResources':['pods','"         \
        "statefulsets']"

static inline void put(Scene *scene, const char *path, const char *json) {
        AUTO_JSON *doc = quoted_json(json);

        storing_put(&scene->cluster, path, doc);
}

/* A backup made of a few files. */
static inline void pack(Scene *scene, const char *const *files) {
        AUTO(gzip_workspace_freep) GzipWorkspace *workspace = gzip_workspace_new();
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf tar = { 0 }, packed = { 0 };

        for (; *files; files += 2) {
                AUTO_JSON *doc = quoted_json(files[1]);
                AUTO(buf_clear) Buf text = { 0 };

                json_write(yyjson_doc_get_root(doc), &text);
                tar_add(&tar, str_of(files[0]), buf_str(&text), 0);
        }
        tar_finish(&tar);
        gzip_member(workspace, buf_str(&tar), &packed);
        CHECK(store_put(scene->store, STR("backups/plain/plain.tar.gz"), buf_str(&packed), &err));
}

#define CONFIG_MAP(name, rest) "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'" name "'" rest "}"
