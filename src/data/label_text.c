#include "data/labels.h"

enum { RULES_MAX = 1000 };

typedef enum TokenKind { TOKEN_END, TOKEN_WORD, TOKEN_MARK } TokenKind;

typedef struct Token {
        TokenKind kind;
        Str text; /* as written; "the end" for TOKEN_END */
} Token;

typedef struct Parser {
        Str rest;
        Arena *arena;
} Parser;

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_mark(char c) {
        return c == '=' || c == '!' || c == '(' || c == ')' || c == ',' || c == '>' || c == '<';
}

static size_t token_len(Str rest) {
        size_t len = 0;

        if (is_mark(rest.ptr[0]))
                return rest.len > 1 && (rest.ptr[0] == '=' || rest.ptr[0] == '!') && rest.ptr[1] == '=' ? 2
                                                                                                        : 1;
        while (len < rest.len && !is_mark(rest.ptr[len]) && !is_blank(rest.ptr[len]))
                len++;
        return len;
}

static Token peek(Parser *parser) {
        while (parser->rest.len && is_blank(parser->rest.ptr[0]))
                parser->rest = str_skip(parser->rest, 1);
        if (parser->rest.len == 0)
                return (Token) { TOKEN_END, STR("the end") };

        Str text = { parser->rest.ptr, token_len(parser->rest) };
        return (Token) { is_mark(text.ptr[0]) ? TOKEN_MARK : TOKEN_WORD, text };
}

static void skip(Parser *parser, Token token) {
        if (token.kind != TOKEN_END)
                parser->rest = str_skip(parser->rest, token.text.len);
}

static bool is_text(Token token, Str text) {
        return token.kind != TOKEN_END && str_equal(token.text, text);
}

static bool take(Parser *parser, Str text) {
        Token token = peek(parser);

        if (!is_text(token, text))
                return false;
        skip(parser, token);
        return true;
}

static bool expected(Parser *parser, const char *what, Error *err) {
        return error_set(err, ERROR_INVALID, "expected %s, found \"" STR_FMT "\"", what,
                         STR_ARG(peek(parser).text));
}

/* A word or, where none stands, the empty value. */
static bool parse_value(Parser *parser, LabelRule *rule, Error *err) {
        Token token = peek(parser);
        Str value = token.kind == TOKEN_WORD ? token.text : STR("");
        const char *fault = label_value_fault(value);

        if (fault)
                return error_set(err, ERROR_INVALID, "\"" STR_FMT "\" is not a label value: %s",
                                 STR_ARG(value), fault);
        if (token.kind == TOKEN_WORD)
                skip(parser, token);
        if (!strs_has(&rule->values, value))
                strs_add(&rule->values, parser->arena, value);
        return true;
}

static bool parse_list(Parser *parser, LabelRule *rule, Error *err) {
        if (!take(parser, STR("(")))
                return expected(parser, "\"(\"", err);
        do {
                if (!parse_value(parser, rule, err))
                        return false;
        } while (take(parser, STR(",")));
        return take(parser, STR(")")) || expected(parser, "\",\" or \")\"", err);
}

static bool parse_condition(Parser *parser, LabelRule *rule, Error *err) {
        Token token = peek(parser);

        if (token.kind == TOKEN_END || is_text(token, STR(","))) {
                rule->op = LABEL_EXISTS;
                return true;
        }
        skip(parser, token);
        rule->op = LABEL_IN;
        if (is_text(token, STR("=")) || is_text(token, STR("==")))
                return parse_value(parser, rule, err);
        if (is_text(token, STR("in")))
                return parse_list(parser, rule, err);
        rule->op = LABEL_NOT_IN;
        if (is_text(token, STR("!=")))
                return parse_value(parser, rule, err);
        if (is_text(token, STR("notin")))
                return parse_list(parser, rule, err);
        return error_set(err, ERROR_INVALID, "\"" STR_FMT "\" is not an operator (=, ==, !=, in, notin)",
                         STR_ARG(token.text));
}

static bool parse_rule(Parser *parser, LabelRule *rule, Error *err) {
        bool is_negated = take(parser, STR("!"));
        Token token = peek(parser);

        if (token.kind != TOKEN_WORD)
                return expected(parser, "the name of a label", err);
        skip(parser, token);
        const char *fault = label_key_fault(token.text);
        if (fault)
                return error_set(err, ERROR_INVALID, "\"" STR_FMT "\" is not a label name: %s",
                                 STR_ARG(token.text), fault);
        *rule = (LabelRule) { .key = token.text, .op = LABEL_ABSENT };
        return is_negated || parse_condition(parser, rule, err);
}

