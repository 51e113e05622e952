#include "net/tls.h"

#include "base/clock.h"
#include "base/mem.h"
#include "loopback.h"
#include "net/certificate.h"

typedef struct World { /* made once: an authority, and what it signed */
        TestCertificate authority, other_authority, good, expired, future, elsewhere, nameless, client;
} World;

static int make_world(void **state) {
        static World world;
        const char *here = "DNS:localhost,IP:127.0.0.1,IP:::1";

        world.authority = test_certificate((TestCertificatePlan) { .name = "authority" });
        const TestCertificate *issuer = &world.authority;
        world.other_authority = test_certificate((TestCertificatePlan) { .name = "other authority" });
        world.good =
                test_certificate((TestCertificatePlan) { .name = "good", .names = here, .issuer = issuer });
        world.expired = test_certificate((TestCertificatePlan) { .name = "old",
                                                                 .names = here,
                                                                 .issuer = issuer,
                                                                 .from_seconds = -7200,
                                                                 .for_seconds = -3600 });
        world.future = test_certificate((TestCertificatePlan) {
                .name = "new", .names = here, .issuer = issuer, .from_seconds = 3600, .for_seconds = 7200 });
        world.elsewhere = test_certificate((TestCertificatePlan) {
                .name = "far",
                .names = "DNS:kubernetes,DNS:kubernetes.default,IP:10.0.0.1,IP:fd00::1",
                .issuer = issuer });
        world.nameless = test_certificate((TestCertificatePlan) { .name = "none", .issuer = issuer });
        world.client = test_certificate((TestCertificatePlan) { .name = "client", .issuer = issuer });
        *state = &world;
        return 0;
}

static int forget_world(void **state) {
        World *world = *state;
        TestCertificate *all[] = { &world->authority, &world->other_authority, &world->good,
                                   &world->expired,   &world->future,          &world->elsewhere,
                                   &world->nameless,  &world->client };

        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
                test_certificate_clear(all[i]);
        return 0;
}

