#include "base/clock.h"
#include "kube/object.h"
#include "restore/engine.h"
#include "restore/strip.h"

enum { STATUS_TRIES = 5, CLOCK_SLACK_MS = 60 * 1000 };

typedef struct Application {
        Engine *engine;
        RestoreItem *item;
        KubeResource resource; /* in the version of the object */
        Str kind, api_version;
        Str id;   /* "services/dock/quay" */
        Str name; /* of the object, which a modifier may have changed */
        Buf *body;
} Application;

static Str object_text(const Application *apply, const char *part, const char *key) {
        JsonMutVal *value = part ? json_mut_at(apply->item->object, part, key)
                                 : yyjson_mut_obj_get(apply->item->object, key);

        return json_mut_str(value);
}

static Str group_of(Str api_version) {
        Str group = STR("");

        return memchr(api_version.ptr, '/', api_version.len) && str_cut(&api_version, '/', &group) ? group
                                                                                                   : STR("");
}

static Str version_of(Str api_version) {
        Str group = group_of(api_version);

        return group.len > 0 ? str_skip(api_version, group.len + 1) : api_version;
}

/* The resource by what the object says of itself, which has to fit the folder that it was found in unless a
 * modifier has changed it. */
static bool find_resource(Application *apply, Error *err) {
        const RestoreItem *item = apply->item;
        const Discovery *discovery = apply->engine->discovery;
        bool is_changed = !str_equal(apply->kind, json_get_str(item->backup, "kind")) ||
                          !str_equal(apply->api_version, json_get_str(item->backup, "apiVersion"));
        const KubeResource *found = is_changed
                                            ? discovery_find_kind(discovery, apply->api_version, apply->kind)
                                            : discovery_find(discovery, item->resource);

        if (!found)
                return error_set(err, ERROR_NOT_FOUND, "the cluster does not serve " STR_FMT " " STR_FMT,
                                 STR_ARG(apply->api_version), STR_ARG(apply->kind));
        if (!str_equal(found->kind, apply->kind) || !str_equal(found->group, group_of(apply->api_version)))
                return error_set(err, ERROR_CORRUPT,
                                 "the object is a " STR_FMT " " STR_FMT ", but lies among " STR_FMT
                                 " in the archive",
                                 STR_ARG(apply->api_version), STR_ARG(apply->kind), STR_ARG(item->resource));
        apply->resource = *found;
        apply->resource.version = version_of(apply->api_version);
        return true;
}

static Str target_of(const Application *apply) {
        return apply->resource.is_namespaced ? apply->item->target : STR("");
}

/* What a message begins with: Velero's words where something could not be made. */
static Str about(const Application *apply, const char *method) {
        const char *what = strcmp(method, "POST") == 0  ? "error restoring"
                           : strcmp(method, "GET") == 0 ? "get"
                                                        : "update";

        return str_of(arena_printf(apply->item->arena, "%s " STR_FMT, what, STR_ARG(apply->id)));
}

static bool call(const Application *apply, const char *method, const char *subresource, JsonDoc **ret_doc,
                 Error *err) {
        bool is_create = strcmp(method, "POST") == 0;
        Str path = kube_resource_path(&apply->resource, target_of(apply), is_create ? STR("") : apply->name,
                                      apply->item->arena);
        KubeCall kube = {
                .method = method,
                .path = subresource ? str_of(arena_printf(apply->item->arena, STR_FMT "/%s", STR_ARG(path),
                                                          subresource))
                                    : path,
                .body = strcmp(method, "GET") == 0 ? STR("") : buf_str(apply->body),
                .content_type = strcmp(method, "PATCH") == 0 ? "application/merge-patch+json" : NULL,
                .about = about(apply, method),
        };

        return kube_call(apply->engine->run->client, &kube, apply->engine->run->stop, ret_doc, err);
}

/* In Go's encoding: where the API server keeps JSON as it came (a ControllerRevision's data), any other spelling of
 * the same text would later look like a change. */
static void write_body(const Application *apply, JsonMutVal *value) {
        buf_reset(apply->body);
        json_write_go_mut(value, 0, apply->body);
}

static bool patch(const Application *apply, JsonMutVal *value, Error *err) {
        write_body(apply, value);
        return call(apply, "PATCH", NULL, NULL, err);
}

static void warn(const Application *apply, const char *text) {
        report_problem(apply->engine->report, LOG_WARN, target_of(apply), "%s", text);
}

