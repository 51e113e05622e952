#include "net/proxy.h"

#include "check.h"

static void no_proxy_says_which_servers_are_reached_directly(void **state) {
        const struct {
                const char *server, *no_proxy;
                bool is_direct;
        } cases[] = {
                { "https://api.example.org", "", false },
                { "https://api.example.org", "example.org", true },
                { "https://api.example.org", "EXAMPLE.org", true },
                { "https://api.example.org", ".example.org", true },
                { "https://api.example.org", "*.example.org", true },
                { "https://example.org", "example.org", true },
                { "https://example.org", ".example.org", false },
                { "https://notexample.org", "example.org", false },
                { "https://api.example.org", "other, example.org ,", true },
                { "https://api.example.org", "*", true },
                { "https://api.example.org:6443", "example.org:6443", true },
                { "https://api.example.org:6443", "example.org:443", false },
                { "https://10.1.2.3", "10.1.2.3", true },
                { "https://10.1.2.3", "10.1.2.3:443", true },
                { "https://10.1.2.3", "10.1.2.3:80", false },
                { "https://10.1.2.3", "2.3", false },
                { "https://10.1.2.3", "10.0.0.0/8", true },
                { "https://11.1.2.3", "10.0.0.0/8", false },
                { "https://10.1.2.3", "10.1.2.0/23", true },
                { "https://10.1.4.3", "10.1.2.0/23", false },
                { "https://10.1.2.3", "0.0.0.0/0", true },
                { "https://10.1.2.3", "10.1.2.3/33", false },
                { "https://10.1.2.3", "10.1.2.3/", false },
                { "https://10.1.2.3", "10.1.2.3/x", false },
                { "https://10.1.2.3", "name/8", false },
                { "https://[2001:db8::1]", "2001:db8::/32", true },
                { "https://[2001:db8::1]", "2001:db9::/32", false },
                { "https://[2001:db8::1]", "2001:db8::1", true },
                { "https://[2001:db8::1]:6443", "[2001:db8::1]:6443", true },
                { "https://[2001:db8::1]:6443", "[2001:db8::1]:443", false },
                { "https://[2001:db8::1]", "[2001:db8::1]", true },
                { "https://[2001:db8::1]", "[2001:db8::1", false },
                { "https://10.1.2.3", "2001:db8::/32", false },
                { "https://localhost:6443", "", true },
                { "https://127.0.0.1:6443", "", true },
                { "https://127.8.0.1", "", true },
                { "https://[::1]", "", true },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                const ProxyEnvironment environment = { .https_proxy = STR("http://proxy:1"),
                                                       .no_proxy = str_of(c->no_proxy) };
                AUTO(error_clear) Error err = { 0 };
                Url url;

                CHECK(url_parse(str_of(c->server), &url, &err));
                if ((proxy_for(&url, &environment).len == 0) != c->is_direct)
                        fail_msg("%s with NO_PROXY=%s", c->server, c->no_proxy);
        }
}

static void each_scheme_has_its_own_proxy(void **state) {
        const ProxyEnvironment environment = { .https_proxy = STR("http://secure:1"),
                                               .http_proxy = STR("http://plain:1") };
        AUTO(error_clear) Error err = { 0 };
        Url url;

        (void) state;
        CHECK(url_parse(STR("https://h"), &url, &err));
        CHECK(str_equal(proxy_for(&url, &environment), STR("http://secure:1")));
        CHECK(url_parse(STR("http://h"), &url, &err));
        CHECK(str_equal(proxy_for(&url, &environment), STR("http://plain:1")));
}

static void capitals_win_over_small_letters_in_the_environment(void **state) {
        (void) state;
        setenv("HTTPS_PROXY", "http://a", 1);
        setenv("https_proxy", "http://b", 1);
        setenv("HTTP_PROXY", "", 1);
        setenv("http_proxy", "http://c", 1);
        unsetenv("NO_PROXY");
        unsetenv("no_proxy");
        ProxyEnvironment environment = proxy_environment();
        CHECK(str_equal(environment.https_proxy, STR("http://a")));
        CHECK(str_equal(environment.http_proxy, STR("http://c")));
        CHECK(str_equal(environment.no_proxy, STR("")));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(no_proxy_says_which_servers_are_reached_directly),
                cmocka_unit_test(each_scheme_has_its_own_proxy),
                cmocka_unit_test(capitals_win_over_small_letters_in_the_environment),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
