#include "api/install.h"
#include "base/stop.h"
#include "cli/cluster.h"
#include "cli/commands.h"
#include "kube/list.h"
#include "kube/object.h"
#include "server/restore_request.h"

typedef struct UninstallRequest {
        Str namespace;
        bool force;
        ClusterFlags cluster;
} UninstallRequest;

static const Option options[] = {
        { OPT_ROW(OPTION_TEXT, UninstallRequest, namespace, "namespace", "NAME", "where the server runs"),
          .letter = 'n', .otherwise = "velero" },
        { OPT_ROW(OPTION_BOOL, UninstallRequest, force, "force", NULL, "do not ask") },
        OPT_GROUP(UninstallRequest, cluster, cluster_flags, "Cluster"),
        OPT_END,
};

static bool is_agreed(Cli *cli, Str namespace) {
        char answer[16] = "";

        fprintf(cli->out,
                "The server in namespace \"" STR_FMT
                "\" and its rights are removed. The namespace, the custom\n"
                "resources and their definitions stay, and so do the backups in their stores.\n"
                "Continue? (Y/N) ",
                STR_ARG(namespace));
        (void) fflush(cli->out);
        return fgets(answer, sizeof answer, cli->in) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* What holds objects of others, or what others may share, stays. */
static bool is_ours(Str kind) {
        return !str_equal(kind, STR("Namespace")) && !str_equal(kind, STR("CustomResourceDefinition"));
}

static bool remove_object(Cli *cli, Cluster *cluster, JsonMutVal *object, const Stop *stop, Error *err) {
        AUTO(error_clear) Error failed = { 0 };
        Str kind = json_mut_str(yyjson_mut_obj_get(object, "kind"));
        KubeObject which = {
                .resource = discovery_find_kind(cluster->discovery,
                                                json_mut_str(yyjson_mut_obj_get(object, "apiVersion")), kind),
                .namespace = json_mut_str(json_mut_at(object, "metadata", "namespace")),
                .name = json_mut_str(json_mut_at(object, "metadata", "name")),
        };

        if (!which.resource)
                return true;
        if (kube_delete(cluster->client, &which, stop, &failed))
                fprintf(cli->out, STR_FMT " " STR_FMT ": deleted\n", STR_ARG(kind), STR_ARG(which.name));
        else if (failed.code != ERROR_NOT_FOUND)
                return error_set(err, failed.code, "%s", failed.message);
        return true;
}

typedef struct Release { /* of Restores from the finalizer that only the server takes away */
        Cli *cli;
        KubeClient *client;
        const KubeResource *restores;
        Str namespace;
        const Stop *stop;
} Release;

static bool release(const Release *all, JsonVal *restore, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        AUTO(buf_clear) Buf body = { 0 };
        const KubeObject which = { .resource = all->restores,
                                   .namespace = all->namespace,
                                   .name = object_name(restore) };

        JsonMutVal *patch = restore_without_finalizer(restore, doc);
        if (!patch)
                return true;
        json_write_mut(patch, &body);
        if (kube_patch(all->client, &which, KUBE_PATCH_MERGE, buf_str(&body), all->stop, NULL, err)) {
                fprintf(all->cli->out,
                        "Restore " STR_FMT
                        ": finalizer removed, so that it can be deleted without a server; its files in "
                        "the location stay\n",
                        STR_ARG(which.name));
                return true;
        }
        if (err->code != ERROR_NOT_FOUND)
                return false;
        error_clear(err);
        return true;
}

static bool release_page(void *user, const KubePage *page, Error *err) {
        size_t i, max;
        JsonVal *restore;

        yyjson_arr_foreach(page->items, i, max, restore) {
                if (!release(user, restore, err))
                        return false;
        }
        return true;
}

/* A namespace whose Restores nobody finalizes would never be gone. */
static bool release_restores(Cli *cli, const Cluster *cluster, Str namespace, const Stop *stop, Error *err) {
        Release all = { .cli = cli,
                        .client = cluster->client,
                        .restores =
                                discovery_find_kind(cluster->discovery, STR("velero.io/v1"), STR("Restore")),
                        .namespace = namespace,
                        .stop = stop };
        const KubeList list = { .resource = all.restores, .namespace = namespace };

        return !all.restores || kube_list(cluster->client, &list, release_page, &all, stop, err);
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const UninstallRequest *flags = request;
        const InstallOptions objects = { .namespace = flags->namespace };
        AUTO(stop_freep) Stop *stop = stop_new();
        AUTO(cluster_clear) Cluster cluster = { 0 };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *list = yyjson_mut_arr(doc);

        (void) line;
        if (!flags->force && !is_agreed(cli, flags->namespace))
                return error_set(err, ERROR_CANCELED, "nothing was removed");
        if (!install_objects(&objects, doc, list, err) ||
            !cluster_open(cli, &flags->cluster, stop, &cluster, err))
                return false;
        /* The server first: nothing runs any more that misses its rights. */
        for (size_t i = yyjson_mut_arr_size(list); i > 0; i--) {
                JsonMutVal *object = yyjson_mut_arr_get(list, i - 1);

                if (is_ours(json_mut_str(yyjson_mut_obj_get(object, "kind"))) &&
                    !remove_object(cli, &cluster, object, stop, err))
                        return false;
        }
        return release_restores(cli, &cluster, flags->namespace, stop, err);
}

const Command cmd_uninstall = {
        .name = "uninstall",
        .arguments = "",
        .summary = "Remove the server and its rights from a cluster; backups stay",
        .details =
                "The namespace, custom resources, their definitions, backup locations and Secrets stay, "
                "and so do "
                "all backups in their stores. What runs is thawed by the server as it ends. Restores lose "
                "the "
                "finalizer that only the server takes away, so that they and the namespace can be deleted.",
        .example = "# Without a question.\n"
                   "grapnel uninstall --force",
        .options = options,
        .request_size = sizeof(UninstallRequest),
        .run = run,
};
