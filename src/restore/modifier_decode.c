#include <ctype.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <strings.h>

#include "api/fields.h"
#include "base/mem.h"
#include "data/yaml.h"
#include "restore/modifier_rules.h"
#include "restore/modifiers.h"

enum { RULES_MAX = 1000 };

void modifiers_free(Modifiers *modifiers) {
        if (!modifiers)
                return;
        for (size_t i = 0; i < modifiers->len; i++)
                pcre2_code_free(modifiers->rules[i].name);
        for (size_t i = 0; i < modifiers->docs_len; i++)
                yyjson_doc_free(modifiers->docs[i]);
        free(modifiers->docs);
        arena_clear(&modifiers->arena);
        free(modifiers);
}

static JsonVal *keep(Modifiers *modifiers, JsonDoc *doc) {
        if (modifiers->docs_len == modifiers->docs_capacity) {
                modifiers->docs_capacity = modifiers->docs_capacity ? modifiers->docs_capacity * 2 : 8;
                modifiers->docs =
                        xrealloc_array(modifiers->docs, modifiers->docs_capacity, sizeof(JsonDoc *));
        }
        modifiers->docs[modifiers->docs_len++] = doc;
        return yyjson_doc_get_root(doc);
}

static bool is_number(Str text) {
        char copy[64], *end = NULL;

        if (text.len == 0 || text.len >= sizeof(copy) ||
            !(isdigit((unsigned char) text.ptr[0]) || text.ptr[0] == '-'))
                return false;
        memcpy(copy, text.ptr, text.len);
        copy[text.len] = '\0';
        (void) strtod(copy, &end);
        return *end == '\0' && strpbrk(copy, "xXnN") == NULL;
}

static bool is_word(Str text, const char *word) {
        return text.len == strlen(word) && strncasecmp(text.ptr, word, text.len) == 0;
}

bool modifier_value(Str text, JsonDoc **ret_doc, Error *err) {
        AUTO(buf_clear) Buf json = { 0 };
        bool is_quoted = text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"';

        if (is_word(text, "true") || is_word(text, "false"))
                buf_add(&json, is_word(text, "true") ? STR("true") : STR("false"));
        else if (str_equal(text, STR("null")) || is_number(text) || str_starts_with(text, STR("{")) ||
                 str_starts_with(text, STR("[")))
                buf_add(&json, text);
        else
                json_write_string(is_quoted ? (Str) { text.ptr + 1, text.len - 2 } : text, &json);
        return json_parse(buf_str(&json), "the value", ret_doc, err);
}

/* A value is text even where YAML would read a number, as in Velero; a user who forgot the quotes is told. */
static JsonVal *decode_value(Modifiers *modifiers, JsonVal *object, Str path, Faults *faults) {
        AUTO(error_clear) Error err = { 0 };
        JsonDoc *doc = NULL;

        if (!modifier_value(field_str(object, "value", path, faults), &doc, &err)) {
                faults_add(faults, FAULT_ERROR, field_path(path, "value", faults->arena), "%s", err.message);
                return NULL;
        }
        return keep(modifiers, doc);
}

static void check_pointer(Str pointer, Str path, const char *key, Faults *faults) {
        if (!str_starts_with(pointer, STR("/")))
                faults_add(faults, FAULT_ERROR, field_path(path, key, faults->arena),
                           "\"" STR_FMT "\" is not a JSON pointer: write \"/spec/…\"", STR_ARG(pointer));
}

static void decode_regex(ModifierRule *rule, JsonVal *conditions, Str path, Faults *faults) {
        Str pattern = field_str(conditions, "resourceNameRegex", path, faults);
        PCRE2_UCHAR reason[128];
        PCRE2_SIZE at = 0;
        int code = 0;

        if (pattern.len == 0)
                return;
        rule->name = pcre2_compile((PCRE2_SPTR) pattern.ptr, pattern.len, PCRE2_UTF, &code, &at, NULL);
        if (rule->name)
                return;
        pcre2_get_error_message(code, reason, sizeof(reason));
        faults_add(faults, FAULT_ERROR, field_path(path, "resourceNameRegex", faults->arena),
                   "\"" STR_FMT "\" is not a regular expression: %s at character %zu", STR_ARG(pattern),
                   (const char *) reason, (size_t) at + 1);
}

