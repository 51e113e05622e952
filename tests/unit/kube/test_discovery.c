#include "check.h"

#include "kube/resource.h"

static const char core_aggregated[] =
        "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{},\"versions\":[{\"version\":\"v1\","
        "\"freshness\":\"Current\",\"resources\":["
        "{\"resource\":\"pods\",\"responseKind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},"
        "\"scope\":\"Namespaced\",\"singularResource\":\"pod\",\"verbs\":[\"get\",\"list\"],\"shortNames\":["
        "\"po\"],"
        "\"subresources\":[{\"subresource\":\"exec\"}]},"
        "{\"resource\":\"nodes\",\"responseKind\":{\"kind\":\"Node\"},\"scope\":\"Cluster\","
        "\"singularResource\":\"node\","
        "\"verbs\":[\"get\"],\"shortNames\":[\"no\"]},"
        "{\"resource\":\"events\",\"responseKind\":{\"kind\":\"Event\"},\"scope\":\"Namespaced\","
        "\"singularResource\":\"event\",\"verbs\":[\"list\"],\"shortNames\":[\"ev\"]}]}]}]}";

static const char groups_aggregated[] =
        "{\"kind\":\"APIGroupDiscoveryList\",\"items\":["
        "{\"metadata\":{\"name\":\"extensions\"},\"versions\":[{\"version\":\"v1beta1\",\"resources\":["
        "{\"resource\":\"deployments\",\"responseKind\":{\"kind\":\"Deployment\"},\"scope\":\"Namespaced\","
        "\"singularResource\":\"deployment\",\"verbs\":[\"list\"],\"shortNames\":[\"deploy\"]}]}]},"
        "{\"metadata\":{\"name\":\"apps\"},\"versions\":[{\"version\":\"v1\",\"freshness\":\"Current\","
        "\"resources\":["
        "{\"resource\":\"deployments\",\"responseKind\":{\"kind\":\"Deployment\"},\"scope\":\"Namespaced\","
        "\"singularResource\":\"deployment\",\"verbs\":[\"list\"],\"shortNames\":[\"deploy\"]}]}]},"
        "{\"metadata\":{\"name\":\"autoscaling\"},\"versions\":["
        "{\"version\":\"v2\",\"resources\":[{\"resource\":\"horizontalpodautoscalers\",\"responseKind\":"
        "{\"kind\":\"HorizontalPodAutoscaler\"},\"scope\":\"Namespaced\",\"singularResource\":"
        "\"horizontalpodautoscaler\",\"shortNames\":[\"hpa\"]}]},"
        "{\"version\":\"v1\",\"resources\":[{\"resource\":\"horizontalpodautoscalers\",\"responseKind\":"
        "{\"kind\":\"HorizontalPodAutoscaler\"},\"scope\":\"Namespaced\"},"
        "{\"resource\":\"oldones\",\"responseKind\":{\"kind\":\"OldOne\"},\"scope\":\"Namespaced\"}]}]},"
        "{\"metadata\":{\"name\":\"metrics.k8s.io\"},\"versions\":[{\"version\":\"v1beta1\",\"freshness\":"
        "\"Stale\","
        "\"resources\":[{\"resource\":\"nodes\",\"responseKind\":{\"kind\":\"NodeMetrics\"}}]}]},"
        "{\"metadata\":{\"name\":\"events.k8s.io\"},\"versions\":[{\"version\":\"v1\",\"resources\":["
        "{\"resource\":\"events\",\"responseKind\":{\"kind\":\"Event\"},\"scope\":\"Namespaced\","
        "\"singularResource\":\"event\",\"shortNames\":[\"ev\"]}]}]},"
        "{\"metadata\":{\"name\":\"cert-manager.io\"},\"versions\":[{\"version\":\"v1\",\"resources\":["
        "{\"resource\":\"certificates\",\"responseKind\":{\"kind\":\"Certificate\"},\"scope\":\"Namespaced\","
        "\"singularResource\":\"certificate\",\"shortNames\":[\"cert\",\"no\"]}]}]}]}";

static Discovery *read(const char *core, const char *groups) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *core_doc = NULL, *groups_doc = NULL;
        Discovery *discovery = NULL;

        CHECK(json_parse(str_of(core), "core", &core_doc, &err));
        CHECK(json_parse(str_of(groups), "groups", &groups_doc, &err));
        CHECK(discovery_from_json(yyjson_doc_get_root(core_doc), yyjson_doc_get_root(groups_doc), &discovery,
                                  &err));
        return discovery;
}

static void check_order(const Discovery *discovery, const char *expected) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf names = { 0 };
        size_t count;
        const KubeResource *resources = discovery_resources(discovery, &count);

        for (size_t i = 0; i < count; i++) {
                buf_add(&names, kube_resource_group_resource(&resources[i], &arena));
                buf_add_char(&names, '@');
                buf_add(&names, resources[i].version);
                buf_add_char(&names, ' ');
        }
        buf_add_char(&names, '\0');
        CHECK_STR(names.ptr, expected);
}

