#include "restore/modifiers.h"

#include "base/cleanup.h"
#include "restore/modifier_rules.h"
#include "restore/strategic.h"
#include "restore_item.h"

/* A ConfigMap with one key that holds the YAML. */
static bool decode(const char *yaml, Modifiers **ret_modifiers, Error *err) {
        AUTO(buf_clear) Buf json = { 0 };
        AUTO_JSON *doc = NULL;

        buf_add(&json, STR("{\"data\":{\"rules.yaml\":"));
        json_write_string(str_of(yaml), &json);
        buf_add(&json, STR("}}"));
        CHECK(json_parse(buf_str(&json), "test", &doc, err));
        return modifiers_decode(yyjson_doc_get_root(doc), ret_modifiers, err);
}

#define RULES "version: v1\nresourceModifierRules:\n"
#define DEPLOYMENTS "- conditions: {groupResource: deployments.apps}\n"

static void rules_change_what_they_are_for(void **state) {
        static const struct {
                const char *rules, *resource, *object, *after;
                const char *problem;
        } cases[] = {
                { DEPLOYMENTS "  patches: [{operation: replace, path: /spec/replicas, value: \"5\"}]\n",
                  "deployments.apps", "{'spec':{'replicas':3}}", "{'spec':{'replicas':5}}", NULL },
                { DEPLOYMENTS "  patches: [{operation: replace, path: /spec/replicas, value: \"5\"}]\n",
                  "statefulsets.apps", "{'spec':{'replicas':3}}", "{'spec':{'replicas':3}}", NULL },
                { DEPLOYMENTS
                  "  patches: [{operation: Add, path: /a, value: 'say \"yes\"'}, {operation: add, path: "
                  "/b, value: \"TRUE\"}, {operation: copy, from: /b, path: /c}, {operation: remove, path: "
                  "/x}]\n",
                  "deployments.apps", "{'x':1}", "{'a':'say ~yes~','b':true,'c':true}", NULL },
                { "- conditions: {groupResource: \"*.apps\", resourceNameRegex: \"^we\", namespaces: [sh*]}\n"
                  "  mergePatches: [{patchData: "
                  "'{\"metadata\":{\"annotations\":{\"a\":null,\"b\":\"1\"}}}'}]\n",
                  "deployments.apps",
                  "{'metadata':{'name':'web','namespace':'shop','annotations':{'a':'x'}}}",
                  "{'metadata':{'name':'web','namespace':'shop','annotations':{'b':'1'}}}", NULL },
                { "- conditions: {groupResource: \"*.apps\", resourceNameRegex: \"^we\"}\n"
                  "  mergePatches: [{patchData: 'x: 1'}]\n",
                  "deployments.apps", "{'metadata':{'name':'db'}}", "{'metadata':{'name':'db'}}", NULL },
                { "- conditions: {groupResource: \"*\"}\n  mergePatches: [{patchData: 'x: 1'}]\n",
                  "deployments.apps", "{}", "{}", NULL },
                { "- conditions: {groupResource: \"*\"}\n  mergePatches: [{patchData: 'x: 1'}]\n", "pods",
                  "{}", "{'x':1}", NULL },
                { "- conditions: {groupResource: pods, labelSelector: {matchLabels: {app: web}}}\n"
                  "  mergePatches: [{patchData: 'x: 1'}]\n",
                  "pods", "{'metadata':{'labels':{'app':'db'}}}", "{'metadata':{'labels':{'app':'db'}}}",
                  NULL },
                { "- conditions: {groupResource: pods, matches: [{path: /spec/n, value: \"3\"}, {path: "
                  "/spec/s, value: "
                  "web}]}\n  mergePatches: [{patchData: 'x: 1'}]\n",
                  "pods", "{'spec':{'n':3,'s':'web'}}", "{'spec':{'n':3,'s':'web'},'x':1}", NULL },
                { "- conditions: {groupResource: pods, matches: [{path: /spec/n, value: \"3\"}]}\n"
                  "  mergePatches: [{patchData: 'x: 1'}]\n",
                  "pods", "{'spec':{'n':4}}", "{'spec':{'n':4}}", NULL },
                /* conditions are looked at before the first rule changes anything */
                { "- conditions: {groupResource: pods, matches: [{path: /n, value: \"1\"}]}\n"
                  "  patches: [{operation: replace, path: /n, value: \"2\"}]\n"
                  "- conditions: {groupResource: pods, matches: [{path: /n, value: \"2\"}]}\n"
                  "  patches: [{operation: replace, path: /n, value: \"3\"}]\n",
                  "pods", "{'n':1}", "{'n':2}", NULL },
                /* a test that does not hold is no error, another failure is */
                { DEPLOYMENTS
                  "  patches: [{operation: test, path: /n, value: \"9\"}, {operation: remove, path: /n}]\n",
                  "deployments.apps", "{'n':1}", "{'n':1}", NULL },
                { DEPLOYMENTS "  patches: [{operation: remove, path: /missing}]\n", "deployments.apps",
                  "{'n':1}", "{'n':1}", "resourceModifierRules[0]" },
                { DEPLOYMENTS
                  "  strategicPatches: [{patchData: 'spec: {containers: [{name: a, image: new}]}'}]\n",
                  "deployments.apps",
                  "{'apiVersion':'apps/v1','spec':{'containers':[{'name':'a','image':'old','x':1},{"
                  "'name':'b'}]}}",
                  "{'apiVersion':'apps/"
                  "v1','spec':{'containers':[{'name':'a','image':'new','x':1},{'name':'b'}]}}",
                  NULL },
                { "- conditions: {groupResource: boats.harbour}\n  strategicPatches: [{patchData: 'x: 1'}]\n",
                  "boats.harbour", "{'apiVersion':'harbour/v1'}", "{'apiVersion':'harbour/v1'}",
                  "strategicPatches are not supported for harbour/v1: use mergePatches" },
                { "- conditions: {groupResource: pods, resourceNameRegex: \"(a+)+$\"}\n"
                  "  mergePatches: [{patchData: 'x: 1'}]\n",
                  "pods", "{'metadata':{'name':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab'}}",
                  "{'metadata':{'name':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab'}}",
                  "takes too many steps" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(modifiers_freep) Modifiers *modifiers = NULL;
                AUTO(test_item_clear) TestItem test;
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf yaml = { 0 }, after = { 0 };
                Strs problems = { 0 };

                buf_printf(&yaml, RULES "%s%c", c->rules, '\0');
                if (!decode(yaml.ptr, &modifiers, &err))
                        fail_msg("%s: %s", err.message, c->rules);
                test_item_open(&test, c->resource, c->object);
                modifiers_apply(modifiers, &test.item, &problems);
                for (const char *p = c->after; *p; p++)
                        buf_add(&after, *p == '~' ? STR("\\\"") : (Str) { p, 1 });
                buf_add_char(&after, '\0');
                check_json(test.item.object, after.ptr);
                CHECK_INT(problems.len, c->problem ? 1 : 0);
                if (c->problem &&
                    !memmem(problems.items[0].ptr, problems.items[0].len, c->problem, strlen(c->problem)))
                        fail_msg(STR_FMT, STR_ARG(problems.items[0]));
        }
}

static void a_mistake_in_a_rule_names_its_place(void **state) {
        static const struct {
                const char *yaml, *part;
        } cases[] = {
                { "version: v2\nresourceModifierRules: []\n", "version: must be \"v1\"" },
                { RULES "- patches: [{operation: remove, path: /a}]\n",
                  "resourceModifierRules[0].conditions: is missing" },
                { RULES DEPLOYMENTS, "needs exactly one of patches, mergePatches and strategicPatches" },
                { RULES DEPLOYMENTS "  patches: [{operation: delete, path: /a}]\n",
                  "resourceModifierRules[0].patches[0].operation: \"delete\" is not known" },
                { RULES DEPLOYMENTS "  patches: [{operation: remove, path: a}]\n",
                  "\"a\" is not a JSON pointer" },
                { RULES DEPLOYMENTS "  patches: [{operation: add, path: /a, value: \"{\"}]\n",
                  "resourceModifierRules[0].patches[0].value" },
                { RULES "- conditions: {groupResource: pods, resourceNameRegex: \"(\"}\n  mergePatches: "
                        "[{patchData: "
                        "'x: 1'}]\n",
                  "\"(\" is not a regular expression" },
                { RULES DEPLOYMENTS "  mergePatches: [{patchData: '- 1'}]\n",
                  "must be one object in JSON or YAML" },
                { RULES DEPLOYMENTS "  mergePatches: [{patchdata: 'a: 1'}]\n",
                  "did you mean \"patchData\"?" },
                { RULES
                  "- conditions: {groupResource: pods, extra: 1}\n  mergePatches: [{patchData: 'x: 1'}]\n",
                  "conditions.extra" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(modifiers_freep) Modifiers *modifiers = NULL;
                AUTO(error_clear) Error err = { 0 };

                CHECK(!decode(c->yaml, &modifiers, &err));
                CHECK_INT(err.code, ERROR_INVALID);
                if (!strstr(err.message, c->part))
                        fail_msg("%s", err.message);
        }
}

static void a_config_map_of_two_keys_is_refused(void **state) {
        AUTO_JSON *doc = quoted_json("{'data':{'a':'','b':''}}");
        AUTO(error_clear) Error err = { 0 };
        Modifiers *modifiers = NULL;

        (void) state;
        CHECK(!modifiers_decode(yyjson_doc_get_root(doc), &modifiers, &err));
        CHECK_STR(err.message, "needs exactly one key in its data, but has 2");
}

static void a_value_is_typed_by_its_looks(void **state) {
        static const struct {
                const char *text, *json;
        } cases[] = {
                { "", "''" },
                { "web", "'web'" },
                { "3", "3" },
                { "-1.5e3", "-1.5e3" },
                { "null", "null" },
                { "False", "false" },
                { "{'a':[1]}", "{'a':[1]}" },
                { "[1,2]", "[1,2]" },
                { "0x10", "'0x10'" },
                { "1.2.3", "'1.2.3'" },
                { "nan", "'nan'" },
                { "1Gi", "'1Gi'" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO_JSON *expected = quoted_json(c->json), *value = NULL;
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf text = { 0 };

                for (const char *p = c->text; *p; p++)
                        buf_add_char(&text, *p == '\'' ? '"' : *p);
                CHECK(modifier_value(buf_str(&text), &value, &err));
                CHECK(json_equal(yyjson_doc_get_root(value), yyjson_doc_get_root(expected)));
        }
}

static void lists_are_merged_by_their_keys(void **state) {
        static const struct {
                const char *target, *patch, *after, *error;
        } cases[] = {
                { "{'env':[{'name':'a','value':'1'}]}", "{'env':[{'name':'b','value':'2'}]}",
                  "{'env':[{'name':'a','value':'1'},{'name':'b','value':'2'}]}", NULL },
                { "{'env':[{'name':'a'},{'name':'b'}]}", "{'env':[{'name':'a','$patch':'delete'}]}",
                  "{'env':[{'name':'b'}]}", NULL },
                { "{'env':[{'name':'a','value':'1'}]}", "{'env':[{'name':'a','$patch':'replace','x':1}]}",
                  "{'env':[{'name':'a','x':1}]}", NULL },
                { "{'env':[{'name':'a'}]}", "{'env':[{'name':'b'},{'$patch':'replace'}]}",
                  "{'env':[{'name':'b'}]}", NULL },
                { "{'ports':[{'containerPort':80,'name':'x'}]}",
                  "{'ports':[{'containerPort':80,'name':'y'}]}",
                  "{'ports':[{'containerPort':80,'name':'y'}]}", NULL },
                { "{'ports':[{'port':80}]}", "{'ports':[{'port':81}]}", "{'ports':[{'port':80},{'port':81}]}",
                  NULL },
                { "{'volumeMounts':[{'name':'v','mountPath':'/a'}]}",
                  "{'volumeMounts':[{'name':'v','mountPath':'/b'}]}",
                  "{'volumeMounts':[{'name':'v','mountPath':'/a'},{'name':'v','mountPath':'/b'}]}", NULL },
                { "{'args':['a','b']}", "{'args':['c']}", "{'args':['c']}", NULL },
                { "{'a':{'x':1,'y':2}}", "{'a':{'$patch':'replace','z':3}}", "{'a':{'z':3}}", NULL },
                { "{'a':{'x':1}}", "{'a':{'$patch':'delete'}}", "{'a':{}}", NULL },
                { "{'a':1,'b':2}", "{'a':null}", "{'b':2}", NULL },
                { "{}", "{'new':{'deep':[1]}}", "{'new':{'deep':[1]}}", NULL },
                { "{}", "{'env':[{'value':'x'}]}", NULL,
                  "env: an element of a list that is merged by \"name\" has no \"name\"" },
                { "{}", "{'$setElementOrder/env':[]}", NULL,
                  "\"$setElementOrder/env\" is not supported in a strategic merge patch" },
                { "{}", "{'$patch':'swap'}", NULL,
                  "$patch \"swap\" is not known: write \"merge\", \"replace\" or \"delete\"" },
                { "{}", "[]", NULL, "a strategic merge patch must be an object" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO_JSON *target = quoted_json(c->target), *patch = quoted_json(c->patch);
                AUTO_JSON_MUT *doc = yyjson_doc_mut_copy(target, NULL);
                AUTO(error_clear) Error err = { 0 };
                JsonMutVal *merged = NULL;
                bool ok = strategic_merge(doc, yyjson_mut_doc_get_root(doc), yyjson_doc_get_root(patch),
                                          &merged, &err);

                CHECK_INT(ok, c->error == NULL);
                if (c->error)
                        CHECK_STR(err.message, c->error);
                else
                        check_json(merged, c->after);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rules_change_what_they_are_for),
                cmocka_unit_test(a_mistake_in_a_rule_names_its_place),
                cmocka_unit_test(a_config_map_of_two_keys_is_refused),
                cmocka_unit_test(a_value_is_typed_by_its_looks),
                cmocka_unit_test(lists_are_merged_by_their_keys),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
