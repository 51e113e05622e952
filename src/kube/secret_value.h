/* secret_value.h - one value of a Secret. */
#pragma once
#include "kube/client.h"

typedef struct KubeSecretKey {
        Str namespace, name, key;
} KubeSecretKey;

/* The caller clears it.  ERROR_INVALID, a sentence with the names, when there is no such Secret or key. */
bool kube_secret_value(KubeClient *client, const KubeSecretKey *which, const Stop *stop, Secret *ret_value,
                       Error *err) MUST_CHECK;
