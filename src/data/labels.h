/* labels.h - label selectors: matchLabels, matchExpressions, and the text form.
 *
 * Source: Kubernetes' metav1.LabelSelector; In, NotIn, Exists, DoesNotExist.
 * A selector borrows from the document or text it was made from. */
#pragma once
#include "base/faults.h"
#include "data/json.h"

typedef enum LabelOp { LABEL_IN, LABEL_NOT_IN, LABEL_EXISTS, LABEL_ABSENT } LabelOp;

typedef struct LabelRule {
        Str key;
        LabelOp op;
        Strs values;
} LabelRule;

typedef struct LabelSelector {
        bool is_set; /* false: absent, selects all */
        LabelRule *rules;
        size_t len;
} LabelSelector;

/* NULL when it is one, else what is wrong and what was expected. */
const char *label_key_fault(Str key);
const char *label_value_fault(Str value);

/* `{matchLabels, matchExpressions}`; null or absent is "not set".  Faults carry paths below `path`. */
LabelSelector label_selector_decode(JsonVal *value, Str path, Arena *arena, Faults *faults);
/* kubectl's text: "app=web,tier!=db,env in (a,b),!gone,here". */
bool label_selector_parse(Str text, Arena *arena, LabelSelector *ret_selector, Error *err) MUST_CHECK;
/* The text form, for list calls and describe; empty for one that selects all. */
Str label_selector_text(const LabelSelector *selector, Arena *arena);
/* `labels` is a JSON object or absent. */
bool label_selector_matches(const LabelSelector *selector, JsonVal *labels);
/* The JSON form, for storing a selector that came as text; NULL for one that is not set. */
JsonMutVal *label_selector_json(const LabelSelector *selector, JsonMutDoc *doc);
