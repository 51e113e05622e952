#include "restore/select.h"

#include "check.h"
#include "quoted_json.h"
#include "restore/priority.h"

static Str name_resource(void *user, Str word) {
        (void) user;
        if (str_equal(word, STR("po")))
                return STR("pods");
        if (str_equal(word, STR("deploy")))
                return STR("deployments.apps");
        return str_equal(word, STR("pods")) || str_equal(word, STR("nodes")) ? word : STR("");
}

typedef struct Selected {
        Arena arena;
        Faults faults;
        JsonDoc *doc;
        Restore restore;
        Selection selection;
        Strs unknown;
} Selected;

static void selected_clear(Selected *selected) {
        yyjson_doc_free(selected->doc);
        arena_clear(&selected->arena);
}

static void choose(Selected *selected, const char *spec) {
        AUTO(buf_clear) Buf json = { 0 };

        *selected = (Selected) { 0 };
        selected->faults.arena = &selected->arena;
        buf_printf(&json,
                   "{'apiVersion':'velero.io/"
                   "v1','kind':'Restore','metadata':{'name':'r'},'spec':{'backupName':'b'%s%s}}%c",
                   spec[0] ? "," : "", spec, '\0');
        selected->doc = quoted_json(json.ptr);
        selected->restore =
                restore_decode(yyjson_doc_get_root(selected->doc), &selected->arena, &selected->faults);
        CHECK_INT(selected->faults.errors, 0);
        selected->selection = selection_make(&selected->restore.spec, name_resource, NULL, &selected->arena,
                                             &selected->unknown);
}

static void filters_choose_resources_and_namespaces(void **state) {
        static const struct {
                const char *spec, *resource, *namespace;
                bool has_resource, has_namespace, has_additional;
        } cases[] = {
                { "", "pods", "shop", true, true, true },
                { "", "nodes", "", false, true, false },
                { "", "clusterroles", "", true, true, true },
                { "'includedResources':['po','deploy']", "pods", "shop", true, true, true },
                { "'includedResources':['po','deploy']", "deployments.apps", "shop", true, true, true },
                { "'includedResources':['po']", "secrets", "shop", false, true, false },
                { "'includedResources':['*.apps']", "deployments.apps", "shop", true, true, true },
                { "'excludedResources':['po']", "pods", "shop", false, true, false },
                { "'includedNamespaces':['s*']", "pods", "shop", true, true, true },
                { "'includedNamespaces':['t*']", "pods", "shop", true, false, false },
                { "'excludedNamespaces':['shop']", "pods", "shop", true, false, false },
                /* cluster-scoped ones only with everything, unless asked for; but through others they come */
                { "'includedNamespaces':['shop']", "persistentvolumes", "", true, false, true },
                { "'includedNamespaces':['*']", "persistentvolumes", "", true, true, true },
                { "'excludedNamespaces':['x']", "persistentvolumes", "", true, false, true },
                { "'includedNamespaces':['shop'],'includeClusterResources':true", "persistentvolumes", "",
                  true, true, true },
                { "'includeClusterResources':false", "persistentvolumes", "", true, false, false },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(selected_clear) Selected s;

                choose(&s, c->spec);
                CHECK_INT(selection_has_resource(&s.selection, str_of(c->resource)), c->has_resource);
                CHECK_INT(selection_has_namespace(&s.selection, str_of(c->namespace)), c->has_namespace);
                CHECK_INT(selection_has_additional(&s.selection, str_of(c->resource), str_of(c->namespace)),
                          c->has_additional);
        }
}

static void a_word_that_nobody_knows_is_told(void **state) {
        AUTO(selected_clear) Selected s;

        (void) state;
        choose(&s, "'includedResources':['po','boatz'],'excludedResources':['nothing']");
        CHECK_INT(s.unknown.len, 1);
        CHECK(str_equal(s.unknown.items[0], STR("boatz")));
}

static void labels_choose_objects(void **state) {
        static const struct {
                const char *spec, *labels;
                bool needs, has;
        } cases[] = {
                { "", "{}", false, true },
                { "'labelSelector':{'matchLabels':{'a':'1'}}", "{'a':'1'}", true, true },
                { "'labelSelector':{'matchLabels':{'a':'1'}}", "{'a':'2'}", true, false },
                { "'labelSelector':{'matchLabels':{'a':'1'}}", "{}", true, false },
                { "'orLabelSelectors':[{'matchLabels':{'a':'1'}},{'matchLabels':{'b':'1'}}]", "{'b':'1'}",
                  true, true },
                { "'orLabelSelectors':[{'matchLabels':{'a':'1'}},{'matchLabels':{'b':'1'}}]", "{'c':'1'}",
                  true, false },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(selected_clear) Selected s;
                AUTO_JSON *labels = quoted_json(c->labels);

                choose(&s, c->spec);
                CHECK_INT(selection_needs_labels(&s.selection), c->needs);
                CHECK_INT(selection_has_labels(&s.selection, yyjson_doc_get_root(labels)), c->has);
        }
}

