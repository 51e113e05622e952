/* {"target": …, "patch": …}: no patch breaks anything; one that is no JSON patch is a merge patch. */
#include <stdlib.h>

#include "data/patch.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(error_clear) Error err = { 0 }, of_patch = { 0 };
        AUTO_JSON *doc = NULL;
        AUTO_JSON_MUT *made = yyjson_mut_doc_new(NULL);
        JsonMutVal *result;

        if (!json_parse((Str) { (const char *) data, size }, "the input", &doc, &err))
                return 0;
        JsonVal *patch = json_get(yyjson_doc_get_root(doc), "patch");
        JsonMutVal *target = yyjson_val_mut_copy(made, json_get(yyjson_doc_get_root(doc), "target"));
        if (!patch || !target)
                return 0;

        if (!patch_json(made, target, patch, &result, &of_patch)) {
                result = patch_merge(made, target, patch);
                if (!result)
                        abort();
        }
        patch_diff(made, target, result);
        return 0;
}
