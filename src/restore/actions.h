/* actions.h - what an object becomes on its way back: Velero's built-in restore item actions.
 *
 * Each action is a pure edit of the item's JSON; what it must know of the cluster it asks through the setup.
 * Those that restore volume data are not here.  Source: spec/restore-behaviour.md 3.9, 3.16. */
#pragma once
#include "api/restore.h"
#include "restore/item.h"

typedef struct ActionSetup { /* the same for all items; many threads read it */
        const RestoreSpec *spec;
        JsonVal *storage_classes; /* data of the change-storage-class ConfigMap, or NULL */
        JsonVal *image_names;     /* data of the change-image-name ConfigMap, or NULL */
        /* Whether the cluster has such an object. */
        bool (*has_object)(void *user, Str resource, Str namespace, Str name, bool *ret_has, Error *err);
        void *user;
} ActionSetup;

typedef struct
        AdditionalItem { /* another object of the backup that this one needs; namespaces as in the backup */
        Str resource, namespace, name;
} AdditionalItem;

typedef struct ActionOutcome {
        AdditionalItem *additional; /* in the item's arena */
        size_t len, capacity;
        Str skip_reason; /* not empty: the object is not restored */
        Strs warnings;
        size_t init_containers; /* put in by hooks */
} ActionOutcome;

bool actions_run(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err) MUST_CHECK;

/* The parts, for actions.c and tests.  Each applies to the resources its name says. */
typedef bool (*Action)(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err);
bool action_add_claims(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err);
bool action_webhook_configuration(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome,
                                  Error *err);
bool action_api_service(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err);
bool action_change_image_name(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome,
                              Error *err);
bool action_change_storage_class(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome,
                                 Error *err);
bool action_role_bindings(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err);
bool action_crd_preserve_fields(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome,
                                Error *err);
bool action_init_hooks(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err);
bool action_job(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err);
bool action_pod(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err);
bool action_claim(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err);
bool action_secret(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err);
bool action_service(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err);
bool action_service_account(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err);

void action_add_item(RestoreItem *item, ActionOutcome *outcome, AdditionalItem additional);
