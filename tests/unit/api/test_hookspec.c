#include "api/hookspec.h"

#include "check.h"
#include "quoted_json.h"

typedef struct Decoded {
        Arena arena;
        Faults faults;
        JsonDoc *doc;
        HookSpec spec;
} Decoded;

static void decoded_clear(Decoded *decoded) {
        yyjson_doc_free(decoded->doc);
        arena_clear(&decoded->arena);
}

static void decode(Decoded *decoded, const char *json, bool is_restore) {
        decoded->doc = quoted_json(json);
        decoded->faults.arena = &decoded->arena;
        JsonVal *hooks = yyjson_doc_get_root(decoded->doc);
        decoded->spec = is_restore ? hook_spec_decode_restore(hooks, STR("spec.hooks"), &decoded->arena,
                                                              &decoded->faults)
                                   : hook_spec_decode_backup(hooks, STR("spec.hooks"), &decoded->arena,
                                                             &decoded->faults);
}

static const char *text_of(Decoded *decoded, FaultLevel level) {
        return faults_text(&decoded->faults, level, &decoded->arena).ptr;
}

static const char *cstr(Decoded *decoded, Str text) {
        return arena_copy(&decoded->arena, text).ptr;
}

/* The example of the reference page as it stands. */
static void every_field_of_the_reference_page_is_read(void **state) {
        AUTO(decoded_clear) Decoded d = { 0 };

        (void) state;
        decode(&d,
               "{'resources':[{'name':'my-hook','includedNamespaces':['*'],'excludedNamespaces':['some-"
               "namespace'],"
               "'includedResources':['pods'],'labelSelector':{'matchLabels':{'app':'velero','component':'"
               "server'}},"
               "'pre':[{'exec':{'container':'my-container','command':['/bin/uname','-a'],'onError':'Fail',"
               "'timeout':'10s'}}],'post':[{'exec':{'command':['true']}}]}]}",
               false);
        CHECK_STR(text_of(&d, FAULT_ERROR), "");
        CHECK_STR(text_of(&d, FAULT_WARNING), "");
        CHECK_INT(d.spec.len, 1);
        const HookEntry *entry = &d.spec.entries[0];
        CHECK_STR(cstr(&d, entry->name), "my-hook");
        CHECK_INT(entry->included_namespaces.len, 1);
        CHECK_INT(entry->excluded_namespaces.len, 1);
        CHECK(!entry->leaves_pods_out);
        CHECK_INT(entry->selector.len, 2);
        CHECK_INT(entry->pre_len, 1);
        CHECK_STR(cstr(&d, entry->pre[0].container), "my-container");
        CHECK_INT(entry->pre[0].command.len, 2);
        CHECK_INT(entry->pre[0].timeout_ms, 10000);
        CHECK_INT(entry->post_len, 1);
        CHECK_INT(entry->post[0].container.len, 0);
        CHECK_INT(entry->post[0].on_error, ON_ERROR_FAIL);
        CHECK_INT(entry->post[0].timeout_ms, HOOK_TIMEOUT_DEFAULT_MS);
}

