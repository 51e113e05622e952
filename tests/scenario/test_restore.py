"""Restore: objects come back as they were, hooks run in what came back."""

import json
import time

from test_hooks import FREEZE  # noqa: F401

RESTORE = """
apiVersion: velero.io/v1
kind: Restore
metadata: {name: %s, namespace: velero}
spec:
  backupName: b
  hooks:
    resources:
    - name: after
      labelSelector: {matchLabels: {app: db}}
      postHooks:
%s
"""


def backed_up(world):
    world.api.namespace("shop", labels={"team": "ops"})
    world.api.pod("shop", "db-0", containers=("main", "side"), labels={"app": "db"})
    world.api.pod("shop", "web", labels={"app": "web"})
    world.api.create("ConfigMap", "shop", "settings", data={"big": "12345678901234567890"})
    world.api.create("ServiceAccount", "shop", "pilot")
    world.backup("b", "--include-namespaces", "shop")
    world.new_cluster()


def restore(world, name, hooks, code=0, *argv):
    file = world.file(name + ".yaml", RESTORE % (name, "\n".join("      - " + h for h in hooks)))
    return world.run("restore", "run", "-f", file, "--from", world.store, *argv, code=code)


def pod(world, name, namespace="shop"):
    return world.api.storage.get(world.api.kind("Pod"), namespace, name)


def test_objects_come_back_with_the_labels_of_the_restore(world):
    backed_up(world)
    world.restore("r", "b")
    settings = world.api.storage.get(world.api.kind("ConfigMap"), "shop", "settings")
    assert settings["data"] == {"big": "12345678901234567890"}
    assert settings["metadata"]["labels"] == {"velero.io/backup-name": "b", "velero.io/restore-name": "r"}
    namespace = world.api.storage.get(world.api.kind("Namespace"), "", "shop")
    assert namespace["metadata"]["labels"]["team"] == "ops"
    assert "nodeName" not in pod(world, "web")["spec"]


def test_a_namespace_mapping_moves_everything(world):
    backed_up(world)
    world.restore("r", "b", "--namespace-mappings", "shop:copy")
    assert pod(world, "web", "copy")
    assert not any(ns == "shop" for ns, _ in world.api.storage.objects[("", "pods")])


def test_resources_are_restored_in_the_order_that_is_asked_for(world):
    backed_up(world)
    for i, (argv, order) in enumerate([([], ["serviceaccounts", "configmaps", "pods"]),
                        (["--restore-resource-priorities", "pod,cm"], ["pods", "configmaps", "serviceaccounts"]),
                        (["--restore-resource-priorities", "sa,-,configmaps"], ["serviceaccounts", "pods", "configmaps"])]):
        world.new_cluster()
        world.restore(f"r{i}", "b", *argv)
        made = [r.rsplit("/", 1)[1] for r in world.api.requests if r.startswith("POST /api/v1/namespaces/shop/")]
        assert list(dict.fromkeys(made)) == order, (argv, made)


def test_a_namespace_on_its_way_out_is_waited_for_as_long_as_is_asked_for(world):
    backed_up(world)
    world.api.create("Namespace", "", "shop", status={"phase": "Terminating"})
    run = world.run("restore", "run", "r", "--backup", "b", "--from", world.store, "--terminating-resource-timeout", "1s", code=2)
    assert 'namespace "shop" is being deleted, and still was after 1s' in run.out + run.err, run.out + run.err


def test_exec_hooks_run_in_order_and_are_reported(world):
    backed_up(world)
    restore(world, "r", ["exec: {command: [echo, one]}", "exec: {command: [echo, two], container: main}", "exec: {command: [echo, three], container: side}"])
    ran = world.api.commands("shop", "db-0")
    assert ran.index("echo one") < ran.index("echo two") and "echo three" in ran, ran
    assert world.api.commands("shop", "web") == []
    assert [h["outcome"] for h in world.hooks("r", "restores")] == ["Succeeded"] * 3


def test_a_failing_hook_of_one_pod_changes_nothing_for_another(world):
    world.api.namespace("shop")
    for i in range(4):
        world.api.pod("shop", f"db-{i}", labels={"app": "db"},
                      annotations={"post.hook.restore.velero.io/command": '["exit","3"]'} if i == 0 else {})
    world.backup("b", "--include-namespaces", "shop")
    world.new_cluster()
    restore(world, "r", ["exec: {command: [sleep, '0.3']}", "exec: {command: [echo, done]}"], 2)
    for i in range(1, 4):
        assert world.api.commands("shop", f"db-{i}") == ["sleep 0.3", "echo done"], i
    outcomes = sorted(h["outcome"] for h in world.hooks("r", "restores"))
    assert outcomes == ["Failed"] + ["Skipped"] * 2 + ["Succeeded"] * 6, outcomes  # the annotation overrides two


def test_an_annotation_of_a_template_runs_in_the_pods_that_its_controller_makes(world):
    own = {"labels": {"app": "web"}, "annotations": {"post.hook.restore.velero.io/command": '["echo","own"]'}}
    containers = [{"name": "main", "image": "busybox:1"}]
    world.api.namespace("shop")
    world.api.create("Deployment", "shop", "web", spec={"replicas": 2, "selector": {"matchLabels": {"app": "web"}},
                                                        "template": {"metadata": own, "spec": {"containers": containers}}})
    world.backup("b", "--include-namespaces", "shop")
    world.new_cluster()
    process = world.start("restore", "run", "r", "--from", world.store, "--backup", "b")
    world.wait_until(lambda: world.api.storage.objects.get(("apps", "deployments")))
    owner = [{"kind": "ReplicaSet", "name": "web-5f", "controller": True}]
    for i in range(2):
        world.api.create("Pod", "shop", f"web-5f-{i}", spec={"nodeName": "node-1", "containers": containers},
                         metadata={**own, "labels": {"app": "web", "pod-template-hash": "5f"}, "ownerReferences": owner})
        world.api.run_pod("shop", f"web-5f-{i}")
    run = world.finish(process)
    assert run.code == 0, run.err
    assert [world.api.commands("shop", f"web-5f-{i}") for i in range(2)] == [["echo own"]] * 2
    assert [(h["outcome"], h["source"]) for h in world.hooks("r", "restores")] == [("Succeeded", "annotation")] * 2
    world.new_cluster()  # and none when pods are left out: nothing is waited for
    world.run("restore", "run", "r2", "--from", world.store, "--backup", "b", "--exclude-resources", "pods", code=0)
    assert not world.hooks("r2", "restores")


