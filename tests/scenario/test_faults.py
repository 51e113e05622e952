"""Every request of a small backup and a small restore fails once, in each way; and the server goes away."""

import threading
import time

from test_hooks import FREEZE


def small_cluster(world):
    world.api.namespace("shop")
    world.api.pod("shop", "db-0", labels={"app": "db"}, annotations=FREEZE)
    world.api.pod("shop", "web", labels={"app": "web"})
    for i in range(3):
        world.api.create("ConfigMap", "shop", f"settings-{i}", data={"a": "b"})
    world.api.create("Secret", "shop", "key", data={"k": "dg=="})


def count_requests(world):
    before = len(world.api.requests)
    world.backup("untouched", "--include-namespaces", "shop")
    return len(world.api.requests) - before


def each_request(world, fault, step=1):
    """Runs the backup once per request, with that one broken; asserts after each run."""
    small_cluster(world)
    total = count_requests(world)
    for n in range(1, total + 1, step):
        world.api.requests.clear()
        world.api.fault = lambda number, method, path, n=n: fault if number == n else None
        name = f"b-{n}"
        run = world.run("backup", "run", name, "--include-namespaces", "shop", "--to", world.store, "--quiet", "--request-timeout", "4s")
        broken = world.api.requests[n - 1] if len(world.api.requests) >= n else "?"
        world.api.fault = None
        assert world.api.frozen() == [], f"{fault} at request {n} ({broken}) left {world.api.frozen()} frozen\n{run.err}"
        assert run.code in (0, 1, 2), (n, broken, run.code)
        if run.code == 1:
            assert name not in world.whole_backups(), (n, broken, run.err)
            assert "error:" in run.err, (n, broken, run.err)
        else:
            assert name in world.whole_backups(), (n, broken, run.err)
        world.runs.clear()


def test_a_500_at_any_request_of_a_backup(world):
    each_request(world, "500")


def test_a_503_at_any_request_of_a_backup(world):
    each_request(world, "503")


def test_a_429_at_any_request_of_a_backup(world):
    each_request(world, "429", step=3)


def test_a_reset_at_any_request_of_a_backup(world):
    each_request(world, "reset")


def test_a_cut_reply_at_any_request_of_a_backup(world):
    each_request(world, "cut")


def test_a_hanging_request_of_a_backup(world):
    each_request(world, "hang", step=4)


def restore_each_request(world, fault, step=1):
    small_cluster(world)
    world.backup("b", "--include-namespaces", "shop")
    world.new_cluster()
    world.restore("untouched", "b")
    total = len(world.api.requests)
    for n in range(1, total + 1, step):
        world.new_cluster()
        world.api.fault = lambda number, method, path, n=n: fault if number == n else None
        run = world.run("restore", "run", f"r-{n}", "--from", world.store, "--backup", "b", "--quiet", "--request-timeout", "4s")
        broken = world.api.requests[n - 1] if len(world.api.requests) >= n else "?"
        assert run.code in (0, 1, 2), (n, broken, run.code)
        if run.code == 0:
            made = {name for _, name in world.api.storage.objects.get(("", "configmaps"), {})}
            assert {"settings-0", "settings-1", "settings-2"} <= made, (fault, n, broken, made)
            assert ("shop", "db-0") in world.api.storage.objects[("", "pods")], (fault, n, broken)
        world.runs.clear()


def test_a_500_at_any_request_of_a_restore(world):
    restore_each_request(world, "500")


def test_a_reset_at_any_request_of_a_restore(world):
    restore_each_request(world, "reset")


def test_a_cut_reply_at_any_request_of_a_restore(world):
    restore_each_request(world, "cut")


def test_a_busy_server_at_any_request_of_a_restore(world):
    restore_each_request(world, "503")


def test_a_hanging_request_of_a_restore(world):
    restore_each_request(world, "hang", step=4)


