/* journal_cluster_private.h - a journal's ConfigMap as those see it who write it and who look for what was left in one. */
#pragma once
#include "base/thread.h"
#include "hooks/journal_cluster.h"
#include "kube/object.h"

#define JOURNAL_LABEL "hooks.grapnel.dev/journal"
#define JOURNAL_POD_KEY "pod."

extern const KubeResource journal_config_maps;

typedef struct ClusterPlace ClusterPlace;

struct JournalCluster {
        JournalClusterOptions options;
        Mutex lock;
        ClusterPlace *first GUARDED_BY(&lock); /* those that are open in this process */
};

/* A journal of this name is open in this process. */
bool journal_cluster_has(JournalCluster *cluster, Str name);
