#include "restore/strip.h"

#include "api/backup.h"

static const char *const former_life[] = {
        "generateName",
        "selfLink",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "ownerReferences",
        "managedFields",
        NULL,
};

void strip_metadata(JsonMutVal *object) {
        JsonMutVal *metadata = yyjson_mut_obj_get(object, "metadata");

        for (const char *const *key = former_life; *key; key++)
                json_mut_remove(metadata, *key);
}

void strip_status(JsonMutVal *object) {
        json_mut_remove(object, "status");
}

void item_put_labels(JsonMutDoc *doc, JsonMutVal *object, Str backup_label, Str restore_label) {
        JsonMutVal *labels = json_mut_object(doc, json_mut_object(doc, object, "metadata"), "labels");

        json_mut_set(doc, labels, STR("velero.io/backup-name"), json_new_str(doc, backup_label));
        json_mut_set(doc, labels, STR("velero.io/restore-name"), json_new_str(doc, restore_label));
}

void item_adopt(RestoreItem *item, Str backup_name, Str restore_name) {
        if (item->target.len > 0)
                json_mut_set(item->doc, json_mut_object(item->doc, item->object, "metadata"),
                             STR("namespace"), json_new_str(item->doc, item->target));
        item_put_labels(item->doc, item->object, label_value(backup_name, item->arena),
                        label_value(restore_name, item->arena));
}

bool item_is_complete(const RestoreItem *item) {
        JsonVal *status = json_get(item->backup, "status");
        Str phase = json_get_str(status, "phase");

        if (item_is(item, "pods"))
                return str_equal(phase, STR("Failed")) || str_equal(phase, STR("Succeeded"));
        return item_is(item, "jobs.batch") && json_get_str(status, "completionTime").len > 0;
}

bool item_is_mirror_pod(const RestoreItem *item) {
        JsonVal *annotations = json_at(item->backup, "metadata", "annotations");

        return item_is(item, "pods") && json_get_str(annotations, "kubernetes.io/config.mirror").len > 0;
}

bool item_has_applied_fields(const RestoreItem *item) {
        JsonVal *entries = json_at(item->backup, "metadata", "managedFields"), *entry;
        size_t i, max;

        yyjson_arr_foreach(entries, i, max, entry) {
                if (str_equal(json_get_str(entry, "operation"), STR("Apply")))
                        return true;
        }
        return false;
}
