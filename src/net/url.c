#include "net/url.h"

#include <string.h>

typedef struct Scheme {
        const char *name;
        unsigned port;
} Scheme;

static const Scheme schemes[] = { { "http", 80 }, { "https", 443 }, { "socks5", 1080 }, { "socks5h", 1080 } };

enum { PORT_MAX = 65535 };

static bool is_alnum(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_one_of(char c, const char *set) {
        return c != '\0' && strchr(set, c) != NULL;
}

static size_t find_any(Str text, const char *set) {
        size_t i = 0;

        while (i < text.len && !is_one_of(text.ptr[i], set))
                i++;
        return i;
}

/* What may be shown of an address: a password stands before the last '@' of the authority. */
static Str without_user_info(Str text) {
        for (size_t i = text.len; i > 0; i--)
                if (text.ptr[i - 1] == '@')
                        return str_skip(text, i);
        return text;
}

static bool refuse(Str text, const char *reason, Error *err) {
        Str shown = without_user_info(text);

        return error_set(err, ERROR_INVALID, "\"" STR_FMT "\" is not an address: %s", STR_ARG(shown), reason);
}

static bool take_scheme(Str text, Str *rest, Url *url, Error *err) {
        const char *mark = memmem(rest->ptr, rest->len, "://", 3);

        if (!mark)
                return refuse(text, "it does not start with http:// or https://", err);
        url->scheme = (Str) { rest->ptr, (size_t) (mark - rest->ptr) };
        for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
                if (strlen(schemes[i].name) != url->scheme.len ||
                    strncasecmp(schemes[i].name, url->scheme.ptr, url->scheme.len) != 0)
                        continue;
                url->port = schemes[i].port;
                url->is_tls = i == 1;
                *rest = str_skip(*rest, url->scheme.len + 3);
                return true;
        }
        return refuse(text, "it does not start with http:// or https://", err);
}

static bool parse_port(Str text, Str digits, unsigned *ret_port, Error *err) {
        unsigned port = 0;

        for (size_t i = 0; i < digits.len; i++) {
                if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
                        return refuse(text, "the port is not a number", err);
                port = port * 10 + (unsigned) (digits.ptr[i] - '0');
                if (port > PORT_MAX)
                        return refuse(text, "the port is over 65535", err);
        }
        if (port == 0)
                return refuse(text, "the port is missing or 0", err);
        *ret_port = port;
        return true;
}

static bool check_host(Str text, Str host, bool is_bracketed, Error *err) {
        if (host.len == 0)
                return refuse(text, "the host is missing", err);
        for (size_t i = 0; i < host.len; i++) {
                char c = host.ptr[i];

                if (!is_alnum(c) && !is_one_of(c, is_bracketed ? ":.%-_" : ".-_"))
                        return refuse(text, "the host has a character that no host name has", err);
        }
        return true;
}

static bool parse_host_and_port(Str text, Str authority, Url *url, Error *err) {
        bool is_bracketed = authority.len > 0 && authority.ptr[0] == '[';
        Str rest;

        if (is_bracketed) {
                size_t close = find_any(authority, "]");

                if (close == authority.len)
                        return refuse(text, "a ']' is missing", err);
                url->host = (Str) { authority.ptr + 1, close - 1 };
                rest = str_skip(authority, close + 1);
                if (rest.len > 0 && rest.ptr[0] != ':')
                        return refuse(text, "expected a port or nothing after ']'", err);
        } else {
                size_t colon = find_any(authority, ":");

                url->host = (Str) { authority.ptr, colon };
                rest = str_skip(authority, colon);
        }
        if (!check_host(text, url->host, is_bracketed, err))
                return false;
        return rest.len == 0 || parse_port(text, str_skip(rest, 1), &url->port, err);
}

bool url_parse(Str text, Url *ret_url, Error *err) {
        Str rest = text;
        Url url = { 0 };

        for (size_t i = 0; i < text.len; i++)
                if ((unsigned char) text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
                        return refuse(text, "it has a space or a control character", err);
        if (!take_scheme(text, &rest, &url, err))
                return false;

        Str authority = { rest.ptr, find_any(rest, "/?#") };
        rest = str_skip(rest, authority.len);
        Str host = without_user_info(authority);
        if (host.len < authority.len)
                url.user_info = (Str) { authority.ptr, authority.len - host.len - 1 };
        if (!parse_host_and_port(text, host, &url, err))
                return false;

        url.target = rest;
        url.path = (Str) { rest.ptr, find_any(rest, "?#") };
        *ret_url = url;
        return true;
}

void url_escape(Str text, Buf *into) {
        static const char hex[] = "0123456789ABCDEF";

        for (size_t i = 0; i < text.len; i++) {
                unsigned char c = (unsigned char) text.ptr[i];

                if (is_alnum((char) c) || is_one_of((char) c, "-._~")) {
                        buf_add_char(into, (char) c);
                        continue;
                }
                buf_add_char(into, '%');
                buf_add_char(into, hex[c >> 4]);
                buf_add_char(into, hex[c & 15]);
        }
}

void url_add_query(Buf *url, const char *key, Str value) {
        Str so_far = buf_str(url);

        buf_add_char(url, memchr(so_far.ptr, '?', so_far.len) ? '&' : '?');
        url_escape(str_of(key), url);
        buf_add_char(url, '=');
        url_escape(value, url);
}
