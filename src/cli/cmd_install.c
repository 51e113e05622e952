#include <errno.h>
#include <sys/stat.h>

#include "api/install.h"
#include "base/clock.h"
#include "base/read_file.h"
#include "base/stop.h"
#include "cli/changes.h"
#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/location_change.h"
#include "kube/object.h"
#include "store/location.h"

enum { WAIT_MS = 5 * 60 * 1000, CRDS_WAIT_MS = 60 * 1000, POLL_MS = 500 };

typedef struct InstallRequest {
        InstallOptions objects;
        Str secret_file, chart;
        bool dry_run, no_secret, no_location, wait;
        OutputFlags output;
        ClusterFlags cluster;
} InstallRequest;

static const Option options[] = {
        { OPT_ROW(OPTION_TEXT, InstallRequest, objects.namespace, "namespace", "NAME",
                  "where the server runs"),
          .letter = 'n', .otherwise = "velero" },
        { OPT_ROW(OPTION_TEXT, InstallRequest, objects.image, "image", "IMAGE", "the server's image"),
          .otherwise = "grapnel:" GRAPNEL_VERSION },
        { OPT_ROW(OPTION_TEXT, InstallRequest, objects.provider, "provider", "NAME",
                  "provider of the default backup location") },
        { OPT_ROW(OPTION_TEXT, InstallRequest, objects.bucket, "bucket", "NAME", "bucket of that location") },
        { OPT_ROW(OPTION_TEXT, InstallRequest, objects.prefix, "prefix", "PREFIX", "folder in the bucket") },
        { OPT_ROW(OPTION_LIST, InstallRequest, objects.config, "backup-location-config", "K=V,...",
                  "configuration of that location") },
        { OPT_ROW(OPTION_TEXT, InstallRequest, objects.claim, "volume-claim", "NAME",
                  "the claim that is mounted at /backups (default an empty folder, gone with the pod)") },
        { OPT_ROW(OPTION_BOOL, InstallRequest, no_location, "no-default-backup-location", NULL,
                  "make no backup location") },
        { OPT_ROW(OPTION_TEXT, InstallRequest, secret_file, "secret-file", "FILE",
                  "credentials, for the Secret cloud-credentials") },
        { OPT_ROW(OPTION_BOOL, InstallRequest, no_secret, "no-secret", NULL, "make no Secret") },
        { OPT_ROW(OPTION_TEXT, InstallRequest, objects.cpu_request, "velero-pod-cpu-request", "QUANTITY",
                  "CPU that the server's pod asks for"),
          .otherwise = "10m" },
        { OPT_ROW(OPTION_TEXT, InstallRequest, objects.mem_request, "velero-pod-mem-request", "QUANTITY",
                  "memory that it asks for"),
          .otherwise = "16Mi" },
        { OPT_ROW(OPTION_TEXT, InstallRequest, objects.mem_limit, "velero-pod-mem-limit", "QUANTITY",
                  "memory that it may have"),
          .otherwise = "64Mi" },
        { OPT_ROW(OPTION_BOOL, InstallRequest, objects.crds_only, "crds-only", NULL,
                  "only the custom resource definitions") },
        { OPT_ROW(OPTION_BOOL, InstallRequest, dry_run, "dry-run", NULL, "print the objects, send nothing") },
        { OPT_ROW(OPTION_BOOL, InstallRequest, wait, "wait", NULL, "wait until the server is ready") },
        { OPT_ROW(OPTION_TEXT, InstallRequest, chart, "helm-chart", "DIR",
                  "write a Helm chart of the same objects into DIR instead") },
        OPT_GROUP(InstallRequest, output, output_flags, "Output"),
        OPT_GROUP(InstallRequest, cluster, cluster_flags, "Cluster"),
        OPT_END,
};

static bool check(Cli *cli, const InstallRequest *flags, Error *err) {
        const InstallOptions *objects = &flags->objects;
        AUTO(error_clear) Error provider = { 0 };

        if (objects->crds_only)
                return true;
        if (flags->no_location && (objects->bucket.len || objects->prefix.len || objects->config.len))
                return cli_usage(
                        cli, err,
                        "--no-default-backup-location: --bucket, --prefix and --backup-location-config are "
                        "of that location");
        if (!flags->no_location &&
            !location_has_place(cli, objects->provider.len > 0, objects->bucket.len > 0, err)) {
                cli_set_hint(cli, "--no-default-backup-location installs a server without a location");
                return false;
        }
        if (!flags->no_location && !store_provider_check(objects->provider, &provider))
                return cli_usage(cli, err, "--provider %s", provider.message);
        if (flags->secret_file.len && flags->no_secret)
                return cli_usage(cli, err, "--secret-file and --no-secret: one of the two");
        return true;
}