static void serve_empty(Peer *peer) {
        char request[4096];

        while (peer_read_request(peer, request, sizeof request))
                peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

/* One GET; true when it was answered. */
static bool get(const Server *server, HttpOptions options, Error *err) {
        AUTO_FREE char *url = xasprintf("https://127.0.0.1:%u", server->port);
        const HttpRequest request = { .method = "GET", .path = STR("/"), .timeout_ms = 10000 };
        AUTO(http_client_freep) HttpClient *client = NULL;
        AUTO(http_reply_clear) HttpReply reply = { 0 };

        options.base_url = str_of(url);
        return http_client_new(&options, &client, err) && http_perform(client, &request, NULL, &reply, err);
}

static void check_fails(const Server *server, HttpOptions options, const char *format, const char *when) {
        AUTO_FREE char *address = xasprintf("127.0.0.1:%u", server->port);
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf expected = { 0 };

        for (const char *c = format; *c; c++)
                if (*c == '@')
                        buf_add(&expected, str_of(address));
                else if (*c == '#')
                        buf_add(&expected, str_of(when));
                else
                        buf_add_char(&expected, *c);
        CHECK(!get(server, options, &err));
        AUTO_FREE char *text = xasprintf(STR_FMT, STR_ARG(buf_str(&expected)));
        CHECK_STR(err.message, text);
        CHECK_INT(err.code, ERROR_INVALID);
}

static void a_server_that_the_authority_vouches_for_is_trusted(void **state) {
        const World *world = *state;
        Server server = { .serve = serve_empty, .certificate = &world->good };
        AUTO(error_clear) Error err = { 0 };

        server_start(&server);
        CHECK(get(&server, (HttpOptions) { .ca_pem = str_of(world->authority.cert_pem) }, &err));
        /* The server's own certificate as the authority will do, as with Go. */
        CHECK(get(&server, (HttpOptions) { .ca_pem = str_of(world->good.cert_pem) }, &err));
        CHECK(get(&server, (HttpOptions) { .insecure_skip_verify = true }, &err));
        server_stop(&server);
}

static void a_certificate_that_cannot_be_trusted_is_refused_with_the_reason(void **state) {
        const World *world = *state;
        AUTO(arena_clear) Arena arena = { 0 };
        CertificateTimes old, new;
        AUTO(error_clear) Error err = { 0 };

        CHECK(certificate_times(str_of(world->expired.cert_pem), &old, &err));
        CHECK(certificate_times(str_of(world->future.cert_pem), &new, &err));
        const struct {
                const TestCertificate *certificate, *authority;
                const char *message, *when, *tls_server_name;
        } cases[] = {
                { &world->good, &world->other_authority,
                  "the certificate of @ cannot be trusted: it is signed by an unknown authority (/CN=good)",
                  "", "" },
                { &world->good, NULL,
                  "the certificate of @ cannot be trusted: it is signed by an unknown authority (/CN=good)",
                  "", "" },
                { &world->authority, &world->other_authority,
                  "the certificate of @ cannot be trusted: it is signed by an unknown authority "
                  "(/CN=authority)",
                  "", "" },
                { &world->expired, &world->authority,
                  "the certificate of @ cannot be trusted: it expired at # (/CN=old)",
                  clock_rfc3339(old.not_after_ms, &arena).ptr, "" },
                { &world->future, &world->authority,
                  "the certificate of @ cannot be trusted: it is not valid before # (/CN=new); is the clock "
                  "right",
                  clock_rfc3339(new.not_before_ms, &arena).ptr, "" },
                { &world->elsewhere, &world->authority,
                  "the certificate of @ cannot be trusted: it is for kubernetes, kubernetes.default, "
                  "10.0.0.1, "
                  "fd00:0:0:0:0:0:0:1, not for \"127.0.0.1\"",
                  "", "" },
                { &world->good, &world->authority,
                  "the certificate of @ cannot be trusted: it is for localhost, 127.0.0.1, 0:0:0:0:0:0:0:1, "
                  "not for "
                  "\"other\"",
                  "", "other" },
                { &world->nameless, &world->authority,
                  "the certificate of @ cannot be trusted: it is for no name at all, not for \"127.0.0.1\"",
                  "", "" },
        };

        FOR_EACH_CASE(cases, c) {
                Server server = { .serve = serve_empty, .certificate = c->certificate };
                const HttpOptions options = { .ca_pem = str_of(c->authority ? c->authority->cert_pem : ""),
                                              .tls_server_name = str_of(c->tls_server_name) };

                server_start(&server);
                check_fails(&server, options, c->message, c->when);
                server_stop(&server);
        }
}

static void more_names_than_fit_are_cut(void **state) {
        const World *world = *state;
        char names[4000] = "DNS:first.example";
        AUTO(error_clear) Error err = { 0 };

        for (int i = 0; i < 100; i++)
                sprintf(names + strlen(names), ",DNS:host-%d.example", i);
        TestCertificate certificate = test_certificate(
                (TestCertificatePlan) { .name = "many", .names = names, .issuer = &world->authority });
        Server server = { .serve = serve_empty, .certificate = &certificate };

        server_start(&server);
        CHECK(!get(&server, (HttpOptions) { .ca_pem = str_of(world->authority.cert_pem) }, &err));
        CHECK(strstr(err.message, "it is for first.example, host-0.example, ") != NULL);
        CHECK(strstr(err.message, ".example, …, not for \"127.0.0.1\"") != NULL);
        CHECK(strlen(err.message) < 700);
        server_stop(&server);
        test_certificate_clear(&certificate);
}

static void a_signer_that_may_not_sign_is_refused_in_openssls_words(void **state) {
        const World *world = *state;
        TestCertificate between =
                test_certificate((TestCertificatePlan) { .name = "between", .issuer = &world->authority });
        TestCertificate certificate = test_certificate(
                (TestCertificatePlan) { .name = "leaf", .names = "IP:127.0.0.1", .issuer = &between });
        AUTO_FREE char *both = xasprintf("%s%s", world->authority.cert_pem, between.cert_pem);
        Server server = { .serve = serve_empty, .certificate = &certificate };

        server_start(&server);
        check_fails(&server, (HttpOptions) { .ca_pem = str_of(both) },
                    "the certificate of @ cannot be trusted: invalid CA certificate (/CN=between)", "");
        server_stop(&server);
        test_certificate_clear(&certificate);
        test_certificate_clear(&between);
}

static void a_chain_is_shown_whole(void **state) {
        const World *world = *state;
        TestCertificate root = test_certificate((TestCertificatePlan) { .name = "root" });
        TestCertificate middle = test_certificate(
                (TestCertificatePlan) { .name = "middle", .issuer = &root, .is_authority = true });
        TestCertificate leaf = test_certificate((TestCertificatePlan) { .name = "leaf", .issuer = &middle });
        AUTO_FREE char *chain = xasprintf("%s%s", leaf.cert_pem, middle.cert_pem);
        AUTO(secret_clear) Secret key = secret_copy(str_of(leaf.key_pem));
        Server server = { .serve = serve_empty, .certificate = &world->good, .client_authority = &root };
        AUTO(error_clear) Error err = { 0 };

        server_start(&server);
        if (!get(&server,
                 (HttpOptions) { .ca_pem = str_of(world->authority.cert_pem),
                                 .client_cert_pem = str_of(chain),
                                 .client_key_pem = key },
                 &err))
                fail_msg("%s", err.message);
        server_stop(&server);
        test_certificate_clear(&leaf);
        test_certificate_clear(&middle);
        test_certificate_clear(&root);
}

/* Answers when the Host header is the address, not the name that was verified. */
static void serve_host(Peer *peer) {
        char request[4096];
        AUTO_FREE char *host = xasprintf("\r\nHost: 127.0.0.1:%u\r\n", peer->server->port);

        if (peer_read_request(peer, request, sizeof request) && strstr(request, host))
                peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

static void the_name_to_verify_can_be_another_than_the_host(void **state) {
        const World *world = *state;
        Server server = { .serve = serve_host, .certificate = &world->elsewhere };
        const HttpOptions options = { .ca_pem = str_of(world->authority.cert_pem),
                                      .tls_server_name = STR("kubernetes") };
        AUTO(error_clear) Error err = { 0 };

        server_start(&server);
        CHECK(get(&server, options, &err));
        server_stop(&server);
}

static void a_client_certificate_is_shown_to_the_server(void **state) {
        const World *world = *state;
        Server server = { .serve = serve_empty,
                          .certificate = &world->good,
                          .client_authority = &world->authority };
        AUTO(secret_clear) Secret key = secret_copy(str_of(world->client.key_pem));
        HttpOptions options = { .ca_pem = str_of(world->authority.cert_pem),
                                .client_cert_pem = str_of(world->client.cert_pem),
                                .client_key_pem = key };
        AUTO(error_clear) Error err = { 0 };

        server_start(&server);
        CHECK(get(&server, options, &err));
        options.client_cert_pem = STR("");
        CHECK(!get(&server, options, &err));
        AUTO_FREE char *start = xasprintf(
                "127.0.0.1:%u refused the TLS connection (is the client certificate right?): ", server.port);
        if (!str_starts_with(str_of(err.message), str_of(start)))
                fail_msg("%s", err.message);
        CHECK_INT(err.code, ERROR_INVALID);
        server_stop(&server);
}

static void client_certificates_are_checked_before_they_are_used(void **state) {
        const World *world = *state;
        AUTO(secret_clear) Secret key = secret_copy(str_of(world->client.key_pem));
        AUTO(secret_clear) Secret other = secret_copy(str_of(world->good.key_pem));
        const struct {
                Str cert;
                Secret key;
                const char *message;
        } cases[] = {
                { STR("x"), key,
                  "the client certificate: holds no PEM certificate (\"-----BEGIN CERTIFICATE-----\")" },
                { str_of(world->client.cert_pem), { 0 }, "the client key: holds no PEM private key" },
                { str_of(world->client.cert_pem), other,
                  "the client key is not the key of the client certificate" },
        };

        FOR_EACH_CASE(cases, c) {
                const HttpOptions options = { .base_url = STR("https://h"),
                                              .client_cert_pem = c->cert,
                                              .client_key_pem = c->key };
                AUTO(error_clear) Error err = { 0 };
                HttpClient *client;

                CHECK(!http_client_new(&options, &client, &err));
                CHECK_STR(err.message, c->message);
        }
}

static void serve_plain(Peer *peer) {
        peer_say(peer, "HTTP/1.1 400 Bad Request\r\n\r\n");
        peer_wait_for_end(peer);
}

static void a_server_without_tls_is_told_apart(void **state) {
        Server server = { .serve = serve_plain };

        (void) state;
        server_start(&server);
        check_fails(&server, (HttpOptions) { 0 },
                    "@ does not speak TLS (is its address http:// and not https://?)", "");
        server_stop(&server);
}

static void serve_one(Peer *peer) {
        char request[4096];

        if (peer_read_request(peer, request, sizeof request))
                peer_say(peer, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

static void a_second_connection_resumes_the_session_of_the_first(void **state) {
        const World *world = *state;
        Server server = { .serve = serve_one, .certificate = &world->good };
        AUTO(http_client_freep) HttpClient *client = NULL;
        AUTO(error_clear) Error err = { 0 };

        server_start(&server);
        AUTO_FREE char *url = xasprintf("https://127.0.0.1:%u", server.port);
        const HttpOptions options = { .base_url = str_of(url), .ca_pem = str_of(world->authority.cert_pem) };
        CHECK(http_client_new(&options, &client, &err));
        for (int i = 0; i < 3; i++) {
                const HttpRequest request = { .method = "GET", .path = STR("/") };
                AUTO(http_reply_clear) HttpReply reply = { 0 };

                CHECK(http_perform(client, &request, NULL, &reply, &err));
        }
        CHECK_INT(server.connections, 3);
        CHECK_INT(server.resumed, 2);
        server_stop(&server);
}

static void a_pem_text_is_checked(void **state) {
        const World *world = *state;
        AUTO_FREE char *two =
                xasprintf("# a comment\n%s\n%s", world->good.cert_pem, world->authority.cert_pem);
        AUTO_FREE char *broken = xasprintf("%s-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                                           world->good.cert_pem);
        const struct {
                const char *pem, *message;
        } cases[] = {
                { world->good.cert_pem, NULL },
                { two, NULL },
                { "", "holds no PEM certificate (\"-----BEGIN CERTIFICATE-----\")" },
                { world->good.key_pem, "holds no PEM certificate (\"-----BEGIN CERTIFICATE-----\")" },
                { broken, "certificate number 2 does not parse" },
                { "-----BEGIN CERTIFICATE-----\nAAAA", "certificate number 1 does not parse" },
        };

        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };

                CHECK_INT(certificate_check(str_of(c->pem), &err), c->message == NULL);
                if (c->message)
                        CHECK_STR(err.message, c->message);
        }
}

static void a_key_with_a_passphrase_is_refused_without_a_question(void **state) {
        const World *world = *state;
        BIO *bio = BIO_new(BIO_s_mem());
        AUTO(error_clear) Error err = { 0 };

        PEM_write_bio_PrivateKey(bio, world->client.key, EVP_aes_128_cbc(), (const unsigned char *) "pass", 4,
                                 NULL, NULL);
        AUTO_FREE char *pem = test_bio_text(bio);
        AUTO(secret_clear) Secret key = secret_copy(str_of(pem));
        CHECK(!certificate_check_key(str_of(world->client.cert_pem), &key, &err));
        CHECK_STR(err.message, "is encrypted with a passphrase, which is not supported");
}

static void a_key_must_be_that_of_its_certificate(void **state) {
        const World *world = *state;
        AUTO(secret_clear) Secret key = secret_copy(str_of(world->client.key_pem));
        AUTO(error_clear) Error err = { 0 };

        CHECK(certificate_check_key(str_of(world->client.cert_pem), &key, &err));
        CHECK(!certificate_check_key(str_of(world->good.cert_pem), &key, &err));
        CHECK_STR(err.message, "is not the key of the client certificate");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_server_that_the_authority_vouches_for_is_trusted),
                cmocka_unit_test(a_certificate_that_cannot_be_trusted_is_refused_with_the_reason),
                cmocka_unit_test(more_names_than_fit_are_cut),
                cmocka_unit_test(a_signer_that_may_not_sign_is_refused_in_openssls_words),
                cmocka_unit_test(a_chain_is_shown_whole),
                cmocka_unit_test(the_name_to_verify_can_be_another_than_the_host),
                cmocka_unit_test(a_client_certificate_is_shown_to_the_server),
                cmocka_unit_test(client_certificates_are_checked_before_they_are_used),
                cmocka_unit_test(a_server_without_tls_is_told_apart),
                cmocka_unit_test(a_second_connection_resumes_the_session_of_the_first),
                cmocka_unit_test(a_pem_text_is_checked),
                cmocka_unit_test(a_key_with_a_passphrase_is_refused_without_a_question),
                cmocka_unit_test(a_key_must_be_that_of_its_certificate),
        };

        return cmocka_run_group_tests(tests, make_world, forget_world);
}
