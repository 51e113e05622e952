/* client_internal.h - what the other files of kube/ share with client.c. */
#pragma once
#include "base/backoff.h"
#include "base/hashset.h"
#include "kube/client.h"
#include "kube/credentials.h"
#include "kube/throttle.h"

enum {
        CALL_TIMEOUT_MS = 60 * 1000,    /* KubeOptions.timeout_ms when it is 0 */
        READ_SILENCE_MS = 30 * 1000,    /* after which one attempt to read is given up and made again */
        WRITE_SILENCE_MS = 60 * 1000,   /* the same for a write: admission webhooks may take their time */
        ERROR_BODY_LIMIT = 1024 * 1024, /* of a reply that is no success */
        WARNINGS_MAX = 1000,            /* different ones passed on */
};

/* What a client and those made from it with another timeout have in common. */
typedef struct KubeLink {
        HttpOptions options; /* borrowed from the config; without what is renewed */
        Credentials *credentials;
        Mutex http_lock;
        HttpClient *http GUARDED_BY(&http_lock);
        unsigned tls GUARDED_BY(&http_lock); /* the number of what is renewed (credentials.h) in `http` */
        Throttle throttle;
        HashSet *warnings_seen;
        Mutex warning_lock; /* keeps on_warning from being called by two threads at once */
        void (*on_warning)(void *user, Str text) GUARDED_BY(&warning_lock);
        void *on_warning_user GUARDED_BY(&warning_lock);
} KubeLink;

struct KubeClient {
        KubeLink *link;
        bool owns_link;
        int64_t timeout_ms;
        int64_t silence_limit_ms; /* what one attempt may wait for a byte at most, whatever the method */
};

/* What one request goes out with: clear both.  A client certificate or an authority that was renewed makes a new
 * HttpClient, since connections and TLS sessions of the old one still say who we were, and whom we believed. */
bool kube_connect(KubeLink *link, const Stop *stop, HttpClient **ret_http, Secret *ret_bearer, Error *err)
        MUST_CHECK;
/* The headers that say who we are, with room for `room` more; in the arena. */
HttpHeader *kube_headers(const KubeClient *client, size_t room, Arena *arena, size_t *ret_count);

/* One exchange, no retry.  Any whole reply is true, whatever its status. */
typedef struct KubeExchange {
        const KubeCall *call;
        int64_t timeout_ms, silence_ms; /* as in HttpRequest */
        bool (*on_bytes)(void *user, Str bytes, Error *err);
        void *user;
} KubeExchange;
bool kube_exchange(KubeClient *client, const KubeExchange *exchange, const Stop *stop, HttpReply *ret_reply,
                   Error *err) MUST_CHECK;

/* kube_call without the parsing: the body of a 2xx is in `into`, which is emptied before each attempt and
 * whose limit bounds the reply. */
bool kube_fetch(KubeClient *client, const KubeCall *call, int64_t deadline_ms, const Stop *stop, Buf *into,
                Error *err) MUST_CHECK;

/* The connection failed before a byte of the request was on its way (net/http.h's words for that). */
bool kube_was_not_sent(const Error *err);