static void decode_matches(Modifiers *modifiers, ModifierRule *rule, JsonVal *conditions, Str path,
                           Faults *faults) {
        const char *const known[] = { "path", "value", NULL };
        JsonVal *list = field_list(conditions, "matches", path, faults), *match;
        Str list_path = field_path(path, "matches", faults->arena);
        size_t i, max;

        rule->matches = arena_alloc(&modifiers->arena, (yyjson_arr_size(list) + 1) * sizeof(*rule->matches));
        yyjson_arr_foreach(list, i, max, match) {
                Str at = field_path_item(list_path, i, faults->arena);

                if (!fields_check(match, at, known, faults))
                        continue;
                Str pointer = field_str(match, "path", at, faults);
                check_pointer(pointer, at, "path", faults);
                rule->matches[rule->matches_len++] = (ModifierMatch) {
                        .path = arena_copy(&modifiers->arena, pointer),
                        .value = decode_value(modifiers, match, at, faults),
                };
        }
}

static void decode_conditions(Modifiers *modifiers, ModifierRule *rule, JsonVal *json, Str path,
                              Faults *faults) {
        const char *const known[] = { "groupResource", "namespaces", "resourceNameRegex",
                                      "labelSelector", "matches",    NULL };
        JsonVal *conditions = field_get(json, "conditions");
        Str at = field_path(path, "conditions", faults->arena);

        if (!conditions) {
                faults_add(faults, FAULT_ERROR, at, "is missing");
                return;
        }
        if (!fields_check(conditions, at, known, faults))
                return;
        rule->group_resource = field_str(conditions, "groupResource", at, faults);
        if (rule->group_resource.len == 0)
                faults_add(faults, FAULT_ERROR, field_path(at, "groupResource", faults->arena),
                           "is missing: write \"deployments.apps\", for example");
        rule->namespaces = field_strs(conditions, "namespaces", at, &modifiers->arena, faults);
        rule->selector = label_selector_decode(field_get(conditions, "labelSelector"),
                                               field_path(at, "labelSelector", faults->arena),
                                               &modifiers->arena, faults);
        decode_regex(rule, conditions, at, faults);
        decode_matches(modifiers, rule, conditions, at, faults);
}

static void check_operation(Str operation, Str path, Faults *faults) {
        static const char *const known[] = { "add", "remove", "replace", "test", "move", "copy", NULL };

        for (const char *const *word = known; *word; word++)
                if (is_word(operation, *word))
                        return;
        faults_add(faults, FAULT_ERROR, field_path(path, "operation", faults->arena),
                   "\"" STR_FMT "\" is not known: write add, remove, replace, test, move or copy",
                   STR_ARG(operation));
}

static Str lower(Str word, Arena *arena) {
        char *copy = arena_alloc(arena, word.len + 1);

        for (size_t i = 0; i < word.len; i++)
                copy[i] = (char) tolower((unsigned char) word.ptr[i]);
        return (Str) { copy, word.len };
}

static JsonMutVal *decode_operation(Modifiers *modifiers, JsonMutDoc *doc, JsonVal *json, Str path,
                                    Faults *faults) {
        const char *const known[] = { "operation", "from", "path", "value", NULL };
        JsonMutVal *operation = yyjson_mut_obj(doc);

        if (!fields_check(json, path, known, faults))
                return operation;
        Str word = field_str(json, "operation", path, faults), to = field_str(json, "path", path, faults);
        Str from = field_str(json, "from", path, faults);
        check_operation(word, path, faults);
        check_pointer(to, path, "path", faults);
        json_put_str(doc, operation, "op", lower(word, &modifiers->arena));
        json_put_str(doc, operation, "path", to);
        if (is_word(word, "move") || is_word(word, "copy")) {
                check_pointer(from, path, "from", faults);
                json_put_str(doc, operation, "from", from);
                return operation;
        }
        JsonVal *value = decode_value(modifiers, json, path, faults);
        if (value && !is_word(word, "remove"))
                yyjson_mut_obj_add_val(doc, operation, "value", yyjson_val_mut_copy(doc, value));
        return operation;
}

static void decode_operations(Modifiers *modifiers, ModifierRule *rule, JsonVal *list, Str path,
                              Faults *faults) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *operations = yyjson_mut_arr(doc);
        JsonVal *json;
        size_t i, max;

        yyjson_arr_foreach(list, i, max, json) yyjson_mut_arr_append(
                operations,
                decode_operation(modifiers, doc, json, field_path_item(path, i, faults->arena), faults));
        yyjson_mut_doc_set_root(doc, operations);
        rule->operations = keep(modifiers, yyjson_mut_doc_imut_copy(doc, NULL));
}

