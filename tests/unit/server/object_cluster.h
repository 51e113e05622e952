/* object_cluster.h - an API server on a loopback port that keeps Velero's resources, for tests of the server.
 *
 * Get, list, create (also by generateName), merge patch (with resourceVersion: only if it is still that one), delete,
 * watch.  Identities are uid-1, uid-2, …; creation times come from `now_ms`. */
#pragma once
#include "base/mem.h"
#include "base/stop.h"
#include "base/thread.h"
#include "data/patch.h"
#include "kube/resource.h"
#define Server LoopbackServer /* server/server.h has the name too */
#include "loopback.h"
#undef Server
#include "base/clock.h"
#include "quoted_json.h"

#define IN_VELERO "/apis/velero.io/v1/namespaces/velero/"

enum { KEPT_MAX = 2048, REQUEST_MAX = 1024 * 1024 };

typedef struct KeptObject {
        char *folder, *name; /* "/apis/velero.io/v1/namespaces/velero/backups", "b1" */
        JsonDoc *doc;        /* NULL: deleted */
} KeptObject;

typedef struct KeptEvent { /* for watches; its version is its number from 1 */
        char *folder, *line;
} KeptEvent;

typedef struct ObjectCluster {
        LoopbackServer http;
        Mutex lock;
        KeptObject objects[KEPT_MAX];
        size_t len;
        KeptEvent *events;
        size_t events_len, events_capacity;
        unsigned uids;
        Buf writes;             /* "POST /apis/…\n" for each that was carried out */
        _Atomic int64_t now_ms; /* for creation times */
        const char *refused; /* "PATCH backups/b1": a part of "METHOD path"; answered with refused_status */
        int refused_status;
        bool hides_namespaces;         /* nobody may list them */
        bool knows_no_failed_download; /* as the CRDs of Velero 1.18 */
        const char *proxied;           /* what any Service answers through the proxy; NULL: there is none */
        unsigned proxied_late;         /* so many times it answers 503 before */
        Buf proxied_paths;             /* "/download/…\n" for each that was asked */
        Arena arena;
        Stop *stop;
        KubeConfig config;
        KubeClient *client;
        Discovery *discovery;
} ObjectCluster;

static const char *const kept_kinds[][4] = {
        /* group, version, plural, kind; a + in front: cluster-scoped */
        { "", "v1", "configmaps", "ConfigMap" },
        { "", "v1", "events", "Event" },
        { "", "v1", "+namespaces", "Namespace" },
        { "", "v1", "persistentvolumeclaims", "PersistentVolumeClaim" },
        { "", "v1", "pods", "Pod" },
        { "", "v1", "secrets", "Secret" },
        { "apiextensions.k8s.io", "v1", "+customresourcedefinitions", "CustomResourceDefinition" },
        { "coordination.k8s.io", "v1", "leases", "Lease" },
        { "velero.io", "v1", "backups", "Backup" },
        { "velero.io", "v1", "backupstoragelocations", "BackupStorageLocation" },
        { "velero.io", "v1", "deletebackuprequests", "DeleteBackupRequest" },
        { "velero.io", "v1", "downloadrequests", "DownloadRequest" },
        { "velero.io", "v1", "podvolumebackups", "PodVolumeBackup" },
        { "velero.io", "v1", "restores", "Restore" },
        { "velero.io", "v1", "schedules", "Schedule" },
        { "velero.io", "v1", "serverstatusrequests", "ServerStatusRequest" },
        { "velero.io", "v1", "volumesnapshotlocations", "VolumeSnapshotLocation" },
};

