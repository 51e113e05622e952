#include "api/hookspec.h"

#include <strings.h>

#include "api/fields.h"
#include "data/duration.h"
#include "data/glob.h"

typedef struct HookReader { /* what every step of one decoding needs */
        Arena *arena;
        Faults *faults;
        bool is_restore;
} HookReader;

static void *new_items(Arena *arena, JsonVal *list, size_t size) {
        size_t bytes = yyjson_arr_size(list) * size;

        return bytes ? memset(arena_alloc(arena, bytes), 0, bytes) : NULL;
}

static OnError read_on_error(JsonVal *exec, Str path, const HookReader *reader) {
        Str text = field_str(exec, "onError", path, reader->faults);

        /* Velero acts as Continue when nothing is given; its documentation and the reference page say Fail. */
        if (text.len == 0 || str_equal(text, STR("Fail")))
                return ON_ERROR_FAIL;
        if (!str_equal(text, STR("Continue")))
                faults_add(reader->faults, FAULT_ERROR, field_path(path, "onError", reader->arena),
                           "\"" STR_FMT "\" is not a way to go on after an error (expected Continue or Fail)",
                           STR_ARG(text));
        return ON_ERROR_CONTINUE;
}

static int64_t check_timeout(int64_t ms, Str path, const HookReader *reader) {
        if (ms == 0)
                return HOOK_TIMEOUT_DEFAULT_MS;
        if (ms <= HOOK_TIMEOUT_MAX_MS)
                return ms;
        Str given = duration_format(ms, reader->arena);
        Str limit = duration_format(HOOK_TIMEOUT_MAX_MS, reader->arena);
        faults_add(reader->faults, FAULT_ERROR, path, "\"" STR_FMT "\" is over the limit of " STR_FMT,
                   STR_ARG(given), STR_ARG(limit));
        return HOOK_TIMEOUT_MAX_MS;
}

/* A restore's exec hook is limited by execTimeout in Velero and by timeout on the reference page. */
static int64_t read_timeout(JsonVal *exec, Str path, const HookReader *reader) {
        int64_t timeout = field_duration_from_0(exec, "timeout", path, "30s", reader->faults);

        if (!reader->is_restore || !field_get(exec, "execTimeout"))
                return check_timeout(timeout, field_path(path, "timeout", reader->arena), reader);

        int64_t exec_timeout = field_duration_from_0(exec, "execTimeout", path, "30s", reader->faults);
        if (field_get(exec, "timeout") && timeout != exec_timeout)
                faults_add(reader->faults, FAULT_ERROR, path,
                           "timeout and execTimeout mean the same and differ here: give one of them");
        return check_timeout(exec_timeout, field_path(path, "execTimeout", reader->arena), reader);
}

static ExecHook read_exec(JsonVal *exec, Str path, const HookReader *reader) {
        static const char *const backup_fields[] = { "container", "command", "onError", "timeout", NULL };
        static const char *const restore_fields[] = { "container",    "command", "onError",
                                                      "execTimeout",  "timeout", "waitTimeout",
                                                      "waitForReady", NULL };
        ExecHook hook = { .timeout_ms = HOOK_TIMEOUT_DEFAULT_MS, .wait_timeout_ms = HOOK_WAIT_DEFAULT_MS };

        if (!fields_check(exec, path, reader->is_restore ? restore_fields : backup_fields, reader->faults))
                return hook;

        hook.container = field_str(exec, "container", path, reader->faults);
        hook.command = field_strs(exec, "command", path, reader->arena, reader->faults);
        if (hook.command.len == 0 && yyjson_arr_size(field_get(exec, "command")) == 0)
                faults_add(reader->faults, FAULT_ERROR, field_path(path, "command", reader->arena),
                           "a command is required, as a list: [\"/bin/sh\", \"-c\", \"…\"]");
        else if (hook.command.len && hook.command.items[0].len == 0)
                faults_add(reader->faults, FAULT_ERROR,
                           field_path_item(field_path(path, "command", reader->arena), 0, reader->arena),
                           "the program to run is empty");
        hook.on_error = read_on_error(exec, path, reader);
        hook.has_on_error = json_get_str(exec, "onError").len > 0;
        hook.timeout_ms = read_timeout(exec, path, reader);
        if (!reader->is_restore)
                return hook;

        int64_t wait = field_duration_from_0(exec, "waitTimeout", path, "10m", reader->faults);
        if (wait > 0)
                hook.wait_timeout_ms = wait;
        hook.wait_for_ready = field_bool(exec, "waitForReady", path, reader->faults) == 1;
        return hook;
}

