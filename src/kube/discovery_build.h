/* discovery_build.h - makes a Discovery out of what the server says of its groups.  Pure.
 *
 * Core is added first, then the groups in the server's order, each with its preferred version first. */
#pragma once
#include "kube/resource.h"

struct Discovery {
        Arena arena;
        KubeResource
                *resources; /* the preferred ones in order, then what is served in other versions as well */
        size_t preferred, len;
        Strs warnings;
        ServerVersion version;
};

typedef struct DiscoveryBuilder DiscoveryBuilder;

DiscoveryBuilder *discovery_builder_new(void);
void discovery_builder_free(DiscoveryBuilder *builder);
DEFINE_AUTO(DiscoveryBuilder, discovery_builder_free)

/* An APIGroupDiscoveryList (aggregated), or an APIResourceList (of one version), or an array of these;
 * ERROR_CORRUPT for anything else. */
bool discovery_add(DiscoveryBuilder *builder, JsonVal *reply, Error *err) MUST_CHECK;
/* "group metrics.k8s.io/v1beta1: <why>"; an empty group is the core. */
void discovery_add_failure(DiscoveryBuilder *builder, Str group, Str version, Str why);
void discovery_set_version(DiscoveryBuilder *builder, JsonVal *version);

/* Leaves the builder empty. */
Discovery *discovery_finish(DiscoveryBuilder *builder);
