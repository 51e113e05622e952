#include "kube/config.h"

#include <unistd.h>

#include "base/mem.h"
#include "base/read_file.h"
#include "kube/config_places.h"
#include "net/certificate.h"

enum { FILE_MAX = 16 * 1024 * 1024, FILES_MAX = 100, SERVICE_FILE_MAX = 1024 * 1024 };

typedef struct Files {
        KubeConfigFile items[FILES_MAX];
        Buf texts[FILES_MAX];
        size_t len;
        Arena arena;
} Files;

static void files_free(Files *files) {
        for (size_t i = 0; i < files->len; i++)
                buf_wipe(&files->texts[i]);
        arena_clear(&files->arena);
        free(files);
}
DEFINE_AUTO(Files, files_free)

/* An absolute folder, so that paths found in the file mean the same wherever we go. */
static Str folder_of(Str path, Arena *arena) {
        const char *slash = memrchr(path.ptr, '/', path.len);
        Str folder = slash ? (Str) { path.ptr, (size_t) (slash - path.ptr) } : STR(".");

        if (str_starts_with(path, STR("/")))
                return arena_copy(arena, folder);
        AUTO_FREE char *here = get_current_dir_name();
        return str_of(arena_printf(arena, "%s/" STR_FMT, here ? here : ".", STR_ARG(folder)));
}

static bool add_file(Files *files, Str path, Error *err) {
        Buf *text = &files->texts[files->len];

        if (files->len == FILES_MAX)
                return error_set(err, ERROR_INVALID, "$KUBECONFIG names more than %d files", FILES_MAX);
        *text = (Buf) { .limit = FILE_MAX };
        if (!read_file(path, text, err)) {
                buf_wipe(text);
                return false;
        }
        files->items[files->len++] = (KubeConfigFile) { .path = arena_copy(&files->arena, path),
                                                        .folder = folder_of(path, &files->arena),
                                                        .text = buf_str(text) };
        return true;
}

/* As kubectl does, a file that $KUBECONFIG names need not exist. */
static bool add_file_if_there(Files *files, Str path, Error *err) {
        AUTO(error_clear) Error cause = { 0 };

        if (add_file(files, path, &cause) || cause.code == ERROR_NOT_FOUND)
                return true;
        *err = cause;
        cause = (Error) { 0 };
        return false;
}

static bool add_files(Files *files, const ConfigPlaces *places, Str chosen, Error *err) {
        Strs paths = { 0 };

        if (chosen.len)
                return add_file(files, chosen, err) || error_prefix(err, "the kubeconfig cannot be read");
        strs_split(places->kubeconfig, ':', &files->arena, &paths);
        if (places->kubeconfig.len == 0 && places->home.len)
                strs_add(&paths, &files->arena,
                         str_of(arena_printf(&files->arena, STR_FMT "/.kube/config", STR_ARG(places->home))));
        for (size_t i = 0; i < paths.len; i++) {
                Strs before = { paths.items, i, i };

                if (!strs_has(&before, paths.items[i]) && !add_file_if_there(files, paths.items[i], err))
                        return false;
        }
        return true;
}

static Str file_in(const ConfigPlaces *places, const char *name, Arena *arena) {
        return str_of(arena_printf(arena, STR_FMT "/%s", STR_ARG(places->service_account), name));
}

static bool load_in_cluster(const ConfigPlaces *places, KubeConfig *config, Error *err) {
        bool is_ipv6 = memchr(places->service_host.ptr, ':', places->service_host.len) != NULL;
        AUTO(buf_clear) Buf authority = { .limit = SERVICE_FILE_MAX };
        AUTO(buf_clear) Buf namespace = { .limit = SERVICE_FILE_MAX };
        AUTO(error_clear) Error no_namespace = { 0 };
        Arena *arena = &config->arena;
        Str path = file_in(places, "ca.crt", arena);

        config->source = config->cluster = config->context = STR("in-cluster");
        config->user = STR("service account");
        config->server = str_of(arena_printf(
                arena, is_ipv6 ? "https://[" STR_FMT "]:" STR_FMT : "https://" STR_FMT ":" STR_FMT,
                STR_ARG(places->service_host), STR_ARG(places->service_port)));
        config->token_file = file_in(places, "token", arena);
        if (!read_file(path, &authority, err))
                return error_prefix(err, "the service account's certificate authority");
        if (!certificate_check(buf_str(&authority), err))
                return error_prefix(err, STR_FMT, STR_ARG(path));
        config->ca_pem = arena_copy(arena, buf_str(&authority));
        config->ca_file = path;
        if (!read_file(file_in(places, "namespace", arena), &namespace, &no_namespace))
                buf_reset(&namespace);
        config->namespace = namespace.len ? arena_copy(arena, str_trim(buf_str(&namespace))) : STR("default");
        return true;
}

static bool is_in_pod(const ConfigPlaces *places) {
        AUTO_FREE char *token = xasprintf(STR_FMT "/token", STR_ARG(places->service_account));

        return places->service_host.len && places->service_port.len && access(token, R_OK) == 0;
}

static bool nothing_configured(const ConfigPlaces *places, Error *err) {
        if (places->kubeconfig.len)
                return error_set(err, ERROR_NOT_FOUND,
                                 "no cluster is configured: $KUBECONFIG is \"" STR_FMT
                                 "\", and no such file exists",
                                 STR_ARG(places->kubeconfig));
        return error_set(err, ERROR_NOT_FOUND,
                         "no cluster is configured: give --kubeconfig FILE, set $KUBECONFIG, or create "
                         "~/.kube/config");
}

static Str variable(const char *name) {
        const char *value = getenv(name);

        return str_of(value ? value : "");
}

ConfigPlaces config_places(void) {
        return (ConfigPlaces) { .kubeconfig = variable("KUBECONFIG"),
                                .home = variable("HOME"),
                                .service_host = variable("KUBERNETES_SERVICE_HOST"),
                                .service_port = variable("KUBERNETES_SERVICE_PORT"),
                                .service_account = STR("/var/run/secrets/kubernetes.io/serviceaccount") };
}

bool config_load_from(const ConfigPlaces *places, const KubeConfigChoice *choice, KubeConfig *ret_config,
                      Error *err) {
        AUTO(files_freep) Files *files = xnew0(Files);
        AUTO(kube_config_clear) KubeConfig config = { 0 };

        if (!add_files(files, places, choice->path, err))
                return false;
        if (files->len)
                return kube_config_merge(files->items, files->len, choice->context, ret_config, err);
        if (!is_in_pod(places))
                return nothing_configured(places, err);
        if (choice->context.len)
                return error_set(err, ERROR_INVALID,
                                 "no context \"" STR_FMT
                                 "\": there is no kubeconfig, only the pod's service account",
                                 STR_ARG(choice->context));
        if (!load_in_cluster(places, &config, err))
                return false;
        *ret_config = config;
        config = (KubeConfig) { 0 };
        return true;
}

bool kube_config_load(const KubeConfigChoice *choice, KubeConfig *ret_config, Error *err) {
        const ConfigPlaces places = config_places();

        return config_load_from(&places, choice, ret_config, err);
}

void kube_config_clear(KubeConfig *config) {
        secret_clear(&config->client_key_pem);
        secret_clear(&config->token);
        secret_clear(&config->password);
        arena_clear(&config->arena);
        *config = (KubeConfig) { 0 };
}
