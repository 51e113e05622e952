#include "data/labels.h"

enum { RULES_MAX = 1000 };

static Str path_of(Str path, const char *field, Arena *arena) {
        return str_of(path.len ? arena_printf(arena, STR_FMT ".%s", STR_ARG(path), field) : field);
}

static void add_rule(LabelSelector *selector, LabelRule rule) {
        selector->rules[selector->len++] = rule;
}

static void decode_match_labels(JsonVal *labels, Str path, Arena *arena, LabelSelector *selector,
                                Faults *faults) {
        size_t i, count;
        JsonVal *key, *value;

        if (!labels || yyjson_is_null(labels))
                return;
        if (!yyjson_is_obj(labels)) {
                faults_add(faults, FAULT_ERROR, path, "expected an object of label names and values");
                return;
        }
        yyjson_obj_foreach(labels, i, count, key, value) {
                Str name = json_str(key), text = json_str(value);
                const char *fault;

                if ((fault = label_key_fault(name)))
                        faults_add(faults, FAULT_ERROR, path, "\"" STR_FMT "\" is not a label name: %s",
                                   STR_ARG(name), fault);
                else if (!yyjson_is_str(value))
                        faults_add(faults, FAULT_ERROR, path,
                                   "the value of \"" STR_FMT "\" is not a string (put it in quotes)",
                                   STR_ARG(name));
                else if ((fault = label_value_fault(text)))
                        faults_add(faults, FAULT_ERROR, path, "\"" STR_FMT "\" is not a label value: %s",
                                   STR_ARG(text), fault);
                LabelRule rule = { .key = name, .op = LABEL_IN };
                strs_add(&rule.values, arena, text);
                add_rule(selector, rule);
        }
}

static bool op_from_name(Str name, LabelOp *ret_op) {
        static const char *const names[] = {
                [LABEL_IN] = "In",
                [LABEL_NOT_IN] = "NotIn",
                [LABEL_EXISTS] = "Exists",
                [LABEL_ABSENT] = "DoesNotExist",
        };

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (str_equal(name, str_of(names[i]))) {
                        *ret_op = (LabelOp) i;
                        return true;
                }
        return false;
}

static void decode_values(JsonVal *values, Str path, Arena *arena, LabelRule *rule, Faults *faults) {
        bool is_wanted = rule->op == LABEL_IN || rule->op == LABEL_NOT_IN;
        size_t i, count;
        JsonVal *value;

        if (values && !yyjson_is_null(values) && !yyjson_is_arr(values)) {
                faults_add(faults, FAULT_ERROR, path, "expected a list of label values");
                return;
        }
        if (yyjson_arr_size(values) == 0) {
                if (is_wanted)
                        faults_add(faults, FAULT_ERROR, path,
                                   "the operators In and NotIn need at least one value");
                return;
        }
        if (!is_wanted)
                faults_add(faults, FAULT_ERROR, path, "the operators Exists and DoesNotExist take no values");
        yyjson_arr_foreach(values, i, count, value) {
                Str text = json_str(value);
                const char *fault = label_value_fault(text);
                Str place = str_of(arena_printf(arena, STR_FMT "[%zu]", STR_ARG(path), i));

                if (!yyjson_is_str(value))
                        faults_add(faults, FAULT_ERROR, place, "expected a string (put it in quotes)");
                else if (fault)
                        faults_add(faults, FAULT_ERROR, place, "\"" STR_FMT "\" is not a label value: %s",
                                   STR_ARG(text), fault);
                strs_add(&rule->values, arena, text);
        }
}

static void refuse_unknown(JsonVal *object, const char *const *known, Str path, Faults *faults) {
        size_t i, count;
        JsonVal *key, *value;

        yyjson_obj_foreach(object, i, count, key, value) {
                const char *const *name = known;

                while (*name && !str_equal(json_str(key), str_of(*name)))
                        name++;
                if (*name == NULL)
                        faults_add(faults, FAULT_ERROR, path_of(path, yyjson_get_str(key), faults->arena),
                                   "unknown field");
        }
}

