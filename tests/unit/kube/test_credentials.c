#include "kube/credentials.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "certificates.h"
#include "check.h"
#include "kube/exec_plugin.h"
#include "kube/run_program.h"
#include "moved_clock.h"

static char folder[] = "/tmp/grapnel-credentials-XXXXXX";

static int make_folder(void **state) {
        (void) state;
        return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
        AUTO_FREE char *command = xasprintf("rm -rf %s", folder);

        (void) state;
        return system(command);
}

static char *write_file(const char *name, const char *text) {
        char *path = xasprintf("%s/%s", folder, name);
        FILE *file = fopen(path, "w");

        CHECK(file != NULL);
        fputs(text, file);
        fclose(file);
        return path;
}

/* A plugin that counts how often it ran, in the file `count`. */
static KubeConfig plugin_config(const char *script) {
        KubeConfig config = { .source = STR("f"), .user = STR("u"), .server = STR("https://h") };

        config.exec = (ExecPlugin) { .api_version = STR("client.authentication.k8s.io/v1"),
                                     .command = STR("/bin/sh"),
                                     .interactive_mode = STR("Never"),
                                     .is_set = true };
        strs_add(&config.exec.args, &config.arena, STR("-c"));
        strs_add(&config.exec.args, &config.arena,
                 str_of(arena_printf(&config.arena, "echo x >> %s/count; %s", folder, script)));
        return config;
}

#define CREDENTIAL(status)                                                                                   \
        "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/"                        \
        "v1\",\"status\":{" status "}}"

static unsigned runs(void) {
        AUTO_FREE char *path = xasprintf("%s/count", folder);
        struct stat file;

        return stat(path, &file) == 0 ? (unsigned) file.st_size / 2 : 0;
}

static void forget_runs(void) {
        AUTO_FREE char *path = xasprintf("%s/count", folder);

        unlink(path);
}

static void check_bearer(Credentials *credentials, const char *expected) {
        AUTO(secret_clear) Secret bearer = { 0 };
        AUTO(error_clear) Error err = { 0 };

        if (!credentials_bearer(credentials, NULL, &bearer, &err))
                fail_msg("%s", err.message);
        CHECK_TEXT(secret_reveal(&bearer), expected);
}

static void check_no_bearer(Credentials *credentials, ErrorCode code, const char *message) {
        AUTO(secret_clear) Secret bearer = { 0 };
        AUTO(error_clear) Error err = { 0 };

        CHECK(!credentials_bearer(credentials, NULL, &bearer, &err));
        CHECK_STR(err.message, message);
        CHECK_INT(err.code, code);
}

static void a_token_of_the_kubeconfig_is_constant(void **state) {
        AUTO(kube_config_clear) KubeConfig config = plugin_config("exit 1");

        (void) state;
        config.token = secret_copy(STR("t0ken"));
        AUTO(credentials_freep) Credentials *credentials = credentials_new(&config);
        check_bearer(credentials, "t0ken");
        CHECK(!credentials_expired(credentials));
        CHECK_INT(runs(), 0); /* a plugin beside it is not asked */
}

static void nobody_has_no_bearer(void **state) {
        KubeConfig config = { 0 };
        AUTO(credentials_freep) Credentials *credentials = credentials_new(&config);
        size_t count;

        (void) state;
        check_bearer(credentials, "");
        credentials_headers(credentials, &count);
        CHECK_INT(count, 0);
        CHECK(!credentials_expired(credentials));
        credentials_free(NULL);
}

