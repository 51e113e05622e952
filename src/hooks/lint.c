#include "hooks/lint.h"

#include "api/fields.h"
#include "data/duration.h"

enum { FREEZE_LONG_MS = 5 * 60 * 1000 };

typedef struct Linter {
        Arena *arena;
        Faults *faults;
} Linter;

static void warn(const Linter *linter, Str path, const char *what) {
        faults_add(linter->faults, FAULT_WARNING, path, "%s", what);
}

static bool has_byte_of(Str text, const char *set) {
        for (size_t i = 0; i < text.len; i++)
                if (text.ptr[i] && strchr(set, text.ptr[i]))
                        return true;
        return false;
}

static bool is_shell(Str program) {
        static const char *const names[] = { "sh", "bash", "ash", "dash", "zsh", "ksh" };
        Str base = program, field;

        for (Str rest = program; str_cut(&rest, '/', &field);)
                base = field;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (str_equal(base, str_of(names[i])))
                        return true;
        return false;
}

static void lint_command(const Linter *linter, const Strs *command, Str path) {
        if (command->len == 0)
                return;
        Str program = command->items[0];

        if (command->len == 1 && has_byte_of(program, " \t;|&<>$`"))
                faults_add(linter->faults, FAULT_WARNING, path,
                           "\"" STR_FMT "\" is looked for as one program: there is no shell "
                           "(write [\"/bin/sh\", \"-c\", \"…\"])",
                           STR_ARG(program));
        if (command->len > 3 && is_shell(program) && str_equal(command->items[1], STR("-c")))
                warn(linter, path,
                     "a shell runs the one word after -c; the words after it are only $0, $1, …");
        if (command->len == 2 && is_shell(program) && str_equal(command->items[1], STR("-c")))
                warn(linter, path, "-c has nothing to run");
        if (command->len > 1 && !is_shell(program))
                for (size_t i = 1; i < command->len; i++) {
                        Str word = command->items[i];

                        if (str_equal(word, STR("&&")) || str_equal(word, STR("|")) ||
                            str_equal(word, STR(";")) || str_equal(word, STR(">")))
                                faults_add(linter->faults, FAULT_WARNING, path,
                                           "\"" STR_FMT
                                           "\" is given to the program as it is: there is no shell",
                                           STR_ARG(word));
                }
}

static bool mentions(const ExecHook *hooks, size_t len, const char *word) {
        for (size_t i = 0; i < len; i++)
                for (size_t k = 0; k < hooks[i].command.len; k++) {
                        Str text = hooks[i].command.items[k];

                        if (memmem(text.ptr, text.len, word, strlen(word)))
                                return true;
                }
        return false;
}

static void lint_backup_entry(const Linter *linter, const HookEntry *entry, Str path) {
        int64_t freeze_ms = 0;

        for (size_t i = 0; i < entry->pre_len; i++) {
                Str at = field_path_item(field_path(path, "pre", linter->arena), i, linter->arena);

                lint_command(linter, &entry->pre[i].command, field_path(at, "exec.command", linter->arena));
                freeze_ms += entry->pre[i].timeout_ms;
        }
        for (size_t i = 0; i < entry->post_len; i++) {
                Str at = field_path_item(field_path(path, "post", linter->arena), i, linter->arena);

                lint_command(linter, &entry->post[i].command, field_path(at, "exec.command", linter->arena));
        }
        if (entry->pre_len + entry->post_len == 0)
                warn(linter, path, "it has neither pre nor post hooks: nothing will run");
        if (entry->pre_len && entry->post_len == 0)
                warn(linter, path, "it has pre hooks and no post hook: nothing undoes what they do");
        if (mentions(entry->pre, entry->pre_len, "fsfreeze") &&
            !mentions(entry->post, entry->post_len, "fsfreeze"))
                warn(linter, path,
                     "fsfreeze is in its pre hooks and not in its post hooks: the file system stays frozen");
        if (freeze_ms > FREEZE_LONG_MS) {
                Str text = duration_format(freeze_ms, linter->arena);
                faults_add(linter->faults, FAULT_WARNING, path,
                           "its pre hooks may take " STR_FMT
                           " before they time out, and the application may be frozen "
                           "all that time",
                           STR_ARG(text));
        }
}

static void lint_restore_entry(const Linter *linter, const HookEntry *entry, Str path) {
        if (entry->post_hooks_len == 0)
                warn(linter, path, "it has no postHooks: nothing will run");
        for (size_t i = 0; i < entry->post_hooks_len; i++) {
                Str at = field_path_item(field_path(path, "postHooks", linter->arena), i, linter->arena);

                if (entry->post_hooks[i].has_exec)
                        lint_command(linter, &entry->post_hooks[i].exec.command,
                                     field_path(at, "exec.command", linter->arena));
        }
}

static void lint_entry(const Linter *linter, const HookSpec *spec, size_t number, Str path) {
        const HookEntry *entry = &spec->entries[number];

        for (size_t i = 0; i < entry->excluded_namespaces.len; i++)
                if (str_equal(entry->excluded_namespaces.items[i], STR("*")))
                        warn(linter, field_path(path, "excludedNamespaces", linter->arena),
                             "* excludes every namespace: nothing will run");
        for (size_t i = 0; i < number; i++)
                if (entry->name.len && str_equal(entry->name, spec->entries[i].name)) {
                        faults_add(linter->faults, FAULT_WARNING, field_path(path, "name", linter->arena),
                                   "another entry is called \"" STR_FMT "\": their results look alike",
                                   STR_ARG(entry->name));
                        break;
                }
}

void hook_lint(const Manifest *manifest, Arena *arena, Faults *faults) {
        Linter linter = { arena, faults };
        JsonVal *object = yyjson_doc_get_root(manifest->object);
        bool is_restore = manifest->kind == MANIFEST_RESTORE;
        Str path = STR("spec.hooks");
        HookSpec spec = is_restore ? restore_decode(object, arena, faults).spec.hooks
                                   : backup_decode(object, arena, faults).spec.hooks;

        if (spec.len == 0 && faults->errors == 0)
                warn(&linter, path,
                     "there are no hooks here; those in annotations of pods are not looked at");
        for (size_t i = 0; i < spec.len; i++) {
                Str at = field_path_item(field_path(path, "resources", arena), i, arena);

                lint_entry(&linter, &spec, i, at);
                if (is_restore)
                        lint_restore_entry(&linter, &spec.entries[i], at);
                else
                        lint_backup_entry(&linter, &spec.entries[i], at);
        }
        if (manifest->lines)
                yaml_add_lines(manifest->lines, faults);
}
