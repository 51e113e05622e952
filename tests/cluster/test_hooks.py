"""Hooks in real containers."""

import json
import time

FREEZE = {"exec": {"command": ["sh", "-c", "date +%s%N > /tmp/frozen; echo freezing"]}}
THAW = {"exec": {"command": ["sh", "-c", "date +%s%N > /tmp/thawed; rm -f /tmp/frozen"]}}


def hook(*pre, post=(THAW,), **more):
    return [{"name": "my-hook", "labelSelector": {"matchLabels": {"app": "db"}}, "pre": list(pre), "post": list(post), **more}]


def pre(*command, **more):
    return {"exec": {"command": list(command), **more}}


def frozen(cluster, namespace, pods):
    return [p for p in pods if cluster.exec(namespace, p, "sh", "-c", "[ -e /tmp/frozen ] && echo yes || true").strip()]


def db(cluster, namespace, count=1, **more):
    names = [f"db-{i}" for i in range(count)]
    cluster.pods(*[cluster.pod(namespace, n, {"app": "db"}, **more) for n in names])
    return names


def test_every_way_a_command_can_end_is_told(cluster):
    cluster.namespace("ends")
    db(cluster, "ends", containers=("main", "side"))
    run = cluster.backup("b", hook(
        pre("/bin/uname", "-a", container="side"),
        pre("sh", "-c", "echo out; echo err >&2; exit 7", onError="Continue"),
        pre("no-such-program", onError="Continue"),
        pre("sleep", "77", timeout="2s", onError="Continue"),
        pre("sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x", onError="Continue")), code=2, includedNamespaces=["ends"])
    results = cluster.hooks("b")
    assert [r["outcome"] for r in results] == ["Succeeded", "Failed", "Failed", "TimedOut", "Succeeded", "Succeeded"], results
    assert results[0]["container"] == "side" and results[0]["stdout"].startswith("Linux"), results[0]
    assert results[1]["exitCode"] == 7 and results[1]["stdout"] == "out\n" and results[1]["stderr"] == "err\n", results[1]
    assert "no-such-program" in results[2]["message"], results[2]
    assert "ended" in results[3]["process"], results[3]
    assert "left out" in results[4]["stdout"] and len(results[4]["stdout"]) < 20000
    left = cluster.exec("ends", "db-0", "sh", "-c", "ps | grep '[s]leep 77' || true")
    assert left == "", left
    described = cluster.run("backup", "describe", "b", "--details", "--from", cluster.store).out
    assert "TimedOut" in described and "exit" in described.lower(), described
    assert run.err


def test_second_pre_hook_fails_and_every_pod_is_thawed(cluster):
    cluster.namespace("second")
    pods = db(cluster, "second", 3)
    cluster.backup("b", hook(FREEZE, pre("false")), code=2, includedNamespaces=["second"])
    assert frozen(cluster, "second", pods) == []
    assert not [e for e in cluster.entries("b") if "/pods/" in e]


def test_kill_9_between_pre_hooks_and_undo(cluster):
    cluster.namespace("kill")
    pods = db(cluster, "kill", 2)
    process = cluster.backup("b", hook(FREEZE, pre("sleep", "20")), start=True, includedNamespaces=["kill"])
    cluster.wait_until(lambda: frozen(cluster, "kill", pods) == pods)
    process.kill()
    process.communicate()
    cluster.run("hooks", "undo")
    assert frozen(cluster, "kill", pods) == []


def test_a_native_sidecar_takes_hooks(cluster):
    cluster.namespace("sidecar")
    cluster.pods(cluster.pod("sidecar", "db-0", {"app": "db"}, initContainers=[
        {"name": "proxy", "image": "busybox:1", "command": ["sleep", "100000"], "restartPolicy": "Always"}]))
    cluster.backup("b", hook(pre("touch", "/tmp/here", container="proxy")), includedNamespaces=["sidecar"])
    cluster.exec("sidecar", "db-0", "test", "-e", "/tmp/here", container="proxy")


def test_a_pod_deleted_while_its_hook_runs(cluster):
    cluster.namespace("gone")
    db(cluster, "gone")
    process = cluster.backup("b", hook(FREEZE, pre("sleep", "8")), start=True, includedNamespaces=["gone"])
    cluster.wait_until(lambda: frozen(cluster, "gone", ["db-0"]))
    cluster.kubectl("-n", "gone", "delete", "pod", "db-0", "--now")
    run = cluster.finish(process)
    assert run.code in (0, 2), run.err
    assert cluster.run("hooks", "undo").code == 0


def test_the_api_server_stopped_while_pods_are_frozen(cluster):
    cluster.namespace("away")
    pods = db(cluster, "away", 2)
    process = cluster.backup("b", hook(FREEZE, pre("sleep", "3")), start=True, includedNamespaces=["away"])
    cluster.wait_until(lambda: frozen(cluster, "away", pods) == pods)
    cluster.pause("kube-apiserver", 30)
    run = cluster.finish(process)
    assert run.code in (0, 2), (run.code, run.err)
    assert frozen(cluster, "away", pods) == [], run.err


def test_the_kubelet_stopped_while_a_hook_runs(cluster):
    cluster.namespace("node")
    db(cluster, "node")
    process = cluster.backup("b", hook(FREEZE, pre("sleep", "2", timeout="4s")), start=True, includedNamespaces=["node"])
    cluster.wait_until(lambda: frozen(cluster, "node", ["db-0"]))
    cluster.pause("kubelet", 10)
    run = cluster.finish(process)
    assert run.code in (0, 2), (run.code, run.err)
    cluster.run("hooks", "undo", code=None)
    assert frozen(cluster, "node", ["db-0"]) == [], run.err


def test_a_hundred_pods(cluster):
    cluster.namespace("hundred")
    pods = db(cluster, "hundred", 100)
    begin = time.time()
    cluster.backup("b", hook(FREEZE, pre("sleep", "0.2")), includedNamespaces=["hundred"], includedResources=["pods"])
    took = time.time() - begin
    results = cluster.hooks("b")
    assert len(results) == 300 and all(r["outcome"] == "Succeeded" for r in results)
    assert {e.split("/")[-1][:-5] for e in cluster.entries("b") if e.startswith("resources/pods/namespaces")} == set(pods)
    freezes = sorted(r["freezeMs"] for r in results if r["phase"] == "post")
    print(f"100 pods, 300 hooks in {took:.1f} s; freeze p50 {freezes[50]} ms, max {freezes[-1]} ms")
