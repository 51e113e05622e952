/* cluster_home.h - a home folder whose kubeconfig leads to an API server that keeps Velero's resources. */
#pragma once
#include "cli/run_cli.h"
#include "server/object_cluster.h"

#define IN(namespace, kind) "/apis/velero.io/v1/namespaces/" namespace "/" kind

static inline void write_file(const char *path, const char *text) {
        FILE *file = fopen(path, "we");

        assert_non_null(file);
        fputs(text, file);
        fclose(file);
}

/* A kubeconfig for the cluster, and a home folder without Velero's settings. */
static inline const char *enter_opened(ObjectCluster *cluster, Arena *arena) {
        const char *home = new_folder(arena);
        const char *path = arena_printf(arena, "%s/kubeconfig", home);

        write_file(path, arena_printf(arena,
                                      "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                                      "contexts: [{name: c, context: {cluster: c, user: u}}]\n"
                                      "clusters: [{name: c, cluster: {server: \"http://127.0.0.1:%u\"}}]\n"
                                      "users: [{name: u, user: {}}]\n",
                                      cluster->http.port));
        setenv("HOME", home, 1);
        unsetenv("VELERO_NAMESPACE");
        setenv("KUBECONFIG", path, 1);
        return home;
}

static inline const char *enter(ObjectCluster *cluster, Arena *arena) {
        cluster_open(cluster);
        return enter_opened(cluster, arena);
}