static inline void kept_discovery(bool is_core, Buf *into) {
        bool is_first = true;

        buf_add(into, STR("{\"kind\":\"APIGroupDiscoveryList\",\"items\":["));
        for (size_t i = 0; i < sizeof kept_kinds / sizeof *kept_kinds; i++) {
                const char *const *k = kept_kinds[i];
                bool is_cluster = k[2][0] == '+', begins = i == 0 || strcmp(kept_kinds[i - 1][0], k[0]) != 0;
                bool ends = i + 1 == sizeof kept_kinds / sizeof *kept_kinds ||
                            strcmp(kept_kinds[i + 1][0], k[0]) != 0;

                if ((k[0][0] == '\0') != is_core)
                        continue;
                if (begins)
                        buf_printf(into,
                                   "%s{\"metadata\":{\"name\":\"%s\"},\"versions\":[{\"version\":\"%s\","
                                   "\"resources\":[",
                                   is_first ? "" : ",", k[0], k[1]);
                buf_printf(
                        into,
                        "%s{\"resource\":\"%s\",\"responseKind\":{\"group\":\"%s\",\"version\":\"%s\","
                        "\"kind\":\"%s\"},\"scope\":\"%s\",\"singularResource\":\"\",\"verbs\":[\"create\","
                        "\"delete\",\"get\",\"list\",\"patch\",\"watch\"]}",
                        begins ? "" : ",", k[2] + is_cluster, k[0], k[1], k[3],
                        is_cluster ? "Cluster" : "Namespaced");
                if (ends)
                        buf_add(into, STR("]}]}"));
                is_first = false;
        }
        buf_add(into, STR("]}"));
}

static inline KeptObject *kept_find(ObjectCluster *cluster, const char *path) {
        for (size_t i = 0; i < cluster->len; i++) {
                const KeptObject *object = &cluster->objects[i];
                size_t len = strlen(object->folder);

                if (object->doc && strncmp(path, object->folder, len) == 0 && path[len] == '/' &&
                    strcmp(path + len + 1, object->name) == 0)
                        return &cluster->objects[i];
        }
        return NULL;
}

static inline void kept_tell(ObjectCluster *cluster, const char *type, const KeptObject *object) {
        AUTO(buf_clear) Buf json = { 0 };

        json_write(yyjson_doc_get_root(object->doc), &json);
        if (cluster->events_len == cluster->events_capacity) {
                cluster->events_capacity = cluster->events_capacity ? 2 * cluster->events_capacity : 64;
                cluster->events =
                        xrealloc_array(cluster->events, cluster->events_capacity, sizeof *cluster->events);
        }
        cluster->events[cluster->events_len++] = (KeptEvent) {
                xasprintf("%s", object->folder),
                xasprintf("{\"type\":\"%s\",\"object\":%.*s}\n", type, (int) json.len, json.ptr),
        };
}

/* Its version is the number that its event will have; what changes nothing is no event. */
static inline void kept_set(ObjectCluster *cluster, KeptObject *object, JsonMutDoc *doc, bool is_new) {
        AUTO_JSON *wanted = yyjson_mut_doc_imut_copy(doc, NULL);
        char version[24];

        if (!is_new && json_equal(yyjson_doc_get_root(object->doc), yyjson_doc_get_root(wanted)))
                return;
        snprintf(version, sizeof version, "%zu", cluster->events_len + 1);
        json_mut_set(doc, json_mut_object(doc, yyjson_mut_doc_get_root(doc), "metadata"),
                     STR("resourceVersion"), json_new_str(doc, str_of(version)));
        yyjson_doc_free(object->doc);
        object->doc = yyjson_mut_doc_imut_copy(doc, NULL);
        kept_tell(cluster, is_new ? "ADDED" : "MODIFIED", object);
}

static inline int kept_refuse(int status, const char *reason, Buf *into) {
        buf_printf(into,
                   "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"%s\",\"code\":%d,\"message\":\"%"
                   "s\"}",
                   reason, status, reason);
        return status;
}

static inline int kept_create(ObjectCluster *cluster, const char *folder, JsonDoc *body, Buf *into) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO_JSON_MUT *doc = yyjson_doc_mut_copy(body, NULL);
        JsonMutVal *metadata = json_mut_object(doc, yyjson_mut_doc_get_root(doc), "metadata");
        Str name = json_mut_str(yyjson_mut_obj_get(metadata, "name"));
        Str begin = json_mut_str(yyjson_mut_obj_get(metadata, "generateName"));
        const char *uid = arena_printf(&arena, "uid-%u", ++cluster->uids);

        if (name.len == 0) {
                name = str_of(arena_printf(&arena, STR_FMT "%05u", STR_ARG(begin), cluster->uids));
                json_mut_set(doc, metadata, STR("name"), json_new_str(doc, name));
        }
        if (kept_find(cluster, arena_printf(&arena, "%s/" STR_FMT, folder, STR_ARG(name))))
                return kept_refuse(409, "AlreadyExists", into);
        CHECK(cluster->len < KEPT_MAX);
        KeptObject *object = &cluster->objects[cluster->len++];
        *object = (KeptObject) { xasprintf("%s", folder), xasprintf(STR_FMT, STR_ARG(name)), NULL };
        json_mut_set(doc, metadata, STR("uid"), json_new_str(doc, str_of(uid)));
        if (!yyjson_mut_obj_get(metadata, "creationTimestamp"))
                json_mut_set(doc, metadata, STR("creationTimestamp"),
                             json_new_str(doc, clock_rfc3339(cluster->now_ms, &arena)));
        kept_set(cluster, object, doc, true);
        json_write(yyjson_doc_get_root(object->doc), into);
        return 201;
}