static bool write_file(Str path, Str text, Error *err) {
        const char *name = path.ptr;
        FILE *file = fopen(name, "we");
        bool is_done;

        if (!file)
                return error_set(err, ERROR_INVALID, "%s: %m", name);
        is_done = fwrite(text.ptr, 1, text.len, file) == text.len;
        if ((fclose(file) != 0) | !is_done)
                return error_set(err, ERROR_UNAVAILABLE, "%s: it could not be written", name);
        return true;
}

static bool write_chart(Cli *cli, Str folder, Error *err) {
        static const char *const folders[] = { "", "/templates", "/crds" };
        Str name;

        for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
                const char *path = arena_printf(cli->arena, STR_FMT "%s", STR_ARG(folder), folders[i]);

                if (mkdir(path, 0777) != 0 && errno != EEXIST)
                        return error_set(err, ERROR_INVALID, "%s: %m", path);
        }
        for (size_t i = 0;; i++) {
                AUTO(buf_clear) Buf text = { 0 };

                if (!install_chart_file(i, cli->arena, &text, &name))
                        return true;
                Str path =
                        str_of(arena_printf(cli->arena, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(name)));
                if (!write_file(path, buf_str(&text), err))
                        return false;
        }
}

static void add_chart(Changes *changes, Str folder, Str namespace) {
        changes_add(changes, STR("HelmChart"), folder, "Written",
                    "Helm chart written to " STR_FMT
                    ": set provider and bucket in its values.yaml, then \"helm "
                    "install grapnel " STR_FMT " --namespace " STR_FMT " --create-namespace\"",
                    STR_ARG(folder), STR_ARG(folder), STR_ARG(namespace));
}

static bool apply(Changes *changes, Cluster *cluster, JsonMutVal *object, const Stop *stop, Error *err) {
        AUTO(buf_clear) Buf body = { 0 };
        Str kind = json_mut_str(yyjson_mut_obj_get(object, "kind"));
        KubeObject which = {
                .resource = discovery_find_kind(cluster->discovery,
                                                json_mut_str(yyjson_mut_obj_get(object, "apiVersion")), kind),
                .namespace = json_mut_str(json_mut_at(object, "metadata", "namespace")),
                .name = json_mut_str(json_mut_at(object, "metadata", "name")),
        };

        if (!which.resource)
                return error_set(err, ERROR_UNAVAILABLE, "the cluster does not serve " STR_FMT,
                                 STR_ARG(kind));
        json_write_mut(object, &body);
        if (!kube_patch(cluster->client, &which, KUBE_PATCH_APPLY, buf_str(&body), stop, NULL, err))
                return false;
        changes_add(changes, kind, which.name, "Applied", STR_FMT " " STR_FMT ": applied", STR_ARG(kind),
                    STR_ARG(which.name));
        return true;
}

/* Definitions are served a moment after they were made. */
static bool await_definitions(Cluster *cluster, const Stop *stop, Error *err) {
        for (int64_t waited = 0; waited < CRDS_WAIT_MS; waited += POLL_MS) {
                Discovery *fresh;

                if (!discovery_read(cluster->client, stop, &fresh, err))
                        return false;
                discovery_free(cluster->discovery);
                cluster->discovery = fresh;
                if (discovery_find_kind(fresh, STR("velero.io/v1"), STR("BackupStorageLocation")))
                        return true;
                if (!stop_sleep_ms(stop, POLL_MS))
                        break;
        }
        return error_set(err, ERROR_TIMEOUT, "the custom resource definitions are not served after a minute");
}

static bool is_definition(JsonMutVal *object) {
        return str_equal(json_mut_str(yyjson_mut_obj_get(object, "kind")), STR("CustomResourceDefinition"));
}

