#include <stdatomic.h>

#include "base/thread.h"
#include "restore/engine.h"
#include "restore/namespaces.h"
#include "restore/priority.h"

static const Str crds = { "customresourcedefinitions.apiextensions.k8s.io", 46 };

/* The items of one resource, handed out to workers one by one. */
typedef struct Pass {
        Engine *engine;
        Str resource;
        Mutex lock;
        ContentsGroup *groups;
        size_t groups_len;
        size_t group GUARDED_BY(&lock), item GUARDED_BY(&lock);
} Pass;

static bool next_item(Pass *pass, ContentsGroup **ret_group, ContentsItem **ret_item) {
        bool has = false;

        mutex_lock(&pass->lock);
        while (!has && pass->group < pass->groups_len) {
                ContentsGroup *group = &pass->groups[pass->group];

                if (pass->item == group->len) {
                        pass->group++;
                        pass->item = 0;
                        continue;
                }
                *ret_group = group;
                *ret_item = &group->items[pass->item++];
                has = (*ret_item)->is_selected;
        }
        mutex_unlock(&pass->lock);
        return has;
}

static void log_progress(const Engine *engine, const ContentsGroup *group, const ContentsItem *item) {
        const RestoreProgress *progress = engine->run->progress;

        log_info(engine->run->log,
                 FIELDS(FIELD("name", contents_item_name(item)),
                        FIELD("namespace", restore_target_namespace(&engine->restore.spec, group->namespace)),
                        FIELD("progress", STR("")), FIELD("resource", group->resource)),
                 "Restored %llu items out of an estimated total of %llu (estimate will change throughout the "
                 "restore)",
                 (unsigned long long) atomic_load(&progress->items_done),
                 (unsigned long long) atomic_load(&progress->items_total));
}

static void run_worker(void *user) {
        Pass *pass = user;
        RestoreWorker worker = { .engine = pass->engine };
        ContentsGroup *group;
        ContentsItem *item;

        while (!stop_is_set(pass->engine->run->stop) && next_item(pass, &group, &item)) {
                restore_item(&worker, group, item, 0);
                atomic_fetch_add(&pass->engine->run->progress->items_done, 1);
                log_progress(pass->engine, group, item);
                arena_reset(&worker.arena);
        }
        buf_clear(&worker.text);
        buf_clear(&worker.body);
        arena_clear(&worker.arena);
}

static size_t count_selected(const ContentsGroup *groups, size_t len) {
        size_t count = 0;

        for (size_t g = 0; g < len; g++)
                for (size_t i = 0; i < groups[g].len; i++)
                        count += groups[g].items[i].is_selected;
        return count;
}

/* Groups lie in order of resources. */
static ContentsGroup *groups_of(Engine *engine, Str resource, size_t *ret_len) {
        size_t len, first = 0, last;
        ContentsGroup *groups = contents_groups(engine->contents, &len);

        while (first < len && !str_equal(groups[first].resource, resource))
                first++;
        for (last = first; last < len && str_equal(groups[last].resource, resource);)
                last++;
        *ret_len = last - first;
        return groups + first;
}

static bool restore_resource(Engine *engine, Str resource, Error *err) {
        Pass pass = { .engine = engine, .resource = resource };

        pass.groups = groups_of(engine, resource, &pass.groups_len);
        size_t count = count_selected(pass.groups, pass.groups_len);
        unsigned workers = engine->run->workers > 0 ? engine->run->workers : 1;
        if (count > 0) {
                mutex_init(&pass.lock);
                thread_run_many(count < workers ? (unsigned) count : workers, run_worker, &pass);
                mutex_destroy(&pass.lock);
        }
        return stop_check(engine->run->stop, err);
}

static void log_group(const Engine *engine, const ContentsGroup *group) {
        Str target = restore_target_namespace(&engine->restore.spec, group->namespace);

        if (group->namespace.len > 0)
                log_info(engine->run->log, NO_FIELDS,
                         "Resource '" STR_FMT "' will be restored into namespace '" STR_FMT "'",
                         STR_ARG(group->resource), STR_ARG(target));
        else
                log_info(engine->run->log, NO_FIELDS,
                         "Resource '" STR_FMT "' will be restored at cluster scope",
                         STR_ARG(group->resource));
}

