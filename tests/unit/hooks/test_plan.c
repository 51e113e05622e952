#include "hooks/plan.h"

#include "base/mem.h"
#include "check.h"
#include "quoted_json.h"

typedef struct Planned {
        Arena arena;
        Faults faults;
        JsonDoc *spec_doc, *pod;
        HookSpec spec;
        PodPlan plan;
} Planned;

static void planned_clear(Planned *planned) {
        yyjson_doc_free(planned->spec_doc);
        yyjson_doc_free(planned->pod);
        arena_clear(&planned->arena);
}

static void read_spec(Planned *p, const char *hooks, bool is_restore) {
        p->faults.arena = &p->arena;
        p->spec_doc = quoted_json(hooks);
        JsonVal *root = yyjson_doc_get_root(p->spec_doc);
        p->spec = is_restore ? hook_spec_decode_restore(root, STR("spec.hooks"), &p->arena, &p->faults)
                             : hook_spec_decode_backup(root, STR("spec.hooks"), &p->arena, &p->faults);
        assert_int_equal(p->faults.errors, 0);
}

static void plan(Planned *p, const char *hooks, const char *pod, bool is_restore) {
        read_spec(p, hooks, is_restore);
        p->pod = quoted_json(pod);
        JsonVal *root = yyjson_doc_get_root(p->pod);
        p->plan = is_restore ? hook_plan_restore(&p->spec, root, &p->arena, &p->faults)
                             : hook_plan_backup(&p->spec, root, &p->arena, &p->faults);
}

static void describe_calls(const char *phase, const HookCall *calls, size_t len, Buf *into) {
        for (size_t i = 0; i < len; i++) {
                buf_printf(into, "%s " STR_FMT " in " STR_FMT ":", phase, STR_ARG(calls[i].name),
                           STR_ARG(calls[i].container));
                for (size_t k = 0; k < calls[i].command.len; k++)
                        buf_printf(into, " <" STR_FMT ">", STR_ARG(calls[i].command.items[k]));
                buf_printf(into, " %s %lldms\n", calls[i].on_error == ON_ERROR_FAIL ? "Fail" : "Continue",
                           (long long) calls[i].timeout_ms);
        }
}

static const char *describe(Planned *p) {
        AUTO(buf_clear) Buf text = { 0 };

        describe_calls("pre", p->plan.pre, p->plan.pre_len, &text);
        describe_calls("post", p->plan.post, p->plan.post_len, &text);
        describe_calls("exec", p->plan.execs, p->plan.execs_len, &text);
        for (size_t i = 0; i < p->plan.skips_len; i++) {
                const HookSkip *skip = &p->plan.skips[i];

                buf_printf(&text, "skip %s " STR_FMT ": " STR_FMT "%s\n", hook_phase_name(skip->phase),
                           STR_ARG(skip->name), STR_ARG(skip->reason), skip->is_fault ? " (fault)" : "");
        }
        return arena_copy(&p->arena, buf_str(&text)).ptr;
}

static const char *warnings(Planned *p) {
        return faults_text(&p->faults, FAULT_WARNING, &p->arena).ptr;
}

#define POD(metadata, spec, status)                                                                          \
        "{'metadata':{'name':'db-0','namespace':'shop','uid':'u1'" metadata "},'spec':{'nodeName':'n1'" spec \
        "},'status':{'phase':'Running'" status "}}"
#define TWO ",'containers':[{'name':'main'},{'name':'side'}]"
#define POD_WITH(annotations) POD(",'annotations':{" annotations "}", TWO, "")
#define NONE "{}"
#define HOOKS                                                                                                \
        "{'resources':[{'name':'one','pre':[{'exec':{'command':['freeze','-a']}},{'exec':{'container':'"     \
        "side',"                                                                                             \
        "'command':['flush'],'onError':'Continue','timeout':'5s'}}],'post':[{'exec':{'command':['thaw']}}]}" \
        "]}"