def test_a_restore_request_whose_answer_is_lost_is_not_made_twice(world):
    for plural, kind in (("backups", "Backup"), ("restores", "Restore")):
        names = {"plural": plural, "kind": kind}
        world.api.add_kind({"spec": {"group": "velero.io", "names": names, "scope": "Namespaced", "versions": [{"name": "v1"}]}})
    world.api.create("Backup", "velero", "b1")
    posts = []

    def fault(number, method, path):
        if method != "POST" or not path.endswith("/restores"):
            return None
        posts.append(number)
        return "late" if len(posts) == 1 else None

    world.api.fault = fault
    run = world.run("restore", "create", "--from-backup", "b1", code=1)
    assert "already exists" in run.err, run.err
    assert 'hint: an answer of the API server got lost, so it may be the one that you asked for: look with "grapnel restore get"' in run.err, run.err
    assert len(posts) == 2, posts


def test_a_create_whose_answer_is_lost_is_not_an_error(world):
    restore_each_request(world, "late")


def test_the_server_away_for_some_seconds_costs_a_backup_time_only(world):
    small_cluster(world)
    start = {}

    def fault(number, method, path):
        start.setdefault("at", time.time())
        return "reset" if 0.05 < time.time() - start["at"] < 6 else None

    world.api.fault = fault
    world.backup("b", "--include-namespaces", "shop")
    assert world.api.frozen() == []


def test_a_server_that_hangs_for_good_ends_the_backup_with_an_error(world):
    world.api.namespace("shop")
    world.api.create("ConfigMap", "shop", "settings", data={"a": "b"})
    world.api.fault = lambda number, method, path: "hang" if number > 8 else None
    run = world.run("backup", "run", "b", "--include-namespaces", "shop", "--to", world.store, "--request-timeout", "2s", timeout=90)
    assert run.code in (1, 2), run.err


def test_an_expired_continue_token_lists_again_without_duplicates(world):
    world.api.namespace("shop")
    for i in range(60):
        world.api.create("ConfigMap", "shop", f"c-{i:03}", data={})
    once = threading.Event()

    def fault(number, method, path):
        if "continue=" in path and "configmaps" in path and not once.is_set():
            once.set()
            world.api.storage.version += 10
            world.api.storage.compacted = world.api.storage.version
        return None

    world.api.fault = fault
    world.backup("b", "--include-namespaces", "shop", "--client-page-size", "20")
    assert once.is_set()
    names = [e for e in world.entries("b") if e.startswith("resources/configmaps/namespaces/shop/")]
    assert len(names) == 60, len(names)


def test_a_broken_group_is_a_warning_that_names_it(world):
    small_cluster(world)
    world.api.broken_groups.add("batch")
    run = world.run("backup", "run", "b", "--include-namespaces", "shop", "--to", world.store)
    assert run.code in (0, 2)
    assert "batch" in run.err, run.err


def test_a_server_without_aggregated_discovery_serves_too(world):
    small_cluster(world)
    world.api.aggregated_discovery = False
    world.backup("b", "--include-namespaces", "shop")
    assert any("configmaps" in e for e in world.entries("b"))


def test_two_backups_of_one_name_do_not_meet(world):
    small_cluster(world)
    world.api.delay = 0.05
    a = world.start("backup", "run", "same", "--include-namespaces", "shop", "--to", world.store)
    b = world.start("backup", "run", "same", "--include-namespaces", "shop", "--to", world.store)
    codes = sorted([world.finish(a).code, world.finish(b).code])
    assert codes == [0, 1], (codes, world.transcript())
    assert "same" in world.whole_backups()


def test_kill_9_at_any_moment_leaves_nothing_frozen_after_undo_and_nothing_that_looks_whole(world):
    small_cluster(world)
    world.api.delay = 0.01
    for i in range(24):
        process = world.start("backup", "run", f"k-{i}", "--include-namespaces", "shop", "--to", world.store, "--quiet")
        time.sleep(0.03 + i * 0.02)
        process.kill()
        process.communicate()
        world.run("hooks", "undo", code=0)
        assert world.api.frozen() == [], i
        if f"k-{i}" in world.whole_backups():
            assert world.entries(f"k-{i}")
    world.backup("after", "--include-namespaces", "shop")
