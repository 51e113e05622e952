#include "backup/volumes.h"

#include <stdatomic.h>

#include "base/mem.h"
#include "base/spool.h"
#include "kube/object.h"

enum { COPY_BYTES = 64 * 1024 };
static const uint64_t SPOOL_LIMIT = UINT64_C(4) * 1024 * 1024 * 1024;

struct Volumes {
        Spool *spool; /* entries, each with a comma in front */
        _Atomic uint64_t count;
};

bool volumes_new(Volumes **ret_volumes, Error *err) {
        Spool *spool;

        if (!spool_open(SPOOL_LIMIT, &spool, err))
                return false;
        *ret_volumes = xnew0(Volumes);
        (*ret_volumes)->spool = spool;
        return true;
}

void volumes_free(Volumes *volumes) {
        if (!volumes)
                return;
        spool_free(volumes->spool);
        free(volumes);
}

void volume_entry(JsonVal *volume, Str reason, Buf *into) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *entry = yyjson_mut_obj(doc), *about;
        JsonVal *claim = json_at(volume, "spec", "claimRef"), *labels = object_labels(volume);

        if (claim) {
                json_put_str(doc, entry, "pvcName", json_get_str(claim, "name"));
                json_put_str(doc, entry, "pvcNamespace", json_get_str(claim, "namespace"));
        }
        json_put_str(doc, entry, "pvName", object_name(volume));
        yyjson_mut_obj_add_bool(doc, entry, "snapshotDataMoved", false);
        yyjson_mut_obj_add_bool(doc, entry, "preserveLocalSnapshot", false);
        yyjson_mut_obj_add_bool(doc, entry, "skipped", true);
        json_put_str(doc, entry, "skippedReason", reason);
        about = json_mut_object(doc, entry, "pvInfo");
        json_put_str(doc, about, "reclaimPolicy",
                     json_str(json_at(volume, "spec", "persistentVolumeReclaimPolicy")));
        json_mut_set(doc, about, STR("labels"),
                     labels ? yyjson_val_mut_copy(doc, labels) : yyjson_mut_null(doc));
        json_write_mut(entry, into);
}

bool volumes_add_skipped(Volumes *volumes, JsonVal *volume, Str reason, Error *err) {
        AUTO(buf_clear) Buf entry = { 0 };
        uint64_t offset;

        buf_add_char(&entry, ',');
        volume_entry(volume, reason, &entry);
        if (!spool_append(volumes->spool, buf_str(&entry), &offset, err))
                return false;
        volumes->count++;
        return true;
}

uint64_t volumes_count(const Volumes *volumes) {
        return volumes->count;
}

bool volumes_write(Volumes *volumes, GzipPart *part, Error *err) {
        AUTO_FREE char *piece = xmalloc(COPY_BYTES);
        uint64_t size = spool_size(volumes->spool);

        if (!gzip_part_add(part, STR("["), err))
                return false;
        for (uint64_t at = 1; at < size;) { /* past the first comma */
                size_t len = size - at < COPY_BYTES ? (size_t) (size - at) : COPY_BYTES;

                if (!spool_read(volumes->spool, at, piece, len, err) ||
                    !gzip_part_add(part, (Str) { piece, len }, err))
                        return false;
                at += len;
        }
        return gzip_part_add(part, STR("]\n"), err);
}
