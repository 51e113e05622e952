/* storing_cluster.h - an API server on a loopback port that keeps what is created in it, and fails when told to. */
#pragma once
#include "base/mem.h"
#include "base/stop.h"
#include "base/thread.h"
#include "data/patch.h"
#include "kube/resource.h"
#include "loopback.h"

typedef struct StoredObject {
        char *path;
        JsonDoc *doc;
        unsigned version; /* grows with each change in the cluster */
} StoredObject;

enum { STORED_MAX = 128 };

typedef struct StoringCluster {
        Server server;
        Mutex lock;
        StoredObject objects[STORED_MAX];
        size_t len;
        unsigned posts, puts, patches; /* that were answered */
        unsigned fault_at;             /* the request of that number (from 1) is cut off; 0: none */
        bool loses_answers;            /* the cut request is carried out first */
        const char *denied;            /* creates below a path with this in it are 403 */
        Stop *stop;
        unsigned stop_at; /* the stop is set with that request */
        unsigned uids, version;
        unsigned hidden_reads;      /* as many reads of the discovery do not show boats yet */
        bool is_slow_to_serve;      /* a CRD is established only when it is looked at */
        const char *refuses_change; /* a PATCH or PUT below a path with this in it is 422 */
        const char *refuses_watch;  /* a list or watch of a path with this in it is 403 */
        bool is_silent;             /* watches tell nothing */
        Arena arena;
        KubeConfig config;
        KubeClient *client;
} StoringCluster;

static const char *const storing_kinds[][4] = {
        /* group, version, plural, kind; a + in front: cluster-scoped */
        { "", "v1", "configmaps", "ConfigMap" },
        { "", "v1", "endpoints", "Endpoints" },
        { "", "v1", "events", "Event" },
        { "", "v1", "+namespaces", "Namespace" },
        { "", "v1", "+persistentvolumes", "PersistentVolume" },
        { "", "v1", "persistentvolumeclaims", "PersistentVolumeClaim" },
        { "", "v1", "pods", "Pod" },
        { "", "v1", "secrets", "Secret" },
        { "", "v1", "serviceaccounts", "ServiceAccount" },
        { "", "v1", "services", "Service" },
        { "apiextensions.k8s.io", "v1", "+customresourcedefinitions", "CustomResourceDefinition" },
        { "apps", "v1", "controllerrevisions", "ControllerRevision" },
        { "apps", "v1", "deployments", "Deployment" },
        { "apps", "v1", "replicasets", "ReplicaSet" },
        { "apps", "v1", "statefulsets", "StatefulSet" },
        { "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler" },
        { "batch", "v1", "cronjobs", "CronJob" },
        { "batch", "v1", "jobs", "Job" },
        { "discovery.k8s.io", "v1", "endpointslices", "EndpointSlice" },
        { "harbour.example", "v1", "boats", "Boat" },
        { "networking.k8s.io", "v1", "ingresses", "Ingress" },
        { "networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy" },
        { "policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget" },
        { "rbac.authorization.k8s.io", "v1", "+clusterroles", "ClusterRole" },
        { "rbac.authorization.k8s.io", "v1", "+clusterrolebindings", "ClusterRoleBinding" },
        { "rbac.authorization.k8s.io", "v1", "roles", "Role" },
        { "rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding" },
};

static inline void storing_discovery(bool is_core, bool hides_boats, Buf *into) {
        bool is_first = true;

        buf_add(into, STR("{\"kind\":\"APIGroupDiscoveryList\",\"items\":["));
        FOR_EACH_CASE(storing_kinds, kind) {
                const char *const *k = *kind;
                bool is_cluster = k[2][0] == '+';

                if ((k[0][0] == '\0') != is_core || (hides_boats && strcmp(k[2], "boats") == 0))
                        continue;
                buf_printf(
                        into,
                        "%s{\"metadata\":{\"name\":\"%s\"},\"versions\":[{\"version\":\"%s\",\"resources\":[{"
                        "\"resource\":\"%s\",\"responseKind\":{\"kind\":\"%s\"},\"scope\":\"%s\","
                        "\"singularResource\":\"\",\"verbs\":[\"create\",\"get\",\"list\"]}]}]}",
                        is_first ? "" : ",", k[0], k[1], k[2] + is_cluster, k[3],
                        is_cluster ? "Cluster" : "Namespaced");
                is_first = false;
        }
        buf_add(into, STR("]}"));
}