static inline bool kept_is_stale(const KeptObject *object, JsonDoc *body) {
        Str asked = json_str(json_at(yyjson_doc_get_root(body), "metadata", "resourceVersion"));

        return asked.len > 0 && !str_equal(asked, json_str(json_at(yyjson_doc_get_root(object->doc),
                                                                   "metadata", "resourceVersion")));
}

static inline int kept_patch(ObjectCluster *cluster, const char *path, JsonDoc *body, Buf *into) {
        KeptObject *object = kept_find(cluster, path);
        Str phase = json_str(json_at(yyjson_doc_get_root(body), "status", "phase"));

        if (!object)
                return kept_refuse(404, "NotFound", into);
        if (kept_is_stale(object, body))
                return kept_refuse(409, "Conflict", into);
        if (cluster->knows_no_failed_download && strstr(path, "/downloadrequests/") &&
            str_equal(phase, STR("Failed")))
                return kept_refuse(422, "Invalid", into);
        AUTO_JSON_MUT *doc = yyjson_doc_mut_copy(object->doc, NULL);
        yyjson_mut_doc_set_root(doc,
                                patch_merge(doc, yyjson_mut_doc_get_root(doc), yyjson_doc_get_root(body)));
        kept_set(cluster, object, doc, false);
        json_write(yyjson_doc_get_root(object->doc), into);
        return 200;
}

/* As a whole, but for what the API server gave it. */
static inline int kept_replace(ObjectCluster *cluster, const char *path, JsonDoc *body, Buf *into) {
        static const char *const given[] = { "uid", "creationTimestamp" };
        KeptObject *object = kept_find(cluster, path);

        if (!object)
                return kept_refuse(404, "NotFound", into);
        if (kept_is_stale(object, body))
                return kept_refuse(409, "Conflict", into);
        AUTO_JSON_MUT *doc = yyjson_doc_mut_copy(body, NULL);
        JsonMutVal *metadata = json_mut_object(doc, yyjson_mut_doc_get_root(doc), "metadata");
        for (size_t i = 0; i < sizeof given / sizeof *given; i++)
                json_mut_set(doc, metadata, str_of(given[i]),
                             yyjson_val_mut_copy(
                                     doc, json_at(yyjson_doc_get_root(object->doc), "metadata", given[i])));
        kept_set(cluster, object, doc, false);
        json_write(yyjson_doc_get_root(object->doc), into);
        return 200;
}

static inline int kept_delete(ObjectCluster *cluster, const char *path, Buf *into) {
        KeptObject *object = kept_find(cluster, path);

        if (!object)
                return kept_refuse(404, "NotFound", into);
        kept_tell(cluster, "DELETED", object);
        yyjson_doc_free(object->doc);
        object->doc = NULL;
        buf_add(into, STR("{\"kind\":\"Status\",\"status\":\"Success\"}"));
        return 200;
}

static inline bool kept_is_folder(const char *path) {
        const char *end = strrchr(path, '/');

        for (size_t i = 0; end && i < sizeof kept_kinds / sizeof *kept_kinds; i++)
                if (strcmp(end + 1, kept_kinds[i][2] + (kept_kinds[i][2][0] == '+')) == 0)
                        return true;
        return false;
}

