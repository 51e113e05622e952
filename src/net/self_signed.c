#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "net/serve.h"

enum { YEARS = 10 };

DEFINE_AUTO(EVP_PKEY, EVP_PKEY_free)
DEFINE_AUTO(X509, X509_free)
DEFINE_AUTO(BIO, BIO_free_all)

static bool is_address(const char *name) {
        unsigned char bytes[sizeof(struct in6_addr)];

        return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static bool add_extension(X509 *cert, int nid, const char *value) {
        X509V3_CTX context;
        X509_EXTENSION *extension;
        bool is_added;

        X509V3_set_ctx_nodb(&context);
        X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
        extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
        is_added = extension && X509_add_ext(cert, extension, -1) == 1;
        X509_EXTENSION_free(extension);
        return is_added;
}

static bool fill(X509 *cert, EVP_PKEY *key, const char *const *names, size_t count) {
        AUTO(buf_clear) Buf alternatives = { 0 };
        X509_NAME *subject = X509_get_subject_name(cert);
        const long day = 24L * 60 * 60;

        for (size_t i = 0; i < count; i++)
                buf_printf(&alternatives, "%s%s:%s", i ? "," : "", is_address(names[i]) ? "IP" : "DNS",
                           names[i]);
        buf_add_char(&alternatives, '\0');
        return X509_set_version(cert, X509_VERSION_3) && ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) &&
               X509_gmtime_adj(X509_getm_notBefore(cert), -day) &&
               X509_gmtime_adj(X509_getm_notAfter(cert), YEARS * 365 * day) && X509_set_pubkey(cert, key) &&
               X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *) "grapnel", -1,
                                          -1, 0) &&
               X509_set_issuer_name(cert, subject) &&
               add_extension(cert, NID_subject_alt_name, alternatives.ptr) &&
               add_extension(cert, NID_basic_constraints, "critical,CA:TRUE") &&
               X509_sign(cert, key, EVP_sha256()) > 0;
}

static Str bytes_of(BIO *bio) {
        char *bytes = NULL;
        long len = BIO_get_mem_data(bio, &bytes);

        return (Str) { bytes, (size_t) len };
}

bool serve_self_signed(const char *const *names, size_t count, Buf *cert_pem, Secret *key_pem, Error *err) {
        AUTO(EVP_PKEY_freep) EVP_PKEY *key = EVP_EC_gen("P-256");
        AUTO(X509_freep) X509 *cert = X509_new();
        AUTO(BIO_free_allp) BIO *cert_bytes = BIO_new(BIO_s_mem());
        AUTO(BIO_free_allp) BIO *key_bytes = BIO_new(BIO_s_secmem());

        if (!key || !cert || !cert_bytes || !key_bytes || !fill(cert, key, names, count) ||
            PEM_write_bio_X509(cert_bytes, cert) != 1 ||
            PEM_write_bio_PrivateKey(key_bytes, key, NULL, NULL, 0, NULL, NULL) != 1)
                return error_set(err, ERROR_INVALID, "make a certificate for \"%s\": OpenSSL refuses",
                                 count > 0 ? names[0] : "");
        buf_add(cert_pem, bytes_of(cert_bytes));
        *key_pem = secret_copy(bytes_of(key_bytes));
        return true;
}
