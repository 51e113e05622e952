#include "restore/volumes.h"

enum { RECORDS_BYTES_MAX = 64 * 1024 * 1024 };

static bool read_one(Store *store, Str key, const char *what, JsonDoc **ret_doc, Error *err) {
        AUTO(error_clear) Error missing = { 0 };
        AUTO(buf_clear) Buf text = { 0 };

        *ret_doc = NULL;
        if (!layout_get_gzip(store, key, RECORDS_BYTES_MAX, &text, &missing)) {
                if (missing.code == ERROR_NOT_FOUND)
                        return true;
                return error_set(err, missing.code, "%s", missing.message);
        }
        return json_parse(buf_str(&text), what, ret_doc, err);
}

void volume_records_index(VolumeRecords *records) {
        JsonVal *infos = yyjson_doc_get_root(records->volume_info), *info;
        size_t i, max;

        yyjson_arr_foreach(infos, i, max, info) {
                Str name = json_get_str(info, "pvName");

                if (name.len > 0)
                        str_map_put(&records->by_volume, name, info);
        }
}

bool volumes_read(Store *store, Str backup, VolumeRecords *ret_records, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(volume_records_clear) VolumeRecords records = { 0 };

        if (!read_one(store, backup_key(backup, BACKUP_VOLUME_INFO, &arena), "the backup's volume info",
                      &records.volume_info, err) ||
            !read_one(store, backup_key(backup, BACKUP_VOLUME_SNAPSHOTS, &arena),
                      "the backup's list of snapshots", &records.snapshots, err) ||
            !read_one(store, backup_key(backup, BACKUP_POD_VOLUMES, &arena),
                      "the backup's list of pod volumes", &records.pod_volumes, err))
                return false;
        volume_records_index(&records);
        *ret_records = records;
        records = (VolumeRecords) { 0 };
        return true;
}

void volume_records_clear(VolumeRecords *records) {
        yyjson_doc_free(records->volume_info);
        yyjson_doc_free(records->snapshots);
        yyjson_doc_free(records->pod_volumes);
        str_map_clear(&records->by_volume);
        *records = (VolumeRecords) { 0 };
}

static VolumeDecision lost(const char *where, const char *why, int restore_pvs) {
        return (VolumeDecision) { VOLUME_PROVISION, why, restore_pvs == 0 ? NULL : where };
}

/* With restorePVs: false Velero restores such a volume as it is, so that it names the disk it had. */
static VolumeDecision native_snapshot(int restore_pvs) {
        if (restore_pvs == 0)
                return (VolumeDecision) { VOLUME_AS_IS, "it has a snapshot and restorePVs is false", NULL };
        return lost("a snapshot of the storage provider", "it has a snapshot", restore_pvs);
}

static VolumeDecision without_data(JsonVal *volume) {
        if (str_equal(json_str(json_at(volume, "spec", "persistentVolumeReclaimPolicy")), STR("Delete")))
                return (VolumeDecision) { VOLUME_PROVISION,
                                          "it doesn't have a snapshot and its reclaim policy is Delete",
                                          NULL };
        return (VolumeDecision) { VOLUME_AS_IS,
                                  "it doesn't have a snapshot and its reclaim policy is not Delete", NULL };
}

static bool has_snapshot(const VolumeRecords *records, Str volume) {
        JsonVal *all = yyjson_doc_get_root(records->snapshots), *snapshot;
        size_t i, max;

        yyjson_arr_foreach(all, i, max, snapshot) {
                if (str_equal(json_get_str(json_get(snapshot, "spec"), "persistentVolumeName"), volume))
                        return true;
        }
        return false;
}

static bool has_pod_volume(const VolumeRecords *records, JsonVal *claim) {
        JsonVal *all = yyjson_doc_get_root(records->pod_volumes), *backup;
        Str name = json_get_str(claim, "name"), namespace = json_get_str(claim, "namespace");
        size_t i, max;

        yyjson_arr_foreach(all, i, max, backup) {
                if (name.len > 0 &&
                    str_equal(json_get_str(json_at(backup, "metadata", "annotations"), "velero.io/pvc-name"),
                              name) &&
                    str_equal(json_str(json_at(backup, "spec", "pod", "namespace")), namespace))
                        return true;
        }
        return false;
}

VolumeDecision volume_decide(const VolumeRecords *records, JsonVal *volume, int restore_pvs) {
        Str name = json_get_str(json_get(volume, "metadata"), "name");
        JsonVal *info = str_map_get(&records->by_volume, name);
        Str method = json_get_str(info, "backupMethod");

        if (str_equal(method, STR("NativeSnapshot")) || (!info && has_snapshot(records, name)))
                return native_snapshot(restore_pvs);
        if (str_equal(method, STR("PodVolumeBackup")) ||
            (!info && has_pod_volume(records, json_at(volume, "spec", "claimRef"))))
                return lost("a file system backup", "it has a file system backup", restore_pvs);
        if (str_equal(method, STR("CSISnapshot")))
                return lost("a CSI snapshot", "it has a CSI snapshot", restore_pvs);
        return without_data(volume);
}

static void remove_binding_annotations(RestoreItem *item) {
        JsonMutVal *annotations = json_mut_at(item->object, "metadata", "annotations");

        json_mut_remove(annotations, "pv.kubernetes.io/bind-completed");
        json_mut_remove(annotations, "pv.kubernetes.io/bound-by-controller");
}

void volume_reset_binding(RestoreItem *item, Str claim_namespace) {
        JsonMutVal *claim = json_mut_at(item->object, "spec", "claimRef");

        remove_binding_annotations(item);
        if (!claim)
                return;
        json_mut_remove(claim, "uid");
        json_mut_remove(claim, "resourceVersion");
        if (claim_namespace.len > 0)
                json_mut_set(item->doc, claim, STR("namespace"), json_new_str(item->doc, claim_namespace));
}

void claim_reset_binding(RestoreItem *item, bool is_volume_provisioned) {
        remove_binding_annotations(item);
        if (is_volume_provisioned)
                json_mut_remove(yyjson_mut_obj_get(item->object, "spec"), "volumeName");
}