static void the_order_is_the_servers_with_core_first_and_extensions_last(void **state) {
        AUTO(discovery_freep) Discovery *discovery = read(core_aggregated, groups_aggregated);

        (void) state;
        check_order(discovery,
                    "pods@v1 nodes@v1 events@v1 deployments.apps@v1 horizontalpodautoscalers.autoscaling@v2 "
                    "oldones.autoscaling@v1 events.events.k8s.io@v1 certificates.cert-manager.io@v1 "
                    "deployments.extensions@v1beta1 ");
}

static void a_stale_group_is_a_warning_that_names_it(void **state) {
        AUTO(discovery_freep) Discovery *discovery = read(core_aggregated, groups_aggregated);
        const Strs *warnings = discovery_warnings(discovery);

        (void) state;
        CHECK_INT(warnings->len, 1);
        CHECK(str_equal(warnings->items[0],
                        STR("group metrics.k8s.io/v1beta1: the service that provides it does not "
                            "answer (discovery is stale)")));
        CHECK(discovery_find(discovery, STR("nodes.metrics.k8s.io")) == NULL);
}

static void names_are_resolved_as_kubectl_does(void **state) {
        static const struct {
                const char *name, *resource; /* NULL: nothing is called that */
        } cases[] = {
                { "pods", "pods" },
                { "pod", "pods" },
                { "Pod", "pods" },
                { "PODS", "pods" },
                { "po", "pods" },
                { "deployments", "deployments.apps" },
                { "deploy", "deployments.apps" },
                { "deploy.extensions", "deployments.extensions" },
                { "Deployment.apps", "deployments.apps" },
                { "deployments.v1.apps", "deployments.apps" },
                { "deployments.v1beta1.extensions", "deployments.extensions" },
                { "deployments.v9.apps", NULL },
                { "deployments.ap", "deployments.apps" },
                { "pods.v1.", "pods" },
                { "certificates.cert-manager.io", "certificates.cert-manager.io" },
                { "cert.v1.cert-manager.io", "certificates.cert-manager.io" },
                { "certificates.cert", "certificates.cert-manager.io" },
                { "hpa", "horizontalpodautoscalers.autoscaling" },
                { "hpa.v2.autoscaling", "horizontalpodautoscalers.autoscaling" },
                { "horizontalpodautoscalers.v1.autoscaling", "horizontalpodautoscalers.autoscaling" },
                { "oldone", "oldones.autoscaling" }, /* by its kind: it has no singular */
                { "no", "nodes" },                   /* the first to have the short name */
                { "events", "events" },
                { "ev.events.k8s.io", "events.events.k8s.io" },
                { "event.events.k8s.io", "events.events.k8s.io" },
                { "nothing", NULL },
                { "pods.nowhere", NULL },
                { "", NULL },
                { ".", NULL },
                { ".apps", NULL },
                { "pods.", "pods" },
                { "deployments.", NULL },
                { "deployments..apps", NULL },
        };
        AUTO(discovery_freep) Discovery *discovery = read(core_aggregated, groups_aggregated);
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                const KubeResource *found = discovery_find(discovery, str_of(c->name));

                if (c->resource == NULL) {
                        if (found != NULL)
                                print_message("%s was found\n", c->name);
                        CHECK(found == NULL);
                        continue;
                }
                if (found == NULL)
                        print_message("%s was not found\n", c->name);
                CHECK(found != NULL);
                CHECK(str_equal(kube_resource_group_resource(found, &arena), str_of(c->resource)));
        }
        CHECK(discovery_find(discovery, (Str) { 0 }) == NULL);
}

static void an_object_is_found_in_every_version_that_is_served(void **state) {
        static const struct {
                const char *api_version, *kind, *path;
        } cases[] = {
                { "v1", "Pod", "/api/v1/namespaces/shop/pods/web" },
                { "v1", "Node", "/api/v1/nodes/web" },
                { "apps/v1", "Deployment", "/apis/apps/v1/namespaces/shop/deployments/web" },
                { "autoscaling/v1", "HorizontalPodAutoscaler",
                  "/apis/autoscaling/v1/namespaces/shop/horizontalpodautoscalers/web" },
                { "autoscaling/v2", "HorizontalPodAutoscaler",
                  "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web" },
                { "autoscaling/v3", "HorizontalPodAutoscaler", NULL },
                { "apps/v1", "deployment", NULL },
                { "v1", "", NULL },
                { "", "Pod", NULL },
                { "/v1", "Pod", "/api/v1/namespaces/shop/pods/web" },
        };
        AUTO(discovery_freep) Discovery *discovery = read(core_aggregated, groups_aggregated);
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                const KubeResource *found =
                        discovery_find_kind(discovery, str_of(c->api_version), str_of(c->kind));

                CHECK((found == NULL) == (c->path == NULL));
                if (found != NULL)
                        CHECK(str_equal(kube_resource_path(found, STR("shop"), STR("web"), &arena),
                                        str_of(c->path)));
        }
}

