#include "backup/policy.h"

#include "data/yaml.h"
#include "sample.h"

typedef struct Read {
        YamlDocs docs;
        Discovery *discovery;
        Arena arena;
        Faults faults;
        Policy policy;
        Strs unknown;
} Read;

static void read_clear(Read *read) {
        yaml_docs_clear(&read->docs);
        discovery_free(read->discovery);
        arena_clear(&read->arena);
}

static void read_policy(const char *yaml, Read *read) {
        AUTO(error_clear) Error err = { 0 };

        *read = (Read) { .discovery = sample_discovery() };
        read->faults.arena = &read->arena;
        if (!yaml_parse(str_of(yaml), "a policy", &read->docs, &err))
                fail_msg("%s", err.message);
        read->policy = policy_decode(yyjson_doc_get_root(read->docs.items[0].json), &read->faults);
        policy_resolve(&read->policy, read->discovery, &read->arena, &read->unknown);
}

static void mistakes_are_told_with_their_place(void **state) {
        static const struct {
                const char *yaml, *error;
        } cases[] = {
                { "version: v2", "version: must be \"v1\", not \"v2\"" },
                { "{version: v1, volumePolicies: [{action: {type: skip}, condition: {}}]}",
                  "volumePolicies[0].condition: unknown field \"condition\": did you mean \"conditions\"?" },
                { "{version: v1, volumePolicies: [{conditions: {}, action: {type: drop}}]}",
                  "volumePolicies[0].action.type: \"drop\" is none of skip, fs-backup, snapshot and custom" },
                { "{version: v1, volumePolicies: [{conditions: {capacity: '1Gi,2Gi,3Gi'}, action: {type: "
                  "skip}}]}",
                  "volumePolicies[0].conditions.capacity: \"1Gi,2Gi,3Gi\" is not a range such as "
                  "\"1Gi,100Gi\"" },
                { "{version: v1, volumePolicies: [{conditions: {csi: {volumeAttributes: {a: b}}}, action: "
                  "{type: skip}}]}",
                  "volumePolicies[0].conditions.csi: volumeAttributes need a driver" },
                { "{version: v1, includeExcludePolicy: {includedClusterScopedResources: ['*']}}",
                  "includeExcludePolicy.includedClusterScopedResources: \"*\" can't be used here" },
                { "{version: v1, clusterScopedFilterPolicy: {resourceFilters: [{kinds: ['*']}]}}",
                  "clusterScopedFilterPolicy.resourceFilters[0]: the kinds must be named here" },
                { "{version: v1, clusterScopedFilterPolicy: {}}",
                  "clusterScopedFilterPolicy.resourceFilters: is missing or empty" },
                { "{version: v1, namespacedFilterPolicies: [{resourceFilters: [{kinds: [Pod]}]}]}",
                  "namespacedFilterPolicies[0]: no namespaces are named" },
                { "{version: v1, namespacedFilterPolicies: [{namespaces: [a], resourceFilters: [{names: "
                  "[x]}]}]}",
                  "namespacedFilterPolicies[0].resourceFilters[0]: an entry for all kinds can't select by "
                  "name: "
                  "name the kinds" },
                { "{version: v1, namespacedFilterPolicies: [{namespaces: [a], resourceFilters: [{}, {kinds: "
                  "['*']}]}]}",
                  "namespacedFilterPolicies[0].resourceFilters[1]: a second entry for all kinds" },
                { "{version: v1, namespacedFilterPolicies: [{namespaces: [a], resourceFilters: [{kinds: "
                  "['*', Pod]}]}]}",
                  "namespacedFilterPolicies[0].resourceFilters[0].kinds: \"*\" must stand alone" },
                { "{version: v1, namespacedFilterPolicies: [{namespaces: [a], resourceFilters: [{kinds: "
                  "[Pod], "
                  "labelSelector: {matchLabels: {a: b}}, orLabelSelectors: [{matchLabels: {a: b}}]}]}]}",
                  "namespacedFilterPolicies[0].resourceFilters[0].orLabelSelectors: can't be used together "
                  "with "
                  "labelSelector" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(read_clear) Read read;

                read_policy(c->yaml, &read);
                CHECK_STR(arena_printf(&read.arena, STR_FMT,
                                       STR_ARG(faults_text(&read.faults, FAULT_ERROR, &read.arena))),
                          c->error);
        }
}

static void volume_policies_of_every_form_are_accepted(void **state) {
        AUTO(read_clear) Read read;

        (void) state;
        read_policy(
                "version: v1\n"
                "volumePolicies:\n"
                "- conditions: {capacity: '1Gi,', storageClass: [gold], nfs: {}, csi: {driver: d},\n"
                "    volumeTypes: [emptyDir], pvcLabels: {k: v}, pvcPhase: [Pending], pvcVolumeMode: Block,\n"
                "    pvcAccessModes: [ReadWriteOnce]}\n"
                "  action: {type: snapshot, parameters: {snapshotClass: c}}\n"
                "- action: {type: skip}\n",
                &read);
        CHECK_INT(read.faults.len, 0);
        CHECK_INT(read.policy.volume_policies, 2);
        CHECK(!policy_judges_items(&read.policy));
}

static void each_object_is_judged_by_its_namespace_and_kind(void **state) {
        static const char *const yaml =
                "version: v1\n"
                "namespacedFilterPolicies:\n"
                "- namespaces: [team-*]\n"
                "  resourceFilters:\n"
                "  - {kinds: [ConfigMap], names: ['app-*'], excludedNames: ['*-tmp']}\n"
                "  - {kinds: [pods], labelSelector: {matchLabels: {tier: web}}}\n"
                "- namespaces: [team-x, other]\n"
                "  resourceFilters:\n"
                "  - {kinds: [Secret], orLabelSelectors: [{matchLabels: {a: b}}, {matchLabels: {c: d}}]}\n"
                "  - {kinds: ['*']}\n"
                "clusterScopedFilterPolicy:\n"
                "  resourceFilters:\n"
                "  - {kinds: [StorageClass, Yacht], names: [gold]}\n";
        static const struct {
                const char *kind, *namespace, *name, *labels;
                PolicyVerdict verdict;
        } cases[] = {
                { "configmaps", "team-a", "app-config", "", POLICY_KEEP },
                { "configmaps", "team-a", "app-tmp", "", POLICY_DROP },
                { "configmaps", "team-a", "other", "", POLICY_DROP },
                { "pods", "team-a", "p", "\"tier\":\"web\"", POLICY_KEEP },
                { "pods", "team-a", "p", "", POLICY_DROP },
                { "secrets", "team-a", "s", "", POLICY_DROP },      /* not named: it is an allow-list */
                { "configmaps", "team-x", "any", "", POLICY_KEEP }, /* the exact name wins over the pattern */
                { "secrets", "team-x", "s", "\"c\":\"d\"", POLICY_KEEP },
                { "secrets", "other", "s", "\"x\":\"y\"", POLICY_DROP },
                { "secrets", "elsewhere", "s", "", POLICY_SILENT },
                { "storageclasses.storage.k8s.io", "", "gold", "", POLICY_KEEP },
                { "storageclasses.storage.k8s.io", "", "silver", "", POLICY_DROP },
                { "persistentvolumes", "", "pv", "", POLICY_SILENT },
        };
        AUTO(read_clear) Read read;

        (void) state;
        read_policy(yaml, &read);
        CHECK_INT(read.faults.len, 0);
        CHECK(policy_judges_items(&read.policy));
        CHECK_INT(read.unknown.len, 1);
        CHECK(str_equal(read.unknown.items[0], STR("Yacht")));
        FOR_EACH_CASE(cases, c) {
                AUTO_JSON *object = sample_json(arena_printf(
                        &read.arena, "{\"metadata\":{\"name\":\"%s\",\"labels\":{%s}}}", c->name, c->labels));

                CHECK_INT(policy_judge(&read.policy, str_of(c->kind), str_of(c->namespace),
                                       yyjson_doc_get_root(object)),
                          c->verdict);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(mistakes_are_told_with_their_place),
                cmocka_unit_test(volume_policies_of_every_form_are_accepted),
                cmocka_unit_test(each_object_is_judged_by_its_namespace_and_kind),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