static void impersonation_and_passwords_become_headers(void **state) {
        AUTO(kube_config_clear)
        KubeConfig config = { .username = STR("me"),
                              .impersonate_user = STR("jane"),
                              .impersonate_uid = STR("7") };
        ImpersonateExtra extra = { STR("example.org/Scope x"), STR("all") };
        const HttpHeader expected[] = {
                { "Authorization", STR("Basic bWU6cGFzcw==") },
                { "Impersonate-User", STR("jane") },
                { "Impersonate-Uid", STR("7") },
                { "Impersonate-Group", STR("a") },
                { "Impersonate-Group", STR("b") },
                { "Impersonate-Extra-example.org%2FScope%20x", STR("all") },
        };
        size_t count;

        (void) state;
        config.password = secret_copy(STR("pass"));
        strs_add(&config.impersonate_groups, &config.arena, STR("a"));
        strs_add(&config.impersonate_groups, &config.arena, STR("b"));
        config.impersonate_extra = &extra;
        config.impersonate_extra_len = 1;
        AUTO(credentials_freep) Credentials *credentials = credentials_new(&config);
        const HttpHeader *headers = credentials_headers(credentials, &count);
        CHECK_INT(count, sizeof expected / sizeof *expected);
        for (size_t i = 0; i < count; i++) {
                CHECK_STR(headers[i].name, expected[i].name);
                CHECK(str_equal(headers[i].value, expected[i].value));
        }
}

static void a_token_file_is_read_again_when_it_changes(void **state) {
        AUTO_FREE char *path = write_file("token", "one\n");
        KubeConfig config = { .token_file = str_of(path) };
        AUTO(credentials_freep) Credentials *credentials = credentials_new(&config);

        (void) state;
        check_bearer(credentials, "one");
        free(write_file("token", "second"));
        check_bearer(credentials, "second");
        AUTO_FREE char *next =
                write_file("next", "third!"); /* as Kubernetes does: another file takes its place */
        rename(next, path);
        check_bearer(credentials, "third!");
        CHECK(credentials_expired(credentials));
        unlink(path); /* on its way to be replaced */
        check_bearer(credentials, "third!");
}

static void a_token_file_that_gives_nothing_is_told(void **state) {
        AUTO_FREE char *path = write_file("empty", " \n");
        KubeConfig config = { .token_file = str_of(path) };
        KubeConfig missing = { .token_file = STR("/no/token") };
        AUTO(credentials_freep) Credentials *credentials = credentials_new(&config);
        AUTO(credentials_freep) Credentials *none = credentials_new(&missing);
        AUTO_FREE char *message = xasprintf("the token file %s is empty", path);

        (void) state;
        check_no_bearer(credentials, ERROR_FORBIDDEN, message);
        check_no_bearer(none, ERROR_NOT_FOUND, "the token file: /no/token: No such file or directory");
}

static void a_plugin_is_run_once_until_its_token_expires(void **state) {
        AUTO(kube_config_clear)
        KubeConfig config = plugin_config("echo '" CREDENTIAL(
                "\"token\":\"fresh\",\"expirationTimestamp\":\"2999-01-01T00:00:00Z\"") "'");
        AUTO(kube_config_clear)
        KubeConfig old = plugin_config("echo '" CREDENTIAL(
                "\"token\":\"old\",\"expirationTimestamp\":\"2001-01-01T00:00:00Z\"") "'");

        (void) state;
        forget_runs();
        AUTO(credentials_freep) Credentials *credentials = credentials_new(&config);
        for (int i = 0; i < 3; i++)
                check_bearer(credentials, "fresh");
        CHECK_INT(runs(), 1);
        CHECK(credentials_expired(credentials));
        check_bearer(credentials, "fresh");
        CHECK_INT(runs(),
                  1); /* it was asked just now: the 401 is older than its answer, or will not go away */

        forget_runs();
        AUTO(credentials_freep) Credentials *expired = credentials_new(&old);
        for (int i = 0; i < 3; i++)
                check_bearer(expired, "old");
        CHECK_INT(runs(), 3);
}

typedef struct Crowd {
        Credentials *credentials;
        const Stop *stop;
} Crowd;

static void ask(void *user) {
        const Crowd *crowd = user;
        AUTO(secret_clear) Secret bearer = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) !credentials_bearer(crowd->credentials, crowd->stop, &bearer, &err);
}