static void the_status_is_restored_where_it_is_asked_for(void **state) {
        static const struct {
                const char *spec, *resource, *annotations;
                bool has;
        } cases[] = {
                { "", "pods", "{}", false },
                { "'restoreStatus':{}", "pods", "{}", true },
                { "'restoreStatus':{'includedResources':['po']}", "pods", "{}", true },
                { "'restoreStatus':{'includedResources':['po']}", "secrets", "{}", false },
                { "'restoreStatus':{'excludedResources':['po']}", "pods", "{}", false },
                { "'restoreStatus':{}", "pods", "{'velero.io/restore-status':' False '}", false },
                { "", "pods", "{'velero.io/restore-status':'true'}", true },
                { "", "pods", "{'velero.io/restore-status':'yes'}", false },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(selected_clear) Selected s;
                AUTO_JSON *annotations = quoted_json(c->annotations);

                choose(&s, c->spec);
                CHECK_INT(selection_has_status(&s.selection, str_of(c->resource),
                                               yyjson_doc_get_root(annotations)),
                          c->has);
        }
}

static void what_others_need_is_restored_first(void **state) {
        static const struct {
                const char *priorities, *order;
        } cases[] = {
                { "", "customresourcedefinitions.apiextensions.k8s.io namespaces persistentvolumes "
                      "serviceaccounts "
                      "configmaps pods replicasets.apps services deployments.apps zebras.zoo "
                      "clusters.cluster.x-k8s.io apps.kappctrl.k14s.io" },
                /* Only the first ones are replaced. */
                { "zebras.zoo, pods,zebras.zoo,nobody",
                  "zebras.zoo pods configmaps customresourcedefinitions.apiextensions.k8s.io "
                  "deployments.apps "
                  "namespaces persistentvolumes replicasets.apps serviceaccounts services "
                  "clusters.cluster.x-k8s.io apps.kappctrl.k14s.io" },
                { "zebras.zoo,-,pods,configmaps",
                  "zebras.zoo apps.kappctrl.k14s.io clusters.cluster.x-k8s.io "
                  "customresourcedefinitions.apiextensions.k8s.io deployments.apps namespaces "
                  "persistentvolumes "
                  "replicasets.apps serviceaccounts services pods configmaps" },
                { "-", "apps.kappctrl.k14s.io clusters.cluster.x-k8s.io configmaps "
                       "customresourcedefinitions.apiextensions.k8s.io deployments.apps namespaces "
                       "persistentvolumes "
                       "pods replicasets.apps serviceaccounts services zebras.zoo" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(error_clear) Error err = { 0 };
                RestorePriorities priorities;
                Strs resources = { 0 };

                strs_split(STR("services,zebras.zoo,pods,apps.kappctrl.k14s.io,deployments.apps,namespaces,"
                               "configmaps,pods,customresourcedefinitions.apiextensions.k8s.io,"
                               "persistentvolumes,replicasets.apps,serviceaccounts,"
                               "clusters.cluster.x-k8s.io,deployments.apps"),
                           ',', &arena, &resources);
                CHECK(restore_priorities_parse(str_of(c->priorities), &arena, &priorities, &err));
                Strs order = restore_order(&priorities, &resources, &arena);
                CHECK_STR(arena_copy(&arena, strs_join(&order, STR(" "), &arena)).ptr, c->order);
        }
}

static void priorities_that_make_no_sense_are_refused(void **state) {
        static const struct {
                const char *priorities, *message;
        } cases[] = {
                { "a,-,b,-", "\"-\" stands twice: it may stand once, between what is restored first and what "
                             "is restored last" },
                { "pods;secrets", "\"pods;secrets\" is no name of a resource: write it as \"pods\" or "
                                  "\"deployments.apps\"" },
                { "pods,*", "\"*\" is no name of a resource: write it as \"pods\" or \"deployments.apps\"" },
                { "pods,-,-a",
                  "\"-a\" is no name of a resource: write it as \"pods\" or \"deployments.apps\"" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(error_clear) Error err = { 0 };
                RestorePriorities priorities;

                CHECK(!restore_priorities_parse(str_of(c->priorities), &arena, &priorities, &err));
                CHECK_INT(err.code, ERROR_INVALID);
                CHECK_STR(err.message, c->message);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(filters_choose_resources_and_namespaces),
                cmocka_unit_test(a_word_that_nobody_knows_is_told),
                cmocka_unit_test(labels_choose_objects),
                cmocka_unit_test(the_status_is_restored_where_it_is_asked_for),
                cmocka_unit_test(what_others_need_is_restored_first),
                cmocka_unit_test(priorities_that_make_no_sense_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
