/* http.h - HTTP requests to one server, many at a time.
 *
 * An HttpClient is what all connections to a server share: address, TLS, proxy.
 * It may be used from many threads; each request borrows a kept-alive connection
 * from its pool (HTTP/1.1, one connection a thread in flight) and gives it back.
 * Every call has a deadline and ends at once when its Stop is set.  Nothing is
 * retried here.  Library: libcurl.  The user's command line never sees a secret. */
#pragma once
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "base/stop.h"
#include "base/strs.h"

typedef struct HttpClient HttpClient;

/* PEM texts, borrowed during http_client_new only.  Empty means: system roots, no client certificate. */
typedef struct HttpOptions {
        Str base_url; /* https://host:6443/prefix, no slash at the end */
        Str ca_pem, client_cert_pem;
        Secret client_key_pem;
        Str tls_server_name; /* name to verify instead of the host; empty: the host */
        bool insecure_skip_verify;
        bool system_roots; /* count beside ca_pem */
        Str proxy_url;     /* empty: from the environment (HTTPS_PROXY, NO_PROXY), as kubectl */
        bool is_direct;    /* no proxy, whatever the environment says: a service of this machine */
        Str user_agent;
} HttpOptions;

bool http_client_new(const HttpOptions *options, HttpClient **ret_client, Error *err) MUST_CHECK;
/* Another owner of the same client: the last http_client_free frees it. */
HttpClient *http_client_ref(HttpClient *client);
void http_client_free(HttpClient *client);
DEFINE_AUTO(HttpClient, http_client_free)

typedef struct HttpHeader {
        const char *name;
        Str value;
} HttpHeader;

enum { HTTP_KEPT_MAX = 4 };

typedef struct HttpRequest {
        const char *method;
        Str path; /* with query, already escaped; starts with '/' */
        const HttpHeader *headers;
        size_t header_count;
        const Secret *bearer; /* Authorization, or NULL */
        Str body;
        int64_t timeout_ms;      /* for the whole exchange; 0: no limit (watches) */
        int64_t idle_timeout_ms; /* longest silence from the server; 0: no limit */
        size_t body_limit;       /* of the reply; 0: BUF_LIMIT_DEFAULT */
        /* When set, a 2xx body goes here piece by piece instead of into the reply;
         * return false (with err set) to end the exchange. */
        bool (*on_bytes)(void *user, Str bytes, Error *err);
        void *user;
        const char *keep
                [HTTP_KEPT_MAX]; /* headers of the reply that are wanted besides those below; NULL: none */
} HttpRequest;

typedef struct HttpReply {
        int status; /* 200, 404, … */
        Buf body;
        int64_t retry_after_ms;    /* from Retry-After; 0 when absent */
        char *content_type;        /* owned; may be NULL */
        char *warning;             /* owned; the Warning header's text or NULL */
        char *kept[HTTP_KEPT_MAX]; /* owned; what request->keep asked for, each NULL when absent */
} HttpReply;

/* True for any complete reply, whatever its status.  False: ERROR_UNAVAILABLE
 * (connect, reset, cut off), ERROR_TIMEOUT, ERROR_CANCELED, ERROR_INVALID (TLS does not verify, reply
 * over its limit): with the server's address and the reason in words. */
bool http_perform(HttpClient *client, const HttpRequest *request, const Stop *stop, HttpReply *ret_reply,
                  Error *err) MUST_CHECK;
void http_reply_clear(HttpReply *reply);
