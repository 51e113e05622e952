#include "cli/cluster.h"

#include "kube/object.h"

static KubeOptions client_options(const ClusterFlags *flags) {
        KubeOptions options = {
                .qps = flags->qps,
                .burst = flags->burst,
                .timeout_ms = flags->request_timeout_ms,
                .user_agent = "grapnel/" GRAPNEL_VERSION,
        };

        if (options.qps > 0 && options.burst == 0)
                options.burst = options.qps < 1 ? 1 : (unsigned) options.qps;
        return options;
}

/* Tells clusters apart, for journals.  Who may not read namespaces gets the server's address instead, which
 * serves as well as long as it does not change. */
static bool read_uid(Cli *cli, Cluster *cluster, const Stop *stop, Error *err) {
        const KubeResource *namespaces = discovery_find(cluster->discovery, STR("namespaces"));
        AUTO(yyjson_doc_freep) JsonDoc *object = NULL;
        AUTO(error_clear) Error reason = { 0 };

        if (!namespaces)
                return error_set(err, ERROR_UNAVAILABLE,
                                 "the API server does not list namespaces among its resources");
        if (kube_get(cluster->client, namespaces, STR(""), STR("kube-system"), stop, &object, &reason)) {
                cluster->uid = arena_copy(cli->arena, object_uid(yyjson_doc_get_root(object)));
                return true;
        }
        if (reason.code != ERROR_FORBIDDEN && reason.code != ERROR_NOT_FOUND)
                return error_set(err, reason.code, "%s", reason.message);
        cluster->uid = arena_copy(cli->arena, kube_client_server(cluster->client));
        return true;
}

bool cluster_open(Cli *cli, const ClusterFlags *flags, const Stop *stop, Cluster *cluster, Error *err) {
        const KubeConfigChoice choice = { flags->kubeconfig, flags->context };
        const KubeOptions options = client_options(flags);

        if (!kube_config_load(&choice, &cluster->config, err)) {
                cli_set_hint(cli,
                             "--kubeconfig FILE or $KUBECONFIG names the file that says where the cluster "
                             "is and who you are");
                return false;
        }
        for (size_t i = 0; i < cluster->config.warnings.len; i++)
                cli_warn(cli, cluster->config.warnings.items[i]);
        if (!kube_client_new(&cluster->config, &options, stop, &cluster->client, err) ||
            !discovery_read(cluster->client, stop, &cluster->discovery, err))
                return false;

        const Strs *warnings = discovery_warnings(cluster->discovery);
        for (size_t i = 0; i < warnings->len; i++)
                cli_warn(cli, warnings->items[i]);
        return read_uid(cli, cluster, stop, err);
}

void cluster_clear(Cluster *cluster) {
        discovery_free(cluster->discovery);
        kube_client_free(cluster->client);
        kube_config_clear(&cluster->config);
        *cluster = (Cluster) { 0 };
}
