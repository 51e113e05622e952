"""Backup hooks: what runs, what is undone, what is reported."""

import json
import signal
import time

FREEZE = {"pre.hook.backup.velero.io/command": "freeze", "post.hook.backup.velero.io/command": "thaw"}

BACKUP = """
apiVersion: velero.io/v1
kind: Backup
metadata: {name: %s, namespace: velero}
spec:
  includedNamespaces: [shop]
  hooks:
    resources:
    - name: my-hook
      labelSelector: {matchLabels: {app: db}}
      pre:
%s
      post:
      - exec: {command: [thaw]}
"""


def shop(world, pods=1, **spec):
    world.api.namespace("shop")
    for i in range(pods):
        world.api.pod("shop", f"db-{i}", labels={"app": "db"}, **spec)
    world.api.pod("shop", "web", labels={"app": "web"})
    world.api.create("ConfigMap", "shop", "settings", data={"a": "b"})


def manifest(world, name, *pre):
    return world.file(name + ".yaml", BACKUP % (name, "\n".join("      - exec: " + p for p in pre)))


def stored_pods(world, name):
    return sorted(e.split("/")[-1][:-5] for e in world.entries(name) if e.startswith("resources/pods/namespaces/"))


def test_a_pod_is_frozen_captured_and_thawed(world):
    shop(world)
    world.run("backup", "run", "-f", manifest(world, "b", "{command: [freeze]}"), "--to", world.store, code=0)
    assert world.api.commands("shop", "db-0") == ["freeze", "thaw"]
    assert world.api.commands("shop", "web") == []
    assert world.api.frozen() == []
    assert stored_pods(world, "b") == ["db-0", "web"]
    results = world.hooks("b")
    assert [(h["phase"], h["outcome"], h["exitCode"]) for h in results] == [("pre", "Succeeded", 0), ("post", "Succeeded", 0)], results
    assert world.metadata("b")["status"]["phase"] == "Completed"
    assert world.metadata("b")["status"]["hookStatus"] == {"hooksAttempted": 2}


def test_lines_are_printed_in_the_format_asked_for_and_stored_as_text(world):
    shop(world)
    printed = world.backup("b", "--include-namespaces", "shop", "--quiet", "--log-level", "info", "--log-format", "json").err
    assert len(printed.splitlines()) > 3, printed
    assert {json.loads(line)["backup"] for line in printed.splitlines()} == {"velero/b"}, printed
    stored = world.gz("backups/b/b-logs.gz").splitlines()
    assert len(stored) > 3 and all(line.startswith('time="') for line in stored), stored


def test_annotation_hooks_replace_spec_hooks_of_their_phase(world):
    world.api.namespace("shop")
    world.api.pod("shop", "db-0", labels={"app": "db"}, annotations={"pre.hook.backup.velero.io/command": '["echo","from annotation"]'})
    world.run("backup", "run", "-f", manifest(world, "b", "{command: [freeze]}"), "--to", world.store, code=0)
    assert world.api.commands("shop", "db-0") == ["echo from annotation", "thaw"]


def test_a_failing_second_pre_hook_thaws_its_pod_and_leaves_it_out(world):
    shop(world, pods=3)
    file = manifest(world, "b", "{command: [freeze]}", "{command: [exit, '3']}")
    run = world.run("backup", "run", "-f", file, "--to", world.store, code=2)
    assert world.api.frozen() == []
    assert stored_pods(world, "b") == ["web"]
    assert world.metadata("b")["status"]["phase"] == "PartiallyFailed"
    failed = [h for h in world.hooks("b") if h["outcome"] == "Failed"]
    assert len(failed) == 3 and all(h["exitCode"] == 3 and "failing on purpose" in h["stderr"] for h in failed), failed
    assert "db-0" in run.err + run.out


def test_a_failing_pre_hook_with_continue_keeps_the_pod_and_counts_as_an_error(world):
    shop(world)
    file = manifest(world, "b", "{command: [freeze]}", "{command: [exit, '3'], onError: Continue}")
    world.run("backup", "run", "-f", file, "--to", world.store, code=2)
    assert world.api.frozen() == []
    assert stored_pods(world, "b") == ["db-0", "web"]
    assert world.metadata("b")["status"]["hookStatus"] == {"hooksAttempted": 3, "hooksFailed": 1}


def test_a_hook_that_times_out_says_so_and_its_pod_is_thawed(world):
    shop(world)
    file = manifest(world, "b", "{command: [freeze]}", "{command: [sleep, '30'], timeout: 1s}")
    started = time.time()
    world.run("backup", "run", "-f", file, "--to", world.store, code=2)
    assert time.time() - started < 15
    assert world.api.frozen() == []
    late = [h for h in world.hooks("b") if h["outcome"] == "TimedOut"]
    assert len(late) == 1 and late[0]["process"], late


