#include "backup/prepare.h"

#include <inttypes.h>

#include "api/backup_spec.h"
#include "data/glob.h"
#include "data/yaml.h"
#include "kube/list.h"
#include "kube/object.h"

typedef struct NamespaceReader {
        Engine *engine;
        Arena *arena;
} NamespaceReader;

static bool read_namespaces(void *user, const KubePage *page, Error *err) {
        NamespaceReader *reader = user;
        Engine *engine = reader->engine;
        size_t i, count;
        JsonVal *namespace;

        (void) err;
        if (page->is_restart)
                engine->namespaces.len = engine->opted_out.len = 0;
        yyjson_arr_foreach(page->items, i, count, namespace) {
                Str name = arena_copy(reader->arena, object_name(namespace));

                strs_add(&engine->namespaces, reader->arena, name);
                if (item_is_opted_out(namespace))
                        strs_add(&engine->opted_out, reader->arena, name);
        }
        return true;
}

static bool has_plain_names_only(const Strs *names) {
        for (size_t i = 0; i < names->len; i++)
                if (glob_has_wildcard(names->items[i]))
                        return false;
        return true;
}

/* Someone who may only look into a few namespaces can name them; patterns need the list. */
static bool list_namespaces(Engine *engine, Arena *arena, Error *err) {
        AUTO(error_clear) Error cause = { 0 };
        NamespaceReader reader = { .engine = engine, .arena = arena };
        KubeList what = { .resource = discovery_find(engine->run->discovery, STR("namespaces")),
                          .namespace = STR(""),
                          .label_selector = STR(""),
                          .field_selector = STR("") };

        if (!what.resource)
                return error_set(err, ERROR_UNAVAILABLE, "the cluster does not serve namespaces");
        engine->has_namespaces =
                kube_list(engine->run->client, &what, read_namespaces, &reader, engine->run->stop, &cause);
        if (engine->has_namespaces)
                return true;
        if (cause.code == ERROR_FORBIDDEN && has_plain_names_only(&engine->backup.spec.included_namespaces)) {
                log_error(engine->log,
                          FIELDS(FIELD("group", STR("v1")), FIELD("resource", STR("namespaces")),
                                 FIELD("error", str_of(cause.message))),
                          "Error listing items");
                return true;
        }
        *err = cause;
        cause = (Error) { 0 };
        return false;
}

static void check_namespaces(Engine *engine, Arena *arena, Strs *ret_faults) {
        BackupSpec *spec = &engine->backup.spec;

        for (size_t i = 0; i < engine->opted_out.len; i++) {
                Str name = engine->opted_out.items[i];

                if (strs_has(&spec->included_namespaces, name))
                        strs_add(ret_faults, arena,
                                 str_of(arena_printf(arena,
                                                     "spec.includedNamespaces: namespace \"" STR_FMT
                                                     "\" has the label velero.io/exclude-from-backup=true",
                                                     STR_ARG(name))));
                else if (!strs_has(&spec->excluded_namespaces, name))
                        strs_add(&spec->excluded_namespaces, arena, name);
        }
        for (size_t i = 0; engine->has_namespaces && i < spec->included_namespaces.len; i++) {
                Str name = spec->included_namespaces.items[i];

                if (!glob_has_wildcard(name) && !strs_has(&engine->namespaces, name))
                        log_error(engine->log,
                                  FIELDS(FIELD("group", STR("v1")), FIELD("resource", STR("namespaces"))),
                                  "fail to get the namespace " STR_FMT
                                  " specified in backup.Spec.IncludedNamespaces",
                                  STR_ARG(name));
        }
}

static void add_policy_fault(const Engine *engine, Arena *arena, Strs *ret_faults, const char *message) {
        Str file = engine->run->policy_file;
        Str name = file.len > 0 ? file : engine->backup.spec.resource_policy;

        strs_add(ret_faults, arena,
                 str_of(arena_printf(arena, "resource policy %s \"" STR_FMT "\": %s",
                                     file.len > 0 ? "file" : "ConfigMap", STR_ARG(name), message)));
}

static void decode_policy(Engine *engine, Str text, Arena *arena, Strs *ret_faults) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(yaml_docs_clear) YamlDocs docs = { 0 };
        Faults faults = { .arena = arena };
        JsonDoc *kept;
        Strs unknown = { 0 };

        if (!yaml_parse(text, "the policy", &docs, &err)) {
                add_policy_fault(engine, arena, ret_faults, err.message);
                return;
        }
        if (docs.len != 1) {
                add_policy_fault(engine, arena, ret_faults, "expected one YAML document");
                return;
        }
        kept = engine->policy_doc = TAKE(docs.items[0].json);
        engine->policy = policy_decode(yyjson_doc_get_root(kept), &faults);
        yaml_add_lines(&docs.items[0], &faults);
        if (!faults_check(&faults, &err)) {
                add_policy_fault(engine, arena, ret_faults, err.message);
                return;
        }
        policy_resolve(&engine->policy, engine->run->discovery, arena, &unknown);
        for (size_t i = 0; i < unknown.len; i++)
                log_warn(engine->log, NO_FIELDS,
                         "resource policy: the cluster serves no resource called \"" STR_FMT "\"",
                         STR_ARG(unknown.items[i]));
        if (backup_uses_old_filters(&engine->backup.spec) &&
            (engine->policy.has_resource_lists || policy_judges_items(&engine->policy)))
                add_policy_fault(engine, arena, ret_faults,
                                 "its filters can't be used together with includedResources, "
                                 "excludedResources or includeClusterResources");
        if (engine->policy.volume_policies > 0)
                log_warn(engine->log, NO_FIELDS,
                         "resource policy: volumePolicies have no effect, as volume data is not stored by "
                         "this version");
}