static bool is_group_selected(const Engine *engine, const ContentsGroup *group) {
        if (!selection_has_resource(&engine->selection, group->resource)) {
                log_info(engine->run->log, FIELDS(FIELD("resource", group->resource)),
                         "Skipping restore of resource because the restore spec excludes it");
                return false;
        }
        if (selection_has_namespace(&engine->selection, group->namespace))
                return true;
        if (group->namespace.len > 0)
                log_info(engine->run->log, NO_FIELDS, "Skipping namespace " STR_FMT,
                         STR_ARG(group->namespace));
        else
                log_info(engine->run->log, NO_FIELDS,
                         "Skipping resource " STR_FMT " because it's cluster-scoped and only specific "
                         "namespaces are included in the restore",
                         STR_ARG(group->resource));
        return false;
}

static bool has_labels(const Engine *engine, const ContentsItem *item, Buf *text, Error *err) {
        AUTO(error_clear) Error unreadable = { 0 };
        AUTO_JSON *doc = NULL;

        buf_reset(text);
        if (!contents_read_item(engine->contents, item, text, err))
                return false;
        /* one that cannot be read is reported when its turn comes */
        if (!json_parse(buf_str(text), "the object", &doc, &unreadable))
                return true;
        return selection_has_labels(&engine->selection,
                                    json_at(yyjson_doc_get_root(doc), "metadata", "labels"));
}

/* A namespace that nothing of the user's choice is in is not made for its own sake. */
static bool is_chosen_namespace(const Engine *engine, const ContentsGroup *group, const ContentsItem *item) {
        return !str_equal(group->resource, STR("namespaces")) ||
               selection_has_namespace(&engine->selection, contents_item_name(item));
}

static bool select_group(Engine *engine, ContentsGroup *group, size_t *count, Error *err) {
        AUTO(buf_clear) Buf text = { 0 };
        bool needs_labels = selection_needs_labels(&engine->selection);
        bool is_namespaces = str_equal(group->resource, STR("namespaces"));
        size_t selected = 0;

        if (!is_group_selected(engine, group))
                return true;
        for (size_t i = 0; i < group->len; i++) {
                ContentsItem *item = &group->items[i];

                item->is_selected = is_chosen_namespace(engine, group, item) &&
                                    (!needs_labels || has_labels(engine, item, &text, err));
                if (err->code != ERROR_NONE)
                        return false;
                selected += item->is_selected;
        }
        if (selected > 0)
                log_group(engine, group);
        *count += is_namespaces ? 0 : selected; /* they are made before the count goes up */
        return true;
}

static bool select_all(Engine *engine, bool only_crds, Error *err) {
        size_t len, count = 0;
        ContentsGroup *groups = contents_groups(engine->contents, &len);

        for (size_t i = 0; i < len; i++)
                if (!only_crds || str_equal(groups[i].resource, crds))
                        if (!select_group(engine, &groups[i], &count, err))
                                return false;
        atomic_store(&engine->run->progress->items_total, count);
        return true;
}

static bool holds_resource(const Engine *engine, Str resource) {
        size_t len;
        const ContentsGroup *groups = contents_groups(engine->contents, &len);

        for (size_t i = 0; i < len; i++)
                if (str_equal(groups[i].resource, resource))
                        return true;
        return false;
}

/* What the backup itself calls so: "boats" for boats.harbour.example. */
static Str find_in_backup(const Engine *engine, Str word) {
        size_t len;
        const ContentsGroup *groups = contents_groups(engine->contents, &len);

        for (size_t i = 0; i < len; i++) {
                Str rest = groups[i].resource, name;

                if (str_equal(rest, word) || (str_cut(&rest, '.', &name) && str_equal(name, word)))
                        return groups[i].resource;
        }
        return STR("");
}

/* As the cluster knows it; but where it means something that the backup does not hold (another group has the same
 * name, or the kind is not served yet), the backup decides. */