static inline StoredObject *storing_find(StoringCluster *cluster, const char *path) {
        for (size_t i = 0; i < cluster->len; i++)
                if (strcmp(cluster->objects[i].path, path) == 0)
                        return &cluster->objects[i];
        return NULL;
}

static inline void storing_keep(StoringCluster *cluster, StoredObject *object, JsonMutDoc *doc) {
        yyjson_doc_free(object->doc);
        object->doc = yyjson_mut_doc_imut_copy(doc, NULL);
        object->version = ++cluster->version;
}

/* As if somebody else had put it there, or changed it. */
static inline void storing_put(StoringCluster *cluster, const char *path, JsonDoc *json) {
        mutex_lock(&cluster->lock);
        StoredObject *object = storing_find(cluster, path);
        AUTO_JSON_MUT *doc = yyjson_doc_mut_copy(json, NULL);

        if (!object) {
                CHECK(cluster->len < STORED_MAX);
                object = &cluster->objects[cluster->len++];
                *object = (StoredObject) { .path = xasprintf("%s", path) };
        }
        storing_keep(cluster, object, doc);
        mutex_unlock(&cluster->lock);
}

static inline bool storing_is_in(const StoredObject *object, const char *path) {
        size_t len = strlen(path);

        return strncmp(object->path, path, len) == 0 && object->path[len] == '/' &&
               !strchr(object->path + len + 1, '/');
}

/* What the API server adds: an identity; to a CRD, that it is served. */
static inline JsonMutDoc *storing_born(StoringCluster *cluster, JsonDoc *body) {
        AUTO(arena_clear) Arena arena = { 0 };
        JsonMutDoc *doc = yyjson_doc_mut_copy(body, NULL);
        JsonMutVal *object = yyjson_mut_doc_get_root(doc);
        JsonMutVal *metadata = json_mut_object(doc, object, "metadata");

        json_mut_set(doc, metadata, STR("uid"),
                     json_new_str(doc, str_of(arena_printf(&arena, "uid-%u", ++cluster->uids))));
        json_mut_set(doc, metadata, STR("resourceVersion"), json_new_str(doc, STR("1")));
        json_mut_set(doc, metadata, STR("creationTimestamp"), json_new_str(doc, STR("2999-01-01T00:00:00Z")));
        json_mut_remove(object, "status");
        if (cluster->is_slow_to_serve)
                return doc;
        if (str_equal(json_get_str(yyjson_doc_get_root(body), "kind"), STR("CustomResourceDefinition"))) {
                JsonMutVal *conditions =
                        yyjson_mut_obj_add_arr(doc, json_mut_object(doc, object, "status"), "conditions");

                for (int i = 0; i < 2; i++) {
                        JsonMutVal *condition = yyjson_mut_arr_add_obj(doc, conditions);

                        json_put_str(doc, condition, "type", i ? STR("Established") : STR("NamesAccepted"));
                        json_put_str(doc, condition, "status", STR("True"));
                }
        }
        return doc;
}

static inline int storing_refuse(int status, const char *reason, const char *message, Buf *into) {
        buf_printf(into,
                   "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"%s\",\"code\":%d,\"message\":\"%"
                   "s\"}",
                   reason, status, message);
        return status;
}