static JsonVal **decode_patches(Modifiers *modifiers, JsonVal *list, Str path, Faults *faults) {
        const char *const known[] = { "patchData", NULL };
        JsonVal **patches = arena_alloc(&modifiers->arena, (yyjson_arr_size(list) + 1) * sizeof(JsonVal *));
        JsonVal *json;
        size_t i, max;

        yyjson_arr_foreach(list, i, max, json) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(yaml_docs_clear) YamlDocs docs = { 0 };
                Str at = field_path_item(path, i, faults->arena);

                patches[i] = NULL;
                if (!fields_check(json, at, known, faults))
                        continue;
                if (!yaml_parse(field_str(json, "patchData", at, faults), "patchData", &docs, &err))
                        faults_add(faults, FAULT_ERROR, at, "%s", err.message);
                else if (docs.len != 1 || !yyjson_is_obj(yyjson_doc_get_root(docs.items[0].json)))
                        faults_add(faults, FAULT_ERROR, field_path(at, "patchData", faults->arena),
                                   "must be one object in JSON or YAML");
                else
                        patches[i] = keep(modifiers, TAKE(docs.items[0].json));
        }
        return patches;
}

static void decode_rule(Modifiers *modifiers, ModifierRule *rule, JsonVal *json, Str path, Faults *faults) {
        const char *const known[] = { "conditions", "patches", "mergePatches", "strategicPatches", NULL };
        JsonVal *operations, *merges, *strategics;

        if (!fields_check(json, path, known, faults))
                return;
        decode_conditions(modifiers, rule, json, path, faults);
        operations = field_list(json, "patches", path, faults);
        merges = field_list(json, "mergePatches", path, faults);
        strategics = field_list(json, "strategicPatches", path, faults);
        rule->merges_len = yyjson_arr_size(merges);
        rule->strategics_len = yyjson_arr_size(strategics);
        if ((yyjson_arr_size(operations) > 0) + (rule->merges_len > 0) + (rule->strategics_len > 0) != 1)
                faults_add(faults, FAULT_ERROR, path,
                           "needs exactly one of patches, mergePatches and strategicPatches");
        if (yyjson_arr_size(operations) > 0)
                decode_operations(modifiers, rule, operations, field_path(path, "patches", faults->arena),
                                  faults);
        rule->merges =
                decode_patches(modifiers, merges, field_path(path, "mergePatches", faults->arena), faults);
        rule->strategics = decode_patches(modifiers, strategics,
                                          field_path(path, "strategicPatches", faults->arena), faults);
}

static void decode_rules(Modifiers *modifiers, JsonVal *root, Faults *faults) {
        const char *const known[] = { "version", "resourceModifierRules", NULL };
        JsonVal *list, *json;
        size_t i, max;

        if (!fields_check(root, STR(""), known, faults))
                return;
        if (!is_word(field_str(root, "version", STR(""), faults), "v1"))
                faults_add(faults, FAULT_ERROR, STR("version"), "must be \"v1\"");
        list = field_list(root, "resourceModifierRules", STR(""), faults);
        if (yyjson_arr_size(list) == 0 || yyjson_arr_size(list) > RULES_MAX) {
                faults_add(faults, FAULT_ERROR, STR("resourceModifierRules"), "needs 1 to %d rules",
                           RULES_MAX);
                return;
        }
        modifiers->rules = arena_alloc(&modifiers->arena, yyjson_arr_size(list) * sizeof(*modifiers->rules));
        yyjson_arr_foreach(list, i, max, json) {
                modifiers->rules[modifiers->len] = (ModifierRule) { 0 };
                decode_rule(modifiers, &modifiers->rules[modifiers->len++], json,
                            field_path_item(STR("resourceModifierRules"), i, faults->arena), faults);
        }
}

bool modifiers_decode(JsonVal *config_map, Modifiers **ret_modifiers, Error *err) {
        AUTO(modifiers_freep) Modifiers *modifiers = xnew0(Modifiers);
        AUTO(yaml_docs_clear) YamlDocs docs = { 0 };
        Faults faults = { .arena = &modifiers->arena };
        JsonVal *data = json_get(config_map, "data");

        if (yyjson_obj_size(data) != 1)
                return error_set(err, ERROR_INVALID, "needs exactly one key in its data, but has %zu",
                                 yyjson_obj_size(data));
        yyjson_obj_iter keys = yyjson_obj_iter_with(data);
        JsonVal *text = yyjson_obj_iter_get_val(yyjson_obj_iter_next(&keys));
        if (!yaml_parse(json_str(text), "its data", &docs, err))
                return false;
        if (docs.len != 1)
                return error_set(err, ERROR_INVALID, "needs one YAML document in its data, but has %zu",
                                 docs.len);
        decode_rules(modifiers, keep(modifiers, TAKE(docs.items[0].json)), &faults);
        yaml_add_lines(&docs.items[0], &faults);
        if (!faults_check(&faults, err))
                return false;
        *ret_modifiers = TAKE(modifiers);
        return true;
}