/* The status goes in by a second request, since a create ignores it. */
static bool put_status(const Application *apply, JsonDoc *created, Error *err) {
        JsonVal *status = json_get(apply->item->backup, "status");
        AUTO_JSON *current = created;

        for (int i = 0;; i++) {
                AUTO(error_clear) Error refused = { 0 };
                AUTO_JSON_MUT *doc = yyjson_doc_mut_copy(current, NULL);
                JsonMutVal *root = yyjson_mut_doc_get_root(doc);

                json_mut_set(doc, root, STR("status"), yyjson_val_mut_copy(doc, status));
                write_body(apply, root);
                if (call(apply, "PUT", "status", NULL, &refused))
                        return true;
                if (refused.code != ERROR_CONFLICT || i == STATUS_TRIES)
                        return error_set(err, refused.code, "%s", refused.message);
                yyjson_doc_free(TAKE(current));
                if (!call(apply, "GET", NULL, &current, err))
                        return false;
        }
}

static JsonMutVal *managed_fields_patch(const RestoreItem *item) {
        JsonMutVal *value = yyjson_mut_obj(item->doc);
        JsonMutVal *metadata = yyjson_mut_obj_add_obj(item->doc, value, "metadata");

        yyjson_mut_obj_add_val(
                item->doc, metadata, "managedFields",
                yyjson_val_mut_copy(item->doc, json_at(item->backup, "metadata", "managedFields")));
        return value;
}

/* Any annotation of the kind, so that a misspelt one is told too; `pod` may be a controller's template. */
static bool has_annotation(JsonMutVal *pod, Str prefix) {
        yyjson_mut_obj_iter all = yyjson_mut_obj_iter_with(json_mut_at(pod, "metadata", "annotations"));

        for (JsonMutVal *key; (key = yyjson_mut_obj_iter_next(&all));)
                if (str_starts_with(json_mut_str(key), prefix))
                        return true;
        return false;
}

static bool has_exec_annotation(JsonMutVal *pod) {
        return has_annotation(pod, STR("post.hook.restore.velero.io/"));
}

static bool wants_hooks(const Application *apply) {
        const Engine *engine = apply->engine;
        JsonMutVal *pod = apply->item->object;

        if (!engine->hooks || !restore_makes_pods(apply->item->resource))
                return false;
        if (!item_is(apply->item, "pods"))
                pod = json_mut_at(pod, "spec", "template");
        else if (engine->has_init_hooks || has_annotation(pod, STR("init.hook.restore.velero.io/")))
                return true;
        /* Who leaves pods out, and asks for no hooks, waits for none. */
        return engine->has_exec_hooks ||
               (selection_has_resource(&engine->selection, STR("pods")) && has_exec_annotation(pod));
}

/* Not that of a pod with hooks: they go by what it says of the containers, which has to be the kubelet's word. */
static bool wants_status(const Application *apply) {
        const RestoreItem *item = apply->item;

        return json_get(item->backup, "status") &&
               selection_has_status(&apply->engine->selection, item->resource,
                                    json_at(item->backup, "metadata", "annotations")) &&
               !(item_is(item, "pods") && wants_hooks(apply));
}

static bool needs_reply(const Application *apply) {
        return wants_status(apply) || wants_hooks(apply);
}

/* What follows a create; none of it can undo that the object is there. */
static void follow_up(const Application *apply, JsonDoc *created) {
        AUTO(error_clear) Error status = { 0 }, fields = { 0 }, served = { 0 };
        RestoreHooks *hooks = apply->engine->hooks;
        const RestoreItem *item = apply->item;
        JsonVal *root = yyjson_doc_get_root(created);

        if (wants_hooks(apply) && item_is(item, "pods"))
                restore_hooks_add_pod(hooks, root);
        else if (wants_hooks(apply))
                restore_hooks_add_controller(hooks, root);
        if (wants_status(apply) && !put_status(apply, TAKE(created), &status))
                report_problem(apply->engine->report, LOG_WARN, target_of(apply), "status: %s",
                               status.message);
        yyjson_doc_free(created);
        if (item_has_applied_fields(item) && !patch(apply, managed_fields_patch(item), &fields))
                report_problem(apply->engine->report, LOG_WARN, target_of(apply), "managed fields: %s",
                               fields.message);
        if (!item_is(item, "customresourcedefinitions.apiextensions.k8s.io"))
                return;
        apply->engine->crds_changed++;
        if (!crd_wait(apply->engine, apply->name, &served))
                report_problem(apply->engine->report, LOG_ERROR, STR(""), "%s", served.message);
}

