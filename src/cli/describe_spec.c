#include "cli/describe_parts.h"
#include "cli/words.h"
#include "data/duration.h"

/* Velero's two families of filters: the old one is shown when one of its three is set. */
static bool uses_old_filters(JsonVal *spec) {
        return yyjson_arr_size(json_get(spec, "includedResources")) > 0 ||
               yyjson_arr_size(json_get(spec, "excludedResources")) > 0 ||
               yyjson_is_bool(json_get(spec, "includeClusterResources"));
}

static void filters(const Describer *d, JsonVal *spec) {
        buf_add(d->out, STR("\nNamespaces:\n"));
        part_included(d, "", part_list(d, json_get(spec, "includedNamespaces"), "*"),
                      part_list(d, json_get(spec, "excludedNamespaces"), EMPTY_WORD));
        buf_add(d->out, STR("\nResources:\n"));
        if (uses_old_filters(spec)) {
                part_included(d, "", part_list(d, json_get(spec, "includedResources"), "*"),
                              part_list(d, json_get(spec, "excludedResources"), EMPTY_WORD));
                buf_printf(d->out, "\tCluster-scoped:\t%s\n",
                           part_tristate(json_get(spec, "includeClusterResources"), "included", "excluded",
                                         "auto"));
                return;
        }

        const struct {
                const char *label, *field, *otherwise;
        } rows[] = {
                { "Included cluster-scoped", "includedClusterScopedResources", EMPTY_WORD },
                { "Excluded cluster-scoped", "excludedClusterScopedResources", EMPTY_WORD },
                { "Included namespace-scoped", "includedNamespaceScopedResources", "*" },
                { "Excluded namespace-scoped", "excludedNamespaceScopedResources", EMPTY_WORD },
        };
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                Str text = part_list(d, json_get(spec, rows[i].field), rows[i].otherwise);

                buf_printf(d->out, "\t%s:\t" STR_FMT "\n", rows[i].label, STR_ARG(text));
        }
}

Str part_duration(JsonVal *value, Arena *arena) {
        AUTO(error_clear) Error err = { 0 };
        int64_t ms;
        Str text = json_str(value);

        if (text.len == 0)
                return STR("0s");
        return duration_parse(text, &ms, &err) ? duration_format(ms, arena) : text;
}

static void exec_hooks(const Describer *d, const char *heading, JsonVal *hooks) {
        size_t i, count;
        JsonVal *hook;

        yyjson_arr_foreach(hooks, i, count, hook) {
                JsonVal *exec = json_get(hook, "exec");
                Str container = json_get_str(exec, "container"), on_error = json_get_str(exec, "onError");
                Strs words = { 0 };

                json_add_strs(json_get(exec, "command"), d->arena, &words);
                Str command = words_printable(strs_join(&words, STR(" "), d->arena), d->arena);
                Str timeout = part_duration(json_get(exec, "timeout"), d->arena);
                buf_printf(d->out, "\n\t\t\t%s:\n\t\t\t\tContainer:\t" STR_FMT "\n", heading,
                           STR_ARG(container));
                buf_printf(d->out, "\t\t\t\tCommand:\t" STR_FMT "\n", STR_ARG(command));
                buf_printf(d->out, "\t\t\t\tOn Error:\t" STR_FMT "\n", STR_ARG(on_error));
                buf_printf(d->out, "\t\t\t\tTimeout:\t" STR_FMT "\n", STR_ARG(timeout));
        }
}

