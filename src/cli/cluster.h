/* cluster.h - the cluster that a command works with: config, client, what it serves, who it is. */
#pragma once
#include "cli/cli.h"
#include "cli/flags.h"
#include "kube/resource.h"

typedef struct Cluster {
        KubeConfig config;
        KubeClient *client;
        Discovery *discovery;
        Str uid; /* of namespace kube-system, which never changes; in the command's arena */
} Cluster;

/* `cluster` starts zeroed; clear it also after a failure. */
bool cluster_open(Cli *cli, const ClusterFlags *flags, const Stop *stop, Cluster *cluster, Error *err)
        MUST_CHECK;
void cluster_clear(Cluster *cluster);