static bool parse_rules(Parser *parser, LabelSelector *selector, Error *err) {
        if (peek(parser).kind == TOKEN_END)
                return true;
        do {
                if (selector->len == RULES_MAX)
                        return error_set(err, ERROR_INVALID, "more than %d rules", RULES_MAX);
                if (!parse_rule(parser, &selector->rules[selector->len], err))
                        return false;
                selector->len++;
        } while (take(parser, STR(",")));
        return peek(parser).kind == TOKEN_END || expected(parser, "\",\" or the end", err);
}

static size_t count_commas(Str text) {
        size_t count = 0;

        for (size_t i = 0; i < text.len; i++)
                count += text.ptr[i] == ',';
        return count;
}

bool label_selector_parse(Str text, Arena *arena, LabelSelector *ret_selector, Error *err) {
        Parser parser = { .rest = text, .arena = arena };
        size_t room = count_commas(text) + 1;
        LabelSelector selector = { .is_set = true };

        selector.rules = arena_alloc(arena, (room < RULES_MAX ? room : RULES_MAX) * sizeof *selector.rules);
        if (!parse_rules(&parser, &selector, err))
                return error_prefix(err, "label selector \"" STR_FMT "\"", STR_ARG(text));
        selector.is_set = selector.len > 0;
        *ret_selector = selector;
        return true;
}

static int compare_keys(const void *a, const void *b) {
        return str_compare(((const LabelRule *) a)->key, ((const LabelRule *) b)->key);
}

static Str rule_text(const LabelRule *rule, Arena *arena) {
        Strs values = { 0 };

        if (rule->op == LABEL_EXISTS)
                return rule->key;
        if (rule->op == LABEL_ABSENT)
                return str_of(arena_printf(arena, "!" STR_FMT, STR_ARG(rule->key)));
        if (rule->values.len == 1)
                return str_of(
                        arena_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(rule->key),
                                     rule->op == LABEL_IN ? "=" : "!=", STR_ARG(rule->values.items[0])));
        for (size_t i = 0; i < rule->values.len; i++)
                strs_add(&values, arena, rule->values.items[i]);
        strs_sort(&values);
        Str list = strs_join(&values, STR(","), arena);
        return str_of(arena_printf(arena, STR_FMT " %s (" STR_FMT ")", STR_ARG(rule->key),
                                   rule->op == LABEL_IN ? "in" : "notin", STR_ARG(list)));
}

/* Rules by key and values sorted, as Kubernetes prints them. */
Str label_selector_text(const LabelSelector *selector, Arena *arena) {
        LabelRule *rules = arena_alloc(arena, selector->len * sizeof *rules);
        Strs parts = { 0 };

        if (selector->len == 0)
                return STR("");
        memcpy(rules, selector->rules, selector->len * sizeof *rules);
        qsort(rules, selector->len, sizeof *rules, compare_keys);
        for (size_t i = 0; i < selector->len; i++)
                strs_add(&parts, arena, rule_text(&rules[i], arena));
        return strs_join(&parts, STR(","), arena);
}

static void add_expression(const LabelRule *rule, JsonMutDoc *doc, JsonMutVal *expressions) {
        static const char *const names[] = {
                [LABEL_IN] = "In",
                [LABEL_NOT_IN] = "NotIn",
                [LABEL_EXISTS] = "Exists",
                [LABEL_ABSENT] = "DoesNotExist",
        };
        JsonMutVal *expression = yyjson_mut_arr_add_obj(doc, expressions);

        json_put_str(doc, expression, "key", rule->key);
        json_put_str(doc, expression, "operator", str_of(names[rule->op]));
        if (rule->values.len == 0)
                return;
        JsonMutVal *values = yyjson_mut_obj_add_arr(doc, expression, "values");
        for (size_t i = 0; i < rule->values.len; i++)
                yyjson_mut_arr_append(values, json_new_str(doc, rule->values.items[i]));
}

JsonMutVal *label_selector_json(const LabelSelector *selector, JsonMutDoc *doc) {
        JsonMutVal *labels = yyjson_mut_obj(doc), *expressions = yyjson_mut_arr(doc),
                   *object = yyjson_mut_obj(doc);

        if (!selector->is_set)
                return NULL;
        for (size_t i = 0; i < selector->len; i++) {
                const LabelRule *rule = &selector->rules[i];
                bool is_plain = rule->op == LABEL_IN && rule->values.len == 1;

                /* Two rules on one label cannot both be members of one object. */
                if (is_plain && !yyjson_mut_obj_getn(labels, rule->key.ptr, rule->key.len))
                        json_mut_set(doc, labels, rule->key, json_new_str(doc, rule->values.items[0]));
                else
                        add_expression(rule, doc, expressions);
        }
        if (yyjson_mut_obj_size(labels))
                yyjson_mut_obj_add_val(doc, object, "matchLabels", labels);
        if (yyjson_mut_arr_size(expressions))
                yyjson_mut_obj_add_val(doc, object, "matchExpressions", expressions);
        return object;
}
