#include "net/proxy.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "base/strs.h"

typedef struct Address {
        int family; /* AF_INET, AF_INET6, or 0 for a name */
        unsigned char bytes[16];
        unsigned bits;
} Address;

static Address address_of(Str host) {
        Address address = { 0 };
        char text[INET6_ADDRSTRLEN + 1];

        if (host.len == 0 || host.len >= sizeof text)
                return address;
        memcpy(text, host.ptr, host.len);
        text[host.len] = '\0';
        if (inet_pton(AF_INET, text, address.bytes) == 1)
                address.family = AF_INET;
        else if (inet_pton(AF_INET6, text, address.bytes) == 1)
                address.family = AF_INET6;
        address.bits = address.family == AF_INET ? 32 : address.family == AF_INET6 ? 128 : 0;
        return address;
}

static bool ends_with_ignoring_case(Str text, Str suffix) {
        return text.len >= suffix.len &&
               strncasecmp(text.ptr + text.len - suffix.len, suffix.ptr, suffix.len) == 0;
}

static bool is_loopback(Str host, const Address *address) {
        static const unsigned char ipv6[16] = { [15] = 1 };

        if (address->family == AF_INET)
                return address->bytes[0] == 127;
        if (address->family == AF_INET6)
                return memcmp(address->bytes, ipv6, sizeof ipv6) == 0;
        return host.len == 9 && ends_with_ignoring_case(host, STR("localhost"));
}

static bool same_prefix(const unsigned char *a, const unsigned char *b, unsigned bits) {
        unsigned whole = bits / 8, rest = bits % 8;

        return memcmp(a, b, whole) == 0 && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

static bool range_covers(Str range, const Address *address) {
        const char *slash = memchr(range.ptr, '/', range.len);
        Address start = address_of((Str) { range.ptr, (size_t) (slash - range.ptr) });
        Str digits = str_skip(range, (size_t) (slash - range.ptr) + 1);
        unsigned bits = 0;

        if (start.family == 0 || start.family != address->family || digits.len == 0 || digits.len > 3)
                return false;
        for (size_t i = 0; i < digits.len; i++) {
                if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
                        return false;
                bits = bits * 10 + (unsigned) (digits.ptr[i] - '0');
        }
        return bits <= start.bits && same_prefix(start.bytes, address->bytes, bits);
}

/* Cuts ":8080" off "name:8080" and "[::1]:8080"; 0 when there is none.  A bare IPv6 address has no port. */
static unsigned take_port(Str *entry) {
        const char *colon = memrchr(entry->ptr, ':', entry->len);
        unsigned port = 0;

        if (entry->len > 1 && entry->ptr[0] == '[') {
                const char *close = memchr(entry->ptr, ']', entry->len);

                if (!close)
                        return 0;
                if (colon < close)
                        colon = NULL;
        } else if (colon && memchr(entry->ptr, ':', (size_t) (colon - entry->ptr))) {
                return 0;
        }
        Str host = { entry->ptr, colon ? (size_t) (colon - entry->ptr) : entry->len };
        for (const char *digit = colon ? colon + 1 : entry->ptr + entry->len;
             digit < entry->ptr + entry->len && *digit >= '0' && *digit <= '9' && port < 100000; digit++)
                port = port * 10 + (unsigned) (*digit - '0');
        if (host.len > 1 && host.ptr[0] == '[')
                host = (Str) { host.ptr + 1, host.len - 2 };
        *entry = host;
        return port;
}

static bool entry_covers(Str entry, const Url *server, const Address *address) {
        if (str_equal(entry, STR("*")))
                return true;
        if (memchr(entry.ptr, '/', entry.len))
                return range_covers(entry, address);

        unsigned port = take_port(&entry);
        if (port != 0 && port != server->port)
                return false;
        if (address->family != 0) {
                Address other = address_of(entry);
                return other.family == address->family &&
                       same_prefix(other.bytes, address->bytes, other.bits);
        }
        if (str_starts_with(entry, STR("*.")))
                entry = str_skip(entry, 1);
        if (entry.len == 0 || !ends_with_ignoring_case(server->host, entry))
                return false;
        return entry.ptr[0] == '.' || server->host.len == entry.len ||
               server->host.ptr[server->host.len - entry.len - 1] == '.';
}

static Str variable(const char *name, const char *other_name) {
        const char *value = getenv(name);

        if (!value || !*value)
                value = getenv(other_name);
        return str_of(value ? value : "");
}

ProxyEnvironment proxy_environment(void) {
        return (ProxyEnvironment) { .https_proxy = variable("HTTPS_PROXY", "https_proxy"),
                                    .http_proxy = variable("HTTP_PROXY", "http_proxy"),
                                    .no_proxy = variable("NO_PROXY", "no_proxy") };
}

Str proxy_for(const Url *server, const ProxyEnvironment *environment) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str proxy = server->is_tls ? environment->https_proxy : environment->http_proxy;
        Address address = address_of(server->host);
        Strs entries = { 0 };

        if (proxy.len == 0 || is_loopback(server->host, &address))
                return STR("");
        strs_split(environment->no_proxy, ',', &arena, &entries);
        for (size_t i = 0; i < entries.len; i++)
                if (entry_covers(entries.items[i], server, &address))
                        return STR("");
        return proxy;
}
