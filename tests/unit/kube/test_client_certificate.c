#include <sys/stat.h>

#include "base/mem.h"
#include "kube/client.h"
#include "kube/exec.h"
#include "loopback.h"
#include "moved_clock.h"

/* A server that tells each client the name in its certificate, as the reason why it may do nothing. */
typedef struct World {
        TestCertificate authority, server, first, second;
        char folder[64];
        Server api;
        Arena arena;
        const char *refused; /* this name gets 401; NULL: nobody */
        atomic_bool closes;  /* each connection after one reply */
} World;

static void tell_name(Peer *peer) {
        const World *world = peer->server->user;
        char request[8192], name[64] = "";

        X509 *certificate = SSL_get1_peer_certificate(peer->ssl);
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
        X509_free(certificate);
        while (peer_read_request(peer, request, sizeof request)) {
                bool is_refused = world->refused && strcmp(world->refused, name) == 0;
                AUTO_FREE char *body = xasprintf("{\"kind\":\"Status\",\"message\":\"hello %s\"}", name);
                AUTO_FREE char *reply = xasprintf(
                        "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                        is_refused ? "401 Unauthorized" : "403 Forbidden", strlen(body), body);

                peer_say(peer, reply);
                if (world->closes)
                        return;
        }
}

static int make_world(void **state) {
        World *world = xnew0(World);

        world->authority = test_certificate((TestCertificatePlan) { .name = "authority" });
        world->server = test_certificate((TestCertificatePlan) {
                .name = "server", .names = "IP:127.0.0.1", .issuer = &world->authority });
        world->first =
                test_certificate((TestCertificatePlan) { .name = "first", .issuer = &world->authority });
        world->second =
                test_certificate((TestCertificatePlan) { .name = "second", .issuer = &world->authority });
        world->api = (Server) { .serve = tell_name,
                                .certificate = &world->server,
                                .client_authority = &world->authority,
                                .user = world };
        strcpy(world->folder, "/tmp/grapnel-client-certificate-XXXXXX");
        server_start(&world->api);
        *state = world;
        return mkdtemp(world->folder) ? 0 : -1;
}

static int forget_world(void **state) {
        World *world = *state;
        AUTO_FREE char *command = xasprintf("rm -rf %s", world->folder);

        server_stop(&world->api);
        test_certificate_clear(&world->authority);
        test_certificate_clear(&world->server);
        test_certificate_clear(&world->first);
        test_certificate_clear(&world->second);
        arena_clear(&world->arena);
        free(world);
        return system(command);
}

/* As whoever renews certificates does: the old file is there until the new one takes its place. */
static Str put_file(World *world, const char *name, const char *text) {
        const char *path = arena_printf(&world->arena, "%s/%s", world->folder, name);
        AUTO_FREE char *new_path = xasprintf("%s.new", path);
        FILE *file = fopen(new_path, "w");

        CHECK(file != NULL);
        fputs(text, file);
        fclose(file);
        CHECK_INT(rename(new_path, path), 0);
        return str_of(path);
}

static KubeConfig load(World *world, const char *user) {
        AUTO(error_clear) Error err = { 0 };
        KubeConfig config;

        put_file(world, "ca", world->authority.cert_pem);
        const KubeConfigChoice choice = {
                .path = put_file(
                        world, "config",
                        arena_printf(&world->arena,
                                     "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                                     "clusters: [{name: k, cluster: {server: 'https://127.0.0.1:%u', "
                                     "certificate-authority: ca}}]\n"
                                     "contexts: [{name: c, context: {cluster: k, user: u}}]\n"
                                     "users: [{name: u, user: {%s}}]\n",
                                     world->api.port, user))
        };
        if (!kube_config_load(&choice, &config, &err))
                fail_msg("%s", err.message);
        return config;
}

static KubeClient *connect_as(const KubeConfig *config) {
        const KubeOptions options = { .timeout_ms = 10 * 1000 };
        AUTO(error_clear) Error err = { 0 };
        KubeClient *client;

        if (!kube_client_new(config, &options, NULL, &client, &err))
                fail_msg("%s", err.message);
        return client;
}

static void check_name(KubeClient *client, const char *name) {
        const KubeCall call = { .method = "GET", .path = STR("/api"), .about = STR("greet") };
        AUTO(error_clear) Error err = { 0 };
        AUTO_FREE char *expected = xasprintf("greet: the server answered 403: hello %s", name);

        CHECK(!kube_call(client, &call, NULL, NULL, &err));
        if (!str_starts_with(str_of(err.message), str_of(expected)))
                fail_msg("expected \"%s\", got \"%s\"", expected, err.message);
}

static void put_pair(World *world, const TestCertificate *certificate) {
        put_file(world, "cert", certificate->cert_pem);
        put_file(world, "key", certificate->key_pem);
}

static void certificate_files_that_rotate_are_used_from_the_next_request_on(void **state) {
        World *world = *state;

        put_pair(world, &world->first);
        AUTO(kube_config_clear) KubeConfig config = load(world, "client-certificate: cert, client-key: key");
        AUTO(kube_client_freep) KubeClient *client = connect_as(&config);
        check_name(client, "first");
        unsigned connections = world->api.connections;
        check_name(client, "first");
        CHECK_INT(world->api.connections, connections); /* the same connection */

        put_file(world, "cert", world->second.cert_pem); /* its key is not there yet */
        check_name(client, "first");
        put_file(world, "key", world->second.key_pem);
        check_name(client, "second");
        put_file(world, "key", "no key");
        check_name(client, "second");
}

static void a_stream_is_opened_with_the_new_certificate(void **state) {
        World *world = *state;
        Strs command = { 0 };
        AUTO(exec_result_clear) ExecResult result = { 0 };

        strs_add(&command, &world->arena, STR("true"));
        const ExecRequest request = { .namespace = STR("shop"),
                                      .pod = STR("web"),
                                      .container = STR("main"),
                                      .command = command,
                                      .timeout_ms = 5000 };

        put_pair(world, &world->first);
        AUTO(kube_config_clear) KubeConfig config = load(world, "client-certificate: cert, client-key: key");
        AUTO(kube_client_freep) KubeClient *client = connect_as(&config);
        check_name(client, "first");
        put_pair(world, &world->second);
        kube_exec(client, &request, NULL, NULL, NULL, &result);
        CHECK_STR(result.message, "hello second");
}

/* The user's entry for a plugin that gives the certificate in the folder; `ends` is a part of its status. */
static const char *plugin(World *world, const char *ends) {
        put_file(world, "plugin",
                 arena_printf(
                         &world->arena,
                         "cd %s\n"
                         "pem() { sed -e ':a' -e 'N' -e '$!ba' -e 's/\\n/\\\\n/g' \"$1\"; }\n"
                         "printf '%%s' "
                         "'{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
                         "\"status\":{%s\"clientCertificateData\":\"'\"$(pem cert)\"'\\n\","
                         "\"clientKeyData\":\"'\"$(pem key)\"'\\n\"}}'\n",
                         world->folder, ends));
        return arena_printf(&world->arena,
                            "exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: "
                            "[%s/plugin], interactiveMode: Never}",
                            world->folder);
}

static void a_plugin_is_asked_for_another_certificate_when_the_one_it_gave_has_ended(void **state) {
        World *world = *state;

        put_pair(world, &world->first);
        AUTO(kube_config_clear)
        KubeConfig config = load(world, plugin(world, "\"expirationTimestamp\":\"2001-01-01T00:00:00Z\","));
        AUTO(kube_client_freep) KubeClient *client = connect_as(&config);
        check_name(client, "first");
        put_pair(world, &world->second);
        check_name(client, "second");
}

static void a_plugin_is_asked_for_another_certificate_when_the_server_refuses_it(void **state) {
        World *world = *state;

        put_pair(world, &world->first);
        AUTO(kube_config_clear) KubeConfig config = load(world, plugin(world, ""));
        AUTO(kube_client_freep) KubeClient *client = connect_as(&config);
        check_name(client, "first");
        put_pair(world, &world->second);
        check_name(client, "first"); /* it did not say when it ends */
        let_pass_ms(5100);           /* a 401 sooner than that could be older than the certificate */
        world->refused = "first";
        check_name(client, "second");
}

/* A connection that resumes a session shows no certificate. */
static void begin_no_sessions(World *world) {
        CHECK_INT(SSL_CTX_set_num_tickets(world->api.tls, 0), 1);
}

/* For the connections from now on. */
static void serve_as(World *world, const TestCertificate *certificate) {
        CHECK_INT(SSL_CTX_use_certificate(world->api.tls, certificate->x509), 1);
        CHECK_INT(SSL_CTX_use_PrivateKey(world->api.tls, certificate->key), 1);
}

static void check_not_believed(const World *world, KubeClient *client, const char *name) {
        const KubeCall call = { .method = "GET", .path = STR("/api"), .about = STR("greet") };
        AUTO(error_clear) Error err = { 0 };
        AUTO_FREE char *expected =
                xasprintf("greet: the certificate of 127.0.0.1:%u cannot be trusted: it is signed by an "
                          "unknown authority (/CN=%s)",
                          world->api.port, name);

        CHECK(!kube_call(client, &call, NULL, NULL, &err));
        CHECK_STR(err.message, expected);
}

static void an_authority_file_that_rotates_counts_from_the_next_request_on(void **state) {
        World *world = *state;
        const char *const users[] = { "client-certificate: cert, client-key: key", plugin(world, "") };
        TestCertificate other = test_certificate((TestCertificatePlan) { .name = "other" });
        TestCertificate moved = test_certificate(
                (TestCertificatePlan) { .name = "moved", .names = "IP:127.0.0.1", .issuer = &other });

        begin_no_sessions(world);
        FOR_EACH_CASE(users, user) {
                put_pair(world, &world->first);
                AUTO(kube_config_clear) KubeConfig config = load(world, *user);
                AUTO(kube_client_freep) KubeClient *client = connect_as(&config);

                world->closes = false;
                serve_as(world, &world->server);
                check_name(client, "first");
                unsigned connections = world->api.connections;
                put_file(world, "ca", world->authority.cert_pem); /* another file with the same in it */
                check_name(client, "first");
                CHECK_INT(world->api.connections, connections); /* the same connection */
                world->closes = true;
                put_file(world, "ca", "no certificate");
                check_name(client, "first");
                check_name(client, "first"); /* a new connection, by what was believed before */

                serve_as(world, &moved);
                check_not_believed(world, client, "moved");
                put_file(world, "ca", other.cert_pem);
                check_name(client, "first");
                serve_as(world, &world->server);
                check_not_believed(world, client, "authority"); /* who signed it */
        }
        test_certificate_clear(&moved);
        test_certificate_clear(&other);
}

static void authority_and_client_certificate_rotate_one_after_the_other(void **state) {
        World *world = *state;
        TestCertificate other = test_certificate((TestCertificatePlan) { .name = "other" });
        TestCertificate moved = test_certificate(
                (TestCertificatePlan) { .name = "moved", .names = "IP:127.0.0.1", .issuer = &other });

        begin_no_sessions(world);
        world->closes = true;
        put_pair(world, &world->first);
        AUTO(kube_config_clear) KubeConfig config = load(world, "client-certificate: cert, client-key: key");
        AUTO(kube_client_freep) KubeClient *client = connect_as(&config);
        check_name(client, "first");
        put_pair(world, &world->second);
        check_name(client, "second");
        serve_as(world, &moved);
        put_file(world, "ca", other.cert_pem);
        check_name(client, "second");
        put_pair(world, &world->first);
        check_name(client, "first");
        test_certificate_clear(&moved);
        test_certificate_clear(&other);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(
                        certificate_files_that_rotate_are_used_from_the_next_request_on, make_world,
                        forget_world),
                cmocka_unit_test_setup_teardown(a_stream_is_opened_with_the_new_certificate, make_world,
                                                forget_world),
                cmocka_unit_test_setup_teardown(
                        a_plugin_is_asked_for_another_certificate_when_the_one_it_gave_has_ended, make_world,
                        forget_world),
                cmocka_unit_test_setup_teardown(
                        a_plugin_is_asked_for_another_certificate_when_the_server_refuses_it, make_world,
                        forget_world),
                cmocka_unit_test_setup_teardown(
                        an_authority_file_that_rotates_counts_from_the_next_request_on, make_world,
                        forget_world),
                cmocka_unit_test_setup_teardown(authority_and_client_certificate_rotate_one_after_the_other,
                                                make_world, forget_world),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
