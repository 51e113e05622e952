#include "kube/exec_plugin.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "data/base64.h"
#include "data/json.h"
#include "kube/run_program.h"
#include "net/certificate.h"

enum { OUTPUT_MAX = 1024 * 1024, TIMEOUT_MS = 60 * 1000 };

void plugin_credential_clear(PluginCredential *credential) {
        secret_clear(&credential->token);
        secret_clear(&credential->cert_pem);
        secret_clear(&credential->key_pem);
        *credential = (PluginCredential) { 0 };
}

static JsonMutVal *cluster_info(const KubeConfig *config, JsonMutDoc *doc) {
        JsonMutVal *cluster = yyjson_mut_obj(doc);
        AUTO(buf_clear) Buf authority = { 0 };
        AUTO(error_clear) Error no_extension = { 0 };
        AUTO_JSON *extension = NULL;

        json_put_str(doc, cluster, "server", config->server);
        if (config->tls_server_name.len)
                json_put_str(doc, cluster, "tls-server-name", config->tls_server_name);
        if (config->insecure_skip_verify)
                yyjson_mut_obj_add_bool(doc, cluster, "insecure-skip-tls-verify", true);
        if (config->ca_pem.len) {
                base64_encode(config->ca_pem, &authority);
                json_put_str(doc, cluster, "certificate-authority-data", buf_str(&authority));
        }
        if (config->proxy_url.len)
                json_put_str(doc, cluster, "proxy-url", config->proxy_url);
        if (config->exec.cluster_config_json.len &&
            json_parse(config->exec.cluster_config_json, "the extension", &extension, &no_extension))
                yyjson_mut_obj_add_val(doc, cluster, "config",
                                       yyjson_val_mut_copy(doc, yyjson_doc_get_root(extension)));
        return cluster;
}

void exec_plugin_info(const KubeConfig *config, bool is_interactive, Buf *into) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *root = yyjson_mut_obj(doc), *spec = yyjson_mut_obj(doc);

        json_put_str(doc, root, "kind", STR("ExecCredential"));
        json_put_str(doc, root, "apiVersion", config->exec.api_version);
        yyjson_mut_obj_add_val(doc, root, "spec", spec);
        yyjson_mut_obj_add_bool(doc, spec, "interactive", is_interactive);
        if (config->exec.provide_cluster_info)
                yyjson_mut_obj_add_val(doc, spec, "cluster", cluster_info(config, doc));
        json_write_mut(root, into);
}

static bool decode_status(JsonVal *status, PluginCredential *credential, Error *err) {
        Str expires = json_get_str(status, "expirationTimestamp");
        Str cert = json_get_str(status, "clientCertificateData"), key = json_get_str(status, "clientKeyData");
        Str token = json_get_str(status, "token");

        if (expires.len && !clock_parse_rfc3339(expires, &credential->expires_ms, err))
                return error_prefix(err, "status.expirationTimestamp");
        if ((cert.len == 0) != (key.len == 0))
                return error_set(err, ERROR_INVALID,
                                 "status has only one of clientCertificateData and clientKeyData");
        if (cert.len == 0 && token.len == 0)
                return error_set(err, ERROR_INVALID, "status has neither a token nor a client certificate");
        if (token.len)
                credential->token = secret_copy(token);
        if (cert.len == 0)
                return true;
        credential->cert_pem = secret_copy(cert);
        credential->key_pem = secret_copy(key);
        return certificate_check_key(cert, &credential->key_pem, err) ||
               error_prefix(err, "status.clientCertificateData and clientKeyData");
}

bool exec_plugin_decode(const ExecPlugin *plugin, Str output, PluginCredential *ret_credential, Error *err) {
        AUTO(plugin_credential_clear) PluginCredential credential = { 0 };
        AUTO(error_clear) Error no_json = { 0 };
        AUTO_JSON *doc = NULL;

        if (!json_parse(output, "the output", &doc, &no_json)) /* whose message might quote it */
                return error_set(err, ERROR_INVALID, "its output is not JSON");
        JsonVal *root = yyjson_doc_get_root(doc);
        if (!str_equal(json_get_str(root, "kind"), STR("ExecCredential")))
                return error_set(err, ERROR_INVALID, "its output is not an ExecCredential");
        if (!str_equal(json_get_str(root, "apiVersion"), plugin->api_version))
                return error_set(err, ERROR_INVALID,
                                 "its output is not of the apiVersion that the kubeconfig says, " STR_FMT,
                                 STR_ARG(plugin->api_version));
        if (!decode_status(json_get(root, "status"), &credential, err))
                return false;
        *ret_credential = credential;
        credential = (PluginCredential) { 0 };
        return true;
}

static bool check_terminal(const ExecPlugin *plugin, bool *ret_is_interactive, Error *err) {
        bool has_terminal = isatty(STDIN_FILENO) == 1;

        if (str_equal(plugin->interactive_mode, STR("Always")) && !has_terminal)
                return error_set(err, ERROR_INVALID,
                                 "it must ask questions, and there is no terminal to answer on");
        *ret_is_interactive = has_terminal && !str_equal(plugin->interactive_mode, STR("Never"));
        return true;
}

static bool run(const KubeConfig *config, const Stop *stop, PluginCredential *ret_credential, Error *err) {
        const ExecPlugin *plugin = &config->exec;
        AUTO(buf_wipe) Buf output = { .limit = OUTPUT_MAX };
        AUTO(buf_clear) Buf info = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        Strs env = { 0 };
        bool is_interactive = false;

        if (!check_terminal(plugin, &is_interactive, err))
                return false;
        for (size_t i = 0; i < plugin->env.len; i++)
                strs_add(&env, &arena, plugin->env.items[i]);
        buf_add(&info, STR("KUBERNETES_EXEC_INFO="));
        exec_plugin_info(config, is_interactive, &info);
        strs_add(&env, &arena, buf_str(&info));

        const Program program = { .command = plugin->command,
                                  .args = plugin->args,
                                  .env = env,
                                  .gives_terminal = is_interactive,
                                  .timeout_ms = TIMEOUT_MS };
        if (!run_program(&program, stop, &output, err)) {
                if (err->code == ERROR_NOT_FOUND && plugin->install_hint.len) {
                        AUTO_FREE char *cause = TAKE(err->message);

                        err->code = ERROR_NONE;
                        return error_set(err, ERROR_NOT_FOUND, "%s; " STR_FMT, cause,
                                         STR_ARG(plugin->install_hint));
                }
                return false;
        }
        return exec_plugin_decode(plugin, buf_str(&output), ret_credential, err);
}

bool exec_plugin_run(const KubeConfig *config, const Stop *stop, PluginCredential *ret_credential,
                     Error *err) {
        return run(config, stop, ret_credential, err) ||
               error_prefix(err, STR_FMT ": user \"" STR_FMT "\": the credential plugin \"" STR_FMT "\"",
                            STR_ARG(config->source), STR_ARG(config->user), STR_ARG(config->exec.command));
}
