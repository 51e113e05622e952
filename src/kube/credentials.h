/* credentials.h - the headers and the client certificate that say who we are, and whom we believe, kept fresh.
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

/* What takes the place of the kubeconfig's in TLS, each empty where the kubeconfig's own counts: clear it. */
typedef struct RenewedTls {
        unsigned number; /* 0: all is the kubeconfig's own; every change has another */
        Secret cert_pem, key_pem;
        Buf ca_pem;
} RenewedTls;
/* The certificate that goes with the last credentials_bearer, and the authorities; false when they are still those of
 * this number.  A file of authorities that cannot be read or used leaves those from before. */
bool credentials_tls(Credentials *credentials, RenewedTls *tls);
void renewed_tls_clear(RenewedTls *tls);
