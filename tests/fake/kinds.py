"""The kinds that the fake API server serves, as discovery lists them."""

VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]


class Kind:
    def __init__(self, group, version, plural, kind, namespaced, short=(), subresources=()):
        self.group, self.version, self.plural, self.kind = group, version, plural, kind
        self.namespaced, self.short, self.subresources = namespaced, list(short), list(subresources)

    @property
    def api_version(self):
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def path(self):
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"


BUILT_IN = [
    Kind("", "v1", "configmaps", "ConfigMap", True, ["cm"]),
    Kind("", "v1", "endpoints", "Endpoints", True, ["ep"]),
    Kind("", "v1", "events", "Event", True, ["ev"]),
    Kind("", "v1", "namespaces", "Namespace", False, ["ns"], ["status"]),
    Kind("", "v1", "nodes", "Node", False, ["no"], ["status"]),
    Kind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", True, ["pvc"], ["status"]),
    Kind("", "v1", "persistentvolumes", "PersistentVolume", False, ["pv"], ["status"]),
    Kind("", "v1", "pods", "Pod", True, ["po"], ["status", "exec"]),
    Kind("", "v1", "secrets", "Secret", True),
    Kind("", "v1", "serviceaccounts", "ServiceAccount", True, ["sa"]),
    Kind("", "v1", "services", "Service", True, ["svc"], ["status"]),
    Kind("apps", "v1", "deployments", "Deployment", True, ["deploy"], ["status"]),
    Kind("apps", "v1", "replicasets", "ReplicaSet", True, ["rs"], ["status"]),
    Kind("apps", "v1", "statefulsets", "StatefulSet", True, ["sts"], ["status"]),
    Kind("batch", "v1", "jobs", "Job", True, [], ["status"]),
    Kind("events.k8s.io", "v1", "events", "Event", True, ["ev"]),
    Kind("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", False),
    Kind("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", False),
    Kind("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", False, ["crd"], ["status"]),
]


def aggregated(kinds, core):
    """The body of GET /api (core) or /apis with Accept …APIGroupDiscoveryList."""
    groups = {}
    for kind in kinds:
        if (kind.group == "") == core:
            groups.setdefault(kind.group, {}).setdefault(kind.version, []).append(kind)
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [
            {
                "metadata": {"name": group},
                "versions": [
                    {"version": version, "freshness": "Current", "resources": [_discovered(k) for k in list_]}
                    for version, list_ in versions.items()
                ],
            }
            for group, versions in groups.items()
        ],
    }


def _discovered(kind):
    entry = {
        "resource": kind.plural,
        "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.kind.lower(),
        "verbs": VERBS,
    }
    if kind.short:
        entry["shortNames"] = kind.short
    if kind.subresources:
        entry["subresources"] = [
            {
                "subresource": name,
                "responseKind": {"group": "", "version": "v1", "kind": "PodExecOptions"} if name == "exec" else entry["responseKind"],
                "verbs": ["create", "get"] if name == "exec" else ["get", "patch", "update"],
            }
            for name in kind.subresources
        ]
    return entry


def classic(kinds, path):
    """Bodies of /api, /apis, /api/v1 and /apis/G/V for clients that do not ask for the aggregated form; None if unknown."""
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        groups = {}
        for kind in kinds:
            if kind.group:
                groups.setdefault(kind.group, kind.version)
        entries = [({"groupVersion": f"{g}/{v}", "version": v}, g) for g, v in groups.items()]
        return {
            "kind": "APIGroupList",
            "apiVersion": "v1",
            "groups": [{"name": g, "versions": [e], "preferredVersion": e} for e, g in entries],
        }
    found = [kind for kind in kinds if kind.path == path]
    if not found:
        return None
    resources = []
    for kind in found:
        base = {"name": kind.plural, "singularName": kind.kind.lower(), "namespaced": kind.namespaced, "kind": kind.kind, "verbs": VERBS}
        if kind.short:
            base["shortNames"] = kind.short
        resources.append(base)
        resources += [
            {"name": f"{kind.plural}/{sub}", "singularName": "", "namespaced": kind.namespaced, "kind": kind.kind, "verbs": ["get"]}
            for sub in kind.subresources
        ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": found[0].api_version, "resources": resources}
