#include "kube/fake_api.h"

#include "kube/list.h"

#define PAGE(token, version, items)                                                                          \
        "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"" version "\",\"continue\":\"" token      \
        "\"},\"items\":[" items "]}"
#define POD(name) "{\"metadata\":{\"name\":\"" name "\"}}"
#define GONE                                                                                                 \
        "{\"kind\":\"Status\",\"message\":\"the continue token is too "                                      \
        "old\",\"reason\":\"Expired\",\"code\":410}"

static const KubeResource pods = { .version = { "v1", 2 }, .name = { "pods", 4 }, .is_namespaced = true };

typedef struct Seen {
        Buf names;
        unsigned pages, fail_at;
} Seen;

static void seen_clear(Seen *seen) {
        buf_clear(&seen->names);
}

static bool see(void *user, const KubePage *page, Error *err) {
        Seen *seen = user;
        size_t i, max;
        JsonVal *item;

        if (page->is_restart)
                buf_add(&seen->names, STR("RESTART "));
        yyjson_arr_foreach(page->items, i, max, item) {
                buf_add(&seen->names, json_get_str(json_get(item, "metadata"), "name"));
                buf_add_char(&seen->names, ' ');
        }
        if (++seen->pages == seen->fail_at)
                return error_set(err, ERROR_INVALID, "enough");
        return true;
}

static void check_seen(Seen *seen, const char *expected) {
        buf_add_char(&seen->names, '\0');
        CHECK_STR(seen->names.ptr, expected);
}

static void check_log(Fixture *f, const char *expected) {
        fake_stop(&f->api);
        CHECK_STR(f->api.log.ptr, expected);
        fake_clear(&f->api);
        fake_start(&f->api);
}

static void pages_follow_their_tokens(void **state) {
        AUTO(seen_clear) Seen seen = { 0 };
        KubeList list = { .resource = &pods,
                          .namespace = STR("shop"),
                          .label_selector = STR("app in (a,b)"),
                          .field_selector = STR("status.phase=Running"),
                          .page_size = 2 };

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = PAGE("a=b/c", "7", POD("1") "," POD("2")) },
                { .status = 200, .body = PAGE("d", "7", POD("3")), .fault = FAKE_CUT },
                { .status = 200, .body = PAGE("d", "7", POD("3")) },
                { .status = 200, .body = PAGE("", "7", "") });
        CHECK(kube_list(f.client, &list, see, &seen, NULL, &f.err));
        check_seen(&seen, "1 2 3 ");
        /* A page that was cut off is asked for again with the same token. */
        check_log(&f, "GET /api/v1/namespaces/shop/pods?labelSelector=app%20in%20%28a%2Cb%29&fieldSelector="
                      "status.phase%3DRunning&limit=2\n"
                      "GET /api/v1/namespaces/shop/pods?labelSelector=app%20in%20%28a%2Cb%29&fieldSelector="
                      "status.phase%3DRunning&limit=2&continue=a%3Db%2Fc\n"
                      "GET /api/v1/namespaces/shop/pods?labelSelector=app%20in%20%28a%2Cb%29&fieldSelector="
                      "status.phase%3DRunning&limit=2&continue=a%3Db%2Fc\n"
                      "GET /api/v1/namespaces/shop/pods?labelSelector=app%20in%20%28a%2Cb%29&fieldSelector="
                      "status.phase%3DRunning&limit=2&continue=d\n");
}

static void an_expired_token_starts_the_list_over(void **state) {
        AUTO(seen_clear) Seen seen = { 0 };
        KubeList list = { .resource = &pods };

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = PAGE("t", "7", POD("1")) },
                { .status = 410, .body = GONE }, { .status = 200, .body = PAGE("u", "8", POD("1")) },
                { .status = 200, .body = PAGE("", "8", POD("2")) });
        CHECK(kube_list(f.client, &list, see, &seen, NULL, &f.err));
        check_seen(&seen, "1 RESTART 1 2 ");
        check_log(&f, "GET /api/v1/pods?limit=500\nGET /api/v1/pods?limit=500&continue=t\nGET "
                      "/api/v1/pods?limit=500\n"
                      "GET /api/v1/pods?limit=500&continue=u\n");
}

static void a_list_that_expires_for_ever_ends_in_an_error(void **state) {
        AUTO(seen_clear) Seen seen = { 0 };
        KubeList list = { .resource = &pods };
        FakeAnswer answers[40];

        (void) state;
        for (size_t i = 0; i < 40; i += 2) {
                answers[i] = (FakeAnswer) { .status = 200, .body = PAGE("t", "7", POD("1")) };
                answers[i + 1] = (FakeAnswer) { .status = 410, .body = GONE };
        }
        FIXTURE(f, 30000, { .status = 0 });
        f.api.answers = answers;
        f.api.count = 40;
        CHECK(!kube_list(f.client, &list, see, &seen, NULL, &f.err));
        CHECK_INT(f.err.code, ERROR_GONE);
        CHECK_STR(f.err.message, "list pods: the continue token is too old");
        CHECK_INT(seen.pages, 11);
}

