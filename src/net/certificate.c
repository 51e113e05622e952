#include "net/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <time.h>

#include "net/tls.h"

enum { CERTIFICATES_MAX = 1000 };

static void free_bio(BIO **bio) {
        BIO_free(*bio);
}

static void free_key(EVP_PKEY **key) {
        EVP_PKEY_free(*key);
}

static void free_certificates(STACK_OF(X509) * *certificates) {
        sk_X509_pop_free(*certificates, X509_free);
}

static BIO *open_text(Str text) {
        return BIO_new_mem_buf(text.len ? text.ptr : "", text.len > INT32_MAX ? 0 : (int) text.len);
}

/* An encrypted key must fail, not ask on the terminal. */
static int give_no_passphrase(char *buf, int size, int rwflag, void *user) {
        (void) buf, (void) size, (void) rwflag;
        *(bool *) user = true;
        return -1;
}

bool tls_read_certificates(Str pem, STACK_OF(X509) * *ret_certificates, Error *err) {
        AUTO(free_bio) BIO *bio = open_text(pem);
        AUTO(free_certificates) STACK_OF(X509) *certificates = sk_X509_new_null();
        X509 *certificate;

        ERR_clear_error();
        while ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
                sk_X509_push(certificates, certificate);
                if (sk_X509_num(certificates) > CERTIFICATES_MAX)
                        return error_set(err, ERROR_INVALID, "holds more than %d certificates",
                                         CERTIFICATES_MAX);
        }

        unsigned long reason = ERR_peek_last_error();
        bool is_end = ERR_GET_LIB(reason) == ERR_LIB_PEM && ERR_GET_REASON(reason) == PEM_R_NO_START_LINE;
        ERR_clear_error();
        if (!is_end)
                return error_set(err, ERROR_INVALID, "certificate number %d does not parse",
                                 sk_X509_num(certificates) + 1);
        if (sk_X509_num(certificates) == 0)
                return error_set(err, ERROR_INVALID,
                                 "holds no PEM certificate (\"-----BEGIN CERTIFICATE-----\")");
        *ret_certificates = TAKE(certificates);
        return true;
}

bool tls_read_key(const Secret *pem, EVP_PKEY **ret_key, Error *err) {
        AUTO(free_bio) BIO *bio = open_text(secret_reveal(pem));
        bool is_encrypted = false;

        EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, give_no_passphrase, &is_encrypted);
        ERR_clear_error();
        if (!key && is_encrypted)
                return error_set(err, ERROR_INVALID,
                                 "is encrypted with a passphrase, which is not supported");
        if (!key)
                return error_set(err, ERROR_INVALID, "holds no PEM private key");
        *ret_key = key;
        return true;
}

int64_t tls_time_ms(const ASN1_TIME *time) {
        struct tm parts = { 0 };

        return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t) timegm(&parts) * 1000 : 0;
}

bool certificate_check(Str pem, Error *err) {
        AUTO(free_certificates) STACK_OF(X509) *certificates = NULL;

        return tls_read_certificates(pem, &certificates, err);
}

bool certificate_times(Str pem, CertificateTimes *ret_times, Error *err) {
        AUTO(free_certificates) STACK_OF(X509) *certificates = NULL;

        if (!tls_read_certificates(pem, &certificates, err))
                return false;
        const X509 *first = sk_X509_value(certificates, 0);
        *ret_times = (CertificateTimes) { .not_before_ms = tls_time_ms(X509_get0_notBefore(first)),
                                          .not_after_ms = tls_time_ms(X509_get0_notAfter(first)) };
        return true;
}

bool certificate_check_key(Str cert_pem, const Secret *key_pem, Error *err) {
        AUTO(free_certificates) STACK_OF(X509) *certificates = NULL;
        AUTO(free_key) EVP_PKEY *key = NULL;

        if (!tls_read_certificates(cert_pem, &certificates, err) || !tls_read_key(key_pem, &key, err))
                return false;
        bool matches = X509_check_private_key(sk_X509_value(certificates, 0), key) == 1;
        ERR_clear_error();
        return matches || error_set(err, ERROR_INVALID, "is not the key of the client certificate");
}
