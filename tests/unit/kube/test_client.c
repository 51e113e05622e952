#include "kube/fake_api.h"

#include "base/clock.h"
#include "kube/client_internal.h"
#include "kube/object.h"

#define STATUS(code, reason, message)                                                                        \
        "{\"kind\":\"Status\",\"message\":\"" message "\",\"reason\":\"" reason "\",\"code\":" #code "}"
#define POD "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"web\"}}"

static const KubeResource pods = { .version = { "v1", 2 }, .name = { "pods", 4 }, .is_namespaced = true };

static bool get_pod(Fixture *f, const Stop *stop) {
        AUTO_JSON *doc = NULL;

        if (!kube_get(f->client, &pods, STR("shop"), STR("web"), stop, &doc, &f->err))
                return false;
        CHECK(str_equal(object_name(yyjson_doc_get_root(doc)), STR("web")));
        return true;
}

static void trouble_that_passes_only_costs_time(void **state) {
        (void) state;
        FIXTURE(f, 30000, { .status = 503, .body = STATUS(503, "ServiceUnavailable", "not ready") },
                { .status = 0, .fault = FAKE_DROP }, { .status = 200, .body = POD, .fault = FAKE_CUT },
                { .status = 500, .body = STATUS(500, "InternalError", "etcd: leader changed") },
                { .status = 429, .body = "", .headers = "Retry-After: 0\r\n" },
                { .status = 200, .body = POD });
        CHECK(get_pod(&f, NULL));
        CHECK(f.api.requests >= 6); /* libcurl repeats a request whose connection was dropped, too */
}

static void retry_after_is_obeyed(void **state) {
        int64_t start = clock_ms();

        (void) state;
        FIXTURE(f, 30000,
                { .status = 429,
                  .body = STATUS(429, "TooManyRequests", "slow down"),
                  .headers = "Retry-After: 1\r\n" },
                { .status = 200, .body = POD });
        CHECK(get_pod(&f, NULL));
        CHECK(clock_ms() - start >= 1000);
        CHECK(clock_ms() - start < 5000);
}

static void a_pause_longer_than_the_deadline_is_not_waited_for(void **state) {
        int64_t start = clock_ms();

        (void) state;
        FIXTURE(f, 30000,
                { .status = 429,
                  .body = STATUS(429, "TooManyRequests", "slow down"),
                  .headers = "Retry-After: 100\r\n" });
        CHECK(!get_pod(&f, NULL));
        CHECK_INT(f.err.code, ERROR_UNAVAILABLE);
        CHECK_STR(f.err.message, "get pods \"web\" in namespace \"shop\": slow down");
        CHECK(clock_ms() - start < 5000);
}

static void what_stays_wrong_is_told_with_the_tries(void **state) {
        int64_t start = clock_ms();

        (void) state;
        FIXTURE(f, 1200, { .status = 503, .body = STATUS(503, "ServiceUnavailable", "not ready") });
        CHECK(!get_pod(&f, NULL));
        CHECK_INT(f.err.code, ERROR_UNAVAILABLE);
        CHECK(str_starts_with(str_of(f.err.message),
                              STR("get pods \"web\" in namespace \"shop\": not ready (tried ")));
        CHECK(clock_ms() - start <= 1700);
}

static void a_plain_500_is_given_up_after_five_tries(void **state) {
        (void) state;
        FIXTURE(f, 60000, { .status = 500, .body = STATUS(500, "InternalError", "failed calling webhook") });
        CHECK(!get_pod(&f, NULL));
        CHECK_INT(f.api.requests, 5);
        CHECK(str_starts_with(
                str_of(f.err.message),
                STR("get pods \"web\" in namespace \"shop\": failed calling webhook (tried 5 times in ")));
}

static void refusals_are_not_repeated(void **state) {
        static const struct {
                FakeAnswer answer;
                ErrorCode code;
        } cases[] = {
                { { .status = 400, .body = "" }, ERROR_INVALID },
                { { .status = 401, .body = "" }, ERROR_FORBIDDEN },
                { { .status = 403, .body = "" }, ERROR_FORBIDDEN },
                { { .status = 404, .body = "" }, ERROR_NOT_FOUND },
                { { .status = 409, .body = "" }, ERROR_CONFLICT },
                { { .status = 410, .body = "" }, ERROR_GONE },
                { { .status = 501, .body = "" }, ERROR_INVALID },
                { { .status = 505, .body = "" }, ERROR_INVALID },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                FIXTURE(f, 60000, { .status = 0 });
                f.api.answers = &c->answer;
                CHECK(!get_pod(&f, NULL));
                CHECK_INT(f.err.code, c->code);
                CHECK_INT(f.api.requests, 1);
        }
}

