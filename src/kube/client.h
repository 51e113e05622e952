/* client.h - requests to the Kubernetes API, with what every caller needs around them.
 *
 * A KubeClient may be used from many threads.  429 and 5xx, and a connection that
 * broke before a reply, are tried again with back-off and Retry-After while the
 * call's deadline lasts (writes only where that is safe: a create that may have
 * happened answers ERROR_EXISTS the second time).  A 401 renews credentials once.
 * Errors are the API server's own words with the verb and object put in front; a
 * 403 names the RBAC rule that is missing.
 * Codes: 404 NOT_FOUND; 409 EXISTS or CONFLICT by reason; 410 GONE; 401, 403 FORBIDDEN;
 * 400, 405, 415, 422 INVALID; 429, 5xx, transport UNAVAILABLE; deadline TIMEOUT. */
#pragma once
#include "data/json.h"
#include "kube/config.h"
#include "net/http.h"

typedef struct KubeClient KubeClient;

typedef struct KubeOptions {
        double qps;         /* requests a second; 0: no limit of our own */
        unsigned burst;     /* at least 1 when qps is set */
        int64_t timeout_ms; /* deadline of one call with its retries; 0: 60 s */
        const char *user_agent;
} KubeOptions;

/* Borrows `config` and the user agent, which have to live as long as the client. */
bool kube_client_new(const KubeConfig *config, const KubeOptions *options, const Stop *stop,
                     KubeClient **ret_client, Error *err) MUST_CHECK;
void kube_client_free(KubeClient *client);
DEFINE_AUTO(KubeClient, kube_client_free)

/* The same connections and credentials with another deadline for each call.  Free it before `client`. */
KubeClient *kube_client_with_timeout(KubeClient *client, int64_t timeout_ms);

typedef struct KubeCall {
        const char *method; /* GET, POST, PUT, PATCH, DELETE */
        Str path;           /* "/api/v1/…?…", escaped */
        Str body;
        const char *content_type; /* NULL: application/json */
        const char *accept;       /* NULL: application/json */
        size_t reply_limit;       /* 0: BUF_LIMIT_DEFAULT */
        Str about;                /* for messages: "get pods \"web\" in namespace \"shop\"" */
        bool *ret_is_in_doubt; /* set when it was tried again after it may have been carried out; may be NULL */
} KubeCall;

/* One call, retries included.  ret_doc may be NULL when the reply's body does not matter. */
bool kube_call(KubeClient *client, const KubeCall *call, const Stop *stop, JsonDoc **ret_doc, Error *err)
        MUST_CHECK;

/* The body of a 2xx piece by piece, as it comes: for what the API server only passes on.  Only a 503 is tried again, for
 * 10 s: of several servers behind a Service another one may have it.
 * `silence_ms`: the longest wait for the next bytes; 0: no limit.  Stops when `on_bytes` returns false with err set. */
bool kube_stream(KubeClient *client, const KubeCall *call, int64_t silence_ms,
                 bool (*on_bytes)(void *user, Str bytes, Error *err), void *user, const Stop *stop,
                 Error *err) MUST_CHECK;

/* Warnings that the API server sent with replies (deprecated APIs), each once; NULL-safe callback. */
void kube_client_on_warning(KubeClient *client, void (*on_warning)(void *user, Str text), void *user);
Str kube_client_server(const KubeClient *client);
