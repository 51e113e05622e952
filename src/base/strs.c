#include "base/strs.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 8 };

void strs_add(Strs *strs, Arena *arena, Str text) {
        if (strs->len == strs->capacity) {
                size_t capacity = strs->capacity ? 2 * strs->capacity : FIRST_CAPACITY;
                Str *items = arena_alloc(arena, capacity * sizeof *items);

                if (strs->len)
                        memcpy(items, strs->items, strs->len * sizeof *items);
                strs->items = items;
                strs->capacity = capacity;
        }
        strs->items[strs->len++] = text;
}

bool strs_has(const Strs *strs, Str text) {
        for (size_t i = 0; i < strs->len; i++)
                if (str_equal(strs->items[i], text))
                        return true;
        return false;
}

static int compare_items(const void *a, const void *b) {
        return str_compare(*(const Str *) a, *(const Str *) b);
}

void strs_sort(Strs *strs) {
        if (strs->len > 1)
                qsort(strs->items, strs->len, sizeof *strs->items, compare_items);
}

Str strs_join(const Strs *strs, Str separator, Arena *arena) {
        size_t len = strs->len ? (strs->len - 1) * separator.len : 0;

        for (size_t i = 0; i < strs->len; i++)
                len += strs->items[i].len;

        char *text = arena_alloc(arena, len + 1), *end = text;
        for (size_t i = 0; i < strs->len; i++) {
                if (i && separator.len)
                        end = mempcpy(end, separator.ptr, separator.len);
                if (strs->items[i].len)
                        end = mempcpy(end, strs->items[i].ptr, strs->items[i].len);
        }
        *end = '\0';
        return (Str) { text, len };
}

void strs_split(Str text, char separator, Arena *arena, Strs *strs) {
        Str field;

        while (str_cut(&text, separator, &field)) {
                field = str_trim(field);
                if (field.len)
                        strs_add(strs, arena, field);
        }
}
