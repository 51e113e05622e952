/* serve.h - a small HTTP server: metrics, health, downloads.
 *
 * GET and HEAD only, at most 64 connections, 10 s of silence ends one.  Answers are made by `handle` on the server's
 * own threads.  Library: libmicrohttpd. */
#pragma once
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/secret.h"

typedef struct ServeRequest {
        Str path;                                              /* "/metrics", unescaped */
        const char *(*query)(void *request, const char *name); /* NULL when absent */
        void *request;
} ServeRequest;

typedef struct ServeReply {
        int status;
        const char *content_type; /* a literal */
        Buf body;                 /* taken over */
        /* Instead of a body: called until it sets *ret_size to 0 (the end) or fails (the connection is cut, so that
         * nobody takes a part for the whole).  `close` is called in any case. */
        bool (*read)(void *user, void *into, size_t size, size_t *ret_size, Error *err);
        void (*close)(void *user);
        void *user;
} ServeReply;

typedef struct ServeOptions {
        Str address;  /* ":8085", "127.0.0.1:8085", "[::1]:0" */
        Str cert_pem; /* with `key_pem`: HTTPS */
        const Secret *key_pem;
        void (*handle)(void *user, const ServeRequest *request, ServeReply *reply);
        void *user;
} ServeOptions;

typedef struct Serve Serve;
bool serve_start(const ServeOptions *options, Serve **ret_serve, Error *err) MUST_CHECK;
void serve_free(Serve *serve); /* ends connections that are open */
DEFINE_AUTO(Serve, serve_free)
unsigned serve_port(const Serve *serve); /* the one that was given for port 0 */

/* A key pair and a certificate of its own, for `names` (DNS names and addresses), good for ten years. */
bool serve_self_signed(const char *const *names, size_t count, Buf *cert_pem, Secret *key_pem, Error *err)
        MUST_CHECK;
