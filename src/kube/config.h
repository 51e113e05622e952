/* config.h - where the cluster is and who we are, as kubectl finds it.
 *
 * --kubeconfig, else $KUBECONFIG (several files, merged: the first to say a thing
 * wins), else ~/.kube/config, else the pod's service account.  Relative paths in
 * a file are relative to that file.  Errors name the file, the context and what is missing. */
#pragma once
#include "base/error.h"
#include "base/secret.h"
#include "base/strs.h"

typedef struct ExecPlugin { /* users[].user.exec */
        Str api_version;    /* client.authentication.k8s.io/v1 or v1beta1 */
        Str command;
        Strs args;
        Strs env; /* NAME=value */
        Str install_hint;
        Str interactive_mode;    /* Never, IfAvailable, Always */
        Str cluster_config_json; /* of the cluster's extension client.authentication.k8s.io/exec; may be empty */
        bool provide_cluster_info;
        bool is_set;
} ExecPlugin;

typedef struct ImpersonateExtra { /* one value of as-user-extra */
        Str key, value;
} ImpersonateExtra;

typedef struct KubeConfig {
        Arena arena;
        Str source; /* file or "in-cluster", for messages */
        Str context, cluster, user, namespace;
        Str server, ca_pem, tls_server_name, proxy_url;
        Str ca_file; /* where ca_pem came from, read again when it changes; or none */
        bool insecure_skip_verify;
        Str client_cert_pem;
        Str client_cert_file,
                client_key_file; /* where both came from, read again when they change; or none */
        Secret client_key_pem, token, password;
        Str username;   /* with `password`: basic authentication */
        Str token_file; /* read again when it changes */
        ExecPlugin exec;
        Str impersonate_user, impersonate_uid;
        Strs impersonate_groups;
        ImpersonateExtra *impersonate_extra;
        size_t impersonate_extra_len;
        Strs warnings; /* what was found and not understood */
} KubeConfig;

typedef struct KubeConfigChoice {
        Str path;    /* --kubeconfig; empty: the usual places */
        Str context; /* --kubecontext; empty: current-context */
} KubeConfigChoice;

bool kube_config_load(const KubeConfigChoice *choice, KubeConfig *ret_config, Error *err) MUST_CHECK;
void kube_config_clear(KubeConfig *config);

/* Files that were read already, the first to say a thing wins; `folder` is where relative paths start.  A client
 * certificate that has expired is an error here, before anybody is asked to accept it. */
typedef struct KubeConfigFile {
        Str path, folder, text;
} KubeConfigFile;
bool kube_config_merge(const KubeConfigFile *files, size_t count, Str context, KubeConfig *ret_config,
                       Error *err) MUST_CHECK;
