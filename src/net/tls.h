/* tls.h - roots, client certificate and verdicts for the TLS connections of one client.  Private to net/.
 *
 * PEM texts are parsed once and shared by all connections, from many threads.  Why a
 * server's certificate was refused is noted while the handshake runs, since
 * libcurl's own words do not name the certificate's dates and names. */
#pragma once
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "net/http.h"

/* Readers of PEM texts; what they give is the caller's. */
bool tls_read_certificates(Str pem, STACK_OF(X509) * *ret_certificates, Error *err) MUST_CHECK;
bool tls_read_key(const Secret *pem, EVP_PKEY **ret_key, Error *err) MUST_CHECK;
int64_t tls_time_ms(const ASN1_TIME *time);

typedef struct Tls Tls;

bool tls_new(const HttpOptions *options, Tls **ret_tls, Error *err) MUST_CHECK;
void tls_free(Tls *tls);
DEFINE_AUTO(Tls, tls_free)

/* What was seen of the server's certificate in the last handshake; all zero: nothing. */
typedef struct TlsVerdict {
        int error;        /* X509_V_ERR_…; 0 when the chain verified */
        int64_t since_ms; /* of the certificate that did not verify */
        int64_t until_ms;
        char subject[256]; /* of that certificate */
        char names[512];   /* that the server's certificate is for: "a.example, 10.0.0.1" */
} TlsVerdict;

typedef struct TlsSetup { /* one per libcurl handle */
        const Tls *tls;
        TlsVerdict verdict;
} TlsSetup;

/* For CURLOPT_SSL_CTX_FUNCTION with a TlsSetup as its data; false when OpenSSL refuses. */
bool tls_set_up(void *ssl_ctx, TlsSetup *setup);

/* Ends "the certificate of <host> cannot be trusted: …"; `name` is what was verified against. */
bool tls_explain(const TlsVerdict *verdict, Str name, Error *err);
