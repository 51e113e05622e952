#include "check.h"

#include "kube/status.h"

#define STATUS(code, reason, message)                                                                        \
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"" message           \
        "\",\"reason\":\"" reason "\",\"code\":" #code "}"

static void a_reply_becomes_a_code_and_the_servers_words(void **state) {
        static const struct {
                int http_status;
                const char *body;
                ErrorCode code;
                const char *message;
        } cases[] = {
                { 404, STATUS(404, "NotFound", "pods \\\"web\\\" not found"), ERROR_NOT_FOUND,
                  "pods \"web\" not found" },
                { 409, STATUS(409, "AlreadyExists", "pods \\\"web\\\" already exists"), ERROR_EXISTS,
                  "pods \"web\" already exists" },
                { 409, STATUS(409, "Conflict", "the object has been modified"), ERROR_CONFLICT,
                  "the object has been modified" },
                { 410, STATUS(410, "Expired", "the continue token is too old"), ERROR_GONE,
                  "the continue token is too old" },
                { 422, STATUS(422, "Invalid", "spec.x: Required value"), ERROR_INVALID,
                  "spec.x: Required value" },
                { 400, "", ERROR_INVALID, "the server answered 400 without a word" },
                { 415, "no\n", ERROR_INVALID, "the server answered 415: no" },
                { 408, "", ERROR_UNAVAILABLE, "the server answered 408 without a word" },
                { 429, STATUS(429, "TooManyRequests", "slow down"), ERROR_UNAVAILABLE, "slow down" },
                { 500, STATUS(500, "InternalError", "webhook is gone"), ERROR_UNAVAILABLE,
                  "webhook is gone" },
                { 501, "", ERROR_INVALID, "the server answered 501 without a word" },
                { 505, "", ERROR_INVALID, "the server answered 505 without a word" },
                { 502, "<html>\r\n <h1>Bad Gateway</h1>\r\n</html>\r\n", ERROR_UNAVAILABLE,
                  "the server answered 502: <html>   <h1>Bad Gateway</h1>  </html>" },
                { 503, "{\"kind\":\"Other\",\"message\":\"x\"}", ERROR_UNAVAILABLE,
                  "the server answered 503: {\"kind\":\"Other\",\"message\":\"x\"}" },
                { 500, "{\"kind\":\"Status\"", ERROR_UNAVAILABLE,
                  "the server answered 500: {\"kind\":\"Status\"" },
                { 503, STATUS(503, "", "apiserver not ready"), ERROR_UNAVAILABLE,
                  "the server answered 503: apiserver not ready" },
                { 401, STATUS(401, "Unauthorized", "Unauthorized"), ERROR_FORBIDDEN,
                  "the server does not accept our credentials (401: Unauthorized)" },
                { 401, "", ERROR_FORBIDDEN, "the server does not accept our credentials (401)" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };

                CHECK(!status_error(c->http_status, str_of(c->body), &err));
                CHECK_INT(err.code, c->code);
                CHECK_STR(err.message, c->message);
        }
}