static void many_threads_wait_for_one_plugin(void **state) {
        AUTO(kube_config_clear)
        KubeConfig config = plugin_config("sleep 0.2; echo '" CREDENTIAL("\"token\":\"t\"") "'");
        AUTO(kube_config_clear) KubeConfig failing = plugin_config("sleep 0.2; exit 3");

        (void) state;
        forget_runs();
        AUTO(credentials_freep) Credentials *credentials = credentials_new(&config);
        Crowd crowd = { credentials, NULL };
        thread_run_many(8, ask, &crowd);
        CHECK_INT(runs(), 1);
        check_bearer(credentials, "t");

        forget_runs();
        AUTO(credentials_freep) Credentials *others = credentials_new(&failing);
        crowd.credentials = others;
        thread_run_many(8, ask, &crowd);
        CHECK(runs() < 8); /* they share its failure */
}

static void set_stop_soon(void *user) {
        usleep(100000);
        stop_set(user);
}

static void a_stop_ends_the_wait_for_a_plugin(void **state) {
        AUTO(kube_config_clear) KubeConfig config = plugin_config("sleep 77");
        AUTO(credentials_freep) Credentials *credentials = credentials_new(&config);
        AUTO(stop_freep) Stop *stop = stop_new();
        Crowd crowd = { credentials, stop };
        int64_t start = clock_ms();

        (void) state;
        Thread thread = thread_start(set_stop_soon, stop);
        thread_run_many(4, ask, &crowd); /* one runs it, three wait for it */
        thread_join(thread);
        CHECK(clock_ms() - start < 2000);
}

static void a_token_that_the_server_refuses_is_asked_for_again(void **state) {
        AUTO(kube_config_clear) KubeConfig config = plugin_config("echo '" CREDENTIAL("\"token\":\"t\"") "'");
        AUTO(credentials_freep) Credentials *credentials = credentials_new(&config);

        (void) state;
        forget_runs();
        check_bearer(credentials, "t");
        let_pass_ms(5100); /* a 401 sooner than that could be older than the token */
        CHECK(credentials_expired(credentials));
        check_bearer(credentials, "t");
        CHECK_INT(runs(), 2);
}

static void a_client_certificate_of_a_plugin_goes_into_the_connection(void **state) {
        TestCertificate certificate = test_certificate((TestCertificatePlan) { .name = "me" });
        AUTO(buf_clear) Buf answer = { 0 };

        (void) state;
        buf_add(&answer,
                STR("{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
                    "\"status\":{\"clientCertificateData\":\""));
        for (const char *c = certificate.cert_pem; *c; c++)
                buf_add(&answer, *c == '\n' ? STR("\\n") : (Str) { c, 1 });
        buf_add(&answer, STR("\",\"clientKeyData\":\""));
        for (const char *c = certificate.key_pem; *c; c++)
                buf_add(&answer, *c == '\n' ? STR("\\n") : (Str) { c, 1 });
        buf_add(&answer, STR("\"}}"));
        buf_add_char(&answer, '\0');
        AUTO_FREE char *file = write_file("answer", answer.ptr);
        AUTO_FREE char *script = xasprintf("cat %s", file);
        AUTO(kube_config_clear) KubeConfig config = plugin_config(script);
        AUTO(credentials_freep) Credentials *credentials = credentials_new(&config);
        AUTO(error_clear) Error err = { 0 };
        AUTO(renewed_tls_clear) RenewedTls given = { 0 };

        CHECK(credentials_prepare(credentials, NULL, &err));
        CHECK(credentials_tls(credentials, &given));
        CHECK_TEXT(secret_reveal(&given.cert_pem), certificate.cert_pem);
        CHECK_TEXT(secret_reveal(&given.key_pem), certificate.key_pem);
        CHECK(!credentials_tls(credentials, &given)); /* it is known */
        check_bearer(credentials, "");
        test_certificate_clear(&certificate);
}