static void check_init_container(JsonVal *container, Str path, const HookReader *reader) {
        static const char *const required[] = { "name", "image", NULL };

        if (!yyjson_is_obj(container)) {
                faults_add(reader->faults, FAULT_ERROR, path,
                           "must be a container: an object with name, image, command");
                return;
        }
        for (const char *const *key = required; *key; key++)
                if (field_str(container, *key, path, reader->faults).len == 0)
                        faults_add(reader->faults, FAULT_ERROR, field_path(path, *key, reader->arena),
                                   "an init container needs %s %s", **key == 'i' ? "an" : "a", *key);
        /* Velero refuses a container that would run its image's own command. */
        if (field_strs(container, "command", path, reader->arena, reader->faults).len == 0 &&
            yyjson_arr_size(field_get(container, "command")) == 0)
                faults_add(reader->faults, FAULT_ERROR, field_path(path, "command", reader->arena),
                           "an init container needs a command");
}

/* All init containers of an entry end up in one pod, whose container names are unique. */
static void check_init_names(JsonVal *containers, Str path, Strs *names, const HookReader *reader) {
        size_t i, max;
        JsonVal *container;

        yyjson_arr_foreach(containers, i, max, container) {
                Str name = json_get_str(container, "name");

                if (name.len == 0)
                        continue;
                if (strs_has(names, name)) {
                        Str at = field_path(field_path_item(path, i, reader->arena), "name", reader->arena);
                        faults_add(reader->faults, FAULT_ERROR, at,
                                   "another init container of this entry is called \"" STR_FMT "\"",
                                   STR_ARG(name));
                        continue;
                }
                strs_add(names, reader->arena, name);
        }
}

static void read_init(JsonVal *init, Str path, Strs *names, RestoreHook *hook, const HookReader *reader) {
        static const char *const fields[] = { "initContainers", "timeout", NULL };
        size_t i, max;
        JsonVal *container;

        if (!fields_check(init, path, fields, reader->faults))
                return;
        hook->init_timeout_ms = field_duration_from_0(init, "timeout", path, "5m", reader->faults);

        JsonVal *list = field_list(init, "initContainers", path, reader->faults);
        Str list_path = field_path(path, "initContainers", reader->arena);
        if (yyjson_arr_size(list) == 0 && (list || !field_get(init, "initContainers")))
                faults_add(reader->faults, FAULT_ERROR, list_path, "at least one init container is required");
        yyjson_arr_foreach(list, i, max, container) {
                check_init_container(container, field_path_item(list_path, i, reader->arena), reader);
        }
        check_init_names(list, list_path, names, reader);
        hook->has_init = list != NULL;
        hook->init_containers = list;
}

static RestoreHook read_restore_hook(JsonVal *value, Str path, Strs *init_names, const HookReader *reader) {
        static const char *const fields[] = { "exec", "init", NULL };
        RestoreHook hook = { 0 };

        if (!fields_check(value, path, fields, reader->faults))
                return hook;

        JsonVal *exec = field_get(value, "exec"), *init = field_get(value, "init");
        if (!exec && !init)
                faults_add(reader->faults, FAULT_ERROR, path, "a hook needs exec or init");
        if (exec) {
                hook.exec = read_exec(exec, field_path(path, "exec", reader->arena), reader);
                hook.has_exec = true;
        }
        if (init)
                read_init(init, field_path(path, "init", reader->arena), init_names, &hook, reader);
        return hook;
}