static inline int storing_create(StoringCluster *cluster, const char *path, JsonDoc *body, Buf *into) {
        Str name = json_str(json_at(yyjson_doc_get_root(body), "metadata", "name"));
        AUTO_FREE char *full = xasprintf("%s/" STR_FMT, path, STR_ARG(name));

        cluster->posts++;
        if (cluster->denied && strstr(full, cluster->denied))
                return storing_refuse(403, "Forbidden", "exceeded quota", into);
        if (storing_find(cluster, full))
                return storing_refuse(409, "AlreadyExists", "it already exists", into);
        CHECK(cluster->len < STORED_MAX);
        AUTO_JSON_MUT *doc = storing_born(cluster, body);
        cluster->objects[cluster->len] = (StoredObject) { .path = TAKE(full) };
        storing_keep(cluster, &cluster->objects[cluster->len], doc);
        json_write(yyjson_doc_get_root(cluster->objects[cluster->len++].doc), into);
        return 201;
}

static inline int storing_change(StoringCluster *cluster, const char *method, char *path, JsonDoc *body,
                                 Buf *into) {
        bool is_status = strlen(path) > 7 && strcmp(path + strlen(path) - 7, "/status") == 0;

        if (is_status)
                path[strlen(path) - 7] = '\0';
        StoredObject *object = storing_find(cluster, path);
        if (!object)
                return storing_refuse(404, "NotFound", "not found", into);
        if (cluster->refuses_change && strstr(path, cluster->refuses_change))
                return storing_refuse(422, "Invalid", "field is immutable", into);
        AUTO_JSON_MUT *doc = yyjson_doc_mut_copy(object->doc, NULL);
        if (strcmp(method, "PATCH") == 0) {
                cluster->patches++;
                yyjson_mut_doc_set_root(
                        doc, patch_merge(doc, yyjson_mut_doc_get_root(doc), yyjson_doc_get_root(body)));
        } else {
                cluster->puts++;
                json_mut_set(doc, yyjson_mut_doc_get_root(doc), STR("status"),
                             yyjson_val_mut_copy(doc, json_get(yyjson_doc_get_root(body), "status")));
        }
        storing_keep(cluster, object, doc);
        json_write(yyjson_doc_get_root(object->doc), into);
        return 200;
}

static inline int storing_list(StoringCluster *cluster, const char *path, Buf *into) {
        bool is_first = true;

        if (cluster->refuses_watch && strstr(path, cluster->refuses_watch))
                return storing_refuse(403, "Forbidden", "not for you", into);
        buf_printf(into, "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"%u\"},\"items\":[",
                   cluster->version);
        for (size_t i = 0; i < cluster->len; i++) {
                if (!storing_is_in(&cluster->objects[i], path))
                        continue;
                buf_add(into, is_first ? STR("") : STR(","));
                is_first = false;
                json_write(yyjson_doc_get_root(cluster->objects[i].doc), into);
        }
        buf_add(into, STR("]}"));
        return 200;
}

/* The second look finds that it is served now. */
static inline void storing_establish(StoringCluster *cluster, StoredObject *object) {
        AUTO_JSON_MUT *doc = NULL;

        if (!cluster->is_slow_to_serve || !strstr(object->path, "/customresourcedefinitions/"))
                return;
        cluster->is_slow_to_serve = false;
        doc = storing_born(cluster, object->doc);
        storing_keep(cluster, object, doc);
}

static inline int storing_read(StoringCluster *cluster, const char *path, Buf *into) {
        static const char *const lists[] = { "/pods", "/configmaps", NULL };
        StoredObject *object = storing_find(cluster, path);

        if (strcmp(path, "/api") == 0 || strcmp(path, "/apis") == 0) {
                bool is_core = strcmp(path, "/api") == 0, hides_boats = !is_core && cluster->hidden_reads > 0;

                cluster->hidden_reads -= hides_boats;
                storing_discovery(is_core, hides_boats, into);
                return 200;
        }
        if (object) {
                json_write(yyjson_doc_get_root(object->doc), into);
                storing_establish(cluster, object);
                return 200;
        }
        for (const char *const *end = lists; *end; end++)
                if (strlen(path) > strlen(*end) && strcmp(path + strlen(path) - strlen(*end), *end) == 0)
                        return storing_list(cluster, path, into);
        return storing_refuse(404, "NotFound", "not found", into);
}