static inline int kept_read(ObjectCluster *cluster, const char *path, Buf *into) {
        const KeptObject *object = kept_find(cluster, path);
        bool is_first = true;

        if (strcmp(path, "/api") == 0 || strcmp(path, "/apis") == 0) {
                kept_discovery(strcmp(path, "/api") == 0, into);
                return 200;
        }
        if (object) {
                json_write(yyjson_doc_get_root(object->doc), into);
                return 200;
        }
        if (strcmp(path, "/api/v1/namespaces/velero") == 0) { /* where nearly all is kept */
                buf_add(into, STR("{}"));
                return 200;
        }
        if (cluster->proxied && strstr(path, "/proxy/")) {
                buf_printf(&cluster->proxied_paths, "%s\n", path);
                if (cluster->proxied_late > 0) {
                        cluster->proxied_late--;
                        buf_add(into, STR("this server stands by"));
                        return 503;
                }
                buf_add(into, str_of(cluster->proxied));
                return 200;
        }
        if (!kept_is_folder(path))
                return kept_refuse(404, "NotFound", into);
        buf_printf(into, "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"%zu\"},\"items\":[",
                   cluster->events_len);
        for (size_t i = 0; i < cluster->len; i++) {
                if (!cluster->objects[i].doc || strcmp(cluster->objects[i].folder, path) != 0)
                        continue;
                buf_add(into, is_first ? STR("") : STR(","));
                is_first = false;
                json_write(yyjson_doc_get_root(cluster->objects[i].doc), into);
        }
        buf_add(into, STR("]}"));
        return 200;
}

/* Every change is told within 10 ms, until the server is stopped or the client goes. */
static inline void kept_watch(Peer *peer, const char *request, const char *path) {
        ObjectCluster *cluster = peer->server->user;
        const char *from = strstr(request, "resourceVersion=");
        size_t seen = from ? strtoul(from + strlen("resourceVersion="), NULL, 10) : 0;
        struct pollfd end = { .fd = peer->fd, .events = POLLIN };
        bool goes_on = true;

        peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
        while (goes_on) {
                AUTO(buf_clear) Buf lines = { 0 };

                mutex_lock(&cluster->lock);
                for (; seen < cluster->events_len; seen++)
                        if (strcmp(cluster->events[seen].folder, path) == 0)
                                buf_add(&lines, str_of(cluster->events[seen].line));
                mutex_unlock(&cluster->lock);
                goes_on = peer_write(peer, lines.ptr, lines.len) && poll(&end, 1, 10) == 0;
        }
}

static inline int kept_answer(ObjectCluster *cluster, const char *method, const char *path, JsonDoc *body,
                              Buf *into) {
        AUTO_FREE char *asked = xasprintf("%s %s", method, path);
        int status;

        if (cluster->refused && strstr(asked, cluster->refused))
                return kept_refuse(cluster->refused_status, "Refused", into);
        if (cluster->hides_namespaces && strcmp(asked, "GET /api/v1/namespaces") == 0) {
                buf_add(into, STR("{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"code\":403,\"message\":"
                                  "\"namespaces is forbidden: User \\\"grapnel\\\" cannot list resource "
                                  "\\\"namespaces\\\" in API group \\\"\\\" at the cluster scope\"}"));
                return 403;
        }
        if (strcmp(method, "GET") == 0)
                return kept_read(cluster, path, into);
        if (strcmp(method, "POST") == 0)
                status = kept_create(cluster, path, body, into);
        else if (strcmp(method, "PATCH") == 0)
                status = kept_patch(cluster, path, body, into);
        else if (strcmp(method, "PUT") == 0)
                status = kept_replace(cluster, path, body, into);
        else
                status = kept_delete(cluster, path, into);
        if (status < 300)
                buf_printf(&cluster->writes, "%s\n", asked);
        return status;
}

