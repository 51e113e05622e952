#include "kube/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "certificates.h"
#include "check.h"
#include "data/base64.h"
#include "kube/config_places.h"
#include "net/certificate.h"

typedef struct World {
        TestCertificate authority, client, expired, other;
        char folder[64];
} World;

static int make_world(void **state) {
        static World world = { .folder = "/tmp/grapnel-config-XXXXXX" };

        world.authority = test_certificate((TestCertificatePlan) { .name = "authority" });
        world.other = test_certificate((TestCertificatePlan) { .name = "other" });
        world.client =
                test_certificate((TestCertificatePlan) { .name = "client", .issuer = &world.authority });
        world.expired = test_certificate((TestCertificatePlan) {
                .name = "old", .issuer = &world.authority, .from_seconds = -7200, .for_seconds = -3600 });
        *state = &world;
        return mkdtemp(world.folder) ? 0 : -1;
}

static int forget_world(void **state) {
        World *world = *state;
        AUTO_FREE char *command = xasprintf("rm -rf %s", world->folder);

        test_certificate_clear(&world->authority);
        test_certificate_clear(&world->other);
        test_certificate_clear(&world->client);
        test_certificate_clear(&world->expired);
        return system(command);
}

static char *base64_of(const char *text) {
        AUTO(buf_clear) Buf encoded = { 0 };

        base64_encode(str_of(text), &encoded);
        return strndup(encoded.ptr, encoded.len);
}

/* path is below the world's folder; the name is the caller's to free. */
static char *write_file(const World *world, const char *path, const char *text) {
        char *name = xasprintf("%s/%s", world->folder, path);
        AUTO_FREE char *folder = strndup(name, (size_t) (strrchr(name, '/') - name));

        mkdir(folder, 0700);
        FILE *file = fopen(name, "w");
        CHECK(file != NULL);
        fputs(text, file);
        fclose(file);
        return name;
}

/* One file, "f", whose one context "c" has cluster "k" and user "u" with these fields. */
static bool load(const char *cluster, const char *user, KubeConfig *ret_config, Error *err) {
        AUTO_FREE char *text = xasprintf("current-context: c\n"
                                         "contexts: [{name: c, context: {cluster: k, user: u}}]\n"
                                         "clusters: [{name: k, cluster: {%s}}]\n"
                                         "users: [{name: u, user: {%s}}]\n",
                                         cluster, user);
        const KubeConfigFile file = { STR("f"), STR("/folder"), str_of(text) };

        return kube_config_merge(&file, 1, STR(""), ret_config, err);
}

static void check_refused(const char *cluster, const char *user, const char *message) {
        AUTO(error_clear) Error err = { 0 };
        KubeConfig config;

        CHECK(!load(cluster, user, &config, &err));
        CHECK_STR(err.message, message);
        CHECK_INT(err.code, ERROR_INVALID);
}