static bool read_policy_map(Engine *engine, Arena *arena, Strs *ret_faults, Error *err) {
        AUTO(error_clear) Error cause = { 0 };
        AUTO_JSON *map = NULL;
        const KubeResource *maps = discovery_find(engine->run->discovery, STR("configmaps"));
        const Backup *backup = &engine->backup;
        JsonVal *parts, *key, *value;
        size_t i, count;

        if (backup->spec.resource_policy.len == 0 || !maps)
                return true;
        if (!kube_get(engine->run->client, maps, backup->namespace, backup->spec.resource_policy,
                      engine->run->stop, &map, &cause)) {
                if (cause.code == ERROR_NOT_FOUND) {
                        add_policy_fault(engine, arena, ret_faults, cause.message);
                        return true;
                }
                *err = cause;
                cause = (Error) { 0 };
                return false;
        }
        parts = json_get(yyjson_doc_get_root(map), "data");
        if (yyjson_obj_size(parts) != 1)
                add_policy_fault(engine, arena, ret_faults, "expected exactly one key in its data");
        else
                yyjson_obj_foreach(parts, i, count, key, value) {
                        decode_policy(engine, json_str(value), arena, ret_faults);
                }
        return true;
}

static bool read_policy(Engine *engine, Arena *arena, Strs *ret_faults, Error *err) {
        if (engine->run->policy_file.len == 0)
                return read_policy_map(engine, arena, ret_faults, err);
        log_info(engine->log, FIELDS(FIELD("file", engine->run->policy_file)),
                 "The resource policy is from a file");
        decode_policy(engine, engine->run->policy_text, arena, ret_faults);
        return true;
}

static bool can_be_backed_up(const KubeResource *resource) {
        return kube_resource_has_verb(resource, "list") && kube_resource_has_verb(resource, "create") &&
               kube_resource_has_verb(resource, "get") && kube_resource_has_verb(resource, "delete");
}

/* Pods, claims and volumes first, so that they are close to each other in time; extensions last, so that
 * the newer group of kinds that cohabit is met first. */
static unsigned rank_of(const KubeResource *resource) {
        static const char *const first[] = { "pods", "persistentvolumeclaims", "persistentvolumes" };
        unsigned rank = 0, count = sizeof(first) / sizeof(*first);

        if (str_equal(resource->group, STR("extensions")))
                return count + 2;
        if (resource->group.len > 0)
                return count + 1;
        while (rank < count && !str_equal(resource->name, str_of(first[rank])))
                rank++;
        return rank;
}

static bool cohabits(const KubeResource *a, const KubeResource *b) {
        static const struct {
                const char *name, *group, *other_group;
        } pairs[] = {
                { "deployments", "extensions", "apps" },
                { "daemonsets", "extensions", "apps" },
                { "replicasets", "extensions", "apps" },
                { "networkpolicies", "extensions", "networking.k8s.io" },
                { "events", "", "events.k8s.io" },
        };

        for (size_t i = 0; str_equal(a->name, b->name) && i < sizeof(pairs) / sizeof(*pairs); i++) {
                Str group = str_of(pairs[i].group), other = str_of(pairs[i].other_group);

                if (str_equal(a->name, str_of(pairs[i].name)) &&
                    ((str_equal(a->group, group) && str_equal(b->group, other)) ||
                     (str_equal(a->group, other) && str_equal(b->group, group))))
                        return true;
        }
        return false;
}

static EngineKind make_kind(const KubeResource *resource, size_t number, Arena *arena) {
        EngineKind kind = { .resource = resource, .number = number, .is_listed = true };

        kind.item.group_resource = kube_resource_group_resource(resource, arena);
        kind.item.api_version = kube_resource_api_version(resource, arena);
        kind.item.kind = resource->kind;
        kind.filter = (FilterKind) { .group_resource = kind.item.group_resource,
                                     .is_namespaced = resource->is_namespaced };
        kind.key = str_of(arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(kind.item.api_version),
                                       STR_ARG(resource->kind)));
        return kind;
}