static inline void kept_serve(Peer *peer) {
        ObjectCluster *cluster = peer->server->user;
        AUTO_FREE char *request = xmalloc(REQUEST_MAX);

        while (peer_read_request(peer, request, REQUEST_MAX)) {
                AUTO(buf_clear) Buf body = { 0 };
                AUTO(error_clear) Error err = { 0 };
                AUTO_JSON *json = NULL;
                char method[8], path[2048], head[256];
                const char *text = strstr(request, "\r\n\r\n") + 4;

                assert_int_equal(sscanf(request, "%7s %2047[^? ]", method, path), 2);
                if (strstr(request, "watch=true")) {
                        kept_watch(peer, request, path);
                        return;
                }
                if (*text)
                        CHECK(json_parse(str_of(text), "the body", &json, &err));
                mutex_lock(&cluster->lock);
                int status = kept_answer(cluster, method, path, json, &body);
                mutex_unlock(&cluster->lock);
                snprintf(head, sizeof head,
                         "HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                         status, body.len);
                if (!peer_say(peer, head) || !peer_write(peer, body.ptr, body.len))
                        return;
        }
}

/* As if somebody had created it; `text` has ' for ". */
static inline void cluster_add(ObjectCluster *cluster, const char *folder, const char *text) {
        AUTO(buf_clear) Buf reply = { 0 };
        AUTO_JSON *doc = quoted_json(text);

        mutex_lock(&cluster->lock);
        CHECK_INT(kept_create(cluster, folder, doc, &reply), 201);
        mutex_unlock(&cluster->lock);
}

static inline void cluster_change(ObjectCluster *cluster, const char *path, const char *patch) {
        AUTO(buf_clear) Buf reply = { 0 };
        AUTO_JSON *doc = quoted_json(patch);

        mutex_lock(&cluster->lock);
        CHECK_INT(kept_patch(cluster, path, doc, &reply), 200);
        mutex_unlock(&cluster->lock);
}

static inline void cluster_remove(ObjectCluster *cluster, const char *path) {
        AUTO(buf_clear) Buf reply = { 0 };

        mutex_lock(&cluster->lock);
        CHECK_INT(kept_delete(cluster, path, &reply), 200);
        mutex_unlock(&cluster->lock);
}

/* A copy; NULL when there is none. */
static inline JsonDoc *cluster_get(ObjectCluster *cluster, const char *path) {
        JsonDoc *copy = NULL;

        mutex_lock(&cluster->lock);
        const KeptObject *object = kept_find(cluster, path);
        if (object) {
                AUTO_JSON_MUT *doc = yyjson_doc_mut_copy(object->doc, NULL);
                copy = yyjson_mut_doc_imut_copy(doc, NULL);
        }
        mutex_unlock(&cluster->lock);
        return copy;
}

/* Names of what is in a folder, in order of creation, joined by blanks. */
static inline Str cluster_names(ObjectCluster *cluster, const char *folder, Arena *arena) {
        Strs names = { 0 };

        mutex_lock(&cluster->lock);
        for (size_t i = 0; i < cluster->len; i++)
                if (cluster->objects[i].doc && strcmp(cluster->objects[i].folder, folder) == 0)
                        strs_add(&names, arena, arena_copy(arena, str_of(cluster->objects[i].name)));
        mutex_unlock(&cluster->lock);
        return strs_join(&names, STR(" "), arena);
}

static inline void cluster_open(ObjectCluster *cluster) {
        AUTO(error_clear) Error err = { 0 };
        const KubeOptions options = { .timeout_ms = 10 * 1000, .user_agent = "test" };

        cluster->stop = stop_new();
        mutex_init(&cluster->lock);
        if (cluster->now_ms == 0)
                cluster->now_ms = clock_wall_ms();
        cluster->http = (LoopbackServer) { .serve = kept_serve, .user = cluster };
        server_start(&cluster->http);
        cluster->config.server =
                str_of(arena_printf(&cluster->arena, "http://127.0.0.1:%u", cluster->http.port));
        if (!kube_client_new(&cluster->config, &options, cluster->stop, &cluster->client, &err) ||
            !discovery_read(cluster->client, cluster->stop, &cluster->discovery, &err))
                fail_msg("%s", err.message);
}

static inline void cluster_clear(ObjectCluster *cluster) {
        discovery_free(cluster->discovery);
        kube_client_free(cluster->client);
        server_stop(&cluster->http);
        for (size_t i = 0; i < cluster->len; i++) {
                free(cluster->objects[i].folder);
                free(cluster->objects[i].name);
                yyjson_doc_free(cluster->objects[i].doc);
        }
        for (size_t i = 0; i < cluster->events_len; i++) {
                free(cluster->events[i].folder);
                free(cluster->events[i].line);
        }
        free(cluster->events);
        buf_clear(&cluster->writes);
        buf_clear(&cluster->proxied_paths);
        mutex_destroy(&cluster->lock);
        stop_free(cluster->stop);
        arena_clear(&cluster->arena);
}
