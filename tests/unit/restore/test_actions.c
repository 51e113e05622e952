#include "restore/actions.h"

#include "restore/strip.h"
#include "restore_item.h"

typedef struct Cluster { /* what it has, one word each: "resource/namespace/name" */
        const char *objects[4];
} Cluster;

static bool has_object(void *user, Str resource, Str namespace, Str name, bool *ret_has, Error *err) {
        const Cluster *cluster = user;
        AUTO(arena_clear) Arena arena = { 0 };
        Str wanted = str_of(arena_printf(&arena, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(resource),
                                         STR_ARG(namespace), STR_ARG(name)));

        (void) err;
        *ret_has = false;
        for (size_t i = 0; i < 4 && cluster->objects[i]; i++)
                *ret_has |= str_equal(wanted, str_of(cluster->objects[i]));
        return true;
}

typedef struct Case {
        const char *resource, *before, *after;
        const char *skip;
        const char *additional;
} Case;

static void check_case(const Case *c, const ActionSetup *setup) {
        AUTO(test_item_clear) TestItem test;
        AUTO(error_clear) Error err = { 0 };
        ActionOutcome outcome = { 0 };
        AUTO(buf_clear) Buf additional = { 0 };

        test_item_open(&test, c->resource, c->before);
        if (!actions_run(setup, &test.item, &outcome, &err))
                fail_msg("%s", err.message);
        CHECK_STR(arena_copy(&test.arena, outcome.skip_reason).ptr, c->skip ? c->skip : "");
        for (size_t i = 0; i < outcome.len; i++)
                buf_printf(&additional, "%s" STR_FMT "/" STR_FMT "/" STR_FMT, i > 0 ? " " : "",
                           STR_ARG(outcome.additional[i].resource), STR_ARG(outcome.additional[i].namespace),
                           STR_ARG(outcome.additional[i].name));
        buf_add_char(&additional, '\0');
        CHECK_STR(additional.ptr, c->additional ? c->additional : "");
        if (c->after)
                check_json(test.item.object, c->after);
}

static const RestoreSpec plain_spec = { .restore_pvs = -1, .include_cluster_resources = -1 };

