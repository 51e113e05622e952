#include "restore/actions.h"

#include "hooks/plan.h"

static JsonMutVal *spec_of(const RestoreItem *item) {
        return yyjson_mut_obj_get(item->object, "spec");
}

bool action_add_claims(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err) {
        JsonVal *volumes = json_at(item->backup, "spec", "volumes"), *volume;
        size_t i, max;

        (void) setup, (void) err;
        yyjson_arr_foreach(volumes, i, max, volume) {
                Str claim = json_get_str(json_get(volume, "persistentVolumeClaim"), "claimName");

                if (claim.len > 0)
                        action_add_item(
                                item, outcome,
                                (AdditionalItem) { STR("persistentvolumeclaims"), item->namespace, claim });
        }
        return true;
}

bool action_init_hooks(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err) {
        Faults faults = { .arena = item->arena };

        outcome->init_containers = hook_plan_init(&setup->spec->hooks, item->target, item->doc, item->object,
                                                  item->arena, &faults);
        for (size_t i = 0; i < faults.len; i++)
                if (faults.items[i].level == FAULT_WARNING)
                        strs_add(&outcome->warnings, item->arena,
                                 str_of(arena_printf(item->arena, STR_FMT ": " STR_FMT,
                                                     STR_ARG(faults.items[i].path),
                                                     STR_ARG(faults.items[i].message))));
        return faults_check(&faults, err);
}

static bool is_token_volume(Str name, Str service_account) {
        return service_account.len > 0 && str_starts_with(name, service_account) &&
               str_starts_with(str_skip(name, service_account.len), STR("-token-"));
}

/* Velero puts such a container in front of pods whose volumes it restores; from a backup of such a pod it
 * would wait for a restore that nobody does. */
static bool is_old_wait(JsonMutVal *container) {
        Str name = json_mut_str(yyjson_mut_obj_get(container, "name"));

        return str_equal(name, STR("restore-wait")) || str_equal(name, STR("restic-wait"));
}

static void remove_token_mounts(JsonMutVal *containers, Str service_account) {
        yyjson_mut_arr_iter all = yyjson_mut_arr_iter_with(containers);

        for (JsonMutVal *container; (container = yyjson_mut_arr_iter_next(&all));) {
                yyjson_mut_arr_iter mounts =
                        yyjson_mut_arr_iter_with(yyjson_mut_obj_get(container, "volumeMounts"));

                for (JsonMutVal *mount; (mount = yyjson_mut_arr_iter_next(&mounts));)
                        if (is_token_volume(json_mut_str(yyjson_mut_obj_get(mount, "name")), service_account))
                                yyjson_mut_arr_iter_remove(&mounts);
        }
}

static void remove_token_volumes(JsonMutVal *spec) {
        Str service_account = json_mut_str(yyjson_mut_obj_get(spec, "serviceAccountName"));
        yyjson_mut_arr_iter volumes = yyjson_mut_arr_iter_with(yyjson_mut_obj_get(spec, "volumes"));

        for (JsonMutVal *volume; (volume = yyjson_mut_arr_iter_next(&volumes));)
                if (is_token_volume(json_mut_str(yyjson_mut_obj_get(volume, "name")), service_account))
                        yyjson_mut_arr_iter_remove(&volumes);
        remove_token_mounts(yyjson_mut_obj_get(spec, "containers"), service_account);
        remove_token_mounts(yyjson_mut_obj_get(spec, "initContainers"), service_account);
}

bool action_pod(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err) {
        JsonMutVal *spec = spec_of(item);
        Str class = json_mut_str(yyjson_mut_obj_get(spec, "priorityClassName"));
        yyjson_mut_arr_iter inits = yyjson_mut_arr_iter_with(yyjson_mut_obj_get(spec, "initContainers"));

        (void) setup, (void) err;
        json_mut_remove(spec, "nodeName");
        json_mut_remove(spec, "priority");
        json_mut_remove(spec, "ephemeralContainers"); /* of kubectl debug; refused in a create */
        remove_token_volumes(spec);
        for (JsonMutVal *container; (container = yyjson_mut_arr_iter_next(&inits));)
                if (is_old_wait(container))
                        yyjson_mut_arr_iter_remove(&inits);
        if (class.len > 0 && !str_starts_with(class, STR("system-"))) /* every cluster has those itself */
                action_add_item(
                        item, outcome,
                        (AdditionalItem) { STR("priorityclasses.scheduling.k8s.io"), STR(""), class });
        return true;
}

static JsonMutVal *pod_spec_of(const RestoreItem *item) {
        if (item_is(item, "pods"))
                return spec_of(item);
        if (item_is(item, "cronjobs.batch"))
                return json_mut_at(item->object, "spec", "jobTemplate", "spec", "template", "spec");
        return json_mut_at(item->object, "spec", "template", "spec");
}

static Str replace_all(Str text, Str old, Str new, Arena *arena) {
        Buf changed = { 0 };

        while (text.len > 0) {
                const char *at = memmem(text.ptr, text.len, old.ptr, old.len);
                size_t before = at ? (size_t) (at - text.ptr) : text.len;

                buf_add(&changed, (Str) { text.ptr, before });
                if (at)
                        buf_add(&changed, new);
                text = str_skip(text, at ? before + old.len : before);
        }
        Str copy = arena_copy(arena, buf_str(&changed));
        buf_clear(&changed);
        return copy;
}

/* The first row that fits, in the ConfigMap's order: "old part,new part". */
static void change_images(const ActionSetup *setup, RestoreItem *item, JsonMutVal *containers) {
        yyjson_mut_arr_iter all = yyjson_mut_arr_iter_with(containers);

        for (JsonMutVal *container; (container = yyjson_mut_arr_iter_next(&all));) {
                Str image = json_mut_str(yyjson_mut_obj_get(container, "image"));
                JsonVal *key, *row;
                size_t i, max;

                yyjson_obj_foreach(setup->image_names, i, max, key, row) {
                        Str new = json_str(row), old;

                        if (!str_cut(&new, ',', &old) || (old = str_trim(old)).len == 0 ||
                            (new = str_trim(new)).len == 0 || !memmem(image.ptr, image.len, old.ptr, old.len))
                                continue;
                        json_mut_set(item->doc, container, STR("image"),
                                     json_new_str(item->doc, replace_all(image, old, new, item->arena)));
                        break;
                }
        }
}

bool action_change_image_name(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome,
                              Error *err) {
        JsonMutVal *spec = pod_spec_of(item);

        (void) outcome, (void) err;
        if (!setup->image_names)
                return true;
        change_images(setup, item, yyjson_mut_obj_get(spec, "containers"));
        change_images(setup, item, yyjson_mut_obj_get(spec, "initContainers"));
        return true;
}
