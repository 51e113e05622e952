#include "backup/item.h"

#include "backup/related.h"
#include "backup/volumes.h"
#include "sample.h"

static void check_written(const char *resource, const char *object, const char *expected) {
        AUTO_JSON *doc = sample_json(object);
        AUTO(buf_clear) Buf text = { 0 };
        const ItemKind kind = { .group_resource = str_of(resource),
                                .api_version = STR("v1"),
                                .kind = STR("Thing") };

        item_write(&kind, yyjson_doc_get_root(doc), STR("b"), &text);
        buf_add_char(&text, '\0');
        CHECK_STR(text.ptr, expected);
}

static void an_item_of_a_list_gets_its_type(void **state) {
        (void) state;
        check_written("configmaps", "{\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":\"<v>\"}}",
                      "{\"apiVersion\":\"v1\",\"kind\":\"Thing\",\"metadata\":{\"name\":\"a\"},\"data\":{"
                      "\"k\":\"<v>\"}}");
        check_written("boats", "{\"apiVersion\":\"x/v1\",\"kind\":\"Boat\",\"metadata\":{\"name\":\"a\"}}",
                      "{\"apiVersion\":\"x/v1\",\"kind\":\"Boat\",\"metadata\":{\"name\":\"a\"}}");
}

static void numbers_stay_as_they_are(void **state) {
        (void) state;
        check_written("boats",
                      "{\"kind\":\"B\",\"spec\":{\"big\":9007199254740993,\"huge\":"
                      "123456789012345678901234567890,\"ratio\":1.0}}",
                      "{\"kind\":\"B\",\"spec\":{\"big\":9007199254740993,\"huge\":"
                      "123456789012345678901234567890,\"ratio\":1.0}}");
}

static void marks_for_the_backup_itself_are_not_stored(void **state) {
        (void) state;
        check_written("pods",
                      "{\"kind\":\"P\",\"metadata\":{\"annotations\":{\"a\":\"b\","
                      "\"backup.velero.io/must-include-additional-items\":\"true\","
                      "\"backup.velero.io/skipped-no-csi-pv\":\"true\"}}}",
                      "{\"kind\":\"P\",\"metadata\":{\"annotations\":{\"a\":\"b\"}}}");
}

static void a_bound_claim_is_freed_of_its_past(void **state) {
#define BOUND "\"status\":{\"phase\":\"Bound\"}}"
        (void) state;
        check_written(
                "persistentvolumeclaims",
                "{\"kind\":\"C\",\"metadata\":{\"labels\":{\"velero.io/restore-name\":\"r\",\"x\":\"y\","
                "\"velero.io/backup-name\":\"other\",\"velero.io/volume-snapshot-name\":\"s\"}},"
                "\"spec\":{\"volumeName\":\"pv\",\"dataSource\":{},\"dataSourceRef\":{},"
                "\"selector\":{\"matchLabels\":{\"a\":\"b\"}}}," BOUND,
                "{\"kind\":\"C\",\"metadata\":{\"labels\":{\"x\":\"y\"}},\"spec\":{\"volumeName\":\"pv\"}"
                "," BOUND);
        /* A claim of no class keeps its selector, without Velero's own labels. */
        check_written("persistentvolumeclaims",
                      "{\"kind\":\"C\",\"metadata\":{\"labels\":{\"velero.io/backup-name\":\"b\"}},"
                      "\"spec\":{\"volumeName\":\"pv\",\"storageClassName\":\"\","
                      "\"selector\":{\"matchLabels\":{\"a\":\"b\",\"velero.io/x\":\"y\"}}}," BOUND,
                      "{\"kind\":\"C\",\"metadata\":{\"labels\":{\"velero.io/backup-name\":\"b\"}},"
                      "\"spec\":{\"volumeName\":\"pv\",\"storageClassName\":\"\","
                      "\"selector\":{\"matchLabels\":{\"a\":\"b\"}}}," BOUND);
        check_written("persistentvolumeclaims",
                      "{\"kind\":\"C\",\"metadata\":{},\"spec\":{\"dataSource\":{}},\"status\":{\"phase\":"
                      "\"Pending\"}}",
                      "{\"kind\":\"C\",\"metadata\":{},\"spec\":{\"dataSource\":{}},\"status\":{\"phase\":"
                      "\"Pending\"}}");
}

static void skips_are_seen(void **state) {
        AUTO_JSON *deleted = sample_json("{\"metadata\":{\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"}}");
        AUTO_JSON *out =
                sample_json("{\"metadata\":{\"labels\":{\"velero.io/exclude-from-backup\":\"true\"}}}");
        AUTO_JSON *in =
                sample_json("{\"metadata\":{\"labels\":{\"velero.io/exclude-from-backup\":\"True\"}}}");
        AUTO_JSON *skipped =
                sample_json("{\"metadata\":{\"annotations\":{\"velero.io/skip-from-backup\":\"\"}}}");

        (void) state;
        CHECK(item_is_deleted(yyjson_doc_get_root(deleted)));
        CHECK(!item_is_deleted(yyjson_doc_get_root(out)));
        CHECK(item_is_opted_out(yyjson_doc_get_root(out)));
        CHECK(!item_is_opted_out(yyjson_doc_get_root(in)));
        CHECK(item_is_skipped(STR("pods"), yyjson_doc_get_root(skipped)));
        CHECK(!item_is_skipped(STR("configmaps"), yyjson_doc_get_root(skipped)));
        CHECK(!item_is_skipped(STR("pods"), yyjson_doc_get_root(in)));
}