static void each_kind_is_made_fit_for_a_new_cluster(void **state) {
        static const Case cases[] = {
                { "configmaps", "{'data':{'a':'1'}}", "{'data':{'a':'1'}}", NULL, NULL },
                /* pods */
                { "pods",
                  "{'metadata':{'namespace':'shop'},'spec':{'nodeName':'n1','priority':5,'priorityClassName':"
                  "'high',"
                  "'serviceAccountName':'sa','volumes':[{'name':'sa-token-x'},{'name':'d','"
                  "persistentVolumeClaim':{"
                  "'claimName':'data'}}],'containers':[{'name':'c','volumeMounts':[{'name':'sa-token-x'},{'"
                  "name':'d'"
                  "}]}],'initContainers':[{'name':'restore-wait'},{'name':'i','volumeMounts':[{'name':'sa-"
                  "token-x'}]"
                  "}]}}",
                  "{'metadata':{'namespace':'shop'},'spec':{'priorityClassName':'high','serviceAccountName':'"
                  "sa',"
                  "'volumes':[{'name':'d','persistentVolumeClaim':{'claimName':'data'}}],'containers':[{'"
                  "name':'c',"
                  "'volumeMounts':[{'name':'d'}]}],'initContainers':[{'name':'i','volumeMounts':[]}]}}",
                  NULL, "persistentvolumeclaims/shop/data priorityclasses.scheduling.k8s.io//high" },
                { "pods",
                  "{'spec':{'ephemeralContainers':[{'name':'debugger'}],'containers':[{'name':'c'}]}}",
                  "{'spec':{'containers':[{'name':'c'}]}}", NULL, NULL },
                { "pods", "{'spec':{'priorityClassName':'system-node-critical'}}",
                  "{'spec':{'priorityClassName':'system-node-critical'}}", NULL, NULL },
                /* claims */
                { "persistentvolumeclaims",
                  "{'metadata':{'annotations':{'pv.kubernetes.io/bind-completed':'yes','volume.kubernetes.io/"
                  "selected-node':'n','mine':'1'}},'spec':{'volumeName':'v'},'status':{'phase':'Bound'}}",
                  "{'metadata':{'annotations':{'mine':'1'}},'spec':{'volumeName':'v'},'status':{'phase':'"
                  "Bound'}}",
                  NULL, "persistentvolumes//v" },
                { "persistentvolumeclaims", "{'spec':{'volumeName':'v'},'status':{'phase':'Lost'}}", NULL,
                  NULL, NULL },
                /* services */
                { "services", "{'spec':{'clusterIP':'None','type':'ClusterIP'}}",
                  "{'spec':{'clusterIP':'None','type':'ClusterIP'}}", NULL, NULL },
                { "services",
                  "{'spec':{'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1'],'type':'NodePort','ports':[{'"
                  "port':80,"
                  "'nodePort':30001}]}}",
                  "{'spec':{'type':'NodePort','ports':[{'port':80}]}}", NULL, NULL },
                { "services",
                  "{'metadata':{'managedFields':[{'fieldsV1':{'f:spec':{'f:ports':{'k:{\\'port\\':80,"
                  "\\'protocol\\':\\'TCP\\'}':{'f:nodePort':{}}}}}}]},'spec':{'type':'NodePort','ports':[{'"
                  "port':80,"
                  "'protocol':'TCP','nodePort':30001},{'port':81,'protocol':'TCP','nodePort':30002}]}}",
                  NULL, NULL, NULL },
                /* jobs */
                { "jobs.batch",
                  "{'spec':{'selector':{'matchLabels':{'controller-uid':'u','x':'y'}},'template':{'metadata':"
                  "{"
                  "'labels':{'batch.kubernetes.io/controller-uid':'u','controller-uid':'u','x':'y'}}}}}",
                  "{'spec':{'selector':{'matchLabels':{'x':'y'}},'template':{'metadata':{'labels':{'x':'y'}}}"
                  "}}",
                  NULL, NULL },
                /* service accounts and their secrets */
                { "serviceaccounts",
                  "{'metadata':{'name':'bot'},'secrets':[{'name':'bot-token-1'},{'name':'bot-token-2'},{'"
                  "name':'other'"
                  "}]}",
                  "{'metadata':{'name':'bot'},'secrets':[{'name':'bot-token-1'},{'name':'other'}]}", NULL,
                  NULL },
                { "secrets",
                  "{'metadata':{'name':'bot-token-1','namespace':'shop'},'type':'kubernetes.io/"
                  "service-account-token'}",
                  NULL, "the cluster makes the token of a service account itself", NULL },
                { "secrets",
                  "{'metadata':{'name':'old-token-1','namespace':'shop','annotations':{'kubernetes.io/"
                  "service-account.uid':'u','a':'b'}},'type':'kubernetes.io/"
                  "service-account-token','data':{'token':'x',"
                  "'ca.crt':'y','namespace':'z'}}",
                  "{'metadata':{'name':'old-token-1','namespace':'shop','annotations':{'a':'b'}},'type':"
                  "'kubernetes.io/service-account-token','data':{'namespace':'z'}}",
                  NULL, NULL },
                { "secrets", "{'metadata':{'name':'bot-token-1','namespace':'shop'},'type':'Opaque'}", NULL,
                  NULL, NULL },
                /* API machinery */
                { "apiservices.apiregistration.k8s.io",
                  "{'metadata':{'labels':{'kube-aggregator.kubernetes.io/automanaged':'onstart'}}}", NULL,
                  "the API server makes it itself", NULL },
                { "apiservices.apiregistration.k8s.io", "{'metadata':{'labels':{'a':'b'}}}", NULL, NULL,
                  NULL },
                { "validatingwebhookconfigurations.admissionregistration.k8s.io",
                  "{'apiVersion':'admissionregistration.k8s.io/v1','webhooks':[{'sideEffects':'Some'},{},{"
                  "'sideEffects':'NoneOnDryRun'}]}",
                  "{'apiVersion':'admissionregistration.k8s.io/"
                  "v1','webhooks':[{'sideEffects':'None'},{'sideEffects':"
                  "'None'},{'sideEffects':'NoneOnDryRun'}]}",
                  NULL, NULL },
                { "mutatingwebhookconfigurations.admissionregistration.k8s.io",
                  "{'apiVersion':'admissionregistration.k8s.io/v1beta1','webhooks':[{}]}",
                  "{'apiVersion':'admissionregistration.k8s.io/v1beta1','webhooks':[{}]}", NULL, NULL },
                { "customresourcedefinitions.apiextensions.k8s.io",
                  "{'apiVersion':'apiextensions.k8s.io/"
                  "v1','spec':{'preserveUnknownFields':true,'versions':[{'schema':{"
                  "'openAPIV3Schema':{'type':'object'}}},{}]}}",
                  "{'apiVersion':'apiextensions.k8s.io/"
                  "v1','spec':{'preserveUnknownFields':false,'versions':[{'schema':"
                  "{'openAPIV3Schema':{'type':'object','x-kubernetes-preserve-unknown-fields':true}}},{}]}}",
                  NULL, NULL },
        };
        Cluster cluster = { { "serviceaccounts/shop/bot" } };
        ActionSetup setup = { .spec = &plain_spec, .has_object = has_object, .user = &cluster };

        (void) state;
        FOR_EACH_CASE(cases, c)
        check_case(c, &setup);
}

