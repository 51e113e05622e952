#include "data/json_keys.h"

#include <stdlib.h>

#include "base/mem.h"

enum { FEW = 24 };

static int compare_keys(const void *a, const void *b) {
        return str_compare(json_str(*(JsonVal *const *) a), json_str(*(JsonVal *const *) b));
}

/* Objects are small, and often in order already. */
static void sort_few(JsonVal **items, size_t count) {
        for (size_t i = 1; i < count; i++) {
                JsonVal *key = items[i];
                size_t at = i;

                for (; at > 0 && compare_keys(&items[at - 1], &key) > 0; at--)
                        items[at] = items[at - 1];
                items[at] = key;
        }
}

static void sort_keys(JsonVal **items, size_t count) {
        if (count <= FEW)
                sort_few(items, count);
        else
                qsort(items, count, sizeof *items, compare_keys);
}

size_t json_keys_push(JsonKeys *keys, JsonVal *object, bool sorted) {
        size_t start = keys->len, count = yyjson_obj_size(object);
        yyjson_obj_iter iter = yyjson_obj_iter_with(object);

        if (keys->capacity - start < count) {
                keys->capacity = 2 * (start + count);
                keys->items = xrealloc_array(keys->items, keys->capacity, sizeof *keys->items);
        }
        for (JsonVal *key; (key = yyjson_obj_iter_next(&iter));)
                keys->items[keys->len++] = key;

        if (sorted && count > 1)
                sort_keys(keys->items + start, count);
        return start;
}

void json_keys_clear(JsonKeys *keys) {
        free(keys->items);
        *keys = (JsonKeys) { 0 };
}
