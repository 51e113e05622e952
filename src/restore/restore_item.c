#include "kube/object.h"
#include "restore/engine.h"
#include "restore/strip.h"

enum { DEPTH_MAX = 8 };

/* The namespace in which messages about it are filed. */
static Str bucket_of(const RestoreItem *item) {
        return item->target;
}

static Str item_id(const RestoreItem *item) {
        return str_of(arena_printf(item->arena, STR_FMT "/" STR_FMT "%s" STR_FMT, STR_ARG(item->resource),
                                   STR_ARG(item->namespace), item->namespace.len > 0 ? "/" : "",
                                   STR_ARG(item->name)));
}

static void say(const Engine *engine, const RestoreItem *item, const char *text) {
        log_info(engine->run->log,
                 FIELDS(FIELD("groupResource", item->resource), FIELD("namespace", item->namespace),
                        FIELD("original name", item->name)),
                 "%s", text);
}

/* The archive is hostile: what lies in one place must not turn out to be another object. */
static bool check_place(const RestoreItem *item, Error *err) {
        Str name = object_name(item->backup), namespace = object_namespace(item->backup);

        if (!str_equal(name, item->name))
                return error_set(err, ERROR_CORRUPT,
                                 "the object's name is \"" STR_FMT "\", its file's is \"" STR_FMT "\"",
                                 STR_ARG(name), STR_ARG(item->name));
        if (!str_equal(namespace, item->namespace))
                return error_set(err, ERROR_CORRUPT,
                                 "the object's namespace is \"" STR_FMT "\", its folder's is \"" STR_FMT "\"",
                                 STR_ARG(namespace), STR_ARG(item->namespace));
        if (json_get_str(item->backup, "kind").len == 0 || json_get_str(item->backup, "apiVersion").len == 0)
                return error_set(err, ERROR_CORRUPT, "the object has no kind or no apiVersion");
        return true;
}

static bool read_backup(RestoreWorker *worker, const ContentsItem *item, JsonDoc **ret_doc, Error *err) {
        buf_reset(&worker->text);
        return contents_read_item(worker->engine->contents, item, &worker->text, err) &&
               json_parse(buf_str(&worker->text), "the object", ret_doc, err);
}

static VolumeDecision decide_volume(const Engine *engine, JsonVal *volume) {
        return volume_decide(&engine->volumes, volume, engine->restore.spec.restore_pvs);
}

/* False when the volume is made anew. */
static bool restore_volume(RestoreWorker *worker, RestoreItem *item) {
        Engine *engine = worker->engine;
        VolumeDecision decision = decide_volume(engine, item->backup);
        Str claim_namespace = json_str(json_at(item->backup, "spec", "claimRef", "namespace"));
        Str claim_name = json_str(json_at(item->backup, "spec", "claimRef", "name"));

        if (decision.fate == VOLUME_PROVISION) {
                say(engine, item,
                    arena_printf(item->arena, "Dynamically re-provisioning persistent volume because %s.",
                                 decision.why));
                if (decision.lost_data)
                        report_problem(
                                engine->report, LOG_ERROR, STR(""),
                                "the data of persistent volume " STR_FMT " (claim " STR_FMT "/" STR_FMT
                                ") is in %s, which is not restored: the claim gets a new, empty volume",
                                STR_ARG(item->name), STR_ARG(claim_namespace), STR_ARG(claim_name),
                                decision.lost_data);
                return false;
        }
        say(engine, item,
            arena_printf(item->arena, "Restoring persistent volume as-is because %s.", decision.why));
        volume_reset_binding(item, restore_target_namespace(&engine->restore.spec, claim_namespace));
        return true;
}

/* Whether the claim's volume is in the backup, was not left out by the user, and is made anew. */
static bool is_volume_provisioned(RestoreWorker *worker, const RestoreItem *item) {
        Engine *engine = worker->engine;
        const Str volumes = STR("persistentvolumes");
        Str volume = json_str(json_at(item->backup, "spec", "volumeName"));
        AUTO(error_clear) Error unreadable = { 0 };
        AUTO_JSON *doc = NULL;
        ContentsGroup *group = NULL;
        ContentsItem *found = contents_find(engine->contents, volumes, STR(""), volume, &group);

        if (!found || !selection_has_additional(&engine->selection, volumes, STR("")) ||
            !read_backup(worker, found, &doc, &unreadable))
                return false;
        return decide_volume(engine, yyjson_doc_get_root(doc)).fate == VOLUME_PROVISION;
}

static void restore_additional(RestoreWorker *worker, const RestoreItem *item, const ActionOutcome *outcome,
                               unsigned depth) {
        Engine *engine = worker->engine;

        for (size_t i = 0; i < outcome->len; i++) {
                AdditionalItem wanted = outcome->additional[i];
                ContentsGroup *group = NULL;
                ContentsItem *found = contents_find(engine->contents, wanted.resource, wanted.namespace,
                                                    wanted.name, &group);

                if (found && depth < DEPTH_MAX)
                        restore_item(worker, group, found, depth + 1);
                else
                        report_problem(engine->report, LOG_WARN, bucket_of(item),
                                       "unable to restore additional item " STR_FMT "/" STR_FMT "%s" STR_FMT
                                       " of " STR_FMT ": it is not in the backup",
                                       STR_ARG(wanted.resource), STR_ARG(wanted.namespace),
                                       wanted.namespace.len > 0 ? "/" : "", STR_ARG(wanted.name),
                                       STR_ARG(item_id(item)));
        }
}

