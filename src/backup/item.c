#include "backup/item.h"

#include "kube/object.h"

#define MUST_INCLUDE "backup.velero.io/must-include-additional-items"
#define SKIPPED_NO_CSI_PV "backup.velero.io/skipped-no-csi-pv"

bool item_is_deleted(JsonVal *object) {
        return json_at(object, "metadata", "deletionTimestamp") != NULL;
}

bool item_is_opted_out(JsonVal *object) {
        return str_equal(json_get_str(object_labels(object), "velero.io/exclude-from-backup"), STR("true"));
}

bool item_is_skipped(Str group_resource, JsonVal *object) {
        static const char *const with_actions[] = { "pods", "persistentvolumeclaims", "serviceaccounts",
                                                    "customresourcedefinitions.apiextensions.k8s.io" };

        if (!json_get(object_annotations(object), "velero.io/skip-from-backup"))
                return false;
        for (size_t i = 0; i < sizeof(with_actions) / sizeof(*with_actions); i++)
                if (str_equal(group_resource, str_of(with_actions[i])))
                        return true;
        return false;
}

static bool has_marks(JsonVal *object) {
        JsonVal *annotations = object_annotations(object);

        return json_get(annotations, MUST_INCLUDE) || json_get(annotations, SKIPPED_NO_CSI_PV);
}

static void remove_marks(JsonMutVal *object) {
        JsonMutVal *annotations = json_mut_at(object, "metadata", "annotations");

        json_mut_remove(annotations, MUST_INCLUDE);
        json_mut_remove(annotations, SKIPPED_NO_CSI_PV);
}

static void remove_velero_keys(JsonMutVal *labels) {
        yyjson_mut_obj_iter iter = yyjson_mut_obj_iter_with(labels);
        JsonMutVal *key;

        while ((key = yyjson_mut_obj_iter_next(&iter)))
                if (str_starts_with(json_mut_str(key), STR("velero.io/")))
                        yyjson_mut_obj_iter_remove(&iter);
}

/* A restored claim must bind to the restored volume, not be filled from a source or found by a selector; and
 * marks that an earlier restore or backup left would mislead the next restore (3.12, velero.io/pv). */
static void edit_claim(JsonMutVal *claim, Str backup_name) {
        JsonMutVal *spec = yyjson_mut_obj_get(claim, "spec");
        JsonMutVal *class = yyjson_mut_obj_get(spec, "storageClassName");
        JsonMutVal *labels = json_mut_at(claim, "metadata", "labels");

        json_mut_remove(spec, "dataSource");
        json_mut_remove(spec, "dataSourceRef");
        if (yyjson_mut_is_str(class) && json_mut_str(class).len == 0)
                remove_velero_keys(json_mut_at(spec, "selector", "matchLabels"));
        else
                json_mut_remove(spec, "selector");
        json_mut_remove(labels, "velero.io/restore-name");
        json_mut_remove(labels, "velero.io/volume-snapshot-name");
        if (!str_equal(json_mut_str(yyjson_mut_obj_get(labels, "velero.io/backup-name")), backup_name))
                json_mut_remove(labels, "velero.io/backup-name");
}

static bool claim_needs_edit(JsonVal *claim) {
        JsonVal *spec = json_get(claim, "spec"), *labels = object_labels(claim);

        /* Only bound claims: what is not bound yet has no volume to come back to. */
        if (json_str(json_get(spec, "volumeName")).len == 0 ||
            !str_equal(json_str(json_at(claim, "status", "phase")), STR("Bound")))
                return false;
        return json_get(spec, "dataSource") || json_get(spec, "dataSourceRef") ||
               json_get(spec, "selector") || json_get(labels, "velero.io/restore-name") ||
               json_get(labels, "velero.io/volume-snapshot-name") ||
               json_get(labels, "velero.io/backup-name");
}

static void write_edited(JsonVal *object, bool is_claim, Str backup_name, Buf *into) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *copy = yyjson_val_mut_copy(doc, object);

        if (is_claim)
                edit_claim(copy, backup_name);
        remove_marks(copy);
        json_write_mut(copy, into);
}

void item_write(const ItemKind *kind, JsonVal *object, Str backup_name, Buf *into) {
        bool needs_type = !json_get(object, "kind");
        bool edit_as_claim =
                str_equal(kind->group_resource, STR("persistentvolumeclaims")) && claim_needs_edit(object);
        size_t brace;

        if (needs_type)
                buf_printf(into, "{\"apiVersion\":\"" STR_FMT "\",\"kind\":\"" STR_FMT "\"",
                           STR_ARG(kind->api_version), STR_ARG(kind->kind));
        brace = into->len;
        if (edit_as_claim || has_marks(object))
                write_edited(object, edit_as_claim, backup_name, into);
        else
                json_write(object, into);
        /* The object's own members go on where ours end. */
        if (needs_type && into->len > brace)
                into->ptr[brace] = ',';
}

void item_path(Str group_resource, Str version, Str namespace, Str name, Buf *into) {
        buf_printf(into, "resources/" STR_FMT "/", STR_ARG(group_resource));
        if (version.len > 0)
                buf_printf(into, STR_FMT "-preferredversion/", STR_ARG(version));
        if (namespace.len > 0)
                buf_printf(into, "namespaces/" STR_FMT "/", STR_ARG(namespace));
        else
                buf_add(into, STR("cluster/"));
        buf_printf(into, STR_FMT ".json", STR_ARG(name));
}