static void a_hanging_server_is_a_timeout(void **state) {
        int64_t start = clock_ms();

        (void) state;
        FIXTURE(f, 700, { .status = 0, .fault = FAKE_HANG });
        CHECK(!get_pod(&f, NULL));
        CHECK_INT(f.err.code, ERROR_TIMEOUT);
        CHECK(clock_ms() - start < 3000);
}

static void a_connection_that_hangs_is_given_up_for_another(void **state) {
        int64_t start = clock_ms();

        (void) state;
        FIXTURE(f, 20000, { .status = 0, .fault = FAKE_HANG }, { .status = 200, .body = POD });
        CHECK_INT(f.client->silence_limit_ms, 10000); /* half of the deadline */
        f.client->silence_limit_ms = 500;
        CHECK(get_pod(&f, NULL));
        CHECK(clock_ms() - start >= 500);
        CHECK_INT(f.api.requests, 2);
}

static void stop_later(void *user) {
        (void) stop_sleep_ms(NULL, 300);
        stop_set(user);
}

static void a_stop_ends_a_call_and_its_waits_at_once(void **state) {
        static const FakeAnswer cases[] = { { .status = 0, .fault = FAKE_HANG },
                                            { .status = 429, .body = "", .headers = "Retry-After: 20\r\n" } };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(stop_freep) Stop *stop = stop_new();
                int64_t start = clock_ms();
                Thread thread = thread_start(stop_later, stop);

                FIXTURE(f, 60000, { .status = 0 });
                f.api.answers = c;
                CHECK(!get_pod(&f, stop));
                thread_join(thread);
                CHECK_INT(f.err.code, ERROR_CANCELED);
                CHECK_STR(f.err.message, "get pods \"web\" in namespace \"shop\": interrupted");
                CHECK(clock_ms() - start < 2000);
        }
}

static bool pass_over(void *user, Str bytes, Error *err) {
        (void) user;
        (void) bytes;
        (void) err;
        return true;
}

static void a_stop_in_the_pause_of_a_stream_is_told_as_such(void **state) {
        AUTO(stop_freep) Stop *stop = stop_new();
        const KubeCall call = { .method = "GET", .path = STR("/logs"), .about = STR("read the log") };

        (void) state;
        FIXTURE(f, 60000, { .status = 503, .body = "" });
        Thread thread = thread_start(stop_later, stop);
        CHECK(!kube_stream(f.client, &call, 0, pass_over, NULL, stop, &f.err));
        thread_join(thread);
        CHECK_INT(f.err.code, ERROR_CANCELED);
        CHECK_STR(f.err.message, "read the log: interrupted");
}

static void a_create_that_may_have_happened_answers_that_it_exists(void **state) {
        (void) state;
        FIXTURE(f, 30000, { .status = 201, .body = POD, .fault = FAKE_CUT },
                { .status = 409, .body = STATUS(409, "AlreadyExists", "pods \\\"web\\\" already exists") });
        CHECK(!kube_create(f.client, &pods, STR("shop"), STR(POD), NULL, NULL, &f.err));
        CHECK_INT(f.err.code, ERROR_EXISTS);
        CHECK(str_starts_with(
                str_of(f.err.message),
                STR("create pods in namespace \"shop\": pods \"web\" already exists (tried 2 times")));
}

static void an_object_that_may_be_the_very_one_is_no_proof_of_another(void **state) {
        static const struct {
                FakeAnswer first;
                ErrorCode code;
        } cases[] = {
                { { .status = 409, .body = STATUS(409, "AlreadyExists", "there") }, ERROR_EXISTS },
                { { .status = 429, .body = "", .headers = "Retry-After: 0\r\n" }, ERROR_EXISTS },
                { { .status = 201, .body = POD, .fault = FAKE_CUT }, ERROR_CONFLICT },
                { { .status = 0, .fault = FAKE_DROP }, ERROR_CONFLICT },
                { { .status = 500, .body = STATUS(500, "InternalError", "etcd: timeout") }, ERROR_CONFLICT },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                const FakeAnswer answers[] = {
                        c->first, { .status = 409, .body = STATUS(409, "AlreadyExists", "there") }
                };

                FIXTURE(f, 30000, { .status = 0 });
                f.api.answers = answers;
                f.api.count = 2;
                CHECK(!kube_create_named(f.client, &pods, STR("shop"), STR(POD), NULL, NULL, &f.err));
                CHECK_INT(f.err.code, c->code);
        }
}

static void a_json_patch_is_not_sent_twice(void **state) {
        KubeObject web = { .resource = &pods, .namespace = STR("shop"), .name = STR("web") };

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = POD, .fault = FAKE_CUT }, { .status = 200, .body = POD });
        CHECK(!kube_patch(f.client, &web, KUBE_PATCH_JSON, STR("[]"), NULL, NULL, &f.err));
        CHECK_INT(f.err.code, ERROR_UNAVAILABLE);
        CHECK_INT(f.api.requests, 1);
}

