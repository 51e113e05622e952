/* config_decode.h - what the chosen cluster and user of a kubeconfig say.  Private to kube/. */
#pragma once
#include "kube/config_entry.h"

bool config_decode_cluster(const ConfigEntry *cluster, KubeConfig *config, Error *err) MUST_CHECK;
bool config_decode_user(const ConfigEntry *user, KubeConfig *config, Error *err) MUST_CHECK;