/* An answer that got lost makes the client create again and be told that the object exists: it is ours. */
static bool is_from_this_run(const Application *apply, JsonVal *cluster) {
        AUTO(error_clear) Error err = { 0 };
        JsonVal *labels = object_labels(cluster);
        int64_t created_ms = 0;

        return str_equal(json_get_str(labels, "velero.io/restore-name"), apply->engine->labels.restore) &&
               str_equal(json_get_str(labels, "velero.io/backup-name"), apply->engine->labels.backup) &&
               clock_parse_rfc3339(json_str(json_at(cluster, "metadata", "creationTimestamp")), &created_ms,
                                   &err) &&
               created_ms + CLOCK_SLACK_MS >= apply->engine->start_wall_ms;
}

static Str name_in_messages(const Application *apply) {
        Str target = target_of(apply);

        return str_of(arena_printf(apply->item->arena, STR_FMT "%s" STR_FMT, STR_ARG(target),
                                   target.len > 0 ? "/" : "", STR_ARG(apply->name)));
}

static ItemAction update_labels(const Application *apply, ItemAction action) {
        AUTO(error_clear) Error err = { 0 };

        if (patch(apply, existing_labels_patch(apply->item, apply->engine->labels), &err)) {
                log_info(apply->engine->run->log, NO_FIELDS,
                         "backup/restore labels successfully updated for " STR_FMT " " STR_FMT,
                         STR_ARG(apply->kind), STR_ARG(name_in_messages(apply)));
                return action;
        }
        report_problem(apply->engine->report, LOG_ERROR, target_of(apply), "%s", err.message);
        return ITEM_FAILED;
}

static ItemAction update_account(const Application *apply, JsonVal *cluster) {
        AUTO(error_clear) Error err = { 0 };
        JsonMutVal *change = existing_account_patch(apply->item, cluster);

        if (!change)
                return ITEM_SKIPPED;
        if (apply->engine->run->dry_run || patch(apply, change, &err))
                return ITEM_UPDATED;
        warn(apply, err.message);
        return apply->engine->restore.spec.update_existing ? update_labels(apply, ITEM_FAILED) : ITEM_FAILED;
}

static ItemAction update(const Application *apply, JsonVal *cluster) {
        AUTO(error_clear) Error err = { 0 };
        JsonMutVal *change = existing_update_patch(apply->item, cluster);

        if (apply->engine->run->dry_run || !change || patch(apply, change, &err)) {
                if (item_is(apply->item, "customresourcedefinitions.apiextensions.k8s.io"))
                        apply->engine->crds_changed++;
                log_info(apply->engine->run->log, NO_FIELDS, STR_FMT " " STR_FMT " successfully updated",
                         STR_ARG(apply->kind), STR_ARG(name_in_messages(apply)));
                return ITEM_UPDATED;
        }
        warn(apply, err.message);
        return update_labels(apply, ITEM_FAILED);
}

static bool has_controller(JsonVal *object) {
        JsonVal *owner;
        size_t i, max;

        yyjson_arr_foreach(json_at(object, "metadata", "ownerReferences"), i, max, owner) {
                if (json_get_bool(owner, "controller", false))
                        return true;
        }
        return false;
}

/* It will be gone after the restore, be it the same or not; only where a controller makes it anew is nothing lost. */
static ItemAction meet_leaving(const Application *apply) {
        bool is_made_anew = has_controller(apply->item->backup);

        report_problem(apply->engine->report, is_made_anew ? LOG_WARN : LOG_ERROR, target_of(apply),
                       "could not restore, " STR_FMT ":" STR_FMT
                       " is being deleted: restore it once more when it is gone",
                       STR_ARG(apply->kind), STR_ARG(apply->name));
        return is_made_anew ? ITEM_DIFFERENT : ITEM_FAILED;
}

static ItemAction meet_existing(const Application *apply, JsonVal *cluster) {
        bool updates = apply->engine->restore.spec.update_existing;

        if (json_at(cluster, "metadata", "deletionTimestamp"))
                return meet_leaving(apply);

        if (existing_is_same(apply->item, cluster, apply->engine->labels)) {
                log_info(
                        apply->engine->run->log, NO_FIELDS,
                        "Restore of " STR_FMT
                        " skipped: it already exists in the cluster and is the same as the backed up version",
                        STR_ARG(apply->name));
                return updates && !apply->engine->run->dry_run ? update_labels(apply, ITEM_SKIPPED)
                                                               : ITEM_SKIPPED;
        }
        if (item_is(apply->item, "serviceaccounts"))
                return update_account(apply, cluster);
        if (updates)
                return update(apply, cluster);
        report_problem(
                apply->engine->report, LOG_WARN, target_of(apply),
                "could not restore, " STR_FMT ":" STR_FMT
                " already exists. Warning: the in-cluster version is different than the backed-up version",
                STR_ARG(apply->kind), STR_ARG(apply->name));
        return ITEM_DIFFERENT;
}

