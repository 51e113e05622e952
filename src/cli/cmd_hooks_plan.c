#include "cli/catalog.h"
#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/plan_pods.h"
#include "cli/plan_view.h"
#include "cli/request.h"
#include "kube/object.h"

typedef struct PlanRequest {
        Str file, pods, from, backup;
        OutputFlags output;
        ClusterFlags cluster;
} PlanRequest;

static const Option options[] = {
        { OPT_ROW(OPTION_TEXT, PlanRequest, file, "file", "FILE",
                  "Backup, Schedule or Restore manifest; - for standard input (required)"),
          .letter = 'f' },
        { OPT_ROW(OPTION_TEXT, PlanRequest, pods, "pods", "FILE",
                  "take the pods from this file (kubectl get pods -A -o json) and ask no cluster") },
        { OPT_ROW(OPTION_TEXT, PlanRequest, from, "from", "DIR",
                  "with a Restore: take the pods of the backup in this folder") },
        { OPT_ROW(OPTION_TEXT, PlanRequest, backup, "backup", "NAME",
                  "with --from: the backup (default the Restore's)") },
        OPT_GROUP(PlanRequest, output, output_flags, "Output"),
        OPT_GROUP(PlanRequest, cluster, cluster_flags, "Cluster"),
        OPT_END,
};

typedef struct Planner {
        Arena *arena;
        Faults faults;
        bool is_restore;
        Backup backup;
        Restore restore;
        const Discovery *discovery; /* backup only */
        PlannedPods pods;
} Planner;

/* The names of the containers that would be put first, found out by putting them in. */
static Strs plan_init(Planner *planner, JsonMutDoc *doc, JsonMutVal *pod, Str namespace) {
        size_t count = hook_plan_init(&planner->restore.spec.hooks, namespace, doc, pod, planner->arena,
                                      &planner->faults);
        JsonMutVal *container = yyjson_mut_arr_get_first(json_mut_at(pod, "spec", "initContainers"));
        Strs names = { 0 };

        for (size_t i = 0; i < count && container; i++, container = container->next)
                strs_add(&names, planner->arena,
                         arena_copy(planner->arena, json_mut_str(yyjson_mut_obj_get(container, "name"))));
        return names;
}

/* A restored pod is looked at in the namespace that it goes to. */
static PlannedPod plan_restored(Planner *planner, JsonVal *pod) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *moved = yyjson_val_mut_copy(doc, pod);
        Str target = restore_target_namespace(&planner->restore.spec, object_namespace(pod));
        JsonMutVal *metadata = json_mut_object(doc, moved, "metadata");

        json_mut_set(doc, metadata, STR("namespace"), json_new_str(doc, target));

        Strs init = plan_init(planner, doc, moved, target);
        AUTO_JSON *fixed = yyjson_mut_val_imut_copy(moved, NULL);
        return (PlannedPod) {
                .plan = hook_plan_restore(&planner->restore.spec.hooks, yyjson_doc_get_root(fixed),
                                          planner->arena, &planner->faults),
                .init = init,
        };
}

static bool plan_pod(void *user, JsonVal *pod, Error *err) {
        Planner *planner = user;
        PlannedPod planned = { 0 };

        (void) err;
        if (planner->is_restore) {
                if (!plan_selects_restore(&planner->restore.spec, pod))
                        return true;
                planned = plan_restored(planner, pod);
        } else {
                if (!plan_selects_backup(&planner->backup.spec, planner->discovery, pod))
                        return true;
                planned.plan =
                        hook_plan_backup(&planner->backup.spec.hooks, pod, planner->arena, &planner->faults);
        }
        if (planned_pod_is_empty(&planned))
                planner->pods.without_hooks++;
        else
                planned_pods_add(&planner->pods, &planned, planner->arena);
        return true;
}

static bool plan_of_cluster(Cli *cli, const PlanRequest *flags, Planner *planner, Error *err) {
        AUTO(cluster_clear) Cluster cluster = { 0 };

        if (!cluster_open(cli, &flags->cluster, NULL, &cluster, err))
                return false;
        planner->discovery = cluster.discovery;
        return plan_pods_of_cluster(&cluster, flags->cluster.page_size, plan_pod, planner, err);
}

