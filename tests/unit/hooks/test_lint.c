#include "hooks/lint.h"

#include "base/mem.h"
#include "check.h"

#define BACKUP                                                                                               \
        "apiVersion: velero.io/v1\nkind: Backup\nmetadata: {name: b}\nspec:\n  hooks:\n    resources:\n    " \
        "- name: h\n"
#define PRE(command)                                                                                         \
        BACKUP "      pre: [{exec: {command: " command "}}]\n      post: [{exec: {command: [thaw]}}]\n"
#define RESTORE                                                                                              \
        "apiVersion: velero.io/v1\nkind: Restore\nmetadata: {name: r}\nspec:\n  backupName: b\n  hooks:\n  " \
        "  resources:\n    - name: h\n"
#define AT "line 7: spec.hooks.resources[0]"
#define COMMAND "line 8: spec.hooks.resources[0].pre[0].exec.command: "

static void advice_is_given_before_anything_runs(void **state) {
        static const struct {
                const char *yaml, *errors, *warnings;
        } cases[] = {
                { PRE("[/bin/sh, -c, 'a; b']"), "", "" },
                { PRE("[/usr/bin/freeze]"), "", "" },
                { PRE("['freeze all']"), "",
                  COMMAND "\"freeze all\" is looked for as one program: there is no shell (write "
                          "[\"/bin/sh\", \"-c\", \"…\"])" },
                { PRE("[/bin/bash, -c, echo, hello]"), "",
                  COMMAND "a shell runs the one word after -c; the words after it are only $0, $1, …" },
                { PRE("[sh, -c]"), "", COMMAND "-c has nothing to run" },
                { PRE("[sync, '&&', freeze]"), "",
                  COMMAND "\"&&\" is given to the program as it is: there is no shell" },
                { BACKUP "      pre: [{exec: {command: [freeze], timeout: 6m}}]\n", "",
                  AT ": it has pre hooks and no post hook: nothing undoes what they do\n" AT
                     ": its pre hooks may take 6m0s before they time out, and the application may be frozen "
                     "all that time" },
                { BACKUP "      pre: [{exec: {command: [fsfreeze, -f, /data]}}]\n      post: [{exec: "
                         "{command: [echo]}}]\n",
                  "",
                  AT
                  ": fsfreeze is in its pre hooks and not in its post hooks: the file system stays frozen" },
                { BACKUP, "", AT ": it has neither pre nor post hooks: nothing will run" },
                { BACKUP
                  "      post: [{exec: {command: [a]}}]\n    - name: h\n      excludedNamespaces: ['*']\n"
                  "      post: [{exec: {command: ['a|b']}}]\n",
                  "",
                  "line 10: spec.hooks.resources[1].excludedNamespaces: * excludes every namespace: nothing "
                  "will run\n"
                  "line 9: spec.hooks.resources[1].name: another entry is called \"h\": their results look "
                  "alike\n"
                  "line 11: spec.hooks.resources[1].post[0].exec.command: \"a|b\" is looked for as one "
                  "program: there is no "
                  "shell (write [\"/bin/sh\", \"-c\", \"…\"])" },
                { BACKUP
                  "      pre: [{exec: {command: [a], timeout: 300}}]\n      post: [{exec: {command: [b]}}]\n",
                  "line 8: spec.hooks.resources[0].pre[0].exec.timeout: \"300\" is not a duration: a unit is "
                  "missing (write "
                  "\"300s\")",
                  "" },
                { BACKUP
                  "      pre: [{exec: {command: [a], timeout: -5s}}]\n      post: [{exec: {command: [b]}}]\n",
                  "line 8: spec.hooks.resources[0].pre[0].exec.timeout: \"-5s\" is negative; expected a "
                  "duration such as \"30s\"",
                  "" },
                { "apiVersion: velero.io/v1\nkind: Backup\nmetadata: {name: b}\nspec: {}\n", "",
                  "line 4: spec.hooks: there are no hooks here; those in annotations of pods are not looked "
                  "at" },
                { RESTORE, "", "line 8: spec.hooks.resources[0]: it has no postHooks: nothing will run" },
                { RESTORE "      postHooks: [{exec: {command: ['a b']}}]\n", "",
                  "line 9: spec.hooks.resources[0].postHooks[0].exec.command: \"a b\" is looked for as one "
                  "program: there is "
                  "no shell (write [\"/bin/sh\", \"-c\", \"…\"])" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(error_clear) Error err = { 0 };
                AUTO(manifest_clear) Manifest manifest = { 0 };
                Faults faults = { .arena = &arena };

                if (!manifest_parse(str_of(c->yaml), "test", &manifest, &err))
                        fail_msg("%s", err.message);
                hook_lint(&manifest, &arena, &faults);
                CHECK_STR(faults_text(&faults, FAULT_ERROR, &arena).ptr, c->errors);
                CHECK_STR(faults_text(&faults, FAULT_WARNING, &arena).ptr, c->warnings);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(advice_is_given_before_anything_runs),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
