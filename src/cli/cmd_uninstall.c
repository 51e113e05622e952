#include "api/install.h"
#include "base/stop.h"
#include "cli/changes.h"
#include "cli/cluster.h"
#include "cli/commands.h"
#include "kube/list.h"
#include "kube/object.h"
#include "server/restore_request.h"

typedef struct UninstallRequest {
        Str namespace;
        bool force;
        OutputFlags output;
        ClusterFlags cluster;
} UninstallRequest;

static const Option options[] = {
        { OPT_ROW(OPTION_TEXT, UninstallRequest, namespace, "namespace", "NAME", "where the server runs"),
          .letter = 'n', .otherwise = "velero" },
        { OPT_ROW(OPTION_BOOL, UninstallRequest, force, "force", NULL, "do not ask") },
        OPT_GROUP(UninstallRequest, output, output_flags, "Output"),
        OPT_GROUP(UninstallRequest, cluster, cluster_flags, "Cluster"),
        OPT_END,
};

static bool ask(Cli *cli, Str namespace, bool *ret_yes, Error *err) {
        Str question = str_of(
                arena_printf(cli->arena,
                             "The server in namespace \"" STR_FMT
                             "\" and its rights are removed. The namespace, the custom\n"
                             "resources and their definitions stay, and so do the backups in their stores.\n"
                             "Continue",
                             STR_ARG(namespace)));

        if (!cli_ask(cli, question, "--force removes without asking", ret_yes, err))
                return false;
        if (!*ret_yes)
                fprintf(cli->err, "Nothing was removed\n");
        return true;
}

/* What holds objects of others, or what others may share, stays. */
static bool is_ours(Str kind) {
        return !str_equal(kind, STR("Namespace")) && !str_equal(kind, STR("CustomResourceDefinition"));
}

typedef struct Removal {
        Changes changes;
        Cluster cluster;
        Stop *stop;
        Str namespace;
} Removal;

static void removal_clear(Removal *removal) {
        changes_clear(&removal->changes);
        cluster_clear(&removal->cluster);
        stop_free(removal->stop);
}

static bool remove_object(Removal *removal, JsonMutVal *object, Error *err) {
        AUTO(error_clear) Error failed = { 0 };
        Str kind = json_mut_str(yyjson_mut_obj_get(object, "kind"));
        KubeObject which = {
                .resource = discovery_find_kind(removal->cluster.discovery,
                                                json_mut_str(yyjson_mut_obj_get(object, "apiVersion")), kind),
                .namespace = json_mut_str(json_mut_at(object, "metadata", "namespace")),
                .name = json_mut_str(json_mut_at(object, "metadata", "name")),
        };

        if (!which.resource)
                return true;
        if (kube_delete(removal->cluster.client, &which, removal->stop, &failed))
                changes_add(&removal->changes, kind, which.name, "Deleted", STR_FMT " " STR_FMT ": deleted",
                            STR_ARG(kind), STR_ARG(which.name));
        else if (failed.code != ERROR_NOT_FOUND)
                return error_set(err, failed.code, "%s", failed.message);
        return true;
}

static const KubeResource *restores_of(const Removal *removal) {
        return discovery_find_kind(removal->cluster.discovery, STR("velero.io/v1"), STR("Restore"));
}

/* From the finalizer that only the server takes away. */
static bool release(Removal *removal, JsonVal *restore, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        AUTO(buf_clear) Buf body = { 0 };
        const KubeObject which = { .resource = restores_of(removal),
                                   .namespace = removal->namespace,
                                   .name = object_name(restore) };

        JsonMutVal *patch = restore_without_finalizer(restore, doc);
        if (!patch)
                return true;
        json_write_mut(patch, &body);
        if (kube_patch(removal->cluster.client, &which, KUBE_PATCH_MERGE, buf_str(&body), removal->stop, NULL,
                       err)) {
                changes_add(&removal->changes, STR("Restore"), which.name, "FinalizerRemoved",
                            "Restore " STR_FMT
                            ": finalizer removed, so that it can be deleted without a server; its files in "
                            "the location stay",
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
static bool release_restores(Removal *removal, Error *err) {
        const KubeList list = { .resource = restores_of(removal), .namespace = removal->namespace };

        return !list.resource ||
               kube_list(removal->cluster.client, &list, release_page, removal, removal->stop, err);
}

/* The server first: nothing runs any more that misses its rights. */
static bool remove_all(Removal *removal, JsonMutVal *list, Error *err) {
        for (size_t i = yyjson_mut_arr_size(list); i > 0; i--) {
                JsonMutVal *object = yyjson_mut_arr_get(list, i - 1);

                if (is_ours(json_mut_str(yyjson_mut_obj_get(object, "kind"))) &&
                    !remove_object(removal, object, err))
                        return false;
        }
        if (!release_restores(removal, err))
                return false;
        if (changes_count(&removal->changes) == 0)
                changes_say(&removal->changes,
                            "nothing to remove: no server is installed in namespace \"" STR_FMT "\"",
                            STR_ARG(removal->namespace));
        return true;
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const UninstallRequest *flags = request;
        const InstallOptions objects = { .namespace = flags->namespace };
        AUTO(removal_clear)
        Removal removal = { .changes = changes_new(cli, flags->output.format),
                            .stop = stop_new(),
                            .namespace = flags->namespace };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *list = yyjson_mut_arr(doc);
        bool is_agreed = true, is_done;

        (void) line;
        if (!flags->force && !ask(cli, flags->namespace, &is_agreed, err))
                return false;
        if (is_agreed && (!install_objects(&objects, doc, list, err) ||
                          !cluster_open(cli, &flags->cluster, removal.stop, &removal.cluster, err)))
                return false;
        is_done = !is_agreed || remove_all(&removal, list, err);
        changes_end(&removal.changes);
        return is_done;
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