static void read_restore_hooks(JsonVal *entry, Str path, HookEntry *into, const HookReader *reader) {
        JsonVal *list = field_list(entry, "postHooks", path, reader->faults), *value;
        Strs init_names = { 0 };
        size_t i, max;

        into->post_hooks = new_items(reader->arena, list, sizeof *into->post_hooks);
        yyjson_arr_foreach(list, i, max, value) {
                Str at = field_path_item(field_path(path, "postHooks", reader->arena), i, reader->arena);
                into->post_hooks[i] = read_restore_hook(value, at, &init_names, reader);
        }
        into->post_hooks_len = yyjson_arr_size(list);
}

static ExecHook *read_backup_hooks(JsonVal *entry, const char *key, Str path, size_t *ret_len,
                                   const HookReader *reader) {
        static const char *const fields[] = { "exec", NULL };
        JsonVal *list = field_list(entry, key, path, reader->faults), *value;
        ExecHook *hooks = new_items(reader->arena, list, sizeof *hooks);
        size_t i, max;

        *ret_len = yyjson_arr_size(list);
        yyjson_arr_foreach(list, i, max, value) {
                Str at = field_path_item(field_path(path, key, reader->arena), i, reader->arena);
                JsonVal *exec = field_get(value, "exec");

                if (!fields_check(value, at, fields, reader->faults))
                        continue;
                if (exec)
                        hooks[i] = read_exec(exec, field_path(at, "exec", reader->arena), reader);
                else
                        faults_add(reader->faults, FAULT_ERROR, field_path(at, "exec", reader->arena),
                                   "a hook needs exec");
        }
        return hooks;
}

static bool names_pods(Str resource) {
        static const char *const names[] = { "pods", "pod", "po", "pods.", "*" };

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (resource.len == strlen(names[i]) &&
                    strncasecmp(resource.ptr, names[i], resource.len) == 0)
                        return true;
        return false;
}

static bool read_resources(JsonVal *entry, const char *key, Str path, bool *ret_has_pods,
                           const HookReader *reader) {
        Strs list = field_strs(entry, key, path, reader->arena, reader->faults);

        *ret_has_pods = false;
        for (size_t i = 0; i < list.len; i++) {
                if (names_pods(list.items[i])) {
                        *ret_has_pods = true;
                        continue;
                }
                Str at = field_path_item(field_path(path, key, reader->arena), i, reader->arena);
                faults_add(reader->faults, FAULT_WARNING, at,
                           "\"" STR_FMT "\" has no effect: hooks run in pods only", STR_ARG(list.items[i]));
        }
        return list.len > 0;
}

static bool leaves_pods_out(JsonVal *entry, Str path, const HookReader *reader) {
        bool includes_pods, excludes_pods;
        bool is_limited = read_resources(entry, "includedResources", path, &includes_pods, reader);

        (void) read_resources(entry, "excludedResources", path, &excludes_pods, reader);
        bool is_out = (is_limited && !includes_pods) || excludes_pods;
        if (is_out && reader->is_restore) /* Velero never reads either list in a Restore */
                faults_add(reader->faults, FAULT_WARNING, path,
                           "its resources leave pods out, which has no effect: the hooks of a restore run in "
                           "pods");
        else if (is_out)
                faults_add(reader->faults, FAULT_WARNING, path,
                           "none of its hooks will run: its resources leave pods out");
        return is_out && !reader->is_restore;
}

static Strs read_namespaces(JsonVal *entry, const char *key, Str path, const HookReader *reader) {
        Strs list = field_strs(entry, key, path, reader->arena, reader->faults);

        for (size_t i = 0; i < list.len; i++) {
                AUTO(error_clear) Error err = { 0 };

                if (glob_check(list.items[i], &err))
                        continue;
                Str at = field_path_item(field_path(path, key, reader->arena), i, reader->arena);
                faults_add(reader->faults, FAULT_ERROR, at, "%s", err.message);
        }
        return list;
}

