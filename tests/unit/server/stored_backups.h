/* stored_backups.h - a location of provider filesystem in a temporary folder, with backups in it. */
#pragma once
#include <ftw.h>
#include <sys/stat.h>

#include "server_fixture.h"
#include "store/layout.h"

typedef struct StoredBackups {
        char path[64]; /* config.path; the bucket is "bucket" */
        Store *store;
} StoredBackups;

static inline void stored_open(StoredBackups *stored) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_FREE char *bucket = NULL;

        snprintf(stored->path, sizeof stored->path, "/tmp/grapnel-test-XXXXXX");
        CHECK(mkdtemp(stored->path));
        bucket = xasprintf("%s/bucket", stored->path);
        if (!store_open_directory(str_of(bucket), true, NULL, &stored->store, &err))
                fail_msg("%s", err.message);
}

static inline int stored_remove(const char *path, const struct stat *status, int type, struct FTW *walk) {
        (void) status;
        (void) type;
        (void) walk;
        return remove(path);
}

static inline void stored_clear(StoredBackups *stored) {
        store_free(stored->store);
        nftw(stored->path, stored_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void stored_put(StoredBackups *stored, const char *key, const char *text) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf plain = { 0 };

        for (; *text; text++)
                buf_add_char(&plain, *text == '\'' ? '"' : *text);
        if (!store_put(stored->store, str_of(key), buf_str(&plain), &err))
                fail_msg("%s", err.message);
}

static inline void stored_put_gzip(StoredBackups *stored, const char *key, const char *text) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf plain = { 0 };

        for (; *text; text++)
                buf_add_char(&plain, *text == '\'' ? '"' : *text);
        if (!layout_put_gzip(stored->store, str_of(key), buf_str(&plain), &err))
                fail_msg("%s", err.message);
}

static inline bool stored_has(StoredBackups *stored, const char *key) {
        AUTO(error_clear) Error err = { 0 };
        bool exists = false;

        CHECK(store_exists(stored->store, str_of(key), &exists, &err));
        return exists;
}

/* A location "default" that is Available; `more` is added to its spec ("'accessMode':'ReadOnly',"). */
static inline void stored_add_location(StoredBackups *stored, ServerFixture *f, const char *more) {
        AUTO_FREE char *text = xasprintf(
                "{'apiVersion':'velero.io/v1','kind':'BackupStorageLocation','metadata':{'name':'default',"
                "'namespace':'velero'},'spec':{%s'provider':'filesystem','config':{'path':'%s'},"
                "'objectStorage':{'bucket':'bucket'}},'status':{'phase':'Available'}}",
                more, stored->path);

        cluster_add(&f->cluster, IN_VELERO "backupstoragelocations", text);
}

/* A server at that time, whose location "default" is that folder. */
static inline void stored_serve(StoredBackups *stored, ServerFixture *f, const char *now) {
        fixture_open(f, now);
        stored_open(stored);
        stored_add_location(stored, f, "");
}

#define STORED_BACKUP(name, phase)                                                                           \
        "{'apiVersion':'velero.io/v1','kind':'Backup','metadata':{'name':'" name                             \
        "','namespace':'velero','uid':'old','resourceVersion':'7','labels':{'velero.io/storage-location':"   \
        "'default'}},'spec':{'storageLocation':'default','hooks':{'resources':[{'name':'x'}]}},'status':{"   \
        "'phase':'" phase "','startTimestamp':'2026-11-01T00:00:00Z','expiration':'2026-12-01T00:00:00Z'}}"
