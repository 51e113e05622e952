/* modifier_rules.h - a resource modifier's rules, decoded.  Between modifiers.c and modifier_decode.c only. */
#pragma once
#include "data/labels.h"

typedef struct ModifierMatch {
        Str path;       /* JSON pointer */
        JsonVal *value; /* typed */
} ModifierMatch;

typedef struct ModifierRule {
        Str group_resource;
        Strs namespaces;
        struct pcre2_real_code_8 *name; /* pcre2_code of PCRE2; NULL: any */
        LabelSelector selector;
        ModifierMatch *matches;
        size_t matches_len;
        JsonVal *operations; /* a JSON patch, or NULL */
        JsonVal **merges, **strategics;
        size_t merges_len, strategics_len;
} ModifierRule;

struct Modifiers {
        Arena arena;
        ModifierRule *rules;
        size_t len;
        JsonDoc **docs; /* what the values point into */
        size_t docs_len, docs_capacity;
};

/* A value as the user writes it in quotes: null, true, numbers, lists and objects are themselves, all else is text. */
bool modifier_value(Str text, JsonDoc **ret_doc, Error *err) MUST_CHECK;
