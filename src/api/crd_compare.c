#include "api/crd.h"
#include "api/fields.h"

JsonVal *crd_schema(JsonVal *definition) {
        return json_at(json_named(json_at(definition, "spec", "versions"), STR("v1")), "schema",
                       "openAPIV3Schema");
}

typedef struct Comparison {
        Arena *arena;
        Strs *fields;
} Comparison;

/* As deep as the schemas are, which are ours in one of the two: their depth is that of the tables in crd_*.c. */
static void compare(const Comparison *comparison, JsonVal *ours, JsonVal *theirs, Str path) {
        JsonVal *items = json_get(ours, "items"), *properties = json_get(ours, "properties"), *key, *field;
        size_t i, count;

        if (json_get_bool(theirs, "x-kubernetes-preserve-unknown-fields", false))
                return;
        if (items)
                compare(comparison, items, json_get(theirs, "items"),
                        str_of(arena_printf(comparison->arena, STR_FMT "[]", STR_ARG(path))));
        if (!properties)
                return;
        yyjson_obj_foreach(properties, i, count, key, field) {
                JsonVal *known = json_get(json_get(theirs, "properties"), yyjson_get_str(key));
                Str at = field_path(path, yyjson_get_str(key), comparison->arena);

                if (known)
                        compare(comparison, field, known, at);
                else
                        strs_add(comparison->fields, comparison->arena, at);
        }
}

void crd_missing_fields(JsonVal *ours, JsonVal *theirs, Arena *arena, Strs *fields) {
        compare(&(Comparison) { arena, fields }, ours, theirs, STR(""));
}