def test_a_quiet_run_still_says_what_went_wrong(world):
    shop(world)
    file = manifest(world, "b", "{command: [freeze]}", "{command: [exit, '3']}")
    run = world.run("backup", "run", "-f", file, "--to", world.store, "--quiet", code=2)
    assert not run.out and run.err.startswith('error: backup "b" is PartiallyFailed\nerror: shop/db-0: Error executing hook my-hook: '), (run.out, run.err)
    assert not world.backup("c", "--include-namespaces", "shop", "--quiet").err


def test_a_stream_that_ends_without_a_status_is_a_failure(world):
    shop(world)
    file = manifest(world, "b", "{command: [freeze]}", "{command: [die]}")
    world.run("backup", "run", "-f", file, "--to", world.store, code=2)
    assert world.api.frozen() == []
    assert stored_pods(world, "b") == ["web"]


def test_output_of_any_size_is_kept_as_its_first_and_last_bytes(world):
    shop(world)
    file = manifest(world, "b", "{command: [spew, '20000000']}")
    world.run("backup", "run", "-f", file, "--to", world.store, code=0)
    out = world.hooks("b")[0]["stdout"]
    assert 16 * 1024 <= len(out) < 17 * 1024 and "left out" in out, len(out)


def test_a_pod_with_an_unknown_container_is_reported_and_left_out(world):
    shop(world)
    world.run("backup", "run", "-f", manifest(world, "b", "{command: [freeze], container: nope}"), "--to", world.store, code=2)
    assert stored_pods(world, "b") == ["web"]
    assert any("nope" in h["message"] for h in world.hooks("b")), world.hooks("b")


def test_a_native_sidecar_counts_as_a_container(world):
    world.api.namespace("shop")
    world.api.pod("shop", "db-0", labels={"app": "db"},
                  initContainers=[{"name": "proxy", "image": "busybox:1", "restartPolicy": "Always"}])
    world.run("backup", "run", "-f", manifest(world, "b", "{command: [freeze], container: proxy}"), "--to", world.store, code=0)
    assert world.api.commands("shop", "db-0") == ["freeze", "thaw"]


def test_a_pod_that_has_ended_is_skipped_with_the_reason(world):
    world.api.namespace("shop")
    world.api.pod("shop", "db-0", labels={"app": "db"}, phase="Succeeded")
    world.run("backup", "run", "-f", manifest(world, "b", "{command: [freeze]}"), "--to", world.store, code=0)
    assert world.api.commands("shop", "db-0") == []
    assert all(h["outcome"] == "Skipped" and "Succeeded" in h["message"] for h in world.hooks("b")), world.hooks("b")


def test_pods_that_share_a_volume_are_frozen_together(world):
    world.api.namespace("shop")
    world.api.create("PersistentVolumeClaim", "shop", "data", spec={"volumeName": "pv"}, status={"phase": "Bound"})
    for i in range(2):
        world.api.pod("shop", f"db-{i}", labels={"app": "db"}, claims=["data"])
    world.run("backup", "run", "-f", manifest(world, "b", "{command: [freeze]}"), "--to", world.store, code=0)
    times = {}
    for (_, pod), application in world.api.applications.items():
        for at, _, argv in application.commands:
            times.setdefault(argv[0], []).append(at)
    assert max(times["freeze"]) < min(times["thaw"]), times


def test_ctrl_c_thaws_before_it_ends_and_stores_nothing(world):
    shop(world, pods=4)
    file = manifest(world, "b", "{command: [freeze]}", "{command: [sleep, '20']}")
    process = world.start("backup", "run", "-f", file, "--to", world.store)
    world.wait_until(lambda: world.api.frozen())
    world.interrupt(process)
    run = world.finish(process)
    assert run.code == 130, (run.code, run.err)
    assert world.api.frozen() == []
    assert world.whole_backups() == []


def test_sigterm_thaws_before_it_ends(world):
    shop(world, pods=2)
    file = manifest(world, "b", "{command: [freeze]}", "{command: [sleep, '20']}")
    process = world.start("backup", "run", "-f", file, "--to", world.store)
    world.wait_until(lambda: len(world.api.frozen()) > 0)
    world.interrupt(process, signal.SIGTERM)
    world.finish(process)
    assert world.api.frozen() == []


