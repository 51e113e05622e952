/* certificates.h - certificates made while a test runs, so that none lies in the tree and grows old. */
#pragma once
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

typedef struct TestCertificate {
        X509 *x509;
        EVP_PKEY *key;
        char *cert_pem, *key_pem;
} TestCertificate;

typedef struct TestCertificatePlan {
        const char *name;               /* common name */
        const char *names;              /* "DNS:localhost,IP:127.0.0.1"; NULL for none */
        const TestCertificate *issuer;  /* NULL: signed by itself, an authority */
        bool is_authority;              /* with an issuer: may sign others */
        long from_seconds, for_seconds; /* relative to now; 0 for_seconds: an hour */
} TestCertificatePlan;

static inline char *test_bio_text(BIO *bio) {
        char *bytes;
        long len = BIO_get_mem_data(bio, &bytes);
        char *text = strndup(bytes, (size_t) len);

        BIO_free(bio);
        return text;
}

static inline void test_add_extension(X509 *x509, int nid, const char *value) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

        X509_add_ext(x509, extension, -1);
        X509_EXTENSION_free(extension);
}

static inline TestCertificate test_certificate(TestCertificatePlan plan) {
        TestCertificate made = { .x509 = X509_new(), .key = EVP_EC_gen("P-256") };
        const TestCertificate *issuer = plan.issuer ? plan.issuer : &made;
        X509_NAME *subject = X509_get_subject_name(made.x509);
        BIO *cert = BIO_new(BIO_s_mem()), *key = BIO_new(BIO_s_mem());

        X509_set_version(made.x509, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(made.x509), random());
        X509_gmtime_adj(X509_getm_notBefore(made.x509), plan.from_seconds ? plan.from_seconds : -3600);
        X509_gmtime_adj(X509_getm_notAfter(made.x509), plan.for_seconds ? plan.for_seconds : 3600);
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *) plan.name, -1, -1, 0);
        X509_set_issuer_name(made.x509, plan.issuer ? X509_get_subject_name(plan.issuer->x509) : subject);
        X509_set_pubkey(made.x509, made.key);
        test_add_extension(made.x509, NID_basic_constraints,
                           plan.issuer && !plan.is_authority ? "CA:FALSE" : "critical,CA:TRUE");
        if (plan.names)
                test_add_extension(made.x509, NID_subject_alt_name, plan.names);
        X509_sign(made.x509, issuer->key, EVP_sha256());
        PEM_write_bio_X509(cert, made.x509);
        PEM_write_bio_PrivateKey(key, made.key, NULL, NULL, 0, NULL, NULL);
        made.cert_pem = test_bio_text(cert);
        made.key_pem = test_bio_text(key);
        return made;
}

static inline void test_certificate_clear(TestCertificate *certificate) {
        X509_free(certificate->x509);
        EVP_PKEY_free(certificate->key);
        free(certificate->cert_pem);
        free(certificate->key_pem);
        *certificate = (TestCertificate) { 0 };
}
