#include "restore/actions.h"

bool action_webhook_configuration(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome,
                                  Error *err) {
        yyjson_mut_arr_iter all = yyjson_mut_arr_iter_with(yyjson_mut_obj_get(item->object, "webhooks"));

        (void) setup, (void) outcome, (void) err;
        if (!str_equal(json_get_str(item->backup, "apiVersion"), STR("admissionregistration.k8s.io/v1")))
                return true;
        /* v1 refuses what older versions allowed */
        for (JsonMutVal *webhook; (webhook = yyjson_mut_arr_iter_next(&all));) {
                Str effects = json_mut_str(yyjson_mut_obj_get(webhook, "sideEffects"));

                if (!str_equal(effects, STR("None")) && !str_equal(effects, STR("NoneOnDryRun")))
                        json_mut_set(item->doc, webhook, STR("sideEffects"),
                                     json_new_str(item->doc, STR("None")));
        }
        return true;
}

bool action_api_service(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err) {
        (void) setup, (void) err;
        if (json_get(json_at(item->backup, "metadata", "labels"),
                     "kube-aggregator.kubernetes.io/automanaged"))
                outcome->skip_reason = STR("the API server makes it itself");
        return true;
}

bool action_role_bindings(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err) {
        yyjson_mut_arr_iter all = yyjson_mut_arr_iter_with(yyjson_mut_obj_get(item->object, "subjects"));

        (void) outcome, (void) err;
        for (JsonMutVal *subject; (subject = yyjson_mut_arr_iter_next(&all));) {
                Str namespace = json_mut_str(yyjson_mut_obj_get(subject, "namespace"));
                Str target = restore_target_namespace(setup->spec, namespace);

                if (namespace.len > 0 && !str_equal(namespace, target))
                        json_mut_set(item->doc, subject, STR("namespace"), json_new_str(item->doc, target));
        }
        return true;
}

bool action_crd_preserve_fields(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome,
                                Error *err) {
        JsonMutVal *spec = yyjson_mut_obj_get(item->object, "spec");
        yyjson_mut_arr_iter all = yyjson_mut_arr_iter_with(yyjson_mut_obj_get(spec, "versions"));

        (void) setup, (void) outcome, (void) err;
        if (!str_equal(json_get_str(item->backup, "apiVersion"), STR("apiextensions.k8s.io/v1")) ||
            !yyjson_mut_is_true(yyjson_mut_obj_get(spec, "preserveUnknownFields")))
                return true;
        /* v1 refuses the flag and has the same meaning in each version's schema */
        json_mut_set(item->doc, spec, STR("preserveUnknownFields"), yyjson_mut_false(item->doc));
        for (JsonMutVal *version; (version = yyjson_mut_arr_iter_next(&all));) {
                JsonMutVal *schema = json_mut_at(version, "schema", "openAPIV3Schema");

                if (yyjson_mut_is_obj(schema))
                        json_mut_set(item->doc, schema, STR("x-kubernetes-preserve-unknown-fields"),
                                     yyjson_mut_true(item->doc));
        }
        return true;
}

bool action_job(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err) {
        JsonMutVal *selector = json_mut_at(item->object, "spec", "selector", "matchLabels");
        JsonMutVal *labels = json_mut_at(item->object, "spec", "template", "metadata", "labels");
        static const char *const keys[] = { "controller-uid", "batch.kubernetes.io/controller-uid", NULL };

        (void) setup, (void) outcome, (void) err;
        for (const char *const *key = keys; *key; key++) {
                json_mut_remove(selector, *key);
                json_mut_remove(labels, *key);
        }
        return true;
}

/* A token's secret is named <service account>-token-<five letters>; the part before may contain "-token-" too. */
static bool belongs_to_account(const ActionSetup *setup, const RestoreItem *item, bool *ret_belongs,
                               Error *err) {
        const Str mark = STR("-token-");

        *ret_belongs = false;
        for (size_t i = 1; i + mark.len <= item->name.len && !*ret_belongs; i++)
                if (str_starts_with(str_skip(item->name, i), mark) &&
                    !setup->has_object(setup->user, STR("serviceaccounts"), item->target,
                                       (Str) { item->name.ptr, i }, ret_belongs, err))
                        return false;
        return true;
}

bool action_secret(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err) {
        bool belongs = false;

        if (!str_equal(json_get_str(item->backup, "type"), STR("kubernetes.io/service-account-token")))
                return true;
        if (!belongs_to_account(setup, item, &belongs, err))
                return false;
        if (belongs) {
                outcome->skip_reason = STR("the cluster makes the token of a service account itself");
                return true;
        }
        json_mut_remove(json_mut_at(item->object, "metadata", "annotations"),
                        "kubernetes.io/service-account.uid");
        json_mut_remove(json_mut_at(item->object, "data"), "token");
        json_mut_remove(json_mut_at(item->object, "data"), "ca.crt");
        return true;
}

bool action_service_account(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err) {
        JsonMutVal *secrets = yyjson_mut_obj_get(item->object, "secrets");
        const char *prefix = arena_printf(item->arena, STR_FMT "-token-", STR_ARG(item->name));

        (void) setup, (void) outcome, (void) err;
        for (size_t i = yyjson_mut_arr_size(secrets); i > 0; i--) {
                Str name = json_mut_str(yyjson_mut_obj_get(yyjson_mut_arr_get(secrets, i - 1), "name"));

                if (str_starts_with(name, str_of(prefix))) {
                        yyjson_mut_arr_remove(secrets, i - 1);
                        break;
                }
        }
        return true;
}
