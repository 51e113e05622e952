#include "cli/flags.h"

#include "restore/priority.h"

#define STATE_HELP                                                                                           \
        "folder of the journal of frozen pods (default $XDG_STATE_HOME/grapnel, else "                       \
        "~/.local/state/grapnel)"

const Option cluster_flags[] = {
        { OPT_ROW(OPTION_TEXT, ClusterFlags, kubeconfig, "kubeconfig", "FILE",
                  "kubeconfig file (default $KUBECONFIG, ~/.kube/config, then the pod's service account)") },
        { OPT_ROW(OPTION_TEXT, ClusterFlags, context, "kubecontext", "NAME",
                  "context of the kubeconfig (default its current context)") },
        { OPT_ROW(OPTION_RATE, ClusterFlags, qps, "client-qps", "NUMBER",
                  "requests a second to the API server at most; 0: no limit") },
        { OPT_ROW(OPTION_COUNT, ClusterFlags, burst, "client-burst", "COUNT",
                  "requests at once before --client-qps counts (default the same number)") },
        { OPT_ROW(OPTION_COUNT, ClusterFlags, page_size, "client-page-size", "COUNT",
                  "objects in one page of a list"),
          .otherwise = "500" },
        /* An API server that is restarted is back within this time, and so costs only time (design.md 7). */
        { OPT_ROW(OPTION_DURATION, ClusterFlags, request_timeout_ms, "request-timeout", "DURATION",
                  "how long one request to the API server is tried again before it fails"),
          .otherwise = "150s" },
        OPT_END,
};

const Option output_flags[] = {
        { OPT_ROW(OPTION_CHOICE, OutputFlags, format, "output", "table|json|yaml", "format of the output"),
          .letter = 'o', .otherwise = "table" },
        OPT_END,
};

const Option run_flags[] = {
        { OPT_ROW(OPTION_COUNT, RunFlags, hook_workers, "hook-workers", "COUNT",
                  "hooks in flight on one node at most; a backup takes fewer while the node is busy"),
          .otherwise = "16" },
        { OPT_ROW(OPTION_TEXT, RunFlags, state, "state", "DIR", STATE_HELP) },
        { OPT_ROW(OPTION_CHOICE, RunFlags, log_level, "log-level", "none|debug|info|warning|error",
                  "log lines of this level and above also go to standard error"),
          .otherwise = "none" },
        { OPT_ROW(OPTION_CHOICE, RunFlags, log_format, "log-format", "text|json",
                  "format of these lines; the stored log is text"),
          .otherwise = "text" },
        { OPT_ROW(OPTION_BOOL, RunFlags, quiet, "quiet", NULL, "no progress and no summary; errors only"),
          .letter = 'q' },
        OPT_END,
};

const Option from_flags[] = {
        { OPT_ROW(OPTION_TEXT, FromFlags, from, "from", "DIR",
                  "the folder that holds backups/ and restores/ (required)") },
        OPT_END,
};

#define KEPT "; kept in the spec for servers that store volume data, which grapnel does not yet"
#define OLD_FILTER "; not with the -scoped- flags"
#define NEW_FILTER "; not with --include-resources, --exclude-resources, --include-cluster-resources"