static void a_missing_permission_is_told_as_the_rule_to_add(void **state) {
        static const struct {
                const char *words, *message;
        } cases[] = {
                { "pods is forbidden: User \"x\" cannot list resource \"pods\" in API group \"\" in the "
                  "namespace \"y\"",
                  "the user \"x\" may not list pods in namespace \"y\": add a rule {apiGroups: [\"\"], "
                  "resources: "
                  "[pods], verbs: [list]} to its Role or ClusterRole (pods is forbidden: User \"x\" cannot "
                  "list "
                  "resource \"pods\" in API group \"\" in the namespace \"y\")" },
                { "nodes is forbidden: User \"system:serviceaccount:a:b\" cannot get resource \"nodes\" in "
                  "API group "
                  "\"\" at the cluster scope",
                  "the user \"system:serviceaccount:a:b\" may not get nodes in the whole cluster: add a rule "
                  "{apiGroups: [\"\"], resources: [nodes], verbs: [get]} to its ClusterRole (nodes is "
                  "forbidden: User "
                  "\"system:serviceaccount:a:b\" cannot get resource \"nodes\" in API group \"\" at the "
                  "cluster "
                  "scope)" },
                { "pods \"web\" is forbidden: User \"x\" cannot create resource \"pods/exec\" in API group "
                  "\"\" in the "
                  "namespace \"y\"",
                  "the user \"x\" may not create pods/exec in namespace \"y\": add a rule {apiGroups: "
                  "[\"\"], "
                  "resources: [pods/exec], verbs: [create]} to its Role or ClusterRole (pods \"web\" is "
                  "forbidden: "
                  "User \"x\" cannot create resource \"pods/exec\" in API group \"\" in the namespace "
                  "\"y\")" },
                { "forbidden: User \"system:anonymous\" cannot get path \"/apis\"",
                  "the user \"system:anonymous\" may not get /apis: add a rule {nonResourceURLs: [/apis], "
                  "verbs: [get]} "
                  "to its ClusterRole (forbidden: User \"system:anonymous\" cannot get path \"/apis\")" },
                { "pods \"web\" is forbidden: exceeded quota: small",
                  "pods \"web\" is forbidden: exceeded quota: small" },
                { "User \"x\" cannot list resource \"pods", "User \"x\" cannot list resource \"pods" },
                { "User \"x\" cannot get path \"/apis", "User \"x\" cannot get path \"/apis" },
                { "User \"x\" cannot get it", "User \"x\" cannot get it" },
                { "User \"x\" cannot list resource \"pods\" in API group \"\" in the namespace \"y",
                  "User \"x\" cannot list resource \"pods\" in API group \"\" in the namespace \"y" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf body = { 0 };

                buf_add(&body,
                        STR("{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"code\":403,\"message\":"));
                json_write_string(str_of(c->words), &body);
                buf_add(&body, STR("}"));
                CHECK(!status_error(403, buf_str(&body), &err));
                CHECK_INT(err.code, ERROR_FORBIDDEN);
                CHECK_STR(err.message, c->message);
        }
}

static void a_long_page_is_cut_at_a_whole_character(void **state) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf body = { 0 };

        (void) state;
        for (int i = 0; i < STATUS_BODY_SHOWN - 1; i++)
                buf_add_char(&body, 'a');
        buf_add(&body, STR("ünd so weiter"));
        CHECK(!status_error(502, buf_str(&body), &err));
        CHECK_INT(strlen(err.message),
                  strlen("the server answered 502: ") + STATUS_BODY_SHOWN - 1 + strlen("…"));
        CHECK(str_ends_with(str_of(err.message), STR("aa…")));
}

static void a_status_in_a_stream_carries_its_own_code(void **state) {
        static const struct {
                const char *status;
                ErrorCode code;
                const char *message;
        } cases[] = {
                { STATUS(410, "Expired", "too old resource version: 1 (9)"), ERROR_GONE,
                  "too old resource version: 1 (9)" },
                { STATUS(7, "Odd", "what"), ERROR_UNAVAILABLE, "what" },
                { "{}", ERROR_UNAVAILABLE, "the server answered 500 without a word" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                AUTO_JSON *doc = NULL;

                CHECK(json_parse(str_of(c->status), "status", &doc, &err));
                CHECK(!status_object_error(yyjson_doc_get_root(doc), &err));
                CHECK_INT(err.code, c->code);
                CHECK_STR(err.message, c->message);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_reply_becomes_a_code_and_the_servers_words),
                cmocka_unit_test(a_missing_permission_is_told_as_the_rule_to_add),
                cmocka_unit_test(a_long_page_is_cut_at_a_whole_character),
                cmocka_unit_test(a_status_in_a_stream_carries_its_own_code),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
