#include "backup/filter.h"

#include "backup/prepare.h"
#include "sample.h"

typedef struct Resolved {
        Discovery *discovery;
        JsonDoc *doc;
        Arena arena;
        BackupSpec spec;
        Policy policy;
        Filter filter;
} Resolved;

static void resolved_clear(Resolved *resolved) {
        discovery_free(resolved->discovery);
        yyjson_doc_free(resolved->doc);
        arena_clear(&resolved->arena);
}

static void resolve(const char *spec, const char *namespaces, Resolved *resolved) {
        Faults faults = { .arena = &resolved->arena };
        Strs existing = { 0 };
        FilterSource source = { .spec = &resolved->spec,
                                .policy = &resolved->policy,
                                .namespaces = &existing };

        *resolved = (Resolved) { .discovery = sample_discovery() };
        resolved->doc = sample_json(arena_printf(&resolved->arena,
                                                 "{\"apiVersion\":\"velero.io/v1\",\"kind\":\"Backup\","
                                                 "\"metadata\":{\"name\":\"b\"},\"spec\":%s}",
                                                 spec));
        resolved->spec = backup_decode(yyjson_doc_get_root(resolved->doc), &resolved->arena, &faults).spec;
        if (faults.errors > 0)
                fail_msg("%s", faults_text(&faults, FAULT_ERROR, &resolved->arena).ptr);
        strs_split(str_of(namespaces), ',', &resolved->arena, &existing);
        source.discovery = resolved->discovery;
        resolved->filter = filter_resolve(&source, &resolved->arena);
}

static FilterKind kind_of(Resolved *resolved, const char *name) {
        const KubeResource *resource = discovery_find(resolved->discovery, str_of(name));

        assert_non_null(resource);
        return (FilterKind) { .group_resource = kube_resource_group_resource(resource, &resolved->arena),
                              .is_namespaced = resource->is_namespaced };
}

