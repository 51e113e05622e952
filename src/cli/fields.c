#include "cli/fields.h"

#include "data/labels.h"

typedef struct FieldPlace { /* a member of an object */
        JsonMutVal *parent;
        Str key;
        JsonMutVal *present; /* NULL: not there, or null */
} FieldPlace;

static FieldPlace find_place(JsonMutDoc *doc, JsonMutVal *object, Str path, Arena *arena) {
        FieldPlace place = { .parent = object };
        Str rest = path;

        while (str_cut(&rest, '.', &place.key) && rest.len)
                place.parent = json_mut_object(doc, place.parent, arena_copy(arena, place.key).ptr);
        place.present = yyjson_mut_obj_getn(place.parent, place.key.ptr, place.key.len);
        if (yyjson_mut_is_null(place.present))
                place.present = NULL;
        return place;
}

/* "a=b,c=d" with other marks; a field without the inner mark is an error. */
static bool add_pairs(JsonMutDoc *doc, JsonMutVal *into, Str text, char outer, char inner, Arena *arena,
                      Error *err) {
        Strs fields = { 0 };

        strs_split(text, outer, arena, &fields);
        for (size_t i = 0; i < fields.len; i++) {
                Str value = fields.items[i], key;
                bool has_mark = memchr(value.ptr, inner, value.len) != NULL;

                if (!has_mark || !str_cut(&value, inner, &key) || key.len == 0)
                        return error_set(err, ERROR_INVALID, "\"" STR_FMT "\" is not NAME%cVALUE",
                                         STR_ARG(fields.items[i]), inner);
                json_mut_set(doc, into, key, json_new_str(doc, value));
        }
        return true;
}

static void add_strings(JsonMutDoc *doc, JsonMutVal *into, Str text, Arena *arena) {
        Strs fields = { 0 };

        strs_split(text, ',', arena, &fields);
        for (size_t i = 0; i < fields.len; i++)
                yyjson_mut_arr_append(into, json_new_str(doc, fields.items[i]));
}

static bool make_selector(JsonMutDoc *doc, Str text, Arena *arena, JsonMutVal **ret_value, Error *err) {
        LabelSelector selector;

        if (!label_selector_parse(text, arena, &selector, err))
                return false;
        *ret_value = label_selector_json(&selector, doc);
        return true;
}

static bool add_selectors(JsonMutDoc *doc, JsonMutVal *into, Str text, Arena *arena, Error *err) {
        const Str mark = STR(" or ");

        for (;;) {
                const char *found = memmem(text.ptr, text.len, mark.ptr, mark.len);
                Str one = { text.ptr, found ? (size_t) (found - text.ptr) : text.len };
                JsonMutVal *selector;

                if (!make_selector(doc, one, arena, &selector, err))
                        return false;
                yyjson_mut_arr_append(into, selector);
                if (!found)
                        return true;
                text = str_skip(text, one.len + mark.len);
        }
}

/* The value of a flag as JSON; `before` is what the same flag, given earlier, made. */
static bool make_value(const OptionGiven *given, JsonMutDoc *doc, JsonMutVal *before, Arena *arena,
                       JsonMutVal **ret_value, Error *err) {
        OptionKind kind = given->option->kind;
        bool is_list = kind == OPTION_FIELD_LIST || kind == OPTION_FIELD_OR_SELECTOR;
        bool is_map = kind == OPTION_FIELD_MAP || kind == OPTION_FIELD_PAIRS || kind == OPTION_FIELD_ORDER;
        JsonMutVal *value = (is_list || is_map) ? before : NULL;

        if (!value)
                value = is_list ? yyjson_mut_arr(doc) : yyjson_mut_obj(doc);
        *ret_value = value;
        switch (kind) {
        case OPTION_FIELD_LIST:
                add_strings(doc, value, given->value, arena);
                return true;
        case OPTION_FIELD_MAP:
                return add_pairs(doc, value, given->value, ',', '=', arena, err);
        case OPTION_FIELD_PAIRS:
                return add_pairs(doc, value, given->value, ',', ':', arena, err);
        case OPTION_FIELD_ORDER:
                return add_pairs(doc, value, given->value, ';', '=', arena, err);
        case OPTION_FIELD_OR_SELECTOR:
                return add_selectors(doc, value, given->value, arena, err);
        case OPTION_FIELD_SELECTOR:
                return make_selector(doc, given->value, arena, ret_value, err);
        case OPTION_FIELD_NAME:
                json_put_str(doc, value, "kind", STR("configmap"));
                json_put_str(doc, value, "name", given->value);
                return true;
        case OPTION_FIELD_COUNT: /* the digits were checked when the flag was read */
                *ret_value = yyjson_mut_uint(doc, strtoul(arena_copy(arena, given->value).ptr, NULL, 10));
                return true;
        case OPTION_FIELD_BOOL:
                *ret_value = yyjson_mut_bool(doc, str_equal(given->value, STR("true")));
                return true;
        default:
                *ret_value = json_new_str(doc, given->value);
                return true;
        }
}

static bool was_given_before(const CommandLine *line, size_t at) {
        for (size_t i = 0; i < at; i++)
                if (line->given[i].option == line->given[at].option)
                        return true;
        return false;
}

bool fields_apply(const CommandLine *line, JsonMutDoc *doc, JsonMutVal *object, const char *file,
                  Error *err) {
        for (size_t i = 0; i < line->given_len; i++) {
                const OptionGiven *given = &line->given[i];
                const Option *o = given->option;
                JsonMutVal *value;

                if (!o->field)
                        continue;

                FieldPlace place = find_place(doc, object, str_of(o->field), line->arena);
                if (place.present && file && !was_given_before(line, i))
                        return error_set(err, ERROR_INVALID,
                                         "--%s: %s is set in %s already; give it in one place", o->name,
                                         o->field, file);
                if (!make_value(given, doc, place.present, line->arena, &value, err))
                        return error_prefix(err, "--%s", o->name);
                json_mut_set(doc, place.parent, place.key, value);
        }
        return true;
}

Str fields_given(const CommandLine *line, const char *field) {
        Str found = STR("");

        for (size_t i = 0; i < line->given_len; i++)
                if (line->given[i].option->field && strcmp(line->given[i].option->field, field) == 0)
                        found = line->given[i].value;
        return found;
}

const Option *fields_given_below(const CommandLine *line, const char *prefix) {
        for (size_t i = 0; i < line->given_len; i++) {
                const Option *o = line->given[i].option;

                if (o->field && str_starts_with(str_of(o->field), str_of(prefix)))
                        return o;
        }
        return NULL;
}

Str fields_flag_of(const CommandLine *line, Str path, Arena *arena) {
        for (size_t i = 0; i < line->given_len; i++) {
                const Option *o = line->given[i].option;

                if (!o->field || !str_starts_with(path, str_of(o->field)))
                        continue;

                Str rest = str_skip(path, strlen(o->field));
                if (rest.len == 0 || rest.ptr[0] == '.' || rest.ptr[0] == '[')
                        return str_of(arena_printf(arena, "--%s", o->name));
        }
        return STR("");
}