static Str resolve_name(void *user, Str word) {
        Engine *engine = user;
        const KubeResource *resource = discovery_find(engine->discovery, word);
        Str name = resource ? kube_resource_group_resource(resource, &engine->arena) : STR("");

        if (name.len > 0 && holds_resource(engine, name))
                return name;
        Str held = find_in_backup(engine, word);
        return held.len > 0 ? held : name;
}

static void make_selection(Engine *engine, bool says_unknown) {
        Strs unknown = { 0 };

        engine->selection =
                selection_make(&engine->restore.spec, resolve_name, engine, &engine->arena, &unknown);
        for (size_t i = 0; says_unknown && i < unknown.len; i++)
                report_general(engine->report, LOG_WARN,
                               "resource \"" STR_FMT "\" is known neither to the cluster nor to the backup",
                               STR_ARG(unknown.items[i]));
}

bool restore_crds(Engine *engine, Error *err) {
        make_selection(engine, false);
        if (!select_all(engine, true, err) || !restore_resource(engine, crds, err))
                return false;
        return engine->crds_changed == 0 || crds_discover(engine, err);
}

TargetNamespace *engine_target(Engine *engine, Str name) {
        for (size_t low = 0, high = engine->targets_len; low < high;) {
                size_t middle = low + (high - low) / 2;
                int order = str_compare(engine->targets[middle].name, name);

                if (order == 0)
                        return &engine->targets[middle];
                if (order < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return NULL;
}

static int compare_targets(const void *a, const void *b) {
        return str_compare(((const TargetNamespace *) a)->name, ((const TargetNamespace *) b)->name);
}

bool restore_makes_pods(Str resource) {
        static const char *const resources[] = { "pods",
                                                 "deployments.apps",
                                                 "statefulsets.apps",
                                                 "daemonsets.apps",
                                                 "replicasets.apps",
                                                 "replicationcontrollers",
                                                 "jobs.batch",
                                                 NULL };

        for (const char *const *name = resources; *name; name++)
                if (str_equal(resource, str_of(*name)))
                        return true;
        return false;
}

/* Every namespace that something goes to, once each; those that are restored for their own sake too. */
static void find_targets(Engine *engine) {
        size_t len, count = 0, kept = 0;
        ContentsGroup *groups = contents_groups(engine->contents, &len);

        for (size_t g = 0; g < len; g++)
                count += str_equal(groups[g].resource, STR("namespaces")) ? groups[g].len : 1;
        TargetNamespace *all = arena_alloc(&engine->arena, (count + 1) * sizeof(*all));
        count = 0;
        for (size_t g = 0; g < len; g++) {
                const ContentsGroup *group = &groups[g];
                bool is_list = str_equal(group->resource, STR("namespaces"));

                if (group->namespace.len == 0 && !is_list)
                        continue;
                for (size_t i = 0; i < group->len; i++) {
                        Str from = is_list ? contents_item_name(&group->items[i]) : group->namespace;

                        if (!group->items[i].is_selected)
                                continue;
                        all[count++] = (TargetNamespace) {
                                .name = restore_target_namespace(&engine->restore.spec, from),
                                .from = from,
                                .has_pods = restore_makes_pods(group->resource),
                                .has_exec_annotation =
                                        group->has_exec_annotation && restore_makes_pods(group->resource),
                        };
                        if (!is_list)
                                break;
                }
        }
        qsort(all, count, sizeof(*all), compare_targets);
        for (size_t i = 0; i < count; i++) {
                if (kept > 0 && str_equal(all[kept - 1].name, all[i].name)) {
                        all[kept - 1].has_pods |= all[i].has_pods;
                        all[kept - 1].has_exec_annotation |= all[i].has_exec_annotation;
                        continue;
                }
                all[kept++] = all[i];
        }
        engine->targets = all;
        engine->targets_len = kept;
}

static bool make_target(Engine *engine, TargetNamespace *target, Error *err) {
        ContentsGroup *group = NULL;
        ContentsItem *item =
                contents_find(engine->contents, STR("namespaces"), STR(""), target->from, &group);
        AUTO(buf_clear) Buf text = { 0 };
        AUTO_JSON *backup = NULL;
        bool created = false;

        if (item && (!contents_read_item(engine->contents, item, &text, err) ||
                     !json_parse(buf_str(&text), "the backed-up namespace", &backup, err)))
                return false;
        NamespaceWish wish = {
                .name = target->name,
                .backup = yyjson_doc_get_root(backup),
                .is_dry = engine->run->dry_run,
                .wait_ms = engine->run->terminating_wait_ms,
        };
        if (!namespace_ensure(engine->run->client, &wish, engine->run->stop, &created, err))
                return false;
        target->is_missing = created && engine->run->dry_run;
        if (created)
                report_namespace_created(engine->report, target->name);
        return true;
}

/* Objects are restored even where hooks cannot run; each such hook then fails by itself. */
static void open_hooks(Engine *engine, const TargetNamespace *target) {
        AUTO(error_clear) Error err = { 0 };
        bool may_have_hooks = target->has_exec_annotation || (target->has_pods && engine->has_exec_hooks);

        if (engine->hooks && may_have_hooks &&
            !restore_hooks_open_namespace(engine->hooks, target->name, &err))
                report_general(engine->report, LOG_ERROR, "%s", err.message);
}

typedef struct TargetPass {
        Engine *engine;
        _Atomic size_t next;
} TargetPass;

static void make_targets(void *user) {
        TargetPass *pass = user;
        Engine *engine = pass->engine;
        size_t i;

        while (!stop_is_set(engine->run->stop) &&
               (i = atomic_fetch_add(&pass->next, 1)) < engine->targets_len) {
                TargetNamespace *target = &engine->targets[i];
                AUTO(error_clear) Error err = { 0 };

                if (make_target(engine, target, &err)) {
                        open_hooks(engine, target);
                        continue;
                }
                target->is_broken = true;
                report_general(engine->report, LOG_ERROR,
                               "namespace " STR_FMT ": %s; nothing is restored into it",
                               STR_ARG(target->name), err.message);
        }
}

static bool ensure_targets(Engine *engine, Error *err) {
        TargetPass pass = { .engine = engine };
        unsigned workers = engine->run->workers > 0 ? engine->run->workers : 1;

        find_targets(engine);
        if (engine->targets_len > 0)
                thread_run_many(engine->targets_len < workers ? (unsigned) engine->targets_len : workers,
                                make_targets, &pass);
        return stop_check(engine->run->stop, err);
}

static Strs folder_names(Engine *engine, const Strs *names) {
        Strs folders = { 0 };

        for (size_t i = 0; i < names->len; i++) {
                Str folder = resolve_name(engine, names->items[i]);

                if (folder.len > 0) /* else neither the cluster nor the backup has it */
                        strs_add(&folders, &engine->arena, folder);
        }
        return folders;
}

static bool order_of(Engine *engine, Strs *ret_order, Error *err) {
        RestorePriorities priorities;
        size_t len;
        const ContentsGroup *groups = contents_groups(engine->contents, &len);
        Strs resources = { 0 };

        for (size_t i = 0; i < len; i++)
                if (i == 0 || !str_equal(groups[i - 1].resource, groups[i].resource))
                        strs_add(&resources, &engine->arena, groups[i].resource);
        if (!restore_priorities_parse(engine->run->resource_priorities, &engine->arena, &priorities, err))
                return false;
        priorities.first = folder_names(engine, &priorities.first);
        priorities.last = folder_names(engine, &priorities.last);
        *ret_order = restore_order(&priorities, &resources, &engine->arena);
        return true;
}

bool restore_rest(Engine *engine, Error *err) {
        Strs order;

        make_selection(engine, true);
        engine_step(engine, "creating namespaces");
        if (!select_all(engine, false, err) || !ensure_targets(engine, err) || !order_of(engine, &order, err))
                return false;
        atomic_store(&engine->run->progress->items_done, 0);
        engine_step(engine, "restoring objects");
        for (size_t i = 0; i < order.len; i++)
                /* namespaces are there; CRDs too, and are passed over by their claim */
                if (!str_equal(order.items[i], STR("namespaces")) &&
                    !restore_resource(engine, order.items[i], err))
                        return false;
        return true;
}
