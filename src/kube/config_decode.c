#include "kube/config_decode.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/certificate.h"
#include "net/url.h"

/* kubectl's rule for an address without a scheme: https when anything about TLS is said. */
static bool complete_server(const ConfigEntry *cluster, KubeConfig *config, Error *err) {
        bool says_tls = config->ca_pem.len || config->insecure_skip_verify;
        AUTO(error_clear) Error cause = { 0 };
        Str server = config->server;
        Url url;

        if (server.len == 0)
                return entry_wrong(cluster, "server", "the field is missing", err);
        if (!memmem(server.ptr, server.len, "://", 3))
                server = str_of(arena_printf(&config->arena, "%s://" STR_FMT, says_tls ? "https" : "http",
                                             STR_ARG(server)));
        while (str_ends_with(server, STR("/")))
                server.len--;
        if (!url_parse(server, &url, &cause))
                return entry_wrong(cluster, "server", cause.message, err);
        config->server = server;
        return true;
}

static bool decode_authority(const ConfigEntry *cluster, KubeConfig *config, Error *err) {
        AUTO(secret_clear) Secret pem = { 0 };
        AUTO(error_clear) Error cause = { 0 };
        const char *key;

        if (!entry_content(cluster, "certificate-authority", &pem, &key, err))
                return false;
        if (secret_is_empty(&pem))
                return true;
        if (config->insecure_skip_verify)
                return entry_wrong(cluster, key, "cannot be used together with insecure-skip-tls-verify",
                                   err);
        if (!certificate_check(secret_reveal(&pem), &cause))
                return entry_wrong(cluster, key, cause.message, err);
        config->ca_pem = arena_copy(&config->arena, secret_reveal(&pem));
        return strcmp(key, "certificate-authority") != 0 || entry_path(cluster, key, &config->ca_file, err);
}

bool config_decode_cluster(const ConfigEntry *cluster, KubeConfig *config, Error *err) {
        static const char *const known[] = { "server",
                                             "tls-server-name",
                                             "insecure-skip-tls-verify",
                                             "certificate-authority",
                                             "certificate-authority-data",
                                             "proxy-url",
                                             "disable-compression",
                                             "extensions",
                                             NULL };
        JsonVal *extension;
        size_t i, count;

        yyjson_arr_foreach(json_get(cluster->value, "extensions"), i, count, extension) {
                AUTO(buf_clear) Buf text = { 0 };

                if (!str_equal(json_get_str(extension, "name"), STR("client.authentication.k8s.io/exec")))
                        continue;
                json_write(json_get(extension, "extension"), &text);
                config->exec.cluster_config_json = arena_copy(&config->arena, buf_str(&text));
        }
        entry_warn_unknown(cluster, known, &config->warnings);
        return entry_str(cluster, "server", &config->server, err) &&
               entry_str(cluster, "tls-server-name", &config->tls_server_name, err) &&
               entry_str(cluster, "proxy-url", &config->proxy_url, err) &&
               entry_bool(cluster, "insecure-skip-tls-verify", &config->insecure_skip_verify, err) &&
               decode_authority(cluster, config, err) && complete_server(cluster, config, err);
}

static bool check_expiry(const ConfigEntry *user, const char *key, Str pem, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error cause = { 0 };
        CertificateTimes times;

        if (!certificate_times(pem, &times, &cause))
                return entry_wrong(user, key, cause.message, err);
        if (times.not_after_ms >= clock_wall_ms())
                return true;
        Str when = clock_rfc3339(times.not_after_ms, &arena);
        return entry_wrong(user, key,
                           arena_printf(&arena, "the certificate expired at " STR_FMT, STR_ARG(when)), err);
}

static bool decode_certificate(const ConfigEntry *user, KubeConfig *config, Error *err) {
        AUTO(secret_clear) Secret pem = { 0 };
        AUTO(error_clear) Error cause = { 0 };
        const char *cert_key, *key_key;

        if (!entry_content(user, "client-certificate", &pem, &cert_key, err) ||
            !entry_content(user, "client-key", &config->client_key_pem, &key_key, err))
                return false;
        if (secret_is_empty(&pem) && secret_is_empty(&config->client_key_pem))
                return true;
        if (secret_is_empty(&pem))
                return entry_wrong(user, key_key, "there is no client-certificate to it", err);
        if (secret_is_empty(&config->client_key_pem))
                return entry_wrong(user, cert_key, "there is no client-key to it", err);
        if (!check_expiry(user, cert_key, secret_reveal(&pem), err))
                return false;
        if (!certificate_check_key(secret_reveal(&pem), &config->client_key_pem, &cause))
                return entry_wrong(user, key_key, cause.message, err);
        config->client_cert_pem = arena_copy(&config->arena, secret_reveal(&pem));
        if (strcmp(cert_key, "client-certificate") != 0 || strcmp(key_key, "client-key") != 0)
                return true;
        return entry_path(user, cert_key, &config->client_cert_file, err) &&
               entry_path(user, key_key, &config->client_key_file, err);
}

static bool decode_extra(const ConfigEntry *user, KubeConfig *config, Error *err) {
        JsonVal *extra = json_get(user->value, "as-user-extra"), *key, *values, *value;
        size_t i, count, j, value_count, total = 0;

        if (!extra || yyjson_is_null(extra))
                return true;
        if (!yyjson_is_obj(extra))
                return entry_wrong(user, "as-user-extra", "expected an object of lists of strings", err);
        yyjson_obj_foreach(extra, i, count, key, values) total += yyjson_arr_size(values);
        config->impersonate_extra =
                arena_alloc(&config->arena, (total + 1) * sizeof *config->impersonate_extra);
        yyjson_obj_foreach(extra, i, count, key, values) {
                if (!yyjson_is_arr(values))
                        return entry_wrong(user, "as-user-extra", "expected an object of lists of strings",
                                           err);
                yyjson_arr_foreach(values, j, value_count, value)
                        config->impersonate_extra[config->impersonate_extra_len++] =
                        (ImpersonateExtra) { arena_copy(&config->arena, json_str(key)),
                                             arena_copy(&config->arena, json_str(value)) };
        }
        return true;
}

