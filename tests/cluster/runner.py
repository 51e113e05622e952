"""Runs the tests of a folder against the real cluster: functions test_… in files test_….py, each with an object of its own."""
import argparse
import importlib
import os
import subprocess
import sys
import time
import traceback

from cluster import KUBECONFIG, ROOT, Skip


def tests(folder, words):
    for path in sorted(folder.glob("test_*.py")):
        for name, test in list(vars(importlib.import_module(path.stem)).items()):
            full = f"{path.stem[5:]}: {name[5:].replace('_', ' ')}"
            if name.startswith("test_") and callable(test) and (not words or any(w in full for w in words)):
                yield full, test


def run_one(test, cluster):
    """What went wrong, and why it was left out; both empty when it passed."""
    try:
        test(cluster)
    except Skip as skip:
        return "", str(skip)
    except Exception:
        return traceback.format_exc() + cluster.transcript(), ""
    finally:
        cluster.close()
    return "", ""


def main(folder, make):
    parser = argparse.ArgumentParser()
    parser.add_argument("--grapnel", required=True)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    program = os.path.abspath(options.grapnel)
    started = not os.path.exists(KUBECONFIG)
    if started:
        subprocess.run([str(ROOT / "testbed/up")], check=True)
    count = {"ok": 0, "FAILED": 0, "skipped": 0}
    try:
        for full, test in tests(folder, options.words):
            begin = time.time()
            error, skip = run_one(test, make(program))
            word = "FAILED" if error else "skipped" if skip else "ok"
            count[word] += 1
            print(f"{word:7} {time.time() - begin:6.1f} s  {full}{': ' if skip else ''}{skip}", flush=True)
            if error:
                print("    " + error.replace("\n", "\n    "), flush=True)
    finally:
        if started:
            subprocess.run([str(ROOT / "testbed/down")])
    print(f"{count['ok']} passed, {count['FAILED']} failed" + (f", {count['skipped']} skipped" if count["skipped"] else ""))
    sys.exit(count["FAILED"] > 0)