static void a_server_that_is_not_there_yet_is_waited_for(void **state) {
        KubeObject web = { .resource = &pods, .namespace = STR("shop"), .name = STR("web") };

        (void) state;
        FIXTURE(f, 1500, { .status = 200, .body = POD });
        fake_stop(&f.api);
        CHECK(!kube_patch(f.client, &web, KUBE_PATCH_JSON, STR("[]"), NULL, NULL, &f.err));
        CHECK_INT(f.err.code, ERROR_UNAVAILABLE);
        CHECK(strstr(f.err.message, "connection refused") != NULL);
        CHECK(strstr(f.err.message, "(tried ") != NULL); /* even a JSON patch, which was never sent */
        fake_clear(&f.api);
        fake_start(&f.api);
}

static void requests_are_what_the_api_expects(void **state) {
        KubeObject web = { .resource = &pods, .namespace = STR("shop"), .name = STR("web") };
        KubeObject status = {
                .resource = &pods, .namespace = STR("shop"), .name = STR("web"), .subresource = "status"
        };

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = POD });
        CHECK(get_pod(&f, NULL));
        CHECK(kube_create(f.client, &pods, STR("shop"), STR("{1}"), NULL, NULL, &f.err));
        CHECK(kube_update(f.client, &status, STR("{2}"), NULL, NULL, &f.err));
        CHECK(kube_patch(f.client, &web, KUBE_PATCH_MERGE, STR("{3}"), NULL, NULL, &f.err));
        CHECK(kube_patch(f.client, &web, KUBE_PATCH_APPLY, STR("{4}"), NULL, NULL, &f.err));
        CHECK(strstr(f.api.last_head, "Content-Type: application/apply-patch+yaml\r\n") != NULL);
        CHECK(strstr(f.api.last_head, "Accept: application/json\r\n") != NULL);
        CHECK(strstr(f.api.last_head, "User-Agent: grapnel/") != NULL);
        CHECK(kube_delete(f.client, &web, NULL, &f.err));
        fake_stop(&f.api);
        CHECK_STR(f.api.log.ptr, "GET /api/v1/namespaces/shop/pods/web\n"
                                 "POST /api/v1/namespaces/shop/pods\n"
                                 "PUT /api/v1/namespaces/shop/pods/web/status\n"
                                 "PATCH /api/v1/namespaces/shop/pods/web\n"
                                 "PATCH /api/v1/namespaces/shop/pods/web?fieldManager=grapnel&force=true\n"
                                 "DELETE /api/v1/namespaces/shop/pods/web\n");
        CHECK_STR(f.api.bodies.ptr, "\n{1}\n{2}\n{3}\n{4}\n\n");
        fake_clear(&f.api);
        fake_start(&f.api);
}

static void an_empty_name_never_reaches_the_collection(void **state) {
        static const char *const names[] = { "", ".", ".." };

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = POD });
        FOR_EACH_CASE(names, name) {
                KubeObject none = { .resource = &pods, .namespace = STR("shop"), .name = str_of(*name) };
                AUTO(error_clear) Error err = { 0 };

                CHECK(!kube_delete(f.client, &none, NULL, &err));
                CHECK_INT(err.code, ERROR_INVALID);
        }
        CHECK(!kube_create(f.client, &pods, STR(".."), STR("{}"), NULL, NULL, &f.err));
        CHECK_STR(f.err.message, "create pods in namespace \"..\": no object can have that name");
        CHECK_INT(f.api.requests, 0);
}

static void a_reply_that_is_not_json_or_too_large_is_refused(void **state) {
        KubeCall call = { .method = "GET", .path = STR("/x"), .about = STR("look"), .reply_limit = 8 };
        AUTO(error_clear) Error too_large = { 0 };
        JsonDoc *doc = NULL;

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = "<html>" },
                { .status = 200, .body = "{\"a\":\"long enough\"}" });
        CHECK(!kube_call(f.client, &call, NULL, &doc, &f.err));
        CHECK_INT(f.err.code, ERROR_CORRUPT);
        CHECK(str_starts_with(str_of(f.err.message), STR("look: the server's reply is not JSON: ")));
        CHECK(!kube_call(f.client, &call, NULL, &doc, &too_large));
        CHECK_INT(too_large.code, ERROR_INVALID);
        CHECK_STR(too_large.message, "look: the reply is larger than 8 bytes");
        CHECK_INT(f.api.requests, 2);
}

static void count_warning(void *user, Str text) {
        unsigned *count = user;

        CHECK(str_equal(text, STR("policy/v1beta1 is deprecated")));
        ++*count;
}

