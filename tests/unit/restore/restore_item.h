/* restore_item.h - one object of a backup, from JSON in a test, ready to be changed. */
#pragma once
#include "check.h"
#include "quoted_json.h"
#include "restore/item.h"

typedef struct TestItem {
        Arena arena;
        JsonDoc *backup;
        RestoreItem item;
} TestItem;

static inline void test_item_clear(TestItem *test) {
        yyjson_mut_doc_free(test->item.doc);
        yyjson_doc_free(test->backup);
        arena_clear(&test->arena);
}

static inline void test_item_open(TestItem *test, const char *resource, const char *json) {
        *test = (TestItem) { .backup = quoted_json(json) };

        JsonVal *root = yyjson_doc_get_root(test->backup);
        JsonVal *metadata = json_get(root, "metadata");
        test->item = (RestoreItem) {
                .resource = str_of(resource),
                .namespace = json_get_str(metadata, "namespace"),
                .target = json_get_str(metadata, "namespace"),
                .name = json_get_str(metadata, "name"),
                .backup = root,
                .doc = yyjson_mut_doc_new(NULL),
                .arena = &test->arena,
        };
        test->item.object = yyjson_val_mut_copy(test->item.doc, root);
}

/* Fails when the value is not the JSON that was expected. */
static inline void check_json(JsonMutVal *value, const char *expected) {
        AUTO_JSON *want = quoted_json(expected);
        AUTO(buf_clear) Buf is = { 0 }, should = { 0 };

        json_write_mut(value, &is);
        json_write(yyjson_doc_get_root(want), &should);
        buf_add_char(&is, '\0');
        buf_add_char(&should, '\0');
        CHECK_STR(is.ptr, should.ptr);
}