static void kinds_are_listed_by_the_rules_in_use(void **state) {
        static const struct {
                const char *spec, *listed, *not_listed;
        } cases[] = {
                /* Nothing given: namespaced kinds and Namespaces, cluster-scoped ones only when related. */
                { "{}", "pods,deployments.apps,boats.harbour.example,namespaces",
                  "persistentvolumes,storageclasses,volumesnapshots,volumesnapshotcontents" },
                { "{\"includedNamespaceScopedResources\":[\"Pod\",\"Deployment\"]}",
                  "pods,deployments.apps,namespaces", "configmaps,boats" },
                { "{\"includedNamespaceScopedResources\":[\"pods\",\"configmap\"]}",
                  "pods,configmaps,namespaces", "secrets" },
                { "{\"excludedNamespaceScopedResources\":[\"*\"]}", "namespaces", "pods,configmaps" },
                { "{\"includedClusterScopedResources\":[\"*\"]}", "storageclasses,persistentvolumes,pods",
                  "volumesnapshotcontents" },
                { "{\"includedClusterScopedResources\":[\"storageclasses\"]}", "storageclasses,pods",
                  "persistentvolumes" },
                { "{\"excludedClusterScopedResources\":[\"namespaces\"]}", "pods",
                  "namespaces,storageclasses" },
                { "{\"excludedClusterScopedResources\":[\"*\"]}", "pods", "namespaces,storageclasses" },
                /* The older filters. */
                { "{\"excludedResources\":[\"events\"]}", "pods,storageclasses,persistentvolumes,namespaces",
                  "events,volumesnapshots,volumesnapshotcontents" },
                { "{\"includedResources\":[\"pods\",\"deployments\"]}", "pods,deployments.apps",
                  "configmaps,namespaces,storageclasses" },
                { "{\"includeClusterResources\":true}", "pods,storageclasses,namespaces", "volumesnapshots" },
                { "{\"includeClusterResources\":false}", "pods",
                  "storageclasses,namespaces,persistentvolumes" },
                { "{\"includedNamespaces\":[\"a\"],\"excludedResources\":[\"events\"]}", "pods,namespaces",
                  "storageclasses,persistentvolumes" },
                { "{\"excludedNamespaces\":[\"a\"],\"excludedResources\":[\"events\"]}", "pods,namespaces",
                  "storageclasses" },
                { "{\"includedNamespaces\":[\"a\"],\"includeClusterResources\":true}", "pods,storageclasses",
                  "volumesnapshots" },
                { "{\"includedResources\":[\"*.harbour.example\"]}", "boats.harbour.example", "pods" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(resolved_clear) Resolved resolved = { 0 };
                Strs listed = { 0 }, not_listed = { 0 };

                resolve(c->spec, "a,b", &resolved);
                strs_split(str_of(c->listed), ',', &resolved.arena, &listed);
                strs_split(str_of(c->not_listed), ',', &resolved.arena, &not_listed);
                for (size_t i = 0; i < listed.len; i++)
                        if (!filter_lists(&resolved.filter,
                                          kind_of(&resolved, arena_printf(&resolved.arena, STR_FMT,
                                                                          STR_ARG(listed.items[i])))))
                                fail_msg("%s: " STR_FMT " is not listed", c->spec, STR_ARG(listed.items[i]));
                for (size_t i = 0; i < not_listed.len; i++)
                        if (filter_lists(&resolved.filter,
                                         kind_of(&resolved, arena_printf(&resolved.arena, STR_FMT,
                                                                         STR_ARG(not_listed.items[i])))))
                                fail_msg("%s: " STR_FMT " is listed", c->spec, STR_ARG(not_listed.items[i]));
        }
}

static void related_objects_come_unless_their_kind_is_excluded(void **state) {
        static const struct {
                const char *spec, *kind;
                bool is_allowed;
        } cases[] = {
                { "{}", "persistentvolumes", true },
                { "{\"excludedClusterScopedResources\":[\"persistentvolumes\"]}", "persistentvolumes",
                  false },
                { "{\"excludedClusterScopedResources\":[\"*\"]}", "persistentvolumes", false },
                { "{\"excludedClusterScopedResources\":[\"*\"]}", "namespaces", true },
                { "{\"includedClusterScopedResources\":[\"storageclasses\"]}", "persistentvolumes", true },
                { "{\"includedNamespaceScopedResources\":[\"pods\"]}", "persistentvolumeclaims", false },
                { "{\"includedResources\":[\"pods\"]}", "persistentvolumes", false },
                { "{\"includedResources\":[\"pods\"],\"includeClusterResources\":true}", "persistentvolumes",
                  true },
                { "{\"excludedResources\":[\"events\"]}", "storageclasses", true },
                { "{\"excludedResources\":[\"persistentvolumes\"]}", "persistentvolumes", false },
                { "{\"includeClusterResources\":false}", "persistentvolumes", false },
                { "{\"includedResources\":[\"*\"]}", "persistentvolumes", true },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(resolved_clear) Resolved resolved = { 0 };

                resolve(c->spec, "a", &resolved);
                if (filter_allows_related(&resolved.filter, kind_of(&resolved, c->kind)) != c->is_allowed)
                        fail_msg("%s: %s", c->spec, c->kind);
        }
}

static void namespaces_are_chosen_by_names_and_patterns(void **state) {
        static const struct {
                const char *spec, *included, *not_included;
        } cases[] = {
                { "{}", "team-a,team-b,prod", "" },
                { "{\"includedNamespaces\":[\"team-*\"]}", "team-a,team-b", "prod,team-new" },
                { "{\"includedNamespaces\":[\"team-*\",\"prod\",\"gone\"]}", "team-a,prod,gone", "other" },
                { "{\"includedNamespaces\":[\"team-*\"],\"excludedNamespaces\":[\"team-b\"]}", "team-a",
                  "team-b" },
                { "{\"excludedNamespaces\":[\"team-*\"]}", "prod", "team-a,team-b" },
                { "{\"includedNamespaces\":[\"nothing-*\"]}", "", "prod,team-a,nothing-here" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(resolved_clear) Resolved resolved = { 0 };
                Strs included = { 0 }, not_included = { 0 };

                resolve(c->spec, "team-a,team-b,prod", &resolved);
                strs_split(str_of(c->included), ',', &resolved.arena, &included);
                strs_split(str_of(c->not_included), ',', &resolved.arena, &not_included);
                for (size_t i = 0; i < included.len; i++)
                        CHECK(filter_has_namespace(&resolved.filter, included.items[i]));
                for (size_t i = 0; i < not_included.len; i++)
                        CHECK(!filter_has_namespace(&resolved.filter, not_included.items[i]));
        }
}

static void check_note(const char *spec, const char *note) {
        AUTO(resolved_clear) Resolved resolved = { 0 };

        resolve(spec, "a", &resolved);
        CHECK_INT(resolved.filter.notes.len, 1);
        CHECK(str_equal(resolved.filter.notes.items[0], str_of(note)));
}

static void what_has_no_effect_is_noted(void **state) {
        (void) state;
        check_note("{\"includedResources\":[\"pods\",\"yachts\"]}",
                   "the cluster serves no resource called \"yachts\"");
        check_note("{\"includedClusterScopedResources\":[\"pods\"]}",
                   "\"pods\" has no effect among the cluster-scoped resources: it is namespaced");
        check_note("{\"excludedNamespaceScopedResources\":[\"namespaces\"]}",
                   "\"namespaces\" has no effect among the namespace-scoped resources: it is cluster-scoped");
        check_note("{\"includedNamespaces\":[\"x*\"]}", "no namespace matches spec.includedNamespaces");
}

static void check_namespace(const char *spec, const char *namespace, bool is_touched, bool is_kept) {
        AUTO(resolved_clear) Resolved resolved = { 0 };
        AUTO_JSON *object = sample_json(namespace);

        resolve(spec, "a,b", &resolved);
        CHECK_INT(filter_keeps_namespace(&resolved.filter, yyjson_doc_get_root(object), is_touched), is_kept);
}

static void a_namespace_object_is_kept_for_what_is_in_it(void **state) {
#define NAMESPACE_A(labels, phase)                                                                           \
        "{\"metadata\":{\"name\":\"a\",\"labels\":{" labels "}},\"status\":{\"phase\":\"" phase "\"}}"
        static const char *const selector = "{\"labelSelector\":{\"matchLabels\":{\"x\":\"y\"}}}";
        static const char *const in_a =
                "{\"includedNamespaces\":[\"a\"],\"labelSelector\":{\"matchLabels\":{\"x\":\"y\"}}}";

        (void) state;
        check_namespace("{}", NAMESPACE_A("", "Active"), false, true);
        check_namespace("{}", NAMESPACE_A("", "Terminating"), false, false);
        check_namespace("{}", NAMESPACE_A("", "Terminating"), true, true);
        check_namespace("{\"includedNamespaces\":[\"b\"]}", NAMESPACE_A("", "Active"), false, false);
        check_namespace("{\"excludedNamespaces\":[\"a\"]}", NAMESPACE_A("", "Active"), true, false);
        check_namespace(selector, NAMESPACE_A("", "Active"), false, false);
        check_namespace(selector, NAMESPACE_A("", "Active"), true, true);
        check_namespace(selector, NAMESPACE_A("\"x\":\"y\"", "Active"), false, true);
        check_namespace(in_a, NAMESPACE_A("", "Active"), false, true);
}

static void selectors_choose_by_labels(void **state) {
        AUTO(resolved_clear) Resolved resolved = { 0 };
        AUTO_JSON *web = sample_json("{\"metadata\":{\"name\":\"n\",\"labels\":{\"app\":\"web\"}}}");
        AUTO_JSON *db = sample_json("{\"metadata\":{\"name\":\"n\",\"labels\":{\"app\":\"db\"}}}");
        AUTO_JSON *none = sample_json("{\"metadata\":{\"name\":\"n\"}}");

        (void) state;
        resolve("{\"orLabelSelectors\":[{\"matchLabels\":{\"app\":\"web\"}},{\"matchLabels\":{\"app\":\"db\"}"
                "}]}",
                "a", &resolved);
        CHECK(!filter_selects_all(&resolved.filter));
        CHECK(filter_selects(&resolved.filter, kind_of(&resolved, "pods"), yyjson_doc_get_root(web)));
        CHECK(filter_selects(&resolved.filter, kind_of(&resolved, "pods"), yyjson_doc_get_root(db)));
        CHECK(!filter_selects(&resolved.filter, kind_of(&resolved, "pods"), yyjson_doc_get_root(none)));
}

static void kinds_come_in_veleros_order_and_cohabitants_once(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(discovery_freep) Discovery *discovery = sample_discovery();
        AUTO(buf_clear) Buf order = { 0 };
        size_t count;
        const EngineKind *kinds = prepare_kinds(discovery, &arena, &count);

        (void) state;
        for (size_t i = 0; i < count; i++)
                buf_printf(&order, "%s" STR_FMT " ", kinds[i].is_listed ? "" : "-", STR_ARG(kinds[i].key));
        buf_add_char(&order, '\0');
        CHECK_STR(order.ptr,
                  "v1/Pod v1/PersistentVolumeClaim v1/PersistentVolume v1/ConfigMap v1/Namespace "
                  "v1/Event v1/Secret v1/ServiceAccount apps/v1/Deployment -events.k8s.io/v1/Event "
                  "storage.k8s.io/v1/StorageClass "
                  "rbac.authorization.k8s.io/v1/ClusterRoleBinding "
                  "rbac.authorization.k8s.io/v1/ClusterRole "
                  "apiextensions.k8s.io/v1/CustomResourceDefinition harbour.example/v1/Boat "
                  "snapshot.storage.k8s.io/v1/VolumeSnapshot "
                  "snapshot.storage.k8s.io/v1/VolumeSnapshotContent "
                  "-extensions/v1beta1/Deployment ");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(kinds_are_listed_by_the_rules_in_use),
                cmocka_unit_test(related_objects_come_unless_their_kind_is_excluded),
                cmocka_unit_test(namespaces_are_chosen_by_names_and_patterns),
                cmocka_unit_test(what_has_no_effect_is_noted),
                cmocka_unit_test(a_namespace_object_is_kept_for_what_is_in_it),
                cmocka_unit_test(selectors_choose_by_labels),
                cmocka_unit_test(kinds_come_in_veleros_order_and_cohabitants_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