static HookEntry read_entry(JsonVal *value, Str path, const HookReader *reader) {
        static const char *const backup_fields[] = {
                "name",
                "includedNamespaces",
                "excludedNamespaces",
                "includedResources",
                "excludedResources",
                "labelSelector",
                "pre",
                "post",
                NULL,
        };
        static const char *const restore_fields[] = {
                "name",
                "includedNamespaces",
                "excludedNamespaces",
                "includedResources",
                "excludedResources",
                "labelSelector",
                "postHooks",
                NULL,
        };
        HookEntry entry = { 0 };

        if (!fields_check(value, path, reader->is_restore ? restore_fields : backup_fields, reader->faults))
                return entry;

        entry.name = field_str(value, "name", path, reader->faults);
        if (entry.name.len == 0) /* Velero takes an empty name and then fails every exec of the entry */
                faults_add(reader->faults, FAULT_ERROR, field_path(path, "name", reader->arena),
                           "a name is required");
        entry.included_namespaces = read_namespaces(value, "includedNamespaces", path, reader);
        entry.excluded_namespaces = read_namespaces(value, "excludedNamespaces", path, reader);
        entry.leaves_pods_out = leaves_pods_out(value, path, reader);
        entry.selector = label_selector_decode(json_get(value, "labelSelector"),
                                               field_path(path, "labelSelector", reader->arena),
                                               reader->arena, reader->faults);
        if (reader->is_restore) {
                read_restore_hooks(value, path, &entry, reader);
        } else {
                entry.pre = read_backup_hooks(value, "pre", path, &entry.pre_len, reader);
                entry.post = read_backup_hooks(value, "post", path, &entry.post_len, reader);
        }
        return entry;
}

static HookSpec read_spec(JsonVal *hooks, Str path, const HookReader *reader) {
        static const char *const fields[] = { "resources", NULL };
        HookSpec spec = { 0 };
        size_t i, max;
        JsonVal *value;

        if (!hooks || yyjson_is_null(hooks) || !fields_check(hooks, path, fields, reader->faults))
                return spec;

        JsonVal *list = field_list(hooks, "resources", path, reader->faults);
        spec.entries = new_items(reader->arena, list, sizeof *spec.entries);
        yyjson_arr_foreach(list, i, max, value) {
                Str at = field_path_item(field_path(path, "resources", reader->arena), i, reader->arena);
                spec.entries[i] = read_entry(value, at, reader);
        }
        spec.len = yyjson_arr_size(list);
        return spec;
}

HookSpec hook_spec_decode_backup(JsonVal *hooks, Str path, Arena *arena, Faults *faults) {
        return read_spec(hooks, path, &(HookReader) { .arena = arena, .faults = faults });
}

HookSpec hook_spec_decode_restore(JsonVal *hooks, Str path, Arena *arena, Faults *faults) {
        return read_spec(hooks, path, &(HookReader) { .arena = arena, .faults = faults, .is_restore = true });
}

static void continue_where_absent(ExecHook *hook) {
        if (!hook->has_on_error)
                hook->on_error = ON_ERROR_CONTINUE;
}

void hook_spec_take_velero_defaults(HookSpec *spec) {
        spec->on_error_default = ON_ERROR_CONTINUE;
        for (size_t i = 0; i < spec->len; i++) {
                HookEntry *entry = &spec->entries[i];

                for (size_t k = 0; k < entry->pre_len; k++)
                        continue_where_absent(&entry->pre[k]);
                for (size_t k = 0; k < entry->post_len; k++)
                        continue_where_absent(&entry->post[k]);
                for (size_t k = 0; k < entry->post_hooks_len; k++)
                        continue_where_absent(&entry->post_hooks[k].exec);
        }
}

bool hook_entry_matches(const HookEntry *entry, Str namespace, JsonVal *labels) {
        return !entry->leaves_pods_out &&
               glob_includes(&entry->included_namespaces, &entry->excluded_namespaces, namespace) &&
               label_selector_matches(&entry->selector, labels);
}