static void as_velero_carries_it_out_an_on_error_that_is_absent_or_wrong_goes_on(void **state) {
        static const struct {
                const char *annotations, *plan;
                bool is_restore;
        } cases[] = {
                { "",
                  "pre one in main: <a> Continue 30000ms\npre one in main: <b> Fail 30000ms\n"
                  "post one in main: <c> Continue 30000ms\n",
                  false },
                { "", "exec two in main: <d> Continue 30000ms\nexec two in main: <e> Fail 30000ms\n", true },
                { "'pre.hook.backup.velero.io/command':'x','post.hook.backup.velero.io/command':'y',"
                  "'post.hook.backup.velero.io/on-error':'fail'",
                  "pre <from-annotation> in main: <x> Continue 30000ms\n"
                  "post <from-annotation> in main: <y> Continue 30000ms\n"
                  "skip pre one: annotation pre.hook.backup.velero.io/command overrides it\n"
                  "skip pre one: annotation pre.hook.backup.velero.io/command overrides it\n"
                  "skip post one: annotation post.hook.backup.velero.io/command overrides it\n",
                  false },
        };
        static const char *const hooks[] = { "{'resources':[{'name':'one','pre':[{'exec':{'command':['a']}},{"
                                             "'exec':{'command':['b'],'onError':"
                                             "'Fail'}}],'post':[{'exec':{'command':['c'],'onError':''}}]}]}",
                                             "{'resources':[{'name':'two','postHooks':[{'exec':{'command':['"
                                             "d']}},{'exec':{'command':['e'],"
                                             "'onError':'Fail'}}]}]}" };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(planned_clear) Planned p = { 0 };
                AUTO_FREE char *pod = xasprintf(POD_WITH("%s"), c->annotations);

                read_spec(&p, hooks[c->is_restore], c->is_restore);
                hook_spec_take_velero_defaults(&p.spec);
                p.pod = quoted_json(pod);
                JsonVal *root = yyjson_doc_get_root(p.pod);
                p.plan = c->is_restore ? hook_plan_restore(&p.spec, root, &p.arena, &p.faults)
                                       : hook_plan_backup(&p.spec, root, &p.arena, &p.faults);
                assert_string_equal(describe(&p), c->plan);
        }
        AUTO(planned_clear) Planned p = { 0 };
        read_spec(&p, NONE, false);
        hook_spec_take_velero_defaults(&p.spec);
        p.pod = quoted_json(
                POD_WITH("'pre.hook.backup.velero.io/command':'x','pre.hook.backup.velero.io/on-error'"
                         ":'fail'"));
        p.plan = hook_plan_backup(&p.spec, yyjson_doc_get_root(p.pod), &p.arena, &p.faults);
        assert_non_null(strstr(warnings(&p), "\"fail\" is neither Continue nor Fail: Continue is taken"));
}