const Option backup_fields[] = {
        { OPT_FIELD(OPTION_FIELD_LIST, "spec.includedNamespaces", "include-namespaces", "NAMES",
                    "namespaces to back up, with * and ? (default all)") },
        { OPT_FIELD(OPTION_FIELD_LIST, "spec.excludedNamespaces", "exclude-namespaces", "NAMES",
                    "namespaces to leave out") },
        { OPT_FIELD(OPTION_FIELD_LIST, "spec.includedResources", "include-resources", "NAMES",
                    "resources to back up, as resource.group (default all)" OLD_FILTER) },
        { OPT_FIELD(OPTION_FIELD_LIST, "spec.excludedResources", "exclude-resources", "NAMES",
                    "resources to leave out" OLD_FILTER) },
        { OPT_FIELD(OPTION_FIELD_BOOL, "spec.includeClusterResources", "include-cluster-resources", NULL,
                    "cluster-scoped resources too (default: those that belong to what is backed "
                    "up)" OLD_FILTER) },
        { OPT_FIELD(OPTION_FIELD_LIST, "spec.includedClusterScopedResources",
                    "include-cluster-scoped-resources", "NAMES",
                    "cluster-scoped resources to back up" NEW_FILTER) },
        { OPT_FIELD(OPTION_FIELD_LIST, "spec.excludedClusterScopedResources",
                    "exclude-cluster-scoped-resources", "NAMES",
                    "cluster-scoped resources to leave out" NEW_FILTER) },
        { OPT_FIELD(OPTION_FIELD_LIST, "spec.includedNamespaceScopedResources",
                    "include-namespace-scoped-resources", "NAMES",
                    "resources in namespaces to back up" NEW_FILTER) },
        { OPT_FIELD(OPTION_FIELD_LIST, "spec.excludedNamespaceScopedResources",
                    "exclude-namespace-scoped-resources", "NAMES",
                    "resources in namespaces to leave out" NEW_FILTER) },
        { OPT_FIELD(OPTION_FIELD_SELECTOR, "spec.labelSelector", "selector", "SELECTOR",
                    "back up only objects with these labels (app=shop,tier!=cache)"),
          .letter = 'l' },
        { OPT_FIELD(OPTION_FIELD_OR_SELECTOR, "spec.orLabelSelectors", "or-selector", "SELECTORS",
                    "back up objects that match one of several (\"app=shop or app=bank\")") },
        { OPT_FIELD(OPTION_FIELD_ORDER, "spec.orderedResources", "ordered-resources", "ORDER",
                    "objects to back up first (\"pods=ns/a,ns/b;persistentvolumes=v1,v2\")") },
        { OPT_FIELD(OPTION_FIELD_BOOL, "spec.snapshotVolumes", "snapshot-volumes", NULL,
                    "take snapshots of volumes" KEPT) },
        { OPT_FIELD(OPTION_FIELD_LIST, "spec.volumeSnapshotLocations", "volume-snapshot-locations", "NAMES",
                    "locations of volume snapshots" KEPT) },
        { OPT_FIELD(OPTION_FIELD_BOOL, "spec.snapshotMoveData", "snapshot-move-data", NULL,
                    "move the data of snapshots" KEPT) },
        { OPT_FIELD(OPTION_FIELD_TEXT, "spec.datamover", "data-mover", "NAME",
                    "what moves the data of snapshots" KEPT) },
        { OPT_FIELD(OPTION_FIELD_BOOL, "spec.defaultVolumesToFsBackup", "default-volumes-to-fs-backup", NULL,
                    "copy the files of volumes" KEPT) },
        { OPT_FIELD(OPTION_FIELD_COUNT, "spec.uploaderConfig.parallelFilesUpload", "parallel-files-upload",
                    "COUNT", "files copied at the same time" KEPT) },
        { OPT_FIELD(OPTION_FIELD_TIME, "spec.csiSnapshotTimeout", "csi-snapshot-timeout", "DURATION",
                    "how long to wait for a CSI snapshot" KEPT) },
        { OPT_FIELD(OPTION_FIELD_TIME, "spec.itemOperationTimeout", "item-operation-timeout", "DURATION",
                    "how long to wait for operations of plugins" KEPT) },
        { OPT_FIELD(OPTION_FIELD_NAME, "spec.resourcePolicy", "resource-policies-configmap", "NAME",
                    "ConfigMap with resource policies") },
        { OPT_FIELD(OPTION_FIELD_TIME, "spec.ttl", "ttl", "DURATION",
                    "how long the backup is to be kept (default 720h0m0s)") },
        { OPT_FIELD(OPTION_FIELD_TEXT, "spec.storageLocation", "storage-location", "NAME",
                    "name of the location that is written into the backup (default \"default\")") },
        { OPT_FIELD(OPTION_FIELD_MAP, "metadata.labels", "labels", "K=V,...", "labels of the backup") },
        { OPT_FIELD(OPTION_FIELD_MAP, "metadata.annotations", "annotations", "K=V,...",
                    "annotations of the backup") },
        { OPT_FIELD(OPTION_FIELD_TEXT, "metadata.namespace", "namespace", "NAME",
                    "Velero's namespace, written into the backup (default \"velero\"; with create of "
                    "\"client config\" or $VELERO_NAMESPACE first)"),
          .letter = 'n' },
        OPT_END,
};