def killed(world, pods=3):
    shop(world, pods=pods)
    file = manifest(world, "b", "{command: [freeze]}", "{command: [sleep, '20']}")
    process = world.start("backup", "run", "-f", file, "--to", world.store)
    world.wait_until(lambda: world.api.frozen())
    process.kill()
    process.communicate()
    assert world.api.frozen() != []


def test_after_kill_9_the_next_run_thaws_first(world):
    killed(world)
    world.api.storage.objects[("", "configmaps")].clear()
    run = world.run("backup", "run", "other", "--include-namespaces", "velero", "--to", world.store, code=0)
    assert world.api.frozen() == [], run.err
    assert "thawed" in run.err, run.err


def test_after_kill_9_hooks_undo_thaws(world):
    killed(world)
    run = world.run("hooks", "undo", code=0)
    assert world.api.frozen() == []
    assert "db-0" in run.out + run.err, run.out + run.err
    again = world.run("hooks", "undo", code=0)
    assert "nothing" in (again.out + again.err).lower(), again.out + again.err


def test_undo_closes_pods_that_are_gone(world):
    killed(world, pods=1)
    world.api.storage.delete(world.api.kind("Pod"), "shop", "db-0")
    run = world.run("hooks", "undo", "-o", "yaml", code=0)
    assert run.out == "thawed: 0\nclosed: 1\nfailed: 0\n", run.out + run.err


def test_undo_is_refused_for_another_cluster(world):
    killed(world, pods=1)
    world.new_cluster()
    shop(world, pods=1)
    world.run("hooks", "undo")
    assert world.api.commands("shop", "db-0") == []


def test_a_pod_deleted_while_its_hook_runs_is_reported(world):
    shop(world, pods=1)
    file = manifest(world, "b", "{command: [freeze]}", "{command: [sleep, '2']}")
    process = world.start("backup", "run", "-f", file, "--to", world.store)
    world.wait_until(lambda: world.api.frozen())
    world.api.storage.delete(world.api.kind("Pod"), "shop", "db-0")
    run = world.finish(process)
    assert run.code in (0, 2), run.err
    assert stored_pods(world, "b") == ["web"]
    assert any("db-0" in json.dumps(h) and h["outcome"] in ("Failed", "Skipped") for h in world.hooks("b"))


def test_the_api_server_going_away_between_pre_and_post_costs_time_only(world):
    shop(world, pods=1)
    gone = {"until": None}

    def fault(number, method, path):
        if "exec" in path and "command=thaw" in path:
            gone["until"] = gone["until"] or time.time() + 3
            if time.time() < gone["until"]:
                return "reset"
        return None

    world.api.fault = fault
    world.run("backup", "run", "-f", manifest(world, "b", "{command: [freeze]}"), "--to", world.store)
    assert world.api.frozen() == []


def test_a_node_that_knows_the_v5_protocol_only_serves_too(world):
    world.api.protocols = ["v5.channel.k8s.io"]
    shop(world)
    world.run("backup", "run", "-f", manifest(world, "b", "{command: [freeze]}"), "--to", world.store, code=0)
    assert world.api.commands("shop", "db-0") == ["freeze", "thaw"]


def test_hooks_plan_runs_nothing(world):
    shop(world, pods=2)
    run = world.run("hooks", "plan", "-f", manifest(world, "b", "{command: [freeze]}"), code=0)
    assert "db-0" in run.out and "freeze" in run.out and "thaw" in run.out, run.out
    assert world.api.commands("shop", "db-0") == []
    plan = json.loads(world.run("hooks", "plan", "-f", manifest(world, "b", "{command: [freeze]}"), "-o", "json", code=0).out)
    assert plan


def test_hooks_lint_names_every_fault_with_its_line(world):
    file = world.file("bad.yaml", BACKUP % ("b", "      - exec: {command: [], timeout: \"300\", onErorr: Fail}"))
    run = world.run("hooks", "lint", "-f", file, code=1)
    text = run.out + run.err
    for word in ("onErorr", "300", "command", ":12"):
        assert word in text, (word, text)


def test_dry_run_stores_and_runs_nothing(world):
    shop(world)
    run = world.run("backup", "run", "-f", manifest(world, "b", "{command: [freeze]}"), "--to", world.store, "--dry-run", code=0)
    assert world.api.commands("shop", "db-0") == []
    assert world.keys() == []
    assert "pods" in run.out + run.err


def test_a_hundred_pods_are_all_thawed(world):
    shop(world, pods=100)
    world.run("backup", "run", "-f", manifest(world, "b", "{command: [freeze]}", "{command: [sleep, '0.05']}"), "--to", world.store, code=0)
    assert world.api.frozen() == []
    assert world.metadata("b")["status"]["hookStatus"] == {"hooksAttempted": 300}