static void annotations_are_read_as_velero_reads_them(void **state) {
        static const struct {
                const char *annotations, *plan, *warnings;
        } cases[] = {
                { "", "", "" },
                { "'pre.hook.backup.velero.io/command':'/bin/a b'",
                  "pre <from-annotation> in main: </bin/a b> Fail 30000ms\n", "" },
                { "'hook.backup.velero.io/command':'old'",
                  "pre <from-annotation> in main: <old> Fail 30000ms\n", "" },
                { "'pre.hook.backup.velero.io/command':'','hook.backup.velero.io/command':'old'",
                  "pre <from-annotation> in main: <old> Fail 30000ms\n",
                  "pods/shop/db-0: metadata.annotations[pre.hook.backup.velero.io/command]: is empty, so it "
                  "has no effect" },
                { "'pre.hook.backup.velero.io/command':'new','hook.backup.velero.io/command':'old'",
                  "pre <from-annotation> in main: <new> Fail 30000ms\n",
                  "pods/shop/db-0: metadata.annotations[hook.backup.velero.io/command]: has no effect: "
                  "pre.hook.backup.velero.io/command is there too" },
                { "'pre.hook.backup.velero.io/command':'[\\\"/bin/sh\\\",\\\"-c\\\",\\\"a; b\\\"]',"
                  "'pre.hook.backup.velero.io/container':'side','pre.hook.backup.velero.io/"
                  "on-error':'Continue',"
                  "'pre.hook.backup.velero.io/timeout':'1m30s'",
                  "pre <from-annotation> in side: </bin/sh> <-c> <a; b> Continue 90000ms\n", "" },
                { "'post.hook.backup.velero.io/command':' [\\\"a\\\"]'",
                  "post <from-annotation> in main: < [\"a\"]> Fail 30000ms\n", "" },
                { "'post.hook.backup.velero.io/command':'[a]'",
                  "post <from-annotation> in main: <[a]> Fail 30000ms\n",
                  "pods/shop/db-0: metadata.annotations[post.hook.backup.velero.io/command]: starts with [ "
                  "and is not a "
                  "JSON list of strings: the whole text is taken as one word" },
                { "'post.hook.backup.velero.io/command':'[1]'",
                  "post <from-annotation> in main: <[1]> Fail 30000ms\n",
                  "pods/shop/db-0: metadata.annotations[post.hook.backup.velero.io/command]: starts with [ "
                  "and is not a "
                  "JSON list of strings: the whole text is taken as one word" },
                { "'post.hook.backup.velero.io/command':'[]'",
                  "skip post <from-annotation>: a command is required (fault)\n", "" },
                { "'pre.hook.backup.velero.io/command':'a','pre.hook.backup.velero.io/timeout':'300'",
                  "pre <from-annotation> in main: <a> Fail 30000ms\n",
                  "pods/shop/db-0: metadata.annotations[pre.hook.backup.velero.io/timeout]: \"300\" is not a "
                  "duration: a "
                  "unit is missing (write \"300s\"); 30s is taken" },
                { "'pre.hook.backup.velero.io/command':'a','pre.hook.backup.velero.io/timeout':'9h'",
                  "pre <from-annotation> in main: <a> Fail 14400000ms\n",
                  "pods/shop/db-0: metadata.annotations[pre.hook.backup.velero.io/timeout]: \"9h\" is over "
                  "the limit: "
                  "4h0m0s is taken" },
                { "'pre.hook.backup.velero.io/command':'a','pre.hook.backup.velero.io/timeout':'-5s'",
                  "pre <from-annotation> in main: <a> Fail 30000ms\n",
                  "pods/shop/db-0: metadata.annotations[pre.hook.backup.velero.io/timeout]: \"-5s\" is "
                  "negative; 30s is taken" },
                { "'pre.hook.backup.velero.io/command':'a','pre.hook.backup.velero.io/on-error':'continue'",
                  "pre <from-annotation> in main: <a> Fail 30000ms\n",
                  "pods/shop/db-0: metadata.annotations[pre.hook.backup.velero.io/on-error]: \"continue\" is "
                  "neither "
                  "Continue nor Fail: Fail is taken" },
                { "'pre.hook.backup.velero.io/comand':'a'", "",
                  "pods/shop/db-0: metadata.annotations[pre.hook.backup.velero.io/comand]: not a hook "
                  "annotation: did you "
                  "mean \"pre.hook.backup.velero.io/command\"?" },
                { "'pre.hooks.backup.velero.io/command':'a'", "",
                  "pods/shop/db-0: metadata.annotations[pre.hooks.backup.velero.io/command]: not a hook "
                  "annotation: did you "
                  "mean \"pre.hook.backup.velero.io/command\"?" },
                { "'during.hook.backup.velero.io/everything':'a'", "",
                  "pods/shop/db-0: metadata.annotations[during.hook.backup.velero.io/everything]: not a hook "
                  "annotation, so "
                  "it has no effect" },
                { "'post.hook.backup.velero.io/container':'side'", "",
                  "pods/shop/db-0: metadata.annotations[post.hook.backup.velero.io/container]: has no "
                  "effect: there is no "
                  "post.hook.backup.velero.io/command" },
                { "'backup.velero.io/backup-volumes':'data','webhook.example.com/x':'y'", "", "" },
                { "'pre.hook.backup.velero.io/command':'a','pre.hook.backup.velero.io/container':'nope'",
                  "skip pre <from-annotation>: no such container: \"nope\" (the pod has main, side) "
                  "(fault)\n",
                  "" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(planned_clear) Planned p = { 0 };
                AUTO_FREE char *pod =
                        xasprintf("%s%s%s", "{'metadata':{'name':'db-0','namespace':'shop','annotations':{",
                                  c->annotations,
                                  "}},'spec':{"
                                  "'nodeName':'n'" TWO "}}");

                plan(&p, NONE, pod, false);
                CHECK_STR(describe(&p), c->plan);
                CHECK_STR(warnings(&p), c->warnings);
        }
}

static void hooks_of_the_spec_apply_in_order_to_the_pods_that_match(void **state) {
        static const struct {
                const char *hooks, *pod, *plan;
        } cases[] = {
                { HOOKS, POD("", TWO, ""),
                  "pre one in main: <freeze> <-a> Fail 30000ms\npre one in side: <flush> Continue 5000ms\n"
                  "post one in main: <thaw> Fail 30000ms\n" },
                { HOOKS, POD_WITH("'pre.hook.backup.velero.io/command':'mine'"),
                  "pre <from-annotation> in main: <mine> Fail 30000ms\npost one in main: <thaw> Fail "
                  "30000ms\n"
                  "skip pre one: annotation pre.hook.backup.velero.io/command overrides it\n"
                  "skip pre one: annotation pre.hook.backup.velero.io/command overrides it\n" },
                { HOOKS,
                  "{'metadata':{'name':'p','namespace':'n'},'spec':{'containers':[{'name':'a'}]},"
                  "'status':{'phase':'Succeeded'}}",
                  "skip pre one: the pod has ended (Succeeded)\nskip pre one: the pod has ended (Succeeded)\n"
                  "skip post one: the pod has ended (Succeeded)\n" },
                { HOOKS, "{'metadata':{'name':'p','namespace':'n'}}",
                  "skip pre one: the pod has no containers (fault)\n"
                  "skip pre one: no such container: \"side\" (the pod has ) (fault)\n"
                  "skip post one: the pod has no containers (fault)\n" },
                { "{'resources':[{'name':'a','includedNamespaces':['other'],'pre':[{'exec':{'command':['x']}}"
                  "]},"
                  "{'name':'b','excludedNamespaces':['sh*'],'pre':[{'exec':{'command':['x']}}]},"
                  "{'name':'c','includedNamespaces':['s*p'],'pre':[{'exec':{'command':['x']}}]},"
                  "{'name':'d','labelSelector':{'matchLabels':{'app':'web'}},'pre':[{'exec':{'command':['x']}"
                  "}]},"
                  "{'name':'e','labelSelector':{'matchExpressions':[{'key':'app','operator':'In','values':['"
                  "db']}]},"
                  "'pre':[{'exec':{'command':['x']}}]},"
                  "{'name':'f','includedResources':['deployments'],'pre':[{'exec':{'command':['x']}}]}]}",
                  POD(",'labels':{'app':'db'}", TWO, ""),
                  "pre c in main: <x> Fail 30000ms\npre e in main: <x> Fail 30000ms\n" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(planned_clear) Planned p = { 0 };

                plan(&p, c->hooks, c->pod, false);
                CHECK_STR(describe(&p), c->plan);
        }
}

static void native_sidecars_count_as_containers_and_init_containers_do_not(void **state) {
        static const char *hooks =
                "{'resources':[{'name':'h','pre':[{'exec':{'container':'proxy','command':['a']}},"
                "{'exec':{'container':'setup','command':['b']}}]}]}";
        AUTO(planned_clear) Planned p = { 0 };

        (void) state;
        plan(&p, hooks,
             POD("", ",'initContainers':[{'name':'setup'},{'name':'proxy','restartPolicy':'Always'}]" TWO,
                 ",'initContainerStatuses':[{'name':'proxy','restartCount':3}]"),
             false);
        CHECK_STR(describe(&p),
                  "pre h in proxy: <a> Fail 30000ms\n"
                  "skip pre h: no such container: \"setup\" (the pod has main, side, proxy) (fault)\n");
        CHECK_INT(p.plan.pre[0].restarts, 3);
}

static void a_plan_knows_its_pod(void **state) {
        AUTO(planned_clear) Planned p = { 0 };

        (void) state;
        plan(&p, HOOKS,
             POD("",
                 TWO ",'volumes':[{'name':'a','persistentVolumeClaim':{'claimName':'data'}},{'name':'b','"
                     "emptyDir':{}},"
                     "{'name':'c','ephemeral':{}}]",
                 ",'containerStatuses':[{'name':'main','restartCount':2}]"),
             false);
        CHECK(str_equal(p.plan.namespace, STR("shop")));
        CHECK(str_equal(p.plan.name, STR("db-0")));
        CHECK(str_equal(p.plan.uid, STR("u1")));
        CHECK(str_equal(p.plan.node, STR("n1")));
        CHECK_STR(strs_join(&p.plan.volume_claims, STR(" "), &p.arena).ptr, "data db-0-c");
        CHECK_INT(p.plan.pre[0].restarts, 2);
        CHECK_INT(p.plan.pre[1].restarts, -1);
        CHECK_INT(p.plan.pre[1].index, 1);
}

static void restore_hooks_come_from_the_annotation_or_the_spec(void **state) {
        static const char *hooks =
                "{'resources':[{'name':'r','postHooks':[{'init':{'initContainers':[{'name':'i','image':'i','"
                "command':['c']}]}},"
                "{'exec':{'command':['load'],'execTimeout':'1m','waitTimeout':'2m','waitForReady':true}},"
                "{'exec':{'container':'side','command':['check'],'onError':'Continue'}}]}]}";
        AUTO(planned_clear) Planned p = { 0 };
        AUTO(planned_clear) Planned q = { 0 };

        (void) state;
        plan(&p, hooks, POD("", TWO, ""), true);
        CHECK_STR(describe(&p),
                  "exec r in main: <load> Fail 60000ms\nexec r in side: <check> Continue 30000ms\n");
        CHECK_INT(p.plan.execs[0].index, 1);
        CHECK_INT(p.plan.execs[0].wait_timeout_ms, 120000);
        CHECK(p.plan.execs[0].wait_for_ready);
        CHECK_INT(p.plan.execs[1].wait_timeout_ms, HOOK_WAIT_DEFAULT_MS);

        plan(&q, hooks,
             POD_WITH("'post.hook.restore.velero.io/command':'[\\\"x\\\"]','post.hook.restore.velero.io/"
                      "exec-timeout':'7s',"
                      "'post.hook.restore.velero.io/wait-timeout':'5','post.hook.restore.velero.io/"
                      "wait-for-ready':'T',"
                      "'post.hook.restore.velero.io/timeout':'8s'"),
             true);
        CHECK_STR(describe(&q), "exec <from-annotation> in main: <x> Fail 7000ms\n"
                                "skip exec r: annotation post.hook.restore.velero.io/command overrides it\n"
                                "skip exec r: annotation post.hook.restore.velero.io/command overrides it\n");
        CHECK(q.plan.execs[0].wait_for_ready);
        CHECK_INT(q.plan.execs[0].wait_timeout_ms, HOOK_WAIT_DEFAULT_MS);
        CHECK_STR(warnings(&q),
                  "pods/shop/db-0: metadata.annotations[post.hook.restore.velero.io/wait-timeout]: \"5\" is "
                  "not a duration: a "
                  "unit is missing (write \"5s\"); 10m0s is taken\n"
                  "pods/shop/db-0: metadata.annotations[post.hook.restore.velero.io/timeout]: not a hook "
                  "annotation, so it "
                  "has no effect");
}

static const char *init_names(Planned *p, const char *hooks, const char *pod, size_t *ret_count) {
        AUTO_JSON *doc = quoted_json(pod);
        AUTO_JSON_MUT *copy = yyjson_doc_mut_copy(doc, NULL);
        AUTO(buf_clear) Buf names = { 0 };
        size_t i, max;
        JsonMutVal *container;

        read_spec(p, hooks, true);
        JsonMutVal *root = yyjson_mut_doc_get_root(copy);
        *ret_count = hook_plan_init(&p->spec, STR("shop"), copy, root, &p->arena, &p->faults);
        yyjson_mut_arr_foreach(json_mut_at(root, "spec", "initContainers"), i, max, container) {
                json_write_mut(container, &names);
                buf_add_char(&names, '\n');
        }
        return arena_copy(&p->arena, buf_str(&names)).ptr;
}

#define INIT_HOOK                                                                                            \
        "{'resources':[{'name':'i','postHooks':[{'init':{'initContainers':[{'name':'a','image':'x','"        \
        "command':['c'],"                                                                                    \
        "'env':[{'name':'K'}]},{'name':'b','image':'y','command':['d']}]}}]}]}"

static void init_hooks_are_put_first_and_replace_what_has_their_name(void **state) {
        static const struct {
                const char *hooks, *pod;
                size_t count;
                const char *containers;
        } cases[] = {
                { INIT_HOOK, "{'spec':{}}", 2,
                  "{\"name\":\"a\",\"image\":\"x\",\"command\":[\"c\"],\"env\":[{\"name\":\"K\"}]}\n"
                  "{\"name\":\"b\",\"image\":\"y\",\"command\":[\"d\"]}\n" },
                { INIT_HOOK,
                  "{'spec':{'initContainers':[{'name':'own'},{'name':'a','image':'old'},{'name':'restore-"
                  "wait'}]}}",
                  2,
                  "{\"name\":\"restore-wait\"}\n{\"name\":\"a\",\"image\":\"x\",\"command\":[\"c\"],\"env\":["
                  "{\"name\":\"K\"}]}\n"
                  "{\"name\":\"b\",\"image\":\"y\",\"command\":[\"d\"]}\n{\"name\":\"own\"}\n" },
                { INIT_HOOK,
                  "{'metadata':{'annotations':{'init.hook.restore.velero.io/container-image':'z',"
                  "'init.hook.restore.velero.io/command':'[\\\"/bin/"
                  "ash\\\",\\\"-c\\\"]'}},'spec':{'initContainers':["
                  "{'name':'grapnel-restore-init'},{'name':'velero-restore-init-1a2b3c4d'},{'name':'velero-"
                  "restore-init-mine'}]}}",
                  1,
                  "{\"name\":\"grapnel-restore-init\",\"image\":\"z\",\"command\":[\"/bin/ash\",\"-c\"]}\n"
                  "{\"name\":\"velero-restore-init-mine\"}\n" },
                { INIT_HOOK,
                  "{'metadata':{'annotations':{'init.hook.restore.velero.io/container-image':'z',"
                  "'init.hook.restore.velero.io/"
                  "container-name':'mine'}},'spec':{'initContainers':[{'name':'mine'}]}}",
                  1, "{\"name\":\"mine\",\"image\":\"z\"}\n" },
                { "{}", "{'spec':{'initContainers':[{'name':'own'},{'name':'restore-wait'}]}}", 0,
                  "{\"name\":\"own\"}\n{\"name\":\"restore-wait\"}\n" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(planned_clear) Planned p = { 0 };
                size_t count;

                CHECK_STR(init_names(&p, c->hooks, c->pod, &count), c->containers);
                CHECK_INT(count, c->count);
        }
}

static void init_containers_of_one_name_in_two_hooks_are_put_in_once(void **state) {
        static const char *hooks = "{'resources':[{'name':'one','postHooks':[{'init':{'initContainers':[{'"
                                   "name':'a','image':'x','command':['c']}]}}]},"
                                   "{'name':'two','postHooks':[{'init':{'initContainers':[{'name':'a','image'"
                                   ":'y','command':['c']}]}}]}]}";
        AUTO(planned_clear) Planned p = { 0 };
        size_t count;

        (void) state;
        CHECK_STR(init_names(&p, hooks, "{'metadata':{'name':'web'},'spec':{}}", &count),
                  "{\"name\":\"a\",\"image\":\"x\",\"command\":[\"c\"]}\n");
        CHECK_INT(count, 1);
        CHECK_STR(
                warnings(&p),
                "pods/shop/web: init container \"a\" of hook \"two\" is left out: an earlier hook has one of "
                "that name");
}

static PodPlan pod_with(const char *namespace, const char *name, const char *claims, Arena *arena) {
        PodPlan pod = { .namespace = str_of(namespace), .name = str_of(name) };

        strs_split(str_of(claims), ',', arena, &pod.volume_claims);
        return pod;
}

static const char *describe_groups(const PodPlan *plans, size_t len, Arena *arena) {
        AUTO(buf_clear) Buf text = { 0 };
        PodGroups groups = hook_groups(plans, len, arena);

        for (size_t i = 0; i < groups.len; i++)
                for (size_t k = 0; k < groups.items[i].len; k++)
                        buf_printf(&text, STR_FMT "%s", STR_ARG(groups.items[i].pods[k]->name),
                                   k + 1 < groups.items[i].len ? "+" : " ");
        return arena_copy(arena, buf_str(&text)).ptr;
}

static void pods_that_share_a_claim_form_a_group(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const PodPlan plans[] = {
                pod_with("a", "p1", "x", &arena), pod_with("a", "p2", "y", &arena),
                pod_with("b", "p3", "x", &arena), pod_with("a", "p4", "z,y", &arena),
                pod_with("a", "p5", "", &arena),  pod_with("a", "p6", "z,x", &arena),
        };

        (void) state;
        CHECK_STR(describe_groups(plans, 0, &arena), "");
        CHECK_STR(describe_groups(plans, 5, &arena), "p1 p2+p4 p3 p5 ");
        CHECK_STR(describe_groups(plans, 6, &arena), "p1+p2+p4+p6 p3 p5 ");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(annotations_are_read_as_velero_reads_them),
                cmocka_unit_test(as_velero_carries_it_out_an_on_error_that_is_absent_or_wrong_goes_on),
                cmocka_unit_test(hooks_of_the_spec_apply_in_order_to_the_pods_that_match),
                cmocka_unit_test(native_sidecars_count_as_containers_and_init_containers_do_not),
                cmocka_unit_test(a_plan_knows_its_pod),
                cmocka_unit_test(restore_hooks_come_from_the_annotation_or_the_spec),
                cmocka_unit_test(init_hooks_are_put_first_and_replace_what_has_their_name),
                cmocka_unit_test(init_containers_of_one_name_in_two_hooks_are_put_in_once),
                cmocka_unit_test(pods_that_share_a_claim_form_a_group),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
