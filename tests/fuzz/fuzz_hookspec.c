#include "fuzz.h"

#include <assert.h>

#include "hooks/plan.h"

static void check_exec(const ExecHook *hook) {
        assert(hook->command.len > 0);
        assert(hook->timeout_ms > 0 && hook->timeout_ms <= HOOK_TIMEOUT_MAX_MS);
        assert(hook->wait_timeout_ms > 0);
}

static void check_spec(const HookSpec *spec) {
        for (size_t e = 0; e < spec->len; e++) {
                const HookEntry *entry = &spec->entries[e];

                assert(entry->name.len > 0);
                for (size_t i = 0; i < entry->pre_len; i++)
                        check_exec(&entry->pre[i]);
                for (size_t i = 0; i < entry->post_len; i++)
                        check_exec(&entry->post[i]);
                for (size_t i = 0; i < entry->post_hooks_len; i++)
                        if (entry->post_hooks[i].has_exec)
                                check_exec(&entry->post_hooks[i].exec);
        }
}

/* A spec without errors can be planned, whatever it says. */
static void plan(const HookSpec *spec, Arena *arena, Faults *faults) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *pod = NULL;

        if (!json_parse(STR("{\"metadata\":{\"name\":\"p\",\"namespace\":\"n\",\"labels\":{\"app\":\"db\"}},"
                            "\"spec\":{\"containers\":[{\"name\":\"main\"}]}}"),
                        "pod", &pod, &err))
                return;
        (void) hook_plan_backup(spec, yyjson_doc_get_root(pod), arena, faults);
        (void) hook_plan_restore(spec, yyjson_doc_get_root(pod), arena, faults);
        AUTO_JSON_MUT *copy = yyjson_doc_mut_copy(pod, NULL);
        (void) hook_plan_init(spec, STR("n"), copy, yyjson_mut_doc_get_root(copy), arena, faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;

        if (!json_parse((Str) { (const char *) data, size }, "hooks", &doc, &err))
                return 0;
        for (int is_restore = 0; is_restore < 2; is_restore++) {
                AUTO(arena_clear) Arena arena = { 0 };
                Faults faults = { .arena = &arena };
                JsonVal *root = yyjson_doc_get_root(doc);
                HookSpec spec = is_restore
                                        ? hook_spec_decode_restore(root, STR("spec.hooks"), &arena, &faults)
                                        : hook_spec_decode_backup(root, STR("spec.hooks"), &arena, &faults);

                if (faults.errors)
                        continue;
                check_spec(&spec);
                plan(&spec, &arena, &faults);
        }
        return 0;
}
