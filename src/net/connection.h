/* connection.h - what a client's connections share, and one libcurl handle of them.  Private to net/.
 *
 * A Connection is an easy handle in a private multi handle, so that one poll waits for
 * the socket, the deadline and the Stop at once.  It belongs to one thread while borrowed. */
#pragma once
#include <curl/curl.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/thread.h"
#include "net/http.h"
#include "net/tls.h"
#include "net/url.h"

typedef struct Connection Connection;

/* All text is NUL-terminated and constant once the client is made. */
struct HttpClient {
        atomic_uint owners;
        Arena arena;
        Str origin;  /* scheme://host:port as libcurl gets it; the host is tls_server_name when that is set */
        Str prefix;  /* path of the base URL: "" or "/…" */
        Str host;    /* for the Host header: with the port where it is not the usual one */
        Str address; /* host:port, for messages */
        Str verified_name; /* what the server's certificate must be for */
        Str user_agent;
        Secret proxy_url;  /* may hold a password; empty: none */
        Str proxy_address; /* host:port of it, for messages */
        bool is_tls, insecure_skip_verify;
        Tls *tls;                      /* NULL: not needed */
        struct curl_slist *connect_to; /* NULL: origin is where we connect to */
        CURLSH *share;                 /* TLS sessions and DNS, so that a second connection is cheap */
        Mutex share_locks[CURL_LOCK_DATA_LAST];
        Mutex lock;
        Connection *idle GUARDED_BY(&lock); /* the warmest first */
        size_t idle_count GUARDED_BY(&lock);
};

struct Connection {
        Connection *next; /* in the pool */
        const HttpClient *client;
        CURL *easy;
        CURLM *multi;
        bool is_running;
        TlsSetup tls;
        char reason[CURL_ERROR_SIZE];
};

/* A new one, for connections that are not given back to the pool (WebSocket). */
Connection *connection_new(const HttpClient *client);
void connection_free(Connection *connection);
DEFINE_AUTO(Connection, connection_free)
/* From the pool, or new. */
Connection *connection_borrow(HttpClient *client);
void connection_give_back(HttpClient *client, Connection *connection);

typedef struct ConnectionRun {
        Str path;                /* of the request; the client's prefix goes in front */
        const char *task;        /* of the server, for messages: "finish its answer" */
        int64_t deadline_ms;     /* clock_ms; 0: none */
        int64_t timeout_ms;      /* what the deadline was made from, for the message; 0: leave it out */
        int64_t idle_timeout_ms; /* 0: none */
        int64_t heard_ms;        /* when the server was last heard (clock_ms); the callbacks keep it */
} ConnectionRun;

/* Runs until libcurl is done: *ret_code is its verdict.  False: ERROR_TIMEOUT or ERROR_CANCELED.
 * Either way connection_stop comes next, once the handle's answers were read. */
bool connection_run(Connection *connection, const ConnectionRun *run, const Stop *stop, CURLcode *ret_code,
                    Error *err) MUST_CHECK;
void connection_stop(Connection *connection);

/* What `code` means, in words that name the server; always false. */
bool connection_error(const Connection *connection, CURLcode code, Error *err);
