#include "hooks/restore_run_look.h"

#include "check.h"
#include "data/yaml.h"

static JsonVal *pod_of(const char *yaml, YamlDocs *docs) {
        AUTO(error_clear) Error err = { 0 };

        CHECK(yaml_parse(str_of(yaml), "pod", docs, &err));
        return yyjson_doc_get_root(docs->items[0].json);
}

static void a_container_is_up_or_it_is_said_why_not(void **state) {
        static const struct {
                const char *pod;
                bool is_running, is_ready, is_over;
                const char *why;
        } cases[] = {
                { "{status: {phase: Succeeded}}", false, false, true, "the pod has ended (Succeeded)" },
                { "{status: {phase: Failed}}", false, false, true, "the pod has ended (Failed)" },
                { "{status: {phase: Failed, reason: Evicted, message: the node was low on memory}}", false,
                  false, true, "the pod has ended (Failed): Evicted: the node was low on memory" },
                { "{status: {phase: Failed, initContainerStatuses: [{name: one, state: {terminated: "
                  "{exitCode: "
                  "1, reason: Error}}}]}}",
                  false, false, true,
                  "the pod has ended (Failed): init container \"one\": it has ended with exit code 1 "
                  "(Error)" },
                { "{status: {phase: Failed, containerStatuses: [{name: db, state: {terminated: {exitCode: "
                  "3}}}]}}",
                  false, false, true, "the pod has ended (Failed): it has ended with exit code 3" },
                { "{spec: {}}", false, false, false, "the pod is not scheduled yet" },
                { "{spec: {nodeName: n1}}", false, false, false, "the node has not started the pod yet" },
                { "{status: {conditions: [{type: Ready, status: 'False'}, {type: PodScheduled, status: "
                  "'False',"
                  " reason: Unschedulable, message: 0/3 nodes are available}]}}",
                  false, false, false, "Unschedulable: 0/3 nodes are available" },
                { "{spec: {nodeName: n1}, status: {conditions: [{type: PodScheduled, status: 'True'}]}}",
                  false, false, false, "the node has not started the pod yet" },
                { "{status: {containerStatuses: [{name: other}, {name: db, ready: true, state: {running: "
                  "{}}}]}}",
                  true, true, false, "" },
                { "{status: {containerStatuses: [{name: db, state: {running: {}}}]}}", true, false, false,
                  "it is running but not ready" },
                { "{status: {containerStatuses: [{name: db, state: {waiting: {reason: ImagePullBackOff, "
                  "message: "
                  "no such image}}}]}}",
                  false, false, false, "ImagePullBackOff: no such image" },
                { "{status: {containerStatuses: [{name: db, state: {waiting: {reason: "
                  "ContainerCreating}}}]}}",
                  false, false, false, "ContainerCreating" },
                { "{status: {containerStatuses: [{name: db, state: {waiting: {reason: CrashLoopBackOff, "
                  "message: "
                  "back-off 5m0s}}, lastState: {terminated: {exitCode: 2, reason: Error}}}]}}",
                  false, false, false, "CrashLoopBackOff: it has ended with exit code 2 (Error)" },
                { "{status: {containerStatuses: [{name: db, state: {}}]}}", false, false, false,
                  "the pod is not scheduled yet" },
                /* It is started again, unless the pod says otherwise. */
                { "{status: {containerStatuses: [{name: db, state: {terminated: {exitCode: 3, reason: "
                  "Error}}}]}}",
                  false, false, false, "it has ended with exit code 3 (Error)" },
                { "{spec: {restartPolicy: Always}, status: {containerStatuses: [{name: db, state: "
                  "{terminated: "
                  "{exitCode: 0}}}]}}",
                  false, false, false, "it has ended with exit code 0" },
                { "{spec: {restartPolicy: OnFailure}, status: {containerStatuses: [{name: db, state: "
                  "{terminated: {exitCode: 3}}}]}}",
                  false, false, false, "it has ended with exit code 3" },
                { "{spec: {restartPolicy: OnFailure}, status: {containerStatuses: [{name: db, state: "
                  "{terminated: {exitCode: 0, reason: Completed}}}]}}",
                  false, false, true, "it has ended with exit code 0 (Completed)" },
                { "{spec: {restartPolicy: Never}, status: {containerStatuses: [{name: db, state: "
                  "{terminated: "
                  "{exitCode: 3}}}]}}",
                  false, false, true, "it has ended with exit code 3" },
                /* A sidecar is an init container that goes on; it is always started again. */
                { "{spec: {restartPolicy: Never, initContainers: [{name: db, restartPolicy: Always}]}, "
                  "status: "
                  "{initContainerStatuses: [{name: db, ready: true, state: {running: {}}}]}}",
                  true, true, false, "" },
                { "{spec: {restartPolicy: Never, initContainers: [{name: db, restartPolicy: Always}]}, "
                  "status: "
                  "{initContainerStatuses: [{name: db, state: {terminated: {exitCode: 1}}}]}}",
                  false, false, false, "it has ended with exit code 1" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(yaml_docs_clear) YamlDocs docs = { 0 };
                AUTO(arena_clear) Arena arena = { 0 };
                ContainerLook look = restore_run_look(pod_of(c->pod, &docs), STR("db"), &arena);

                CHECK_STR(arena_copy(&arena, look.why).ptr, c->why);
                CHECK_INT(look.is_running, c->is_running);
                CHECK_INT(look.is_ready, c->is_ready);
                CHECK_INT(look.is_over, c->is_over);
        }
}

static void the_init_container_that_is_waited_for_is_named(void **state) {
        static const struct {
                const char *statuses, *why;
        } cases[] = {
                { "{name: one, state: {terminated: {exitCode: 0}}}, {name: two, state: {running: {}}}",
                  "init container \"two\": is running" },
                { "{name: one, state: {terminated: {exitCode: 1, reason: Error}}}, {name: two}",
                  "init container \"one\": it has ended with exit code 1 (Error)" },
                { "{name: one, state: {waiting: {reason: ErrImagePull, message: denied}}}",
                  "init container \"one\": ErrImagePull: denied" },
                /* A sidecar that has started holds nobody up; one that has not does. */
                { "{name: log, started: true, state: {running: {}}}, {name: two, state: {running: {}}}",
                  "init container \"two\": is running" },
                { "{name: log, started: false, state: {running: {}}}", "init container \"log\": is running" },
                { "{name: log, started: true, state: {waiting: {reason: CrashLoopBackOff}}}",
                  "init container \"log\": CrashLoopBackOff" },
                { "{name: one, started: true, state: {running: {}}}", "init container \"one\": is running" },
                { "{name: one, state: {terminated: {exitCode: 0}}}",
                  "its init containers have ended, it is about to start" },
                { "", "its init containers have ended, it is about to start" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(yaml_docs_clear) YamlDocs docs = { 0 };
                AUTO(arena_clear) Arena arena = { 0 };
                const char *pod = arena_printf(
                        &arena,
                        "{spec: {initContainers: [{name: one}, {name: log, restartPolicy: Always}]}, status: "
                        "{initContainerStatuses: [%s], containerStatuses: [{name: db, state: {waiting: "
                        "{reason: "
                        "PodInitializing}}}]}}",
                        c->statuses);
                ContainerLook look = restore_run_look(pod_of(pod, &docs), STR("db"), &arena);

                CHECK_STR(arena_copy(&arena, look.why).ptr, c->why);
                CHECK(!look.is_running && !look.is_over);
        }
}

static void a_long_reason_is_cut_between_two_characters(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        for (int start = 0; start < 3; start++) {
                AUTO(yaml_docs_clear) YamlDocs docs = { 0 };
                AUTO(buf_clear) Buf text = { 0 };

                buf_add(&text, STR("{status: {containerStatuses: [{name: db, state: {waiting: {reason: R, "
                                   "message: '"));
                for (int i = 0; i < start; i++)
                        buf_add_char(&text, 'x');
                for (int i = 0; i < 200; i++)
                        buf_add(&text, STR("\xe2\x82\xac")); /* three bytes */
                buf_add(&text, STR("'}}}]}}"));
                Str why = restore_run_look(pod_of(arena_copy(&arena, buf_str(&text)).ptr, &docs), STR("db"),
                                           &arena)
                                  .why;

                CHECK(str_starts_with(why, STR("R: ")) && str_ends_with(why, STR("\xe2\x82\xac")));
                CHECK_INT(why.len, 3 + 300 - (start ? 3 - start : 0));
        }
}

static void a_controller_says_how_many_pods_it_wants(void **state) {
        static const struct {
                const char *controller;
                int64_t wanted;
        } cases[] = {
                { "{kind: Deployment, spec: {}}", 1 },
                { "{kind: Deployment, spec: {replicas: 2, paused: true}}", 0 },
                { "{kind: StatefulSet, spec: {replicas: 3}}", 3 },
                { "{kind: ReplicaSet, spec: {replicas: 0}}", 0 },
                { "{kind: DaemonSet, spec: {}}", -1 }, /* only the cluster knows */
                { "{kind: Job, spec: {}}", 1 },
                { "{kind: Job, spec: {parallelism: 4}}", 4 },
                { "{kind: Job, spec: {parallelism: 4, completions: 2}}", 2 },
                { "{kind: Job, spec: {parallelism: 2, completions: 4}}", 2 },
                { "{kind: Job, spec: {parallelism: 2, suspend: true}}", 0 },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(yaml_docs_clear) YamlDocs docs = { 0 };

                CHECK_INT(restore_run_wanted_pods(pod_of(c->controller, &docs)), c->wanted);
        }
}

static void a_template_becomes_the_pod_that_hooks_are_chosen_by(void **state) {
        static const struct {
                const char *controller, *pod;
        } cases[] = {
                { "{metadata: {name: web, namespace: shop}, spec: {template: {metadata: {labels: {app: web}, "
                  "annotations: {a: b}}, spec: {containers: []}}}}",
                  "{\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\",\"labels\":{\"app\":\"web\"},"
                  "\"annotations\":{\"a\":\"b\"}},\"spec\":{\"containers\":[]}}" },
                { "{metadata: {name: web, namespace: shop}}",
                  "{\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"}}" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(yaml_docs_clear) YamlDocs docs = { 0 };
                AUTO_JSON *pod = restore_run_template_pod(pod_of(c->controller, &docs));
                AUTO(buf_clear) Buf text = { 0 };

                json_write(yyjson_doc_get_root(pod), &text);
                CHECK(str_equal(buf_str(&text), str_of(c->pod)));
        }
}

static void the_owner_of_a_pod_is_its_controller_or_the_deployment_behind_it(void **state) {
        static const struct {
                const char *metadata, *kind, *name, *deployment;
        } cases[] = {
                { "{}", "", "", "" },
                { "{ownerReferences: [{kind: Job, name: j}]}", "", "", "" },
                { "{ownerReferences: [{kind: Foo, name: f}, {kind: Job, name: j, controller: true}]}", "Job",
                  "j", "" },
                { "{labels: {pod-template-hash: 5d9}, ownerReferences: [{kind: ReplicaSet, name: web-5d9, "
                  "controller: true}]}",
                  "ReplicaSet", "web-5d9", "web" },
                { "{labels: {pod-template-hash: 5d9}, ownerReferences: [{kind: StatefulSet, name: web-5d9, "
                  "controller: true}]}",
                  "StatefulSet", "web-5d9", "" },
                { "{labels: {pod-template-hash: 5d9}, ownerReferences: [{kind: ReplicaSet, name: web5d9, "
                  "controller: true}]}",
                  "ReplicaSet", "web5d9", "" },
                { "{labels: {pod-template-hash: 5d9}, ownerReferences: [{kind: ReplicaSet, name: '-5d9', "
                  "controller: true}]}",
                  "ReplicaSet", "-5d9", "" },
                { "{labels: {pod-template-hash: 5d9}, ownerReferences: [{kind: ReplicaSet, name: web, "
                  "controller: true}]}",
                  "ReplicaSet", "web", "" },
                { "{ownerReferences: [{kind: ReplicaSet, name: web-5d9, controller: true}]}", "ReplicaSet",
                  "web-5d9", "" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(yaml_docs_clear) YamlDocs docs = { 0 };
                AUTO(arena_clear) Arena arena = { 0 };
                PodOwner owner =
                        restore_run_owner(pod_of(arena_printf(&arena, "{metadata: %s}", c->metadata), &docs));

                CHECK(str_equal(owner.kind, str_of(c->kind)));
                CHECK(str_equal(owner.name, str_of(c->name)));
                CHECK(str_equal(owner.deployment, str_of(c->deployment)));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_container_is_up_or_it_is_said_why_not),
                cmocka_unit_test(the_init_container_that_is_waited_for_is_named),
                cmocka_unit_test(a_long_reason_is_cut_between_two_characters),
                cmocka_unit_test(a_controller_says_how_many_pods_it_wants),
                cmocka_unit_test(a_template_becomes_the_pod_that_hooks_are_chosen_by),
                cmocka_unit_test(the_owner_of_a_pod_is_its_controller_or_the_deployment_behind_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
