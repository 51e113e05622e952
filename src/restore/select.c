#include "restore/select.h"

#include <strings.h>

#include "data/glob.h"

static Strs resolve(const Strs *words, ResourceNamer namer, void *user, Arena *arena, Strs *unknown) {
        Strs names = { 0 };

        for (size_t i = 0; i < words->len; i++) {
                Str word = words->items[i];
                Str name = glob_has_wildcard(word) ? word : namer(user, word);

                if (name.len == 0)
                        strs_add(unknown, arena, word);
                strs_add(&names, arena, name.len > 0 ? name : word);
        }
        return names;
}

Selection selection_make(const RestoreSpec *spec, ResourceNamer namer, void *user, Arena *arena,
                         Strs *unknown) {
        Strs not_told = { 0 }; /* excluding what is not there is no mistake */

        return (Selection) {
                .included_namespaces = spec->included_namespaces,
                .excluded_namespaces = spec->excluded_namespaces,
                .included_resources = resolve(&spec->included_resources, namer, user, arena, unknown),
                .excluded_resources = resolve(&spec->excluded_resources, namer, user, arena, &not_told),
                .status_included = resolve(&spec->status_included, namer, user, arena, unknown),
                .status_excluded = resolve(&spec->status_excluded, namer, user, arena, &not_told),
                .has_restore_status = spec->has_restore_status,
                .include_cluster_resources = spec->include_cluster_resources,
                .selector = &spec->selector,
                .or_selectors = spec->or_selectors,
                .or_selectors_len = spec->or_selectors_len,
        };
}

bool selection_has_resource(const Selection *selection, Str resource) {
        return glob_includes(&selection->included_resources, &selection->excluded_resources, resource);
}

static bool has_all_namespaces(const Selection *selection) {
        const Strs *included = &selection->included_namespaces;

        return selection->excluded_namespaces.len == 0 &&
               (included->len == 0 || (included->len == 1 && str_equal(included->items[0], STR("*"))));
}

bool selection_has_namespace(const Selection *selection, Str namespace) {
        if (namespace.len > 0)
                return glob_includes(&selection->included_namespaces, &selection->excluded_namespaces,
                                     namespace);
        if (selection->include_cluster_resources >= 0)
                return selection->include_cluster_resources == 1;
        return has_all_namespaces(selection);
}

bool selection_needs_labels(const Selection *selection) {
        return selection->selector->is_set || selection->or_selectors_len > 0;
}

bool selection_has_labels(const Selection *selection, JsonVal *labels) {
        if (!label_selector_matches(selection->selector, labels))
                return false;
        for (size_t i = 0; i < selection->or_selectors_len; i++)
                if (label_selector_matches(&selection->or_selectors[i], labels))
                        return true;
        return selection->or_selectors_len == 0;
}

bool selection_has_additional(const Selection *selection, Str resource, Str namespace) {
        if (!selection_has_resource(selection, resource))
                return false;
        if (namespace.len > 0)
                return selection_has_namespace(selection, namespace);
        return selection->include_cluster_resources != 0;
}

bool selection_has_status(const Selection *selection, Str resource, JsonVal *annotations) {
        Str own = str_trim(json_get_str(annotations, "velero.io/restore-status"));

        if (own.len == strlen("true") && strncasecmp(own.ptr, "true", own.len) == 0)
                return true;
        if (own.len == strlen("false") && strncasecmp(own.ptr, "false", own.len) == 0)
                return false;
        return selection->has_restore_status &&
               glob_includes(&selection->status_included, &selection->status_excluded, resource);
}
