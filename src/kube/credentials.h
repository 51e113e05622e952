/* credentials.h - the headers that say who we are, kept fresh.
 *
 * Bearer tokens from the file, from a token file (read again when it changes, at least
 * every minute) or from an exec plugin (cached until it expires; run again after a 401).  May be
 * used from many threads; one of them renews while the others wait.  A plugin's output is never logged. */
#pragma once
#include "base/stop.h"
#include "kube/config.h"
#include "net/http.h"

typedef struct Credentials Credentials;

Credentials *credentials_new(const KubeConfig *config); /* borrows config */
void credentials_free(Credentials *credentials);
DEFINE_AUTO(Credentials, credentials_free)

/* A copy for one request; secret_clear it.  Empty when a client certificate alone identifies us. */
bool credentials_bearer(Credentials *credentials, const Stop *stop, Secret *ret_bearer, Error *err)
        MUST_CHECK;
/* After a 401: true when asking again can help (something was renewed or will be). */
bool credentials_expired(Credentials *credentials);
/* Impersonate-User and so on; borrowed. */
const HttpHeader *credentials_headers(const Credentials *credentials, size_t *ret_count);
/* A client certificate from an exec plugin makes the connection itself depend on the plugin: runs it
 * once before the HttpClient is made and fills in `options`. */
bool credentials_prepare(Credentials *credentials, const Stop *stop, HttpOptions *options, Error *err)
        MUST_CHECK;