static void every_field_of_the_restore_example_is_read(void **state) {
        AUTO(decoded_clear) Decoded d = { 0 };

        (void) state;
        decode(&d,
               "{'resources':[{'name':'restore-hook-1','includedNamespaces':['ns1'],'excludedNamespaces':['"
               "ns3'],"
               "'includedResources':['pods'],'labelSelector':{'matchLabels':{'app':'velero'}},'postHooks':["
               "{'init':{'initContainers':[{'name':'restore-hook-init1','image':'alpine:latest',"
               "'volumeMounts':[{'mountPath':'/restores/pvc1-vm','name':'pvc1-vm'}],'command':['/bin/"
               "ash','-c','echo']},"
               "{'name':'restore-hook-init2','image':'alpine:latest','command':['/bin/"
               "ash']}],'timeout':'5m'}},"
               "{'exec':{'container':'my-container','command':['/bin/"
               "uname','-a'],'onError':'Continue','timeout':'10s',"
               "'waitTimeout':'1m30s','waitForReady':true}}]}]}",
               true);
        CHECK_STR(text_of(&d, FAULT_ERROR), "");
        CHECK_STR(text_of(&d, FAULT_WARNING), "");
        const HookEntry *entry = &d.spec.entries[0];
        CHECK_INT(entry->post_hooks_len, 2);
        CHECK(entry->post_hooks[0].has_init && !entry->post_hooks[0].has_exec);
        CHECK_INT(yyjson_arr_size(entry->post_hooks[0].init_containers), 2);
        CHECK_INT(entry->post_hooks[0].init_timeout_ms, 300000);
        const ExecHook *exec = &entry->post_hooks[1].exec;
        CHECK_INT(exec->on_error, ON_ERROR_CONTINUE);
        CHECK_INT(exec->timeout_ms, 10000);
        CHECK_INT(exec->wait_timeout_ms, 90000);
        CHECK(exec->wait_for_ready);
}

#define ENTRY(hooks) "{'resources':[{'name':'h'," hooks "}]}"
#define PRE(exec) ENTRY("'pre':[{'exec':{" exec "}}]")
#define POST_EXEC(exec) ENTRY("'postHooks':[{'exec':{'command':['a']," exec "}}]")
#define INIT(containers) ENTRY("'postHooks':[{'init':{'initContainers':[" containers "]}}]")
#define AT_EXEC "spec.hooks.resources[0].pre[0].exec"
#define AT_POST "spec.hooks.resources[0].postHooks[0]"