static void a_sink_can_end_the_list(void **state) {
        AUTO(seen_clear) Seen seen = { .fail_at = 1 };
        KubeList list = { .resource = &pods };

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = PAGE("t", "7", POD("1")) });
        CHECK(!kube_list(f.client, &list, see, &seen, NULL, &f.err));
        CHECK_STR(f.err.message, "enough");
        CHECK_INT(f.api.requests, 1);
}

static void what_is_not_a_list_is_refused(void **state) {
        static const struct {
                const char *body, *message;
        } cases[] = {
                { "{}", "list pods in namespace \"shop\": the reply is not a list" },
                { "[]", "list pods in namespace \"shop\": the reply is not a list" },
                { "{\"metadata\":{},\"items\":{}}",
                  "list pods in namespace \"shop\": the reply is not a list" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(seen_clear) Seen seen = { 0 };
                KubeList list = { .resource = &pods, .namespace = STR("shop") };
                FakeAnswer answer = { .status = 200, .body = c->body };

                FIXTURE(f, 30000, { .status = 0 });
                f.api.answers = &answer;
                CHECK(!kube_list(f.client, &list, see, &seen, NULL, &f.err));
                CHECK_INT(f.err.code, ERROR_CORRUPT);
                CHECK_STR(f.err.message, c->message);
                CHECK_INT(seen.pages, 0);
        }
}

static void an_empty_list_may_have_null_items(void **state) {
        AUTO(seen_clear) Seen seen = { 0 };
        KubeList list = { .resource = &pods };

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = "{\"metadata\":{},\"items\":null}" });
        CHECK(kube_list(f.client, &list, see, &seen, NULL, &f.err));
        CHECK_INT(seen.pages, 1);
}

/* `count` objects of `size` bytes as one page. */
static char *big_page(const char *token, size_t count, size_t size) {
        AUTO(buf_clear) Buf text = { 0 };

        buf_printf(&text, "{\"metadata\":{\"continue\":\"%s\"},\"items\":[", token);
        for (size_t i = 0; i < count; i++) {
                buf_printf(&text, "%s{\"metadata\":{\"name\":\"x\"},\"data\":\"", i ? "," : "");
                for (size_t j = 0; j < size; j += 16)
                        buf_add(&text, STR("0123456789abcdef"));
                buf_add(&text, STR("\"}"));
        }
        buf_add(&text, STR("]}"));
        buf_add_char(&text, '\0');
        return xasprintf("%s", text.ptr);
}

static void pages_become_smaller_where_objects_are_large(void **state) {
        AUTO_FREE char *large = big_page("t", 40, 100 * 1024), *small = big_page("u", 40, 16);
        AUTO(seen_clear) Seen seen = { 0 };
        KubeList list = { .resource = &pods };
        FakeAnswer answers[] = { { .status = 200, .body = large },
                                 { .status = 200, .body = small },
                                 { .status = 200, .body = PAGE("", "", "") } };

        (void) state;
        FIXTURE(f, 30000, { .status = 0 });
        f.api.answers = answers;
        f.api.count = 3;
        CHECK(kube_list(f.client, &list, see, &seen, NULL, &f.err));
        check_log(&f, "GET /api/v1/pods?limit=500\n"
                      "GET /api/v1/pods?limit=10&continue=t\n"
                      "GET /api/v1/pods?limit=500&continue=u\n");
}

static void a_page_that_is_too_large_is_asked_for_in_smaller_ones(void **state) {
        AUTO_FREE char *huge = big_page("t", 90, 100 * 1024);
        AUTO(seen_clear) Seen seen = { 0 };
        KubeList list = { .resource = &pods, .page_size = 8 };
        FakeAnswer answers[] = { { .status = 200, .body = huge },
                                 { .status = 200, .body = huge },
                                 { .status = 200, .body = huge },
                                 { .status = 200, .body = PAGE("", "", "") } };

        (void) state;
        FIXTURE(f, 30000, { .status = 0 });
        f.api.answers = answers;
        f.api.count = 4;
        CHECK(kube_list(f.client, &list, see, &seen, NULL, &f.err));
        CHECK_INT(seen.pages, 2);
        /* A server that sends everything whatever the limit is read in the end, up to the last limit. */
        check_log(&f, "GET /api/v1/pods?limit=8\nGET /api/v1/pods?limit=2\nGET /api/v1/pods?limit=1\n"
                      "GET /api/v1/pods?limit=8&continue=t\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pages_follow_their_tokens),
                cmocka_unit_test(an_expired_token_starts_the_list_over),
                cmocka_unit_test(a_list_that_expires_for_ever_ends_in_an_error),
                cmocka_unit_test(a_sink_can_end_the_list),
                cmocka_unit_test(what_is_not_a_list_is_refused),
                cmocka_unit_test(an_empty_list_may_have_null_items),
                cmocka_unit_test(pages_become_smaller_where_objects_are_large),
                cmocka_unit_test(a_page_that_is_too_large_is_asked_for_in_smaller_ones),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
