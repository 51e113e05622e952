#include "hooks/annotation.h"

#include <ctype.h>

#include "api/fields.h"
#include "data/duration.h"

enum { COMMAND_WORDS_MAX = 1024 };

static Str value_of(const Annotations *annotations, const char *prefix, const char *field) {
        if (!annotations->map) /* most pods have none */
                return STR("");
        return json_get_str(annotations->map, arena_printf(annotations->arena, "%s%s", prefix, field));
}

static Str copy_of(const Annotations *annotations, const char *prefix, const char *field) {
        return arena_copy(annotations->arena, value_of(annotations, prefix, field));
}

static Str path_of(const Annotations *annotations, Str key) {
        return str_of(arena_printf(annotations->faults->arena,
                                   "pods/" STR_FMT "/" STR_FMT ": metadata.annotations[" STR_FMT "]",
                                   STR_ARG(annotations->namespace), STR_ARG(annotations->pod), STR_ARG(key)));
}

static Str path_at(const Annotations *annotations, const char *prefix, const char *field) {
        return path_of(annotations, str_of(arena_printf(annotations->arena, "%s%s", prefix, field)));
}

/* False when it is not a list of strings, wholly. */
static bool read_words(Str text, Arena *arena, Strs *ret_words) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;
        JsonVal *list, *word;
        size_t i, max;
        Strs words = { 0 };

        if (!json_parse(text, "command", &doc, &err))
                return false;
        list = yyjson_doc_get_root(doc);
        if (!yyjson_is_arr(list) || yyjson_arr_size(list) > COMMAND_WORDS_MAX)
                return false;
        yyjson_arr_foreach(list, i, max, word) {
                if (!yyjson_is_str(word))
                        return false;
                strs_add(&words, arena, arena_copy(arena, json_str(word)));
        }
        *ret_words = words;
        return true;
}

/* A JSON list when it starts with `[`, else one word: there is no shell and no splitting. */
static Strs read_command(const Annotations *annotations, const char *prefix) {
        Str text = value_of(annotations, prefix, "command");
        Strs words = { 0 };

        if (str_starts_with(text, STR("["))) {
                if (read_words(text, annotations->arena, &words))
                        return words;
                faults_add(annotations->faults, FAULT_WARNING, path_at(annotations, prefix, "command"),
                           "starts with [ and is not a JSON list of strings: the whole text is taken as one "
                           "word");
        }
        strs_add(&words, annotations->arena, arena_copy(annotations->arena, text));
        return words;
}

static OnError read_on_error(const Annotations *annotations, const char *prefix) {
        Str text = value_of(annotations, prefix, "on-error");

        OnError otherwise = annotations->on_error_default;

        if (str_equal(text, STR("Continue")))
                return ON_ERROR_CONTINUE;
        if (str_equal(text, STR("Fail")))
                return ON_ERROR_FAIL;
        if (text.len)
                faults_add(annotations->faults, FAULT_WARNING, path_at(annotations, prefix, "on-error"),
                           "\"" STR_FMT "\" is neither Continue nor Fail: %s is taken", STR_ARG(text),
                           otherwise == ON_ERROR_FAIL ? "Fail" : "Continue");
        return otherwise;
}

static int64_t read_duration(const Annotations *annotations, const char *prefix, const char *field,
                             int64_t otherwise) {
        AUTO(error_clear) Error err = { 0 };
        Str text = value_of(annotations, prefix, field);
        int64_t ms = 0;

        if (text.len == 0)
                return otherwise;
        if (duration_parse(text, &ms, &err) && ms >= 0)
                return ms > 0 ? ms : otherwise;
        if (ms < 0) /* Velero 1.18: no limit at all */
                error_set(&err, ERROR_INVALID, "\"" STR_FMT "\" is negative", STR_ARG(text));
        Str standard = duration_format(otherwise, annotations->arena);
        faults_add(annotations->faults, FAULT_WARNING, path_at(annotations, prefix, field),
                   "%s; " STR_FMT " is taken", err.message, STR_ARG(standard));
        return otherwise;
}