static bool decode_impersonation(const ConfigEntry *user, KubeConfig *config, Error *err) {
        if (!entry_str(user, "as", &config->impersonate_user, err) ||
            !entry_str(user, "as-uid", &config->impersonate_uid, err) ||
            !entry_strs(user, "as-groups", &config->impersonate_groups, err) ||
            !decode_extra(user, config, err))
                return false;
        bool says_more = config->impersonate_uid.len || config->impersonate_groups.len ||
                         config->impersonate_extra_len;
        if (says_more && config->impersonate_user.len == 0)
                return entry_wrong(user, "as", "is missing, but as-uid, as-groups or as-user-extra is set",
                                   err);
        return true;
}

static bool decode_plugin_env(const ConfigEntry *exec, ExecPlugin *plugin, Error *err) {
        JsonVal *env = json_get(exec->value, "env"), *variable;
        size_t i, count;

        if (env && !yyjson_is_arr(env) && !yyjson_is_null(env))
                return entry_wrong(exec, "exec.env", "expected a list of {name, value}", err);
        yyjson_arr_foreach(env, i, count, variable) {
                Str name = json_get_str(variable, "name"), value = json_get_str(variable, "value");

                if (name.len == 0 || memchr(name.ptr, '=', name.len))
                        return entry_wrong(exec, "exec.env", "a name is empty or has an '='", err);
                strs_add(&plugin->env, exec->arena,
                         str_of(arena_printf(exec->arena, STR_FMT "=" STR_FMT, STR_ARG(name),
                                             STR_ARG(value))));
        }
        return true;
}

static bool check_plugin(const ConfigEntry *user, ExecPlugin *plugin, Error *err) {
        Str mode = plugin->interactive_mode;

        if (plugin->command.len == 0)
                return entry_wrong(user, "exec.command", "the field is missing", err);
        if (!str_equal(plugin->api_version, STR("client.authentication.k8s.io/v1")) &&
            !str_equal(plugin->api_version, STR("client.authentication.k8s.io/v1beta1")))
                return entry_wrong(
                        user, "exec.apiVersion",
                        "expected client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1",
                        err);
        if (mode.len == 0)
                plugin->interactive_mode = STR("IfAvailable");
        else if (!str_equal(mode, STR("IfAvailable")) && !str_equal(mode, STR("Never")) &&
                 !str_equal(mode, STR("Always")))
                return entry_wrong(user, "exec.interactiveMode", "expected Never, IfAvailable or Always",
                                   err);
        if (memchr(plugin->command.ptr, '/', plugin->command.len)) /* else it is found in $PATH */
                plugin->command = entry_absolute(user, plugin->command);
        plugin->is_set = true;
        return true;
}

static bool decode_plugin(const ConfigEntry *user, KubeConfig *config, Error *err) {
        JsonVal *value = json_get(user->value, "exec");
        ConfigEntry exec = *user;
        ExecPlugin *plugin = &config->exec;

        if (!value || yyjson_is_null(value))
                return true;
        if (!yyjson_is_obj(value))
                return entry_wrong(user, "exec", "expected an object", err);
        exec.value = value;
        return entry_str(&exec, "apiVersion", &plugin->api_version, err) &&
               entry_str(&exec, "command", &plugin->command, err) &&
               entry_strs(&exec, "args", &plugin->args, err) &&
               entry_str(&exec, "installHint", &plugin->install_hint, err) &&
               entry_str(&exec, "interactiveMode", &plugin->interactive_mode, err) &&
               entry_bool(&exec, "provideClusterInfo", &plugin->provide_cluster_info, err) &&
               decode_plugin_env(&exec, plugin, err) && check_plugin(user, plugin, err);
}

static bool refuse_auth_provider(const ConfigEntry *user, Error *err) {
        JsonVal *provider = json_get(user->value, "auth-provider");

        if (!provider || yyjson_is_null(provider))
                return true;
        return entry_wrong(
                user, "auth-provider",
                "was removed from Kubernetes in 1.26: use an exec credential plugin (the field exec) instead",
                err);
}

bool config_decode_user(const ConfigEntry *user, KubeConfig *config, Error *err) {
        static const char *const known[] = { "client-certificate",
                                             "client-certificate-data",
                                             "client-key",
                                             "client-key-data",
                                             "token",
                                             "tokenFile",
                                             "as",
                                             "as-uid",
                                             "as-groups",
                                             "as-user-extra",
                                             "username",
                                             "password",
                                             "exec",
                                             "extensions",
                                             NULL };

        if (!refuse_auth_provider(user, err))
                return false;
        entry_warn_unknown(user, known, &config->warnings);
        if (!entry_secret(user, "token", &config->token, err) ||
            !entry_path(user, "tokenFile", &config->token_file, err) ||
            !entry_str(user, "username", &config->username, err) ||
            !entry_secret(user, "password", &config->password, err) ||
            !decode_certificate(user, config, err) || !decode_impersonation(user, config, err) ||
            !decode_plugin(user, config, err))
                return false;
        bool has_token = !secret_is_empty(&config->token) || config->token_file.len;
        if (has_token && (config->username.len || !secret_is_empty(&config->password)))
                return entry_wrong(user, "token", "cannot be used together with username and password", err);
        return true;
}
