#include "fuzz.h"

#include <assert.h>

#include "data/yaml.h"

/* Whatever is accepted can be written as YAML and reads back equal; every line is one of the input. */
static void check_document(const YamlDoc *doc, size_t size) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(yaml_docs_clear) YamlDocs back = { 0 };
        AUTO(buf_clear) Buf text = { .limit = 1 << 28 };
        JsonVal *value = yyjson_doc_get_root(doc->json);

        for (size_t i = 0; i < doc->lines.len; i++) {
                int line = yaml_line_of(doc, doc->lines.entries[i].key);

                assert(line > 0 && (size_t) line <= size + 1);
        }
        yaml_write(value, &text);
        if (text.len > 16 * 1024 * 1024)
                return; /* indentation made it larger than what is read */
        bool reads_back = yaml_parse(buf_str(&text), "what was written", &back, &err);
        assert(reads_back);
        assert(back.len == 1);
        assert(json_equal(value, yyjson_doc_get_root(back.items[0].json)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(yaml_docs_clear) YamlDocs docs = { 0 };

        if (!yaml_parse((Str) { (const char *) data, size }, "input", &docs, &err)) {
                assert(err.code == ERROR_INVALID && err.message);
                return 0;
        }
        for (size_t i = 0; i < docs.len; i++)
                check_document(&docs.items[i], size);
        return 0;
}
