#include "net/url.h"

#include "check.h"

static void an_address_is_taken_apart(void **state) {
        const struct {
                const char *text, *scheme, *host, *path, *target, *user_info;
                unsigned port;
        } cases[] = {
                { "https://example.org", "https", "example.org", "", "", "", 443 },
                { "http://example.org", "http", "example.org", "", "", "", 80 },
                { "HTTPS://example.org:6443", "HTTPS", "example.org", "", "", "", 6443 },
                { "https://10.0.0.1:6443/", "https", "10.0.0.1", "/", "/", "", 6443 },
                { "https://h/k8s/clusters/c-1?a=b#c", "https", "h", "/k8s/clusters/c-1",
                  "/k8s/clusters/c-1?a=b#c", "", 443 },
                { "https://h?a=/b", "https", "h", "", "?a=/b", "", 443 },
                { "https://h#/b", "https", "h", "", "#/b", "", 443 },
                { "https://[::1]:8443/a", "https", "::1", "/a", "/a", "", 8443 },
                { "https://[fe80::1%25eth0]", "https", "fe80::1%25eth0", "", "", "", 443 },
                { "http://me:p%40ss@proxy:3128", "http", "proxy", "", "", "me:p%40ss", 3128 },
                { "http://me:p@ss@proxy:3128", "http", "proxy", "", "", "me:p@ss", 3128 },
                { "socks5://proxy", "socks5", "proxy", "", "", "", 1080 },
                { "socks5h://proxy:9", "socks5h", "proxy", "", "", "", 9 },
                { "https://h:1/a@b", "https", "h", "/a@b", "/a@b", "", 1 },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                Url url;

                CHECK(url_parse(str_of(c->text), &url, &err));
                CHECK(str_equal(url.scheme, str_of(c->scheme)));
                CHECK(str_equal(url.host, str_of(c->host)));
                CHECK(str_equal(url.path, str_of(c->path)));
                CHECK(str_equal(url.target, str_of(c->target)));
                CHECK(str_equal(url.user_info, str_of(c->user_info)));
                CHECK_INT(url.port, c->port);
                CHECK_INT(url.is_tls, strncasecmp(c->scheme, "https", 5) == 0);
        }
}

static void what_is_no_address_is_refused_with_the_reason(void **state) {
        const struct {
                const char *text, *message;
        } cases[] = {
                { "", "\"\" is not an address: it does not start with http:// or https://" },
                { "example.org",
                  "\"example.org\" is not an address: it does not start with http:// or https://" },
                { "ftp://h", "\"ftp://h\" is not an address: it does not start with http:// or https://" },
                { "https://", "\"https://\" is not an address: the host is missing" },
                { "https:///a", "\"https:///a\" is not an address: the host is missing" },
                { "https://h:0", "\"https://h:0\" is not an address: the port is missing or 0" },
                { "https://h:", "\"https://h:\" is not an address: the port is missing or 0" },
                { "https://h:65536", "\"https://h:65536\" is not an address: the port is over 65535" },
                { "https://h:99999999999",
                  "\"https://h:99999999999\" is not an address: the port is over 65535" },
                { "https://h:64x", "\"https://h:64x\" is not an address: the port is not a number" },
                { "https://::1", "\"https://::1\" is not an address: the host is missing" },
                { "https://[::1", "\"https://[::1\" is not an address: a ']' is missing" },
                { "https://[::1]6",
                  "\"https://[::1]6\" is not an address: expected a port or nothing after ']'" },
                { "https://a b", "\"https://a b\" is not an address: it has a space or a control character" },
                { "https://h\r\nX: y",
                  "\"https://h\r\nX: y\" is not an address: it has a space or a control character" },
                { "https://h\\x",
                  "\"https://h\\x\" is not an address: the host has a character that no host name has" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                Url url;

                CHECK(!url_parse(str_of(c->text), &url, &err));
                CHECK_INT(err.code, ERROR_INVALID);
                CHECK_STR(err.message, c->message);
        }
}

static void a_password_is_not_in_the_message(void **state) {
        AUTO(error_clear) Error err = { 0 };
        Url url;

        (void) state;
        CHECK(!url_parse(STR("http://me:secret@proxy:x"), &url, &err));
        CHECK_STR(err.message, "\"proxy:x\" is not an address: the port is not a number");
}

static void only_unreserved_bytes_stay_as_they_are(void **state) {
        AUTO(buf_clear) Buf url = { 0 };

        (void) state;
        url_escape((Str) { "aZ09-._~ /?&=%+\n\0\xc3\xa4", 19 }, &url);
        CHECK(str_equal(buf_str(&url), STR("aZ09-._~%20%2F%3F%26%3D%25%2B%0A%00%C3%A4")));
}

static void the_first_parameter_follows_a_question_mark_and_others_an_ampersand(void **state) {
        AUTO(buf_clear) Buf url = { 0 };

        (void) state;
        buf_add(&url, STR("/api/v1/pods"));
        url_add_query(&url, "limit", STR("500"));
        url_add_query(&url, "labelSelector", STR("a=b,c!=d"));
        url_add_query(&url, "x", STR(""));
        CHECK(str_equal(buf_str(&url), STR("/api/v1/pods?limit=500&labelSelector=a%3Db%2Cc%21%3Dd&x=")));
}

static void what_is_escaped_is_a_valid_part_of_an_address(void **state) {
        (void) state;
        FOR_ALL_RANDOM(500, rng) {
                AUTO(buf_clear) Buf text = { 0 };
                AUTO(error_clear) Error err = { 0 };
                char bytes[40];
                Url url;

                for (size_t i = 0; i < sizeof bytes; i++)
                        bytes[i] = (char) random_u64(&rng);
                buf_add(&text, STR("https://h/"));
                url_escape((Str) { bytes, sizeof bytes }, &text);
                CHECK(url_parse(buf_str(&text), &url, &err));
                CHECK_INT(url.path.len, text.len - strlen("https://h"));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_address_is_taken_apart),
                cmocka_unit_test(what_is_no_address_is_refused_with_the_reason),
                cmocka_unit_test(a_password_is_not_in_the_message),
                cmocka_unit_test(only_unreserved_bytes_stay_as_they_are),
                cmocka_unit_test(the_first_parameter_follows_a_question_mark_and_others_an_ampersand),
                cmocka_unit_test(what_is_escaped_is_a_valid_part_of_an_address),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
