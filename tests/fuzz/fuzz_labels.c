/* A selector that was understood has a text that means the same. */
#include <stdlib.h>

#include "data/labels.h"
#include "fuzz.h"

static void require(bool condition) {
        if (!condition)
                abort();
}

static void check_text(Str text) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 }, again = { 0 };
        LabelSelector first, second;

        if (!label_selector_parse(text, &arena, &first, &err))
                return;
        Str written = label_selector_text(&first, &arena);
        require(label_selector_parse(written, &arena, &second, &again));
        require(str_equal(label_selector_text(&second, &arena), written));
}

static void check_json(Str text) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;
        AUTO_JSON_MUT *made = yyjson_mut_doc_new(NULL);
        Faults faults = { .arena = &arena };

        if (!json_parse(text, "the selector", &doc, &err))
                return;
        JsonVal *root = yyjson_doc_get_root(doc);
        LabelSelector selector = label_selector_decode(root, STR("spec"), &arena, &faults);
        label_selector_matches(&selector, json_get(root, "matchLabels"));
        if (faults.errors)
                return;
        check_text(label_selector_text(&selector, &arena));
        label_selector_json(&selector, made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Str text = { (const char *) data, size };

        check_text(text);
        check_json(text);
        return 0;
}
