#!/usr/bin/env python3
"""Runs the cluster tests: the real program against the real Kubernetes of testbed/.

usage: run.py --grapnel PROGRAM [WORD …]     only tests whose name has one of the words

Starts the test bed when it is not up, and stops it again in that case.  Ends with a line "N passed, N failed".
"""
import argparse
import importlib
import os
import pathlib
import subprocess
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from cluster import Cluster, KUBECONFIG, ROOT  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--grapnel", required=True)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    program = os.path.abspath(options.grapnel)
    started = not os.path.exists(KUBECONFIG)
    if started:
        subprocess.run([str(ROOT / "testbed/up")], check=True)
    passed = failed = 0
    try:
        for path in sorted(HERE.glob("test_*.py")):
            for name, test in list(vars(importlib.import_module(path.stem)).items()):
                full = f"{path.stem[5:]}: {name[5:].replace('_', ' ')}"
                if not name.startswith("test_") or not callable(test) or options.words and not any(w in full for w in options.words):
                    continue
                begin, cluster, error = time.time(), Cluster(program), None
                try:
                    test(cluster)
                except Exception:
                    error = traceback.format_exc() + cluster.transcript()
                finally:
                    cluster.close()
                passed, failed = passed + (error is None), failed + (error is not None)
                print(f"{'FAILED' if error else 'ok    '} {time.time() - begin:6.1f} s  {full}", flush=True)
                if error:
                    print("    " + error.replace("\n", "\n    "), flush=True)
    finally:
        if started:
            subprocess.run([str(ROOT / "testbed/down")])
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
