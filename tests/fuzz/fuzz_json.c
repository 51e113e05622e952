#include "fuzz.h"

#include <assert.h>

#include "data/json.h"

/* Whatever is accepted can be written in every form and reads back equal. */
static void check_form(JsonVal *value, int form) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf text = { .limit = 1 << 28 };
        AUTO_JSON *back = NULL;

        if (form < 0)
                json_write(value, &text);
        else
                json_write_go(value, form, &text);
        bool reads_back = json_parse(buf_str(&text), "what was written", &back, &err);
        assert(reads_back);
        assert(json_equal(value, yyjson_doc_get_root(back)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;

        if (!json_parse((Str) { (const char *) data, size }, "input", &doc, &err)) {
                assert(err.code == ERROR_CORRUPT && err.message);
                return 0;
        }
        check_form(yyjson_doc_get_root(doc), -1);
        check_form(yyjson_doc_get_root(doc), 0);
        check_form(yyjson_doc_get_root(doc), 2);
        return 0;
}
