#include "restore/priority.h"

static const char *const first[] = {
        "customresourcedefinitions.apiextensions.k8s.io",
        "namespaces",
        "storageclasses.storage.k8s.io",
        "volumesnapshotclasses.snapshot.storage.k8s.io",
        "volumesnapshotcontents.snapshot.storage.k8s.io",
        "volumesnapshots.snapshot.storage.k8s.io",
        "datauploads.velero.io",
        "persistentvolumes",
        "persistentvolumeclaims",
        "clusterroles.rbac.authorization.k8s.io",
        "roles.rbac.authorization.k8s.io",
        "serviceaccounts",
        "clusterrolebindings.rbac.authorization.k8s.io",
        "rolebindings.rbac.authorization.k8s.io",
        "secrets",
        "configmaps",
        "limitranges",
        "priorityclasses.scheduling.k8s.io",
        "pods",
        "replicasets.apps",
        "clusterclasses.cluster.x-k8s.io",
        "endpoints",
        "services",
        NULL,
};

static const char *const last[] = {
        "clusterbootstraps.run.tanzu.vmware.com",      "clusters.cluster.x-k8s.io",
        "clusterresourcesets.addons.cluster.x-k8s.io", "apps.kappctrl.k14s.io",
        "packageinstalls.packaging.carvel.dev",        NULL,
};

static bool is_listed(const char *const *names, Str resource) {
        for (; *names; names++)
                if (str_equal(resource, str_of(*names)))
                        return true;
        return false;
}

static void add_listed(const char *const *names, const Strs *resources, Arena *arena, Strs *order) {
        for (; *names; names++)
                if (strs_has(resources, str_of(*names)))
                        strs_add(order, arena, str_of(*names));
}

Strs restore_order(const Strs *resources, Arena *arena) {
        Strs order = { 0 }, rest = { 0 };

        for (size_t i = 0; i < resources->len; i++)
                if (!is_listed(first, resources->items[i]) && !is_listed(last, resources->items[i]))
                        strs_add(&rest, arena, resources->items[i]);
        strs_sort(&rest);

        add_listed(first, resources, arena, &order);
        for (size_t i = 0; i < rest.len; i++)
                if (i == 0 || !str_equal(rest.items[i - 1], rest.items[i]))
                        strs_add(&order, arena, rest.items[i]);
        add_listed(last, resources, arena, &order);
        return order;
}
