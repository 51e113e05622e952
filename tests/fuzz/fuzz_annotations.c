#include "fuzz.h"

#include <assert.h>

#include "hooks/plan.h"

/* Each line is an annotation: its first byte chooses a key of ours (or, past them, the key is what comes before '='). */
static const char *const keys[] = {
        "pre.hook.backup.velero.io/command",
        "pre.hook.backup.velero.io/container",
        "pre.hook.backup.velero.io/on-error",
        "pre.hook.backup.velero.io/timeout",
        "hook.backup.velero.io/command",
        "post.hook.backup.velero.io/command",
        "post.hook.backup.velero.io/timeout",
        "post.hook.restore.velero.io/command",
        "post.hook.restore.velero.io/exec-timeout",
        "post.hook.restore.velero.io/wait-for-ready",
        "init.hook.restore.velero.io/container-image",
        "init.hook.restore.velero.io/container-name",
        "init.hook.restore.velero.io/command",
};
enum { KEYS = sizeof keys / sizeof *keys };

static void add_annotation(JsonMutDoc *doc, JsonMutVal *annotations, Str line) {
        Str key, value = line;
        unsigned char choice = line.len ? (unsigned char) (line.ptr[0] - 'a') : 0;

        if (choice < KEYS) {
                json_mut_set(doc, annotations, str_of(keys[choice]),
                             json_new_str(doc, str_skip(line, line.len ? 1 : 0)));
                return;
        }
        if (str_cut(&value, '=', &key))
                json_mut_set(doc, annotations, key, json_new_str(doc, value));
}

static void check_calls(const HookCall *calls, size_t len) {
        for (size_t i = 0; i < len; i++) {
                assert(calls[i].container.len > 0 && calls[i].command.len > 0);
                assert(calls[i].timeout_ms > 0 && calls[i].timeout_ms <= HOOK_TIMEOUT_MAX_MS);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char pod_text[] =
                "{\"metadata\":{\"name\":\"p\",\"namespace\":\"n\",\"annotations\":{}},"
                "\"spec\":{\"containers\":[{\"name\":\"main\"},{\"name\":\"side\"}]}}";
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *frame = NULL;
        Faults faults = { .arena = &arena };
        const HookSpec none = { 0 };
        Str rest = { (const char *) data, size }, line;

        if (!json_parse(str_of(pod_text), "pod", &frame, &err))
                return 0;
        AUTO_JSON_MUT *doc = yyjson_doc_mut_copy(frame, NULL);
        JsonMutVal *root = yyjson_mut_doc_get_root(doc);
        JsonMutVal *annotations = json_mut_at(root, "metadata", "annotations");
        while (str_cut(&rest, '\n', &line))
                add_annotation(doc, annotations, line);

        AUTO_JSON *pod = yyjson_mut_doc_imut_copy(doc, NULL);
        PodPlan backup = hook_plan_backup(&none, yyjson_doc_get_root(pod), &arena, &faults);
        PodPlan restore = hook_plan_restore(&none, yyjson_doc_get_root(pod), &arena, &faults);
        check_calls(backup.pre, backup.pre_len);
        check_calls(backup.post, backup.post_len);
        check_calls(restore.execs, restore.execs_len);
        assert(backup.pre_len <= 1 && backup.post_len <= 1 && restore.execs_len <= 1);
        assert(faults.errors == 0); /* what is wrong in a pod never ends a run */

        size_t first = hook_plan_init(&none, STR("n"), doc, root, &arena, &faults);
        size_t len = yyjson_mut_arr_size(json_mut_at(root, "spec", "initContainers"));
        size_t again = hook_plan_init(&none, STR("n"), doc, root, &arena, &faults);
        assert(first == again && yyjson_mut_arr_size(json_mut_at(root, "spec", "initContainers")) == len);
        return 0;
}
