"""Mistakes: each gets its own sentence and exit code, and nothing is lost."""

import io
import tarfile
import gzip
import os
import subprocess
import time

from test_hooks import FREEZE
from test_restore import backed_up


def fails(world, *argv, code=1, says=(), **env):
    run = world.run(*argv, code=code, **env)
    assert run.err.startswith("error: ") or "\nerror: " in run.err, run.err + run.out
    for word in says:
        assert word in run.err, (word, run.err)
    return run


def backup(world, *argv, **more):
    return fails(world, "backup", "run", "b", "--to", world.store, *argv, **more)


def test_usage(world):
    world.store.mkdir()
    for argv, says in [
        (["backup", "run", "--no-such-flag"], ["--no-such-flag"]),
        (["backup", "run", "--include-namespace", "a"], ["--include-namespaces"]),
        (["backup", "fly"], ["fly"]),
        (["bakcup"], ["bakcup", "backup"]),
        (["backup", "run", "b"], ["--to"]),
        (["backup", "run", "b", "--to", "x", "--workers", "many"], ["many", "--workers"]),
        (["backup", "run", "b", "--to", "x", "--ttl", "3 days"], ["3 days"]),
        (["restore", "run", "r", "--from", world.store], ["--backup"]),
        (["restore", "run", "r", "--from", world.store, "--backup", "b", "--restore-resource-priorities", "a,-,b,-"],
         ['error: --restore-resource-priorities: "-" stands twice: it may stand once, between what is restored first and what is restored last']),
        (["server", "--restore-resource-priorities", "-,-"], ['error: --restore-resource-priorities: "-" stands twice: ']),
        (["backup", "logs", "--from", world.store], ["NAME"]),
        (["backup", "get", "--from", "x", "-o", "xml"], ["xml"]),
    ]:
        fails(world, *argv, code=64, says=says)


def test_no_kubeconfig(world):
    backup(world, says=["--kubeconfig", "KUBECONFIG"], KUBECONFIG="")


def test_a_kubeconfig_that_is_missing_or_broken(world):
    backup(world, "--kubeconfig", "/nonexistent", says=["/nonexistent"])
    backup(world, "--kubeconfig", world.file("k", "a: [1"), says=["k"])
    backup(world, "--kubecontext", "nope", says=["nope", "fake"])


def test_an_unreachable_server(world):
    world.api.close()
    backup(world, "--request-timeout", "2s", says=["127.0.0.1", "refused"])


def test_forbidden_names_the_rule_that_is_missing(world):
    world.api.namespace("shop")
    world.api.create("Secret", "shop", "s")
    world.api.forbid = lambda method, path: path.endswith("/secrets")
    run = world.run("backup", "run", "b", "--include-namespaces", "shop", "--to", world.store, code=2)
    assert may_not("list", "secrets") in run.out, run.out


def may_not(verb, resource, namespace="shop"):
    return (f'the user "me" may not {verb} {resource} in namespace "{namespace}": add a rule {{apiGroups: [""], resources: [{resource}], '
            f"verbs: [{verb}]}} to its Role or ClusterRole")


def test_a_backup_in_which_no_kind_may_be_listed_is_not_completed(world):
    world.api.namespace("shop")
    world.api.create("Secret", "shop", "s")
    world.api.forbid = lambda method, path: path not in ("/api", "/apis", "/version")
    run = world.run("backup", "run", "b", "--include-namespaces", "shop", "--to", world.store, code=2)
    status = world.metadata("b")["status"]
    assert status["phase"] == "PartiallyFailed" and status["errors"] > 3, status
    assert "itemsBackedUp" not in status.get("progress", {}) and may_not("list", "pods") in run.out, (status, run.out)


def test_a_restore_that_may_not_look_at_what_exists_names_the_rule(world):
    backed_up(world)
    world.api.namespace("shop")
    world.api.create("ConfigMap", "shop", "settings", data={"another": "one"})
    world.api.forbid = lambda method, path: method == "GET" and path.endswith("/configmaps/settings")
    run = world.restore("r", "b", code=2)
    wanted = ('error restoring configmaps/shop/settings: configmaps "settings" already exists; get configmaps/shop/settings: '
              + may_not("get", "configmaps"))
    assert wanted in run.out, run.out
    assert world.api.storage.get(world.api.kind("ConfigMap"), "shop", "settings")["data"] == {"another": "one"}


