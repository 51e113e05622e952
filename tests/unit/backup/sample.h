/* sample.h - a small cluster's discovery and JSON from text, for the tests of the backup engine. */
#pragma once
#include "check.h"
#include "kube/resource.h"

typedef struct SampleKind {
        const char *group, *version, *name, *kind;
        bool is_namespaced;
        const char *verbs; /* a JSON list; NULL: all that a backup needs */
} SampleKind;

static const SampleKind sample_kinds[] = {
        { "", "v1", "configmaps", "ConfigMap", true, NULL },
        { "", "v1", "pods", "Pod", true, NULL },
        { "", "v1", "persistentvolumes", "PersistentVolume", false, NULL },
        { "", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true, NULL },
        { "", "v1", "namespaces", "Namespace", false, NULL },
        { "", "v1", "events", "Event", true, NULL },
        { "", "v1", "bindings", "Binding", true, "[\"create\"]" },
        { "", "v1", "secrets", "Secret", true, NULL },
        { "", "v1", "serviceaccounts", "ServiceAccount", true, NULL },
        { "apps", "v1", "deployments", "Deployment", true, NULL },
        { "extensions", "v1beta1", "deployments", "Deployment", true, NULL },
        { "events.k8s.io", "v1", "events", "Event", true, NULL },
        { "storage.k8s.io", "v1", "storageclasses", "StorageClass", false, NULL },
        { "rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", false, NULL },
        { "rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false, NULL },
        { "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false,
          NULL },
        { "harbour.example", "v1", "boats", "Boat", true, NULL },
        { "snapshot.storage.k8s.io", "v1", "volumesnapshots", "VolumeSnapshot", true, NULL },
        { "snapshot.storage.k8s.io", "v1", "volumesnapshotcontents", "VolumeSnapshotContent", false, NULL },
};

static inline void sample_add_groups(bool is_core, Buf *into) {
        bool is_first = true;

        buf_add(into, STR("{\"kind\":\"APIGroupDiscoveryList\",\"items\":["));
        FOR_EACH_CASE(sample_kinds, k) {
                if ((k->group[0] == '\0') != is_core)
                        continue;
                buf_printf(
                        into,
                        "%s{\"metadata\":{\"name\":\"%s\"},\"versions\":[{\"version\":\"%s\",\"resources\":["
                        "{\"resource\":\"%s\",\"responseKind\":{\"kind\":\"%s\"},\"scope\":\"%s\","
                        "\"singularResource\":\"\",\"verbs\":%s}]}]}",
                        is_first ? "" : ",", k->group, k->version, k->name, k->kind,
                        k->is_namespaced ? "Namespaced" : "Cluster",
                        k->verbs ? k->verbs : "[\"create\",\"delete\",\"get\",\"list\"]");
                is_first = false;
        }
        buf_add(into, STR("]}"));
}

static inline Discovery *sample_discovery(void) {
        AUTO(buf_clear) Buf core = { 0 }, groups = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *core_doc = NULL, *groups_doc = NULL;
        Discovery *discovery = NULL;

        sample_add_groups(true, &core);
        sample_add_groups(false, &groups);
        CHECK(json_parse(buf_str(&core), "core", &core_doc, &err));
        CHECK(json_parse(buf_str(&groups), "groups", &groups_doc, &err));
        CHECK(discovery_from_json(yyjson_doc_get_root(core_doc), yyjson_doc_get_root(groups_doc), &discovery,
                                  &err));
        return discovery;
}

static inline JsonDoc *sample_json(const char *text) {
        AUTO(error_clear) Error err = { 0 };
        JsonDoc *doc = NULL;

        if (!json_parse(str_of(text), "a sample", &doc, &err))
                fail_msg("%s", err.message);
        return doc;
}
