/* proxy.h - which proxy leads to a server, decided as Go programs (kubectl) decide it.
 *
 * HTTPS_PROXY or https_proxy for https addresses, HTTP_PROXY or http_proxy for http; NO_PROXY or no_proxy
 * holds names (which cover their subdomains), ".names" (subdomains only), addresses, CIDR
 * ranges, each with an optional port, or "*".  localhost and loopback addresses never use one. */
#pragma once
#include "net/url.h"

typedef struct ProxyEnvironment { /* empty: not set */
        Str https_proxy, http_proxy, no_proxy;
} ProxyEnvironment;

ProxyEnvironment proxy_environment(void);
/* Empty when the server is reached directly.  Borrows from the environment. */
Str proxy_for(const Url *server, const ProxyEnvironment *environment);