def test_fail_stops_later_hooks_of_the_pod_and_continue_does_not(world):
    backed_up(world)
    restore(world, "r1", ["exec: {command: [exit, '3']}", "exec: {command: [echo, two]}"], 2)
    assert world.api.commands("shop", "db-0") == ["exit 3"]
    assert sorted(h["outcome"] for h in world.hooks("r1", "restores")) == ["Failed", "NotRun"]
    world.new_cluster()
    restore(world, "r2", ["exec: {command: [exit, '3'], onError: Continue}", "exec: {command: [echo, two]}"], 2)
    assert world.api.commands("shop", "db-0") == ["exit 3", "echo two"]


def test_an_expired_wait_is_timed_out_and_not_executed(world):
    backed_up(world)
    world.api.run_pod = lambda *a, **k: None  # containers never come up
    restore(world, "r", ["exec: {command: [echo, one], waitTimeout: 1s}"], 2)
    assert world.api.commands("shop", "db-0") == []
    assert [h["outcome"] for h in world.hooks("r", "restores")] == ["TimedOut"]


def test_init_containers_come_first_and_in_order(world):
    backed_up(world)
    restore(world, "r", ["init: {initContainers: [{name: one, image: 'alpine:latest', command: [a]}, {name: two, image: 'alpine:latest', command: [b]}]}"])
    assert [c["name"] for c in pod(world, "db-0")["spec"]["initContainers"]] == ["one", "two"]
    assert "initContainers" not in pod(world, "web")["spec"]


def test_timeout_serves_as_exec_timeout_and_both_at_once_differ_is_an_error(world):
    backed_up(world)
    restore(world, "r", ["exec: {command: [echo, one], timeout: 5s}"])
    run = restore(world, "r2", ["exec: {command: [echo, one], timeout: 5s, execTimeout: 6s}"], 64)
    assert "execTimeout" in run.err, run.err


def test_existing_objects_are_left_alone_with_a_warning(world):
    backed_up(world)
    world.api.namespace("shop")
    world.api.create("ConfigMap", "shop", "settings", data={"other": "x"})
    world.restore("r", "b")
    assert world.api.storage.get(world.api.kind("ConfigMap"), "shop", "settings")["data"] == {"other": "x"}
    results = json.loads(world.gz("restores/r/restore-r-results.gz"))
    assert any("settings already exists" in m for m in results["warnings"]["namespaces"]["shop"]), results


def test_policy_update_updates_existing_objects(world):
    backed_up(world)
    world.api.namespace("shop")
    world.api.create("ConfigMap", "shop", "settings", data={"other": "x"})
    world.restore("r", "b", "--existing-resource-policy", "update")
    assert world.api.storage.get(world.api.kind("ConfigMap"), "shop", "settings")["data"] == {"big": "12345678901234567890"}


def test_a_restore_of_nothing_that_exists_names_what_does(world):
    backed_up(world)
    run = world.restore("r", "nope", code=1)
    assert "nope" in run.err and '"b"' in run.err or " b" in run.err, run.err


def test_dry_run_creates_nothing(world):
    backed_up(world)
    before = len(world.api.storage.history)
    run = world.restore("r", "b", "--dry-run")
    assert len(world.api.storage.history) == before
    assert "pods" in run.out + run.err


def test_get_describe_logs_and_delete(world):
    backed_up(world)
    world.restore("r", "b")
    assert "Completed" in world.run("backup", "get", "--from", world.store, code=0).out
    assert json.loads(world.run("backup", "get", "--from", world.store, "-o", "json", code=0).out)
    assert "Phase:" in world.run("backup", "describe", "b", "--details", "--from", world.store, code=0).out
    assert "level=info" in world.run("backup", "logs", "b", "--from", world.store, code=0).out
    assert "Completed" in world.run("restore", "get", "--from", world.store, code=0).out
    assert "Phase:" in world.run("restore", "describe", "r", "--from", world.store, code=0).out
    assert "level=info" in world.run("restore", "logs", "r", "--from", world.store, code=0).out
    world.run("backup", "delete", "b", "--confirm", "--from", world.store, code=0)
    assert world.whole_backups() == []


def test_ctrl_c_ends_a_restore_that_waits_and_leaves_its_record(world):
    backed_up(world)
    world.api.run_pod = lambda *a, **k: None  # containers never come up
    file = world.file("r.yaml", RESTORE % ("r", "      - exec: {command: [echo, one]}"))
    process = world.start("restore", "run", "-f", file, "--from", world.store)
    world.wait_until(lambda: ("shop", "db-0") in world.api.storage.objects.get(("", "pods"), {}))
    time.sleep(0.5)
    world.interrupt(process)
    run = world.finish(process, timeout=20)
    assert run.code == 130, (run.code, run.err)
    assert [h["outcome"] for h in world.hooks("r", "restores")] == ["NotRun"], world.hooks("r", "restores")
    assert "Failed" in world.run("restore", "get", "--from", world.store, code=0).out
