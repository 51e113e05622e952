/* config_places.h - where a cluster's address may be found, apart from one file.  Private to kube/. */
#pragma once
#include "kube/config.h"

typedef struct ConfigPlaces { /* of the process; empty: not set */
        Str kubeconfig, home;
        Str service_host, service_port; /* KUBERNETES_SERVICE_HOST and _PORT, in a pod */
        Str service_account;            /* folder with token, ca.crt and namespace */
} ConfigPlaces;

ConfigPlaces config_places(void);
bool config_load_from(const ConfigPlaces *places, const KubeConfigChoice *choice, KubeConfig *ret_config,
                      Error *err) MUST_CHECK;