static ItemAction failed(const Application *apply, const Error *err) {
        report_problem(apply->engine->report, LOG_ERROR, target_of(apply), "%s", err->message);
        return ITEM_FAILED;
}

/* That it is not there after all says nothing; any other reason why it can't be looked at is to be mended too. */
static ItemAction failed_twice(const Application *apply, const Error *create, const Error *get) {
        if (get->code == ERROR_NOT_FOUND || get->code == ERROR_CANCELED)
                return failed(apply, create);
        report_problem(apply->engine->report, LOG_ERROR, target_of(apply), "%s; %s", create->message,
                       get->message);
        return ITEM_FAILED;
}

static bool may_exist(ErrorCode code) {
        return code != ERROR_CANCELED && code != ERROR_UNAVAILABLE && code != ERROR_TIMEOUT;
}

/* A create is refused for many reasons while the object is there all the same: an address in use by itself, a quota. */
static ItemAction look_again(const Application *apply, const Error *refused) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *cluster = NULL;

        if (!may_exist(refused->code))
                return failed(apply, refused);
        if (!call(apply, "GET", NULL, &cluster, &err))
                return failed_twice(apply, refused, &err);
        if (refused->code != ERROR_EXISTS || !is_from_this_run(apply, yyjson_doc_get_root(cluster)))
                return meet_existing(apply, yyjson_doc_get_root(cluster));
        follow_up(apply, TAKE(cluster));
        return ITEM_CREATED;
}

static ItemAction create(const Application *apply) {
        AUTO(error_clear) Error err = { 0 };
        JsonDoc *created = NULL;

        write_body(apply, apply->item->object);
        if (!buf_check(apply->body, "the object", &err)) {
                (void) error_prefix(&err, "error restoring " STR_FMT, STR_ARG(apply->id));
                return failed(apply, &err);
        }
        if (!call(apply, "POST", NULL, needs_reply(apply) ? &created : NULL, &err))
                return look_again(apply, &err);
        follow_up(apply, created);
        return ITEM_CREATED;
}

static ItemAction try_dry(const Application *apply) {
        const TargetNamespace *target = engine_target(apply->engine, target_of(apply));
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *cluster = NULL;

        if (target && target->is_missing)
                return ITEM_CREATED;
        if (call(apply, "GET", NULL, &cluster, &err))
                return meet_existing(apply, yyjson_doc_get_root(cluster));
        return err.code == ERROR_NOT_FOUND ? ITEM_CREATED : failed(apply, &err);
}

/* A CRD that a dry run does not create leaves its kind unknown. */
static bool is_kind_of_backup(const Application *apply) {
        ContentsGroup *group = NULL;

        return apply->engine->run->dry_run &&
               contents_find(apply->engine->contents, STR("customresourcedefinitions.apiextensions.k8s.io"),
                             STR(""), apply->item->resource, &group) != NULL;
}

ItemAction apply_item(RestoreWorker *worker, RestoreItem *item) {
        AUTO(error_clear) Error err = { 0 };
        Application apply = { .engine = worker->engine, .item = item, .body = &worker->body };

        apply.kind = object_text(&apply, NULL, "kind");
        apply.api_version = object_text(&apply, NULL, "apiVersion");
        apply.name = object_text(&apply, "metadata", "name");
        apply.id = str_of(arena_printf(item->arena, STR_FMT "/" STR_FMT "%s" STR_FMT, STR_ARG(item->resource),
                                       STR_ARG(item->target), item->target.len > 0 ? "/" : "",
                                       STR_ARG(apply.name)));
        if (apply.name.len == 0)
                (void) error_set(&err, ERROR_INVALID, "the object has no name");
        if (err.code != ERROR_NONE || !find_resource(&apply, &err)) {
                if (is_kind_of_backup(&apply))
                        return ITEM_CREATED;
                apply.resource.is_namespaced = item->target.len > 0;
                (void) error_prefix(&err, "error restoring " STR_FMT, STR_ARG(apply.id));
                return failed(&apply, &err);
        }
        log_info(worker->engine->run->log,
                 FIELDS(FIELD("groupResource", item->resource), FIELD("namespace", item->namespace),
                        FIELD("original name", item->name)),
                 "Attempting to restore " STR_FMT ": " STR_FMT ".", STR_ARG(apply.kind), STR_ARG(apply.name));
        return worker->engine->run->dry_run ? try_dry(&apply) : create(&apply);
}