static void a_warning_is_passed_on_once(void **state) {
        unsigned count = 0;

        (void) state;
        FIXTURE(f, 30000,
                { .status = 200,
                  .body = POD,
                  .headers = "Warning: 299 - \"policy/v1beta1 is deprecated\"\r\n" });
        CHECK(get_pod(&f, NULL)); /* nobody listens */
        kube_client_on_warning(f.client, count_warning, &count);
        CHECK(get_pod(&f, NULL));
        CHECK(get_pod(&f, NULL));
        CHECK_INT(count, 0); /* it was said already */
}

static void the_first_warning_is_heard(void **state) {
        unsigned count = 0;

        (void) state;
        FIXTURE(f, 30000,
                { .status = 200,
                  .body = POD,
                  .headers = "Warning: 299 - \"policy/v1beta1 is deprecated\"\r\n" });
        kube_client_on_warning(f.client, count_warning, &count);
        CHECK(get_pod(&f, NULL));
        CHECK(get_pod(&f, NULL));
        CHECK_INT(count, 1);
}

static void write_file(const char *path, const char *text) {
        FILE *file = fopen(path, "w");

        CHECK(file != NULL);
        fputs(text, file);
        fclose(file);
}

static void credentials_are_renewed_once_after_a_401(void **state) {
        static const FakeAnswer renewed[] = { { .status = 401 }, { .status = 200, .body = POD } };
        static const FakeAnswer refused[] = { { .status = 401 } };
        char path[] = "/tmp/grapnel-token-XXXXXX";
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        close(mkstemp(path));
        write_file(path, "old");
        FIXTURE(f, 30000, { .status = 0 });
        kube_client_free(f.client);
        f.config.token_file = str_of(path);
        CHECK(kube_client_new(&f.config, &(KubeOptions) { .timeout_ms = 30000 }, NULL, &f.client, &err));
        f.api.answers = renewed;
        f.api.count = 2;
        CHECK(get_pod(&f, NULL));
        CHECK_INT(f.api.requests, 2);
        CHECK(strstr(f.api.last_head, "Authorization: Bearer old\r\n") != NULL);

        f.api.answers = refused;
        f.api.count = 1;
        f.api.requests = 0;
        CHECK(!get_pod(&f, NULL));
        CHECK_INT(f.err.code, ERROR_FORBIDDEN);
        CHECK(f.api.requests <= 2);
        CHECK(strstr(f.err.message, "old") == NULL); /* a token is never told */
        unlink(path);
}

static void a_client_with_another_timeout_shares_the_connection(void **state) {
        AUTO(kube_client_freep) KubeClient *hasty = NULL;
        int64_t start = clock_ms();

        (void) state;
        FIXTURE(f, 60000, { .status = 503, .body = "" });
        hasty = kube_client_with_timeout(f.client, 800);
        CHECK(!kube_get(hasty, &pods, STR("shop"), STR("web"), NULL, NULL, &f.err));
        CHECK(clock_ms() - start < 2000);
        CHECK(str_equal(kube_client_server(hasty), kube_client_server(f.client)));
        kube_client_free(TAKE(hasty));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(trouble_that_passes_only_costs_time),
                cmocka_unit_test(retry_after_is_obeyed),
                cmocka_unit_test(a_pause_longer_than_the_deadline_is_not_waited_for),
                cmocka_unit_test(what_stays_wrong_is_told_with_the_tries),
                cmocka_unit_test(a_plain_500_is_given_up_after_five_tries),
                cmocka_unit_test(refusals_are_not_repeated),
                cmocka_unit_test(a_hanging_server_is_a_timeout),
                cmocka_unit_test(a_connection_that_hangs_is_given_up_for_another),
                cmocka_unit_test(a_stop_ends_a_call_and_its_waits_at_once),
                cmocka_unit_test(a_stop_in_the_pause_of_a_stream_is_told_as_such),
                cmocka_unit_test(a_create_that_may_have_happened_answers_that_it_exists),
                cmocka_unit_test(an_object_that_may_be_the_very_one_is_no_proof_of_another),
                cmocka_unit_test(a_json_patch_is_not_sent_twice),
                cmocka_unit_test(a_server_that_is_not_there_yet_is_waited_for),
                cmocka_unit_test(requests_are_what_the_api_expects),
                cmocka_unit_test(an_empty_name_never_reaches_the_collection),
                cmocka_unit_test(a_reply_that_is_not_json_or_too_large_is_refused),
                cmocka_unit_test(a_warning_is_passed_on_once),
                cmocka_unit_test(the_first_warning_is_heard),
                cmocka_unit_test(credentials_are_renewed_once_after_a_401),
                cmocka_unit_test(a_client_with_another_timeout_shares_the_connection),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