static bool apply_all(Changes *changes, Cluster *cluster, JsonMutVal *list, const Stop *stop, Error *err) {
        size_t i, count;
        JsonMutVal *object;
        bool defining = false;

        yyjson_mut_arr_foreach(list, i, count, object) {
                if (defining && !is_definition(object) && !await_definitions(cluster, stop, err))
                        return false;
                defining = is_definition(object);
                if (!apply(changes, cluster, object, stop, err))
                        return false;
        }
        return true;
}

static bool await_server(Cluster *cluster, Str namespace, const Stop *stop, Error *err) {
        const KubeResource *resource =
                discovery_find_kind(cluster->discovery, STR("apps/v1"), STR("Deployment"));

        for (int64_t waited = 0; waited < WAIT_MS; waited += POLL_MS) {
                AUTO_JSON *doc = NULL;

                if (!kube_get(cluster->client, resource, namespace, STR("grapnel"), stop, &doc, err))
                        return false;
                JsonVal *root = yyjson_doc_get_root(doc), *status = json_get(root, "status");
                if (json_get_int(status, "observedGeneration", 0) >=
                            json_get_int(json_get(root, "metadata"), "generation", 1) &&
                    json_get_int(status, "updatedReplicas", 0) > 0 &&
                    json_get_int(status, "availableReplicas", 0) > 0 &&
                    json_get_int(status, "unavailableReplicas", 0) == 0)
                        return true;
                if (!stop_sleep_ms(stop, POLL_MS))
                        break;
        }
        return error_set(err, ERROR_TIMEOUT,
                         "the server is not ready after 5 minutes: see its pod in namespace \"" STR_FMT "\"",
                         STR_ARG(namespace));
}

static bool carry_out(Cli *cli, const InstallRequest *flags, JsonMutVal *list, Changes *changes, Error *err) {
        AUTO(stop_freep) Stop *stop = stop_new();
        AUTO(cluster_clear) Cluster cluster = { 0 };

        if (!cluster_open(cli, &flags->cluster, stop, &cluster, err))
                return false;

        bool is_done = apply_all(changes, &cluster, list, stop, err) &&
                       (!flags->wait || flags->objects.crds_only ||
                        await_server(&cluster, flags->objects.namespace, stop, err));
        changes_end(changes);
        return is_done;
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const InstallRequest *flags = request;
        InstallOptions objects = flags->objects;
        AUTO(buf_clear) Buf secret = { .limit = 1024 * 1024 };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *list = yyjson_mut_arr(doc);
        AUTO(changes_clear) Changes changes = changes_new(cli, flags->output.format);

        (void) line;
        if (flags->chart.len) {
                if (!write_chart(cli, flags->chart, err))
                        return false;
                add_chart(&changes, flags->chart, objects.namespace);
                changes_end(&changes);
                return true;
        }
        if (!check(cli, flags, err))
                return false;
        if (flags->secret_file.len && !objects.crds_only && !read_file(flags->secret_file, &secret, err))
                return error_prefix(err, "--secret-file: ");
        objects.secret = buf_str(&secret);
        if (!install_objects(&objects, doc, list, err))
                return error_prefix(err, "--backup-location-config: ");
        if (!flags->dry_run)
                return carry_out(cli, flags, list, &changes, err);
        if (flags->output.format == OUTPUT_TABLE)
                return cli_usage(cli, err, "--dry-run needs -o yaml or -o json");
        output_list(cli, flags->output.format, doc, list);
        return true;
}

const Command cmd_install = {
        .name = "install",
        .arguments = "",
        .summary = "Install the server and its custom resource definitions in a cluster",
        .details =
                "Objects are applied (server-side), so the same command updates an installation. The backups "
                "are in --bucket: for provider aws a bucket of S3, for provider filesystem a folder below "
                "--backup-location-config path=FOLDER, where /backups is the volume of --volume-claim.",
        .example = "# Backups in a bucket of S3; what would be made.\n"
                   "grapnel install --provider aws --bucket backups --secret-file ./credentials \\\n"
                   "  --backup-location-config region=eu-central-1 --dry-run -o yaml\n\n"
                   "# Backups in the folder main of a claim; wait until the server is ready.\n"
                   "grapnel install --provider filesystem --bucket main --volume-claim backups \\\n"
                   "  --backup-location-config path=/backups --wait",
        .options = options,
        .request_size = sizeof(InstallRequest),
        .run = run,
};
