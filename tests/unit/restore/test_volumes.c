#include "restore/volumes.h"

#include "restore/existing.h"
#include "restore/namespaces.h"
#include "restore_item.h"

static void a_volume_comes_back_or_is_made_anew(void **state) {
        static const struct {
                const char *info, *snapshots, *pod_volumes, *volume;
                int restore_pvs;
                VolumeFate fate;
                const char *lost;
        } cases[] = {
                { "[]", "[]", "[]", "{'spec':{'persistentVolumeReclaimPolicy':'Retain'}}", -1, VOLUME_AS_IS,
                  NULL },
                { "[]", "[]", "[]", "{'spec':{'persistentVolumeReclaimPolicy':'Delete'}}", -1,
                  VOLUME_PROVISION, NULL },
                { "[{'pvName':'v','skipped':true}]", "[]", "[]",
                  "{'spec':{'persistentVolumeReclaimPolicy':'Retain'}}", -1, VOLUME_AS_IS, NULL },
                { "[{'pvName':'v','backupMethod':'NativeSnapshot'}]", "[]", "[]", "{}", -1, VOLUME_PROVISION,
                  "a snapshot of the storage provider" },
                { "[{'pvName':'v','backupMethod':'NativeSnapshot'}]", "[]", "[]", "{}", 0, VOLUME_AS_IS,
                  NULL },
                { "[{'pvName':'v','backupMethod':'PodVolumeBackup'}]", "[]", "[]", "{}", -1, VOLUME_PROVISION,
                  "a file system backup" },
                { "[{'pvName':'v','backupMethod':'CSISnapshot'}]", "[]", "[]", "{}", 1, VOLUME_PROVISION,
                  "a CSI snapshot" },
                { "[{'pvName':'v','backupMethod':'CSISnapshot'}]", "[]", "[]", "{}", 0, VOLUME_PROVISION,
                  NULL },
                { "[{'pvName':'other','backupMethod':'CSISnapshot'}]", "[]", "[]", "{}", -1, VOLUME_AS_IS,
                  NULL },
                /* backups older than volume info */
                { "null", "[{'spec':{'persistentVolumeName':'v'}}]", "null", "{}", -1, VOLUME_PROVISION,
                  "a snapshot of the storage provider" },
                { "null", "null",
                  "[{'metadata':{'annotations':{'velero.io/"
                  "pvc-name':'c'}},'spec':{'pod':{'namespace':'shop'}}}]",
                  "{'spec':{'claimRef':{'name':'c','namespace':'shop'}}}", -1, VOLUME_PROVISION,
                  "a file system backup" },
                { "null", "null",
                  "[{'metadata':{'annotations':{'velero.io/"
                  "pvc-name':'c'}},'spec':{'pod':{'namespace':'shop'}}}]",
                  "{'spec':{'claimRef':{'name':'c','namespace':'other'}}}", -1, VOLUME_AS_IS, NULL },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(volume_records_clear)
                VolumeRecords records = {
                        quoted_json(c->info), quoted_json(c->snapshots), quoted_json(c->pod_volumes), { 0 }
                };
                AUTO(test_item_clear) TestItem test;

                volume_records_index(&records);
                test_item_open(&test, "persistentvolumes", c->volume);
                json_put_str(test.item.doc, json_mut_object(test.item.doc, test.item.object, "metadata"),
                             "name", STR("v"));
                AUTO_JSON *named = yyjson_mut_val_imut_copy(test.item.object, NULL);
                VolumeDecision decision = volume_decide(&records, yyjson_doc_get_root(named), c->restore_pvs);
                CHECK_INT(decision.fate, c->fate);
                CHECK_STR(decision.lost_data ? decision.lost_data : "", c->lost ? c->lost : "");
        }
}

static void a_binding_is_forgotten_and_its_claim_kept(void **state) {
        AUTO(test_item_clear) TestItem volume, claim, same;

        (void) state;
        test_item_open(
                &volume, "persistentvolumes",
                "{'metadata':{'annotations':{'pv.kubernetes.io/bound-by-controller':'yes','a':'b'}},'spec':{"
                "'claimRef':{'name':'c','namespace':'shop','uid':'u','resourceVersion':'1'}}}");
        volume_reset_binding(&volume.item, STR("quay"));
        check_json(
                volume.item.object,
                "{'metadata':{'annotations':{'a':'b'}},'spec':{'claimRef':{'name':'c','namespace':'quay'}}}");
        test_item_open(&claim, "persistentvolumeclaims", "{'spec':{'volumeName':'v','x':1}}");
        claim_reset_binding(&claim.item, true);
        check_json(claim.item.object, "{'spec':{'x':1}}");
        test_item_open(&same, "persistentvolumeclaims", "{'spec':{'volumeName':'v'}}");
        claim_reset_binding(&same.item, false);
        check_json(same.item.object, "{'spec':{'volumeName':'v'}}");
}

#define LABELS "'velero.io/backup-name':'b','velero.io/restore-name':'r'"

