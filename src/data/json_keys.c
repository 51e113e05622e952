#include "data/json_keys.h"

#include <stdlib.h>

#include "base/mem.h"

static int compare_keys(const void *a, const void *b) {
        return str_compare(json_str(*(JsonVal *const *) a), json_str(*(JsonVal *const *) b));
}

static bool is_sorted(JsonVal *const *items, size_t count) {
        for (size_t i = 1; i < count; i++)
                if (compare_keys(&items[i - 1], &items[i]) > 0)
                        return false;
        return true;
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

        if (sorted && count > 1 && !is_sorted(keys->items + start, count))
                qsort(keys->items + start, count, sizeof *keys->items, compare_keys);
        return start;
}

void json_keys_clear(JsonKeys *keys) {
        free(keys->items);
        *keys = (JsonKeys) { 0 };
}
