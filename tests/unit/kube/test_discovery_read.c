#include "kube/fake_api.h"

#include "kube/resource.h"

#define VERSION "{\"major\":\"1\",\"minor\":\"34\",\"gitVersion\":\"v1.34.4\"}"
#define AGGREGATED(name, version, resource, kind)                                                            \
        "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{\"name\":\"" name                     \
        "\"},\"versions\":[{\"version\":\"" version "\",\"resources\":[{\"resource\":\"" resource            \
        "\",\"responseKind\":{\"kind\":\"" kind "\"}}]}]}]}"
#define RESOURCES(version, names)                                                                            \
        "{\"kind\":\"APIResourceList\",\"groupVersion\":\"" version "\",\"resources\":[" names "]}"
#define STATUS(code, reason, message)                                                                        \
        "{\"kind\":\"Status\",\"message\":\"" message "\",\"reason\":\"" reason "\",\"code\":" #code "}"

static void check_log(Fixture *f, const char *expected) {
        fake_stop(&f->api);
        CHECK_STR(f->api.log.ptr, expected);
        fake_clear(&f->api);
        fake_start(&f->api);
}

static void aggregated_discovery_takes_three_requests(void **state) {
        AUTO(discovery_freep) Discovery *discovery = NULL;

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = VERSION },
                { .status = 200, .body = AGGREGATED("", "v1", "pods", "Pod") },
                { .status = 200, .body = AGGREGATED("apps", "v1", "deployments", "Deployment") });
        CHECK(discovery_read(f.client, NULL, &discovery, &f.err));
        CHECK(discovery_find(discovery, STR("pods")) != NULL);
        CHECK(discovery_find(discovery, STR("deployment.apps")) != NULL);
        CHECK(str_equal(discovery_server_version(discovery).git_version, STR("v1.34.4")));
        CHECK(str_equal(discovery_server_version(discovery).minor, STR("34")));
        CHECK(strstr(f.api.last_head,
                     "Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
                     "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,"
                     "application/json\r\n") != NULL);
        check_log(&f, "GET /version\nGET /api\nGET /apis\n");
}

static void an_older_server_is_read_group_by_group(void **state) {
        AUTO(discovery_freep) Discovery *discovery = NULL;
        const KubeResource *jobs;

        (void) state;
        FIXTURE(f, 30000, { .status = 403, .body = STATUS(403, "Forbidden", "no") },
                { .status = 200, .body = "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}" },
                { .status = 200,
                  .body = RESOURCES("v1", "{\"name\":\"pods\",\"kind\":\"Pod\",\"namespaced\":true}") },
                { .status = 200,
                  .body = "{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"batch\",\"versions\":[{"
                          "\"version\":\"v1beta1\"},"
                          "{\"version\":\"v1\"}],\"preferredVersion\":{\"version\":\"v1\"}},{\"name\":"
                          "\"metrics.k8s.io\","
                          "\"versions\":[{\"version\":\"v1beta1\"}],\"preferredVersion\":{\"version\":"
                          "\"v1beta1\"}}]}" },
                { .status = 200, .body = RESOURCES("batch/v1", "{\"name\":\"jobs\",\"kind\":\"Job\"}") },
                { .status = 200,
                  .body = RESOURCES("batch/v1beta1",
                                    "{\"name\":\"jobs\",\"kind\":\"Job\"},{\"name\":\"cronjobs\"}") },
                { .status = 404, .body = STATUS(404, "NotFound", "not found") });
        CHECK(discovery_read(f.client, NULL, &discovery, &f.err));
        jobs = discovery_find(discovery, STR("jobs"));
        CHECK(jobs != NULL && str_equal(jobs->version, STR("v1")));
        CHECK(discovery_find(discovery, STR("cronjobs.batch")) != NULL);
        CHECK_INT(discovery_warnings(discovery)->len, 1);
        CHECK(str_equal(discovery_warnings(discovery)->items[0],
                        STR("group metrics.k8s.io/v1beta1: discovery: not found")));
        CHECK_INT(discovery_server_version(discovery).git_version.len, 0);
        check_log(&f, "GET /version\nGET /api\nGET /api/v1\nGET /apis\nGET /apis/batch/v1\nGET "
                      "/apis/batch/v1beta1\n"
                      "GET /apis/metrics.k8s.io/v1beta1\n");
}

static void without_the_essentials_it_is_an_error(void **state) {
        static const struct {
                FakeAnswer answers[4];
                ErrorCode code;
                const char *message;
        } cases[] = {
                { { { .status = 400, .body = STATUS(400, "BadRequest", "odd") } },
                  ERROR_INVALID,
                  "discovery: odd" },
                { { { .status = 200, .body = VERSION },
                    { .status = 403, .body = STATUS(403, "Forbidden", "no") } },
                  ERROR_FORBIDDEN,
                  "discovery: no" },
                { { { .status = 200, .body = VERSION },
                    { .status = 200, .body = AGGREGATED("", "v1", "pods", "Pod") },
                    { .status = 404, .body = STATUS(404, "NotFound", "gone") } },
                  ERROR_NOT_FOUND,
                  "discovery: gone" },
                { { { .status = 200, .body = VERSION },
                    { .status = 200, .body = "{\"kind\":\"APIVersions\"}" },
                    { .status = 200, .body = "{\"kind\":\"PodList\"}" } },
                  ERROR_CORRUPT,
                  "kind \"PodList\" where the server's resources were expected (APIGroupDiscoveryList or "
                  "APIResourceList)" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                Discovery *discovery = NULL;

                FIXTURE(f, 30000, { .status = 0 });
                f.api.answers = c->answers;
                f.api.count = 4;
                CHECK(!discovery_read(f.client, NULL, &discovery, &f.err));
                CHECK_INT(f.err.code, c->code);
                CHECK_STR(f.err.message, c->message);
                CHECK(discovery == NULL);
        }
}

static void a_stop_ends_it_between_two_groups(void **state) {
        AUTO(stop_freep) Stop *stop = stop_new();
        Discovery *discovery = NULL;

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = VERSION });
        stop_set(stop);
        CHECK(!discovery_read(f.client, stop, &discovery, &f.err));
        CHECK_INT(f.err.code, ERROR_CANCELED);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(aggregated_discovery_takes_three_requests),
                cmocka_unit_test(an_older_server_is_read_group_by_group),
                cmocka_unit_test(without_the_essentials_it_is_an_error),
                cmocka_unit_test(a_stop_ends_it_between_two_groups),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
