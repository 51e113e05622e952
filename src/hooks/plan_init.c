#include "hooks/plan.h"

#include "data/glob.h"
#include "hooks/annotation.h"

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

static void add_hook_containers(InitList *list, Str entry_name, JsonVal *containers) {
        size_t i, max;
        JsonVal *container;

        yyjson_arr_foreach(containers, i, max, container) {
                Str name = json_get_str(container, "name");

                if (strs_has(&list->names, name)) {
                        faults_add(list->faults, FAULT_WARNING, list->pod_path,
                                   "init container \"" STR_FMT "\" of hook \"" STR_FMT
                                   "\" is left out: an earlier hook has one of that name",
                                   STR_ARG(name), STR_ARG(entry_name));
                        continue;
                }
                strs_add(&list->names, list->arena, name);
                yyjson_mut_arr_append(list->containers, yyjson_val_mut_copy(list->doc, container));
        }
}

static void add_spec_hooks(InitList *list, const HookSpec *spec, Str namespace, JsonVal *labels) {
        for (size_t e = 0; e < spec->len; e++) {
                const HookEntry *entry = &spec->entries[e];

                if (entry->leaves_pods_out ||
                    !glob_includes(&entry->included_namespaces, &entry->excluded_namespaces, namespace) ||
                    !label_selector_matches(&entry->selector, labels))
                        continue;
                for (size_t i = 0; i < entry->post_hooks_len; i++)
                        if (entry->post_hooks[i].has_init)
                                add_hook_containers(list, entry->name, entry->post_hooks[i].init_containers);
        }
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
                add_spec_hooks(&list, spec, namespace, json_get(root, "labels"));
        }
        if (list.names.len)
                put_first(&list, pod, own.key.len && own.name.len == 0);
        return list.names.len;
}
