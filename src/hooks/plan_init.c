#include "hooks/plan_init.h"

#include "kube/object.h"

/* Always this name: a pod that was restored with it and backed up again gets the container replaced, not a second one. */
#define OWN_NAME "grapnel-restore-init"
#define VELERO_NAME "velero-restore-init-" /* and eight random hex digits */

static bool is_wait_container(Str name) {
        return str_equal(name, STR("restore-wait")) || str_equal(name, STR("restic-wait"));
}

/* Containers that an earlier restore made up a name for. */
static bool is_generated(Str name) {
        Str prefix = STR(VELERO_NAME);

        if (str_equal(name, STR(OWN_NAME)))
                return true;
        if (!str_starts_with(name, prefix) || name.len != prefix.len + 8)
                return false;
        for (size_t i = prefix.len; i < name.len; i++)
                if (!strchr("0123456789abcdef", name.ptr[i]))
                        return false;
        return true;
}

static JsonMutVal *container_of(const AnnotationHook *own, JsonMutDoc *doc) {
        JsonMutVal *container = yyjson_mut_obj(doc);

        json_put_str(doc, container, "name", own->name.len ? own->name : STR(OWN_NAME));
        json_put_str(doc, container, "image", own->image);
        if (own->exec.command.len == 0)
                return container;
        JsonMutVal *command = yyjson_mut_arr(doc);
        for (size_t i = 0; i < own->exec.command.len; i++)
                yyjson_mut_arr_append(command, json_new_str(doc, own->exec.command.items[i]));
        yyjson_mut_obj_add_val(doc, container, "command", command);
        return container;
}

typedef struct InitList {
        JsonMutDoc *doc;
        JsonMutVal *containers; /* array: the new ones */
        Strs names;
        Arena *arena;
        Faults *faults;
        Str pod_path;
} InitList;

/* One init container of a matching entry's postHooks[index]. */
typedef void (*TakeContainer)(void *user, const HookEntry *entry, size_t index, JsonVal *container);

static void each_container(const HookSpec *spec, Str namespace, JsonVal *labels, TakeContainer take,
                           void *user) {
        size_t i, max;
        JsonVal *container;

        for (size_t e = 0; e < spec->len; e++) {
                const HookEntry *entry = &spec->entries[e];

                if (!hook_entry_matches(entry, namespace, labels))
                        continue;
                for (size_t index = 0; index < entry->post_hooks_len; index++) {
                        if (!entry->post_hooks[index].has_init)
                                continue;
                        yyjson_arr_foreach(entry->post_hooks[index].init_containers, i, max, container) {
                                take(user, entry, index, container);
                        }
                }
        }
}

static void put_in(void *user, const HookEntry *entry, size_t index, JsonVal *container) {
        InitList *list = user;
        Str name = json_get_str(container, "name");

        (void) index;
        if (strs_has(&list->names, name)) {
                faults_add(list->faults, FAULT_WARNING, list->pod_path,
                           "init container \"" STR_FMT "\" of hook \"" STR_FMT
                           "\" is left out: an earlier hook has one of that name",
                           STR_ARG(name), STR_ARG(entry->name));
                return;
        }
        strs_add(&list->names, list->arena, name);
        yyjson_mut_arr_append(list->containers, yyjson_val_mut_copy(list->doc, container));
}

/* restore-wait (it loads the volumes' data) stays first, then the hooks, then what the pod had. */
static void put_first(InitList *list, JsonMutVal *pod, bool drop_generated) {
        JsonMutVal *spec = json_mut_object(list->doc, pod, "spec");
        JsonMutVal *before = yyjson_mut_obj_get(spec, "initContainers");
        JsonMutVal *after = yyjson_mut_arr(list->doc);
        JsonMutVal *rest = yyjson_mut_arr(list->doc);
        JsonMutVal *container;

        while ((container = yyjson_mut_arr_remove_first(before))) {
                Str name = json_mut_str(yyjson_mut_obj_get(container, "name"));

                if (strs_has(&list->names, name) || (drop_generated && is_generated(name)))
                        continue;
                yyjson_mut_arr_append(is_wait_container(name) ? after : rest, container);
        }
        while ((container = yyjson_mut_arr_remove_first(list->containers)))
                yyjson_mut_arr_append(after, container);
        while ((container = yyjson_mut_arr_remove_first(rest)))
                yyjson_mut_arr_append(after, container);
        json_mut_set(list->doc, spec, STR("initContainers"), after);
}

