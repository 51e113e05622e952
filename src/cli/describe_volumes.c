#include "cli/describe_parts.h"

/* Volume data is Velero's so far: this block is for backups that Velero made. */

typedef struct VolumeRow { /* one line of detail */
        const char *label;
        const char *object, *field;
} VolumeRow;

typedef struct VolumeMethod {
        const char *method;  /* as in volumeinfo.json */
        const char *heading; /* of the block */
        const VolumeRow *rows;
        size_t row_count;
} VolumeMethod;

static const VolumeRow native_rows[] = {
        { "Snapshot ID", "nativeSnapshotInfo", "snapshotHandle" },
        { "Type", "nativeSnapshotInfo", "volumeType" },
        { "Availability Zone", "nativeSnapshotInfo", "volumeAZ" },
        { "IOPS", "nativeSnapshotInfo", "iops" },
        { "Result", NULL, "result" },
};

static const VolumeRow csi_rows[] = {
        { "Operation ID", "csiSnapshotInfo", "operationID" },
        { "Snapshot Content Name", "csiSnapshotInfo", "vscName" },
        { "Storage Snapshot ID", "csiSnapshotInfo", "snapshotHandle" },
        { "CSI Driver", "csiSnapshotInfo", "driver" },
        { "Result", NULL, "result" },
};

static const VolumeRow pod_volume_rows[] = {
        { "Uploader", "pvbInfo", "uploaderType" },
        { "Volume", "pvbInfo", "volumeName" },
        { "Phase", "pvbInfo", "Phase" },
        { "Result", NULL, "result" },
};

static const VolumeMethod methods[] = {
        { "NativeSnapshot", "Velero-Native Snapshots", native_rows,
          sizeof native_rows / sizeof *native_rows },
        { "CSISnapshot", "CSI Snapshots", csi_rows, sizeof csi_rows / sizeof *csi_rows },
        { "PodVolumeBackup", "Pod Volume Backups", pod_volume_rows,
          sizeof pod_volume_rows / sizeof *pod_volume_rows },
};

/* "ns/claim", "ns/pod" or the volume's name: what the volume is known by. */
static const char *volume_name(const Describer *d, JsonVal *volume) {
        JsonVal *pod_volume = json_get(volume, "pvbInfo");
        Str namespace = json_get_str(volume, "pvcNamespace"), name = json_get_str(volume, "pvcName");

        if (name.len == 0) {
                namespace = json_get_str(pod_volume, "podNamespace");
                name = json_get_str(pod_volume, "podName");
        }
        if (name.len == 0)
                name = json_get_str(volume, "pvName");
        return arena_printf(d->arena, STR_FMT "%s" STR_FMT, STR_ARG(namespace), namespace.len ? "/" : "",
                            STR_ARG(name));
}

static void volume_details(const Describer *d, const VolumeMethod *method, JsonVal *volume) {
        for (size_t i = 0; i < method->row_count; i++) {
                const VolumeRow *row = &method->rows[i];
                JsonVal *holder = row->object ? json_get(volume, row->object) : volume;
                Str value = json_get_str(holder, row->field);

                if (value.len)
                        buf_printf(d->out, "\t\t\t%s:\t" STR_FMT "\n", row->label, STR_ARG(value));
        }
}

static void method_block(const Describer *d, const VolumeMethod *method, JsonVal *volumes) {
        size_t i, count, found = 0;
        JsonVal *volume;

        yyjson_arr_foreach(volumes, i, count, volume) {
                if (!str_equal(json_get_str(volume, "backupMethod"), str_of(method->method)))
                        continue;
                if (found++ == 0)
                        buf_printf(d->out, "\t%s:\n", method->heading);
                buf_printf(d->out, "\t\t%s:%s\n", volume_name(d, volume),
                           d->details ? "" : " specify --details for more information");
                if (d->details)
                        volume_details(d, method, volume);
        }
        if (!found)
                buf_printf(d->out, "\t%s: <none included>\n", method->heading);
}

void part_volumes(const Describer *d, JsonVal *volumes) {
        buf_add(d->out, STR("Backup Volumes:\n"));
        for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
                if (i)
                        buf_add_char(d->out, '\n');
                method_block(d, &methods[i], volumes);
        }
}