static void what_is_wrong_is_an_error_with_its_place(void **state) {
        static const struct {
                const char *json;
                bool is_restore;
                const char *errors;
        } cases[] = {
                { "{'resourses':[]}", false,
                  "spec.hooks.resourses: unknown field \"resourses\": did you mean \"resources\"?" },
                { "{'zzzzzzzz':1}", false,
                  "spec.hooks.zzzzzzzz: unknown field \"zzzzzzzz\": known here are resources" },
                { "[]", false, "spec.hooks: must be an object, but is a list" },
                { "{'resources':{}}", false, "spec.hooks.resources: must be a list, but is an object" },
                { "{'resources':[{'pre':[]}]}", false, "spec.hooks.resources[0].name: a name is required" },
                { "{'resources':[{'name':''}]}", false, "spec.hooks.resources[0].name: a name is required" },
                { "{'resources':[{'name':7}]}", false,
                  "spec.hooks.resources[0].name: must be text, but is a number\n"
                  "spec.hooks.resources[0].name: a name is required" },
                { PRE("'command':[]"), false,
                  AT_EXEC ".command: a command is required, as a list: [\"/bin/sh\", \"-c\", \"…\"]" },
                { PRE(""), false,
                  AT_EXEC ".command: a command is required, as a list: [\"/bin/sh\", \"-c\", \"…\"]" },
                { PRE("'command':['']"), false, AT_EXEC ".command[0]: the program to run is empty" },
                { PRE("'command':['a',5]"), false, AT_EXEC ".command[1]: must be text, but is a number" },
                { PRE("'command':'a b'"), false,
                  AT_EXEC ".command: must be a list, but is text\n" AT_EXEC
                          ".command: a command is required, as a list: [\"/bin/sh\", \"-c\", \"…\"]" },
                { PRE("'command':['a'],'onEror':'Fail'"), false,
                  AT_EXEC ".onEror: unknown field \"onEror\": did you mean \"onError\"?" },
                { PRE("'command':['a'],'waitTimeout':'1s'"), false,
                  AT_EXEC ".waitTimeout: unknown field \"waitTimeout\": known here are container, command, "
                          "onError, timeout" },
                { PRE("'command':['a'],'onError':'Ignore'"), false,
                  AT_EXEC
                  ".onError: \"Ignore\" is not a way to go on after an error (expected Continue or Fail)" },
                { PRE("'command':['a'],'onError':'fail'"), false,
                  AT_EXEC
                  ".onError: \"fail\" is not a way to go on after an error (expected Continue or Fail)" },
                { PRE("'command':['a'],'timeout':'300'"), false,
                  AT_EXEC ".timeout: \"300\" is not a duration: a unit is missing (write \"300s\")" },
                { PRE("'command':['a'],'timeout':300"), false,
                  AT_EXEC ".timeout: \"300\" is not a duration: a unit is missing (write \"300s\")" },
                { PRE("'command':['a'],'timeout':true"), false,
                  AT_EXEC ".timeout: must be a duration such as \"30s\", but is true or false" },
                { PRE("'command':['a'],'timeout':'5h'"), false,
                  AT_EXEC ".timeout: \"5h0m0s\" is over the limit of 4h0m0s" },
                { PRE("'command':['a'],'timeout':'-5s'"), false,
                  AT_EXEC ".timeout: \"-5s\" is negative; expected a duration such as \"30s\"" },
                { POST_EXEC("'timeout':'-5s'"), true,
                  AT_POST ".exec.timeout: \"-5s\" is negative; expected a duration such as \"30s\"" },
                { POST_EXEC("'execTimeout':'-1m'"), true,
                  AT_POST ".exec.execTimeout: \"-1m\" is negative; expected a duration such as \"30s\"" },
                { POST_EXEC("'waitTimeout':'-1m'"), true,
                  AT_POST ".exec.waitTimeout: \"-1m\" is negative; expected a duration such as \"10m\"" },
                { ENTRY("'postHooks':[{'init':{'timeout':'-1m','initContainers':[{'name':'a','image':'i',"
                        "'command':['c']}]}}]"),
                  true, AT_POST ".init.timeout: \"-1m\" is negative; expected a duration such as \"5m\"" },
                { ENTRY("'pre':[{}]"), false, "spec.hooks.resources[0].pre[0].exec: a hook needs exec" },
                { ENTRY("'pre':[{'init':{}}]"), false,
                  "spec.hooks.resources[0].pre[0].init: unknown field \"init\": known here are exec\n"
                  "spec.hooks.resources[0].pre[0].exec: a hook needs exec" },
                { ENTRY("'post':[3]"), false,
                  "spec.hooks.resources[0].post[0]: must be an object, but is a number" },
                { ENTRY("'postHooks':[]"), false,
                  "spec.hooks.resources[0].postHooks: unknown field \"postHooks\": known here are name, "
                  "includedNamespaces, "
                  "excludedNamespaces, includedResources, excludedResources, labelSelector, pre, post" },
                { ENTRY("'includedNamespaces':['a','b**']"), false,
                  "spec.hooks.resources[0].includedNamespaces[1]: \"b**\" is not a name pattern: ** is not "
                  "allowed (write *)" },
                { ENTRY("'postHooks':[{}]"), true, AT_POST ": a hook needs exec or init" },
                { POST_EXEC("'timeout':'10s','execTimeout':'20s'"), true,
                  AT_POST ".exec: timeout and execTimeout mean the same and differ here: give one of them" },
                { POST_EXEC("'waitForReady':'yes'"), true,
                  AT_POST ".exec.waitForReady: must be true or false, but is text" },
                { INIT(""), true, AT_POST ".init.initContainers: at least one init container is required" },
                { ENTRY("'postHooks':[{'init':{'initContainers':{}}}]"), true,
                  AT_POST ".init.initContainers: must be a list, but is an object" },
                { INIT("3"), true,
                  AT_POST
                  ".init.initContainers[0]: must be a container: an object with name, image, command" },
                { INIT("{'image':'i','command':['c']}"), true,
                  AT_POST ".init.initContainers[0].name: an init container needs a name" },
                { INIT("{'name':'a','command':['c']}"), true,
                  AT_POST ".init.initContainers[0].image: an init container needs an image" },
                { INIT("{'name':'a','image':'i'}"), true,
                  AT_POST ".init.initContainers[0].command: an init container needs a command" },
                { INIT("{'name':'a','image':'i','command':['c']},{'name':'a','image':'i','command':['c']}"),
                  true,
                  AT_POST
                  ".init.initContainers[1].name: another init container of this entry is called \"a\"" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(decoded_clear) Decoded d = { 0 };

                decode(&d, c->json, c->is_restore);
                CHECK_STR(text_of(&d, FAULT_ERROR), c->errors);
        }
}

static void a_timeout_may_be_given_in_either_word(void **state) {
        static const struct {
                const char *json;
                int timeout_ms;
        } cases[] = {
                { POST_EXEC("'timeout':'10s'"), 10000 },
                { POST_EXEC("'execTimeout':'20s'"), 20000 },
                { POST_EXEC("'timeout':'1m','execTimeout':'60s'"), 60000 },
                { POST_EXEC("'execTimeout':'0s'"), HOOK_TIMEOUT_DEFAULT_MS },
                { POST_EXEC("'timeout':null"), HOOK_TIMEOUT_DEFAULT_MS },
                { POST_EXEC("'timeout':'4h'"), HOOK_TIMEOUT_MAX_MS },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(decoded_clear) Decoded d = { 0 };

                decode(&d, c->json, true);
                CHECK_STR(text_of(&d, FAULT_ERROR), "");
                CHECK_INT(d.spec.entries[0].post_hooks[0].exec.timeout_ms, c->timeout_ms);
                CHECK_INT(d.spec.entries[0].post_hooks[0].exec.wait_timeout_ms, HOOK_WAIT_DEFAULT_MS);
        }
}

static void resources_other_than_pods_are_said_to_have_no_effect(void **state) {
        static const struct {
                const char *json;
                bool is_restore, leaves_pods_out;
                const char *warnings;
        } cases[] = {
                { ENTRY("'includedResources':['po','Pod','pods','*']"), false, false, "" },
                { ENTRY("'includedResources':['pods','deployments']"), false, false,
                  "spec.hooks.resources[0].includedResources[1]: \"deployments\" has no effect: hooks run in "
                  "pods only" },
                { ENTRY("'includedResources':['deployments']"), false, true,
                  "spec.hooks.resources[0].includedResources[0]: \"deployments\" has no effect: hooks run in "
                  "pods only\n"
                  "spec.hooks.resources[0]: none of its hooks will run: its resources leave pods out" },
                { ENTRY("'excludedResources':['pods']"), false, true,
                  "spec.hooks.resources[0]: none of its hooks will run: its resources leave pods out" },
                { ENTRY("'excludedResources':['pods']"), true, false,
                  "spec.hooks.resources[0]: its resources leave pods out, which has no effect: the hooks of "
                  "a restore run "
                  "in pods" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(decoded_clear) Decoded d = { 0 };

                decode(&d, c->json, c->is_restore);
                CHECK_STR(text_of(&d, FAULT_WARNING), c->warnings);
                CHECK_INT(d.spec.entries[0].leaves_pods_out, c->leaves_pods_out);
        }
}

static void nothing_given_is_nothing_to_run(void **state) {
        static const char *const cases[] = { "null", "{}", "{'resources':null}", "{'resources':[]}" };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(decoded_clear) Decoded d = { 0 };

                decode(&d, *c, false);
                CHECK_INT(d.faults.len, 0);
                CHECK_INT(d.spec.len, 0);
        }
        AUTO(arena_clear) Arena arena = { 0 };
        Faults faults = { .arena = &arena };
        CHECK_INT(hook_spec_decode_backup(NULL, STR("spec.hooks"), &arena, &faults).len, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_field_of_the_reference_page_is_read),
                cmocka_unit_test(every_field_of_the_restore_example_is_read),
                cmocka_unit_test(what_is_wrong_is_an_error_with_its_place),
                cmocka_unit_test(a_timeout_may_be_given_in_either_word),
                cmocka_unit_test(resources_other_than_pods_are_said_to_have_no_effect),
                cmocka_unit_test(nothing_given_is_nothing_to_run),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