static void hook_specs(const Describer *d, JsonVal *resources) {
        size_t i, count;
        JsonVal *entry;

        if (yyjson_arr_size(resources) == 0) {
                buf_add(d->out, STR("\nHooks:\t" EMPTY_WORD "\n"));
                return;
        }
        buf_add(d->out, STR("\nHooks:\n\tResources:\n"));
        yyjson_arr_foreach(resources, i, count, entry) {
                Str name = json_get_str(entry, "name");
                Str selector = part_selector(d, json_get(entry, "labelSelector"));

                buf_printf(d->out, "\t\t" STR_FMT ":\n\t\t\tNamespaces:\n", STR_ARG(name));
                part_included(d, "\t\t\t", part_list(d, json_get(entry, "includedNamespaces"), "*"),
                              part_list(d, json_get(entry, "excludedNamespaces"), EMPTY_WORD));
                buf_add(d->out, STR("\n\t\t\tResources:\n"));
                part_included(d, "\t\t\t", part_list(d, json_get(entry, "includedResources"), "*"),
                              part_list(d, json_get(entry, "excludedResources"), EMPTY_WORD));
                buf_printf(d->out, "\n\t\t\tLabel selector:\t" STR_FMT "\n", STR_ARG(selector));
                exec_hooks(d, "Pre Exec Hook", json_get(entry, "pre"));
                exec_hooks(d, "Post Exec Hook", json_get(entry, "post"));
        }
}

static void volume_settings(const Describer *d, JsonVal *spec) {
        JsonVal *fs_backup = json_get(spec, "defaultVolumesToFsBackup");
        Str mover = part_text(json_get(spec, "datamover"), "velero");

        buf_printf(d->out, "\nVelero-Native Snapshot PVs:\t%s\n",
                   part_tristate(json_get(spec, "snapshotVolumes"), "true", "false", "auto"));
        if (yyjson_is_bool(fs_backup))
                buf_printf(d->out, "File System Backup (Default):\t%s\n",
                           part_tristate(fs_backup, "true", "false", ""));
        buf_printf(d->out, "Snapshot Move Data:\t%s\nData Mover:\t" STR_FMT "\n",
                   part_tristate(json_get(spec, "snapshotMoveData"), "true", "false", "auto"),
                   STR_ARG(mover));
}

void part_backup_spec(const Describer *d, JsonVal *spec) {
        Str selector = part_selector(d, json_get(spec, "labelSelector"));
        Str or_selectors = part_or_selectors(d, json_get(spec, "orLabelSelectors"));
        Str location = json_get_str(spec, "storageLocation");
        Str ttl = part_duration(json_get(spec, "ttl"), d->arena);
        Str csi_timeout = part_duration(json_get(spec, "csiSnapshotTimeout"), d->arena);
        Str item_timeout = part_duration(json_get(spec, "itemOperationTimeout"), d->arena);
        JsonVal *ordered = json_get(spec, "orderedResources"), *kind, *names;
        size_t i, count;

        filters(d, spec);
        buf_printf(d->out, "\nLabel selector:\t" STR_FMT "\n", STR_ARG(selector));
        buf_printf(d->out, "\nOr label selector:\t" STR_FMT "\n", STR_ARG(or_selectors));
        buf_printf(d->out, "\nStorage Location:\t" STR_FMT "\n", STR_ARG(location));
        volume_settings(d, spec);
        buf_printf(d->out, "\nTTL:\t" STR_FMT "\n", STR_ARG(ttl));
        buf_printf(d->out, "\nCSISnapshotTimeout:\t" STR_FMT "\n", STR_ARG(csi_timeout));
        buf_printf(d->out, "ItemOperationTimeout:\t" STR_FMT "\n", STR_ARG(item_timeout));
        hook_specs(d, json_at(spec, "hooks", "resources"));
        if (yyjson_obj_size(ordered) == 0)
                return;
        buf_add(d->out, STR("\nOrderedResources:\n"));
        yyjson_obj_foreach(ordered, i, count, kind, names) {
                buf_printf(d->out, "\t%s: %s\n", yyjson_get_str(kind), json_str(names).ptr);
        }
}

void part_resource_policy(const Describer *d, JsonVal *spec) {
        JsonVal *reference = json_get(spec, "resourcePolicy");
        Str kind = json_get_str(reference, "kind"), name = json_get_str(reference, "name");

        if (name.len)
                buf_printf(d->out, "\nResource policies:\n\tType:\t" STR_FMT "\n\tName:\t" STR_FMT "\n",
                           STR_ARG(kind), STR_ARG(name));
}
