/* credentials.h - the headers and the client certificate that say who we are, kept fresh.
 *
 * From the kubeconfig itself, from files (read again when they change, at least every minute) or from an exec
 * plugin (cached until it expires; run again after a 401).  May be used from many threads; one of them renews
 * while the others wait.  A plugin's output is never logged. */
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
/* Runs an exec plugin, so that its failure is told before the first request. */
bool credentials_prepare(Credentials *credentials, const Stop *stop, Error *err) MUST_CHECK;

/* One that takes the place of the kubeconfig's: clear it. */
typedef struct ClientCertificate {
        unsigned number; /* 0: the kubeconfig's own; every new one has another */
        Secret cert_pem, key_pem;
} ClientCertificate;
/* The one that goes with the last credentials_bearer; false when it is still the one of this number. */
bool credentials_certificate(Credentials *credentials, ClientCertificate *certificate);
void client_certificate_clear(ClientCertificate *certificate);
