/* plan_pods.h - pods for `grapnel hooks plan`: from a file, a cluster or a backup, those that the manifest selects. */
#pragma once
#include "api/backup.h"
#include "api/restore.h"
#include "cli/cluster.h"
#include "store/store.h"

/* `pod` lives for the length of the call. */
typedef bool (*PodSink)(void *user, JsonVal *pod, Error *err);

/* `kubectl get pods -A -o json` (or yaml): a List, or one Pod; "-" is standard input. */
bool plan_pods_of_file(Str path, PodSink sink, void *user, Error *err) MUST_CHECK;
bool plan_pods_of_cluster(const Cluster *cluster, unsigned page_size, PodSink sink, void *user, Error *err)
        MUST_CHECK;
bool plan_pods_of_backup(Store *store, Str backup, Arena *arena, PodSink sink, void *user, Error *err)
        MUST_CHECK;

/* By namespace, kind and labels, as the run selects. */
bool plan_selects_backup(const BackupSpec *spec, const Discovery *discovery, JsonVal *pod);
bool plan_selects_restore(const RestoreSpec *spec, JsonVal *pod);
/* What is known of resources where there is no cluster to ask: pods. */
bool plan_pods_discovery(Discovery **ret_discovery, Error *err) MUST_CHECK;
