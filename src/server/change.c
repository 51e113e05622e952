#include "server/change.h"

#include "base/clock.h"

void change_clear(Change *change) {
        yyjson_mut_doc_free(change->doc);
        *change = (Change) { 0 };
}

static void put(Change *change, const char *const *parts, Str key, JsonMutVal *value) {
        JsonMutVal *object = change->root;

        for (; *parts; parts++)
                object = json_mut_object(change->doc, object, *parts);
        json_mut_set(change->doc, object, key, value);
}

static JsonMutDoc *begin(Change *change) {
        if (!change->doc)
                change->doc = yyjson_mut_doc_new(NULL);
        if (!change->root)
                change->root = yyjson_mut_obj(change->doc);
        return change->doc;
}

static void put_in(Change *change, const char *part, const char *key, JsonMutVal *value) {
        put(change, (const char *const[]) { part, NULL }, str_of(key), value);
}

void change_str(Change *change, const char *part, const char *key, Str value) {
        put_in(change, part, key, json_new_str(begin(change), value));
}

void change_time(Change *change, const char *part, const char *key, int64_t wall_ms) {
        AUTO(arena_clear) Arena arena = { 0 };

        change_str(change, part, key, clock_rfc3339(wall_ms, &arena));
}

void change_bool(Change *change, const char *part, const char *key, bool value) {
        put_in(change, part, key, yyjson_mut_bool(begin(change), value));
}

void change_strs(Change *change, const char *part, const char *key, const Strs *values) {
        JsonMutVal *list = yyjson_mut_arr(begin(change));

        for (size_t i = 0; i < values->len; i++)
                yyjson_mut_arr_append(list, json_new_str(change->doc, values->items[i]));
        put_in(change, part, key, list);
}

void change_remove(Change *change, const char *part, const char *key) {
        put_in(change, part, key, yyjson_mut_null(begin(change)));
}

JsonMutVal *change_object(Change *change, const char *part, const char *key) {
        JsonMutDoc *doc = begin(change);

        return json_mut_object(doc, json_mut_object(doc, change->root, part), key);
}

static void put_mark(Change *change, const char *kind, const char *key, Str value) {
        JsonMutDoc *doc = begin(change);

        put(change, (const char *const[]) { "metadata", kind, NULL }, str_of(key),
            value.len > 0 ? json_new_str(doc, value) : yyjson_mut_null(doc));
}

void change_label(Change *change, const char *key, Str value) {
        put_mark(change, "labels", key, value);
}

void change_annotation(Change *change, const char *key, Str value) {
        put_mark(change, "annotations", key, value);
}