static void every_field_of_a_kubeconfig_is_read(void **state) {
        const World *world = *state;
        AUTO_FREE char *ca = base64_of(world->authority.cert_pem);
        AUTO_FREE char *cert = base64_of(world->client.cert_pem);
        AUTO_FREE char *key = base64_of(world->client.key_pem);
        AUTO_FREE char *cluster = xasprintf("server: 'https://h:6443/', tls-server-name: kubernetes, "
                                            "proxy-url: 'http://p:1', certificate-authority-data: %s",
                                            ca);
        AUTO_FREE char *user =
                xasprintf("client-certificate-data: %s, client-key-data: %s, token: t0ken, as: jane, "
                          "as-uid: '7', as-groups: [g1, g2], as-user-extra: {scopes: [a, b], x: [c]}",
                          cert, key);
        AUTO(kube_config_clear) KubeConfig config = { 0 };
        AUTO(error_clear) Error err = { 0 };

        if (!load(cluster, user, &config, &err))
                fail_msg("%s", err.message);
        CHECK_TEXT(config.source, "f");
        CHECK_TEXT(config.context, "c");
        CHECK_TEXT(config.cluster, "k");
        CHECK_TEXT(config.user, "u");
        CHECK_TEXT(config.namespace, "default");
        CHECK_TEXT(config.server, "https://h:6443");
        CHECK_TEXT(config.tls_server_name, "kubernetes");
        CHECK_TEXT(config.proxy_url, "http://p:1");
        CHECK_TEXT(config.ca_pem, world->authority.cert_pem);
        CHECK_TEXT(config.ca_file, "");
        CHECK_TEXT(config.client_cert_pem, world->client.cert_pem);
        CHECK_TEXT(secret_reveal(&config.client_key_pem), world->client.key_pem);
        CHECK_TEXT(secret_reveal(&config.token), "t0ken");
        CHECK_TEXT(config.impersonate_user, "jane");
        CHECK_TEXT(config.impersonate_uid, "7");
        CHECK_INT(config.impersonate_groups.len, 2);
        CHECK_INT(config.impersonate_extra_len, 3);
        CHECK_TEXT(config.impersonate_extra[1].key, "scopes");
        CHECK_TEXT(config.impersonate_extra[1].value, "b");
        CHECK_INT(config.warnings.len, 0);
        CHECK(!config.insecure_skip_verify && !config.exec.is_set);
}

static void a_plugin_is_read_whole(void **state) {
        AUTO(kube_config_clear) KubeConfig config = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(load("server: 'https://h', extensions: [{name: other, extension: 1}, {name: "
                   "client.authentication.k8s.io/exec, extension: {audience: x}}]",
                   "exec: {apiVersion: client.authentication.k8s.io/v1, command: bin/login, args: [a, 'b "
                   "c'], env: "
                   "[{name: A, value: '1=2'}, {name: B}], installHint: get it, provideClusterInfo: true, "
                   "interactiveMode: Never}",
                   &config, &err));
        CHECK(config.exec.is_set && config.exec.provide_cluster_info);
        CHECK_TEXT(config.exec.command, "/folder/bin/login");
        CHECK_INT(config.exec.args.len, 2);
        CHECK_TEXT(config.exec.args.items[1], "b c");
        CHECK_TEXT(config.exec.env.items[0], "A=1=2");
        CHECK_TEXT(config.exec.env.items[1], "B=");
        CHECK_TEXT(config.exec.install_hint, "get it");
        CHECK_TEXT(config.exec.interactive_mode, "Never");
        CHECK_TEXT(config.exec.cluster_config_json, "{\"audience\":\"x\"}");
}

static void a_plugin_in_the_path_is_not_looked_for_in_the_folder(void **state) {
        AUTO(kube_config_clear) KubeConfig config = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(load("server: 'https://h'",
                   "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: login}", &config,
                   &err));
        CHECK_TEXT(config.exec.command, "login");
        CHECK_TEXT(config.exec.interactive_mode, "IfAvailable");
}

