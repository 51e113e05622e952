/* An address that is accepted has parts that lie in it, in order; and what is escaped can stand in one. */
#include "net/url.h"

#include <assert.h>

#include "fuzz.h"
#include "net/proxy.h"

static void check_within(Str part, Str text) {
        assert(part.len == 0 || (part.ptr >= text.ptr && part.ptr + part.len <= text.ptr + text.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(error_clear) Error escaped_err = { 0 };
        AUTO(buf_clear) Buf escaped = { 0 };
        Str text = { (const char *) data, size };
        Url url;

        if (url_parse(text, &url, &err)) {
                const ProxyEnvironment environment = { text, text, text };

                check_within(url.scheme, text);
                check_within(url.host, text);
                check_within(url.path, text);
                check_within(url.user_info, text);
                assert(url.host.len > 0 && url.port > 0 && url.port <= 65535);
                assert(url.path.len == 0 || url.path.ptr[0] == '/');
                check_within(proxy_for(&url, &environment), text);
        } else
                assert(err.code == ERROR_INVALID && err.message);

        buf_add(&escaped, STR("http://h/"));
        url_escape(text, &escaped);
        url_add_query(&escaped, "k", text);
        assert(url_parse(buf_str(&escaped), &url, &escaped_err));
        assert(str_equal(url.host, STR("h")));
        return 0;
}
