/* exec_plugin.h - runs a credential plugin and reads what it answers.  Private to kube/.
 *
 * The plugin gets KUBERNETES_EXEC_INFO, our standard error, and a terminal as its input only where its
 * interactiveMode wants one.  Its output is bounded, never shown, and wiped.
 * Source: Kubernetes' client.authentication.k8s.io/v1 and v1beta1. */
#pragma once
#include "base/buf.h"
#include "base/stop.h"
#include "kube/config.h"

typedef struct PluginCredential {
        Secret token;
        Secret cert_pem, key_pem; /* both or none */
        int64_t expires_ms;       /* clock_wall_ms; 0: does not say */
} PluginCredential;

/* Runs for at most a minute. */
bool exec_plugin_run(const KubeConfig *config, const Stop *stop, PluginCredential *ret_credential, Error *err)
        MUST_CHECK;
void plugin_credential_clear(PluginCredential *credential);

/* Pure: what the plugin wrote, and what it is told. */
bool exec_plugin_decode(const ExecPlugin *plugin, Str output, PluginCredential *ret_credential, Error *err)
        MUST_CHECK;
void exec_plugin_info(const KubeConfig *config, bool is_interactive, Buf *into);