static void an_address_is_completed_as_kubectl_does(void **state) {
        const struct {
                const char *cluster, *server;
        } cases[] = {
                { "server: 'h:6443'", "http://h:6443" },
                { "server: 'h:6443', insecure-skip-tls-verify: true", "https://h:6443" },
                { "server: 'https://h/k8s/c-1///'", "https://h/k8s/c-1" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(kube_config_clear) KubeConfig config = { 0 };
                AUTO(error_clear) Error err = { 0 };

                CHECK(load(c->cluster, "", &config, &err));
                CHECK_TEXT(config.server, c->server);
        }
}

static void what_is_wrong_is_told_with_file_entry_and_field(void **state) {
        const World *world = *state;
        AUTO_FREE char *pem = base64_of("no certificate");
        AUTO_FREE char *ca = base64_of(world->authority.cert_pem);
        AUTO_FREE char *cert = base64_of(world->client.cert_pem);
        AUTO_FREE char *other_key = base64_of(world->other.key_pem);
        AUTO_FREE char *bad_ca = xasprintf("server: 'https://h', certificate-authority-data: %s", pem);
        AUTO_FREE char *insecure_ca = xasprintf(
                "server: 'https://h', insecure-skip-tls-verify: true, certificate-authority-data: %s", ca);
        AUTO_FREE char *cert_only = xasprintf("client-certificate-data: %s", cert);
        AUTO_FREE char *key_only = xasprintf("client-key-data: %s", other_key);
        AUTO_FREE char *no_pair =
                xasprintf("client-certificate-data: %s, client-key-data: %s", cert, other_key);
        AUTO_FREE char *no_cert =
                xasprintf("client-certificate-data: %s, client-key-data: %s", pem, other_key);
        const char *fine = "server: 'https://h'";
        const struct {
                const char *cluster, *user, *message;
        } cases[] = {
                { "", "", "f: cluster \"k\": server: the field is missing" },
                { "server: [h]", "", "f: cluster \"k\": server: expected a string" },
                { "server: 'https://h:x'", "",
                  "f: cluster \"k\": server: \"https://h:x\" is not an address: the port is not a number" },
                { "server: 'https://h', insecure-skip-tls-verify: 'yes'", "",
                  "f: cluster \"k\": insecure-skip-tls-verify: expected true or false" },
                { "server: 'https://h', certificate-authority-data: '&'", "",
                  "f: cluster \"k\": certificate-authority-data: is not base64" },
                { bad_ca, "",
                  "f: cluster \"k\": certificate-authority-data: holds no PEM certificate (\"-----BEGIN "
                  "CERTIFICATE-----\")" },
                { insecure_ca, "",
                  "f: cluster \"k\": certificate-authority-data: cannot be used together with "
                  "insecure-skip-tls-verify" },
                { "server: 'https://h', certificate-authority: ca.crt", "",
                  "f: cluster \"k\": certificate-authority: /folder/ca.crt: No such file or directory" },
                { "server: 'https://h', certificate-authority: /dev/null", "",
                  "f: cluster \"k\": certificate-authority: is empty" },
                { "server: 'https://h', certificate-authority: /dev/zero", "",
                  "f: cluster \"k\": certificate-authority: /dev/zero: the file is larger than the limit of "
                  "1048576 bytes" },
                { fine, cert_only, "f: user \"u\": client-certificate-data: there is no client-key to it" },
                { fine, key_only, "f: user \"u\": client-key-data: there is no client-certificate to it" },
                { fine, no_pair, "f: user \"u\": client-key-data: is not the key of the client certificate" },
                { fine, no_cert,
                  "f: user \"u\": client-certificate-data: holds no PEM certificate (\"-----BEGIN "
                  "CERTIFICATE-----\")" },
                { fine, "token: [secret]", "f: user \"u\": token: expected a string" },
                { fine, "token: a, username: b",
                  "f: user \"u\": token: cannot be used together with username and password" },
                { fine, "as-groups: [a]",
                  "f: user \"u\": as: is missing, but as-uid, as-groups or as-user-extra is set" },
                { fine, "as: a, as-groups: b", "f: user \"u\": as-groups: expected a list of strings" },
                { fine, "as: a, as-groups: [{}]", "f: user \"u\": as-groups: expected a list of strings" },
                { fine, "as: a, as-user-extra: [b]",
                  "f: user \"u\": as-user-extra: expected an object of lists of strings" },
                { fine, "as: a, as-user-extra: {b: c}",
                  "f: user \"u\": as-user-extra: expected an object of lists of strings" },
                { fine, "auth-provider: {name: gcp}",
                  "f: user \"u\": auth-provider: was removed from Kubernetes in 1.26: use an exec credential "
                  "plugin (the "
                  "field exec) instead" },
                { fine, "exec: login", "f: user \"u\": exec: expected an object" },
                { fine, "exec: {apiVersion: client.authentication.k8s.io/v1}",
                  "f: user \"u\": exec.command: the field is missing" },
                { fine, "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: c}",
                  "f: user \"u\": exec.apiVersion: expected client.authentication.k8s.io/v1 or "
                  "client.authentication.k8s.io/v1beta1" },
                { fine,
                  "exec: {apiVersion: client.authentication.k8s.io/v1, command: c, interactiveMode: Maybe}",
                  "f: user \"u\": exec.interactiveMode: expected Never, IfAvailable or Always" },
                { fine, "exec: {apiVersion: client.authentication.k8s.io/v1, command: c, env: {a: b}}",
                  "f: user \"u\": exec.env: expected a list of {name, value}" },
                { fine,
                  "exec: {apiVersion: client.authentication.k8s.io/v1, command: c, env: [{name: 'a=b'}]}",
                  "f: user \"u\": exec.env: a name is empty or has an '='" },
        };

        FOR_EACH_CASE(cases, c)
        check_refused(c->cluster, c->user, c->message);
}

static void an_expired_client_certificate_is_found_before_it_is_used(void **state) {
        const World *world = *state;
        AUTO_FREE char *cert = base64_of(world->expired.cert_pem);
        AUTO_FREE char *key = base64_of(world->expired.key_pem);
        AUTO_FREE char *user = xasprintf("client-certificate-data: %s, client-key-data: %s", cert, key);
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        CertificateTimes times;

        CHECK(certificate_times(str_of(world->expired.cert_pem), &times, &err));
        check_refused(
                "server: 'https://h'", user,
                arena_printf(&arena,
                             "f: user \"u\": client-certificate-data: the certificate expired at " STR_FMT,
                             STR_ARG(clock_rfc3339(times.not_after_ms, &arena))));
}

static void a_number_where_text_belongs_is_taken_as_text(void **state) {
        AUTO(kube_config_clear) KubeConfig config = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(load("server: 'https://h'", "token: 12345, as: yes, as-groups: [7]", &config, &err));
        CHECK_TEXT(secret_reveal(&config.token), "12345");
        CHECK_TEXT(config.impersonate_user, "true");
        CHECK_TEXT(config.impersonate_groups.items[0], "7");
}

static void fields_that_are_not_known_are_warned_of(void **state) {
        AUTO(kube_config_clear) KubeConfig config = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(load("server: 'https://h', disable-compression: true, servr: x", "tokenfile: /t", &config,
                   &err));
        CHECK_INT(config.warnings.len, 2);
        CHECK_TEXT(config.warnings.items[0],
                   "f: cluster \"k\": the field \"servr\" is not known and has no effect");
        CHECK_TEXT(config.warnings.items[1],
                   "f: user \"u\": the field \"tokenfile\" is not known and has no effect");
}

static void the_first_file_to_say_a_thing_wins(void **state) {
        const KubeConfigFile files[] = {
                { STR("a"), STR("/a"),
                  STR("contexts: [{name: x, context: {cluster: k, user: u, namespace: n1}}]\n"
                      "users: [{name: u, user: {tokenFile: t}}]") },
                { STR("empty"), STR("/"), STR("# nothing\n") },
                { STR("b"), STR("/b"),
                  STR("current-context: x\n"
                      "contexts: [{name: x, context: {cluster: no}}, {name: z, context: {cluster: k}}]\n"
                      "clusters: [{name: k, cluster: {server: 'https://b', certificate-authority-data: "
                      "null}}]\n"
                      "users: [{name: u, user: {tokenFile: other, username: me}}]") },
                { STR("c"), STR("/c"),
                  STR("current-context: z\nclusters: [{name: k, cluster: {server: 'https://c'}}]\nusers: "
                      "null") },
        };
        AUTO(kube_config_clear) KubeConfig config = { 0 };
        AUTO(kube_config_clear) KubeConfig other = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        if (!kube_config_merge(files, 4, STR(""), &config, &err))
                fail_msg("%s", err.message);
        CHECK_TEXT(config.source, "a:empty:b:c");
        CHECK_TEXT(config.context, "x");
        CHECK_TEXT(config.namespace, "n1");
        CHECK_TEXT(config.server, "https://b");
        CHECK_TEXT(config.token_file, "/a/t");
        CHECK_TEXT(config.username, ""); /* an entry is taken whole */
        CHECK(kube_config_merge(files, 4, STR("z"), &other, &err));
        CHECK_TEXT(other.context, "z");
        CHECK_TEXT(other.user, "");
}

static void a_kubeconfig_that_does_not_hold_together_is_refused(void **state) {
        const struct {
                const char *text, *context, *message;
        } cases[] = {
                { "", "", "f: no current-context: choose one (there are: none)" },
                { "contexts: [{name: a}, {name: b}]", "",
                  "f: no current-context: choose one (there are: a, b)" },
                { "contexts: [{name: a}, {name: b}]", "z", "f: no context \"z\" (there are: a, b)" },
                { "contexts: [{name: a, context: {}}]", "a",
                  "f: context \"a\": cluster: the field is missing" },
                { "contexts: [{name: a, context: {cluster: k}}]", "a",
                  "f: context \"a\": cluster: no cluster is called \"k\"" },
                { "contexts: [{name: a, context: {cluster: k, user: u}}]\nclusters: [{name: k}]", "a",
                  "f: context \"a\": user: no user is called \"u\"" },
                { "contexts: [{name: a, context: {cluster: k}}]\nclusters: [{name: k}]", "a",
                  "f: cluster \"k\": server: the field is missing" },
                { "contexts: {a: b}", "a", "f: contexts: expected a list" },
                { "contexts: [{context: {}}]", "a", "f: contexts: an entry has no name" },
                { "contexts: [{name: [a]}]", "a", "f: contexts: an entry has no name" },
                { "current-context: {}", "", "f: current-context: expected a string" },
                { "contexts: [{name: a, context: b}]", "a", "f: context \"a\": context: expected an object" },
                { "contexts: [{name: a}, {name: a}]", "a", "f: context \"a\": the name is used twice" },
                { "kind: Pod", "", "f: not a kubeconfig: its kind is \"Pod\", not Config" },
                { "[a]", "", "f: not a kubeconfig: expected an object at the top" },
                { "a: b\n---\nc: d", "", "f: holds 2 documents, expected one" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                const KubeConfigFile file = { STR("f"), STR("/"), str_of(c->text) };
                AUTO(error_clear) Error err = { 0 };
                KubeConfig config;

                CHECK(!kube_config_merge(&file, 1, str_of(c->context), &config, &err));
                CHECK_STR(err.message, c->message);
        }
}

static void yaml_that_is_wrong_is_told_with_file_and_line(void **state) {
        const KubeConfigFile file = { STR("/home/me/.kube/config"), STR("/"), STR("a: b\n\tc: d\n") };
        AUTO(error_clear) Error err = { 0 };
        KubeConfig config;

        (void) state;
        CHECK(!kube_config_merge(&file, 1, STR(""), &config, &err));
        CHECK(strstr(err.message, "/home/me/.kube/config") != NULL);
        CHECK(strstr(err.message, "line 2") != NULL);
}

#define SMALL(server)                                                                                        \
        "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\nclusters: [{name: k, cluster: "   \
        "{server: '" server "'}}]\n"

static void the_places_are_tried_in_order(void **state) {
        const World *world = *state;
        AUTO_FREE char *home_file = write_file(world, ".kube/config", SMALL("https://home"));
        AUTO_FREE char *one = write_file(world, "one", "users: []\n");
        AUTO_FREE char *two = write_file(world, "two", SMALL("https://two"));
        AUTO_FREE char *list = xasprintf("/no/such:%s:%s::%s", one, two, one);
        const ConfigPlaces all = { .kubeconfig = str_of(list), .home = str_of(world->folder) };
        const ConfigPlaces home = { .home = str_of(world->folder) };
        AUTO(error_clear) Error err = { 0 };
        AUTO(kube_config_clear) KubeConfig first = { 0 };
        AUTO(kube_config_clear) KubeConfig second = { 0 };
        AUTO(kube_config_clear) KubeConfig third = { 0 };

        CHECK(config_load_from(&all, &(KubeConfigChoice) { .path = str_of(home_file) }, &first, &err));
        CHECK_TEXT(first.server, "https://home");
        CHECK(config_load_from(&all, &(KubeConfigChoice) { 0 }, &second, &err));
        CHECK_TEXT(second.server, "https://two");
        AUTO_FREE char *source = xasprintf("%s:%s", one, two);
        CHECK_TEXT(second.source, source);
        CHECK(config_load_from(&home, &(KubeConfigChoice) { .context = STR("c") }, &third, &err));
        CHECK_TEXT(third.server, "https://home");
}

static void files_named_in_a_kubeconfig_are_relative_to_it(void **state) {
        const World *world = *state;
        AUTO_FREE char *ca = write_file(world, "pki/ca.crt", world->authority.cert_pem);
        AUTO_FREE char *file =
                write_file(world, "relative",
                           "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\n"
                           "clusters: [{name: k, cluster: {server: h, certificate-authority: pki/ca.crt}}]");
        const char *names[] = { file, "relative" };
        AUTO_FREE char *here = getcwd(NULL, 0);

        CHECK_INT(chdir(world->folder), 0);
        FOR_EACH_CASE(names, name) {
                AUTO(kube_config_clear) KubeConfig config = { 0 };
                AUTO(error_clear) Error err = { 0 };

                CHECK(config_load_from(&(ConfigPlaces) { 0 }, &(KubeConfigChoice) { .path = str_of(*name) },
                                       &config, &err));
                CHECK_TEXT(config.ca_pem, world->authority.cert_pem);
                CHECK(str_starts_with(config.ca_file, str_of(world->folder)) &&
                      str_ends_with(config.ca_file, STR("/pki/ca.crt")));
                CHECK_TEXT(config.server, "https://h");
        }
        CHECK_INT(chdir(here), 0);
}

static void no_cluster_at_all_is_told_with_the_ways_to_name_one(void **state) {
        const World *world = *state;
        AUTO_FREE char *empty_home = xasprintf("%s/nobody", world->folder);
        const struct {
                ConfigPlaces places;
                KubeConfigChoice choice;
                const char *message;
        } cases[] = {
                { { .home = STR("") },
                  { .path = STR("") },
                  "no cluster is configured: give --kubeconfig FILE, set $KUBECONFIG, or create "
                  "~/.kube/config" },
                { { .home = str_of(empty_home) },
                  { .path = STR("") },
                  "no cluster is configured: give --kubeconfig FILE, set $KUBECONFIG, or create "
                  "~/.kube/config" },
                { { .kubeconfig = STR("/no/a:/no/b") },
                  { .path = STR("") },
                  "no cluster is configured: $KUBECONFIG is \"/no/a:/no/b\", and no such file exists" },
                { { .home = STR("") },
                  { .path = STR("/no/file") },
                  "the kubeconfig cannot be read: /no/file: No such file or directory" },
        };

        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                KubeConfig config;

                CHECK(!config_load_from(&c->places, &c->choice, &config, &err));
                CHECK_STR(err.message, c->message);
                CHECK_INT(err.code, ERROR_NOT_FOUND);
        }
}

static void a_file_that_cannot_be_read_is_not_passed_over(void **state) {
        const World *world = *state;
        const ConfigPlaces places = { .kubeconfig = str_of(world->folder) };
        AUTO_FREE char *expected = xasprintf("%s: Is a directory", world->folder);
        AUTO(error_clear) Error err = { 0 };
        KubeConfig config;

        CHECK(!config_load_from(&places, &(KubeConfigChoice) { 0 }, &config, &err));
        CHECK_STR(err.message, expected);
}

static void in_a_pod_the_service_account_is_used(void **state) {
        const World *world = *state;
        AUTO_FREE char *token = write_file(world, "account/token", "t0ken");
        AUTO_FREE char *ca = write_file(world, "account/ca.crt", world->authority.cert_pem);
        AUTO_FREE char *namespace = write_file(world, "account/namespace", "backup\n");
        AUTO_FREE char *account = xasprintf("%s/account", world->folder);
        ConfigPlaces places = { .service_host = STR("10.96.0.1"),
                                .service_port = STR("443"),
                                .service_account = str_of(account) };
        AUTO(kube_config_clear) KubeConfig config = { 0 };
        AUTO(kube_config_clear) KubeConfig ipv6 = { 0 };
        AUTO(error_clear) Error err = { 0 };

        CHECK(config_load_from(&places, &(KubeConfigChoice) { 0 }, &config, &err));
        CHECK_TEXT(config.source, "in-cluster");
        CHECK_TEXT(config.server, "https://10.96.0.1:443");
        CHECK_TEXT(config.token_file, token);
        CHECK_TEXT(config.ca_pem, world->authority.cert_pem);
        CHECK_TEXT(config.ca_file, ca);
        CHECK_TEXT(config.namespace, "backup");
        unlink(namespace);
        places.service_host = STR("fd00::1");
        CHECK(config_load_from(&places, &(KubeConfigChoice) { 0 }, &ipv6, &err));
        CHECK_TEXT(ipv6.server, "https://[fd00::1]:443");
        CHECK_TEXT(ipv6.namespace, "default");

        CHECK(!config_load_from(&places, &(KubeConfigChoice) { .context = STR("x") }, &config, &err));
        CHECK_STR(err.message, "no context \"x\": there is no kubeconfig, only the pod's service account");
        error_clear(&err);
        unlink(ca);
        CHECK(!config_load_from(&places, &(KubeConfigChoice) { 0 }, &config, &err));
        AUTO_FREE char *expected =
                xasprintf("the service account's certificate authority: %s: No such file or directory", ca);
        CHECK_STR(err.message, expected);
        error_clear(&err);
        AUTO_FREE char *broken = write_file(world, "account/ca.crt", "none");
        CHECK(!config_load_from(&places, &(KubeConfigChoice) { 0 }, &config, &err));
        AUTO_FREE char *no_pem =
                xasprintf("%s: holds no PEM certificate (\"-----BEGIN CERTIFICATE-----\")", broken);
        CHECK_STR(err.message, no_pem);
}

static void the_environment_names_the_places(void **state) {
        const World *world = *state;
        AUTO_FREE char *file = write_file(world, "env", SMALL("https://env"));
        AUTO(kube_config_clear) KubeConfig config = { 0 };
        AUTO(error_clear) Error err = { 0 };

        setenv("KUBECONFIG", file, 1);
        CHECK(kube_config_load(&(KubeConfigChoice) { 0 }, &config, &err));
        CHECK_TEXT(config.server, "https://env");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_field_of_a_kubeconfig_is_read),
                cmocka_unit_test(a_plugin_is_read_whole),
                cmocka_unit_test(a_plugin_in_the_path_is_not_looked_for_in_the_folder),
                cmocka_unit_test(an_address_is_completed_as_kubectl_does),
                cmocka_unit_test(what_is_wrong_is_told_with_file_entry_and_field),
                cmocka_unit_test(an_expired_client_certificate_is_found_before_it_is_used),
                cmocka_unit_test(a_number_where_text_belongs_is_taken_as_text),
                cmocka_unit_test(fields_that_are_not_known_are_warned_of),
                cmocka_unit_test(the_first_file_to_say_a_thing_wins),
                cmocka_unit_test(a_kubeconfig_that_does_not_hold_together_is_refused),
                cmocka_unit_test(yaml_that_is_wrong_is_told_with_file_and_line),
                cmocka_unit_test(the_places_are_tried_in_order),
                cmocka_unit_test(files_named_in_a_kubeconfig_are_relative_to_it),
                cmocka_unit_test(no_cluster_at_all_is_told_with_the_ways_to_name_one),
                cmocka_unit_test(a_file_that_cannot_be_read_is_not_passed_over),
                cmocka_unit_test(in_a_pod_the_service_account_is_used),
                cmocka_unit_test(the_environment_names_the_places),
        };

        return cmocka_run_group_tests(tests, make_world, forget_world);
}