/* Every change is told within 20 ms, until the server is stopped. */
static inline void storing_watch(Peer *peer, const char *request) {
        StoringCluster *cluster = peer->server->user;
        const char *from = strstr(request, "resourceVersion=");
        unsigned seen = from ? (unsigned) strtoul(from + strlen("resourceVersion="), NULL, 10) : 0;
        char path[4096];
        bool goes_on = true;

        assert_int_equal(sscanf(request, "GET %4095[^? ]", path), 1);
        peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
        while (goes_on) {
                AUTO(buf_clear) Buf events = { 0 };
                struct pollfd end = { .fd = peer->fd, .events = POLLIN };

                mutex_lock(&cluster->lock);
                for (size_t i = 0; i < cluster->len; i++) {
                        if (cluster->is_silent || cluster->objects[i].version <= seen ||
                            !storing_is_in(&cluster->objects[i], path))
                                continue;
                        buf_add(&events, STR("{\"type\":\"MODIFIED\",\"object\":"));
                        json_write(yyjson_doc_get_root(cluster->objects[i].doc), &events);
                        buf_add(&events, STR("}\n"));
                }
                seen = cluster->version;
                mutex_unlock(&cluster->lock);
                goes_on = peer_write(peer, events.ptr, events.len) && poll(&end, 1, 20) == 0;
        }
}

static inline int storing_answer(StoringCluster *cluster, const char *request, Buf *into) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *body = NULL;
        char method[8], path[4096];
        const char *text = strstr(request, "\r\n\r\n") + 4;

        assert_int_equal(sscanf(request, "%7s %4095[^? ]", method, path), 2);
        if (*text)
                CHECK(json_parse(str_of(text), "the body", &body, &err));
        if (strcmp(method, "GET") == 0)
                return storing_read(cluster, path, into);
        if (strcmp(method, "POST") == 0)
                return storing_create(cluster, path, body, into);
        return storing_change(cluster, method, path, body, into);
}

static inline void storing_serve(Peer *peer) {
        StoringCluster *cluster = peer->server->user;
        AUTO_FREE char *request = xmalloc(256 * 1024);

        while (peer_read_request(peer, request, 256 * 1024)) {
                AUTO(buf_clear) Buf body = { 0 };
                unsigned number = peer->server->requests;
                char head[256];

                if (cluster->stop_at > 0 && number == cluster->stop_at)
                        stop_set(cluster->stop);
                if (number == cluster->fault_at && !cluster->loses_answers) {
                        peer_reset(peer);
                        return;
                }
                if (strstr(request, "watch=true")) {
                        storing_watch(peer, request);
                        return;
                }
                mutex_lock(&cluster->lock);
                int status = storing_answer(cluster, request, &body);
                mutex_unlock(&cluster->lock);
                if (number == cluster->fault_at) {
                        peer_reset(peer);
                        return;
                }
                snprintf(head, sizeof head,
                         "HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                         status, body.len);
                if (!peer_say(peer, head) || !peer_write(peer, body.ptr, body.len))
                        return;
        }
}

static inline void storing_start(StoringCluster *cluster) {
        AUTO(error_clear) Error err = { 0 };
        const KubeOptions options = { .timeout_ms = 10 * 1000, .user_agent = "test" };

        cluster->stop = stop_new();
        mutex_init(&cluster->lock);
        cluster->server = (Server) { .serve = storing_serve, .user = cluster };
        server_start(&cluster->server);
        cluster->config.server =
                str_of(arena_printf(&cluster->arena, "http://127.0.0.1:%u", cluster->server.port));
        if (!kube_client_new(&cluster->config, &options, cluster->stop, &cluster->client, &err))
                fail_msg("%s", err.message);
}

static inline void storing_clear(StoringCluster *cluster) {
        kube_client_free(cluster->client);
        server_stop(&cluster->server);
        for (size_t i = 0; i < cluster->len; i++) {
                free(cluster->objects[i].path);
                yyjson_doc_free(cluster->objects[i].doc);
        }
        mutex_destroy(&cluster->lock);
        stop_free(cluster->stop);
        arena_clear(&cluster->arena);
}
