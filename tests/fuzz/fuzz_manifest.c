#include "fuzz.h"

#include <assert.h>

#include "api/manifest.h"
#include "backup/policy.h"

/* A Backup without errors is stored as JSON that decodes without errors and is stored the same again, but for
 * the random uid. */
static void check_backup(const Backup *backup, Arena *arena) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf first = { 0 }, second = { 0 };
        AUTO_JSON *doc = NULL, *again_doc = NULL;
        const BackupStatus status = { .phase = "Completed" };
        const SourceCluster cluster = { STR("v1.34.4"), STR("1"), STR("34") };
        Faults faults = { .arena = arena };
        Backup again;

        backup_encode(backup, &status, &cluster, &first);
        if (!json_parse(buf_str(&first), "velero-backup.json", &doc, &err))
                abort();
        again = backup_decode(yyjson_doc_get_root(doc), arena, &faults);
        assert(faults.errors == 0);
        backup_encode(&again, &status, &cluster, &second);
        if (!json_parse(buf_str(&second), "velero-backup.json", &again_doc, &err))
                abort();
        assert(json_equal(json_get(yyjson_doc_get_root(doc), "spec"),
                          json_get(yyjson_doc_get_root(again_doc), "spec")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(manifest_clear) Manifest manifest = { 0 };
        Faults faults = { .arena = &arena }, policy_faults = { .arena = &arena };
        Backup backup;

        if (!manifest_parse((Str) { (const char *) data, size }, "input", &manifest, &err))
                return 0;
        (void) policy_decode(json_get(yyjson_doc_get_root(manifest.object), "spec"), &policy_faults);
        if (manifest.kind == MANIFEST_RESTORE)
                return 0;
        backup = backup_decode(yyjson_doc_get_root(manifest.object), &arena, &faults);
        yaml_add_lines(manifest.lines, &faults);
        if (faults.errors == 0)
                check_backup(&backup, &arena);
        return 0;
}