static int64_t read_timeout(const Annotations *annotations, const char *prefix, const char *field) {
        int64_t ms = read_duration(annotations, prefix, field, HOOK_TIMEOUT_DEFAULT_MS);

        if (ms <= HOOK_TIMEOUT_MAX_MS)
                return ms;
        Str limit = duration_format(HOOK_TIMEOUT_MAX_MS, annotations->arena);
        faults_add(annotations->faults, FAULT_WARNING, path_at(annotations, prefix, field),
                   "\"" STR_FMT "\" is over the limit: " STR_FMT " is taken",
                   STR_ARG(value_of(annotations, prefix, field)), STR_ARG(limit));
        return HOOK_TIMEOUT_MAX_MS;
}

/* As Go reads a bool. */
static bool read_bool(const Annotations *annotations, const char *prefix, const char *field) {
        static const char *const words[] = { "1", "t", "T", "TRUE",  "true",  "True",
                                             "0", "f", "F", "FALSE", "false", "False" };
        enum { WORDS = sizeof words / sizeof *words };
        Str text = value_of(annotations, prefix, field);

        if (text.len == 0)
                return false;
        for (size_t i = 0; i < WORDS; i++)
                if (str_equal(text, str_of(words[i])))
                        return i < WORDS / 2;
        faults_add(annotations->faults, FAULT_WARNING, path_at(annotations, prefix, field),
                   "\"" STR_FMT "\" is neither true nor false: false is taken", STR_ARG(text));
        return false;
}

/* The four values of a hook come from one prefix; prefixes are never mixed. */
static AnnotationHook read_backup(const Annotations *annotations, const char *prefix) {
        if (value_of(annotations, prefix, "command").len == 0)
                return (AnnotationHook) { .key = STR("") };
        return (AnnotationHook) {
                .key = str_of(arena_printf(annotations->arena, "%scommand", prefix)),
                .exec = {
                        .container = copy_of(annotations, prefix, "container"),
                        .command = read_command(annotations, prefix),
                        .on_error = read_on_error(annotations, prefix),
                        .timeout_ms = read_timeout(annotations, prefix, "timeout"),
                },
        };
}

AnnotationHook annotation_hook_pre(const Annotations *annotations) {
        AnnotationHook hook = read_backup(annotations, "pre.hook.backup.velero.io/");

        return hook.key.len ? hook : read_backup(annotations, "hook.backup.velero.io/");
}

AnnotationHook annotation_hook_post(const Annotations *annotations) {
        return read_backup(annotations, "post.hook.backup.velero.io/");
}

AnnotationHook annotation_hook_restore(const Annotations *annotations) {
        const char *prefix = "post.hook.restore.velero.io/";

        if (value_of(annotations, prefix, "command").len == 0)
                return (AnnotationHook) { .key = STR("") };
        return (AnnotationHook) {
                .key = str_of(arena_printf(annotations->arena, "%scommand", prefix)),
                .exec = {
                        .container = copy_of(annotations, prefix, "container"),
                        .command = read_command(annotations, prefix),
                        .on_error = read_on_error(annotations, prefix),
                        .timeout_ms = read_timeout(annotations, prefix, "exec-timeout"),
                        .wait_timeout_ms = read_duration(annotations, prefix, "wait-timeout", HOOK_WAIT_DEFAULT_MS),
                        .wait_for_ready = read_bool(annotations, prefix, "wait-for-ready"),
                },
        };
}

AnnotationHook annotation_hook_init(const Annotations *annotations) {
        const char *prefix = "init.hook.restore.velero.io/";
        AnnotationHook hook = { .key = STR(""), .image = copy_of(annotations, prefix, "container-image") };

        if (hook.image.len == 0)
                return hook;
        hook.key = str_of(arena_printf(annotations->arena, "%scontainer-image", prefix));
        hook.name = copy_of(annotations, prefix, "container-name");
        if (value_of(annotations, prefix, "command").len) /* none: the image's own entry point */
                hook.exec.command = read_command(annotations, prefix);
        hook.exec.timeout_ms = read_duration(annotations, prefix, "timeout", 0);
        return hook;
}