static void decode_expression(JsonVal *value, Str path, Arena *arena, LabelSelector *selector,
                              Faults *faults) {
        LabelRule rule = { .key = json_get_str(value, "key") };
        Str op = json_get_str(value, "operator");
        const char *fault = label_key_fault(rule.key);

        if (!yyjson_is_obj(value)) {
                faults_add(faults, FAULT_ERROR, path, "expected an object with key, operator and values");
                return;
        }
        refuse_unknown(value, (const char *const[]) { "key", "operator", "values", NULL }, path, faults);
        if (fault)
                faults_add(faults, FAULT_ERROR, path_of(path, "key", arena),
                           "\"" STR_FMT "\" is not a label name: %s", STR_ARG(rule.key), fault);
        if (op_from_name(op, &rule.op))
                decode_values(json_get(value, "values"), path_of(path, "values", arena), arena, &rule,
                              faults);
        else
                faults_add(faults, FAULT_ERROR, path_of(path, "operator", arena),
                           "\"" STR_FMT "\" is not an operator (In, NotIn, Exists, DoesNotExist)",
                           STR_ARG(op));
        add_rule(selector, rule);
}

static void decode_expressions(JsonVal *list, Str path, Arena *arena, LabelSelector *selector,
                               Faults *faults) {
        size_t i, count;
        JsonVal *expression;

        if (!list || yyjson_is_null(list))
                return;
        if (!yyjson_is_arr(list)) {
                faults_add(faults, FAULT_ERROR, path, "expected a list");
                return;
        }
        yyjson_arr_foreach(list, i, count, expression) {
                Str place = str_of(arena_printf(arena, STR_FMT "[%zu]", STR_ARG(path), i));

                decode_expression(expression, place, arena, selector, faults);
        }
}

LabelSelector label_selector_decode(JsonVal *value, Str path, Arena *arena, Faults *faults) {
        LabelSelector selector = { 0 };
        JsonVal *labels = json_get(value, "matchLabels"), *expressions = json_get(value, "matchExpressions");

        if (!value || yyjson_is_null(value))
                return selector;
        if (!yyjson_is_obj(value)) {
                faults_add(faults, FAULT_ERROR, path,
                           "expected an object with matchLabels or matchExpressions");
                return selector;
        }
        selector.is_set = true;
        refuse_unknown(value, (const char *const[]) { "matchLabels", "matchExpressions", NULL }, path,
                       faults);

        if (yyjson_obj_size(labels) + yyjson_arr_size(expressions) > RULES_MAX) {
                faults_add(faults, FAULT_ERROR, path, "more than %d rules", RULES_MAX);
                return selector;
        }
        selector.rules = arena_alloc(arena, (yyjson_obj_size(labels) + yyjson_arr_size(expressions)) *
                                                    sizeof *selector.rules);
        decode_match_labels(labels, path_of(path, "matchLabels", arena), arena, &selector, faults);

        decode_expressions(expressions, path_of(path, "matchExpressions", arena), arena, &selector, faults);
        return selector;
}

static Str label_of(JsonVal *labels, Str key, bool *ret_found) {
        JsonVal *value = yyjson_is_obj(labels) ? yyjson_obj_getn(labels, key.ptr, key.len) : NULL;

        *ret_found = value != NULL;
        return json_str(value);
}

static bool rule_matches(const LabelRule *rule, JsonVal *labels) {
        bool is_found;
        Str value = label_of(labels, rule->key, &is_found);

        switch (rule->op) {
        case LABEL_IN:
                return is_found && strs_has(&rule->values, value);
        case LABEL_NOT_IN:
                /* As in Kubernetes, an object without the label is not in the set either. */
                return !is_found || !strs_has(&rule->values, value);
        case LABEL_EXISTS:
                return is_found;
        case LABEL_ABSENT:
                return !is_found;
        }
        return false;
}

bool label_selector_matches(const LabelSelector *selector, JsonVal *labels) {
        for (size_t i = 0; i < selector->len; i++)
                if (!rule_matches(&selector->rules[i], labels))
                        return false;
        return true;
}