EngineKind *prepare_kinds(const Discovery *discovery, Arena *arena, size_t *ret_count) {
        enum { RANKS = 6 };
        size_t served, count = 0;
        const KubeResource *resources = discovery_resources(discovery, &served);
        EngineKind *kinds = arena_alloc(arena, (served + 1) * sizeof(*kinds));

        for (unsigned rank = 0; rank < RANKS; rank++) {
                for (size_t i = 0; i < served; i++) {
                        if (rank_of(&resources[i]) != rank || !can_be_backed_up(&resources[i]))
                                continue;
                        kinds[count] = make_kind(&resources[i], count, arena);
                        for (size_t k = 0; k < count; k++)
                                if (cohabits(kinds[k].resource, &resources[i]))
                                        kinds[count].is_listed = false;
                        count++;
                }
        }
        *ret_count = count;
        return kinds;
}

static void log_filter(const Engine *engine, Arena *arena) {
        const Filter *filter = &engine->filter;
        Str included = strs_join(&filter->namespaces_included, STR(", "), arena);
        Str excluded = strs_join(&filter->namespaces_excluded, STR(", "), arena);

        log_info(engine->log, NO_FIELDS, "Including namespaces: " STR_FMT,
                 STR_ARG(included.len ? included : STR("<none>")));
        log_info(engine->log, NO_FIELDS, "Excluding namespaces: " STR_FMT,
                 STR_ARG(excluded.len ? excluded : STR("<none>")));
        for (size_t i = 0; i < filter->notes.len; i++)
                log_warn(engine->log, NO_FIELDS, STR_FMT, STR_ARG(filter->notes.items[i]));
}

static void choose_kinds(Engine *engine, Arena *arena) {
        const Discovery *discovery = engine->run->discovery;
        const Strs *warnings = discovery_warnings(discovery);

        engine->kinds = prepare_kinds(discovery, arena, &engine->kind_count);
        engine->order = order_decode(engine->backup.spec.ordered_resources, arena);
        for (size_t i = 0; i < engine->kind_count; i++) {
                EngineKind *kind = &engine->kinds[i];

                kind->is_listed = kind->is_listed && filter_lists(&engine->filter, kind->filter);
                kind->ordered = order_of(&engine->order, discovery, kind->resource);
                str_map_put(&engine->kinds_by_name, kind->item.group_resource, kind);
        }
        for (size_t i = 0; i < engine->order.len; i++)
                if (!order_is_served(&engine->order.items[i], discovery))
                        log_warn(engine->log, NO_FIELDS,
                                 "orderedResources: the cluster serves no resource called \"" STR_FMT "\"",
                                 STR_ARG(engine->order.items[i].key));
        for (size_t i = 0; i < warnings->len; i++)
                log_warn(engine->log, NO_FIELDS, STR_FMT, STR_ARG(warnings->items[i]));
}

static bool read_bindings(void *user, const KubePage *page, Error *err) {
        RoleIndex *roles = user;
        size_t i, count;
        JsonVal *binding;

        (void) err;
        yyjson_arr_foreach(page->items, i, count, binding) {
                role_index_add(roles, binding);
        }
        return true;
}

/* Service accounts bring the cluster roles that are bound to them; who binds whom is only known from the list. */
static bool read_roles(Engine *engine, Error *err) {
        AUTO(error_clear) Error cause = { 0 };
        const EngineKind *accounts = engine_kind(engine, STR("serviceaccounts"));
        const EngineKind *bindings =
                engine_kind(engine, STR("clusterrolebindings.rbac.authorization.k8s.io"));
        const EngineKind *roles = engine_kind(engine, STR("clusterroles.rbac.authorization.k8s.io"));
        KubeList what = { .namespace = STR(""), .label_selector = STR(""), .field_selector = STR("") };

        if (!accounts || !accounts->is_listed || !bindings || !roles ||
            (!engine_adds_related(engine, bindings) && !engine_adds_related(engine, roles)))
                return true;
        what.resource = bindings->resource;
        engine->roles = role_index_new();
        if (kube_list(engine->run->client, &what, read_bindings, engine->roles, engine->run->stop, &cause))
                return true;
        if (cause.code == ERROR_CANCELED) {
                *err = cause;
                cause = (Error) { 0 };
                return false;
        }
        log_error(engine->log,
                  FIELDS(FIELD("group", bindings->item.api_version),
                         FIELD("resource", bindings->resource->name), FIELD("error", str_of(cause.message))),
                  "Error listing items");
        return true;
}

bool prepare_run(Engine *engine, Arena *arena, Strs *ret_faults, Error *err) {
        FilterSource source = { .spec = &engine->backup.spec,
                                .policy = &engine->policy,
                                .discovery = engine->run->discovery,
                                .namespaces = &engine->namespaces };

        if (!list_namespaces(engine, arena, err))
                return false;
        check_namespaces(engine, arena, ret_faults);
        if (!read_policy(engine, arena, ret_faults, err))
                return false;
        if (ret_faults->len > 0)
                return true;
        engine->filter = filter_resolve(&source, arena);
        log_filter(engine, arena);
        choose_kinds(engine, arena);
        return read_roles(engine, err);
}