const Option restore_fields[] = {
        { OPT_FIELD(OPTION_FIELD_LIST, "spec.includedNamespaces", "include-namespaces", "NAMES",
                    "namespaces of the backup to restore, with * and ? (default all)") },
        { OPT_FIELD(OPTION_FIELD_LIST, "spec.excludedNamespaces", "exclude-namespaces", "NAMES",
                    "namespaces to leave out") },
        { OPT_FIELD(OPTION_FIELD_LIST, "spec.includedResources", "include-resources", "NAMES",
                    "resources to restore, as resource.group (default all)") },
        { OPT_FIELD(OPTION_FIELD_LIST, "spec.excludedResources", "exclude-resources", "NAMES",
                    "resources to leave out") },
        { OPT_FIELD(OPTION_FIELD_BOOL, "spec.includeClusterResources", "include-cluster-resources", NULL,
                    "cluster-scoped resources too (default: those that belong to what is restored)") },
        { OPT_FIELD(OPTION_FIELD_PAIRS, "spec.namespaceMapping", "namespace-mappings", "FROM:TO,...",
                    "restore namespaces under other names") },
        { OPT_FIELD(OPTION_FIELD_SELECTOR, "spec.labelSelector", "selector", "SELECTOR",
                    "restore only objects with these labels (app=shop,tier!=cache)"),
          .letter = 'l' },
        { OPT_FIELD(OPTION_FIELD_OR_SELECTOR, "spec.orLabelSelectors", "or-selector", "SELECTORS",
                    "restore objects that match one of several (\"app=shop or app=bank\")") },
        { OPT_FIELD(OPTION_FIELD_TEXT, "spec.existingResourcePolicy", "existing-resource-policy",
                    "none|update", "what to do with objects that are there already (default none)") },
        { OPT_FIELD(OPTION_FIELD_BOOL, "spec.preserveNodePorts", "preserve-nodeports", NULL,
                    "keep the node ports of Services") },
        { OPT_FIELD(OPTION_FIELD_BOOL, "spec.restorePVs", "restore-volumes", NULL,
                    "restore PersistentVolumes") },
        { OPT_FIELD(OPTION_FIELD_LIST, "spec.restoreStatus.includedResources", "status-include-resources",
                    "NAMES", "resources whose status is restored") },
        { OPT_FIELD(OPTION_FIELD_LIST, "spec.restoreStatus.excludedResources", "status-exclude-resources",
                    "NAMES", "resources whose status is not restored") },
        { OPT_FIELD(OPTION_FIELD_NAME, "spec.resourceModifier", "resource-modifier-configmap", "NAME",
                    "ConfigMap with changes to objects") },
        { OPT_FIELD(OPTION_FIELD_BOOL, "spec.uploaderConfig.writeSparseFiles", "write-sparse-files", NULL,
                    "write the files of volumes with holes" KEPT) },
        { OPT_FIELD(OPTION_FIELD_COUNT, "spec.uploaderConfig.parallelFilesDownload",
                    "parallel-files-download", "COUNT", "files restored at the same time" KEPT) },
        { OPT_FIELD(OPTION_FIELD_TIME, "spec.itemOperationTimeout", "item-operation-timeout", "DURATION",
                    "how long to wait for operations of plugins" KEPT) },
        { OPT_FIELD(OPTION_FIELD_MAP, "metadata.labels", "labels", "K=V,...", "labels of the restore") },
        { OPT_FIELD(OPTION_FIELD_MAP, "metadata.annotations", "annotations", "K=V,...",
                    "annotations of the restore") },
        { OPT_FIELD(OPTION_FIELD_TEXT, "metadata.namespace", "namespace", "NAME",
                    "Velero's namespace, written into the restore (default \"velero\"; with create of "
                    "\"client config\" or $VELERO_NAMESPACE first)"),
          .letter = 'n' },
        OPT_END,
};

const Option order_flags[] = {
        { OPT_ROW(
                OPTION_TEXT, OrderFlags, resource_priorities, "restore-resource-priorities", "NAMES",
                "resources that are restored before all others, in this order, separated by commas; after a "
                "\"-\" those that come last (default: Velero's order)") },
        { OPT_ROW(OPTION_DURATION, OrderFlags, terminating_resource_timeout_ms,
                  "terminating-resource-timeout", "DURATION",
                  "how long a restore waits for a namespace that is being deleted"),
          .otherwise = "10m" },
        OPT_END,
};

bool order_flags_check(Cli *cli, const OrderFlags *flags, Error *err) {
        AUTO(error_clear) Error reason = { 0 };
        RestorePriorities priorities;

        if (flags->terminating_resource_timeout_ms < 0)
                return cli_usage(cli, err,
                                 "--terminating-resource-timeout: a time below 0 has passed already; 0 does "
                                 "not wait");
        if (restore_priorities_parse(flags->resource_priorities, cli->arena, &priorities, &reason))
                return true;
        return cli_usage(cli, err, "--restore-resource-priorities: %s", reason.message);
}