static bool plan_of_file(const PlanRequest *flags, Planner *planner, Error *err) {
        AUTO(discovery_freep) Discovery *discovery = NULL;

        if (!plan_pods_discovery(&discovery, err))
                return false;
        planner->discovery = discovery;
        return plan_pods_of_file(flags->pods, plan_pod, planner, err);
}

static bool plan_of_backup(Cli *cli, const PlanRequest *flags, Planner *planner, Error *err) {
        AUTO(store_freep) Store *store = NULL;
        AUTO(catalog_clear) Catalog catalog = { 0 };
        Str name = flags->backup.len ? flags->backup : planner->restore.spec.backup_name;

        if (!planner->is_restore)
                return cli_usage(cli, err, "--from goes with a Restore; a Backup's pods are in the cluster");
        return catalog_open_store(cli, flags->from, &store, err) &&
               catalog_read_names(cli, store, CATALOG_BACKUPS, (Strs) { &name, 1, 1 }, &catalog, err) &&
               plan_pods_of_backup(store, name, cli->arena, plan_pod, planner, err);
}

static bool read_manifest(Cli *cli, const CommandLine *line, const PlanRequest *flags, Request *request,
                          Planner *planner, Error *err) {
        if (flags->file.len == 0)
                return cli_usage(cli, err, "--file is missing: which manifest?");
        if (flags->pods.len && flags->from.len)
                return cli_usage(cli, err, "--pods and --from: the pods come from one place");
        if (!manifest_read(flags->file, &request->file, err)) {
                cli->exit = EXIT_USAGE;
                return false;
        }
        request->path = flags->file;
        planner->is_restore = request->file.kind == MANIFEST_RESTORE;

        JsonVal *object = yyjson_doc_get_root(request->file.object);
        if (planner->is_restore)
                planner->restore = restore_decode(object, cli->arena, &planner->faults);
        else
                planner->backup = backup_decode(object, cli->arena, &planner->faults);
        return request_check(cli, request, line, &planner->faults, err);
}

static void print(Cli *cli, const PlanRequest *flags, const Planner *planner) {
        if (flags->output.format == OUTPUT_TABLE) {
                output_text(cli, plan_view_text(&planner->pods, cli->arena));
                return;
        }

        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        output_value(cli, flags->output.format, doc, plan_view_json(&planner->pods, cli->arena, doc));
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const PlanRequest *flags = request;
        AUTO(request_clear) Request manifest = { 0 };
        Planner planner = { .arena = cli->arena, .faults = { .arena = cli->arena } };
        Strs warnings = { 0 };

        if (!read_manifest(cli, line, flags, &manifest, &planner, err))
                return false;
        planner.faults = (Faults) { .arena = cli->arena };
        if (planner.backup.spec.resource_policy.len)
                faults_add(&planner.faults, FAULT_WARNING, STR("spec.resourcePolicy"),
                           "is not read here: pods that only the policy leaves out are in the plan");

        bool is_read = flags->pods.len   ? plan_of_file(flags, &planner, err)
                       : flags->from.len ? plan_of_backup(cli, flags, &planner, err)
                                         : plan_of_cluster(cli, flags, &planner, err);
        if (!is_read)
                return false;
        print(cli, flags, &planner);
        /* what is wrong with a pod has no place in the manifest; its path names the pod */
        faults_add_texts(&planner.faults, FAULT_WARNING, cli->arena, &warnings);
        for (size_t i = 0; i < warnings.len; i++)
                cli_warn(cli, warnings.items[i]);
        if (planned_pods_fail(&planner.pods))
                cli->exit = EXIT_FAILED;
        return true;
}

const Command cmd_hooks_plan = {
        .name = "hooks plan",
        .arguments = "",
        .summary = "Say which hooks would run where, in which order, and which are skipped and why",
        .details = "Nothing is run. Pods of one group share a volume and are frozen together; groups run in "
                   "parallel. Exit code 1: a hook is certain to fail, such as one that names a container "
                   "that is not there.",
        .example = "# In the cluster of the kubeconfig.\n"
                   "grapnel hooks plan -f backup.yaml\n\n"
                   "# Without a cluster, for pods saved before.\n"
                   "kubectl get pods -A -o json > pods.json\n"
                   "grapnel hooks plan -f backup.yaml --pods pods.json\n\n"
                   "# For the pods of a backup that is to be restored.\n"
                   "grapnel hooks plan -f restore.yaml --from ./backups --backup monday",
        .options = options,
        .request_size = sizeof(PlanRequest),
        .run = run,
};
