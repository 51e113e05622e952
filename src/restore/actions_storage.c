#include "restore/actions.h"

static bool change_class(const ActionSetup *setup, RestoreItem *item, JsonMutVal *spec, Error *err) {
        Str old = json_mut_str(yyjson_mut_obj_get(spec, "storageClassName"));
        Str new = json_str(json_get_key(setup->storage_classes, old));
        bool has = false;

        if (old.len == 0 || new.len == 0)
                return true;
        if (!setup->has_object(setup->user, STR("storageclasses.storage.k8s.io"), STR(""), new, &has, err))
                return false;
        if (!has)
                return error_set(err, ERROR_NOT_FOUND,
                                 "storage class \"" STR_FMT "\" is to become \"" STR_FMT
                                 "\", which the cluster does not have",
                                 STR_ARG(old), STR_ARG(new));
        json_mut_set(item->doc, spec, STR("storageClassName"), json_new_str(item->doc, new));
        return true;
}

bool action_change_storage_class(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome,
                                 Error *err) {
        JsonMutVal *spec = yyjson_mut_obj_get(item->object, "spec");
        yyjson_mut_arr_iter templates =
                yyjson_mut_arr_iter_with(yyjson_mut_obj_get(spec, "volumeClaimTemplates"));

        (void) outcome;
        if (!setup->storage_classes)
                return true;
        if (!item_is(item, "statefulsets.apps"))
                return change_class(setup, item, spec, err);
        for (JsonMutVal *template; (template = yyjson_mut_arr_iter_next(&templates));)
                if (!change_class(setup, item, yyjson_mut_obj_get(template, "spec"), err))
                        return false;
        return true;
}

bool action_claim(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err) {
        static const char *const annotations[] = {
                "pv.kubernetes.io/bind-completed",
                "pv.kubernetes.io/bound-by-controller",
                "volume.kubernetes.io/storage-provisioner",
                "volume.beta.kubernetes.io/storage-provisioner",
                "volume.kubernetes.io/selected-node",
                "velero.io/volume-snapshot-name",
                "velero.io/data-upload-name",
                NULL,
        };
        Str volume = json_str(json_at(item->backup, "spec", "volumeName"));

        (void) setup, (void) err;
        for (const char *const *key = annotations; *key; key++)
                json_mut_remove(json_mut_at(item->object, "metadata", "annotations"), *key);
        if (volume.len > 0 && str_equal(json_str(json_at(item->backup, "status", "phase")), STR("Bound")))
                action_add_item(item, outcome,
                                (AdditionalItem) { STR("persistentvolumes"), STR(""), volume });
        return true;
}