static void check_path(const char *resource, const char *version, const char *namespace,
                       const char *expected) {
        AUTO(buf_clear) Buf path = { 0 };

        item_path(str_of(resource), str_of(version), str_of(namespace), STR("system:x"), &path);
        buf_add_char(&path, '\0');
        CHECK_STR(path.ptr, expected);
}

static void paths_are_veleros(void **state) {
        (void) state;
        check_path("pods", "", "ns", "resources/pods/namespaces/ns/system:x.json");
        check_path("pods", "v1", "ns", "resources/pods/v1-preferredversion/namespaces/ns/system:x.json");
        check_path(
                "clusterroles.rbac.authorization.k8s.io", "v1", "",
                "resources/clusterroles.rbac.authorization.k8s.io/v1-preferredversion/cluster/system:x.json");
}

static void check_related(const char *resource, const char *object, const char *expected) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO_JSON *doc = sample_json(object);
        AUTO(buf_clear) Buf found = { 0 };
        ItemRefs refs = { 0 };

        related_find(str_of(resource), yyjson_doc_get_root(doc), &arena, &refs);
        for (size_t i = 0; i < refs.len; i++)
                buf_printf(&found, STR_FMT ":" STR_FMT "/" STR_FMT " ", STR_ARG(refs.items[i].group_resource),
                           STR_ARG(refs.items[i].namespace), STR_ARG(refs.items[i].name));
        buf_add_char(&found, '\0');
        CHECK_STR(found.ptr, expected);
}

static void a_pod_needs_its_claims_and_a_claim_its_volume(void **state) {
        (void) state;
        check_related(
                "pods",
                "{\"metadata\":{\"namespace\":\"n\"},\"spec\":{\"priorityClassName\":\"high\",\"volumes\":["
                "{\"name\":\"a\",\"emptyDir\":{}},"
                "{\"name\":\"b\",\"persistentVolumeClaim\":{\"claimName\":\"data\"}},"
                "{\"name\":\"c\",\"persistentVolumeClaim\":{\"claimName\":\"logs\"}}]}}",
                "priorityclasses.scheduling.k8s.io:/high persistentvolumeclaims:n/data "
                "persistentvolumeclaims:n/logs ");
        check_related("pods", "{\"metadata\":{\"namespace\":\"n\"},\"spec\":{}}", "");
        check_related("persistentvolumeclaims",
                      "{\"spec\":{\"volumeName\":\"pv\"},\"status\":{\"phase\":\"Bound\"}}",
                      "persistentvolumes:/pv ");
        check_related("persistentvolumeclaims",
                      "{\"spec\":{\"volumeName\":\"pv\"},\"status\":{\"phase\":\"Lost\"}}", "");
        check_related("configmaps", "{}", "");
}

static void a_service_account_needs_the_roles_bound_to_it(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(role_index_freep) RoleIndex *index = role_index_new();
        AUTO_JSON *binding = sample_json(
                "{\"metadata\":{\"name\":\"binding\"},\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":"
                "\"role\"},"
                "\"subjects\":[{\"kind\":\"ServiceAccount\",\"namespace\":\"n\",\"name\":\"pilot\"},"
                "{\"kind\":\"User\",\"name\":\"pilot\"}]}");
        AUTO_JSON *second = sample_json(
                "{\"metadata\":{\"name\":\"second\"},\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"role\"}"
                ","
                "\"subjects\":[{\"kind\":\"ServiceAccount\",\"namespace\":\"n\",\"name\":\"pilot\"}]}");
        ItemRefs refs = { 0 };

        (void) state;
        role_index_add(index, yyjson_doc_get_root(binding));
        role_index_add(index, yyjson_doc_get_root(second));
        role_index_find(index, STR("n"), STR("pilot"), &arena, &refs);
        CHECK_INT(refs.len, 4);
        CHECK(str_equal(refs.items[0].name, STR("second")));
        CHECK(str_equal(refs.items[3].name, STR("role")));
        refs = (ItemRefs) { 0 };
        role_index_find(index, STR("m"), STR("pilot"), &arena, &refs);
        CHECK_INT(refs.len, 0);
}

static void a_volume_entry_has_veleros_keys(void **state) {
        AUTO_JSON *volume = sample_json("{\"metadata\":{\"name\":\"harbour-pv-0\"},\"spec\":{"
                                        "\"persistentVolumeReclaimPolicy\":\"Retain\","
                                        "\"claimRef\":{\"name\":\"data\",\"namespace\":\"harbour\"}}}");
        AUTO(buf_clear) Buf text = { 0 };

        (void) state;
        volume_entry(yyjson_doc_get_root(volume), STR("why;"), &text);
        buf_add_char(&text, '\0');
        CHECK_STR(text.ptr,
                  "{\"pvcName\":\"data\",\"pvcNamespace\":\"harbour\",\"pvName\":\"harbour-pv-0\","
                  "\"snapshotDataMoved\":false,\"preserveLocalSnapshot\":false,\"skipped\":true,"
                  "\"skippedReason\":\"why;\",\"pvInfo\":{\"reclaimPolicy\":\"Retain\",\"labels\":null}}");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_item_of_a_list_gets_its_type),
                cmocka_unit_test(numbers_stay_as_they_are),
                cmocka_unit_test(marks_for_the_backup_itself_are_not_stored),
                cmocka_unit_test(a_bound_claim_is_freed_of_its_past),
                cmocka_unit_test(skips_are_seen),
                cmocka_unit_test(paths_are_veleros),
                cmocka_unit_test(a_pod_needs_its_claims_and_a_claim_its_volume),
                cmocka_unit_test(a_service_account_needs_the_roles_bound_to_it),
                cmocka_unit_test(a_volume_entry_has_veleros_keys),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