static void what_only_the_server_knows_is_no_difference(void **state) {
        static const struct {
                const char *cluster;
                bool is_same;
        } cases[] = {
                { "{'metadata':{'name':'a','uid':'u','resourceVersion':'7','managedFields':[{}],'labels':{'x'"
                  ":'1'}},"
                  "'data':{'k':'v'},'status':{'s':1}}",
                  true },
                { "{'metadata':{'name':'a','labels':{'x':'1','velero.io/"
                  "restore-name':'older'}},'data':{'k':'v'}}",
                  true },
                { "{'metadata':{'name':'a','labels':{'x':'1'}},'data':{'k':'w'}}", false },
                { "{'metadata':{'name':'a','labels':{}},'data':{'k':'v'}}", false },
                { "{'metadata':{'name':'a','labels':{'x':'1'}},'data':{'k':'v'},'more':1}", false },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(test_item_clear) TestItem test;
                AUTO_JSON *cluster = quoted_json(c->cluster);

                test_item_open(&test, "configmaps",
                               "{'metadata':{'name':'a','labels':{'x':'1'," LABELS "}},'data':{'k':'v'}}");
                CHECK_INT(existing_is_same(&test.item, yyjson_doc_get_root(cluster),
                                           (ExistingLabels) { STR("b"), STR("r") }),
                          c->is_same);
        }
}

static void an_update_is_the_merge_patch_with_both_labels(void **state) {
        AUTO(test_item_clear) TestItem test;
        AUTO_JSON *cluster = quoted_json("{'metadata':{'name':'a','uid':'u','labels':{'gone':'1'," LABELS
                                         "}},'data':{'k':'w','old':'1'},'status':{'s':1}}");

        (void) state;
        test_item_open(&test, "configmaps",
                       "{'metadata':{'name':'a','labels':{" LABELS "}},'data':{'k':'v'}}");
        check_json(existing_update_patch(&test.item, yyjson_doc_get_root(cluster)),
                   "{'metadata':{'labels':{'gone':null," LABELS "}},'data':{'old':null,'k':'v'}}");
        check_json(existing_labels_patch(&test.item, (ExistingLabels) { STR("b"), STR("r") }),
                   "{'metadata':{'labels':{" LABELS "}}}");
}

static void a_service_account_gains_and_never_loses(void **state) {
        AUTO(test_item_clear) TestItem test;
        AUTO_JSON *cluster =
                quoted_json("{'metadata':{'name':'a','labels':{'x':'cluster'}},'secrets':[{'name':'s1'}]}");
        AUTO_JSON *full =
                quoted_json("{'metadata':{'labels':{'x':'1','y':'2'},'annotations':{'n':'1'}},'secrets':[{"
                            "'name':'s1'},{'name':'s2'}],'imagePullSecrets':[{'name':'p'}]}");

        (void) state;
        test_item_open(&test, "serviceaccounts",
                       "{'metadata':{'name':'a','labels':{'x':'backup','y':'2'," LABELS
                       "},'annotations':{'n':'1'}},"
                       "'secrets':[{'name':'s1'},{'name':'s2'}],'imagePullSecrets':[{'name':'p'}]}");
        check_json(existing_account_patch(&test.item, yyjson_doc_get_root(cluster)),
                   "{'metadata':{'labels':{'y':'2'},'annotations':{'n':'1'}},'secrets':[{'name':'s1'},{'name'"
                   ":'s2'}],"
                   "'imagePullSecrets':[{'name':'p'}]}");
        CHECK(existing_account_patch(&test.item, yyjson_doc_get_root(full)) == NULL);
}

static void a_new_namespace_is_like_the_one_that_was_backed_up(void **state) {
        AUTO_JSON *backup =
                quoted_json("{'metadata':{'name':'old','uid':'u','labels':{'team':'ops'},'annotations':{"
                            "'note':'x'}},'spec':{'finalizers':['kubernetes']},'status':{}}");
        AUTO(buf_clear) Buf body = { 0 }, bare = { 0 };
        const NamespaceWish like = { .name = STR("new"), .backup = yyjson_doc_get_root(backup) };
        const NamespaceWish empty = { .name = STR("new") };

        (void) state;
        namespace_body(&like, &body);
        CHECK(str_equal(buf_str(&body),
                        STR("{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"new\","
                            "\"labels\":{"
                            "\"team\":\"ops\"},\"annotations\":{\"note\":\"x\"}},\"spec\":{\"finalizers\":["
                            "\"kubernetes\"]}}")));
        namespace_body(&empty, &bare);
        CHECK(str_equal(
                buf_str(&bare),
                STR("{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"new\"}}")));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_volume_comes_back_or_is_made_anew),
                cmocka_unit_test(a_binding_is_forgotten_and_its_claim_kept),
                cmocka_unit_test(what_only_the_server_knows_is_no_difference),
                cmocka_unit_test(an_update_is_the_merge_patch_with_both_labels),
                cmocka_unit_test(a_service_account_gains_and_never_loses),
                cmocka_unit_test(a_new_namespace_is_like_the_one_that_was_backed_up),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
