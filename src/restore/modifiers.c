#include "restore/modifiers.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "data/glob.h"
#include "data/patch.h"
#include "restore/modifier_rules.h"
#include "restore/strategic.h"

enum { MATCH_STEPS_MAX = 100 * 1000, MATCH_DEPTH_MAX = 1000 };

/* `*` is any resource of the core group, `*.apps` any of apps, `*.*` any of a group: no star spans the first dot. */
static bool has_resource(Str pattern, Str resource) {
        const char *dot = memchr(resource.ptr, '.', resource.len);
        const char *pattern_dot = memchr(pattern.ptr, '.', pattern.len);
        size_t name_len = dot ? (size_t) (dot - resource.ptr) : resource.len;
        size_t pattern_len = pattern_dot ? (size_t) (pattern_dot - pattern.ptr) : pattern.len;

        if (!dot != !pattern_dot)
                return false;
        return glob_matches((Str) { pattern.ptr, pattern_len }, (Str) { resource.ptr, name_len }) &&
               (!dot || glob_matches(str_skip(pattern, pattern_len), str_skip(resource, name_len)));
}

static bool has_name(const ModifierRule *rule, const RestoreItem *item, Strs *problems) {
        if (!rule->name)
                return true;
        pcre2_match_context *limits = pcre2_match_context_create(NULL);
        pcre2_match_data *match = pcre2_match_data_create_from_pattern(rule->name, NULL);
        pcre2_set_match_limit(limits, MATCH_STEPS_MAX);
        pcre2_set_depth_limit(limits, MATCH_DEPTH_MAX);
        int found = pcre2_match(rule->name, (PCRE2_SPTR) item->name.ptr, item->name.len, 0, 0, match, limits);

        pcre2_match_data_free(match);
        pcre2_match_context_free(limits);
        if (found < 0 && found != PCRE2_ERROR_NOMATCH)
                strs_add(problems, item->arena,
                         str_of(arena_printf(item->arena,
                                             "resourceNameRegex for " STR_FMT
                                             ": takes too many steps on \"" STR_FMT "\"",
                                             STR_ARG(rule->group_resource), STR_ARG(item->name))));
        return found >= 0;
}

static bool has_value(const ModifierMatch *match, const RestoreItem *item) {
        JsonMutVal *found = pointer_get(item->object, match->path);
        AUTO_JSON *copy = found ? yyjson_mut_val_imut_copy(found, NULL) : NULL;

        return copy && json_equal(yyjson_doc_get_root(copy), match->value);
}

static bool matches(const ModifierRule *rule, const RestoreItem *item, Strs *problems) {
        Strs none = { 0 };

        if (!has_resource(rule->group_resource, item->resource))
                return false;
        if (item->namespace.len > 0 && !glob_includes(&rule->namespaces, &none, item->namespace))
                return false;
        if (!has_name(rule, item, problems))
                return false;
        JsonMutVal *labels = json_mut_at(item->object, "metadata", "labels");
        AUTO_JSON *copy = labels ? yyjson_mut_val_imut_copy(labels, NULL) : NULL;
        if (!label_selector_matches(&rule->selector, yyjson_doc_get_root(copy)))
                return false;
        for (size_t i = 0; i < rule->matches_len; i++)
                if (!has_value(&rule->matches[i], item))
                        return false;
        return true;
}

static bool apply_operations(const ModifierRule *rule, RestoreItem *item, Error *err) {
        AUTO(error_clear) Error failed = { 0 };
        JsonMutVal *changed = NULL;

        if (!rule->operations)
                return true;
        if (patch_json(item->doc, item->object, rule->operations, &changed, &failed)) {
                item->object = changed;
                return true;
        }
        /* a "test" that does not hold means that the rule is not for this object */
        return failed.code == ERROR_CONFLICT || error_set(err, failed.code, "%s", failed.message);
}

static bool apply_strategics(const ModifierRule *rule, RestoreItem *item, Error *err) {
        Str version = json_get_str(item->backup, "apiVersion");

        if (rule->strategics_len > 0 && !strategic_supports(version))
                return error_set(err, ERROR_INVALID,
                                 "strategicPatches are not supported for " STR_FMT ": use mergePatches",
                                 STR_ARG(version));
        for (size_t i = 0; i < rule->strategics_len; i++)
                if (!strategic_merge(item->doc, item->object, rule->strategics[i], &item->object, err))
                        return false;
        return true;
}

static bool apply(const ModifierRule *rule, RestoreItem *item, Error *err) {
        if (!apply_operations(rule, item, err) || !apply_strategics(rule, item, err))
                return false;
        for (size_t i = 0; i < rule->merges_len; i++)
                item->object = patch_merge(item->doc, item->object, rule->merges[i]);
        return true;
}

void modifiers_apply(const Modifiers *modifiers, RestoreItem *item, Strs *problems) {
        bool *applies = modifiers->len > 0 ? arena_alloc(item->arena, modifiers->len) : NULL;

        for (size_t i = 0; i < modifiers->len; i++)
                applies[i] = matches(&modifiers->rules[i], item, problems);
        for (size_t i = 0; i < modifiers->len; i++) {
                AUTO(error_clear) Error err = { 0 };

                if (applies[i] && !apply(&modifiers->rules[i], item, &err))
                        strs_add(problems, item->arena,
                                 str_of(arena_printf(item->arena, "resourceModifierRules[%zu]: %s", i,
                                                     err.message)));
        }
}
