/* resource.h - kinds of objects: what discovery says of them, and the paths to them.
 *
 * Discovery is read once and then constant; many threads may look.  It holds the preferred version of every
 * group-resource, in the order in which the server lists them, no subresources.
 * Source: spec/backup-behaviour.md 3.1. */
#pragma once
#include "kube/client.h"

typedef struct KubeResource {
        Str group, version, name, kind,
                singular; /* "apps", "v1", "deployments", "Deployment", "deployment" */
        Strs short_names;
        Strs verbs;
        bool is_namespaced;
} KubeResource;

bool kube_resource_has_verb(const KubeResource *resource, const char *verb);
Str kube_resource_api_version(const KubeResource *resource, Arena *arena);    /* "v1", "apps/v1" */
Str kube_resource_group_resource(const KubeResource *resource, Arena *arena); /* "pods", "deployments.apps" */
/* /apis/apps/v1/namespaces/NS/deployments/NAME; empty namespace and name are left out. */
Str kube_resource_path(const KubeResource *resource, Str namespace, Str name, Arena *arena);

typedef struct Discovery Discovery;

typedef struct ServerVersion {
        Str git_version, major, minor;
} ServerVersion;

/* Aggregated where the server offers it, else group by group.  A group that cannot be
 * read is a warning that names it ("group metrics.k8s.io/v1beta1: …"), not an error. */
bool discovery_read(KubeClient *client, const Stop *stop, Discovery **ret_discovery, Error *err) MUST_CHECK;
void discovery_free(Discovery *discovery);
DEFINE_AUTO(Discovery, discovery_free)

const KubeResource *discovery_resources(const Discovery *discovery, size_t *ret_count);
const Strs *discovery_warnings(const Discovery *discovery);
ServerVersion discovery_server_version(const Discovery *discovery);

/* As kubectl resolves a name: plural, singular, kind or short name, any case, with optional ".group" or ".version.group".
 * NULL when nothing is called that. */
const KubeResource *discovery_find(const Discovery *discovery, Str name);
/* By what an object says of itself; NULL when it is not served. */
const KubeResource *discovery_find_kind(const Discovery *discovery, Str api_version, Str kind);

/* Pure, for tests and --dry-run on files: from the bodies of aggregated (or v1 APIResourceList) replies. */
bool discovery_from_json(JsonVal *core, JsonVal *groups, Discovery **ret_discovery, Error *err) MUST_CHECK;