def test_a_namespace_that_does_not_exist(world):
    run = world.run("backup", "run", "b", "--include-namespaces", "nowhere", "--to", world.store, code=2)
    assert "nowhere" in run.out
    assert world.metadata("b")["status"]["phase"] == "PartiallyFailed"


def test_yaml_faults_are_all_told_with_path_and_line(world):
    file = world.file("bad.yaml", """apiVersion: velero.io/v1
kind: Backup
metadata: {name: b}
spec:
  includedNamespaces: shop
  ttl: 3 days
  nonsense: 1
  hooks:
    resources:
    - name: h
      pre:
      - exec: {command: echo, timeout: 300}
""")
    run = fails(world, "backup", "run", "-f", file, "--to", world.store, code=64)
    for word in ("spec.includedNamespaces", "bad.yaml:5: ", "spec.ttl", "spec.nonsense", "spec.hooks.resources[0].pre[0].exec.command", "exec.timeout"):
        assert word in run.err, (word, run.err)
    for text, says in [
        ("a:\n\t- b\n", ["tab"]),
        ("kind: Backup\nkind: Backup\n", ["twice", "line 2"]),
        ("a: &a [x,x,x,x,x,x,x,x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(12)), ["alias"]),
        ("kind: Deployment\napiVersion: apps/v1\n", ["Deployment"]),
        ("", ["empty"]),
        ("[" * 100000, []),
    ]:
        fails(world, "backup", "run", "-f", world.file("f.yaml", text), "--to", world.store, code=64, says=says)


POLICY = "version: v1\nincludeExcludePolicy:\n  includedNamespaceScopedResources: [configmaps]\n"


def test_a_resource_policy_that_is_a_file(world):
    world.api.namespace("shop")
    world.api.create("ConfigMap", "shop", "settings")
    world.api.create("Secret", "shop", "key")
    flags = ["--include-namespaces", "shop", "--resource-policies-file"]
    world.backup("b", *flags, world.file("policy.yaml", POLICY))
    names = {name.split("/")[1] for name in world.entries("b") if name.startswith("resources/")}
    assert names == {"configmaps", "namespaces"}, names
    run = world.backup("wrong", *flags, world.file("wrong.yaml", POLICY + "more: 1\n"), code=1)
    assert f'resource policy file "{world.folder}/wrong.yaml": line 4: more: unknown field' in run.out, run.out
    run = fails(world, "backup", "run", "--to", world.store, *flags, world.folder / "none.yaml", code=64)
    assert run.err == f"error: --resource-policies-file: {world.folder}/none.yaml: No such file or directory\n", run.err
    run = fails(world, "backup", "run", "--to", world.store, *flags, world.file("policy.yaml", POLICY), "--resource-policies-configmap", "p", code=64)
    assert run.err == "error: --resource-policies-configmap: is set, and --resource-policies-file is another: a backup has one policy\n", run.err
    assert world.whole_backups() == ["b"]


def test_a_manifest_on_standard_input(world):
    world.api.namespace("shop")
    world.run("backup", "run", "-f", "-", "--to", world.store, code=0,
              input="apiVersion: velero.io/v1\nkind: Backup\nmetadata: {name: b}\nspec: {includedNamespaces: [shop]}\n")
    assert world.whole_backups() == ["b"]


def test_a_store_that_cannot_be_written(world):
    world.file("file", "")
    fails(world, "backup", "run", "b", "--to", world.folder / "file" / "x", says=["file"])
    fails(world, "backup", "run", "b", "--to", "/proc/nothing", says=["/proc/nothing"])
    fails(world, "backup", "get", "--from", world.folder / "missing", says=["missing"])


def test_a_name_that_is_taken(world):
    world.api.namespace("shop")
    world.backup("b", "--include-namespaces", "shop")
    backup(world, says=["already exists", '"b"'])


def test_names_of_the_time_in_one_second(world):
    world.api.namespace("shop")

    def run_at_once(*argv):
        time.sleep(1 - time.time() % 1)  # a second begins
        started = [world.start(*argv, "--include-namespaces", "shop") for _ in range(4)]
        for run in [world.finish(process, argv) for process in started]:
            assert run.code == 0, f"{run.out}{run.err}"

    run_at_once("backup", "run", "--to", world.store)
    backups = world.whole_backups()
    assert len(backups) == 4, backups
    run_at_once("restore", "run", "--from", world.store, "--backup", backups[0])
    restores = [p.name for p in (world.store / "restores").iterdir()]
    assert len(restores) == 4 and all(name.startswith(backups[0] + "-") for name in restores), restores


def test_names_that_cannot_be(world):
    for name in ("UPPER", "a/b", "..", "x" * 300, "-a"):
        run = world.run("backup", "run", "--to", world.store, "--", name)
        assert run.code in (1, 64) and "error:" in run.err, (name, run.code, run.err)
    assert world.keys() == []


def test_foreign_files_in_the_store_do_not_matter(world):
    world.api.namespace("shop")
    (world.store / "backups" / "junk").mkdir(parents=True)
    (world.store / "backups" / "junk" / "x").write_text("y")
    (world.store / "README").write_text("hello")
    world.backup("b", "--include-namespaces", "shop")
    assert "b" in world.run("backup", "get", "--from", world.store, code=0).out


def test_a_truncated_or_damaged_backup_is_refused(world):
    backed_up(world)
    path = world.store / "backups" / "b" / "b.tar.gz"
    whole = path.read_bytes()
    for i, damaged in enumerate((whole[: len(whole) // 2], whole[:-4], b"", b"not gzip", whole[:100] + bytes([whole[100] ^ 255]) + whole[101:])):
        path.write_bytes(damaged)
        fails(world, "restore", "run", f"r-{i}", "--from", world.store, "--backup", "b")
    path.unlink()
    fails(world, "restore", "run", "r", "--from", world.store, "--backup", "b", says=["b.tar.gz"])


def archive(world, entries):
    backed_up(world) if not world.whole_backups() else None
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for info, data in entries:
            if isinstance(info, str):
                info = tarfile.TarInfo(info)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    (world.store / "backups" / "b" / "b.tar.gz").write_bytes(gzip.compress(out.getvalue()))


def link(name, target, type_=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = type_, target
    return info


def test_hostile_archives_are_refused_with_a_reason(world):
    good = b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"shop"}}'
    place = "resources/configmaps/namespaces/shop/a.json"
    cases = [
        [("../../etc/passwd", b"x")],
        [("/etc/passwd", b"x")],
        [("resources/../../x", b"x")],
        [(link("resources/configmaps/namespaces/shop/l.json", "/etc/passwd"), b"")],
        [(link("resources/configmaps/namespaces/shop/l.json", "/etc/passwd", tarfile.LNKTYPE), b"")],
    ]
    for i, case in enumerate(cases):
        archive(world, case)
        run = world.run("restore", "run", f"r-{i}", "--from", world.store, "--backup", "b", code=1)
        assert "error:" in run.err, (case, run.err)
    for i, body in enumerate((b"{", b"[" * 100000, good.replace(b'"a"', b'"other"'), good.replace(b'"shop"', b'"elsewhere"'), b"[]", b"null")):
        archive(world, [(place, body)])
        run = world.run("restore", "run", f"s-{i}", "--from", world.store, "--backup", "b")
        assert run.code in (1, 2), (body[:60], run.code, run.err)
        assert ("elsewhere", "a") not in world.api.storage.objects.get(("", "configmaps"), {})


def test_an_entry_that_is_too_large_is_refused(world):
    archive(world, [("resources/configmaps/namespaces/shop/a.json", b" " * (200 << 20))])
    run = fails(world, "restore", "run", "--from", world.store, "--backup", "b")
    assert "configmaps" in run.err and "limit" in run.err or "larger" in run.err, run.err


def test_the_token_never_shows(world):
    world.api.namespace("shop")
    run = world.backup("b", "--include-namespaces", "shop", "--log-level", "debug")
    logs = world.run("backup", "logs", "b", "--from", world.store).out
    assert "not-a-secret" not in run.out + run.err + logs


def test_a_full_store_fails_the_backup_and_leaves_nothing_that_looks_whole(world):
    world.api.namespace("shop")
    world.api.pod("shop", "db-0", labels={"app": "db"}, annotations=FREEZE)
    for i in range(60):
        world.api.create("ConfigMap", "shop", f"c-{i}", data={"noise": os.urandom(12000).hex()})
    world.store.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(world.store)], stderr=subprocess.DEVNULL)
    if mounted.returncode != 0:
        return  # mounting needs root
    try:
        run = fails(world, "backup", "run", "b", "--include-namespaces", "shop", "--to", world.store, says=["no space left"])
        assert world.api.frozen() == [], run.err
        assert world.whole_backups() == []
        assert not [k for k in world.keys() if k.endswith(".tar.gz")], world.keys()
    finally:
        subprocess.run(["umount", str(world.store)], check=True)