static void role_bindings_follow_the_namespaces(void **state) {
        AUTO_JSON *mapping = quoted_json("{'a':'b'}");
        RestoreSpec spec = plain_spec;
        ActionSetup setup = { .spec = &spec, .has_object = has_object };
        const Case c = {
                "clusterrolebindings.rbac.authorization.k8s.io",
                "{'subjects':[{'kind':'ServiceAccount','namespace':'a'},{'namespace':'c'},{'kind':'User'}]}",
                "{'subjects':[{'kind':'ServiceAccount','namespace':'b'},{'namespace':'c'},{'kind':'User'}]}",
                NULL, NULL
        };

        (void) state;
        spec.namespace_mapping = yyjson_doc_get_root(mapping);
        check_case(&c, &setup);
}

static void a_node_port_stays_where_somebody_chose_it(void **state) {
        static const struct {
                const char *metadata, *spec;
                bool preserve;
                const char *after; /* of the spec */
        } cases[] = {
                { "{}", "{'type':'NodePort','ports':[{'port':80,'nodePort':1}]}", true,
                  "{'type':'NodePort','ports':[{'port':80,'nodePort':1}]}" },
                { "{'managedFields':[{'fieldsV1':{'f:spec':{'f:ports':{'k:{~port~:80,~protocol~:~TCP~}':{"
                  "'f:nodePort':{}}}}}}]}",
                  "{'type':'NodePort','ports':[{'port':80,'nodePort':1},{'port':80,'protocol':'UDP','"
                  "nodePort':2}]}",
                  false,
                  "{'type':'NodePort','ports':[{'port':80,'nodePort':1},{'port':80,'protocol':'UDP'}]}" },
                { "{'annotations':{'kubectl.kubernetes.io/"
                  "last-applied-configuration':'{~spec~:{~ports~:[{~name~:~a~,"
                  "~nodePort~:9},{~nodePort~:~7~}]}}'}}",
                  "{'type':'NodePort','ports':[{'name':'a','nodePort':1},{'name':'b','nodePort':2},{'"
                  "nodePort':7},{"
                  "'nodePort':8}]}",
                  false,
                  "{'type':'NodePort','ports':[{'name':'a','nodePort':1},{'name':'b'},{'nodePort':7},{}]}" },
                { "{}", "{'type':'ExternalName','ports':[{'nodePort':1}]}", false,
                  "{'type':'ExternalName','ports':[{'nodePort':1}]}" },
                { "{}", "{'type':'LoadBalancer','externalTrafficPolicy':'Local','healthCheckNodePort':5}",
                  false, "{'type':'LoadBalancer','externalTrafficPolicy':'Local'}" },
                { "{'managedFields':[{'fieldsV1':{'f:spec':{'f:healthCheckNodePort':{}}}}]}",
                  "{'type':'LoadBalancer','externalTrafficPolicy':'Local','healthCheckNodePort':5}", false,
                  "{'type':'LoadBalancer','externalTrafficPolicy':'Local','healthCheckNodePort':5}" },
                { "{'annotations':{'kubectl.kubernetes.io/last-applied-configuration':'{~spec~:{"
                  "~healthCheckNodePort~:5}}'}}",
                  "{'type':'LoadBalancer','externalTrafficPolicy':'Local','healthCheckNodePort':5}", false,
                  "{'type':'LoadBalancer','externalTrafficPolicy':'Local','healthCheckNodePort':5}" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(test_item_clear) TestItem test;
                AUTO(buf_clear) Buf json = { 0 };
                AUTO(error_clear) Error err = { 0 };
                ActionOutcome outcome = { 0 };
                RestoreSpec spec = plain_spec;
                ActionSetup setup = { .spec = &spec };

                spec.preserve_node_ports = c->preserve;
                buf_printf(&json, "{'metadata':%s,'spec':%s}", c->metadata, c->spec);
                for (size_t i = 0; i < json.len; i++) /* ~ stands for a quote inside a string */
                        if (json.ptr[i] == '~')
                                json.ptr[i] = '\1';
                Buf escaped = { 0 };
                for (size_t i = 0; i < json.len; i++)
                        buf_add(&escaped, json.ptr[i] == '\1' ? STR("\\\"") : (Str) { json.ptr + i, 1 });
                buf_add_char(&escaped, '\0');
                test_item_open(&test, "services", escaped.ptr);
                buf_clear(&escaped);
                CHECK(action_service(&setup, &test.item, &outcome, &err));
                check_json(yyjson_mut_obj_get(test.item.object, "spec"), c->after);
        }
}

static void a_broken_manifest_annotation_is_an_error(void **state) {
        AUTO(test_item_clear) TestItem test;
        AUTO(error_clear) Error err = { 0 };
        ActionOutcome outcome = { 0 };
        ActionSetup setup = { .spec = &plain_spec };

        (void) state;
        test_item_open(&test, "services",
                       "{'metadata':{'annotations':{'kubectl.kubernetes.io/last-applied-configuration':'{'}},"
                       "'spec':{'type':'NodePort'}}");
        CHECK(!action_service(&setup, &test.item, &outcome, &err));
        CHECK_INT(err.code, ERROR_CORRUPT);
}

static void images_and_classes_change_as_the_config_maps_say(void **state) {
        static const Case cases[] = {
                { "deployments.apps",
                  "{'spec':{'template':{'spec':{'containers':[{'image':'old.io/old.io/a:1'},{'image':'else/"
                  "b'}],"
                  "'initContainers':[{'image':'old.io/i'}]}}}}",
                  "{'spec':{'template':{'spec':{'containers':[{'image':'new.io/new.io/a:1'},{'image':'else/"
                  "b'}],"
                  "'initContainers':[{'image':'new.io/i'}]}}}}",
                  NULL, NULL },
                { "cronjobs.batch",
                  "{'spec':{'jobTemplate':{'spec':{'template':{'spec':{'containers':[{'image':'old.io/"
                  "a'}]}}}}}}",
                  "{'spec':{'jobTemplate':{'spec':{'template':{'spec':{'containers':[{'image':'new.io/"
                  "a'}]}}}}}}",
                  NULL, NULL },
                { "pods", "{'spec':{'containers':[{'image':'old.io/a'}]}}",
                  "{'spec':{'containers':[{'image':'new.io/a'}]}}", NULL, NULL },
                { "persistentvolumeclaims", "{'spec':{'storageClassName':'slow'}}",
                  "{'spec':{'storageClassName':'fast'}}", NULL, NULL },
                { "persistentvolumes", "{'spec':{'storageClassName':'other'}}",
                  "{'spec':{'storageClassName':'other'}}", NULL, NULL },
                { "statefulsets.apps",
                  "{'spec':{'volumeClaimTemplates':[{'spec':{'storageClassName':'slow'}},{'spec':{}}]}}",
                  "{'spec':{'volumeClaimTemplates':[{'spec':{'storageClassName':'fast'}},{'spec':{}}]}}",
                  NULL, NULL },
        };
        AUTO_JSON *images = quoted_json("{'x':'no comma','y':'empty,','z':'old.io,new.io'}");
        AUTO_JSON *classes = quoted_json("{'slow':'fast','lost':'gone'}");
        Cluster cluster = { { "storageclasses.storage.k8s.io//fast" } };
        ActionSetup setup = { .spec = &plain_spec,
                              .image_names = yyjson_doc_get_root(images),
                              .storage_classes = yyjson_doc_get_root(classes),
                              .has_object = has_object,
                              .user = &cluster };
        AUTO(test_item_clear) TestItem lost;
        AUTO(error_clear) Error err = { 0 };
        ActionOutcome outcome = { 0 };

        (void) state;
        FOR_EACH_CASE(cases, c)
        check_case(c, &setup);
        test_item_open(&lost, "persistentvolumeclaims", "{'spec':{'storageClassName':'lost'}}");
        CHECK(!actions_run(&setup, &lost.item, &outcome, &err));
        CHECK_STR(err.message,
                  "storage class \"lost\" is to become \"gone\", which the cluster does not have");
}

static void init_hooks_come_first(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO_JSON *json =
                quoted_json("{'resources':[{'name':'h','postHooks':[{'init':{'initContainers':[{'name':'n',"
                            "'image':'i','command':['c'],'odd':1.0}]}}]}]}");
        Faults faults = { .arena = &arena };
        RestoreSpec spec = plain_spec;
        ActionSetup setup = { .spec = &spec, .has_object = has_object };
        const Case c = {
                "pods",
                "{'metadata':{'name':'p','namespace':'shop'},'spec':{'initContainers':[{'name':'own'}]}}",
                "{'metadata':{'name':'p','namespace':'shop'},'spec':{'initContainers':[{'name':'n','image':'"
                "i',"
                "'command':['c'],'odd':1.0},{'name':'own'}]}}",
                NULL, NULL
        };

        (void) state;
        spec.hooks = hook_spec_decode_restore(yyjson_doc_get_root(json), STR("spec.hooks"), &arena, &faults);
        check_case(&c, &setup);
}

static void the_former_life_of_an_object_is_taken_away(void **state) {
        AUTO(test_item_clear) TestItem test;

        (void) state;
        test_item_open(
                &test, "configmaps",
                "{'metadata':{'name':'a','namespace':'shop','uid':'u','resourceVersion':'1','generation':2,"
                "'creationTimestamp':'t','deletionTimestamp':'t','deletionGracePeriodSeconds':1,'"
                "generateName':"
                "'a-','selfLink':'s','ownerReferences':[{}],'managedFields':[{}],'finalizers':['f'],'labels':"
                "{"
                "'l':'1'}},'status':{'x':1},'big':9007199254740993,'ratio':1.0}");
        test.item.target = STR("quay");
        strip_metadata(test.item.object);
        strip_status(test.item.object);
        item_adopt(&test.item, STR("b"),
                   STR("a-restore-with-a-name-that-is-longer-than-a-label-value-may-be-in-k8s"));
        check_json(
                test.item.object,
                "{'metadata':{'name':'a','namespace':'quay','finalizers':['f'],'labels':{'l':'1',"
                "'velero.io/backup-name':'b','velero.io/restore-name':"
                "'a-restore-with-a-name-that-is-longer-than-a-label-value-m9ac06e'}},'big':9007199254740993,"
                "'ratio':1.0}");
}

static void what_has_ended_is_not_restored(void **state) {
        static const struct {
                const char *resource, *object;
                bool is_complete, is_mirror, is_applied;
        } cases[] = {
                { "pods", "{'status':{'phase':'Succeeded'}}", true, false, false },
                { "pods", "{'status':{'phase':'Failed'}}", true, false, false },
                { "pods", "{'status':{'phase':'Running'}}", false, false, false },
                { "jobs.batch", "{'status':{'completionTime':'t'}}", true, false, false },
                { "jobs.batch", "{'status':{}}", false, false, false },
                { "configmaps", "{'status':{'phase':'Failed'}}", false, false, false },
                { "pods", "{'metadata':{'annotations':{'kubernetes.io/config.mirror':'x'}}}", false, true,
                  false },
                { "pods", "{'metadata':{'annotations':{'kubernetes.io/config.mirror':''}}}", false, false,
                  false },
                { "secrets", "{'metadata':{'managedFields':[{'operation':'Update'},{'operation':'Apply'}]}}",
                  false, false, true },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(test_item_clear) TestItem test;

                test_item_open(&test, c->resource, c->object);
                CHECK_INT(item_is_complete(&test.item), c->is_complete);
                CHECK_INT(item_is_mirror_pod(&test.item), c->is_mirror);
                CHECK_INT(item_has_applied_fields(&test.item), c->is_applied);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_kind_is_made_fit_for_a_new_cluster),
                cmocka_unit_test(role_bindings_follow_the_namespaces),
                cmocka_unit_test(a_node_port_stays_where_somebody_chose_it),
                cmocka_unit_test(a_broken_manifest_annotation_is_an_error),
                cmocka_unit_test(images_and_classes_change_as_the_config_maps_say),
                cmocka_unit_test(init_hooks_come_first),
                cmocka_unit_test(the_former_life_of_an_object_is_taken_away),
                cmocka_unit_test(what_has_ended_is_not_restored),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
