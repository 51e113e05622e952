#include "cli/describe_parts.h"

/* Kubernetes' own text of a selector keeps apart what means the same: matchLabels are printed as k=v, an In
 * with one value as k in (v).  So this prints the JSON form, not the decoded one. */

static int compare_texts(const void *left, const void *right) {
        const Str *a = left, *b = right;

        return str_compare(*a, *b);
}

static void add_labels(const Describer *d, JsonVal *labels, Strs *keys, Strs *texts) {
        size_t i, count;
        JsonVal *key, *value;

        if (!yyjson_is_obj(labels))
                return;
        yyjson_obj_foreach(labels, i, count, key, value) {
                Str name = json_str(key), text = json_str(value);

                strs_add(keys, d->arena, name);
                strs_add(texts, d->arena,
                         str_of(arena_printf(d->arena, STR_FMT "=" STR_FMT, STR_ARG(name), STR_ARG(text))));
        }
}

static Str values_text(const Describer *d, JsonVal *expression) {
        Strs values = { 0 };

        json_add_strs(json_get(expression, "values"), d->arena, &values);
        if (values.len)
                qsort(values.items, values.len, sizeof *values.items, compare_texts);
        return strs_join(&values, STR(","), d->arena);
}

static const char *expression_text(const Describer *d, JsonVal *expression) {
        Str key = json_get_str(expression, "key"), op = json_get_str(expression, "operator");
        Str values = values_text(d, expression);

        if (str_equal(op, STR("Exists")))
                return arena_printf(d->arena, STR_FMT, STR_ARG(key));
        if (str_equal(op, STR("DoesNotExist")))
                return arena_printf(d->arena, "!" STR_FMT, STR_ARG(key));
        return arena_printf(d->arena, STR_FMT " %s (" STR_FMT ")", STR_ARG(key),
                            str_equal(op, STR("NotIn")) ? "notin" : "in", STR_ARG(values));
}

/* By key, as Kubernetes orders them; there are few. */
static void sort_by_key(Strs *keys, Strs *texts) {
        for (size_t i = 1; i < keys->len; i++)
                for (size_t k = i; k > 0 && str_compare(keys->items[k - 1], keys->items[k]) > 0; k--) {
                        Str key = keys->items[k], text = texts->items[k];

                        keys->items[k] = keys->items[k - 1];
                        texts->items[k] = texts->items[k - 1];
                        keys->items[k - 1] = key;
                        texts->items[k - 1] = text;
                }
}

Str part_selector(const Describer *d, JsonVal *selector) {
        JsonVal *expressions = json_get(selector, "matchExpressions"), *expression;
        Strs keys = { 0 }, texts = { 0 };
        size_t i, count;

        add_labels(d, json_get(selector, "matchLabels"), &keys, &texts);
        if (yyjson_is_arr(expressions))
                yyjson_arr_foreach(expressions, i, count, expression) {
                        strs_add(&keys, d->arena, json_get_str(expression, "key"));
                        strs_add(&texts, d->arena, str_of(expression_text(d, expression)));
                }
        if (texts.len == 0)
                return STR(EMPTY_WORD);
        sort_by_key(&keys, &texts);
        return strs_join(&texts, STR(","), d->arena);
}