static bool run_actions(RestoreWorker *worker, RestoreItem *item, unsigned depth, bool *ret_skip,
                        Error *err) {
        ActionOutcome outcome = { 0 };

        if (!actions_run(&worker->engine->actions, item, &outcome, err))
                return false;
        for (size_t i = 0; i < outcome.warnings.len; i++)
                report_problem(worker->engine->report, LOG_WARN, bucket_of(item), STR_FMT,
                               STR_ARG(outcome.warnings.items[i]));
        *ret_skip = outcome.skip_reason.len > 0;
        if (*ret_skip)
                say(worker->engine, item,
                    arena_printf(item->arena, "Skipping restore of " STR_FMT ": " STR_FMT,
                                 STR_ARG(item_id(item)), STR_ARG(outcome.skip_reason)));
        else
                restore_additional(worker, item, &outcome, depth);
        return true;
}

static void modify(RestoreWorker *worker, RestoreItem *item) {
        const Modifiers *modifiers = worker->engine->settings.modifiers;
        Strs problems = { 0 };

        if (!modifiers)
                return;
        modifiers_apply(modifiers, item, &problems);
        for (size_t i = 0; i < problems.len; i++)
                report_problem(worker->engine->report, LOG_ERROR, bucket_of(item),
                               "error modifying " STR_FMT ": " STR_FMT, STR_ARG(item_id(item)),
                               STR_ARG(problems.items[i]));
}

static ItemAction transform_and_apply(RestoreWorker *worker, RestoreItem *item, unsigned depth, Error *err) {
        bool is_claim = item_is(item, "persistentvolumeclaims"), skip = false;

        strip_metadata(item->object);
        strip_status(item->object);
        if (item_is(item, "persistentvolumes") && !restore_volume(worker, item))
                return ITEM_SKIPPED;
        if (!run_actions(worker, item, depth, &skip, err))
                return ITEM_FAILED;
        if (skip)
                return ITEM_SKIPPED;
        if (is_claim && json_str(json_at(item->backup, "spec", "volumeName")).len > 0)
                claim_reset_binding(item, is_volume_provisioned(worker, item));
        modify(worker, item);
        item_adopt(item, worker->engine->restore.spec.backup_name, worker->engine->restore.name);
        return apply_item(worker, item);
}

/* Not the first that goes to its place.  What is found through another object or again in a later pass is the same
 * object; but one that is met in its turn in a namespace is that of another namespace which is mapped to the same. */
static bool is_claimed(Engine *engine, const RestoreItem *item, unsigned depth) {
        if (hash_set_add(engine->seen, (const Str[]) { item->resource, item->target, item->name }, 3))
                return false;
        if (depth == 0 && item->target.len > 0)
                report_problem(engine->report, LOG_WARN, bucket_of(item),
                               STR_FMT
                               " is not restored: another namespace of the backup that goes to \"" STR_FMT
                               "\" has one of that name, which is",
                               STR_ARG(item_id(item)), STR_ARG(item->target));
        return true;
}

/* Untouched: it is not for restoring at all, and the resource list does not have it. */
static ItemAction restore_backup(RestoreWorker *worker, RestoreItem *item, unsigned depth) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        ItemAction action;

        if (item_is_complete(item)) {
                say(worker->engine, item,
                    arena_printf(item->arena, STR_FMT "/" STR_FMT " is complete - skipping",
                                 STR_ARG(item->namespace), STR_ARG(item->name)));
                return ITEM_UNTOUCHED;
        }
        if (item_is_mirror_pod(item)) {
                say(worker->engine, item, "Not restoring pod because it's a mirror pod");
                return ITEM_SKIPPED;
        }
        item->doc = doc;
        item->object = yyjson_val_mut_copy(doc, item->backup);
        action = transform_and_apply(worker, item, depth, &err);
        if (err.code != ERROR_NONE)
                report_problem(worker->engine->report, LOG_ERROR, bucket_of(item),
                               "error preparing " STR_FMT ": %s", STR_ARG(item_id(item)), err.message);
        return action;
}

static bool is_usable(Engine *engine, const RestoreItem *item) {
        const TargetNamespace *target = engine_target(engine, item->target);

        return item->target.len == 0 || (target && !target->is_broken);
}

void restore_item(RestoreWorker *worker, ContentsGroup *group, ContentsItem *archived, unsigned depth) {
        Engine *engine = worker->engine;
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *backup = NULL;
        RestoreItem item = {
                .resource = group->resource,
                .namespace = group->namespace,
                .name = contents_item_name(archived),
                .arena = &worker->arena,
        };

        if (item.namespace.len > 0)
                item.target = restore_target_namespace(&engine->restore.spec, item.namespace);
        if (depth > 0 && !selection_has_additional(&engine->selection, item.resource, item.namespace)) {
                say(engine, &item, "Not restoring item because its resource or namespace is excluded");
                return;
        }
        if (is_claimed(engine, &item, depth))
                return;
        if (!is_usable(engine, &item)) {
                report_count(engine->report, item.resource, ITEM_FAILED);
                return;
        }
        if (!read_backup(worker, archived, &backup, &err)) {
                report_problem(engine->report, LOG_ERROR, bucket_of(&item), "error reading " STR_FMT ": %s",
                               STR_ARG(item_id(&item)), err.message);
                report_count(engine->report, item.resource, ITEM_FAILED);
                return;
        }
        item.backup = yyjson_doc_get_root(backup);
        if (!check_place(&item, &err)) {
                report_problem(engine->report, LOG_ERROR, bucket_of(&item), "error restoring " STR_FMT ": %s",
                               STR_ARG(item_id(&item)), err.message);
                report_count(engine->report, item.resource, ITEM_FAILED);
                return;
        }
        ItemAction action = restore_backup(worker, &item, depth);
        if (action == ITEM_UNTOUCHED)
                return;
        report_item(engine->report, archived, json_get_str(item.backup, "apiVersion"),
                    json_get_str(item.backup, "kind"), action);
        report_count(engine->report, item.resource, action);
}