static void nothing_is_prepared_without_a_plugin(void **state) {
        KubeConfig config = { 0 };
        AUTO(credentials_freep) Credentials *credentials = credentials_new(&config);
        AUTO(error_clear) Error err = { 0 };
        RenewedTls given = { 0 };

        (void) state;
        CHECK(credentials_prepare(credentials, NULL, &err));
        CHECK(!credentials_tls(credentials, &given));
}

static void a_plugin_that_fails_is_told_with_the_reason(void **state) {
        const struct {
                const char *script;
                ErrorCode code;
                const char *message;
        } cases[] = {
                { "exit 3", ERROR_FORBIDDEN, "failed with exit code 3" },
                { "no-such-command-at-all 2>&-", ERROR_NOT_FOUND,
                  "is not installed, or a part of it is not (exit code 127)" },
                { "kill -TERM $$", ERROR_FORBIDDEN, "was ended by signal 15 (Terminated)" },
                { "echo hello", ERROR_INVALID, "its output is not JSON" },
                { "head -c 2000000 /dev/zero", ERROR_INVALID, "its output is larger than 1048576 bytes" },
                { "echo '{\"kind\":\"Pod\"}'", ERROR_INVALID, "its output is not an ExecCredential" },
                { "echo "
                  "'{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\"}'",
                  ERROR_INVALID,
                  "its output is not of the apiVersion that the kubeconfig says, "
                  "client.authentication.k8s.io/v1" },
                { "echo '" CREDENTIAL("") "'", ERROR_INVALID,
                  "status has neither a token nor a client certificate" },
                { "echo '" CREDENTIAL("\"clientKeyData\":\"x\"") "'", ERROR_INVALID,
                  "status has only one of clientCertificateData and clientKeyData" },
                { "echo '" CREDENTIAL("\"clientKeyData\":\"x\",\"clientCertificateData\":\"y\"") "'",
                  ERROR_INVALID,
                  "status.clientCertificateData and clientKeyData: holds no PEM certificate (\"-----BEGIN "
                  "CERTIFICATE-----\")" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(kube_config_clear) KubeConfig config = plugin_config(c->script);
                AUTO(credentials_freep) Credentials *credentials = credentials_new(&config);
                AUTO_FREE char *message =
                        xasprintf("f: user \"u\": the credential plugin \"/bin/sh\": %s", c->message);

                check_no_bearer(credentials, c->code, message);
        }
}

static void a_plugin_that_is_not_installed_is_told_with_the_hint_how_to_get_it(void **state) {
        AUTO(kube_config_clear) KubeConfig config = plugin_config("");

        (void) state;
        config.exec.command = STR("no-such-plugin-at-all");
        config.exec.install_hint = STR("get it from the shop");
        AUTO(credentials_freep) Credentials *credentials = credentials_new(&config);
        check_no_bearer(credentials, ERROR_NOT_FOUND,
                        "f: user \"u\": the credential plugin \"no-such-plugin-at-all\": is not installed: "
                        "No such file or "
                        "directory; get it from the shop");
}

static void a_plugin_that_must_ask_needs_a_terminal(void **state) {
        AUTO(kube_config_clear) KubeConfig config = plugin_config("");
        int terminal = dup(STDIN_FILENO), none = open("/dev/null", O_RDONLY);

        (void) state;
        dup2(none, STDIN_FILENO);
        config.exec.interactive_mode = STR("Always");
        AUTO(credentials_freep) Credentials *credentials = credentials_new(&config);
        check_no_bearer(credentials, ERROR_INVALID,
                        "f: user \"u\": the credential plugin \"/bin/sh\": it must ask questions, and there "
                        "is no terminal "
                        "to answer on");
        dup2(terminal, STDIN_FILENO);
        close(terminal);
        close(none);
}

static void a_plugin_is_told_of_the_cluster_when_it_asks(void **state) {
        AUTO(kube_config_clear) KubeConfig config = plugin_config("");
        AUTO(buf_clear) Buf little = { 0 };
        AUTO(buf_clear) Buf much = { 0 };

        (void) state;
        exec_plugin_info(&config, false, &little);
        CHECK_TEXT(buf_str(&little),
                   "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
                   "\"spec\":{\"interactive\":false}}");
        config.exec.provide_cluster_info = true;
        config.exec.cluster_config_json = STR("{\"a\":1}");
        config.tls_server_name = STR("k");
        config.ca_pem = STR("pem");
        config.proxy_url = STR("http://p");
        config.insecure_skip_verify = true;
        exec_plugin_info(&config, true, &much);
        CHECK_TEXT(
                buf_str(&much),
                "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"spec\":{"
                "\"interactive\":true,\"cluster\":{\"server\":\"https://h\",\"tls-server-name\":\"k\","
                "\"insecure-skip-tls-verify\":true,\"certificate-authority-data\":\"cGVt\",\"proxy-url\":"
                "\"http://p\","
                "\"config\":{\"a\":1}}}}");
}

static void the_times_of_a_plugin_are_read_as_kubernetes_writes_them(void **state) {
        const ExecPlugin plugin = { .api_version = STR("client.authentication.k8s.io/v1") };
        AUTO(plugin_credential_clear) PluginCredential credential = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(exec_plugin_decode(
                &plugin, STR(CREDENTIAL("\"token\":\"t\",\"expirationTimestamp\":\"1970-01-01T00:00:07Z\"")),
                &credential, &err));
        CHECK_INT(credential.expires_ms, 7000);
        PluginCredential wrong;
        CHECK(!exec_plugin_decode(
                &plugin, STR(CREDENTIAL("\"token\":\"t\",\"expirationTimestamp\":\"soon\"")), &wrong, &err));
        CHECK(strstr(err.message, "status.expirationTimestamp") != NULL);
}

static bool run_shell(const char *script, int64_t timeout_ms, const Stop *stop, Buf *output, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        Program program = { .command = STR("sh"), .timeout_ms = timeout_ms };

        strs_add(&program.args, &arena, STR("-c"));
        strs_add(&program.args, &arena, str_of(script));
        strs_add(&program.env, &arena, STR("NAME=new"));
        return run_program(&program, stop, output, err);
}

static void a_program_gets_its_environment_and_nothing_else_of_ours(void **state) {
        AUTO(buf_clear) Buf output = { 0 };
        AUTO(error_clear) Error err = { 0 };
        int leaked = open("/dev/null", O_RDONLY);

        (void) state;
        setenv("NAME", "old", 1);
        setenv("OTHER", "kept", 1);
        CHECK(run_shell("cat; echo $NAME $OTHER; ls /proc/self/fd | wc -l", 10000, NULL, &output, &err));
        CHECK_TEXT(buf_str(&output), "new kept\n4\n"); /* 0, 1, 2, and the folder that ls reads */
        close(leaked);
}

static void a_program_that_does_not_end_is_ended_with_its_children(void **state) {
        AUTO(buf_clear) Buf output = { 0 };
        AUTO(error_clear) Error err = { 0 };
        int64_t start = clock_ms();

        (void) state;
        CHECK(!run_shell("sleep 77 & echo $!; wait", 200, NULL, &output, &err));
        CHECK_STR(err.message, "did not end within 200ms");
        CHECK_INT(err.code, ERROR_TIMEOUT);
        CHECK(clock_ms() - start < 2000);
        buf_add_char(&output, '\0');
        pid_t child = (pid_t) strtol(output.ptr, NULL, 10);
        CHECK(child > 1);
        for (int i = 0; i < 100 && kill(child, 0) == 0; i++) {
                AUTO_FREE char *path = xasprintf("/proc/%d/stat", (int) child);
                FILE *stat = fopen(path, "r");
                char process_state = 'Z';

                if (stat && fscanf(stat, "%*d %*s %c", &process_state) != 1)
                        process_state = '?';
                if (stat)
                        fclose(stat);
                if (process_state == 'Z') /* ended; who adopted it has not looked yet */
                        return;
                usleep(10000);
        }
        CHECK(kill(child, 0) != 0);
}

static void a_program_whose_children_live_on_has_ended_all_the_same(void **state) {
        AUTO(buf_clear) Buf output = { 0 };
        AUTO(error_clear) Error err = { 0 };
        int64_t start = clock_ms();

        (void) state;
        CHECK(run_shell("sleep 7 & echo done", 10000, NULL, &output, &err));
        CHECK_TEXT(buf_str(&output), "done\n");
        CHECK(clock_ms() - start < 2000);
}

static void set_soon(void *user) {
        usleep(100000);
        stop_set(user);
}

static void a_stop_ends_a_program_at_once(void **state) {
        AUTO(stop_freep) Stop *stop = stop_new();
        AUTO(buf_clear) Buf output = { 0 };
        AUTO(error_clear) Error err = { 0 };
        int64_t start = clock_ms();

        (void) state;
        Thread thread = thread_start(set_soon, stop);
        CHECK(!run_shell("sleep 77", 60000, stop, &output, &err));
        thread_join(thread);
        CHECK_INT(err.code, ERROR_CANCELED);
        CHECK(clock_ms() - start < 1000);
}

static void a_program_that_closes_its_output_is_waited_for(void **state) {
        AUTO(buf_clear) Buf output = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(!run_shell("echo a; exec >&-; sleep 0.1; exit 5", 10000, NULL, &output, &err));
        CHECK_STR(err.message, "failed with exit code 5");
        CHECK_TEXT(buf_str(&output), "a\n");
}

static void a_program_that_cannot_be_started_is_told(void **state) {
        AUTO_FREE char *path = write_file("no-program", "text");
        const Program program = { .command = str_of(path), .timeout_ms = 1000 };
        AUTO(buf_clear) Buf output = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(!run_program(&program, NULL, &output, &err));
        CHECK_STR(err.message, "cannot be started: Permission denied");
        CHECK_INT(err.code, ERROR_FORBIDDEN);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_token_of_the_kubeconfig_is_constant),
                cmocka_unit_test(nobody_has_no_bearer),
                cmocka_unit_test(impersonation_and_passwords_become_headers),
                cmocka_unit_test(a_token_file_is_read_again_when_it_changes),
                cmocka_unit_test(a_token_file_that_gives_nothing_is_told),
                cmocka_unit_test(a_plugin_is_run_once_until_its_token_expires),
                cmocka_unit_test(many_threads_wait_for_one_plugin),
                cmocka_unit_test(a_stop_ends_the_wait_for_a_plugin),
                cmocka_unit_test(a_token_that_the_server_refuses_is_asked_for_again),
                cmocka_unit_test(a_client_certificate_of_a_plugin_goes_into_the_connection),
                cmocka_unit_test(nothing_is_prepared_without_a_plugin),
                cmocka_unit_test(a_plugin_that_fails_is_told_with_the_reason),
                cmocka_unit_test(a_plugin_that_is_not_installed_is_told_with_the_hint_how_to_get_it),
                cmocka_unit_test(a_plugin_that_must_ask_needs_a_terminal),
                cmocka_unit_test(a_plugin_is_told_of_the_cluster_when_it_asks),
                cmocka_unit_test(the_times_of_a_plugin_are_read_as_kubernetes_writes_them),
                cmocka_unit_test(a_program_gets_its_environment_and_nothing_else_of_ours),
                cmocka_unit_test(a_program_that_does_not_end_is_ended_with_its_children),
                cmocka_unit_test(a_program_whose_children_live_on_has_ended_all_the_same),
                cmocka_unit_test(a_stop_ends_a_program_at_once),
                cmocka_unit_test(a_program_that_closes_its_output_is_waited_for),
                cmocka_unit_test(a_program_that_cannot_be_started_is_told),
        };

        return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
