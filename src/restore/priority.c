#include "restore/priority.h"

#define LAST_BY_DEFAULT                                                                                      \
        "clusterbootstraps.run.tanzu.vmware.com,clusters.cluster.x-k8s.io,"                                  \
        "clusterresourcesets.addons.cluster.x-k8s.io,apps.kappctrl.k14s.io,"                                 \
        "packageinstalls.packaging.carvel.dev"
#define BY_DEFAULT                                                                                           \
        "customresourcedefinitions.apiextensions.k8s.io,namespaces,storageclasses.storage.k8s.io,"           \
        "volumesnapshotclasses.snapshot.storage.k8s.io,volumesnapshotcontents.snapshot.storage.k8s.io,"      \
        "volumesnapshots.snapshot.storage.k8s.io,datauploads.velero.io,persistentvolumes,"                   \
        "persistentvolumeclaims,clusterroles.rbac.authorization.k8s.io,roles.rbac.authorization.k8s.io,"     \
        "serviceaccounts,clusterrolebindings.rbac.authorization.k8s.io,"                                     \
        "rolebindings.rbac.authorization.k8s.io,secrets,configmaps,limitranges,"                             \
        "priorityclasses.scheduling.k8s.io,pods,replicasets.apps,clusterclasses.cluster.x-k8s.io,"           \
        "endpoints,services,-," LAST_BY_DEFAULT

static bool may_name_resource(Str word) {
        for (size_t i = 0; i < word.len; i++) {
                char c = word.ptr[i];
                bool is_alphanumeric =
                        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

                if (!is_alphanumeric && (i == 0 || (c != '.' && c != '-')))
                        return false;
        }
        return true;
}

bool restore_priorities_parse(Str text, Arena *arena, RestorePriorities *ret_priorities, Error *err) {
        RestorePriorities priorities = { 0 };
        Strs names = { 0 };
        bool is_last = false;

        strs_split(text.len > 0 ? text : STR(BY_DEFAULT), ',', arena, &names);
        for (size_t i = 0; i < names.len; i++) {
                bool is_mark = str_equal(names.items[i], STR("-"));

                if (is_mark && is_last)
                        return error_set(
                                err, ERROR_INVALID,
                                "\"-\" stands twice: it may stand once, between what is restored first "
                                "and what is restored last");
                if (!is_mark && !may_name_resource(names.items[i]))
                        return error_set(err, ERROR_INVALID,
                                         "\"" STR_FMT "\" is no name of a resource: write it as \"pods\" or "
                                         "\"deployments.apps\"",
                                         STR_ARG(names.items[i]));
                if (!is_mark)
                        strs_add(is_last ? &priorities.last : &priorities.first, arena, names.items[i]);
                is_last |= is_mark;
        }
        if (!is_last)
                strs_split(STR(LAST_BY_DEFAULT), ',', arena, &priorities.last);
        *ret_priorities = priorities;
        return true;
}

static void add_listed(const Strs *names, const Strs *resources, Arena *arena, Strs *order) {
        for (size_t i = 0; i < names->len; i++)
                if (strs_has(resources, names->items[i]) && !strs_has(order, names->items[i]))
                        strs_add(order, arena, names->items[i]);
}

Strs restore_order(const RestorePriorities *priorities, const Strs *resources, Arena *arena) {
        Strs order = { 0 }, rest = { 0 };

        for (size_t i = 0; i < resources->len; i++)
                if (!strs_has(&priorities->first, resources->items[i]) &&
                    !strs_has(&priorities->last, resources->items[i]))
                        strs_add(&rest, arena, resources->items[i]);
        strs_sort(&rest);

        add_listed(&priorities->first, resources, arena, &order);
        for (size_t i = 0; i < rest.len; i++)
                if (i == 0 || !str_equal(rest.items[i - 1], rest.items[i]))
                        strs_add(&order, arena, rest.items[i]);
        add_listed(&priorities->last, resources, arena, &order);
        return order;
}
