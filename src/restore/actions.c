#include "restore/actions.h"

typedef struct ActionRow {
        Action run;
        const char *resources[9];
} ActionRow;

/* In Velero's order, which is that of its actions' names: an init hook's container, for example, is put in after
 * images were changed and before the mounts of old tokens are taken out. */
static const ActionRow rows[] = {
        { action_add_claims, { "pods" } },
        { action_webhook_configuration,
          { "mutatingwebhookconfigurations.admissionregistration.k8s.io",
            "validatingwebhookconfigurations.admissionregistration.k8s.io" } },
        { action_api_service, { "apiservices.apiregistration.k8s.io" } },
        { action_change_image_name,
          { "deployments.apps", "statefulsets.apps", "daemonsets.apps", "replicasets.apps",
            "replicationcontrollers", "jobs.batch", "cronjobs.batch", "pods" } },
        { action_change_storage_class,
          { "persistentvolumeclaims", "persistentvolumes", "statefulsets.apps" } },
        { action_role_bindings,
          { "clusterrolebindings.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io" } },
        { action_crd_preserve_fields, { "customresourcedefinitions.apiextensions.k8s.io" } },
        { action_init_hooks, { "pods" } },
        { action_job, { "jobs.batch" } },
        { action_pod, { "pods" } },
        { action_claim, { "persistentvolumeclaims" } },
        { action_secret, { "secrets" } },
        { action_service, { "services" } },
        { action_service_account, { "serviceaccounts" } },
};

static bool applies(const ActionRow *row, const RestoreItem *item) {
        for (const char *const *resource = row->resources; *resource; resource++)
                if (item_is(item, *resource))
                        return true;
        return false;
}

bool actions_run(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err) {
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                if (!applies(&rows[i], item))
                        continue;
                if (!rows[i].run(setup, item, outcome, err))
                        return false;
                if (outcome->skip_reason.len > 0)
                        return true;
        }
        return true;
}

void action_add_item(RestoreItem *item, ActionOutcome *outcome, AdditionalItem additional) {
        if (outcome->len == outcome->capacity) {
                size_t capacity = outcome->capacity ? outcome->capacity * 2 : 4;
                AdditionalItem *grown = arena_alloc(item->arena, capacity * sizeof(*grown));

                if (outcome->len > 0)
                        memcpy(grown, outcome->additional, outcome->len * sizeof(*grown));
                outcome->additional = grown;
                outcome->capacity = capacity;
        }
        outcome->additional[outcome->len++] = additional;
}