static void lists_of_single_versions_are_read_as_well(void **state) {
        static const char core[] =
                "{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":["
                "{\"name\":\"pods\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"Pod\",\"verbs\":["
                "\"list\",\"get\"],"
                "\"shortNames\":[\"po\"]},"
                "{\"name\":\"pods/"
                "exec\",\"namespaced\":true,\"kind\":\"PodExecOptions\",\"verbs\":[\"create\"]},"
                "{\"name\":\"\",\"kind\":\"Odd\"}]}";
        static const char groups[] =
                "[{\"kind\":\"APIResourceList\",\"groupVersion\":\"batch/"
                "v1\",\"resources\":[{\"name\":\"jobs\","
                "\"kind\":\"Job\",\"namespaced\":true}]},"
                "{\"kind\":\"APIResourceList\",\"groupVersion\":\"batch/"
                "v1beta1\",\"resources\":[{\"name\":\"jobs\","
                "\"kind\":\"Job\",\"namespaced\":true},{\"name\":\"cronjobs\",\"kind\":\"CronJob\"}]}]";
        AUTO(discovery_freep) Discovery *discovery = read(core, groups);
        const KubeResource *pods = discovery_find(discovery, STR("pod"));
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        check_order(discovery, "pods@v1 jobs.batch@v1 cronjobs.batch@v1beta1 ");
        CHECK(pods != NULL && pods->is_namespaced);
        CHECK(kube_resource_has_verb(pods, "get"));
        CHECK(!kube_resource_has_verb(pods, "watch"));
        CHECK(str_equal(kube_resource_api_version(pods, &arena), STR("v1")));
        CHECK(str_equal(kube_resource_api_version(discovery_find(discovery, STR("jobs")), &arena),
                        STR("batch/v1")));
        CHECK(discovery_find_kind(discovery, STR("batch/v1beta1"), STR("Job")) != NULL);
        CHECK_INT(discovery_server_version(discovery).git_version.len, 0);
}

static void what_is_not_discovery_is_refused(void **state) {
        static const struct {
                const char *json, *message;
        } cases[] = {
                { "{\"kind\":\"PodList\"}",
                  "kind \"PodList\" where the server's resources were expected (APIGroupDiscoveryList or "
                  "APIResourceList)" },
                { "7", "kind \"\" where the server's resources were expected (APIGroupDiscoveryList or "
                       "APIResourceList)" },
                { "[[]]", "an array inside the array of resource lists" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                AUTO_JSON *doc = NULL;
                Discovery *discovery = NULL;

                CHECK(json_parse(str_of(c->json), "discovery", &doc, &err));
                CHECK(!discovery_from_json(NULL, yyjson_doc_get_root(doc), &discovery, &err));
                CHECK_INT(err.code, ERROR_CORRUPT);
                CHECK_STR(err.message, c->message);
                CHECK(discovery == NULL);
        }
}

static void a_server_cannot_fill_our_memory_with_resources(void **state) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        AUTO_JSON *doc = NULL;
        Discovery *discovery = NULL;

        (void) state;
        buf_add(&text, STR("{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":["));
        for (int i = 0; i <= 20000; i++)
                buf_printf(&text, "%s{\"name\":\"r%d\"}", i ? "," : "", i);
        buf_add(&text, STR("]}"));
        CHECK(json_parse(buf_str(&text), "discovery", &doc, &err));
        CHECK(!discovery_from_json(yyjson_doc_get_root(doc), NULL, &discovery, &err));
        CHECK_STR(err.message, "the server lists more than 20000 resources");
}

static void paths_escape_what_comes_from_outside(void **state) {
        KubeResource roles = { .group = STR("rbac.authorization.k8s.io"),
                               .version = STR("v1"),
                               .name = STR("roles"),
                               .is_namespaced = true };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        CHECK(str_equal(kube_resource_path(&roles, STR("a/b"), STR("system:x?y"), &arena),
                        STR("/apis/rbac.authorization.k8s.io/v1/namespaces/a%2Fb/roles/system%3Ax%3Fy")));
        CHECK(str_equal(kube_resource_path(&roles, STR(""), STR(""), &arena),
                        STR("/apis/rbac.authorization.k8s.io/v1/roles")));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_order_is_the_servers_with_core_first_and_extensions_last),
                cmocka_unit_test(a_stale_group_is_a_warning_that_names_it),
                cmocka_unit_test(names_are_resolved_as_kubectl_does),
                cmocka_unit_test(an_object_is_found_in_every_version_that_is_served),
                cmocka_unit_test(lists_of_single_versions_are_read_as_well),
                cmocka_unit_test(what_is_not_discovery_is_refused),
                cmocka_unit_test(a_server_cannot_fill_our_memory_with_resources),
                cmocka_unit_test(paths_escape_what_comes_from_outside),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
