#include "cli/describe.h"

#include <inttypes.h>

#include "cli/describe_parts.h"
#include "cli/tabs.h"

static void progress(const Describer *d, JsonVal *status) {
        JsonVal *counts = json_get(status, "progress");
        bool is_running = str_equal(json_get_str(status, "phase"), STR("InProgress"));

        if (counts)
                buf_printf(d->out, "%s:\t%" PRId64 "\n%s:\t%" PRId64 "\n",
                           is_running ? "Estimated total items to be restored" : "Total items to be restored",
                           json_get_int(counts, "totalItems", 0),
                           is_running ? "Items restored so far" : "Items restored",
                           json_get_int(counts, "itemsRestored", 0));
}

static bool takes_all_namespaces(JsonVal *included) {
        size_t count = yyjson_arr_size(included);

        return count == 0 || (count == 1 && str_equal(json_str(yyjson_arr_get_first(included)), STR("*")));
}

static void filters(const Describer *d, JsonVal *spec) {
        JsonVal *included = json_get(spec, "includedNamespaces");
        Str selector = part_selector(d, json_get(spec, "labelSelector"));
        Str or_selectors = part_or_selectors(d, json_get(spec, "orLabelSelectors"));

        buf_add(d->out, STR("\nNamespaces:\n"));
        part_included(d, "",
                      takes_all_namespaces(included) ? STR("all namespaces found in the backup")
                                                     : part_list(d, included, ""),
                      part_list(d, json_get(spec, "excludedNamespaces"), EMPTY_WORD));
        buf_add(d->out, STR("\nResources:\n"));
        part_included(d, "", part_list(d, json_get(spec, "includedResources"), "*"),
                      part_list(d, json_get(spec, "excludedResources"), EMPTY_WORD));
        buf_printf(d->out, "\tCluster-scoped:\t%s\n\n",
                   part_tristate(json_get(spec, "includeClusterResources"), "included", "excluded", "auto"));
        part_map(d, "Namespace mappings", json_get(spec, "namespaceMapping"));
        buf_printf(d->out, "\nLabel selector:\t" STR_FMT "\n", STR_ARG(selector));
        buf_printf(d->out, "\nOr label selector:\t" STR_FMT "\n", STR_ARG(or_selectors));
}

static void resource_modifier(const Describer *d, JsonVal *reference) {
        Str kind = json_get_str(reference, "kind"), name = json_get_str(reference, "name");

        if (name.len)
                buf_printf(d->out, "\nResource modifier:\n\tType:\t" STR_FMT "\n\tName:\t" STR_FMT "\n",
                           STR_ARG(kind), STR_ARG(name));
}

/* Two labels end with a blank before the tab, in Velero too: columns are the same for whoever compares. */
static void settings(const Describer *d, JsonVal *spec) {
        Str policy = part_text(json_get(spec, "existingResourcePolicy"), EMPTY_WORD);
        Str timeout = part_text(json_get(spec, "itemOperationTimeout"), "0s");

        buf_printf(d->out, "\nRestore PVs:\t%s\n",
                   part_tristate(json_get(spec, "restorePVs"), "true", "false", "auto"));
        buf_add(d->out, STR("\nCSI Snapshot Restores: <none included>\n"));
        buf_printf(d->out, "\nExisting Resource Policy: \t" STR_FMT "\n", STR_ARG(policy));
        buf_printf(d->out, "ItemOperationTimeout: \t" STR_FMT "\n", STR_ARG(timeout));
        buf_printf(d->out, "\nPreserve Service NodePorts:\t%s\n",
                   part_tristate(json_get(spec, "preserveNodePorts"), "true", "false", "auto"));
        resource_modifier(d, json_get(spec, "resourceModifier"));
}

void describe_restore(const DescribeInput *input, Arena *arena, Buf *into) {
        AUTO(buf_clear) Buf text = { .limit = SIZE_MAX };
        const Describer d = { &text, arena, input->details, input->colour };
        JsonVal *spec = json_get(input->object, "spec"), *status = json_get(input->object, "status");
        JsonVal *hooks = json_get(status, "hookStatus");
        Str backup = json_get_str(spec, "backupName");

        part_metadata(&d, input->object);
        buf_add_char(&text, '\n');
        part_phase(&d, input->object, "restore");
        progress(&d, status);
        buf_add_char(&text, '\n');
        part_times(&d, status);
        part_validation_errors(&d, status);
        part_results(&d, status, input->results);
        buf_printf(&text, "\nBackup:\t" STR_FMT "\n", STR_ARG(backup));
        filters(&d, spec);
        settings(&d, spec);
        buf_add_char(&text, '\n');
        if (hooks)
                buf_printf(&text, "\nHooksAttempted: \t%" PRId64 "\nHooksFailed: \t%" PRId64 "\n",
                           json_get_int(hooks, "hooksAttempted", 0), json_get_int(hooks, "hooksFailed", 0));
        if (d.details) {
                buf_add_char(&text, '\n');
                part_resource_list(&d, input->resource_list);
        }
        part_hook_results(&d, input->hooks);
        tabs_align(buf_str(&text), into);
}
