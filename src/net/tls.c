#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"

struct Tls {
        X509_STORE *roots;
        STACK_OF(X509) * client_chain; /* the client's certificate first; NULL: none */
        EVP_PKEY *client_key;
};

static void free_certificates(STACK_OF(X509) * *certificates) {
        sk_X509_pop_free(*certificates, X509_free);
}

static bool load_roots(Tls *tls, Str ca_pem, bool system_too, Error *err) {
        AUTO(free_certificates) STACK_OF(X509) *certificates = NULL;

        tls->roots = X509_STORE_new();
        if (ca_pem.len == 0 || system_too) {
                /* Looked up by hash when needed; honours SSL_CERT_FILE and SSL_CERT_DIR. */
                X509_STORE_set_default_paths(tls->roots);
                ERR_clear_error();
        }
        if (ca_pem.len == 0)
                return true;
        if (!tls_read_certificates(ca_pem, &certificates, err))
                return error_prefix(err, "the certificate authority");
        for (int i = 0; i < sk_X509_num(certificates); i++)
                X509_STORE_add_cert(tls->roots, sk_X509_value(certificates, i));
        /* Like Go: a certificate given as an authority is trusted even when it is not self-signed. */
        X509_STORE_set_flags(tls->roots, X509_V_FLAG_PARTIAL_CHAIN);
        return true;
}

static bool load_client(Tls *tls, const HttpOptions *options, Error *err) {
        if (options->client_cert_pem.len == 0)
                return true;
        if (!tls_read_certificates(options->client_cert_pem, &tls->client_chain, err))
                return error_prefix(err, "the client certificate");
        if (!tls_read_key(&options->client_key_pem, &tls->client_key, err))
                return error_prefix(err, "the client key");
        if (X509_check_private_key(sk_X509_value(tls->client_chain, 0), tls->client_key) != 1) {
                ERR_clear_error();
                return error_set(err, ERROR_INVALID,
                                 "the client key is not the key of the client certificate");
        }
        return true;
}

bool tls_new(const HttpOptions *options, Tls **ret_tls, Error *err) {
        AUTO(tls_freep) Tls *tls = xnew0(Tls);

        if (!load_roots(tls, options->ca_pem, options->system_roots, err) || !load_client(tls, options, err))
                return false;
        *ret_tls = TAKE(tls);
        return true;
}

void tls_free(Tls *tls) {
        if (!tls)
                return;
        X509_STORE_free(tls->roots);
        sk_X509_pop_free(tls->client_chain, X509_free);
        EVP_PKEY_free(tls->client_key);
        free(tls);
}

typedef struct Line { /* fixed text that is cut with "…" rather than grown: names come from the server */
        char *text;
        size_t size, len;
} Line;

static void line_add(Line *line, Str word) {
        static const char more[] = ", …";
        size_t comma = line->len ? 2 : 0;

        if (line->len + comma + word.len + sizeof more > line->size) {
                if (line->len + sizeof more <= line->size &&
                    !str_ends_with((Str) { line->text, line->len }, STR("…")))
                        line->len += (size_t) snprintf(line->text + line->len, sizeof more, "%s", more);
                return;
        }
        line->len += (size_t) snprintf(line->text + line->len, line->size - line->len, "%s" STR_FMT,
                                       comma ? ", " : "", STR_ARG(word));
}

