#include "restore/existing.h"

#include "data/patch.h"
#include "restore/strip.h"

static JsonMutVal *comparable(const RestoreItem *item, JsonVal *cluster) {
        JsonMutVal *copy = yyjson_val_mut_copy(item->doc, cluster);

        strip_metadata(copy);
        strip_status(copy);
        return copy;
}

bool existing_is_same(const RestoreItem *item, JsonVal *cluster, ExistingLabels labels) {
        JsonMutVal *copy = comparable(item, cluster);

        item_put_labels(item->doc, copy, labels.backup, labels.restore);
        return patch_diff(item->doc, copy, item->object) == NULL;
}

JsonMutVal *existing_update_patch(const RestoreItem *item, JsonVal *cluster) {
        JsonMutVal *copy = comparable(item, cluster);

        /* so that the labels are in the patch even when the object carries them from an earlier restore */
        item_put_labels(item->doc, copy, STR(""), STR(""));
        return patch_diff(item->doc, copy, item->object);
}

JsonMutVal *existing_labels_patch(const RestoreItem *item, ExistingLabels labels) {
        JsonMutVal *patch = yyjson_mut_obj(item->doc);

        item_put_labels(item->doc, patch, labels.backup, labels.restore);
        return patch;
}

static bool has_name(JsonMutVal *list, Str name) {
        yyjson_mut_arr_iter all = yyjson_mut_arr_iter_with(list);

        for (JsonMutVal *element; (element = yyjson_mut_arr_iter_next(&all));)
                if (str_equal(json_mut_str(yyjson_mut_obj_get(element, "name")), name))
                        return true;
        return false;
}

static void merge_list(const RestoreItem *item, JsonMutVal *account, const char *key) {
        JsonMutVal *list = yyjson_mut_obj_get(account, key);
        yyjson_mut_arr_iter wanted = yyjson_mut_arr_iter_with(yyjson_mut_obj_get(item->object, key));

        for (JsonMutVal *element; (element = yyjson_mut_arr_iter_next(&wanted));) {
                if (has_name(list, json_mut_str(yyjson_mut_obj_get(element, "name"))))
                        continue;
                if (!yyjson_mut_is_arr(list)) {
                        list = yyjson_mut_arr(item->doc);
                        json_mut_set(item->doc, account, str_of(key), list);
                }
                yyjson_mut_arr_append(list, yyjson_mut_val_mut_copy(item->doc, element));
        }
}

static bool is_velero_label(Str key) {
        return str_equal(key, STR("velero.io/backup-name")) || str_equal(key, STR("velero.io/restore-name"));
}

static void merge_map(const RestoreItem *item, JsonMutVal *account, const char *key) {
        JsonMutVal *wanted = json_mut_at(item->object, "metadata", key);
        yyjson_mut_obj_iter all = yyjson_mut_obj_iter_with(wanted);

        for (JsonMutVal *name; (name = yyjson_mut_obj_iter_next(&all));) {
                JsonMutVal *map =
                        json_mut_object(item->doc, json_mut_object(item->doc, account, "metadata"), key);

                if (is_velero_label(json_mut_str(name)) ||
                    yyjson_mut_obj_getn(map, yyjson_mut_get_str(name), yyjson_mut_get_len(name)))
                        continue;
                json_mut_set(item->doc, map, json_mut_str(name),
                             yyjson_mut_val_mut_copy(item->doc, yyjson_mut_obj_iter_get_val(name)));
        }
}

JsonMutVal *existing_account_patch(const RestoreItem *item, JsonVal *cluster) {
        JsonMutVal *before = yyjson_val_mut_copy(item->doc, cluster);
        JsonMutVal *after = yyjson_val_mut_copy(item->doc, cluster);

        merge_list(item, after, "secrets");
        merge_list(item, after, "imagePullSecrets");
        merge_map(item, after, "labels");
        merge_map(item, after, "annotations");
        return patch_diff(item->doc, before, after);
}
