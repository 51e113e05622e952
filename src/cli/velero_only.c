#include "cli/velero_only.h"

#include "data/glob.h"

typedef struct VeleroOnly {
        const char *names; /* patterns, separated by blanks */
        const char *why;
} VeleroOnly;

static const VeleroOnly words[] = {
        { "repo", "there are no copies of volumes yet, so there are no repositories of them" },
        { "plugin", "there are no plugins; S3 and folders are built in, as provider aws and filesystem" },
        { "debug", "nothing is collected in one file; describe, logs and the server's log have it all" },
        { "bug", "no form is filled in; tell of a bug with the output of grapnel version" },
};

static const VeleroOnly flags[] = {
        { "features", "leave it out; there are no features to switch on, what works is on" },
        { "colorized", "--no-color or $NO_COLOR turns colours off" },
        { "v vmodule logtostderr alsologtostderr add_dir_header log_backtrace_at log_dir log_file "
          "log_file_max_size one_output skip_headers skip_log_headers stderrthreshold",
          "commands log nothing of their own; runs and the server have --log-level and --log-format" },
        { "label-columns show-labels", "the command prints no table" },
        { "apply", "leave it out; objects are always applied" },
        { "cacert", "\"grapnel backup-location set NAME --cacert FILE\" gives a store's certificates" },
        { "plugins plugin-dir",
          "leave it out; there are no plugins, S3 and folders are built in as --provider aws and "
          "filesystem" },
        { "pod-annotations pod-labels sa-annotations service-account-name server-priority-class-name "
          "velero-pod-cpu-limit",
          "\"grapnel install --dry-run -o yaml\" prints the objects; change them there and apply them with "
          "kubectl" },
        { "garbage-collection-frequency concurrent-backups schedule-skip-immediately "
          "restore-resource-priorities terminating-resource-timeout",
          "it is a flag of grapnel server; add it to the arguments of Deployment grapnel" },
        { "item-block-worker-count", "--workers and --hook-workers of grapnel server say how much is done at "
                                     "the same time" },
        { "restore-only",
          "\"grapnel server --disable-controllers backup-queue,backup,schedule,gc,backup-deletion\" only "
          "restores" },
        { "disable-informer-cache", "leave it out; a restore keeps no copy of the cluster" },
        { "snapshot-location-config use-volume-snapshots default-volume-snapshot-locations "
          "volume-group-snapshot-label-key csi-snapshot-early-frequent-polling",
          "leave it out; no volume snapshots are taken yet" },
        { "use-node-agent use-node-agent-windows privileged-node-agent node-agent-* kubelet-root-dir "
          "default-volumes-to-fs-backup default-snapshot-move-data uploader-type fs-backup-timeout "
          "pod-volume-operation-timeout default-repo-maintain-frequency backup-repository-configmap "
          "repo-maintenance-* maintenance-job-* keep-latest-maintenance-jobs",
          "leave it out; the data of volumes is not backed up yet" },
        { "item-operation-sync-frequency default-item-operation-timeout",
          "leave it out; nothing goes on after a backup or a restore has ended" },
        { "profiler-address", "leave it out; there is no profiler" },
        { "max-backup-extraction-size", "leave it out; what an archive may hold is limited as it is" },
        { "default-resource-modifier-configmap skip-default-resource-modifier",
          "there is no modifier for all restores; \"grapnel restore create --resource-modifier-configmap "
          "NAME\" names one" },
        { "global-backup-volume-policies-configmap",
          "there is no policy for all backups; \"grapnel backup create --resource-policies-configmap NAME\" "
          "names one" },
        { "resource-policies-configmap", "only backups have a policy; a restore has filters of its own" },
        { "backup-type", "leave it out; every backup is a full one" },
};

static bool is_named(const char *names, Str name) {
        Str rest = str_of(names), pattern;

        while (str_cut(&rest, ' ', &pattern))
                if (glob_matches(pattern, name))
                        return true;
        return false;
}

static const char *find(const VeleroOnly *rows, size_t len, Str name) {
        for (size_t i = 0; i < len; i++)
                if (is_named(rows[i].names, name))
                        return rows[i].why;
        return NULL;
}

const char *velero_only_word(Str word) {
        if (str_ends_with(word, STR("s")))
                word.len--;
        return find(words, sizeof words / sizeof *words, word);
}

const char *velero_only_flag(Str name) {
        return find(flags, sizeof flags / sizeof *flags, name);
}