size_t hook_plan_init(const HookSpec *spec, Str namespace, JsonMutDoc *doc, JsonMutVal *pod, Arena *arena,
                      Faults *faults) {
        AUTO_JSON *metadata = yyjson_mut_val_imut_copy(yyjson_mut_obj_get(pod, "metadata"), NULL);
        JsonVal *root = yyjson_doc_get_root(metadata);
        Str name = json_get_str(root, "name");
        Annotations annotations = {
                .map = json_get(root, "annotations"),
                .namespace = namespace,
                .pod = name,
                .arena = arena,
                .faults = faults,
        };
        AnnotationHook own = annotation_hook_init(&annotations);
        InitList list = {
                .doc = doc,
                .containers = yyjson_mut_arr(doc),
                .arena = arena,
                .faults = faults,
                .pod_path = str_of(
                        arena_printf(arena, "pods/" STR_FMT "/" STR_FMT, STR_ARG(namespace), STR_ARG(name))),
        };

        if (own.key.len) {
                strs_add(&list.names, arena, own.name.len ? own.name : STR(OWN_NAME));
                yyjson_mut_arr_append(list.containers, container_of(&own, doc));
        } else {
                each_container(spec, namespace, json_get(root, "labels"), put_in, &list);
        }
        if (list.names.len)
                put_first(&list, pod, own.key.len && own.name.len == 0);
        return list.names.len;
}

typedef struct InitCalls {
        JsonVal *containers; /* the pod's init containers */
        Arena *arena;
        HookCall *items; /* room for one a container */
        size_t len;
} InitCalls;

/* Only what the pod has: it may not be one that the restore created. */
static void add_call(InitCalls *calls, HookCall call) {
        JsonVal *container = json_named(calls->containers, call.container);

        for (size_t i = 0; i < calls->len; i++)
                if (str_equal(calls->items[i].container, call.container))
                        return;
        if (!container)
                return;
        if (hook_is_sidecar(container))
                call.not_awaited = "it is a sidecar, which does not end";
        else if (call.timeout_ms == 0)
                call.not_awaited = "its end was not waited for, as its hook has no timeout";
        call.phase = HOOK_RESTORE_INIT;
        call.on_error = ON_ERROR_CONTINUE;
        call.restarts = -1;
        calls->items[calls->len++] = call;
}

static void plan_call(void *user, const HookEntry *entry, size_t index, JsonVal *container) {
        InitCalls *calls = user;
        HookCall call = { .name = entry->name,
                          .index = index,
                          .container = json_get_str(container, "name"),
                          .timeout_ms = entry->post_hooks[index].init_timeout_ms };

        json_add_strs(json_get(container, "command"), calls->arena, &call.command);
        add_call(calls, call);
}

size_t hook_plan_init_calls(const HookSpec *spec, const Annotations *annotations, JsonVal *pod,
                            HookCall **ret_calls) {
        Faults told = { .arena = annotations->arena }; /* when the container was put in */
        Annotations quiet = *annotations;
        InitCalls calls = { .containers = json_at(pod, "spec", "initContainers"),
                            .arena = annotations->arena };

        calls.items = arena_alloc(calls.arena, (yyjson_arr_size(calls.containers) + 1) * sizeof *calls.items);
        quiet.faults = &told;
        AnnotationHook own = annotation_hook_init(&quiet);
        if (own.key.len)
                add_call(&calls, (HookCall) { .name = STR("<from-annotation>"),
                                              .source = HOOK_FROM_ANNOTATION,
                                              .container = own.name.len ? own.name : STR(OWN_NAME),
                                              .command = own.exec.command,
                                              .timeout_ms = own.exec.timeout_ms });
        else
                each_container(spec, annotations->namespace, object_labels(pod), plan_call, &calls);
        *ret_calls = calls.items;
        return calls.len;
}