static void add_name(Line *line, const GENERAL_NAME *name) {
        if (name->type == GEN_DNS) {
                Str text = { (const char *) ASN1_STRING_get0_data(name->d.dNSName),
                             (size_t) ASN1_STRING_length(name->d.dNSName) };

                for (size_t i = 0; i < text.len; i++)
                        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
                                return;
                line_add(line, text);
        } else if (name->type == GEN_IPADD) {
                AUTO_FREE char *text = NULL;
                const unsigned char *b = ASN1_STRING_get0_data(name->d.iPAddress);

                if (ASN1_STRING_length(name->d.iPAddress) == 4)
                        text = xasprintf("%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
                else if (ASN1_STRING_length(name->d.iPAddress) == 16)
                        text = xasprintf("%x:%x:%x:%x:%x:%x:%x:%x", b[0] << 8 | b[1], b[2] << 8 | b[3],
                                         b[4] << 8 | b[5], b[6] << 8 | b[7], b[8] << 8 | b[9],
                                         b[10] << 8 | b[11], b[12] << 8 | b[13], b[14] << 8 | b[15]);
                if (text)
                        line_add(line, str_of(text));
        }
}

static void note_names(TlsVerdict *verdict, const X509 *certificate) {
        GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
        Line line = { verdict->names, sizeof verdict->names, 0 };

        verdict->names[0] = '\0';
        for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
                add_name(&line, sk_GENERAL_NAME_value(names, i));
        GENERAL_NAMES_free(names);
}

/* OpenSSL asks this about every certificate of the chain, from the root to the server's own (depth 0). */
static int note_verdict(int ok, X509_STORE_CTX *store) {
        const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
        TlsSetup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
        const X509 *certificate = X509_STORE_CTX_get_current_cert(store);

        if (!certificate)
                return ok;
        if (X509_STORE_CTX_get_error_depth(store) == 0)
                note_names(&setup->verdict, certificate);
        if (!ok && setup->verdict.error == 0) {
                setup->verdict.error = X509_STORE_CTX_get_error(store);
                setup->verdict.since_ms = tls_time_ms(X509_get0_notBefore(certificate));
                setup->verdict.until_ms = tls_time_ms(X509_get0_notAfter(certificate));
                X509_NAME_oneline(X509_get_subject_name(certificate), setup->verdict.subject,
                                  sizeof setup->verdict.subject);
        }
        return ok;
}

bool tls_set_up(void *ssl_ctx, TlsSetup *setup) {
        const Tls *tls = setup->tls;
        SSL_CTX *context = ssl_ctx;

        SSL_CTX_set_app_data(context, setup);
        SSL_CTX_set1_cert_store(context, tls->roots);
        SSL_CTX_set_verify(context, SSL_CTX_get_verify_mode(context), note_verdict);
        if (!tls->client_chain)
                return true;
        if (SSL_CTX_use_certificate(context, sk_X509_value(tls->client_chain, 0)) != 1 ||
            SSL_CTX_use_PrivateKey(context, tls->client_key) != 1)
                return false;
        for (int i = 1; i < sk_X509_num(tls->client_chain); i++)
                if (SSL_CTX_add1_chain_cert(context, sk_X509_value(tls->client_chain, i)) != 1)
                        return false;
        return true;
}

bool tls_explain(const TlsVerdict *verdict, Str name, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };

        switch (verdict->error) {
        case X509_V_OK:
                return error_set(err, ERROR_INVALID, "it is for %s, not for \"" STR_FMT "\"",
                                 verdict->names[0] ? verdict->names : "no name at all", STR_ARG(name));
        case X509_V_ERR_CERT_HAS_EXPIRED:
                return error_set(err, ERROR_INVALID, "it expired at " STR_FMT " (%s)",
                                 STR_ARG(clock_rfc3339(verdict->until_ms, &arena)), verdict->subject);
        case X509_V_ERR_CERT_NOT_YET_VALID:
                return error_set(err, ERROR_INVALID,
                                 "it is not valid before " STR_FMT " (%s); is the clock right",
                                 STR_ARG(clock_rfc3339(verdict->since_ms, &arena)), verdict->subject);
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_CERT_SIGNATURE_FAILURE:
                return error_set(err, ERROR_INVALID, "it is signed by an unknown authority (%s)",
                                 verdict->subject);
        default:
                return error_set(err, ERROR_INVALID, "%s (%s)", X509_verify_cert_error_string(verdict->error),
                                 verdict->subject);
        }
}