static bool contains(Str text, const char *part) {
        return memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

/* Looks like one of ours: cheap, since every annotation of every pod is asked. */
static bool is_hook_key(Str key, const char *verb) {
        return contains(key, verb) && contains(key, ".velero.io/") &&
               (contains(key, "hook") || contains(key, "Hook"));
}

static void check_known(const Annotations *annotations, const char *verb, const char *const *known) {
        size_t i, max;
        JsonVal *name, *value;

        yyjson_obj_foreach(annotations->map, i, max, name, value) {
                Str key = json_str(name), closest;

                if (!is_hook_key(key, verb))
                        continue;
                bool is_known = false;
                for (const char *const *word = known; *word && !is_known; word++)
                        is_known = str_equal(key, str_of(*word));
                if (is_known)
                        continue;
                closest = field_closest(key, known);
                if (closest.len)
                        faults_add(annotations->faults, FAULT_WARNING, path_of(annotations, key),
                                   "not a hook annotation: did you mean \"" STR_FMT "\"?", STR_ARG(closest));
                else
                        faults_add(annotations->faults, FAULT_WARNING, path_of(annotations, key),
                                   "not a hook annotation, so it has no effect");
        }
}

/* Values of a hook that has no command (or image) to run. */
static void check_effect(const Annotations *annotations, const char *prefix, const char *needed,
                         const char *const *known) {
        if (value_of(annotations, prefix, needed).len)
                return;
        for (; *known; known++) {
                if (!str_starts_with(str_of(*known), str_of(prefix)) || !json_get(annotations->map, *known))
                        continue;
                if (str_ends_with(str_of(*known), str_of(needed)))
                        faults_add(annotations->faults, FAULT_WARNING, path_of(annotations, str_of(*known)),
                                   "is empty, so it has no effect");
                else
                        faults_add(annotations->faults, FAULT_WARNING, path_of(annotations, str_of(*known)),
                                   "has no effect: there is no %s%s", prefix, needed);
        }
}

void annotation_check_backup(const Annotations *annotations) {
        static const char *const known[] = {
                "pre.hook.backup.velero.io/command",
                "pre.hook.backup.velero.io/container",
                "pre.hook.backup.velero.io/on-error",
                "pre.hook.backup.velero.io/timeout",
                "post.hook.backup.velero.io/command",
                "post.hook.backup.velero.io/container",
                "post.hook.backup.velero.io/on-error",
                "post.hook.backup.velero.io/timeout",
                "hook.backup.velero.io/command",
                "hook.backup.velero.io/container",
                "hook.backup.velero.io/on-error",
                "hook.backup.velero.io/timeout",
                NULL,
        };

        if (yyjson_obj_size(annotations->map) == 0)
                return;
        check_known(annotations, "backup", known);
        check_effect(annotations, "pre.hook.backup.velero.io/", "command", known);
        check_effect(annotations, "post.hook.backup.velero.io/", "command", known);
        check_effect(annotations, "hook.backup.velero.io/", "command", known);
        if (value_of(annotations, "pre.hook.backup.velero.io/", "command").len &&
            value_of(annotations, "hook.backup.velero.io/", "command").len)
                faults_add(annotations->faults, FAULT_WARNING,
                           path_of(annotations, STR("hook.backup.velero.io/command")),
                           "has no effect: pre.hook.backup.velero.io/command is there too");
}

void annotation_check_restore(const Annotations *annotations) {
        static const char *const known[] = {
                "init.hook.restore.velero.io/container-image",
                "init.hook.restore.velero.io/container-name",
                "init.hook.restore.velero.io/command",
                "init.hook.restore.velero.io/timeout",
                "post.hook.restore.velero.io/command",
                "post.hook.restore.velero.io/container",
                "post.hook.restore.velero.io/on-error",
                "post.hook.restore.velero.io/exec-timeout",
                "post.hook.restore.velero.io/wait-timeout",
                "post.hook.restore.velero.io/wait-for-ready",
                NULL,
        };

        if (yyjson_obj_size(annotations->map) == 0)
                return;
        check_known(annotations, "restore", known);
        check_effect(annotations, "init.hook.restore.velero.io/", "container-image", known);
        check_effect(annotations, "post.hook.restore.velero.io/", "command", known);
}
