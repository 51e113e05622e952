/* small_cluster.h - an API server on a loopback port that lists and gets a dozen objects and refuses every exec. */
#pragma once
#include "base/stop.h"
#include "data/json.h"
#include "kube/client.h"
#include "loopback.h"

typedef struct SmallObject {
        const char *api; /* "/api/v1" */
        const char *resource, *namespace, *name;
        const char *labels;   /* members of a JSON object */
        const char *rest;     /* further members of the object, each with a comma in front */
        const char *metadata; /* further members of its metadata, likewise */
} SmallObject;

typedef struct SmallCluster {
        Server server;
        const SmallObject *objects;
        size_t count;
        const char *denied; /* this path is 403; or NULL */
        const char *broken; /* this path is 500; or NULL */
        Stop *stop;
        unsigned stop_at; /* set `stop` with the n-th request; 0: never */
        Arena arena;
        KubeConfig config;
        KubeClient *client;
} SmallCluster;

static inline bool PRINTF_LIKE(2, 3) small_path_is(const char *path, const char *format, ...) {
        char expected[512];
        va_list args;

        va_start(args, format);
        vsnprintf(expected, sizeof expected, format, args);
        va_end(args);
        return strcmp(path, expected) == 0;
}

static inline void small_write(const SmallObject *object, Buf *into) {
        buf_printf(into, "{\"metadata\":{\"name\":\"%s\",", object->name);
        if (object->namespace)
                buf_printf(into, "\"namespace\":\"%s\",", object->namespace);
        buf_printf(into, "\"uid\":\"uid-%s\",\"labels\":{%s}%s}%s}", object->name,
                   object->labels ? object->labels : "", object->metadata ? object->metadata : "",
                   object->rest ? object->rest : "");
}

/* Only "key=value", as the tests use it. */
static inline bool small_selects(const char *query, const SmallObject *object) {
        const char *selector = query ? strstr(query, "labelSelector=") : NULL;
        char key[64], value[64], expected[160];

        if (!selector)
                return true;
        if (sscanf(selector, "labelSelector=%63[a-z]%%3D%63[a-z]", key, value) != 2 &&
            sscanf(selector, "labelSelector=%63[a-z]=%63[a-z]", key, value) != 2)
                return false;
        snprintf(expected, sizeof expected, "\"%s\":\"%s\"", key, value);
        return object->labels && strstr(object->labels, expected);
}

static inline bool small_answer_object(const SmallCluster *cluster, const char *path, Buf *body) {
        for (size_t i = 0; i < cluster->count; i++) {
                const SmallObject *o = &cluster->objects[i];

                if ((o->namespace && small_path_is(path, "%s/namespaces/%s/%s/%s", o->api, o->namespace,
                                                   o->resource, o->name)) ||
                    (!o->namespace && small_path_is(path, "%s/%s/%s", o->api, o->resource, o->name))) {
                        small_write(o, body);
                        return true;
                }
        }
        return false;
}

static inline void small_answer_list(const SmallCluster *cluster, const char *path, const char *query,
                                     Buf *body) {
        bool is_first = true;

        buf_add(body, STR("{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":["));
        for (size_t i = 0; i < cluster->count; i++) {
                const SmallObject *o = &cluster->objects[i];

                if (!(small_path_is(path, "%s/%s", o->api, o->resource) ||
                      (o->namespace &&
                       small_path_is(path, "%s/namespaces/%s/%s", o->api, o->namespace, o->resource))) ||
                    !small_selects(query, o))
                        continue;
                if (!is_first)
                        buf_add_char(body, ',');
                is_first = false;
                small_write(o, body);
        }
        buf_add(body, STR("]}"));
}

/* A list has an even number of parts after the version, an object an odd one, but for cluster-scoped kinds. */
static inline bool small_is_object(const SmallCluster *cluster, const char *path) {
        const char *last = strrchr(path, '/');

        for (size_t i = 0; i < cluster->count; i++)
                if (strcmp(last + 1, cluster->objects[i].resource) == 0)
                        return false;
        return strstr(path, "/clusterroles/") || strstr(path, "/persistentvolumes/") ||
               strstr(path, "/customresourcedefinitions/") ||
               (strstr(path, "/namespaces/") && strchr(strstr(path, "/namespaces/") + 12, '/') &&
                strchr(strchr(strstr(path, "/namespaces/") + 12, '/') + 1, '/'));
}

static inline int small_answer(const SmallCluster *cluster, char *target, Buf *body) {
        char *query = strchr(target, '?');

        if (query)
                *query++ = '\0';
        if ((cluster->denied && strcmp(target, cluster->denied) == 0) || strstr(target, "/exec")) {
                buf_add(body, STR("{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Forbidden\","
                                  "\"code\":403,"
                                  "\"message\":\"no\"}"));
                return 403;
        }
        if (cluster->broken && strcmp(target, cluster->broken) == 0) {
                buf_add(body,
                        STR("{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Invalid\",\"code\":422,"
                            "\"message\":\"broken\"}"));
                return 422;
        }
        if (small_answer_object(cluster, target, body))
                return 200;
        if (small_is_object(cluster, target)) {
                buf_add(body, STR("{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"NotFound\","
                                  "\"code\":404,"
                                  "\"message\":\"not found\"}"));
                return 404;
        }
        small_answer_list(cluster, target, query, body);
        return 200;
}

static inline void small_serve(Peer *peer) {
        SmallCluster *cluster = peer->server->user;
        char request[16 * 1024], target[4096];

        while (peer_read_request(peer, request, sizeof request)) {
                AUTO(buf_clear) Buf body = { 0 };
                char head[256];
                int status;

                assert_int_equal(sscanf(request, "GET %4095s", target), 1);
                if (cluster->stop && cluster->stop_at && peer->server->requests == cluster->stop_at)
                        stop_set(cluster->stop);
                status = small_answer(cluster, target, &body);
                snprintf(head, sizeof head,
                         "HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                         status, body.len);
                if (!peer_say(peer, head) || !peer_write(peer, body.ptr, body.len))
                        return;
        }
}

static inline void small_cluster_start(SmallCluster *cluster) {
        AUTO(error_clear) Error err = { 0 };
        KubeOptions options = { .timeout_ms = 5000, .user_agent = "test" };

        cluster->server = (Server) { .serve = small_serve, .user = cluster };
        server_start(&cluster->server);
        cluster->config = (KubeConfig) { 0 };
        cluster->config.server =
                str_of(arena_printf(&cluster->arena, "http://127.0.0.1:%u", cluster->server.port));
        if (!kube_client_new(&cluster->config, &options, cluster->stop, &cluster->client, &err))
                fail_msg("%s", err.message);
}

static inline void small_cluster_stop(SmallCluster *cluster) {
        kube_client_free(cluster->client);
        server_stop(&cluster->server);
        arena_clear(&cluster->arena);
}
